/*
 * A whole network in one process on virtual time: supernodes, peers, seed
 * doubles, the NATs in front of them and the links between, all of it had
 * again from a seed. A test tells it what people do and what breaks, and
 * looks at what the peers say.
 */
#ifndef IPMSG_TESTS_SIM_SIM_H
#define IPMSG_TESTS_SIM_SIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "nat.h"
#include "peer/peer.h"
#include "seed.h"
#include "super/super.h"

struct sim;
struct node;

/*
 * World `index` of those that the base seed gives: SIM_SEED in the
 * environment, or always the same. With SIM_TRACE=1 it tells each datagram.
 */
struct sim *sim_new(uint64_t index);
struct sim *sim_new_of(uint64_t base, uint64_t index); /* of another base seed */
void sim_free(struct sim *sim);

uint64_t sim_base(void);

/*
 * How many worlds a test shall go through: SIM_N, or `usual`. With SIM_ONLY=i
 * sim_skips() is true for all but that one.
 */
uint64_t sim_worlds(uint64_t usual);
uint64_t sim_from(void); /* SIM_FROM: the first of them, where there are very many */
bool sim_skips(uint64_t index);

/* Prints how this world of the running program's `test` can be had again, with its trace. */
void sim_report(const struct sim *sim, const char *test);

/* ms since the world began; all times below are of this clock. */
int64_t sim_now(const struct sim *sim);

/* Chance, of the same seed. */
uint32_t sim_chance(struct sim *sim, uint32_t bound);

/* The line between a site (a NAT, or a public node) and the middle of the network. */
struct link {
	uint32_t delay;	    /* ms, one way */
	uint32_t jitter;    /* ms more, at most: what reorders */
	uint32_t loss;	    /* of what the site sends, in percent */
	uint32_t duplicate; /* of what it sends, in percent */
	bool cut;	    /* nothing passes, either way */
};

/* --- Who there is. All take the line's defaults: 10 ms, no jitter, no loss. */

struct node *sim_supernode(struct sim *sim, const char *name);
struct node *sim_seed_supernode(struct sim *sim, const char *name);

/* A router of its own; NULL for NAT_PUBLIC. */
struct nat_site;
struct nat_site *sim_nat(struct sim *sim, enum nat_kind kind);

/* One whose outside is the inside of another; NULL: the middle of the network. */
struct nat_site *sim_nat_behind(struct sim *sim, struct nat_site *outside,
    const struct nat_spec *spec);

/* A peer behind a NAT of its own, or behind one that is there; its group is "sales". */
struct node *sim_peer(struct sim *sim, enum nat_kind kind, const char *nick,
    struct node *supernode);
struct node *sim_peer_behind(struct sim *sim, struct nat_site *site, const char *nick,
    struct node *supernode);
struct node *sim_seed(struct sim *sim, enum nat_kind kind, const char *nick,
    struct node *supernode);
struct node *sim_seed_behind(struct sim *sim, struct nat_site *site, const char *nick,
    struct node *supernode);

/* One more supernode, before sim_start(). */
void sim_use_supernode(struct node *peer, const struct node *supernode);

/* An address that nobody of ours is at; it counts what comes. */
struct node *sim_bystander(struct sim *sim, const char *name);

struct link *sim_link(struct node *node);
struct nat_site *sim_site(const struct node *node);

/* What the outside sees of a node when it sent to the supernode last. */
struct endpoint sim_outer(const struct node *node);
struct endpoint sim_outer_of(const struct node *node, const struct endpoint *inside);
struct endpoint sim_address(const struct node *node); /* its own */
const char *sim_name(const struct node *node);

/* --- Time. */

void sim_run(struct sim *sim, int64_t ms);

typedef bool (*sim_condition)(const struct node *node, const char *name);
/* Called after each event, with the node that it was at (NULL: none); may call nothing back. */
typedef void (*sim_hook)(struct sim *sim, struct node *node, void *context);
void sim_use_hook(struct sim *sim, sim_hook hook, void *context);

/* Runs until the condition holds or `ms` are over; whether it holds. */
bool sim_until(struct node *node, sim_condition condition, const char *name, int64_t ms);

/* Conditions. `name` is the other's. */
bool sim_registered(const struct node *node, const char *unused); /* at its endpoint of now */
bool sim_open(const struct node *node, const char *name);
bool sim_settled(const struct node *node, const char *name); /* open or failed */
bool sim_shown(const struct node *node, const char *text);   /* that message came */

/* --- What people do. */

/* Every other peer has a key, unless this says so before sim_start(). */
void sim_key(struct node *peer, bool keyed);

/* Settings may be changed before sim_start(). */
struct peer_settings *sim_settings(struct node *peer);
struct super_settings *sim_super_settings(struct node *supernode);

void sim_deny_sockets(struct node *peer); /* it has its main one, and gets no other */

void sim_start(struct node *node); /* a seed enters */
uint32_t sim_ask(struct node *node, const char *name);
uint32_t sim_ask_at(struct node *node, const char *name, const struct endpoint *at);
uint64_t sim_send(struct node *node, const char *name, const char *text);
void sim_enter(struct node *seed, const struct endpoint *to);

/* --- What breaks. */

void sim_kill(struct node *node);
void sim_restart(struct node *node); /* with nothing that it knew, and another secret */
void sim_return(struct node *node);  /* with its key alone */
void sim_flush(struct node *node);   /* its NATs forget */
void sim_move(struct node *node);    /* its NAT gets another outer address */
void sim_roam(struct node *node, struct nat_site *site); /* it goes elsewhere; NULL: public */
void sim_sleep(struct node *node);   /* hears nothing and does nothing */
void sim_wake(struct node *node);
int64_t sim_disturbed(const struct node *node); /* ms: when any of these happened last */
bool sim_awake(const struct node *node);	/* up, too */

/* A datagram from nowhere under any source address. */
void sim_forge(struct sim *sim, const struct endpoint *from, const struct endpoint *to,
    const void *bytes, size_t len);

/* A datagram of any kind from a node, in its own name; ttl 0: the usual. */
void sim_cast(struct node *node, const struct endpoint *to, uint8_t ttl, const void *bytes,
    size_t len);

/* The last datagrams that crossed the middle, for who replays them. */
#define SIM_SEEN_MAX 8
struct sim_seen {
	struct endpoint from, to;
	size_t len;
	unsigned char bytes[1500];
};
void sim_tap(struct sim *sim);
const struct sim_seen *sim_seen(const struct sim *sim, size_t which); /* NULL: none */

/* --- What was told. */

struct sim_path {
	uint32_t id;
	char name[328];
	enum path_state state;
	enum reason reason;
	int64_t since;
	unsigned opened; /* times */
	int64_t ended;	 /* when it first opened or failed; 0: not yet */
	int64_t busy;	 /* asking or punching since then; 0: it is not */
};

struct sim_message {
	uint64_t id;
	enum message_state state;
	enum reason reason;
	char text[64];
	int64_t at; /* ms: sent, or received */
	uint64_t hash; /* of all of its text, received */
};

struct sim_step {
	enum step step;
	enum reason reason;
	uint32_t path;
	int64_t now;
	struct endpoint at;
};

/* The newest path of that name or id; NULL for none. */
const struct sim_path *sim_path(const struct node *peer, const char *name);
const struct sim_path *sim_path_id(const struct node *peer, uint32_t id);
enum reason sim_refused(const struct node *peer); /* why the last ask or send was not taken */

const struct sim_message *sim_sent(const struct node *peer, uint64_t id);
size_t sim_received(const struct node *peer, const char *text); /* how often */
size_t sim_received_whole(const struct node *peer, const char *text); /* the same of a long one */
uint64_t sim_hash(const char *text);

const struct sim_step *sim_steps(const struct node *peer, size_t *count);
unsigned sim_step_count(const struct node *peer, enum step step);

struct super *sim_super(const struct node *supernode);
struct peer *sim_core(const struct node *peer);
struct seed_node *sim_seed_of(struct node *seed);

/* Bytes that came to it. */
size_t sim_bytes_to(const struct node *node);

/* Datagrams with that command that left the node. */
unsigned sim_sent_command(const struct node *node, unsigned command);

/*
 * What must hold in every world, watched at each datagram: NULL, or what was
 * violated first (see watch.h).
 */
const char *sim_violation(const struct sim *sim);

#endif
