/* Parts of messages, and what confirms them: every number is held against every other. */
#include "wire/part.h"

#include "base/base64url.h"

static bool parse_fields(struct fields *fields, const struct packet *packet)
{
	struct block block;

	return block_parse(&block, packet) && fields_read(fields, &block) &&
	    fields_has(fields, KEY_SI);
}

static bool is_sound(const struct part *part)
{
	return part->total >= 2 && part->total <= PARTS_MAX && part->index < part->total &&
	    (part->word & COMMAND_MASK) == CMD_SENDMSG;
}

/* All chunks but the last are of one size, which each of them tells. */
static bool find_place(struct part_packet *packet)
{
	const struct part *part = &packet->fields.part;
	size_t before = part->total - 1, len = packet->chunk.len;

	if (len == 0 || len >= part->bytes)
		return false;
	if (part->index < before) {
		packet->size = len;
	} else {
		packet->size = (part->bytes - len) / before;
		if ((part->bytes - len) % before != 0 || packet->size < len)
			return false;
	}
	packet->offset = part->index * packet->size;
	return before * packet->size < part->bytes && part->bytes <= part->total * packet->size;
}

bool part_parse(struct part_packet *part, const struct packet *packet)
{
	part->chunk = packet->body;
	return parse_fields(&part->fields, packet) && fields_has(&part->fields, KEY_PT) &&
	    is_sound(&part->fields.part) && find_place(part);
}

bool part_ack_parse(struct part_ack *ack, const struct packet *packet)
{
	if (!packet_body_number(packet, &ack->message) || !parse_fields(&ack->fields, packet) ||
	    !fields_has(&ack->fields, KEY_PB))
		return false;
	memset(ack->bits, 0, sizeof ack->bits);
	return base64url_decode(ack->fields.bits, ack->bits, sizeof ack->bits, &ack->bits_len);
}

static void begin(struct writer *w, uint32_t number, const struct identity *from,
    enum command command)
{
	packet_begin(w, number, from, (uint32_t)command | OPT_CAPUTF8 | OPT_UTF8);
}

void part_write(struct writer *w, uint32_t number, const struct identity *from,
    const struct fields *fields, struct span chunk)
{
	begin(w, number, from, CMD_SENDPART);
	writer_span(w, chunk);
	writer_byte(w, '\0');
	fields_write(w, fields);
}

void part_ack_write(struct writer *w, uint32_t number, const struct identity *from,
    const struct fields *fields, uint32_t message, const uint8_t *bits, size_t bits_len)
{
	char text[BASE64URL_LENGTH(PART_BITS_BYTES)];
	struct fields all = *fields;

	base64url_encode(bits, bits_len, text);
	all.bits = span_of(text, BASE64URL_LENGTH(bits_len));
	fields_set(&all, KEY_PB);
	begin(w, number, from, CMD_ACKPART);
	writer_decimal(w, message);
	writer_byte(w, '\0');
	fields_write(w, &all);
}
