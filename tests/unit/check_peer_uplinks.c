/*
 * The registrations of a peer and the sockets that they are made from: which is used when, what
 * is known of a supernode over both families, and what a move, a reload and the end do to them.
 */
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "peer/hint.h"
#include "peer_fixture.h"

#define B_AT "192.0.2.1:2425"

static struct turn turn_of(struct node *node)
{
	return (struct turn){.peer = node->peer, .out = &node->batch, .now = now, .wall = wall()};
}

static struct path *path_of(struct node *node)
{
	ck_assert_uint_gt(node->peer->path_count, 0);
	return node->peer->paths[0];
}

static void deliver_plain_answer(struct node *node, const char *from)
{
	struct identity identity = {"s", "s", "s", "s"};
	struct endpoint source = at(from);
	unsigned char bytes[500];
	struct writer w = writer_on(bytes, sizeof bytes);

	entry_write_answer(&w, 5, &identity, CMD_ANSENTRY, node->peer->legacy, false, NULL);
	deliver(node, &source, bytes, w.len);
}

/* Of what B sends to one endpoint: when, and whence. */
static struct endpoint watched;
static struct {
	struct endpoint from;
	int64_t when;
} sent[64];
static unsigned sent_count;

static void watch(const struct flying *flying)
{
	if (flying->by != B || !endpoint_equal(&flying->to, &watched) || sent_count == 64)
		return;
	sent[sent_count].from = flying->from;
	sent[sent_count++].when = now;
}

static void watch_for(const char *where)
{
	watched = at(where);
	sent_count = 0;
	on_send = watch;
}

static bool all_from(const char *where)
{
	struct endpoint from = at(where);

	for (unsigned i = 0; i < sent_count; i++) {
		if (!endpoint_equal(&sent[i].from, &from))
			return false;
	}
	return sent_count > 0;
}

static bool ip4_of_e_cut, ip6_cut, grants_cut;

static bool swallow(struct flying *flying)
{
	struct endpoint e = at(E);

	if (flying->from.family == FAMILY_IP6)
		return !ip6_cut;
	if (grants_cut && endpoint_equal(&flying->from, &e) && flying->to.port != 40001)
		return false;
	return !ip4_of_e_cut || !endpoint_same_address(&flying->to, &e);
}

static void begin(void)
{
	setup();
	ip4_of_e_cut = ip6_cut = grants_cut = false;
	on_air = swallow;
}

/* B anew, with both families; nothing of IPv6 arrives. */
static void with_ip6(void)
{
	peer_free(B->peer);
	nodes[0].sockets[LOCAL_IP6] = at(E6);
	make_peer(1, B_AT, "bob");
	use_ip6(1, "[2001:db8::b]:2425");
	ip6_cut = true;
	start(1);
	pass(1500);
}

/* Somebody else may answer over the family where the supernode does not. */
START_TEST(px_counts_for_both_families)
{
	ip4_of_e_cut = _i == 1;
	with_ip6();
	struct uplink *ip6 = &B->peer->uplinks[1];

	deliver_plain_answer(B, E6);
	ck_assert_int_eq(ip6->state == SUPERNODE_REGISTERED, _i == 1);
	ip4_of_e_cut = false;
	pass(10000);
	ck_assert_int_eq(B->peer->uplinks[0].state, SUPERNODE_REGISTERED);
	ck_assert_int_ne(ip6->state, SUPERNODE_REGISTERED);
	ck_assert(!ip6->seed && ip6->extended);
	deliver_plain_answer(B, E6);
	ck_assert(!uplink_usable(ip6, now));
	/* the real one is taken */
	ip6_cut = false;
	pass(70000);
	ck_assert_int_eq(ip6->state, SUPERNODE_REGISTERED);
}
END_TEST

static void fail_twice(void)
{
	D->cut = true;
	for (int i = 0; i < 2; i++) {
		ask(B, "dave");
		pass(5000);
		ck_assert_int_eq(B->reason, REASON_NO_ANSWER);
	}
	D->cut = false;
}

/* Others come in by the port that everybody knows; another one is no better. */
START_TEST(an_open_port_is_kept)
{
	struct endpoint own = at(B_AT);

	B->gives_sockets = true;
	if (_i == 0)
		peer_own_addresses(B->peer, &own, 1);
	else
		B->peer->natview.found = (struct peer_nat_status){.translated = true,
		    .nat = {.mapping = NAT_MAPPING_EI, .eif = true},
		    .since = now};
	fail_twice();
	ck_assert_uint_eq(B->peer->sockets.last_id, 0);
	ck_assert_uint_eq(B->peer->uplinks[0].local, 0);
}
END_TEST

START_TEST(the_main_socket_is_used_again)
{
	struct endpoint main = at(B_AT);

	B->gives_sockets = true;
	fail_twice();
	ck_assert_uint_ne(B->peer->sockets.fresh, 0);
	ck_assert(!endpoint_equal(&B->peer->uplinks[0].observed, &main));
	if (_i == 1) {
		ask(B, "dave");
		pass(500);
		ck_assert_int_eq(path_of(B)->state, PATH_OPEN);
	}
	pass(B->peer->settings.rest - 15000);
	ck_assert_uint_ne(B->peer->sockets.fresh, 0);
	pass(30000);
	ck_assert_uint_eq(B->peer->sockets.fresh, 0);
	ck_assert_int_eq(B->peer->uplinks[0].state, SUPERNODE_REGISTERED);
	ck_assert(endpoint_equal(&B->peer->uplinks[0].observed, &main));
	ck_assert(uplink_ready(B->peer, &B->peer->uplinks[0], now));
	/* what is open goes on where it is; else the other one is not kept */
	ck_assert_uint_eq(B->sockets_given - B->sockets_ended, _i == 1);
	if (_i == 0)
		return;
	pass(60000);
	ck_assert_int_eq(path_of(B)->state, PATH_OPEN);
	ck_assert_uint_gt(path_of(B)->local, LOCAL_IP6);
	ck_assert_uint_ne(say(B, "dave", "still there"), 0);
	pass(100);
	ck_assert_str_eq(D->text, "still there");
}
END_TEST

/* Who knows of one port for each of us would not find us at another. */
START_TEST(seeds_hear_the_main_socket)
{
	struct peer_settings settings = B->peer->settings;
	struct endpoint given = at("203.0.113.5:2425");
	const char *error;
	enum reason reason;
	struct turn turn;

	B->gives_sockets = true;
	strcpy(settings.supernodes[1].host, "seed.example");
	settings.supernodes[1].port = 2425;
	settings.supernode_count = 2;
	ck_assert(peer_reconfigure(B->peer, &settings, now, &error));
	pass(100);
	deliver_plain_answer(B, E2);
	ck_assert(B->peer->uplinks[1].seed);
	turn = turn_of(B);
	ck_assert(sockets_renew(&turn));
	watch_for(E2);
	for (int i = 0; i < 30; i++) {
		pass(1000);
		deliver_plain_answer(B, E2);
	}
	ck_assert_uint_gt(B->peer->uplinks[0].local, LOCAL_IP6);
	ck_assert(all_from(B_AT));
	ck_assert(uplink_ready(B->peer, &B->peer->uplinks[1], now));
	watch_for("203.0.113.5:2425");
	ck_assert_uint_ne(peer_ask(B->peer, "x@y", &given, now, wall(), &B->batch, &reason), 0);
	batch_flush(&B->batch);
	pass(5000);
	ck_assert(all_from(B_AT));
}
END_TEST

/* A router that has not seen two exchanges, some time apart, forgets soon. */
START_TEST(each_place_gets_a_second_exchange)
{
	struct turn turn;
	unsigned late = 0;
	int64_t moved;

	B->gives_sockets = true;
	B->peer->settings.refresh = 60;
	pass(100000);
	turn = turn_of(B);
	watch_for(E);
	moved = now;
	if (_i == 0) {
		B->at = at("203.0.113.50:6000");
		peer_moved(B->peer, now, wall(), &B->batch);
		batch_flush(&B->batch);
	} else {
		ck_assert(sockets_renew(&turn));
	}
	pass(5000);
	for (unsigned i = 0; i < sent_count; i++)
		late += sent[i].when - moved > 2000 && sent[i].when - moved < 2500;
	ck_assert_uint_eq(late, 1);
}
END_TEST

START_TEST(nothing_begins_after_the_end)
{
	struct endpoint e = at(E);
	struct turn turn = turn_of(B);

	ck_assert(sockets_renew(&turn));
	ck_assert_uint_eq(B->want_count, 1);
	B->want_count = 0;
	peer_stop(B->peer, now, wall(), &B->batch);
	batch_flush(&B->batch);
	B->peer->uplinks[0].state = SUPERNODE_RESOLVING;
	watch_for(E);
	B->sockets[3] = at("192.0.2.1:50000");
	peer_socket(B->peer, B->wants[0], 3, 50000, now, wall(), &B->batch);
	peer_resolved(B->peer, 0, &e, 1, now, wall(), &B->batch);
	batch_flush(&B->batch);
	ck_assert_uint_eq(B->sockets_ended, 1);
	ck_assert_uint_eq(sent_count, 0);
	ck_assert(!sockets_renewing(B->peer));
}
END_TEST

/* On the way to another socket it is registered at the one before. */
START_TEST(it_leaves_where_it_is_registered)
{
	struct turn turn = turn_of(B);

	B->gives_sockets = true;
	ck_assert(sockets_renew(&turn));
	if (_i == 0) {
		grants_cut = true;
		pass(50);
		ck_assert(B->peer->uplinks[0].moved);
	} else {
		pass(50);
		ck_assert(!B->peer->uplinks[0].moved);
	}
	peer_stop(B->peer, now, wall(), &B->batch);
	batch_flush(&B->batch);
	fly();
	ask(D, "bob");
	pass(1000);
	ck_assert_int_eq(D->reason, REASON_UNKNOWN_NAME);
}
END_TEST

START_TEST(a_failed_lookup_says_nothing)
{
	struct uplink *ip6;

	with_ip6();
	ip6_cut = false;
	pass(10000);
	ip6 = &B->peer->uplinks[1];
	ck_assert_int_eq(ip6->state, SUPERNODE_REGISTERED);
	ip6->state = SUPERNODE_RESOLVING;
	peer_resolved(B->peer, 0, NULL, 0, now, wall(), &B->batch);
	ck_assert(!ip6->dormant);
	ck_assert_int_eq(ip6->state, SUPERNODE_LOST);
	ck_assert_int_eq(B->peer->uplinks[0].state, SUPERNODE_REGISTERED);
	pass(70000);
	ck_assert_int_eq(ip6->state, SUPERNODE_REGISTERED);
}
END_TEST

/* Their places in the settings are others. */
START_TEST(a_reload_forgets_who_was_asked)
{
	struct peer_settings settings = B->peer->settings;
	const char *error;

	D->cut = true;
	ask(B, "dave");
	pass(100);
	ck_assert_uint_ne(path_of(B)->asked_of, 0);
	settings.supernodes[1] = settings.supernodes[0];
	strcpy(settings.supernodes[0].host, "other.example");
	settings.supernode_count = 2;
	ck_assert(peer_reconfigure(B->peer, &settings, now, &error));
	ck_assert_uint_eq(path_of(B)->asked_of, 0);
}
END_TEST

/* Another host may have got that address since. */
START_TEST(where_it_was_is_not_its_own)
{
	struct endpoint there = at(B_AT), own = at("203.0.113.80:2425");
	struct uplink *uplink = &B->peer->uplinks[0];

	ck_assert(hint_is_own(B->peer, &there));
	uplink->moved = true;
	ck_assert(!hint_is_own(B->peer, &there));
	uplink->moved = false;
	uplink->state = SUPERNODE_LOST;
	ck_assert(!hint_is_own(B->peer, &there));
	ck_assert(!hint_is_own(B->peer, &own));
	peer_own_addresses(B->peer, &own, 1);
	ck_assert(hint_is_own(B->peer, &own));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("peer_uplinks");
	TCase *tcase = tcase_create("uplinks");

	tcase_add_checked_fixture(tcase, begin, teardown);
	tcase_add_loop_test(tcase, px_counts_for_both_families, 0, 2);
	tcase_add_loop_test(tcase, an_open_port_is_kept, 0, 2);
	tcase_add_loop_test(tcase, the_main_socket_is_used_again, 0, 2);
	tcase_add_test(tcase, seeds_hear_the_main_socket);
	tcase_add_loop_test(tcase, each_place_gets_a_second_exchange, 0, 2);
	tcase_add_test(tcase, nothing_begins_after_the_end);
	tcase_add_loop_test(tcase, it_leaves_where_it_is_registered, 0, 2);
	tcase_add_test(tcase, a_failed_lookup_says_nothing);
	tcase_add_test(tcase, a_reload_forgets_who_was_asked);
	tcase_add_test(tcase, where_it_was_is_not_its_own);
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
