/*
 * The addresses that this host has itself, as far as others could use them: of private or public
 * scope, on interfaces that lead out of the host; and its ways out.
 */
#ifndef IPMSG_IO_ADDRESSES_H
#define IPMSG_IO_ADDRESSES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/endpoint.h"

#define ADDRESSES_MAX 16
#define ADDRESSES_WAYS_MAX 4

/* A default route. */
struct address_way {
	struct endpoint router; /* its address, port 0; only the family where there is none */
	unsigned interface;
};

struct addresses {
	struct endpoint all[ADDRESSES_MAX]; /* those on the way out first, IPv4 before IPv6 */
	size_t count;
	struct address_way ways[ADDRESSES_WAYS_MAX];
	size_t way_count;
};

/*
 * Looks for all of it and gives the addresses this port. Nothing is found when the kernel does not
 * tell.
 *
 * An interface with a default route leads out whatever it is, and so does what a VPN makes: who is
 * in the same one is best met there. Else these lead nowhere but into the host: what has a name
 * that makers of internal networks give; one end of a veth pair; a bridge that no other than such
 * interfaces are in; dummies. A host without any default route is judged by the names alone.
 *
 * `patterns` (a NULL ends them; or NULL) decide instead where they match an interface's name:
 * "eth*" takes it, "!docker*" does not, and goes before. If there is any of the first kind, what
 * none matches is not taken.
 */
void addresses_find(struct addresses *found, uint16_t port, const char *const *patterns);

/* Whether two looks found the same. */
bool addresses_same(const struct addresses *a, const struct addresses *b);

#endif
