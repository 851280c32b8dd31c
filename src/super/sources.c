/* Counting by source. */
#include "super/sources.h"

#include <stdlib.h>
#include <string.h>

struct sources *sources_new(const uint8_t key[16])
{
	struct sources *sources = calloc(1, sizeof *sources);

	if (sources != NULL)
		memcpy(sources->key, key, sizeof sources->key);
	return sources;
}

bool source_same(const struct endpoint *a, const struct endpoint *b)
{
	const struct endpoint one = endpoint_prefix(a, SOURCE_BITS_IP4, SOURCE_BITS_IP6);
	const struct endpoint other = endpoint_prefix(b, SOURCE_BITS_IP4, SOURCE_BITS_IP6);

	return endpoint_equal(&one, &other);
}

static uint64_t hash_of(const struct sources *sources, const struct endpoint *of)
{
	struct endpoint source = endpoint_prefix(of, SOURCE_BITS_IP4, SOURCE_BITS_IP6);

	return endpoint_hash(&source, sources->key);
}

/* Different bits of one hash are as good as two hashes. */
static size_t cell_of(uint64_t hash, unsigned row)
{
	return (hash >> (32 * row)) % SOURCES_CELLS;
}

uint32_t sources_count(const struct sources *sources, const struct endpoint *of)
{
	uint32_t least = UINT32_MAX;
	uint64_t hash;

	if (sources == NULL)
		return 0;
	hash = hash_of(sources, of);
	for (unsigned row = 0; row < SOURCES_ROWS; row++) {
		uint32_t cell = sources->cells[row][cell_of(hash, row)];

		if (cell < least)
			least = cell;
	}
	return least;
}

void sources_add(struct sources *sources, const struct endpoint *of)
{
	uint64_t hash;

	if (sources == NULL)
		return;
	hash = hash_of(sources, of);
	for (unsigned row = 0; row < SOURCES_ROWS; row++)
		sources->cells[row][cell_of(hash, row)]++;
}

void sources_remove(struct sources *sources, const struct endpoint *of)
{
	uint64_t hash;

	if (sources == NULL)
		return;
	hash = hash_of(sources, of);
	for (unsigned row = 0; row < SOURCES_ROWS; row++)
		sources->cells[row][cell_of(hash, row)]--;
}
