/*
 * The candidates of a path: which are tried, how often and from where, which of them
 * the path leads to, and when all is begun anew from a fresh socket.
 */
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "peer_fixture.h"

#define OUTSIDE "192.0.2.1:2425" /* B's; D is behind the same NAT, at another port */
#define INSIDE_B "10.0.0.1:2425"
#define INSIDE_D "10.0.0.2:2425"

/* What the air swallows between B and D. */
static bool outside_cut, inside_cut, inside_to_d_cut, ip6_cut;
static struct endpoint dead_to, dead_from; /* what goes and comes there */

/* The last of the supernode's of that command, to be held back or sent again. */
static enum command held_command;
static struct endpoint held_to;
static bool holding;
static struct flying held;

static bool holds(const struct flying *flying)
{
	struct packet packet;

	if (held_to.family == FAMILY_NONE || !endpoint_equal(&flying->to, &held_to) ||
	    packet_parse(&packet, span_of(flying->data, flying->len)) != PACKET_OK ||
	    packet_command(&packet) != held_command)
		return false;
	held = *flying;
	return holding;
}

static void hold(const char *to, enum command command, bool back)
{
	held_to = at(to);
	held_command = command;
	holding = back;
}

static bool is_inside(const struct endpoint *ep)
{
	return endpoint_scope(ep) == SCOPE_PRIVATE;
}

static bool between(const struct flying *flying)
{
	struct endpoint e = at(E), e6 = at(E6);

	return !endpoint_same_address(&flying->to, &e) && !endpoint_same_address(&flying->from, &e) &&
	    !endpoint_same_address(&flying->to, &e6) && !endpoint_same_address(&flying->from, &e6);
}

static bool swallow(struct flying *flying)
{
	/* who is gone says nothing either */
	if (flying->by->cut || holds(flying))
		return false;
	if (!between(flying))
		return true;
	if (endpoint_equal(&flying->from, &dead_from) || endpoint_equal(&flying->to, &dead_to))
		return false;
	if (flying->to.family == FAMILY_IP6)
		return !ip6_cut;
	if (is_inside(&flying->to))
		return !inside_cut && !(inside_to_d_cut && flying->by == B);
	return !outside_cut;
}

/* What peers send to one endpoint, and when. */
static struct endpoint watched;
static unsigned watched_count, watched_openers;
static int64_t watched_first, watched_last;

static void watch(const struct flying *flying)
{
	if (!endpoint_equal(&flying->to, &watched) || flying->by == &nodes[0])
		return;
	if (flying->ttl != 0) {
		watched_openers++;
		return;
	}
	if (watched_count++ == 0)
		watched_first = now;
	watched_last = now;
}

static void watch_for(const char *where)
{
	watched = at(where);
	watched_count = watched_openers = 0;
	on_send = watch;
}

static void begin(void)
{
	setup();
	outside_cut = inside_cut = inside_to_d_cut = ip6_cut = false;
	dead_to = dead_from = held_to = (struct endpoint){0};
	on_air = swallow;
}

static void end(void)
{
	on_send = NULL;
	teardown();
}

/* B and D anew, behind one NAT. */
static void share_a_nat(void)
{
	struct endpoint inside[] = {at(INSIDE_B), at(INSIDE_D)};

	peer_free(B->peer);
	peer_free(D->peer);
	make_peer(1, OUTSIDE, "bob");
	make_peer(2, "192.0.2.1:40001", "dave");
	for (int i = 0; i < 2; i++) {
		nodes[i + 1].inside = inside[i];
		peer_addresses(nodes[i + 1].peer, &inside[i], 1);
		start(i + 1);
	}
	pass(3000);
}

static void both_have_ip6(void)
{
	peer_free(B->peer);
	peer_free(D->peer);
	nodes[0].sockets[LOCAL_IP6] = at(E6);
	make_peer(1, OUTSIDE, "bob");
	make_peer(2, "192.0.2.2:40001", "dave");
	use_ip6(1, "[2001:db8::b]:2425");
	use_ip6(2, "[2001:db8::d]:2425");
	start(1);
	start(2);
	pass(3000);
}

static struct path *path_of(struct node *node)
{
	ck_assert_uint_gt(node->peer->path_count, 0);
	return node->peer->paths[0];
}

static bool leads_to(struct node *node, const char *where)
{
	struct endpoint there = at(where);

	return path_of(node)->state == PATH_OPEN && endpoint_equal(&path_of(node)->remote, &there);
}

/* As it is shown to people. */
static struct peer_candidate_status shown(struct node *node, const char *where)
{
	struct endpoint there = at(where);
	struct peer_candidate_status status;

	for (unsigned i = 0; peer_candidate(node->peer, path_of(node)->id, i, &status); i++) {
		if (endpoint_equal(&status.at, &there))
			return status;
	}
	ck_abort_msg("no candidate %s", where);
}

/* One way each, `n` times, 20 ms apart: each is shown once. */
static void talk(unsigned n)
{
	unsigned b = B->received, d = D->received;
	char text[32];

	for (unsigned i = 0; i < n; i++) {
		snprintf(text, sizeof text, "%u", i);
		ck_assert_uint_ne(say(B, "dave", text), 0);
		ck_assert_uint_ne(say(D, "bob@sales", text), 0);
		pass(20);
	}
	pass(3000);
	ck_assert_uint_eq(B->received - b, n);
	ck_assert_uint_eq(D->received - d, n);
	ck_assert_uint_eq(B->peer->messages.count, 0);
	ck_assert_uint_eq(D->peer->messages.count, 0);
}

static void set_nat(struct node *node, struct nat_class nat)
{
	node->peer->natview.found = (struct peer_nat_status){
	    .mapping_tested = true, .translated = true, .nat = nat, .destinations = 4,
	    .addresses = 2, .since = now};
}

static void both_have_nats(struct nat_class b, struct nat_class d)
{
	set_nat(B, b);
	set_nat(D, d);
	pass(30000);
}

START_TEST(peers_behind_one_nat)
{
	share_a_nat();
	outside_cut = true;
	ask(B, "dave");
	pass(500);
	ck_assert(leads_to(B, INSIDE_D));
	ck_assert(leads_to(D, INSIDE_B));
	struct peer_candidate_status status = shown(B, INSIDE_D);

	ck_assert_int_eq(status.kind, CANDIDATE_LOCAL);
	ck_assert_int_eq(status.state, CANDIDATE_ANSWERED);
	ck_assert(status.used);
	ck_assert_int_ge(status.rtt, 0);
	status = shown(B, "192.0.2.1:40001");
	ck_assert_int_eq(status.kind, CANDIDATE_OBSERVED);
	ck_assert_int_eq(status.state, CANDIDATE_UNHEARD);
	ck_assert_uint_gt(status.sent, 0);
	ck_assert(!status.used);
	talk(5);
}
END_TEST

/* To B, from that supernode of B's. */
static void send_order(const char *from, const char *toward, struct fields *fields)
{
	struct identity identity = {"s", "s", "s", ""};
	struct endpoint ep = at(toward), e = at(from);
	unsigned char bytes[500];
	struct writer w = writer_on(bytes, sizeof bytes);

	fields_set(fields, KEY_CK);
	memcpy(fields->cookie, B->peer->uplinks[0].cookies[0], COOKIE_BYTES);
	order_write(&w, 5, &identity, &ep, fields);
	deliver(B, &e, bytes, w.len);
}

/* An order to B with that candidate, from E. */
static void order_to_b(const char *toward, const char *candidate)
{
	struct fields fields = {.candidate_count = 1, .session = {8}};

	fields_set(&fields, KEY_SI);
	fields_set(&fields, KEY_LC);
	fields.candidates[0] = at(candidate);
	send_order(E, toward, &fields);
}

/* Nobody can have a peer search a network, or write to what listens at well-known ports. */
START_TEST(local_candidates_are_few)
{
	static const char *const none[] = {"10.9.9.9:1023", "198.51.100.77:5000", "127.0.0.1:5000",
	    "169.254.3.3:5000", "224.0.0.9:5000", "[fd00::1]:5000"};

	for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
		order_to_b("192.0.2.1:7777", none[i]);
		ck_assert_msg(path_of(B)->candidate_count == 1, "%s", none[i]);
		path_delete(B->peer, path_of(B));
	}
	watch_for("10.9.9.9:1024");
	order_to_b("192.0.2.1:7777", "10.9.9.9:1024");
	pass(10000);
	ck_assert_uint_eq(watched_count, 3);
	ck_assert_uint_eq(watched_openers, 0);
	ck_assert_int_ge(watched_last - watched_first, 500);
	ck_assert_int_eq(path_of(B)->state, PATH_FAILED);
	ck_assert_uint_eq(shown(B, "10.9.9.9:1024").sent, 3);
}
END_TEST

/* The way outside opens first; the one inside takes over. */
START_TEST(better_one_takes_over)
{
	share_a_nat();
	inside_cut = true;
	ask(B, "dave");
	pass(400);
	ck_assert(leads_to(B, "192.0.2.1:40001"));
	ck_assert(leads_to(D, OUTSIDE));
	ck_assert(!peer_is_settled(B->peer, path_of(B)->id));
	unsigned told = B->steps[STEP_OPEN];

	for (int i = 0; i < 10; i++) {
		say(B, "dave", "before");
		pass(30);
	}
	inside_cut = false;
	unsigned before = D->received;

	talk(50);
	ck_assert_uint_eq(before, 10);
	ck_assert(leads_to(B, INSIDE_D));
	ck_assert(leads_to(D, INSIDE_B));
	ck_assert_uint_eq(B->steps[STEP_OPEN], told + 1);
	/* and nothing is looked for any more */
	ck_assert(peer_is_settled(B->peer, path_of(B)->id));
	watch_for("192.0.2.1:40001");
	pass(60000);
	ck_assert_uint_eq(watched_count, 0);
}
END_TEST

/* What is on its way meanwhile comes and goes by the old one. */
START_TEST(old_one_still_belongs_to_the_path)
{
	static const char text[] = "1:77:dave:pc2:288:late";
	struct endpoint old = at("192.0.2.1:40001");

	share_a_nat();
	inside_cut = true;
	ask(B, "dave");
	pass(400);
	inside_cut = false;
	pass(2000);
	ck_assert(leads_to(B, INSIDE_D));
	deliver(B, &old, text, sizeof text - 1);
	ck_assert_str_eq(B->text, "late");
	ck_assert_ptr_eq(path_by_endpoint(B->peer, &old), path_of(B));
	/* not for ever: somebody else may be there then */
	pass(120000);
	ck_assert_ptr_null(path_by_endpoint(B->peer, &old));
	ck_assert(leads_to(B, INSIDE_D));
}
END_TEST

/* That we hear the other there does not say that it hears us. */
START_TEST(heard_is_not_answered)
{
	share_a_nat();
	inside_cut = true;
	ask(B, "dave");
	pass(400);
	inside_cut = false;
	inside_to_d_cut = true;
	pass(5000);
	ck_assert(leads_to(B, "192.0.2.1:40001"));
	ck_assert(leads_to(D, OUTSIDE));
	ck_assert_int_eq(shown(B, INSIDE_D).state, CANDIDATE_HEARD);
	ck_assert_uint_eq(B->steps[STEP_OPEN], 1);
	talk(3);
}
END_TEST

/* Opened outside, gone over to the inside, and that is cut. */
static void cut_inside_again(void)
{
	share_a_nat();
	inside_cut = true;
	ask(B, "dave");
	pass(400);
	inside_cut = false;
	pass(3000);
	ck_assert(leads_to(B, INSIDE_D));
	inside_cut = true;
}

/* The way in use dies, another one is known: no introduction is needed. */
START_TEST(another_one_is_at_hand)
{
	cut_inside_again();
	unsigned asked = B->steps[STEP_ASKED] + D->steps[STEP_ASKED];

	pass(35000);
	ck_assert(leads_to(B, "192.0.2.1:40001"));
	ck_assert(leads_to(D, OUTSIDE));
	ck_assert_uint_eq(B->steps[STEP_ASKED] + D->steps[STEP_ASKED], asked);
	talk(3);
}
END_TEST

/* Who knows our session and writes under many addresses: they get little, and the path stays. */
START_TEST(forged_sources_get_little)
{
	struct identity dave = {"dave", "pc2", "dave", "sales"};
	struct fields fields = {0};
	unsigned char bytes[500];
	struct writer w = writer_on(bytes, sizeof bytes);

	ask(B, "dave");
	pass(5000);
	fields_set(&fields, KEY_SI);
	fields_set(&fields, KEY_TK);
	memcpy(fields.session, path_of(B)->session, SESSION_BYTES);
	entry_write(&w, 5, &dave, CMD_BR_ENTRY, B->peer->legacy, true, &fields);
	for (uint16_t i = 0; i < 200; i++) {
		struct endpoint victim = at("203.0.113.99:7000");

		victim.port += i;
		deliver(B, &victim, bytes, w.len);
		fly();
	}
	pass(10000);
	/* one answer each, and a check now and then */
	ck_assert_uint_le(B->strangers, 200 + 20);
	ck_assert(leads_to(B, "192.0.2.2:40001"));
	talk(3);
}
END_TEST

/* To B, under the session of its path, from wherever. */
static void forge(const char *from, uint16_t port, enum command command, bool keeps)
{
	struct identity dave = {"dave", "pc2", "dave", "sales"};
	struct endpoint where = at(from);
	struct fields fields = {0};
	unsigned char bytes[500];
	struct writer w = writer_on(bytes, sizeof bytes);

	where.port = port;
	fields_set(&fields, KEY_SI);
	memcpy(fields.session, path_of(B)->session, SESSION_BYTES);
	if (keeps)
		fields_set(&fields, KEY_TK);
	if (command == CMD_ANSENTRY)
		entry_write_answer(&w, 5, &dave, command, B->peer->legacy, true, &fields);
	else
		entry_write(&w, 5, &dave, command, B->peer->legacy, true, &fields);
	deliver(B, &where, bytes, w.len);
	fly();
}

/* Its own words, from an address that it does not know to be its own yet: as after a move. */
START_TEST(own_words_are_nobody_elses)
{
	struct identity bob = {"bob", "pc1", "bob", "sales"};
	struct endpoint somewhere = at("10.7.7.7:2425");
	struct fields fields = {0};
	unsigned char bytes[500];
	struct writer w = writer_on(bytes, sizeof bytes);

	ask(B, "dave");
	pass(5000);
	fields_set(&fields, KEY_SI);
	memcpy(fields.session, path_of(B)->session, SESSION_BYTES);
	entry_write(&w, 5, &bob, CMD_BR_ENTRY, B->peer->legacy, true, &fields);
	unsigned strangers = B->strangers;

	deliver(B, &somewhere, bytes, w.len);
	fly();
	ck_assert_uint_eq(B->strangers, strangers);
	ck_assert_str_eq(path_of(B)->nick, "dave");
}
END_TEST

/* Where nobody has shown that he receives, when the path falls silent and all ways are looked at. */
START_TEST(forged_sources_get_no_keepalives)
{
	ask(B, "dave");
	pass(60000);
	for (uint16_t i = 0; i < 14; i++)
		forge("203.0.113.99:7000", 7000 + i, CMD_BR_ENTRY, false);
	pass(2000);
	/* one answer each, and the first is looked at */
	ck_assert_uint_le(B->strangers, 14 + 3);
	D->cut = true;
	pass(60000);
	/* one with each repeat of the keepalive */
	ck_assert_uint_le(B->strangers, 14 + 3 + 5);
}
END_TEST

/* It shows neither that we sent something there nor that it came. */
START_TEST(forged_answers_prove_nothing)
{
	static const struct {
		const char *from;
		uint16_t port;
		bool keeps;
	} forged[] = {
	    {"10.7.7.7:500", 500, false}, /* no candidate of the LAN could be there */
	    {"10.7.7.7:5000", 5000, false},
	    {"203.0.113.99:7000", 7000, false},
	    {"203.0.113.99:7000", 7000, true}, /* B looks whether it is there */
	};

	ask(B, "dave");
	pass(60000);
	for (int i = 0; i < 3; i++) {
		if (forged[_i].keeps)
			forge(forged[_i].from, forged[_i].port, CMD_BR_ENTRY, true);
		forge(forged[_i].from, forged[_i].port, CMD_ANSENTRY, forged[_i].keeps);
		pass(1000);
		ck_assert(leads_to(B, "192.0.2.2:40001"));
		ck_assert_int_eq(shown(B, forged[_i].from).state, CANDIDATE_HEARD);
	}
	talk(3);
}
END_TEST

/* IPv6 from D to B only; over IPv4 B's first packets get lost. */
static int64_t asked_at;
static bool d_was_reached;

static bool one_way_ip6(struct flying *flying)
{
	if (!between(flying))
		return true;
	if (flying->to.family == FAMILY_IP6)
		return flying->by == D;
	if (flying->by == B && now - asked_at >= 100)
		d_was_reached = true;
	return d_was_reached;
}

/* The better way that is heard first leads nowhere: the lesser one is looked at still. */
START_TEST(better_one_leads_one_way)
{
	both_have_ip6();
	asked_at = now;
	d_was_reached = false;
	on_air = one_way_ip6;
	ask(B, "dave");
	pass(6000);
	ck_assert(leads_to(B, "192.0.2.2:40001"));
	ck_assert(leads_to(D, OUTSIDE));
	talk(3);
}
END_TEST

/* What the supernode says over IPv6 comes late; over IPv4 the two cannot meet. */
static struct flying late[64];
static size_t late_count;
static bool delays_ip6;

static bool late_ip6(struct flying *flying)
{
	struct endpoint e6 = at(E6);

	if (delays_ip6 && endpoint_same_address(&flying->from, &e6)) {
		if (late_count < 64)
			late[late_count++] = *flying;
		return false;
	}
	return flying->to.family == FAMILY_IP6 || !between(flying);
}

static void make_hopeless_pair(bool keyed)
{
	both_have_ip6();
	peer_free(B->peer);
	peer_free(D->peer);
	make_keyed_peer(1, OUTSIDE, "bob", keyed ? 7 : 0);
	make_keyed_peer(2, "192.0.2.2:40001", "dave", keyed ? 8 : 0);
	use_ip6(1, "[2001:db8::b]:2425");
	use_ip6(2, "[2001:db8::d]:2425");
	start(1);
	start(2);
	pass(3000);
	both_have_nats((struct nat_class){.mapping = NAT_MAPPING_AP},
	    (struct nat_class){.mapping = NAT_MAPPING_AP});
}

static unsigned open_paths(const struct node *node)
{
	unsigned n = 0;

	for (size_t i = 0; i < node->peer->path_count; i++)
		n += node->peer->paths[i]->state == PATH_OPEN;
	return n;
}

static void deliver_late(void)
{
	delays_ip6 = false;
	for (size_t i = 0; i < late_count; i++) {
		bool to_b = endpoint_equal(&late[i].to, &B->sockets[LOCAL_IP6]);

		deliver(to_b ? B : D, &late[i].from, late[i].data, late[i].len);
		fly();
	}
}

/* D asks too (0, 1), or only is asked for (2, 3); without keys and with. */
START_TEST(hopeless_family_waits_for_the_other)
{
	uint32_t asked = 0;

	make_hopeless_pair(_i % 2 == 1);
	on_air = late_ip6;
	delays_ip6 = true;
	late_count = 0;
	if (_i < 2)
		asked = ask(D, "bob");
	ask(B, "dave");
	pass(_i < 2 ? 60 : 300);
	if (_i < 2) {
		ck_assert_int_eq(path_by_id(D->peer, asked)->state, PATH_ASKING);
	} else {
		ck_assert_int_eq(path_of(D)->reason, REASON_NAT);
	}
	deliver_late();
	pass(9000);
	ck_assert(leads_to(B, "[2001:db8::d]:2425"));
	ck_assert(leads_to(D, "[2001:db8::b]:2425"));
	ck_assert_uint_eq(open_paths(D), 1);
	ck_assert_uint_eq(open_paths(B), 1);
	/* an order that comes before it is told whom one's own ask means leaves its failure behind */
	ck_assert_uint_le(D->peer->path_count, _i < 2 ? 2 : 1);
	ck_assert_uint_le(B->peer->path_count, _i < 2 ? 2 : 1);
}
END_TEST

/* D's keepalive, held back. */
static void hold_a_keepalive(void)
{
	hold(OUTSIDE, CMD_BR_ENTRY, true);
	held.len = 0;
	path_check(&(struct turn){.peer = D->peer, .out = &D->batch, .now = now}, path_of(D));
	pass(100);
	ck_assert_uint_gt(held.len, 0);
	holding = false;
	held_to = (struct endpoint){0};
}

/* What went a slower way counts still, once and not for long. */
START_TEST(sealed_packets_overtake_each_other)
{
	peer_free(B->peer);
	peer_free(D->peer);
	make_keyed_peer(1, OUTSIDE, "bob", 7);
	make_keyed_peer(2, "192.0.2.2:40001", "dave", 8);
	start(1);
	start(2);
	pass(3000);
	ask(B, "dave");
	pass(5000);
	ck_assert(path_of(B)->has_identity);
	ck_assert_uint_eq(peer_count(B->peer, PEER_DROPPED_LATE), 0);
	hold_a_keepalive();
	pass(1000);
	deliver(B, &held.from, held.data, held.len);
	ck_assert_uint_eq(peer_count(B->peer, PEER_DROPPED_LATE), 0);
	deliver(B, &held.from, held.data, held.len);
	ck_assert_uint_eq(peer_count(B->peer, PEER_DROPPED_LATE), 1);
	hold_a_keepalive();
	pass(30000);
	deliver(B, &held.from, held.data, held.len);
	ck_assert_uint_eq(peer_count(B->peer, PEER_DROPPED_LATE), 2);
}
END_TEST

/* What failed a moment ago goes on elsewhere, or not at all, though we seem to have moved. */
START_TEST(early_attempts_need_a_fresh_socket)
{
	struct turn turn = {.peer = B->peer, .out = &B->batch, .wall = wall()};

	B->gives_sockets = true;
	ask(B, "dave");
	pass(5000);
	D->cut = true;
	for (int i = 0; i < 400 && path_of(B)->state != PATH_FAILED; i++)
		pass(100);
	ck_assert_int_eq(path_of(B)->reason, REASON_NO_ANSWER);
	int64_t rests = path_of(B)->retry_due;

	turn.now = now;
	B->peer->sockets.renewed = now;
	path_of(B)->reason = _i == 1 ? REASON_SUPERNODE_LOST : REASON_NO_ANSWER;
	(_i == 1 ? paths_registered : paths_moved)(&turn);
	ck_assert_int_eq(path_of(B)->state, PATH_FAILED);
	ck_assert_int_eq(path_of(B)->retry_due, rests);
	B->peer->sockets.renewed = now - 60000;
	uint16_t before = socket_current(B->peer, FAMILY_IP4);

	(_i == 1 ? paths_registered : paths_moved)(&turn);
	ck_assert_int_eq(path_of(B)->state, PATH_ASKING);
	batch_flush(&B->batch);
	D->cut = false;
	pass(2000);
	ck_assert_int_eq(path_of(B)->state, PATH_OPEN);
	ck_assert_uint_ne(path_of(B)->local, before);
}
END_TEST

/* The LAN is not our router's fault. */
START_TEST(lan_is_no_reason_for_a_fresh_socket)
{
	share_a_nat();
	B->gives_sockets = D->gives_sockets = true;
	ask(B, "dave");
	pass(5000);
	ck_assert(leads_to(B, INSIDE_D));
	unsigned wanted = B->peer->sockets.last_id, told = B->steps[STEP_FAILED];

	inside_cut = outside_cut = true;
	for (int i = 0; i < 400 && B->steps[STEP_FAILED] == told; i++)
		pass(100);
	ck_assert_uint_eq(B->steps[STEP_FAILED], told + 1);
	ck_assert_uint_eq(B->peer->sockets.last_id, wanted);
	ck_assert_int_eq(path_of(B)->failed_at, 0);
}
END_TEST

/* Two lost packets do not lead away from the LAN for ever. */
START_TEST(better_one_comes_back)
{
	cut_inside_again();
	pass(35000);
	ck_assert(leads_to(B, "192.0.2.1:40001"));
	inside_cut = false;
	pass(30000);
	ck_assert(leads_to(B, INSIDE_D));
	ck_assert(leads_to(D, INSIDE_B));
	talk(3);
}
END_TEST

/* Its class is that of the introduction: nothing known is nothing known. */
START_TEST(nat_is_of_the_last_introduction)
{
	struct fields fields = {.session = {8}, .nat = {.mapping = NAT_MAPPING_AP}};

	ask(B, "dave");
	pass(5000);
	fields_set(&fields, KEY_SI);
	fields_set(&fields, KEY_NT);
	send_order(E, "192.0.2.2:40001", &fields);
	ck_assert(path_of(B)->has_nat);
	pass(10000);
	fields = (struct fields){.session = {9}};
	fields_set(&fields, KEY_SI);
	send_order(E, "192.0.2.2:40001", &fields);
	ck_assert_uint_eq(B->peer->path_count, 1);
	ck_assert(!path_of(B)->has_nat);
}
END_TEST

START_TEST(family_is_that_of_the_socket)
{
	struct fields fields = {.session = {8}};
	struct endpoint given = at("[2001:db8::d]:2425");
	enum reason reason;

	fields_set(&fields, KEY_SI);
	send_order(E, "[2001:db8::d]:2425", &fields);
	ck_assert_uint_eq(B->peer->path_count, 0);
	ck_assert_uint_eq(peer_count(B->peer, PEER_DROPPED_ADDRESS), 1);
	ck_assert_uint_eq(
	    peer_ask(B->peer, "dave@sales", &given, now, wall(), &B->batch, &reason), 0);
	ck_assert_int_eq(reason, REASON_BAD_ADDRESS);
}
END_TEST

/* As if B were registered with a second supernode, and with both over IPv6. */
static void have_two_supernodes(void)
{
	static const char *const where[] = {E, E2, E6, "[2001:db8::2]:2425"};
	struct uplink *uplinks = B->peer->uplinks;

	for (size_t i = 0; i < 4; i++) {
		uplinks[i] = uplinks[0];
		uplinks[i].family = i < 2 ? FAMILY_IP4 : FAMILY_IP6;
		uplinks[i].addresses[0] = at(where[i]);
	}
	B->peer->uplink_count = 4;
	peer_use_ip6(B->peer, LOCAL_IP6);
}

/* Without a key somebody is who he is called, at one supernode. */
START_TEST(names_of_two_supernodes_are_two)
{
	struct fields fields = {.session = {8}, .asker = span_text("carol@sales")};

	have_two_supernodes();
	fields_set(&fields, KEY_SI);
	fields_set(&fields, KEY_AN);
	send_order(E, "192.0.2.77:7777", &fields);
	fields.session[0] = 9;
	send_order(_i == 0 ? E6 : "[2001:db8::2]:2425", "[2001:db8::77]:7777", &fields);
	ck_assert_uint_eq(peer_count(B->peer, PEER_ORDERS), 2);
	ck_assert_uint_eq(B->peer->path_count, _i == 0 ? 1 : 2);
}
END_TEST

/* A seed that never answers is not waited for without end; it may ask again. */
START_TEST(seed_is_waited_for_so_long)
{
	struct fields fields = {0};

	send_order(E, "192.0.2.77:7777", &fields);
	pass(100000);
	ck_assert(path_is_tried(path_of(B)));
	send_order(E, "192.0.2.77:7777", &fields);
	pass(180000);
	ck_assert(path_is_tried(path_of(B)));
	ck_assert(paths_use(B->peer, 0));
	pass(15000);
	ck_assert(!path_is_tried(path_of(B)));
	ck_assert(!paths_use(B->peer, 0));
	send_order(E, "192.0.2.77:7777", &fields);
	ck_assert(path_is_tried(path_of(B)));
	ck_assert_uint_eq(B->peer->path_count, 1);
}
END_TEST

START_TEST(pair_with_both_families)
{
	both_have_ip6();
	ck_assert_uint_eq(B->peer->uplinks[1].state, SUPERNODE_REGISTERED);
	ip6_cut = _i == 1;
	outside_cut = _i == 2;
	ask(B, "dave");
	pass(3000);
	ck_assert(leads_to(B, _i == 1 ? "192.0.2.2:40001" : "[2001:db8::d]:2425"));
	ck_assert(leads_to(D, _i == 1 ? OUTSIDE : "[2001:db8::b]:2425"));
	ck_assert_uint_eq(B->peer->path_count, 1);
	ck_assert_uint_eq(D->peer->path_count, 1);
	ck_assert_uint_eq(path_of(B)->local, _i == 1 ? 0 : LOCAL_IP6);
	talk(5);
	/* and for long */
	pass(300000);
	ck_assert_int_eq(path_of(B)->state, PATH_OPEN);
	ck_assert_int_eq(path_of(D)->state, PATH_OPEN);
	talk(5);
}
END_TEST

/* One family after the other: neither loses what is on its way. */
START_TEST(families_change_places)
{
	both_have_ip6();
	ip6_cut = true;
	ask(B, "dave");
	pass(500);
	ck_assert(leads_to(B, "192.0.2.2:40001"));
	ip6_cut = false;
	talk(50);
	ck_assert(leads_to(B, "[2001:db8::d]:2425"));
	ip6_cut = true;
	pass(35000);
	ck_assert_int_eq(path_of(B)->state, PATH_OPEN);
	ck_assert(leads_to(B, "192.0.2.2:40001"));
	talk(5);
}
END_TEST

/* It is told late, when the path is open over the other: then it is the better one still. */
START_TEST(family_told_late)
{
	both_have_ip6();
	hold("[2001:db8::b]:2425", CMD_ANSPUNCHING, true);
	ask(B, "dave");
	pass(100);
	ck_assert(leads_to(B, "192.0.2.2:40001"));
	ck_assert_uint_gt(held.len, 0);
	deliver(B, &held.from, held.data, held.len);
	pass(2000);
	ck_assert(leads_to(B, "[2001:db8::d]:2425"));
	ck_assert(leads_to(D, "[2001:db8::b]:2425"));
	ck_assert_uint_eq(D->peer->path_count, 1);
	talk(3);
}
END_TEST

/* B alone has IPv6: there the name is not known, and over IPv4 it is. */
START_TEST(told_over_one_family)
{
	peer_free(B->peer);
	nodes[0].sockets[LOCAL_IP6] = at(E6);
	make_peer(1, OUTSIDE, "bob");
	use_ip6(1, "[2001:db8::b]:2425");
	start(1);
	pass(3000);
	ck_assert_int_eq(B->peer->uplinks[1].state, SUPERNODE_REGISTERED);
	ask(B, "dave");
	pass(500);
	ck_assert(leads_to(B, "192.0.2.2:40001"));
	ask(B, "nobody");
	pass(500);
	ck_assert_int_eq(B->reason, REASON_UNKNOWN_NAME);
}
END_TEST

/* A router in front of B leads what comes from that socket astray, one way or the other. */
static void pin_b(void)
{
	dead_from = B->at;
	dead_to = B->at;
}

START_TEST(person_begins_on_a_fresh_socket)
{
	B->gives_sockets = true;
	pin_b();
	ask(B, "dave");
	pass(5000);
	ck_assert_int_eq(B->reason, REASON_NO_ANSWER);
	ck_assert_uint_eq(B->peer->sockets.fresh, 0);
	ask(B, "dave");
	pass(500);
	ck_assert_uint_ne(B->peer->sockets.fresh, 0);
	ck_assert_int_eq(path_of(B)->state, PATH_OPEN);
	ck_assert_uint_gt(path_of(B)->local, LOCAL_IP6);
	ck_assert_uint_ne(path_of(D)->remote.port, B->at.port);
	talk(3);
	pass(60000);
	ck_assert_int_eq(path_of(B)->state, PATH_OPEN);
	/* the other finds us there now */
	path_close(&(struct turn){.peer = D->peer, .out = &D->batch, .now = now}, path_of(D));
	D->path_state = PATH_IDLE;
	ask(D, "bob");
	pass(500);
	ck_assert_int_eq(D->path_state, PATH_OPEN);
}
END_TEST

/* What is open goes on where it is, whatever begins elsewhere. */
START_TEST(open_paths_stay_on_their_socket)
{
	struct turn turn = {.peer = B->peer, .out = &B->batch, .now = now, .wall = wall()};

	B->gives_sockets = true;
	ask(B, "dave");
	pass(5000);
	ck_assert(sockets_renew(&turn));
	pass(1000);
	ck_assert_uint_ne(socket_current(B->peer, FAMILY_IP4), 0);
	talk(3);
	pass(60000);
	talk(3);
	ck_assert_uint_eq(path_of(B)->local, 0);
	ck_assert(endpoint_equal(&path_of(D)->remote, &B->at));
	ck_assert_uint_eq(D->steps[STEP_OPEN], 1);
}
END_TEST

/* With no further socket the one in use has to do. */
START_TEST(no_fresh_socket_to_be_had)
{
	pin_b();
	ask(B, "dave");
	pass(5000);
	pin_b();
	dead_from = dead_to = (struct endpoint){0};
	ask(B, "dave");
	pass(500);
	ck_assert_int_eq(path_of(B)->state, PATH_OPEN);
	ck_assert_uint_eq(path_of(B)->local, 0);
}
END_TEST

START_TEST(lost_path_heals_on_a_fresh_socket)
{
	B->gives_sockets = D->gives_sockets = true;
	ask(B, "dave");
	pass(5000);
	ck_assert_int_eq(path_of(B)->state, PATH_OPEN);
	int64_t broken = now;

	pin_b();
	while (now - broken < 60000 && !(path_of(B)->state == PATH_OPEN && path_of(B)->local != 0))
		pass(100);
	/* an interval at its longest, the keepalive's repeats, and an introduction */
	ck_assert_int_le(now - broken, 26000 + 7000 + 1000);
	pass(10000);
	ck_assert_int_eq(path_of(D)->state, PATH_OPEN);
	talk(3);
	/* what is not used any more is not kept */
	pass(300000);
	ck_assert_uint_eq(B->sockets[LOCAL_IP6 + 2].family, FAMILY_NONE);
	talk(3);
}
END_TEST

/* However often paths are lost over it. */
START_TEST(a_dead_line_takes_one_fresh_socket)
{
	struct turn turn = {.peer = B->peer, .out = &B->batch};

	B->gives_sockets = true;
	ask(B, "dave");
	pass(5000);
	unsigned first = B->peer->sockets.last_id;

	B->cut = true;
	for (int i = 0; i < 20; i++) {
		turn.now = now;
		turn.wall = wall();
		sockets_renew(&turn);
		pass(16000);
	}
	ck_assert_uint_eq(B->peer->sockets.last_id, first + 1);
	B->cut = false;
	pass(60000);
	turn.now = now;
	turn.wall = wall();
	ck_assert(sockets_renew(&turn));
	ck_assert_uint_eq(B->peer->sockets.last_id, first + 2);
}
END_TEST

/* Nobody asks: the pair rests, and then goes on where it was. */
START_TEST(automatic_attempts_rest)
{
	ask(B, "dave");
	pass(5000);
	D->cut = true;
	for (int i = 0; i < 400 && path_of(B)->state != PATH_FAILED; i++)
		pass(100);
	ck_assert_int_eq(path_of(B)->state, PATH_FAILED);
	unsigned fresh = B->peer->sockets.fresh;

	watch_for("192.0.2.2:40001");
	pass(185000);
	ck_assert_uint_eq(watched_count + watched_openers, 0);
	D->cut = false;
	pass(35000);
	ck_assert_uint_eq(B->peer->sockets.fresh, fresh);
	ck_assert_int_eq(path_of(B)->state, PATH_OPEN);
}
END_TEST

/* Two paths that were open lead to one endpoint: what fails there rests for both. */
START_TEST(paths_to_one_endpoint_rest_together)
{
	struct turn turn = {.peer = B->peer, .out = &B->batch, .wall = wall()};

	ask(B, "dave");
	pass(5000);
	turn.now = now;
	struct path *path = path_of(B), *other = path_new(&turn), *elsewhere = path_new(&turn);

	other->state = elsewhere->state = PATH_FAILED;
	other->tried = path->tried;
	elsewhere->tried = at("192.0.2.77:40001");
	other->retry_due = elsewhere->retry_due = now + 22000;
	path_fail(&turn, path, REASON_NO_ANSWER);
	ck_assert_int_eq(path->retry_due, now + B->peer->settings.rest);
	ck_assert_int_eq(other->retry_due, path->retry_due);
	ck_assert_int_eq(elsewhere->retry_due, now + 22000);
}
END_TEST

START_TEST(hopeless_pairs_end_at_once)
{
	both_have_nats((struct nat_class){.mapping = NAT_MAPPING_AP},
	    (struct nat_class){.mapping = NAT_MAPPING_AD});
	watch_for("192.0.2.2:40001");
	hold("192.0.2.2:40001", CMD_ORDERPUNCHING, false);
	ask(B, "dave");
	pass(60);
	ck_assert_int_eq(path_of(B)->state, PATH_FAILED);
	ck_assert_int_eq(path_of(B)->reason, REASON_NAT);
	pass(8000);
	ck_assert_uint_eq(watched_count + watched_openers, 0);
	/* on the other side it is one failure, though the order may come several times */
	ck_assert_uint_gt(held.len, 0);
	deliver(D, &held.from, held.data, held.len);
	ck_assert_uint_eq(D->peer->path_count, 1);
	ck_assert_int_eq(path_of(D)->reason, REASON_NAT);
	ck_assert_int_eq(shown(B, "192.0.2.2:40001").state, CANDIDATE_UNHEARD);
	/* what was found long ago may be so no more */
	B->peer->natview.found.since -= 600000;
	ask(B, "dave");
	pass(60);
	ck_assert_int_eq(path_of(B)->state, PATH_PUNCHING);
	pass(8000);
	ck_assert_uint_gt(watched_count, 0);
	/* the router is another one */
	both_have_nats((struct nat_class){.mapping = NAT_MAPPING_EI}, (struct nat_class){0});
	ask(B, "dave");
	pass(500);
	ck_assert_int_eq(path_of(B)->state, PATH_OPEN);
}
END_TEST

/* Behind one NAT of that kind they meet inside. */
START_TEST(hopeless_outside_only)
{
	share_a_nat();
	outside_cut = true;
	both_have_nats((struct nat_class){.mapping = NAT_MAPPING_AP},
	    (struct nat_class){.mapping = NAT_MAPPING_AP});
	ask(B, "dave");
	pass(1000);
	ck_assert(leads_to(B, INSIDE_D));
}
END_TEST

/* A router with open input must send first. */
START_TEST(holds_for_an_open_router)
{
	both_have_nats((struct nat_class){.mapping = NAT_MAPPING_EI},
	    (struct nat_class){.mapping = NAT_MAPPING_EI, .open = true});
	int64_t asked = now;

	D->cut = true;
	watch_for("192.0.2.2:40001");
	ask(B, "dave");
	pass(1000);
	ck_assert_uint_eq(watched_openers, 1);
	ck_assert_int_ge(watched_first - asked, 250);
	D->cut = false;
	pass(500);
	ck_assert_int_eq(path_of(B)->state, PATH_OPEN);
}
END_TEST

/* The host has moved, as far as it knows: the path may be there all the same. */
START_TEST(doubt_does_not_break_a_path)
{
	ask(B, "dave");
	pass(5000);
	unsigned told = B->steps[STEP_OPEN];

	nodes[0].cut = _i == 1;
	peer_moved(B->peer, now, wall(), &B->batch);
	ck_assert_int_eq(path_of(B)->state, PATH_OPEN);
	for (int i = 0; i < 150; i++) {
		pass(100);
		ck_assert_int_eq(path_of(B)->state, PATH_OPEN);
		ck_assert_int_eq(path_of(D)->state, PATH_OPEN);
	}
	ck_assert_uint_eq(B->steps[STEP_OPEN], told);
	talk(3);
}
END_TEST

/* What gets lost, or the other's being away, is soon doubted, and asked for once. */
START_TEST(unanswered_keepalive_is_doubted)
{
	ask(B, "dave");
	pass(5000);
	unsigned asked = B->steps[STEP_ASKED];

	D->cut = true;
	path_check(&(struct turn){.peer = B->peer, .out = &B->batch, .now = now}, path_of(B));
	pass(2000);
	ck_assert_uint_eq(B->steps[STEP_ASKED], asked);
	pass(500);
	ck_assert_uint_eq(B->steps[STEP_ASKED], asked + 1);
	ck_assert_int_eq(path_of(B)->state, PATH_OPEN);
	D->cut = false;
	pass(2000);
	ck_assert_int_eq(path_of(B)->ask_due, DEADLINE_NEVER);
	ck_assert_int_eq(path_of(B)->state, PATH_OPEN);
	ck_assert_uint_eq(B->steps[STEP_ASKED], asked + 1);
	talk(3);
}
END_TEST

/*
 * A router with open input keeps what it took in by mistake, so the same socket does not lead out by
 * the right port: by one's own doubt (0), and at once when the other asks anew (1).
 */
START_TEST(open_input_is_left_by_a_fresh_socket)
{
	const int64_t within = _i == 0 ? 3000 : 500;

	B->gives_sockets = true;
	both_have_nats((struct nat_class){.mapping = NAT_MAPPING_EI, .open = true},
	    (struct nat_class){.mapping = NAT_MAPPING_EI});
	ask(B, "dave");
	pass(5000);
	ck_assert_uint_eq(B->peer->sockets.fresh, 0);
	pin_b();
	if (_i == 0) {
		path_check(&(struct turn){.peer = B->peer, .out = &B->batch, .now = now},
		    path_of(B));
	} else {
		struct turn turn = {.peer = B->peer, .out = &B->batch, .now = now, .wall = wall()};

		/* something came a moment ago */
		path_of(B)->heard = now - 1000;
		path_redoubt(&turn, path_of(B));
		ck_assert(!sockets_renewing(B->peer));
		path_of(B)->heard = now - 3000;
		path_redoubt(&turn, path_of(B));
	}
	batch_flush(&B->batch);
	pass(within);
	ck_assert_int_eq(path_of(B)->state, PATH_OPEN);
	ck_assert_uint_gt(path_of(B)->local, LOCAL_IP6);
	talk(3);
}
END_TEST

/* It has moved indeed. What it sends goes on at once, what is sent to it after an introduction. */
START_TEST(moved_host_is_found_again)
{
	ask(B, "dave");
	pass(5000);
	B->at = at("203.0.113.50:6000");
	if (_i == 1)
		dead_from = B->at; /* D's router lets nobody in that it did not write to */
	peer_moved(B->peer, now, wall(), &B->batch);
	batch_flush(&B->batch);
	pass(1000);
	dead_from = (struct endpoint){0};
	pass(1000);
	ck_assert_int_eq(path_of(B)->state, PATH_OPEN);
	ck_assert(leads_to(D, "203.0.113.50:6000"));
	talk(5);
	ck_assert_uint_eq(D->peer->path_count, 1);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("peer_candidates");
	TCase *tcase = tcase_create("candidates");

	tcase_add_checked_fixture(tcase, begin, end);
	tcase_add_test(tcase, peers_behind_one_nat);
	tcase_add_test(tcase, local_candidates_are_few);
	tcase_add_test(tcase, better_one_takes_over);
	tcase_add_test(tcase, old_one_still_belongs_to_the_path);
	tcase_add_test(tcase, heard_is_not_answered);
	tcase_add_test(tcase, another_one_is_at_hand);
	tcase_add_test(tcase, forged_sources_get_little);
	tcase_add_test(tcase, own_words_are_nobody_elses);
	tcase_add_test(tcase, forged_sources_get_no_keepalives);
	tcase_add_loop_test(tcase, forged_answers_prove_nothing, 0, 4);
	tcase_add_test(tcase, better_one_leads_one_way);
	tcase_add_test(tcase, better_one_comes_back);
	tcase_add_loop_test(tcase, hopeless_family_waits_for_the_other, 0, 4);
	tcase_add_test(tcase, sealed_packets_overtake_each_other);
	tcase_add_loop_test(tcase, early_attempts_need_a_fresh_socket, 0, 2);
	tcase_add_test(tcase, lan_is_no_reason_for_a_fresh_socket);
	tcase_add_test(tcase, nat_is_of_the_last_introduction);
	tcase_add_test(tcase, family_is_that_of_the_socket);
	tcase_add_loop_test(tcase, names_of_two_supernodes_are_two, 0, 2);
	tcase_add_test(tcase, seed_is_waited_for_so_long);
	tcase_add_loop_test(tcase, pair_with_both_families, 0, 3);
	tcase_add_test(tcase, families_change_places);
	tcase_add_test(tcase, family_told_late);
	tcase_add_test(tcase, told_over_one_family);
	tcase_add_test(tcase, person_begins_on_a_fresh_socket);
	tcase_add_test(tcase, open_paths_stay_on_their_socket);
	tcase_add_test(tcase, no_fresh_socket_to_be_had);
	tcase_add_test(tcase, lost_path_heals_on_a_fresh_socket);
	tcase_add_test(tcase, a_dead_line_takes_one_fresh_socket);
	tcase_add_test(tcase, automatic_attempts_rest);
	tcase_add_test(tcase, paths_to_one_endpoint_rest_together);
	tcase_add_test(tcase, hopeless_pairs_end_at_once);
	tcase_add_test(tcase, hopeless_outside_only);
	tcase_add_test(tcase, holds_for_an_open_router);
	tcase_add_loop_test(tcase, doubt_does_not_break_a_path, 0, 2);
	tcase_add_test(tcase, unanswered_keepalive_is_doubted);
	tcase_add_loop_test(tcase, open_input_is_left_by_a_fresh_socket, 0, 2);
	tcase_add_loop_test(tcase, moved_host_is_found_again, 0, 2);
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
