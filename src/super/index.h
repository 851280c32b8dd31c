/*
 * A hash table over the records of a slab that grows one bucket at a time
 * (linear hashing, Litwin 1980), so that no insertion ever stops the loop to
 * rehash a million records. Eight bytes a record, four a bucket.
 */
#ifndef IPMSG_SUPER_INDEX_H
#define IPMSG_SUPER_INDEX_H

#include <stddef.h>
#include <stdint.h>

#include "super/slab.h"

/* Lives inside the record, one for each index that it is in. */
struct index_link {
	uint32_t hash;
	uint32_t next;
};

struct index {
	const struct slab *slab;
	size_t link_offset;
	struct tiers heads; /* of the buckets' lists */
	uint32_t buckets;   /* in use */
	uint32_t count;
};

/* `link_offset` is the offset of the index_link in the slab's record. */
void index_init(struct index *index, const struct slab *slab, size_t link_offset);
void index_free(struct index *index);

/* The record must not be in the index. Returns -1, nothing changed, when memory is short. */
int index_add(struct index *index, uint32_t id, uint32_t hash);
void index_remove(struct index *index, uint32_t id);

/* The records of that hash one after another, SLAB_NIL at the end. The caller compares keys. */
uint32_t index_first(const struct index *index, uint32_t hash);
uint32_t index_next(const struct index *index, uint32_t id);

/*
 * Looking up many one after the other is quicker when the memory for all is
 * asked for first: the buckets of all, then the records that begin their lists.
 */
void index_expect_bucket(const struct index *index, uint32_t hash);
void index_expect_record(const struct index *index, uint32_t hash);

#endif
