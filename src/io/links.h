/*
 * The networks of this host's interfaces, as far as an IP Messenger could use
 * them: what to send entries to, and from which address.
 */
#ifndef IPMSG_IO_LINKS_H
#define IPMSG_IO_LINKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/endpoint.h"

/* IPv6 has no broadcast: entries go to these groups (ff15::979 is IP Messenger's own). */
#define LINKS_GROUP_SITE "ff15::979"
#define LINKS_GROUP_LINK "ff02::1"

struct io_link {
	struct endpoint own;	   /* address; port 0 */
	uint8_t prefix;		   /* bits */
	struct endpoint broadcast; /* IPv4; family NONE for IPv6 */
	unsigned interface;	   /* index, as of if_nametoindex(3) */
	bool quiet; /* neighbours may be in it, but entries leave from another address there */
};

enum links_wanted {
	LINKS_PRIVATE, /* networks with private, unique local or link-local addresses */
	LINKS_ALL,
};

/*
 * Fills in at most `max`, and returns their number: those of interfaces that
 * are up and connected, can broadcast (multicast for IPv6) and lead out of the
 * host; a point-to-point interface, as of a VPN, is none. 0 also when the kernel
 * does not tell.
 *
 * Nobody shall see us twice on one network: of several IPv4 addresses in it the
 * first is taken, and on an interface one IPv6 address is not quiet, the one
 * that others can answer best (unique local, then, if all are wanted, global,
 * then link-local). LINKS_PRIVATE leaves out IPv6 where IPv4 is public only: that
 * is the Internet's side. The quiet ones come last.
 */
size_t links_find(struct io_link *out, size_t max, enum links_wanted wanted);

#endif
