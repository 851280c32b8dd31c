/*
 * The bans in the state directory: a file of text, first a line with the
 * format's version, then one line a ban (see ban_format()). It is written when
 * a ban is set or lifted; those that are over are left out when it is read.
 */
#ifndef IPMSG_SUPERD_BANFILE_H
#define IPMSG_SUPERD_BANFILE_H

#include "super/administer.h"

struct state;

/*
 * Loads the bans. Lines that say nothing are told of and left out, and the file
 * as it was is set aside. `state` may be NULL in both, for nothing is kept.
 */
void banfile_load(struct state *state, struct super *super, int64_t wall);

/* False, having logged why, when they are not kept. */
bool banfile_save(struct state *state, const struct super *super);

#endif
