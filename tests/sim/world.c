/* Who there is: nodes, their routers and addresses, and what a test may look up of them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core.h"

#define PORT 2425
#define LINE_DELAY_MS 10

struct endpoint sim_public_address(struct sim *sim)
{
	unsigned n = ++sim->addresses;

	return (struct endpoint){
	    .family = FAMILY_IP4,
	    .address = {198, 18, (uint8_t)(n / 250), (uint8_t)(n % 250 + 1)},
	};
}

struct endpoint site_host(struct nat_site *site)
{
	uint8_t last = (uint8_t)(2 + site->inside++);

	if (site->nat.spec.carrier)
		return (struct endpoint){.family = FAMILY_IP4, .address = {100, 64, 0, last}};
	return (struct endpoint){.family = FAMILY_IP4, .address = {192, 168, 1, last}};
}

struct nat_site *site_root(struct nat_site *site)
{
	while (site != NULL && site->uplink != NULL)
		site = site->uplink;
	return site;
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
	node->at = site == NULL ? sim_public_address(sim) : site_host(site);
	node->at.port = PORT;
	node_listen(node, 0, &node->at);
	while (*last != NULL)
		last = &(*last)->next;
	*last = node;
	return node;
}

struct nat_site *sim_nat_behind(struct sim *sim, struct nat_site *outside,
    const struct nat_spec *spec)
{
	struct nat_site *site = calloc(1, sizeof *site), **last = &sim->sites;
	struct endpoint outer = outside == NULL ? sim_public_address(sim) : site_host(outside);
	unsigned n = 0;

	if (site == NULL)
		abort();
	for (; *last != NULL; n++)
		last = &(*last)->next;
	*last = site;
	nat_init(&site->nat, spec, &outer, (uint64_t)sim_chance(sim, UINT32_MAX) << 8 | n);
	site->uplink = outside;
	site->letter = (char)('A' + n % 26);
	site->link.delay = LINE_DELAY_MS;
	trace_site(sim, site);
	return site;
}

struct nat_site *sim_nat(struct sim *sim, enum nat_kind kind)
{
	struct nat_spec spec = nat_preset(kind);

	return kind != NAT_PUBLIC ? sim_nat_behind(sim, NULL, &spec) : NULL;
}

struct node *sim_supernode(struct sim *sim, const char *name)
{
	struct node *node = add_node(sim, NODE_SUPERNODE, name, NULL);

	super_settings_init(&node->super_settings);
	super_node_places(node);
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

struct node *sim_seed_behind(struct sim *sim, struct nat_site *site, const char *nick,
    struct node *supernode)
{
	struct node *node = add_node(sim, NODE_SEED, nick, site);

	snprintf(node->seed.nick, sizeof node->seed.nick, "%s", nick);
	snprintf(node->seed.group, sizeof node->seed.group, "sales");
	node->supernode = supernode;
	node->seed.supernode = supernode->at;
	node->up = true;
	return node;
}

struct node *sim_seed(struct sim *sim, enum nat_kind kind, const char *nick,
    struct node *supernode)
{
	return sim_seed_behind(sim, sim_nat(sim, kind), nick, supernode);
}

void sim_use_supernode(struct node *peer, const struct node *supernode)
{
	struct peer_settings *settings = &peer->peer_settings;
	struct supernode_setting *next = &settings->supernodes[settings->supernode_count++];

	endpoint_format_address(&supernode->at, next->host);
	next->port = supernode->at.port;
}

struct node *sim_peer_behind(struct sim *sim, struct nat_site *site, const char *nick,
    struct node *supernode)
{
	struct node *node = add_node(sim, NODE_PEER, nick, site);
	struct peer_settings *settings = &node->peer_settings;

	node->supernode = supernode;
	peer_settings_init(settings);
	snprintf(settings->user, sizeof settings->user, "%s", nick);
	snprintf(settings->host, sizeof settings->host, "pc-%s", nick);
	snprintf(settings->nick, sizeof settings->nick, "%s", nick);
	snprintf(settings->group, sizeof settings->group, "sales");
	sim_use_supernode(node, supernode);
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

void sim_key(struct node *peer, bool keyed)
{
	if (!peer->drawn)
		rng_bytes(&peer->sim->rng, peer->key_seed, sizeof peer->key_seed);
	peer->drawn = true;
	peer->keyed = keyed;
}

struct link *sim_link(struct node *node)
{
	return node->site == NULL ? &node->link : &site_root(node->site)->link;
}

struct nat_site *sim_site(const struct node *node)
{
	return node->site;
}

struct endpoint sim_outer_of(const struct node *node, const struct endpoint *inside)
{
	const struct endpoint *remote = &node->supernode->at;
	struct endpoint at = *inside;

	for (const struct nat_site *site = node->site; site != NULL; site = site->uplink) {
		at.port = nat_outer_port(&site->nat, &at, remote);
		memcpy(at.address, site->nat.outer.address, sizeof at.address);
	}
	return at;
}

struct endpoint sim_outer(const struct node *node)
{
	return sim_outer_of(node, &node->at);
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

int64_t sim_disturbed(const struct node *node)
{
	return node->disturbed;
}

bool sim_awake(const struct node *node)
{
	return node->up && !node->asleep;
}
