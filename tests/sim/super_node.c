/*
 * A supernode of ours as a node: its core, and the places it listens at. It has
 * a port for tests at each of its two addresses.
 */
#include <stdio.h>
#include <stdlib.h>

#include "core.h"

#define TEST_PORT 2426

void super_node_places(struct node *node)
{
	struct super_settings *settings = &node->super_settings;
	struct endpoint first = node->at, second = sim_public_address(node->sim);

	second.port = first.port;
	node_listen(node, 2, &second);
	settings->alternates[settings->alternate_count++] = second;
	settings->alternates[settings->alternate_count++] =
	    (struct endpoint){.family = FAMILY_IP4, .port = TEST_PORT};
	first.port = second.port = TEST_PORT;
	node_listen(node, 1, &first);
	node_listen(node, 3, &second);
}

static bool elsewhere(void *context, uint16_t local, const struct endpoint *alternate,
    uint16_t *other)
{
	const struct node *node = context;
	const struct socket_at *here = node_socket_of(node, local, (enum family)alternate->family);
	struct endpoint at = *alternate;

	if (here != NULL && alternate_is_relative(alternate)) {
		at = here->at;
		at.port = alternate->port;
	}
	const struct socket_at *there = node_socket(node, &at);

	if (there == NULL || there == here)
		return false;
	*other = there->local;
	return true;
}

static void draw_keys(struct node *node)
{
	node->keys.has_key = true;
	rng_bytes(&node->sim->rng, node->keys.secret, sizeof node->keys.secret);
	rng_bytes(&node->sim->rng, node->keys.seed, sizeof node->keys.seed);
	node->has_keys = true;
	/* nobody has proven anything under these */
	watch_free(&node->watch);
}

void super_node_start(struct node *node)
{
	const char *error = NULL;

	if (!node->has_keys)
		draw_keys(node);
	node->super = super_new(&node->super_settings, &node->keys, &error);
	if (node->super == NULL) {
		printf("# %s: %s\n", node->name, error);
		abort();
	}
	super_use_alternates(node->super, elsewhere, node);
	node->up = true;
}
