/* Nodes: who there is, and the calls into the cores that they are. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core.h"
#include "wire/packet.h"

#define PORT 2425
#define LINE_DELAY_MS 10
#define SPINS_MAX 1000

static void send_all(struct batch *batch, void *context)
{
	struct sim *sim = context;
	struct node *node = sim->sender;

	for (size_t i = 0; i < batch->count; i++) {
		const struct datagram *d = &batch->items[i];
		struct span bytes = span_of(d->data, d->len);
		struct packet packet;

		if (packet_parse(&packet, bytes) == PACKET_OK)
			node->sent[packet.word & COMMAND_MASK]++;
		if (node->kind == NODE_SUPERNODE && node->super != NULL) {
			const char *rule = watch_out(&node->watch, &d->remote, bytes);

			if (rule != NULL)
				sim_violate(sim, "%s %s", node->name, rule);
		}
		network_send(node, d);
	}
}

struct batch *node_batch(struct node *node)
{
	node->sim->sender = node;
	batch_init(&node->sim->batch, send_all, node->sim);
	return &node->sim->batch;
}

/* After each call: what it wrote leaves, what it asked for is answered, its timer is set. */
void node_settle(struct node *node)
{
	struct sim *sim = node->sim;
	int64_t due = DEADLINE_NEVER;

	batch_flush(&sim->batch);
	if (node->peer != NULL)
		peer_node_tasks(node);
	if (node->super != NULL)
		due = super_deadline(node->super);
	if (node->peer != NULL)
		due = peer_deadline(node->peer);
	if (due == DEADLINE_NEVER)
		heap_remove(&sim->heap, &node->timer.node);
	else
		sim_schedule(sim, &node->timer, due);
}

void node_tick(struct node *node)
{
	struct sim *sim = node->sim;
	struct batch *batch = node_batch(node);

	node->spins = node->spun == sim->now ? node->spins + 1 : 0;
	node->spun = sim->now;
	if (node->spins > SPINS_MAX) {
		sim_violate(sim, "%s wants to be called without end", node->name);
		return;
	}
	if (node->super != NULL)
		super_tick(node->super, sim->now, sim_wall(sim), batch);
	if (node->peer != NULL)
		peer_tick(node->peer, sim->now, sim_wall(sim), batch);
	node_settle(node);
}

void node_receive(struct node *node, const struct arrival *in)
{
	struct batch *batch = node_batch(node);

	node->bytes_in += in->bytes.len;
	if (node->super != NULL) {
		watch_in(&node->watch, &in->remote, in->bytes);
		super_receive(node->super, in, batch);
	} else if (node->peer != NULL) {
		peer_receive(node->peer, in, batch);
	} else if (node->kind == NODE_SEED) {
		seed_receive(&node->seed, in, batch);
	}
	node_settle(node);
}

void node_free(struct node *node)
{
	super_free(node->super);
	watch_free(&node->watch);
	peer_free(node->peer);
	peer_node_forget(node);
	free(node);
}

struct endpoint sim_public_address(struct sim *sim)
{
	unsigned n = ++sim->addresses;

	return (struct endpoint){
	    .family = FAMILY_IP4,
	    .address = {198, 18, (uint8_t)(n / 250), (uint8_t)(n % 250 + 1)},
	};
}

static struct node *add_node(struct sim *sim, enum node_kind kind, const char *name,
    struct nat_site *site)
{
	struct node *node = calloc(1, sizeof *node), **last = &sim->nodes;

	if (node == NULL)
		abort();
	node->sim = sim;
	node->kind = kind;
	node->site = site;
	node->link.delay = LINE_DELAY_MS;
	snprintf(node->name, sizeof node->name, "%s", name);
	if (site == NULL)
		node->at = sim_public_address(sim);
	else
		node->at = (struct endpoint){.family = FAMILY_IP4,
		    .address = {192, 168, 1, (uint8_t)(2 + site->inside++)}};
	node->at.port = PORT;
	while (*last != NULL)
		last = &(*last)->next;
	*last = node;
	return node;
}

struct nat_site *sim_nat(struct sim *sim, enum nat_kind kind)
{
	struct nat_site *site, **last = &sim->sites;
	struct endpoint outer;
	unsigned n = 0;

	if (kind == NAT_PUBLIC)
		return NULL;
	site = calloc(1, sizeof *site);
	if (site == NULL)
		abort();
	for (; *last != NULL; n++)
		last = &(*last)->next;
	*last = site;
	outer = sim_public_address(sim);
	nat_init(&site->nat, kind, &outer, (uint64_t)sim_chance(sim, UINT32_MAX) << 8 | n);
	site->letter = (char)('A' + n % 26);
	site->link.delay = LINE_DELAY_MS;
	return site;
}

struct node *sim_supernode(struct sim *sim, const char *name)
{
	struct node *node = add_node(sim, NODE_SUPERNODE, name, NULL);

	super_settings_init(&node->super_settings);
	sim_restart(node);
	return node;
}

struct node *sim_seed_supernode(struct sim *sim, const char *name)
{
	struct node *node = add_node(sim, NODE_SEED, name, NULL);

	snprintf(node->seed.nick, sizeof node->seed.nick, "%s", name);
	node->up = true;
	return node;
}

struct node *sim_seed(struct sim *sim, enum nat_kind kind, const char *nick,
    struct node *supernode)
{
	struct node *node = add_node(sim, NODE_SEED, nick, sim_nat(sim, kind));

	snprintf(node->seed.nick, sizeof node->seed.nick, "%s", nick);
	snprintf(node->seed.group, sizeof node->seed.group, "sales");
	node->supernode = supernode;
	node->seed.supernode = supernode->at;
	node->up = true;
	return node;
}

struct node *sim_peer_behind(struct sim *sim, struct nat_site *site, const char *nick,
    struct node *supernode)
{
	struct node *node = add_node(sim, NODE_PEER, nick, site);
	struct peer_settings *settings = &node->peer_settings;
	struct supernode_setting *first = &settings->supernodes[0];

	node->supernode = supernode;
	peer_settings_init(settings);
	snprintf(settings->user, sizeof settings->user, "%s", nick);
	snprintf(settings->host, sizeof settings->host, "pc-%s", nick);
	snprintf(settings->nick, sizeof settings->nick, "%s", nick);
	snprintf(settings->group, sizeof settings->group, "sales");
	endpoint_format_address(&supernode->at, first->host);
	first->port = supernode->at.port;
	settings->supernode_count = 1;
	return node;
}

struct node *sim_peer(struct sim *sim, enum nat_kind kind, const char *nick,
    struct node *supernode)
{
	return sim_peer_behind(sim, sim_nat(sim, kind), nick, supernode);
}

struct node *sim_bystander(struct sim *sim, const char *name)
{
	struct node *node = add_node(sim, NODE_BYSTANDER, name, NULL);

	node->up = true;
	return node;
}

void sim_kill(struct node *node)
{
	trace_note(node, "dies");
	node->up = false;
	heap_remove(&node->sim->heap, &node->timer.node);
	super_free(node->super);
	node->super = NULL;
	peer_free(node->peer);
	node->peer = NULL;
}

static void start_super(struct node *node)
{
	struct super_keys keys = {.has_key = true};
	const char *error = NULL;

	rng_bytes(&node->sim->rng, keys.secret, sizeof keys.secret);
	rng_bytes(&node->sim->rng, keys.seed, sizeof keys.seed);
	node->super = super_new(&node->super_settings, &keys, &error);
	if (node->super == NULL) {
		printf("# %s: %s\n", node->name, error);
		abort();
	}
	watch_free(&node->watch);
	node->up = true;
}

void sim_restart(struct node *node)
{
	sim_kill(node);
	if (node->starts++ > 0)
		trace_note(node, "starts again");
	if (node->kind == NODE_SUPERNODE)
		start_super(node);
	else
		sim_start(node);
}

void sim_start(struct node *node)
{
	node->up = true;
	if (node->kind == NODE_PEER)
		peer_node_start(node);
	else if (node->kind == NODE_SEED)
		sim_enter(node, &node->seed.supernode);
}

void sim_enter(struct node *seed, const struct endpoint *to)
{
	seed_enter(&seed->seed, to, sim_wall(seed->sim), node_batch(seed));
	node_settle(seed);
}

void sim_flush(struct node *node)
{
	trace_note(node, "its NAT forgets all flows");
	nat_flush(&node->site->nat);
}

void sim_move(struct node *node)
{
	struct endpoint outer = sim_public_address(node->sim);
	char text[ENDPOINT_TEXT_MAX];

	trace_note(node, "its NAT moves to %s", endpoint_format_address(&outer, text));
	nat_move(&node->site->nat, &outer);
}

struct link *sim_link(struct node *node)
{
	struct nat_site *site = node->site;

	if (site == NULL)
		return &node->link;
	while (site->uplink != NULL)
		site = site->uplink;
	return &site->link;
}

struct nat_site *sim_site(const struct node *node)
{
	return node->site;
}

struct endpoint sim_outer(const struct node *node)
{
	struct endpoint at = node->at;

	if (node->site == NULL)
		return at;
	const struct nat *nat = &node->site->nat;

	at.port = 0;
	for (size_t i = 0; i < nat->flow_count; i++) {
		const struct nat_flow *flow = &nat->flows[i];

		if (endpoint_equal(&flow->inside, &node->at) &&
		    endpoint_equal(&flow->remote, &node->supernode->at))
			at.port = flow->outer;
	}
	memcpy(at.address, nat->outer.address, sizeof at.address);
	return at;
}

struct endpoint sim_address(const struct node *node)
{
	return node->at;
}

const char *sim_name(const struct node *node)
{
	return node->name;
}

size_t sim_bytes_to(const struct node *node)
{
	return node->bytes_in;
}

unsigned sim_sent_command(const struct node *node, unsigned command)
{
	return node->sent[command];
}

struct peer_settings *sim_settings(struct node *peer)
{
	return &peer->peer_settings;
}

struct super_settings *sim_super_settings(struct node *supernode)
{
	return &supernode->super_settings;
}

struct super *sim_super(const struct node *supernode)
{
	return supernode->super;
}

struct peer *sim_core(const struct node *peer)
{
	return peer->peer;
}

struct seed_node *sim_seed_of(struct node *seed)
{
	return &seed->seed;
}
