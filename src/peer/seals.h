/*
 * Sealed messages: those of ours, from their delivery until the other opens
 * them, and those of others, until they are opened here and the sender knows.
 * Both memories are bounded; what falls out is told no more.
 */
#ifndef IPMSG_PEER_SEALS_H
#define IPMSG_PEER_SEALS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/endpoint.h"
#include "peer/source.h"

struct peer;
struct turn;
struct arrival;
struct packet;
struct destination;
struct kept_seal_message;

#define SEALS_MAX 1024	/* remembered, in each direction; the oldest are forgotten */
#define REPORTS_MAX 128 /* under way; beyond that one is sent once */

/* One of ours that READMSG is awaited for. */
struct sent_seal {
	uint64_t message; /* id; 0: free */
	uint32_t number;
	uint32_t to; /* id of a path or neighbour; 0: see the name */
	struct endpoint at;
	char *name; /* of an earlier life: who it went to; else NULL */
};

/* One of another, that is not opened yet. */
struct kept_seal {
	uint64_t message; /* id; 0: free */
	uint32_t number;
	bool check; /* the sender wants to know for sure */
	struct source source;
	bool opened; /* its sender could not be told yet */
	char *name; /* of an earlier life, or opened: its sender; else NULL */
};

/* READMSG on its way. */
struct report {
	struct kept_seal seal;
	uint32_t number; /* of the READMSG, the same for each try */
	unsigned tries;
	int64_t due;
};

struct seals {
	struct sent_seal sent[SEALS_MAX]; /* rings */
	size_t sent_next;
	struct kept_seal kept[SEALS_MAX];
	size_t kept_next;
	struct report reports[REPORTS_MAX];
	size_t report_count;
	size_t untold; /* of `kept`: opened */
	int64_t again; /* ms: their senders are looked for then */
};

/* A sealed message of ours was delivered. */
void seals_await(struct seals *seals, uint64_t message, uint32_t number,
    const struct destination *to);

/* READMSG for our message of that number: told, the first time. */
void seals_read(struct turn *turn, const struct arrival *in, const struct packet *packet,
    uint32_t number);

/* A sealed message of another was stored. */
void seals_keep(struct seals *seals, const struct kept_seal *seal);

/* One of an earlier life: see peer_reseal(). */
void seals_restore(struct peer *peer, const struct kept_seal_message *message);
void seals_free(struct seals *seals);

/*
 * It was opened; its sender is told again later, should he be away. False when it is not known
 * (any more), or was opened before.
 */
bool seals_open(struct turn *turn, uint64_t message);

/* ANSREADMSG: the sender knows. */
void seals_confirmed(struct turn *turn, const struct arrival *in, const struct packet *packet);

/* What was of the path `from` is of `to` now. */
void seals_move(struct seals *seals, uint32_t from, uint32_t to);

void seals_tick(struct turn *turn);
int64_t seals_deadline(const struct seals *seals);

#endif
