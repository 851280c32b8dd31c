/* The frame: cutting a datagram into its fields, and writing one. */
#include "wire/packet.h"

#include "wire/scan.h"

static struct span cut_to(struct span text, size_t max)
{
	return span_of(text.data, text.len < max ? text.len : max);
}

enum packet_error packet_parse(struct packet *packet, struct span datagram)
{
	struct span rest = datagram;
	struct span frame, number, command;
	uint32_t version;

	*packet = (struct packet){.whole = datagram};
	if (datagram.len >= 4 && memcmp(datagram.data, "IP2:", 4) == 0)
		return PACKET_DICTIONARY;
	scan_cut(&rest, '\0', &frame);
	packet->tail = rest;
	if (!scan_cut(&frame, ':', &packet->version) || !scan_cut(&frame, ':', &number) ||
	    !scan_cut(&frame, ':', &packet->user) || !scan_cut(&frame, ':', &packet->host))
		return PACKET_SHORT;
	/* Without the last ':' the body is empty: ad-hoc senders leave it out. */
	scan_cut(&frame, ':', &command);
	packet->body = frame;

	rest = packet->version;
	scan_decimal(&rest, &version);
	if (version != 1)
		return PACKET_VERSION;
	if (packet->user.len == 0 || packet->host.len == 0)
		return PACKET_NAME;
	packet->user = cut_to(packet->user, NAME_BYTES_MAX);
	packet->host = cut_to(packet->host, NAME_BYTES_MAX);
	packet->number_text = cut_to(number, NUMBER_TEXT_MAX);
	scan_decimal(&number, &packet->number);
	scan_decimal(&command, &packet->word);
	return PACKET_OK;
}

const char *packet_error_name(enum packet_error error)
{
	static const char *const names[PACKET_ERRORS] = {
	    [PACKET_OK] = "ok",
	    [PACKET_SHORT] = "short",
	    [PACKET_VERSION] = "version",
	    [PACKET_NAME] = "name",
	    [PACKET_DICTIONARY] = "dictionary",
	};

	return (unsigned)error < PACKET_ERRORS ? names[error] : "unknown";
}

bool packet_next_field(struct span *tail, struct span *field)
{
	if (tail->len == 0)
		return false;
	scan_cut(tail, '\0', field);
	return true;
}

bool packet_body_number(const struct packet *packet, uint32_t *number)
{
	struct span body = packet->body;

	return scan_decimal(&body, number) > 0;
}

void packet_begin(struct writer *w, uint32_t number, const struct identity *from, uint32_t word)
{
	writer_text(w, "1:");
	writer_decimal(w, number);
	writer_byte(w, ':');
	writer_name(w, span_text(from->user));
	writer_byte(w, ':');
	writer_name(w, span_text(from->host));
	writer_byte(w, ':');
	writer_decimal(w, word);
	writer_byte(w, ':');
}

void packet_write(
    struct writer *w, uint32_t number, const struct identity *from, uint32_t word, struct span body)
{
	packet_begin(w, number, from, word);
	writer_span(w, body);
	writer_byte(w, '\0');
}

void packet_write_number(
    struct writer *w, uint32_t number, const struct identity *from, uint32_t word, uint32_t body)
{
	packet_begin(w, number, from, word);
	writer_decimal(w, body);
	writer_byte(w, '\0');
}
