/*
 * Records of a slab in the order in which something happened to them: a
 * doubly linked list by id. What all have in common (one lifetime) makes the
 * head the first that is due, without a heap.
 */
#ifndef IPMSG_SUPER_CHAIN_H
#define IPMSG_SUPER_CHAIN_H

#include <stddef.h>
#include <stdint.h>

#include "super/slab.h"

struct chain_link {
	uint32_t older;
	uint32_t newer;
};

struct chain {
	const struct slab *slab;
	size_t link_offset;
	uint32_t oldest;
	uint32_t newest;
	uint32_t count;
};

void chain_init(struct chain *chain, const struct slab *slab, size_t link_offset);
void chain_append(struct chain *chain, uint32_t id);
void chain_remove(struct chain *chain, uint32_t id);

#endif
