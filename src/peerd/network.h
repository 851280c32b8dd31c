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

#include "io/addresses.h"
#include "peer/link.h"
#include "peerd/settings.h"

struct udp;

#define WAN_SOCKET 0 /* its number as a local address, and among the sockets */
#define LAN_SOCKET 1 /* the same of IPv6, if there is one */

struct network {
	struct addresses found;	/* as at the last look */
	bool looked;		/* there was one */
	bool ip4;		/* the wide area may be reached so; of one family it always says so */
	bool ip6;
	/* of private scope, with our port, on interfaces as the settings want them */
	struct endpoint addresses[ADDRESSES_MAX];
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
 * Opens the socket of IPv6 beside the one for IPv4, at the same port, if it is not open yet. Where
 * that cannot be had, the log says so, and IPv4 is all there is.
 */
void network_open(struct network *network, struct udp *udp);

/*
 * Looks for all of it, and joins and leaves groups as it needs; says in the
 * log which links there are, when they are others. `now` in ms. True when the addresses or
 * ways out of the host are others than at the look before.
 */
bool network_look(struct network *network, struct udp *udp, const struct peerd_settings *settings,
    int64_t now);

#endif
