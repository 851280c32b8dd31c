/*
 * Records of one size, each known by a 32-bit id that never moves: half the
 * size of a pointer in the tables that refer to it, and growing copies nothing.
 */
#ifndef IPMSG_SUPER_SLAB_H
#define IPMSG_SUPER_SLAB_H

#include "super/tiers.h"

#define SLAB_NIL 0u /* no record */

struct slab {
	struct tiers tiers;
	uint32_t used;	/* ids 1 … used have been given out at some time */
	uint32_t free;	/* head of the list of those given back */
	uint32_t count; /* records in use */
};

/* `item_size` of at least 4. Takes no memory yet. */
void slab_init(struct slab *slab, size_t item_size);
void slab_free(struct slab *slab);

/* A record of zeros; SLAB_NIL when memory is short. */
uint32_t slab_take(struct slab *slab);
void slab_give(struct slab *slab, uint32_t id);

static inline void *slab_at(const struct slab *slab, uint32_t id)
{
	return tiers_at(&slab->tiers, id - 1);
}

#endif
