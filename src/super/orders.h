/*
 * Orders under way: ORDERPUNCHING is sent again until the peer acknowledges
 * (ours), or a fixed number of times (seeds, which acknowledge nothing). An
 * order is known by whom it goes to and toward whom; a second one for the same
 * two while it is remembered is a repeat of the first.
 */
#ifndef IPMSG_SUPER_ORDERS_H
#define IPMSG_SUPER_ORDERS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/endpoint.h"
#include "base/heap.h"
#include "super/chain.h"
#include "super/index.h"
#include "wire/punch.h"

#define ORDER_REPEAT_MS 200LL	/* to a peer of ours, until it acknowledges */
#define ORDER_TRIES 10		/* at most */
#define ORDER_SEED_TRIES 3	/* to a seed: at 0, 500 and 1500 ms */
#define ORDER_MEMORY_MS 10000LL /* longer than an ask is repeated */

/* What an answer to the asker has to carry, should the other refuse. */
struct order_asker {
	bool waits;	/* a peer of ours, which is told */
	uint16_t local; /* where it asked */
	uint8_t transaction[TRANSACTION_BYTES];
	uint8_t cookie[COOKIE_BYTES];
};

struct order_sent {
	struct endpoint to;
	struct endpoint toward;
	uint16_t local;		/* where `to` registered: it must leave from there */
	bool acknowledging;	/* two peers of ours: fields, session, acknowledgement */
	bool fields;		/* `to` is a peer of ours */
	bool acknowledged;
	bool refused; /* by `to`: no more is sent, and the asker hears so while it is remembered */
	uint8_t tries;
	uint8_t session[SESSION_BYTES];
	struct order_asker asker;
	int64_t started;
	int64_t last;
	struct heap_node timer;
	struct chain_link age;
	struct index_link by_pair;
	struct index_link by_session; /* if acknowledging */
};

struct orders {
	struct slab slab;
	struct index by_pair;
	struct index by_session;
	struct chain ages;
	struct heap timers;
	uint8_t key[16];
	uint32_t capacity;
};

void orders_init(struct orders *orders, const uint8_t key[16]);
void orders_free(struct orders *orders);

/* The order for that pair; NULL if none is remembered. */
struct order_sent *orders_find(const struct orders *orders, const struct endpoint *to,
    const struct endpoint *toward);

/*
 * A new one, due at once; the caller fills in the rest before the next call.
 * `session` (NULL: one of the two knows none) is what it is acknowledged by. NULL
 * when as many as `capacity` are under way, or when memory is short.
 */
struct order_sent *orders_open(struct orders *orders, const struct endpoint *to,
    const struct endpoint *toward, const uint8_t *session, int64_t now);

/*
 * Another introduction of the same two: the order begins anew under that
 * session (or none), but is not sent sooner than a repeat would be.
 */
void orders_renew(struct orders *orders, struct order_sent *order, const uint8_t *session,
    int64_t now);

/* Whether it is the order of that session; or, for NULL, of none. */
bool order_is_of(const struct order_sent *order, const uint8_t *session);

/* `from` has the order of that session. False when there is none such. */
bool orders_acknowledge(struct orders *orders, const struct endpoint *from,
    const uint8_t session[SESSION_BYTES]);

/*
 * `from` does not want to be introduced. The order of that session, which is
 * over, but remembered; NULL when there is none such, or it was refused before.
 */
const struct order_sent *orders_refuse(struct orders *orders, const struct endpoint *from,
    const uint8_t session[SESSION_BYTES]);

/* One more ask for it came: due again, unless it was acknowledged or has just been sent. */
void orders_again(struct orders *orders, struct order_sent *order, int64_t now);

/*
 * The next order that has to be sent now, counted as sent; NULL when none is.
 * Forgets those that are over.
 */
struct order_sent *orders_due(struct orders *orders, int64_t now);
int64_t orders_deadline(const struct orders *orders);

#endif
