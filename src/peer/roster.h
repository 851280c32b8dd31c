/*
 * Who else is there: our supernodes are asked for their rosters, page after
 * page, and what they tell is united. One listing at a time.
 */
#ifndef IPMSG_PEER_ROSTER_H
#define IPMSG_PEER_ROSTER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/datagram.h"
#include "peer/event.h"
#include "peer/uplink.h"
#include "wire/fields.h"
#include "wire/packet.h"

struct peer;
struct turn;

#define ROSTER_NAMES_MAX 100000 /* in one listing: so many are told, and no more are asked for */

/* With one supernode. */
struct roster_line {
	bool asking;
	bool busy; /* what it said last */
	uint8_t transaction[TRANSACTION_BYTES];
	uint32_t next; /* index of the page that is asked for */
	unsigned pages;
	unsigned tries;
	int64_t tried; /* ms: first try of this page */
	int64_t due;
};

struct roster {
	bool going;
	bool again;  /* somebody asked meanwhile: another listing follows */
	uint32_t id; /* of the one under way, or the last */
	struct roster_line lines[UPLINKS_MAX];
	uint8_t key[16];
	uint64_t *seen; /* keyed hashes of those told, a table of `cap`, 0 where there is none */
	uint32_t cap, count;
};

void roster_init(struct peer *peer);
void roster_free(struct peer *peer);

/* Begins a listing, or has one follow that under way. Returns its id. */
uint32_t roster_begin(struct turn *turn);
void roster_tick(struct turn *turn);
int64_t roster_deadline(const struct peer *peer);

/* Ends it: the supernodes are others now. */
void roster_end(struct peer *peer, int64_t now, enum reason reason);

/* An ANSLIST from its address. False when it has nothing to do with ours. */
bool roster_answered(struct turn *turn, struct uplink *uplink, const struct packet *packet);

#endif
