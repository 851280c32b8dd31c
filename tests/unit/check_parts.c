/*
 * Messages in parts: whole and once over lines that lose, reorder and double,
 * nothing of strangers, and bounds that hold.
 */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "peer_fixture.h"

#define BOB 101 /* the first bytes of keys */
#define DAVE 102

static struct rng rng;
static unsigned loss, doubled, reordered; /* of parts and their confirmations, in percent */
static unsigned receipts_lost;		  /* so many of the next */
static unsigned part_count, ack_count;
static size_t longest;
static struct flying held;
static bool has_held;
static struct flying first_part, last_part;
static char *expected;
static unsigned whole; /* times that it came, byte for byte */

static void count_text(struct node *node, const char *text)
{
	if (node == D && expected != NULL && strcmp(text, expected) == 0)
		whole++;
}

static bool chance(unsigned percent)
{
	return percent > 0 && rng_below(&rng, 100) < percent;
}

static void arrive(const struct flying *f)
{
	struct node *to = endpoint_equal(&f->to, &B->at) ? B : D;

	deliver(to, &f->from, f->data, f->len);
}

/* One is kept back until the next has passed. */
static bool reorder(struct flying *f)
{
	if (has_held) {
		arrive(f);
		arrive(&held);
		has_held = false;
		return false;
	}
	if (!chance(reordered))
		return true;
	held = *f;
	has_held = true;
	return false;
}

static bool bad_line(struct flying *f)
{
	struct packet packet;
	enum command command;

	ck_assert(packet_parse(&packet, span_of(f->data, f->len)) == PACKET_OK);
	command = packet_command(&packet);
	if (f->len > longest)
		longest = f->len;
	if (command == CMD_RECVMSG && receipts_lost > 0) {
		receipts_lost--;
		return false;
	}
	if (command != CMD_SENDPART && command != CMD_ACKPART)
		return true;
	if (command == CMD_SENDPART) {
		part_count++;
		last_part = *f;
	} else {
		ack_count++;
	}
	if (chance(loss))
		return false;
	if (chance(doubled))
		arrive(f);
	return reorder(f);
}

/* Text of that many bytes: letters, ':', LF, kana and emoji, a different one for each `seed`. */
static char *text_of(size_t len, unsigned seed)
{
	static const char *const pieces[] = {"a", ":", "\n", "\xe3\x82\xa2", "\xf0\x9f\x98\x80", "0",
	    " ", "\xe8\xa1\xa8"};
	char *text = malloc(len + 1);
	struct rng own;
	size_t used = 0;

	ck_assert_ptr_nonnull(text);
	rng_init(&own, (uint8_t[RNG_SEED_BYTES]){(uint8_t)seed, 't'});
	while (used < len) {
		const char *piece = pieces[rng_below(&own, 8)];
		size_t step = strlen(piece);

		if (used + step > len)
			piece = "x", step = 1;
		memcpy(text + used, piece, step);
		used += step;
	}
	text[len] = '\0';
	return text;
}

static void open_path(void)
{
	ask(B, "dave@sales");
	pass(3000);
	ck_assert_uint_eq(B->path_state, PATH_OPEN);
	ck_assert_uint_eq(D->path_state, PATH_OPEN);
	loss = doubled = reordered = receipts_lost = part_count = ack_count = 0;
	longest = 0;
	has_held = false;
	whole = 0;
	rng_init(&rng, (uint8_t[RNG_SEED_BYTES]){7});
	on_air = bad_line;
	on_text = count_text;
}

static void setup_keyed(void)
{
	now = 1000000;
	on_air = NULL;
	on_send = NULL;
	nodes[0].at = at(E);
	make_super(0, 1);
	make_keyed_peer(1, "192.0.2.1:2425", "bob", BOB);
	make_keyed_peer(2, "192.0.2.2:40001", "dave", DAVE);
	start(1);
	start(2);
	pass(3000);
}

static void set_up(int keyed)
{
	if (keyed)
		setup_keyed();
	else
		setup();
	for (int i = 1; i < 3; i++)
		nodes[i].received = 0;
	open_path();
	if (keyed)
		ck_assert(path_by_name(B->peer, "dave@sales")->has_identity);
}

static void tear_down(void)
{
	free(expected);
	expected = NULL;
	teardown();
}

static uint32_t path_id(const struct node *node, const char *name)
{
	const struct path *path = path_by_name(node->peer, name);

	ck_assert_ptr_nonnull(path);
	return path->id;
}

static const struct part_sending *sending(void)
{
	return B->peer->parts.sendings[PART_SENDINGS_MAX - 1];
}

static unsigned assemblies(void)
{
	unsigned count = 0;

	for (size_t i = 0; i < PART_ASSEMBLIES_MAX; i++)
		count += D->peer->parts.assemblies[i].path != 0;
	return count;
}

static unsigned sendings(void)
{
	unsigned count = 0;

	for (size_t i = 0; i < PART_SENDINGS_MAX; i++)
		count += B->peer->parts.sendings[i] != NULL;
	return count;
}

static void send_one(size_t len)
{
	free(expected);
	expected = text_of(len, (unsigned)len);
	ck_assert_uint_ne(say(B, "dave@sales", expected), 0);
}

static void check_delivered(void)
{
	ck_assert_uint_eq(B->message_state, MESSAGE_DELIVERED);
	ck_assert_uint_eq(whole, 1);
	ck_assert_uint_le(longest, MESSAGE_BYTES_MAX);
	ck_assert_ptr_null(sending());
}

START_TEST(arrives_whole)
{
	set_up(_i);
	send_one(TEXT_MAX);
	pass(1000);
	check_delivered();
	/* nothing twice where nothing gets lost, and few confirmations */
	ck_assert_uint_lt(part_count, TEXT_MAX / 1000 + 10);
	ck_assert_uint_lt(ack_count, part_count / 3);
	tear_down();
}
END_TEST

/* Whatever the length, near that of one datagram too. */
START_TEST(any_length)
{
	static const size_t lengths[] = {1, 1100, 1130, 1140, 1150, 1151, 1152, 1153, 1154, 1155, 1160,
	    1170, 1180, 1190, 1200, 1250, 1300, 2200, 5000, 32000, 100000};

	set_up(1);
	for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
		whole = 0;
		send_one(lengths[i]);
		pass(1000);
		check_delivered();
	}
	tear_down();
}
END_TEST

START_TEST(over_a_bad_line)
{
	set_up(_i);
	loss = 20;
	doubled = 10;
	reordered = 20;
	send_one(300000);
	pass(30000);
	check_delivered();
	ck_assert_uint_lt(part_count, 2 * 300000 / 1000);
	tear_down();
}
END_TEST

START_TEST(receipt_lost)
{
	set_up(1);
	receipts_lost = 3;
	send_one(50000);
	pass(15000);
	check_delivered();
	ck_assert_uint_eq(D->received, 1);
	tear_down();
}
END_TEST

/* It cannot be kept for a while: not confirmed before, and not sent anew for that. */
START_TEST(refused_at_first)
{
	set_up(0);
	D->refuses = true;
	send_one(50000);
	pass(3000);
	ck_assert_uint_eq(B->message_state, MESSAGE_SENT);
	D->refuses = false;
	whole = 0;
	pass(10000);
	check_delivered();
	ck_assert_uint_lt(part_count, 60);
	tear_down();
}
END_TEST

static unsigned few_parts;
static bool cut_after_few(struct flying *f)
{
	struct packet packet;

	ck_assert(packet_parse(&packet, span_of(f->data, f->len)) == PACKET_OK);
	if (packet_command(&packet) != CMD_SENDPART)
		return true;
	last_part = *f;
	if (memmem(f->data, f->len, "\nPT:0,", 6) != NULL)
		first_part = *f;
	return few_parts > 0 && few_parts-- > 0;
}

/* Sends one of which only so many parts come. */
static void send_some(size_t len, unsigned parts)
{
	on_air = cut_after_few;
	few_parts = parts;
	send_one(len);
	pass(10);
	on_air = bad_line;
}

START_TEST(other_side_forgets)
{
	set_up(1);
	send_some(100000, 20);
	ck_assert_uint_eq(assemblies(), 1);
	parts_path_gone(D->peer, path_id(D, "bob@sales"));
	ck_assert_uint_eq(assemblies(), 0);
	pass(10000);
	check_delivered();
	tear_down();
}
END_TEST

/* The sender begins the same message anew, as after a restart: what is there is not sent again. */
START_TEST(sender_begins_anew)
{
	struct turn turn;
	uint64_t message;
	uint32_t number, word;

	set_up(1);
	send_some(100000, 60);
	message = sending()->message;
	number = sending()->number;
	word = sending()->word;
	parts_end(B->peer, message);
	turn = turn_at(B->peer, now, wall(), &B->batch);
	ck_assert(parts_take_freed(&B->peer->parts));
	ck_assert_int_eq(parts_begin(&turn, path_by_name(B->peer, "dave@sales"), message, number,
			     word, expected),
	    PARTS_BEGUN);
	batch_flush(&B->batch);
	part_count = 0;
	pass(10000);
	check_delivered();
	ck_assert_uint_lt(part_count, 60);
	tear_down();
}
END_TEST

START_TEST(gives_up)
{
	uint32_t steps;

	set_up(0);
	loss = 100;
	send_one(100000);
	pass(1000);
	ck_assert_ptr_nonnull(sending());
	ck_assert_uint_eq(B->message_state, MESSAGE_SENT);
	steps = part_count;
	/* the path itself is well, so only this ends */
	pass(25000);
	ck_assert_ptr_null(sending());
	ck_assert_uint_ne(B->message_state, MESSAGE_DELIVERED);
	ck_assert_uint_ne(B->message_state, MESSAGE_SENT);
	ck_assert_uint_eq(B->reason, REASON_NOT_CONFIRMED);
	ck_assert_uint_lt(part_count - steps, 40);
	tear_down();
}
END_TEST

/* Small ones do not wait for it, a second large one does. */
START_TEST(small_ones_go_by)
{
	char *second = text_of(20000, 1);

	set_up(1);
	send_some(100000, 20);
	loss = 100;
	ck_assert_uint_ne(say(B, "dave@sales", "hello"), 0);
	ck_assert_uint_ne(say(B, "dave@sales", second), 0);
	pass(100);
	ck_assert_str_eq(D->text, "hello");
	ck_assert_uint_eq(sendings(), 1);
	loss = 0;
	pass(10000);
	ck_assert_uint_eq(whole, 1);
	ck_assert_uint_eq(D->received, 3);
	free(second);
	tear_down();
}
END_TEST

static uint64_t dropped(enum peer_counter counter)
{
	return peer_count(D->peer, counter);
}

/* Hands D the first part that B sent, changed in one place. */
static void change_first(const char *from, const char *to)
{
	struct flying f = first_part;
	unsigned char *where = memmem(f.data, f.len, from, strlen(from));

	ck_assert_ptr_nonnull(where);
	ck_assert_uint_eq(strlen(from), strlen(to));
	memcpy(where, to, strlen(to));
	arrive(&f);
}

START_TEST(of_somebody_else)
{
	uint64_t before;
	struct flying f;

	set_up(_i);
	send_some(100000, 0);
	ck_assert_uint_eq(assemblies(), 0);
	/* from another address */
	before = dropped(PEER_DROPPED_FORGED);
	f = last_part;
	f.from = at("203.0.113.66:666");
	arrive(&f);
	ck_assert_uint_eq(dropped(PEER_DROPPED_FORGED), before + 1);
	/* of another session */
	f = last_part;
	unsigned char *session = memmem(f.data, f.len, "\nSI:", 4);

	session[4] = session[4] == 'A' ? 'B' : 'A';
	arrive(&f);
	ck_assert_uint_eq(dropped(PEER_DROPPED_FORGED), before + 2);
	ck_assert_uint_eq(assemblies(), 0);
	/* what has another content is not of who has the key */
	f = last_part;
	f.data[f.len / 2] ^= 1;
	arrive(&f);
	ck_assert_uint_eq(dropped(PEER_DROPPED_FORGED), before + (_i ? 3 : 2));
	ck_assert_uint_eq(assemblies(), _i ? 0 : 1);
	tear_down();
}
END_TEST

START_TEST(contradictions)
{
	uint64_t before;

	set_up(0);
	send_some(5000, 1);
	ck_assert_uint_eq(assemblies(), 1);
	before = dropped(PEER_DROPPED_VOID);
	change_first(",5000,", ",5001,");
	change_first(":bob:", ":eve:");
	change_first(",8388896", ",8389408");
	change_first(",5,5000", ",9,9000");
	ck_assert_uint_eq(dropped(PEER_DROPPED_VOID), before + 4);
	pass(5000);
	check_delivered();
	tear_down();
}
END_TEST

/* A part of a message that is never finished. */
static void begin_one(uint32_t number, uint32_t bytes, unsigned parts)
{
	const struct path *path = path_by_name(B->peer, "dave@sales");
	unsigned char buf[1400];
	char chunk[1000];
	struct writer w = writer_on(buf, sizeof buf);
	struct fields fields = {.part = {0, parts, bytes, CMD_SENDMSG | OPT_SENDCHECK}};

	memset(chunk, 'c', sizeof chunk);
	fields_set(&fields, KEY_SI);
	memcpy(fields.session, path->session, SESSION_BYTES);
	fields_set(&fields, KEY_PT);
	part_write(&w, number, &B->peer->identity, &fields, span_of(chunk, sizeof chunk));
	deliver(D, &B->at, buf, w.len);
}

START_TEST(bounds)
{
	set_up(0);
	begin_one(1, TEXT_MAX + 1, 1049);
	ck_assert_uint_eq(assemblies(), 0);
	begin_one(1, TEXT_MAX, 1049);
	begin_one(2, 5000, 5);
	begin_one(3, 5000, 5);
	ck_assert_uint_eq(assemblies(), PART_ASSEMBLIES_OF_PATH);
	pass(59000);
	begin_one(2, 5000, 5);
	ck_assert_uint_eq(assemblies(), PART_ASSEMBLIES_OF_PATH);
	pass(2000);
	ck_assert_msg(assemblies() == 0, "what came already is nothing new");
	begin_one(3, 5000, 5);
	ck_assert_uint_eq(assemblies(), 1);
	tear_down();
}
END_TEST

/* CR is left out before the length is looked at. */
START_TEST(cr_counts_for_nothing)
{
	static const size_t sizes[] = {600, 1100, 1150, 1180, 1200, 1300, 2400};
	unsigned got;

	set_up(0);
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		char *text = malloc(2 * sizes[i] + 1);

		ck_assert_ptr_nonnull(text);
		for (size_t j = 0; j < sizes[i]; j++)
			memcpy(text + 2 * j, "\r\n", 2);
		text[2 * sizes[i]] = '\0';
		got = D->received;
		ck_assert_uint_ne(say(B, "dave@sales", text), 0);
		free(text);
		pass(3000);
		ck_assert_msg(D->received == got + 1, "%zu lines", sizes[i]);
	}
	tear_down();
}
END_TEST

/* All places are taken by others: what waits begins when one of these ends. */
START_TEST(a_place_that_gets_free)
{
	struct part_sending *other;
	const uint64_t elsewhere = 1000;

	set_up(0);
	for (size_t i = 0; i < PART_SENDINGS_MAX; i++) {
		other = calloc(1, sizeof *other);
		ck_assert_ptr_nonnull(other);
		*other = (struct part_sending){
		    .message = elsewhere + i, .path = 9999, .due = DEADLINE_NEVER};
		B->peer->parts.sendings[i] = other;
	}
	send_one(5000);
	pass(5000);
	ck_assert_uint_eq(whole, 0);
	parts_end(B->peer, elsewhere + 3);
	pass(3000);
	ck_assert_uint_eq(whole, 1);
	tear_down();
}
END_TEST

/* Those that are whole give way, others do not; of eight that are as long as they may be. */
START_TEST(bytes_in_all)
{
	struct part_assembly *all;

	set_up(0);
	all = D->peer->parts.assemblies;
	for (int i = 0; i < 8; i++)
		all[i] = (struct part_assembly){.path = 1000 + i, .number = 1, .total = 2, .bytes = TEXT_MAX,
		    .there = 1, .heard = now, .ack_due = DEADLINE_NEVER};
	begin_one(1, 5000, 5);
	ck_assert_uint_eq(assemblies(), 8);
	all[3].there = 2;
	begin_one(1, 5000, 5);
	ck_assert_uint_eq(assemblies(), 8);
	ck_assert_uint_eq(all[3].path, 0);
	for (int i = 0; i < 16; i++) {
		if (all[i].path == 0)
			all[i] = (struct part_assembly){.path = 1000 + i, .number = 1, .total = 2, .bytes = 2,
			    .heard = now, .ack_due = DEADLINE_NEVER};
	}
	begin_one(2, 5000, 5);
	ck_assert_uint_eq(assemblies(), PART_ASSEMBLIES_MAX);
	tear_down();
}
END_TEST

static struct part_assembly assembly_on(uint32_t path, uint32_t bytes, int64_t progress)
{
	return (struct part_assembly){.path = path, .number = 1, .total = 2, .bytes = bytes,
	    .heard = now, .progress = progress, .ack_due = DEADLINE_NEVER};
}

/* Somebody else whom a person asked for. Returns the id. */
static uint32_t asked_path(void)
{
	struct turn turn = turn_at(D->peer, now, wall(), &D->batch);
	struct path *path = peer_path_for(&turn, "eve@sales");

	ck_assert_ptr_nonnull(path);
	path->asked = true;
	return path->id;
}

/* Whom nobody asked for cannot keep others out. */
START_TEST(unasked_give_way)
{
	struct part_assembly *all;

	set_up(0);
	all = D->peer->parts.assemblies;
	for (int i = 0; i < 8; i++)
		all[i] = assembly_on(1000 + i, TEXT_MAX, now);
	all[2].progress = now - 1000;
	all[5] = assembly_on(asked_path(), TEXT_MAX, now - 2000);
	path_by_name(D->peer, "bob@sales")->asked = true;
	begin_one(1, 5000, 5);
	ck_assert_uint_eq(assemblies(), 8);
	ck_assert_msg(all[2].path == 0, "the slowest, but for the one of whom was asked for, too");
	tear_down();
}
END_TEST

/* Two of one path are more than none. */
START_TEST(who_has_more_gives_way)
{
	struct part_assembly *all;

	set_up(0);
	all = D->peer->parts.assemblies;
	for (int i = 0; i < 8; i++)
		all[i] = assembly_on(1000 + i, TEXT_MAX, now + i);
	begin_one(1, 5000, 5);
	ck_assert_msg(all[0].path != 0 && assemblies() == 8, "each has one: all stay");
	all[6].path = all[3].path;
	begin_one(1, 5000, 5);
	ck_assert_uint_eq(assemblies(), 8);
	ck_assert_msg(all[3].path == 0, "the slower one of the two");
	tear_down();
}
END_TEST

/* What is not enough is not dropped, either. */
START_TEST(nothing_gives_way_in_vain)
{
	struct part_assembly *all;
	uint32_t other;

	set_up(0);
	all = D->peer->parts.assemblies;
	other = asked_path();
	for (int i = 0; i < PART_ASSEMBLIES_MAX; i++)
		all[i] = assembly_on(other, TEXT_MAX / 2, now);
	all[9].path = 1000;
	all[9].there = all[9].total;
	begin_one(1, TEXT_MAX, 1049);
	ck_assert_uint_eq(assemblies(), PART_ASSEMBLIES_MAX);
	ck_assert_uint_eq(all[9].path, 1000);
	begin_one(1, TEXT_MAX / 2, 525);
	ck_assert_uint_eq(assemblies(), PART_ASSEMBLIES_MAX);
	ck_assert_uint_ne(all[9].path, 1000);
	tear_down();
}
END_TEST

START_TEST(limits_are_told)
{
	struct path *path;
	char *text = text_of(2000, 1);

	set_up(0);
	path = path_by_name(B->peer, "dave@sales");
	ck_assert_uint_eq(path->text_max, TEXT_MAX);
	ck_assert_uint_eq(peer_text_max(B->peer, "dave@sales"), TEXT_MAX);
	ck_assert_uint_eq(peer_text_max(B->peer, "nobody"), TEXT_MAX);
	ck_assert_uint_lt(peer_text_max(B->peer, NULL), MESSAGE_BYTES_MAX);
	path->text_max = 1500;
	ck_assert_uint_eq(peer_text_max(B->peer, "dave@sales"), 1500);
	ck_assert_uint_eq(say(B, "dave@sales", text), 0);
	/* one that never told: one datagram */
	path->text_max = 0;
	ck_assert_uint_eq(peer_text_max(B->peer, "dave@sales"), peer_text_max(B->peer, NULL));
	/* nor has it told when it has not answered yet */
	path->answered = false;
	ck_assert_uint_eq(peer_text_max(B->peer, "dave@sales"), TEXT_MAX);
	free(text);
	tear_down();
}
END_TEST

/* A confirmation that is older than the last, or of a table that does not fit, changes nothing. */
START_TEST(odd_confirmations)
{
	const struct path *path;
	struct fields fields = {0};
	uint8_t bits[PART_BITS_BYTES];
	uint32_t there;

	set_up(0);
	send_some(100000, 20);
	path = path_by_name(B->peer, "dave@sales");
	there = sending()->there;
	ck_assert_uint_gt(there, 0);
	ck_assert_uint_ne(sending()->total % 8, 0);
	memset(bits, 0xff, sizeof bits);
	fields_set(&fields, KEY_SI);
	memcpy(fields.session, path->session, SESSION_BYTES);
	for (unsigned i = 0; i < 3; i++) {
		unsigned char buf[1400];
		struct writer w = writer_on(buf, sizeof buf);
		uint32_t number = sending()->last_ack + (i == 0 ? 0 : 1);
		size_t len = part_bits_bytes(sending()->total) + (i == 1);

		/* as it should be, but for its number; of a byte more; with bits behind the last part */
		bits[len - 1] = i == 0 ? (uint8_t)((1u << sending()->total % 8) - 1) : 0xff;
		part_ack_write(&w, number, &D->peer->identity, &fields, sending()->number, bits, len);
		deliver(B, &D->at, buf, w.len);
		ck_assert_uint_eq(sending()->there, there);
	}
	pass(10000);
	check_delivered();
	tear_down();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("parts");
	TCase *tcase = tcase_create("parts");

	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, arrives_whole, 0, 2);
	tcase_add_test(tcase, any_length);
	tcase_add_loop_test(tcase, over_a_bad_line, 0, 2);
	tcase_add_test(tcase, receipt_lost);
	tcase_add_test(tcase, refused_at_first);
	tcase_add_test(tcase, other_side_forgets);
	tcase_add_test(tcase, sender_begins_anew);
	tcase_add_test(tcase, gives_up);
	tcase_add_test(tcase, small_ones_go_by);
	tcase_add_loop_test(tcase, of_somebody_else, 0, 2);
	tcase_add_test(tcase, contradictions);
	tcase_add_test(tcase, bounds);
	tcase_add_test(tcase, bytes_in_all);
	tcase_add_test(tcase, unasked_give_way);
	tcase_add_test(tcase, who_has_more_gives_way);
	tcase_add_test(tcase, nothing_gives_way_in_vain);
	tcase_add_test(tcase, cr_counts_for_nothing);
	tcase_add_test(tcase, a_place_that_gets_free);
	tcase_add_test(tcase, limits_are_told);
	tcase_add_test(tcase, odd_confirmations);
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
