/*
 * Who owns a name: the keys that the administrator listed for it; else the key
 * of who is registered by it, fresh or stale; else the key of who was, which is
 * remembered ("pinned") until it has not been used for so many days.
 *
 * A name here is the whole one, nick@group, or nick@host of who has no group:
 * what an ask may be for.
 */
#ifndef IPMSG_SUPER_IDENTITY_H
#define IPMSG_SUPER_IDENTITY_H

#include <stdbool.h>
#include <stdint.h>

#include "super/listed.h"
#include "super/registry.h"
#include "super/sources.h"

/* The year 2020, in s since 1970: a clock that shows less has not been set. */
#define IDENTITY_FIRST_S 1577836800

enum name_state { NAME_LISTED, NAME_REGISTERED, NAME_REMEMBERED };

/* A name and its owner. */
struct owned_name {
	struct span name; /* good until something changes */
	const uint8_t *identity; /* zeros when it is freed */
	uint64_t stamp; /* TS of the last packet that it sealed */
	int64_t used;	/* s since 1970, when it was registered last; 0: never, as far as we know */
	enum name_state state;
};

/* What becomes of names, for who keeps them on disk. */
enum name_change {
	NAME_BOUND,    /* it has an owner, and had none */
	NAME_RETURNED, /* a remembered one is registered again */
	NAME_FREED,    /* by the administrator */
};
typedef void (*name_change_fn)(enum name_change change, const struct owned_name *name,
    void *context);

struct pin {
	uint8_t identity[IDENTITY_BYTES];
	unsigned char *name; /* the length in two bytes, then the text */
	uint64_t stamp;
	uint32_t used; /* s since 1970 */
	struct index_link by_name;
};

struct identities {
	struct registry *registry;
	struct listed listed;
	struct slab pins;
	struct index pins_by_name;
	struct sources *newcomers; /* names bound today, by source */
	int64_t today;		   /* days since 1970 */
	int64_t wall;		   /* s since 1970, as the owner says now and then */
	uint32_t sweep;		   /* the pin that was looked at last for its age */
	uint32_t max_pins, pin_days, new_per_source;
	uint8_t key[16];
	uint8_t no_identity[IDENTITY_BYTES];
	bool in_force; /* we have a key: without one nobody can show whose a name is */
	name_change_fn changed; /* NULL: nobody is told */
	void *context;
};

/* Remembers who leaves that registry, which must stay where it is. False when memory is short. */
bool identities_init(struct identities *ids, struct registry *registry, const uint8_t key[16]);
void identities_free(struct identities *ids);

/* 0 for no limit; but 0 days remember nobody. */
void identities_limit(struct identities *ids, uint32_t max_pins, uint32_t pin_days,
    uint32_t new_per_source);

/*
 * Takes another list over, which is zero afterwards, and, if in force, ends the
 * registrations that it gives to others.
 */
void identities_list(struct identities *ids, struct listed *listed);

/* Whether the administrator has given any name to that key. */
bool identity_is_listed(const struct identities *ids, const uint8_t identity[IDENTITY_BYTES]);

/* Whose a name is, as one sees it who has that key (NULL: none). Nobody's unless in force. */
enum name_owner { OWNER_NOBODY, OWNER_SELF, OWNER_OTHER };
enum name_owner identities_owner(struct identities *ids, const struct names *names,
    const uint8_t *identity);

/*
 * The stamp that is remembered of a name with that key; 0 for none, and when
 * nothing that was sealed before it can have a good cookie any more.
 */
uint64_t identities_stamp(struct identities *ids, const struct names *names,
    const uint8_t identity[IDENTITY_BYTES]);

/*
 * Whether a name of nobody may be bound by who comes from there. Never with an
 * '@' in its nick: one full name could be read as two.
 */
bool identities_admit(struct identities *ids, const struct names *names,
    const struct endpoint *from);

/*
 * Somebody is registered with a key; `new`: the name was nobody's, and counts
 * for its source. Whoever has the name without that key leaves.
 */
void identities_bound(struct identities *ids, const struct registration *reg, bool new);

/*
 * Does what was told of a name when it was kept. False, with nothing done, for
 * one that is too old by now, or does not fit.
 */
bool identities_load(struct identities *ids, enum name_change change,
    const struct owned_name *name);

/*
 * Forgets whose a name is; who is registered by it leaves. False if it was
 * nobody's. A listed one stays listed.
 */
bool identities_forget(struct identities *ids, struct span name);

/* Drops a few of the pins that are too old. */
void identities_sweep(struct identities *ids);

/*
 * Goes through all, those registered first, then the remembered, then the
 * listed; from a cursor of zeros on, and safe over changes in between. Looks at
 * `*budget` records at most and takes them off it. False when that is used up,
 * or at the end, which the phase tells.
 */
struct name_cursor {
	enum { WALK_REGISTERED, WALK_REMEMBERED, WALK_LISTED, WALK_DONE } phase;
	uint32_t at;
	char room[NAMES_FULL_MAX];
};
bool identities_walk(const struct identities *ids, struct name_cursor *cursor, uint32_t *budget,
    struct owned_name *name);

#endif
