/* Listing who is there, from the peer's side, and the choices when a name is ambiguous. */
#include "unit.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "peer_fixture.h"
#include "wire/hostlist.h"

#define NAMES_MAX 200

static struct {
	uint32_t id;
	unsigned count;
	char names[NAMES_MAX][64]; /* "nick@group/kind" */
	unsigned ends;
	enum reason reasons[SUPERNODES_MAX];
	unsigned over;
} told;

static peer_event_fn others;

static void on_event(const struct peer_event *event, void *context)
{
	if (event->kind != EVENT_ROSTER) {
		others(event, context);
		return;
	}
	told.id = event->roster;
	if (event->roster_over) {
		told.over++;
	} else if (event->listed != NULL) {
		ck_assert_uint_lt(told.count, NAMES_MAX);
		snprintf(told.names[told.count++], 64, "%.24s@%.24s/%s", event->listed->nick,
		    event->listed->group, event->listed->extended ? "ours" : "seed");
	} else {
		told.ends++;
		told.reasons[event->index] = event->reason;
	}
}

/* So many registrations that nobody has to prove, in bob's group. */
static void add_seeds(int node, int count, const char *nick, const char *group)
{
	struct super_settings settings;
	const char *error;
	char packet[128];

	super_settings_init(&settings);
	settings.legacy = LEGACY_OPEN;
	settings.max_same_nick = 1000;
	settings.limits = (struct limits){0};
	ck_assert(super_reconfigure(nodes[node].super, &settings, &error));
	for (int i = 0; i < count; i++) {
		int n = snprintf(packet, sizeof packet, "1:1:%s%d:pc:1:%s%d", group, i,
		    nick, i);
		struct endpoint from = at("203.0.113.1:2000");

		from.port = (uint16_t)(from.port + i);
		from.address[3] = (uint8_t)group[0];
		n += 1 + snprintf(packet + n + 1, sizeof packet - (size_t)n - 1, "%s", group) + 1;
		deliver(&nodes[node], &from, packet, (size_t)n);
	}
	clear_air();
}

static void set_up(void)
{
	setup();
	memset(&told, 0, sizeof told);
	others = B->peer->on_event;
	B->peer->on_event = on_event;
}

static uint32_t list(void)
{
	enum reason reason;
	uint32_t id = peer_roster(B->peer, now, wall(), &B->batch, &reason);

	batch_flush(&B->batch);
	B->reason = reason;
	return id;
}

static bool has(const char *name)
{
	for (unsigned i = 0; i < told.count; i++) {
		if (strcmp(told.names[i], name) == 0)
			return true;
	}
	return false;
}

START_TEST(the_group_is_listed)
{
	uint32_t id = list();

	ck_assert_uint_ne(id, 0);
	pass(100);
	ck_assert_uint_eq(told.id, id);
	ck_assert_uint_eq(told.count, 1);
	ck_assert(has("dave@sales/ours"));
	ck_assert_uint_eq(told.ends, 1);
	ck_assert_int_eq(told.reasons[0], REASON_NONE);
	ck_assert_uint_eq(told.over, 1);
	ck_assert_int_eq(roster_deadline(B->peer), DEADLINE_NEVER);
}
END_TEST

START_TEST(pages_follow_each_other)
{
	char name[64];

	add_seeds(0, 120, "s", "sales");
	add_seeds(0, 20, "x", "lab");
	list();
	pass(100);
	ck_assert_uint_eq(told.over, 1);
	ck_assert_uint_eq(told.count, 121);
	for (int i = 0; i < 120; i++) {
		snprintf(name, sizeof name, "s%d@sales/seed", i);
		ck_assert_msg(has(name), "%s", name);
	}
}
END_TEST

START_TEST(several_supernodes_are_united)
{
	struct peer_settings settings = B->peer->settings;
	const char *error;

	nodes[3].at = at(E2);
	make_super(3, 9);
	strcpy(settings.supernodes[1].host, "other.example");
	settings.supernodes[1].port = 2425;
	settings.supernode_count = 2;
	ck_assert(peer_reconfigure(B->peer, &settings, now, &error));
	add_seeds(0, 3, "s", "sales");
	add_seeds(3, 5, "s", "sales");
	pass(3000);
	list();
	pass(100);
	ck_assert_uint_eq(told.ends, 2);
	ck_assert_uint_eq(told.over, 1);
	/* dave, and five of whom three are known to both */
	ck_assert_uint_eq(told.count, 6);
	super_free(nodes[3].super);
	nodes[3].super = NULL;
}
END_TEST

START_TEST(a_supernode_may_tell_nobody)
{
	struct super_settings settings;
	const char *error;

	super_settings_init(&settings);
	settings.roster = ROSTER_OFF;
	ck_assert(super_reconfigure(nodes[0].super, &settings, &error));
	list();
	pass(100);
	ck_assert_uint_eq(told.count, 0);
	ck_assert_int_eq(told.reasons[0], REASON_REFUSED);
	ck_assert_uint_eq(told.over, 1);
}
END_TEST

static unsigned lost, to_lose;

static bool loses_lists(struct flying *flying)
{
	struct packet packet;

	if (packet_parse(&packet, span_of(flying->data, flying->len)) != PACKET_OK ||
	    packet_command(&packet) != CMD_GETLIST || lost >= to_lose)
		return true;
	lost++;
	return false;
}

START_TEST(what_is_lost_is_repeated)
{
	lost = 0;
	to_lose = 2;
	on_air = loses_lists;
	list();
	pass(2900);
	ck_assert_uint_eq(told.over, 0);
	pass(300);
	ck_assert_uint_eq(told.over, 1);
	ck_assert(has("dave@sales/ours"));
	ck_assert_uint_eq(lost, 2);
}
END_TEST

START_TEST(silence_ends_it)
{
	lost = 0;
	to_lose = 100;
	on_air = loses_lists;
	list();
	pass(6900);
	ck_assert_uint_eq(told.over, 0);
	pass(200);
	ck_assert_uint_eq(told.over, 1);
	ck_assert_int_eq(told.reasons[0], REASON_NO_ANSWER);
	ck_assert_uint_eq(lost, 3);
}
END_TEST

START_TEST(who_asks_meanwhile_gets_the_next)
{
	uint32_t first = list(), second = list(), third = list();

	ck_assert_uint_eq(second, first + 1);
	ck_assert_uint_eq(third, second);
	pass(100);
	ck_assert_uint_eq(told.over, 2);
	ck_assert_uint_eq(told.id, second);
	ck_assert_uint_eq(told.count, 2); /* dave in both */
}
END_TEST

START_TEST(without_a_supernode)
{
	struct peer_settings settings = B->peer->settings;
	const char *error;

	B->peer->uplinks[0].state = SUPERNODE_LOST;
	B->peer->uplinks[0].expires = 0;
	list();
	pass(10);
	ck_assert_int_eq(told.reasons[0], REASON_SUPERNODE_LOST);
	ck_assert_uint_eq(told.over, 1);
	settings.supernode_count = 0;
	ck_assert(peer_reconfigure(B->peer, &settings, now, &error));
	ck_assert_uint_eq(list(), 0);
	ck_assert_int_eq(B->reason, REASON_NO_SUPERNODE);
}
END_TEST

START_TEST(a_seed_supernode_has_none)
{
	B->peer->uplinks[0].extended = false;
	B->peer->uplinks[0].seed = true;
	list();
	ck_assert_int_eq(told.reasons[0], REASON_SEED_SUPERNODE);
	ck_assert_uint_eq(told.over, 1);
}
END_TEST

START_TEST(it_ends_with_the_peer_and_its_supernodes)
{
	struct peer_settings settings = B->peer->settings;
	const char *error;

	nodes[0].cut = true;
	list();
	ck_assert(peer_reconfigure(B->peer, &settings, now, &error));
	ck_assert_int_eq(told.reasons[0], REASON_SUPERNODE_LOST);
	pass(10);
	ck_assert_uint_eq(told.over, 1);
	list();
	peer_stop(B->peer, now, wall(), &B->batch);
	ck_assert_int_eq(told.reasons[0], REASON_SHUTDOWN);
}
END_TEST

/* A page of one host, as of the supernode; with its cookie and our transaction as wished. */
static void page(uint32_t next, bool cookie, bool transaction)
{
	static const struct identity identity = {"s", "s", "s", ""};
	struct listed_host host = {
	    .user = span_of("eve", 3), .host = span_of("pc", 2), .nick = span_of("eve", 3)};
	struct fields fields = {0};
	unsigned char bytes[500];
	struct writer w = writer_on(bytes, sizeof bytes);
	struct endpoint e = at(E);

	host.at.family = FAMILY_IP4;
	fields_set(&fields, KEY_TK);
	if (transaction)
		memcpy(fields.transaction, B->peer->roster.lines[0].transaction,
		    TRANSACTION_BYTES);
	if (cookie) {
		fields_set(&fields, KEY_CK);
		memcpy(fields.cookie, B->peer->uplinks[0].cookies[0], COOKIE_BYTES);
	}
	packet_begin(&w, 5, &identity, CMD_ANSLIST | OPT_UTF8 | OPT_CAPUTF8);
	hostlist_write_head(&w, next, 1);
	hostlist_write_host(&w, &host);
	hostlist_write_fields(&w, &fields);
	deliver(B, &e, bytes, w.len);
}

START_TEST(forged_pages_tell_nothing)
{
	nodes[0].cut = true;
	list();
	fly();
	page(0, false, true);
	ck_assert_uint_eq(peer_count(B->peer, PEER_DROPPED_FORGED), 1);
	page(0, true, false);
	ck_assert_uint_eq(told.count, 0);
	ck_assert_uint_eq(told.over, 0);
	page(0, true, true);
	ck_assert_uint_eq(told.count, 1);
	ck_assert_uint_eq(told.over, 1);
	/* after the end nothing counts */
	page(0, true, true);
	ck_assert_uint_eq(told.count, 1);
}
END_TEST

/* A supernode that sends us round in circles. */
START_TEST(a_list_goes_forward)
{
	nodes[0].cut = true;
	list();
	fly();
	page(7, true, true);
	ck_assert_uint_eq(told.over, 0);
	page(7, true, true);
	ck_assert_uint_eq(told.over, 1);
	/* the same name once */
	ck_assert_uint_eq(told.count, 1);
}
END_TEST

/* One that has ever more to tell. */
START_TEST(a_list_has_so_many_pages)
{
	uint32_t next = 0;

	nodes[0].cut = true;
	list();
	fly();
	while (told.over == 0) {
		page(++next, true, true);
		clear_air();
		ck_assert_uint_le(next, 5000);
	}
	ck_assert_uint_eq(next, 4096);
	ck_assert_int_eq(told.reasons[0], REASON_LIMIT);
}
END_TEST

START_TEST(many_pages_are_asked_for_slowly)
{
	nodes[0].cut = true;
	list();
	fly();
	for (uint32_t i = 1; i < 10; i++) {
		page(i, true, true);
		ck_assert_int_le(roster_deadline(B->peer) - now, 1000);
	}
	uint64_t sent = peer_count(B->peer, PEER_SENT);

	page(10, true, true);
	ck_assert_uint_eq(peer_count(B->peer, PEER_SENT), sent);
	ck_assert_int_eq(roster_deadline(B->peer) - now, 550);
}
END_TEST

START_TEST(choices_are_told)
{
	char name[64];
	struct peer_contact_status status;
	struct span choices;
	unsigned count = 0;

	add_seeds(0, 1, "carol", "lab");
	add_seeds(0, 1, "carol", "hall");
	uint32_t id = ask(B, "carol0");

	pass(100);
	ck_assert_int_eq(B->path_state, PATH_FAILED);
	ck_assert_int_eq(B->reason, REASON_AMBIGUOUS);
	ck_assert(peer_contact_by_id(B->peer, id, &status));
	choices = span_text(status.choices);
	while (fields_next_choice(&choices, name, sizeof name)) {
		ck_assert(strcmp(name, "carol0@lab") == 0 || strcmp(name, "carol0@hall") == 0);
		count++;
	}
	ck_assert_uint_eq(count, 2);
	/* asked anew, they are not told twice */
	ask(B, "carol0");
	pass(100);
	choices = span_text(status.choices);
	for (count = 0; fields_next_choice(&choices, name, sizeof name); count++)
		;
	ck_assert_uint_eq(count, 2);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("peer's roster");
	TCase *tcase = tcase_create("listing");

	if (sodium_init() < 0)
		return EXIT_FAILURE;
	tcase_add_checked_fixture(tcase, set_up, teardown);
	tcase_add_test(tcase, the_group_is_listed);
	tcase_add_test(tcase, pages_follow_each_other);
	tcase_add_test(tcase, several_supernodes_are_united);
	tcase_add_test(tcase, a_supernode_may_tell_nobody);
	tcase_add_test(tcase, what_is_lost_is_repeated);
	tcase_add_test(tcase, silence_ends_it);
	tcase_add_test(tcase, who_asks_meanwhile_gets_the_next);
	tcase_add_test(tcase, without_a_supernode);
	tcase_add_test(tcase, a_seed_supernode_has_none);
	tcase_add_test(tcase, it_ends_with_the_peer_and_its_supernodes);
	tcase_add_test(tcase, forged_pages_tell_nothing);
	tcase_add_test(tcase, a_list_goes_forward);
	tcase_add_test(tcase, a_list_has_so_many_pages);
	tcase_add_test(tcase, many_pages_are_asked_for_slowly);
	tcase_add_test(tcase, choices_are_told);
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
