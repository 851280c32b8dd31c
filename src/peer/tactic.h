/*
 * How a pair goes about its punching, by what is known of the two NATs. Both sides know the same
 * of each other, by NT, so each finds its own part without a word more.
 */
#ifndef IPMSG_PEER_TACTIC_H
#define IPMSG_PEER_TACTIC_H

#include <stdbool.h>
#include <stdint.h>

#include "wire/fields.h"

#define TACTIC_HOLD_MS 250

/* What is not known of a NAT is all 0. */
struct pair {
	struct nat_class own;
	struct nat_class other;
	bool incoming;	    /* the other asked */
	bool other_way;	    /* a local candidate, or IPv6: no NAT that maps stands there */
	bool same_router;   /* a supernode sees both at the same address */
	uint8_t opener_ttl; /* of the settings; 0: none is sent */
	unsigned private_hops;
};

struct tactic {
	bool hopeless; /* not punched at all: REASON_NAT */
	/*
	 * Openers at once, but what gets through only when the other was heard, or after
	 * TACTIC_HOLD_MS: the other's router takes in what comes too early, and changes its port.
	 */
	bool hold;
	uint8_t opener_ttl; /* 0: none */
};

/* Whether a NAT has another endpoint for each destination, as far as is known. */
bool nat_is_dependent(struct nat_class nat);

struct tactic tactic_for(const struct pair *pair);

#endif
