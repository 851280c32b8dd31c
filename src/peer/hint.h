/* What a supernode tells of where somebody is, by an answer or an order. */
#ifndef IPMSG_PEER_HINT_H
#define IPMSG_PEER_HINT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/endpoint.h"

struct fields;
struct path;
struct peer;
struct turn;
struct uplink;

struct hint {
	const struct uplink *uplink; /* by whom */
	uint16_t local;		     /* our socket that it came to, and that the other is told of */
	const struct endpoint *observed;
	const struct fields *fields;
};

/* Whether we are at that endpoint ourselves, as far as we know: nobody else is. */
bool hint_is_own(const struct peer *peer, const struct endpoint *at);

/*
 * Whether it may be followed: not to ourselves, nor loopback, link or worse; to a private address
 * only if the supernode is at one itself.
 */
bool hint_may_lead(const struct peer *peer, const struct hint *hint);

/*
 * Whether who is heard from there is on our side of the NAT, by the rules for a local candidate: a
 * private address, an open port, and one router before both.
 */
bool hint_is_inside(const struct peer *peer, const struct path *path, const struct endpoint *at);

/*
 * Makes candidates of it, to be checked from path_punch() on; `incoming`: the other asked. False if
 * the two NATs are known to leave no way.
 */
bool hint_try(struct turn *turn, struct path *path, const struct hint *hint, bool incoming);

#endif
