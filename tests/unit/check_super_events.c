/* What a supernode tells its administrator, event by event. */
#include "unit.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "world.h"

#define B "192.0.2.1:2425"
#define C "192.0.2.1:40007"
#define D "192.0.2.2:40001"
#define TOLD_MAX 256

static struct world *w;

/* "KIND NICK at ENDPOINT from ENDPOINT by NICK for NAME (REASON) stale extended" */
static char told[TOLD_MAX][256];
static size_t told_count;

static void add(char *line, const char *before, const char *text, size_t len)
{
	size_t used = strlen(line);

	snprintf(line + used, sizeof told[0] - used, "%s%.*s", before, (int)len, text);
}

static void add_nick(char *line, const char *before, const struct names *names)
{
	if (names != NULL)
		add(line, before, (const char *)names_part(names, NAME_NICK).data,
		    names_part(names, NAME_NICK).len);
}

static void add_endpoint(char *line, const char *before, const struct endpoint *ep)
{
	char text[ENDPOINT_TEXT_MAX];

	if (ep != NULL)
		add(line, before, endpoint_format(ep, text), ENDPOINT_TEXT_MAX);
}

static void on_event(const struct super_event *event, void *context)
{
	char *line = told[told_count++];

	ck_assert_uint_lt(told_count, TOLD_MAX);
	ck_assert_ptr_eq(context, w);
	snprintf(line, sizeof told[0], "%s", super_event_name(event->kind));
	add_nick(line, " ", event->names);
	add_endpoint(line, " at ", event->at);
	add_endpoint(line, " from ", event->from);
	add_nick(line, " by ", event->asker);
	if (event->wanted.len > 0)
		add(line, " for ", (const char *)event->wanted.data, event->wanted.len);
	if (event->reason != SUPER_NO_REASON) {
		add(line, " (", super_reason_name(event->reason), 20);
		add(line, ")", "", 0);
	}
	if (event->stale)
		add(line, " stale", "", 0);
	if (event->extended)
		add(line, " extended", "", 0);
}

static void setup(void)
{
	w = world_new();
	told_count = 0;
}

static void begin(void)
{
	world_start(w);
	super_listen(w->super, on_event, w);
}

static void teardown(void)
{
	world_free(w);
}

/* These were told, in this order, and nothing else; then all is forgotten. */
#define TOLD(...) expect((const char *const[]){__VA_ARGS__, NULL})
static void expect(const char *const lines[])
{
	size_t n = 0;

	for (; lines[n] != NULL && n < told_count; n++)
		ck_assert_str_eq(told[n], lines[n]);
	ck_assert_msg(lines[n] == NULL, "not told: %s", lines[n] != NULL ? lines[n] : "");
	ck_assert_msg(n == told_count, "told too: %s", n < told_count ? told[n] : "");
	told_count = 0;
}

static void again(const char *from, enum command command, const char *nick)
{
	struct fields fields = {.transaction = "87654321"};

	world_extended(w, from, 0, command, nick, &fields, true);
}

START_TEST(comes_and_goes)
{
	begin();
	world_register(w, B, 0, "alice");
	TOLD("entered alice at " B " extended");
	/* a refresh is no event */
	again(B, CMD_BR_ENTRY, "alice");
	again(B, CMD_BR_ENTRY, "alice");
	ck_assert_uint_eq(told_count, 0);
	again(B, CMD_BR_EXIT, "alice");
	TOLD("left alice at " B " (exit) extended");
	/* once more, as some do: nobody has forged anything */
	again(B, CMD_BR_EXIT, "alice");
	ck_assert_uint_eq(told_count, 0);
}
END_TEST

static void enter_seed(const char *from, const char *nick)
{
	world_register_seed(w, from, 0, nick, "sales");
}

/* Seeds, since the world's peers of ours have where they are for a host. */
START_TEST(moves)
{
	begin();
	enter_seed(B, "bob");
	enter_seed(D, "bob");
	TOLD("entered bob at " B, "moved bob at " D " from " B);
	/* onto somebody's endpoint: that one is gone */
	enter_seed(C, "carol");
	enter_seed(C, "bob");
	TOLD("entered carol at " C, "left carol at " C " (replaced)", "moved bob at " C " from " D);
	/* another name from the same endpoint */
	enter_seed(C, "dave");
	TOLD("left bob at " C " (replaced)", "entered dave at " C);
}
END_TEST

START_TEST(goes_stale_and_returns)
{
	begin();
	world_register(w, B, 0, "alice");
	told_count = 0;
	world_pass(w, 80000);
	TOLD("stale alice at " B " stale extended");
	world_clear(w);
	world_register(w, B, 0, "alice");
	TOLD("returned alice at " B " extended");
	world_pass(w, 80000);
	told_count = 0;
	/* with more to say than a mere refresh */
	world_extended(w, B, 0, CMD_BR_ENTRY, "alice",
	    &(struct fields){.transaction = "12345678", .present = 1u << KEY_LC | 1u << KEY_PX,
		.candidate_count = 1, .candidates = {at("10.0.0.1:2425")}}, true);
	TOLD("returned alice at " B " extended");
	world_pass(w, 80000 + STALE_EXTENDED_MS);
	TOLD("stale alice at " B " stale extended", "left alice at " B " (expired) stale extended");
}
END_TEST

START_TEST(a_seed_goes_stale_and_returns)
{
	begin();
	world_register_seed(w, B, 0, "bob", "sales");
	told_count = 0;
	world_pass(w, 100000);
	TOLD("stale bob at " B " stale");
	world_seed(w, B, 0, CMD_BR_ENTRY, "bob", "sales");
	world_prove(w, B, 0);
	TOLD("returned bob at " B);
	world_seed(w, B, 0, CMD_BR_EXIT, "bob", NULL);
	world_pass(w, 6000);
	TOLD("left bob at " B " (exit)");
}
END_TEST

START_TEST(makes_room)
{
	w->settings.max_registrations = 1;
	begin();
	world_register(w, B, 0, "alice");
	world_pass(w, 80000);
	world_register(w, D, 0, "dave");
	TOLD("entered alice at " B " extended", "stale alice at " B " stale extended",
	    "left alice at " B " (evicted) stale extended", "entered dave at " D " extended");
	world_seed(w, C, 0, CMD_BR_ENTRY, "carol", "sales");
	world_prove(w, C, 0);
	TOLD("refused carol from " C " (full)");
}
END_TEST

START_TEST(limits_a_nick)
{
	w->settings.max_same_nick = 1;
	begin();
	world_register(w, B, 0, "alice");
	told_count = 0;
	world_extended(w, D, 0, CMD_BR_ENTRY, "alice",
	    &(struct fields){.transaction = "12345678", .padding = 60,
		.present = 1u << KEY_PD | 1u << KEY_PX}, false);
	again(D, CMD_BR_ENTRY, "alice");
	TOLD("refused alice from " D " (same-nick) extended");
	/* a stale one of that nick gives way */
	world_pass(w, 80000);
	told_count = 0;
	again(D, CMD_BR_ENTRY, "alice");
	TOLD("left alice at " B " (evicted) stale extended", "entered alice at " D " extended");
}
END_TEST

START_TEST(introduces)
{
	begin();
	world_register(w, B, 0, "alice");
	world_register(w, D, 0, "dave");
	told_count = 0;
	again(B, CMD_ASKPUNCHING, "dave");
	TOLD("introduced dave at " D " from " B " by alice for dave extended");
	/* a repeat of the same ask is none */
	again(B, CMD_ASKPUNCHING, "dave");
	ck_assert_uint_eq(told_count, 0);
	again(B, CMD_ASKPUNCHING, "nobody");
	again(B, CMD_ASKPUNCHING, "alice");
	TOLD("declined from " B " by alice for nobody (unknown)",
	    "declined from " B " by alice for alice (self)");
	world_pass(w, 80000);
	told_count = 0;
	again(B, CMD_ASKPUNCHING, "dave@sales");
	TOLD("introduced dave at " D " from " B " by alice for dave@sales stale extended");
}
END_TEST

START_TEST(is_busy)
{
	w->settings.max_introductions = 1;
	begin();
	world_register(w, B, 0, "alice");
	world_register(w, D, 0, "dave");
	again(B, CMD_ASKPUNCHING, "dave");
	told_count = 0;
	again(D, CMD_ASKPUNCHING, "alice");
	TOLD("declined from " D " by dave for alice (busy)");
}
END_TEST

START_TEST(refuses_what_is_forged)
{
	struct fields none = {0};

	begin();
	world_register(w, B, 0, "alice");
	told_count = 0;
	world_extended(w, B, 0, CMD_BR_EXIT, "alice", &none, false);
	TOLD("refused from " B " (forged)");
	world_seed(w, D, 0, CMD_BR_ENTRY, "bob", "sales");
	world_receive(w, D, 0, "1:1:x:y:50:12345", 16);
	TOLD("refused from " D " (guessed)");
	/* the right number, under another's name */
	world_prove_as(w, D, 0, "mallory", "pc");
	TOLD("refused from " D " (forged)");
}
END_TEST

START_TEST(seeds_are_served_no_longer)
{
	const char *error;

	begin();
	world_register_seed(w, B, 0, "bob", "sales");
	told_count = 0;
	w->settings.legacy = LEGACY_OFF;
	ck_assert(super_reconfigure(w->super, &w->settings, &error));
	world_pass(w, 1);
	TOLD("left bob at " B " (unserved)");
}
END_TEST

START_TEST(nobody_listens)
{
	begin();
	super_listen(w->super, NULL, NULL);
	world_register(w, B, 0, "alice");
	again(B, CMD_ASKPUNCHING, "nobody");
	again(B, CMD_BR_EXIT, "alice");
	ck_assert_uint_eq(told_count, 0);
}
END_TEST

START_TEST(everything_has_a_name)
{
	for (int i = 0; i < SUPER_EVENT_KINDS; i++)
		ck_assert_uint_gt(strlen(super_event_name((enum super_event_kind)i)), 0);
	for (int i = 1; i < SUPER_REASONS; i++)
		ck_assert_uint_gt(strlen(super_reason_name((enum super_reason)i)), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("super_events");
	TCase *tcase = tcase_create("super_events");

	if (sodium_init() < 0)
		return EXIT_FAILURE;
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, comes_and_goes);
	tcase_add_test(tcase, moves);
	tcase_add_test(tcase, goes_stale_and_returns);
	tcase_add_test(tcase, a_seed_goes_stale_and_returns);
	tcase_add_test(tcase, makes_room);
	tcase_add_test(tcase, limits_a_nick);
	tcase_add_test(tcase, introduces);
	tcase_add_test(tcase, is_busy);
	tcase_add_test(tcase, refuses_what_is_forged);
	tcase_add_test(tcase, seeds_are_served_no_longer);
	tcase_add_test(tcase, nobody_listens);
	tcase_add_test(tcase, everything_has_a_name);
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
