/*
 * The peer's life on its LAN: entering and leaving, absence, new networks and
 * names, and byte for byte what it says there.
 */
#include <string.h>

#include "lan_fixture.h"

/* The peer's key block up to the version. */
#define BLOCK(nick, group) "\nUN:bob\nHN:BETA\nNN:" nick "\nGN:" group "\nVS:" ENTRY_VERSION

#define WAKE BYTES("bob:BETA:16777216:Bob\0Dev\0" BLOCK("Bob", "Dev"))
#define ENTER BYTES("bob:BETA:16777217:Bob\0Dev\0" BLOCK("Bob", "Dev"))
#define EXIT BYTES("bob:BETA:16777218:Bob\0Dev\0" BLOCK("Bob", "Dev"))

/* Dial-up: it listens at another port than the others. */
#define DAVE "192.168.1.40:40001"
#define DAVE_ENTERS "1:5:dave:DELTA:65537:Dave\0\0"

static void start(void)
{
	peer_start(lan.peer, lan.now, wall(), &lan.batch);
	batch_flush(&lan.batch);
}

static void stop(void)
{
	peer_stop(lan.peer, lan.now, wall(), &lan.batch);
	batch_flush(&lan.batch);
}

static bool refresh(void)
{
	bool done = peer_refresh(lan.peer, lan.now, wall(), &lan.batch);

	batch_flush(&lan.batch);
	return done;
}

static void be_away(const char *title, const char *text)
{
	struct absence absence = {0};

	strcpy(absence.title, title);
	strcpy(absence.text, text);
	peer_set_absence(lan.peer, &absence, lan.now, wall(), &lan.batch);
	batch_flush(&lan.batch);
}

static void be_back(void)
{
	peer_set_absence(lan.peer, NULL, lan.now, wall(), &lan.batch);
	batch_flush(&lan.batch);
}

START_TEST(enters)
{
	struct lan_link link = link4();
	int64_t began = lan.now;

	lan_on(&link, 1);
	ck_assert_uint_eq(lan.sent_count, 0);
	start();
	ck_assert_uint_eq(lan.sent_count, 1);
	assert_sent(0, BROADCAST4, LOCAL4, WAKE);
	pass(20000);
	ck_assert_uint_eq(lan.sent_count, 3);
	assert_sent(1, BROADCAST4, LOCAL4, ENTER);
	assert_sent(2, BROADCAST4, LOCAL4, ENTER);
	ck_assert_int_eq(lan.sent[1].at, began + 250);
	ck_assert_int_eq(lan.sent[2].at, began + 5250);
	ck_assert_uint_ne(lan.sent[1].number, lan.sent[2].number);
}
END_TEST

START_TEST(enters_when_networks_come_after_the_start)
{
	struct lan_link link = link4();

	start();
	pass(1000);
	ck_assert_uint_eq(lan.sent_count, 0);
	lan_on(&link, 1);
	pass(1000);
	/* told about again: nothing begins anew */
	lan_on(&link, 1);
	pass(20000);
	ck_assert_uint_eq(lan.sent_count, 3);
}
END_TEST

/* Each announcement is one packet, whatever number of copies leaves. */
START_TEST(enters_everywhere_with_one_packet)
{
	struct lan_link links[] = {link4(), link6()};
	struct peer_settings settings = lan_settings();

	settings.lan_address_count = 2;
	settings.lan_addresses[0] = at("10.9.0.1:2425");
	settings.lan_addresses[1] = at("192.168.1.77:2425");
	lan_apply(&settings);
	lan_on(links, 2);
	start();
	pass(300);
	ck_assert_uint_eq(lan.sent_count, 10);
	assert_sent(0, BROADCAST4, LOCAL4, WAKE);
	assert_sent(1, GROUP6, LOCAL6, WAKE);
	assert_sent(2, LINK6, LOCAL6, WAKE);
	assert_sent(3, "10.9.0.1:2425", LOCAL, WAKE);
	assert_sent(4, "192.168.1.77:2425", LOCAL4, WAKE);
	assert_sent(5, BROADCAST4, LOCAL4, ENTER);
	assert_sent(9, "192.168.1.77:2425", LOCAL4, ENTER);
	ck_assert_uint_eq(lan.sent[0].number, lan.sent[4].number);
	ck_assert_uint_eq(lan.sent[5].number, lan.sent[9].number);
	ck_assert_uint_ne(lan.sent[4].number, lan.sent[5].number);
}
END_TEST

START_TEST(rests_when_nothing_happens)
{
	lan_settle();
	ck_assert_int_eq(peer_deadline(lan.peer), DEADLINE_NEVER);
	hear_many(ALICE, BYTES(G01));
	pass(5000);
	ck_assert_int_eq(peer_deadline(lan.peer), DEADLINE_NEVER);
}
END_TEST

START_TEST(without_networks_there_is_no_lan)
{
	struct peer_settings settings = lan_settings();

	settings.lan_address_count = 1;
	settings.lan_addresses[0] = at(ALICE);
	lan_apply(&settings);
	start();
	pass(10000);
	be_away("lunch", "at lunch");
	refresh();
	hear(ALICE, BYTES(G22a));
	hear_many(ALICE, BYTES(G01));
	pass(10000);
	stop();
	/* nobody is answered who speaks to everybody */
	ck_assert_uint_eq(lan.sent_count, 0);
	/* who means us is answered, as the stranger that he is */
	start();
	hear(ALICE, BYTES(G01));
	ck_assert_uint_eq(lan.sent_count, 1);
	ck_assert_uint_eq(count_sent(CMD_ANSENTRY, NULL), 1);
	ck_assert_uint_eq(lan.told[NEIGHBOUR_CAME], 0);
}
END_TEST

START_TEST(says_less_without_a_group)
{
	struct peer_settings settings = lan_settings();
	struct lan_link link = link4();

	settings.group[0] = '\0';
	lan_apply(&settings);
	lan_on(&link, 1);
	start();
	pass(300);
	assert_sent(1, BROADCAST4, LOCAL4,
	    BYTES("bob:BETA:16777217:Bob\0\0" BLOCK("Bob", "")));
}
END_TEST

START_TEST(names_are_in_two_charsets)
{
	struct peer_settings settings = lan_settings();
	struct lan_link link = link4();

	strcpy(settings.nick, "\xe3\x82\xa2\xe3\x83\xaa\xe3\x82\xb9");
	strcpy(settings.group, "\xe9\x96\x8b\xe7\x99\xba");
	lan_apply(&settings);
	lan_on(&link, 1);
	start();
	pass(300);
	assert_sent(1, BROADCAST4, LOCAL4,
	    BYTES("bob:BETA:16777217:\x83""A\x83\x8a\x83X\0\x8aJ\x94\xad\0"
		  BLOCK("\xe3\x82\xa2\xe3\x83\xaa\xe3\x82\xb9", "\xe9\x96\x8b\xe7\x99\xba")));
}
END_TEST

START_TEST(another_port_is_dialup)
{
	struct lan_link link = link4();

	link.own.port = 40001;
	lan_on(&link, 1);
	start();
	pass(300);
	assert_sent(1, BROADCAST4, LOCAL4,
	    BYTES("bob:BETA:16842753:Bob\0Dev\0" BLOCK("Bob", "Dev")));
	/* asked for by alice, the same */
	forget_sent();
	hear(ALICE, BYTES(G01));
	assert_sent(0, ALICE, LOCAL4,
	    BYTES("bob:BETA:25231363:Bob\0Dev\0\nVS:" ENTRY_VERSION));
}
END_TEST

START_TEST(absence_is_announced)
{
	lan_settle();
	ck_assert_ptr_null(peer_absence(lan.peer));
	be_away("lunch", "Back at one.");
	ck_assert_uint_eq(lan.sent_count, 2);
	ck_assert_uint_eq(count_sent(CMD_NOOPERATION, NULL), 1);
	assert_sent(1, BROADCAST4, LOCAL4,
	    BYTES("bob:BETA:16777476:Bob[lunch]\0Dev\0" BLOCK("Bob[lunch]", "Dev")));
	ck_assert_str_eq(peer_absence(lan.peer)->text, "Back at one.");
	/* the same once more is no news */
	be_away("lunch", "Back at one.");
	ck_assert_uint_eq(lan.sent_count, 2);
	be_away("", "");
	assert_sent(3, BROADCAST4, LOCAL4,
	    BYTES("bob:BETA:16777476:Bob\0Dev\0" BLOCK("Bob", "Dev")));
	be_back();
	assert_sent(5, BROADCAST4, LOCAL4,
	    BYTES("bob:BETA:16777220:Bob\0Dev\0" BLOCK("Bob", "Dev")));
	ck_assert_ptr_null(peer_absence(lan.peer));
}
END_TEST

START_TEST(who_is_away_enters_so)
{
	struct lan_link link = link4();

	be_away("lunch", "Back at one.");
	ck_assert_uint_eq(lan.sent_count, 0);
	lan_on(&link, 1);
	start();
	pass(300);
	assert_sent(1, BROADCAST4, LOCAL4,
	    BYTES("bob:BETA:16777473:Bob[lunch]\0Dev\0" BLOCK("Bob[lunch]", "Dev")));
	forget_sent();
	hear(ALICE, BYTES(G02));
	assert_sent(0, ALICE, LOCAL4, BYTES("bob:BETA:259:Bob[lunch]\0Dev\0"));
}
END_TEST

/* To a seed nothing but what the seed knows, and from it nothing else is taken for a meaning. */
START_TEST(absence_is_nothing_to_a_seed)
{
	struct endpoint seed = at(OFF_LINK);
	struct peer_contact_status status;
	const struct sent *kept;
	uint32_t cursor = 0;
	enum reason reason;

	lan_settle();
	peer_ask(lan.peer, "sid", &seed, lan.now, wall(), &lan.batch, &reason);
	batch_flush(&lan.batch);
	hear(OFF_LINK, BYTES("1:5:sid:S:259:sid\0\0"));
	forget_sent();
	be_away("lunch", "at lunch");
	ck_assert_uint_eq(lan.sent_count, 2);
	forget_sent();
	pass(30000);
	ck_assert_uint_gt(count_sent(CMD_BR_ENTRY, &kept), 0);
	assert_sent((size_t)(kept - lan.sent), OFF_LINK, LOCAL, BYTES("bob:BETA:1:Bob\0Dev\0"));
	ck_assert(peer_contact(lan.peer, &cursor, &status));
	ck_assert(!status.absent);
}
END_TEST

/* "nick[title]" is a name: what does not fit one is cut inside the brackets. */
START_TEST(a_long_title_is_cut)
{
	struct peer_settings settings = lan_settings();
	struct lan_link link = link4();
	const char *title = "\xe3\x82\xa2\xe3\x83\xaa\xe3\x82\xb9";

	memset(settings.nick, 'n', 73);
	settings.nick[73] = '\0';
	settings.group[0] = '\0';
	lan_apply(&settings);
	be_away(title, "");
	lan_on(&link, 1);
	start();
	pass(300);
	ck_assert_ptr_nonnull(memmem(lan.sent[1].data, lan.sent[1].len, "nn[\xe3\x82\xa2]\nGN:", 10));
	memset(settings.nick, 'n', 77);
	lan_apply(&settings);
	forget_sent();
	pass(1);
	ck_assert_ptr_nonnull(memmem(lan.sent[1].data, lan.sent[1].len, "nn\nGN:", 6));
}
END_TEST

START_TEST(leaves_twice)
{
	lan_settle();
	hear(DAVE, BYTES(DAVE_ENTERS));
	hear_many(ALICE, BYTES(G01));
	forget_sent();
	stop();
	ck_assert_uint_eq(lan.sent_count, 3);
	assert_sent(0, BROADCAST4, LOCAL4, WAKE);
	assert_sent(1, BROADCAST4, LOCAL4, EXIT);
	assert_sent(2, DAVE, LOCAL4, EXIT);
	lan.now += 100;
	stop();
	ck_assert_uint_eq(lan.sent_count, 6);
	assert_sent(5, DAVE, LOCAL4, EXIT);
	/* then it is quiet, whoever asks; the answer that alice was to get is not sent */
	ck_assert_int_eq(peer_deadline(lan.peer), DEADLINE_NEVER);
	hear(ALICE, BYTES(G01));
	hear(ALICE, BYTES(G22a));
	be_away("gone", "gone");
	pass(10000);
	peer_tick(lan.peer, lan.now, wall(), &lan.batch);
	batch_flush(&lan.batch);
	ck_assert_uint_eq(lan.sent_count, 6);
}
END_TEST

START_TEST(enters_again_after_it_left)
{
	lan_settle();
	hear(DAVE, BYTES(DAVE_ENTERS));
	hear_many(ALICE, BYTES(G01));
	stop();
	forget_sent();
	start();
	pass(10000);
	/* who was to be answered then has the entry; who hears no broadcast has it for himself */
	ck_assert_uint_eq(lan.sent_count, 5);
	assert_sent(0, BROADCAST4, LOCAL4, WAKE);
	assert_sent(1, BROADCAST4, LOCAL4, ENTER);
	assert_sent(2, DAVE, LOCAL4, ENTER);
	assert_sent(4, DAVE, LOCAL4, ENTER);
	pass(10000);
	hear(ALICE, BYTES(G01));
	ck_assert_uint_eq(count_sent(CMD_ANSENTRY, NULL), 1);
}
END_TEST

START_TEST(what_is_under_way_ends_with_the_stop)
{
	struct endpoint somewhere = at(OFF_LINK);
	struct letter letter = {.name = "Alice", .text = "hello"};
	enum reason reason;

	lan_settle();
	hear(ALICE, BYTES("1:100:alice:alpha:1:Alice\0"));
	ck_assert_uint_ne(peer_send(lan.peer, &letter, lan.now, wall(), &lan.batch, &reason), 0);
	ck_assert_uint_ne(
	    peer_ask(lan.peer, "zoe", &somewhere, lan.now, wall(), &lan.batch, &reason), 0);
	stop();
	ck_assert_uint_eq(lan.failed[REASON_SHUTDOWN], 1);
	ck_assert_uint_eq(lan.paths_failed[REASON_SHUTDOWN], 1);
	stop();
	ck_assert_uint_eq(lan.failed[REASON_SHUTDOWN], 1);
	ck_assert_uint_eq(lan.paths_failed[REASON_SHUTDOWN], 1);
}
END_TEST

START_TEST(dialled_up_are_told_one_by_one)
{
	lan_settle();
	hear(DAVE, BYTES(DAVE_ENTERS));
	/* an answer and a notice make nobody dialled up */
	hear(ALICE, BYTES("1:6:alice:ALPHA:65539:Alice\0\0"));
	hear(CAROL, BYTES("1:7:carol:GAMMA:65540:Carol\0\0"));
	ck_assert(neighbour(DAVE)->dialup);
	ck_assert(!neighbour(ALICE)->dialup);
	ck_assert(!neighbour(CAROL)->dialup);
	forget_sent();
	be_away("", "");
	ck_assert_uint_eq(lan.sent_count, 3);
	assert_sent(2, DAVE, LOCAL4,
	    BYTES("bob:BETA:16777476:Bob\0Dev\0" BLOCK("Bob", "Dev")));
	/* nor does a notice of his change it; an entry without the option does */
	hear(DAVE, BYTES("1:8:dave:DELTA:4:Dave\0\0"));
	ck_assert(neighbour(DAVE)->dialup);
	hear(DAVE, BYTES("1:9:dave:DELTA:1:Dave\0\0"));
	ck_assert(!neighbour(DAVE)->dialup);
}
END_TEST

/* Its own refresh makes it forget, and so it does not say that to them any more. */
START_TEST(refresh_forgets_and_enters)
{
	lan_settle();
	hear(DAVE, BYTES(DAVE_ENTERS));
	hear(ALICE, BYTES(G01));
	forget_sent();
	ck_assert(refresh());
	pass(4999);
	/* until the answers have come they are there */
	ck_assert_uint_eq(lan.told[NEIGHBOUR_LEFT], 0);
	ck_assert(!refresh());
	ck_assert_uint_eq(lan.sent_count, 2);
	pass(1);
	ck_assert(refresh());
	ck_assert_uint_eq(lan.told[NEIGHBOUR_LEFT], 2);
	pass(10000);
	ck_assert_uint_eq(count_sent(CMD_BR_ENTRY, NULL), 3);
	ck_assert_uint_eq(count_sent(CMD_NOOPERATION, NULL), 2);
	for (size_t i = 0; i < lan.sent_count; i++)
		ck_assert(endpoint_equal(&lan.sent[i].to, &(struct endpoint){at(BROADCAST4).family,
		    2425, {192, 168, 1, 255}}));
}
END_TEST

START_TEST(refresh_keeps_who_is_waited_for)
{
	struct letter letter = {.name = "Alice", .text = "hello"};
	enum reason reason;

	lan_settle();
	hear(ALICE, BYTES("1:100:alice:alpha:1:Alice\0"));
	hear(CAROL, BYTES(G11));
	ck_assert_uint_ne(peer_send(lan.peer, &letter, lan.now, wall(), &lan.batch, &reason), 0);
	ck_assert(refresh());
	pass(4500);
	ck_assert_uint_ne(peer_send(lan.peer, &letter, lan.now, wall(), &lan.batch, &reason), 0);
	pass(1499);
	ck_assert(is_neighbour(CAROL));
	pass(1);
	ck_assert(is_neighbour(ALICE));
	ck_assert(!is_neighbour(CAROL));
}
END_TEST

START_TEST(refresh_loses_nobody_who_answers)
{
	lan_settle();
	hear(ALICE, BYTES("1:100:alice:alpha:1:Alice\0"));
	hear(CAROL, BYTES(G11));
	uint32_t id = neighbour(ALICE)->id;

	ck_assert(refresh());
	pass(1000);
	hear(ALICE, BYTES("1:101:alice:alpha:3:Alice\0"));
	pass(6000);
	ck_assert_uint_eq(neighbour(ALICE)->id, id);
	ck_assert(!is_neighbour(CAROL));
	ck_assert_uint_eq(lan.told[NEIGHBOUR_LEFT], 1);
}
END_TEST

START_TEST(new_networks_are_entered_and_old_ones_left_alone)
{
	struct lan_link links[] = {link4(), link6()};
	struct peer_settings settings = lan_settings();

	settings.lan_address_count = 1;
	settings.lan_addresses[0] = at("10.9.0.1:2425");
	lan_apply(&settings);
	lan_settle();
	hear(ALICE, BYTES(G01));
	forget_sent();
	lan_on(links, 1);
	pass(10000);
	ck_assert_uint_eq(lan.sent_count, 0);
	lan_on(links, 2);
	pass(10000);
	ck_assert_uint_eq(lan.sent_count, 6);
	assert_sent(0, GROUP6, LOCAL6, WAKE);
	assert_sent(1, LINK6, LOCAL6, WAKE);
	assert_sent(5, LINK6, LOCAL6, ENTER);
	/* the first one is gone: who was there is, too */
	forget_sent();
	hear("[fd00::9]:2425", BYTES("1:9:erin:EPS:1:Erin\0"));
	lan_on(&links[1], 1);
	ck_assert_uint_eq(lan.told[NEIGHBOUR_LEFT], 1);
	ck_assert(!is_neighbour(ALICE));
	ck_assert(is_neighbour("[fd00::9]:2425"));
	pass(10000);
	ck_assert_uint_eq(count_sent(CMD_BR_ENTRY, NULL), 0);
	lan_on(NULL, 0);
	ck_assert_uint_eq(lan.told[NEIGHBOUR_LEFT], 2);
}
END_TEST

/* Those who stay on a network would miss us for ever if nobody told them. */
START_TEST(networks_are_left)
{
	struct lan_link links[] = {link6(), link4()};
	struct peer_settings settings = lan_settings();

	settings.lan_address_count = 1;
	settings.lan_addresses[0] = at("10.9.0.1:2425");
	lan_apply(&settings);
	start();
	lan_on(links, 2);
	pass(10000);
	hear(DAVE, BYTES(DAVE_ENTERS));
	forget_sent();
	lan_on(links, 1);
	ck_assert_uint_eq(lan.sent_count, 2);
	assert_sent(0, BROADCAST4, LOCAL4, WAKE);
	assert_sent(1, BROADCAST4, LOCAL4, EXIT);
	lan_on(links, 2);
	pass(10000);
	hear(DAVE, BYTES("1:6:dave:DELTA:65537:Dave\0\0"));
	forget_sent();
	lan_on(NULL, 0);
	ck_assert_uint_eq(lan.sent_count, 9);
	assert_sent(3, "10.9.0.1:2425", LOCAL, WAKE);
	assert_sent(6, BROADCAST4, LOCAL4, EXIT);
	assert_sent(7, "10.9.0.1:2425", LOCAL, EXIT);
	assert_sent(8, DAVE, LOCAL4, EXIT);
	pass(10000);
	lan_on(NULL, 0);
	ck_assert_uint_eq(lan.sent_count, 9);
}
END_TEST

/* Link-local addresses are the same on all networks, and mean another host on each. */
START_TEST(who_is_on_a_link_goes_with_it)
{
	struct lan_link links[] = {link6(), link6()};

	links[0].own = at("[fe80::5]:2425");
	links[1].own = at("[fe80::6]:2425");
	links[1].local = 9;
	start();
	lan_on(links, 2);
	pass(10000);
	forget_sent();
	hear_many_at("[fe80::9]:2425", 9, BYTES("1:9:erin:EPS:1:Erin\0"));
	ck_assert_uint_eq(neighbour("[fe80::9]:2425")->local, 9);
	pass(2000);
	assert_sent(0, "[fe80::9]:2425", 9, BYTES("bob:BETA:3:Bob\0Dev\0"));
	lan_on(links, 1);
	ck_assert_uint_eq(lan.told[NEIGHBOUR_LEFT], 1);
}
END_TEST

/* An address that another one took the place of, as DHCP does: the same network, another local. */
START_TEST(neighbours_stay_when_our_address_changes)
{
	struct lan_link link = link4();

	lan_settle();
	hear(ALICE, BYTES(G01));
	link.own = at("192.168.1.6:2425");
	link.local = 9;
	lan_on(&link, 1);
	ck_assert_uint_eq(neighbour(ALICE)->local, 9);
	ck_assert_uint_eq(count_sent(CMD_BR_EXIT, NULL), 0);
	pass(300);
	ck_assert_uint_eq(count_sent(CMD_BR_ENTRY, NULL), 1);
}
END_TEST

START_TEST(a_new_name_is_announced)
{
	struct peer_settings settings = lan_settings();

	lan_settle();
	lan_apply(&settings);
	pass(10);
	ck_assert_uint_eq(lan.sent_count, 0);
	strcpy(settings.nick, "Bobby");
	lan_apply(&settings);
	ck_assert_int_le(peer_deadline(lan.peer), lan.now);
	pass(10);
	ck_assert_uint_eq(lan.sent_count, 2);
	assert_sent(1, BROADCAST4, LOCAL4,
	    BYTES("bob:BETA:16777220:Bobby\0Dev\0" BLOCK("Bobby", "Dev")));
}
END_TEST

START_TEST(new_addresses_are_entered)
{
	struct peer_settings settings = lan_settings();

	lan_settle();
	settings.lan_address_count = 1;
	settings.lan_addresses[0] = at("10.9.0.1:2425");
	lan_apply(&settings);
	pass(10000);
	ck_assert_uint_eq(lan.sent_count, 3);
	assert_sent(2, "10.9.0.1:2425", LOCAL, ENTER);
	/* who is there is of the LAN, as long as it is added */
	hear("10.9.0.1:2425", BYTES(G01));
	ck_assert(is_neighbour("10.9.0.1:2425"));
	settings.lan_address_count = 0;
	lan_apply(&settings);
	pass(10);
	ck_assert(!is_neighbour("10.9.0.1:2425"));
}
END_TEST

/* Another network of the site: those who answer from there are neighbours, and no others. */
START_TEST(a_new_network_is_entered)
{
	struct peer_settings settings = lan_settings();

	lan_settle();
	settings.lan_address_count = 1;
	settings.lan_addresses[0] = at("10.9.3.255:2425");
	settings.lan_prefixes[0] = 22;
	lan_apply(&settings);
	pass(10000);
	ck_assert_uint_eq(lan.sent_count, 3);
	assert_sent(2, "10.9.3.255:2425", LOCAL, ENTER);
	hear("10.9.1.77:2425", BYTES(G01));
	ck_assert(is_neighbour("10.9.1.77:2425"));
	hear("10.9.4.1:2425", BYTES(G02));
	ck_assert(!is_neighbour("10.9.4.1:2425"));
	settings.lan_prefixes[0] = 24;
	lan_apply(&settings);
	pass(10);
	ck_assert(!is_neighbour("10.9.1.77:2425"));
}
END_TEST

START_TEST(buckets_fill_with_time)
{
	static const struct bucket_size size = {100, 10};
	struct bucket bucket = {0};

	ck_assert(bucket_take(&bucket, &size, 60, 1000));
	ck_assert(!bucket_take(&bucket, &size, 41, 1000));
	ck_assert(bucket_take(&bucket, &size, 40, 1000));
	ck_assert(!bucket_take(&bucket, &size, 1, 1099));
	ck_assert(bucket_take(&bucket, &size, 1, 1100));
	ck_assert(!bucket_take(&bucket, &size, 50, 6000));
	ck_assert(bucket_take(&bucket, &size, 50, 6100));
	/* never fuller than full, however long it takes, and a clock that goes back does no harm */
	ck_assert(!bucket_take(&bucket, &size, 101, INT64_MAX / 2));
	ck_assert(bucket_take(&bucket, &size, 100, INT64_MAX / 2));
	ck_assert(!bucket_take(&bucket, &size, 1, 0));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("lan");
	TCase *tcase = tcase_create("life");

	tcase_add_checked_fixture(tcase, lan_setup, lan_teardown);
	tcase_add_test(tcase, enters);
	tcase_add_test(tcase, enters_when_networks_come_after_the_start);
	tcase_add_test(tcase, enters_everywhere_with_one_packet);
	tcase_add_test(tcase, rests_when_nothing_happens);
	tcase_add_test(tcase, without_networks_there_is_no_lan);
	tcase_add_test(tcase, says_less_without_a_group);
	tcase_add_test(tcase, names_are_in_two_charsets);
	tcase_add_test(tcase, another_port_is_dialup);
	tcase_add_test(tcase, absence_is_announced);
	tcase_add_test(tcase, who_is_away_enters_so);
	tcase_add_test(tcase, absence_is_nothing_to_a_seed);
	tcase_add_test(tcase, a_long_title_is_cut);
	tcase_add_test(tcase, leaves_twice);
	tcase_add_test(tcase, enters_again_after_it_left);
	tcase_add_test(tcase, what_is_under_way_ends_with_the_stop);
	tcase_add_test(tcase, dialled_up_are_told_one_by_one);
	tcase_add_test(tcase, refresh_forgets_and_enters);
	tcase_add_test(tcase, refresh_keeps_who_is_waited_for);
	tcase_add_test(tcase, refresh_loses_nobody_who_answers);
	tcase_add_test(tcase, new_networks_are_entered_and_old_ones_left_alone);
	tcase_add_test(tcase, networks_are_left);
	tcase_add_test(tcase, who_is_on_a_link_goes_with_it);
	tcase_add_test(tcase, neighbours_stay_when_our_address_changes);
	tcase_add_test(tcase, a_new_name_is_announced);
	tcase_add_test(tcase, new_addresses_are_entered);
	tcase_add_test(tcase, a_new_network_is_entered);
	tcase_add_test(tcase, buckets_fill_with_time);
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
