/* Reading and writing the key block, its values still as bytes. */
#include "wire/block.h"

#include "wire/scan.h"

static const char key_names[KEY_COUNT][3] = {
    [KEY_UN] = "UN",
    [KEY_HN] = "HN",
    [KEY_NN] = "NN",
    [KEY_GN] = "GN",
    [KEY_VS] = "VS",
    [KEY_IP] = "IP",
    [KEY_PX] = "PX",
    [KEY_TK] = "TK",
    [KEY_OA] = "OA",
    [KEY_LT] = "LT",
    [KEY_SI] = "SI",
    [KEY_LC] = "LC",
    [KEY_ER] = "ER",
    [KEY_PD] = "PD",
    [KEY_CK] = "CK",
};

const char *block_key_name(enum block_key key)
{
	return key_names[key];
}

static enum block_key find_key(struct span name)
{
	enum block_key key = KEY_UN;

	if (name.len != 2)
		return KEY_COUNT;
	while (key < KEY_COUNT && memcmp(name.data, key_names[key], 2) != 0)
		key++;
	return key;
}

static bool find_block(const struct packet *packet, struct span *lines)
{
	struct span tail = packet->tail;

	if (!packet_has(packet, OPT_CAPUTF8))
		return false;
	while (packet_next_field(&tail, lines)) {
		if (lines->len > 0 && lines->data[0] == '\n')
			return true;
	}
	return false;
}

static bool is_base64_byte(unsigned char byte)
{
	return (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z') ||
	       (byte >= '0' && byte <= '9') || byte == '+' || byte == '/';
}

/* Of the dictionary only this is looked at: clients differ about the padding. */
static bool is_base64(struct span text)
{
	for (int i = 0; i < 2 && text.len > 0 && text.data[text.len - 1] == '='; i++)
		text.len--;
	if (text.len == 0 || text.len % 4 == 1)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		if (!is_base64_byte(text.data[i]))
			return false;
	}
	return true;
}

bool block_parse(struct block *block, const struct packet *packet)
{
	struct span lines, value, name;

	*block = (struct block){0};
	if (!find_block(packet, &lines))
		return true;
	while (lines.len > 0) {
		scan_cut(&lines, '\n', &value);
		if (!scan_cut(&value, ':', &name))
			continue;
		enum block_key key = find_key(name);

		if (key == KEY_COUNT)
			continue;
		if (key >= KEY_PX && block_has(block, key))
			return false;
		if (key == KEY_IP && !is_base64(value))
			return false;
		block->present |= 1u << key;
		block->value[key] = value;
	}
	return true;
}

void block_write(struct writer *w, enum block_key key, struct span value)
{
	writer_byte(w, '\n');
	writer_text(w, key_names[key]);
	writer_byte(w, ':');
	writer_span(w, value);
}
