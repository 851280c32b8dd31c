/* Names of bounded length, and the fields that NULs make of a packet's body. */
#ifndef IPMSG_TEST_TEXT_H
#define IPMSG_TEST_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#define TEXT_MAX 255

struct text {
	size_t len;
	char s[TEXT_MAX + 1]; /* always terminated */
};

static inline bool text_set(struct text *text, const char *bytes, size_t len)
{
	if (len > TEXT_MAX)
		return false;
	memcpy(text->s, bytes, len);
	text->s[len] = '\0';
	text->len = len;
	return true;
}

static inline bool text_is(const struct text *text, const char *bytes, size_t len)
{
	return text->len == len && memcmp(text->s, bytes, len) == 0;
}

/* The bytes up to the first NUL at or after *rest, which moves behind that NUL. */
static inline size_t take_field(const char **rest, const char *end, const char **field)
{
	const char *nul = memchr(*rest, '\0', (size_t)(end - *rest));

	*field = *rest;
	*rest = nul ? nul + 1 : end;
	return (size_t)((nul ? nul : end) - *field);
}

#endif
