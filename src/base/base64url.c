/* base64url by table. */
#include "base/base64url.h"

#include <sodium.h>

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

	for (; len >= 3; len -= 3, from += 3) {
		uint32_t bits = (uint32_t)from[0] << 16 | (uint32_t)from[1] << 8 | from[2];

		*text++ = letters[bits >> 18];
		*text++ = letters[bits >> 12 & 63];
		*text++ = letters[bits >> 6 & 63];
		*text++ = letters[bits & 63];
	}
	if (len == 0)
		return;
	uint32_t bits = (uint32_t)from[0] << 16 | (len > 1 ? (uint32_t)from[1] << 8 : 0);

	*text++ = letters[bits >> 18];
	*text++ = letters[bits >> 12 & 63];
	if (len > 1)
		*text = letters[bits >> 6 & 63];
}

/* The first `len` bytes of 24 bits. */
static void put_bits(unsigned char *to, size_t len, uint32_t bits)
{
	to[0] = (unsigned char)(bits >> 16);
	if (len > 1)
		to[1] = (unsigned char)(bits >> 8);
	if (len > 2)
		to[2] = (unsigned char)bits;
}

/* The two or three characters of a last byte or two, or none. */
static bool decode_rest(const unsigned char *from, size_t len, unsigned char *to)
{
	uint32_t bits = 0;

	if (len == 0)
		return true;
	for (size_t i = 0; i < len; i++) {
		if (values[from[i]] == 0)
			return false;
		bits |= (values[from[i]] - 1u) << (18 - 6 * i);
	}
	put_bits(to, len - 1, bits);
	return (bits & (len == 2 ? 0xffffu : 0xffu)) == 0;
}

bool base64url_decode(struct span text, void *bytes, size_t cap, size_t *len)
{
	const unsigned char *from = text.data, *end = from + text.len;
	unsigned char *to = bytes;

	*len = text.len / 4 * 3 + text.len % 4 * 3 / 4;
	if (text.len % 4 == 1 || *len > cap)
		return false;
	for (; end - from >= 4; from += 4, to += 3) {
		uint8_t a = values[from[0]], b = values[from[1]], c = values[from[2]],
			d = values[from[3]];

		if (a == 0 || b == 0 || c == 0 || d == 0)
			return false;
		put_bits(to, 3, (a - 1u) << 18 | (b - 1u) << 12 | (c - 1u) << 6 | (d - 1u));
	}
	return decode_rest(from, (size_t)(end - from), to);
}

bool base64url_decode_key(struct span text, uint8_t key[PUBLIC_KEY_BYTES])
{
	uint8_t point[crypto_scalarmult_curve25519_BYTES];
	size_t len;

	return base64url_decode(text, key, PUBLIC_KEY_BYTES, &len) && len == PUBLIC_KEY_BYTES &&
	    crypto_sign_ed25519_pk_to_curve25519(point, key) == 0;
}
