/*
 * A router with address translation, as a Linux one behaves: connection
 * tracking with its timeouts, ports kept where they can be, and in front of
 * it what the kinds of the namespace lab filter. It forwards nothing itself;
 * it is asked what becomes of an address on the way out and on the way in.
 */
#ifndef IPMSG_TESTS_SIM_NAT_H
#define IPMSG_TESTS_SIM_NAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/endpoint.h"
#include "base/rng.h"

enum nat_kind {
	NAT_PUBLIC, /* none: the host has a public address */
	NAT_FULL_CONE,
	NAT_ADDR_RESTRICTED,
	NAT_PORT_RESTRICTED,
	NAT_REJECT,	/* port-restricted, and says so by ICMP, which reaches nobody here */
	NAT_OPEN_INPUT, /* unsolicited packets are taken by the router, and tracked */
	NAT_SYMMETRIC_RANDOM,
	NAT_SYMMETRIC_SEQ,
	NAT_BLOCKED,
	NAT_KINDS,
};

/* "port-restricted", … */
const char *nat_kind_name(enum nat_kind kind);

/* One tracked flow. */
struct nat_flow {
	struct endpoint inside; /* family NONE: with the router itself */
	struct endpoint remote;
	uint16_t outer;
	bool from_outside; /* who began it */
	bool replied;
	int64_t created;
	int64_t expires;
};

/* What full-cone and addr-restricted kinds let in; only outgoing packets keep it. */
struct nat_hole {
	struct endpoint inside;
	struct endpoint remote; /* its address counts, for addr-restricted */
	uint16_t outer;
	int64_t expires;
};

struct nat {
	enum nat_kind kind;
	struct endpoint outer; /* port 0 */
	struct rng rng;
	uint16_t next;
	struct nat_flow *flows;
	size_t flow_count, flow_cap;
	struct nat_hole *holes;
	size_t hole_count, hole_cap;
};

void nat_init(struct nat *nat, enum nat_kind kind, const struct endpoint *outer, uint64_t seed);
void nat_free(struct nat *nat);

/* A packet leaves: `from` becomes what the outside sees. False: it may not. */
bool nat_out(struct nat *nat, struct endpoint *from, const struct endpoint *to, int64_t now);

/* A packet came to the outer address: `to` becomes the inside host. False: it may not pass. */
bool nat_in(struct nat *nat, const struct endpoint *from, struct endpoint *to, int64_t now);

/* It forgets all flows, as after a restart. */
void nat_flush(struct nat *nat);

/* It gets another outer address, and so forgets all flows. */
void nat_move(struct nat *nat, const struct endpoint *outer);

#endif
