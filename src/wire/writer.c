/* The bounded writer. */
#include "wire/writer.h"

#include "base/base64url.h"
#include "base/text.h"
#include "wire/packet.h"

struct writer writer_on(void *data, size_t cap)
{
	return (struct writer){.data = data, .cap = cap};
}

void writer_byte(struct writer *w, unsigned char byte)
{
	if (w->full || w->len == w->cap) {
		w->full = true;
		return;
	}
	w->data[w->len++] = byte;
}

void writer_span(struct writer *w, struct span bytes)
{
	if (w->full || bytes.len > w->cap - w->len) {
		w->full = true;
		return;
	}
	if (bytes.len > 0)
		memcpy(w->data + w->len, bytes.data, bytes.len);
	w->len += bytes.len;
}

void writer_text(struct writer *w, const char *text)
{
	writer_span(w, span_text(text));
}

void writer_decimal(struct writer *w, uint64_t value)
{
	char digits[20];
	size_t n = sizeof digits;

	do {
		digits[--n] = (char)('0' + value % 10);
		value /= 10;
	} while (value > 0);
	writer_span(w, span_of(digits + n, sizeof digits - n));
}

void writer_base64url(struct writer *w, const void *bytes, size_t len)
{
	if (w->full || w->cap - w->len < BASE64URL_LENGTH(len)) {
		w->full = true;
		return;
	}
	base64url_encode(bytes, len, (char *)w->data + w->len);
	w->len += BASE64URL_LENGTH(len);
}

void writer_name(struct writer *w, struct span name)
{
	name = utf8_cut(name, NAME_BYTES_MAX);
	if (name.len == 0)
		writer_byte(w, '_');
	for (size_t i = 0; i < name.len; i++) {
		unsigned char byte = name.data[i];

		if (byte == ':')
			byte = ';';
		else if (byte < 0x20 || byte == 0x7f)
			byte = '_';
		writer_byte(w, byte);
	}
}
