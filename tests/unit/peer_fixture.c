/* The nodes, the air between them, and what their peers tell. */
#include "peer_fixture.h"

#include <stdio.h>
#include <string.h>

#include "unit.h"

struct node nodes[NODES];
int64_t now;
int64_t clock_base = CLOCK_BASE;
air_fn on_air;
void (*on_send)(const struct flying *flying);
void (*on_text)(struct node *node, const char *text);

struct endpoint at(const char *text)
{
	struct endpoint ep;

	ck_assert_ptr_null(endpoint_parse(&ep, text, 2425));
	return ep;
}

/* In order. */
static struct flying air[4096];
static size_t flying_count;

/* As whoever is there sees it. */
static struct endpoint source_of_datagram(const struct node *node, const struct datagram *d)
{
	if (endpoint_scope(&d->remote) == SCOPE_PRIVATE && node->inside.family != FAMILY_NONE)
		return node->inside;
	ck_assert_uint_lt(d->local, NODE_SOCKETS);
	return d->local == 0 ? node->at : node->sockets[d->local];
}

static void on_flush(struct batch *batch, void *context)
{
	struct node *node = context;

	for (size_t i = 0; i < batch->count; i++) {
		const struct datagram *d = &batch->items[i];
		struct flying *f = &air[flying_count];

		ck_assert_uint_lt(flying_count, 4096);
		ck_assert_uint_le(d->len, sizeof f->data);
		f->by = node;
		f->ttl = d->ttl;
		f->from = source_of_datagram(node, d);
		f->to = d->remote;
		f->len = d->len;
		memcpy(f->data, d->data, d->len);
		if (on_send != NULL)
			on_send(f);
		/* an opener dies on the way, and there is no way between the families */
		if (d->ttl == 0 && f->from.family == f->to.family)
			flying_count++;
	}
}

/* Supernodes are told nothing of that. */
bool told_super_absence;

static void deliver_at(struct node *node, uint16_t local, const struct endpoint *from,
    const void *bytes, size_t len)
{
	struct arrival in = {span_of(bytes, len), *from, local, false, now, wall()};
	struct packet packet;

	if (node->cut)
		return;
	if (node->super != NULL && packet_parse(&packet, in.bytes) == PACKET_OK)
		told_super_absence |= packet_has(&packet, OPT_ABSENCE);
	if (node->super != NULL)
		super_receive(node->super, &in, &node->batch);
	else
		peer_receive(node->peer, &in, &node->batch);
	batch_flush(&node->batch);
}

void deliver(struct node *node, const struct endpoint *from, const void *bytes, size_t len)
{
	deliver_at(node, 0, from, bytes, len);
}

void clear_air(void)
{
	flying_count = 0;
}

/* Where the node has that endpoint; NODE_SOCKETS for nowhere. */
static uint16_t local_at(const struct node *node, const struct endpoint *ep)
{
	uint16_t local = NODE_SOCKETS;

	if (endpoint_equal(&node->at, ep) || endpoint_equal(&node->inside, ep))
		return 0;
	while (local > 0 && (local == NODE_SOCKETS || !endpoint_equal(&node->sockets[local], ep)))
		local--;
	return local > 0 ? local : NODE_SOCKETS;
}

static struct node *node_at(const struct endpoint *ep)
{
	for (int i = 0; i < NODES; i++) {
		if (local_at(&nodes[i], ep) < NODE_SOCKETS)
			return &nodes[i];
	}
	return NULL;
}

void fly(void)
{
	for (size_t i = 0; i < flying_count; i++) {
		struct flying f = air[i];
		struct node *to = node_at(&f.to);

		if (on_air != NULL && !on_air(&f))
			continue;
		if (to != NULL && to->deaf_to != NULL && to->deaf_to == node_at(&f.from))
			continue;
		if (to != NULL) {
			deliver_at(to, local_at(to, &f.to), &f.from, f.data, f.len);
		} else {
			f.by->strangers++;
			f.by->stranger_bytes += f.len;
		}
	}
	flying_count = 0;
}

/* Each is at the node's address, at another port. */
static void give_sockets(struct node *node)
{
	unsigned count = node->want_count;

	node->want_count = 0;
	for (unsigned i = 0; i < count; i++) {
		uint16_t local = LOCAL_IP6 + 1;

		while (local < NODE_SOCKETS && node->sockets[local].family != FAMILY_NONE)
			local++;
		if (node->gives_sockets && local < NODE_SOCKETS) {
			node->sockets[local] = node->at;
			node->sockets[local].port = (uint16_t)(50000 + 10 * ++node->sockets_given);
			peer_socket(node->peer, node->wants[i], local, node->sockets[local].port,
			    now, wall(), &node->batch);
		} else {
			peer_socket(node->peer, node->wants[i], 0, 0, now, wall(), &node->batch);
		}
	}
}

static void tick(struct node *node)
{
	if (node->super == NULL && node->peer == NULL)
		return;
	give_sockets(node);
	if (node->super != NULL)
		super_tick(node->super, now, wall(), &node->batch);
	else
		peer_tick(node->peer, now, wall(), &node->batch);
	batch_flush(&node->batch);
}

void pass(int64_t ms)
{
	for (int64_t until = now + ms; now < until; now += 10) {
		fly();
		for (int i = 0; i < NODES; i++)
			tick(&nodes[i]);
	}
	fly();
}

int64_t wall(void)
{
	return clock_base + now / 1000;
}

static void on_event(const struct peer_event *event, void *context)
{
	struct node *node = context;
	struct endpoint e[2] = {at(event->index == 0 || node->one_supernode ? E : E2), at(E6)};
	size_t count = node->sockets[LOCAL_IP6].family != FAMILY_NONE ? 2 : 1;

	switch (event->kind) {
	case EVENT_NEIGHBOUR:
		node->neighbour_changes[event->change]++;
		break;
	case EVENT_RESOLVE:
		peer_resolved(node->peer, event->index, e, count, now, wall(), &node->batch);
		break;
	case EVENT_STEP:
		node->steps[event->step]++;
		break;
	case EVENT_PATH:
		node->path_state = event->path_state;
		node->reason = event->reason;
		break;
	case EVENT_SUPERNODE_KEY:
		node->identity_state = event->identity_state;
		node->key_events++;
		break;
	case EVENT_SOCKET:
		ck_assert_uint_lt(node->want_count, NODE_SOCKETS);
		node->wants[node->want_count++] = event->socket;
		break;
	case EVENT_SOCKET_END:
		ck_assert_uint_gt(event->local, LOCAL_IP6);
		node->sockets[event->local] = (struct endpoint){0};
		node->sockets_ended++;
		break;
	case EVENT_STAMP:
		ck_assert_uint_gt(event->stamp, node->stamp);
		node->stamp = event->stamp;
		node->stamp_events++;
		break;
	case EVENT_RECEIVED:
		node->received++;
		snprintf(node->text, sizeof node->text, "%s", event->text);
		if (on_text != NULL)
			on_text(node, event->text);
		if (node->refuses)
			peer_refused(node->peer, event->message);
		else
			peer_stored(node->peer, event->message, now, wall(), &node->batch);
		break;
	case EVENT_MESSAGE:
		node->message_state = event->message_state;
		node->reason = event->reason;
		break;
	default:
		break;
	}
}

void make_super(int i, uint8_t key)
{
	struct super_keys keys = {.secret = {key}, .has_key = true, .seed = {key}};
	struct super_settings settings;
	const char *error;

	super_settings_init(&settings);
	nodes[i].super = super_new(&settings, &keys, &error);
	batch_init(&nodes[i].batch, on_flush, &nodes[i]);
}

void make_keyed_peer(int i, const char *where, const char *name, uint8_t key)
{
	uint8_t own[KEYPAIR_SEED_BYTES] = {key};
	uint8_t seed[RNG_SEED_BYTES] = {(uint8_t)i};
	struct peer_settings settings;
	const char *error;

	peer_settings_init(&settings);
	snprintf(settings.user, sizeof settings.user, "%s", name);
	snprintf(settings.host, sizeof settings.host, "pc%d", i);
	snprintf(settings.nick, sizeof settings.nick, "%s", name);
	strcpy(settings.group, "sales");
	strcpy(settings.supernodes[0].host, "super.example");
	settings.supernodes[0].port = 2425;
	settings.supernode_count = 1;
	nodes[i].at = at(where);
	nodes[i].stamp = 0;
	nodes[i].peer = peer_new(&settings, seed, 0, on_event, &nodes[i], &error);
	ck_assert_ptr_nonnull(nodes[i].peer);
	batch_init(&nodes[i].batch, on_flush, &nodes[i]);
	if (key != 0)
		peer_use_key(nodes[i].peer, own);
}

void make_peer(int i, const char *where, const char *name)
{
	make_keyed_peer(i, where, name, 0);
}

void use_ip6(int i, const char *where)
{
	nodes[i].sockets[LOCAL_IP6] = at(where);
	if (nodes[i].peer == NULL)
		return;
	peer_use_ip6(nodes[i].peer, LOCAL_IP6);
	peer_families(nodes[i].peer, true, true, now, wall(), &nodes[i].batch);
}

void start(int i)
{
	peer_start(nodes[i].peer, now, wall(), &nodes[i].batch);
	batch_flush(&nodes[i].batch);
}

void setup(void)
{
	now = 1000000;
	told_super_absence = false;
	on_air = NULL;
	on_send = NULL;
	on_text = NULL;
	nodes[0].at = at(E);
	make_super(0, 1);
	make_peer(1, "192.0.2.1:2425", "bob");
	make_peer(2, "192.0.2.2:40001", "dave");
	start(1);
	start(2);
	pass(100);
}

void teardown(void)
{
	super_free(nodes[0].super);
	peer_free(nodes[1].peer);
	peer_free(nodes[2].peer);
}

enum supernode_state uplink_state(struct node *node)
{
	struct peer_supernode_status status;

	ck_assert(peer_supernode(node->peer, 0, &status));
	return status.state;
}

uint32_t ask(struct node *node, const char *name)
{
	enum reason reason;
	uint32_t id = peer_ask(node->peer, name, NULL, now, wall(), &node->batch, &reason);

	batch_flush(&node->batch);
	node->reason = id == 0 ? reason : node->reason;
	return id;
}

uint64_t say(struct node *node, const char *name, const char *text)
{
	enum reason reason;
	uint64_t id = peer_send(node->peer, &(struct letter){.name = name, .text = text}, now, wall(),
	    &node->batch, &reason);

	batch_flush(&node->batch);
	return id;
}
