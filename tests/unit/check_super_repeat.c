/*
 * Entries that repeat what was said before, which are not parsed: a supernode
 * that knows them has to do what one does that reads each in full.
 */
#include "unit.h"

#include <sodium.h>
#include <string.h>

#include "super/core.h"
#include "world.h"

#define B "192.0.2.1:40001"
#define D "192.0.2.2:40001"
#define B6 "[2001:db8::1]:40001"

static struct world *knows, *reads;
static struct charset *legacy;

static void setup(void)
{
	knows = world_new();
	reads = world_new();
	world_start(knows);
	world_start(reads);
	legacy = charset_open("CP932");
}

static void teardown(void)
{
	world_free(knows);
	world_free(reads);
	charset_close(legacy);
}

struct packet_bytes {
	size_t len;
	unsigned char data[1000];
};

static struct packet_bytes entry_from(const char *from, const char *group, const char *transaction)
{
	struct identity identity = {from, "host", "nick", group};
	struct fields fields = {.lifetime = 400, .candidate_count = 1,
	    .candidates = {at("10.0.0.1:2425")}, .nat = {NAT_MAPPING_EI, NAT_PORTS_KEEP, false, false}};
	struct endpoint remote = at(from);
	struct packet_bytes packet;
	struct writer w = writer_on(packet.data, sizeof packet.data);

	memcpy(fields.transaction, transaction, TRANSACTION_BYTES);
	fields_set(&fields, KEY_TK);
	fields_set(&fields, KEY_LT);
	fields_set(&fields, KEY_LC);
	fields_set(&fields, KEY_CK);
	fields_set(&fields, KEY_NT);
	cookie_make(&knows->super->cookies, &remote, knows->wall + knows->now / 1000,
	    fields.cookie);
	entry_write(&w, 1234567890, &identity, CMD_BR_ENTRY, legacy, true, &fields);
	ck_assert(!w.full);
	packet.len = w.len;
	return packet;
}

/* Returns whether the one that may know it needed no parsing. */
static bool hand_over(const char *from, const struct packet_bytes *packet)
{
	struct repeat_answer before[2][LIFETIME_STEPS];
	struct repeats *repeats = &knows->super->repeats;
	bool known = false;

	world_clear(knows);
	world_clear(reads);
	/* what comes from a pattern is seen by what is wrong in it */
	memcpy(before, repeats->answers, sizeof before);
	for (int i = 0; i < LIFETIME_STEPS; i++) {
		repeats->answers[0][i].bytes[1] ^= 1;
		repeats->answers[1][i].bytes[1] ^= 1;
	}
	world_receive(knows, from, 3, packet->data, packet->len);
	repeats_forget(&reads->super->repeats);
	world_receive(reads, from, 3, packet->data, packet->len);
	for (int i = 0; i < LIFETIME_STEPS; i++) {
		repeats->answers[0][i].bytes[1] ^= before[0][i].len > 0;
		repeats->answers[1][i].bytes[1] ^= before[1][i].len > 0;
	}
	ck_assert_uint_eq(knows->sent_count, reads->sent_count);
	for (size_t i = 0; i < knows->sent_count; i++) {
		struct sent *a = &knows->sent[i], *b = &reads->sent[i];
		unsigned char *user = memchr(a->data + 2, ':', a->len - 2);

		ck_assert_uint_eq(a->len, b->len);
		if (memcmp(a->data, b->data, a->len) != 0) {
			user[1] ^= 1;
			known = true;
		}
		ck_assert_mem_eq(a->data, b->data, a->len);
		ck_assert(endpoint_equal(&a->to, &b->to));
		ck_assert_uint_eq(a->local, b->local);
	}
	return known;
}

static void assert_same_registrations(void)
{
	const struct registration *a, *b;
	uint32_t i = 0, j = 0;

	do {
		a = super_walk(knows->super, &i);
		b = super_walk(reads->super, &j);
		ck_assert_int_eq(a == NULL, b == NULL);
		if (a == NULL)
			break;
		ck_assert(span_equal(names_bytes(a->names), names_bytes(b->names)));
		ck_assert(endpoint_equal(&a->remote, &b->remote));
		ck_assert_int_eq(a->heard, b->heard);
		ck_assert_uint_eq(a->epoch, b->epoch);
		ck_assert_uint_eq(a->local, b->local);
		ck_assert_uint_eq(registration_lifetime(a), registration_lifetime(b));
	} while (a != NULL);
	ck_assert_mem_eq(&knows->super->counters, &reads->super->counters,
	    sizeof knows->super->counters);
}

static void pass(int64_t ms)
{
	world_pass(knows, ms);
	world_pass(reads, ms);
}

START_TEST(the_third_is_known)
{
	const char *from = _i == 0 ? B : B6;
	struct packet_bytes packet = entry_from(from, "sales", "abcdefgh");
	struct packet_bytes other = entry_from(from, "sales", "ijklmnop");

	ck_assert(!hand_over(from, &packet));
	ck_assert(!hand_over(from, &packet));
	pass(1000);
	ck_assert(hand_over(from, &other));
	ck_assert(hand_over(from, &packet));
	assert_same_registrations();
	/* another number of as many digits */
	memcpy(packet.data + 2, "1234567891", 10);
	ck_assert(hand_over(from, &packet));
	assert_same_registrations();
}
END_TEST

/* Each byte, as what may mean something to some parser. */
START_TEST(any_other_is_read)
{
	static const unsigned char values[] = {'\0', '\n', ':', '0', 'A', '-', 0x80};
	struct packet_bytes packet = entry_from(B, "sales", "abcdefgh"), changed;

	for (size_t i = 0; i < packet.len; i++) {
		hand_over(B, &packet);
		hand_over(B, &packet);
		ck_assert(hand_over(B, &packet));
		changed = packet;
		changed.data[i] = values[_i];
		hand_over(B, &changed);
		assert_same_registrations();
		/* cut off there */
		changed.len = i;
		hand_over(B, &changed);
		pass(10);
	}
	assert_same_registrations();
}
END_TEST

START_TEST(what_came_in_between_counts)
{
	struct packet_bytes packet = entry_from(B, "sales", "abcdefgh");
	struct packet_bytes other = entry_from(B, "lab", "abcdefgh");

	for (int i = 0; i < 3; i++)
		hand_over(B, &packet);
	hand_over(B, &other);
	ck_assert(!hand_over(B, &packet));
	ck_assert(hand_over(B, &packet));
	assert_same_registrations();
}
END_TEST

START_TEST(a_new_configuration_reads_again)
{
	struct packet_bytes packet = entry_from(B, "sales", "abcdefgh");
	struct packet_bytes other = entry_from(D, "lab", "abcdefgh");
	const char *error;

	for (int i = 0; i < 3; i++) {
		hand_over(B, &packet);
		hand_over(D, &other);
	}
	knows->settings.nick[0] ^= 1;
	reads->settings.nick[0] ^= 1;
	ck_assert(super_reconfigure(knows->super, &knows->settings, &error));
	ck_assert(super_reconfigure(reads->super, &reads->settings, &error));
	ck_assert(!hand_over(B, &packet));
	ck_assert(hand_over(B, &packet));
	/* the pattern of its answer is there again, but what it says has not been read */
	ck_assert(!hand_over(D, &other));
	ck_assert(hand_over(D, &other));
}
END_TEST

START_TEST(an_old_cookie_is_renewed)
{
	struct packet_bytes packet = entry_from(B, "sales", "abcdefgh");

	for (int i = 0; i < 3; i++)
		hand_over(B, &packet);
	pass(COOKIE_EPOCH_SECONDS * 1000LL);
	ck_assert(!hand_over(B, &packet));
	ck_assert(memcmp(world_answer(knows, B).cookie, world_answer(reads, B).cookie,
		      COOKIE_BYTES) == 0);
	packet = entry_from(B, "sales", "abcdefgh");
	hand_over(B, &packet);
	ck_assert(hand_over(B, &packet));
	pass(2 * COOKIE_EPOCH_SECONDS * 1000LL);
	ck_assert(!hand_over(B, &packet));
	assert_same_registrations();
}
END_TEST

START_TEST(who_is_banned_meanwhile_is_not_heard)
{
	struct packet_bytes packet = entry_from(B, "sales", "abcdefgh");
	struct ban ban = {0};

	for (int i = 0; i < 3; i++)
		hand_over(B, &packet);
	world_clear(knows);
	ck_assert_ptr_null(whom_parse(&ban.whom, "192.0.2.0/24"));
	/* without what super_ban() does besides: nobody is expelled */
	ck_assert_int_eq(bans_put(&knows->super->bans, &ban), BANS_PUT);
	world_receive(knows, B, 3, packet.data, packet.len);
	ck_assert_uint_eq(knows->sent_count, 0);
	ck_assert_uint_eq(world_counter(knows, COUNT_DROPPED_BANNED), 1);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("super_repeat");
	TCase *tcase = tcase_create("repeat");

	if (sodium_init() < 0)
		return EXIT_FAILURE;
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, the_third_is_known, 0, 2);
	tcase_add_loop_test(tcase, any_other_is_read, 0, 7);
	tcase_add_test(tcase, what_came_in_between_counts);
	tcase_add_test(tcase, a_new_configuration_reads_again);
	tcase_add_test(tcase, an_old_cookie_is_renewed);
	tcase_add_test(tcase, who_is_banned_meanwhile_is_not_heard);
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
