/* Taking the pieces. */
#include "super/tiers.h"

#include "base/pages.h"

void tiers_init(struct tiers *tiers, size_t item_size)
{
	*tiers = (struct tiers){.item_size = item_size};
}

static size_t piece_bytes(const struct tiers *tiers, unsigned piece)
{
	return ((size_t)TIERS_FIRST << piece) * tiers->item_size;
}

void tiers_free(struct tiers *tiers)
{
	for (unsigned i = 0; i < TIERS_MAX; i++)
		pages_give(tiers->piece[i], piece_bytes(tiers, i));
	tiers_init(tiers, tiers->item_size);
}

int tiers_reserve(struct tiers *tiers, uint32_t i)
{
	unsigned piece = tiers_piece(i);

	if (piece >= TIERS_MAX)
		return -1;
	if (tiers->piece[piece] == NULL)
		tiers->piece[piece] = pages_take(piece_bytes(tiers, piece));
	return tiers->piece[piece] == NULL ? -1 : 0;
}
