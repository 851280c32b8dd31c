/* ASKPUNCHING, ORDERPUNCHING and ANSPUNCHING. */
#include "wire/punch.h"

#include "wire/scan.h"

#define PORT_DIGITS_MAX 5

static bool parse_fields(struct fields *fields, const struct packet *packet)
{
	struct block block;

	return block_parse(&block, packet) && fields_read(fields, &block);
}

bool ask_parse(struct ask *ask, const struct packet *packet)
{
	ask->name = packet->body;
	ask->utf8 = packet_has(packet, OPT_UTF8);
	if (ask->name.len == 0 || ask->name.len > ASK_NAME_MAX)
		return false;
	return parse_fields(&ask->fields, packet);
}

size_t ask_decode(const struct ask *ask, struct charset *legacy, char out[ASK_TEXT_MAX])
{
	return charset_read(legacy, ask->name, ask->utf8, out, ASK_TEXT_MAX);
}

static bool parse_port(struct span text, uint16_t *port)
{
	uint32_t value;

	if (!scan_number(text, PORT_DIGITS_MAX, &value) || text.data[0] == '0' ||
	    value > UINT16_MAX)
		return false;
	*port = (uint16_t)value;
	return true;
}

bool order_parse(struct order *order, const struct packet *packet)
{
	struct span tail = packet->tail;
	struct span port;
	bool ip6_text;

	if (packet->body.len == 0 || !parse_fields(&order->fields, packet))
		return false;
	/* The text decides, not the address: ::ffff:192.0.2.1 is not what the seed knows. */
	ip6_text = memchr(packet->body.data, ':', packet->body.len) != NULL;
	if (ip6_text && !fields_has(&order->fields, KEY_PX))
		return false;
	return endpoint_parse_address(&order->toward, packet->body) &&
	       packet_next_field(&tail, &port) && parse_port(port, &order->toward.port);
}

bool answer_parse(struct answer *answer, const struct packet *packet)
{
	answer->name = packet->body;
	if (answer->name.len > ASK_NAME_MAX)
		return false;
	return parse_fields(&answer->fields, packet);
}

static bool has_any(const struct fields *fields)
{
	return fields != NULL && fields->present != 0;
}

static void begin(struct writer *w, uint32_t number, const struct identity *from,
    enum command command, const struct fields *fields)
{
	uint32_t options = has_any(fields) ? OPT_CAPUTF8 | OPT_UTF8 : 0;

	packet_begin(w, number, from, (uint32_t)command | options);
}

/* Nothing follows in a packet for the seed, whose parser takes the rest for the value. */
static void end(struct writer *w, const struct fields *fields)
{
	if (!has_any(fields))
		return;
	writer_byte(w, '\0');
	fields_write(w, fields);
}

void ask_write(struct writer *w, uint32_t number, const struct identity *from, struct span name,
    const struct fields *fields)
{
	begin(w, number, from, CMD_ASKPUNCHING, fields);
	writer_span(w, name);
	end(w, fields);
}

void order_write(struct writer *w, uint32_t number, const struct identity *from,
    const struct endpoint *toward, const struct fields *fields)
{
	char address[ENDPOINT_TEXT_MAX];

	begin(w, number, from, CMD_ORDERPUNCHING, fields);
	writer_text(w, endpoint_format_address(toward, address));
	writer_byte(w, '\0');
	writer_decimal(w, toward->port);
	end(w, fields);
}

void answer_write(struct writer *w, uint32_t number, const struct identity *from, struct span name,
    const struct fields *fields)
{
	begin(w, number, from, CMD_ANSPUNCHING, fields);
	writer_span(w, name);
	if (has_any(fields))
		end(w, fields);
	else
		writer_byte(w, '\0');
}
