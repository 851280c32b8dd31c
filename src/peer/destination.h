/*
 * Where a message goes: a remote peer over its path, or a neighbour on the
 * LAN. What carries messages need not know which.
 */
#ifndef IPMSG_PEER_DESTINATION_H
#define IPMSG_PEER_DESTINATION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/endpoint.h"

struct peer;
struct path;
struct neighbour;

struct destination {
	uint32_t id;
	const char *name; /* as it is shown */
	bool open;	  /* datagrams can go to `at`; a neighbour always is */
	bool extended;	  /* a peer of ours, over a path */
	bool utf8;	  /* takes UTF-8 */
	struct endpoint at;
	uint16_t local;
	struct path *path;	     /* NULL: a neighbour */
	struct neighbour *neighbour; /* NULL: a path */
};

/*
 * False when there is nobody of that id (any more). Pointers are good until the core is next
 * called.
 */
bool destination_find(struct peer *peer, uint32_t id, struct destination *to);

/* Whoever is at that endpoint: a path that is open or tried, else a neighbour. */
bool destination_at(struct peer *peer, const struct endpoint *at, struct destination *to);

#endif
