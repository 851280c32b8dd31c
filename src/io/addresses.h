/*
 * The addresses that this host has itself, as far as a peer behind the same NAT
 * could use them: of private scope, on interfaces that lead out of the host.
 */
#ifndef IPMSG_IO_ADDRESSES_H
#define IPMSG_IO_ADDRESSES_H

#include <stddef.h>

#include "base/endpoint.h"

/*
 * Fills in at most `max` endpoints with this port, of one family or
 * (FAMILY_NONE) of both, and returns their number; 0 also when the kernel does
 * not tell.
 */
size_t addresses_own(struct endpoint *out, size_t max, enum family family, uint16_t port);

#endif
