/* Messages: reading their options and text, writing them in the peer's encoding. */
#include "wire/message.h"

#include "base/text.h"

void message_parse(struct message *message, const struct packet *packet)
{
	struct span tail = packet->tail;

	*message = (struct message){
	    .text = packet->body,
	    .utf8 = packet_has(packet, OPT_UTF8),
	    .attachments = span_of("", 0),
	    .broadcast = packet_has(packet, OPT_BROADCAST),
	    .automatic = packet_has(packet, OPT_AUTORET),
	    .sealed = packet_has(packet, OPT_SECRET),
	};
	message->wants_receipt =
	    packet_has(packet, OPT_SENDCHECK) && !message->broadcast && !message->automatic;
	message->wants_read_receipt = message->sealed && packet_has(packet, OPT_READCHECK);
	if (packet_has(packet, OPT_FILEATTACH))
		packet_next_field(&tail, &message->attachments);
}

/* CR LF and lone CR become LF; in place, as it only gets shorter. */
static size_t unify_line_ends(char *text, size_t len)
{
	size_t used = 0;

	for (size_t i = 0; i < len; i++) {
		if (text[i] == '\r' && i + 1 < len && text[i + 1] == '\n')
			continue;
		text[used++] = text[i] == '\r' ? '\n' : text[i];
	}
	text[used] = '\0';
	return used;
}

size_t message_decode(const struct message *message, struct charset *legacy, char *out, size_t cap)
{
	return unify_line_ends(out, charset_read(legacy, message->text, message->utf8, out, cap));
}

/* NUL would end the text early, and what follows it would be read as something else. */
static void write_text(struct writer *w, struct span text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] != '\r' && text.data[i] != '\0')
			writer_byte(w, text.data[i]);
	}
}

/* In pieces that always fit, so that what the writer refuses is known to be too long. */
static void write_legacy(struct writer *w, struct span text, struct charset *legacy)
{
	char piece[512];

	while (text.len > 0 && !w->full) {
		struct span head = utf8_cut(text, sizeof piece / 4 - 1);
		size_t len = charset_encode(legacy, head, piece, sizeof piece);

		write_text(w, span_of(piece, len));
		text = span_of(text.data + head.len, text.len - head.len);
	}
}

void message_write(struct writer *w, uint32_t number, const struct identity *from, uint32_t word,
    struct span text, bool utf8, struct charset *legacy)
{
	char user[NAME_BYTES_MAX + 1];
	char host[NAME_BYTES_MAX + 1];

	if (utf8) {
		packet_begin(w, number, from, word | OPT_UTF8);
		write_text(w, text);
	} else {
		charset_encode(legacy, span_text(from->user), user, sizeof user);
		charset_encode(legacy, span_text(from->host), host, sizeof host);
		packet_begin(
		    w, number, &(struct identity){.user = user, .host = host}, word & ~OPT_UTF8);
		write_legacy(w, text, legacy);
	}
	writer_byte(w, '\0');
}
