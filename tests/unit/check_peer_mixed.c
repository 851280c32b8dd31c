/*
 * Peers with keys among supernodes that have keys, none, or new ones, and with
 * clocks that were set back: nobody is locked out, and no path is lost by it.
 */
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "peer_fixture.h"

#define BOB 101 /* the first bytes of keys */
#define DAVE 102

/* Until then nothing of these two kinds leaves the supernode at E, or that at E2. */
struct delay {
	int64_t orders, answers;
};
static struct delay late, late2;
static int64_t late_punches; /* until then nothing goes between the peers */
static unsigned unreserved; /* stamps above what was told to be kept before they left */

static bool is_late(const struct flying *f, const char *from, const struct delay *delay)
{
	struct endpoint e = at(from);
	struct packet packet;

	if (!endpoint_equal(&f->from, &e) ||
	    packet_parse(&packet, span_of(f->data, f->len)) != PACKET_OK)
		return false;
	return (packet_command(&packet) == CMD_ORDERPUNCHING && now < delay->orders) ||
	    (packet_command(&packet) == CMD_ANSPUNCHING && now < delay->answers);
}

static bool is_peers(const struct endpoint *e)
{
	return endpoint_equal(e, &B->at) || endpoint_equal(e, &D->at);
}

static bool watch(struct flying *f)
{
	struct packet packet;
	struct entry entry;

	for (int i = 1; i <= 2; i++) {
		if (endpoint_equal(&f->from, &nodes[i].at) &&
		    packet_parse(&packet, span_of(f->data, f->len)) == PACKET_OK &&
		    entry_parse(&entry, &packet) && fields_has(&entry.fields, KEY_TS))
			unreserved += entry.fields.stamp >= nodes[i].stamp;
	}
	if (now < late_punches && is_peers(&f->from) && is_peers(&f->to))
		return false;
	return !is_late(f, E, &late) && !is_late(f, E2, &late2);
}

/* Makes it with the key, and with two supernodes if `two`. */
static void make(int i, bool two)
{
	struct peer_settings settings;
	const char *error;

	make_keyed_peer(i, i == 1 ? "192.0.2.1:2425" : "192.0.2.2:40001", i == 1 ? "bob" : "dave",
	    i == 1 ? BOB : DAVE);
	settings = nodes[i].peer->settings;
	strcpy(settings.supernodes[1].host, "other.example");
	settings.supernodes[1].port = 2425;
	settings.supernode_count = two ? 2 : 1;
	ck_assert(peer_reconfigure(nodes[i].peer, &settings, now, &error));
}

static void make_keyless_super(int i, uint8_t secret)
{
	struct super_keys keys = {.secret = {secret}};
	struct super_settings settings;
	const char *error;

	make_super(i, secret);
	super_free(nodes[i].super);
	super_settings_init(&settings);
	nodes[i].super = super_new(&settings, &keys, &error);
}

static void begin(bool two)
{
	now = 1000000;
	clock_base = CLOCK_BASE;
	unreserved = 0;
	memset(nodes, 0, sizeof nodes);
	memset(&late, 0, sizeof late);
	memset(&late2, 0, sizeof late2);
	late_punches = 0;
	clear_air();
	on_air = watch;
	nodes[0].at = at(E);
	make_super(0, 1);
	if (two) {
		nodes[3].at = at(E2);
		make_keyless_super(3, 7);
	}
	make(1, two);
	make(2, two);
	start(1);
	start(2);
	pass(5000);
}

static void one(void)
{
	begin(false);
}

static void two(void)
{
	begin(true);
}

static void end(void)
{
	teardown();
	if (nodes[3].super != NULL)
		super_free(nodes[3].super);
}

static struct peer_supernode_status status_of(struct node *node, unsigned i)
{
	struct peer_supernode_status status;

	ck_assert(peer_supernode(node->peer, i, &status));
	return status;
}

static unsigned open_paths(const struct node *node)
{
	unsigned count = 0;

	for (size_t i = 0; i < node->peer->path_count; i++)
		count += node->peer->paths[i]->state == PATH_OPEN;
	return count;
}

/*
 * The supernode with a key and the one without introduce the same two. `late` is the former;
 * orders and answers may come from different ones first.
 */
static const struct {
	struct delay late, late2; /* ms */
	bool keyed;		  /* what comes of it */
	int64_t punches;	  /* ms */
} mixtures[] = {
    {{400, 400}, {0, 0}, false, 0},
    {{0, 0}, {400, 400}, true, 0},
    {{0, 600}, {100, 0}, false, 0},
    {{100, 0}, {0, 600}, true, 0},
    {{0, 0}, {0, 0}, true, 0},
    {{100, 600}, {0, 0}, false, 500},
    {{0, 0}, {100, 600}, true, 500},
};

START_TEST(mixed_supernodes_make_a_path)
{
	ck_assert(status_of(B, 0).keyed);
	ck_assert_int_eq(status_of(B, 1).state, SUPERNODE_REGISTERED);
	ck_assert(!status_of(B, 1).keyed);
	late.orders = now + mixtures[_i].late.orders;
	late.answers = now + mixtures[_i].late.answers;
	late2.orders = now + mixtures[_i].late2.orders;
	late2.answers = now + mixtures[_i].late2.answers;
	late_punches = now + mixtures[_i].punches;
	ask(B, "dave");
	pass(1000);
	ck_assert_int_eq(B->peer->paths[0]->state, PATH_OPEN);
	ck_assert(B->peer->paths[0]->has_identity == mixtures[_i].keyed);
	pass(120000);
	/* it stays open, nothing has failed, and nobody is taken for a forger */
	ck_assert_uint_eq(open_paths(B), 1);
	ck_assert_uint_eq(open_paths(D), 1);
	ck_assert_uint_eq(B->steps[STEP_FAILED] + D->steps[STEP_FAILED], 0);
	ck_assert_uint_eq(peer_count(B->peer, PEER_DROPPED_FORGED), 0);
	ck_assert_uint_eq(peer_count(D->peer, PEER_DROPPED_FORGED), 0);
	say(B, "dave", "hello");
	pass(100);
	ck_assert_str_eq(D->text, "hello");
}
END_TEST

/* One of two refuses, the other introduces: that one counts, whatever it said before. */
START_TEST(one_refusal_of_two)
{
	struct identity identity = {"s", "s", "s", ""};
	struct endpoint e = at(E), e2 = at(E2);
	struct fields fields = {0};
	unsigned char bytes[500];
	struct path *path;

	ask(B, "dave");
	clear_air();
	path = B->peer->paths[0];
	for (int i = 0; i < 3; i++) {
		struct uplink *uplink = &B->peer->uplinks[i < 2 ? 1 : 0];
		struct writer w = writer_on(bytes, sizeof bytes);

		memset(&fields, 0, sizeof fields);
		fields_set(&fields, KEY_TK);
		memcpy(fields.transaction, path->transaction, TRANSACTION_BYTES);
		uplink_set_cookie(uplink, &fields);
		fields_set(&fields, i == 1 ? KEY_OA : KEY_ER);
		fields.observed = D->at;
		fields.error = i == 0 ? PUNCH_BUSY : PUNCH_REFUSED;
		if (i == 1)
			fields_set(&fields, KEY_SI);
		answer_write(&w, 5, &identity, span_text("dave"), &fields);
		deliver(B, i < 2 ? &e2 : &e, bytes, w.len);
		clear_air();
	}
	ck_assert_int_eq(path->verdicts[0], REASON_REFUSED);
	ck_assert_int_eq(path->state, PATH_PUNCHING);
}
END_TEST

/* Both supernodes know the transaction of an ask: one may forge the other's address. */
START_TEST(challenges_of_asks_bring_no_cookie)
{
	static const uint8_t evil[COOKIE_BYTES] = {0xee};
	struct uplink *uplink = &B->peer->uplinks[0];
	struct identity identity = {"s", "s", "s", ""};
	struct endpoint e = at(E);
	struct fields fields = {0};
	unsigned char bytes[500];
	struct writer w = writer_on(bytes, sizeof bytes);

	ask(B, "nobody");
	clear_air();
	fields_set(&fields, KEY_TK);
	memcpy(fields.transaction, B->peer->paths[0]->transaction, TRANSACTION_BYTES);
	fields_set(&fields, KEY_ER);
	fields.error = PUNCH_UNVERIFIED;
	fields_set(&fields, KEY_CK);
	memcpy(fields.cookie, evil, sizeof evil);
	answer_write(&w, 5, &identity, span_text("nobody"), &fields);
	deliver(B, &e, bytes, w.len);
	for (unsigned i = 0; i < uplink->cookie_count; i++)
		ck_assert_mem_ne(uplink->cookies[i], evil, sizeof evil);
	/* it is found out by a refresh whether a cookie is wanted */
	ck_assert_uint_gt(uplink->tries, 0);
}
END_TEST

/* An address that a person gives is tried besides, and does not stand in the way of the keys. */
START_TEST(given_addresses_have_no_keys)
{
	struct endpoint given = at("203.0.113.9:9");
	enum reason reason;

	peer_ask(B->peer, "dave", &given, now, wall(), &B->batch, &reason);
	batch_flush(&B->batch);
	pass(1000);
	ck_assert_int_eq(B->path_state, PATH_OPEN);
	ck_assert(endpoint_equal(&B->peer->paths[0]->remote, &D->at));
	ck_assert(B->peer->paths[0]->has_identity);
}
END_TEST

/* As B after a restart: it knows what it has kept, or nothing. */
static void restart(uint64_t floor)
{
	peer_free(B->peer);
	B->steps[STEP_FAILED] = 0;
	make(1, false);
	if (floor > 0)
		peer_stamp(B->peer, floor);
	peer_know_supernode(B->peer, "super.example", 2425, super_identity(nodes[0].super));
	start(1);
}

START_TEST(clocks_may_be_set_back)
{
	ask(B, "dave");
	pass(1000);
	ck_assert_int_eq(B->path_state, PATH_OPEN);
	clock_base -= 86400;
	restart(B->stamp);
	pass(2000);
	ck_assert_int_eq(uplink_state(B), SUPERNODE_REGISTERED);
	ck_assert(status_of(B, 0).keyed);
	/* and whoever has a path to it, of before, takes what it sends */
	ask(B, "dave");
	pass(1000);
	ck_assert_int_eq(B->path_state, PATH_OPEN);
	ck_assert_uint_eq(unreserved, 0);
	/* again and again, at once, and with nonsense kept */
	for (int i = 0; i < 3; i++) {
		restart(i < 2 ? B->stamp : UINT64_MAX);
		pass(100);
		ck_assert(status_of(B, 0).keyed);
	}
}
END_TEST

START_TEST(stamps_are_reserved)
{
	ask(B, "dave");
	pass(7500000);
	ck_assert_uint_ge(B->stamp_events, 3);
	ck_assert_uint_le(B->stamp_events, 4);
	ck_assert_uint_eq(unreserved, 0);
	ck_assert_uint_gt(B->stamp, (uint64_t)wall() * 1000);
}
END_TEST

/* Two names in the settings, one supernode: either is answered. */
START_TEST(names_of_one_supernode)
{
	peer_free(B->peer);
	B->one_supernode = true;
	make(1, true);
	start(1);
	pass(60000);
	ck_assert_int_eq(status_of(B, 0).state, SUPERNODE_REGISTERED);
	ck_assert_int_eq(status_of(B, 1).state, SUPERNODE_REGISTERED);
	ck_assert_uint_eq(peer_count(B->peer, PEER_DROPPED_FORGED), 0);
	ask(B, "dave");
	pass(1000);
	ck_assert_int_eq(B->path_state, PATH_OPEN);
}
END_TEST

/* The supernode keeps its names and has a new key: whose they are cannot be shown to it. */
START_TEST(names_held_by_a_changed_key)
{
	struct keypair other;

	keypair_init(&other, (uint8_t[KEYPAIR_SEED_BYTES]){77});
	peer_free(B->peer);
	make(1, false);
	B->peer->settings.host[0] = 'x';
	peer_know_supernode(B->peer, "super.example", 2425, other.identity);
	B->at = at("192.0.2.7:7");
	start(1);
	pass(3000);
	ck_assert_int_eq(uplink_state(B), SUPERNODE_REFUSED);
	ck_assert_int_eq(status_of(B, 0).identity_state, IDENTITY_CHANGED);
	ck_assert_int_eq(status_of(B, 0).reason, REASON_KEY_CHANGED);
	ck_assert_str_eq(reason_name(REASON_KEY_CHANGED), "key-changed");
	/* a person says that the key is right: tried at once */
	peer_forget_supernode(B->peer, "super.example", 0, now, wall(), &B->batch);
	batch_flush(&B->batch);
	pass(200);
	ck_assert_int_eq(uplink_state(B), SUPERNODE_REGISTERED);
	ck_assert(status_of(B, 0).keyed);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("peer_mixed");
	TCase *both = tcase_create("two"), *alone = tcase_create("one");

	tcase_add_checked_fixture(both, two, end);
	tcase_add_loop_test(both, mixed_supernodes_make_a_path, 0,
	    sizeof mixtures / sizeof *mixtures);
	tcase_add_test(both, one_refusal_of_two);
	tcase_add_test(both, challenges_of_asks_bring_no_cookie);
	suite_add_tcase(suite, both);
	tcase_add_checked_fixture(alone, one, end);
	tcase_add_test(alone, given_addresses_have_no_keys);
	tcase_add_test(alone, clocks_may_be_set_back);
	tcase_add_test(alone, stamps_are_reserved);
	tcase_add_test(alone, names_of_one_supernode);
	tcase_add_test(alone, names_held_by_a_changed_key);
	suite_add_tcase(suite, alone);
	return unit_run(suite);
}
