/* Character sets by iconv; the one place that calls it. */
#include "base/charset.h"

#include <errno.h>
#include <iconv.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

struct charset {
	iconv_t decoder;
	iconv_t encoder;
};

struct charset *charset_open(const char *name)
{
	struct charset *charset = calloc(1, sizeof *charset);

	if (charset == NULL)
		return NULL;
	charset->decoder = iconv_open("UTF-8", name);
	charset->encoder = iconv_open(name, "UTF-8");
	if (charset->decoder == (iconv_t)-1 || charset->encoder == (iconv_t)-1) {
		int error = errno;

		charset_close(charset);
		errno = error;
		return NULL;
	}
	return charset;
}

void charset_close(struct charset *charset)
{
	if (charset == NULL)
		return;
	if (charset->decoder != (iconv_t)-1)
		iconv_close(charset->decoder);
	if (charset->encoder != (iconv_t)-1)
		iconv_close(charset->encoder);
	free(charset);
}

/* The bytes of one character in UTF-8, by its first byte; 1 for anything else. */
static size_t utf8_step(unsigned char first, size_t left)
{
	size_t n = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc0 ? 2 : 1;

	return n < left ? n : left;
}

static size_t convert(iconv_t cd, struct span from, char *to, size_t cap, const char *substitute,
    bool from_utf8)
{
	char *in = (char *)(uintptr_t)from.data;
	size_t in_left = from.len;
	char *out = to;
	size_t out_left = cap - 1;

	iconv(cd, NULL, NULL, NULL, NULL);
	while (in_left > 0) {
		if (iconv(cd, &in, &in_left, &out, &out_left) != (size_t)-1)
			break;
		if (errno == E2BIG || out_left < strlen(substitute))
			break;
		size_t step = from_utf8 ? utf8_step((unsigned char)*in, in_left) : 1;

		in += step;
		in_left -= step;
		memcpy(out, substitute, strlen(substitute));
		out += strlen(substitute);
		out_left -= strlen(substitute);
		iconv(cd, NULL, NULL, NULL, NULL);
	}
	*out = '\0';
	return (size_t)(out - to);
}

size_t charset_decode(struct charset *charset, struct span legacy, char *utf8, size_t cap)
{
	return convert(charset->decoder, legacy, utf8, cap, "\xef\xbf\xbd", false);
}

size_t charset_encode(struct charset *charset, struct span utf8, char *legacy, size_t cap)
{
	return convert(charset->encoder, utf8, legacy, cap, "?", true);
}

/* Bytes that every legacy charset reads as ASCII: some have other signs for \\ and ~. */
static bool is_plain(struct span text)
{
	return text_is_ascii(text) && memchr(text.data, '\\', text.len) == NULL &&
	    memchr(text.data, '~', text.len) == NULL;
}

size_t charset_read(struct charset *charset, struct span text, bool said_utf8, char *utf8,
    size_t cap)
{
	if (said_utf8 || text.len == 0 || is_plain(text) ||
	    (!text_is_ascii(text) && utf8_valid(text)))
		return utf8_repair(text, utf8, cap);
	return charset_decode(charset, text, utf8, cap);
}
