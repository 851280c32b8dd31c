/*
 * The registry: who is registered, from which endpoint, since when. Only
 * endpoints that have proven to receive get in (super/probation.h holds the
 * others). Found by peer, by nick and by endpoint; aged in order of time.
 */
#ifndef IPMSG_SUPER_REGISTRY_H
#define IPMSG_SUPER_REGISTRY_H

#include <stdbool.h>
#include <stdint.h>

#include "auth/seal.h"
#include "base/endpoint.h"
#include "super/chain.h"
#include "super/event.h"
#include "super/index.h"
#include "super/names.h"

enum peer_kind { PEER_SEED, PEER_EXTENDED };

/* What binds a registration to its owner's key. */
struct credentials {
	uint8_t identity[IDENTITY_BYTES];
	uint8_t shared[SHARED_KEY_BYTES]; /* with us: see seal_shared_key() */
	uint64_t stamp;			  /* TS of the last packet that was sealed */
};

/* Lifetimes are granted in steps, so that each step's chain is in order of expiry. */
#define LIFETIME_MIN_S 75
#define LIFETIME_MAX_S 400
#define LIFETIME_STEPS 6

#define STALE_EXTENDED_MS (10 * 60 * 1000LL)
#define STALE_SEED_MS (24 * 60 * 60 * 1000LL)
#define SEED_SILENT_PROBES 3 /* unanswered ones that make a seed stale */

enum registry_chain {
	CHAIN_FRESH, /* to CHAIN_FRESH + LIFETIME_STEPS - 1: extended peers, by lifetime */
	CHAIN_SEED = CHAIN_FRESH + LIFETIME_STEPS, /* by last probe */
	CHAIN_STALE_EXTENDED,
	CHAIN_STALE_SEED,
	CHAIN_COUNT,
};

struct registration {
	int64_t heard; /* ms: when it last proved to be there */
	struct names *names;
	int64_t since; /* ms: entered its chain; for a seed, probed last */
	struct endpoint remote;
	uint32_t epoch; /* of the cookie it was answered with last */
	uint16_t local;
	uint8_t kind;	/* enum peer_kind */
	uint8_t chain;	/* enum registry_chain */
	uint8_t silent; /* seed: probes since it was heard */
	bool keyed;	/* the credentials count: it signed its entry */
	struct chain_link age;
	struct index_link by_peer;
	struct index_link by_nick;
	struct index_link by_endpoint;
	struct credentials credentials;
};

struct registry {
	struct slab slab;
	struct index by_peer;
	struct index by_nick;
	struct index by_endpoint;
	struct chain chains[CHAIN_COUNT];
	struct super_listener listener; /* set by the owner; nobody's after registry_init() */
	uint8_t key[16];
	uint32_t capacity;
	uint32_t same_nick;
};

void registry_init(struct registry *registry, const uint8_t key[16]);
void registry_free(struct registry *registry);

/* A smaller capacity takes effect as registrations leave. */
void registry_limit(struct registry *registry, uint32_t capacity, uint32_t same_nick);

struct enter {
	struct endpoint remote;
	uint16_t local;
	enum peer_kind kind;
	uint32_t lifetime; /* s, as wished; for PEER_EXTENDED */
	uint32_t epoch;	   /* see struct registration; for PEER_EXTENDED */
	struct names *names;
	const struct credentials *credentials; /* NULL: it did not sign */
	int64_t now;
};

/*
 * Enters or refreshes. Takes over `names` in every case. The newest endpoint
 * of a peer wins, and an endpoint belongs to the last peer that entered from
 * it. NULL, with nothing changed, when full, when too many have that nick, or
 * when memory is short; stale ones give way before that.
 */
struct registration *registry_enter(struct registry *registry, const struct enter *enter);

/*
 * The same for who is registered at that endpoint under these very names, as
 * in nearly every packet that comes; they stay the caller's, and those in
 * `enter` do not count. NULL, with nothing changed, if that is nobody.
 */
struct registration *registry_refresh(struct registry *registry, const struct enter *enter,
    const struct names *names);

/* The lifetime in s that is granted for a wish. */
uint32_t registry_lifetime(uint32_t wish);
uint32_t registration_lifetime(const struct registration *reg);

/* The chain of an extended peer that was granted so much. */
enum registry_chain registry_fresh_chain(uint32_t lifetime);

/* The reason is one for SUPER_LEFT. */
void registry_remove(struct registry *registry, struct registration *reg,
    enum super_reason reason);

struct registration *registry_at(const struct registry *registry, const struct endpoint *remote);

static inline bool registration_stale(const struct registration *reg)
{
	return reg->chain >= CHAIN_STALE_EXTENDED;
}

/*
 * Finds who is called `wanted` (UTF-8; see names_match()) in that address
 * family: a full name before a bare nick, fresh before stale, the group
 * `near` (may be empty) before others, then the one heard last.
 */
struct registration *registry_find(const struct registry *registry, struct span wanted,
    enum family family, struct span near);

/* A seed answered a probe. */
void registry_heard(struct registry *registry, struct registration *reg, int64_t now);

/*
 * Does what time demands, at most `budget` steps: fresh ones become stale,
 * stale ones leave. Returns the steps done.
 */
uint32_t registry_expire(struct registry *registry, int64_t now, uint32_t budget);

/*
 * The next seed whose last probe is `interval` ms old, marked as probed now;
 * NULL when none is due. With `silence` one that was silent too often becomes
 * stale instead.
 */
struct registration *registry_probe(struct registry *registry, int64_t now, int64_t interval,
    bool silence);

/* Ends the registrations of all seeds, at most `budget` of them. False when some are left. */
bool registry_remove_seeds(struct registry *registry, uint32_t budget);

/* When to come back for the two above. */
int64_t registry_deadline(const struct registry *registry, int64_t probe_interval);

/* Goes through all: start with *cursor = 0; NULL at the end. Safe over changes in between. */
const struct registration *registry_walk(const struct registry *registry, uint32_t *cursor);

/* One chain from its oldest on; NULL at its end. Nothing may change in between. */
const struct registration *registry_oldest(const struct registry *registry,
    enum registry_chain chain);
const struct registration *registry_newer(const struct registry *registry,
    const struct registration *reg);

/*
 * Enters somebody as it was when it was saved: all fields count but the links.
 * Takes over `names`, keeps limits and newcomers' precedence as registry_enter()
 * does. To be called in the order of each chain. NULL when there is no room.
 */
struct registration *registry_restore(struct registry *registry, const struct registration *saved);

/*
 * After restoring: seeds whose probe is overdue become due one after the other
 * over an `interval` (ms), in their order, instead of all at once now, and then
 * all at once again and again.
 */
void registry_spread_probes(struct registry *registry, int64_t now, int64_t interval);

struct registry_counts {
	uint32_t fresh, stale, seeds; /* seeds: among fresh and stale */
	uint32_t stale_seeds;
};
struct registry_counts registry_count(const struct registry *registry);

#endif
