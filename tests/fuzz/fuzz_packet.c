/* The frame, its fields after the body, the key block and the rendezvous fields. */
#include "fuzz_wire.h"
#include "wire/fields.h"

static void check_frame(const struct packet *packet)
{
	char text[COMMAND_TEXT_MAX];
	struct span tail = packet->tail;
	struct span field;
	uint32_t number;

	fuzz_inside(packet->version, packet->whole);
	fuzz_inside(packet->number_text, packet->whole);
	fuzz_inside(packet->user, packet->whole);
	fuzz_inside(packet->host, packet->whole);
	fuzz_inside(packet->body, packet->whole);
	fuzz_inside(packet->tail, packet->whole);
	HOLDS(packet->user.len >= 1 && packet->user.len <= NAME_BYTES_MAX);
	HOLDS(packet->host.len >= 1 && packet->host.len <= NAME_BYTES_MAX);
	HOLDS(packet->number_text.len <= NUMBER_TEXT_MAX);
	HOLDS(packet->body.len == 0 || memchr(packet->body.data, 0, packet->body.len) == NULL);
	for (size_t rest = tail.len; packet_next_field(&tail, &field); rest = tail.len) {
		fuzz_inside(field, packet->tail);
		HOLDS(tail.len < rest);
	}
	packet_body_number(packet, &number);
	command_format(packet->word, text, sizeof text);
	HOLDS(strlen(text) < sizeof text - 1);
}

static void copy_name(char name[NAME_BYTES_MAX + 1], struct span from)
{
	memcpy(name, from.data, from.len);
	name[from.len] = '\0';
}

static void check_rewrite(const struct packet *packet)
{
	static unsigned char first[SCRATCH_BYTES], second[SCRATCH_BYTES];
	char user[NAME_BYTES_MAX + 1], host[NAME_BYTES_MAX + 1];
	struct identity from = {.user = user, .host = host};
	struct writer w = writer_on(first, sizeof first);
	struct writer again = writer_on(second, sizeof second);
	struct packet read;

	copy_name(user, packet->user);
	copy_name(host, packet->host);
	packet_write(&w, packet->number, &from, packet->word, packet->body);
	if (w.full)
		return;
	HOLDS(packet_parse(&read, fuzz_written(&w)) == PACKET_OK);
	HOLDS(read.number == packet->number && read.word == packet->word);
	HOLDS(span_equal(read.body, packet->body) && read.tail.len == 0);
	copy_name(user, read.user);
	copy_name(host, read.host);
	packet_write(&again, read.number, &from, read.word, read.body);
	HOLDS(span_equal(fuzz_written(&w), fuzz_written(&again)));
}

static void check_fields(const struct fields *fields)
{
	static unsigned char first[SCRATCH_BYTES], second[SCRATCH_BYTES];
	const struct identity from = {.user = "u", .host = "h"};
	struct writer w = writer_on(first, sizeof first);
	struct writer again = writer_on(second, sizeof second);
	struct packet packet;
	struct block block;
	struct fields read;

	HOLDS(fields->present == 0 || fields_has(fields, KEY_PX));
	HOLDS(fields->candidate_count <= CANDIDATES_MAX);
	HOLDS(fields->alternate_count <= ALTERNATES_MAX);
	for (size_t i = 0; i < fields->alternate_count; i++)
		HOLDS(fields->alternates[i].port != 0);
	HOLDS((unsigned)fields->error < PUNCH_ERRORS);
	packet_write(&w, 1, &from, OPT_CAPUTF8, span_of("", 0));
	packet_write(&again, 1, &from, OPT_CAPUTF8, span_of("", 0));
	fields_write(&w, fields);
	if (w.full)
		return;
	HOLDS(packet_parse(&packet, fuzz_written(&w)) == PACKET_OK);
	HOLDS(block_parse(&block, &packet) && fields_read(&read, &block));
	HOLDS(read.present == fields->present);
	fields_write(&again, &read);
	HOLDS(span_equal(fuzz_written(&w), fuzz_written(&again)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span copy = fuzz_copy(data, size);
	struct packet packet;
	struct block block;
	struct fields fields;
	enum packet_error error = packet_parse(&packet, copy);

	HOLDS(packet_error_name(error) != NULL);
	if (error == PACKET_OK) {
		check_frame(&packet);
		check_rewrite(&packet);
		if (block_parse(&block, &packet)) {
			for (enum block_key key = KEY_UN; key < KEY_COUNT; key++) {
				if (block_has(&block, key))
					fuzz_inside(block.value[key], packet.tail);
			}
			if (fields_read(&fields, &block))
				check_fields(&fields);
		}
	}
	fuzz_drop(copy);
	return 0;
}
