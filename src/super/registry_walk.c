/* What goes through all registrations, or many of them. */
#include "super/registry_key.h"

#define EXPECTED_MAX 64
#define EXPECT_FROM 4096 /* registrations; the memory of fewer is in the cache anyhow */

static struct registration *at(const struct registry *registry, uint32_t id)
{
	return id == SLAB_NIL ? NULL : slab_at(&registry->slab, id);
}

const struct registration *registry_walk_some(const struct registry *registry, uint32_t *cursor,
    uint32_t *budget)
{
	while (*cursor < registry->slab.used && *budget > 0) {
		const struct registration *reg = at(registry, ++*cursor);

		--*budget;
		if (reg->names != NULL)
			return reg;
	}
	return NULL;
}

const struct registration *registry_walk(const struct registry *registry, uint32_t *cursor)
{
	uint32_t budget = UINT32_MAX;

	return registry_walk_some(registry, cursor, &budget);
}

const struct registration *registry_oldest(const struct registry *registry,
    enum registry_chain chain)
{
	return at(registry,
	    chain == CHAIN_FRESH ? wheel_first(&registry->fresh) : registry->chains[chain].oldest);
}

const struct registration *registry_newer(const struct registry *registry,
    const struct registration *reg)
{
	uint32_t id = reg->age.newer;

	if (id == SLAB_NIL && reg->chain == CHAIN_FRESH)
		id = wheel_behind(&registry->fresh, reg->slot);
	return at(registry, id);
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

void registry_doubt_seeds(struct registry *registry)
{
	struct registration *reg = at(registry, registry->chains[CHAIN_SEED].oldest);

	for (; reg != NULL; reg = at(registry, reg->age.newer))
		reg->unproven = true;
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

void registry_expect(const struct registry *registry, const struct arrival *arrivals,
    size_t count)
{
	uint32_t keys[EXPECTED_MAX];

	if (registry->slab.count < EXPECT_FROM)
		return;
	if (count > EXPECTED_MAX)
		count = EXPECTED_MAX;
	for (size_t i = 0; i < count; i++) {
		keys[i] = registry_endpoint_key(registry, &arrivals[i].remote);
		index_expect_bucket(&registry->by_endpoint, keys[i]);
	}
	for (size_t i = 0; i < count; i++)
		index_expect_record(&registry->by_endpoint, keys[i]);
}
