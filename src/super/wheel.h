/*
 * Records of a slab by the second in which somebody has to look at them. To be
 * looked at too early is no harm: what happened to a record since then need not
 * move it, as it does in a chain, so whoever is seen often is moved seldom.
 */
#ifndef IPMSG_SUPER_WHEEL_H
#define IPMSG_SUPER_WHEEL_H

#include "super/chain.h"

#define WHEEL_SLOTS 512 /* s; what is farther ahead is looked at once a turn */

struct wheel {
	struct chain slots[WHEEL_SLOTS];
	uint64_t busy[WHEEL_SLOTS / 64]; /* a bit for each slot that is not empty */
	int64_t second;			 /* nobody has to be looked at before it */
	uint32_t count;
};

void wheel_init(struct wheel *wheel, const struct slab *slab, size_t link_offset);

/* To be looked at in the first full second at or after `due` (ms). Returns the slot it is in. */
uint16_t wheel_put(struct wheel *wheel, uint32_t id, int64_t due);
void wheel_remove(struct wheel *wheel, uint32_t id, uint16_t slot);

/* One that is to be looked at now, still in its slot; SLAB_NIL for none. */
uint32_t wheel_due(struct wheel *wheel, int64_t now);

/* When wheel_due() has to be asked again; INT64_MAX for an empty wheel. */
int64_t wheel_deadline(const struct wheel *wheel);

/* The first of all, by their seconds, and the first behind a slot; SLAB_NIL for none. */
uint32_t wheel_first(const struct wheel *wheel);
uint32_t wheel_behind(const struct wheel *wheel, uint16_t slot);

#endif
