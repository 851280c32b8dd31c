/*
 * Lists of offered files. Their writers differ in where the ':' stands around
 * an item's end, and leave out fields at the end of an item.
 */
#include "wire/attachment.h"

#include "base/text.h"
#include "wire/scan.h"

#define ITEM_END '\a'

/* Of a longer name only the beginning is read: what it stands for is shown, not stored. */
#define NAME_READ_MAX 1024

/* Cuts the name off: it ends at the first ':' that is not doubled. False when nothing follows. */
static bool cut_name(struct span *rest, struct span *name)
{
	size_t n = 0;

	while (n < rest->len) {
		bool colon = rest->data[n] == ':';

		if (colon && (n + 1 == rest->len || rest->data[n + 1] != ':'))
			break;
		n += colon ? 2 : 1;
	}
	*name = span_of(rest->data, n);
	if (n == rest->len)
		return false;
	scan_skip(rest, n + 1);
	return true;
}

static int hex_digit(unsigned char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool read_hex(struct span text, uint64_t *value)
{
	bool too_large = false;

	*value = 0;
	for (size_t i = 0; i < text.len; i++) {
		int digit = hex_digit(text.data[i]);

		if (digit < 0)
			return false;
		too_large = too_large || *value > UINT64_MAX >> 4;
		*value = *value << 4 | (uint64_t)digit;
	}
	if (too_large)
		*value = UINT64_MAX;
	return text.len > 0;
}

/* The time is of no use here; the attributes may be missing, with or without it. */
static uint32_t read_type(struct span rest)
{
	struct span field;
	uint64_t attributes;

	scan_cut(&rest, ':', &field);
	scan_cut(&rest, ':', &field);
	return read_hex(field, &attributes) ? attributes & 0xff : FILE_REGULAR;
}

static bool read_item(struct span item, struct attachment *attachment)
{
	struct span field;

	/* the ':' of "\a:" */
	if (item.len > 0 && item.data[0] == ':')
		scan_skip(&item, 1);
	if (!scan_cut(&item, ':', &field) || scan_decimal(&field, &attachment->id) == 0 ||
	    field.len > 0)
		return false;
	if (!cut_name(&item, &attachment->name) || attachment->name.len == 0)
		return false;
	scan_cut(&item, ':', &field);
	attachment->type = read_type(item);
	return read_hex(field, &attachment->size);
}

bool attachment_next(struct span *list, struct attachment *attachment)
{
	struct span item;

	while (list->len > 0) {
		scan_cut(list, ITEM_END, &item);
		if (read_item(item, attachment))
			return true;
	}
	return false;
}

static struct span undouble(struct span name, unsigned char out[NAME_READ_MAX])
{
	size_t len = 0;

	for (size_t i = 0; i < name.len && len < NAME_READ_MAX; i++) {
		out[len++] = name.data[i];
		if (name.data[i] == ':')
			i++;
	}
	return span_of(out, len);
}

/* In UTF-8, where no byte of a longer character looks like a separator. */
static struct span without_directories(struct span path)
{
	size_t from = path.len;

	while (from > 0 && path.data[from - 1] != '/' && path.data[from - 1] != '\\')
		from--;
	return span_of(path.data + from, path.len - from);
}

size_t attachment_name(const struct attachment *attachment, bool utf8, struct charset *legacy,
    char *out, size_t cap)
{
	unsigned char raw[NAME_READ_MAX];
	char path[3 * NAME_READ_MAX + 1];
	size_t len = charset_read(legacy, undouble(attachment->name, raw), utf8, path, sizeof path);

	len = utf8_repair(without_directories(span_of(path, len)), out, cap);
	for (size_t i = 0; i < len; i++) {
		if ((unsigned char)out[i] < 0x20 || out[i] == 0x7f)
			out[i] = '_';
	}
	if (len == 0 || strcmp(out, ".") == 0 || strcmp(out, "..") == 0)
		len = utf8_repair(span_text("_"), out, cap);
	return len;
}
