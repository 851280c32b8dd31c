/*
 * The registry: who is registered, from which endpoint, since when. Only
 * endpoints that have proven to receive get in (super/probation.h holds the
 * others). Found by peer, by nick and by endpoint; aged in order of time.
 */
#ifndef IPMSG_SUPER_REGISTRY_H
#define IPMSG_SUPER_REGISTRY_H

#include <stdbool.h>
#include <stdint.h>

#include "auth/cookie.h"
#include "auth/seal.h"
#include "base/datagram.h"
#include "super/chain.h"
#include "super/event.h"
#include "super/index.h"
#include "super/names.h"
#include "super/wheel.h"

enum peer_kind { PEER_SEED, PEER_EXTENDED };

/* What binds a registration to its owner's key. */
struct credentials {
	uint8_t identity[IDENTITY_BYTES];
	uint8_t shared[SHARED_KEY_BYTES]; /* with us: see seal_shared_key() */
	uint64_t stamp;			  /* TS of the last packet that was sealed */
};

/* Lifetimes are granted in steps. */
#define LIFETIME_MIN_S 75
#define LIFETIME_MAX_S 400
#define LIFETIME_STEPS 6

#define STALE_EXTENDED_MS (10 * 60 * 1000LL)
#define STALE_SEED_MS (24 * 60 * 60 * 1000LL)
#define SEED_SILENT_PROBES 3 /* unanswered ones that make a seed stale */

enum registry_chain {
	CHAIN_FRESH, /* no chain: extended peers are in the wheel, by when they may be stale */
	CHAIN_SEED,  /* by last probe */
	CHAIN_STALE_EXTENDED,
	CHAIN_STALE_SEED,
	CHAIN_COUNT,
};

/* Where in its last entry stood what is new each time; see super/repeat.h. */
struct repeat {
	uint16_t transaction; /* TK's value */
	uint16_t cookie;      /* CK's */
	uint8_t number_end;   /* behind the packet number */
};

struct registration {
	/* what a refresh needs, in a line or two of the cache */
	struct index_link by_endpoint;
	uint64_t print; /* of its last entry, if it may be repeated; else 0 */
	int64_t heard;	/* ms: when it last proved to be there */
	struct endpoint remote;
	struct repeat said; /* counts with a print */
	uint16_t local;
	uint32_t epoch; /* of the cookie it was answered with last */
	uint8_t kind;	/* enum peer_kind */
	uint8_t chain;	/* enum registry_chain */
	uint8_t step;	/* extended: of the lifetime that it was granted last */
	uint8_t silent; /* seed: probes since it was heard */
	uint8_t nat;	/* its struct nat_class, packed: see registration_nat() */
	bool keyed : 1;	   /* the credentials count: it signed its entry */
	bool unproven : 1; /* a seed served unproven, which has not answered a probe yet */
	uint8_t told : 6;  /* which alternates its last answer in full told; 0: none */
	uint16_t slot;	   /* CHAIN_FRESH: of the wheel */
	/* what it does not */
	struct names *names;
	int64_t since; /* ms: entered its chain; for a seed, probed last; CHAIN_FRESH: nothing */
	struct chain_link age;
	struct index_link by_peer;
	struct index_link by_nick;
	struct credentials credentials;
};

#define TOLD_LAST 63

/* Told of who has a key, before it leaves or goes by other names. */
struct registry_leaver {
	void (*tell)(const struct registration *reg, void *context); /* NULL: nobody */
	void *context;
};

struct registry {
	struct slab slab;
	struct index by_peer;
	struct index by_nick;
	struct index by_endpoint;
	struct wheel fresh;
	struct chain chains[CHAIN_COUNT]; /* CHAIN_FRESH stays empty */
	struct super_listener listener; /* set by the owner; nobody's after registry_init() */
	struct registry_leaver leaver;	/* likewise */
	uint32_t keyed;			/* registrations with a key */
	uint8_t key[16];
	uint32_t capacity;
	uint32_t same_nick;
	struct sources *sources; /* set by the owner before anybody enters; NULL: not counted */
	uint32_t per_source;	 /* likewise, at any time; 0: no limit */
	enum super_reason refusal; /* why the last registry_enter() that gave NULL did */
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
	struct nat_class nat; /* as it says */
	struct names *names;
	const struct credentials *credentials; /* NULL: it did not sign */
	bool owner;	   /* its name was its key's before */
	bool unproven;	   /* nothing shows that it receives there */
	int64_t now;
};

/*
 * Enters or refreshes. Takes over `names` in every case. The newest endpoint
 * of a peer wins, and an endpoint belongs to the last peer that entered from
 * it; but the name of somebody with a key is left to that key, and its
 * endpoint, while it is fresh, to whoever has one: the caller has judged who may
 * enter (super/claim.h), this is the last line. NULL, with nothing changed, then,
 * when full, when too many have that nick or are of that source, or when memory
 * is short; unproven and stale ones give way before it is full, and for an owner
 * those without a key too.
 */
struct registration *registry_enter(struct registry *registry, const struct enter *enter);

/* Tells of somebody who may not enter, for that reason. */
void registry_tell_refused(const struct registry *registry, const struct enter *enter,
    enum super_reason reason);

/*
 * The same for who is registered at that endpoint under these very names, as
 * in nearly every packet that comes; they stay the caller's, and those in
 * `enter` do not count. NULL, with nothing changed, if that is nobody.
 */
struct registration *registry_refresh(struct registry *registry, const struct enter *enter,
    const struct names *names);

/* The lifetime in s that is granted for a wish. */
uint32_t registry_lifetime(uint32_t wish);
uint32_t registration_lifetime(const struct registration *reg); /* 0 unless fresh and extended */

/* The place of a granted lifetime among LIFETIME_STEPS. */
uint8_t registry_step(uint32_t lifetime);

/* The reason is one for SUPER_LEFT. */
void registry_remove(struct registry *registry, struct registration *reg,
    enum super_reason reason);

struct registration *registry_at(const struct registry *registry, const struct endpoint *remote);

/*
 * The registration of that user, host and nick in the family that is one and the
 * same peer's as who has these credentials (NULL: none): two keys are two peers,
 * and who has none is who has one only by the same full name. NULL if there is
 * none.
 */
struct registration *registry_peer(const struct registry *registry, const struct names *names,
    enum family family, const struct credentials *credentials);

/* Whether that very key is its own. */
bool registration_is_of(const struct registration *reg, const struct credentials *credentials);

/* Whether the one who would enter like that is registered already, wherever that is. */
bool registry_knows(const struct registry *registry, const struct enter *enter);

static inline uint8_t nat_pack(struct nat_class nat)
{
	return (uint8_t)(nat.mapping | nat.ports << 2 | nat.open << 4 | nat.eif << 5);
}

/* What its NAT does, by its last entry. */
static inline struct nat_class registration_nat(const struct registration *reg)
{
	return (struct nat_class){.mapping = reg->nat & 3,
	    .ports = reg->nat >> 2 & 3,
	    .open = (reg->nat & 1 << 4) != 0,
	    .eif = (reg->nat & 1 << 5) != 0};
}

/*
 * The stamp that another signed entry of that owner has to be above; 0 when it
 * counts no more: what was signed before the last answer bears a cookie of its
 * epoch or an earlier one, and once none of these is good, the stamp would keep
 * out nobody but an owner whose clock was ahead.
 */
static inline uint64_t registration_stamp(const struct registration *reg, int64_t wall)
{
	return cookie_epoch(wall) - reg->epoch + 1 <= 2 ? reg->credentials.stamp : 0;
}

static inline bool registration_stale(const struct registration *reg)
{
	return reg->chain >= CHAIN_STALE_EXTENDED;
}

/* As registry_refresh() of a fresh extended peer whose lifetime stays as it is. */
static inline void registration_repeated(struct registration *reg, uint16_t local, uint32_t epoch,
    int64_t now)
{
	reg->local = local;
	reg->epoch = epoch;
	reg->heard = now;
}

/*
 * Who sent these will be asked for by registry_at() next: a large table's memory
 * for all of them is fetched together, not for one after the other.
 */
void registry_expect(const struct registry *registry, const struct arrival *arrivals,
    size_t count);

/* Shows everybody who is called `wanted` (UTF-8; see names_match()) in that address family. */
typedef void (*registry_visit_fn)(struct registration *reg, enum name_match match, void *context);
void registry_named(const struct registry *registry, struct span wanted, enum family family,
    registry_visit_fn visit, void *context);

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

/*
 * The same, but looks at no more than `*budget` places, which are taken off it.
 * NULL when they are used up (*budget is 0), or at the end.
 */
const struct registration *registry_walk_some(const struct registry *registry, uint32_t *cursor,
    uint32_t *budget);

/*
 * One chain from its oldest on, CHAIN_FRESH by seconds; NULL at its end. Nothing
 * may change in between.
 */
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

/*
 * After restoring, where seeds are served unproven: none is proven until it
 * answers its next probe, for whether it ever did is not saved.
 */
void registry_doubt_seeds(struct registry *registry);

struct registry_counts {
	uint32_t fresh, stale, seeds; /* seeds: among fresh and stale */
	uint32_t stale_seeds;
};
struct registry_counts registry_count(const struct registry *registry);

#endif
