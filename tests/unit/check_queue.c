/*
 * What waits in the queue of a peer that has a mailbox: when it is kept, when
 * it goes out, to whom and in which order, and how it ends.
 */
#include <stdio.h>
#include <string.h>

#include "mail_fixture.h"
#include "peer/outgoing.h"

#define HI BYTES("bob:BETA:8388896:hi\0")

static struct book {
	struct {
		uint64_t id;
		enum message_state state;
		enum reason reason;
		bool keep;
		uint32_t number;
		char text[16];
	} told[256];
	size_t count;
	uint64_t wanted[64]; /* texts */
	size_t wanted_count;
	struct peer_event received; /* the last; without what it points to … */
	char text[64];		    /* … but its text */
	struct peer_event clock;    /* the last */
	uint64_t reported;	    /* the last of which the sender knows that it was opened */
} book;

static void on_event(const struct peer_event *event, void *context)
{
	if (event->kind == EVENT_TEXT) {
		ck_assert_uint_lt(book.wanted_count, 64);
		book.wanted[book.wanted_count++] = event->message;
	} else if (event->kind == EVENT_RECEIVED) {
		book.received = *event;
		snprintf(book.text, sizeof book.text, "%s", event->text);
	} else if (event->kind == EVENT_TOLD) {
		book.reported = event->message;
	} else if (event->kind == EVENT_CLOCK) {
		book.clock = *event;
	} else if (event->kind == EVENT_MESSAGE) {
		ck_assert_uint_lt(book.count, 256);
		book.told[book.count].id = event->message;
		book.told[book.count].state = event->message_state;
		book.told[book.count].reason = event->reason;
		book.told[book.count].keep = event->keep;
		book.told[book.count].number = event->number;
		snprintf(book.told[book.count++].text, 16, "%s",
		    event->text != NULL ? event->text : "");
	}
}

static void setup(void)
{
	memset(&book, 0, sizeof book);
	lan_setup();
	lan.listener = on_event;
	peer_use_mailbox(lan.peer, 100, 5000);
}

static void setup_settled(void)
{
	setup();
	lan_settle();
}

static uint64_t give(const char *name, const char *text)
{
	struct letter letter = {.name = name, .text = text, .queue = true};
	enum reason reason;
	uint64_t id = peer_send(lan.peer, &letter, lan.now, wall(), &lan.batch, &reason);

	batch_flush(&lan.batch);
	ck_assert_uint_ne(id, 0);
	return id;
}

static void keep(uint64_t id, bool kept)
{
	peer_kept(lan.peer, id, kept, lan.now, wall(), &lan.batch);
	batch_flush(&lan.batch);
}

static void hand_text(uint64_t id, const char *text)
{
	peer_text(lan.peer, id, text, lan.now, wall(), &lan.batch);
	batch_flush(&lan.batch);
}

static uint64_t give_kept(const char *name, const char *text)
{
	uint64_t id = give(name, text);

	keep(id, true);
	return id;
}

static void alice_comes(void)
{
	there_is(ALICE, "alice", "ALPHA", "dev", true);
	pass(10);
}

/* The one whose text was asked for goes out, once its number is kept. */
static uint32_t goes_out(uint64_t id)
{
	ck_assert_uint_gt(book.wanted_count, 0);
	ck_assert_uint_eq(book.wanted[book.wanted_count - 1], id);
	hand_text(id, "hi");
	if (book.told[book.count - 1].keep)
		keep(id, true);
	const struct sent *sent = NULL;

	ck_assert_uint_ge(count_sent(CMD_SENDMSG, &sent), 1);
	return sent->number;
}

static void confirm(const char *from, uint32_t number)
{
	hearf(from, "1:77:alice:ALPHA:33:%u", number);
}

static void ck_last(uint64_t id, enum message_state state, enum reason reason)
{
	ck_assert_uint_gt(book.count, 0);
	ck_assert_uint_eq(book.told[book.count - 1].id, id);
	ck_assert_int_eq(book.told[book.count - 1].state, state);
	ck_assert_int_eq(book.told[book.count - 1].reason, reason);
}

START_TEST(kept_before_it_is_sent)
{
	alice_comes();
	uint64_t id = give("alice", "hi");

	ck_assert_uint_eq(id, 101);
	pass(3000);
	ck_assert_uint_eq(count_sent(CMD_SENDMSG, NULL), 0);
	ck_assert_uint_eq(book.count, 1);
	ck_assert(book.told[0].keep);
	ck_assert_str_eq(book.told[0].text, "hi");
	uint32_t number = book.told[0].number;

	ck_assert_uint_ne(number, 0);
	forget();
	keep(id, true);
	ck_assert_uint_eq(ck_sent(0, ALICE, LOCAL4, HI), number);
	ck_last(id, MESSAGE_SENT, REASON_NONE);
	confirm(ALICE, number);
	ck_last(id, MESSAGE_DELIVERED, REASON_NONE);
}
END_TEST

/* Not even when the one before it goes. */
START_TEST(kept_each)
{
	there_is_seed(DAVE, "dave");
	uint64_t first = give("dave", "one"), second = give("dave", "two");

	keep(first, true);
	ck_assert_uint_eq(count_sent(CMD_SENDMSG, NULL), 1);
	keep(second, true);
	ck_assert_uint_eq(count_sent(CMD_SENDMSG, NULL), 2);
}
END_TEST

/* His nick is another one. */
START_TEST(goes_to_that_user)
{
	uint64_t id = give_kept("alice@ALPHA", "hi");

	pass(1000);
	hearf(ALICE, "1:1:alice:ALPHA:3:Ally");
	pass(10);
	ck_assert_uint_eq(book.wanted_count, 1);
	ck_assert_uint_eq(book.wanted[0], id);
}
END_TEST

START_TEST(what_cannot_be_kept_is_not_sent)
{
	alice_comes();
	uint64_t id = give("alice", "hi");

	keep(id, false);
	ck_last(id, MESSAGE_FAILED, REASON_MAILBOX);
	ck_assert_str_eq(book.told[book.count - 1].text, "hi");
	pass(60000);
	ck_assert_uint_eq(count_sent(CMD_SENDMSG, NULL), 0);
}
END_TEST

START_TEST(in_order_one_at_a_time)
{
	uint64_t ids[3];

	for (int i = 0; i < 3; i++)
		ids[i] = give_kept("alice", "hi");
	pass(1000);
	ck_assert_uint_eq(book.wanted_count, 0);
	alice_comes();
	uint32_t last = 0;

	for (int i = 0; i < 3; i++) {
		ck_assert_uint_eq(book.wanted_count, (size_t)i + 1);
		uint32_t number = goes_out(ids[i]);

		ck_assert_uint_gt(number, last);
		last = number;
		pass(500);
		ck_assert_uint_eq(book.wanted_count, (size_t)i + 1);
		confirm(ALICE, number);
	}
	ck_last(ids[2], MESSAGE_DELIVERED, REASON_NONE);
	ck_assert_uint_eq(lan.peer->messages.count, 0);
}
END_TEST

/* Its mailbox has lost one: the next has its turn. */
START_TEST(without_its_text_it_is_forgotten)
{
	uint64_t one = give_kept("alice", "hi"), two = give_kept("alice", "hi");

	alice_comes();
	ck_assert_uint_eq(book.wanted[0], one);
	hand_text(one, NULL);
	ck_assert_uint_eq(book.wanted_count, 2);
	goes_out(two);
	ck_assert_uint_eq(lan.peer->messages.count, 1);
}
END_TEST

START_TEST(number_stays_when_it_waits_again)
{
	uint64_t id = give_kept("alice", "hi");

	alice_comes();
	uint32_t number = goes_out(id);

	pass(5000);
	ck_last(id, MESSAGE_WAITING, REASON_NOT_CONFIRMED);
	ck_assert_uint_eq(count_sent(CMD_SENDMSG, NULL), 5);
	forget();
	/* heard anew: at once */
	hearf(ALICE, "1:9:alice:ALPHA:2:alice");
	alice_comes();
	ck_assert_uint_eq(goes_out(id), number);
	ck_assert_uint_eq(book.wanted_count, 2);
}
END_TEST

/* A number in the mailbox says that it was tried: it would be kept in the next life. */
START_TEST(untried_it_loses_its_number)
{
	alice_comes();
	uint64_t id = give("alice", "hi");
	uint32_t number = book.told[book.count - 1].number;

	ck_assert_uint_ne(number, 0);
	hearf(ALICE, "1:9:alice:ALPHA:2:alice");
	keep(id, true);
	ck_assert(book.told[book.count - 1].keep);
	ck_assert_uint_eq(book.told[book.count - 1].number, 0);
	keep(id, true);
	alice_comes();
	ck_assert_uint_gt(goes_out(id), number);
}
END_TEST

START_TEST(confirmed_late)
{
	uint64_t id = give_kept("alice", "hi");

	alice_comes();
	uint32_t number = goes_out(id);

	pass(6000);
	ck_last(id, MESSAGE_WAITING, REASON_NOT_CONFIRMED);
	there_is(CAROL, "carol", "gamma", "", false);
	hearf(CAROL, "1:77:carol:gamma:33:%u", number);
	/* the right names alone prove nothing, and it may wait for days */
	confirm(CAROL, number);
	confirm(SECOND_OF_ALICE, number);
	confirm(STRANGER, number);
	ck_last(id, MESSAGE_WAITING, REASON_NOT_CONFIRMED);
	confirm(ALICE, number);
	ck_last(id, MESSAGE_DELIVERED, REASON_NONE);
	pass(100000);
	ck_assert_uint_eq(count_sent(CMD_SENDMSG, NULL), 0);
}
END_TEST

/* READMSG for what is not sealed says nothing, and does not stop it. */
START_TEST(opened_though_not_sealed)
{
	uint64_t id = give_kept("alice", "hi");

	alice_comes();
	uint32_t number = goes_out(id);

	pass(6000);
	hearf(ALICE, "1:78:alice:ALPHA:48:%u", number);
	ck_last(id, MESSAGE_WAITING, REASON_NOT_CONFIRMED);
	ck_assert_uint_eq(lan.peer->messages.queue.waiting, 1);
	forget();
	pass(60000);
	ck_assert_uint_eq(book.wanted_count, 2);
	ck_assert_uint_eq(goes_out(id), number);
}
END_TEST

START_TEST(held_and_tried_ever_later)
{
	uint64_t one = give_kept("alice", "hi"), two = give_kept("alice@dev", "hi");
	size_t sent;

	alice_comes();
	goes_out(one);
	pass(5000);
	ck_last(one, MESSAGE_WAITING, REASON_NOT_CONFIRMED);
	sent = count_sent(CMD_SENDMSG, NULL);
	/* 30 s, by and large; who waits by another name waits, too */
	pass(24000);
	ck_assert_uint_eq(book.wanted_count, 1);
	pass(12000);
	ck_assert_uint_eq(book.wanted_count, 2);
	goes_out(one);
	pass(5000);
	ck_assert_uint_eq(count_sent(CMD_SENDMSG, NULL), sent + 5);
	/* twice as long */
	pass(48000);
	ck_assert_uint_eq(book.wanted_count, 2);
	/* what held it up is gone */
	ck_assert(peer_unqueue(lan.peer, one, lan.now, wall(), &lan.batch));
	pass(25000);
	ck_assert_uint_eq(book.wanted_count, 3);
	goes_out(two);
}
END_TEST

START_TEST(ends_when_its_time_is_over)
{
	lan.peer->settings.message_lifetime = 100;
	uint64_t id = give_kept("alice", "hi");

	pass(99000);
	ck_assert_int_eq(book.told[book.count - 1].state, MESSAGE_WAITING);
	pass(2000);
	ck_last(id, MESSAGE_FAILED, REASON_EXPIRED);
	ck_assert_uint_eq(lan.peer->messages.count, 0);
}
END_TEST

static void unqueue(uint64_t id)
{
	ck_assert(peer_unqueue(lan.peer, id, lan.now, wall(), &lan.batch));
	batch_flush(&lan.batch);
	ck_last(id, MESSAGE_FAILED, REASON_REMOVED);
	ck_assert(!peer_unqueue(lan.peer, id, lan.now, wall(), &lan.batch));
}

START_TEST(taken_out_in_each_state)
{
	uint64_t fresh = give("alice", "hi"), waits = give_kept("alice", "hi");
	uint64_t sent = give_kept("alice", "hi"), next = give_kept("alice", "hi");

	unqueue(fresh);
	keep(fresh, true);
	unqueue(waits);
	alice_comes();
	goes_out(sent);
	unqueue(sent);
	/* the next has its turn; while its text is awaited it is taken out as well */
	ck_assert_uint_eq(book.wanted[book.wanted_count - 1], next);
	unqueue(next);
	hand_text(next, "hi");
	forget();
	pass(60000);
	ck_assert_uint_eq(count_sent(CMD_SENDMSG, NULL), 0);
	ck_assert_uint_eq(lan.peer->messages.count, 0);
}
END_TEST

static const char *const names[] = {"alice", "alice@dev", "alice@ALPHA", "ALICE@alpha"};

START_TEST(goes_to_who_is_called_so)
{
	uint64_t id = give_kept(names[_i], "hi");

	there_is(CAROL, "carol", "gamma", "", false);
	pass(1000);
	ck_assert_uint_eq(book.wanted_count, 0);
	alice_comes();
	goes_out(id);
	ck_sent(0, ALICE, LOCAL4, HI);
}
END_TEST

/* Anybody can call himself so: what was accepted before that waits until he is the only one. */
START_TEST(not_to_one_of_several)
{
	uint64_t id = give_kept("alice", "hi");

	/* both before the queue looks */
	there_is(ALICE, "alice", "ALPHA", "dev", true);
	there_is(CAROL, "alice", "gamma", "", false);
	pass(10);
	ck_last(id, MESSAGE_WAITING, REASON_AMBIGUOUS);
	pass(100000);
	ck_assert_uint_eq(count_sent(CMD_SENDMSG, NULL), 0);
	hearf(CAROL, "1:9:alice:gamma:2:alice");
	pass(10);
	goes_out(id);
	ck_sent(0, ALICE, LOCAL4, HI);
}
END_TEST

/* Whoever writes now is told at once. */
START_TEST(ambiguous_from_the_first)
{
	enum reason reason;

	alice_comes();
	there_is(CAROL, "alice", "gamma", "", false);
	ck_assert_uint_eq(peer_send(lan.peer,
			      &(struct letter){.name = "alice", .text = "hi", .queue = true},
			      lan.now, wall(), &lan.batch, &reason),
	    0);
	ck_assert_int_eq(reason, REASON_AMBIGUOUS);
}
END_TEST

/* It never went further than to whom it is for: the disk is not done with it. */
START_TEST(ends_though_it_is_on_its_way)
{
	lan.peer->settings.message_lifetime = 100;
	alice_comes();
	uint64_t id = give("alice", "hi");
	uint64_t next = give("alice", "hi");

	pass(99000);
	ck_assert_uint_eq(lan.peer->messages.count, 2);
	pass(2000);
	ck_last(next, MESSAGE_FAILED, REASON_EXPIRED);
	ck_assert_uint_eq(lan.peer->messages.count, 0);
	keep(id, true);
	ck_assert_uint_eq(count_sent(CMD_SENDMSG, NULL), 0);
}
END_TEST

#define DAY_S 86400

static int64_t expiry_of(uint64_t id)
{
	return outgoing_find(&lan.peer->messages, id)->expires;
}

/* At once, and a while later; the clock is so much ahead of the fixture's. */
static void tick_ahead(int64_t s)
{
	peer_tick(lan.peer, lan.now, wall() + s, &lan.batch);
	batch_flush(&lan.batch);
}

/* No message ends for that, and none waits longer than it may. */
START_TEST(a_clock_set_forward_ends_nothing)
{
	uint64_t id = give_kept("alice", "hi");
	int64_t expires = expiry_of(id);

	pass(3600000);
	tick_ahead(30 * DAY_S);
	ck_assert_uint_eq(lan.peer->messages.count, 1);
	ck_assert_int_eq(expiry_of(id), expires + 30 * DAY_S);
	ck_assert_int_eq(book.clock.shift, 30 * DAY_S);
	ck_assert_int_eq(book.clock.latest, wall() + 37 * DAY_S);
	/* a clock that is kept right tells nothing */
	book.clock = (struct peer_event){0};
	tick_ahead(30 * DAY_S - 50);
	ck_assert_int_eq(book.clock.latest, 0);
	ck_assert_int_eq(expiry_of(id), expires + 30 * DAY_S);
}
END_TEST

START_TEST(a_clock_set_back_lengthens_nothing)
{
	uint64_t id = give_kept("alice", "hi");

	pass(3600000);
	tick_ahead(-30 * DAY_S);
	ck_assert_int_eq(expiry_of(id), wall() - 23 * DAY_S);
	ck_assert_int_eq(book.clock.shift, 0);
	ck_assert_int_eq(book.clock.latest, wall() - 23 * DAY_S);
	/* and then it is right again */
	tick_ahead(0);
	ck_assert_int_eq(expiry_of(id), wall() + 7 * DAY_S);
	ck_assert_uint_eq(lan.peer->messages.count, 1);
}
END_TEST

/* Time goes on while the computer sleeps. */
START_TEST(sleep_is_no_step)
{
	uint64_t id = give_kept("alice", "hi");
	int64_t expires = expiry_of(id);

	pass(1000);
	lan.now += 2LL * DAY_S * 1000;
	tick_ahead(0);
	ck_assert_int_eq(expiry_of(id), expires);
	ck_assert_int_eq(book.clock.latest, 0);
	lan.now += 6LL * DAY_S * 1000;
	tick_ahead(0);
	ck_last(id, MESSAGE_FAILED, REASON_EXPIRED);
}
END_TEST

static void requeue(uint64_t id, uint32_t number, int64_t expires)
{
	ck_assert(peer_requeue(lan.peer, &(struct queued_message){.id = id, .name = "alice",
					     .number = number, .expires = expires}));
}

START_TEST(of_an_earlier_life)
{
	int64_t week = wall() + 7 * 86400;

	requeue(40, 1234567890, week);
	requeue(41, 0, week);
	requeue(42, 0, wall() - 1);
	lan_settle();
	ck_assert_uint_eq(book.told[0].id, 42);
	ck_assert_int_eq(book.told[0].state, MESSAGE_FAILED);
	ck_assert_int_eq(book.told[0].reason, REASON_EXPIRED);
	alice_comes();
	uint32_t number = goes_out(40);

	ck_assert_uint_eq(number, 1234567890);
	confirm(ALICE, number);
	number = goes_out(41);
	ck_assert_uint_gt(number, 5000);
	ck_assert_uint_gt(give("alice", "hi"), 100);
}
END_TEST

/* Whoever we know may say as often as he likes what we never sent. */
START_TEST(unknown_confirmations_cost_little)
{
	struct queued_message queued = {.name = "alice", .expires = wall() + 7 * DAY_S};

	there_is(CAROL, "carol", "gamma", "", false);
	for (uint32_t i = 1; i <= 100000; i++) {
		queued.id = 1000 + i;
		queued.number = 1600000000 + i;
		ck_assert(peer_requeue(lan.peer, &queued));
	}
	for (uint32_t i = 0; i < 20000; i++)
		hearf(CAROL, "1:77:carol:gamma:33:%u", 1500000000 + i);
	ck_assert_uint_eq(lan.peer->messages.count, 100000);
	alice_comes();
	confirm(ALICE, 1600000500);
	ck_last(1500, MESSAGE_DELIVERED, REASON_NONE);
}
END_TEST

START_TEST(stays_when_the_peer_stops)
{
	struct letter now = {.name = "alice", .text = "hi"};
	enum reason reason;

	alice_comes();
	uint64_t queued = give_kept("alice", "hi");
	uint64_t other = peer_send(lan.peer, &now, lan.now, wall(), &lan.batch, &reason);

	keep(other, true);
	book.count = 0;
	peer_stop(lan.peer, lan.now, wall(), &lan.batch);
	batch_flush(&lan.batch);
	ck_assert_uint_eq(book.count, 1);
	ck_last(other, MESSAGE_FAILED, REASON_SHUTDOWN);
	ck_assert_uint_ne(queued, other);
}
END_TEST

static void pass_to_readmsg(void)
{
	for (int i = 0; i < 200 && count_sent(CMD_READMSG, NULL) == 0; i++)
		pass(1000);
}

START_TEST(seals_of_an_earlier_life)
{
	struct kept_seal_message sent = {.id = 50, .sent = true, .name = "alice", .number = 4711};
	struct kept_seal_message got = {.id = 51, .name = "alice", .number = 4712, .check = true,
	    .at = at(SECOND_OF_ALICE)};

	peer_reseal(lan.peer, &sent);
	peer_reseal(lan.peer, &got);
	lan_settle();
	hearf(STRANGER, "1:78:alice:ALPHA:48:4711");
	ck_assert_uint_eq(book.count, 0);
	alice_comes();
	hearf(ALICE, "1:79:alice:ALPHA:48:4711");
	ck_last(50, MESSAGE_READ, REASON_NONE);
	forget();
	ck_assert(peer_opened(lan.peer, 51, lan.now, wall(), &lan.batch));
	batch_flush(&lan.batch);
	ck_sent(0, ALICE, LOCAL4, BYTES("bob:BETA:1048624:4712\0"));
	ck_assert(!peer_opened(lan.peer, 51, lan.now, wall(), &lan.batch));
	/* who was away is told when he can be reached, until he knows */
	pass(60000);
	forget();
	ck_assert_uint_eq(book.reported, 0);
	pass_to_readmsg();
	uint32_t number = ck_sent(0, ALICE, LOCAL4, BYTES("bob:BETA:1048624:4712\0"));

	hearf(ALICE, "1:80:alice:ALPHA:50:%u", number);
	ck_assert_uint_eq(book.reported, 51);
	forget();
	pass(600000);
	ck_assert_uint_eq(count_sent(CMD_READMSG, NULL), 0);
}
END_TEST

/* Opened in an earlier life, which could not tell its sender. */
START_TEST(openings_of_an_earlier_life)
{
	struct kept_seal_message got = {.id = 51, .name = "alice", .number = 4712, .check = true,
	    .read = true, .at = at(SECOND_OF_ALICE)};
	struct kept_seal_message unchecked = {.id = 52, .name = "carol", .number = 4713,
	    .read = true, .at = at(CAROL)};

	peer_reseal(lan.peer, &got);
	peer_reseal(lan.peer, &unchecked);
	lan_settle();
	ck_assert_uint_eq(count_sent(CMD_READMSG, NULL), 0);
	ck_assert(!peer_opened(lan.peer, 51, lan.now, wall(), &lan.batch));
	there_is(CAROL, "carol", "gamma", "", false);
	pass(180000);
	ck_assert_uint_eq(book.reported, 52);
	forget();
	alice_comes();
	pass_to_readmsg();
	hearf(ALICE, "1:80:alice:ALPHA:50:%u",
	    ck_sent(0, ALICE, LOCAL4, BYTES("bob:BETA:1048624:4712\0")));
	ck_assert_uint_eq(book.reported, 51);
}
END_TEST

/* Of whom it is known that he gives a number once: where he is, not who says his names. */
START_TEST(known_by_number_alone)
{
	hear(ALICE,
	    BYTES("1:5:alice:ALPHA:16777219:alice\0dev\0\nUN:alice\nHN:ALPHA\nVS:00010001:4:1:0"));
	hearf(ALICE, "1:1700000001:alice:ALPHA:288:one");
	ck_assert(book.received.by_number);
	ck_assert(!book.received.stranger);
	hearf(SECOND_OF_ALICE, "1:1700000002:alice:ALPHA:288:one");
	ck_assert(!book.received.by_number);
	hearf(CAROL, "1:1700000003:carol:gamma:288:one");
	ck_assert(book.received.stranger);
	there_is(CAROL, "carol", "gamma", "", false);
	hearf(CAROL, "1:1700000004:carol:gamma:288:one");
	ck_assert(!book.received.by_number);
	ck_assert(!book.received.stranger);
}
END_TEST

START_TEST(marks_of_what_comes)
{
	uint8_t first[MARK_BYTES], first_number[MARK_BYTES];

	alice_comes();
	hearf(ALICE, "1:1700000001:alice:ALPHA:288:one");
	memcpy(first, book.received.mark, MARK_BYTES);
	memcpy(first_number, book.received.number_mark, MARK_BYTES);
	ck_assert(!book.received.by_number);
	ck_assert_int_eq(book.received.again, 0);
	hearf(ALICE, "1:1700000001:alice:ALPHA:288:two");
	ck_assert_mem_ne(first, book.received.mark, MARK_BYTES);
	ck_assert_mem_eq(first_number, book.received.number_mark, MARK_BYTES);
	/* who counts from 1 gives the same numbers again */
	hearf(ALICE, "1:7:alice:ALPHA:288:three");
	ck_assert_int_eq(book.received.again, wall() - 60);
	ck_assert(!book.received.by_number);
}
END_TEST

/* Its sender may have found out meanwhile that we read UTF-8. */
START_TEST(marks_are_of_no_encoding)
{
	uint8_t first[MARK_BYTES];

	alice_comes();
	hearf(ALICE, "1:1700000001:alice:ALPHA:288:\x82\xa0");
	ck_assert_str_eq(book.text, "\u3042");
	memcpy(first, book.received.mark, MARK_BYTES);
	hearf(ALICE, "1:1700000001:alice:ALPHA:%u:\u3042", 288 | OPT_UTF8);
	ck_assert_mem_eq(first, book.received.mark, MARK_BYTES);
	/* what cannot be read does not become the same by that */
	hearf(ALICE, "1:1700000001:alice:ALPHA:%u:\xff", 288 | OPT_UTF8);
	memcpy(first, book.received.mark, MARK_BYTES);
	hearf(ALICE, "1:1700000001:alice:ALPHA:%u:\xfe", 288 | OPT_UTF8);
	ck_assert_mem_ne(first, book.received.mark, MARK_BYTES);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("queue");
	TCase *tests = tcase_create("settled");
	TCase *lives = tcase_create("lives");

	tcase_add_checked_fixture(tests, setup_settled, lan_teardown);
	tcase_add_checked_fixture(lives, setup, lan_teardown);
	tcase_add_test(tests, kept_before_it_is_sent);
	tcase_add_test(tests, kept_each);
	tcase_add_test(tests, goes_to_that_user);
	tcase_add_test(tests, what_cannot_be_kept_is_not_sent);
	tcase_add_test(tests, in_order_one_at_a_time);
	tcase_add_test(tests, without_its_text_it_is_forgotten);
	tcase_add_test(tests, number_stays_when_it_waits_again);
	tcase_add_test(tests, untried_it_loses_its_number);
	tcase_add_test(tests, confirmed_late);
	tcase_add_test(tests, opened_though_not_sealed);
	tcase_add_test(tests, held_and_tried_ever_later);
	tcase_add_test(tests, ends_when_its_time_is_over);
	tcase_add_test(tests, taken_out_in_each_state);
	tcase_add_loop_test(tests, goes_to_who_is_called_so, 0, 4);
	tcase_add_test(tests, not_to_one_of_several);
	tcase_add_test(tests, ambiguous_from_the_first);
	tcase_add_test(tests, ends_though_it_is_on_its_way);
	tcase_add_test(tests, a_clock_set_forward_ends_nothing);
	tcase_add_test(tests, a_clock_set_back_lengthens_nothing);
	tcase_add_test(tests, sleep_is_no_step);
	tcase_add_test(tests, known_by_number_alone);
	tcase_add_test(tests, marks_of_what_comes);
	tcase_add_test(tests, marks_are_of_no_encoding);
	tcase_add_test(tests, unknown_confirmations_cost_little);
	tcase_add_test(tests, stays_when_the_peer_stops);
	tcase_add_test(lives, of_an_earlier_life);
	tcase_add_test(lives, seals_of_an_earlier_life);
	tcase_add_test(lives, openings_of_an_earlier_life);
	suite_add_tcase(suite, tests);
	suite_add_tcase(suite, lives);
	return unit_run(suite);
}
