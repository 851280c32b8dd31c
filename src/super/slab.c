/* A free list threaded through the records given back. */
#include "super/slab.h"

#include <string.h>

void slab_init(struct slab *slab, size_t item_size)
{
	*slab = (struct slab){0};
	tiers_init(&slab->tiers, (item_size + 7) & ~(size_t)7);
}

void slab_free(struct slab *slab)
{
	tiers_free(&slab->tiers);
	slab_init(slab, slab->tiers.item_size);
}

uint32_t slab_take(struct slab *slab)
{
	uint32_t id = slab->free;

	if (id != SLAB_NIL) {
		memcpy(&slab->free, slab_at(slab, id), sizeof slab->free);
		memset(slab_at(slab, id), 0, sizeof slab->free);
	} else {
		if (tiers_reserve(&slab->tiers, slab->used) != 0)
			return SLAB_NIL;
		id = ++slab->used;
	}
	slab->count++;
	return id;
}

void slab_give(struct slab *slab, uint32_t id)
{
	memset(slab_at(slab, id), 0, slab->tiers.item_size);
	memcpy(slab_at(slab, id), &slab->free, sizeof slab->free);
	slab->free = id;
	slab->count--;
}
