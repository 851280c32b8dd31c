/*
 * One peer behind a NAT of any kind, and a supernode with two addresses of two ports each, for the
 * tests of what a peer finds out about its NAT.
 */
#ifndef IPMSG_TESTS_NAT_FIXTURE_H
#define IPMSG_TESTS_NAT_FIXTURE_H

#include "peer/core.h"
#include "super/super.h"

enum nat {
	NAT_NONE, /* the peer has a public address */
	NAT_FIREWALL, /* the same, and only who was written to gets in */
	NAT_FULL_CONE,
	NAT_ADDRESS_RESTRICTED,
	NAT_PORT_RESTRICTED,
	NAT_BLOCK, /* port-restricted, and keeps no port */
	NAT_OPEN,  /* port-restricted; who comes unasked makes it change the port */
	NAT_DEPENDENT, /* on the address */
	NAT_SEQUENTIAL,
	NAT_RANDOM,
	NATS,
};

/* The endpoints of the supernode, in the order of its local numbers. */
enum { AT_MAIN, AT_TEST, AT_OTHER, AT_OTHER_TEST, ENDPOINTS };

/* A datagram at the supernode's side of the NAT. */
struct seen {
	bool to_super;
	unsigned place; /* which of its endpoints */
	struct endpoint outer;
	size_t len;
	unsigned char data[1500];
};

/* May change it, and returns false for one that gets lost. */
typedef bool (*wire_fn)(struct seen *seen);

extern struct world {
	enum nat nat;
	int64_t now;
	struct peer *peer;
	struct super *super;
	struct super_settings settings; /* of the supernode, before it is made */
	wire_fn on_wire;
	bool no_sockets; /* none can be had */
	bool mute;	 /* the wish is not answered at all */
	unsigned wanted, ended, open; /* sockets; wishes too many fail the test */
	uint8_t address; /* the last byte of the NAT's outer address */
	unsigned tests;	 /* entries without a cookie that came to the supernode from test sockets */
	unsigned elsewhere; /* those of them with AP */
	char told[64];	 /* NT of the last entry with a cookie; "" for none */
	unsigned entries; /* with a cookie */
	struct endpoint ends[ENDPOINTS];
	uint16_t last_local; /* of the last test socket */
} world;

/* A peer and a supernode as `world.settings` say, with key or without. */
void nat_begin(enum nat nat, bool keyed);
void nat_setup(void);
void nat_teardown(void);
void nat_pass(int64_t ms);

/* Hands it to the peer, at that socket. */
void nat_deliver(uint16_t local, const struct endpoint *from, const void *bytes, size_t len);

struct peer_nat_status nat_status(void);

#endif
