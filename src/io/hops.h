/*
 * How deep behind private networks this host is: how many routers on the way to some host on the
 * Internet have addresses of private scope. A carrier's NAT behind one's own shows so.
 */
#ifndef IPMSG_IO_HOPS_H
#define IPMSG_IO_HOPS_H

#include "base/endpoint.h"

struct event_base;
struct hops;

#define HOPS_MAX 5
#define HOPS_UNKNOWN (-1)

/*
 * The answer, once: of the routers before the first one with a public address, or before the
 * destination, the number of the last with a private address, at most HOPS_MAX. HOPS_UNKNOWN when
 * none said anything. The search is over and gone by then.
 */
typedef void (*hops_fn)(int hops, void *context);

/*
 * Sends at most HOPS_MAX short packets toward an IPv4 endpoint, each of which gets one router
 * further, where it is dropped and the router says so; it ends early at one with a public address,
 * and at one that keeps silent behind a private one. Where fewer routers are on the way, and all
 * keep silent, some of the packets arrive: a NOOPERATION, about which nobody does anything.
 *
 * The answer comes from the loop within about a second, never from within this call. NULL with
 * errno.
 */
struct hops *hops_search(struct event_base *base, const struct endpoint *to, hops_fn done,
    void *context);

/* Calls it off; no answer comes. NULL is fine. */
void hops_cancel(struct hops *hops);

#endif
