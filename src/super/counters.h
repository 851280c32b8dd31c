/*
 * What a supernode counts: what became of the packets that came in, and what
 * it sent. What is held for a seed is counted again when its proof comes.
 */
#ifndef IPMSG_SUPER_COUNTERS_H
#define IPMSG_SUPER_COUNTERS_H

#include <stdint.h>

enum counter {
	COUNT_RECEIVED,
	/* dropped, by reason */
	COUNT_DROPPED_MALFORMED,
	COUNT_DROPPED_VOID,    /* a bad field, which voids the packet */
	COUNT_DROPPED_COMMAND, /* nothing a supernode answers */
	COUNT_DROPPED_SOURCE,  /* an endpoint that cannot be answered */
	COUNT_DROPPED_LEGACY,  /* a seed where it may not (off, or the address is a peer of ours) */
	COUNT_DROPPED_FORGED,  /* without the cookie it needs */
	COUNT_DROPPED_FULL,
	/* taken */
	COUNT_ENTRIES_NEW,
	COUNT_ENTRIES_REFRESHED,
	COUNT_CHALLENGED,
	COUNT_HELD, /* a seed's, until it is proven */
	COUNT_NOTICES,
	COUNT_EXITS,
	COUNT_PROOFS,
	COUNT_PROOFS_WRONG,
	COUNT_ASKS_INTRODUCED,
	COUNT_ASKS_REPEATED,
	COUNT_ASKS_UNKNOWN,
	COUNT_ASKS_REFUSED,
	COUNT_ACKNOWLEDGED,
	COUNT_STRAY, /* an answer to nothing */
	/* sent */
	COUNT_SENT,
	COUNT_SENT_PROBES,
	COUNT_SENT_ORDERS,
	COUNT_UNSENT_CREDIT, /* not sent: it would have been more than came in */
	COUNTERS,
};

struct counters {
	uint64_t value[COUNTERS];
};

/* "received", "dropped_malformed", …: the name on the control socket. */
const char *counter_name(enum counter counter);

#endif
