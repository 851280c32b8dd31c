/* Worlds by chance. */
#include "random_world.h"

#include <stdio.h>
#include <string.h>

#define KEYED_PERCENT 10
#define LOSSY_PERCENT 30
#define HOSTILE_PERCENT 15
#define SEED_PERCENT 7

static const char *const nicks[ACTORS_MAX] = {"bob", "dave", "carol", "erin", "frank"};

static bool chance(struct sim *sim, uint32_t percent)
{
	return sim_chance(sim, 100) < percent;
}

/* Any combination that there is, be it sold or not. */
static struct nat_spec any_spec(struct sim *sim)
{
	struct nat_spec spec = {
	    .mapping = (enum depends)sim_chance(sim, 3),
	    .filtering = (enum depends)sim_chance(sim, 3),
	    .ports = (enum port_choice)sim_chance(sim, 4),
	    .first = (uint16_t)(2000 + 1000 * sim_chance(sim, 50)),
	    .count = (uint16_t)(64 + sim_chance(sim, 2000)),
	    .one_way = 30000 * (1 + sim_chance(sim, 4)),
	    .outgoing_only = chance(sim, 30),
	    .hairpin = chance(sim, 30),
	    .open = chance(sim, 15),
	};

	spec.stream = spec.one_way * (1 + sim_chance(sim, 4));
	return spec;
}

static struct nat_spec usual_spec(struct sim *sim)
{
	return nat_preset((enum nat_kind)(NAT_FULL_CONE + sim_chance(sim, NAT_BLOCKED - 1)));
}

struct nat_site *random_site(struct sim *sim)
{
	struct nat_site *outside = NULL;
	struct nat_spec spec;

	if (chance(sim, 10))
		return NULL;
	if (chance(sim, 15)) {
		spec = nat_preset(NAT_CARRIER);
		outside = sim_nat_behind(sim, NULL, &spec);
		if (chance(sim, 25))
			return outside;
	}
	spec = chance(sim, 70) ? usual_spec(sim) : any_spec(sim);
	spec.carrier = false;
	return sim_nat_behind(sim, outside, &spec);
}

static void draw_line(struct random_world *world, struct node *node)
{
	struct sim *sim = world->sim;
	struct link *link = sim_link(node);

	link->delay = 2 + sim_chance(sim, 80);
	link->jitter = chance(sim, 30) ? sim_chance(sim, 40) : 0;
	link->duplicate = chance(sim, 10) ? sim_chance(sim, 20) : 0;
	link->loss = world->lossy ? sim_chance(sim, 31) : 0;
}

static void draw_settings(struct random_world *world, struct node *node, bool keyed)
{
	static const uint32_t refreshes[] = {22, 22, 22, 10, 3};
	struct sim *sim = world->sim;
	struct peer_settings *settings = sim_settings(node);

	settings->refresh = refreshes[sim_chance(sim, 5)];
	sim_key(node, keyed && chance(sim, 70));
	if (world->super_count > 1 && chance(sim, 60))
		sim_use_supernode(node, world->supers[1]);
}

static void draw_actor(struct random_world *world, bool keyed)
{
	struct sim *sim = world->sim;
	size_t n = world->actor_count++;
	struct actor *actor = &world->actors[n];
	struct nat_site *site = n > 0 && chance(sim, 15) ? sim_site(world->actors[n - 1].node) :
							   random_site(sim);

	snprintf(actor->name, sizeof actor->name, "%s@sales", nicks[n]);
	/* a seed obeys any order, forged ones too */
	actor->seed = world->victim == NULL && chance(sim, SEED_PERCENT);
	if (actor->seed) {
		actor->node = sim_seed_behind(sim, site, nicks[n], world->supers[0]);
	} else {
		actor->node = sim_peer_behind(sim, site, nicks[n], world->supers[0]);
		draw_settings(world, actor->node, keyed);
	}
	draw_line(world, actor->node);
}

void random_world_draw(struct random_world *world, uint64_t base, uint64_t index)
{
	static const size_t counts[] = {2, 2, 2, 2, 2, 2, 3, 3, 4, 5};
	struct sim *sim = sim_new_of(base, index);

	*world = (struct random_world){.sim = sim};
	world->super_count = chance(sim, 75) ? 1 : 2;
	world->lossy = chance(sim, LOSSY_PERCENT);
	for (size_t i = 0; i < world->super_count; i++)
		world->supers[i] = sim_supernode(sim, i == 0 ? "e" : "f");
	bool keyed = chance(sim, KEYED_PERCENT);
	size_t actors = counts[sim_chance(sim, 10)];

	if (chance(sim, HOSTILE_PERCENT)) {
		world->victim = sim_bystander(sim, "victim");
		sim_tap(sim);
	}
	while (world->actor_count < actors)
		draw_actor(world, keyed);
}

/* Hosts with the same port behind one router may get in each other's way. */
static bool is_shared(const struct node *node)
{
	for (const struct nat_site *site = node->site; site != NULL; site = site->uplink) {
		if (site->inside > 1)
			return true;
	}
	return false;
}

/* All routers in front of a node as one: the worst of each. */
static struct nat_spec seen_as(const struct node *node)
{
	struct nat_spec all = nat_preset(NAT_PUBLIC);

	for (const struct nat_site *site = node->site; site != NULL; site = site->uplink) {
		const struct nat_spec *spec = &site->nat.spec;

		if (spec->mapping > all.mapping)
			all.mapping = spec->mapping;
		if (spec->filtering > all.filtering)
			all.filtering = spec->filtering;
		all.open |= spec->open;
		all.blocked |= spec->blocked;
	}
	return all;
}

/*
 * Whether `to` lets in what `from` sends to where the supernode sees `to`, and
 * what it sends itself meanwhile spoils nothing.
 */
static bool lets_in(const struct nat_spec *to, const struct nat_spec *from)
{
	if (to->mapping != DEPENDS_NOT)
		return to->filtering == DEPENDS_NOT && from->filtering != DEPENDS_PORT;
	return to->filtering != DEPENDS_PORT || from->mapping == DEPENDS_NOT;
}

bool random_can_open(const struct node *a, const struct node *b)
{
	struct nat_spec left = seen_as(a), right = seen_as(b);

	if (is_shared(a) || is_shared(b))
		return false;
	/* one that maps by destination and lets everybody in is not told from the others */
	if (left.mapping != DEPENDS_NOT && right.mapping != DEPENDS_NOT)
		return false;
	return !left.blocked && !right.blocked && !left.open && !right.open &&
	    (lets_in(&left, &right) || lets_in(&right, &left));
}
