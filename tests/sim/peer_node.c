/*
 * A peer of ours as a node: its core, what a person does with it, and a book
 * of all that it told. What it asks the outside for (an address, to keep a
 * message) is answered after the call, as a daemon would.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core.h"

enum task_kind { TASK_RESOLVE, TASK_STORE, TASK_SOCKET };

struct task {
	enum task_kind kind;
	unsigned index; /* or the id of the socket */
	enum family family;
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

uint64_t peer_node_look(const struct node *node)
{
	static const uint8_t key[16];
	struct peer_supernode_status status;
	uint64_t look = 0;

	for (unsigned i = 0; peer_supernode(node->peer, i, &status); i++)
		look = 31 * look + endpoint_hash(&status.observed, key);
	return look;
}

/* Another one may go on to the same endpoint, by an order of its own. */
static bool is_alone(const struct node *node, uint32_t id)
{
	const struct sim_path *paths = node->paths.items;

	for (size_t i = 0; i < node->paths.count; i++) {
		if (paths[i].id != id && paths[i].busy != 0)
			return false;
	}
	return true;
}

static void watch_rest(struct node *node, const struct peer_event *event)
{
	int64_t until = sim_now(node->sim) + node->peer_settings.rest;

	if (event->path_state == PATH_OPEN)
		rests_allow_all(&node->rests);
	else if (event->path_state == PATH_FAILED && event->reason == REASON_NO_ANSWER &&
	    is_alone(node, event->path))
		rests_fail(&node->rests, event->path, peer_node_look(node), until);
}

static void on_path(struct node *node, const struct peer_event *event)
{
	struct sim_path *path = path_entry(node, event->path);
	int64_t now = sim_now(node->sim);

	if (event->name != NULL)
		snprintf(path->name, sizeof path->name, "%s", event->name);
	if (event->path_state == PATH_OPEN && path->state != PATH_OPEN)
		path->opened++;
	/* that it is open already is told to who asks for it, too */
	if (path->state != event->path_state)
		path->since = now;
	path->state = event->path_state;
	path->reason = event->reason;
	/* known by its id only, from now on */
	if (event->became != 0)
		path->name[0] = '\0';
	if (event->became != 0 || (path->state != PATH_ASKING && path->state != PATH_PUNCHING))
		path->busy = 0;
	else if (path->busy == 0)
		path->busy = now;
	watch_rest(node, event);
	if (path->ended == 0 && (path->state == PATH_OPEN || path->state == PATH_FAILED))
		path->ended = now;
	if (event->path_state == PATH_FAILED && event->reason == REASON_NONE)
		sim_violate(node->sim, "%s: a path failed without a reason", node->name);
}

/* FNV-1a */
uint64_t sim_hash(const char *text)
{
	uint64_t hash = 0xcbf29ce484222325;

	for (; *text != '\0'; text++)
		hash = (hash ^ (unsigned char)*text) * 0x100000001b3;
	return hash;
}

static void on_received(struct node *node, const struct peer_event *event)
{
	struct sim_message *message = list_add(&node->incoming, sizeof *message);
	struct task *task;

	message->id = event->message;
	message->at = sim_now(node->sim);
	snprintf(message->text, sizeof message->text, "%s", event->text);
	message->hash = sim_hash(event->text);
	if (node->keeper != NULL)
		return;
	task = list_add(&node->tasks, sizeof *task);
	task->kind = TASK_STORE;
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

/* An order begins it anew. */
static void on_order(struct node *node, const struct peer_event *event)
{
	struct sim_path *path = path_entry(node, event->path);

	/* and candidates besides what it tells */
	rests_allow_all(&node->rests);
	if (path->busy != 0)
		path->busy = sim_now(node->sim);
}

static void on_step(struct node *node, const struct peer_event *event)
{
	struct sim_step *step = list_add(&node->steps, sizeof *step);

	step->step = event->step;
	step->reason = event->reason;
	step->path = event->path;
	step->now = sim_now(node->sim);
	step->at = event->at;
	if (event->step == STEP_OPENER || event->step == STEP_PUNCHED)
		rests_try(&node->rests, event->path, &event->at);
	else if (event->step == STEP_ORDERED)
		on_order(node, event);
	else if (event->step == STEP_FAILED && event->reason == REASON_SILENT)
		rests_allow_all(&node->rests);
}

static void on_resolve(struct node *node, const struct peer_event *event)
{
	struct task *task = list_add(&node->tasks, sizeof *task);

	task->kind = TASK_RESOLVE;
	task->index = event->index;
	task->port = event->port;
	snprintf(task->host, sizeof task->host, "%s", event->host);
}

static void on_socket(struct node *node, const struct peer_event *event)
{
	struct task *task = list_add(&node->tasks, sizeof *task);

	task->kind = TASK_SOCKET;
	task->index = event->socket;
	task->family = event->family;
}

/* What was sent before is out before the event counts, as a daemon has it. */
static void let_out(struct node *node, const struct peer_event *event)
{
	if (event->kind == EVENT_SOCKET_END || event->kind == EVENT_PATH)
		batch_flush(&node->sim->batch);
}

static void tell_keeper(struct node *node, const struct peer_event *event)
{
	if (node->keeper != NULL &&
	    (event->kind == EVENT_RECEIVED || event->kind == EVENT_MESSAGE ||
		event->kind == EVENT_TEXT))
		node->keeper->on_event(node, event, node->keeper->context);
}

static void on_event(const struct peer_event *event, void *context)
{
	struct node *node = context;

	let_out(node, event);
	trace_event(node, event);
	tell_keeper(node, event);
	switch (event->kind) {
	case EVENT_NEIGHBOUR:
	case EVENT_NAMESAKE:
	case EVENT_ROSTER:
	case EVENT_SUPERNODE_KEY:
	case EVENT_SOCKET_USED:
	case EVENT_TEXT:
	case EVENT_TOLD:
	case EVENT_CLOCK:
		break;
	case EVENT_STAMP:
		node->stamp = event->stamp;
		break;
	case EVENT_RESOLVE:
		on_resolve(node, event);
		break;
	case EVENT_SOCKET:
		on_socket(node, event);
		break;
	case EVENT_SOCKET_END:
		node_deafen(node, event->local);
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

static void do_resolve(struct node *node, const struct task *task, struct batch *batch)
{
	struct sim *sim = node->sim;
	struct endpoint at;
	bool known = endpoint_parse(&at, task->host, task->port) == NULL;

	peer_resolved(node->peer, task->index, &at, known ? 1 : 0, sim->now, sim_wall(sim), batch);
}

/* Numbers from 100 on, and ports that the system would choose. */
static void open_socket(struct node *node, const struct task *task, struct batch *batch)
{
	struct sim *sim = node->sim;
	struct endpoint at = node->at;
	uint16_t local = (uint16_t)(100 + node->last_local++);

	if (task->family != FAMILY_IP4 || node->no_sockets) {
		peer_socket(node->peer, task->index, 0, 0, sim->now, sim_wall(sim), batch);
		return;
	}
	at.port = (uint16_t)(32768 + (node->last_port++ * 7919 + local) % 28000);
	node_listen(node, local, &at);
	peer_socket(node->peer, task->index, local, at.port, sim->now, sim_wall(sim), batch);
}

void sim_deny_sockets(struct node *peer)
{
	peer->no_sockets = true;
}

static void do_task(struct node *node, const struct task *task)
{
	struct sim *sim = node->sim;
	struct batch *batch = node_batch(node);

	switch (task->kind) {
	case TASK_RESOLVE:
		do_resolve(node, task, batch);
		break;
	case TASK_STORE:
		peer_stored(node->peer, task->message, sim->now, sim_wall(sim), batch);
		break;
	case TASK_SOCKET:
		open_socket(node, task, batch);
		break;
	}
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

/* As candidates, so only what is not public. */
static void tell_addresses(struct node *node)
{
	peer_addresses(node->peer, &node->at, node->site != NULL ? 1 : 0);
}

void peer_node_moved(struct node *node)
{
	struct sim *sim = node->sim;

	tell_addresses(node);
	peer_moved(node->peer, sim->now, sim_wall(sim), node_batch(node));
	node_settle(node);
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
	tell_addresses(node);
	if (node->keeper != NULL)
		node->keeper->start(node, node->keeper->context);
	peer_start(node->peer, sim->now, sim_wall(sim), node_batch(node));
	node_settle(node);
}

void peer_node_fresh(struct node *node)
{
	struct sim_path *paths = node->paths.items;

	for (size_t i = 0; i < node->paths.count; i++) {
		if (paths[i].busy != 0)
			paths[i].busy = sim_now(node->sim);
	}
}

uint32_t sim_ask_at(struct node *node, const char *name, const struct endpoint *at)
{
	struct sim *sim = node->sim;
	uint32_t id;

	trace_note(node, "asks for %s", name);
	node->refused = REASON_NONE;
	rests_allow_all(&node->rests);
	if (node->kind == NODE_SEED) {
		seed_ask(&node->seed, name, sim_wall(sim), node_batch(node));
		node_settle(node);
		return 0;
	}
	peer_node_fresh(node);
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
	rests_allow_all(&node->rests);
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

size_t sim_received_whole(const struct node *peer, const char *text)
{
	const struct sim_message *messages = peer->incoming.items;
	uint64_t hash = sim_hash(text);
	size_t n = 0;

	for (size_t i = 0; i < peer->incoming.count; i++)
		n += messages[i].hash == hash;
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

static bool is_known(const struct node *supernode, const struct endpoint *outer)
{
	const struct registration *reg;
	uint32_t cursor = 0;

	if (supernode->kind == NODE_SEED)
		return seed_knows(&supernode->seed, outer);
	if (supernode->super == NULL)
		return false;
	while ((reg = super_walk(supernode->super, &cursor)) != NULL) {
		if (endpoint_equal(&reg->remote, outer) && !registration_stale(reg))
			break;
	}
	return reg != NULL;
}

bool sim_registered(const struct node *node, const char *unused)
{
	for (size_t i = 0; i < node->socket_count; i++) {
		struct endpoint outer = sim_outer_of(node, &node->sockets[i].at);

		if (is_known(node->supernode, &outer))
			return true;
	}
	return false;
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
