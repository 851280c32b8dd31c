/*
 * Names that belong to keys: what is signed, what is stolen, replayed or
 * forged, and who owns a name when nobody is there.
 */
#include "unit.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "super/core.h"
#include "world.h"

#define A "192.0.2.1:2425"
#define B "192.0.2.2:40001"
#define C "198.51.100.3:40002"
#define D "203.0.113.4:40003"

#define HOUR_MS (3600 * 1000LL)
#define DAY_MS (24 * HOUR_MS)

static struct world *w;
static struct keyed_peer alice, mallory;

static void setup(void)
{
	w = world_new();
	w->settings.limits = (struct limits){0};
	world_start(w);
	world_keyed_init(w, &alice, "alice", 1);
	world_keyed_init(w, &mallory, "alice", 2);
	mallory.user = "mallory";
}

static void teardown(void)
{
	world_free(w);
}

static struct registration *reg_at(const char *where)
{
	struct endpoint ep = at(where);

	return registry_at(&w->super->registry, &ep);
}

static bool is_keyed(const char *where, const struct keyed_peer *peer)
{
	const struct registration *reg = reg_at(where);

	return reg != NULL && reg->keyed &&
	    memcmp(reg->credentials.identity, peer->pair.identity, IDENTITY_BYTES) == 0;
}

/* Expects that the last packet was answered so; PUNCH_ERRORS: with a lifetime. */
static void expect_answer(const char *to, enum punch_error error)
{
	struct fields answer = world_answer(w, to);

	if (error == PUNCH_ERRORS) {
		ck_assert(fields_has(&answer, KEY_LT));
		return;
	}
	ck_assert(!fields_has(&answer, KEY_LT));
	ck_assert(fields_has(&answer, KEY_ER));
	ck_assert_str_eq(punch_error_name(answer.error), punch_error_name(error));
}

/* Gets a cookie for that address without entering. */
static void get_cookie(const char *where, const struct keyed_peer *peer)
{
	struct fields answer = world_answer(w, where);

	if (!fields_has(&answer, KEY_CK))
		world_say(w, where, peer, CMD_BR_ENTRY);
	answer = world_answer(w, where);
	ck_assert(fields_has(&answer, KEY_CK));
}

#define EXPECT_COUNT(counter, n) ck_assert_uint_eq(world_counter(w, (counter)), (n))

START_TEST(the_supernode_shows_its_key)
{
	world_say(w, A, &alice, CMD_BR_ENTRY);
	struct fields answer = world_answer(w, A);

	ck_assert(fields_has(&answer, KEY_ID));
	ck_assert_mem_eq(answer.identity, super_identity(w->super), IDENTITY_BYTES);
	expect_answer(A, PUNCH_UNVERIFIED);
	world_sign(w, A, &alice, A);
	answer = world_answer(w, A);
	ck_assert(fields_has(&answer, KEY_ID));
	expect_answer(A, PUNCH_ERRORS);
	ck_assert(is_keyed(A, &alice));
	EXPECT_COUNT(COUNT_NAMES_NEW, 1);
	/* who only refreshes knows it */
	world_say(w, A, &alice, CMD_BR_ENTRY);
	answer = world_answer(w, A);
	ck_assert(!fields_has(&answer, KEY_ID));
	expect_answer(A, PUNCH_ERRORS);
	ck_assert(is_keyed(A, &alice));
	/* but for the first one with a new cookie */
	world_pass(w, 60000);
	world_say(w, A, &alice, CMD_BR_ENTRY);
	for (int i = 0; i < 5; i++) {
		world_pass(w, 60000);
		world_say(w, A, &alice, CMD_BR_ENTRY);
		answer = world_answer(w, A);
		if (fields_has(&answer, KEY_ID))
			return;
	}
	ck_abort_msg("the key is never shown again");
}
END_TEST

START_TEST(a_challenge_never_exceeds_its_request)
{
	size_t with = 0, without = 0, silent = 0;

	for (size_t padding = 1; padding < 150; padding++) {
		struct fields fields = {.transaction = "12345678", .padding = padding};

		fields_set(&fields, KEY_PD);
		world_clear(w);
		world_extended(w, A, 0, CMD_BR_ENTRY, "a", &fields, false);
		const struct sent *sent = world_find(w, A, CMD_ANSENTRY, 0);

		silent += sent == NULL;
		if (sent == NULL)
			continue;
		struct fields answer = sent_fields(sent);

		ck_assert(fields_has(&answer, KEY_CK));
		with += fields_has(&answer, KEY_ID);
		without += !fields_has(&answer, KEY_ID);
	}
	ck_assert_uint_gt(without, 0);
	ck_assert_uint_gt(with, 0);
	ck_assert_uint_eq(silent + without + with, 149);
}
END_TEST

START_TEST(a_name_cannot_be_stolen)
{
	world_register_keyed(w, A, &alice);
	get_cookie(B, &mallory);
	world_sign(w, B, &mallory, B);
	expect_answer(B, PUNCH_TAKEN);
	ck_assert_ptr_null(reg_at(B));
	EXPECT_COUNT(COUNT_ENTRIES_TAKEN, 1);
	/* nor by who says to be the same in all but the key */
	mallory.user = alice.user;
	world_sign(w, B, &mallory, B);
	expect_answer(B, PUNCH_TAKEN);
	ck_assert_ptr_null(reg_at(B));
	ck_assert(is_keyed(A, &alice));
	EXPECT_COUNT(COUNT_ENTRIES_TAKEN, 2);
	/* nor with her key, which is not his to sign with */
	mallory.group = alice.group;
	memcpy(mallory.pair.identity, alice.pair.identity, IDENTITY_BYTES);
	mallory.stamp = alice.stamp + 1000;
	size_t answers = world_count(w, B, CMD_ANSENTRY);

	world_sign(w, B, &mallory, B);
	ck_assert_uint_eq(world_count(w, B, CMD_ANSENTRY), answers);
	EXPECT_COUNT(COUNT_DROPPED_SIGNATURE, 1);
	ck_assert(is_keyed(A, &alice));
}
END_TEST

/* Two keys are two peers, though all but the group and the key be the same. */
START_TEST(a_namesake_keeps_the_owner_out_of_nothing)
{
	mallory.user = alice.user;
	mallory.group = "evil";
	world_register_keyed(w, A, &alice);
	world_register_keyed(w, B, &mallory);
	ck_assert(is_keyed(A, &alice));
	ck_assert(is_keyed(B, &mallory));
	/* nor while she is away */
	world_seal(w, A, &alice, CMD_BR_EXIT);
	world_register_keyed(w, C, &alice);
	expect_answer(C, PUNCH_ERRORS);
	ck_assert(is_keyed(C, &alice));
	ck_assert(is_keyed(B, &mallory));
	EXPECT_COUNT(COUNT_ENTRIES_TAKEN, 0);
	/* and each moves by itself */
	get_cookie(D, &mallory);
	world_sign(w, D, &mallory, D);
	ck_assert_ptr_null(reg_at(B));
	ck_assert(is_keyed(D, &mallory));
	ck_assert(is_keyed(C, &alice));
}
END_TEST

/* Nor does a key under another name end the registration of who has none. */
START_TEST(a_namesake_leaves_who_has_no_key)
{
	world_say(w, A, &alice, CMD_BR_ENTRY);
	world_say(w, A, &alice, CMD_BR_ENTRY);
	mallory.user = alice.user;
	mallory.group = "evil";
	world_register_keyed(w, B, &mallory);
	ck_assert_ptr_nonnull(reg_at(A));
	world_say(w, A, &alice, CMD_BR_ENTRY);
	expect_answer(A, PUNCH_ERRORS);
	get_cookie(C, &alice);
	world_say(w, C, &alice, CMD_BR_ENTRY);
	expect_answer(C, PUNCH_ERRORS);
	ck_assert_ptr_null(reg_at(A));
	ck_assert(!reg_at(C)->keyed);
	ck_assert(is_keyed(B, &mallory));
}
END_TEST

START_TEST(a_stale_owner_is_an_owner)
{
	world_register_keyed(w, A, &alice);
	world_pass(w, 120000);
	ck_assert(registration_stale(reg_at(A)));
	get_cookie(B, &mallory);
	world_sign(w, B, &mallory, B);
	expect_answer(B, PUNCH_TAKEN);
	world_say(w, B, &mallory, CMD_BR_ENTRY);
	expect_answer(B, PUNCH_TAKEN);
	EXPECT_COUNT(COUNT_ENTRIES_TAKEN, 2);
}
END_TEST

START_TEST(a_nick_that_looks_like_a_name_is_none)
{
	world_register_keyed(w, A, &alice);
	mallory.nick = "alice@sales";
	mallory.group = "x";
	get_cookie(B, &mallory);
	world_sign(w, B, &mallory, B);
	expect_answer(B, PUNCH_TAKEN);
	/* and one '@' is as good as another */
	mallory.nick = "alice";
	mallory.group = "";
	mallory.host = "sales";
	world_sign(w, B, &mallory, B);
	expect_answer(B, PUNCH_TAKEN);
	EXPECT_COUNT(COUNT_ENTRIES_TAKEN, 2);
}
END_TEST

START_TEST(a_replayed_entry_is_dropped)
{
	world_register_keyed(w, A, &alice);
	unsigned char former[1500];
	size_t len = w->packet_len;

	memcpy(former, w->packet, len);
	get_cookie(B, &alice);
	world_sign(w, B, &alice, B);
	ck_assert(is_keyed(B, &alice));
	/* in the name of the address she was at, whose cookie it has */
	world_receive(w, A, 0, former, len);
	ck_assert(is_keyed(B, &alice));
	ck_assert_ptr_null(reg_at(A));
	EXPECT_COUNT(COUNT_DROPPED_REPLAYED, 1);
	/* after she has gone, too */
	world_seal(w, B, &alice, CMD_BR_EXIT);
	ck_assert_ptr_null(reg_at(B));
	world_receive(w, A, 0, former, len);
	ck_assert_ptr_null(reg_at(A));
	EXPECT_COUNT(COUNT_DROPPED_REPLAYED, 2);
}
END_TEST

START_TEST(a_lost_answer_is_given_again)
{
	world_register_keyed(w, A, &alice);
	size_t answers = world_count(w, A, CMD_ANSENTRY);

	world_replay(w, A);
	ck_assert_uint_eq(world_count(w, A, CMD_ANSENTRY), answers + 1);
	expect_answer(A, PUNCH_ERRORS);
	ck_assert(is_keyed(A, &alice));
	EXPECT_COUNT(COUNT_DROPPED_REPLAYED, 0);
	/* but not under other names */
	alice.stamp--;
	alice.group = "lab";
	world_sign(w, A, &alice, A);
	ck_assert_uint_eq(world_count(w, A, CMD_ANSENTRY), answers + 1);
	EXPECT_COUNT(COUNT_DROPPED_REPLAYED, 1);
}
END_TEST

START_TEST(an_entry_for_another_supernode_is_dropped)
{
	get_cookie(A, &alice);
	memset(alice.reader, 7, IDENTITY_BYTES);
	size_t answers = world_count(w, A, CMD_ANSENTRY);

	world_sign(w, A, &alice, A);
	ck_assert_uint_eq(world_count(w, A, CMD_ANSENTRY), answers);
	ck_assert_ptr_null(reg_at(A));
	EXPECT_COUNT(COUNT_DROPPED_SIGNATURE, 1);
	EXPECT_COUNT(COUNT_NAMES_NEW, 0);
}
END_TEST

START_TEST(an_entry_with_the_cookie_of_another_address_is_challenged)
{
	get_cookie(A, &alice);
	world_sign(w, B, &alice, A);
	expect_answer(B, PUNCH_UNVERIFIED);
	ck_assert_ptr_null(reg_at(B));
	EXPECT_COUNT(COUNT_NAMES_NEW, 0);
}
END_TEST

START_TEST(an_entry_with_a_cookie_of_an_old_epoch_is_challenged)
{
	get_cookie(A, &alice);
	world_pass(w, 700 * 1000);
	uint64_t challenged = world_counter(w, COUNT_CHALLENGED);

	world_sign(w, A, &alice, A);
	expect_answer(A, PUNCH_UNVERIFIED);
	ck_assert_ptr_null(reg_at(A));
	EXPECT_COUNT(COUNT_CHALLENGED, challenged + 1);
}
END_TEST

START_TEST(an_exit_needs_its_mac)
{
	world_register_keyed(w, A, &alice);
	world_say(w, A, &alice, CMD_BR_EXIT);
	EXPECT_COUNT(COUNT_DROPPED_SIGNATURE, 1);
	mallory.stamp = alice.stamp + 1000;
	world_seal(w, A, &mallory, CMD_BR_EXIT);
	EXPECT_COUNT(COUNT_DROPPED_SIGNATURE, 2);
	alice.stamp--;
	world_seal(w, A, &alice, CMD_BR_EXIT);
	EXPECT_COUNT(COUNT_DROPPED_REPLAYED, 1);
	world_seal(w, A, &alice, CMD_BR_ABSENCE);
	EXPECT_COUNT(COUNT_NOTICES, 1);
	world_replay(w, A);
	EXPECT_COUNT(COUNT_DROPPED_REPLAYED, 2);
	EXPECT_COUNT(COUNT_EXITS, 0);
	ck_assert(is_keyed(A, &alice));
	world_seal(w, A, &alice, CMD_BR_EXIT);
	EXPECT_COUNT(COUNT_EXITS, 1);
	ck_assert_ptr_null(reg_at(A));
	/* its stamp is remembered with the name */
	alice.stamp--;
	world_sign(w, A, &alice, A);
	EXPECT_COUNT(COUNT_DROPPED_REPLAYED, 3);
}
END_TEST

START_TEST(an_exit_without_the_cookie_is_forged)
{
	world_register_keyed(w, A, &alice);
	world_seal(w, B, &alice, CMD_BR_EXIT);
	EXPECT_COUNT(COUNT_DROPPED_FORGED, 1);
	ck_assert(is_keyed(A, &alice));
}
END_TEST

START_TEST(a_notice_may_rename_but_not_steal)
{
	world_register_keyed(w, A, &alice);
	mallory.group = "lab";
	world_register_keyed(w, B, &mallory);
	mallory.group = "sales";
	world_seal(w, B, &mallory, CMD_BR_ABSENCE);
	EXPECT_COUNT(COUNT_ENTRIES_TAKEN, 1);
	EXPECT_COUNT(COUNT_NOTICES, 0);
	mallory.group = "store";
	world_seal(w, B, &mallory, CMD_BR_ABSENCE);
	EXPECT_COUNT(COUNT_NOTICES, 1);
	EXPECT_COUNT(COUNT_NAMES_NEW, 3);
	/* and one without a MAC changes nothing */
	mallory.group = "attic";
	world_say(w, B, &mallory, CMD_BR_ABSENCE);
	EXPECT_COUNT(COUNT_DROPPED_SIGNATURE, 1);
	ck_assert(span_equal(names_part(reg_at(B)->names, NAME_GROUP), span_text("store")));
}
END_TEST

START_TEST(unsigned_never_displaces_signed)
{
	world_register_keyed(w, A, &alice);
	/* the same user, host and nick under another name stand beside it */
	struct keyed_peer other = alice;

	other.group = "lab";
	get_cookie(B, &other);
	world_say(w, B, &other, CMD_BR_ENTRY);
	expect_answer(B, PUNCH_ERRORS);
	ck_assert(is_keyed(A, &alice));
	/* the same name */
	other = alice;
	world_say(w, B, &other, CMD_BR_ENTRY);
	expect_answer(B, PUNCH_TAKEN);
	other.user = "somebody";
	world_say(w, B, &other, CMD_BR_ENTRY);
	expect_answer(B, PUNCH_TAKEN);
	/* the same endpoint */
	other.nick = "carol";
	world_say(w, A, &other, CMD_BR_ENTRY);
	expect_answer(A, PUNCH_TAKEN);
	EXPECT_COUNT(COUNT_ENTRIES_TAKEN, 3);
	ck_assert(is_keyed(A, &alice));
	/* of who has fallen silent only the last, and its name stays its own */
	world_pass(w, 120000);
	world_say(w, A, &other, CMD_BR_ENTRY);
	expect_answer(A, PUNCH_ERRORS);
	ck_assert(!reg_at(A)->keyed);
	get_cookie(B, &mallory);
	world_sign(w, B, &mallory, B);
	expect_answer(B, PUNCH_TAKEN);
}
END_TEST

START_TEST(the_registry_itself_keeps_them)
{
	world_register_keyed(w, A, &alice);
	world_register(w, B, 0, "bob");
	struct enter enter = {.remote = at(B), .kind = PEER_SEED, .now = w->now};

	enter.names = names_copy(names_bytes(reg_at(A)->names));
	ck_assert_ptr_null(registry_enter(&w->super->registry, &enter));
	enter.remote = at(A);
	enter.names = names_copy(names_bytes(reg_at(B)->names));
	ck_assert_ptr_null(registry_enter(&w->super->registry, &enter));
	struct credentials other = {.stamp = UINT64_MAX};

	enter.credentials = &other;
	enter.remote = at(B);
	enter.names = names_copy(names_bytes(reg_at(A)->names));
	ck_assert_ptr_null(registry_enter(&w->super->registry, &enter));
	ck_assert(is_keyed(A, &alice));
	ck_assert_ptr_nonnull(reg_at(B));
}
END_TEST

static void reload(void)
{
	const char *error;

	ck_assert(super_reconfigure(w->super, &w->settings, &error));
}

/* Four without a key, from `first` on, of one nick or each of its own, and nobody is stale. */
static void enter_keyless(bool namesakes, int first)
{
	struct keyed_peer squatter = mallory;
	char where[32], user[16], nick[16];

	squatter.user = user;
	squatter.group = "squat";
	if (!namesakes)
		squatter.nick = nick;
	for (int i = first; i < 4; i++) {
		snprintf(where, sizeof where, "198.51.100.9:%d", 40000 + i);
		snprintf(user, sizeof user, "u%d", i);
		snprintf(nick, sizeof nick, "n%d", i);
		world_say(w, where, &squatter, CMD_BR_ENTRY);
		world_pass(w, 10);
		world_say(w, where, &squatter, CMD_BR_ENTRY);
		expect_answer(where, PUNCH_ERRORS);
	}
}

/* 0: as many of a nick as may be, 1: as many in all. */
START_TEST(an_owner_is_let_in_before_who_has_no_key)
{
	struct super_status status;
	struct keyed_peer carol;

	world_keyed_init(w, &carol, _i == 0 ? "alice" : "carol", 3);
	carol.user = carol.group = "carol";
	world_register_keyed(w, C, &carol);
	world_seal(w, C, &carol, CMD_BR_EXIT);
	world_register_keyed(w, A, &alice);
	world_seal(w, A, &alice, CMD_BR_EXIT);
	*(_i == 0 ? &w->settings.max_same_nick : &w->settings.max_registrations) = 4;
	reload();
	enter_keyless(_i == 0, 0);
	/* a name of nobody is no reason */
	get_cookie(B, &mallory);
	mallory.group = "new";
	world_sign(w, B, &mallory, B);
	expect_answer(B, PUNCH_BUSY);
	world_register_keyed(w, A, &alice);
	expect_answer(A, PUNCH_ERRORS);
	ck_assert(is_keyed(A, &alice));
	/* who was not heard for longest has left */
	ck_assert_ptr_null(reg_at("198.51.100.9:40000"));
	super_status(w->super, &status);
	ck_assert_uint_eq(status.registrations.fresh, 4);
	/* nor does who has a key give way to another owner, though it be the one of longest ago */
	world_pass(w, 60000);
	enter_keyless(_i == 0, 1);
	world_register_keyed(w, C, &carol);
	ck_assert(is_keyed(C, &carol));
	ck_assert(is_keyed(A, &alice));
	ck_assert_ptr_null(reg_at("198.51.100.9:40001"));
	ck_assert_ptr_nonnull(reg_at("198.51.100.9:40002"));
}
END_TEST

/* Seeds too, if they are all there is. */
START_TEST(an_owner_is_let_in_before_seeds)
{
	world_register_keyed(w, A, &alice);
	world_seal(w, A, &alice, CMD_BR_EXIT);
	w->settings.max_registrations = 2;
	reload();
	mallory.group = "new";
	world_register_keyed(w, B, &mallory);
	world_register_seed(w, C, 0, "carol", "sales");
	ck_assert_ptr_nonnull(reg_at(C));
	world_register_keyed(w, A, &alice);
	ck_assert(is_keyed(A, &alice));
	ck_assert(is_keyed(B, &mallory));
	ck_assert_ptr_null(reg_at(C));
}
END_TEST

START_TEST(a_clock_that_was_ahead_locks_nobody_out)
{
	uint64_t right = alice.stamp;

	/* while she is in the registry */
	alice.stamp += 1000 * DAY_MS;
	world_register_keyed(w, A, &alice);
	alice.stamp = right;
	world_sign(w, A, &alice, A);
	EXPECT_COUNT(COUNT_DROPPED_REPLAYED, 1);
	world_pass(w, 650 * 1000);
	ck_assert(registration_stale(reg_at(A)));
	world_register_keyed(w, B, &alice);
	expect_answer(B, PUNCH_ERRORS);
	ck_assert(is_keyed(B, &alice));
	EXPECT_COUNT(COUNT_DROPPED_REPLAYED, 1);
	/* and when she has gone */
	alice.stamp += 1000 * DAY_MS;
	world_seal(w, B, &alice, CMD_BR_EXIT);
	alice.stamp = right + 1000;
	world_pass(w, 590 * 1000);
	world_say(w, A, &alice, CMD_BR_ENTRY);
	world_sign(w, A, &alice, A);
	EXPECT_COUNT(COUNT_DROPPED_REPLAYED, 2);
	world_pass(w, 11 * 1000);
	world_sign(w, A, &alice, A);
	expect_answer(A, PUNCH_ERRORS);
	ck_assert(is_keyed(A, &alice));
	EXPECT_COUNT(COUNT_DROPPED_REPLAYED, 2);
}
END_TEST

START_TEST(the_same_key_comes_from_any_address_at_once)
{
	world_register_keyed(w, A, &alice);
	get_cookie(B, &alice);
	world_sign(w, B, &alice, B);
	expect_answer(B, PUNCH_ERRORS);
	ck_assert(is_keyed(B, &alice));
	ck_assert_ptr_null(reg_at(A));
	/* another device with the key is another registration */
	alice.host = "laptop";
	world_register_keyed(w, C, &alice);
	ck_assert(is_keyed(B, &alice));
	ck_assert(is_keyed(C, &alice));
	EXPECT_COUNT(COUNT_NAMES_NEW, 1);
	EXPECT_COUNT(COUNT_ENTRIES_TAKEN, 0);
}
END_TEST

START_TEST(whoever_has_no_key_leaves_when_one_signs)
{
	struct keyed_peer before = alice;

	before.user = "squatter";
	world_say(w, B, &before, CMD_BR_ENTRY);
	world_say(w, B, &before, CMD_BR_ENTRY);
	expect_answer(B, PUNCH_ERRORS);
	world_register_seed(w, C, 0, "alice", "sales");
	ck_assert_ptr_nonnull(reg_at(C));
	world_register_keyed(w, A, &alice);
	ck_assert_ptr_null(reg_at(B));
	ck_assert_ptr_null(reg_at(C));
	world_say(w, B, &before, CMD_BR_ENTRY);
	expect_answer(B, PUNCH_TAKEN);
}
END_TEST

START_TEST(the_own_unsigned_registration_becomes_signed)
{
	world_say(w, A, &alice, CMD_BR_ENTRY);
	world_say(w, A, &alice, CMD_BR_ENTRY);
	expect_answer(A, PUNCH_ERRORS);
	ck_assert(!reg_at(A)->keyed);
	world_sign(w, A, &alice, A);
	expect_answer(A, PUNCH_ERRORS);
	ck_assert(is_keyed(A, &alice));
}
END_TEST

static uint32_t pins(void)
{
	return w->super->identities.pins.count;
}

START_TEST(a_former_name_is_remembered)
{
	world_register_keyed(w, A, &alice);
	alice.group = "lab";
	world_sign(w, A, &alice, A);
	expect_answer(A, PUNCH_ERRORS);
	ck_assert_uint_eq(pins(), 1);
	EXPECT_COUNT(COUNT_NAMES_NEW, 2);
	get_cookie(B, &mallory);
	world_sign(w, B, &mallory, B);
	expect_answer(B, PUNCH_TAKEN);
	/* and hers when she comes back to it */
	alice.group = "sales";
	world_sign(w, A, &alice, A);
	expect_answer(A, PUNCH_ERRORS);
	ck_assert_uint_eq(pins(), 1);
	EXPECT_COUNT(COUNT_NAMES_NEW, 2);
}
END_TEST

START_TEST(who_has_gone_is_remembered_for_thirty_days)
{
	world_register_keyed(w, A, &alice);
	ck_assert_uint_eq(pins(), 0);
	world_pass(w, HOUR_MS);
	ck_assert_ptr_null(reg_at(A));
	ck_assert_uint_eq(pins(), 1);
	world_pass(w, 29 * DAY_MS);
	get_cookie(B, &mallory);
	world_sign(w, B, &mallory, B);
	expect_answer(B, PUNCH_TAKEN);
	/* she is back, and gone again: her days begin anew */
	world_register_keyed(w, A, &alice);
	ck_assert_uint_eq(pins(), 0);
	EXPECT_COUNT(COUNT_NAMES_NEW, 1);
	world_seal(w, A, &alice, CMD_BR_EXIT);
	world_pass(w, 29 * DAY_MS);
	world_say(w, B, &mallory, CMD_BR_ENTRY);
	world_sign(w, B, &mallory, B);
	expect_answer(B, PUNCH_TAKEN);
	world_pass(w, 2 * DAY_MS);
	world_say(w, B, &mallory, CMD_BR_ENTRY);
	world_sign(w, B, &mallory, B);
	expect_answer(B, PUNCH_ERRORS);
	ck_assert(is_keyed(B, &mallory));
}
END_TEST

START_TEST(old_pins_are_swept)
{
	char nick[16];

	for (int i = 0; i < 20; i++) {
		snprintf(nick, sizeof nick, "n%d", i);
		alice.nick = nick;
		world_sign(w, A, &alice, A);
		world_sign(w, A, &alice, A);
	}
	ck_assert_uint_eq(pins(), 19);
	world_pass(w, 31 * DAY_MS);
	super_tick(w->super, w->now, w->wall + w->now / 1000, &w->batch);
	ck_assert_uint_eq(pins(), 0);
}
END_TEST

START_TEST(pins_can_be_switched_off)
{
	const char *error;

	w->settings.pin_days = 0;
	ck_assert(super_reconfigure(w->super, &w->settings, &error));
	world_register_keyed(w, A, &alice);
	get_cookie(B, &mallory);
	world_sign(w, B, &mallory, B);
	expect_answer(B, PUNCH_TAKEN);
	world_seal(w, A, &alice, CMD_BR_EXIT);
	ck_assert_uint_eq(pins(), 0);
	world_sign(w, B, &mallory, B);
	expect_answer(B, PUNCH_ERRORS);
}
END_TEST

START_TEST(new_names_are_limited_by_source)
{
	const char *error;
	char nick[16];

	w->settings.new_names_per_source = 32;
	ck_assert(super_reconfigure(w->super, &w->settings, &error));
	alice.nick = nick;
	for (uint32_t i = 0; i < 33; i++) {
		snprintf(nick, sizeof nick, "n%" PRIu32, i);
		get_cookie(A, &alice);
		world_sign(w, A, &alice, A);
		expect_answer(A, PUNCH_ERRORS);
		ck_assert_int_eq(reg_at(A)->keyed, i < w->settings.new_names_per_source);
	}
	EXPECT_COUNT(COUNT_NAMES_NEW, 32);
	EXPECT_COUNT(COUNT_NAMES_REFUSED, 1);
	/* its own are its own still, and others are served */
	snprintf(nick, sizeof nick, "n0");
	world_sign(w, A, &alice, A);
	ck_assert(is_keyed(A, &alice));
	world_register_keyed(w, C, &mallory);
	ck_assert(is_keyed(C, &mallory));
	/* tomorrow is another day */
	world_pass(w, DAY_MS);
	snprintf(nick, sizeof nick, "n32");
	world_register_keyed(w, A, &alice);
	ck_assert(is_keyed(A, &alice));
}
END_TEST

START_TEST(who_is_refused_spends_no_new_name)
{
	w->settings.new_names_per_source = 4;
	reload();
	get_cookie(A, &alice);
	super_drain(w->super, true);
	for (int i = 0; i < 10; i++) {
		world_sign(w, A, &alice, A);
		expect_answer(A, PUNCH_BUSY);
	}
	super_drain(w->super, false);
	world_sign(w, A, &alice, A);
	ck_assert(is_keyed(A, &alice));
	EXPECT_COUNT(COUNT_NAMES_NEW, 1);
	EXPECT_COUNT(COUNT_NAMES_REFUSED, 0);
}
END_TEST

/* nick@place is to be read in one way: else either of two owners would be locked out */
START_TEST(a_nick_with_an_at_owns_nothing)
{
	static const char *const nicks[] = {"bob@work", "a@b@c@d@e"};

	for (size_t i = 0; i < 2; i++) {
		mallory.nick = nicks[i];
		mallory.group = "office";
		get_cookie(B, &mallory);
		world_sign(w, B, &mallory, B);
		expect_answer(B, PUNCH_ERRORS);
		ck_assert(!reg_at(B)->keyed);
	}
	EXPECT_COUNT(COUNT_NAMES_REFUSED, 2);
	EXPECT_COUNT(COUNT_NAMES_NEW, 0);
	alice.nick = "bob";
	alice.group = "work";
	world_register_keyed(w, A, &alice);
	ck_assert(is_keyed(A, &alice));
	/* but what the administrator lists is the owner's */
	char key[IDENTITY_TEXT_MAX], text[200];
	struct listed listed = {0};
	char why[LISTED_WHY_MAX];

	snprintf(text, sizeof text, "a@b@c@d@e@office %s\n",
	    identity_format(mallory.pair.identity, key));
	ck_assert(listed_read(&listed, span_text(text), why));
	super_list_names(w->super, &listed);
	world_sign(w, B, &mallory, B);
	ck_assert(is_keyed(B, &mallory));
}
END_TEST

START_TEST(the_table_of_names_is_bounded)
{
	const char *error;

	w->settings.max_pins = 2;
	ck_assert(super_reconfigure(w->super, &w->settings, &error));
	world_register_keyed(w, A, &alice);
	alice.nick = "bob";
	world_sign(w, A, &alice, A);
	mallory.nick = "carol";
	world_register_keyed(w, B, &mallory);
	ck_assert(!reg_at(B)->keyed);
	EXPECT_COUNT(COUNT_NAMES_REFUSED, 1);
	ck_assert_uint_eq(pins(), 1);
	world_seal(w, A, &alice, CMD_BR_EXIT);
	ck_assert_uint_eq(pins(), 2);
	/* who is served without a key needs none to go */
	world_say(w, B, &mallory, CMD_BR_EXIT);
	ck_assert_ptr_null(reg_at(B));
}
END_TEST

static void list(const char *text)
{
	struct listed listed = {0};
	char why[LISTED_WHY_MAX];

	ck_assert_msg(listed_read(&listed, span_text(text), why), "%s", why);
	identities_list(&w->super->identities, &listed);
}

START_TEST(a_listed_name_is_for_its_keys_alone)
{
	char key[IDENTITY_TEXT_MAX], text[200];

	world_register_keyed(w, B, &mallory);
	snprintf(text, sizeof text, "# ours\nalice@sales %s\n",
	    identity_format(alice.pair.identity, key));
	list(text);
	/* who has it without being listed has it no more */
	ck_assert_ptr_null(reg_at(B));
	world_sign(w, B, &mallory, B);
	expect_answer(B, PUNCH_TAKEN);
	world_register_keyed(w, A, &alice);
	ck_assert(is_keyed(A, &alice));
	ck_assert(identity_is_listed(&w->super->identities, alice.pair.identity));
	ck_assert(!identity_is_listed(&w->super->identities, mallory.pair.identity));
	world_seed(w, C, 0, CMD_BR_ENTRY, "alice", "sales");
	world_prove(w, C, 0);
	ck_assert_ptr_null(reg_at(C));
	EXPECT_COUNT(COUNT_ENTRIES_TAKEN, 2);
}
END_TEST

/* As of one person, even if all they say is the same. */
START_TEST(a_name_that_is_listed_for_two_keys_has_two_owners)
{
	char first[IDENTITY_TEXT_MAX], second[IDENTITY_TEXT_MAX], text[200];

	mallory.user = alice.user;
	snprintf(text, sizeof text, "alice@sales %s\nalice@sales %s\n",
	    identity_format(alice.pair.identity, first),
	    identity_format(mallory.pair.identity, second));
	list(text);
	world_register_keyed(w, A, &alice);
	world_register_keyed(w, B, &mallory);
	ck_assert(is_keyed(A, &alice));
	ck_assert(is_keyed(B, &mallory));
}
END_TEST

START_TEST(a_seed_cannot_have_the_name)
{
	world_register_keyed(w, A, &alice);
	world_seed(w, C, 0, CMD_BR_ENTRY, "alice", "sales");
	world_prove(w, C, 0);
	ck_assert_ptr_null(reg_at(C));
	EXPECT_COUNT(COUNT_ENTRIES_TAKEN, 1);
	/* not of one who has gone, either */
	world_seal(w, A, &alice, CMD_BR_EXIT);
	world_seed(w, C, 0, CMD_BR_ENTRY, "alice", "sales");
	world_prove(w, C, 0);
	ck_assert_ptr_null(reg_at(C));
	EXPECT_COUNT(COUNT_ENTRIES_TAKEN, 2);
	world_register_seed(w, C, 0, "alice", "lab");
	ck_assert_ptr_nonnull(reg_at(C));
}
END_TEST

START_TEST(signatures_have_a_limit)
{
	const char *error;

	w->settings.limits.signatures_per_address = (struct limit){1, 5};
	ck_assert(super_reconfigure(w->super, &w->settings, &error));
	get_cookie(A, &alice);
	memset(alice.reader, 7, IDENTITY_BYTES);
	for (int i = 0; i < 5; i++)
		world_sign(w, A, &alice, A);
	EXPECT_COUNT(COUNT_DROPPED_SIGNATURE, 5);
	world_sign(w, A, &alice, A);
	expect_answer(A, PUNCH_BUSY);
	EXPECT_COUNT(COUNT_DROPPED_SIGNATURE, 5);
	/* of others nothing is taken */
	world_register_keyed(w, B, &mallory);
}
END_TEST

START_TEST(an_administrator_frees_a_name)
{
	world_register_keyed(w, A, &alice);
	ck_assert(identities_forget(&w->super->identities, span_text("alice@sales")));
	ck_assert_ptr_null(reg_at(A));
	ck_assert_uint_eq(pins(), 0);
	world_register_keyed(w, B, &mallory);
	ck_assert(is_keyed(B, &mallory));
	world_seal(w, B, &mallory, CMD_BR_EXIT);
	ck_assert_uint_eq(pins(), 1);
	ck_assert(identities_forget(&w->super->identities, span_text("alice@sales")));
	ck_assert_uint_eq(pins(), 0);
	ck_assert(!identities_forget(&w->super->identities, span_text("alice@sales")));
}
END_TEST

START_TEST(without_a_key_nobody_signs)
{
	static const struct super_keys keys = {.secret = {42}};
	const char *error;

	super_free(w->super);
	w->super = super_new(&w->settings, &keys, &error);
	ck_assert_ptr_null(super_identity(w->super));
	world_say(w, A, &alice, CMD_BR_ENTRY);
	struct fields answer = world_answer(w, A);

	ck_assert(!fields_has(&answer, KEY_ID));
	world_sign(w, A, &alice, A);
	expect_answer(A, PUNCH_ERRORS);
	ck_assert(!reg_at(A)->keyed);
	/* so nobody is held to owners, not even to those that are listed */
	char text[200], key[IDENTITY_TEXT_MAX];

	snprintf(text, sizeof text, "alice@sales %s\nbob@sales %s\n",
	    identity_format(alice.pair.identity, key), key);
	list(text);
	ck_assert_ptr_nonnull(reg_at(A));
	alice.nick = "bob";
	get_cookie(B, &alice);
	world_sign(w, B, &alice, B);
	expect_answer(B, PUNCH_ERRORS);
	EXPECT_COUNT(COUNT_ENTRIES_TAKEN, 0);
}
END_TEST

START_TEST(a_signature_without_key_or_stamp_is_void)
{
	uint64_t dropped = world_counter(w, COUNT_DROPPED_VOID);
	struct fields fields = {.transaction = "12345678"};
	struct identity identity = {"user", "pc", "alice", "sales"};
	struct charset *legacy = charset_open("CP932");
	unsigned char bytes[1500];
	struct writer writer = writer_on(bytes, sizeof bytes);
	struct fields answer;

	get_cookie(A, &alice);
	answer = world_answer(w, A);
	fields_set(&fields, KEY_CK);
	memcpy(fields.cookie, answer.cookie, COOKIE_BYTES);
	entry_write(&writer, 1700000003, &identity, CMD_BR_ENTRY, legacy, true, &fields);
	seal_sign(&writer, &alice.pair, alice.reader);
	world_receive(w, A, 0, bytes, writer.len);
	EXPECT_COUNT(COUNT_DROPPED_VOID, dropped + 1);
	ck_assert_ptr_null(reg_at(A));
	charset_close(legacy);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("super_keys");
	TCase *tc = tcase_create("super_keys");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, the_supernode_shows_its_key);
	tcase_add_test(tc, a_challenge_never_exceeds_its_request);
	tcase_add_test(tc, a_name_cannot_be_stolen);
	tcase_add_test(tc, a_namesake_keeps_the_owner_out_of_nothing);
	tcase_add_test(tc, a_namesake_leaves_who_has_no_key);
	tcase_add_test(tc, a_stale_owner_is_an_owner);
	tcase_add_test(tc, a_nick_that_looks_like_a_name_is_none);
	tcase_add_test(tc, a_replayed_entry_is_dropped);
	tcase_add_test(tc, a_lost_answer_is_given_again);
	tcase_add_test(tc, an_entry_for_another_supernode_is_dropped);
	tcase_add_test(tc, an_entry_with_the_cookie_of_another_address_is_challenged);
	tcase_add_test(tc, an_entry_with_a_cookie_of_an_old_epoch_is_challenged);
	tcase_add_test(tc, an_exit_needs_its_mac);
	tcase_add_test(tc, an_exit_without_the_cookie_is_forged);
	tcase_add_test(tc, a_notice_may_rename_but_not_steal);
	tcase_add_test(tc, unsigned_never_displaces_signed);
	tcase_add_test(tc, the_registry_itself_keeps_them);
	tcase_add_loop_test(tc, an_owner_is_let_in_before_who_has_no_key, 0, 2);
	tcase_add_test(tc, an_owner_is_let_in_before_seeds);
	tcase_add_test(tc, a_clock_that_was_ahead_locks_nobody_out);
	tcase_add_test(tc, the_same_key_comes_from_any_address_at_once);
	tcase_add_test(tc, whoever_has_no_key_leaves_when_one_signs);
	tcase_add_test(tc, the_own_unsigned_registration_becomes_signed);
	tcase_add_test(tc, a_former_name_is_remembered);
	tcase_add_test(tc, who_has_gone_is_remembered_for_thirty_days);
	tcase_add_test(tc, old_pins_are_swept);
	tcase_add_test(tc, pins_can_be_switched_off);
	tcase_add_test(tc, new_names_are_limited_by_source);
	tcase_add_test(tc, who_is_refused_spends_no_new_name);
	tcase_add_test(tc, a_nick_with_an_at_owns_nothing);
	tcase_add_test(tc, the_table_of_names_is_bounded);
	tcase_add_test(tc, a_listed_name_is_for_its_keys_alone);
	tcase_add_test(tc, a_name_that_is_listed_for_two_keys_has_two_owners);
	tcase_add_test(tc, a_seed_cannot_have_the_name);
	tcase_add_test(tc, signatures_have_a_limit);
	tcase_add_test(tc, an_administrator_frees_a_name);
	tcase_add_test(tc, without_a_key_nobody_signs);
	tcase_add_test(tc, a_signature_without_key_or_stamp_is_void);
	suite_add_tcase(s, tc);
	return s;
}

int main(void)
{
	return sodium_init() < 0 ? EXIT_FAILURE : unit_run(suite());
}
