/*
 * A network this host is on: one address of one of its interfaces. Whoever
 * is in it counts as a neighbour, and is spoken to from that address.
 */
#ifndef IPMSG_PEER_LINK_H
#define IPMSG_PEER_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/endpoint.h"

#define LINKS_MAX 32
#define ANNOUNCE_MAX 2

struct lan_link {
	struct endpoint own; /* our address there, and the port we listen at */
	uint8_t prefix;	     /* bits of the network's part of it */
	uint16_t local;	     /* datagrams that leave under it leave from there */
	/* where entries go: the broadcast address, or the multicast groups; with the others' port */
	struct endpoint announce[ANNOUNCE_MAX];
	size_t announce_count;
};

#endif
