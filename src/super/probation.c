/* The slots of unproven addresses. */
#include "super/probation.h"

#include <stdlib.h>

void probation_init(struct probation *probation, const uint8_t key[16])
{
	*probation = (struct probation){.capacity = UINT32_MAX};
	memcpy(probation->key, key, sizeof probation->key);
	slab_init(&probation->slab, sizeof(struct probationer));
	index_init(&probation->by_endpoint, &probation->slab,
	    offsetof(struct probationer, by_endpoint));
	chain_init(&probation->ages, &probation->slab, offsetof(struct probationer, age));
	heap_init(&probation->timers);
}

static uint32_t hash_of(const struct probation *probation, const struct endpoint *remote)
{
	return (uint32_t)endpoint_hash(remote, probation->key);
}

static uint32_t id_at(const struct probation *probation, const struct endpoint *remote)
{
	const struct index *index = &probation->by_endpoint;

	/* as it is where nobody knows only the seed */
	if (index->count == 0)
		return SLAB_NIL;
	uint32_t id = index_first(index, hash_of(probation, remote));

	while (id != SLAB_NIL) {
		const struct probationer *slot = slab_at(&probation->slab, id);

		if (endpoint_equal(&slot->remote, remote))
			return id;
		id = index_next(index, id);
	}
	return SLAB_NIL;
}

static void close_id(struct probation *probation, uint32_t id)
{
	struct probationer *slot = slab_at(&probation->slab, id);

	heap_remove(&probation->timers, &slot->timer);
	chain_remove(&probation->ages, id);
	index_remove(&probation->by_endpoint, id);
	free(slot->names);
	free(slot->ask);
	slab_give(&probation->slab, id);
}

void probation_free(struct probation *probation)
{
	while (probation->ages.oldest != SLAB_NIL)
		close_id(probation, probation->ages.oldest);
	heap_free(&probation->timers);
	index_free(&probation->by_endpoint);
	slab_free(&probation->slab);
}

void probation_overtaken(struct probation *probation, const struct endpoint *remote)
{
	struct probationer *slot =
	    probation->slab.count > 0 ? probation_at(probation, remote) : NULL;

	if (slot != NULL)
		probation_close(probation, slot);
}

struct probationer *probation_at(const struct probation *probation, const struct endpoint *remote)
{
	uint32_t id = id_at(probation, remote);

	return id == SLAB_NIL ? NULL : slab_at(&probation->slab, id);
}

struct probationer *probation_open(struct probation *probation, const struct endpoint *remote,
    uint16_t local, int64_t now)
{
	struct probationer *slot = probation_at(probation, remote);

	if (slot != NULL) {
		slot->local = local;
		return slot;
	}
	while (probation->slab.count > 0 && probation->slab.count >= probation->capacity)
		close_id(probation, probation->ages.oldest);
	uint32_t id = slab_take(&probation->slab);

	if (id == SLAB_NIL)
		return NULL;
	if (index_add(&probation->by_endpoint, id, hash_of(probation, remote)) != 0) {
		slab_give(&probation->slab, id);
		return NULL;
	}
	chain_append(&probation->ages, id);
	slot = slab_at(&probation->slab, id);
	slot->remote = *remote;
	slot->local = local;
	slot->since = now;
	return slot;
}

void probation_close(struct probation *probation, struct probationer *slot)
{
	close_id(probation, id_at(probation, &slot->remote));
}

void probationer_want(struct probationer *slot, enum pending pending, struct names *names,
    int64_t now)
{
	free(slot->names);
	slot->names = names;
	slot->pending = (uint8_t)pending;
	slot->since = now;
	slot->probes = 0;
}

bool probationer_ask(struct probationer *slot, struct span name, int64_t now)
{
	char *copy = strndup((const char *)name.data, name.len);

	if (copy == NULL)
		return false;
	free(slot->ask);
	slot->ask = copy;
	slot->ask_until = now + ASK_WAIT_MS;
	if (slot->pending == PENDING_NOTHING) {
		slot->since = now;
		slot->probes = 0;
	}
	return true;
}

int64_t probationer_expiry(const struct probationer *slot)
{
	if (slot->pending == PENDING_EXIT)
		return slot->since + EXIT_WAIT_MS;
	return slot->since + PROBATION_MS;
}

int64_t probationer_next_probe(const struct probationer *slot)
{
	static const int64_t after[] = {0, 1000, 3000};

	if (slot->probes >= sizeof after / sizeof *after)
		return DEADLINE_NEVER;
	return slot->since + after[slot->probes];
}

void probation_schedule(struct probation *probation, struct probationer *slot)
{
	int64_t expiry = probationer_expiry(slot);
	int64_t probe = probationer_next_probe(slot);

	/* without room in the heap it would stay for ever */
	if (!heap_put(&probation->timers, &slot->timer, probe < expiry ? probe : expiry))
		probation_close(probation, slot);
}

struct probationer *probation_due(const struct probation *probation, int64_t now)
{
	struct heap_node *node = heap_first(&probation->timers);

	if (node == NULL || node->due > now)
		return NULL;
	return (struct probationer *)((unsigned char *)node - offsetof(struct probationer, timer));
}

struct probationer *probation_any(const struct probation *probation)
{
	uint32_t id = probation->ages.oldest;

	return id == SLAB_NIL ? NULL : slab_at(&probation->slab, id);
}

int64_t probation_deadline(const struct probation *probation)
{
	return heap_deadline(&probation->timers);
}
