/*
 * What the core has done outside of it, beside sending and receiving: names are resolved, sockets
 * opened and closed, networks looked at, and routers on the way counted.
 */
#ifndef IPMSG_PEERD_OUTSIDE_H
#define IPMSG_PEERD_OUTSIDE_H

#include <stdbool.h>
#include <stdint.h>

#include "peer/event.h"
#include "peerd/network.h"

struct hops;
struct netlink;
struct peerd;
struct resolver;

struct outside {
	struct resolver *resolver;
	struct network network;
	struct netlink *netlink; /* NULL: nobody tells of changes to the network */
	struct hops *hops;	 /* the search under way; NULL: none */
	bool hops_wanted;	 /* another one is, once there is somebody to search toward */
	int64_t hops_due;	 /* ms: when to begin it; DEADLINE_NEVER for not by time */
	int64_t hops_rest;	 /* ms: not before that */
};

/* Once the loop is there. False when memory is short. */
bool outside_open(struct peerd *peerd);

/* Looks at the network for the first time, and whenever it changes. */
void outside_watch(struct peerd *peerd);

/* Looks at the network, and tells the core what has changed. */
void outside_look(struct peerd *peerd);

/* Reads what depends on the configuration, and the system's, again. */
void outside_reload(struct peerd *peerd);

/*
 * Does what an event asks for, now that the core may be called again. `done`: the name of
 * EVENT_RESOLVE is being resolved.
 */
void outside_act(struct peerd *peerd, const struct peer_event *event, bool done);

/* When outside_tick() is to be called next, in ms. */
int64_t outside_deadline(const struct peerd *peerd);
void outside_tick(struct peerd *peerd);

/* Turns the loop once more, see resolver_free(). What was never opened is fine. */
void outside_close(struct peerd *peerd);

#endif
