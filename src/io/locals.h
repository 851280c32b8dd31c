/*
 * The numbering of local addresses: what stands behind the `local` of a
 * datagram. A number is a place in a table, and is never given up again.
 */
#ifndef IPMSG_IO_LOCALS_H
#define IPMSG_IO_LOCALS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/endpoint.h"

#define LOCALS_MAX 1024

struct local {
	uint8_t socket;
	struct endpoint at;
	unsigned zone; /* interface that the address or its partner means; 0 unless link-local */
	unsigned interface; /* of a link: what goes to many leaves by it; 0 for others */
	struct endpoint broadcast; /* of a link; family NONE if it has none */
};

struct locals {
	struct local all[LOCALS_MAX];
	size_t count;
	size_t last; /* the one met last, most likely the next too */
};

/*
 * Of the address on that socket. When the table is full it is the number of
 * the socket itself: the kernel chooses the address then.
 */
uint16_t locals_number(struct locals *locals, size_t socket, const struct endpoint *at,
    unsigned zone);

/* The same, and makes it the one of a link on that interface. */
uint16_t locals_number_link(struct locals *locals, size_t socket, const struct endpoint *at,
    unsigned interface, const struct endpoint *broadcast);

/* Whether what leaves under it may have to name an interface: see locals_leaves_by(). */
static inline bool locals_is_link(const struct local *local)
{
	return local->zone != 0 || local->interface != 0;
}

/* The first link on an interface; false when there is none. */
bool locals_find_link(const struct locals *locals, size_t socket, unsigned interface,
    uint16_t *number);

/* Whether it goes to everybody on the link, or to 255.255.255.255. */
bool locals_is_broadcast(const struct local *local, const struct endpoint *to);

/* The interface by which a datagram has to leave; 0 for the one that the routes name. */
unsigned locals_leaves_by(const struct local *local, const struct endpoint *to);

/* fe80::/10, an address that means nothing without an interface. */
bool locals_needs_zone(const struct endpoint *at);

/* 224.0.0.0/4 and ff00::/8. */
bool locals_is_group(const struct endpoint *at);

#endif
