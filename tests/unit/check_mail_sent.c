/*
 * Messages of ours to neighbours and over paths: their bytes in every form,
 * the tries, who may confirm them, and sealed ones until they are opened.
 */
#include <stdio.h>
#include <string.h>

#include "mail_fixture.h"

#define ANGOU "\xe6\x9a\x97\xe5\x8f\xb7" /* 暗号 */
#define ANGOU_CP932 "\x88\xc3\x8d\x86"

static const struct {
	const char *name, *text, *to;
	bool sealed, many;
	struct span rest;
} forms[] = {
    {"carol", "Hello", CAROL, false, false, BYTES("bob:BETA:288:Hello\0")},
    {"carol", ANGOU, CAROL, false, false, BYTES("bob:BETA:288:" ANGOU_CP932 "\0")},
    {"alice", ANGOU, ALICE, false, false, BYTES("bob:BETA:8388896:" ANGOU "\0")},
    {"carol", "x", CAROL, true, false, BYTES("bob:BETA:1049376:x\0")},
    {"alice", "x", ALICE, true, false, BYTES("bob:BETA:9437984:x\0")},
    {"carol", "x", CAROL, false, true, BYTES("bob:BETA:2336:x\0")},
    {"carol", "x", CAROL, true, true, BYTES("bob:BETA:1051424:x\0")},
    {"alice", "a:b\nc", ALICE, false, false, BYTES("bob:BETA:8388896:a:b\nc\0")},
};

START_TEST(has_these_bytes)
{
	enum reason reason;
	uint64_t id = say(forms[_i].name, forms[_i].text, forms[_i].sealed, forms[_i].many, &reason);

	ck_assert_uint_ne(id, 0);
	ck_assert_int_eq(reason, REASON_NONE);
	ck_assert_uint_eq(lan.sent_count, 1);
	ck_sent(0, forms[_i].to, LOCAL4, forms[_i].rest);
	ck_assert_uint_eq(told_count(), 2);
	ck_assert_int_eq(told_at(0)->state, MESSAGE_WAITING);
	ck_assert_int_eq(told_at(1)->state, MESSAGE_SENT);
	ck_assert_uint_eq(told_at(1)->message, id);
	ck_assert_str_eq(told_at(0)->text, forms[_i].text);
	ck_assert_str_eq(told_at(1)->text, "");
}
END_TEST

START_TEST(five_tries_a_second_apart)
{
	int64_t begun = lan.now;
	uint64_t id = say("carol", "Hello", false, false, NULL);
	uint32_t number = ck_sent(0, CAROL, LOCAL4, BYTES("bob:BETA:288:Hello\0"));

	for (unsigned i = 1; i < 5; i++) {
		pass(999);
		ck_assert_uint_eq(lan.sent_count, i);
		pass(1);
		ck_assert_uint_eq(ck_sent(i, CAROL, LOCAL4, BYTES("bob:BETA:288:Hello\0")),
		    number);
	}
	ck_assert_int_eq(lan.now - begun, 4000);
	ck_assert_uint_eq(told_count(), 2);
	pass(20000);
	ck_assert_uint_eq(lan.sent_count, 5);
	ck_assert_uint_eq(told_count(), 3);
	ck_assert_uint_eq(last_told()->message, id);
	ck_assert_int_eq(last_told()->state, MESSAGE_FAILED);
	ck_assert_int_eq(last_told()->reason, REASON_NOT_CONFIRMED);
	ck_assert_str_eq(last_told()->name, "carol@gamma");
}
END_TEST

static void confirm(const char *from, const char *who, uint32_t number)
{
	hearf(from, "1:77:%s:33:%u", who, number);
}

START_TEST(confirmed_by_whom_it_went_to)
{
	uint64_t id = say("alice", "Hello", false, false, NULL);
	uint32_t number = lan.sent[0].number;

	confirm(CAROL, "carol:gamma", number);
	confirm(ALICE, "alice:ALPHA", number + 1);
	confirm(STRANGER, "alice:ALPHA", number);
	confirm(SECOND_OF_ALICE, "alice:gamma", number);
	hearf(ALICE, "1:77:alice:ALPHA:33:");
	ck_assert_int_eq(last_told()->state, MESSAGE_SENT);
	confirm(ALICE, "alice:ALPHA", number);
	ck_assert_int_eq(last_told()->state, MESSAGE_DELIVERED);
	ck_assert_uint_eq(last_told()->message, id);
	ck_assert_str_eq(last_told()->name, "alice@dev");
	/* once more: nothing */
	size_t told = told_count();

	confirm(ALICE, "alice:ALPHA", number);
	pass(10000);
	ck_assert_uint_eq(told_count(), told);
	ck_assert_uint_eq(lan.sent_count, 1);
}
END_TEST

/* The endpoint alone tells; so does the name, from another interface of the same host. */
START_TEST(confirmed_from_another_interface)
{
	say("alice", "one", false, false, NULL);
	confirm(ALICE, "somebody:else", lan.sent[0].number);
	ck_assert_int_eq(last_told()->state, MESSAGE_DELIVERED);
	say("alice", "two", false, false, NULL);
	confirm(SECOND_OF_ALICE, "Alice:alpha", lan.sent[1].number);
	ck_assert_int_eq(last_told()->state, MESSAGE_DELIVERED);
}
END_TEST

/* iptux asks for a confirmation of its confirmation. */
START_TEST(confirmations_are_not_answered)
{
	say("alice", "one", false, false, NULL);
	hearf(ALICE, "1_iptux 0.9.4:77:alice:ALPHA:289:%u", lan.sent[0].number);
	ck_assert_int_eq(last_told()->state, MESSAGE_DELIVERED);
	hearf(ALICE, "1_iptux 0.9.4:78:alice:ALPHA:289:1");
	ck_assert_uint_eq(lan.sent_count, 1);
}
END_TEST

START_TEST(who_leaves_gets_nothing_more)
{
	uint64_t one = say("alice", "one", false, false, NULL);
	uint64_t two = say("carol", "two", false, false, NULL);

	hearf(ALICE, "1:9:alice:ALPHA:2:alice");
	ck_assert_int_eq(last_told()->state, MESSAGE_FAILED);
	ck_assert_int_eq(last_told()->reason, REASON_NOT_CONFIRMED);
	ck_assert_uint_eq(last_told()->message, one);
	ck_assert_str_eq(last_told()->name, "alice@dev");
	pass(3500);
	ck_assert_uint_eq(sent_to(ALICE), 1);
	ck_assert_uint_eq(sent_to(CAROL), 4);
	confirm(CAROL, "carol:gamma", lan.sent[1].number);
	ck_assert_uint_eq(last_told()->message, two);
	ck_assert_int_eq(last_told()->state, MESSAGE_DELIVERED);
}
END_TEST

START_TEST(who_moves_is_followed)
{
	pass(10000);
	say("alice", "one", false, false, NULL);
	hearf(SECOND_OF_ALICE, "1:9:alice:ALPHA:16777219:alice");
	pass(1500);
	ck_assert_uint_eq(sent_to(SECOND_OF_ALICE), 1);
	ck_assert_uint_eq(ck_sent(1, SECOND_OF_ALICE, LOCAL4, BYTES("bob:BETA:8388896:one\0")),
	    lan.sent[0].number);
	/* from where it was at first */
	confirm(ALICE, "alice:ALPHA", lan.sent[0].number);
	ck_assert_int_eq(last_told()->state, MESSAGE_DELIVERED);
}
END_TEST

START_TEST(means_whom)
{
	enum reason reason;

	ck_assert_uint_eq(say("nobody", "x", false, false, &reason), 0);
	ck_assert_int_eq(reason, REASON_NO_SUPERNODE);
	there_is("192.168.1.4:2425", "alice", "OTHER", "sales", false);
	ck_assert_uint_eq(say("alice", "x", false, false, &reason), 0);
	ck_assert_int_eq(reason, REASON_AMBIGUOUS);
	ck_assert_uint_eq(lan.sent_count, 0);
	ck_assert_uint_ne(say("alice@dev", "x", false, false, &reason), 0);
	ck_assert_uint_ne(say("alice@OTHER", "x", false, false, &reason), 0);
	ck_assert_uint_eq(sent_to(ALICE), 1);
	ck_assert_uint_eq(sent_to("192.168.1.4:2425"), 1);
	/* who is at the end of an open path comes first */
	there_is_seed(DAVE, "alice@dev");
	ck_assert_uint_ne(say("alice@dev", "x", false, false, &reason), 0);
	ck_assert_uint_eq(lan.sent_count, 1);
	ck_sent(0, DAVE, LOCAL, BYTES("bob:BETA:288:x\0"));
}
END_TEST

/* A path whose other side asked for us, and calls itself by those names: an order, then a punch. */
static struct path *comes_by_himself(const char *user, const char *host, const char *nick)
{
	struct turn turn = turn_at(lan.peer, lan.now, wall(), &lan.batch);
	struct way there = {.at = at(DAVE)};
	struct path *path = path_new(&turn);

	path->incoming = true;
	strcpy(path->user, user);
	strcpy(path->host, host);
	strcpy(path->nick, nick);
	strcpy(path->group, "dev");
	snprintf(path->name, sizeof path->name, "%s@dev", nick);
	path_open(&turn, path, candidate_note(&turn, path, &there, CANDIDATE_REFLEXIVE), true);
	batch_flush(&lan.batch);
	forget();
	return path;
}

START_TEST(who_came_by_himself_gets_nothing_of_others)
{
	static const char *const names[] = {"alice", "alice@dev", "alice@ALPHA"};
	enum reason reason;
	uint32_t count;
	struct path *mallory = comes_by_himself("alice", "ALPHA", "alice");

	for (size_t i = 0; i < 3; i++) {
		ck_assert_uint_ne(say(names[i], "x", false, false, &reason), 0);
		hearf(ALICE, "1:%zu:alice:ALPHA:33:%u", 90 + i, lan.sent[lan.sent_count - 1].number);
	}
	ck_assert_uint_eq(sent_to(ALICE), 3);
	forget();
	peer_broadcast(lan.peer, "x", lan.now, wall(), &lan.batch, &count, &reason);
	batch_flush(&lan.batch);
	ck_assert_uint_eq(count, 2);
	ck_assert_uint_eq(sent_to(ALICE), 1);
	ck_assert_uint_eq(sent_to(DAVE), 0);
	/* by a name that is nobody else's he is reached, and known from then on */
	strcpy(mallory->nick, "mallory");
	strcpy(mallory->name, "mallory@dev");
	ck_assert_uint_ne(say("mallory@dev", "x", false, false, &reason), 0);
	ck_assert_uint_eq(sent_to(DAVE), 1);
	ck_assert(mallory->asked);
	/* which is no claim to another's name */
	strcpy(mallory->nick, "alice");
	strcpy(mallory->name, "alice@dev");
	forget();
	ck_assert_uint_ne(say("alice@dev", "x", false, false, &reason), 0);
	ck_assert_uint_eq(sent_to(ALICE), 1);
	ck_assert_uint_eq(sent_to(DAVE), 0);
}
END_TEST

/* iptux takes a number smaller than the last for an old one, and confirms what it does not show. */
START_TEST(neighbours_are_told_in_order)
{
	say("carol", "one", false, false, NULL);
	uint32_t first = lan.sent[0].number;

	say("carol", "two", false, false, NULL);
	say("alice", "three", false, false, NULL);
	ck_assert_uint_eq(sent_to(CAROL), 1);
	ck_assert_uint_eq(sent_to(ALICE), 1);
	pass(1500);
	ck_assert_uint_eq(sent_to(CAROL), 2);
	forget();
	hearf(CAROL, "1:90:carol:gamma:33:%u", first);
	ck_assert_uint_eq(lan.sent_count, 1);
	ck_assert_uint_gt(ck_sent(0, CAROL, LOCAL4, BYTES("bob:BETA:288:two\0")), first);
	say("carol", "four", false, false, NULL);
	forget();
	/* or given up */
	pass(5001);
	ck_assert_uint_eq(count_sent(CMD_SENDMSG, NULL), 8);
	/* who leaves gets no more of them */
	say("carol", "five", false, false, NULL);
	forget();
	hearf(CAROL, "1:91:carol:gamma:2:carol");
	ck_assert_uint_eq(sent_to(CAROL), 0);
	ck_assert_uint_eq(lan.peer->messages.count, 0);
}
END_TEST

static uint32_t ask(const char *name, const char *where, enum reason *reason)
{
	struct endpoint ep = at(where != NULL ? where : DAVE);
	uint32_t id = peer_ask(lan.peer, name, where != NULL ? &ep : NULL, lan.now, wall(),
	    &lan.batch, reason);

	batch_flush(&lan.batch);
	return id;
}

/* Who is on the LAN needs no path, unless one is asked for with an address. */
START_TEST(neighbours_are_reached_already)
{
	struct peer_contact_status status;
	enum reason reason;
	uint32_t id = ask("alice@dev", NULL, &reason);

	ck_assert_int_eq(reason, REASON_NONE);
	ck_assert(peer_contact_by_id(lan.peer, id, &status));
	ck_assert(status.lan);
	ck_assert_str_eq(status.name, "alice@dev");
	ck_assert_uint_eq(lan.sent_count, 0);
	ck_assert_uint_eq(ask("nobody", NULL, &reason), 0);
	ck_assert_int_eq(reason, REASON_NO_SUPERNODE);
	ck_assert(peer_contact_by_id(lan.peer, ask("alice@dev", DAVE, &reason), &status));
	ck_assert(!status.lan);
	there_is("192.168.1.4:2425", "carol", "OTHER", "sales", false);
	ck_assert_uint_eq(ask("carol", NULL, &reason), 0);
	ck_assert_int_eq(reason, REASON_AMBIGUOUS);
}
END_TEST

/* A neighbour may be called what no supernode can be asked for. */
START_TEST(names_of_neighbours_are_their_own)
{
	char name[200];
	enum reason reason;

	hearf("192.168.1.4:2425", "1:1:dr:CLINIC:3:Dr: Carol");
	forget();
	ck_assert_uint_ne(say("Dr: Carol@CLINIC", "x", false, false, &reason), 0);
	ck_assert_uint_eq(sent_to("192.168.1.4:2425"), 1);
	ck_assert_uint_ne(ask("Dr: Carol@CLINIC", NULL, &reason), 0);
	ck_assert_uint_eq(ask("Dr: Dave", DAVE, &reason), 0);
	ck_assert_int_eq(reason, REASON_BAD_NAME);
	memset(name, 'a', sizeof name - 1);
	name[sizeof name - 1] = '\0';
	ck_assert_uint_eq(ask(name, DAVE, &reason), 0);
	ck_assert_int_eq(reason, REASON_BAD_NAME);
	name[159] = '\0';
	ck_assert_uint_ne(ask(name, DAVE, &reason), 0);
}
END_TEST

START_TEST(limits)
{
	char text[40000];
	enum reason reason;
	size_t max = peer_text_max(lan.peer, "alice");

	memset(text, 'x', sizeof text);
	text[max + 1] = '\0';
	ck_assert_uint_eq(say("alice", text, false, false, &reason), 0);
	ck_assert_int_eq(reason, REASON_TOO_LONG);
	text[max] = '\0';
	ck_assert_uint_ne(say("alice", text, true, true, &reason), 0);
	ck_assert_uint_eq(lan.sent_count, 1);
	ck_assert_uint_le(lan.sent[0].len, PACKET_BYTES_MAX);
	ck_assert_uint_ge(max, 32000);
	ck_assert_uint_eq(peer_text_max(lan.peer, "carol"), max);
	ck_assert_uint_lt(peer_text_max(lan.peer, NULL), MESSAGE_BYTES_MAX);
	ck_assert_uint_eq(peer_text_max(lan.peer, "nobody"), TEXT_MAX);
	lan.peer->settings.max_messages = 2;
	ck_assert_uint_ne(say("alice", "x", false, false, &reason), 0);
	ck_assert_uint_eq(say("alice", "x", false, false, &reason), 0);
	ck_assert_int_eq(reason, REASON_LIMIT);
}
END_TEST

/* In the code page it is shorter, and no longer than what some programs have room for. */
START_TEST(long_ones)
{
	static char text[32001];
	size_t max;

	for (size_t i = 0; i + 3 < sizeof text; i += 3)
		memcpy(text + i, "\xe3\x82\xa2", 3);
	ck_assert_uint_ne(say("carol", text, false, false, NULL), 0);
	ck_assert_uint_eq(sent_to(CAROL), 1);
	ck_assert_uint_lt(lan.sent[0].len, 21500);
	ck_assert_uint_gt(lan.sent[0].len, 21000);
	ck_assert_uint_ne(say("alice", text, false, false, NULL), 0);
	ck_assert_uint_eq(sent_to(ALICE), 1);
	hearf(ALICE, "1_iptux 0.9.4:77:alice:ALPHA:1:alice");
	max = peer_text_max(lan.peer, "alice");
	ck_assert_uint_lt(max, 8192);
	ck_assert_uint_gt(max, 8000);
	/* one that takes more bytes for some characters than UTF-8 */
	strcpy(lan.peer->settings.legacy_charset, "ISO-2022-JP");
	ck_assert_uint_lt(peer_text_max(lan.peer, "carol"), 8192);
}
END_TEST

START_TEST(stop_ends_all)
{
	say("alice", "one", false, false, NULL);
	say("carol", "two", false, false, NULL);
	forget();
	peer_stop(lan.peer, lan.now, wall(), &lan.batch);
	ck_assert_uint_eq(told_count(), 2);
	for (size_t i = 0; i < 2; i++) {
		ck_assert_int_eq(told_at(i)->state, MESSAGE_FAILED);
		ck_assert_int_eq(told_at(i)->reason, REASON_SHUTDOWN);
	}
	ck_assert_uint_eq(lan.peer->messages.count, 0);
}
END_TEST

static uint64_t broadcast(const char *text, uint32_t *count, enum reason *reason)
{
	uint64_t id = peer_broadcast(lan.peer, text, lan.now, wall(), &lan.batch, count, reason);

	batch_flush(&lan.batch);
	return id;
}

START_TEST(broadcast_goes_to_all)
{
	struct endpoint elsewhere = at(STRANGER);
	char text[2000];
	enum reason reason;
	uint32_t count;

	there_is_seed(DAVE, "dave@sales");
	/* a path that is asked for is none yet */
	peer_ask(lan.peer, "eve@sales", &elsewhere, lan.now, wall(), &lan.batch, &reason);
	batch_flush(&lan.batch);
	forget();
	ck_assert_uint_ne(broadcast(ANGOU, &count, &reason), 0);
	ck_assert_int_eq(reason, REASON_NONE);
	ck_assert_uint_eq(count, 3);
	ck_assert_uint_eq(lan.sent_count, 3);
	uint32_t number = ck_sent(0, ALICE, LOCAL4, BYTES("bob:BETA:8389664:" ANGOU "\0"));

	ck_assert_uint_eq(number,
	    ck_sent(1, CAROL, LOCAL4, BYTES("bob:BETA:1056:" ANGOU_CP932 "\0")));
	ck_assert_uint_eq(number,
	    ck_sent(2, DAVE, LOCAL, BYTES("bob:BETA:1056:" ANGOU_CP932 "\0")));
	/* nobody confirms it, and nothing is told of it */
	confirm(ALICE, "alice:ALPHA", number);
	pass(1000);
	ck_assert_uint_eq(sent_to(ALICE), 1);
	ck_assert_uint_eq(told_count(), 0);
	memset(text, 'x', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	ck_assert_uint_eq(broadcast(text, &count, &reason), 0);
	ck_assert_int_eq(reason, REASON_TOO_LONG);
	ck_assert_uint_eq(count, 0);
}
END_TEST

/* Whoever is a neighbour and at the end of a path, by the same endpoint, gets it once. */
START_TEST(broadcast_goes_once_to_an_endpoint)
{
	enum reason reason;
	uint32_t count;

	there_is_seed(CAROL, "carol@gamma");
	ck_assert_uint_ne(broadcast("x", &count, &reason), 0);
	ck_assert_uint_eq(count, 2);
	ck_assert_uint_eq(sent_to(CAROL), 1);
}
END_TEST

START_TEST(broadcast_to_nobody)
{
	enum reason reason;
	uint32_t count;

	hearf(ALICE, "1:9:alice:ALPHA:2:alice");
	hearf(CAROL, "1:9:carol:gamma:2:carol");
	forget();
	ck_assert_uint_ne(broadcast("x", &count, &reason), 0);
	ck_assert_uint_eq(count, 0);
	ck_assert_uint_eq(lan.sent_count, 0);
}
END_TEST

START_TEST(sealed_is_delivered_and_read)
{
	uint64_t id = say("alice", "x", true, false, NULL);
	uint32_t number = lan.sent[0].number;

	confirm(ALICE, "alice:ALPHA", number);
	ck_assert_int_eq(last_told()->state, MESSAGE_DELIVERED);
	pass(3600000);
	forget();
	/* not from others, and nothing that nobody asked for */
	hearf(CAROL, "1:500:carol:gamma:48:%u", number);
	hearf(STRANGER, "1:500:alice:ALPHA:48:%u", number);
	hearf(ALICE, "1:500:alice:ALPHA:48:%u", number + 1);
	ck_assert_uint_eq(told_count(), 0);
	hearf(ALICE, "1:501:alice:ALPHA:1048624:%u", number);
	ck_assert_uint_eq(told_count(), 1);
	ck_assert_int_eq(last_told()->kind, EVENT_MESSAGE);
	ck_assert_int_eq(last_told()->state, MESSAGE_READ);
	ck_assert_uint_eq(last_told()->message, id);
	ck_assert_str_eq(last_told()->name, "alice@dev");
	ck_assert_uint_eq(lan.sent_count, 1);
	ck_sent(0, ALICE, LOCAL4, BYTES("bob:BETA:50:501\0"));
	/* repeated: answered, told no more */
	hearf(ALICE, "1:501:alice:ALPHA:1048624:%u", number);
	ck_assert_uint_eq(told_count(), 1);
	ck_sent(1, ALICE, LOCAL4, BYTES("bob:BETA:50:501\0"));
}
END_TEST

/* A Mac says it once, and wants no answer. */
START_TEST(read_without_a_check)
{
	say("alice", "x", true, false, NULL);
	uint32_t number = lan.sent[0].number;

	confirm(ALICE, "alice:ALPHA", number);
	hearf(SECOND_OF_ALICE, "1:501:alice:ALPHA:48:%u", number);
	ck_assert_int_eq(last_told()->state, MESSAGE_READ);
	ck_assert_uint_eq(lan.sent_count, 1);
}
END_TEST

START_TEST(read_is_delivered_too)
{
	say("alice", "x", true, false, NULL);
	uint32_t sealed = lan.sent[0].number;

	forget();
	hearf(ALICE, "1:501:alice:ALPHA:48:%u", sealed);
	ck_assert_uint_eq(told_count(), 2);
	ck_assert_int_eq(told_at(0)->state, MESSAGE_DELIVERED);
	ck_assert_int_eq(told_at(1)->state, MESSAGE_READ);
	ck_assert_uint_eq(told_at(0)->message, told_at(1)->message);
	/* the lost confirmation comes after all */
	confirm(ALICE, "alice:ALPHA", sealed);
	ck_assert_uint_eq(told_count(), 2);
	/* what was not sealed cannot be opened */
	forget();
	say("alice", "y", false, false, NULL);
	uint32_t plain = lan.sent[0].number;
	size_t told = told_count();

	hearf(ALICE, "1:502:alice:ALPHA:48:%u", plain);
	ck_assert_uint_eq(told_count(), told);
	confirm(ALICE, "alice:ALPHA", plain);
	ck_assert_uint_eq(told_count(), told + 1);
	hearf(ALICE, "1:503:alice:ALPHA:48:%u", plain);
	ck_assert_uint_eq(told_count(), told + 1);
}
END_TEST

/* Who enters anew is somebody else by id, and the same by endpoint. */
START_TEST(read_after_coming_back)
{
	say("alice", "x", true, false, NULL);
	uint32_t number = lan.sent[0].number;

	confirm(ALICE, "alice:ALPHA", number);
	hearf(ALICE, "1:9:alice:ALPHA:2:alice");
	there_is(ALICE, "alice", "ALPHA", "dev", true);
	hearf(ALICE, "1:501:alice:ALPHA:48:%u", number);
	ck_assert_int_eq(last_told()->state, MESSAGE_READ);
}
END_TEST

START_TEST(readings_awaited_are_bounded)
{
	uint32_t first = 0, second = 0;

	for (int i = 0; i <= SEALS_MAX; i++) {
		forget();
		say("alice", "x", true, false, NULL);
		uint32_t number = lan.sent[0].number;

		confirm(ALICE, "alice:ALPHA", number);
		first = i == 0 ? number : first;
		second = i == 1 ? number : second;
	}
	forget();
	hearf(ALICE, "1:501:alice:ALPHA:48:%u", first);
	ck_assert_uint_eq(told_count(), 0);
	hearf(ALICE, "1:501:alice:ALPHA:48:%u", second);
	ck_assert_uint_eq(told_count(), 1);
	ck_assert_int_eq(last_told()->state, MESSAGE_READ);
}
END_TEST

/* Over a path, which turns out to be another: what waits goes with it. */
START_TEST(sealed_over_a_path)
{
	uint32_t path = there_is_seed(DAVE, "dave@sales");

	say("dave@sales", "x", true, false, NULL);
	uint32_t number = ck_sent(0, DAVE, LOCAL, BYTES("bob:BETA:1049376:x\0"));

	confirm(DAVE, "dave:pc", number);
	ck_assert_int_eq(last_told()->state, MESSAGE_DELIVERED);
	seals_move(&lan.peer->seals, path, 4711);
	hearf(DAVE, "1:501:dave:pc:1048624:%u", number);
	ck_assert_int_eq(last_told()->state, MESSAGE_READ);
	ck_assert_uint_eq(last_told()->path, 4711);
	ck_sent(1, DAVE, LOCAL, BYTES("bob:BETA:50:501\0"));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("mail sent");
	TCase *tests = tcase_create("messages");

	tcase_add_checked_fixture(tests, mail_setup, lan_teardown);
	tcase_add_loop_test(tests, has_these_bytes, 0, sizeof forms / sizeof *forms);
	tcase_add_test(tests, five_tries_a_second_apart);
	tcase_add_test(tests, confirmed_by_whom_it_went_to);
	tcase_add_test(tests, confirmed_from_another_interface);
	tcase_add_test(tests, confirmations_are_not_answered);
	tcase_add_test(tests, who_leaves_gets_nothing_more);
	tcase_add_test(tests, who_moves_is_followed);
	tcase_add_test(tests, means_whom);
	tcase_add_test(tests, neighbours_are_reached_already);
	tcase_add_test(tests, names_of_neighbours_are_their_own);
	tcase_add_test(tests, who_came_by_himself_gets_nothing_of_others);
	tcase_add_test(tests, neighbours_are_told_in_order);
	tcase_add_test(tests, limits);
	tcase_add_test(tests, long_ones);
	tcase_add_test(tests, stop_ends_all);
	tcase_add_test(tests, broadcast_goes_to_all);
	tcase_add_test(tests, broadcast_goes_once_to_an_endpoint);
	tcase_add_test(tests, broadcast_to_nobody);
	tcase_add_test(tests, sealed_is_delivered_and_read);
	tcase_add_test(tests, read_without_a_check);
	tcase_add_test(tests, read_is_delivered_too);
	tcase_add_test(tests, read_after_coming_back);
	tcase_add_test(tests, readings_awaited_are_bounded);
	tcase_add_test(tests, sealed_over_a_path);
	suite_add_tcase(suite, tests);
	return unit_run(suite);
}
