/*
 * What the pure layers exchange with the outside: one datagram in, a batch of
 * datagrams out. `local` names the socket and local address a datagram came
 * in at or has to leave from; only io/udp knows what stands behind the number.
 */
#ifndef IPMSG_BASE_DATAGRAM_H
#define IPMSG_BASE_DATAGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/endpoint.h"
#include "base/span.h"

struct arrival {
	struct span bytes; /* the whole payload */
	struct endpoint remote;
	uint16_t local;
	bool to_many; /* it was sent to a broadcast address or a multicast group */
	int64_t now;  /* ms of CLOCK_BOOTTIME */
	int64_t wall; /* s since 1970, for packet numbers */
};

struct datagram {
	struct endpoint remote;
	uint16_t local;
	uint8_t ttl; /* 0: the system's */
	uint16_t len;
	const unsigned char *data; /* inside the batch's room */
};

#define BATCH_ITEMS 64
#define BATCH_ROOM 65536

/* Takes what is in the batch away; the batch is empty afterwards. */
struct batch;
typedef void (*batch_flush_fn)(struct batch *batch, void *context);

struct batch {
	size_t count;
	size_t used;
	batch_flush_fn flush;
	void *context;
	struct datagram items[BATCH_ITEMS];
	unsigned char room[BATCH_ROOM];
};

void batch_init(struct batch *batch, batch_flush_fn flush, void *context);

/*
 * Room for a datagram of up to `want` bytes (at most BATCH_ROOM), valid until
 * the next call. Flushes first when there is not enough left.
 */
unsigned char *batch_open(struct batch *batch, size_t want);

/* Makes the first `len` bytes of what batch_open() gave a datagram. */
void batch_commit(struct batch *batch, size_t len, uint16_t local, const struct endpoint *remote,
    uint8_t ttl);

void batch_flush(struct batch *batch);

#endif
