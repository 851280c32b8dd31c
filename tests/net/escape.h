/*
 * Untrusted bytes as one word, or one rest of a line, of printable ASCII: what the test programs
 * print is read by scripts, and a packet must not be able to write lines of its own into it.
 */
#ifndef IPMSG_TEST_ESCAPE_H
#define IPMSG_TEST_ESCAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/*
 * Writes bytes into out, always terminated: graphic ASCII as it is, the rest as \xHH; spaces only
 * with keep_spaces. What does not fit is cut and ends in "...". Returns out. size is at least 8.
 */
static inline const char *escape(
    char *out, size_t size, const void *bytes, size_t len, bool keep_spaces)
{
	static const char hex[] = "0123456789abcdef";
	const unsigned char *in = bytes;
	size_t used = 0;

	for (size_t i = 0; i < len; i++) {
		bool plain =
		    (in[i] > ' ' && in[i] < 0x7f && in[i] != '\\') || (in[i] == ' ' && keep_spaces);

		if (used + 4 + sizeof("...") > size) {
			for (int dot = 0; dot < 3; dot++)
				out[used++] = '.';
			break;
		}
		if (plain) {
			out[used++] = (char)in[i];
		} else {
			out[used++] = '\\';
			out[used++] = 'x';
			out[used++] = hex[in[i] >> 4];
			out[used++] = hex[in[i] & 15];
		}
	}
	out[used] = '\0';
	return out;
}

static inline int hex_digit(char c)
{
	const char *digits = "0123456789abcdef", *at = c ? strchr(digits, c) : NULL;

	return at ? (int)(at - digits) : -1;
}

/* Turns each \xHH of a line into its byte, in place. Returns the length; a NUL follows. */
static inline size_t unescape(char *line)
{
	char *out = line;

	for (const char *in = line; *in; out++) {
		if (in[0] == '\\' && in[1] == 'x' && hex_digit(in[2]) >= 0 &&
		    hex_digit(in[3]) >= 0) {
			*out = (char)(hex_digit(in[2]) << 4 | hex_digit(in[3]));
			in += 4;
		} else {
			*out = *in++;
		}
	}
	*out = '\0';
	return (size_t)(out - line);
}

#endif
