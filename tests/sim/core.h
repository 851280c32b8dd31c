/*
 * What the files of the simulator share with each other: the world, its
 * nodes, the queue of what happens next.
 */
#ifndef IPMSG_TESTS_SIM_CORE_H
#define IPMSG_TESTS_SIM_CORE_H

#include "base/heap.h"
#include "base/rng.h"
#include "rests.h"
#include "sim.h"
#include "watch.h"

enum due_kind { DUE_TIMER, DUE_FLIGHT };

/* First in what contains it. */
struct event {
	struct heap_node node;
	enum due_kind kind;
};

struct nat_site {
	struct nat nat;
	struct link link;	 /* to the middle; unused behind another one */
	struct nat_site *uplink; /* NULL: the middle of the network */
	char letter;
	unsigned inside; /* hosts and routers so far */
	struct nat_site *next;
};

enum node_kind { NODE_SUPERNODE, NODE_PEER, NODE_SEED, NODE_BYSTANDER };

/* A list that grows; `items` are of whatever type its owner says. */
struct list {
	void *items;
	size_t count, cap;
};
void *list_add(struct list *list, size_t size);

#define NODE_SOCKETS_MAX 12

/* Where a node listens, and under which local number what comes there is handed in. */
struct socket_at {
	uint16_t local;
	struct endpoint at;
};

/* What a test keeps a peer's messages with, in the place of the node's own book. */
struct keeper {
	void *context;
	void (*start)(struct node *node, void *context); /* a life begins: before peer_start() */
	/* of the kinds RECEIVED, MESSAGE and TEXT; may call nothing back */
	void (*on_event)(struct node *node, const struct peer_event *event, void *context);
};

struct node {
	struct event timer;
	struct sim *sim;
	enum node_kind kind;
	char name[32];
	bool up;
	bool asleep; /* nothing comes, no timer goes */
	bool carried; /* to another network meanwhile */
	struct endpoint at; /* inside its site: the first socket's */
	struct socket_at sockets[NODE_SOCKETS_MAX];
	size_t socket_count;
	uint16_t last_local, last_port; /* of the sockets wanted later */
	struct nat_site *site; /* NULL: public */
	struct link link; /* if public */
	struct node *supernode;
	int64_t disturbed; /* ms: when it or its router was last changed from outside */
	unsigned spins; /* timer calls within one ms */
	int64_t spun;
	unsigned starts;
	unsigned sent[256]; /* by command */
	size_t bytes_in;

	struct super *super;
	struct super_settings super_settings;
	bool has_keys;
	struct super_keys keys;
	struct watch watch;

	struct seed_node seed;

	struct peer *peer;
	struct peer_settings peer_settings;
	const struct keeper *keeper; /* NULL: none */
	bool no_sockets;     /* none but the first */
	bool drawn, keyed; /* whether it has a key is drawn, and it has */
	uint8_t key_seed[KEYPAIR_SEED_BYTES];
	uint64_t stamp; /* as its last life told it */
	enum reason refused;
	struct rests rests;
	struct list paths, steps, outgoing, incoming; /* struct sim_path, … */
	struct list tasks;			      /* struct task: answers to events */
	struct node *next;
};

struct sim {
	uint64_t base, index;
	bool trace;
	struct rng rng;
	int64_t start, now;
	uint64_t sequence;
	struct heap heap;
	struct batch batch;
	struct node *sender;  /* whose batch it is now */
	struct node *touched; /* the one called last */
	struct node *nodes;
	struct nat_site *sites;
	unsigned addresses; /* public ones given out */
	uint8_t hops;	    /* in the middle */
	char violation[256];
	sim_hook hook;
	void *hook_context;
	bool tapped;
	struct sim_seen seen[SIM_SEEN_MAX];
	size_t seen_count;
};

/* Ties come out in the order in which they were put in. */
void sim_schedule(struct sim *sim, struct event *event, int64_t due);
int64_t sim_wall(const struct sim *sim);
void sim_violate(struct sim *sim, const char *format, ...) __attribute__((format(printf, 2, 3)));
struct endpoint sim_public_address(struct sim *sim);

/* network.c */
void network_send(struct node *node, const struct datagram *datagram);
void network_land(struct sim *sim, struct event *event);
void network_drop(struct sim *sim, struct event *event);

/* world.c */
struct nat_site *site_root(struct nat_site *site);
struct endpoint site_host(struct nat_site *site); /* the next address inside */

/* node.c: calls into the cores; what they send goes out, and their timer is set. */
struct batch *node_batch(struct node *node);
void node_settle(struct node *node);
void node_receive(struct node *node, const struct arrival *in);
void node_tick(struct node *node);
void node_free(struct node *node);
void node_listen(struct node *node, uint16_t local, const struct endpoint *at);
void node_deafen(struct node *node, uint16_t local);
const struct socket_at *node_socket(const struct node *node, const struct endpoint *at);
const struct socket_at *node_socket_of(const struct node *node, uint16_t local,
    enum family family);
bool node_has(const struct node *node, const struct endpoint *address);

/* super_node.c */
void super_node_places(struct node *node);
void super_node_start(struct node *node);

/* peer_node.c */
uint64_t peer_node_look(const struct node *node); /* changes with what supernodes see of it */
void peer_node_start(struct node *node);
void peer_node_tasks(struct node *node);
void peer_node_forget(struct node *node);
void peer_node_fresh(struct node *node); /* what it is about has begun only now */
void peer_node_moved(struct node *node); /* it has another address */

/* trace.c: the way of one datagram, told when it ends. NULL when nothing is told. */
struct trail;
struct trail *trail_new(const struct sim *sim, const char *name, const struct endpoint *from,
    const struct datagram *datagram);
struct trail *trail_copy(const struct trail *trail);
void trail_via(struct trail *trail, const struct nat_site *site, const struct endpoint *now);
void trail_to(struct trail *trail, const struct endpoint *to);
void trail_end(struct sim *sim, struct trail *trail, const struct node *to, const char *fate);
void trace_site(const struct sim *sim, const struct nat_site *site);
void trace_event(const struct node *node, const struct peer_event *event);
void trace_note(const struct node *node, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
