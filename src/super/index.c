/*
 * Linear hashing. With 2^L <= buckets < 2^(L+1), a hash belongs to bucket
 * (hash mod 2^(L+1)) if that one exists yet, else to (hash mod 2^L). Adding
 * bucket b takes from bucket b - 2^L the records that now belong to b.
 */
#include "super/index.h"

#define LINE 64 /* bytes that the processor fetches at a time */

void index_init(struct index *index, const struct slab *slab, size_t link_offset)
{
	*index = (struct index){.slab = slab, .link_offset = link_offset};
	tiers_init(&index->heads, sizeof(uint32_t));
}

void index_free(struct index *index)
{
	tiers_free(&index->heads);
	index_init(index, index->slab, index->link_offset);
}

static struct index_link *link_of(const struct index *index, uint32_t id)
{
	return (struct index_link *)((unsigned char *)slab_at(index->slab, id) + index->link_offset);
}

static uint32_t *bucket_at(const struct index *index, uint32_t bucket)
{
	return tiers_at(&index->heads, bucket);
}

static uint32_t bucket_of(const struct index *index, uint32_t hash)
{
	uint32_t high = 1u << (31 - __builtin_clz(index->buckets));
	uint64_t wide = (uint64_t)high * 2;
	uint32_t bucket = (uint32_t)(hash & (wide - 1));

	return bucket < index->buckets ? bucket : hash & (high - 1);
}

static int add_bucket(struct index *index)
{
	if (tiers_reserve(&index->heads, index->buckets) != 0)
		return -1;
	uint32_t added = index->buckets++;

	if (added == 0)
		return 0;
	uint32_t high = 1u << (31 - __builtin_clz(added));
	uint32_t *from = bucket_at(index, added - high);
	uint32_t *to = bucket_at(index, added);

	while (*from != SLAB_NIL) {
		struct index_link *link = link_of(index, *from);

		if (bucket_of(index, link->hash) == added) {
			*to = *from;
			*from = link->next;
			to = &link->next;
			*to = SLAB_NIL;
		} else {
			from = &link->next;
		}
	}
	return 0;
}

int index_add(struct index *index, uint32_t id, uint32_t hash)
{
	/* a failure to grow makes chains longer, no more, once there is a bucket */
	if (index->count >= index->buckets && add_bucket(index) != 0 && index->buckets == 0)
		return -1;
	struct index_link *link = link_of(index, id);
	uint32_t *head = bucket_at(index, bucket_of(index, hash));

	*link = (struct index_link){.hash = hash, .next = *head};
	*head = id;
	index->count++;
	return 0;
}

void index_remove(struct index *index, uint32_t id)
{
	uint32_t *at = bucket_at(index, bucket_of(index, link_of(index, id)->hash));

	while (*at != id)
		at = &link_of(index, *at)->next;
	*at = link_of(index, id)->next;
	index->count--;
}

static uint32_t same_hash(const struct index *index, uint32_t id, uint32_t hash)
{
	while (id != SLAB_NIL && link_of(index, id)->hash != hash)
		id = link_of(index, id)->next;
	return id;
}

uint32_t index_first(const struct index *index, uint32_t hash)
{
	if (index->buckets == 0)
		return SLAB_NIL;
	return same_hash(index, *bucket_at(index, bucket_of(index, hash)), hash);
}

uint32_t index_next(const struct index *index, uint32_t id)
{
	const struct index_link *link = link_of(index, id);

	return same_hash(index, link->next, link->hash);
}

void index_expect_bucket(const struct index *index, uint32_t hash)
{
	if (index->buckets > 0)
		__builtin_prefetch(bucket_at(index, bucket_of(index, hash)));
}

void index_expect_record(const struct index *index, uint32_t hash)
{
	if (index->buckets == 0)
		return;
	uint32_t id = *bucket_at(index, bucket_of(index, hash));

	if (id == SLAB_NIL)
		return;
	const unsigned char *record = (const unsigned char *)link_of(index, id);

	__builtin_prefetch(record, 1);
	__builtin_prefetch(record + LINE - 1, 1);
}
