/*
 * Whom an ask means and who may ask: namesakes, the directory for members,
 * refusals, and what both sides are told of each other (ipmsg-punch(7)).
 */
#include "unit.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "super/choose.h"
#include "super/core.h"
#include "world.h"

#define A "192.0.2.1:2425"
#define B "192.0.2.2:2425"
#define C "192.0.2.3:2425"
#define D "192.0.2.4:2425"
#define E "192.0.2.5:2425"
#define X "198.51.100.9:2425"

static struct world *w;

static void setup(void)
{
	w = world_new();
	world_start(w);
}

static void teardown(void)
{
	world_free(w);
}

static void enter(const char *from, const char *nick, const char *group, const char *host)
{
	w->group = group;
	w->host = host;
	world_register(w, from, 0, nick);
	w->group = w->host = NULL;
}

/* The fields of the last answer. The limits on asks are not what is tested here. */
static struct fields ask(const char *from, const char *name)
{
	static uint8_t number;
	struct fields fields = {.transaction = {++number}};
	size_t before = world_count(w, from, CMD_ANSPUNCHING);

	world_pass(w, 1000);
	world_extended(w, from, 0, CMD_ASKPUNCHING, name, &fields, true);
	ck_assert_uint_gt(world_count(w, from, CMD_ANSPUNCHING), before);
	return sent_fields(world_find(w, from, CMD_ANSPUNCHING,
	    world_count(w, from, CMD_ANSPUNCHING) - 1));
}

static bool leads_to(const struct fields *fields, const char *to)
{
	struct endpoint ep = at(to);

	return fields_has(fields, KEY_OA) && endpoint_equal(&fields->observed, &ep);
}

static bool says(const struct fields *fields, enum punch_error error)
{
	return fields_has(fields, KEY_ER) && fields->error == error &&
	    !fields_has(fields, KEY_OA) && !fields_has(fields, KEY_SI);
}

static struct registration *registered_at(const char *where)
{
	struct endpoint ep = at(where);

	return registry_at(&w->super->registry, &ep);
}

/* ---- namesakes ---- */

START_TEST(a_full_name_is_exact)
{
	enter(A, "alice", "hall", NULL);
	enter(B, "bob", "sales", NULL);
	enter(C, "bob", "lab", NULL);
	struct fields sales = ask(A, "bob@sales"), lab = ask(A, "bob@lab");

	ck_assert(leads_to(&sales, B));
	ck_assert(leads_to(&lab, C));
}
END_TEST

/* A nick may look like a full name; who really has that comes first. */
START_TEST(a_nick_does_not_pose_as_a_full_name)
{
	enter(A, "alice", "hall", NULL);
	enter(B, "bob", "sales", NULL);
	world_pass(w, 1000);
	enter(C, "bob@sales", "hall", NULL);
	struct fields answer = ask(A, "bob@sales");

	ck_assert(leads_to(&answer, B));
}
END_TEST

START_TEST(who_has_no_group_is_named_by_host)
{
	enter(A, "alice", "sales", NULL);
	enter(B, "bob", "", "pc1");
	enter(C, "bob", "", "pc2");
	struct fields one = ask(A, "bob@pc1"), two = ask(A, "bob@pc2"), bare = ask(A, "bob");

	ck_assert(leads_to(&one, B));
	ck_assert(leads_to(&two, C));
	ck_assert(says(&bare, PUNCH_AMBIGUOUS));
}
END_TEST

START_TEST(a_nick_is_of_the_own_group_first)
{
	enter(A, "alice", "lab", NULL);
	enter(B, "bob", "lab", NULL);
	world_pass(w, 1000);
	enter(C, "bob", "sales", NULL);
	struct fields answer = ask(A, "bob");

	ck_assert(leads_to(&answer, B));
}
END_TEST

/* A message for one's colleague must not reach a stranger because he has just gone. */
START_TEST(the_own_group_comes_first_if_stale_too)
{
	enter(B, "bob", "lab", NULL);
	world_pass(w, 80000);
	enter(A, "alice", "lab", NULL);
	enter(C, "bob", "sales", NULL);
	struct fields answer = ask(A, "bob");

	ck_assert(leads_to(&answer, B));
	ck_assert_int_eq(answer.error, PUNCH_STALE);
}
END_TEST

START_TEST(several_elsewhere_are_a_choice)
{
	char name[NAMES_FULL_MAX];

	enter(A, "alice", "hall", NULL);
	enter(B, "bob", "sales", NULL);
	enter(C, "bob", "r,d%", NULL);
	size_t before = world_count(w, B, CMD_ORDERPUNCHING) + world_count(w, C, CMD_ORDERPUNCHING);
	struct fields answer = ask(A, "bob");

	ck_assert(says(&answer, PUNCH_AMBIGUOUS));
	ck_assert(fields_has(&answer, KEY_CH));
	bool sales = false, lab = false;

	while (fields_next_choice(&answer.choices, name, sizeof name)) {
		sales |= strcmp(name, "bob@sales") == 0;
		lab |= strcmp(name, "bob@r,d%") == 0;
	}
	ck_assert(sales && lab);
	ck_assert_uint_eq(world_counted(w, COUNT_ASKS_AMBIGUOUS), 1);
	ck_assert_uint_eq(
	    world_count(w, B, CMD_ORDERPUNCHING) + world_count(w, C, CMD_ORDERPUNCHING), before);
}
END_TEST

START_TEST(only_the_fresh_ones_are_a_choice)
{
	enter(B, "bob", "sales", NULL);
	world_pass(w, 80000);
	enter(A, "alice", "hall", NULL);
	enter(C, "bob", "lab", NULL);
	struct fields answer = ask(A, "bob");

	ck_assert(leads_to(&answer, C));
}
END_TEST

START_TEST(choices_fit_their_answer)
{
	char from[32], nick[80], group[80], name[NAMES_FULL_MAX];
	size_t count = 0;

	enter(A, "alice", "hall", NULL);
	memset(nick, 'n', 79);
	nick[79] = '\0';
	for (int i = 0; i < 20; i++) {
		memset(group, 'g', 79);
		group[79] = '\0';
		group[0] = (char)('A' + i);
		snprintf(from, sizeof from, "203.0.113.%d:2425", i + 1);
		enter(from, nick, group, NULL);
	}
	struct fields answer = ask(A, nick);

	ck_assert(says(&answer, PUNCH_AMBIGUOUS));
	while (fields_next_choice(&answer.choices, name, sizeof name)) {
		ck_assert_uint_eq(strlen(name), 159);
		count++;
	}
	ck_assert_uint_eq(count, 5); /* as many as 800 bytes take */
}
END_TEST

START_TEST(at_most_eight_choices)
{
	char from[32], group[8], name[NAMES_FULL_MAX];
	size_t count = 0;

	enter(A, "alice", "hall", NULL);
	for (int i = 0; i < 20; i++) {
		snprintf(group, sizeof group, "g%d", i);
		snprintf(from, sizeof from, "203.0.113.%d:2425", i + 1);
		enter(from, "bob", group, NULL);
	}
	struct fields answer = ask(A, "bob");

	while (fields_next_choice(&answer.choices, name, sizeof name))
		count++;
	ck_assert_uint_eq(count, CHOICES_MAX);
}
END_TEST

START_TEST(one_of_two_devices)
{
	enter(A, "alice", "hall", NULL);
	enter(B, "bob", "sales", "desk");
	world_pass(w, 1000);
	enter(C, "bob", "sales", "phone");
	struct fields last = ask(A, "bob"), full = ask(A, "bob@sales");

	/* the one heard last */
	ck_assert(leads_to(&last, C));
	ck_assert(leads_to(&full, C));
	/* the one with a key */
	registered_at(B)->keyed = true;
	struct fields keyed = ask(A, "bob@sales");

	ck_assert(leads_to(&keyed, B));
	registered_at(B)->keyed = false;
	/* the fresh one, though the other was heard later */
	struct fields longer = {.lifetime = 400, .transaction = "longer"};

	fields_set(&longer, KEY_LT);
	w->group = "sales";
	w->host = "desk";
	world_extended(w, B, 0, CMD_BR_ENTRY, "bob", &longer, true);
	w->group = w->host = NULL;
	world_pass(w, 1000);
	enter(C, "bob", "sales", "phone");
	world_pass(w, 80000);
	enter(A, "alice", "hall", NULL);
	ck_assert(!registration_stale(registered_at(B)));
	ck_assert(registration_stale(registered_at(C)));
	struct fields fresh = ask(A, "bob@sales");

	ck_assert(leads_to(&fresh, B));
}
END_TEST

START_TEST(seeds_get_the_best)
{
	enter(B, "bob", "sales", NULL);
	world_pass(w, 1000);
	enter(C, "bob", "lab", NULL);
	world_register_seed(w, A, 0, "alice", "hall");
	world_clear(w);
	world_seed(w, A, 0, CMD_ASKPUNCHING, "bob@sales", NULL);
	ck_assert_uint_eq(world_count(w, B, CMD_ORDERPUNCHING), 1);
	world_seed(w, A, 0, CMD_ASKPUNCHING, "bob", NULL);
	ck_assert_uint_eq(world_count(w, C, CMD_ORDERPUNCHING), 1);
	ck_assert_uint_eq(world_counted(w, COUNT_ASKS_AMBIGUOUS), 0);
}
END_TEST

/* ---- members ---- */

static void members(void)
{
	w->settings.directory = DIRECTORY_MEMBERS;
	world_reconfigure(w);
}

START_TEST(members_ask_within_their_group)
{
	members();
	enter(A, "alice", "sales", NULL);
	enter(B, "bob", "sales", NULL);
	enter(C, "carol", "lab", NULL);
	struct fields bare = ask(A, "bob"), full = ask(A, "bob@sales");

	ck_assert(leads_to(&bare, B));
	ck_assert(leads_to(&full, B));
	struct fields nobody = ask(A, "dave@sales"), carol = ask(A, "carol@lab");

	ck_assert(says(&nobody, PUNCH_UNKNOWN));
	ck_assert(says(&carol, PUNCH_REFUSED));
	struct fields bare_carol = ask(A, "carol");

	ck_assert(says(&bare_carol, PUNCH_UNKNOWN));
	ck_assert_uint_eq(world_count(w, C, CMD_ORDERPUNCHING), 0);
	ck_assert_uint_eq(world_counted(w, COUNT_ASKS_REFUSED), 1);
}
END_TEST

/* The same bytes but for number, name and what is made from the transaction. */
static void expect_same(const char *from, const char *there, const char *not_there)
{
	struct fields one = ask(from, there), other = ask(from, not_there);

	ck_assert_uint_eq(one.present, other.present);
	ck_assert_int_eq(one.error, other.error);
	ck_assert(!fields_has(&one, KEY_OA) && !fields_has(&one, KEY_CH));
}

START_TEST(an_answer_does_not_tell_who_is_there)
{
	members();
	enter(A, "alice", "sales", NULL);
	enter(B, "bob", "", "pc1");
	enter(C, "carol", "lab", NULL);
	enter(D, "carol", "shop", NULL);
	expect_same(A, "carol@lab", "dave0@lab");
	expect_same(A, "carol", "dave0");
	expect_same(A, "bob@pc1", "dav@pc1");
	expect_same(A, "bob", "dav");
	/* who has no group is in nobody's, not even in that of others without */
	expect_same(B, "carol@lab", "dave0@lab");
	expect_same(B, "carol", "dave0");
	enter(E, "dan", "", "pc2");
	expect_same(B, "dan@pc2", "dax@pc2");
	expect_same(B, "dan", "dax");
	ck_assert_uint_eq(world_counted(w, COUNT_ASKS_INTRODUCED), 0);
	ck_assert_uint_eq(world_counted(w, COUNT_ASKS_AMBIGUOUS), 0);
	ck_assert_uint_eq(world_count(w, C, CMD_ORDERPUNCHING), 0);
}
END_TEST

START_TEST(who_is_not_registered_is_no_member)
{
	struct fields challenge = {.padding = 60, .transaction = "12345678"};

	members();
	enter(B, "bob", "sales", NULL);
	/* it has a cookie, and that is all */
	fields_set(&challenge, KEY_PD);
	world_extended(w, X, 0, CMD_ASKPUNCHING, "bob", &challenge, false);
	expect_same(X, "bob@sales", "dav@sales");
	expect_same(X, "bob", "dav");
	struct fields answer = ask(X, "bob");

	ck_assert(says(&answer, PUNCH_REFUSED));
	ck_assert_uint_eq(world_count(w, B, CMD_ORDERPUNCHING), 0);
}
END_TEST

START_TEST(seeds_are_members_once_they_are_proven)
{
	members();
	enter(B, "bob", "sales", NULL);
	enter(C, "carol", "lab", NULL);
	world_register_seed(w, A, 0, "alice", "sales");
	world_seed(w, A, 0, CMD_ASKPUNCHING, "bob@sales", NULL);
	ck_assert_uint_eq(world_count(w, B, CMD_ORDERPUNCHING), 1);
	world_seed(w, A, 0, CMD_ASKPUNCHING, "carol@lab", NULL);
	ck_assert_uint_eq(world_count(w, C, CMD_ORDERPUNCHING), 0);
	/* one that nobody asked for a proof */
	w->settings.legacy = LEGACY_OPEN;
	world_reconfigure(w);
	world_seed(w, X, 0, CMD_BR_ENTRY, "eve", "lab");
	world_seed(w, X, 0, CMD_ASKPUNCHING, "carol@lab", NULL);
	ck_assert_uint_eq(world_count(w, C, CMD_ORDERPUNCHING), 0);
}
END_TEST

/* ---- what both sides are told ---- */

static void give_key(const char *where, int byte)
{
	registered_at(where)->keyed = true;
	memset(registered_at(where)->credentials.identity, byte, IDENTITY_BYTES);
}

/* Who has none could not seal what the other then waits for. */
START_TEST(keys_are_told_if_both_have_one)
{
	enter(A, "alice", "hall", NULL);
	enter(B, "bob", "sales", NULL);
	give_key(B, 7);
	struct fields answer = ask(A, "bob@sales");
	struct fields order = sent_fields(world_find(w, B, CMD_ORDERPUNCHING, 0));

	ck_assert(leads_to(&answer, B));
	ck_assert(!fields_has(&answer, KEY_ID) && !fields_has(&order, KEY_ID));
}
END_TEST

START_TEST(order_and_answer_tell_of_the_other)
{
	struct fields nat = {.nat = {NAT_MAPPING_AP, NAT_PORTS_RND, true, true}, .transaction = "x"};

	enter(A, "alice", "hall", NULL);
	enter(B, "bob", "sales", NULL);
	fields_set(&nat, KEY_NT);
	world_extended(w, B, 0, CMD_BR_ENTRY, "bob", &nat, true);
	give_key(A, 3);
	give_key(B, 7);
	struct fields answer = ask(A, "bob@sales");
	struct fields order = sent_fields(world_find(w, B, CMD_ORDERPUNCHING, 0));

	ck_assert(fields_has(&answer, KEY_ID));
	ck_assert_mem_eq(answer.identity, registered_at(B)->credentials.identity, IDENTITY_BYTES);
	ck_assert(fields_has(&order, KEY_ID));
	ck_assert_mem_eq(order.identity, registered_at(A)->credentials.identity, IDENTITY_BYTES);
	ck_assert(fields_has(&answer, KEY_NT));
	ck_assert_int_eq(answer.nat.mapping, NAT_MAPPING_AP);
	ck_assert_int_eq(answer.nat.ports, NAT_PORTS_RND);
	ck_assert(answer.nat.open);
	ck_assert(answer.nat.eif);
	ck_assert(fields_has(&order, KEY_AN));
	/* a view of the packet, which is kept */
	ck_assert_uint_eq(order.asker.len, strlen("alice@hall"));
	ck_assert(!fields_has(&order, KEY_NT));
	struct super_status status;

	super_status(w->super, &status);
	ck_assert_uint_eq(status.nat_pairs[NAT_MAPPING_UNKNOWN][NAT_MAPPING_AP], 1);
}
END_TEST

START_TEST(an_asker_without_a_name_has_none)
{
	struct fields challenge = {.padding = 60, .transaction = "12345678"};

	enter(B, "bob", "sales", NULL);
	fields_set(&challenge, KEY_PD);
	world_extended(w, X, 0, CMD_ASKPUNCHING, "bob", &challenge, false);
	ask(X, "bob");
	struct fields order = sent_fields(world_find(w, B, CMD_ORDERPUNCHING, 0));

	ck_assert(!fields_has(&order, KEY_AN));
}
END_TEST

/* ---- refusals ---- */

static void refuse(const char *from, const struct fields *order, bool cookie)
{
	struct fields fields = {.error = PUNCH_REFUSED};

	fields_set(&fields, KEY_ER);
	fields_set(&fields, KEY_SI);
	memcpy(fields.session, order->session, SESSION_BYTES);
	world_extended(w, from, 0, CMD_ANSPUNCHING, "", &fields, cookie);
}

static struct fields ordered(void)
{
	enter(A, "alice", "hall", NULL);
	enter(B, "bob", "sales", NULL);
	enter(C, "carol", "sales", NULL);
	struct fields answer = ask(A, "bob@sales");

	ck_assert(leads_to(&answer, B));
	return sent_fields(world_find(w, B, CMD_ORDERPUNCHING, 0));
}

START_TEST(a_refusal_is_relayed)
{
	struct fields order = ordered();
	size_t orders = world_count(w, B, CMD_ORDERPUNCHING);
	size_t answers = world_count(w, A, CMD_ANSPUNCHING);
	struct fields asked = sent_fields(world_find(w, A, CMD_ANSPUNCHING, answers - 1));
	struct packet packet;

	refuse(B, &order, true);
	ck_assert_uint_eq(world_count(w, A, CMD_ANSPUNCHING), answers + 1);
	const struct sent *sent = world_find(w, A, CMD_ANSPUNCHING, answers);
	struct fields relayed = sent_fields(sent);

	ck_assert(says(&relayed, PUNCH_REFUSED));
	ck_assert_mem_eq(relayed.transaction, asked.transaction, TRANSACTION_BYTES);
	ck_assert_mem_eq(relayed.cookie, asked.cookie, COOKIE_BYTES);
	ck_assert_int_eq(packet_parse(&packet, span_of(sent->data, sent->len)), PACKET_OK);
	ck_assert(span_is(packet.body, "bob@sales"));
	ck_assert_uint_eq(world_counted(w, COUNT_ASKS_TARGET_REFUSED), 1);
	/* nothing more is ordered, however often it asks, until that is forgotten */
	for (int i = 0; i < 8; i++) {
		struct fields again = ask(A, "bob@sales");

		ck_assert(says(&again, PUNCH_REFUSED));
	}
	ck_assert_uint_eq(world_count(w, B, CMD_ORDERPUNCHING), orders);
	ck_assert_uint_eq(world_counted(w, COUNT_ASKS_TARGET_REFUSED), 1);
	ck_assert_uint_eq(world_counted(w, COUNT_ASKS_REPEATED), 8);
	world_pass(w, ORDER_MEMORY_MS);
	struct fields later = ask(A, "bob@sales");

	ck_assert(leads_to(&later, B));
	ck_assert_uint_eq(world_count(w, B, CMD_ORDERPUNCHING), orders + 1);
}
END_TEST

START_TEST(a_second_refusal_tells_nobody)
{
	struct fields order = ordered();

	refuse(B, &order, true);
	size_t answers = world_count(w, A, CMD_ANSPUNCHING);

	refuse(B, &order, true);
	ck_assert_uint_eq(world_count(w, A, CMD_ANSPUNCHING), answers);
	ck_assert_uint_eq(world_counted(w, COUNT_STRAY), 1);
	/* nor is it acknowledged any more */
	order.present = 0;
	fields_set(&order, KEY_SI);
	world_extended(w, B, 0, CMD_ANSPUNCHING, "", &order, true);
	ck_assert_uint_eq(world_counted(w, COUNT_ACKNOWLEDGED), 0);
	ck_assert_uint_eq(world_counted(w, COUNT_STRAY), 2);
}
END_TEST

START_TEST(strangers_cannot_refuse)
{
	struct fields order = ordered(), wrong = order;
	size_t answers = world_count(w, A, CMD_ANSPUNCHING);

	wrong.session[0] ^= 1;
	refuse(B, &wrong, true); /* another session */
	ck_assert_uint_eq(world_counted(w, COUNT_STRAY), 1);
	refuse(C, &order, true); /* another address, with its own cookie */
	ck_assert_uint_eq(world_counted(w, COUNT_STRAY), 2);
	refuse(B, &order, false); /* no cookie: somebody sends in its name */
	ck_assert_uint_eq(world_counted(w, COUNT_DROPPED_FORGED), 1);
	refuse(X, &order, false);
	ck_assert_uint_eq(world_counted(w, COUNT_DROPPED_FORGED), 2);
	ck_assert_uint_eq(world_count(w, A, CMD_ANSPUNCHING), answers);
	ck_assert_uint_eq(world_counted(w, COUNT_ASKS_TARGET_REFUSED), 0);
	/* the order goes on */
	size_t orders = world_count(w, B, CMD_ORDERPUNCHING);

	world_pass(w, 1000);
	ck_assert_uint_gt(world_count(w, B, CMD_ORDERPUNCHING), orders);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("directory");
	TCase *tcase = tcase_create("directory");

	if (sodium_init() < 0)
		return EXIT_FAILURE;
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, a_full_name_is_exact);
	tcase_add_test(tcase, a_nick_does_not_pose_as_a_full_name);
	tcase_add_test(tcase, who_has_no_group_is_named_by_host);
	tcase_add_test(tcase, a_nick_is_of_the_own_group_first);
	tcase_add_test(tcase, the_own_group_comes_first_if_stale_too);
	tcase_add_test(tcase, several_elsewhere_are_a_choice);
	tcase_add_test(tcase, only_the_fresh_ones_are_a_choice);
	tcase_add_test(tcase, choices_fit_their_answer);
	tcase_add_test(tcase, at_most_eight_choices);
	tcase_add_test(tcase, one_of_two_devices);
	tcase_add_test(tcase, seeds_get_the_best);
	tcase_add_test(tcase, members_ask_within_their_group);
	tcase_add_test(tcase, an_answer_does_not_tell_who_is_there);
	tcase_add_test(tcase, who_is_not_registered_is_no_member);
	tcase_add_test(tcase, seeds_are_members_once_they_are_proven);
	tcase_add_test(tcase, keys_are_told_if_both_have_one);
	tcase_add_test(tcase, order_and_answer_tell_of_the_other);
	tcase_add_test(tcase, an_asker_without_a_name_has_none);
	tcase_add_test(tcase, a_refusal_is_relayed);
	tcase_add_test(tcase, a_second_refusal_tells_nobody);
	tcase_add_test(tcase, strangers_cannot_refuse);
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
