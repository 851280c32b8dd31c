/*
 * A peer of ours as a node: its core, what a person does with it, and a book
 * of all that it told. What it asks the outside for (an address, to keep a
 * message) is answered after the call, as a daemon would.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core.h"

struct task {
	bool resolve; /* else: stored */
	unsigned index;
	uint64_t message;
	char host[SUPERNODE_HOST_MAX];
	uint16_t port;
};

static struct sim_path *path_entry(struct node *node, uint32_t id)
{
	struct sim_path *paths = node->paths.items, *path;

	for (size_t i = 0; i < node->paths.count; i++) {
		if (paths[i].id == id)
			return &paths[i];
	}
	path = list_add(&node->paths, sizeof *path);
	path->id = id;
	return path;
}

static void on_path(struct node *node, const struct peer_event *event)
{
	struct sim_path *path = path_entry(node, event->path);

	if (event->name != NULL)
		snprintf(path->name, sizeof path->name, "%s", event->name);
	if (event->path_state == PATH_OPEN && path->state != PATH_OPEN)
		path->opened++;
	path->state = event->path_state;
	path->reason = event->reason;
	path->since = sim_now(node->sim);
	if (path->ended == 0 && (path->state == PATH_OPEN || path->state == PATH_FAILED))
		path->ended = path->since;
	if (event->path_state == PATH_FAILED && event->reason == REASON_NONE)
		sim_violate(node->sim, "%s: a path failed without a reason", node->name);
}

static void on_received(struct node *node, const struct peer_event *event)
{
	struct sim_message *message = list_add(&node->incoming, sizeof *message);
	struct task *task = list_add(&node->tasks, sizeof *task);

	message->id = event->message;
	message->at = sim_now(node->sim);
	snprintf(message->text, sizeof message->text, "%s", event->text);
	task->message = event->message;
}

static struct sim_message *sent_entry(struct node *node, uint64_t id)
{
	struct sim_message *messages = node->outgoing.items, *message;

	for (size_t i = node->outgoing.count; i > 0; i--) {
		if (messages[i - 1].id == id)
			return &messages[i - 1];
	}
	message = list_add(&node->outgoing, sizeof *message);
	message->id = id;
	message->at = sim_now(node->sim);
	return message;
}

static void on_message(struct node *node, const struct peer_event *event)
{
	struct sim_message *message = sent_entry(node, event->message);

	if (message->state == MESSAGE_DELIVERED && event->message_state != MESSAGE_DELIVERED)
		sim_violate(node->sim, "%s: a delivered message changed its state", node->name);
	message->state = event->message_state;
	message->reason = event->reason;
}

static void on_step(struct node *node, const struct peer_event *event)
{
	struct sim_step *step = list_add(&node->steps, sizeof *step);

	step->step = event->step;
	step->reason = event->reason;
	step->path = event->path;
	step->now = sim_now(node->sim);
	step->at = event->at;
}

static void on_resolve(struct node *node, const struct peer_event *event)
{
	struct task *task = list_add(&node->tasks, sizeof *task);

	task->resolve = true;
	task->index = event->index;
	task->port = event->port;
	snprintf(task->host, sizeof task->host, "%s", event->host);
}

static void on_event(const struct peer_event *event, void *context)
{
	struct node *node = context;

	trace_event(node, event);
	switch (event->kind) {
	case EVENT_NEIGHBOUR:
	case EVENT_NAMESAKE:
	case EVENT_ROSTER:
	case EVENT_SUPERNODE_KEY:
		break;
	case EVENT_STAMP:
		node->stamp = event->stamp;
		break;
	case EVENT_RESOLVE:
		on_resolve(node, event);
		break;
	case EVENT_STEP:
		on_step(node, event);
		break;
	case EVENT_PATH:
		on_path(node, event);
		break;
	case EVENT_RECEIVED:
		on_received(node, event);
		break;
	case EVENT_MESSAGE:
		on_message(node, event);
		break;
	case EVENT_SUPERNODE:
		break;
	}
}

static void do_task(struct node *node, const struct task *task)
{
	struct sim *sim = node->sim;
	struct batch *batch = node_batch(node);
	struct endpoint at;

	if (!task->resolve)
		peer_stored(node->peer, task->message, sim->now, sim_wall(sim), batch);
	else if (endpoint_parse(&at, task->host, task->port) == NULL)
		peer_resolved(node->peer, task->index, &at, 1, sim->now, sim_wall(sim), batch);
	else
		peer_resolved(node->peer, task->index, NULL, 0, sim->now, sim_wall(sim), batch);
	batch_flush(batch);
}

void peer_node_tasks(struct node *node)
{
	while (node->tasks.count > 0) {
		struct list tasks = node->tasks;

		node->tasks = (struct list){0};
		for (size_t i = 0; i < tasks.count; i++)
			do_task(node, (const struct task *)tasks.items + i);
		free(tasks.items);
	}
}

void peer_node_forget(struct node *node)
{
	free(node->paths.items);
	free(node->steps.items);
	free(node->outgoing.items);
	free(node->incoming.items);
	free(node->tasks.items);
}

/* Every other peer has a key, the same in each of its lives, and what it has to keep with it. */
static void use_key(struct node *node)
{
	if (!node->drawn) {
		node->keyed = rng_below(&node->sim->rng, 2) == 0;
		rng_bytes(&node->sim->rng, node->key_seed, sizeof node->key_seed);
		node->drawn = true;
	}
	if (!node->keyed)
		return;
	peer_use_key(node->peer, node->key_seed);
	peer_stamp(node->peer, node->stamp);
}

void peer_node_start(struct node *node)
{
	struct sim *sim = node->sim;
	uint8_t seed[RNG_SEED_BYTES];
	const char *error = NULL;

	rng_bytes(&sim->rng, seed, sizeof seed);
	/* another life: ids begin anew */
	node->tasks.count = node->paths.count = node->outgoing.count = 0;
	node->peer = peer_new(&node->peer_settings, seed, 0, on_event, node, &error);
	if (node->peer == NULL) {
		printf("# %s: %s\n", node->name, error);
		abort();
	}
	use_key(node);
	peer_addresses(node->peer, &node->at, 1);
	peer_start(node->peer, sim->now, sim_wall(sim), node_batch(node));
	node_settle(node);
}

uint32_t sim_ask_at(struct node *node, const char *name, const struct endpoint *at)
{
	struct sim *sim = node->sim;
	uint32_t id;

	trace_note(node, "asks for %s", name);
	node->refused = REASON_NONE;
	if (node->kind == NODE_SEED) {
		seed_ask(&node->seed, name, sim_wall(sim), node_batch(node));
		node_settle(node);
		return 0;
	}
	id = peer_ask(node->peer, name, at, sim->now, sim_wall(sim), node_batch(node),
	    &node->refused);
	node_settle(node);
	if (id == 0 && node->refused == REASON_NONE)
		sim_violate(sim, "%s: an ask was not taken, without a reason", node->name);
	return id;
}

uint32_t sim_ask(struct node *node, const char *name)
{
	return sim_ask_at(node, name, NULL);
}

uint64_t sim_send(struct node *node, const char *name, const char *text)
{
	struct sim *sim = node->sim;
	uint64_t id;

	trace_note(node, "sends to %s: %s", name, text);
	node->refused = REASON_NONE;
	if (node->kind == NODE_SEED) {
		id = seed_send(&node->seed, name, text, sim_wall(sim), node_batch(node));
		node_settle(node);
		return id;
	}
	id = peer_send(node->peer, &(struct letter){.name = name, .text = text}, sim->now,
	    sim_wall(sim), node_batch(node), &node->refused);
	if (id != 0) {
		struct sim_message *message = sent_entry(node, id);

		message->at = sim_now(sim);
		snprintf(message->text, sizeof message->text, "%s", text);
	} else if (node->refused == REASON_NONE) {
		sim_violate(sim, "%s: a message was not taken, without a reason", node->name);
	}
	node_settle(node);
	return id;
}

const struct sim_path *sim_path_id(const struct node *peer, uint32_t id)
{
	const struct sim_path *paths = peer->paths.items;

	for (size_t i = 0; i < peer->paths.count; i++) {
		if (paths[i].id == id)
			return &paths[i];
	}
	return NULL;
}

const struct sim_path *sim_path(const struct node *peer, const char *name)
{
	const struct sim_path *paths = peer->paths.items;

	for (size_t i = peer->paths.count; i > 0; i--) {
		if (strcmp(paths[i - 1].name, name) == 0)
			return &paths[i - 1];
	}
	return NULL;
}

enum reason sim_refused(const struct node *peer)
{
	return peer->refused;
}

const struct sim_message *sim_sent(const struct node *peer, uint64_t id)
{
	const struct sim_message *messages = peer->outgoing.items;

	for (size_t i = 0; i < peer->outgoing.count; i++) {
		if (messages[i].id == id)
			return &messages[i];
	}
	return NULL;
}

size_t sim_received(const struct node *peer, const char *text)
{
	const struct sim_message *messages = peer->incoming.items;
	size_t n = 0;

	for (size_t i = 0; i < peer->incoming.count; i++) {
		if (strcmp(messages[i].text, text) == 0)
			n++;
	}
	return n;
}

const struct sim_step *sim_steps(const struct node *peer, size_t *count)
{
	*count = peer->steps.count;
	return peer->steps.items;
}

unsigned sim_step_count(const struct node *peer, enum step step)
{
	const struct sim_step *steps = peer->steps.items;
	unsigned n = 0;

	for (size_t i = 0; i < peer->steps.count; i++) {
		if (steps[i].step == step)
			n++;
	}
	return n;
}

bool sim_registered(const struct node *node, const char *unused)
{
	const struct endpoint outer = sim_outer(node);
	const struct registration *reg;
	uint32_t cursor = 0;

	if (node->supernode->kind == NODE_SEED)
		return seed_knows(&node->supernode->seed, &outer);
	if (node->supernode->super == NULL)
		return false;
	while ((reg = super_walk(node->supernode->super, &cursor)) != NULL) {
		if (endpoint_equal(&reg->remote, &outer) && !registration_stale(reg))
			break;
	}
	return reg != NULL;
}

bool sim_open(const struct node *node, const char *name)
{
	const struct sim_path *paths = node->paths.items;

	for (size_t i = 0; i < node->paths.count; i++) {
		if (paths[i].state == PATH_OPEN && strcmp(paths[i].name, name) == 0)
			return true;
	}
	return false;
}

bool sim_settled(const struct node *node, const char *name)
{
	const struct sim_path *path = sim_path(node, name);

	return path != NULL && (path->state == PATH_OPEN || path->state == PATH_FAILED);
}

bool sim_shown(const struct node *node, const char *text)
{
	if (node->kind == NODE_SEED)
		return node->seed.received > 0 && strcmp(node->seed.text, text) == 0;
	return sim_received(node, text) > 0;
}
