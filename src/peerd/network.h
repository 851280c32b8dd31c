/*
 * The networks this host is on: its addresses, for the peer to tell to its
 * supernodes, and the links on which it is a neighbour among others. They are
 * looked for again when the kernel tells of a change or, if it cannot, every minute.
 */
#ifndef IPMSG_PEERD_NETWORK_H
#define IPMSG_PEERD_NETWORK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "peer/link.h"
#include "peerd/settings.h"

struct udp;

#define ADDRESSES_MAX 16
#define WAN_SOCKET 0 /* its number as a local address, and among the sockets */
#define LAN_SOCKET 1 /* IPv6, if there is one */

struct network {
	struct endpoint addresses[ADDRESSES_MAX]; /* of private scope, with our port */
	size_t address_count;
	struct lan_link links[LINKS_MAX];
	size_t link_count;
	unsigned joined[LINKS_MAX]; /* interfaces on which we are in the IPv6 groups */
	size_t joined_count;
	bool has_ip6; /* LAN_SOCKET */
	bool watched; /* we are told when to look again */
	int64_t due;  /* ms: when to look again; DEADLINE_NEVER: not by time */
};

/*
 * Opens what the LAN side needs beside the socket for everything, at the same
 * port; once, when it is first wanted. Without IPv6 there is just less of it.
 */
void network_open(struct network *network, struct udp *udp, const struct peerd_settings *settings);

/*
 * Looks for all of it, and joins and leaves groups as it needs; says in the
 * log which links there are, when they are others. `now` in ms.
 */
void network_look(struct network *network, struct udp *udp, const struct peerd_settings *settings,
    int64_t now);

#endif
