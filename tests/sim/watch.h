/*
 * What a supernode may never do, whatever comes in: send to an address that
 * never sent to it, send more bytes than it got to an address that has not
 * proven to receive, order anybody toward such an address. Reads the
 * datagrams alone, so it does not depend on what the supernode believes.
 */
#ifndef IPMSG_TESTS_SIM_WATCH_H
#define IPMSG_TESTS_SIM_WATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/endpoint.h"
#include "base/span.h"

struct watched {
	struct endpoint at;
	size_t bytes_in, bytes_out;
	bool proven;
	uint8_t cookies[2][16]; /* sent to it: the last two that differ */
	uint32_t numbers[2];	/* of READMSGs sent to it */
};

/* Open addressing; grows by doubling. */
struct watch {
	struct watched *slots;
	size_t count, cap;
};

void watch_free(struct watch *watch);
void watch_in(struct watch *watch, const struct endpoint *from, struct span bytes);

/* NULL, or what rule the datagram breaks. */
const char *watch_out(struct watch *watch, const struct endpoint *to, struct span bytes);

#endif
