/* The mailbox in memory: what goes in comes out, and what is too much makes the oldest leave. */
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "store/memory.h"

static struct mailbox *box;

static void with(size_t messages, size_t bytes)
{
	box = memory_new(messages, bytes);
	ck_assert_ptr_nonnull(box);
}

static void teardown(void)
{
	if (box != NULL)
		box->methods->free(box);
	box = NULL;
}

static bool add(uint64_t id, enum mail_direction direction, const char *text)
{
	struct mail mail = {
	    .id = id,
	    .direction = direction,
	    .name = "alice@sales",
	    .text = text,
	    .wall = 1700000000 + (int64_t)id,
	    .state = direction == MAIL_SENT ? MESSAGE_WAITING : MESSAGE_DELIVERED,
	};

	return box->methods->add(box, &mail);
}

/* The ids from `cursor` on, as in "3 4 5 ". */
static void ck_ids(uint64_t cursor, const char *expected)
{
	char found[512] = "";
	struct mail mail;

	while (box->methods->next(box, &cursor, &mail))
		snprintf(found + strlen(found), sizeof found - strlen(found), "%u ",
		    (unsigned)mail.id);
	ck_assert_str_eq(found, expected);
}

START_TEST(test_empty)
{
	struct mail mail;

	with(4, 4096);
	ck_ids(0, "");
	ck_assert(!box->methods->find(box, MAIL_SENT, 1, &mail));
	ck_assert(!box->methods->set_state(box, 1, MESSAGE_SENT, REASON_NONE));
	ck_assert(!box->methods->persistent);
}
END_TEST

START_TEST(test_keeps_a_copy)
{
	char text[] = "\xe3\x81\x93\xe3\x82\x93";
	struct mail mail;

	with(4, 4096);
	ck_assert(add(7, MAIL_RECEIVED, text));
	memset(text, 'x', sizeof text - 1);
	ck_assert(box->methods->find(box, MAIL_RECEIVED, 7, &mail));
	ck_assert_uint_eq(mail.id, 7);
	ck_assert_str_eq(mail.name, "alice@sales");
	ck_assert_str_eq(mail.text, "\xe3\x81\x93\xe3\x82\x93");
	ck_assert_int_eq(mail.wall, 1700000007);
	ck_assert_int_eq(mail.state, MESSAGE_DELIVERED);
}
END_TEST

/* A message with all that a received one can have. */
static bool add_offering(uint64_t id, char *first, char *second)
{
	struct offer offers[] = {{first, 5, OFFER_FILE}, {second, 0, OFFER_DIRECTORY}};
	struct mail mail = {
	    .id = id,
	    .direction = MAIL_RECEIVED,
	    .name = "alice@sales",
	    .text = "see files",
	    .sealed = true,
	    .broadcast = true,
	    .automatic = true,
	    .offers = offers,
	    .offer_count = 2,
	};

	return box->methods->add(box, &mail);
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
	ck_assert(box->methods->find(box, MAIL_RECEIVED, 7, &mail));
	ck_assert_str_eq(mail.text, "see files");
	ck_assert(mail.sealed && mail.broadcast && mail.automatic && !mail.opened);
	ck_assert_uint_eq(mail.offer_count, 2);
	ck_assert_str_eq(mail.offers[0].name, "a:b.txt");
	ck_assert_uint_eq(mail.offers[0].size, 5);
	ck_assert_int_eq(mail.offers[0].kind, OFFER_FILE);
	ck_assert_str_eq(mail.offers[1].name, "docs");
	ck_assert_int_eq(mail.offers[1].kind, OFFER_DIRECTORY);
	ck_assert(box->methods->find(box, MAIL_RECEIVED, 8, &mail));
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
	with(100, 1200);
	for (uint64_t id = 1; id <= 5; id++)
		ck_assert(add_offering(id, long_name, long_name));
	ck_ids(0, "5 ");
}
END_TEST

START_TEST(test_opened)
{
	char name[] = "a";
	struct mail mail;

	with(4, 4096);
	ck_assert(add(7, MAIL_SENT, "mine"));
	ck_assert(!box->methods->set_opened(box, 7));
	ck_assert(add_offering(7, name, name));
	ck_assert(box->methods->set_opened(box, 7));
	ck_assert(box->methods->find(box, MAIL_RECEIVED, 7, &mail));
	ck_assert(mail.opened);
	ck_assert(box->methods->find(box, MAIL_SENT, 7, &mail));
	ck_assert(!mail.opened);
}
END_TEST

/* Both directions count their ids from one. */
START_TEST(test_directions_apart)
{
	struct mail mail;

	with(4, 4096);
	ck_assert(add(1, MAIL_SENT, "out"));
	ck_assert(add(1, MAIL_RECEIVED, "in"));
	ck_assert(box->methods->set_state(box, 1, MESSAGE_FAILED, REASON_SILENT));
	ck_assert(box->methods->find(box, MAIL_SENT, 1, &mail));
	ck_assert_str_eq(mail.text, "out");
	ck_assert_int_eq(mail.state, MESSAGE_FAILED);
	ck_assert_int_eq(mail.reason, REASON_SILENT);
	ck_assert(box->methods->find(box, MAIL_RECEIVED, 1, &mail));
	ck_assert_str_eq(mail.text, "in");
	ck_assert_int_eq(mail.state, MESSAGE_DELIVERED);
}
END_TEST

START_TEST(test_bounded_by_count)
{
	struct mail mail;

	with(3, 4096);
	for (uint64_t id = 1; id <= 10; id++)
		ck_assert(add(id, MAIL_SENT, "x"));
	ck_ids(0, "8 9 10 ");
	ck_assert(!box->methods->find(box, MAIL_SENT, 7, &mail));
	ck_assert(!box->methods->set_state(box, 7, MESSAGE_DELIVERED, REASON_NONE));
	ck_assert(box->methods->set_state(box, 8, MESSAGE_DELIVERED, REASON_NONE));
}
END_TEST

START_TEST(test_bounded_by_bytes)
{
	char text[1000];

	memset(text, 'a', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	with(100, 4000);
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
	ck_assert(!add(2, MAIL_SENT, text));
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
	struct mail mail;
	uint64_t cursor = 0;

	with(3, 4096);
	for (uint64_t id = 1; id <= 3; id++)
		ck_assert(add(id, MAIL_SENT, "x"));
	ck_assert(box->methods->next(box, &cursor, &mail));
	ck_assert_uint_eq(mail.id, 1);
	ck_assert(add(4, MAIL_SENT, "x"));
	ck_ids(cursor, "2 3 4 ");
	ck_assert(add(5, MAIL_SENT, "x"));
	ck_assert(add(6, MAIL_SENT, "x"));
	ck_ids(cursor, "4 5 6 ");
	while (box->methods->next(box, &cursor, &mail))
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
	tcase_add_test(tests, test_opened);
	tcase_add_test(tests, test_directions_apart);
	tcase_add_test(tests, test_bounded_by_count);
	tcase_add_test(tests, test_bounded_by_bytes);
	tcase_add_test(tests, test_too_large);
	tcase_add_test(tests, test_one_place);
	tcase_add_test(tests, test_cursor_among_changes);
	suite_add_tcase(suite, tests);
	return unit_run(suite);
}
