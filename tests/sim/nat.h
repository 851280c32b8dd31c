/*
 * A router with address translation, described as RFC 4787 does: mapping,
 * filtering, ports, timeouts, hairpin. It tracks flows as Linux does. It
 * forwards nothing itself; it is asked what becomes of an address on the way
 * out and on the way in.
 */
#ifndef IPMSG_TESTS_SIM_NAT_H
#define IPMSG_TESTS_SIM_NAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/endpoint.h"
#include "base/rng.h"

/* Of what of the other end it depends. */
enum depends {
	DEPENDS_NOT,	 /* nothing: endpoint-independent */
	DEPENDS_ADDRESS, /* its address */
	DEPENDS_PORT,	 /* its address and port */
};

/* Which outer port a new mapping gets. */
enum port_choice {
	PORTS_KEEP, /* the inner one, if it is free, else a random one */
	PORTS_RANDOM,
	PORTS_SEQUENTIAL, /* of the range, one after the other */
	PORTS_BLOCK,      /* of the range, any */
};

struct nat_spec {
	enum depends mapping;
	enum depends filtering;
	enum port_choice ports;
	uint16_t first, count; /* the range; unused without one */
	uint32_t one_way;      /* ms that a mapping lives on after a packet */
	uint32_t stream;       /* ms, once packets have gone both ways for 2 s */
	bool outgoing_only;    /* what comes in does not keep a mapping alive */
	bool hairpin;	       /* inside hosts reach each other at outer addresses, seen so */
	bool open;	       /* the router takes in what nobody asked for, and tracks it */
	bool blocked;	       /* no UDP at all */
	bool carrier;	       /* its inside is 100.64/10 */
};

enum nat_kind {
	NAT_PUBLIC, /* none: the host has a public address */
	NAT_FULL_CONE,
	NAT_ADDR_RESTRICTED,
	NAT_PORT_RESTRICTED,
	NAT_REJECT,	/* port-restricted, and says so by ICMP, which reaches nobody here */
	NAT_OPEN_INPUT, /* unsolicited packets are taken by the router, and tracked */
	NAT_SYMMETRIC_RANDOM,
	NAT_SYMMETRIC_SEQ,
	NAT_ADDR_DEPENDENT, /* address-dependent mapping */
	NAT_PORT_BLOCK,	    /* port-restricted, and never keeps the port */
	NAT_HAIRPIN,	    /* full cone with hairpin */
	NAT_CARRIER,	    /* port block with hairpin, and 100.64/10 inside */
	NAT_BLOCKED,
	NAT_KINDS,
};

/* "port-restricted", … */
const char *nat_kind_name(enum nat_kind kind);

/* What the name stands for; of NAT_PUBLIC there is none. */
struct nat_spec nat_preset(enum nat_kind kind);

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

/* What looser filters than DEPENDS_PORT let in; only outgoing packets keep it. */
struct nat_hole {
	struct endpoint inside;
	struct endpoint remote; /* its address counts, for DEPENDS_ADDRESS */
	uint16_t outer;
	int64_t expires;
};

struct nat {
	struct nat_spec spec;
	struct endpoint outer; /* port 0 */
	struct rng rng;
	uint16_t next;
	struct nat_flow *flows;
	size_t flow_count, flow_cap;
	struct nat_hole *holes;
	size_t hole_count, hole_cap;
	int64_t oldest; /* nothing expires before */
};

void nat_init(struct nat *nat, const struct nat_spec *spec, const struct endpoint *outer,
    uint64_t seed);
void nat_free(struct nat *nat);

/* A packet leaves: `from` becomes what the outside sees. False: it may not. */
bool nat_out(struct nat *nat, struct endpoint *from, const struct endpoint *to, int64_t now);

/* A packet came to the outer address: `to` becomes the inside host. False: it may not pass. */
bool nat_in(struct nat *nat, const struct endpoint *from, struct endpoint *to, int64_t now);

/* A packet from inside to the outer address: both at once. */
bool nat_hairpin(struct nat *nat, struct endpoint *from, struct endpoint *to, int64_t now);

/*
 * The outer port of that inside endpoint toward `remote`; 0: there is none.
 * As of the last packet, nothing expires by asking.
 */
uint16_t nat_outer_port(const struct nat *nat, const struct endpoint *inside,
    const struct endpoint *remote);

/* It forgets all flows, as after a restart. */
void nat_flush(struct nat *nat);

/* It gets another outer address, and so forgets all flows. */
void nat_move(struct nat *nat, const struct endpoint *outer);

#endif
