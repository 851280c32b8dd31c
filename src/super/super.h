/*
 * The supernode, pure: datagrams and the time come in, datagrams go out. It
 * opens no socket, reads no clock and draws no random number of its own.
 */
#ifndef IPMSG_SUPER_SUPER_H
#define IPMSG_SUPER_SUPER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/datagram.h"
#include "super/counters.h"
#include "super/event.h"
#include "super/identity.h"
#include "super/registry.h"
#include "super/settings.h"

#define SUPER_SECRET_BYTES 32

struct super;

/* What nobody else may know. To be wiped by whoever made it. */
struct super_keys {
	uint8_t secret[SUPER_SECRET_BYTES]; /* what cookies and hash tables are keyed with */
	bool has_key;			    /* without one nobody signs, and no name has an owner */
	uint8_t seed[KEYPAIR_SEED_BYTES];   /* of the key that peers sign toward */
};

/* NULL with `*error` naming the setting that is wrong, or memory that is short. */
struct super *super_new(const struct super_settings *settings, const struct super_keys *keys,
    const char **error);
void super_free(struct super *super);

/* Takes new settings over while running. False, with nothing changed, as for super_new(). */
bool super_reconfigure(struct super *super, const struct super_settings *settings,
    const char **error);

/* Who is told of events from now on; NULL for nobody, as at first. */
void super_listen(struct super *super, super_event_fn tell, void *context);

/* The public half of its key; NULL if it has none. */
const uint8_t *super_identity(const struct super *super);

/*
 * Where else an answer can leave from: `*other` becomes the local number of an
 * alternate, for what came in at `local`. One without an address (see
 * alternate_is_relative()) is at the same address. False when nothing can leave
 * from there, or it is `local` itself.
 */
typedef bool (*super_elsewhere_fn)(void *context, uint16_t local,
    const struct endpoint *alternate, uint16_t *other);

/* Whom to ask for that from now on; NULL for nobody, as at first. */
void super_use_alternates(struct super *super, super_elsewhere_fn find, void *context);

/* Who is told what becomes of names from now on; NULL for nobody. Must not call in turn. */
void super_keep_names(struct super *super, name_change_fn changed, void *context);

/* See super/identity.h. */
void super_list_names(struct super *super, struct listed *listed);
bool super_forget_name(struct super *super, struct span name);
bool super_walk_names(const struct super *super, struct name_cursor *cursor, uint32_t *budget,
    struct owned_name *name);

/* These come next; for the sake of speed alone. */
void super_expect(const struct super *super, const struct arrival *arrivals, size_t count);

/* Handles one datagram; what it causes goes to `out`. */
void super_receive(struct super *super, const struct arrival *in, struct batch *out);

/* Does what is due at `now`. Bounded; super_deadline() says whether more is. */
void super_tick(struct super *super, int64_t now, int64_t wall, struct batch *out);

/* When to call super_tick() next, in ms of the same clock; DEADLINE_NEVER for never. */
int64_t super_deadline(const struct super *super);

/* What goes on inside, for the control socket. */
struct super_status {
	struct registry_counts registrations;
	uint32_t capacity;
	uint32_t unproven, unproven_max;
	uint32_t introductions, introductions_max;
	uint32_t names_registered, names_remembered, names_listed, names_max;
	uint32_t bans;
	bool draining; /* nobody new is let in */
	struct counters counters;
	uint64_t nat_pairs[NAT_MAPPINGS][NAT_MAPPINGS]; /* introductions: asker, target */
};
void super_status(const struct super *super, struct super_status *status);

/* Goes through the registrations; see registry_walk() and registry_walk_some(). */
const struct registration *super_walk(const struct super *super, uint32_t *cursor);
const struct registration *super_walk_some(const struct super *super, uint32_t *cursor,
    uint32_t *budget);

#endif
