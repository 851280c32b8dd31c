/* The NAT, the wire and the supernode behind it. */
#include "nat_fixture.h"

#include <stdio.h>
#include <string.h>

#include "unit.h"

#define MAIN_PORT 2425
#define SOCKETS_MAX 64
#define MAPPINGS_MAX 512

struct world world;

static struct batch out, answers;

struct mapping {
	uint16_t local;
	struct endpoint to;
	uint16_t port;
};
static struct mapping mappings[MAPPINGS_MAX];
static size_t mapping_count;
static struct endpoint unasked[MAPPINGS_MAX]; /* who came to the open router, to any port */
static size_t unasked_count;
static uint16_t ports[SOCKETS_MAX]; /* of the peer's sockets, by their local number */
static bool closed[SOCKETS_MAX];
static uint16_t next_port;

static struct endpoint at(const char *text)
{
	struct endpoint ep;

	ck_assert_ptr_null(endpoint_parse(&ep, text, MAIN_PORT));
	return ep;
}

static int64_t wall(void)
{
	return 1700000000 + world.now / 1000;
}

static bool is_dependent(void)
{
	return world.nat >= NAT_DEPENDENT;
}

static bool has_come_unasked(const struct endpoint *from)
{
	for (size_t i = 0; i < unasked_count; i++) {
		if (endpoint_equal(&unasked[i], from))
			return true;
	}
	return false;
}

/* Whether packets to `to` leave as those to `mapping->to` do. */
static bool is_shared(const struct mapping *mapping, const struct endpoint *to)
{
	if (world.nat == NAT_OPEN && has_come_unasked(to))
		return endpoint_equal(&mapping->to, to);
	if (world.nat == NAT_DEPENDENT)
		return endpoint_same_address(&mapping->to, to);
	return !is_dependent() || endpoint_equal(&mapping->to, to);
}

static uint16_t new_port(uint16_t local, const struct endpoint *to)
{
	if (world.nat == NAT_SEQUENTIAL)
		return next_port++;
	if (world.nat == NAT_BLOCK || is_dependent() ||
	    (world.nat == NAT_OPEN && has_come_unasked(to)))
		return next_port = (uint16_t)(20000 + (next_port * 1237U + 17711) % 39989);
	return ports[local];
}

static uint16_t outer_port(uint16_t local, const struct endpoint *to)
{
	struct mapping mapping = {local, *to, 0};

	for (size_t i = 0; i < mapping_count; i++) {
		if (mappings[i].local != local || !is_shared(&mappings[i], to))
			continue;
		mapping.port = mappings[i].port;
		if (endpoint_equal(&mappings[i].to, to))
			return mapping.port;
	}
	if (mapping.port == 0)
		mapping.port = new_port(local, to);
	ck_assert_uint_lt(mapping_count, MAPPINGS_MAX);
	mappings[mapping_count++] = mapping;
	return mapping.port;
}

static bool lets_in(const struct mapping *mapping, const struct endpoint *from)
{
	switch (world.nat) {
	case NAT_NONE:
	case NAT_FULL_CONE:
		return true;
	case NAT_ADDRESS_RESTRICTED:
		return endpoint_same_address(&mapping->to, from);
	default:
		return endpoint_equal(&mapping->to, from);
	}
}

/* The local number of the socket that gets it; SOCKETS_MAX: none. */
static uint16_t inner_socket(uint16_t port, const struct endpoint *from)
{
	for (size_t i = 0; i < mapping_count; i++) {
		if (mappings[i].port == port && lets_in(&mappings[i], from) &&
		    !closed[mappings[i].local])
			return mappings[i].local;
	}
	if (!has_come_unasked(from))
		unasked[unasked_count++] = *from;
	return SOCKETS_MAX;
}

static struct endpoint outer_endpoint(uint16_t local, const struct endpoint *to)
{
	struct endpoint outer = at("203.0.113.0");

	outer.address[3] = world.address;
	outer.port = outer_port(local, to);
	return outer;
}

static void note_test(const struct seen *seen, uint16_t local)
{
	const char *text = (const char *)seen->data;
	const char *nt = memmem(text, seen->len, "\nNT:", 4);
	bool cookie = memmem(text, seen->len, "\nCK:", 4) != NULL;

	if (local != 0) {
		ck_assert(!cookie);
		world.tests++;
		world.elsewhere += memmem(text, seen->len, "\nAP:", 4) != NULL;
		world.last_local = local;
	} else if (cookie) {
		size_t len = nt == NULL ? 0 : strcspn(nt + 4, "\n");

		snprintf(world.told, sizeof world.told, "%.*s", (int)len, nt == NULL ? "" : nt + 4);
		world.entries++;
	}
}

static void to_super(const struct datagram *d, unsigned place)
{
	struct seen seen = {.to_super = true, .place = place, .len = d->len};

	seen.outer = outer_endpoint(d->local, &d->remote);
	memcpy(seen.data, d->data, d->len);
	note_test(&seen, d->local);
	if (world.on_wire != NULL && !world.on_wire(&seen))
		return;
	struct arrival in = {span_of(seen.data, seen.len), seen.outer, (uint16_t)place, false,
	    world.now, wall()};

	super_receive(world.super, &in, &answers);
	batch_flush(&answers);
}

static void on_out(struct batch *batch, void *context)
{
	for (size_t i = 0; i < batch->count; i++) {
		const struct datagram *d = &batch->items[i];

		ck_assert(!closed[d->local]);
		for (unsigned place = 0; place < ENDPOINTS; place++) {
			if (endpoint_equal(&d->remote, &world.ends[place]))
				to_super(d, place);
		}
	}
}

/* What the supernode sends arrives in the next tick. */
static struct seen air[256];
static size_t air_count;

static void on_answers(struct batch *batch, void *context)
{
	for (size_t i = 0; i < batch->count; i++) {
		const struct datagram *d = &batch->items[i];
		struct seen *seen = &air[air_count++];

		ck_assert_uint_le(air_count, 256);
		*seen = (struct seen){.place = d->local, .outer = d->remote, .len = d->len};
		memcpy(seen->data, d->data, d->len);
	}
}

void nat_deliver(uint16_t local, const struct endpoint *from, const void *bytes, size_t len)
{
	struct arrival in = {span_of(bytes, len), *from, local, false, world.now, wall()};

	peer_receive(world.peer, &in, &out);
	batch_flush(&out);
}

static void fly(void)
{
	size_t n = air_count;

	for (size_t i = 0; i < n; i++) {
		struct seen seen = air[i];
		uint16_t local;

		if (world.on_wire != NULL && !world.on_wire(&seen))
			continue;
		if (seen.outer.address[3] != world.address)
			continue;
		local = inner_socket(seen.outer.port, &world.ends[seen.place]);
		if (local != SOCKETS_MAX)
			nat_deliver(local, &world.ends[seen.place], seen.data, seen.len);
	}
	memmove(air, air + n, (air_count - n) * sizeof *air);
	air_count -= n;
}

/* The next moment at which something may happen, up to `until`. */
static int64_t next_moment(int64_t until)
{
	int64_t due = peer_deadline(world.peer), other = super_deadline(world.super);

	due = other < due ? other : due;
	if (air_count > 0 || due < world.now + 5)
		due = world.now + 5;
	return due < until ? due : until;
}

void nat_pass(int64_t ms)
{
	for (int64_t until = world.now + ms; world.now < until; world.now = next_moment(until)) {
		fly();
		super_tick(world.super, world.now, wall(), &answers);
		batch_flush(&answers);
		if (peer_deadline(world.peer) <= world.now)
			peer_tick(world.peer, world.now, wall(), &out);
		batch_flush(&out);
		/* what is not done when it is due would be asked for again and again */
		ck_assert_int_gt(peer_deadline(world.peer), world.now);
	}
}

static void on_event(const struct peer_event *event, void *context)
{
	struct endpoint e = world.ends[AT_MAIN];
	uint16_t local;

	if (event->kind == EVENT_RESOLVE) {
		peer_resolved(world.peer, event->index, &e, 1, world.now, wall(), &out);
	} else if (event->kind == EVENT_SOCKET) {
		world.wanted++;
		if (world.mute)
			return;
		local = (uint16_t)world.wanted;
		ck_assert_uint_lt(local, SOCKETS_MAX);
		ports[local] = (uint16_t)(40000 + local);
		world.open += !world.no_sockets;
		peer_socket(world.peer, event->socket, local, world.no_sockets ? 0 : ports[local],
		    world.now, wall(), &out);
	} else if (event->kind == EVENT_SOCKET_END) {
		world.ended++;
		world.open--;
		closed[event->local] = true;
	}
}

static bool find_elsewhere(void *context, uint16_t local, const struct endpoint *alternate,
    uint16_t *other)
{
	struct endpoint wanted = *alternate;

	if (alternate_is_relative(alternate)) {
		wanted = world.ends[local];
		wanted.port = alternate->port;
	}
	for (uint16_t i = 0; i < ENDPOINTS; i++) {
		*other = i;
		if (i != local && endpoint_equal(&world.ends[i], &wanted))
			return true;
	}
	return false;
}

static void make_super(bool keyed)
{
	struct super_keys keys = {.secret = {1}, .has_key = keyed, .seed = {1}};
	const char *error;

	world.super = super_new(&world.settings, &keys, &error);
	ck_assert_ptr_nonnull(world.super);
	super_use_alternates(world.super, find_elsewhere, NULL);
	batch_init(&answers, on_answers, NULL);
}

static void make_peer(bool keyed)
{
	uint8_t own[KEYPAIR_SEED_BYTES] = {7}, seed[RNG_SEED_BYTES] = {3};
	struct peer_settings settings;
	const char *error;

	peer_settings_init(&settings);
	strcpy(settings.user, "a");
	strcpy(settings.host, "b");
	strcpy(settings.nick, "c");
	strcpy(settings.supernodes[0].host, "super.example");
	settings.supernodes[0].port = MAIN_PORT;
	settings.supernode_count = 1;
	world.peer = peer_new(&settings, seed, 0, on_event, NULL, &error);
	ck_assert_ptr_nonnull(world.peer);
	batch_init(&out, on_out, NULL);
	if (keyed)
		peer_use_key(world.peer, own);
}

void nat_begin(enum nat nat, bool keyed)
{
	struct endpoint own = at("203.0.113.7");

	world.nat = nat;
	make_super(keyed);
	make_peer(keyed);
	if (nat > NAT_FIREWALL)
		own = at("10.0.0.7");
	peer_addresses(world.peer, &own, 1);
	peer_start(world.peer, world.now, wall(), &out);
	batch_flush(&out);
}

void nat_setup(void)
{
	memset(&world, 0, sizeof world);
	memset(closed, 0, sizeof closed);
	mapping_count = unasked_count = air_count = 0;
	next_port = 30000;
	ports[0] = MAIN_PORT;
	world.now = 1000000;
	world.address = 7;
	world.ends[AT_MAIN] = at("198.51.100.1:2425");
	world.ends[AT_TEST] = at("198.51.100.1:2426");
	world.ends[AT_OTHER] = at("198.51.100.2:2425");
	world.ends[AT_OTHER_TEST] = at("198.51.100.2:2426");
	super_settings_init(&world.settings);
	world.settings.alternates[0] = at("0.0.0.0:2426");
	world.settings.alternates[1] = at("198.51.100.2:2425");
	world.settings.alternates[2] = at("198.51.100.2:2426");
	world.settings.alternate_count = 3;
}

void nat_teardown(void)
{
	peer_free(world.peer);
	super_free(world.super);
}

struct peer_nat_status nat_status(void)
{
	struct peer_nat_status status = {0};

	peer_nat(world.peer, FAMILY_IP4, &status);
	return status;
}
