/*
 * Two peers and a supernode in one process, without NATs, for the tests of what
 * a peer does toward supernodes and other peers.
 */
#ifndef IPMSG_TESTS_PEER_FIXTURE_H
#define IPMSG_TESTS_PEER_FIXTURE_H

#include "peer/core.h"
#include "super/super.h"

#define E "198.51.100.1:2425"
#define E2 "198.51.100.2:2425"
#define E6 "[2001:db8::1]:2425"
#define NODES 4
#define NODE_SOCKETS 8
#define LOCAL_IP6 1

/* Node 0 is the supernode, 1 is B (bob), 2 is D (dave), 3 may be another supernode. */
struct node {
	struct endpoint at;
	struct endpoint inside; /* the same socket as those behind its NAT see it, if there is one */
	/* by their local numbers: IPv6 if it has that, and those that were wanted later */
	struct endpoint sockets[NODE_SOCKETS];
	bool gives_sockets; /* otherwise those that are wanted cannot be had */
	unsigned wants[NODE_SOCKETS]; /* not answered yet */
	unsigned want_count;
	unsigned sockets_given, sockets_ended;
	struct super *super;
	struct peer *peer;
	struct batch batch;
	bool cut; /* nothing reaches it */
	bool refuses; /* keeps no message */
	const struct node *deaf_to; /* what this one sends does not reach it */
	char text[64];
	unsigned received;
	enum message_state message_state;
	enum path_state path_state;
	enum reason reason;
	unsigned steps[STEPS];
	struct endpoint last_to;
	unsigned neighbour_changes[NEIGHBOUR_CHANGES];
	enum identity_state identity_state;
	unsigned key_events;
	uint64_t stamp; /* of its last EVENT_STAMP */
	unsigned stamp_events;
	bool one_supernode; /* all names of supernodes lead to E */
	unsigned strangers; /* datagrams to nobody here */
	size_t stranger_bytes;
};

extern struct node nodes[NODES];
extern int64_t now;

/* The wall clock is that many seconds ahead of `now`. */
#define CLOCK_BASE 1700000000
extern int64_t clock_base;

#define B (&nodes[1])
#define D (&nodes[2])

/* Supernodes are told nothing of absence: whether one was. */
extern bool told_super_absence;

/* A datagram on its way. */
struct flying {
	struct node *by;
	uint8_t ttl;
	struct endpoint from, to;
	size_t len;
	unsigned char data[1500];
};

/* Sees each datagram, may change it, and returns false for one that gets lost; NULL: nobody does. */
typedef bool (*air_fn)(struct flying *flying);
extern air_fn on_air;

/* Is told of each message that comes; NULL: nobody is. */
extern void (*on_text)(struct node *node, const char *text);

/* Is told of each that leaves, and of openers, which arrive nowhere; NULL: nobody is. */
extern void (*on_send)(const struct flying *flying);

struct endpoint at(const char *text);
int64_t wall(void);

/* Hands it to the node as if it came from there. */
void deliver(struct node *node, const struct endpoint *from, const void *bytes, size_t len);

/* Loses what is on its way. */
void clear_air(void);

/* Delivers what is on its way; lets time pass, and delivers what is sent meanwhile. */
void fly(void);
void pass(int64_t ms);

void make_super(int i, uint8_t key);
/* Its name is NAME@sales, on host pcI. With `key` other than 0 it has that key. */
void make_keyed_peer(int i, const char *where, const char *name, uint8_t key);
void make_peer(int i, const char *where, const char *name);

/* Has IPv6, too: before start(). */
void use_ip6(int i, const char *where);
void start(int i);
void setup(void);
void teardown(void);

/* Of its first supernode. */
enum supernode_state uplink_state(struct node *node);

/* A person asks, or writes, there. */
uint32_t ask(struct node *node, const char *name);
uint64_t say(struct node *node, const char *name, const char *text);

#endif
