/* The mailbox in memory: what goes in comes out, and what is too much makes the oldest leave. */
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "store/memory.h"

static struct mailbox *box;
static char told[256]; /* outcomes, as in "7k 8l " */

static void on_outcome(void *context, const struct mail_outcome *outcome)
{
	size_t len = strlen(told);

	snprintf(told + len, sizeof told - len, "%u%c ", (unsigned)outcome->id,
	    "knl"[outcome->result]);
}

static void with(size_t messages, size_t bytes)
{
	box = memory_new(messages, bytes);
	ck_assert_ptr_nonnull(box);
	box->on_outcome = on_outcome;
	told[0] = '\0';
}

static void teardown(void)
{
	if (box != NULL)
		box->methods->free(box);
	box = NULL;
}

/* What is told when it is committed. */
static void ck_told(const char *expected)
{
	ck_assert_str_eq(told, "");
	box->methods->commit(box, 1700000000);
	ck_assert_str_eq(told, expected);
	told[0] = '\0';
}

static struct mail mail_of(uint64_t id, enum mail_direction direction, const char *text)
{
	return (struct mail){
	    .id = id,
	    .direction = direction,
	    .name = "alice@sales",
	    .user = "al",
	    .host = "box",
	    .text = text,
	    .wall = 1700000000 + (int64_t)id,
	    .state = MESSAGE_DELIVERED,
	};
}

static bool add(uint64_t id, enum mail_direction direction, const char *text)
{
	struct mail mail = mail_of(id, direction, text);

	return box->methods->add(box, &mail, NULL);
}

/* Those of a query, as in "3 4 5 ". */
static void ck_found(const struct mail_query *query, uint64_t cursor, const char *expected)
{
	char found[512] = "";
	struct mail mail;

	while (box->methods->next(box, query, &cursor, &mail) == MAIL_FOUND)
		snprintf(found + strlen(found), sizeof found - strlen(found), "%u ",
		    (unsigned)mail.id);
	ck_assert_str_eq(found, expected);
}

static void ck_ids(uint64_t cursor, const char *expected)
{
	ck_found(&(struct mail_query){.which = MAIL_ALL}, cursor, expected);
}

START_TEST(test_empty)
{
	struct mailbox_status status;
	struct mail mail;

	with(4, 4096);
	ck_ids(0, "");
	ck_assert(box->methods->find(box, 1, &mail) == MAIL_NONE);
	ck_assert(box->methods->set_state(box, 1, MESSAGE_SENT, REASON_NONE, 1));
	ck_assert(box->methods->set_read(box, 1, 1));
	ck_told("");
	box->methods->status(box, &status);
	ck_assert(!status.persistent && status.well);
	ck_assert_str_eq(status.path, "");
	ck_assert_uint_eq(box->last_id, 0);
}
END_TEST

START_TEST(test_keeps_a_copy)
{
	char text[] = "\xe3\x81\x93\xe3\x82\x93";
	struct mail mail;

	with(4, 4096);
	ck_assert(add(7, MAIL_RECEIVED, text));
	memset(text, 'x', sizeof text - 1);
	ck_assert(box->methods->find(box, 7, &mail) == MAIL_FOUND);
	ck_assert_uint_eq(mail.id, 7);
	ck_assert_str_eq(mail.name, "alice@sales");
	ck_assert_str_eq(mail.user, "al");
	ck_assert_str_eq(mail.host, "box");
	ck_assert_str_eq(mail.text, "\xe3\x81\x93\xe3\x82\x93");
	ck_assert_int_eq(mail.wall, 1700000007);
	ck_assert_int_eq(mail.state, MESSAGE_DELIVERED);
	ck_told("7k ");
	ck_told("");
}
END_TEST

/* A message with all that a received one can have. */
static bool add_offering(uint64_t id, char *first, char *second)
{
	struct offer offers[] = {{first, 5, OFFER_FILE}, {second, 0, OFFER_DIRECTORY}};
	struct mail mail = mail_of(id, MAIL_RECEIVED, "see files");

	mail.sealed = mail.broadcast = mail.automatic = true;
	mail.offers = offers;
	mail.offer_count = 2;
	return box->methods->add(box, &mail, NULL);
}

START_TEST(test_keeps_offers)
{
	char first[] = "a:b.txt", second[] = "docs";
	struct mail mail;

	with(4, 4096);
	ck_assert(add_offering(7, first, second));
	memset(first, 'x', sizeof first - 1);
	memset(second, 'x', sizeof second - 1);
	ck_assert(add(8, MAIL_RECEIVED, "x"));
	ck_assert(box->methods->find(box, 7, &mail) == MAIL_FOUND);
	ck_assert_str_eq(mail.text, "see files");
	ck_assert(mail.sealed && mail.broadcast && mail.automatic && !mail.read);
	ck_assert_uint_eq(mail.offer_count, 2);
	ck_assert_str_eq(mail.offers[0].name, "a:b.txt");
	ck_assert_uint_eq(mail.offers[0].size, 5);
	ck_assert_int_eq(mail.offers[0].kind, OFFER_FILE);
	ck_assert_str_eq(mail.offers[1].name, "docs");
	ck_assert_int_eq(mail.offers[1].kind, OFFER_DIRECTORY);
	ck_assert(box->methods->find(box, 8, &mail) == MAIL_FOUND);
	ck_assert_uint_eq(mail.offer_count, 0);
	ck_assert(!mail.sealed && !mail.broadcast && !mail.automatic);
}
END_TEST

/* Names of files count, too. */
START_TEST(test_offers_take_room)
{
	char long_name[256];

	memset(long_name, 'a', sizeof long_name - 1);
	long_name[sizeof long_name - 1] = '\0';
	with(100, 1300);
	for (uint64_t id = 1; id <= 5; id++)
		ck_assert(add_offering(id, long_name, long_name));
	ck_ids(0, "5 ");
}
END_TEST

START_TEST(test_read)
{
	char name[] = "a";
	struct mail mail;

	with(4, 4096);
	ck_assert(add(6, MAIL_SENT, "mine"));
	ck_assert(box->methods->set_read(box, 6, 1800000000));
	ck_assert(add_offering(7, name, name));
	ck_assert(box->methods->set_read(box, 7, 1800000000));
	ck_assert(box->methods->set_read(box, 7, 1900000000));
	ck_assert(box->methods->find(box, 7, &mail) == MAIL_FOUND);
	ck_assert(mail.read);
	ck_assert_int_eq(mail.changed, 1800000000);
	ck_assert(box->methods->find(box, 6, &mail) == MAIL_FOUND);
	ck_assert(!mail.read);
}
END_TEST

START_TEST(test_states)
{
	struct mail mail;

	with(4, 4096);
	ck_assert(add(1, MAIL_SENT, "out"));
	ck_assert(add(2, MAIL_RECEIVED, "in"));
	ck_told("1k 2k ");
	for (uint64_t id = 1; id <= 2; id++) {
		ck_assert(box->methods->set_state(box, id, MESSAGE_FAILED, REASON_SILENT, 1800000000));
		ck_assert(box->methods->set_number(box, id, 77));
	}
	ck_told("1k 2l ");
	ck_assert(box->methods->find(box, 1, &mail) == MAIL_FOUND);
	ck_assert_int_eq(mail.state, MESSAGE_FAILED);
	ck_assert_int_eq(mail.reason, REASON_SILENT);
	ck_assert_int_eq(mail.changed, 1800000000);
	ck_assert_uint_eq(mail.number, 77);
	ck_assert(box->methods->find(box, 2, &mail) == MAIL_FOUND);
	ck_assert_int_eq(mail.state, MESSAGE_DELIVERED);
	ck_assert_uint_eq(mail.number, 0);
}
END_TEST

/* Received at 1700000000 + id. */
static bool add_marked(uint64_t id, uint8_t digest, uint8_t number, bool by_number, int64_t since)
{
	struct mail mail = mail_of(id, MAIL_RECEIVED, "x");
	struct mail_mark mark = {{digest}, {number}, by_number, since};

	return box->methods->add(box, &mail, &mark);
}

START_TEST(test_marks)
{
	with(100, 1 << 20);
	ck_assert(add_marked(1, 1, 101, false, 0));
	ck_assert(add_marked(2, 1, 101, false, 0));
	ck_told("1k 2n ");
	ck_assert(add_marked(3, 2, 101, true, 0));
	ck_assert(add_marked(4, 3, 101, true, 0));
	ck_told("3k 4n ");
	ck_assert(add_marked(50, 1, 101, false, 1700000002));
	ck_assert(add_marked(51, 1, 101, false, 1700000050));
	ck_told("50k 51n ");
	ck_ids(0, "1 3 50 ");
}
END_TEST

START_TEST(test_number_of_stranger_counts_for_nobody)
{
	with(100, 1 << 20);
	ck_assert(add_marked(1, 1, 101, false, 0));
	ck_assert(add_marked(2, 2, 101, true, 0));
	ck_assert(add_marked(3, 3, 101, true, 0));
	ck_told("1k 2k 3n ");
}
END_TEST

/* They outlive the messages. */
START_TEST(test_marks_are_bounded)
{
	with(1, 4096);
	for (unsigned i = 0; i < 6000; i++)
		ck_assert(add_marked(i + 1, (uint8_t)(i % 250), 0, false, 1700000000 + i - 200));
	box->methods->commit(box, 1700000000);
	told[0] = '\0';
	ck_assert(add_marked(6001, (uint8_t)(5999 % 250), 0, false, 1700005800));
	ck_told("6001n ");
}
END_TEST

START_TEST(test_same_id_twice)
{
	with(4, 4096);
	ck_assert(add(1, MAIL_SENT, "a"));
	ck_assert(add(1, MAIL_SENT, "b"));
	ck_told("1k 1l ");
}
END_TEST

static void again(void *context, const struct mail_outcome *outcome)
{
	on_outcome(context, outcome);
	if (outcome->id < 4)
		add(outcome->id + 1, MAIL_SENT, "more");
}

START_TEST(test_added_from_outcome)
{
	with(10, 4096);
	box->on_outcome = again;
	ck_assert(add(1, MAIL_SENT, "a"));
	ck_told("1k 2k 3k 4k ");
}
END_TEST

static void add_of(uint64_t id, const char *name, enum mail_direction direction,
    enum message_state state, const char *text)
{
	struct mail mail = mail_of(id, direction, text);

	mail.name = name;
	mail.state = state;
	mail.sealed = direction == MAIL_RECEIVED && id % 2 == 0;
	ck_assert(box->methods->add(box, &mail, NULL));
}

START_TEST(test_queries)
{
	struct mailbox_status status;

	with(100, 1 << 20);
	add_of(1, "alice@sales", MAIL_RECEIVED, MESSAGE_DELIVERED, "Lunch at 12?");
	add_of(2, "alice@sales", MAIL_RECEIVED, MESSAGE_DELIVERED, "secret lunch");
	add_of(3, "alice", MAIL_SENT, MESSAGE_WAITING, "no LUNCH, \xc3\x84h");
	add_of(4, "alicia@sales", MAIL_SENT, MESSAGE_SENT, "100%_");
	add_of(5, "bob", MAIL_SENT, MESSAGE_DELIVERED, "");
	ck_assert(box->methods->set_read(box, 1, 1));
	ck_found(&(struct mail_query){.which = MAIL_ONLY_RECEIVED}, 0, "1 2 ");
	ck_found(&(struct mail_query){.which = MAIL_ONLY_UNREAD}, 0, "2 ");
	ck_found(&(struct mail_query){.which = MAIL_ONLY_SENT}, 0, "3 4 5 ");
	ck_found(&(struct mail_query){.which = MAIL_ONLY_QUEUED}, 0, "3 4 ");
	ck_found(&(struct mail_query){.which = MAIL_ALL, .after = 3}, 0, "4 5 ");
	ck_found(&(struct mail_query){.which = MAIL_ALL, .with = "alice"}, 0, "1 2 3 ");
	ck_found(&(struct mail_query){.which = MAIL_ALL, .with = "alice@sales"}, 0, "1 2 ");
	ck_found(&(struct mail_query){.which = MAIL_ALL, .search = "lunch"}, 0, "1 3 ");
	ck_found(&(struct mail_query){.which = MAIL_ALL, .search = "%_"}, 0, "4 ");
	ck_found(&(struct mail_query){.which = MAIL_ALL, .search = "\xc3\xa4h"}, 0, "");
	box->methods->status(box, &status);
	ck_assert_uint_eq(status.counts.stored, 5);
	ck_assert_uint_eq(status.counts.unread, 1);
	ck_assert_uint_eq(status.counts.queued, 2);
}
END_TEST

START_TEST(test_bounded_query)
{
	struct mail_query query = {.which = MAIL_ALL, .search = "needle", .bounded = true};
	enum mail_found found;
	uint64_t cursor = 0;
	unsigned more = 0, count = 0;
	struct mail mail;

	with(1000, 1 << 20);
	for (uint64_t id = 1; id <= 500; id++)
		ck_assert(add(id, MAIL_RECEIVED, id % 250 == 0 ? "Needle" : "hay"));
	while ((found = box->methods->next(box, &query, &cursor, &mail)) != MAIL_NONE) {
		more += found == MAIL_MORE;
		count += found == MAIL_FOUND && mail.id == 250 * (count + 1);
	}
	ck_assert_uint_eq(count, 2);
	ck_assert_uint_ge(more, 4);
}
END_TEST

static int64_t expiry_of(uint64_t id)
{
	struct mail mail;

	ck_assert(box->methods->find(box, id, &mail) == MAIL_FOUND);
	return mail.expires;
}

START_TEST(test_told_and_shifted)
{
	struct mail mail = mail_of(1, MAIL_RECEIVED, "sealed");

	with(10, 1 << 20);
	mail.sealed = true;
	ck_assert(box->methods->add(box, &mail, NULL));
	mail = mail_of(2, MAIL_SENT, "queued");
	mail.state = MESSAGE_WAITING;
	mail.expires = 1000;
	ck_assert(box->methods->add(box, &mail, NULL));
	ck_assert(box->methods->set_read(box, 1, 1));
	ck_found(&(struct mail_query){.which = MAIL_ONLY_SEALED}, 0, "1 ");
	ck_assert(box->methods->set_told(box, 1));
	ck_assert(box->methods->set_told(box, 2));
	ck_assert(box->methods->set_told(box, 77));
	ck_found(&(struct mail_query){.which = MAIL_ONLY_SEALED}, 0, "");
	ck_assert(box->methods->shift_expiry(box, 60, 2000));
	ck_assert_int_eq(expiry_of(2), 1060);
	ck_assert(box->methods->shift_expiry(box, 6000, 2000));
	ck_assert_int_eq(expiry_of(2), 2000);
	ck_assert(box->methods->shift_expiry(box, 0, 1500));
	ck_assert_int_eq(expiry_of(2), 1500);
	ck_assert(box->methods->shift_expiry(box, 0, 1600));
	ck_assert_int_eq(expiry_of(2), 1500);
	ck_assert_int_eq(expiry_of(1), 0);
}
END_TEST

static bool is_full(void)
{
	struct mailbox_status status;

	box->methods->status(box, &status);
	return status.full;
}

static void add_strangers(uint64_t first, unsigned count, const char *text)
{
	for (unsigned i = 0; i < count; i++) {
		struct mail mail = mail_of(first + i, MAIL_RECEIVED, text);

		mail.stranger = true;
		ck_assert(box->methods->add(box, &mail, NULL));
	}
}

/* Strangers get an eighth of the places: what goes beyond is lost, and nothing makes way for it. */
START_TEST(test_strangers_get_an_eighth)
{
	with(80, 1 << 20);
	for (uint64_t id = 1; id <= 40; id++)
		ck_assert(add(id, MAIL_RECEIVED, "x"));
	add_strangers(101, 60, "y");
	ck_ids(40, "101 102 103 104 105 106 107 108 109 110 ");
	ck_assert(is_full());
	ck_assert(box->methods->set_read(box, 103, 1));
	ck_assert(!is_full());
	add_strangers(201, 2, "y");
	ck_ids(110, "201 ");
}
END_TEST

START_TEST(test_strangers_get_an_eighth_of_the_bytes)
{
	char text[1000];

	memset(text, 'a', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	with(1000, 32 * 1024);
	add_strangers(1, 10, text);
	ck_ids(0, "1 2 3 ");
}
END_TEST

/* What is on its way stays; when nothing else is there, nothing more is taken. */
START_TEST(test_queued_stay)
{
	with(3, 4096);
	add_of(1, "bob", MAIL_SENT, MESSAGE_WAITING, "a");
	ck_assert(add(2, MAIL_RECEIVED, "b"));
	add_of(3, "bob", MAIL_SENT, MESSAGE_SENT, "c");
	add_of(4, "bob", MAIL_SENT, MESSAGE_WAITING, "d");
	ck_ids(0, "1 3 4 ");
	ck_told("1k 2k 3k 4k ");
	ck_assert(add(5, MAIL_RECEIVED, "e"));
	ck_told("5l ");
	ck_ids(0, "1 3 4 ");
}
END_TEST

START_TEST(test_bounded_by_count)
{
	struct mail mail;

	with(3, 4096);
	for (uint64_t id = 1; id <= 10; id++)
		ck_assert(add(id, MAIL_SENT, "x"));
	ck_ids(0, "8 9 10 ");
	ck_assert(box->methods->find(box, 7, &mail) == MAIL_NONE);
}
END_TEST

START_TEST(test_bounded_by_bytes)
{
	char text[1000];

	memset(text, 'a', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	with(100, 4200);
	for (uint64_t id = 1; id <= 5; id++)
		ck_assert(add(id, MAIL_SENT, text));
	ck_ids(0, "3 4 5 ");
	ck_assert(add(6, MAIL_SENT, "small"));
	ck_ids(0, "3 4 5 6 ");
}
END_TEST

/* One that is larger alone than everything may be leaves the others in peace. */
START_TEST(test_too_large)
{
	char text[1000];

	memset(text, 'a', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	with(100, 500);
	ck_assert(add(1, MAIL_SENT, "x"));
	ck_assert(add(2, MAIL_SENT, text));
	ck_told("1k 2l ");
	ck_ids(0, "1 ");
}
END_TEST

START_TEST(test_one_place)
{
	with(1, 4096);
	ck_assert(add(1, MAIL_SENT, "a"));
	ck_assert(add(2, MAIL_SENT, "b"));
	ck_ids(0, "2 ");
}
END_TEST

/* A cursor stays good while old ones leave and new ones come. */
START_TEST(test_cursor_among_changes)
{
	struct mail_query query = {.which = MAIL_ALL};
	struct mail mail;
	uint64_t cursor = 0;

	with(3, 4096);
	for (uint64_t id = 1; id <= 3; id++)
		ck_assert(add(id, MAIL_SENT, "x"));
	ck_assert(box->methods->next(box, &query, &cursor, &mail) == MAIL_FOUND);
	ck_assert_uint_eq(mail.id, 1);
	ck_assert(add(4, MAIL_SENT, "x"));
	ck_ids(cursor, "2 3 4 ");
	ck_assert(add(5, MAIL_SENT, "x"));
	ck_assert(add(6, MAIL_SENT, "x"));
	ck_ids(cursor, "4 5 6 ");
	while (box->methods->next(box, &query, &cursor, &mail) == MAIL_FOUND)
		;
	ck_assert(add(7, MAIL_SENT, "x"));
	ck_ids(cursor, "7 ");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("store");
	TCase *tests = tcase_create("memory");

	tcase_add_checked_fixture(tests, NULL, teardown);
	tcase_add_test(tests, test_empty);
	tcase_add_test(tests, test_keeps_a_copy);
	tcase_add_test(tests, test_keeps_offers);
	tcase_add_test(tests, test_offers_take_room);
	tcase_add_test(tests, test_read);
	tcase_add_test(tests, test_states);
	tcase_add_test(tests, test_marks);
	tcase_add_test(tests, test_number_of_stranger_counts_for_nobody);
	tcase_add_test(tests, test_marks_are_bounded);
	tcase_add_test(tests, test_same_id_twice);
	tcase_add_test(tests, test_added_from_outcome);
	tcase_add_test(tests, test_queries);
	tcase_add_test(tests, test_bounded_query);
	tcase_add_test(tests, test_told_and_shifted);
	tcase_add_test(tests, test_strangers_get_an_eighth);
	tcase_add_test(tests, test_strangers_get_an_eighth_of_the_bytes);
	tcase_add_test(tests, test_queued_stay);
	tcase_add_test(tests, test_bounded_by_count);
	tcase_add_test(tests, test_bounded_by_bytes);
	tcase_add_test(tests, test_too_large);
	tcase_add_test(tests, test_one_place);
	tcase_add_test(tests, test_cursor_among_changes);
	suite_add_tcase(suite, tests);
	return unit_run(suite);
}
