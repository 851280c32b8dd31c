/* The roster: who is told who else is there, page by page, and who is not (ipmsg-punch(7)). */
#include "unit.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "super/core.h"
#include "wire/hostlist.h"
#include "world.h"

#define A "192.0.2.1:2425"
#define B "192.0.2.2:2425"
#define C "192.0.2.3:2425"
#define X "198.51.100.9:2425"

static struct world *w;

static void setup(void)
{
	w = world_new();
	w->settings.limits = (struct limits){0};
	world_start(w);
}

static void teardown(void)
{
	world_free(w);
}

static void enter(const char *from, const char *nick, const char *group)
{
	w->group = group;
	world_register(w, from, 0, nick);
	w->group = NULL;
}

/* The cookie that `to` was sent last. */
static void set_cookie(const char *to, struct fields *fields)
{
	struct endpoint ep = at(to);

	for (size_t i = w->sent_count; i > 0; i--) {
		struct fields sent;

		if (!endpoint_equal(&w->sent[i - 1].to, &ep))
			continue;
		sent = sent_fields(&w->sent[i - 1]);
		if (!fields_has(&sent, KEY_CK))
			continue;
		fields_set(fields, KEY_CK);
		memcpy(fields->cookie, sent.cookie, COOKIE_BYTES);
		return;
	}
}

static void get(const char *from, uint32_t start, const struct fields *fields)
{
	static const struct identity identity = {"user", "host", "nick", "sales"};
	unsigned char bytes[512];
	struct writer writer = writer_on(bytes, sizeof bytes);

	packet_begin(&writer, 1700000009, &identity, CMD_GETLIST | OPT_CAPUTF8);
	writer_decimal(&writer, start);
	hostlist_write_fields(&writer, fields);
	world_receive(w, from, 0, bytes, writer.len);
}

static void get_proven(const char *from, uint32_t start)
{
	struct fields fields = {.transaction = "rosterTK"};

	fields_set(&fields, KEY_TK);
	set_cookie(from, &fields);
	get(from, start, &fields);
}

/* The last page that came; "alice@sales bob@sales …" of it. */
static struct fields page(const char *to, struct hostlist *list, char names[2000])
{
	size_t n = world_count(w, to, CMD_ANSLIST), used = 0;
	struct listed_host host;
	struct packet packet;

	ck_assert_uint_gt(n, 0);
	const struct sent *sent = world_find(w, to, CMD_ANSLIST, n - 1);

	ck_assert_uint_le(sent->len, 1200);
	ck_assert_int_eq(packet_parse(&packet, span_of(sent->data, sent->len)), PACKET_OK);
	ck_assert(hostlist_parse(list, &packet));
	list->placeless = true;
	names[0] = '\0';
	while (hostlist_next(list, &host)) {
		ck_assert_uint_eq(host.at.port, 0);
		ck_assert_int_eq(endpoint_scope(&host.at), SCOPE_UNUSABLE);
		ck_assert(!host.left);
		used += (size_t)snprintf(names + used, 2000 - used, "%s%.*s@%.*s",
		    used > 0 ? " " : "", (int)host.nick.len, (const char *)host.nick.data,
		    (int)host.group.len, (const char *)host.group.data);
	}
	ck_assert_uint_eq(list->seen, list->count);
	return sent_fields(sent);
}

static void expect(const char *from, const char *names)
{
	char listed[2000];
	struct hostlist list;
	struct fields fields;

	world_pass(w, 1000);
	get_proven(from, 0);
	fields = page(from, &list, listed);
	ck_assert(!fields_has(&fields, KEY_ER));
	ck_assert_mem_eq(fields.transaction, "rosterTK", TRANSACTION_BYTES);
	ck_assert(fields_has(&fields, KEY_CK));
	ck_assert_uint_eq(list.next, 0);
	ck_assert_str_eq(listed, names);
}

static void expect_error(const char *from, enum punch_error error)
{
	char listed[2000];
	struct hostlist list;
	struct fields fields;

	get_proven(from, 0);
	fields = page(from, &list, listed);
	ck_assert(fields_has(&fields, KEY_ER));
	ck_assert_int_eq(fields.error, error);
	ck_assert_uint_eq(list.next, 0);
	ck_assert_uint_eq(list.count, 0);
}

static void enter_three(void)
{
	enter(A, "alice", "sales");
	enter(B, "bob", "sales");
	enter(C, "carol", "lab");
}

START_TEST(the_own_group_is_told)
{
	enter_three();
	expect(A, "bob@sales");
	expect(B, "alice@sales");
	expect(C, "");
	ck_assert_uint_eq(world_counted(w, COUNT_ROSTER_PAGES), 3);
}
END_TEST

START_TEST(who_has_no_group_is_told_nobody)
{
	enter(A, "alice", "");
	enter(B, "bob", "");
	expect(A, "");
}
END_TEST

START_TEST(all_are_told)
{
	w->settings.roster = ROSTER_ALL;
	world_reconfigure(w);
	enter_three();
	expect(A, "bob@sales carol@lab");
	/* but not whom one may not ask for */
	w->settings.directory = DIRECTORY_MEMBERS;
	world_reconfigure(w);
	expect(A, "bob@sales");
	expect(C, "");
}
END_TEST

START_TEST(nobody_is_told)
{
	w->settings.roster = ROSTER_OFF;
	world_reconfigure(w);
	enter_three();
	expect_error(A, PUNCH_REFUSED);
	ck_assert_uint_eq(world_counted(w, COUNT_ROSTER_REFUSED), 1);
	ck_assert_uint_eq(world_counted(w, COUNT_ROSTER_PAGES), 0);
}
END_TEST

START_TEST(the_stale_and_the_other_family_are_not)
{
	enter(B, "bob", "sales");
	world_pass(w, 80000);
	enter("[2001:db8::1]:2425", "six", "sales");
	enter(A, "alice", "sales");
	enter(C, "carol", "sales");
	expect(A, "carol@sales");
	world_register_seed(w, X, 0, "seed", "sales");
	expect(A, "carol@sales seed@sales");
}
END_TEST

START_TEST(a_cookie_is_needed)
{
	struct fields fields = {.transaction = "rosterTK"};

	enter_three();
	fields_set(&fields, KEY_TK);
	world_clear(w);
	get(A, 0, &fields);
	fields_set(&fields, KEY_CK);
	get(A, 0, &fields); /* a wrong one */
	ck_assert_uint_eq(world_counted(w, COUNT_DROPPED_FORGED), 2);
	ck_assert_uint_eq(w->sent_count, 0);
}
END_TEST

START_TEST(a_registration_is_needed)
{
	struct fields challenge = {.padding = 60, .transaction = "12345678"};

	enter_three();
	fields_set(&challenge, KEY_PD);
	world_extended(w, X, 0, CMD_BR_ENTRY, "eve", &challenge, false);
	get_proven(X, 0);
	ck_assert_uint_eq(world_count(w, X, CMD_ANSLIST), 0);
	ck_assert_uint_eq(world_counted(w, COUNT_STRAY), 1);
}
END_TEST

/* They would take 0.0.0.0 for an address. */
START_TEST(stock_clients_are_told_nothing)
{
	enter_three();
	world_register_seed(w, X, 0, "seed", "sales");
	world_clear(w);
	world_seed(w, X, 0, CMD_GETLIST, "0", NULL);
	ck_assert_uint_eq(w->sent_count, 0);
	ck_assert_uint_eq(world_counted(w, COUNT_DROPPED_COMMAND), 1);
}
END_TEST

START_TEST(a_source_has_its_limit)
{
	enter_three();
	for (int i = 0; i < 20; i++)
		get_proven(A, 0);
	ck_assert_uint_eq(world_counted(w, COUNT_ROSTER_PAGES), 20);
	expect_error(A, PUNCH_BUSY);
	ck_assert_uint_eq(world_counted(w, COUNT_ROSTER_BUSY), 1);
	/* others are served, and A itself two times a second */
	get_proven(B, 0);
	ck_assert_uint_eq(world_counted(w, COUNT_ROSTER_PAGES), 21);
	world_pass(w, 1000);
	for (int i = 0; i < 5; i++)
		get_proven(A, 0);
	ck_assert_uint_eq(world_counted(w, COUNT_ROSTER_PAGES), 23);
}
END_TEST

START_TEST(all_together_have_a_limit)
{
	char from[32];

	for (int i = 0; i < 10; i++) {
		snprintf(from, sizeof from, "203.0.113.%d:2425", i + 1);
		enter(from, "n", "sales");
		for (int k = 0; k < 10; k++)
			get_proven(from, 0);
	}
	ck_assert_uint_eq(world_counted(w, COUNT_ROSTER_PAGES), 64);
	ck_assert_uint_eq(world_counted(w, COUNT_ROSTER_BUSY), 36);
}
END_TEST

#define MANY 300

static const char *many(int i)
{
	static char from[32];

	snprintf(from, sizeof from, "203.0.%d.%d:2425", i / 200, i % 200 + 1);
	return from;
}

/* Marks those on a page; returns where to go on. */
static uint32_t mark(uint32_t start, bool seen[MANY], unsigned *twice)
{
	char listed[2000], *save = NULL;
	struct hostlist list;
	int i;

	get_proven(A, start);
	page(A, &list, listed);
	for (char *name = strtok_r(listed, " ", &save); name != NULL;
	     name = strtok_r(NULL, " ", &save)) {
		if (sscanf(name, "n%d@sales", &i) != 1)
			continue;
		*twice += seen[i];
		seen[i] = true;
	}
	return list.next;
}

START_TEST(pages_tell_everybody_once)
{
	bool seen[MANY] = {0};
	unsigned twice = 0, pages = 0;
	uint32_t next = 0;
	char nick[16];

	for (int i = 0; i < MANY; i++) {
		snprintf(nick, sizeof nick, "n%d", i);
		enter(many(i), nick, i % 3 == 0 ? "lab" : "sales");
	}
	enter(A, "alice", "sales");
	do {
		uint32_t before = next;

		world_pass(w, 500);
		next = mark(next, seen, &twice);
		ck_assert(next == 0 || next > before);
		pages++;
	} while (next != 0);
	for (int i = 0; i < MANY; i++)
		ck_assert_int_eq(seen[i], i % 3 != 0);
	ck_assert_uint_eq(twice, 0);
	ck_assert_uint_gt(pages, 5);
}
END_TEST

/* Who stays is told, once; and the list ends. */
START_TEST(pages_end_while_all_changes)
{
	bool seen[MANY] = {0};
	unsigned twice = 0, pages = 0;
	uint32_t next = 0;
	char nick[16];

	enter(A, "alice", "sales");
	for (int i = 0; i < 100; i++) {
		snprintf(nick, sizeof nick, "n%d", i);
		enter(many(i), nick, "sales");
	}
	do {
		world_pass(w, 500);
		next = mark(next, seen, &twice);
		/* odd ones leave, others come */
		for (int i = (int)pages * 8; i < (int)pages * 8 + 8 && i < 100; i++) {
			struct fields fields = {.transaction = "exitexit"};

			if (i % 2 == 0)
				continue;
			snprintf(nick, sizeof nick, "n%d", i);
			w->group = "sales";
			world_extended(w, many(i), 0, CMD_BR_EXIT, nick, &fields, true);
			snprintf(nick, sizeof nick, "n%d", 100 + i);
			enter(many(100 + i), nick, "sales");
		}
		ck_assert_uint_lt(++pages, 40);
	} while (next != 0);
	for (int i = 0; i < 100; i += 2)
		ck_assert(seen[i]);
	ck_assert_uint_eq(twice, 0);
}
END_TEST

START_TEST(an_index_from_elsewhere_ends_the_list)
{
	char listed[2000];
	struct hostlist list;

	enter_three();
	get_proven(A, 4000000000u);
	page(A, &list, listed);
	ck_assert_uint_eq(list.next, 0);
	ck_assert_uint_eq(list.count, 0);
}
END_TEST

/* The work for one page is bounded: so one may tell nobody and still not be the last. */
START_TEST(a_page_looks_at_so_many_places)
{
	char from[32], listed[2000];
	struct hostlist list;
	uint32_t next = 0;
	unsigned pages = 0;

	enter(A, "alice", "sales");
	w->settings.max_same_nick = 100000;
	world_reconfigure(w);
	for (int i = 0; i < 9000; i++) {
		snprintf(from, sizeof from, "203.%d.%d.1:2425", i / 200, i % 200);
		world_clear(w);
		enter(from, "other", "lab");
	}
	world_clear(w);
	enter(A, "alice", "sales");
	enter(B, "bob", "sales");
	do {
		get_proven(A, next);
		page(A, &list, listed);
		next = list.next;
		pages++;
		ck_assert_str_eq(listed, next == 0 ? "bob@sales" : "");
	} while (next != 0);
	ck_assert_uint_eq(pages, 3);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("roster");
	TCase *tcase = tcase_create("roster");

	if (sodium_init() < 0)
		return EXIT_FAILURE;
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, the_own_group_is_told);
	tcase_add_test(tcase, who_has_no_group_is_told_nobody);
	tcase_add_test(tcase, all_are_told);
	tcase_add_test(tcase, nobody_is_told);
	tcase_add_test(tcase, the_stale_and_the_other_family_are_not);
	tcase_add_test(tcase, a_cookie_is_needed);
	tcase_add_test(tcase, a_registration_is_needed);
	tcase_add_test(tcase, stock_clients_are_told_nothing);
	tcase_add_test(tcase, a_source_has_its_limit);
	tcase_add_test(tcase, all_together_have_a_limit);
	tcase_add_test(tcase, pages_tell_everybody_once);
	tcase_add_test(tcase, pages_end_while_all_changes);
	tcase_add_test(tcase, an_index_from_elsewhere_ends_the_list);
	tcase_add_test(tcase, a_page_looks_at_so_many_places);
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
