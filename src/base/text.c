/* UTF-8 checks, repair, and escaping for logs and terminals. */
#include "base/text.h"

#include <stdint.h>
#include <stdio.h>

/*
 * Decodes the character at the front. Returns its length, or 0 when the bytes
 * there are not valid UTF-8.
 */
static size_t decode(struct span text, uint32_t *code)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	const unsigned char *p = text.data;
	size_t n;

	if (text.len == 0)
		return 0;
	if (p[0] < 0x80) {
		*code = p[0];
		return 1;
	}
	if (p[0] >= 0xc2 && p[0] <= 0xdf)
		n = 2;
	else if (p[0] >= 0xe0 && p[0] <= 0xef)
		n = 3;
	else if (p[0] >= 0xf0 && p[0] <= 0xf4)
		n = 4;
	else
		return 0;
	if (text.len < n)
		return 0;
	*code = p[0] & (0xffu >> (n + 1));
	for (size_t i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		*code = *code << 6 | (p[i] & 0x3fu);
	}
	if (*code < least[n] || *code > 0x10ffff || (*code >= 0xd800 && *code <= 0xdfff))
		return 0;
	return n;
}

static struct span skip(struct span text, size_t n)
{
	return span_of(text.data + n, text.len - n);
}

static size_t ascii_length(struct span text)
{
	size_t n = 0;

	while (n < text.len && text.data[n] < 0x80)
		n++;
	return n;
}

bool utf8_valid(struct span text)
{
	uint32_t code;

	while (text.len > 0) {
		size_t n = decode(text, &code);

		if (n == 0)
			return false;
		text = skip(text, n);
	}
	return true;
}

bool text_is_ascii(struct span text)
{
	return ascii_length(text) == text.len;
}

size_t utf8_repair(struct span text, char *out, size_t cap)
{
	size_t plain = ascii_length(text), used = plain < cap ? plain : cap - 1;
	uint32_t code;

	/* most texts are nothing else */
	if (used > 0) {
		memcpy(out, text.data, used);
		text = skip(text, used);
	}
	while (text.len > 0) {
		size_t n = decode(text, &code);
		struct span piece = n > 0 ? span_of(text.data, n) : span_text("\xef\xbf\xbd");

		if (used + piece.len + 1 > cap)
			break;
		memcpy(out + used, piece.data, piece.len);
		used += piece.len;
		text = skip(text, n > 0 ? n : 1);
	}
	out[used] = '\0';
	return used;
}

struct span utf8_cut(struct span text, size_t max)
{
	size_t n = max;

	if (text.len <= max)
		return text;
	/* No character has more than three continuation bytes: longer runs of them are no text. */
	while (n > 0 && max - n < 3 && (text.data[n] & 0xc0) == 0x80)
		n--;
	if ((text.data[n] & 0xc0) == 0x80)
		n = max;
	return span_of(text.data, n);
}

static bool harmless(uint32_t code)
{
	if (code < 0x20 || code == '\\' || (code >= 0x7f && code < 0xa0))
		return false;
	if (code == 0x200e || code == 0x200f || code == 0x061c || code == 0xfeff)
		return false;
	return !(code >= 0x2028 && code <= 0x202e) && !(code >= 0x2066 && code <= 0x2069);
}

const char *text_escape(struct span text, char *out, size_t cap)
{
	size_t used = 0;

	while (text.len > 0) {
		char escaped[16];
		uint32_t code = 0;
		size_t n = decode(text, &code);
		struct span piece;

		if (n > 0 && harmless(code)) {
			piece = span_of(text.data, n);
		} else {
			if (n == 0)
				snprintf(escaped, sizeof escaped, "\\x%02x", text.data[0]);
			else if (code == '\\')
				snprintf(escaped, sizeof escaped, "\\\\");
			else if (code == '\n' || code == '\t' || code == '\r')
				snprintf(escaped, sizeof escaped, "\\%c",
				    code == '\n' ? 'n' : code == '\t' ? 't' : 'r');
			else if (code < 0x100)
				snprintf(escaped, sizeof escaped, "\\x%02x", (unsigned)code);
			else
				snprintf(escaped, sizeof escaped, "\\u{%04x}", (unsigned)code);
			piece = span_text(escaped);
		}
		if (used + piece.len + 1 > cap)
			break;
		memcpy(out + used, piece.data, piece.len);
		used += piece.len;
		text = skip(text, n > 0 ? n : 1);
	}
	out[used] = '\0';
	return out;
}
