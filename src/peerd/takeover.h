/*
 * What an earlier life has left in the mailbox goes to the core: ids and packet numbers to go on
 * above, the queue, and sealed messages whose opening is still to be told. Each once, and as soon
 * as the mailbox can be read, which may be later than the start.
 */
#ifndef IPMSG_PEERD_TAKEOVER_H
#define IPMSG_PEERD_TAKEOVER_H

#include <stdbool.h>
#include <stdint.h>

struct peerd;

enum takeover_stage { TAKEOVER_QUEUE, TAKEOVER_SEALS, TAKEOVER_OVER };

struct takeover {
	bool opened;	  /* the mailbox was, and its ids are known: something can be kept */
	uint64_t last_id; /* of the earlier lives */
	enum takeover_stage stage;
	uint64_t cursor; /* in that stage */
};

/* Before peer_start(). False when it is to go on a while later by takeover_go_on(). */
bool takeover_begin(struct peerd *peerd);

/* The same. True also while the mailbox is not open: whoever opens it tells. */
bool takeover_go_on(struct peerd *peerd);

#endif
