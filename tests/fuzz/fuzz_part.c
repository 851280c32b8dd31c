/* Parts and their confirmations: numbers that agree, and come back the same when we write them. */
#include "fuzz_wire.h"
#include "wire/part.h"

static const struct identity from = {.user = "u", .host = "h"};

static struct packet parse_again(const struct writer *w)
{
	struct packet packet;

	HOLDS(packet_parse(&packet, fuzz_written(w)) == PACKET_OK);
	return packet;
}

static void check_part(const struct packet *packet)
{
	static unsigned char room[SCRATCH_BYTES];
	struct writer w = writer_on(room, sizeof room);
	struct part_packet part, read;

	if (!part_parse(&part, packet))
		return;
	fuzz_inside(part.chunk, packet->whole);
	HOLDS(part.chunk.len > 0 && part.chunk.len <= part.size);
	HOLDS(part.offset + part.chunk.len <= part.fields.part.bytes);
	HOLDS(part.fields.part.total >= 2 && part.fields.part.total <= PARTS_MAX);
	HOLDS((part.offset + part.chunk.len == part.fields.part.bytes) ==
	    (part.fields.part.index + 1 == part.fields.part.total));
	part_write(&w, 1, &from, &part.fields, part.chunk);
	if (w.full)
		return;
	struct packet next = parse_again(&w);

	HOLDS(part_parse(&read, &next) && span_equal(read.chunk, part.chunk));
	HOLDS(read.size == part.size && read.offset == part.offset);
}

static void check_ack(const struct packet *packet)
{
	static unsigned char room[SCRATCH_BYTES];
	struct writer w = writer_on(room, sizeof room);
	struct part_ack ack, read;

	if (!part_ack_parse(&ack, packet))
		return;
	HOLDS(ack.bits_len > 0 && ack.bits_len <= PART_BITS_BYTES);
	part_ack_write(&w, 1, &from, &ack.fields, ack.message, ack.bits, ack.bits_len);
	if (w.full)
		return;
	struct packet next = parse_again(&w);

	HOLDS(part_ack_parse(&read, &next) && read.message == ack.message);
	HOLDS(read.bits_len == ack.bits_len && memcmp(read.bits, ack.bits, sizeof ack.bits) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span copy = fuzz_copy(data, size);
	struct packet packet;

	if (packet_parse(&packet, copy) == PACKET_OK) {
		check_part(&packet);
		check_ack(&packet);
	}
	fuzz_drop(copy);
	return 0;
}
