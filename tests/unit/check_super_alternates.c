/*
 * What a supernode does for those who want to know their NATs: how they are
 * seen stands in the challenge, its other endpoints in a grant, and what asks
 * for it is answered from there.
 */
#include "unit.h"

#include <sodium.h>
#include <string.h>

#include "world.h"

#define A "192.0.2.1:2425"
#define A6 "[2001:db8::1]:2425"

/* As the program numbers them: the port for tests is open beside 3 and 5, not beside 4. */
#define MAIN 3
#define BARE 4
#define MAIN6 5
#define OTHER_ADDRESS 9
#define BESIDE 100

static struct world *w;
static struct charset *legacy;

static bool find(void *context, uint16_t local, const struct endpoint *alternate, uint16_t *other)
{
	struct endpoint ours = at("198.51.100.2:2425");

	if (alternate_is_relative(alternate) && (local == MAIN || local == MAIN6)) {
		*other = (uint16_t)(local + BESIDE);
		return true;
	}
	*other = OTHER_ADDRESS;
	return endpoint_equal(alternate, &ours);
}

static void add_alternate(const char *text)
{
	w->settings.alternates[w->settings.alternate_count++] = at(text);
}

static void setup(void)
{
	legacy = charset_open("CP932");
	w = world_new();
	add_alternate("0.0.0.0:2426");
	add_alternate("[::]:2426");
	add_alternate("198.51.100.2:2425");
	add_alternate("198.51.100.3:2425"); /* another host's address, by which a router leads here */
	add_alternate("[2001:db8::2]:2425");
	world_start(w);
	super_use_alternates(w->super, find, NULL);
}

static void teardown(void)
{
	world_free(w);
	charset_close(legacy);
}

/* What `from` gets for an entry with these fields that has been padded to so many bytes. */
static const struct sent *challenge(const char *from, uint16_t local, struct fields fields,
    size_t bytes)
{
	struct identity identity = {"u", "h", "n", ""};
	unsigned char packet[400];
	struct writer w_bare = writer_on(packet, sizeof packet);

	fields_set(&fields, KEY_TK);
	fields_set(&fields, KEY_PD);
	entry_write(&w_bare, 1700000003, &identity, CMD_BR_ENTRY, legacy, true, &fields);
	ck_assert_uint_le(w_bare.len, bytes);
	fields.padding += bytes - w_bare.len;
	struct writer out = writer_on(packet, sizeof packet);

	entry_write(&out, 1700000003, &identity, CMD_BR_ENTRY, legacy, true, &fields);
	ck_assert_uint_eq(out.len, bytes);
	world_clear(w);
	world_receive(w, from, local, packet, out.len);
	ck_assert_uint_le(w->sent_count, 1);
	ck_assert(w->sent_count == 0 || w->sent[0].len <= bytes);
	return world_find(w, from, CMD_ANSENTRY, 0);
}

static struct fields test_from(const char *alternate)
{
	struct fields fields = {.alternate_count = 1, .alternates = {at(alternate)}};

	fields_set(&fields, KEY_AP);
	return fields;
}

static uint32_t registered(void)
{
	struct super_status status;

	super_status(w->super, &status);
	return status.registrations.fresh + status.registrations.stale;
}

#define ENTRY_BYTES 105 /* of one with short names and no padding to speak of */
#define AP_BYTES 13	/* what AP makes it longer at least: an IPv6 one is 118 */

/* From how many bytes on the challenge has that key, for an entry with these fields. */
static size_t first_with(const char *from, struct fields fields, enum block_key key)
{
	size_t least = ENTRY_BYTES + (fields_has(&fields, KEY_AP) ? AP_BYTES : 0);

	for (size_t bytes = least; bytes < 300; bytes++) {
		const struct sent *sent = challenge(from, MAIN, fields, bytes);
		struct fields got = sent != NULL ? sent_fields(sent) : (struct fields){0};
		struct endpoint seen = at(from);

		ck_assert(sent == NULL || fields_has(&got, KEY_CK));
		ck_assert(!fields_has(&got, KEY_OA) || endpoint_equal(&got.observed, &seen));
		if (fields_has(&got, key))
			return bytes;
	}
	ck_abort_msg("%s never comes", block_key_name(key));
	return 0;
}

/* What is asked for comes first, and both together where there is room for both. */
START_TEST(a_challenge_tells_how_it_is_seen)
{
	static const char *const peers[] = {A, A6};
	static const char *const alternates[] = {"0.0.0.0:2426", "[::]:2426"};
	static const size_t observed_bytes[] = {12, 28};
	const size_t identity_bytes = 47;
	struct fields plain = {0}, test = test_from(alternates[_i]);

	w->settings.limits = (struct limits){0};
	world_reconfigure(w);
	size_t bare = first_with(peers[_i], plain, KEY_CK);
	size_t both = bare + observed_bytes[_i] + identity_bytes;

	/* who is here for the first time gets what it always got */
	ck_assert_uint_eq(first_with(peers[_i], plain, KEY_ID), bare + identity_bytes);
	for (size_t bytes = bare; bytes < both + 20; bytes++) {
		struct fields got = sent_fields(challenge(peers[_i], MAIN, plain, bytes));

		ck_assert_int_eq(fields_has(&got, KEY_ID), bytes >= bare + identity_bytes);
		ck_assert_int_eq(fields_has(&got, KEY_OA),
		    bytes >= both ||
			(bytes >= bare + observed_bytes[_i] && bytes < bare + identity_bytes));
	}
	ck_assert_uint_eq(first_with(peers[_i], test, KEY_OA), bare + observed_bytes[_i]);
	ck_assert_uint_eq(first_with(peers[_i], test, KEY_ID), both);
	ck_assert_uint_le(both, TEST_BYTES);
	ck_assert_uint_eq(registered(), 0);
}
END_TEST

/* Its longest number, too. */
START_TEST(the_length_of_a_test_is_enough)
{
	w->wall = 0x7fffffff - w->now / 1000;
	const struct sent *sent = challenge(A6, MAIN6, (struct fields){0}, TEST_BYTES);
	struct fields got = sent_fields(sent);

	ck_assert_uint_ge(sent->len, TEST_BYTES - 8);
	ck_assert(fields_has(&got, KEY_OA));
	ck_assert(fields_has(&got, KEY_ID));
}
END_TEST

static void assert_told(const struct fields *got, const char *first, const char *second,
    const char *third)
{
	const char *const wanted[] = {first, second, third};
	char text[ENDPOINT_TEXT_MAX];
	size_t n = 0;

	for (size_t i = 0; i < 3 && wanted[i] != NULL; i++, n++) {
		ck_assert_uint_gt(got->alternate_count, i);
		ck_assert_str_eq(endpoint_format(&got->alternates[i], text), wanted[i]);
	}
	ck_assert_uint_eq(got->alternate_count, n);
	ck_assert_int_eq(fields_has(got, KEY_AP), n > 0);
}

static struct fields refresh(const char *from, uint16_t local)
{
	struct fields entry = {.transaction = "refresh"};

	world_extended(w, from, local, CMD_BR_ENTRY, "alice", &entry, true);
	return world_answer(w, from);
}

START_TEST(a_grant_tells_the_others_of_its_family)
{
	world_register(w, A, MAIN, "alice");
	struct fields got = world_answer(w, A);

	assert_told(&got, "0.0.0.0:2426", "198.51.100.2:2425", "198.51.100.3:2425");
	world_register(w, A6, MAIN6, "bob");
	got = world_answer(w, A6);
	assert_told(&got, "[::]:2426", "[2001:db8::2]:2425", NULL);
	/* where that port is not open it is not told */
	world_register(w, "192.0.2.7:1", BARE, "carol");
	got = world_answer(w, "192.0.2.7:1");
	assert_told(&got, "198.51.100.2:2425", "198.51.100.3:2425", NULL);
}
END_TEST

START_TEST(a_challenge_and_a_refresh_do_not)
{
	struct fields got = sent_fields(challenge(A, MAIN, (struct fields){0}, 300));

	ck_assert(!fields_has(&got, KEY_AP));
	world_register(w, A, MAIN, "alice");
	for (int i = 0; i < 3; i++) {
		got = refresh(A, MAIN);
		ck_assert(fields_has(&got, KEY_LT));
		assert_told(&got, NULL, NULL, NULL);
	}
	/* but with a new cookie */
	for (int i = 0; i < 10 && got.alternate_count == 0; i++) {
		world_pass(w, 40000);
		got = refresh(A, MAIN);
	}
	assert_told(&got, "0.0.0.0:2426", "198.51.100.2:2425", "198.51.100.3:2425");
}
END_TEST

START_TEST(other_ones_are_told_at_once)
{
	struct fields got;

	world_register(w, A, MAIN, "alice");
	for (int i = 0; i < 3; i++)
		refresh(A, MAIN);
	w->settings.nick[0] ^= 1;
	world_reconfigure(w);
	got = refresh(A, MAIN);
	assert_told(&got, NULL, NULL, NULL);
	w->settings.alternate_count = 3;
	world_reconfigure(w);
	got = refresh(A, MAIN);
	assert_told(&got, "0.0.0.0:2426", "198.51.100.2:2425", NULL);
	got = refresh(A, MAIN);
	assert_told(&got, NULL, NULL, NULL);
	w->settings.alternates[2] = at("198.51.100.4:2425");
	world_reconfigure(w);
	got = refresh(A, MAIN);
	assert_told(&got, "0.0.0.0:2426", "198.51.100.4:2425", NULL);
	w->settings.alternate_count = 0;
	world_reconfigure(w);
	got = refresh(A, MAIN);
	assert_told(&got, NULL, NULL, NULL);
}
END_TEST

static const struct {
	const char *from;
	uint16_t local;
	const char *alternate;
	int answered_at;
} tests[] = {
    {A, MAIN, "0.0.0.0:2426", MAIN + BESIDE},
    {A6, MAIN6, "[::]:2426", MAIN6 + BESIDE},
    {A, MAIN, "198.51.100.2:2425", OTHER_ADDRESS},
    {A, BARE, "198.51.100.2:2425", OTHER_ADDRESS},
    {A, BARE, "0.0.0.0:2426", BARE},
    {A, MAIN, "198.51.100.3:2425", MAIN}, /* not on this host */
    {A, MAIN, "0.0.0.0:2427", MAIN},	 /* never told */
    {A, MAIN, "198.51.100.2:2426", MAIN},
    {A, MAIN, "[::]:2426", MAIN}, /* of the other family */
    {A6, MAIN6, "198.51.100.2:2425", MAIN6},
};

/* Or from where it was asked: so the peer learns that this cannot be tested, and not silence. */
START_TEST(a_test_is_answered_from_elsewhere)
{
	int want = tests[_i].answered_at;
	bool elsewhere = want != tests[_i].local;
	const struct sent *sent = challenge(tests[_i].from, tests[_i].local,
	    test_from(tests[_i].alternate), TEST_BYTES);
	struct endpoint seen = at(tests[_i].from);

	ck_assert_uint_eq(registered(), 0);
	ck_assert_uint_eq(world_counter(w, COUNT_TESTED), elsewhere);
	ck_assert_uint_eq(world_counter(w, COUNT_TESTED_HERE), !elsewhere);
	ck_assert_ptr_nonnull(sent);
	struct fields got = sent_fields(sent);

	ck_assert_int_eq(sent->local, want);
	ck_assert(fields_has(&got, KEY_TK));
	ck_assert(fields_has(&got, KEY_OA) && endpoint_equal(&got.observed, &seen));
	ck_assert_int_eq(got.error, PUNCH_UNVERIFIED);
	ck_assert(!fields_has(&got, KEY_AP) && !fields_has(&got, KEY_LT));
}
END_TEST

START_TEST(a_test_names_one_alternate)
{
	struct fields test = test_from("0.0.0.0:2426");

	test.alternates[test.alternate_count++] = at("198.51.100.2:2425");
	ck_assert_uint_eq(challenge(A, MAIN, test, TEST_BYTES)->local, MAIN);
}

/* A router on the way to us may be too near for a packet that was to end before. */
START_TEST(nothing_to_do_is_nothing_wrong)
{
	world_receive(w, A, MAIN, "1:4:-:-:0:", 10);
	ck_assert_uint_eq(w->sent_count, 0);
	ck_assert_uint_eq(world_counter(w, COUNT_RECEIVED), 1);
	ck_assert_uint_eq(world_counter(w, COUNT_DROPPED_COMMAND), 0);
}
END_TEST

START_TEST(the_counters_of_tests_have_names)
{
	ck_assert_str_eq(counter_name(COUNT_TESTED), "tested");
	ck_assert_str_eq(counter_name(COUNT_TESTED_HERE), "tested_here");
}
END_TEST

START_TEST(without_a_way_the_answer_comes_from_here)
{
	const char *const alternates[] = {"0.0.0.0:2426", "198.51.100.2:2425"};

	super_use_alternates(w->super, NULL, NULL);
	for (int i = 0; i < 2; i++)
		ck_assert_uint_eq(
		    challenge(A, MAIN, test_from(alternates[i]), TEST_BYTES)->local, MAIN);
	world_register(w, A, MAIN, "alice");
	struct fields got = world_answer(w, A);

	assert_told(&got, "198.51.100.2:2425", "198.51.100.3:2425", NULL);
}
END_TEST

/* Else it would be an entry that is answered where nobody waits for it. */
START_TEST(an_entry_with_a_cookie_is_no_test)
{
	struct fields entry = test_from("0.0.0.0:2426");

	ck_assert_ptr_nonnull(challenge(A, MAIN, (struct fields){0}, TEST_BYTES));
	world_extended(w, A, MAIN, CMD_BR_ENTRY, "alice", &entry, true);
	const struct sent *granted = world_find(w, A, CMD_ANSENTRY, 1);

	ck_assert_ptr_nonnull(granted);
	ck_assert_uint_eq(granted->local, MAIN);
	ck_assert_uint_eq(registered(), 1);
	/* and with one that is not good, it is challenged where it asked */
	fields_set(&entry, KEY_CK);
	memset(entry.cookie, 7, COOKIE_BYTES);
	ck_assert_uint_eq(challenge(A, MAIN, entry, 250)->local, MAIN);
}
END_TEST

START_TEST(tests_have_the_limits_of_challenges)
{
	unsigned answered = 0;

	w->settings.limits = (struct limits){.answers_per_source = {1, 5}};
	world_reconfigure(w);
	for (int i = 0; i < 20; i++)
		answered += challenge(A, MAIN, test_from("0.0.0.0:2426"), TEST_BYTES) != NULL;
	ck_assert_uint_eq(answered, 5);
	ck_assert_uint_eq(world_counter(w, COUNT_LIMITED_SOURCE), 15);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("super alternates");
	TCase *tcase = tcase_create("alternates");

	if (sodium_init() < 0)
		return EXIT_FAILURE;
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, a_challenge_tells_how_it_is_seen, 0, 2);
	tcase_add_test(tcase, the_length_of_a_test_is_enough);
	tcase_add_test(tcase, a_grant_tells_the_others_of_its_family);
	tcase_add_test(tcase, a_challenge_and_a_refresh_do_not);
	tcase_add_test(tcase, other_ones_are_told_at_once);
	tcase_add_loop_test(tcase, a_test_is_answered_from_elsewhere, 0,
	    (int)(sizeof tests / sizeof *tests));
	tcase_add_test(tcase, a_test_names_one_alternate);
	tcase_add_test(tcase, without_a_way_the_answer_comes_from_here);
	tcase_add_test(tcase, nothing_to_do_is_nothing_wrong);
	tcase_add_test(tcase, the_counters_of_tests_have_names);
	tcase_add_test(tcase, an_entry_with_a_cookie_is_no_test);
	tcase_add_test(tcase, tests_have_the_limits_of_challenges);
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
