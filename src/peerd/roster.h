/* Who: the list of those who can be asked for, as the supernodes tell it. */
#ifndef IPMSG_PEERD_ROSTER_H
#define IPMSG_PEERD_ROSTER_H

#include <jansson.h>

#include "peer/peer.h"

/* Both of an EVENT_ROSTER; the caller's. NULL when memory is short, or the supernode is gone. */
json_t *roster_listed(const struct peer_event *event, const struct peer *peer);
json_t *roster_supernode(const struct peer_event *event, const struct peer *peer);

#endif
