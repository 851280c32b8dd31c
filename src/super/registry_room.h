/* Room for one more, between the files of the registry. */
#ifndef IPMSG_SUPER_REGISTRY_ROOM_H
#define IPMSG_SUPER_REGISTRY_ROOM_H

#include "super/registry.h"

/*
 * Whether one more may be registered from that source; whoever is at `remote`
 * itself, `occupant` (NULL for nobody), leaves for it, and so is not counted.
 */
bool registry_room_at(const struct registry *registry, const struct endpoint *remote,
    const struct registration *occupant);

/*
 * Makes room for one more, whose nick has that hash, under all limits; unproven
 * and stale ones leave for it, and for an owner those without a key.
 * SUPER_NO_REASON, or why not.
 */
enum super_reason registry_make_room(struct registry *registry, const struct enter *enter,
    uint32_t nick_hash);

#endif
