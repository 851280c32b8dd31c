/* Bans, kicks and draining, as those who are served see it. */
#include "unit.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "super/administer.h"
#include "world.h"

#define B "192.0.2.1:2425"
#define C "192.0.2.1:40007"
#define D "192.0.2.200:40001"
#define E "198.51.100.7:40001"
#define SIX "[2001:db8::7]:40001"

static struct world *w;
static enum super_event_kind last_kind;
static enum super_reason last_reason;
static unsigned told, left;

static void on_event(const struct super_event *event, void *context)
{
	last_kind = event->kind;
	last_reason = event->reason;
	told++;
	left += event->kind == SUPER_LEFT;
}

static void setup(void)
{
	w = world_new();
	world_start(w);
	super_listen(w->super, on_event, NULL);
	told = left = 0;
}

static void teardown(void)
{
	world_free(w);
}

static uint32_t registered(void)
{
	struct super_status status;

	super_status(w->super, &status);
	return status.registrations.fresh;
}

static struct whom whom(const char *text)
{
	struct whom read;

	ck_assert_ptr_null(whom_parse(&read, text));
	return read;
}

static void ban(const char *text, int64_t until)
{
	struct ban one = {.whom = whom(text), .until = until};

	ck_assert_int_eq(super_ban(w->super, &one), BANS_PUT);
}

/* In slices of one, so that what a slice leaves is what the next one takes up. */
static uint32_t expel(const char *text, enum super_reason reason)
{
	struct whom meant = {0};
	uint32_t cursor = 0, ended = 0, slices = 1;

	if (text != NULL)
		meant = whom(text);
	while (!super_expel(w->super, text != NULL ? &meant : NULL, reason, 1, &cursor, &ended))
		ck_assert_uint_lt(slices++, 1000);
	return ended;
}

static void enter(const char *from, const char *nick, bool cookie)
{
	struct fields fields = {.padding = 60, .transaction = "32345678"};

	fields_set(&fields, KEY_PD);
	world_extended(w, from, 0, CMD_BR_ENTRY, nick, &fields, cookie);
}

/* What the last answer says is wrong; 0 for nothing. */
static int error_of(const char *to, enum command command)
{
	struct fields fields = sent_fields(world_find(w, to, command, world_count(w, to, command) - 1));

	return fields_has(&fields, KEY_ER) ? (int)fields.error + 1 : 0;
}

START_TEST(a_banned_network_is_not_heard)
{
	world_register(w, B, 0, "alice");
	world_register(w, D, 0, "bob");
	world_register(w, E, 0, "carol");
	ban("192.0.2.0/25", 0);
	world_clear(w);
	told = 0;
	/* with whatever cookie */
	enter(B, "alice", true);
	enter(C, "mallory", false);
	world_seed(w, C, 0, 1, "seed", NULL);
	ck_assert_uint_eq(w->sent_count, 0);
	ck_assert_uint_eq(world_counted(w, COUNT_DROPPED_BANNED), 3);
	ck_assert_uint_eq(told, 0);
	enter(D, "bob", true);
	ck_assert_uint_eq(world_count(w, D, CMD_ANSENTRY), 1);
	/* what is no packet is counted as that */
	world_receive(w, C, 0, "nonsense", 8);
	ck_assert_uint_eq(world_counted(w, COUNT_DROPPED_BANNED), 3);
	ck_assert_uint_eq(expel("192.0.2.0/25", SUPER_BANNED), 1);
	ck_assert_int_eq(last_kind, SUPER_LEFT);
	ck_assert_int_eq(last_reason, SUPER_BANNED);
	ck_assert_uint_eq(registered(), 2);
	struct whom lifted = whom("192.0.2.0/25");

	ck_assert(super_unban(w->super, &lifted) && !super_unban(w->super, &lifted));
	world_register(w, B, 0, "alice");
	ck_assert_uint_eq(world_counted(w, COUNT_DROPPED_BANNED), 3);
}
END_TEST

START_TEST(a_banned_name_is_refused)
{
	ban("mallory@sales", 0);
	enter(B, "mallory", false);
	ck_assert_int_eq(error_of(B, CMD_ANSENTRY), PUNCH_UNVERIFIED + 1);
	enter(B, "mallory", true);
	ck_assert_int_eq(error_of(B, CMD_ANSENTRY), PUNCH_REFUSED + 1);
	ck_assert_int_eq(last_kind, SUPER_REFUSED);
	ck_assert_int_eq(last_reason, SUPER_BANNED);
	ck_assert_uint_eq(world_counted(w, COUNT_DROPPED_BANNED), 1);
	ck_assert_uint_eq(registered(), 0);
	/* nor is it taken by a notice or an entry of who is registered */
	world_register(w, C, 0, "alice");
	enter(C, "mallory", true);
	ck_assert_int_eq(error_of(C, CMD_ANSENTRY), PUNCH_REFUSED + 1);
	struct fields fields = {.transaction = "42345678"};

	world_extended(w, C, 0, CMD_BR_ABSENCE, "mallory", &fields, true);
	ck_assert_uint_eq(world_counted(w, COUNT_DROPPED_BANNED), 3);
	ck_assert_uint_eq(expel("mallory@sales", SUPER_BANNED), 0);
	ck_assert_uint_eq(registered(), 1);
	/* another of that nick is somebody else */
	w->group = "lab";
	world_register(w, D, 0, "mallory");
	ck_assert_uint_eq(registered(), 2);
}
END_TEST

START_TEST(a_banned_name_of_a_seed)
{
	ban("seed@pc", 0);
	world_seed(w, B, 0, 1, "seed", NULL);
	world_prove(w, B, 0);
	ck_assert_uint_eq(registered(), 0);
	ck_assert_uint_eq(world_counted(w, COUNT_DROPPED_BANNED), 1);
	world_seed(w, C, 0, 1, "other", NULL);
	world_prove(w, C, 0);
	ck_assert_uint_eq(registered(), 1);
}
END_TEST

START_TEST(a_banned_key_is_refused)
{
	struct keyed_peer eve, bob;
	char key[IDENTITY_TEXT_MAX];

	world_keyed_init(w, &eve, "eve", 5);
	world_keyed_init(w, &bob, "bob", 6);
	world_sign(w, B, &eve, NULL);
	world_sign(w, B, &eve, B);
	world_sign(w, C, &bob, NULL);
	world_sign(w, C, &bob, C);
	ck_assert_uint_eq(registered(), 2);
	identity_format(eve.pair.identity, key);
	ban(key, 0);
	ck_assert_uint_eq(expel(key, SUPER_BANNED), 1);
	ck_assert_uint_eq(registered(), 1);
	world_clear(w);
	/* whatever it calls itself */
	eve.nick = "alice";
	world_sign(w, B, &eve, NULL);
	world_sign(w, B, &eve, B);
	ck_assert_int_eq(error_of(B, CMD_ANSENTRY), PUNCH_REFUSED + 1);
	ck_assert_uint_eq(world_counted(w, COUNT_DROPPED_BANNED), 1);
	ck_assert_uint_eq(registered(), 1);
}
END_TEST

START_TEST(a_ban_ends)
{
	int64_t wall = w->wall + w->now / 1000;

	ban("192.0.2.0/24", wall + 3600);
	ban("bob@sales", 0);
	enter(B, "alice", false);
	ck_assert_uint_eq(w->sent_count, 0);
	world_pass(w, 3599 * 1000);
	enter(B, "alice", false);
	ck_assert_uint_eq(w->sent_count, 0);
	world_pass(w, 1000);
	world_register(w, B, 0, "alice");
	ck_assert_uint_eq(super_bans(w->super)->count, 1);
	/* and nothing is due for one that never ends, but what others make due */
	ck_assert_int_gt(super_deadline(w->super), w->now + 60000);
}
END_TEST

/* The clock was set forward by an hour: it is seen within a minute. */
START_TEST(the_clock_is_set)
{
	ban("192.0.2.0/24", w->wall + w->now / 1000 + 3600);
	world_pass(w, 1000);
	w->wall += 3600;
	world_pass(w, 60000);
	ck_assert_uint_eq(super_bans(w->super)->count, 0);
}
END_TEST

/* As after loading both from files. */
START_TEST(all_that_are_banned)
{
	world_register(w, B, 0, "alice");
	world_register(w, D, 0, "bob");
	world_register(w, E, 0, "carol");
	world_register(w, SIX, 0, "dave");
	ck_assert_uint_eq(expel(NULL, SUPER_BANNED), 0);
	ban("192.0.2.200", 0);
	ban("carol@sales", 0);
	ban("2001:db8::/64", 0);
	ck_assert_uint_eq(expel(NULL, SUPER_BANNED), 3);
	ck_assert_uint_eq(left, 3);
	ck_assert_uint_eq(registered(), 1);
}
END_TEST

static const struct {
	const char *whom;
	uint32_t ended;
} kicks[] = {
    {"alice@sales", 1},
    {"alice@lab", 0},
    {"192.0.2.1:2425", 1},
    {"192.0.2.1:2426", 0},
    {"192.0.2.1", 2},
    {"192.0.2.0/24", 3},
    {"0.0.0.0/0", 4},
    {"::/0", 1},
};

START_TEST(who_is_kicked_may_come_back)
{
	world_register(w, B, 0, "alice");
	world_register(w, C, 0, "bob");
	world_register(w, D, 0, "carol");
	world_register(w, E, 0, "dave");
	world_register(w, SIX, 0, "eve");
	ck_assert_uint_eq(expel(kicks[_i].whom, SUPER_KICKED), kicks[_i].ended);
	ck_assert_uint_eq(left, kicks[_i].ended);
	ck_assert_int_eq(last_reason, kicks[_i].ended > 0 ? SUPER_KICKED : SUPER_NO_REASON);
	ck_assert_uint_eq(registered(), 5 - kicks[_i].ended);
	enter(B, "alice", true);
	enter(SIX, "eve", true);
	ck_assert_int_eq(error_of(B, CMD_ANSENTRY), 0);
	ck_assert_int_eq(error_of(SIX, CMD_ANSENTRY), 0);
}
END_TEST

START_TEST(draining)
{
	struct super_status status;

	world_register(w, B, 0, "alice");
	world_register(w, E, 0, "bob");
	super_drain(w->super, true);
	super_status(w->super, &status);
	ck_assert(status.draining);
	/* who is registered refreshes, moves, is renamed and is introduced */
	enter(B, "alice", true);
	ck_assert_int_eq(error_of(B, CMD_ANSENTRY), 0);
	w->host = B; /* as it said when it was there */
	enter(C, "alice", false);
	enter(C, "alice", true);
	ck_assert_int_eq(error_of(C, CMD_ANSENTRY), 0);
	enter(C, "alicia", true);
	ck_assert_int_eq(error_of(C, CMD_ANSENTRY), 0);
	w->host = NULL;
	struct fields fields = {.transaction = "52345678"};

	world_extended(w, C, 0, CMD_ASKPUNCHING, "bob@sales", &fields, true);
	ck_assert_uint_eq(world_counted(w, COUNT_ASKS_INTRODUCED), 1);
	/* nobody else gets in, and is told to try elsewhere */
	enter(D, "carol", false);
	enter(D, "carol", true);
	ck_assert_int_eq(error_of(D, CMD_ANSENTRY), PUNCH_BUSY + 1);
	ck_assert_int_eq(last_reason, SUPER_DRAINING);
	ck_assert_uint_eq(world_counted(w, COUNT_DROPPED_DRAINING), 1);
	world_seed(w, "192.0.2.9:1", 0, 1, "seed", NULL);
	world_prove(w, "192.0.2.9:1", 0);
	ck_assert_uint_eq(world_counted(w, COUNT_DROPPED_DRAINING), 2);
	ck_assert_uint_eq(registered(), 2);
	super_drain(w->super, false);
	world_register(w, D, 0, "carol");
	ck_assert_uint_eq(registered(), 3);
}
END_TEST

/* A reload changes neither. */
START_TEST(a_reload)
{
	const char *error;

	ban("192.0.2.0/24", 0);
	super_drain(w->super, true);
	ck_assert(super_reconfigure(w->super, &w->settings, &error));
	enter(B, "alice", false);
	ck_assert_uint_eq(world_counted(w, COUNT_DROPPED_BANNED), 1);
	enter(E, "alice", false);
	enter(E, "alice", true);
	ck_assert_uint_eq(world_counted(w, COUNT_DROPPED_DRAINING), 1);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("super_admin");
	TCase *tcase = tcase_create("super_admin");

	if (sodium_init() < 0)
		return EXIT_FAILURE;
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, a_banned_network_is_not_heard);
	tcase_add_test(tcase, a_banned_name_is_refused);
	tcase_add_test(tcase, a_banned_name_of_a_seed);
	tcase_add_test(tcase, a_banned_key_is_refused);
	tcase_add_test(tcase, a_ban_ends);
	tcase_add_test(tcase, the_clock_is_set);
	tcase_add_test(tcase, all_that_are_banned);
	tcase_add_loop_test(tcase, who_is_kicked_may_come_back, 0, sizeof kicks / sizeof *kicks);
	tcase_add_test(tcase, draining);
	tcase_add_test(tcase, a_reload);
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
