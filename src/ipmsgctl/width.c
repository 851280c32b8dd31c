/* Column widths by wcwidth(3), which needs a locale that speaks UTF-8. */
#include "ipmsgctl/width.h"

#include <langinfo.h>
#include <locale.h>
#include <string.h>
#include <wchar.h>

void width_setup(void)
{
	setlocale(LC_CTYPE, "");
	if (strcmp(nl_langinfo(CODESET), "UTF-8") != 0 && setlocale(LC_CTYPE, "C.UTF-8") == NULL)
		setlocale(LC_CTYPE, "C.utf8");
}

static size_t count_characters(const char *text)
{
	size_t count = 0;

	for (; *text != '\0'; text++)
		count += ((unsigned char)*text & 0xc0) != 0x80;
	return count;
}

size_t width_of(const char *text)
{
	size_t left = strlen(text), columns = 0;
	mbstate_t state = {0};
	wchar_t character;

	if (strcmp(nl_langinfo(CODESET), "UTF-8") != 0)
		return count_characters(text);
	while (left > 0) {
		size_t n = mbrtowc(&character, text, left, &state);

		if (n == 0 || n > left) /* not UTF-8 after all */
			return columns + count_characters(text);

		int width = wcwidth(character);

		columns += width >= 0 ? (size_t)width : 1;
		text += n;
		left -= n;
	}
	return columns;
}
