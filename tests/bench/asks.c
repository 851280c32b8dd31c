/* Introductions under way: a slot for each, found by transaction or by target. */
#include "asks.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "wire/punch.h"

#define LOST_NS 1000000000LL

struct slot {
	bool busy, answered, ordered;
	uint32_t asker, target;
	uint32_t sequence;
	int64_t sent; /* CLOCK_REALTIME */
};

struct mark {
	uint32_t slot;
	uint32_t sequence;
};
_Static_assert(sizeof(struct mark) == TRANSACTION_BYTES, "a mark is a transaction");

struct asks {
	struct traffic *traffic;
	struct crowd *crowd;
	uint16_t port;
	struct request ask;
	struct request confirm;
	uint32_t peers;
	uint32_t next, stride, round; /* the round tells how far a target is from its asker */
	uint32_t sequence;
	uint32_t slot_count, busy;
	uint32_t *slot_of; /* of each target: slot + 1, 0 for none */
	struct slot slots[TRAFFIC_IN_FLIGHT_MAX];
	struct asks_counts counts;
	size_t time_count;
	double times[ASKS_TIMES_MAX];
};

struct asks *asks_new(
    struct traffic *traffic, const struct server *superd, uint32_t peers, uint32_t in_flight)
{
	struct asks *asks = calloc(1, sizeof *asks);

	if (asks == NULL || (asks->slot_of = calloc(peers, sizeof *asks->slot_of)) == NULL)
		die("memory", strerror(errno));
	asks->traffic = traffic;
	asks->crowd = traffic_crowd(traffic);
	asks->port = superd->port;
	asks->peers = peers;
	asks->stride = traffic_stride(peers);
	asks->round = 1;
	asks->slot_count = in_flight;
	request_init(&asks->ask, REQUEST_ASK);
	request_init(&asks->confirm, REQUEST_CONFIRM);
	return asks;
}

void asks_free(struct asks *asks)
{
	free(asks->slot_of);
	free(asks);
}

static void end_slot(struct asks *asks, struct slot *slot)
{
	slot->busy = false;
	asks->slot_of[slot->target] = 0;
	asks->busy--;
}

/* Gives up those that have waited for too long. */
static void reap(struct asks *asks)
{
	int64_t now = crowd_time();

	for (uint32_t i = 0; i < asks->slot_count; i++) {
		if (asks->slots[i].busy && now - asks->slots[i].sent > LOST_NS) {
			asks->counts.lost++;
			end_slot(asks, &asks->slots[i]);
		}
	}
}

static struct slot *free_slot(struct asks *asks)
{
	if (asks->busy == asks->slot_count)
		reap(asks);
	for (uint32_t i = 0; i < asks->slot_count; i++) {
		struct slot *slot = &asks->slots[(asks->sequence + i) % asks->slot_count];

		if (!slot->busy)
			return slot;
	}
	return NULL;
}

/* The next pair none of which has the target of another under way. */
static void choose_pair(struct asks *asks, struct slot *slot)
{
	do {
		slot->asker = asks->next;
		slot->target = (asks->next + asks->round) % asks->peers;
		asks->next = (uint32_t)(((uint64_t)asks->next + asks->stride) % asks->peers);
		if (asks->next == 0)
			asks->round = asks->round % (asks->peers - 1) + 1;
	} while (asks->slot_of[slot->target] != 0);
}

void asks_start(struct asks *asks)
{
	struct slot *slot = free_slot(asks);
	unsigned char bytes[REQUEST_MAX];
	uint8_t transaction[TRANSACTION_BYTES];

	if (slot == NULL)
		return;
	struct mark mark = {(uint32_t)(slot - asks->slots), ++asks->sequence};

	memcpy(transaction, &mark, sizeof transaction);
	*slot = (struct slot){.busy = true, .sequence = mark.sequence, .sent = crowd_time()};
	choose_pair(asks, slot);
	asks->slot_of[slot->target] = mark.slot + 1;
	asks->busy++;
	size_t len = request_fill(&asks->ask, bytes,
	    &(struct request_values){
		.serial = slot->asker,
		.other = slot->target,
		.transaction = transaction,
		.cookie = traffic_cookie(asks->traffic, slot->asker),
	    });

	crowd_send(asks->crowd, slot->asker, asks->port, bytes, len);
	asks->counts.packets++;
}

static void progress(struct asks *asks, struct slot *slot)
{
	if (!slot->answered || !slot->ordered)
		return;
	asks->counts.done++;
	end_slot(asks, slot);
}

static void take_answer(
    struct asks *asks, const struct packet *packet, const struct crowd_arrival *arrival)
{
	struct answer answer;
	struct mark mark;

	if (!answer_parse(&answer, packet) || !fields_has(&answer.fields, KEY_TK)) {
		asks->counts.wrong++;
		return;
	}
	memcpy(&mark, answer.fields.transaction, sizeof mark);
	struct slot *slot = mark.slot < asks->slot_count ? &asks->slots[mark.slot] : NULL;

	/* of one given up as lost */
	if (slot == NULL || !slot->busy || slot->sequence != mark.sequence)
		return;
	struct endpoint target = crowd_endpoint(asks->crowd, slot->target);

	if (fields_has(&answer.fields, KEY_ER)) {
		asks->counts.refused++;
		end_slot(asks, slot);
		return;
	}
	if (arrival->peer != slot->asker || !fields_has(&answer.fields, KEY_SI) ||
	    !endpoint_equal(&answer.fields.observed, &target))
		asks->counts.wrong++;
	slot->answered = true;
	progress(asks, slot);
}

static void confirm(struct asks *asks, uint32_t target, const uint8_t *session)
{
	unsigned char bytes[REQUEST_MAX];
	size_t len = request_fill(&asks->confirm, bytes,
	    &(struct request_values){
		.serial = target,
		.session = session,
		.cookie = traffic_cookie(asks->traffic, target),
	    });

	crowd_send(asks->crowd, target, asks->port, bytes, len);
	asks->counts.packets++;
}

static void take_order(
    struct asks *asks, const struct packet *packet, const struct crowd_arrival *arrival)
{
	struct order order;

	if (!order_parse(&order, packet) || !fields_has(&order.fields, KEY_SI) ||
	    arrival->peer >= asks->peers) {
		asks->counts.wrong++;
		return;
	}
	confirm(asks, arrival->peer, order.fields.session);
	if (asks->slot_of[arrival->peer] == 0)
		return;
	struct slot *slot = &asks->slots[asks->slot_of[arrival->peer] - 1];
	struct endpoint asker = crowd_endpoint(asks->crowd, slot->asker);

	/* a repeat of one before, or of one given up */
	if (!endpoint_equal(&order.toward, &asker) || slot->ordered)
		return;
	slot->ordered = true;
	if (arrival->time != 0 && asks->time_count < ASKS_TIMES_MAX)
		asks->times[asks->time_count++] = (double)(arrival->time - slot->sent);
	progress(asks, slot);
}

bool asks_take(struct asks *asks, const struct packet *packet, const struct crowd_arrival *arrival)
{
	enum command command = packet_command(packet);

	if (command != CMD_ANSPUNCHING && command != CMD_ORDERPUNCHING)
		return false;
	asks->counts.packets++;
	(command == CMD_ANSPUNCHING ? take_answer : take_order)(asks, packet, arrival);
	return true;
}

static void take(void *context, const struct crowd_arrival *arrival)
{
	struct asks *asks = context;
	struct packet packet;

	if (packet_parse(&packet, arrival->bytes) != PACKET_OK ||
	    !asks_take(asks, &packet, arrival))
		asks->counts.wrong++;
}

void asks_spend(struct asks *asks, int64_t milliseconds)
{
	int64_t until = now_ns() + milliseconds * 1000000;
	int64_t patience = until + LOST_NS;

	for (int64_t now = now_ns(); now < until || (asks->busy > 0 && now < patience);
	     now = now_ns()) {
		while (now < until && asks->busy < asks->slot_count)
			asks_start(asks);
		crowd_flush(asks->crowd);
		crowd_receive(asks->crowd, true, take, asks);
	}
	/* the last acknowledgements */
	crowd_flush(asks->crowd);
	if (asks->busy > 0)
		reap(asks);
}

struct asks_counts asks_count(const struct asks *asks)
{
	return asks->counts;
}

double *asks_times(struct asks *asks, size_t *count)
{
	double *times = malloc((asks->time_count + 1) * sizeof *times);

	if (times == NULL)
		die("memory", strerror(errno));
	memcpy(times, asks->times, asks->time_count * sizeof *times);
	*count = asks->time_count;
	asks->time_count = 0;
	return times;
}
