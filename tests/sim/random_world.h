/*
 * A world by chance: who is there behind what, over which lines; drawn from
 * the world's own seed, so that its number is all that has to be known of it.
 */
#ifndef IPMSG_TESTS_SIM_RANDOM_WORLD_H
#define IPMSG_TESTS_SIM_RANDOM_WORLD_H

#include "core.h"

#define ACTORS_MAX 5
#define SUPERS_MAX 2

struct actor {
	struct node *node;
	char name[32]; /* by which it is asked for */
	bool seed;
};

struct random_world {
	struct sim *sim;
	struct node *supers[SUPERS_MAX];
	size_t super_count;
	struct actor actors[ACTORS_MAX];
	size_t actor_count;
	struct node *victim; /* of forgeries; NULL: nobody forges */
	bool lossy;
};

void random_world_draw(struct random_world *world, uint64_t base, uint64_t index);

/* A router somewhere: of its own, behind another, or NULL for a public address. */
struct nat_site *random_site(struct sim *sim);

/*
 * Whether the NATs of two peers leave a way, as far as can be told without
 * knowing what else happened: never where others are, or were, behind the same router.
 */
bool random_can_open(const struct node *a, const struct node *b);

#endif
