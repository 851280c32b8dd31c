/* Cutting and counting for the parsers. */
#include "wire/scan.h"

void scan_skip(struct span *rest, size_t count)
{
	rest->data += count;
	rest->len -= count;
}

bool scan_cut(struct span *rest, unsigned char mark, struct span *piece)
{
	const unsigned char *at;

	*piece = *rest;
	if (rest->len == 0)
		return false;
	at = memchr(rest->data, mark, rest->len);
	if (at == NULL) {
		scan_skip(rest, rest->len);
		return false;
	}
	piece->len = (size_t)(at - piece->data);
	scan_skip(rest, piece->len + 1);
	return true;
}

/* One past UINT32_MAX means "too large": it can only grow, and cannot wrap. */
static uint64_t digits_value(struct span digits)
{
	uint64_t value = 0;

	for (size_t i = 0; i < digits.len && value <= UINT32_MAX; i++)
		value = value * 10 + (uint64_t)(digits.data[i] - '0');
	return value;
}

static struct span leading_digits(struct span text)
{
	size_t n = 0;

	while (n < text.len && text.data[n] >= '0' && text.data[n] <= '9')
		n++;
	return span_of(text.data, n);
}

size_t scan_decimal(struct span *rest, uint32_t *value)
{
	struct span digits = leading_digits(*rest);
	uint64_t read = digits_value(digits);

	*value = read > UINT32_MAX ? UINT32_MAX : (uint32_t)read;
	if (digits.len > 0)
		scan_skip(rest, digits.len);
	return digits.len;
}

bool scan_number(struct span text, size_t digits, uint32_t *value)
{
	uint64_t read;

	if (text.len == 0 || text.len > digits || leading_digits(text).len != text.len)
		return false;
	read = digits_value(text);
	*value = (uint32_t)read;
	return read <= UINT32_MAX;
}
