/*
 * Untrusted bytes as one word, or one rest of a line, of printable ASCII: what the test programs
 * print is read by scripts, and a packet must not be able to write lines of its own into it.
 */
#ifndef IPMSG_TEST_ESCAPE_H
#define IPMSG_TEST_ESCAPE_H

#include <stdbool.h>
#include <stddef.h>

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

#endif
