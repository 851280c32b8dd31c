/* What cannot be read for now is never taken for what is not there. */
#include "store_fixture.h"

#include <sqlite3.h>
#include <string.h>

#include "store_vfs.h"

#define QUEUED 120
#define TEXT 3000

static const struct mail_query queue = {.which = MAIL_ONLY_QUEUED};

static void fill(void)
{
	static char text[TEXT + 1];

	memset(text, 'a', TEXT);
	vfs_register();
	store_open_with(STORE_VFS, (struct mailbox_limits){0});
	for (uint64_t id = 1; id <= QUEUED; id++)
		ck_assert(store_add(id, MAIL_SENT, text));
	store_commit();
	store_wait_count(QUEUED);
}

static void teardown(void)
{
	vfs_fail(0, 0, 0);
	vfs_fail_reads(0, 0);
	vfs_fail_opens("", 0);
	store_teardown();
}

/* Goes through the queue, the n-th read of which fails; whether any did. */
static bool walk(unsigned n)
{
	uint64_t cursor = 0, before;
	enum mail_found found;
	bool failed = false;
	struct mail mail;

	vfs_fail_reads(n, 1000000);
	for (uint64_t id = 1; id <= QUEUED; id++) {
		before = cursor;
		while ((found = store_box->methods->next(store_box, &queue, &cursor, &mail)) ==
		    MAIL_UNREADABLE) {
			failed = true;
			ck_assert_uint_eq(cursor, before);
			vfs_fail_reads(0, 0);
		}
		ck_assert_msg(found == MAIL_FOUND, "read %u: message %u: %d", n, (unsigned)id, found);
		ck_assert_uint_eq(mail.id, id);
	}
	vfs_fail_reads(0, 0);
	ck_assert(store_box->methods->next(store_box, &queue, &cursor, &mail) == MAIL_NONE);
	return failed;
}

START_TEST(test_reads_fail_in_the_middle)
{
	unsigned failed = 0;

	fill();
	for (unsigned n = 1; n < 400; n += 7) {
		store_close();
		store_open_with(STORE_VFS, (struct mailbox_limits){0});
		failed += walk(n);
	}
	ck_assert_uint_gt(failed, 10);
}
END_TEST

START_TEST(test_find_fails)
{
	enum mail_found found;
	struct mail mail;

	fill();
	for (unsigned n = 1; n < 12; n++) {
		store_close();
		store_open_with(STORE_VFS, (struct mailbox_limits){0});
		vfs_fail_reads(n, 1000000);
		found = store_box->methods->find(store_box, 77, &mail);
		ck_assert(found == MAIL_FOUND || found == MAIL_UNREADABLE);
		ck_assert(n > 1 || found == MAIL_UNREADABLE);
		vfs_fail_reads(0, 0);
		ck_assert(store_box->methods->find(store_box, 77, &mail) == MAIL_FOUND);
		ck_assert(store_box->methods->find(store_box, 7777, &mail) == MAIL_NONE);
	}
}
END_TEST

/* What is in the log of changes alone is not missed where that could not be opened. */
START_TEST(test_opens_fail)
{
	struct mail mail;
	uint64_t cursor;

	fill();
	for (unsigned times = 1; times <= 3; times++) {
		enum mail_found found;

		store_close();
		store_open_with(STORE_VFS, (struct mailbox_limits){0});
		ck_assert(store_add(1000 + times, MAIL_SENT, "in the log"));
		store_commit();
		store_wait_count(QUEUED + times);
		vfs_fail_opens(SQLITE_STORE_FILE, times);
		cursor = 0;
		found = store_box->methods->find(store_box, 1000 + times, &mail);
		ck_assert_msg(found != MAIL_NONE, "after %u", times);
		ck_assert(times < 3 || found == MAIL_UNREADABLE);
		ck_assert(store_box->methods->next(store_box, &queue, &cursor, &mail) != MAIL_NONE);
		vfs_fail_opens("", 0);
		ck_assert(store_box->methods->find(store_box, 1000 + times, &mail) == MAIL_FOUND);
	}
}
END_TEST

/* One call looks at a page at most, and none is missed for that. */
START_TEST(test_bounded_query)
{
	static const struct mail_query queries[] = {
	    {.which = MAIL_ALL, .search = "NEEDLE", .bounded = true},
	    {.which = MAIL_ONLY_RECEIVED, .bounded = true},
	    {.which = MAIL_ALL, .with = "bob", .search = "needle", .bounded = true},
	};

	store_open();
	for (uint64_t id = 1; id <= 1000; id++) {
		struct mail mail = store_mail(id, MAIL_SENT, "hay");

		if (id == 500 || id == 990) {
			mail.direction = MAIL_RECEIVED;
			mail.text = "a needle";
		}
		mail.name = "bob@sales";
		ck_assert(store_box->methods->add(store_box, &mail, NULL));
	}
	store_commit();
	store_wait_count(1000);
	for (unsigned i = 0; i < sizeof queries / sizeof *queries; i++) {
		enum mail_found found;
		unsigned more = 0, count = 0;
		uint64_t cursor = 0;
		struct mail mail;

		while ((found = store_box->methods->next(store_box, &queries[i], &cursor, &mail)) !=
		    MAIL_NONE) {
			more += found == MAIL_MORE;
			if (found == MAIL_FOUND)
				ck_assert_uint_eq(mail.id, count++ == 0 ? 500 : 990);
			else
				ck_assert_int_eq(found, MAIL_MORE);
		}
		ck_assert_uint_eq(count, 2);
		ck_assert_uint_ge(more, 10);
	}
}
END_TEST

START_TEST(test_memory_is_short)
{
	uint64_t cursor = 0;
	struct mail mail;

	fill();
	sqlite3_hard_heap_limit64(sqlite3_memory_used() + 64);
	ck_assert(store_box->methods->find(store_box, 77, &mail) == MAIL_UNREADABLE);
	ck_assert(store_box->methods->next(store_box, &queue, &cursor, &mail) == MAIL_UNREADABLE);
	sqlite3_hard_heap_limit64(0);
	ck_assert(store_box->methods->find(store_box, 77, &mail) == MAIL_FOUND);
	ck_assert(store_box->methods->next(store_box, &queue, &cursor, &mail) == MAIL_FOUND);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("store-reading");
	TCase *tests = tcase_create("reading");

	tcase_add_checked_fixture(tests, store_setup, teardown);
	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, test_reads_fail_in_the_middle);
	tcase_add_test(tests, test_find_fails);
	tcase_add_test(tests, test_opens_fail);
	tcase_add_test(tests, test_bounded_query);
	tcase_add_test(tests, test_memory_is_short);
	suite_add_tcase(suite, tests);
	return unit_run(suite);
}
