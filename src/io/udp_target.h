/* Where a datagram arrived, as the kernel says it. For io/udp.c. */
#ifndef IPMSG_IO_UDP_TARGET_H
#define IPMSG_IO_UDP_TARGET_H

#include <netinet/in.h>
#include <stdbool.h>

#include "base/endpoint.h"

struct udp_target {
	struct endpoint at; /* the address to answer from, with the socket's port */
	unsigned interface; /* IPv6: by which it came */
	bool many;	    /* it was sent to a broadcast address or a group */
};

/* `bound` is where the socket is. */
struct udp_target udp_target4(const struct endpoint *bound, const struct in_pktinfo *info);
struct udp_target udp_target6(const struct endpoint *bound, const struct in6_pktinfo *info);

#endif
