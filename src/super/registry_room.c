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

/* An unproven or stale one of that nick gives way; `occupant` leaves anyhow. */
static bool make_room_of_nick(struct registry *registry, uint32_t hash,
    const struct registration *occupant)
{
	uint32_t n = 0;
	struct registration *stalest = NULL, *unproven = NULL;

	for (uint32_t id = index_first(&registry->by_nick, hash); id != SLAB_NIL;
	     id = index_next(&registry->by_nick, id)) {
		struct registration *reg = slab_at(&registry->slab, id);

		if (reg == occupant)
			continue;
		n++;
		if (reg->unproven)
			unproven = reg;
		if (registration_stale(reg) && (stalest == NULL || reg->heard < stalest->heard))
			stalest = reg;
	}
	if (n < registry->same_nick)
		return true;
	if (unproven == NULL && stalest == NULL)
		return false;
	registry_remove(registry, unproven != NULL ? unproven : stalest, SUPER_EVICTED);
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

static bool make_room(struct registry *registry, const struct registration *occupant)
{
	struct registration *victim;

	if (registry->slab.count - (occupant != NULL) < registry->capacity)
		return true;
	victim = find_victim(registry);
	if (victim == NULL)
		return false;
	registry_remove(registry, victim, SUPER_EVICTED);
	return true;
}

enum super_reason registry_make_room(struct registry *registry, const struct endpoint *remote,
    uint32_t nick_hash)
{
	const struct registration *occupant = registry_at(registry, remote);

	if (!registry_room_at(registry, remote, occupant))
		return SUPER_SOURCE_FULL;
	if (!make_room_of_nick(registry, nick_hash, occupant))
		return SUPER_SAME_NICK;
	if (!make_room(registry, occupant))
		return SUPER_FULL;
	return SUPER_NO_REASON;
}
