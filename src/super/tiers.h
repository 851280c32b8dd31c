/*
 * An array that grows without copying, and never moves what is in it: pieces,
 * each twice as large as the one before.
 */
#ifndef IPMSG_SUPER_TIERS_H
#define IPMSG_SUPER_TIERS_H

#include <stddef.h>
#include <stdint.h>

#define TIERS_MAX 22
#define TIERS_FIRST 1024u /* items in the first piece */

struct tiers {
	size_t item_size;
	unsigned char *piece[TIERS_MAX];
};

/* Takes no memory yet. */
void tiers_init(struct tiers *tiers, size_t item_size);
void tiers_free(struct tiers *tiers);

/* Room for item `i`, of zeros at first; those before it have theirs. -1 when memory is short. */
int tiers_reserve(struct tiers *tiers, uint32_t i);

static inline unsigned tiers_piece(uint32_t i)
{
	return 21u - (unsigned)__builtin_clz(i + TIERS_FIRST);
}

static inline void *tiers_at(const struct tiers *tiers, uint32_t i)
{
	unsigned piece = tiers_piece(i);
	size_t place = i + TIERS_FIRST - (TIERS_FIRST << piece);

	return tiers->piece[piece] + place * tiers->item_size;
}

#endif
