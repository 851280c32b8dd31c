/*
 * What the NAT is tested with: the supernodes that we are registered with, and what they tell of
 * themselves besides, as far as that may be believed.
 */
#ifndef IPMSG_PEER_NATDESTINATIONS_H
#define IPMSG_PEER_NATDESTINATIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/endpoint.h"

struct peer;
struct turn;

/* Into the view's `destinations`. */
void nat_find_destinations(struct turn *turn);

/* Whether it is this host: with `port` 0 at the main socket, else at the one with that port. */
bool nat_is_own(const struct peer *peer, const struct endpoint *at, uint16_t port);

#endif
