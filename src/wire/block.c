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
    [KEY_AN] = "AN",
    [KEY_CH] = "CH",
    [KEY_AP] = "AP",
    [KEY_NT] = "NT",
    [KEY_LM] = "LM",
    [KEY_PT] = "PT",
    [KEY_PB] = "PB",
    [KEY_ID] = "ID",
    [KEY_TS] = "TS",
    [KEY_SG] = "SG",
    [KEY_MA] = "MA",
};

const char *block_key_name(enum block_key key)
{
	return key_names[key];
}

/*
 * The key of a line "XX:…", KEY_COUNT for any other. It is first looked for
 * behind `last`, since most senders keep to the order of the table.
 */
static enum block_key find_key(struct span line, enum block_key last)
{
	enum block_key key = last;

	if (line.len < 3 || line.data[2] != ':')
		return KEY_COUNT;
	do {
		key = key + 1 < KEY_COUNT ? key + 1 : KEY_UN;
		if (memcmp(line.data, key_names[key], 2) == 0)
			return key;
	} while (key != last);
	return KEY_COUNT;
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

static bool ends_packet(struct span value, const struct packet *packet)
{
	return value.data + value.len == packet->whole.data + packet->whole.len;
}

bool block_parse(struct block *block, const struct packet *packet)
{
	struct span lines, line;
	enum block_key last = KEY_COUNT - 1;

	*block = (struct block){.packet = packet->whole.data};
	if (!find_block(packet, &lines))
		return true;
	while (lines.len > 0) {
		scan_cut(&lines, '\n', &line);
		enum block_key key = find_key(line, last);

		if (key == KEY_COUNT)
			continue;
		struct span value = span_of(line.data + 3, line.len - 3);

		last = key;
		if (key >= KEY_PX && block_has(block, key))
			return false;
		if (key == KEY_IP && !is_base64(value))
			return false;
		if ((key == KEY_SG || key == KEY_MA) && !ends_packet(value, packet))
			return false;
		block->present |= 1u << key;
		block->value[key] = value;
	}
	return true;
}

void block_write(struct writer *w, enum block_key key, struct span value)
{
	const char *name = key_names[key];
	const char head[] = {'\n', name[0], name[1], ':'};

	writer_span(w, span_of(head, sizeof head));
	writer_span(w, value);
}
