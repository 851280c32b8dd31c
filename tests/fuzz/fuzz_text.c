/*
 * Text: UTF-8 checks, repair and escaping, and the legacy code pages. The
 * first byte chooses how much room the output has and which code page.
 */
#include "base/charset.h"
#include "base/text.h"
#include "fuzz.h"

static void check_repair(struct span text, size_t cap)
{
	unsigned char *out = fuzz_room(cap);
	size_t len = utf8_repair(text, (char *)out, cap);

	HOLDS(len < cap && out[len] == '\0');
	HOLDS(utf8_valid(span_of(out, len)));
	if (utf8_valid(text) && text.len < cap)
		HOLDS(span_equal(span_of(out, len), text));
	fuzz_release(out, cap);
}

/* Nothing that moves a cursor, ends a line or turns the writing direction. */
static void check_harmless(struct span text)
{
	HOLDS(utf8_valid(text));
	for (size_t i = 0; i < text.len; i++) {
		const unsigned char *p = text.data + i;

		HOLDS(p[0] >= 0x20 && p[0] != 0x7f);
		HOLDS(p[0] != 0xc2 || p[1] >= 0xa0);
		HOLDS(p[0] != 0xe2 || p[1] != 0x80 || !(p[2] >= 0xa8 && p[2] <= 0xae));
	}
}

static void check_escape(struct span text, size_t cap)
{
	unsigned char *out = fuzz_room(cap);

	HOLDS(text_escape(text, (char *)out, cap) == (char *)out);
	HOLDS(memchr(out, 0, cap) != NULL);
	check_harmless(span_text((char *)out));
	fuzz_release(out, cap);
}

static struct charset *choose(unsigned which)
{
	static const char *const names[] = {"CP932", "EUC-JP", "GBK", "ISO-8859-1"};
	static struct charset *charsets[4];

	which %= 4;
	if (charsets[which] == NULL)
		charsets[which] = charset_open(names[which]);
	HOLDS(charsets[which] != NULL);
	return charsets[which];
}

static void check_charset(struct span text, size_t cap, struct charset *charset)
{
	unsigned char *utf8 = fuzz_room(cap);
	unsigned char *legacy = fuzz_room(cap);
	size_t len = charset_decode(charset, text, (char *)utf8, cap);

	HOLDS(len < cap && utf8[len] == '\0');
	HOLDS(utf8_valid(span_of(utf8, len)));
	len = charset_encode(charset, span_of(utf8, len), (char *)legacy, cap);
	HOLDS(len < cap && legacy[len] == '\0');
	len = charset_encode(charset, text, (char *)legacy, cap);
	HOLDS(len < cap && legacy[len] == '\0');
	fuzz_release(legacy, cap);
	fuzz_release(utf8, cap);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	struct span text = fuzz_copy(data + 1, size - 1);
	size_t ample = 10 * text.len + 1;
	size_t scarce = 1 + data[0] / 4;

	utf8_valid(text);
	text_is_ascii(text);
	check_repair(text, ample);
	check_repair(text, scarce);
	check_escape(text, ample);
	check_escape(text, scarce);
	check_charset(text, ample, choose(data[0]));
	check_charset(text, scarce, choose(data[0]));
	fuzz_drop(text);
	return 0;
}
