/*
 * Whom the mail in a peer's queue is for: how he is looked for, on the LAN and
 * through supernodes, at which pace, and what does not make it give up.
 */
#include "unit.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "peer/outgoing.h"
#include "peer_fixture.h"

#define LAN_HOST "192.168.1.5:2425"
#define LAN_DAVE "192.168.1.10:2425" /* nobody is there */
#define OTHER (&nodes[3])
#define ASKS_AT_ONCE 16

static char texts[NODES][64]; /* of the messages that came to each */

static void note_text(struct node *node, const char *text)
{
	size_t used = strlen(texts[node - nodes]);

	snprintf(texts[node - nodes] + used, sizeof texts[0] - used, "%s;", text);
}

static void seek_setup(void)
{
	memset(texts, 0, sizeof texts);
	setup();
	on_text = note_text;
}

static void seek_teardown(void)
{
	teardown();
	peer_free(OTHER->peer);
}

static uint64_t mail(const char *name, const char *text)
{
	struct letter letter = {.name = name, .text = text, .queue = true};
	enum reason reason;
	uint64_t id = peer_send(B->peer, &letter, now, wall(), &B->batch, &reason);

	batch_flush(&B->batch);
	ck_assert_uint_ne(id, 0);
	return id;
}

static void ck_waits(uint64_t id, enum reason reason)
{
	const struct outgoing *message = outgoing_find(&B->peer->messages, id);

	ck_assert_ptr_nonnull(message);
	ck_assert_int_eq(message->state, MESSAGE_WAITING);
	ck_assert_int_eq(message->reason, reason);
}

static void ck_got(const struct node *node, const char *all)
{
	ck_assert_str_eq(texts[node - nodes], all);
}

static void stop(struct node *node)
{
	peer_stop(node->peer, now, wall(), &node->batch);
	batch_flush(&node->batch);
	pass(100);
	peer_free(node->peer);
	node->peer = NULL;
}

/* Nobody of those started yet. */
static void come(int i, const char *where, const char *name, const char *group)
{
	make_peer(i, where, name);
	strcpy(nodes[i].peer->settings.group, group);
	start(i);
	pass(100);
}

static void dave_comes(void)
{
	come(2, "192.0.2.2:40001", "dave", "sales");
}

/* B has a LAN, and dave was there once: nothing answers. */
static void dave_was_on_the_lan(void)
{
	static const char entry[] = "1:77:dave:pc2:3:dave\0sales\0";
	struct lan_link link = {.own = at(LAN_HOST), .prefix = 24};
	struct endpoint from = at(LAN_DAVE);

	peer_links(B->peer, &link, 1, now, wall(), &B->batch);
	deliver(B, &from, entry, sizeof entry - 1);
	ck_assert_ptr_nonnull(neighbour_at(B->peer, &from));
	pass(10);
}

static unsigned tries_there;

static void count_tries(const struct flying *f)
{
	struct endpoint there = at(LAN_DAVE);
	struct packet packet;

	tries_there += endpoint_equal(&f->to, &there) &&
	    packet_parse(&packet, span_of(f->data, f->len)) == PACKET_OK &&
	    packet_command(&packet) == CMD_SENDMSG;
}

/* His computer left without a word: a supernode is asked then. */
START_TEST(a_silent_neighbour_is_asked_for)
{
	dave_was_on_the_lan();
	uint64_t id = mail("dave", "one");

	pass(6000);
	ck_waits(id, REASON_NOT_CONFIRMED);
	pass(40000);
	ck_got(D, "one;");
	/* and at once for the next, since that path is open */
	mail("dave", "two");
	pass(1000);
	ck_got(D, "one;two;");
}
END_TEST

/* So it is for whoever writes next. */
START_TEST(writing_to_a_silent_neighbour_asks)
{
	dave_was_on_the_lan();
	ck_assert_uint_ne(say(B, "dave", "now"), 0);
	mail("dave", "one");
	pass(6000);
	ck_got(D, "");
	mail("dave", "two");
	pass(40000);
	ck_got(D, "one;two;");
}
END_TEST

START_TEST(an_open_path_comes_before_a_silent_neighbour)
{
	dave_was_on_the_lan();
	mail("dave", "one");
	pass(6000);
	ask(D, "bob");
	pass(2000);
	ck_got(D, "one;");
}
END_TEST

/* Nobody knows him, so he is tried where he was; and each time later. */
START_TEST(a_silent_neighbour_is_the_last_resort)
{
	dave_was_on_the_lan();
	stop(D);
	D->at.family = FAMILY_NONE;
	tries_there = 0;
	on_send = count_tries;
	uint64_t id = mail("dave", "one");

	pass(6000);
	ck_assert_uint_eq(tries_there, 5);
	pass(48000);
	ck_assert_uint_eq(tries_there, 10);
	ck_waits(id, REASON_NOT_CONFIRMED);
	pass(30000);
	ck_assert_uint_eq(tries_there, 10);
	/* heard of again he is there */
	dave_was_on_the_lan();
	pass(6000);
	ck_assert_uint_eq(tries_there, 15);
	on_send = NULL;
}
END_TEST

/* What waits for him does not keep him in the list. */
START_TEST(mail_keeps_no_doubtful_neighbour)
{
	struct endpoint there = at(LAN_DAVE);

	dave_was_on_the_lan();
	stop(D);
	uint64_t id = mail("dave", "one");

	pass(6000);
	peer_refresh(B->peer, now, wall(), &B->batch);
	batch_flush(&B->batch);
	pass(20000);
	ck_assert_ptr_null(neighbour_at(B->peer, &there));
	ck_assert_ptr_nonnull(outgoing_find(&B->peer->messages, id));
	dave_comes();
	pass(60000);
	ck_got(D, "one;");
}
END_TEST

/* A supernode that does not take us now may do so later. */
START_TEST(waits_while_our_entry_is_refused)
{
	struct uplink *uplink = &B->peer->uplinks[0];

	nodes[0].cut = true;
	uplink->state = SUPERNODE_REFUSED;
	uplink->reason = REASON_REFUSED;
	uplink->due = now + 20000;
	uplink->expires = now;
	uint64_t id = mail("dave", "one");

	pass(10000);
	ck_waits(id, REASON_REFUSED);
	nodes[0].cut = false;
	pass(60000);
	ck_got(D, "one;");
}
END_TEST

/* He wants nobody for now. */
START_TEST(waits_while_he_refuses)
{
	struct peer_rules *deny = &D->peer->settings.deny;

	strcpy(deny->rules[deny->count++].name, "*");
	uint64_t id = mail("dave", "one");

	pass(8000);
	ck_waits(id, REASON_REFUSED);
	deny->count = 0;
	pass(60000);
	ck_got(D, "one;");
}
END_TEST

START_TEST(not_to_oneself)
{
	static const char *const names[] = {"bob", "bob@sales"};

	mail(names[_i], "one");
	pass(8000);
	ck_assert_int_eq(B->message_state, MESSAGE_FAILED);
	ck_assert_int_eq(B->reason, REASON_REFUSED);
	ck_assert_uint_eq(B->peer->messages.count, 0);
}
END_TEST

static void two_daves_come(void)
{
	come(2, "192.0.2.2:40001", "dave", "north");
	come(3, "192.0.2.3:40002", "dave", "south");
}

/* One of them may leave. */
START_TEST(waits_while_several_are_called_so)
{
	stop(D);
	uint64_t id = mail("dave", "one");

	pass(8000);
	ck_waits(id, REASON_UNKNOWN_NAME);
	two_daves_come();
	pass(60000);
	ck_waits(id, REASON_AMBIGUOUS);
	stop(OTHER);
	pass(150000);
	ck_got(D, "one;");
}
END_TEST

/* Whoever writes now can name one of them. */
START_TEST(ambiguous_from_the_first)
{
	stop(D);
	two_daves_come();
	mail("dave", "one");
	pass(8000);
	ck_assert_int_eq(B->message_state, MESSAGE_FAILED);
	ck_assert_int_eq(B->reason, REASON_AMBIGUOUS);
	stop(OTHER);
}
END_TEST

/* He says goodbye while it is being written to the disk; so nothing was asked for. */
START_TEST(goes_on_after_a_goodbye)
{
	peer_use_mailbox(B->peer, 0, 0);
	ask(B, "dave");
	pass(2000);
	uint64_t id = mail("dave", "one");

	stop(D);
	peer_kept(B->peer, id, true, now, wall(), &B->batch);
	dave_comes();
	for (int i = 0; i < 90; i++) {
		pass(1000);
		peer_text(B->peer, id, "one", now, wall(), &B->batch);
		peer_kept(B->peer, id, true, now, wall(), &B->batch);
		batch_flush(&B->batch);
	}
	ck_got(D, "one;");
}
END_TEST

static const char *lost_text;

/* It gets lost on its way. */
static bool loses_text(struct flying *f)
{
	return lost_text == NULL || memmem(f->data, f->len, lost_text, strlen(lost_text)) == NULL;
}

/* Nothing more will ever be confirmed there, where he is called otherwise now. */
START_TEST(a_new_name_holds_nothing_up)
{
	struct peer_settings settings;
	const char *error;

	ask(B, "dave");
	pass(2000);
	on_air = loses_text;
	lost_text = "one";
	uint64_t id = mail("dave", "one");

	pass(25000);
	ck_waits(id, REASON_NOT_CONFIRMED);
	settings = D->peer->settings;
	strcpy(settings.nick, "david");
	ck_assert(peer_reconfigure(D->peer, &settings, now, &error));
	pass(100000);
	lost_text = NULL;
	ck_waits(id, REASON_UNKNOWN_NAME);
	come(3, "192.0.2.3:40002", "dave", "sales");
	pass(300000);
	ck_got(OTHER, "one;");
	stop(OTHER);
}
END_TEST

/* A few are asked for at once, as a person expects; the others one by one, and each has its turn. */
START_TEST(many_at_once_are_asked_for_at_a_pace)
{
	unsigned burst = 100;
	char name[32];

	for (unsigned i = 0; i < burst; i++) {
		snprintf(name, sizeof name, "absent%u", i);
		mail(name, "hi");
	}
	ck_assert_uint_eq(B->steps[STEP_ASKED], ASKS_AT_ONCE);
	mail("dave", "one");
	pass(20000);
	ck_assert_uint_ge(B->steps[STEP_ASKED], ASKS_AT_ONCE + 8);
	ck_assert_uint_le(B->steps[STEP_ASKED], ASKS_AT_ONCE + 12);
	/* one alone need not wait */
	mail("eve", "hi");
	ck_assert_uint_le(B->steps[STEP_ASKED], ASKS_AT_ONCE + 13);
	pass(4 * burst * 1000);
	ck_got(D, "one;");
}
END_TEST

/* One that was there first and one that came last have their turn, with far too many besides. */
START_TEST(each_has_its_turn)
{
	unsigned absent = 700;
	char name[32];

	stop(D);
	for (unsigned i = 0; i <= absent; i++) {
		struct queued_message queued = {
		    .id = 1 + i, .name = name, .expires = wall() + 7 * 86400};

		snprintf(name, sizeof name, "absent%u", i);
		if (i == absent)
			strcpy(name, "dave");
		ck_assert(peer_requeue(B->peer, &queued));
	}
	for (unsigned round = 0; round < 3; round++) {
		unsigned asked = B->steps[STEP_ASKED];
		const struct recipient *dave =
		    queue_recipient(&B->peer->messages.queue, "dave");
		unsigned failures = dave->failures;

		pass(absent * 2000 + 100000);
		ck_assert_uint_gt(dave->failures, failures);
		ck_assert_uint_le(B->steps[STEP_ASKED] - asked, absent + 60);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("seeking");
	TCase *tests = tcase_create("seeking");

	if (sodium_init() < 0)
		return EXIT_FAILURE;
	tcase_add_checked_fixture(tests, seek_setup, seek_teardown);
	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, a_silent_neighbour_is_asked_for);
	tcase_add_test(tests, writing_to_a_silent_neighbour_asks);
	tcase_add_test(tests, an_open_path_comes_before_a_silent_neighbour);
	tcase_add_test(tests, a_silent_neighbour_is_the_last_resort);
	tcase_add_test(tests, mail_keeps_no_doubtful_neighbour);
	tcase_add_test(tests, waits_while_our_entry_is_refused);
	tcase_add_test(tests, waits_while_he_refuses);
	tcase_add_loop_test(tests, not_to_oneself, 0, 2);
	tcase_add_test(tests, waits_while_several_are_called_so);
	tcase_add_test(tests, ambiguous_from_the_first);
	tcase_add_test(tests, goes_on_after_a_goodbye);
	tcase_add_test(tests, a_new_name_holds_nothing_up);
	tcase_add_test(tests, many_at_once_are_asked_for_at_a_pace);
	tcase_add_test(tests, each_has_its_turn);
	suite_add_tcase(suite, tests);
	return unit_run(suite);
}
