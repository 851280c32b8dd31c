/*
 * What the kernel is told of each datagram of a batch that leaves: where to,
 * and where from. For io/udp.c.
 */
#ifndef IPMSG_IO_UDP_FILL_H
#define IPMSG_IO_UDP_FILL_H

#include <netinet/in.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/datagram.h"
#include "io/locals.h"

/* Room for the local address and the TTL of one datagram. */
#define UDP_CONTROL_BYTES (CMSG_SPACE(sizeof(struct in6_pktinfo)) + CMSG_SPACE(sizeof(int)))

struct udp_out {
	struct mmsghdr msgs[BATCH_ITEMS];
	int32_t source[BATCH_ITEMS]; /* whose number the control room is made for; -1 */
	struct iovec iov[BATCH_ITEMS];
	struct sockaddr_storage to[BATCH_ITEMS];
	_Alignas(struct cmsghdr) unsigned char control[BATCH_ITEMS][UDP_CONTROL_BYTES];
};

void udp_fill_init(struct udp_out *out);

/* Message `i` of the batch; `wildcard`: its socket is bound to all addresses. */
void udp_fill(struct udp_out *out, size_t i, const struct datagram *item,
    const struct local *local, bool wildcard);

#endif
