/*
 * Entering, refreshing, aging and leaving. By name they are looked up in
 * registry_find.c; in registry_walk.c are what goes through many of them.
 */
#include "super/registry.h"

#include <sodium.h>
#include <stdlib.h>

#include "super/registry_key.h"
#include "super/registry_room.h"
#include "super/sources.h"

static const uint16_t lifetimes[LIFETIME_STEPS] = {75, 100, 150, 200, 300, 400};

void registry_init(struct registry *registry, const uint8_t key[16])
{
	*registry = (struct registry){.capacity = UINT32_MAX, .same_nick = UINT32_MAX};
	memcpy(registry->key, key, sizeof registry->key);
	slab_init(&registry->slab, sizeof(struct registration));
	index_init(&registry->by_peer, &registry->slab, offsetof(struct registration, by_peer));
	index_init(&registry->by_nick, &registry->slab, offsetof(struct registration, by_nick));
	index_init(&registry->by_endpoint, &registry->slab,
	    offsetof(struct registration, by_endpoint));
	wheel_init(&registry->fresh, &registry->slab, offsetof(struct registration, age));
	for (int i = 0; i < CHAIN_COUNT; i++)
		chain_init(&registry->chains[i], &registry->slab,
		    offsetof(struct registration, age));
}

void registry_free(struct registry *registry)
{
	uint32_t cursor = 0;
	const struct registration *reg;

	while ((reg = registry_walk(registry, &cursor)) != NULL)
		free(reg->names);
	index_free(&registry->by_peer);
	index_free(&registry->by_nick);
	index_free(&registry->by_endpoint);
	slab_free(&registry->slab);
}

void registry_limit(struct registry *registry, uint32_t capacity, uint32_t same_nick)
{
	registry->capacity = capacity;
	registry->same_nick = same_nick;
}

uint8_t registry_step(uint32_t lifetime)
{
	uint8_t step = 0;

	while (step < LIFETIME_STEPS - 1 && lifetimes[step] < lifetime)
		step++;
	return step;
}

uint32_t registry_lifetime(uint32_t wish)
{
	return lifetimes[registry_step(wish)];
}

uint32_t registration_lifetime(const struct registration *reg)
{
	return reg->chain == CHAIN_FRESH ? lifetimes[reg->step] : 0;
}

/*
 * The id of a record is found through its place in the endpoint index: asking
 * there costs one look-up, keeping it would cost four bytes a record.
 */
static uint32_t id_of(const struct registry *registry, const struct registration *reg)
{
	uint32_t id = index_first(&registry->by_endpoint, reg->by_endpoint.hash);

	while (id != SLAB_NIL && slab_at(&registry->slab, id) != reg)
		id = index_next(&registry->by_endpoint, id);
	return id;
}

static struct registration *at(const struct registry *registry, uint32_t id)
{
	return id == SLAB_NIL ? NULL : slab_at(&registry->slab, id);
}

/* When it is stale, if it is not heard until then. */
static int64_t over(const struct registration *reg)
{
	return reg->heard + lifetimes[reg->step] * 1000LL;
}

static void append(struct registry *registry, uint32_t id)
{
	struct registration *reg = at(registry, id);

	if (reg->chain == CHAIN_FRESH)
		reg->slot = wheel_put(&registry->fresh, id, over(reg));
	else
		chain_append(&registry->chains[reg->chain], id);
}

static void take_out(struct registry *registry, uint32_t id)
{
	const struct registration *reg = at(registry, id);

	if (reg->chain == CHAIN_FRESH)
		wheel_remove(&registry->fresh, id, reg->slot);
	else
		chain_remove(&registry->chains[reg->chain], id);
}

static void move_to(struct registry *registry, uint32_t id, enum registry_chain chain, int64_t now)
{
	struct registration *reg = at(registry, id);

	take_out(registry, id);
	reg->chain = (uint8_t)chain;
	reg->since = now;
	append(registry, id);
}

static void tell(const struct registry *registry, enum super_event_kind kind,
    enum super_reason reason, const struct registration *reg, const struct endpoint *from)
{
	super_tell(&registry->listener,
	    &(struct super_event){
		.kind = kind,
		.reason = reason,
		.names = reg->names,
		.at = &reg->remote,
		.from = from,
		.extended = reg->kind == PEER_EXTENDED,
		.stale = registration_stale(reg),
	    });
}

void registry_tell_refused(const struct registry *registry, const struct enter *enter,
    enum super_reason reason)
{
	super_tell(&registry->listener,
	    &(struct super_event){
		.kind = SUPER_REFUSED,
		.reason = reason,
		.names = enter->names,
		.from = &enter->remote,
		.extended = enter->kind == PEER_EXTENDED,
	    });
}

/* To be called before its names, or it, are gone. */
static void tell_leaver(const struct registry *registry, const struct registration *reg)
{
	if (reg->keyed && registry->leaver.tell != NULL)
		registry->leaver.tell(reg, registry->leaver.context);
}

static void remove_id(struct registry *registry, uint32_t id, enum super_reason reason)
{
	struct registration *reg = at(registry, id);

	tell(registry, SUPER_LEFT, reason, reg, NULL);
	tell_leaver(registry, reg);
	registry->keyed -= reg->keyed;
	sources_remove(registry->sources, &reg->remote);
	index_remove(&registry->by_peer, id);
	index_remove(&registry->by_nick, id);
	index_remove(&registry->by_endpoint, id);
	take_out(registry, id);
	free(reg->names);
	slab_give(&registry->slab, id);
}

void registry_remove(struct registry *registry, struct registration *reg,
    enum super_reason reason)
{
	remove_id(registry, id_of(registry, reg), reason);
}

static uint32_t find_endpoint(const struct registry *registry, const struct endpoint *remote)
{
	const struct index *index = &registry->by_endpoint;
	uint32_t id = index_first(index, registry_endpoint_key(registry, remote));

	while (id != SLAB_NIL && !endpoint_equal(&at(registry, id)->remote, remote))
		id = index_next(index, id);
	return id;
}

struct registration *registry_at(const struct registry *registry, const struct endpoint *remote)
{
	return at(registry, find_endpoint(registry, remote));
}

/* The first at `id` or behind it in its bucket that says to be of that user, host and nick. */
static uint32_t same_peer(const struct registry *registry, uint32_t id, const struct names *names,
    uint8_t family)
{
	while (id != SLAB_NIL && (at(registry, id)->remote.family != family ||
				     !names_same_peer(at(registry, id)->names, names)))
		id = index_next(&registry->by_peer, id);
	return id;
}

static uint32_t first_peer(const struct registry *registry, const struct names *names,
    uint8_t family)
{
	uint32_t key = registry_peer_key(registry, names, family);

	return same_peer(registry, index_first(&registry->by_peer, key), names, family);
}

static uint32_t next_peer(const struct registry *registry, uint32_t id, const struct names *names,
    uint8_t family)
{
	return same_peer(registry, index_next(&registry->by_peer, id), names, family);
}

static bool same_place(const struct names *a, const struct names *b)
{
	return span_equal(names_place(a), names_place(b));
}

/* Its own before one without a key. */
static uint32_t find_names(const struct registry *registry, const struct names *names,
    uint8_t family, const struct credentials *credentials)
{
	uint32_t keyless = SLAB_NIL;

	for (uint32_t id = first_peer(registry, names, family); id != SLAB_NIL;
	     id = next_peer(registry, id, names, family)) {
		const struct registration *reg = at(registry, id);

		if (registration_is_of(reg, credentials))
			return id;
		if (!reg->keyed && (credentials == NULL || same_place(reg->names, names)))
			keyless = id;
	}
	return keyless;
}

static uint32_t find_peer(const struct registry *registry, const struct enter *enter)
{
	return find_names(registry, enter->names, enter->remote.family, enter->credentials);
}

struct registration *registry_peer(const struct registry *registry, const struct names *names,
    enum family family, const struct credentials *credentials)
{
	return at(registry, find_names(registry, names, (uint8_t)family, credentials));
}

bool registry_knows(const struct registry *registry, const struct enter *enter)
{
	return find_peer(registry, enter) != SLAB_NIL;
}

static enum registry_chain chain_for(const struct enter *enter)
{
	return enter->kind == PEER_SEED ? CHAIN_SEED : CHAIN_FRESH;
}

static void touch(struct registry *registry, uint32_t id, const struct enter *enter)
{
	struct registration *reg = at(registry, id);

	reg->print = 0;
	reg->local = enter->local;
	reg->epoch = enter->epoch;
	reg->nat = nat_pack(enter->nat);
	reg->kind = (uint8_t)enter->kind;
	reg->step = registry_step(enter->lifetime);
	reg->silent = 0;
	reg->heard = enter->now;
	move_to(registry, id, chain_for(enter), enter->now);
}

struct registration *registry_refresh(struct registry *registry, const struct enter *enter,
    const struct names *names)
{
	uint32_t id = find_endpoint(registry, &enter->remote);
	struct registration *reg = at(registry, id);

	if (reg == NULL || !span_equal(names_bytes(reg->names), names_bytes(names)))
		return NULL;
	bool stale = registration_stale(reg);

	reg->unproven = enter->unproven && reg->unproven;
	touch(registry, id, enter);
	if (stale)
		tell(registry, SUPER_RETURNED, SUPER_NO_REASON, reg, NULL);
	return reg;
}

static void set_credentials(struct registry *registry, struct registration *reg,
    const struct credentials *credentials)
{
	registry->keyed -= reg->keyed;
	reg->keyed = credentials != NULL;
	registry->keyed += reg->keyed;
	if (reg->keyed)
		reg->credentials = *credentials;
}

bool registration_is_of(const struct registration *reg, const struct credentials *credentials)
{
	return reg->keyed && credentials != NULL &&
	    memcmp(reg->credentials.identity, credentials->identity, IDENTITY_BYTES) == 0;
}

/* What no caller may bring about, whatever it has judged. */
static bool is_protected(const struct registry *registry, const struct registration *occupant,
    const struct enter *enter)
{
	uint8_t family = enter->remote.family;

	if (occupant != NULL && occupant->keyed && !registration_stale(occupant) &&
	    enter->credentials == NULL)
		return true;
	if (enter->owner)
		return false;
	for (uint32_t id = first_peer(registry, enter->names, family); id != SLAB_NIL;
	     id = next_peer(registry, id, enter->names, family)) {
		const struct registration *reg = at(registry, id);

		if (reg->keyed && !registration_is_of(reg, enter->credentials) &&
		    same_place(reg->names, enter->names))
			return true;
	}
	return false;
}

/* Endpoint, kind and names may have changed; user, host, nick and family have not. */
static struct registration *refresh(struct registry *registry, uint32_t id,
    const struct enter *enter)
{
	struct registration *reg = at(registry, id);
	struct endpoint former = reg->remote;
	bool moved = !endpoint_equal(&former, &enter->remote), stale = registration_stale(reg);

	if (moved) {
		index_remove(&registry->by_endpoint, id);
		index_add(&registry->by_endpoint, id, registry_endpoint_key(registry, &enter->remote));
		sources_remove(registry->sources, &former);
		sources_add(registry->sources, &enter->remote);
		reg->remote = enter->remote;
	}
	reg->unproven = enter->unproven && (moved || reg->unproven);
	if (!same_place(reg->names, enter->names))
		tell_leaver(registry, reg);
	free(reg->names);
	reg->names = enter->names;
	set_credentials(registry, reg, enter->credentials);
	touch(registry, id, enter);
	if (moved)
		tell(registry, SUPER_MOVED, SUPER_NO_REASON, reg, &former);
	else if (stale)
		tell(registry, SUPER_RETURNED, SUPER_NO_REASON, reg, NULL);
	return reg;
}

/* Each index has a bucket after the first addition, so only that one can fail. */
static bool add_to_indexes(struct registry *registry, uint32_t id, const struct enter *enter,
    uint32_t nick_hash)
{
	if (index_add(&registry->by_peer, id,
		registry_peer_key(registry, enter->names, enter->remote.family)) != 0)
		return false;
	if (index_add(&registry->by_nick, id, nick_hash) != 0) {
		index_remove(&registry->by_peer, id);
		return false;
	}
	if (index_add(&registry->by_endpoint, id, registry_endpoint_key(registry, &enter->remote)) != 0) {
		index_remove(&registry->by_peer, id);
		index_remove(&registry->by_nick, id);
		return false;
	}
	return true;
}

/* Whoever was at the endpoint leaves only once it is sure that the new one gets in. */
static enum super_reason create(struct registry *registry, const struct enter *enter,
    struct registration **created)
{
	uint32_t nick_hash = registry_nick_key(registry, names_part(enter->names, NAME_NICK));
	enum super_reason refused = registry_make_room(registry, enter, nick_hash);

	if (refused != SUPER_NO_REASON)
		return refused;
	struct registration *occupant = registry_at(registry, &enter->remote);

	if (occupant != NULL)
		registry_remove(registry, occupant, SUPER_REPLACED);
	uint32_t id = slab_take(&registry->slab);

	if (id == SLAB_NIL)
		return SUPER_NO_MEMORY;
	if (!add_to_indexes(registry, id, enter, nick_hash)) {
		slab_give(&registry->slab, id);
		return SUPER_NO_MEMORY;
	}
	struct registration *reg = at(registry, id);

	reg->names = enter->names;
	reg->remote = enter->remote;
	reg->local = enter->local;
	reg->epoch = enter->epoch;
	reg->nat = nat_pack(enter->nat);
	reg->kind = (uint8_t)enter->kind;
	reg->step = registry_step(enter->lifetime);
	reg->heard = enter->now;
	reg->since = enter->now;
	reg->chain = (uint8_t)chain_for(enter);
	reg->unproven = enter->unproven;
	set_credentials(registry, reg, enter->credentials);
	sources_add(registry->sources, &reg->remote);
	append(registry, id);
	*created = reg;
	return SUPER_NO_REASON;
}

static struct registration *refuse(struct registry *registry, const struct enter *enter,
    enum super_reason reason)
{
	registry->refusal = reason;
	registry_tell_refused(registry, enter, reason);
	free(enter->names);
	return NULL;
}

struct registration *registry_enter(struct registry *registry, const struct enter *enter)
{
	uint32_t id = find_peer(registry, enter);
	struct registration *occupant = registry_at(registry, &enter->remote);

	if (is_protected(registry, occupant, enter))
		return refuse(registry, enter, SUPER_TAKEN);
	if (id != SLAB_NIL) {
		if (!source_same(&at(registry, id)->remote, &enter->remote) &&
		    !registry_room_at(registry, &enter->remote, occupant))
			return refuse(registry, enter, SUPER_SOURCE_FULL);
		if (occupant != NULL && occupant != at(registry, id))
			registry_remove(registry, occupant, SUPER_REPLACED);
		return refresh(registry, id, enter);
	}
	struct registration *reg = NULL;
	enum super_reason refused = create(registry, enter, &reg);

	if (reg == NULL)
		return refuse(registry, enter, refused);
	tell(registry, SUPER_ENTERED, SUPER_NO_REASON, reg, NULL);
	return reg;
}

void registry_heard(struct registry *registry, struct registration *reg, int64_t now)
{
	reg->heard = now;
	reg->silent = 0;
	reg->unproven = false;
	if (reg->chain == CHAIN_STALE_SEED) {
		move_to(registry, id_of(registry, reg), CHAIN_SEED, now);
		tell(registry, SUPER_RETURNED, SUPER_NO_REASON, reg, NULL);
	}
}

static void make_stale(struct registry *registry, uint32_t id, enum registry_chain chain,
    int64_t now)
{
	move_to(registry, id, chain, now);
	tell(registry, SUPER_STALE, SUPER_NO_REASON, at(registry, id), NULL);
}

/* Looks at the next fresh one whose lifetime may be over; false when there is none. */
static bool expire_fresh(struct registry *registry, int64_t now)
{
	uint32_t id = wheel_due(&registry->fresh, now);

	if (id == SLAB_NIL)
		return false;
	struct registration *reg = at(registry, id);

	if (over(reg) <= now) {
		make_stale(registry, id, CHAIN_STALE_EXTENDED, now);
	} else {
		wheel_remove(&registry->fresh, id, reg->slot);
		reg->slot = wheel_put(&registry->fresh, id, over(reg));
	}
	return true;
}

static int64_t stale_for(enum registry_chain chain)
{
	return chain == CHAIN_STALE_SEED ? STALE_SEED_MS : STALE_EXTENDED_MS;
}

static bool expire_stale(struct registry *registry, enum registry_chain chain, int64_t now)
{
	uint32_t id = registry->chains[chain].oldest;

	if (id == SLAB_NIL || now - at(registry, id)->since < stale_for(chain))
		return false;
	remove_id(registry, id, SUPER_EXPIRED);
	return true;
}

uint32_t registry_expire(struct registry *registry, int64_t now, uint32_t budget)
{
	uint32_t done = 0;

	while (done < budget && expire_fresh(registry, now))
		done++;
	for (int chain = CHAIN_STALE_EXTENDED; chain <= CHAIN_STALE_SEED; chain++) {
		while (done < budget && expire_stale(registry, (enum registry_chain)chain, now))
			done++;
	}
	return done;
}

bool registry_remove_seeds(struct registry *registry, uint32_t budget)
{
	static const enum registry_chain chains[] = {CHAIN_SEED, CHAIN_STALE_SEED};

	for (size_t i = 0; i < sizeof chains / sizeof *chains; i++) {
		const struct chain *chain = &registry->chains[chains[i]];

		for (; chain->oldest != SLAB_NIL && budget > 0; budget--)
			remove_id(registry, chain->oldest, SUPER_UNSERVED);
		if (chain->oldest != SLAB_NIL)
			return false;
	}
	return true;
}

struct registration *registry_probe(struct registry *registry, int64_t now, int64_t interval,
    bool silence)
{
	for (;;) {
		uint32_t id = registry->chains[CHAIN_SEED].oldest;
		struct registration *reg = at(registry, id);

		if (reg == NULL || now - reg->since < interval)
			return NULL;
		if (silence && reg->silent >= SEED_SILENT_PROBES) {
			make_stale(registry, id, CHAIN_STALE_SEED, now);
			continue;
		}
		if (reg->silent < UINT8_MAX)
			reg->silent++;
		move_to(registry, id, CHAIN_SEED, now);
		return reg;
	}
}

int64_t registry_deadline(const struct registry *registry, int64_t probe_interval)
{
	int64_t first = wheel_deadline(&registry->fresh);

	for (int i = CHAIN_SEED; i < CHAIN_COUNT; i++) {
		const struct registration *reg = at(registry, registry->chains[i].oldest);
		int64_t span = i == CHAIN_SEED ? probe_interval : stale_for((enum registry_chain)i);

		if (reg != NULL && reg->since + span < first)
			first = reg->since + span;
	}
	return first;
}

struct registration *registry_restore(struct registry *registry, const struct registration *saved)
{
	struct registration *reg = registry_enter(registry,
	    &(struct enter){
		.remote = saved->remote,
		.local = saved->local,
		.kind = saved->kind,
		.lifetime = lifetimes[saved->step],
		.epoch = saved->epoch,
		.names = saved->names,
		.credentials = saved->keyed ? &saved->credentials : NULL,
		.owner = saved->keyed,
		.now = saved->since,
	    });

	if (reg == NULL)
		return NULL;
	reg->heard = saved->heard;
	reg->silent = saved->silent;
	move_to(registry, id_of(registry, reg), saved->chain, saved->since);
	const struct registration *older = at(registry, reg->age.older);

	/* whatever the caller was given: a chain out of order would not age */
	if (saved->chain != CHAIN_FRESH && older != NULL && older->since > reg->since)
		reg->since = older->since;
	return reg;
}
