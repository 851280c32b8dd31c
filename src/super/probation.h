/*
 * Seed peers whose address has not proven yet that it receives: a capped
 * number of slots, each with what the address wants once it has, and the
 * credit of bytes that may be sent to it before (never more than it sent).
 */
#ifndef IPMSG_SUPER_PROBATION_H
#define IPMSG_SUPER_PROBATION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/endpoint.h"
#include "base/heap.h"
#include "super/chain.h"
#include "super/index.h"
#include "super/names.h"
#include "wire/punch.h"

#define PROBATION_MS 30000LL /* of an entry */
#define ASK_WAIT_MS 5000LL   /* of an ask */
#define EXIT_WAIT_MS 5000LL  /* silence that makes an exit true */
#define WRONG_ANSWERS_MAX 8  /* after these, no answer counts: somebody guesses */

/* What becomes of the address's registration when the proof comes. */
enum pending { PENDING_NOTHING, PENDING_ENTRY, PENDING_ABSENCE, PENDING_EXIT };

struct probationer {
	struct endpoint remote;
	uint16_t local;
	uint8_t pending; /* enum pending */
	uint8_t probes;	 /* sent so far */
	uint8_t wrong;	 /* ANSREADMSGs with a wrong number */
	bool trusted;	 /* registered there: it has proven to receive, no credit is needed */
	bool answered;	 /* has had an ANSENTRY */
	uint32_t credit; /* bytes */
	int64_t since;	 /* ms: of what is pending */
	int64_t ask_until;
	struct names *names; /* for PENDING_ENTRY and PENDING_ABSENCE */
	uint64_t sender;     /* of these: hash of user and host as the header has them */
	char *ask;	     /* name asked for, UTF-8; NULL for none */
	struct heap_node timer;
	struct chain_link age;
	struct index_link by_endpoint;
};

struct probation {
	struct slab slab;
	struct index by_endpoint;
	struct chain ages;
	struct heap timers;
	uint8_t key[16];
	uint32_t capacity;
};

void probation_init(struct probation *probation, const uint8_t key[16]);
void probation_free(struct probation *probation);

/* The slot of that endpoint, or NULL. */
struct probationer *probation_at(const struct probation *probation, const struct endpoint *remote);

/*
 * The same, made if there is none (the oldest slot gives way to it when all
 * are taken). NULL when memory is short.
 */
struct probationer *probation_open(struct probation *probation, const struct endpoint *remote,
    uint16_t local, int64_t now);

/* Ends the slot, freeing what it holds. */
void probation_close(struct probation *probation, struct probationer *slot);

/* Ends what a seed wanted from there, if it did: another way of entering was quicker. */
void probation_overtaken(struct probation *probation, const struct endpoint *remote);

/* Takes over `names`. */
void probationer_want(struct probationer *slot, enum pending pending, struct names *names,
    int64_t now);

/* Copies. False when memory is short. */
bool probationer_ask(struct probationer *slot, struct span name, int64_t now);

/*
 * Until when something stands, and when the next probe is to be sent (0, 1
 * and 3 s after `since`); sets the slot's timer to the earliest.
 */
int64_t probationer_expiry(const struct probationer *slot);
int64_t probationer_next_probe(const struct probationer *slot);
void probation_schedule(struct probation *probation, struct probationer *slot);

/* A slot whose timer is due, or NULL. The caller acts, then schedules or closes it. */
struct probationer *probation_due(const struct probation *probation, int64_t now);

/* Any slot, NULL when there is none. */
struct probationer *probation_any(const struct probation *probation);
int64_t probation_deadline(const struct probation *probation);

#endif
