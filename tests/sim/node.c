/* Nodes: the calls into the cores that they are, and the sockets that they listen at. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core.h"
#include "wire/block.h"
#include "wire/packet.h"

#define SPINS_MAX 1000

/* Entries with a session are punches, those with a transaction besides keep paths open. */
static void watch_punch(struct node *node, const struct datagram *d, const struct packet *packet)
{
	char at[ENDPOINT_TEXT_MAX];
	struct block block;

	if (packet_command(packet) != CMD_BR_ENTRY || !block_parse(&block, packet) ||
	    !block_has(&block, KEY_SI) || block_has(&block, KEY_TK))
		return;
	if (!rests_punch(&node->rests, &d->remote, d->local, peer_node_look(node),
		sim_now(node->sim)))
		sim_violate(node->sim, "%s punches %s while it has to rest", node->name,
		    endpoint_format(&d->remote, at));
}

static void send_all(struct batch *batch, void *context)
{
	struct sim *sim = context;
	struct node *node = sim->sender;

	for (size_t i = 0; i < batch->count; i++) {
		const struct datagram *d = &batch->items[i];
		struct span bytes = span_of(d->data, d->len);
		struct packet packet;

		if (packet_parse(&packet, bytes) == PACKET_OK) {
			node->sent[packet.word & COMMAND_MASK]++;
			if (node->peer != NULL)
				watch_punch(node, d, &packet);
		}
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
	node->sim->touched = node;
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
	if (due == DEADLINE_NEVER || node->asleep)
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
		rests_allow(&node->rests, &in->remote);
		peer_receive(node->peer, in, batch);
	} else if (node->kind == NODE_SEED) {
		seed_receive(&node->seed, in, batch);
	}
	node_settle(node);
}

void node_listen(struct node *node, uint16_t local, const struct endpoint *at)
{
	if (node->socket_count == NODE_SOCKETS_MAX) {
		sim_violate(node->sim, "%s wants more than %d sockets", node->name,
		    NODE_SOCKETS_MAX);
		return;
	}
	node->sockets[node->socket_count++] = (struct socket_at){local, *at};
}

void node_deafen(struct node *node, uint16_t local)
{
	for (size_t i = 1; i < node->socket_count; i++) {
		if (node->sockets[i].local == local) {
			node->sockets[i] = node->sockets[--node->socket_count];
			return;
		}
	}
	sim_violate(node->sim, "%s ends a socket that it does not have", node->name);
}

const struct socket_at *node_socket(const struct node *node, const struct endpoint *at)
{
	for (size_t i = 0; i < node->socket_count; i++) {
		if (endpoint_equal(&node->sockets[i].at, at))
			return &node->sockets[i];
	}
	return NULL;
}

const struct socket_at *node_socket_of(const struct node *node, uint16_t local, enum family family)
{
	for (size_t i = 0; i < node->socket_count; i++) {
		if (node->sockets[i].local == local && node->sockets[i].at.family == family)
			return &node->sockets[i];
	}
	return NULL;
}

bool node_has(const struct node *node, const struct endpoint *address)
{
	for (size_t i = 0; i < node->socket_count; i++) {
		if (endpoint_same_address(&node->sockets[i].at, address))
			return true;
	}
	return false;
}

void node_free(struct node *node)
{
	super_free(node->super);
	watch_free(&node->watch);
	peer_free(node->peer);
	peer_node_forget(node);
	free(node);
}
