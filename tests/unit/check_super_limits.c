/* The supernode under floods: what each limit refuses, how it says so, and whom it leaves alone. */
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "super/core.h"
#include "super/snapshot.h"
#include "world.h"

#define B "192.0.2.1:2425"
#define D "192.0.2.2:40001"

static struct world *w;
static struct super_event last; /* its kind and reason */

static void on_event(const struct super_event *event, void *context)
{
	last = *event;
}

static void setup(void)
{
	w = world_new();
	last = (struct super_event){0};
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

static struct super_status status(void)
{
	struct super_status s;

	super_status(w->super, &s);
	return s;
}

#define TEXT 64

static const char *port_of(char out[TEXT], const char *address, unsigned n)
{
	snprintf(out, TEXT, "%s:%u", address, 1000 + n);
	return out;
}

static const char *host_of(char out[TEXT], const char *network, unsigned n)
{
	snprintf(out, TEXT, "%s.%u.%u:2425", network, n / 256 % 256, n % 256);
	return out;
}

static const char *nick_of(char out[TEXT], const char *letter, unsigned n)
{
	snprintf(out, TEXT, "%s%u", letter, n);
	return out;
}

/* Its entry, without a cookie unless it has been sent one. */
static void entry(const char *from, const char *nick, bool cookie)
{
	struct fields fields = {.padding = 60, .transaction = "abcdefgh"};

	if (!cookie)
		fields_set(&fields, KEY_PD);
	world_extended(w, from, 0, CMD_BR_ENTRY, nick, &fields, cookie);
}

static void ask(const char *from, const char *name, char transaction)
{
	struct fields fields = {.padding = 12, .transaction = {(uint8_t)transaction}};

	fields_set(&fields, KEY_PD);
	world_extended(w, from, 0, CMD_ASKPUNCHING, name, &fields, true);
}

static enum punch_error error_to(const char *to, enum command command)
{
	return sent_fields(world_find(w, to, command, world_count(w, to, command) - 1)).error;
}

/* The flood gets so many answers and then silence; who has a cookie notices nothing. */
START_TEST(challenges_of_a_source)
{
	w->settings.limits.answers_per_source = (struct limit){10, 20};
	w->settings.limits.leak = 0;
	begin();
	world_register(w, B, 0, "alice");
	for (int i = 0; i < 100; i++)
		entry("192.0.2.1:7", "eve", false);
	ck_assert_uint_eq(world_count(w, "192.0.2.1:7", CMD_ANSENTRY), 19);
	ck_assert_uint_eq(world_counted(w, COUNT_LIMITED_SOURCE), 81);
	for (int i = 0; i < 100; i++)
		ask("192.0.2.1:8", "alice", 1);
	ck_assert_uint_eq(world_count(w, "192.0.2.1:8", CMD_ANSPUNCHING), 0);
	ck_assert_uint_eq(world_counted(w, COUNT_LIMITED_SOURCE), 181);
	world_pass(w, 1000);
	for (int i = 0; i < 200; i++)
		entry(B, "alice", true);
	ck_assert_uint_eq(world_count(w, B, CMD_ANSENTRY), 202);
	for (int i = 0; i < 100; i++)
		entry("192.0.2.1:7", "eve", false);
	ck_assert_uint_eq(world_count(w, "192.0.2.1:7", CMD_ANSENTRY), 29);
	/* another source is not concerned */
	world_register(w, D, 0, "dave");
}
END_TEST

/* An office comes back after a power cut, all at once. */
START_TEST(an_office_behind_one_address)
{
	char from[TEXT], nick[TEXT];

	begin();
	for (unsigned i = 0; i < 250; i++)
		world_register(w, port_of(from, "192.0.2.9", i), 0,
		    nick_of(nick, "u", i));
	ck_assert_uint_eq(status().registrations.fresh, 250);
	world_clear(w);
	for (unsigned i = 0; i < 240; i++)
		world_register_seed(w, port_of(from, "192.0.2.10", i), 0,
		    nick_of(nick, "s", i), "g");
	ck_assert_uint_eq(status().registrations.seeds, 240);
	ck_assert_uint_eq(world_counted(w, COUNT_LIMITED_SOURCE), 0);
}
END_TEST

/* Somebody floods in the victim's name: its tries still pass, by luck. */
START_TEST(victim_of_a_spoofer)
{
	unsigned served = 0;
	char from[TEXT];

	w->settings.limits.answers_per_source = (struct limit){1, 10};
	begin();
	/* no time passes: the bucket is empty, as a flood keeps it */
	for (int i = 0; i < 10; i++)
		entry("192.0.2.1:9", "eve", false);
	for (unsigned series = 0; series < 100; series++) {
		port_of(from, "192.0.2.1", series);
		for (int try = 0; try < 3; try++) {
			world_clear(w);
			entry(from, "alice", false);
			if (world_count(w, from, CMD_ANSENTRY) > 0) {
				served++;
				break;
			}
		}
	}
	ck_assert_msg(served >= 20 && served <= 50, "%u of 100", served);
}
END_TEST

/* Seeds too: a flood takes neither answers nor slots beyond what its source may have. */
START_TEST(seeds_of_a_source)
{
	char from[TEXT];

	w->settings.limits.answers_per_source = (struct limit){10, 20};
	w->settings.limits.leak = 0;
	begin();
	for (unsigned i = 0; i < 200; i++)
		world_seed(w, port_of(from, "192.0.2.1", i), 0, CMD_BR_ENTRY, "eve", "g");
	ck_assert_uint_eq(status().unproven, 20);
	ck_assert_uint_eq(world_counted(w, COUNT_SENT_PROBES), 20);
	ck_assert_uint_eq(world_counted(w, COUNT_LIMITED_SOURCE), 180);
	world_seed(w, D, 0, CMD_BR_ENTRY, "dave", "g");
	ck_assert_uint_eq(status().unproven, 21);
	for (unsigned i = 0; i < 200; i++)
		world_receive(w, "192.0.2.1:77", 0, "1:1:eve:pc:128:dave", 19);
	ck_assert_uint_eq(status().unproven, 21);
}
END_TEST

/* Exits and absences in a seed's name: no more slots, no more probes than its source may have. */
START_TEST(notices_in_a_seeds_name)
{
	w->settings.limits.answers_per_source = (struct limit){1, 4};
	w->settings.limits.leak = 0;
	begin();
	world_register_seed(w, D, 0, "dave", "g");
	uint64_t held = world_counted(w, COUNT_HELD);

	for (int i = 0; i < 50; i++) {
		world_seed(w, D, 0, CMD_BR_ABSENCE, "dave", "x");
		world_seed(w, D, 0, CMD_BR_EXIT, "dave", "g");
	}
	ck_assert_uint_eq(world_counted(w, COUNT_HELD), held + 3);
	ck_assert_uint_eq(world_counted(w, COUNT_LIMITED_SOURCE), 97);
}
END_TEST

START_TEST(repeats_are_one_ask)
{
	w->settings.limits.asks_per_source = (struct limit){1, 3};
	w->settings.limits.leak = 0;
	begin();
	world_register(w, B, 0, "alice");
	world_register(w, D, 0, "dave");
	for (int i = 0; i < 50; i++)
		ask(B, "dave", 'a');
	ck_assert_uint_eq(world_count(w, B, CMD_ANSPUNCHING), 50);
	ck_assert_uint_eq(world_counted(w, COUNT_ASKS_INTRODUCED), 1);
	/* other transactions are other asks: two tokens are left */
	ask(B, "dave", 'b');
	ask(B, "dave", 'c');
	ck_assert_uint_eq(world_counted(w, COUNT_LIMITED_ASKS), 0);
	ask(B, "dave", 'd');
	ck_assert_uint_eq(world_counted(w, COUNT_LIMITED_ASKS), 1);
	ck_assert_int_eq(error_to(B, CMD_ANSPUNCHING), PUNCH_BUSY);
	ck_assert_int_eq(last.kind, SUPER_DECLINED);
	ck_assert_int_eq(last.reason, SUPER_LIMITED);
	/* nor does who guesses names find out any more of them */
	ask(B, "nobody", 'e');
	ck_assert_int_eq(error_to(B, CMD_ANSPUNCHING), PUNCH_BUSY);
	world_pass(w, 1000);
	ask(B, "nobody", 'e');
	ck_assert_int_eq(error_to(B, CMD_ANSPUNCHING), PUNCH_UNKNOWN);
	ask(B, "alice", 'f');
	ck_assert_int_eq(error_to(B, CMD_ANSPUNCHING), PUNCH_BUSY);
}
END_TEST

/* From one source and many ports, then from many sources: the target is ordered so often. */
START_TEST(asks_for_one_target)
{
	char from[TEXT], nick[TEXT];

	w->settings.limits.leak = 0;
	begin();
	world_register(w, D, 0, "dave");
	for (unsigned i = 0; i < 20; i++) {
		world_register(w, port_of(from, "192.0.2.1", i), 0,
		    nick_of(nick, "u", i));
		ask(from, "dave", 'a');
	}
	ck_assert_uint_eq(world_counted(w, COUNT_ASKS_INTRODUCED), 5);
	ck_assert_uint_eq(world_counted(w, COUNT_LIMITED_ASKER), 15);
	ck_assert_int_eq(error_to(from, CMD_ANSPUNCHING), PUNCH_BUSY);
	world_clear(w);
	for (unsigned i = 0; i < 150; i++) {
		world_register(w, host_of(from, "198.51", i), 0,
		    nick_of(nick, "v", i));
		ask(from, "dave", 'a');
	}
	uint64_t introduced = world_counted(w, COUNT_ASKS_INTRODUCED);

	ck_assert_uint_ge(introduced, 30);
	ck_assert_uint_le(introduced, 40);
	ck_assert_uint_eq(world_counted(w, COUNT_LIMITED_TARGET), 155 - introduced);
	/* an honest one that goes on asking gets through */
	world_clear(w);
	world_register(w, "203.0.113.5:2425", 0, "honest");
	for (int i = 0; i < 5 && world_counted(w, COUNT_ASKS_INTRODUCED) == introduced; i++) {
		world_pass(w, 500);
		ask("203.0.113.5:2425", "dave", 'h');
	}
	ck_assert_uint_eq(world_counted(w, COUNT_ASKS_INTRODUCED), introduced + 1);
}
END_TEST

static void leave(const char *from, const char *nick)
{
	world_extended(w, from, 0, CMD_BR_EXIT, nick, &(struct fields){0}, true);
}

START_TEST(registrations_of_a_source)
{
	w->settings.max_per_source = 2;
	begin();
	world_register(w, "192.0.2.1:1", 0, "a");
	world_register(w, "192.0.2.1:2", 0, "b");
	entry("192.0.2.1:3", "c", false);
	entry("192.0.2.1:3", "c", true);
	ck_assert_int_eq(error_to("192.0.2.1:3", CMD_ANSENTRY), PUNCH_BUSY);
	ck_assert_int_eq(last.kind, SUPER_REFUSED);
	ck_assert_int_eq(last.reason, SUPER_SOURCE_FULL);
	ck_assert_uint_eq(world_counted(w, COUNT_LIMITED_REGISTRATIONS), 1);
	ck_assert_uint_eq(world_counted(w, COUNT_DROPPED_FULL), 0);
	/* refreshes go on; who takes a place that is there, takes no new one */
	entry("192.0.2.1:1", "a", true);
	ck_assert_int_ne(error_to("192.0.2.1:1", CMD_ANSENTRY), PUNCH_BUSY);
	world_register(w, "192.0.2.1:2", 0, "bb");
	/* others are not concerned, and one who leaves makes room */
	world_register(w, D, 0, "d");
	leave("192.0.2.1:1", "a");
	world_register(w, "192.0.2.1:3", 0, "c");
	entry("192.0.2.1:1", "a", false);
	entry("192.0.2.1:1", "a", true);
	ck_assert_int_eq(error_to("192.0.2.1:1", CMD_ANSENTRY), PUNCH_BUSY);
	ck_assert_uint_eq(status().registrations.fresh, 3);
	/* stale ones count until they are gone */
	world_pass(w, 120000);
	entry("192.0.2.1:1", "a", false);
	entry("192.0.2.1:1", "a", true);
	ck_assert_int_eq(error_to("192.0.2.1:1", CMD_ANSENTRY), PUNCH_BUSY);
	world_pass(w, 700000);
	world_register(w, "192.0.2.1:1", 0, "a");
}
END_TEST

static struct registration *enter_at(const char *endpoint, const char *user)
{
	struct entry entry = {.user = span_text(user), .host = span_text("pc"),
	    .nick = span_text(user), .group = span_text("")};
	struct enter enter = {.remote = at(endpoint), .kind = PEER_EXTENDED, .lifetime = 75,
	    .now = w->now};

	enter.names = names_new(&entry, w->super->legacy);
	return registry_enter(&w->super->registry, &enter);
}

/* Whoever moves is counted where it is. */
START_TEST(moves_are_counted)
{
	w->settings.max_per_source = 2;
	begin();
	ck_assert_ptr_nonnull(enter_at("192.0.2.1:1", "a"));
	ck_assert_ptr_nonnull(enter_at("192.0.2.1:2", "b"));
	ck_assert_ptr_nonnull(enter_at("192.0.2.2:1", "c"));
	/* not into a full one, and it stays what it was */
	ck_assert_ptr_null(enter_at("192.0.2.1:3", "c"));
	struct endpoint there = at("192.0.2.2:1");

	ck_assert_ptr_nonnull(registry_at(&w->super->registry, &there));
	/* within one, or in the place of one */
	ck_assert_ptr_nonnull(enter_at("192.0.2.1:9", "a"));
	ck_assert_ptr_nonnull(enter_at("192.0.2.1:9", "c"));
	ck_assert_uint_eq(status().registrations.fresh, 2);
	ck_assert_ptr_nonnull(enter_at("192.0.2.3:1", "b"));
	ck_assert_ptr_nonnull(enter_at("192.0.2.1:4", "d"));
	ck_assert_ptr_null(enter_at("192.0.2.1:5", "e"));
}
END_TEST

struct saved {
	unsigned char bytes[65536];
	size_t len;
};

static bool save_bytes(void *context, const void *bytes, size_t len)
{
	struct saved *saved = context;

	ck_assert_uint_le(saved->len + len, sizeof saved->bytes);
	memcpy(saved->bytes + saved->len, bytes, len);
	saved->len += len;
	return true;
}

static void save_local(void *context, uint16_t local, struct endpoint *ep)
{
	*ep = at("198.51.100.1:2425");
}

static bool load_local(void *context, const struct endpoint *ep, uint16_t *local)
{
	*local = 0;
	return true;
}

START_TEST(restored_ones_are_counted)
{
	static struct saved saved;
	struct snapshot_sink sink = {save_bytes, save_local, &saved};
	struct snapshot_counts counts;

	saved.len = 0;
	w->settings.max_per_source = 3;
	begin();
	ck_assert_ptr_nonnull(enter_at("192.0.2.1:1", "a"));
	ck_assert_ptr_nonnull(enter_at("192.0.2.1:2", "b"));
	ck_assert_ptr_nonnull(enter_at("192.0.2.1:3", "c"));
	ck_assert(snapshot_save(w->super, &sink, w->now, w->wall));
	super_free(w->super);
	begin();
	struct snapshot_source source = {span_of(saved.bytes, saved.len), load_local, NULL};

	ck_assert_int_eq(snapshot_load(w->super, &source, w->now, w->wall, &counts), SNAPSHOT_LOADED);
	ck_assert_uint_eq(counts.loaded, 3);
	ck_assert_ptr_null(enter_at("192.0.2.1:4", "d"));
	ck_assert_int_eq(w->super->registry.refusal, SUPER_SOURCE_FULL);
	ck_assert_ptr_nonnull(enter_at("192.0.2.2:4", "b"));
	ck_assert_ptr_nonnull(enter_at("192.0.2.1:4", "d"));
}
END_TEST

/* Where seeds are served without a proof, those that never gave one make room for all others. */
START_TEST(unproven_ones_give_way)
{
	char from[TEXT], nick[TEXT];

	w->settings.legacy = LEGACY_OPEN;
	w->settings.max_registrations = 10;
	begin();
	for (unsigned i = 0; i < 3; i++)
		world_register(w, host_of(from, "192.0", 256 + i), 0,
		    nick_of(nick, "p", i));
	/* one that answers the probe it gets after a while */
	world_seed(w, D, 0, CMD_BR_ENTRY, "dave", "g");
	world_pass(w, 21000);
	ck_assert(world_prove(w, D, 0));
	world_clear(w);
	for (unsigned i = 0; i < 100; i++)
		world_seed(w, host_of(from, "10.9", i), 0, CMD_BR_ENTRY,
		    nick_of(nick, "s", i), "g");
	ck_assert_uint_eq(status().registrations.fresh, 10);
	struct endpoint proven = at(D);

	ck_assert_ptr_nonnull(registry_at(&w->super->registry, &proven));
	for (unsigned i = 0; i < 3; i++) {
		proven = at(host_of(from, "192.0", 256 + i));
		ck_assert_ptr_nonnull(registry_at(&w->super->registry, &proven));
	}
	/* stale ones that had proven themselves stay too while there are others */
	world_pass(w, 80000);
	ck_assert_uint_eq(status().registrations.stale, 3);
	for (unsigned i = 0; i < 6; i++)
		world_register(w, host_of(from, "198.51", i), 0, nick_of(nick, "q", i));
	ck_assert_uint_eq(status().registrations.stale, 3);
	ck_assert_uint_eq(status().registrations.seeds, 1);
	/* then they go, and the proven seed last of all, not at all */
	for (unsigned i = 6; i < 9; i++)
		world_register(w, host_of(from, "198.51", i), 0, nick_of(nick, "q", i));
	ck_assert_uint_eq(status().registrations.stale, 0);
	ck_assert_uint_eq(status().registrations.seeds, 1);
	entry("203.0.113.1:2425", "late", false);
	entry("203.0.113.1:2425", "late", true);
	ck_assert_int_eq(error_to("203.0.113.1:2425", CMD_ANSENTRY), PUNCH_BUSY);
}
END_TEST

/* Nor is one sent more than it sent, or introduced, once proofs are demanded again. */
START_TEST(a_reload_proves_nobody)
{
	const char *error;

	w->settings.legacy = LEGACY_OPEN;
	begin();
	world_register(w, B, 0, "alice");
	world_seed(w, D, 0, CMD_BR_ENTRY, "dave", "g");
	w->settings.legacy = LEGACY_LIMITED;
	ck_assert(super_reconfigure(w->super, &w->settings, &error));
	world_clear(w);
	world_seed(w, D, 0, CMD_ASKPUNCHING, "alice@sales", NULL);
	ck_assert_uint_eq(world_count(w, B, CMD_ORDERPUNCHING), 0);
	ck_assert(world_prove(w, D, 0));
	ck_assert_uint_eq(world_count(w, B, CMD_ORDERPUNCHING), 1);
	/* who has answered once is proven by that */
	world_clear(w);
	world_seed(w, D, 0, CMD_ASKPUNCHING, "alice@sales", NULL);
	ck_assert_uint_eq(world_count(w, D, CMD_READMSG), 0);
}
END_TEST

/* Nor does a restart make any of them proven. */
START_TEST(restored_ones_are_unproven)
{
	static struct saved saved;
	struct snapshot_sink sink = {save_bytes, save_local, &saved};
	struct snapshot_source source = {.number = load_local};
	struct snapshot_counts counts;

	saved.len = 0;
	w->settings.legacy = LEGACY_OPEN;
	w->settings.max_registrations = 2;
	begin();
	world_seed(w, B, 0, CMD_BR_ENTRY, "bob", "g");
	world_seed(w, D, 0, CMD_BR_ENTRY, "dave", "g");
	ck_assert(snapshot_save(w->super, &sink, w->now, w->wall));
	super_free(w->super);
	begin();
	source.bytes = span_of(saved.bytes, saved.len);
	ck_assert_int_eq(snapshot_load(w->super, &source, w->now, w->wall, &counts), SNAPSHOT_LOADED);
	ck_assert_uint_eq(counts.loaded, 2);
	world_pass(w, 21000);
	ck_assert(world_prove(w, D, 0));
	world_register(w, "198.51.100.7:1", 0, "new");
	ck_assert_uint_eq(status().registrations.seeds, 1);
	struct endpoint proven = at(D);

	ck_assert_ptr_nonnull(registry_at(&w->super->registry, &proven));
}
END_TEST

START_TEST(a_reload_keeps_the_levels)
{
	const char *error;

	w->settings.limits.answers_per_source = (struct limit){10, 20};
	w->settings.limits.leak = 0;
	begin();
	for (int i = 0; i < 30; i++)
		entry(B, "eve", false);
	ck_assert_uint_eq(world_count(w, B, CMD_ANSENTRY), 20);
	w->settings.limits.answers_per_source = (struct limit){10, 25};
	ck_assert(super_reconfigure(w->super, &w->settings, &error));
	for (int i = 0; i < 30; i++)
		entry(B, "eve", false);
	ck_assert_uint_eq(world_count(w, B, CMD_ANSENTRY), 25);
	w->settings.limits.answers_per_source = (struct limit){0};
	ck_assert(super_reconfigure(w->super, &w->settings, &error));
	for (int i = 0; i < 30; i++)
		entry(B, "eve", false);
	ck_assert_uint_eq(world_count(w, B, CMD_ANSENTRY), 55);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("super_limits");
	TCase *tcase = tcase_create("limits");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, challenges_of_a_source);
	tcase_add_test(tcase, an_office_behind_one_address);
	tcase_add_test(tcase, victim_of_a_spoofer);
	tcase_add_test(tcase, seeds_of_a_source);
	tcase_add_test(tcase, notices_in_a_seeds_name);
	tcase_add_test(tcase, repeats_are_one_ask);
	tcase_add_test(tcase, asks_for_one_target);
	tcase_add_test(tcase, registrations_of_a_source);
	tcase_add_test(tcase, moves_are_counted);
	tcase_add_test(tcase, restored_ones_are_counted);
	tcase_add_test(tcase, unproven_ones_give_way);
	tcase_add_test(tcase, a_reload_proves_nobody);
	tcase_add_test(tcase, restored_ones_are_unproven);
	tcase_add_test(tcase, a_reload_keeps_the_levels);
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
