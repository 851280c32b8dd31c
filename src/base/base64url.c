/* base64url by table. */
#include "base/base64url.h"

#include <stdint.h>

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* The value of each letter, and one more, so that 0 stands for what is none. */
static const uint8_t values[256] = {
    ['A'] = 1, ['B'] = 2, ['C'] = 3, ['D'] = 4, ['E'] = 5, ['F'] = 6, ['G'] = 7, ['H'] = 8,
    ['I'] = 9, ['J'] = 10, ['K'] = 11, ['L'] = 12, ['M'] = 13, ['N'] = 14, ['O'] = 15, ['P'] = 16,
    ['Q'] = 17, ['R'] = 18, ['S'] = 19, ['T'] = 20, ['U'] = 21, ['V'] = 22, ['W'] = 23, ['X'] = 24,
    ['Y'] = 25, ['Z'] = 26, ['a'] = 27, ['b'] = 28, ['c'] = 29, ['d'] = 30, ['e'] = 31, ['f'] = 32,
    ['g'] = 33, ['h'] = 34, ['i'] = 35, ['j'] = 36, ['k'] = 37, ['l'] = 38, ['m'] = 39, ['n'] = 40,
    ['o'] = 41, ['p'] = 42, ['q'] = 43, ['r'] = 44, ['s'] = 45, ['t'] = 46, ['u'] = 47, ['v'] = 48,
    ['w'] = 49, ['x'] = 50, ['y'] = 51, ['z'] = 52, ['0'] = 53, ['1'] = 54, ['2'] = 55, ['3'] = 56,
    ['4'] = 57, ['5'] = 58, ['6'] = 59, ['7'] = 60, ['8'] = 61, ['9'] = 62, ['-'] = 63, ['_'] = 64,
};

void base64url_encode(const void *bytes, size_t len, char *text)
{
	const unsigned char *from = bytes;
	uint32_t bits = 0;
	unsigned count = 0; /* of bits that wait */

	for (size_t i = 0; i < len; i++) {
		bits = bits << 8 | from[i];
		for (count += 8; count >= 6; count -= 6)
			*text++ = letters[bits >> (count - 6) & 63];
	}
	if (count > 0)
		*text = letters[bits << (6 - count) & 63];
}

bool base64url_decode(struct span text, void *bytes, size_t cap, size_t *len)
{
	unsigned char *to = bytes;
	uint32_t bits = 0;
	unsigned count = 0;

	*len = text.len / 4 * 3 + text.len % 4 * 3 / 4;
	if (text.len % 4 == 1 || *len > cap)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		uint8_t value = values[text.data[i]];

		if (value == 0)
			return false;
		bits = bits << 6 | (value - 1u);
		count += 6;
		if (count >= 8) {
			count -= 8;
			*to++ = (unsigned char)(bits >> count);
		}
	}
	return (bits & ((1u << count) - 1)) == 0;
}
