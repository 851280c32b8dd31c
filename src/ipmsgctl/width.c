/* Column widths by wcwidth(3), which needs a locale that speaks UTF-8. */
#include "ipmsgctl/width.h"

#include <langinfo.h>
#include <limits.h>
#include <locale.h>
#include <stdint.h>
#include <string.h>
#include <wchar.h>

void width_setup(void)
{
	setlocale(LC_CTYPE, "");
	if (strcmp(nl_langinfo(CODESET), "UTF-8") != 0 && setlocale(LC_CTYPE, "C.UTF-8") == NULL)
		setlocale(LC_CTYPE, "C.utf8");
}

/* The character at `text`: its bytes, and the columns it takes. Bytes that are none take one. */
static size_t measure(const char *text, size_t *columns)
{
	mbstate_t state = {0};
	wchar_t character;
	size_t n = 1;
	int width = 1;

	if (strcmp(nl_langinfo(CODESET), "UTF-8") == 0) {
		n = mbrtowc(&character, text, strnlen(text, MB_LEN_MAX), &state);
		if (n == 0 || n > MB_LEN_MAX)
			n = 1;
		else
			width = wcwidth(character);
	} else {
		while (((unsigned char)text[n] & 0xc0) == 0x80)
			n++;
	}
	*columns = width >= 0 ? (size_t)width : 1;
	return n;
}

size_t width_cut(const char *text, size_t columns)
{
	size_t used = 0, taken = 0, width;

	while (text[used] != '\0') {
		size_t n = measure(text + used, &width);

		if (taken + width > columns)
			break;
		taken += width;
		used += n;
	}
	return used;
}

size_t width_within(const char *text, size_t bytes)
{
	size_t columns = 0, used = 0, width;

	while (used < bytes && text[used] != '\0') {
		used += measure(text + used, &width);
		columns += width;
	}
	return columns;
}

size_t width_of(const char *text)
{
	return width_within(text, SIZE_MAX);
}
