/* What breaks, moves and comes back. */
#include "core.h"

/* What was known of it and its router may not hold any more. */
static void disturb(struct node *node)
{
	node->disturbed = sim_now(node->sim);
	rests_allow_all(&node->rests);
}

/* All that are behind the same router. */
static void disturb_site(struct sim *sim, const struct nat_site *root)
{
	for (struct node *node = sim->nodes; node != NULL; node = node->next) {
		if (node->site != NULL && site_root(node->site) == root)
			disturb(node);
	}
}

void sim_kill(struct node *node)
{
	disturb(node);
	trace_note(node, "dies");
	node->up = false;
	node->asleep = false;
	heap_remove(&node->sim->heap, &node->timer.node);
	super_free(node->super);
	node->super = NULL;
	peer_free(node->peer);
	node->peer = NULL;
	if (node->kind == NODE_PEER)
		node->socket_count = 1;
}

void sim_return(struct node *node)
{
	sim_kill(node);
	if (node->starts++ > 0)
		trace_note(node, "starts again");
	if (node->kind == NODE_SUPERNODE)
		super_node_start(node);
	else
		sim_start(node);
}

void sim_restart(struct node *node)
{
	node->has_keys = false;
	sim_return(node);
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
	for (struct nat_site *site = node->site; site != NULL; site = site->uplink)
		nat_flush(&site->nat);
	disturb_site(node->sim, site_root(node->site));
}

void sim_move(struct node *node)
{
	struct nat_site *site = node->site, *outside = site->uplink;
	struct endpoint outer =
	    outside != NULL ? site_host(outside) : sim_public_address(node->sim);
	char text[ENDPOINT_TEXT_MAX];

	trace_note(node, "its NAT moves to %s", endpoint_format_address(&outer, text));
	nat_move(&site->nat, &outer);
	disturb_site(node->sim, site_root(site));
}

/* Its sockets stay, bound to any address: they have the new one from now on. */
void sim_roam(struct node *node, struct nat_site *site)
{
	struct endpoint at = site != NULL ? site_host(site) : sim_public_address(node->sim);
	char text[ENDPOINT_TEXT_MAX];

	trace_note(node, "moves to %s", endpoint_format_address(&at, text));
	disturb(node);
	node->site = site;
	for (size_t i = 0; i < node->socket_count; i++) {
		at.port = node->sockets[i].at.port;
		node->sockets[i].at = at;
	}
	node->at = node->sockets[0].at;
	if (node->asleep)
		node->carried = true;
	else if (node->peer != NULL)
		peer_node_moved(node);
}

void sim_sleep(struct node *node)
{
	trace_note(node, "sleeps");
	disturb(node);
	node->asleep = true;
	heap_remove(&node->sim->heap, &node->timer.node);
}

void sim_wake(struct node *node)
{
	if (!node->asleep)
		return;
	trace_note(node, "wakes up");
	disturb(node);
	node->asleep = false;
	peer_node_fresh(node);
	if (node->super != NULL || node->peer != NULL)
		node_tick(node);
	/* the timers of a program run before it hears of the network */
	if (node->carried && node->peer != NULL)
		peer_node_moved(node);
	node->carried = false;
}
