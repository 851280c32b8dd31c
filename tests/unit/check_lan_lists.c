/* Host lists, asked for and answered, and the questions others may ask. */
#include <stdio.h>
#include <string.h>

#include "config.h"
#include "lan_fixture.h"
#include "wire/hostlist.h"

#define HOLDER "192.168.1.30:2425"
#define OKGETLIST BYTES("1:5:holder:H:17:\0")

/* One host that is there, as it stands in a list. */
#define HOST(user, address) user "\aPC\a16777216\a" address "\a30985\a" user "\aDev\a"
#define HOST_LEFT(user, address) user "\aPC\a0\a" address "\a30985\a" user "\aDev\a"

static void ask_for_lists(void)
{
	struct peer_settings settings = lan_settings();

	settings.list_ask = true;
	lan_apply(&settings);
}

/* Started, and about to read the first page of HOLDER's list. */
static void ask_holder(void)
{
	struct lan_link link = link4();

	ask_for_lists();
	peer_start(lan.peer, lan.now, wall(), &lan.batch);
	lan_on(&link, 1);
	pass(1000);
	hear(HOLDER, OKGETLIST);
	forget_sent();
}

static bool is_asking(void)
{
	return lan.peer->lan.query.state != QUERY_NONE;
}

START_TEST(nobody_is_asked_by_default)
{
	lan_rename("robert");
	lan_settle();
	ck_assert_uint_eq(count_sent(CMD_BR_ISGETLIST2, NULL), 0);
	hear(HOLDER, OKGETLIST);
	hear(HOLDER, BYTES(G13));
	ck_assert_uint_eq(lan.sent_count, 0);
	ck_assert_uint_eq(lan.told[NEIGHBOUR_CAME], 0);
}
END_TEST

START_TEST(who_has_a_list_is_asked_twice)
{
	struct lan_link link = link4();
	const struct sent *query;
	int64_t began = lan.now;

	ask_for_lists();
	lan_on(&link, 1);
	peer_start(lan.peer, lan.now, wall(), &lan.batch);
	pass(300);
	ck_assert_uint_eq(lan.sent_count, 3);
	assert_sent(2, BROADCAST4, LOCAL4,
	    BYTES("bob:BETA:16777240:Bob\0Dev\0\nUN:bob\nHN:BETA\nNN:Bob\nGN:Dev\nVS:" ENTRY_VERSION));
	forget_sent();
	pass(20000);
	ck_assert_uint_eq(count_sent(CMD_BR_ISGETLIST2, &query), 1);
	ck_assert_int_eq(query->at, began + 3250);
	assert_sent(0, BROADCAST4, LOCAL4,
	    BYTES("bob:BETA:16793624:Bob\0Dev\0\nUN:bob\nHN:BETA\nNN:Bob\nGN:Dev\nVS:" ENTRY_VERSION));
	ck_assert(!is_asking());
	ck_assert_int_eq(peer_deadline(lan.peer), DEADLINE_NEVER);
	/* too late */
	forget_sent();
	hear(HOLDER, OKGETLIST);
	ck_assert_uint_eq(lan.sent_count, 0);
}
END_TEST

START_TEST(the_first_holder_is_asked)
{
	struct lan_link link = link4();

	ask_for_lists();
	lan_on(&link, 1);
	peer_start(lan.peer, lan.now, wall(), &lan.batch);
	pass(300);
	forget_sent();
	hear(OFF_LINK, OKGETLIST);
	ck_assert_uint_eq(lan.sent_count, 0);
	hear(HOLDER, OKGETLIST);
	hear(CAROL, OKGETLIST);
	hear(HOLDER, OKGETLIST);
	ck_assert_uint_eq(lan.sent_count, 1);
	assert_sent(0, HOLDER, LOCAL4, BYTES("bob:BETA:16777234:0\0"));
}
END_TEST

START_TEST(listed_hosts_are_neighbours)
{
	lan_rename("robert");
	ask_holder();
	hear(CAROL, BYTES("1:5:eve:EPS:3:Eve"));
	hear(HOLDER, BYTES(G13));
	ck_assert_str_eq(neighbour("192.0.2.10:2425")->name, "Alice@Dev");
	ck_assert(neighbour("192.0.2.10:2425")->utf8);
	ck_assert(neighbour("192.0.2.10:2425")->listed);
	/* that eve has left does not count: she is elsewhere, and has said so herself */
	ck_assert(is_neighbour(CAROL));
	ck_assert(!is_asking());
	/* the list is at its end: nothing else is believed */
	hear(HOLDER, BYTES("1:6:h:H:19:0\a1\a" HOST("dave", "192.168.1.44") "\0"));
	ck_assert(!is_neighbour("192.168.1.44:2425"));
}
END_TEST

START_TEST(a_list_is_read_page_by_page)
{
	ask_holder();
	hear(CAROL, BYTES("1:6:h:H:19:0\a1\a" HOST("mallory", "192.168.1.99") "\0"));
	ck_assert_uint_eq(lan.told[NEIGHBOUR_CAME], 0);
	hear(HOLDER, BYTES("1:6:h:H:19:2\a2\a" HOST("u1", "192.168.1.41")
	    HOST("u2", "192.168.1.42") "\0"));
	assert_sent(0, HOLDER, LOCAL4, BYTES("bob:BETA:16777234:2\0"));
	/* the page before once more */
	hear(HOLDER, BYTES("1:6:h:H:19:2\a2\a" HOST("u1", "192.168.1.41")
	    HOST("u2", "192.168.1.42") "\0"));
	ck_assert_uint_eq(lan.sent_count, 1);
	hear(HOLDER, BYTES("1:7:h:H:19:0\a1\a" HOST("u3", "192.168.1.43") "\0"));
	ck_assert_uint_eq(lan.sent_count, 1);
	ck_assert_uint_eq(lan.told[NEIGHBOUR_CAME], 3);
	ck_assert(!is_asking());
}
END_TEST

/* Other clients ask on only when the index is no smaller than the number of hosts. */
START_TEST(an_index_that_cannot_be_ends_it)
{
	ask_holder();
	hear(HOLDER, BYTES("1:6:h:H:19:1\a2\a" HOST("u1", "192.168.1.41")
	    HOST("u2", "192.168.1.42") "\0"));
	ck_assert_uint_eq(lan.told[NEIGHBOUR_CAME], 2);
	ck_assert(!is_asking());
	ck_assert_uint_eq(lan.sent_count, 0);
}
END_TEST

START_TEST(a_page_is_asked_for_three_times)
{
	ask_holder();
	pass(20000);
	ck_assert_uint_eq(count_sent(CMD_GETLIST, NULL), 2);
	ck_assert(!is_asking());
	ck_assert_int_eq(peer_deadline(lan.peer), DEADLINE_NEVER);
}
END_TEST

START_TEST(a_list_without_end_ends)
{
	ask_holder();
	for (unsigned i = 1; i < 1000 && is_asking(); i++) {
		char page[200];
		int len = snprintf(page, sizeof page, "1:%u:h:H:19:%u\a1\a"
		    HOST("u%u", "192.168.1.41"), i, i, i, i);

		hear(HOLDER, span_of(page, (size_t)len));
	}
	ck_assert(!is_asking());
	ck_assert_uint_eq(lan.sent_count, 63);
	/* nor does a slow one go on for ever */
	ck_assert(peer_refresh(lan.peer, lan.now, wall(), &lan.batch));
	pass(300);
	hear(HOLDER, OKGETLIST);
	for (unsigned i = 1; i < 60 && is_asking(); i++) {
		char page[200];
		int len = snprintf(page, sizeof page, "1:%u:h:H:19:%u\a1\a"
		    HOST("u%u", "192.168.1.41"), i, i, i, i);

		pass(2500);
		hear(HOLDER, span_of(page, (size_t)len));
	}
	ck_assert(!is_asking());
	ck_assert_uint_lt(lan.peer->last_id, 64 + 30);
}
END_TEST

/* A list tells of those who do not speak themselves, and not where nobody can be. */
START_TEST(a_list_is_only_hearsay)
{
	ask_holder();
	hear(ALICE, BYTES("1:1:alice:PC:3:Alice\0Dev\0"));
	hear(CAROL, BYTES("1:1:carol:PC:3:Carol\0Dev\0"));
	pass(10000);
	/* that was too late: once more */
	ck_assert(peer_refresh(lan.peer, lan.now, wall(), &lan.batch));
	pass(300);
	hear(HOLDER, OKGETLIST);
	hear(ALICE, BYTES("1:1:alice:PC:3:Alice\0Dev\0"));
	hear(CAROL, BYTES("1:1:carol:PC:3:Carol\0Dev\0"));
	pass(8000 - 7500);
	hear(HOLDER, BYTES("1:6:h:H:19:9\a9\a"
	    /* elsewhere, */ HOST("alice", "192.168.1.98")
	    /* another at her address, */ HOST("mallory", "192.168.1.10")
	    /* ourselves, */ "bob\aBETA\a16777216\a192.168.1.77\a30985\aBob\aDev\a"
	    HOST("mallory", "192.168.1.5")
	    /* everybody, */ HOST("mallory", "192.168.1.255") HOST("mallory", "224.0.0.1")
	    /* this host, and beyond the LAN over IPv6 */
	    HOST("mallory", "127.0.0.1") HOST("mallory", "2001:db8::1")
	    /* gone, from where she is */ HOST_LEFT("carol", "192.168.1.20") "\0"));
	ck_assert_str_eq(neighbour(ALICE)->name, "Alice@Dev");
	ck_assert(!is_neighbour(CAROL));
	ck_assert_uint_eq(lan.peer->lan.neighbours.count, 1);
}
END_TEST

/* Beyond the networks: heard as a neighbour, and sent no more than it sends. */
START_TEST(a_listed_host_beyond_the_lan_is_a_neighbour)
{
	ask_holder();
	hear(HOLDER, BYTES("1:6:h:H:19:0\a1\a"
	    "frank\aPC\a16842752\a198.51.100.7\a30985\aFrank\aDev\a\0"));
	forget_sent();
	/* nor does the list make us tell him things */
	peer_set_absence(lan.peer, &(struct absence){"", ""}, lan.now, wall(), &lan.batch);
	batch_flush(&lan.batch);
	ck_assert_uint_eq(lan.sent_count, 2);
	ck_assert_uint_eq(count_sent(CMD_BR_ABSENCE, NULL), 1);
	assert_sent(1, BROADCAST4, LOCAL4,
	    BYTES("bob:BETA:16777476:Bob\0Dev\0\nUN:bob\nHN:BETA\nNN:Bob\nGN:Dev\nVS:" ENTRY_VERSION));
	forget_sent();
	ck_assert_uint_eq(neighbour(OFF_LINK)->local, LOCAL);
	hear(OFF_LINK, BYTES("1:1:frank:PC:1:Frankie, the one with the long nick\0Dev\0"));
	ck_assert_str_eq(neighbour(OFF_LINK)->nick, "Frankie, the one with the long nick");
	ck_assert_uint_eq(lan.sent_count, 1);
	ck_assert_uint_eq(count_sent(CMD_ANSENTRY, NULL), 1);
	forget_sent();
	hear(OFF_LINK, BYTES("1:2:frank:PC:16777217:F"));
	ck_assert_uint_eq(lan.sent_count, 0);
	hear(OFF_LINK, BYTES("1:3:frank:PC:2:F"));
	ck_assert(!is_neighbour(OFF_LINK));
}
END_TEST

START_TEST(holders_say_so)
{
	struct lan_link link = link4();

	lan_on(&link, 1);
	peer_start(lan.peer, lan.now, wall(), &lan.batch);
	pass(3000);
	forget_sent();
	/* only just up */
	hear_many(ALICE, BYTES("1:1:alice:ALPHA:16777240:Alice\0\0"));
	ck_assert_uint_eq(lan.sent_count, 0);
	pass(1);
	hear_many(ALICE, BYTES("1:1:alice:ALPHA:16777240:Alice\0\0"));
	ck_assert_uint_eq(lan.sent_count, 1);
	assert_sent(0, ALICE, LOCAL4, BYTES("bob:BETA:17:\0"));
	hear_many(ALICE, BYTES("1:1:alice:ALPHA:16:Alice\0\0"));
	ck_assert_uint_eq(lan.sent_count, 2);
	hear_many(OFF_LINK, BYTES("1:1:alice:ALPHA:16777240:Alice, with plenty of room\0\0"));
	ck_assert_uint_eq(lan.sent_count, 2);
	/* who asks himself is a holder only if there is no other */
	ask_for_lists();
	pass(20000);
	forget_sent();
	hear_many(ALICE, BYTES("1:1:alice:ALPHA:24:Alice\0\0"));
	ck_assert_uint_eq(lan.sent_count, 0);
	hear_many(ALICE, BYTES("1:1:alice:ALPHA:16408:Alice\0\0"));
	ck_assert_uint_eq(lan.sent_count, 1);
}
END_TEST

START_TEST(lists_may_be_kept_back)
{
	struct peer_settings settings = lan_settings();

	settings.list_answer = false;
	lan_apply(&settings);
	lan_settle();
	hear_many(ALICE, BYTES("1:1:alice:ALPHA:16777240:Alice\0\0"));
	hear(ALICE, BYTES("1:1:alice:ALPHA:18:0\0"));
	ck_assert_uint_eq(lan.sent_count, 0);
}
END_TEST

START_TEST(a_list_names_us_and_the_others)
{
	lan_settle();
	hear(ALICE, BYTES("1:1:alice:ALPHA:2172715009:\xe3\x82\xa2\0\0"));
	hear(CAROL, BYTES(G11));
	forget_sent();
	hear(CAROL, BYTES("1:1:carol:gamma:18:\0"));
	hear(CAROL, BYTES("1:1:carol:gamma:16777234:2\0"));
	hear(CAROL, BYTES("1:1:carol:gamma:18:3\0"));
	hear(OFF_LINK, BYTES("1:1:carol:gamma:18:0\0"));
	ck_assert_uint_eq(lan.sent_count, 3);
	/*
	 * In Shift-JIS for who does not say UTF-8. 16842752 is CAPUTF8OPT and DIALUPOPT: UTF8OPT
	 * was that packet's, and bit 31 nobody's.
	 */
	assert_sent(0, CAROL, LOCAL4,
	    BYTES("bob:BETA:19:    0\a    3\a"
		  "bob\aBETA\a16777216\a192.168.1.5\a30985\aBob\aDev\a"
		  "alice\aALPHA\a16842752\a192.168.1.10\a30985\a\x83""A\a\b\a"
		  "carol\agamma\a256\a192.168.1.20\a30985\aCarol\aGroup\a\0"));
	assert_sent(1, CAROL, LOCAL4,
	    BYTES("bob:BETA:8388627:    0\a    1\a"
		  "carol\agamma\a256\a192.168.1.20\a30985\aCarol\aGroup\a\0"));
	assert_sent(2, CAROL, LOCAL4, BYTES("bob:BETA:19:    0\a    0\a\0"));
}
END_TEST

START_TEST(a_long_list_comes_in_pages)
{
	uint32_t next = 0, hosts = 0;

	lan_settle();
	for (unsigned i = 0; i < 100; i++) {
		char where[40], entry[80];
		int len = snprintf(entry, sizeof entry, "1:%u:user%u:host:3:a nick %u", i + 1, i, i);

		snprintf(where, sizeof where, "192.168.1.%u:2425", 100 + i);
		hear(where, span_of(entry, (size_t)len));
	}
	do {
		char ask[80];
		int len = snprintf(ask, sizeof ask, "1:7:zoe:ZETA:18:%u", next);
		struct listed_host host;
		struct hostlist list;
		struct packet packet;

		forget_sent();
		hear(ALICE, span_of(ask, (size_t)len));
		ck_assert_uint_eq(lan.sent_count, 1);
		ck_assert_uint_le(lan.sent[0].len, 1200);
		packet_parse(&packet, span_of(lan.sent[0].data, lan.sent[0].len));
		ck_assert(hostlist_parse(&list, &packet));
		ck_assert(list.next == 0 || (list.next > next && list.next >= list.count));
		while (hostlist_next(&list, &host))
			hosts++;
		ck_assert_uint_eq(list.seen, list.count);
		ck_assert_uint_eq(list.rest.len, 0);
		next = list.next;
	} while (next != 0);
	ck_assert_uint_eq(hosts, 101);
}
END_TEST

START_TEST(questions_are_answered)
{
	ck_assert_str_eq(PROGRAM_TEXT, PACKAGE_NAME " " PACKAGE_VERSION);
	lan_settle();
	hear(ALICE, BYTES(G22a));
	hear(ALICE, BYTES(G22c));
	assert_sent(0, ALICE, LOCAL4, BYTES("bob:BETA:65:" PROGRAM_TEXT "\0"));
	assert_sent(1, ALICE, LOCAL4, BYTES("bob:BETA:81:Not absence mode\0"));
	peer_set_absence(lan.peer,
	    &(struct absence){"", "\xe6\x9a\x97\xe5\x8f\xb7"}, lan.now, wall(), &lan.batch);
	batch_flush(&lan.batch);
	forget_sent();
	hear(ALICE, BYTES("1:1:alice:ALPHA:80:\0"));
	hear(ALICE, BYTES("1:1:alice:ALPHA:16777296:\0"));
	assert_sent(0, ALICE, LOCAL4, BYTES("bob:BETA:81:\x88\xc3\x8d\x86\0"));
	assert_sent(1, ALICE, LOCAL4, BYTES("bob:BETA:8388689:\xe6\x9a\x97\xe5\x8f\xb7\0"));
	/* who has said once that it reads UTF-8 need not say so again */
	hear(CAROL, BYTES("1:1:carol:GAMMA:16777219:Carol\0\0"));
	hear(CAROL, BYTES("1:2:carol:GAMMA:80:\0"));
	assert_sent(2, CAROL, LOCAL4, BYTES("bob:BETA:8388689:\xe6\x9a\x97\xe5\x8f\xb7\0"));
}
END_TEST

START_TEST(strangers_are_told_no_more_than_they_ask)
{
	static const char padding[200];
	char long_question[250] = "1:1:x:y:64:";

	lan_settle();
	hear(OFF_LINK, BYTES(G22a));
	hear(OFF_LINK, BYTES(G22c));
	ck_assert_uint_eq(lan.sent_count, 0);
	memset(long_question + 11, 'x', sizeof padding);
	hear(OFF_LINK, span_text(long_question));
	ck_assert_uint_eq(lan.sent_count, 1);
}
END_TEST

START_TEST(answers_are_no_questions)
{
	lan_rename("robert");
	lan_settle();
	hear(ALICE, BYTES(G22b));
	hear(ALICE, BYTES(G22d));
	hear(ALICE, BYTES(G13));
	pass(5000);
	ck_assert_uint_eq(lan.sent_count, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("lan lists");
	TCase *tcase = tcase_create("lists");

	tcase_add_checked_fixture(tcase, lan_setup, lan_teardown);
	tcase_add_test(tcase, nobody_is_asked_by_default);
	tcase_add_test(tcase, who_has_a_list_is_asked_twice);
	tcase_add_test(tcase, the_first_holder_is_asked);
	tcase_add_test(tcase, listed_hosts_are_neighbours);
	tcase_add_test(tcase, a_list_is_read_page_by_page);
	tcase_add_test(tcase, an_index_that_cannot_be_ends_it);
	tcase_add_test(tcase, a_page_is_asked_for_three_times);
	tcase_add_test(tcase, a_list_without_end_ends);
	tcase_add_test(tcase, a_list_is_only_hearsay);
	tcase_add_test(tcase, a_listed_host_beyond_the_lan_is_a_neighbour);
	tcase_add_test(tcase, holders_say_so);
	tcase_add_test(tcase, lists_may_be_kept_back);
	tcase_add_test(tcase, a_list_names_us_and_the_others);
	tcase_add_test(tcase, a_long_list_comes_in_pages);
	tcase_add_test(tcase, questions_are_answered);
	tcase_add_test(tcase, strangers_are_told_no_more_than_they_ask);
	tcase_add_test(tcase, answers_are_no_questions);
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
