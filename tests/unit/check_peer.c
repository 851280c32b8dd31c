/*
 * Two peers and a supernode in one process, without NATs: the exchanges of
 * ipmsg-punch(7) from the peer's side, and what a peer must not be made to do.
 */
#include "unit.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "peer_fixture.h"
#include "wire/message.h"

START_TEST(registers)
{
	struct peer_supernode_status status;

	ck_assert_int_eq(uplink_state(B), SUPERNODE_REGISTERED);
	peer_supernode(D->peer, 0, &status);
	ck_assert(endpoint_equal(&status.observed, &D->at));
	ck_assert(status.extended);
	ck_assert_uint_eq(status.lifetime, 75);
	/* and stays so */
	pass(300000);
	ck_assert_int_eq(uplink_state(B), SUPERNODE_REGISTERED);
}
END_TEST

START_TEST(second_exchange_follows)
{
	uint64_t sent = peer_count(B->peer, PEER_SENT);

	ck_assert_uint_eq(sent, 2);
	pass(2200);
	ck_assert_uint_eq(peer_count(B->peer, PEER_SENT), 3);
	pass(18000);
	ck_assert_uint_eq(peer_count(B->peer, PEER_SENT), 3);
	pass(8000);
	ck_assert_uint_eq(peer_count(B->peer, PEER_SENT), 4);
}
END_TEST

START_TEST(asks_and_opens)
{
	ck_assert_uint_ne(ask(B, "dave"), 0);
	ck_assert_int_eq(B->path_state, PATH_ASKING);
	pass(200);
	ck_assert_int_eq(B->path_state, PATH_OPEN);
	ck_assert_int_eq(D->path_state, PATH_OPEN);
	ck_assert_uint_eq(B->steps[STEP_ASKED], 1);
	ck_assert_uint_eq(B->steps[STEP_TOLD], 1);
	ck_assert_uint_eq(D->steps[STEP_ORDERED], 1);
	/* asked again: open at once, under its full name too */
	B->path_state = PATH_IDLE;
	ask(B, "dave@sales");
	ck_assert_int_eq(B->path_state, PATH_OPEN);
	/* and found from the other side */
	D->path_state = PATH_IDLE;
	ask(D, "bob@sales");
	ck_assert_int_eq(D->path_state, PATH_OPEN);
	/* nothing goes on but keepalives */
	uint64_t sent = peer_count(B->peer, PEER_SENT);

	pass(60000);
	ck_assert_uint_le(peer_count(B->peer, PEER_SENT) - sent, 16);
	ck_assert_int_eq(B->path_state, PATH_OPEN);
}
END_TEST

START_TEST(carries_messages)
{
	ck_assert_uint_ne(say(B, "dave", "hello"), 0);
	pass(500);
	ck_assert_str_eq(D->text, "hello");
	ck_assert_int_eq(B->message_state, MESSAGE_DELIVERED);
	say(D, "bob@sales", "\xe3\x82\xa2\xe3\x83\xaa \xf0\x9f\x98\x80:x\ny");
	pass(100);
	ck_assert_str_eq(B->text, "\xe3\x82\xa2\xe3\x83\xaa \xf0\x9f\x98\x80:x\ny");
	ck_assert_int_eq(D->message_state, MESSAGE_DELIVERED);
	ck_assert_uint_eq(B->received, 1);
	ck_assert_uint_eq(D->received, 1);
}
END_TEST

START_TEST(fails_with_a_reason)
{
	ask(B, "nobody");
	pass(100);
	ck_assert_int_eq(B->path_state, PATH_FAILED);
	ck_assert_int_eq(B->reason, REASON_UNKNOWN_NAME);
	/* the other is registered, but gone */
	D->cut = true;
	ask(B, "dave");
	pass(4600);
	ck_assert_int_eq(B->path_state, PATH_FAILED);
	ck_assert_int_eq(B->reason, REASON_NO_ANSWER);
	ck_assert_uint_ne(say(B, "dave", "hello"), 0);
	pass(5000);
	ck_assert_int_eq(B->message_state, MESSAGE_FAILED);
	ck_assert_int_eq(B->reason, REASON_NO_ANSWER);
}
END_TEST

START_TEST(supernode_lost_and_found)
{
	nodes[0].cut = true;
	ask(B, "dave");
	pass(5600);
	ck_assert_int_eq(B->path_state, PATH_FAILED);
	ck_assert_int_eq(B->reason, REASON_SUPERNODE_LOST);
	pass(40000);
	ck_assert_int_ne(uplink_state(B), SUPERNODE_REGISTERED);
	/* restarted, with another secret and nobody registered */
	super_free(nodes[0].super);
	make_super(0, 2);
	nodes[0].cut = false;
	pass(75000);
	ck_assert_int_eq(uplink_state(B), SUPERNODE_REGISTERED);
	ask(B, "dave");
	pass(500);
	ck_assert_int_eq(B->path_state, PATH_OPEN);
}
END_TEST

/* A supernode that is busy may not be so a second later: the repeats of the ask find out. */
START_TEST(busy_is_not_the_end)
{
	struct super_settings settings;
	const char *error;

	super_settings_init(&settings);
	settings.limits.asks_per_source = (struct limit){1, 1};
	settings.limits.leak = 0;
	ck_assert(super_reconfigure(nodes[0].super, &settings, &error));
	ask(B, "nobody");
	pass(100);
	ck_assert_int_eq(B->reason, REASON_UNKNOWN_NAME);
	ask(B, "dave");
	pass(400);
	ck_assert_int_eq(B->path_state, PATH_ASKING);
	pass(2000);
	ck_assert_int_eq(B->path_state, PATH_OPEN);
}
END_TEST

START_TEST(restarted_supernode_is_asked_again)
{
	super_free(nodes[0].super);
	make_super(0, 2);
	ask(B, "dave");
	pass(400);
	/* B is registered again by its ask; D only at its next refresh */
	ck_assert_int_eq(B->reason, REASON_UNKNOWN_NAME);
	pass(26000);
	ask(B, "dave");
	pass(400);
	ck_assert_int_eq(B->path_state, PATH_OPEN);
}
END_TEST

START_TEST(silent_path_is_made_anew)
{
	ask(B, "dave");
	pass(3000);
	D->cut = true;
	pass(40000);
	ck_assert_int_ne(B->path_state, PATH_OPEN);
	D->cut = false;
	pass(200000);
	ck_assert_int_eq(B->path_state, PATH_OPEN);
	ck_assert_int_eq(D->path_state, PATH_OPEN);
	say(B, "dave", "again");
	pass(100);
	ck_assert_int_eq(B->message_state, MESSAGE_DELIVERED);
}
END_TEST

static void order(struct node *node, const char *from, const char *toward, const uint8_t *session,
    const uint8_t *cookie)
{
	struct identity identity = {"s", "s", "s", ""};
	struct endpoint ep = at(toward), source = at(from);
	struct fields fields = {0};
	unsigned char bytes[500];
	struct writer w = writer_on(bytes, sizeof bytes);

	if (session != NULL) {
		fields_set(&fields, KEY_SI);
		memcpy(fields.session, session, SESSION_BYTES);
	}
	if (cookie != NULL) {
		fields_set(&fields, KEY_CK);
		memcpy(fields.cookie, cookie, COOKIE_BYTES);
	}
	order_write(&w, 5, &identity, &ep, fields.present != 0 ? &fields : NULL);
	deliver(node, &source, bytes, w.len);
	fly();
}

START_TEST(orders_are_not_for_everybody)
{
	const uint8_t *cookie = B->peer->uplinks[0].cookies[0];
	uint8_t session[SESSION_BYTES] = {7};

	/* from elsewhere; without cookie; with a wrong one */
	order(B, "203.0.113.9:2425", "203.0.113.7:99", session, cookie);
	order(B, E, "203.0.113.7:99", NULL, NULL);
	order(B, E, "203.0.113.7:99", session, (const uint8_t *)"0123456789abcdef");
	ck_assert_uint_eq(peer_count(B->peer, PEER_DROPPED_FORGED), 3);
	/* toward where none may lead */
	static const char *const bad[] = {"127.0.0.1:2425", "224.0.0.1:2425", "255.255.255.255:9",
	    "169.254.1.1:9", "10.0.0.1:2425", "192.168.1.1:80", "192.0.2.1:2425"};

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		order(B, E, bad[i], session, cookie);
	ck_assert_uint_eq(peer_count(B->peer, PEER_DROPPED_ADDRESS), sizeof bad / sizeof *bad);
	ck_assert_uint_eq(B->strangers, 0);
	/* a good one */
	order(B, E, "203.0.113.7:99", session, cookie);
	pass(4500);
	ck_assert_uint_gt(B->strangers, 20);
	ck_assert_uint_lt(B->strangers, 45);
}
END_TEST

/* An order with a session and one local candidate, 10.9.9.9:9999. */
static void order_candidate(const char *toward)
{
	struct identity identity = {"s", "s", "s", ""};
	struct endpoint ep = at(toward), e = at(E);
	struct fields fields = {.candidate_count = 1, .session = {8}};
	unsigned char bytes[500];
	struct writer w = writer_on(bytes, sizeof bytes);

	fields_set(&fields, KEY_SI);
	fields_set(&fields, KEY_CK);
	fields_set(&fields, KEY_LC);
	memcpy(fields.cookie, B->peer->uplinks[0].cookies[0], COOKIE_BYTES);
	fields.candidates[0] = at("10.9.9.9:9999");
	order_write(&w, 5, &identity, &ep, &fields);
	deliver(B, &e, bytes, w.len);
}

START_TEST(candidates_are_of_our_own_network)
{
	order_candidate("203.0.113.7:99");
	ck_assert_uint_eq(B->peer->paths[0]->candidate_count, 1);
	path_delete(B->peer, B->peer->paths[0]);
	/* of somebody at our own public address */
	order_candidate("192.0.2.1:7777");
	ck_assert_uint_eq(B->peer->paths[0]->candidate_count, 2);
}
END_TEST

START_TEST(order_without_session_is_one_entry)
{
	order(B, E, "203.0.113.7:99", NULL, B->peer->uplinks[0].cookies[0]);
	pass(6000);
	ck_assert_uint_eq(B->strangers, 1);
	ck_assert_uint_eq(B->steps[STEP_OPENER], 0);
}
END_TEST

/* What B sends to D is lost; D's punches reach B. */
START_TEST(one_way_is_found_out)
{
	D->deaf_to = B;
	ask(B, "dave");
	pass(300);
	ck_assert_int_eq(B->path_state, PATH_OPEN);
	say(B, "dave", "hello");
	pass(7500);
	ck_assert_int_eq(B->path_state, PATH_FAILED);
	ck_assert_int_eq(B->reason, REASON_NO_ANSWER);
	ck_assert_int_eq(B->message_state, MESSAGE_FAILED);
	/* and it is not tried again and again */
	uint64_t sent = peer_count(B->peer, PEER_SENT);

	pass(100000);
	ck_assert_uint_le(peer_count(B->peer, PEER_SENT) - sent, 8);
}
END_TEST

static void forge(struct node *to, const struct endpoint *from, const char *bytes, size_t len)
{
	deliver(to, from, bytes, len);
	fly();
}

/* From elsewhere, under the name of a peer of ours, and from its address without its session. */
START_TEST(forgers_change_nothing)
{
	static const char entry[] = "1:9:dave:pc2:1:dave\0sales\0";
	static const char answer[] = "1:9:dave:pc2:3:dave\0sales\0";
	static const char leave[] = "1:9:dave:pc2:2:dave\0sales\0";
	static const char odd[] = "1:9:dave:pc2:16777218:dave\0sales\0\nPX:1\nSI:MTIzNDU2Nzg";
	struct endpoint elsewhere = at("203.0.113.66:5000");
	struct endpoint d = D->at;

	ask(B, "dave");
	pass(3000);
	for (int i = 0; i < 2; i++) {
		const struct endpoint *from = i == 0 ? &elsewhere : &d;

		forge(B, from, entry, sizeof entry - 1);
		forge(B, from, answer, sizeof answer - 1);
		forge(B, from, leave, sizeof leave - 1);
		forge(B, from, odd, sizeof odd - 1);
	}
	ck_assert(B->peer->paths[0]->has_session);
	ck_assert(endpoint_equal(&B->peer->paths[0]->remote, &d));
	B->path_state = PATH_IDLE;
	ask(B, "dave");
	ck_assert_int_eq(B->path_state, PATH_OPEN);
	say(B, "dave", "still you?");
	pass(100);
	ck_assert_str_eq(D->text, "still you?");
	ck_assert_int_eq(B->message_state, MESSAGE_DELIVERED);
}
END_TEST

START_TEST(asks_that_cross)
{
	ask(B, "dave");
	ask(D, "bob");
	pass(300);
	ck_assert_int_eq(B->path_state, PATH_OPEN);
	ck_assert_int_eq(D->path_state, PATH_OPEN);
	say(B, "dave", "one");
	say(D, "bob", "two");
	pass(300);
	ck_assert_str_eq(D->text, "one");
	ck_assert_str_eq(B->text, "two");
	/* and each has one path to the other */
	struct peer_contact_status status;
	uint32_t cursor = 0;

	ck_assert(peer_contact(B->peer, &cursor, &status));
	ck_assert(!peer_contact(B->peer, &cursor, &status));
}
END_TEST

START_TEST(messages_end_with_their_path)
{
	struct peer_settings settings = B->peer->settings;
	const char *error;

	ask(B, "dave");
	pass(3000);
	D->cut = true;
	for (int i = 0; i < 5; i++)
		ck_assert_uint_ne(say(B, "dave", "hello"), 0);
	/* D leaves, and there is nobody left to ask: all end at once */
	peer_stop(D->peer, now, wall(), &D->batch);
	batch_flush(&D->batch);
	fly();
	settings.supernode_count = 0;
	ck_assert(peer_reconfigure(B->peer, &settings, now, &error));
	pass(30000);
	ck_assert_int_eq(B->message_state, MESSAGE_FAILED);
	ck_assert_uint_eq(B->peer->messages.count, 0);
}
END_TEST

START_TEST(message_that_was_not_kept_is_taken_again)
{
	static const char text[] = "1:77:dave:pc2:288:hi";
	struct endpoint d = D->at;

	ask(B, "dave");
	pass(300);
	B->refuses = true;
	deliver(B, &d, text, sizeof text - 1);
	deliver(B, &d, text, sizeof text - 1);
	ck_assert_uint_eq(B->received, 2);
	B->refuses = false;
	uint64_t sent = peer_count(B->peer, PEER_SENT);

	deliver(B, &d, text, sizeof text - 1);
	deliver(B, &d, text, sizeof text - 1);
	ck_assert_uint_eq(B->received, 3);
	ck_assert_uint_eq(peer_count(B->peer, PEER_SENT), sent + 2);
}
END_TEST

START_TEST(seed_supernodes_order_without_fields)
{
	uint8_t session[SESSION_BYTES] = {9};

	/* as if E knew only the seed: what bears fields under its address is forged */
	B->peer->uplinks[0].extended = false;
	B->peer->uplinks[0].seed = true;
	order(B, E, "203.0.113.7:99", session, NULL);
	pass(1000);
	ck_assert_uint_le(B->strangers, 1);
	ck_assert_uint_eq(B->steps[STEP_OPENER], 0);
}
END_TEST

START_TEST(strangers_have_no_claim_to_names)
{
	static const char entry[] = "1:9:eve:pc9:1:dave\0evil\0";
	struct endpoint stranger = at("203.0.113.66:5000");

	forge(B, &stranger, entry, sizeof entry - 1);
	size_t before = B->stranger_bytes;

	ask(B, "dave");
	pass(300);
	ck_assert_int_eq(B->path_state, PATH_OPEN);
	ck_assert_uint_eq(B->stranger_bytes, before);
	say(B, "dave", "you?");
	pass(100);
	ck_assert_str_eq(D->text, "you?");
}
END_TEST

START_TEST(introductions_are_not_downgraded)
{
	static const char entry[] = "1:9:dave:pc2:1:dave\0sales\0";
	struct endpoint d = D->at;

	/* B is told of D, and punches; a plain entry comes from where D is */
	D->cut = true;
	ask(B, "dave");
	pass(100);
	ck_assert_int_eq(B->path_state, PATH_PUNCHING);
	forge(B, &d, entry, sizeof entry - 1);
	ck_assert_int_eq(B->path_state, PATH_PUNCHING);
	D->cut = false;
	pass(1000);
	ck_assert_int_eq(B->path_state, PATH_OPEN);
	ck_assert(B->peer->paths[0]->has_session);
}
END_TEST

static void add_supernode(struct node *node)
{
	struct peer_settings settings = node->peer->settings;
	const char *error;

	strcpy(settings.supernodes[1].host, "other.example");
	settings.supernodes[1].port = 2425;
	settings.supernode_count = 2;
	ck_assert(peer_reconfigure(node->peer, &settings, now, &error));
}

START_TEST(two_supernodes_make_one_path)
{
	struct peer_contact_status status;
	uint32_t cursor = 0;

	nodes[3].at = at(E2);
	make_super(3, 7);
	add_supernode(B);
	add_supernode(D);
	pass(3000);
	ck_assert_int_eq(B->peer->uplinks[1].state, SUPERNODE_REGISTERED);
	/* each supernode makes a session of its own for the same ask */
	ask(B, "dave");
	pass(40000);
	ck_assert_int_eq(B->path_state, PATH_OPEN);
	ck_assert_int_eq(D->path_state, PATH_OPEN);
	ck_assert_mem_eq(B->peer->paths[0]->session, D->peer->paths[0]->session, SESSION_BYTES);
	ck_assert(peer_contact(B->peer, &cursor, &status));
	ck_assert(!peer_contact(B->peer, &cursor, &status));
	say(B, "dave", "one");
	say(D, "bob", "two");
	pass(100);
	ck_assert_str_eq(D->text, "one");
	ck_assert_str_eq(B->text, "two");
	super_free(nodes[3].super);
}
END_TEST

START_TEST(px_is_sticky)
{
	static const char plain[] = "1:1:s:s:3:supernode\0\0";
	struct endpoint e = at(E);

	/* a plain answer says nothing of a supernode that showed PX */
	nodes[0].cut = true;
	for (int i = 0; i < 900; i++) {
		pass(100);
		deliver(B, &e, plain, sizeof plain - 1);
	}
	ck_assert_int_ne(uplink_state(B), SUPERNODE_REGISTERED);
}
END_TEST

START_TEST(message_once_and_confirmed_again)
{
	static const char first[] = "1:77:eve:pc:288:hi";
	static const char resent[] = "1:77:eve:pc:288:hi\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
	static const char other[] = "1:77:eve:pc:288:ho";
	struct endpoint d = D->at;

	ask(B, "dave");
	pass(300);
	uint64_t sent = peer_count(B->peer, PEER_SENT);

	deliver(B, &d, first, sizeof first - 1);
	deliver(B, &d, resent, sizeof resent - 1);
	ck_assert_uint_eq(B->received, 1);
	ck_assert_uint_eq(peer_count(B->peer, PEER_SENT), sent + 2);
	/* the same number in the same second, but another text */
	deliver(B, &d, other, sizeof other - 1);
	ck_assert_uint_eq(B->received, 2);
}
END_TEST

/* Whatever a stranger sends, it gets no more back than it sent. */
START_TEST(strangers_get_no_more_than_they_send)
{
	static const struct {
		const char *bytes;
		size_t len;
	} packets[] = {
#define P(s) {s, sizeof(s) - 1}
	    P("1:1:a:b:1:c"),
	    P("1:1700000001:eve:pc:1:eve\0group\0"),
	    P("1:1700000001:eve:pc:16777217:eve\0group\0\nUN:eve\nPX:1\nSI:MTIzNDU2Nzg"),
	    P("1:1:a:b:3:c"),
	    P("1:1:a:b:288:x"),
	    P("1:1700000001:eve:pc:288:a longer message than the confirmation"),
	    P("1:1:a:b:1048624:"),
	    P("1:1700000001:a:b:1048624:1700000000 and more"),
	    P("1:1:a:b:128:bob"),
	    P("1:1:a:b:129:192.0.2.2\0" "2425"),
	    P("1:1:a:b:130:x"),
	    P("1:1:a:b:33:1"),
	    P("1:1:a:b:64:"),
#undef P
	};
	struct endpoint stranger = at("203.0.113.66:5000");

	size_t received = 0;

	for (size_t i = 0; i < 5 * sizeof packets / sizeof *packets; i++) {
		size_t k = i % (sizeof packets / sizeof *packets);

		deliver(B, &stranger, packets[k].bytes, packets[k].len);
		received += packets[k].len;
		fly();
		ck_assert_msg(B->stranger_bytes <= received, "packet %zu", k);
	}
	size_t after = B->stranger_bytes;

	pass(120000);
	ck_assert_uint_eq(B->stranger_bytes, after);
	ck_assert_uint_gt(after, 0);
}
END_TEST

START_TEST(leaves)
{
	ask(B, "dave");
	pass(300);
	peer_stop(B->peer, now, wall(), &B->batch);
	batch_flush(&B->batch);
	fly();
	ck_assert_int_eq(D->path_state, PATH_IDLE);
	struct super_status status;

	super_status(nodes[0].super, &status);
	ck_assert_uint_eq(status.registrations.fresh, 1);
	/* it does not register again, nor keep the path open */
	uint64_t sent = peer_count(B->peer, PEER_SENT);

	ck_assert_int_eq(peer_deadline(B->peer), DEADLINE_NEVER);
	pass(100000);
	ck_assert_uint_eq(peer_count(B->peer, PEER_SENT), sent);
}
END_TEST

START_TEST(table_is_bounded)
{
	struct endpoint from = at("203.0.113.1:1000");
	uint32_t cursor = 0, n = 0;
	struct peer_contact_status status;
	char entry[64];

	ask(B, "dave");
	pass(300);
	for (int i = 0; i < 5000; i++) {
		int len = snprintf(entry, sizeof entry, "1:1:user%d:pc:1:nick%d", i, i);

		from.port = (uint16_t)(1000 + i);
		deliver(B, &from, entry, (size_t)len);
		clear_air();
	}
	while (peer_contact(B->peer, &cursor, &status))
		n++;
	ck_assert_uint_eq(n, 1024);
	/* the open one was not pushed out */
	B->path_state = PATH_IDLE;
	ask(B, "dave");
	ck_assert_int_eq(B->path_state, PATH_OPEN);
}
END_TEST

static struct peer_contact_status first_contact(struct node *node)
{
	struct peer_contact_status status;
	uint32_t cursor = 0;

	ck_assert(peer_contact(node->peer, &cursor, &status));
	return status;
}

START_TEST(absence_is_known_over_paths)
{
	ask(B, "dave");
	pass(3000);
	peer_set_absence(D->peer, &(struct absence){"lunch", "at lunch"}, now, wall(), &D->batch);
	batch_flush(&D->batch);
	fly();
	ck_assert(first_contact(B).absent);
	/* the plain nick: the title is for those who show nothing else */
	ck_assert_str_eq(first_contact(B).nick, "dave");
	/* what gets lost is told with the next keepalive */
	B->cut = true;
	peer_set_absence(D->peer, NULL, now, wall(), &D->batch);
	batch_flush(&D->batch);
	fly();
	B->cut = false;
	ck_assert(first_contact(B).absent);
	pass(30000);
	ck_assert(!first_contact(B).absent);
	ck_assert(!told_super_absence);
}
END_TEST

/* Both are on one LAN, too. */
START_TEST(peers_of_a_path_are_neighbours_besides)
{
	static const char entry[] = "1:77:dave:pc2:1:dave\0sales\0";
	struct lan_link link = {.own = B->at, .prefix = 24};
	struct endpoint d = D->at;
	uint32_t path;

	peer_links(B->peer, &link, 1, now, wall(), &B->batch);
	path = ask(B, "dave");
	pass(3000);
	/* the path takes no plain entries: these are the neighbour's */
	deliver(B, &d, entry, sizeof entry - 1);
	ck_assert_uint_eq(B->neighbour_changes[NEIGHBOUR_CAME], 1);
	ck_assert_uint_eq(first_contact(B).id, path);
	pass(60000);
	ck_assert_int_eq(B->path_state, PATH_OPEN);
	/* it closes the path, which is with a session, and stays a neighbour */
	peer_stop(D->peer, now, wall(), &D->batch);
	batch_flush(&D->batch);
	fly();
	ck_assert_int_eq(B->path_state, PATH_IDLE);
	ck_assert_uint_eq(B->neighbour_changes[NEIGHBOUR_LEFT], 0);
	deliver(B, &d, "1:78:dave:pc2:2:dave", 20);
	ck_assert_uint_eq(B->neighbour_changes[NEIGHBOUR_LEFT], 1);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("peer");
	TCase *tcase = tcase_create("exchanges");

	if (sodium_init() < 0)
		return EXIT_FAILURE;
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 30);
	tcase_add_test(tcase, registers);
	tcase_add_test(tcase, second_exchange_follows);
	tcase_add_test(tcase, asks_and_opens);
	tcase_add_test(tcase, carries_messages);
	tcase_add_test(tcase, fails_with_a_reason);
	tcase_add_test(tcase, supernode_lost_and_found);
	tcase_add_test(tcase, busy_is_not_the_end);
	tcase_add_test(tcase, restarted_supernode_is_asked_again);
	tcase_add_test(tcase, silent_path_is_made_anew);
	tcase_add_test(tcase, orders_are_not_for_everybody);
	tcase_add_test(tcase, candidates_are_of_our_own_network);
	tcase_add_test(tcase, order_without_session_is_one_entry);
	tcase_add_test(tcase, one_way_is_found_out);
	tcase_add_test(tcase, forgers_change_nothing);
	tcase_add_test(tcase, asks_that_cross);
	tcase_add_test(tcase, messages_end_with_their_path);
	tcase_add_test(tcase, message_that_was_not_kept_is_taken_again);
	tcase_add_test(tcase, seed_supernodes_order_without_fields);
	tcase_add_test(tcase, strangers_have_no_claim_to_names);
	tcase_add_test(tcase, introductions_are_not_downgraded);
	tcase_add_test(tcase, two_supernodes_make_one_path);
	tcase_add_test(tcase, px_is_sticky);
	tcase_add_test(tcase, message_once_and_confirmed_again);
	tcase_add_test(tcase, strangers_get_no_more_than_they_send);
	tcase_add_test(tcase, leaves);
	tcase_add_test(tcase, table_is_bounded);
	tcase_add_test(tcase, absence_is_known_over_paths);
	tcase_add_test(tcase, peers_of_a_path_are_neighbours_besides);
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
