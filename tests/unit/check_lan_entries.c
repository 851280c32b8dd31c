/* Who is on the LAN: entries of all makers, who is who, and our answers. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "lan_fixture.h"

#define ALICE_ENTERS(number) "1:" number ":alice:alpha:1:Alice\0Dev\0"
#define SUPERNODE "192.168.1.2:2425"

/* The contact that is shown `n`-th; false when there are fewer. */
static bool contact(unsigned n, struct peer_contact_status *status)
{
	uint32_t cursor = 0;
	bool found = true;

	for (unsigned i = 0; i <= n && found; i++)
		found = peer_contact(lan.peer, &cursor, status);
	return found;
}

/* An entry of a user of its own from an address of its own. */
static void enter_many(unsigned from, unsigned to)
{
	for (unsigned i = from; i < to; i++) {
		char where[40], bytes[80];

		snprintf(where, sizeof where, "192.168.1.%u:%u", 10 + i % 200, 3000 + i / 200);
		int len = snprintf(bytes, sizeof bytes, "1:%u:user%u:host:3:nick%u", i + 1, i, i);

		hear(where, span_of(bytes, (size_t)len));
	}
}

START_TEST(an_entry_is_answered)
{
	lan_settle();
	hear(ALICE, BYTES(G01));
	ck_assert_uint_eq(lan.told[NEIGHBOUR_CAME], 1);
	ck_assert_str_eq(neighbour(ALICE)->nick, "\xe3\x82\xa2\xe3\x83\xaa\xe3\x82\xb9");
	ck_assert_str_eq(neighbour(ALICE)->group, "\xe9\x96\x8b\xe7\x99\xba");
	ck_assert_str_eq(lan.last_name, neighbour(ALICE)->name);
	ck_assert_str_eq(neighbour(ALICE)->version, "00010002:4:99:103");
	ck_assert(neighbour(ALICE)->utf8);
	ck_assert_uint_eq(lan.sent_count, 1);
	assert_sent(0, ALICE, LOCAL4,
	    BYTES("bob:BETA:25165827:Bob\0Dev\0\nVS:" ENTRY_VERSION));
}
END_TEST

START_TEST(an_entry_of_the_first_days_is_answered_alike)
{
	lan_settle();
	hear(ALICE, BYTES(G02));
	ck_assert_str_eq(neighbour(ALICE)->name, "alice@alpha");
	ck_assert(!neighbour(ALICE)->utf8);
	assert_sent(0, ALICE, LOCAL4, BYTES("bob:BETA:3:Bob\0Dev\0"));
}
END_TEST

START_TEST(what_went_to_many_is_answered_later)
{
	int64_t began;

	lan_settle();
	began = lan.now;
	hear_many(ALICE, BYTES(G01));
	ck_assert_uint_eq(lan.sent_count, 0);
	ck_assert_int_lt(peer_deadline(lan.peer), began + 1024);
	pass(1024);
	ck_assert_uint_eq(lan.sent_count, 1);
	assert_sent(0, ALICE, LOCAL4,
	    BYTES("bob:BETA:25165827:Bob\0Dev\0\nVS:" ENTRY_VERSION));
	pass(10000);
	ck_assert_uint_eq(lan.sent_count, 1);
}
END_TEST

START_TEST(who_asks_on_is_not_put_off)
{
	lan_settle();
	int64_t began = lan.now;

	for (unsigned i = 1; i <= 40 && lan.sent_count == 0; i++) {
		char bytes[80];
		int len = snprintf(bytes, sizeof bytes, "1:%u:alice:alpha:1:Alice", i);

		hear_many(ALICE, span_of(bytes, (size_t)len));
		pass(50);
	}
	ck_assert_uint_eq(lan.sent_count, 1);
	ck_assert_int_lt(lan.sent[0].at, began + 1024);
}
END_TEST

/* The longest of many waits tells the range they are drawn from. */
static int64_t longest_wait(void)
{
	int64_t longest = 0;

	for (unsigned i = 0; i < 200; i++) {
		char bytes[80];
		int64_t began = lan.now;
		int len = snprintf(bytes, sizeof bytes, "1:%u:alice:alpha:1:Alice", 100000 + i);

		forget_sent();
		hear_many(ALICE, span_of(bytes, (size_t)len));
		pass(10000);
		ck_assert_uint_eq(lan.sent_count, 1);
		if (lan.sent[0].at - began > longest)
			longest = lan.sent[0].at - began;
	}
	return longest;
}

START_TEST(the_more_there_are_the_later)
{
	lan_settle();
	int64_t few = longest_wait();

	enter_many(0, 60);
	int64_t some = longest_wait();

	enter_many(60, 310);
	int64_t many = longest_wait();

	ck_assert_int_lt(few, 1024);
	ck_assert_int_gt(few, 512);
	ck_assert_int_lt(some, 2048);
	ck_assert_int_gt(some, 1024);
	ck_assert_int_lt(many, 4096);
	ck_assert_int_gt(many, 2048);
}
END_TEST

START_TEST(copies_of_an_entry_are_one)
{
	lan_settle();
	hear_many(ALICE, BYTES(G01));
	hear_many(ALICE, BYTES(G01));
	pass(1500);
	hear_many(ALICE, BYTES(G01));
	hear(ALICE, BYTES(G01));
	pass(1500);
	ck_assert_uint_eq(lan.sent_count, 1);
	/* while the answer waits, who speaks to us alone need not wait for it; nor hears it twice */
	hear_many(CAROL, BYTES(G11));
	hear(CAROL, BYTES(G11));
	ck_assert_uint_eq(lan.sent_count, 2);
	pass(3000);
	ck_assert_uint_eq(lan.sent_count, 2);
	/* a number that comes again much later is another entry's: some begin at 1 in each run */
	hear(CAROL, BYTES(G11));
	ck_assert_uint_eq(lan.sent_count, 3);
}
END_TEST

START_TEST(answers_and_notices_are_not_answered)
{
	lan_rename("robert");
	lan_settle();
	hear(ALICE, BYTES(G03));
	ck_assert_str_eq(neighbour(ALICE)->nick, "\xe3\x83\x9c\xe3\x83\x96");
	ck_assert_str_eq(neighbour(ALICE)->group, "\xe5\x96\xb6\xe6\xa5\xad");
	hear(ALICE, BYTES(G04));
	hear(CAROL, BYTES("1:8:carol:GAMMA:0:Carol\0\0"));
	pass(5000);
	ck_assert(!is_neighbour(CAROL));
	ck_assert_uint_eq(lan.sent_count, 0);
}
END_TEST

START_TEST(who_is_away_is_shown_so)
{
	struct peer_contact_status status;
	bool ambiguous;

	lan_settle();
	hear(ALICE, BYTES("1:1:alice:ALPHA:3:Alice\0Dev\0"));
	hear(ALICE, BYTES(G04));
	ck_assert_uint_eq(lan.told[NEIGHBOUR_CHANGED], 1);
	ck_assert(contact(0, &status));
	ck_assert(status.absent);
	ck_assert_str_eq(status.nick, "Alice[lunch]");
	/* she is still called as before */
	ck_assert_str_eq(status.name, "Alice@Dev");
	ck_assert_ptr_nonnull(neighbour_by_name(lan.peer, "Alice", &ambiguous));
	ck_assert_ptr_nonnull(neighbour_by_name(lan.peer, "Alice@Dev", &ambiguous));
	ck_assert_ptr_nonnull(neighbour_by_name(lan.peer, "Alice[lunch]", &ambiguous));
	/* the option counts for its own entry only: a notice makes nobody dialled up */
	ck_assert(!neighbour(ALICE)->dialup);
	/* the same again is no news */
	hear(ALICE, BYTES(G04));
	ck_assert_uint_eq(lan.told[NEIGHBOUR_CHANGED], 1);
}
END_TEST

START_TEST(who_leaves_is_gone)
{
	lan_settle();
	hear(ALICE, BYTES(G01));
	hear(CAROL, BYTES(G11));
	/* it counts where it comes from, whatever name it bears */
	hear(CAROL, BYTES(G05));
	ck_assert_uint_eq(lan.told[NEIGHBOUR_LEFT], 1);
	ck_assert(is_neighbour(ALICE));
	ck_assert(!is_neighbour(CAROL));
	hear("192.168.1.10:2426", BYTES(G05));
	ck_assert(is_neighbour(ALICE));
	hear(ALICE, BYTES(G05));
	ck_assert(!is_neighbour(ALICE));
	ck_assert_uint_eq(count_sent(CMD_BR_EXIT, NULL), 0);
}
END_TEST

START_TEST(who_leaves_is_not_answered_any_more)
{
	lan_settle();
	hear_many(ALICE, BYTES(G01));
	hear(ALICE, BYTES(G05));
	ck_assert_int_eq(peer_deadline(lan.peer), DEADLINE_NEVER);
	pass(2000);
	ck_assert_uint_eq(lan.sent_count, 0);
}
END_TEST

static void assert_utf8_to(size_t i, const char *to)
{
	struct endpoint there = at(to);

	ck_assert_uint_lt(i, lan.sent_count);
	ck_assert(endpoint_equal(&lan.sent[i].to, &there));
	ck_assert(utf8_valid(span_of(lan.sent[i].data, lan.sent[i].len)));
	ck_assert(strstr((const char *)lan.sent[i].data, ":\xe3\x83\x9c\xe3\x83\x96") != NULL);
}

#define IPTUX_ANSWERS(number) "1_iptux 0.9.4:" number ":carol:gamma:259:Carol\0Group\0icon\0utf-8\0"

/* It takes our names in CP932 for another charset, so each announcement is corrected, once. */
START_TEST(iptux_is_told_in_utf8)
{
	struct peer_settings settings = lan_settings();

	lan_settle();
	hear(CAROL, BYTES(IPTUX_ANSWERS("1")));
	ck_assert_uint_eq(lan.sent_count, 0);
	strcpy(settings.nick, "\xe3\x83\x9c\xe3\x83\x96");
	lan_apply(&settings);
	pass(900);
	/* NOOPERATION and BR_ABSENCE to all; ANSENTRY not before those are digested */
	ck_assert_uint_eq(lan.sent_count, 2);
	pass(200);
	ck_assert_uint_eq(lan.sent_count, 3);
	ck_assert(!utf8_valid(span_of(lan.sent[1].data, lan.sent[1].len)));
	assert_utf8_to(2, CAROL);
	/* it may answer that, and is not answered again */
	hear(CAROL, BYTES(IPTUX_ANSWERS("2")));
	pass(2000);
	ck_assert_uint_eq(lan.sent_count, 3);
	/* one that was not known is corrected when it answers; others are not concerned */
	hear(ALICE, BYTES("1_iptux 0.9.4:2:alice:alpha:259:Alice\0Group\0icon\0utf-8\0"));
	pass(1100);
	ck_assert_uint_eq(lan.sent_count, 4);
	assert_utf8_to(3, ALICE);
	hear("192.168.1.30:2425", BYTES("1:2:dave:DELTA:3:Dave\0\0"));
	pass(2000);
	ck_assert_uint_eq(lan.sent_count, 4);
	/* what is UTF-8 throughout need not be corrected */
	strcpy(settings.legacy_charset, "UTF-8");
	strcpy(settings.group, "\xe3\x83\x9c");
	lan_apply(&settings);
	pass(2000);
	ck_assert_uint_eq(lan.sent_count, 6);
}
END_TEST

/* What took us for UTF-16 answers so, and learns better from an entry; others do not get one. */
START_TEST(garbled_iptux_is_sent_an_entry)
{
	struct peer_settings settings = lan_settings();

	lan_settle();
	hear(CAROL, BYTES("\xff\xfe" "1\0\0icon-tux.png\0utf-8\0"));
	ck_assert_uint_eq(lan.sent_count, 0);
	strcpy(settings.nick, "\xe3\x83\x9c\xe3\x83\x96");
	lan_apply(&settings);
	pass(10);
	ck_assert_uint_eq(lan.sent_count, 2);
	hear(CAROL, BYTES("\xff\xfe" "2\0\0icon-tux.png\0utf-8\0"));
	hear(OFF_LINK, BYTES("\xff\xfe" "1\0\0icon-tux.png\0utf-8\0"));
	pass(2000);
	ck_assert_uint_eq(lan.sent_count, 2);
	hear(CAROL, BYTES("\xff\xfe" "1\0\0icon-tux.png\0utf-8\0"));
	pass(900);
	ck_assert_uint_eq(lan.sent_count, 2);
	pass(200);
	ck_assert_uint_eq(lan.sent_count, 3);
	assert_utf8_to(2, CAROL);
	hear(CAROL, BYTES("\xff\xfe" "1\0"));
	pass(2000);
	ck_assert_uint_eq(lan.sent_count, 3);
	ck_assert_int_eq(peer_deadline(lan.peer), DEADLINE_NEVER);
}
END_TEST

START_TEST(iptux_is_understood)
{
	lan_settle();
	hear(CAROL, BYTES(G11));
	/* 257: it sets the option always */
	ck_assert(!neighbour(CAROL)->absent);
	ck_assert_str_eq(neighbour(CAROL)->name, "Carol@Group");
	ck_assert_str_eq(neighbour(CAROL)->version, "iptux 0.9.4");
	/* it says that it writes UTF-8, without any option for it */
	ck_assert(neighbour(CAROL)->utf8);
	hear(ALICE, BYTES("1_iptux 0.9.4:2:alice:alpha:257:Alice\0Group\0icon\0gbk\0"));
	ck_assert(!neighbour(ALICE)->utf8);
}
END_TEST

START_TEST(a_user_moves_but_not_to_and_fro)
{
	lan_settle();
	hear(ALICE, BYTES(ALICE_ENTERS("1")));
	pass(6999);
	/* the other address is ignored, what else is new is not */
	hear(CAROL, BYTES("1:2:alice:alpha:4:Lissy\0Dev\0"));
	ck_assert_str_eq(neighbour(ALICE)->nick, "Lissy");
	ck_assert(!is_neighbour(CAROL));
	pass(1);
	hear(CAROL, BYTES("1:3:alice:alpha:4:Lissy\0Dev\0"));
	ck_assert(is_neighbour(CAROL));
	ck_assert(!is_neighbour(ALICE));
	ck_assert_uint_eq(lan.told[NEIGHBOUR_CAME], 1);
	ck_assert_uint_eq(lan.told[NEIGHBOUR_LEFT], 0);
	ck_assert_uint_eq(lan.told[NEIGHBOUR_CHANGED], 2);
}
END_TEST

START_TEST(ip4_is_preferred)
{
	struct lan_link links[] = {link4(), link6()};

	lan_settle();
	lan_on(links, 2);
	pass(10000);
	forget_sent();
	hear_many("[fd00::9]:2425", BYTES(ALICE_ENTERS("1")));
	ck_assert_uint_eq(neighbour("[fd00::9]:2425")->local, LOCAL6);
	hear_many(ALICE, BYTES(ALICE_ENTERS("1")));
	ck_assert(is_neighbour(ALICE));
	hear_many("[fd00::9]:2425", BYTES(ALICE_ENTERS("1")));
	ck_assert(is_neighbour(ALICE));
	pass(2000);
	ck_assert_uint_eq(lan.sent_count, 1);
	assert_sent(0, ALICE, LOCAL4, BYTES("bob:BETA:3:Bob\0Dev\0"));
}
END_TEST

START_TEST(an_address_has_one_user)
{
	lan_settle();
	hear(ALICE, BYTES(ALICE_ENTERS("1")));
	hear(CAROL, BYTES(G11));
	hear(ALICE, BYTES("1:5:dave:DELTA:1:Dave\0\0"));
	ck_assert_uint_eq(lan.told[NEIGHBOUR_LEFT], 1);
	ck_assert_str_eq(neighbour(ALICE)->nick, "Dave");
	/* one who moves to where another one is takes that place */
	pass(7000);
	hear(CAROL, BYTES("1:6:dave:DELTA:1:Dave\0\0"));
	ck_assert_uint_eq(lan.told[NEIGHBOUR_LEFT], 2);
	ck_assert_str_eq(neighbour(CAROL)->nick, "Dave");
	ck_assert_uint_eq(lan.peer->lan.neighbours.count, 1);
}
END_TEST

START_TEST(names_are_the_same_in_any_case)
{
	lan_settle();
	hear(ALICE, BYTES(ALICE_ENTERS("1")));
	hear(ALICE, BYTES("1:2:ALICE:Alpha:4:Alice\0Dev\0"));
	ck_assert_uint_eq(lan.told[NEIGHBOUR_CAME], 1);
	ck_assert_uint_eq(lan.told[NEIGHBOUR_LEFT], 0);
	ck_assert_uint_eq(lan.told[NEIGHBOUR_CHANGED], 0);
}
END_TEST

START_TEST(we_are_nobody_else)
{
	lan_settle();
	/* our own packets, that come back */
	hear_many(OWN4, BYTES("1:5:dave:DELTA:1:Dave\0\0"));
	/* and those of another host that is called like us, in the header or behind it */
	hear(ALICE, BYTES("1:5:BOB:beta:1:Bob\0\0"));
	hear(ALICE, BYTES("1:5:x:y:16777217:Bob\0\0\nUN:bob\nHN:BETA"));
	hear(ALICE, BYTES("1:6:bob:BETA:288:hello\0"));
	hear(ALICE, BYTES("1:7:bob:BETA:64:\0"));
	hear(ALICE, BYTES("1:8:bob:BETA:18:0\0"));
	pass(2000);
	ck_assert_uint_eq(lan.told[NEIGHBOUR_CAME], 0);
	ck_assert_uint_eq(lan.sent_count, 0);
	ck_assert_uint_eq(lan.received, 0);
}
END_TEST

static unsigned namesakes;

static void count_namesakes(const struct peer_event *event, void *context)
{
	if (event->kind != EVENT_NAMESAKE)
		return;
	namesakes++;
	ck_assert_str_eq(event->name, "bob@BETA");
	ck_assert(event->at.family == FAMILY_IP4);
}

START_TEST(who_is_called_like_us_is_told_of)
{
	struct endpoint another = at("10.0.0.1:2425");

	namesakes = 0;
	lan.listener = count_namesakes;
	lan_settle();
	peer_addresses(lan.peer, &another, 1);
	/* our own packets, and another program of this host */
	hear_many(OWN4, BYTES("1:5:bob:BETA:1:Bob\0\0"));
	hear_many("192.168.1.5:2426", BYTES("1:5:bob:BETA:1:Bob\0\0"));
	hear("10.0.0.1:2425", BYTES("1:5:bob:BETA:32:x\0"));
	ck_assert_uint_eq(namesakes, 0);
	hear_many(ALICE, BYTES("1:5:BOB:beta:1:Bob\0\0"));
	ck_assert_uint_eq(namesakes, 1);
	pass(3599999);
	hear(ALICE, BYTES("1:6:bob:BETA:288:hello\0"));
	ck_assert_uint_eq(namesakes, 1);
	pass(1);
	hear(ALICE, BYTES("1:6:bob:BETA:288:hello\0"));
	ck_assert_uint_eq(namesakes, 2);
}
END_TEST

START_TEST(a_bracket_belongs_to_the_name)
{
	lan_settle();
	hear(ALICE, BYTES("1:5:alice:ALPHA:1:Al[x]ice\0\0"));
	ck_assert_str_eq(neighbour(ALICE)->name, "Al[x]ice@ALPHA");
	hear(ALICE, BYTES("1:6:alice:ALPHA:260:Al[x]ice[lunch]\0\0"));
	ck_assert_str_eq(neighbour(ALICE)->name, "Al[x]ice@ALPHA");
	hear(ALICE, BYTES("1:7:alice:ALPHA:260:Alice[lunch]\0\0"));
	ck_assert_str_eq(neighbour(ALICE)->name, "Alice@ALPHA");
}
END_TEST

START_TEST(a_supernode_is_no_neighbour)
{
	struct peer_settings settings = lan_settings();
	struct endpoint there = at(SUPERNODE);

	strcpy(settings.supernodes[0].host, "super");
	settings.supernodes[0].port = 2425;
	settings.supernode_count = 1;
	lan_apply(&settings);
	lan_settle();
	peer_resolved(lan.peer, 0, &there, 1, lan.now, wall(), &lan.batch);
	batch_flush(&lan.batch);
	hear(SUPERNODE, BYTES("1:5:super:S:3:super\0\0"));
	hear(SUPERNODE, BYTES("1:6:super:S:1:super\0\0"));
	hear(SUPERNODE, BYTES("1:7:super:S:4:super\0\0"));
	ck_assert_uint_eq(lan.told[NEIGHBOUR_CAME], 0);
	ck_assert_int_eq(lan.peer->uplinks[0].state, SUPERNODE_REGISTERED);
}
END_TEST

/* Somebody that a person gave the address of, though he is of the LAN. */
START_TEST(a_path_keeps_what_is_its_own)
{
	struct endpoint there = at(ALICE);
	struct peer_contact_status status;
	enum reason reason;
	uint32_t id;

	lan_settle();
	id = peer_ask(lan.peer, "Alice", &there, lan.now, wall(), &lan.batch, &reason);
	ck_assert_uint_ne(id, 0);
	batch_flush(&lan.batch);
	hear(ALICE, BYTES("1:5:alice:alpha:3:Alice\0Dev\0"));
	ck_assert_uint_eq(lan.told[NEIGHBOUR_CAME], 0);
	ck_assert(contact(0, &status));
	ck_assert_uint_eq(status.id, id);
	ck_assert_int_eq(status.state, PATH_OPEN);
	ck_assert(!contact(1, &status));
}
END_TEST

/* Who is a neighbour, and then reached over a path, is shown once; ids are of one kind. */
START_TEST(contacts_are_neighbours_and_paths)
{
	struct endpoint there = at(ALICE);
	struct peer_contact_status status, other;
	enum reason reason;

	lan_settle();
	hear(ALICE, BYTES(ALICE_ENTERS("1")));
	hear(CAROL, BYTES(G11));
	ck_assert(contact(0, &status));
	ck_assert(status.lan);
	ck_assert_str_eq(status.name, "Alice@Dev");
	ck_assert_str_eq(status.user, "alice");
	ck_assert_str_eq(status.host, "alpha");
	ck_assert_int_eq(status.state, PATH_OPEN);
	ck_assert_int_eq(status.heard, lan.now);
	ck_assert(contact(1, &other));
	ck_assert_str_eq(other.version, "iptux 0.9.4");
	ck_assert_uint_gt(other.id, status.id);
	ck_assert(!contact(2, &other));
	peer_ask(lan.peer, "Alice", &there, lan.now, wall(), &lan.batch, &reason);
	batch_flush(&lan.batch);
	ck_assert(contact(2, &status));
	ck_assert(!status.lan);
	hear(ALICE, BYTES("1:5:alice:alpha:3:Alice\0Dev\0"));
	ck_assert(contact(0, &other));
	ck_assert_str_eq(other.name, "Carol@Group");
	ck_assert(contact(1, &other));
	ck_assert_uint_eq(other.id, status.id);
	ck_assert(!contact(2, &other));
}
END_TEST

/* A neighbour who was asked for, too, leaves as such; and is one person at either address. */
START_TEST(a_path_leaves_no_neighbour_behind)
{
	struct endpoint there = at(ALICE);
	struct lan_link links[] = {link4(), link6()};
	struct peer_contact_status status;
	enum reason reason;

	lan_settle();
	lan_on(links, 2);
	pass(10000);
	hear(ALICE, BYTES(ALICE_ENTERS("1")));
	peer_ask(lan.peer, "Alice", &there, lan.now, wall(), &lan.batch, &reason);
	hear(ALICE, BYTES("1:5:alice:alpha:3:Alice\0Dev\0"));
	hear(ALICE, BYTES("1:6:alice:alpha:2:Alice\0Dev\0"));
	ck_assert(!is_neighbour(ALICE));
	hear("[fd00::10]:2425", BYTES("1:7:alice:alpha:3:Alice\0Dev\0"));
	ck_assert(is_neighbour("[fd00::10]:2425"));
	ck_assert(contact(0, &status));
	ck_assert(!status.lan);
	ck_assert(status.asked);
	ck_assert(!contact(1, &status));
}
END_TEST

static uint32_t destination_id(const char *where)
{
	struct endpoint there = at(where);
	struct destination to;

	ck_assert(destination_at(lan.peer, &there, &to));
	return to.id;
}

/* A path counts while it leads there; what it left behind does not hide who is there then. */
START_TEST(whoever_is_there_is_the_destination)
{
	struct endpoint there = at(ALICE);
	enum reason reason;
	uint32_t path;

	lan_settle();
	hear(ALICE, BYTES(ALICE_ENTERS("1")));
	uint32_t alice = neighbour(ALICE)->id;

	ck_assert_uint_eq(destination_id(ALICE), alice);
	path = peer_ask(lan.peer, "zoe", &there, lan.now, wall(), &lan.batch, &reason);
	batch_flush(&lan.batch);
	ck_assert_uint_eq(destination_id(ALICE), path);
	hear(ALICE, BYTES("1:5:zoe:ZETA:3:zoe\0Dev\0"));
	ck_assert_uint_eq(destination_id(ALICE), path);
	pass(1000);
	hear(ALICE, BYTES("1:6:zoe:ZETA:2:zoe\0Dev\0"));
	pass(20000);
	/* zoe took her place, and is gone, too */
	ck_assert(!is_neighbour(ALICE));
	hear(ALICE, BYTES(ALICE_ENTERS("2")));
	ck_assert_uint_eq(destination_id(ALICE), neighbour(ALICE)->id);
}
END_TEST

START_TEST(strangers_stay_strangers)
{
	struct peer_contact_status status;

	lan_settle();
	hear(OFF_LINK, BYTES(G01));
	ck_assert_uint_eq(lan.told[NEIGHBOUR_CAME], 0);
	ck_assert(contact(0, &status));
	ck_assert(!status.lan);
	/* and the wide area is IPv4: of IPv6 there are neighbours only */
	hear("[2001:db8::1]:2425", BYTES(G01));
	ck_assert_uint_eq(peer_count(lan.peer, PEER_DROPPED_ADDRESS), 1);
	ck_assert(!contact(1, &status));
	ck_assert_uint_eq(lan.sent_count, 1);
}
END_TEST

START_TEST(one_who_floods_takes_nothing_from_the_others)
{
	size_t bytes = 0;

	lan_settle();
	/* what is refused him would be more than all together may have */
	for (unsigned i = 0; i < 60000; i++) {
		char where[40], entry[80];
		int len = snprintf(entry, sizeof entry, "1:%u:dave:DELTA:1:Dave", i + 1);

		/* from whatever port */
		snprintf(where, sizeof where, "192.168.1.66:%u", 1000 + i % 100);
		hear(where, span_of(entry, (size_t)len));
		for (size_t k = 0; k < lan.sent_count; k++)
			bytes += lan.sent[k].len;
		forget_sent();
		lan.now += i % 100 == 0;
	}
	ck_assert_uint_le(bytes, (32 << 10) + (4 << 10));
	ck_assert_uint_gt(bytes, 32000);
	hear(ALICE, BYTES(G02));
	ck_assert_uint_eq(lan.sent_count, 1);
}
END_TEST

START_TEST(there_is_room_for_so_many)
{
	struct peer_settings settings = lan_settings();

	settings.max_neighbours = 4;
	lan_apply(&settings);
	lan_settle();
	hear(ALICE, BYTES(ALICE_ENTERS("1")));
	pass(10);
	enter_many(10, 13);
	pass(10);
	hear(ALICE, BYTES(ALICE_ENTERS("2")));
	ck_assert_uint_eq(lan.told[NEIGHBOUR_LEFT], 0);
	/* the one heard longest ago gives way */
	enter_many(13, 14);
	ck_assert_uint_eq(lan.told[NEIGHBOUR_LEFT], 1);
	ck_assert_str_eq(lan.last_name, "nick13@host");
	ck_assert(is_neighbour(ALICE));
	ck_assert_uint_eq(lan.peer->lan.neighbours.count, 4);
}
END_TEST

static void write_to(const char *name)
{
	struct letter letter = {.name = name, .text = "hello"};
	enum reason reason;

	ck_assert_uint_ne(peer_send(lan.peer, &letter, lan.now, wall(), &lan.batch, &reason), 0);
	batch_flush(&lan.batch);
}

START_TEST(who_is_waited_for_does_not_give_way)
{
	struct peer_settings settings = lan_settings();

	settings.max_neighbours = 2;
	lan_apply(&settings);
	lan_settle();
	hear(ALICE, BYTES(ALICE_ENTERS("1")));
	pass(10);
	hear(CAROL, BYTES(G11));
	write_to("Alice");
	enter_many(50, 51);
	ck_assert(is_neighbour(ALICE));
	ck_assert(!is_neighbour(CAROL));
	write_to("nick50");
	/* now for both of them: nobody else comes */
	enter_many(51, 52);
	ck_assert_uint_eq(lan.told[NEIGHBOUR_CAME], 3);
}
END_TEST

START_TEST(who_leaves_gets_no_message)
{
	lan_settle();
	hear(ALICE, BYTES(ALICE_ENTERS("1")));
	write_to("Alice");
	hear(ALICE, BYTES(G05));
	ck_assert_uint_eq(lan.failed[REASON_NOT_CONFIRMED], 1);
	ck_assert_int_eq(peer_deadline(lan.peer), DEADLINE_NEVER);
}
END_TEST

/* An invented neighbour a packet would use ids up, and turn the table over and over. */
START_TEST(they_come_at_a_pace)
{
	lan_settle();
	for (unsigned i = 0; i < 6000; i++)
		enter_many(i, i + 1);
	ck_assert_uint_eq(lan.told[NEIGHBOUR_CAME], 4096);
	pass(1000);
	enter_many(6000, 6100);
	ck_assert_uint_eq(lan.told[NEIGHBOUR_CAME], 4106);
}
END_TEST

static uint32_t id_of(const char *name)
{
	bool ambiguous;
	const struct neighbour *found = neighbour_by_name(lan.peer, name, &ambiguous);

	ck_assert(found == NULL || !ambiguous);
	return found == NULL ? ambiguous ? UINT32_MAX : 0 : found->id;
}

START_TEST(neighbours_are_called_by_many_names)
{
	lan_settle();
	hear("192.168.1.11:2425", BYTES("1:1:al:PC1:3:Al\0Dev\0"));
	hear("192.168.1.12:2425", BYTES("1:1:al-<56bf19dd67a8ce30>:PC2:3:Al\0Sales\0"));
	hear("192.168.1.13:2425", BYTES("1:1:al:PC3:3:Al@Dev\0\0"));
	hear("192.168.1.14:2425", BYTES("1:1:zoe-<56bf19dd67a8ce30>:PC4:3:\b\0\b\0"));
	uint32_t dev = neighbour("192.168.1.11:2425")->id;
	uint32_t sales = neighbour("192.168.1.12:2425")->id;

	ck_assert_uint_eq(id_of("Al"), UINT32_MAX);
	/* a full name before a nick that looks like one */
	ck_assert_uint_eq(id_of("Al@Dev"), dev);
	ck_assert_uint_eq(id_of("Al@PC1"), dev);
	ck_assert_uint_eq(id_of("al@pc1"), dev);
	ck_assert_uint_eq(id_of("Al@Sales"), sales);
	ck_assert_uint_eq(id_of("al@PC2"), sales);
	ck_assert_uint_eq(id_of("al-<56bf19dd67a8ce30>@PC2"), sales);
	ck_assert_uint_eq(id_of("Al@dev"), 0);
	ck_assert_uint_eq(id_of("al"), 0);
	ck_assert_uint_eq(id_of(""), 0);
	ck_assert_uint_eq(id_of("@"), 0);
	/* brackets are a title only of who is away */
	hear("192.168.1.16:2425", BYTES("1:1:team:PC6:3:Team[A]\0\0"));
	ck_assert_uint_eq(id_of("Team"), 0);
	ck_assert_uint_eq(id_of("Team[A]"), neighbour("192.168.1.16:2425")->id);
	/* of a user without a nick the key is not shown, but it is part of the user */
	ck_assert_str_eq(neighbour("192.168.1.14:2425")->name, "zoe@PC4");
	ck_assert_str_eq(neighbour("192.168.1.14:2425")->group, "");
	ck_assert_str_eq(neighbour("192.168.1.14:2425")->user, "zoe-<56bf19dd67a8ce30>");
	hear("192.168.1.15:2425", BYTES("1:1:zoe:PC4:3:Zoe\0\0"));
	ck_assert_uint_eq(lan.told[NEIGHBOUR_CAME], 6);
}
END_TEST

/* What other clients send, and what nobody should. */
START_TEST(loose_packets_are_read)
{
	static const struct {
		struct span bytes;
		const char *name; /* NULL: nobody comes */
	} packets[] = {
	    {{(const unsigned char *)"1_lbt6_0#128#MAC#0#0#0#4001#9:9:fei:Q:1:Fei", 43}, "Fei@Q"},
	    {BYTES("1:9:u:h:1:n"), "n@h"},
	    {BYTES("1:9:u:h:1:n\0"), "n@h"},
	    {BYTES("1:9:u:h:1:n\0\0"), "n@h"},
	    {BYTES("1:9:u:h:1:n\0g"), "n@g"},
	    {BYTES("1:9:u:h:1:n\0\b\0"), "n@h"},
	    {BYTES("1:9:u:h:1:\b\0\b\0"), "u@h"},
	    {BYTES("1:9:u:h:1:\0"), "u@h"},
	    {BYTES("1:9:u:h:1"), "u@h"},
	    {BYTES("1:9:u:h:1025:n\0\nn"), "n@h"},
	    {BYTES("1:9:u:h:16777217:n\0\nNN:m\n\0"), "m@h"},
	    {BYTES("1:9:u:h:16777217:n\0g\0\nUN:a:b\nXX\nNN\n"), "n@g"},
	    {BYTES("1:9:u:h:2164260865:n\0\0"), "n@h"},
	    {BYTES("1:9:u:h:8388609:\xff\xfe\0\xc3\0"), "\xef\xbf\xbd\xef\xbf\xbd@\xef\xbf\xbd"},
	    {BYTES("1:9:u:h:1:\x83""A\x83\x8a\x83X\0"), "\xe3\x82\xa2\xe3\x83\xaa\xe3\x82\xb9@h"},
	    {BYTES("1:99999999999999999999:u:h:1:n\0"), "n@h"},
	    {BYTES("1:9:u:h:16777217:n\0\0\nIP:!!!!"), NULL},
	    {BYTES("1:9::h:1:n\0"), NULL},
	    {BYTES("1:9:u::1:n\0"), NULL},
	    {BYTES("2:9:u:h:1:n\0"), NULL},
	    {BYTES(""), NULL},
	    {BYTES("\0"), NULL},
	    {BYTES(G20), NULL},
	    {BYTES(G21a), NULL},
	    {BYTES(G21b), NULL},
	};

	lan_settle();
	for (size_t i = 0; i < sizeof packets / sizeof *packets; i++) {
		unsigned came = lan.told[NEIGHBOUR_CAME];

		hear(ALICE, packets[i].bytes);
		if (packets[i].name == NULL) {
			ck_assert_msg(!is_neighbour(ALICE), "somebody came by packet %zu", i);
			continue;
		}
		ck_assert_msg(lan.told[NEIGHBOUR_CAME] == came + 1, "nobody came by packet %zu", i);
		ck_assert_str_eq(neighbour(ALICE)->name, packets[i].name);
		hear(ALICE, BYTES("1:10:x:y:2:"));
		pass(10000);
	}
}
END_TEST

START_TEST(a_sender_unknown_is_sent_our_entry)
{
	lan_settle();
	hear(ALICE, BYTES(G06));
	ck_assert_uint_eq(lan.received, 1);
	ck_assert_uint_eq(count_sent(CMD_BR_ENTRY, NULL), 1);
	forget_sent();
	hear("192.168.1.10:40000", BYTES("1:2:alice:ALPHA:288:again\0"));
	pass(59999);
	hear(ALICE, BYTES("1:3:alice:ALPHA:288:and again\0"));
	ck_assert_uint_eq(count_sent(CMD_BR_ENTRY, NULL), 0);
	pass(1);
	hear(ALICE, BYTES("1:4:alice:ALPHA:288:now\0"));
	ck_assert_uint_eq(count_sent(CMD_BR_ENTRY, NULL), 1);
	/* not to who is known, to who does not want it, nor beyond the LAN */
	forget_sent();
	hear(CAROL, BYTES(G11));
	hear(CAROL, BYTES("1:5:carol:gamma:288:hi\0"));
	hear("192.168.1.30:2425", BYTES("1:5:erin:EPS:524576:hi\0"));
	hear(OFF_LINK, BYTES("1:5:frank:F:288:hi, this is a long message to have some room\0"));
	ck_assert_uint_eq(count_sent(CMD_BR_ENTRY, NULL), 0);
	ck_assert_uint_eq(lan.received, 7);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("lan entries");
	TCase *tcase = tcase_create("entries");

	tcase_set_timeout(tcase, 30);
	tcase_add_checked_fixture(tcase, lan_setup, lan_teardown);
	tcase_add_test(tcase, an_entry_is_answered);
	tcase_add_test(tcase, an_entry_of_the_first_days_is_answered_alike);
	tcase_add_test(tcase, what_went_to_many_is_answered_later);
	tcase_add_test(tcase, who_asks_on_is_not_put_off);
	tcase_add_test(tcase, the_more_there_are_the_later);
	tcase_add_test(tcase, copies_of_an_entry_are_one);
	tcase_add_test(tcase, answers_and_notices_are_not_answered);
	tcase_add_test(tcase, who_is_away_is_shown_so);
	tcase_add_test(tcase, who_leaves_is_gone);
	tcase_add_test(tcase, who_leaves_is_not_answered_any_more);
	tcase_add_test(tcase, iptux_is_understood);
	tcase_add_test(tcase, iptux_is_told_in_utf8);
	tcase_add_test(tcase, garbled_iptux_is_sent_an_entry);
	tcase_add_test(tcase, a_user_moves_but_not_to_and_fro);
	tcase_add_test(tcase, ip4_is_preferred);
	tcase_add_test(tcase, an_address_has_one_user);
	tcase_add_test(tcase, names_are_the_same_in_any_case);
	tcase_add_test(tcase, we_are_nobody_else);
	tcase_add_test(tcase, a_supernode_is_no_neighbour);
	tcase_add_test(tcase, a_path_keeps_what_is_its_own);
	tcase_add_test(tcase, contacts_are_neighbours_and_paths);
	tcase_add_test(tcase, a_path_leaves_no_neighbour_behind);
	tcase_add_test(tcase, whoever_is_there_is_the_destination);
	tcase_add_test(tcase, strangers_stay_strangers);
	tcase_add_test(tcase, one_who_floods_takes_nothing_from_the_others);
	tcase_add_test(tcase, who_is_called_like_us_is_told_of);
	tcase_add_test(tcase, a_bracket_belongs_to_the_name);
	tcase_add_test(tcase, there_is_room_for_so_many);
	tcase_add_test(tcase, who_is_waited_for_does_not_give_way);
	tcase_add_test(tcase, who_leaves_gets_no_message);
	tcase_add_test(tcase, they_come_at_a_pace);
	tcase_add_test(tcase, neighbours_are_called_by_many_names);
	tcase_add_test(tcase, loose_packets_are_read);
	tcase_add_test(tcase, a_sender_unknown_is_sent_our_entry);
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
