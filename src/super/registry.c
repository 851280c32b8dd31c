/* Entering, refreshing, aging and leaving. Looking up is in registry_find.c. */
#include "super/registry.h"

#include <sodium.h>
#include <stdlib.h>

#include "super/registry_key.h"

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

static unsigned lifetime_step(uint32_t wish)
{
	unsigned step = 0;

	while (step < LIFETIME_STEPS - 1 && lifetimes[step] < wish)
		step++;
	return step;
}

uint32_t registry_lifetime(uint32_t wish)
{
	return lifetimes[lifetime_step(wish)];
}

enum registry_chain registry_fresh_chain(uint32_t lifetime)
{
	return CHAIN_FRESH + lifetime_step(lifetime);
}

uint32_t registration_lifetime(const struct registration *reg)
{
	return reg->chain < CHAIN_FRESH + LIFETIME_STEPS ? lifetimes[reg->chain - CHAIN_FRESH] : 0;
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

static void move_to(struct registry *registry, uint32_t id, enum registry_chain chain, int64_t now)
{
	struct registration *reg = at(registry, id);

	chain_remove(&registry->chains[reg->chain], id);
	reg->chain = (uint8_t)chain;
	reg->since = now;
	chain_append(&registry->chains[chain], id);
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

static void tell_refused(const struct registry *registry, const struct enter *enter,
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

static void remove_id(struct registry *registry, uint32_t id, enum super_reason reason)
{
	struct registration *reg = at(registry, id);

	tell(registry, SUPER_LEFT, reason, reg, NULL);
	index_remove(&registry->by_peer, id);
	index_remove(&registry->by_nick, id);
	index_remove(&registry->by_endpoint, id);
	chain_remove(&registry->chains[reg->chain], id);
	free(reg->names);
	slab_give(&registry->slab, id);
}

void registry_remove(struct registry *registry, struct registration *reg,
    enum super_reason reason)
{
	remove_id(registry, id_of(registry, reg), reason);
}

static uint32_t endpoint_key(const struct registry *registry, const struct endpoint *ep)
{
	return (uint32_t)endpoint_hash(ep, registry->key);
}

static uint32_t find_endpoint(const struct registry *registry, const struct endpoint *remote)
{
	const struct index *index = &registry->by_endpoint;
	uint32_t id = index_first(index, endpoint_key(registry, remote));

	while (id != SLAB_NIL && !endpoint_equal(&at(registry, id)->remote, remote))
		id = index_next(index, id);
	return id;
}

struct registration *registry_at(const struct registry *registry, const struct endpoint *remote)
{
	return at(registry, find_endpoint(registry, remote));
}

static uint32_t find_peer(const struct registry *registry, const struct enter *enter)
{
	const struct index *index = &registry->by_peer;
	uint32_t id = index_first(index, registry_peer_key(registry, enter->names,
	    enter->remote.family));

	while (id != SLAB_NIL) {
		const struct registration *reg = at(registry, id);

		if (reg->remote.family == enter->remote.family &&
		    names_same_peer(reg->names, enter->names))
			return id;
		id = index_next(index, id);
	}
	return SLAB_NIL;
}

static enum registry_chain chain_for(const struct enter *enter)
{
	return enter->kind == PEER_SEED ? CHAIN_SEED : registry_fresh_chain(enter->lifetime);
}

static void touch(struct registry *registry, uint32_t id, const struct enter *enter)
{
	struct registration *reg = at(registry, id);

	reg->local = enter->local;
	reg->epoch = enter->epoch;
	reg->kind = (uint8_t)enter->kind;
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

	touch(registry, id, enter);
	if (stale)
		tell(registry, SUPER_RETURNED, SUPER_NO_REASON, reg, NULL);
	return reg;
}

static void set_credentials(struct registration *reg, const struct credentials *credentials)
{
	reg->keyed = credentials != NULL;
	if (reg->keyed)
		reg->credentials = *credentials;
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
		index_add(&registry->by_endpoint, id, endpoint_key(registry, &enter->remote));
		reg->remote = enter->remote;
	}
	free(reg->names);
	reg->names = enter->names;
	set_credentials(reg, enter->credentials);
	touch(registry, id, enter);
	if (moved)
		tell(registry, SUPER_MOVED, SUPER_NO_REASON, reg, &former);
	else if (stale)
		tell(registry, SUPER_RETURNED, SUPER_NO_REASON, reg, NULL);
	return reg;
}

/*
 * Room for one more of that nick; a stale one gives way. `occupant` leaves
 * anyhow, and so is not counted.
 */
static bool make_room_of_nick(struct registry *registry, uint32_t hash,
    const struct registration *occupant)
{
	uint32_t n = 0, stalest = SLAB_NIL;

	for (uint32_t id = index_first(&registry->by_nick, hash); id != SLAB_NIL;
	     id = index_next(&registry->by_nick, id)) {
		const struct registration *reg = at(registry, id);

		if (reg == occupant)
			continue;
		n++;
		if (registration_stale(reg) &&
		    (stalest == SLAB_NIL || reg->heard < at(registry, stalest)->heard))
			stalest = id;
	}
	if (n < registry->same_nick)
		return true;
	if (stalest == SLAB_NIL)
		return false;
	remove_id(registry, stalest, SUPER_EVICTED);
	return true;
}

static bool make_room(struct registry *registry, const struct registration *occupant)
{
	static const enum registry_chain victims[] = {CHAIN_STALE_EXTENDED, CHAIN_STALE_SEED};

	if (registry->slab.count - (occupant != NULL) < registry->capacity)
		return true;
	for (size_t i = 0; i < sizeof victims / sizeof *victims; i++) {
		if (registry->chains[victims[i]].oldest != SLAB_NIL) {
			remove_id(registry, registry->chains[victims[i]].oldest, SUPER_EVICTED);
			return true;
		}
	}
	return false;
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
	if (index_add(&registry->by_endpoint, id, endpoint_key(registry, &enter->remote)) != 0) {
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
	struct registration *occupant = registry_at(registry, &enter->remote);

	if (!make_room_of_nick(registry, nick_hash, occupant))
		return SUPER_SAME_NICK;
	occupant = registry_at(registry, &enter->remote);
	if (!make_room(registry, occupant))
		return SUPER_FULL;
	occupant = registry_at(registry, &enter->remote);
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
	reg->kind = (uint8_t)enter->kind;
	reg->heard = enter->now;
	reg->since = enter->now;
	reg->chain = (uint8_t)chain_for(enter);
	set_credentials(reg, enter->credentials);
	chain_append(&registry->chains[reg->chain], id);
	*created = reg;
	return SUPER_NO_REASON;
}

struct registration *registry_enter(struct registry *registry, const struct enter *enter)
{
	uint32_t id = find_peer(registry, enter);
	struct registration *occupant = registry_at(registry, &enter->remote);

	if (id != SLAB_NIL) {
		if (occupant != NULL && occupant != at(registry, id))
			registry_remove(registry, occupant, SUPER_REPLACED);
		return refresh(registry, id, enter);
	}
	struct registration *reg = NULL;
	enum super_reason refused = create(registry, enter, &reg);

	if (reg != NULL) {
		tell(registry, SUPER_ENTERED, SUPER_NO_REASON, reg, NULL);
	} else {
		tell_refused(registry, enter, refused);
		free(enter->names);
	}
	return reg;
}

void registry_heard(struct registry *registry, struct registration *reg, int64_t now)
{
	reg->heard = now;
	reg->silent = 0;
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

static bool expire_one(struct registry *registry, enum registry_chain chain, int64_t now)
{
	uint32_t id = registry->chains[chain].oldest;

	if (id == SLAB_NIL)
		return false;
	const struct registration *reg = at(registry, id);

	if (chain < CHAIN_FRESH + LIFETIME_STEPS) {
		if (now - reg->since < lifetimes[chain - CHAIN_FRESH] * 1000LL)
			return false;
		make_stale(registry, id, CHAIN_STALE_EXTENDED, now);
		return true;
	}
	if (now - reg->since < (chain == CHAIN_STALE_SEED ? STALE_SEED_MS : STALE_EXTENDED_MS))
		return false;
	remove_id(registry, id, SUPER_EXPIRED);
	return true;
}

uint32_t registry_expire(struct registry *registry, int64_t now, uint32_t budget)
{
	uint32_t done = 0;

	for (int chain = 0; chain < CHAIN_COUNT; chain++) {
		if (chain == CHAIN_SEED)
			continue;
		while (done < budget && expire_one(registry, (enum registry_chain)chain, now))
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
	int64_t first = INT64_MAX;

	for (int i = 0; i < CHAIN_COUNT; i++) {
		const struct registration *reg = at(registry, registry->chains[i].oldest);
		int64_t span = i == CHAIN_SEED ? probe_interval
		    : i == CHAIN_STALE_SEED    ? STALE_SEED_MS
		    : i == CHAIN_STALE_EXTENDED ? STALE_EXTENDED_MS
						: lifetimes[i - CHAIN_FRESH] * 1000LL;

		if (reg != NULL && reg->since + span < first)
			first = reg->since + span;
	}
	return first;
}

const struct registration *registry_walk(const struct registry *registry, uint32_t *cursor)
{
	while (*cursor < registry->slab.used) {
		const struct registration *reg = at(registry, ++*cursor);

		if (reg->names != NULL)
			return reg;
	}
	return NULL;
}

const struct registration *registry_oldest(const struct registry *registry,
    enum registry_chain chain)
{
	return at(registry, registry->chains[chain].oldest);
}

const struct registration *registry_newer(const struct registry *registry,
    const struct registration *reg)
{
	return at(registry, reg->age.newer);
}

struct registration *registry_restore(struct registry *registry, const struct registration *saved)
{
	struct registration *reg = registry_enter(registry,
	    &(struct enter){
		.remote = saved->remote,
		.local = saved->local,
		.kind = saved->kind,
		.lifetime = registration_lifetime(saved),
		.epoch = saved->epoch,
		.names = saved->names,
		.now = saved->since,
	    });

	if (reg == NULL)
		return NULL;
	if (reg->chain != saved->chain)
		move_to(registry, id_of(registry, reg), saved->chain, saved->since);
	const struct registration *older = at(registry, reg->age.older);

	/* whatever the caller was given: a chain out of order would not age */
	if (older != NULL && older->since > reg->since)
		reg->since = older->since;
	reg->heard = saved->heard;
	reg->silent = saved->silent;
	return reg;
}

void registry_spread_probes(struct registry *registry, int64_t now, int64_t interval)
{
	const struct chain *chain = &registry->chains[CHAIN_SEED];
	struct registration *reg = at(registry, chain->oldest);

	/* those that are not overdue may move too: none may come before who was before it */
	for (uint32_t i = 0; reg != NULL; reg = at(registry, reg->age.newer), i++) {
		int64_t since = now - interval + i * interval / chain->count;

		if (reg->since < since)
			reg->since = since;
	}
}

struct registry_counts registry_count(const struct registry *registry)
{
	const struct chain *chains = registry->chains;
	struct registry_counts counts = {0};

	counts.stale = chains[CHAIN_STALE_EXTENDED].count + chains[CHAIN_STALE_SEED].count;
	counts.fresh = registry->slab.count - counts.stale;
	counts.stale_seeds = chains[CHAIN_STALE_SEED].count;
	counts.seeds = chains[CHAIN_SEED].count + counts.stale_seeds;
	return counts;
}
