/* The closed loop: slots, one for each request under way. */
#include "traffic.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "measure.h"

#define LOST_MS 1000
#define TRIES_MAX 5

struct slot {
	bool busy;
	uint8_t tries;
	uint32_t peer;
	uint32_t sequence;
	int64_t sent; /* ms */
	size_t len;
	unsigned char bytes[REQUEST_MAX];
};

/* A transaction tells the slot and which of the requests that went through it. */
struct mark {
	uint32_t slot;
	uint32_t sequence;
};
_Static_assert(sizeof(struct mark) == TRANSACTION_BYTES, "a mark is a transaction");

struct traffic {
	struct crowd *crowd;
	uint8_t (*cookies)[COOKIE_BYTES];
	uint32_t peers;
	uint32_t next;   /* peer */
	uint32_t stride; /* from one peer to the next */
	uint32_t sequence;
	uint32_t slot_count;
	uint32_t busy;
	uint32_t free[TRAFFIC_IN_FLIGHT_MAX]; /* slots; slot_count - busy of them */
	struct slot slots[TRAFFIC_IN_FLIGHT_MAX];
	struct traffic_counts counts;
};

static int64_t now_ms(void)
{
	return now_ns() / 1000000;
}

static uint32_t common_divisor(uint32_t a, uint32_t b)
{
	return b == 0 ? a : common_divisor(b, a % b);
}

uint32_t traffic_stride(uint32_t peers)
{
	uint32_t stride = (uint32_t)(peers * 0.618) | 1;

	while (common_divisor(stride, peers) != 1)
		stride += 2;
	return stride;
}

struct traffic *traffic_new(uint32_t first_address, uint32_t peers, uint32_t in_flight)
{
	struct traffic *traffic = calloc(1, sizeof *traffic);

	if (traffic != NULL)
		traffic->cookies = calloc(peers, sizeof *traffic->cookies);
	if (traffic == NULL || traffic->cookies == NULL)
		die("memory", strerror(errno));
	traffic->peers = peers;
	traffic->stride = traffic_stride(peers);
	/* no peer has two requests under way */
	traffic->slot_count = in_flight < peers ? in_flight : peers;
	for (uint32_t i = 0; i < traffic->slot_count; i++)
		traffic->free[i] = i;
	traffic->crowd = crowd_new(first_address);
	return traffic;
}

void traffic_free(struct traffic *traffic)
{
	crowd_free(traffic->crowd);
	free(traffic->cookies);
	free(traffic);
}

static void send_slot(
    struct traffic *traffic, struct slot *slot, const struct traffic_server *server, int64_t now)
{
	slot->sent = now;
	crowd_send(traffic->crowd, slot->peer, server->port, slot->bytes, slot->len);
}

static void start_one(struct traffic *traffic, const struct traffic_server *server,
    const struct request *request, int64_t now)
{
	uint32_t number = traffic->free[traffic->slot_count - traffic->busy - 1];
	struct slot *slot = &traffic->slots[number];
	struct mark mark = {number, ++traffic->sequence};
	uint8_t transaction[TRANSACTION_BYTES];

	memcpy(transaction, &mark, sizeof transaction);
	slot->busy = true;
	slot->tries = 1;
	slot->peer = traffic->next;
	slot->sequence = mark.sequence;
	slot->len = request_fill(request, slot->bytes,
	    &(struct request_values){
		.serial = slot->peer,
		.transaction = transaction,
		.cookie = traffic->cookies[slot->peer],
	    });
	traffic->busy++;
	traffic->next = (uint32_t)(((uint64_t)traffic->next + traffic->stride) % traffic->peers);
	send_slot(traffic, slot, server, now);
}

/* The request that was answered; NULL for none that is under way. */
static struct slot *find_slot(struct traffic *traffic, const struct entry *entry)
{
	struct mark mark;

	if (!fields_has(&entry->fields, KEY_TK))
		return NULL;
	memcpy(&mark, entry->fields.transaction, sizeof mark);
	if (mark.slot >= traffic->slot_count)
		return NULL;
	struct slot *slot = &traffic->slots[mark.slot];

	return slot->busy && slot->sequence == mark.sequence ? slot : NULL;
}

static void end_slot(struct traffic *traffic, struct slot *slot)
{
	slot->busy = false;
	traffic->busy--;
	traffic->free[traffic->slot_count - traffic->busy - 1] = (uint32_t)(slot - traffic->slots);
}

struct reception {
	struct traffic *traffic;
	const struct traffic_server *server;
};

static void take(void *context, const struct crowd_arrival *arrival)
{
	const struct reception *reception = context;
	const struct traffic_server *server = reception->server;
	struct traffic *traffic = reception->traffic;
	struct packet packet;
	struct entry entry;

	if (packet_parse(&packet, arrival->bytes) != PACKET_OK || !entry_parse(&entry, &packet)) {
		traffic->counts.wrong++;
		return;
	}
	struct slot *slot = find_slot(traffic, &entry);

	/* of a request that was sent again both answers may come */
	if (slot == NULL) {
		traffic->counts.stray++;
		return;
	}
	struct exchange exchange = {
	    .peer = crowd_endpoint(traffic->crowd, slot->peer),
	    .request = span_of(slot->bytes, slot->len),
	    .answer = arrival->bytes,
	    .packet = &packet,
	    .entry = &entry,
	    .cookie = traffic->cookies[slot->peer],
	    .context = server->context,
	};

	if (arrival->port == server->port && arrival->peer == slot->peer &&
	    server->accept(&exchange))
		traffic->counts.answered++;
	else
		traffic->counts.wrong++;
	traffic->counts.answer_bytes = arrival->bytes.len;
	end_slot(traffic, slot);
}

static void send_again(struct traffic *traffic, const struct traffic_server *server, int64_t now)
{
	for (uint32_t i = 0; i < traffic->slot_count; i++) {
		struct slot *slot = &traffic->slots[i];

		if (!slot->busy || now - slot->sent < LOST_MS)
			continue;
		if (slot->tries++ == TRIES_MAX)
			die(server->name, "does not answer any more");
		traffic->counts.lost++;
		send_slot(traffic, slot, server, now);
	}
}

static void run(struct traffic *traffic, const struct traffic_server *server,
    const struct request *request, uint64_t count, int64_t until)
{
	struct reception reception = {traffic, server};
	int64_t checked = now_ms();

	while (count > 0 || traffic->busy > 0) {
		int64_t now = now_ms();

		if (now >= until)
			count = 0;
		for (; count > 0 && traffic->busy < traffic->slot_count; count--)
			start_one(traffic, server, request, now);
		if (now - checked >= LOST_MS) {
			send_again(traffic, server, now);
			checked = now;
		}
		crowd_flush(traffic->crowd);
		crowd_receive(traffic->crowd, true, take, &reception);
	}
}

void traffic_exchange(struct traffic *traffic, const struct traffic_server *server,
    const struct request *request, uint64_t count)
{
	run(traffic, server, request, count, INT64_MAX);
}

void traffic_spend(struct traffic *traffic, const struct traffic_server *server,
    const struct request *request, int64_t milliseconds)
{
	run(traffic, server, request, UINT64_MAX, now_ms() + milliseconds);
}

struct traffic_counts traffic_count(const struct traffic *traffic)
{
	return traffic->counts;
}

struct crowd *traffic_crowd(const struct traffic *traffic)
{
	return traffic->crowd;
}

const uint8_t *traffic_cookie(const struct traffic *traffic, uint32_t peer)
{
	return traffic->cookies[peer];
}
