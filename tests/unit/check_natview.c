/*
 * What a peer finds out about the NAT in front of it: each kind, with losses, with a supernode
 * that has nothing to test with, and among those who want it to find something else.
 */
#include "unit.h"

#include <sodium.h>
#include <string.h>

#include "nat_fixture.h"

/* Registered, tested, and told. */
#define TESTED_MS 6000

/* Of a test that finds a mapping by destination, since that is looked at twice. */
#define DEPENDENT_SOCKETS 2

static const struct {
	enum nat_mapping mapping;
	enum nat_ports ports;
	bool open, eif, translated;
	const char *told;
} expected[NATS] = {
    [NAT_NONE] = {NAT_MAPPING_EI, NAT_PORTS_KEEP, false, true, false, "ei,keep,eif"},
    [NAT_FIREWALL] = {NAT_MAPPING_EI, NAT_PORTS_KEEP, false, false, false, "ei,keep"},
    [NAT_FULL_CONE] = {NAT_MAPPING_EI, NAT_PORTS_KEEP, false, true, true, "ei,keep,eif"},
    [NAT_ADDRESS_RESTRICTED] = {NAT_MAPPING_EI, NAT_PORTS_KEEP, false, false, true, "ei,keep"},
    [NAT_PORT_RESTRICTED] = {NAT_MAPPING_EI, NAT_PORTS_KEEP, false, false, true, "ei,keep"},
    [NAT_BLOCK] = {NAT_MAPPING_EI, NAT_PORTS_UNKNOWN, false, false, true, "ei"},
    [NAT_OPEN] = {NAT_MAPPING_EI, NAT_PORTS_KEEP, true, false, true, "ei,keep,open"},
    [NAT_DEPENDENT] = {NAT_MAPPING_AD, NAT_PORTS_UNKNOWN, false, false, true, "ad"},
    [NAT_SEQUENTIAL] = {NAT_MAPPING_AP, NAT_PORTS_SEQ, false, false, true, "ap,seq"},
    [NAT_RANDOM] = {NAT_MAPPING_AP, NAT_PORTS_RND, false, false, true, "ap,rnd"},
};

static void expect(enum nat nat)
{
	struct peer_nat_status status = nat_status();

	ck_assert(status.mapping_tested);
	ck_assert_int_eq(status.nat.mapping, expected[nat].mapping);
	ck_assert_int_eq(status.nat.ports, expected[nat].ports);
	ck_assert_int_eq(status.nat.open, expected[nat].open);
	ck_assert_int_eq(status.nat.eif, expected[nat].eif);
	ck_assert_int_eq(status.translated, expected[nat].translated);
	ck_assert_str_eq(world.told, expected[nat].told);
}

START_TEST(each_kind_is_found)
{
	nat_begin((enum nat)_i, false);
	nat_pass(TESTED_MS);
	expect((enum nat)_i);
	struct peer_nat_status status = nat_status();

	ck_assert_uint_eq(status.destinations, 4);
	ck_assert_uint_eq(status.addresses, 2);
	ck_assert_int_eq(status.filtering_tested, status.nat.mapping == NAT_MAPPING_EI);
	ck_assert_int_eq(status.step, _i == NAT_SEQUENTIAL);
	ck_assert_uint_eq(status.observed.address[3], world.address);
	/* nothing is left open, and nothing goes on */
	ck_assert_uint_eq(world.open, 0);
	unsigned tests = world.tests;

	nat_pass(3600000);
	ck_assert_uint_eq(world.tests, tests);
}
END_TEST

START_TEST(each_kind_is_found_with_keys)
{
	nat_begin((enum nat)_i, true);
	nat_pass(TESTED_MS);
	expect((enum nat)_i);
}
END_TEST

static unsigned lost;

static bool lose_two_of_three(struct seen *seen)
{
	bool test = memmem(seen->data, seen->len, "\nLT:", 4) == NULL &&
	    memmem(seen->data, seen->len, "\nCK:", 4) == NULL;

	return !test || ++lost % 3 == 0;
}

/* Mappings are made by what leaves, so the order holds whatever gets lost behind the NAT. */
START_TEST(each_kind_is_found_under_loss)
{
	nat_begin((enum nat)_i, false);
	nat_pass(100);
	ck_assert(nat_status().testing);
	lost = 0;
	world.on_wire = lose_two_of_three;
	nat_pass(TESTED_MS);
	world.on_wire = NULL;
	nat_pass(30000);
	struct peer_nat_status status = nat_status();

	ck_assert(status.mapping_tested);
	ck_assert(!status.testing);
	ck_assert_int_eq(status.nat.mapping, expected[_i].mapping);
	ck_assert_uint_gt(lost, 8);
	ck_assert_uint_eq(world.open, 0);
}
END_TEST

START_TEST(one_address_shows_no_mapping)
{
	world.settings.alternate_count = 1;
	nat_begin((enum nat)_i, false);
	nat_pass(TESTED_MS);
	struct peer_nat_status status = nat_status();

	ck_assert_uint_eq(status.destinations, 2);
	ck_assert_uint_eq(status.addresses, 1);
	ck_assert_int_eq(status.nat.mapping, NAT_MAPPING_UNKNOWN);
	ck_assert_uint_eq(world.wanted, 1);
}
END_TEST

/* An answer from another port of the same address does not show that everybody gets in. */
START_TEST(another_port_is_not_everybody)
{
	world.settings.alternate_count = 1;
	nat_begin(NAT_NONE, false);
	nat_pass(TESTED_MS);
	struct peer_nat_status status = nat_status();

	ck_assert_int_eq(status.nat.mapping, NAT_MAPPING_EI);
	ck_assert(status.filtering_tested);
	ck_assert(!status.nat.eif);
	ck_assert_uint_gt(world.elsewhere, 0);
}
END_TEST

START_TEST(nothing_to_test_with)
{
	world.settings.alternate_count = 0;
	nat_begin(NAT_PORT_RESTRICTED, true);
	nat_pass(600000);
	struct peer_nat_status status = nat_status();

	ck_assert_uint_eq(world.wanted, 0);
	ck_assert(!status.mapping_tested);
	ck_assert(status.translated);
	ck_assert_int_eq(status.nat.mapping, NAT_MAPPING_UNKNOWN);
	ck_assert_str_eq(world.told, "");
}
END_TEST

START_TEST(no_translation_needs_no_test)
{
	world.settings.alternate_count = 0;
	nat_begin(NAT_FIREWALL, false);
	nat_pass(TESTED_MS);
	ck_assert(!nat_status().translated);
	ck_assert(!nat_status().nat.eif);
	ck_assert_str_eq(world.told, "ei,keep");
}
END_TEST

/* An older supernode: its challenges do not say how it sees us. */
static bool hide_observed(struct seen *seen)
{
	char *oa = memmem(seen->data, seen->len, "\nOA:", 4);

	if (!seen->to_super && oa != NULL && memmem(seen->data, seen->len, "\nER:", 4) != NULL)
		oa[1] = 'Q';
	return true;
}

/* Nothing is known then, and nothing is tried all the time. */
static void expect_nothing(void)
{
	nat_pass(TESTED_MS);
	ck_assert_uint_gt(world.tests, 0);
	ck_assert(!nat_status().mapping_tested);
	ck_assert_int_eq(nat_status().nat.mapping, NAT_MAPPING_UNKNOWN);
	ck_assert_str_eq(world.told, "");
	ck_assert_uint_eq(world.open, 0);
	ck_assert_uint_eq(world.wanted, 1);
	nat_pass(590000);
	ck_assert_uint_eq(world.wanted, 1);
	nat_pass(30000);
	ck_assert_uint_eq(world.wanted, 2);
}

START_TEST(an_older_supernode_tells_nothing)
{
	world.on_wire = hide_observed;
	nat_begin(NAT_PORT_RESTRICTED, false);
	expect_nothing();
	/* what says nothing is not asked for again */
	ck_assert_uint_eq(world.tests, 2 * 4);
}
END_TEST

static bool change(struct seen *seen, const char *key, char to)
{
	char *line = memmem(seen->data, seen->len, key, strlen(key));

	/* to tests only */
	if (!seen->to_super && line != NULL && memmem(seen->data, seen->len, "\nER:", 4) != NULL &&
	    seen->outer.port != 2425)
		memset(line + 4, to, 2);
	return true;
}

static bool wrong_transaction(struct seen *seen)
{
	return change(seen, "\nTK:", 'z');
}

/* 224.… and more */
static bool impossible_observed(struct seen *seen)
{
	return change(seen, "\nOA:", '4');
}

static bool wrong_source(struct seen *seen)
{
	if (!seen->to_super && memmem(seen->data, seen->len, "\nER:", 4) != NULL &&
	    seen->outer.port != 2425)
		seen->place = (seen->place + 1) % ENDPOINTS;
	return true;
}

START_TEST(forged_answers_show_nothing)
{
	static const wire_fn forgers[] = {wrong_transaction, impossible_observed, wrong_source};

	world.on_wire = forgers[_i];
	/* where everything gets in */
	nat_begin(NAT_FULL_CONE, false);
	expect_nothing();
	ck_assert_uint_gt(peer_count(world.peer,
			      _i == 1 ? PEER_DROPPED_ADDRESS : PEER_DROPPED_FORGED),
	    4);
}
END_TEST

/* Who finds a test's socket open gets nothing out of it. */
START_TEST(strangers_get_no_answer)
{
	static const char *const packets[] = {
	    "1:100:x:y:1:nick",
	    "1:100:x:y:128:a@b",
	    "1:100:x:y:288:hello",
	    "1:100:x:y:3:nick",
	    "1:100:x:y:129:198.51.100.9",
	    "rubbish",
	};
	struct endpoint stranger = world.ends[AT_OTHER_TEST];
	uint64_t sent;

	world.on_wire = wrong_transaction;
	nat_begin(NAT_FULL_CONE, false);
	nat_pass(1000);
	ck_assert_uint_eq(world.open, 1);
	sent = peer_count(world.peer, PEER_SENT);
	for (size_t i = 0; i < sizeof packets / sizeof *packets; i++)
		nat_deliver(world.last_local, &stranger, packets[i], strlen(packets[i]) + 1);
	ck_assert_uint_eq(peer_count(world.peer, PEER_SENT), sent);
	ck_assert_uint_eq(world.peer->path_count, 0);
}
END_TEST

START_TEST(no_socket_can_be_had)
{
	world.no_sockets = true;
	nat_begin(NAT_PORT_RESTRICTED, false);
	nat_pass(300000);
	ck_assert_uint_eq(world.wanted, 1);
	ck_assert(!nat_status().mapping_tested);
	world.no_sockets = false;
	nat_pass(400000);
	expect(NAT_PORT_RESTRICTED);
}
END_TEST

START_TEST(a_wish_is_not_answered)
{
	world.mute = true;
	nat_begin(NAT_PORT_RESTRICTED, false);
	nat_pass(300000);
	ck_assert_uint_eq(world.wanted, 1);
	world.mute = false;
	nat_pass(400000);
	expect(NAT_PORT_RESTRICTED);
}
END_TEST

static bool no_filter_socket(struct seen *seen)
{
	/* one is had for the mapping, none for what follows */
	world.no_sockets = world.wanted > 0;
	return true;
}

START_TEST(the_mapping_alone_is_something)
{
	world.on_wire = no_filter_socket;
	nat_begin(NAT_OPEN, false);
	nat_pass(TESTED_MS);
	struct peer_nat_status status = nat_status();

	ck_assert_uint_eq(world.wanted, 2);
	ck_assert(status.mapping_tested);
	ck_assert(!status.filtering_tested);
	ck_assert_str_eq(world.told, "ei,keep");
}
END_TEST

/* The supernode says that it can be reached there, and nothing ever comes from there. */
static bool lose_other(struct seen *seen)
{
	return seen->place < AT_OTHER;
}

START_TEST(an_alternate_that_is_dead)
{
	world.on_wire = lose_other;
	nat_begin(NAT_OPEN, false);
	nat_pass(TESTED_MS);
	struct peer_nat_status status = nat_status();

	ck_assert_uint_eq(status.addresses, 1);
	ck_assert_int_eq(status.nat.mapping, NAT_MAPPING_UNKNOWN);
}
END_TEST

/* A supernode must not make us write to others. */
START_TEST(alternates_lead_nowhere_else)
{
	static const char *const bad[] = {"10.0.0.9:2425", "127.0.0.1:2425", "203.0.113.7:2425",
	    "224.0.0.1:2425", "169.254.0.1:2425"};

	ck_assert_ptr_null(endpoint_parse(&world.settings.alternates[0], bad[_i], 0));
	world.settings.alternate_count = 1;
	nat_begin(NAT_PORT_RESTRICTED, false);
	nat_pass(TESTED_MS);
	ck_assert_uint_eq(world.wanted, 0);
	ck_assert_uint_eq(world.tests, 0);
}
END_TEST

START_TEST(another_address_is_tested_anew)
{
	nat_begin(NAT_PORT_RESTRICTED, false);
	nat_pass(TESTED_MS);
	expect(NAT_PORT_RESTRICTED);
	unsigned wanted = world.wanted;

	world.address = 9;
	world.nat = NAT_SEQUENTIAL;
	nat_pass(60000);
	ck_assert_uint_eq(world.wanted, wanted + DEPENDENT_SOCKETS);
	ck_assert_uint_eq(nat_status().observed.address[3], 9);
	expect(NAT_SEQUENTIAL);
}
END_TEST

START_TEST(roaming_forgets_what_was_found)
{
	static struct batch batch;

	batch_init(&batch, NULL, NULL);
	nat_begin(NAT_PORT_RESTRICTED, false);
	nat_pass(TESTED_MS);
	unsigned wanted = world.wanted;

	nat_pass(20000);
	world.nat = NAT_RANDOM;
	peer_moved(world.peer, world.now, 1700000000 + world.now / 1000, &batch);
	ck_assert(!nat_status().mapping_tested);
	nat_pass(TESTED_MS);
	ck_assert_uint_eq(world.wanted, wanted + DEPENDENT_SOCKETS);
	expect(NAT_RANDOM);
}
END_TEST

START_TEST(more_to_test_with_is_used)
{
	const char *error;

	world.settings.alternate_count = 1;
	nat_begin(NAT_PORT_RESTRICTED, true);
	nat_pass(TESTED_MS);
	ck_assert_int_eq(nat_status().nat.mapping, NAT_MAPPING_UNKNOWN);
	world.settings.alternate_count = 3;
	ck_assert(super_reconfigure(world.super, &world.settings, &error));
	nat_pass(60000);
	expect(NAT_PORT_RESTRICTED);
	/* and less makes no new test */
	unsigned wanted = world.wanted;

	world.settings.alternate_count = 0;
	ck_assert(super_reconfigure(world.super, &world.settings, &error));
	nat_pass(60000);
	ck_assert_uint_eq(world.wanted, wanted);
	expect(NAT_PORT_RESTRICTED);
}
END_TEST

/* However often it changes what it tells. */
START_TEST(tests_are_bounded)
{
	const char *error;

	nat_begin(NAT_PORT_RESTRICTED, true);
	for (uint16_t i = 0; i < 60; i++) {
		world.settings.alternates[0].port = (uint16_t)(3000 + i);
		world.settings.alternate_count = 3;
		ck_assert(super_reconfigure(world.super, &world.settings, &error));
		uplink_refresh(&(struct turn){.peer = world.peer,
				   .out = &(struct batch){0},
				   .now = world.now,
				   .wall = 1700000000},
		    &world.peer->uplinks[0]);
		nat_pass(1000);
	}
	/* two sockets each */
	ck_assert_uint_le(world.wanted, 2 * 5);
}
END_TEST

START_TEST(a_failure_makes_doubtful)
{
	struct turn turn = {.peer = world.peer};

	nat_begin(NAT_PORT_RESTRICTED, false);
	nat_pass(TESTED_MS);
	unsigned wanted = world.wanted;

	for (int i = 0; i < 100; i++) {
		turn = (struct turn){.peer = world.peer, .now = world.now};
		natview_doubt(&turn);
		nat_pass(1000);
	}
	ck_assert_uint_eq(world.wanted, wanted);
	world.nat = NAT_RANDOM;
	nat_pass(600000);
	ck_assert_uint_eq(world.wanted, wanted + DEPENDENT_SOCKETS);
	expect(NAT_RANDOM);
}
END_TEST

/* Behind a router of its own, which forwards two addresses to one port and so changes ours. */
static bool changed_at_other(struct seen *seen)
{
	if (seen->place >= AT_OTHER)
		seen->outer.port = (uint16_t)(seen->outer.port + (seen->to_super ? 1000 : -1000));
	return true;
}

START_TEST(a_router_of_the_supernodes_is_not_ours)
{
	world.on_wire = changed_at_other;
	nat_begin(NAT_FIREWALL, false);
	nat_pass(TESTED_MS);
	ck_assert_uint_eq(nat_status().destinations, 4);
	ck_assert_int_eq(nat_status().nat.mapping, NAT_MAPPING_UNKNOWN);
	ck_assert(!nat_status().translated);
	ck_assert_str_eq(world.told, "");
}
END_TEST

static bool all_refused;
static char refused_from[8];

/* A supernode that cannot answer from there answers from where it was asked. */
static bool refuse(struct seen *seen)
{
	char *ap = memmem(seen->data, seen->len, "\nAP:", 4);

	if (!seen->to_super || ap == NULL)
		return true;
	if (*refused_from == '\0')
		memcpy(refused_from, ap + 4, sizeof refused_from);
	if (all_refused || memcmp(refused_from, ap + 4, sizeof refused_from) == 0)
		ap[1] = 'Q';
	return true;
}

START_TEST(what_is_refused_is_not_known)
{
	all_refused = true;
	*refused_from = '\0';
	world.on_wire = refuse;
	nat_begin(_i == 0 ? NAT_FULL_CONE : NAT_OPEN, false);
	nat_pass(TESTED_MS);
	ck_assert(!nat_status().filtering_tested);
	ck_assert_str_eq(world.told, "ei,keep");
	ck_assert_uint_ge(world.elsewhere, 3);
	ck_assert_uint_eq(world.open, 0);
}
END_TEST

START_TEST(another_one_is_tested_instead)
{
	all_refused = false;
	*refused_from = '\0';
	world.on_wire = refuse;
	nat_begin((enum nat)_i, false);
	nat_pass(TESTED_MS);
	ck_assert(nat_status().filtering_tested);
	expect((enum nat)_i);
}
END_TEST

START_TEST(services_are_not_tested_with)
{
	world.settings.alternates[0] = world.ends[AT_OTHER];
	world.settings.alternates[0].port = 53;
	world.settings.alternate_count = 1;
	nat_begin(NAT_PORT_RESTRICTED, false);
	nat_pass(TESTED_MS);
	ck_assert_uint_eq(world.wanted, 0);
}
END_TEST

static unsigned to_other;

static bool other_is_a_stranger(struct seen *seen)
{
	to_other += seen->to_super && seen->place >= AT_OTHER;
	return seen->place < AT_OTHER;
}

/* A supernode cannot have all its peers write there again and again. */
START_TEST(strangers_are_left_alone)
{
	const char *error;

	to_other = 0;
	world.settings.alternate_count = 2;
	world.on_wire = other_is_a_stranger;
	nat_begin(NAT_PORT_RESTRICTED, true);
	for (int i = 0; i < 25; i++) {
		nat_pass(20000);
		world.settings.alternates[1] = world.ends[i % 2 == 0 ? AT_OTHER_TEST : AT_OTHER];
		ck_assert(super_reconfigure(world.super, &world.settings, &error));
	}
	ck_assert_uint_eq(to_other, 3);
}
END_TEST

/* As failed introductions do, for so long that it is tested again. */
static void test_again(void)
{
	struct turn turn = {.peer = world.peer, .now = world.now};

	natview_doubt(&turn);
	nat_pass(610000);
}

START_TEST(lost_packets_hide_nothing)
{
	nat_begin(NAT_OPEN, false);
	nat_pass(TESTED_MS);
	expect(NAT_OPEN);
	world.on_wire = lose_other;
	test_again();
	test_again();
	expect(NAT_OPEN);
	if (_i == 0) {
		world.on_wire = NULL;
		world.nat = NAT_FULL_CONE;
		test_again();
		expect(NAT_FULL_CONE);
		return;
	}
	/* what is never seen again is not so any more */
	test_again();
	test_again();
	ck_assert_int_eq(nat_status().nat.mapping, NAT_MAPPING_UNKNOWN);
}
END_TEST

static bool has_told_dependence;

/* The first test sees a router that is just being changed. */
static bool change_router(struct seen *seen)
{
	has_told_dependence |= strncmp(world.told, "ap", 2) == 0;
	if (world.tests > 2)
		world.nat = NAT_PORT_RESTRICTED;
	return true;
}

START_TEST(a_changing_router_is_not_dependent)
{
	has_told_dependence = false;
	world.on_wire = change_router;
	nat_begin(NAT_RANDOM, false);
	nat_pass(TESTED_MS);
	expect(NAT_PORT_RESTRICTED);
	/* the mapping twice, and what is let in */
	ck_assert_uint_eq(world.wanted, 3);
	ck_assert(!has_told_dependence);
	ck_assert_uint_eq(world.open, 0);
}
END_TEST

static bool is_sure(void)
{
	struct turn turn = {.peer = world.peer, .now = world.now};

	return natview_is_sure(&turn);
}

/* Who acts upon what was found a while ago has it looked at. */
START_TEST(it_is_sure_for_a_while)
{
	nat_begin(NAT_RANDOM, false);
	ck_assert(!is_sure());
	nat_pass(TESTED_MS);
	unsigned wanted = world.wanted;

	for (int i = 0; i < 50; i++) {
		ck_assert(is_sure());
		nat_pass(1000);
	}
	ck_assert_uint_eq(world.wanted, wanted);
	nat_pass(30000);
	ck_assert(is_sure());
	nat_pass(TESTED_MS);
	ck_assert_uint_eq(world.wanted, wanted + DEPENDENT_SOCKETS);
	nat_pass(660000);
	ck_assert(!is_sure());
	nat_pass(TESTED_MS);
	ck_assert(is_sure());
}
END_TEST

START_TEST(it_is_looked_at_again_some_time)
{
	nat_begin(NAT_PORT_RESTRICTED, false);
	nat_pass(TESTED_MS);
	unsigned wanted = world.wanted;

	nat_pass(5 * 3600000);
	ck_assert_uint_eq(world.wanted, wanted);
	nat_pass(2 * 3600000);
	ck_assert_uint_eq(world.wanted, wanted + 2);
	expect(NAT_PORT_RESTRICTED);
}
END_TEST

START_TEST(it_ends_with_the_peer)
{
	static struct batch batch;

	batch_init(&batch, NULL, NULL);
	world.on_wire = wrong_transaction;
	nat_begin(NAT_PORT_RESTRICTED, false);
	nat_pass(1000);
	ck_assert_uint_eq(world.open, 1);
	peer_stop(world.peer, world.now, 1700000000, &batch);
	ck_assert_uint_eq(world.open, 0);
	ck_assert_int_eq(peer_deadline(world.peer), DEADLINE_NEVER);
}
END_TEST

/* The class costs one more entry, no more; and the second exchange is not given up for it. */
START_TEST(it_is_told_once)
{
	nat_begin(NAT_RANDOM, true);
	nat_pass(TESTED_MS);
	ck_assert_str_eq(world.told, "ap,rnd");
	ck_assert_uint_le(world.entries, 4);
	unsigned entries = world.entries;

	nat_pass(10000);
	ck_assert_uint_eq(world.entries, entries);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("NAT view");
	TCase *tcase = tcase_create("tests");

	if (sodium_init() < 0)
		return EXIT_FAILURE;
	tcase_add_checked_fixture(tcase, nat_setup, nat_teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, each_kind_is_found, 0, NATS);
	tcase_add_loop_test(tcase, each_kind_is_found_with_keys, 0, NATS);
	tcase_add_loop_test(tcase, each_kind_is_found_under_loss, 0, NATS);
	tcase_add_loop_test(tcase, one_address_shows_no_mapping, NAT_FULL_CONE, NAT_DEPENDENT + 1);
	tcase_add_test(tcase, another_port_is_not_everybody);
	tcase_add_test(tcase, nothing_to_test_with);
	tcase_add_test(tcase, no_translation_needs_no_test);
	tcase_add_test(tcase, an_older_supernode_tells_nothing);
	tcase_add_loop_test(tcase, forged_answers_show_nothing, 0, 3);
	tcase_add_test(tcase, strangers_get_no_answer);
	tcase_add_test(tcase, no_socket_can_be_had);
	tcase_add_test(tcase, a_wish_is_not_answered);
	tcase_add_test(tcase, the_mapping_alone_is_something);
	tcase_add_test(tcase, an_alternate_that_is_dead);
	tcase_add_loop_test(tcase, alternates_lead_nowhere_else, 0, 5);
	tcase_add_test(tcase, another_address_is_tested_anew);
	tcase_add_test(tcase, roaming_forgets_what_was_found);
	tcase_add_test(tcase, more_to_test_with_is_used);
	tcase_add_test(tcase, tests_are_bounded);
	tcase_add_test(tcase, a_failure_makes_doubtful);
	tcase_add_test(tcase, a_router_of_the_supernodes_is_not_ours);
	tcase_add_loop_test(tcase, what_is_refused_is_not_known, 0, 2);
	tcase_add_loop_test(tcase, another_one_is_tested_instead, NAT_NONE, NAT_DEPENDENT);
	tcase_add_test(tcase, services_are_not_tested_with);
	tcase_add_test(tcase, strangers_are_left_alone);
	tcase_add_loop_test(tcase, lost_packets_hide_nothing, 0, 2);
	tcase_add_test(tcase, a_changing_router_is_not_dependent);
	tcase_add_test(tcase, it_is_sure_for_a_while);
	tcase_add_test(tcase, it_is_looked_at_again_some_time);
	tcase_add_test(tcase, it_ends_with_the_peer);
	tcase_add_test(tcase, it_is_told_once);
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
