/* Chunks of records, and a free list threaded through those given back. */
#include "super/slab.h"

#include <stdlib.h>
#include <string.h>

void slab_init(struct slab *slab, size_t item_size)
{
	*slab = (struct slab){.item_size = (item_size + 7) & ~(size_t)7};
}

void slab_free(struct slab *slab)
{
	for (uint32_t i = 0; i < slab->chunk_count; i++)
		free(slab->chunks[i]);
	free(slab->chunks);
	slab_init(slab, slab->item_size);
}

static int add_chunk(struct slab *slab)
{
	uint32_t n = slab->chunk_count;

	/* the directory doubles: a power of two is full */
	if ((n & (n - 1)) == 0) {
		unsigned char **chunks =
		    reallocarray(slab->chunks, n == 0 ? 1 : (size_t)n * 2, sizeof *chunks);

		if (chunks == NULL)
			return -1;
		slab->chunks = chunks;
	}
	slab->chunks[n] = malloc(SLAB_CHUNK * slab->item_size);
	if (slab->chunks[n] == NULL)
		return -1;
	slab->chunk_count++;
	return 0;
}

uint32_t slab_take(struct slab *slab)
{
	uint32_t id = slab->free;

	if (id != SLAB_NIL) {
		memcpy(&slab->free, slab_at(slab, id), sizeof slab->free);
	} else {
		if (slab->used == slab->chunk_count * SLAB_CHUNK && add_chunk(slab) != 0)
			return SLAB_NIL;
		id = ++slab->used;
	}
	memset(slab_at(slab, id), 0, slab->item_size);
	slab->count++;
	return id;
}

void slab_give(struct slab *slab, uint32_t id)
{
	memset(slab_at(slab, id), 0, slab->item_size);
	memcpy(slab_at(slab, id), &slab->free, sizeof slab->free);
	slab->free = id;
	slab->count--;
}
