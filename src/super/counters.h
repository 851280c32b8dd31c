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
	COUNT_DROPPED_SIGNATURE, /* signed wrongly, or for another supernode; or a wrong MAC */
	COUNT_DROPPED_REPLAYED,	 /* sealed before what is known of its sender */
	COUNT_DROPPED_FULL,
	COUNT_DROPPED_BANNED,	/* from a banned network, or an entry of a banned name or key */
	COUNT_DROPPED_DRAINING, /* an entry of somebody new while nobody new is let in */
	/* taken */
	COUNT_ENTRIES_NEW,
	COUNT_ENTRIES_REFRESHED,
	COUNT_ENTRIES_TAKEN, /* refused: the name, or the place, belongs to another's key */
	COUNT_NAMES_NEW,     /* bound to a key for the first time */
	COUNT_NAMES_REFUSED, /* not bound, for a limit; but served */
	COUNT_CHALLENGED,
	COUNT_TESTED, /* among these: answered from the other endpoint that was asked for */
	COUNT_TESTED_HERE, /* from where they came in, as nothing can leave from that endpoint */
	COUNT_HELD, /* a seed's, until it is proven */
	COUNT_NOTICES,
	COUNT_EXITS,
	COUNT_PROOFS,
	COUNT_PROOFS_WRONG,
	COUNT_ASKS_INTRODUCED,
	COUNT_ASKS_REPEATED,
	COUNT_ASKS_UNKNOWN,
	COUNT_ASKS_AMBIGUOUS,
	COUNT_ASKS_REFUSED,	   /* by us: the directory is for members */
	COUNT_ASKS_TARGET_REFUSED, /* by who was asked for, after the introduction */
	COUNT_ASKS_BUSY,
	COUNT_ASKS_SELF,
	COUNT_ROSTER_PAGES,
	COUNT_ROSTER_REFUSED,
	COUNT_ROSTER_BUSY,
	COUNT_ACKNOWLEDGED,
	COUNT_STRAY, /* an answer to nothing */
	/* refused by a limit */
	COUNT_LIMITED_SOURCE, /* no answer without a cookie: as many as this source may have */
	COUNT_LIMITED_ALL,    /* the same, as many as all may have */
	COUNT_LIMITED_ASKS,
	COUNT_LIMITED_ASKER,  /* an ask for one that its source asked for too often */
	COUNT_LIMITED_TARGET, /* an ask for one that all asked for too often */
	COUNT_LIMITED_SIGNATURES,
	COUNT_LIMITED_REGISTRATIONS, /* of one source */
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
