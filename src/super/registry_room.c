/* The registry's limits, and who leaves for a newcomer when one is reached. */
#include "super/registry_key.h"
#include "super/registry_room.h"
#include "super/sources.h"

bool registry_room_at(const struct registry *registry, const struct endpoint *remote,
    const struct registration *occupant)
{
	return registry->per_source == 0 ||
	    sources_count(registry->sources, remote) < registry->per_source + (occupant != NULL);
}

static const struct registration *longest_unheard(const struct registration *a,
    const struct registration *b)
{
	return a == NULL || b->heard < a->heard ? b : a;
}

/* An unproven or stale one of that nick gives way; `occupant` leaves anyhow. */
static bool make_room_of_nick(struct registry *registry, const struct enter *enter, uint32_t hash,
    const struct registration *occupant)
{
	uint32_t n = 0;
	const struct registration *stalest = NULL, *victim = NULL, *keyless = NULL;

	for (uint32_t id = index_first(&registry->by_nick, hash); id != SLAB_NIL;
	     id = index_next(&registry->by_nick, id)) {
		const struct registration *reg = slab_at(&registry->slab, id);

		if (reg == occupant)
			continue;
		n++;
		if (reg->unproven)
			victim = reg;
		if (registration_stale(reg))
			stalest = longest_unheard(stalest, reg);
		if (!reg->keyed)
			keyless = longest_unheard(keyless, reg);
	}
	if (n < registry->same_nick)
		return true;
	if (victim == NULL)
		victim = stalest;
	if (victim == NULL && enter->owner)
		victim = keyless;
	if (victim == NULL)
		return false;
	registry_remove(registry, registry_at(registry, &victim->remote), SUPER_EVICTED);
	return true;
}

/* Of those that are probed next, so that it costs no more where nearly all are proven. */
#define UNPROVEN_SOUGHT 64

static struct registration *find_unproven(const struct registry *registry)
{
	uint32_t id = registry->chains[CHAIN_SEED].oldest;

	for (int i = 0; i < UNPROVEN_SOUGHT && id != SLAB_NIL; i++) {
		struct registration *reg = slab_at(&registry->slab, id);

		if (reg->unproven)
			return reg;
		id = reg->age.newer;
	}
	return NULL;
}

/* Unproven ones first: who enters without a proof is not to push out who has given one. */
static struct registration *find_victim(const struct registry *registry)
{
	static const enum registry_chain chains[] = {CHAIN_STALE_EXTENDED, CHAIN_STALE_SEED};
	struct registration *victim = find_unproven(registry);

	for (size_t i = 0; i < sizeof chains / sizeof *chains && victim == NULL; i++) {
		uint32_t oldest = registry->chains[chains[i]].oldest;

		if (oldest != SLAB_NIL)
			victim = slab_at(&registry->slab, oldest);
	}
	return victim;
}

/* Of those who are looked at next for being stale. */
#define KEYLESS_SOUGHT 256

/* Who has no key and is the one of these unheard longest, else the seed probed longest ago. */
static struct registration *find_keyless(const struct registry *registry)
{
	const struct registration *reg = registry_oldest(registry, CHAIN_FRESH), *keyless = NULL;

	for (int i = 0; i < KEYLESS_SOUGHT && reg != NULL; i++) {
		if (!reg->keyed)
			keyless = longest_unheard(keyless, reg);
		reg = registry_newer(registry, reg);
	}
	if (keyless == NULL)
		keyless = registry_oldest(registry, CHAIN_SEED);
	return keyless != NULL ? registry_at(registry, &keyless->remote) : NULL;
}

static bool make_room(struct registry *registry, const struct enter *enter,
    const struct registration *occupant)
{
	struct registration *victim;

	if (registry->slab.count - (occupant != NULL) < registry->capacity)
		return true;
	victim = find_victim(registry);
	if (victim == NULL && enter->owner)
		victim = find_keyless(registry);
	if (victim == NULL)
		return false;
	registry_remove(registry, victim, SUPER_EVICTED);
	return true;
}

enum super_reason registry_make_room(struct registry *registry, const struct enter *enter,
    uint32_t nick_hash)
{
	const struct registration *occupant = registry_at(registry, &enter->remote);

	if (!registry_room_at(registry, &enter->remote, occupant))
		return SUPER_SOURCE_FULL;
	if (!make_room_of_nick(registry, enter, nick_hash, occupant))
		return SUPER_SAME_NICK;
	if (!make_room(registry, enter, occupant))
		return SUPER_FULL;
	return SUPER_NO_REASON;
}
