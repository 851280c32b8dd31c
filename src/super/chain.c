/* Doubly linked lists by id. */
#include "super/chain.h"

void chain_init(struct chain *chain, const struct slab *slab, size_t link_offset)
{
	*chain = (struct chain){.slab = slab, .link_offset = link_offset};
}

static struct chain_link *link_of(const struct chain *chain, uint32_t id)
{
	return (struct chain_link *)((unsigned char *)slab_at(chain->slab, id) + chain->link_offset);
}

void chain_append(struct chain *chain, uint32_t id)
{
	*link_of(chain, id) = (struct chain_link){.older = chain->newest, .newer = SLAB_NIL};
	if (chain->newest != SLAB_NIL)
		link_of(chain, chain->newest)->newer = id;
	else
		chain->oldest = id;
	chain->newest = id;
	chain->count++;
}

void chain_remove(struct chain *chain, uint32_t id)
{
	struct chain_link *link = link_of(chain, id);

	if (link->older != SLAB_NIL)
		link_of(chain, link->older)->newer = link->newer;
	else
		chain->oldest = link->newer;
	if (link->newer != SLAB_NIL)
		link_of(chain, link->newer)->older = link->older;
	else
		chain->newest = link->older;
	*link = (struct chain_link){SLAB_NIL, SLAB_NIL};
	chain->count--;
}
