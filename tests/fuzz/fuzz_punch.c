/* Asks, orders and answers: whatever counts as one comes back the same when we write it. */
#include "fuzz_wire.h"
#include "wire/punch.h"

static const struct identity from = {.user = "u", .host = "h"};

static struct packet parse_again(const struct writer *w)
{
	struct packet packet;

	HOLDS(packet_parse(&packet, fuzz_written(w)) == PACKET_OK);
	return packet;
}

static void check_ask(const struct packet *packet)
{
	static unsigned char first[SCRATCH_BYTES], second[SCRATCH_BYTES];
	struct writer w = writer_on(first, sizeof first);
	struct writer again = writer_on(second, sizeof second);
	struct ask ask, read;

	if (!ask_parse(&ask, packet))
		return;
	HOLDS(ask.name.len >= 1 && ask.name.len <= ASK_NAME_MAX);
	fuzz_inside(ask.name, packet->whole);
	ask_write(&w, 1, &from, ask.name, &ask.fields);
	if (w.full)
		return;
	struct packet next = parse_again(&w);

	HOLDS(ask_parse(&read, &next) && span_equal(read.name, ask.name));
	ask_write(&again, 1, &from, read.name, &read.fields);
	HOLDS(span_equal(fuzz_written(&w), fuzz_written(&again)));
}

static void check_order(const struct packet *packet)
{
	static unsigned char first[SCRATCH_BYTES], second[SCRATCH_BYTES];
	struct writer w = writer_on(first, sizeof first);
	struct writer again = writer_on(second, sizeof second);
	struct order order, read;

	if (!order_parse(&order, packet))
		return;
	HOLDS(order.toward.family == FAMILY_IP4 || order.toward.family == FAMILY_IP6);
	HOLDS(order.toward.family == FAMILY_IP4 || fields_has(&order.fields, KEY_PX));
	HOLDS(order.toward.port != 0);
	order_write(&w, 1, &from, &order.toward, &order.fields);
	if (w.full)
		return;
	struct packet next = parse_again(&w);

	HOLDS(order_parse(&read, &next) && endpoint_equal(&read.toward, &order.toward));
	order_write(&again, 1, &from, &read.toward, &read.fields);
	HOLDS(span_equal(fuzz_written(&w), fuzz_written(&again)));
}

static void check_answer(const struct packet *packet)
{
	static unsigned char first[SCRATCH_BYTES], second[SCRATCH_BYTES];
	struct writer w = writer_on(first, sizeof first);
	struct writer again = writer_on(second, sizeof second);
	struct answer answer, read;

	if (!answer_parse(&answer, packet))
		return;
	fuzz_inside(answer.name, packet->whole);
	answer_write(&w, 1, &from, answer.name, &answer.fields);
	if (w.full)
		return;
	struct packet next = parse_again(&w);

	HOLDS(answer_parse(&read, &next) && span_equal(read.name, answer.name));
	answer_write(&again, 1, &from, read.name, &read.fields);
	HOLDS(span_equal(fuzz_written(&w), fuzz_written(&again)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span copy = fuzz_copy(data, size);
	struct packet packet;

	/* Whatever its command: an input then reaches all three. */
	if (packet_parse(&packet, copy) == PACKET_OK) {
		check_ask(&packet);
		check_order(&packet);
		check_answer(&packet);
	}
	fuzz_drop(copy);
	return 0;
}
