/*
 * Messages of others: who gets which answer, once, and who gets none; sealed
 * ones, those while away, those with files.
 */
#include <stdio.h>
#include <string.h>

#include "mail_fixture.h"

#define ANGOU "\xe6\x9a\x97\xe5\x8f\xb7" /* 暗号 */
#define ANGOU_CP932 "\x88\xc3\x8d\x86"

START_TEST(confirmed_when_kept_and_again)
{
	hear(ALICE, BYTES(G06));
	ck_assert_uint_eq(told_count(), 1);
	ck_assert_str_eq(last_told()->text, "Hello");
	ck_assert_str_eq(last_told()->name, "alice@dev");
	ck_assert_uint_ne(last_told()->path, 0);
	ck_assert_uint_eq(lan.sent_count, 1);
	ck_sent(0, ALICE, LOCAL4, BYTES("bob:BETA:33:1700000006\0"));
	hear(ALICE, BYTES(G08));
	ck_assert_uint_eq(told_count(), 1);
	ck_assert_uint_eq(lan.sent_count, 2);
	ck_assert_uint_ne(ck_sent(1, ALICE, LOCAL4, BYTES("bob:BETA:33:1700000006\0")),
	    lan.sent[0].number);
	/* it is the same message from wherever the host speaks; the answer goes there, from there */
	hear_at(SECOND_OF_ALICE, 7, BYTES(G06));
	ck_assert_uint_eq(told_count(), 1);
	ck_sent(2, SECOND_OF_ALICE, 7, BYTES("bob:BETA:33:1700000006\0"));
}
END_TEST

START_TEST(who_writes_is_heard)
{
	pass(3600000);
	hearf(ALICE, "1:5:alice:ALPHA:288:hello");
	ck_assert_int_eq(neighbour(ALICE)->heard, lan.now);
	ck_assert_int_lt(neighbour(CAROL)->heard, lan.now);
}
END_TEST

START_TEST(not_kept_not_confirmed)
{
	lan.refuses = true;
	hear(ALICE, BYTES(G06));
	hear(ALICE, BYTES(G17));
	hear(ALICE, BYTES(G10a));
	ck_assert_uint_eq(told_count(), 3);
	ck_assert_uint_eq(lan.sent_count, 0);
	ck_assert(!peer_opened(lan.peer, last_told()->message, lan.now, wall(), &lan.batch));
	lan.refuses = false;
	hear(ALICE, BYTES(G06));
	ck_assert_uint_eq(told_count(), 4);
	ck_assert_uint_eq(lan.sent_count, 1);
}
END_TEST

static const struct {
	const char *from;
	struct span bytes;
	const char *name, *text;
} senders[] = {
    {ALICE, BYTES("1:1:x:y:32:a\0"), "alice@dev", "a"},
    {SECOND_OF_ALICE, BYTES("1:1:Alice:alpha:32:a\0"), "alice@dev", "a"},
    {SECOND_OF_ALICE, BYTES("1:1:alice:other:32:a\0"), "alice@other", "a"},
    {STRANGER, BYTES("1:1:alice:ALPHA:32:a\0"), "alice@ALPHA", "a"},
    {STRANGER, BYTES("1:1:" ANGOU_CP932 ":h:32:" ANGOU_CP932 "\0"), ANGOU "@h", ANGOU},
    {STRANGER, BYTES("1:1:" ANGOU ":h:32:" ANGOU "\0"), ANGOU "@h", ANGOU},
    {STRANGER, BYTES("1:1:" ANGOU ":h:8388640:" ANGOU "\0"), ANGOU "@h", ANGOU},
    {DAVE, BYTES("1:1:x:y:32:a\0"), "dave@pc", "a"},
};

START_TEST(sender_is_named)
{
	there_is_seed(DAVE, "dave");
	hear(senders[_i].from, senders[_i].bytes);
	ck_assert_uint_eq(told_count(), 1);
	ck_assert_str_eq(last_told()->name, senders[_i].name);
	ck_assert_str_eq(last_told()->text, senders[_i].text);
	ck_assert((last_told()->path != 0) == (strcmp(senders[_i].from, STRANGER) != 0 && _i != 2));
}
END_TEST

START_TEST(to_everybody_is_not_confirmed)
{
	hear(ALICE, BYTES("1:1:alice:ALPHA:1312:x\0")); /* BROADCAST, SENDCHECK */
	ck_assert_uint_eq(told_count(), 1);
	ck_assert(last_told()->broadcast && !last_told()->automatic && !last_told()->sealed);
	hear(ALICE, BYTES("1:2:alice:ALPHA:8480:y\0")); /* AUTORET, SENDCHECK */
	ck_assert_uint_eq(told_count(), 2);
	ck_assert(!last_told()->broadcast && last_told()->automatic);
	ck_assert_uint_eq(lan.sent_count, 0);
}
END_TEST

static uint64_t received(const char *from, struct span bytes)
{
	hear(from, bytes);
	ck_assert_int_eq(last_told()->kind, EVENT_RECEIVED);
	return last_told()->message;
}

static bool opened(uint64_t message)
{
	bool done = peer_opened(lan.peer, message, lan.now, wall(), &lan.batch);

	batch_flush(&lan.batch);
	return done;
}

START_TEST(opened_is_told_until_confirmed)
{
	uint64_t id = received(ALICE, BYTES(G10a));

	ck_assert(last_told()->sealed);
	ck_sent(0, ALICE, LOCAL4, BYTES("bob:BETA:33:1700000011\0"));
	pass(3600000);
	ck_assert_uint_eq(lan.sent_count, 1);
	forget();
	ck_assert(opened(id));
	uint32_t number = ck_sent(0, ALICE, LOCAL4, BYTES("bob:BETA:1048624:1700000011\0"));

	pass(749);
	ck_assert_uint_eq(lan.sent_count, 1);
	pass(1);
	ck_assert_uint_eq(
	    ck_sent(1, ALICE, LOCAL4, BYTES("bob:BETA:1048624:1700000011\0")), number);
	/* not by others, nor for another one */
	hearf(CAROL, "1:5:carol:gamma:50:%u", number);
	hearf(STRANGER, "1:5:alice:ALPHA:50:%u", number);
	hearf(ALICE, "1:5:alice:ALPHA:50:1700000011");
	hearf(ALICE, "1:5:alice:ALPHA:50:");
	pass(750);
	ck_assert_uint_eq(lan.sent_count, 3);
	hearf(ALICE, "1:5:alice:ALPHA:50:%u", number);
	pass(60000);
	ck_assert_uint_eq(lan.sent_count, 3);
	/* it is open now */
	ck_assert(!opened(id));
	ck_assert_uint_eq(lan.sent_count, 3);
}
END_TEST

START_TEST(opened_is_told_twelve_times)
{
	uint64_t id = received(ALICE, BYTES(G10a));

	forget();
	ck_assert(opened(id));
	pass(60000);
	ck_assert_uint_eq(lan.sent_count, 12);
	forget();
	pass(180000);
	ck_assert_msg(lan.sent_count == 12, "minutes later once more");
}
END_TEST

START_TEST(opened_without_a_check)
{
	uint64_t id = received(ALICE, BYTES("1:60:alice:ALPHA:544:x\0")); /* SECRET */

	ck_assert(last_told()->sealed);
	ck_assert_uint_eq(lan.sent_count, 0);
	ck_assert(opened(id));
	pass(60000);
	ck_assert_uint_eq(lan.sent_count, 1);
	ck_sent(0, ALICE, LOCAL4, BYTES("bob:BETA:48:60\0"));
}
END_TEST

START_TEST(opened_only_what_is_sealed)
{
	uint64_t plain = received(ALICE, BYTES(G06));

	forget();
	ck_assert(!opened(plain));
	ck_assert(!opened(0));
	ck_assert(!opened(plain + 1));
	ck_assert_uint_eq(lan.sent_count, 0);
}
END_TEST

/* Meanwhile she has another address. */
START_TEST(opened_is_told_to_where_she_is)
{
	uint64_t id = received(ALICE, BYTES(G10a));

	pass(10000);
	hearf("192.168.1.99:3000", "1:9:alice:ALPHA:16777219:alice");
	forget();
	ck_assert(opened(id));
	uint32_t number = ck_sent(0, "192.168.1.99:3000", LOCAL4,
	    BYTES("bob:BETA:1048624:1700000011\0"));

	hearf("192.168.1.99:3000", "1:5:alice:ALPHA:50:%u", number);
	pass(60000);
	ck_assert_uint_eq(lan.sent_count, 1);
}
END_TEST

START_TEST(sealed_ones_kept_are_bounded)
{
	uint64_t first = 0, last = 0;

	for (int i = 0; i <= SEALS_MAX; i++) {
		forget();
		hearf(ALICE, "1:%d:alice:ALPHA:1049376:x", 1000 + i);
		last = last_told()->message;
		first = i == 0 ? last : first;
	}
	ck_assert(!opened(first));
	ck_assert(opened(last));
	/* so many that not all can be repeated: each is told once at least */
	forget();
	for (uint64_t id = first + 1; id < last; id++)
		ck_assert(opened(id));
	ck_assert_uint_eq(lan.sent_count, SEALS_MAX - 1);
	pass(740);
	ck_assert_uint_eq(lan.sent_count, SEALS_MAX - 1);
	pass(20);
	ck_assert_uint_eq(lan.sent_count, SEALS_MAX - 1 + REPORTS_MAX);
}
END_TEST

static void away(const char *text)
{
	struct absence absence = {"", ""};

	snprintf(absence.text, sizeof absence.text, "%s", text != NULL ? text : "");
	peer_set_absence(lan.peer, text != NULL ? &absence : NULL, lan.now, wall(), &lan.batch);
	batch_flush(&lan.batch);
	forget();
}

/* From elsewhere, unproven: all answers together are no longer than what came. */
START_TEST(strangers_get_no_more_than_they_sent)
{
	static const struct span sealed[] = {
	    BYTES("1:11:eve:e:1049376:\0"),
	    BYTES("1:12:eve:e:1049376:a text as long as an answer\0"),
	    BYTES("1:13:eve:e:1049376:a text that is as long as four answers, so that these are sent "
		  "and no more: confirmation, and opened, opened, opened\0"),
	    BYTES("1:14:eve:e:3146528:a text that is longer\0" "0:a:5:1:1:\a"),
	};

	away("I am not here, and I am not here for a long time, so I say so at length");
	for (size_t i = 0; i < sizeof sealed / sizeof *sealed; i++) {
		forget();
		uint64_t id = received(STRANGER, sealed[i]);

		ck_assert(opened(id));
		pass(60000);
		ck_assert_msg(bytes_to(STRANGER) <= sealed[i].len, "message %zu", i);
	}
	ck_assert_uint_ge(lan.sent_count, 1);
	/* and it is not because nothing goes there */
	forget();
	received(STRANGER, BYTES("1:15:eve:e:1049376:" G08 G08));
	ck_assert_uint_ge(lan.sent_count, 1);
}
END_TEST

START_TEST(away_is_answered)
{
	away(ANGOU);
	hear(ALICE, BYTES(G06));
	ck_assert_uint_eq(lan.sent_count, 2);
	ck_sent(0, ALICE, LOCAL4, BYTES("bob:BETA:33:1700000006\0"));
	ck_sent(1, ALICE, LOCAL4, BYTES("bob:BETA:8396832:" ANGOU "\0"));
	hear(CAROL, BYTES("1:7:carol:gamma:32:x\0"));
	ck_sent(2, CAROL, LOCAL4, BYTES("bob:BETA:8224:" ANGOU_CP932 "\0"));
	/* once a minute */
	forget();
	pass(59999);
	hear(ALICE, BYTES("1:20:alice:ALPHA:32:are you there?\0"));
	ck_assert_uint_eq(lan.sent_count, 0);
	pass(1);
	hear(ALICE, BYTES("1:21:alice:ALPHA:32:and now?\0"));
	ck_sent(0, ALICE, LOCAL4, BYTES("bob:BETA:8396832:" ANGOU "\0"));
	/* not what is sent again */
	pass(120000);
	forget();
	hear(ALICE, BYTES(G08));
	ck_assert_uint_eq(lan.sent_count, 1);
	/* who writes UTF-8 reads it, too */
	hear(CAROL, BYTES("1:8:carol:gamma:8388640:" ANGOU "\0"));
	ck_sent(1, CAROL, LOCAL4, BYTES("bob:BETA:8396832:" ANGOU "\0"));
	away(NULL);
	pass(120000);
	hear(CAROL, BYTES("1:9:carol:gamma:32:y\0"));
	ck_assert_uint_eq(lan.sent_count, 0);
}
END_TEST

START_TEST(away_is_not_answered_to_everything)
{
	away("away");
	hear(ALICE, BYTES("1:1:alice:ALPHA:1056:x\0")); /* BROADCAST */
	hear(ALICE, BYTES("1:2:alice:ALPHA:8224:y\0")); /* AUTORET */
	hear(ALICE, BYTES("1:3:alice:ALPHA:33:1\0"));
	ck_assert_uint_eq(told_count(), 2);
	ck_assert_uint_eq(lan.sent_count, 0);
	lan.refuses = true;
	hear(ALICE, BYTES("1:4:alice:ALPHA:32:z\0"));
	ck_assert_uint_eq(lan.sent_count, 0);
}
END_TEST

/* Over a path as well, but not to addresses that anybody can make up. */
START_TEST(away_is_answered_over_paths)
{
	there_is_seed(DAVE, "dave");
	away("away");
	hear(STRANGER, BYTES("1:7:eve:e:32:a message longer than the answer to it would be\0"));
	ck_assert_uint_eq(lan.sent_count, 0);
	hear(DAVE, BYTES("1:8:dave:pc:32:x\0"));
	ck_assert_uint_eq(lan.sent_count, 1);
	ck_sent(0, DAVE, LOCAL, BYTES("bob:BETA:8224:away\0"));
}
END_TEST

/* One that answers whatever it gets, without a mark: neither at once nor for ever. */
START_TEST(away_meets_a_parrot)
{
	unsigned answers = 0;
	size_t heard = 0;

	away("away");
	hearf(ALICE, "1:100:alice:ALPHA:32:x");
	for (int i = 0; i < 600; i++) {
		for (; heard < lan.sent_count; heard++) {
			answers++;
			hearf(ALICE, "1:%d:alice:ALPHA:32:you said something", 200 + i);
		}
		pass(1000);
	}
	ck_assert_uint_eq(answers, 1);
	/* a person who writes again later is told again */
	hearf(ALICE, "1:900:alice:ALPHA:32:still away?");
	ck_assert_uint_eq(lan.sent_count, 2);
}
END_TEST

START_TEST(away_answers_are_bounded)
{
	char from[64], host[16];

	away("away");
	for (int i = 0; i < 200; i++) {
		snprintf(from, sizeof from, "192.168.1.%d:2425", 20 + i);
		snprintf(host, sizeof host, "h%d", i);
		there_is(from, "u", host, "", false);
	}
	size_t answers = 0;

	for (int i = 0; i < 200; i++) {
		snprintf(from, sizeof from, "192.168.1.%d:2425", 20 + i);
		forget();
		hearf(from, "1:5000:u:h%d:32:x", i);
		answers += sent_to(from);
	}
	ck_assert_uint_eq(answers, AUTOMATIC_MAX);
	pass(60000);
	forget();
	hearf(from, "1:5001:u:h:32:x");
	ck_assert_uint_eq(lan.sent_count, 1);
}
END_TEST

static const struct {
	const char *name;
	struct span bytes;
} encrypted[] = {{"G15", BYTES(G15)}, {"G16", BYTES(G16)}};

/* Our entry is the answer: it says that we take plain text. */
START_TEST(encrypted_is_not_taken)
{
	hear(ALICE, encrypted[_i].bytes);
	ck_assert_uint_eq(told_count(), 0);
	ck_assert_uint_eq(peer_count(lan.peer, PEER_DROPPED_ENCRYPTED), 1);
	ck_assert_uint_eq(lan.sent_count, 1);
	struct packet packet;

	ck_assert(packet_parse(&packet, span_of(lan.sent[0].data, lan.sent[0].len)) == PACKET_OK);
	ck_assert_int_eq(packet_command(&packet), CMD_BR_ENTRY);
	ck_assert(!packet_has(&packet, OPT_ENCRYPT));
	/* elsewhere there is nobody to tell it to */
	hear(STRANGER, encrypted[_i].bytes);
	ck_assert_uint_eq(sent_to(STRANGER), 0);
	ck_assert_uint_eq(peer_count(lan.peer, PEER_DROPPED_ENCRYPTED), 2);
	ck_assert_uint_eq(told_count(), 0);
}
END_TEST

START_TEST(files_are_shown_and_released)
{
	hear(ALICE, BYTES(G17));
	ck_assert_str_eq(last_told()->text, "see files");
	ck_assert_uint_eq(last_told()->offer_count, 2);
	char expected[100];

	snprintf(expected, sizeof expected, "a:b.txt 5 %s;docs 0 %s;",
	    offer_kind_name(OFFER_FILE), offer_kind_name(OFFER_DIRECTORY));
	ck_assert_str_eq(last_told()->offers, expected);
	ck_assert_uint_eq(lan.sent_count, 2);
	ck_sent(0, ALICE, LOCAL4, BYTES("bob:BETA:33:1700000020\0"));
	ck_sent(1, ALICE, LOCAL4, BYTES("bob:BETA:97:1700000020\0"));
	/* no text, no receipt wanted */
	hear(CAROL, BYTES(G11b));
	ck_assert_str_eq(last_told()->text, "");
	ck_assert_uint_eq(last_told()->offer_count, 1);
	ck_assert_uint_eq(lan.sent_count, 3);
	ck_sent(2, CAROL, LOCAL4, BYTES("bob:BETA:97:3\0"));
	/* nothing on offer: an image in the text, an empty list, none */
	hear(CAROL, BYTES("1:4:carol:gamma:2097184:x\0" "junk\a"));
	hear(CAROL, BYTES("1:5:carol:gamma:32:x\0" "0:a:5:1:1:\a"));
	ck_assert_uint_eq(last_told()->offer_count, 0);
	ck_assert_uint_eq(lan.sent_count, 3);
}
END_TEST

START_TEST(kinds_of_files)
{
	char expected[200];

	hear(ALICE, BYTES("1:4:alice:ALPHA:10485792:x\0" "0:" ANGOU ":5:1:1:\a1:b:ff:1:20:8=0:\a"
			  "2:..\\c:7:1:4:\a3:d:7:1:2:\a"));
	snprintf(expected, sizeof expected, ANGOU " 5 %s;b 255 %s;c 7 %s;d 0 %s;",
	    offer_kind_name(OFFER_FILE), offer_kind_name(OFFER_IMAGE),
	    offer_kind_name(OFFER_OTHER), offer_kind_name(OFFER_DIRECTORY));
	ck_assert_str_eq(last_told()->offers, expected);
}
END_TEST

START_TEST(files_are_bounded)
{
	unsigned char bytes[2000] = "1:4:alice:ALPHA:2097184:x";
	size_t len = strlen((char *)bytes) + 1;

	for (int i = 0; i < 2 * OFFERS_MAX; i++)
		len += (size_t)snprintf((char *)bytes + len, sizeof bytes - len, "%d:a:1\a", i);
	hear(ALICE, span_of(bytes, len));
	ck_assert_uint_eq(last_told()->offer_count, OFFERS_MAX);
}
END_TEST

START_TEST(unknown_ones_are_introduced)
{
	static const char unknown[] = "192.168.1.50:2425";

	hear(unknown, BYTES("1:1:eve:EPS:524320:x\0")); /* NOADDLIST */
	hear(STRANGER, BYTES("1:1:eve:EPS:32:x\0"));
	hear(ALICE, BYTES("1:1:alice:ALPHA:32:x\0"));
	ck_assert_uint_eq(lan.sent_count, 0);
	hear(unknown, BYTES("1:2:eve:EPS:32:x\0"));
	ck_assert_uint_eq(lan.sent_count, 1);
	struct packet packet;

	ck_assert(packet_parse(&packet, span_of(lan.sent[0].data, lan.sent[0].len)) == PACKET_OK);
	ck_assert_int_eq(packet_command(&packet), CMD_BR_ENTRY);
	ck_assert_uint_eq(sent_to(unknown), 1);
	/* and confirmed like anybody on the LAN: a short message as well */
	forget();
	hear(unknown, BYTES("1:3:e:E:288:x\0"));
	ck_sent(0, unknown, LOCAL4, BYTES("bob:BETA:33:3\0"));
}
END_TEST

/* Somebody invented on the LAN does not make us shout. */
START_TEST(unknown_ones_are_answered_with_measure)
{
	size_t bytes = 0;

	for (int i = 0; i < 4000; i++) {
		forget();
		hearf("192.168.1.50:2425", "1:%d:e:E:524576:x", i); /* NOADDLIST, SENDCHECK */
		bytes += bytes_to("192.168.1.50:2425");
	}
	ck_assert_uint_gt(bytes, 10000);
	ck_assert_uint_lt(bytes, 40000);
}
END_TEST

/* A host list says that somebody is there; who sends from there has yet to show it. */
START_TEST(hearsay_proves_nothing)
{
	struct endpoint ep = at("203.0.113.80:2425");
	struct sighting seen = {.at = ep, .user = "eve", .host = "e", .nick = "eve", .listed = true};
	struct turn turn = turn_at(lan.peer, lan.now, wall(), &lan.batch);

	ck_assert_ptr_nonnull(neighbour_learn(&turn, &seen));
	away("a long text, longer by far than the message that it answers");
	hear("203.0.113.80:2425", BYTES("1:1:eve:e:1049376:x\0"));
	ck_assert_uint_eq(told_count(), 1);
	opened(last_told()->message);
	pass(60000);
	ck_assert_uint_le(bytes_to("203.0.113.80:2425"), sizeof "1:1:eve:e:1049376:x");
}
END_TEST

/* iptux and the client for the Mac number from 1 in each run. */
START_TEST(low_numbers_are_forgotten)
{
	for (int day = 1; day <= 3; day++) {
		hearf(CAROL, "1:5:carol:gamma:288:good morning");
		pass(59000);
		hearf(CAROL, "1:5:carol:gamma:288:good morning");
		ck_assert_uint_eq(told_count(), (size_t)day);
		ck_assert_uint_eq(lan.sent_count, 2 * (size_t)day);
		pass(86400000);
	}
	/* who numbers by the clock sends the same one again, however late */
	forget();
	hear(ALICE, BYTES(G06));
	pass(86400000);
	hear(ALICE, BYTES(G06));
	ck_assert_uint_eq(told_count(), 1);
	ck_assert_uint_eq(lan.sent_count, 2);
}
END_TEST

START_TEST(offers_tell_messages_apart)
{
	hear(ALICE, BYTES("1:5:alice:ALPHA:2097440:\0" "0:a:5:1:1:\a\0"));
	hear(ALICE, BYTES("1:5:alice:ALPHA:2097440:\0" "0:b:5:1:1:\a\0"));
	ck_assert_uint_eq(told_count(), 2);
	/* sent again, official clients append NULs */
	hear(ALICE, BYTES("1:5:alice:ALPHA:2097440:\0" "0:b:5:1:1:\a\0\0\0\0"));
	hear(ALICE, BYTES("1:5:alice:ALPHA:2097440:\0" "0:b:5:1:1:\a"));
	ck_assert_uint_eq(told_count(), 2);
}
END_TEST

/* Whoever sends under a neighbour's address draws no more there than the budget lets out. */
START_TEST(neighbours_are_answered_with_measure)
{
	for (unsigned i = 0; i < 3000; i++)
		hearf(ALICE, "1:%u:alice:ALPHA:50:%u", i + 1, i);
	for (unsigned i = 0; i < 3000; i++)
		hearf(ALICE, "1:%u:alice:ALPHA:1048624:%u", i + 1, i);
	ck_assert_uint_gt(bytes_to(ALICE), 30000);
	ck_assert_uint_le(bytes_to(ALICE), 32 << 10);
	/* what was not sent has used up no number */
	ck_assert_uint_le(lan.peer->last_number, (uint32_t)wall() + (uint32_t)lan.sent_count);
}
END_TEST

START_TEST(numbers_begin_anew)
{
	lan.peer->last_number = 0x7ffffffe;
	ck_assert_uint_eq(peer_number(lan.peer, wall()), 0x7fffffff);
	ck_assert_uint_eq(peer_number(lan.peer, wall()), (uint32_t)wall() + 1);
	/* the clock itself wraps in 2038 */
	lan.peer->last_number = 0x7fffffff;
	ck_assert_uint_eq(peer_number(lan.peer, 0x7fffffff), 1);
	lan.peer->last_number = 0x7fffffff;
	ck_assert_uint_eq(peer_number(lan.peer, 0x80000000), 1);
}
END_TEST

START_TEST(why_away_is_no_matter_of_strangers)
{
	static const char question[] = "1:1:eve:e:80:and here so much that the answer would fit";

	there_is_seed(DAVE, "dave");
	away("away");
	hear(STRANGER, BYTES(question));
	ck_assert_uint_eq(lan.sent_count, 0);
	hear(DAVE, BYTES(question));
	ck_sent(0, DAVE, LOCAL, BYTES("bob:BETA:81:away\0"));
	hear(ALICE, BYTES(question));
	ck_assert_uint_eq(lan.sent_count, 2);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("mail received");
	TCase *tests = tcase_create("messages");

	tcase_add_checked_fixture(tests, mail_setup, lan_teardown);
	tcase_add_test(tests, confirmed_when_kept_and_again);
	tcase_add_test(tests, who_writes_is_heard);
	tcase_add_test(tests, not_kept_not_confirmed);
	tcase_add_loop_test(tests, sender_is_named, 0, sizeof senders / sizeof *senders);
	tcase_add_test(tests, to_everybody_is_not_confirmed);
	tcase_add_test(tests, opened_is_told_until_confirmed);
	tcase_add_test(tests, opened_is_told_twelve_times);
	tcase_add_test(tests, opened_without_a_check);
	tcase_add_test(tests, opened_only_what_is_sealed);
	tcase_add_test(tests, opened_is_told_to_where_she_is);
	tcase_add_test(tests, sealed_ones_kept_are_bounded);
	tcase_add_test(tests, strangers_get_no_more_than_they_sent);
	tcase_add_test(tests, away_is_answered);
	tcase_add_test(tests, away_is_not_answered_to_everything);
	tcase_add_test(tests, away_is_answered_over_paths);
	tcase_add_test(tests, away_meets_a_parrot);
	tcase_add_test(tests, away_answers_are_bounded);
	tcase_add_loop_test(tests, encrypted_is_not_taken, 0, sizeof encrypted / sizeof *encrypted);
	tcase_add_test(tests, files_are_shown_and_released);
	tcase_add_test(tests, kinds_of_files);
	tcase_add_test(tests, files_are_bounded);
	tcase_add_test(tests, unknown_ones_are_introduced);
	tcase_add_test(tests, unknown_ones_are_answered_with_measure);
	tcase_add_test(tests, hearsay_proves_nothing);
	tcase_add_test(tests, low_numbers_are_forgotten);
	tcase_add_test(tests, offers_tell_messages_apart);
	tcase_add_test(tests, neighbours_are_answered_with_measure);
	tcase_add_test(tests, numbers_begin_anew);
	tcase_add_test(tests, why_away_is_no_matter_of_strangers);
	suite_add_tcase(suite, tests);
	return unit_run(suite);
}
