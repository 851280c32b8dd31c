/* What nobody has read has its bounds, and strangers have less of the room. */
#include "store_fixture.h"

#include <stdio.h>
#include <string.h>

#define LIMIT (1 << 20)
#define TEXT 10000

static bool add_unread(uint64_t id, bool stranger)
{
	static char text[TEXT + 1];
	struct mail mail = store_mail(id, MAIL_RECEIVED, text);

	memset(text, 'a', TEXT);
	mail.stranger = stranger;
	return store_box->methods->add(store_box, &mail, NULL);
}

static bool is_full(void)
{
	struct mailbox_status status;

	store_box->methods->status(store_box, &status);
	return status.full;
}

static unsigned count_in(const char *text, const char *part)
{
	unsigned count = 0;

	for (; (text = strstr(text, part)) != NULL; text++)
		count++;
	return count;
}

/* Adds so many of them, and says how many were kept. */
static unsigned kept_of(uint64_t first, unsigned count, bool stranger)
{
	unsigned before = store_told.count;

	store_told.text[0] = '\0';
	for (unsigned i = 0; i < count; i++)
		ck_assert(add_unread(first + i, stranger));
	store_commit();
	store_wait_count(before + count);
	return count_in(store_told.text, "k ");
}

static void read_those(uint64_t first, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		ck_assert(store_box->methods->set_read(store_box, first + i, STORE_WALL));
	store_wait_states();
}

START_TEST(test_strangers_get_an_eighth)
{
	store_open_with(NULL, (struct mailbox_limits){.bytes = LIMIT});
	ck_assert_uint_eq(kept_of(1, 40, true), LIMIT / 8 / (TEXT + 600));
	ck_assert(is_full());
	store_wait_log("unread messages of strangers");
	ck_assert_uint_eq(kept_of(100, 1, true), 0);
	ck_assert_uint_eq(count_in(store_told.log, "unread messages of strangers"), 1);
	ck_assert_uint_eq(kept_of(200, 10, false), 10);
	ck_assert(!is_full());
}
END_TEST

START_TEST(test_unread_get_a_half)
{
	store_open_with(NULL, (struct mailbox_limits){.bytes = LIMIT});
	ck_assert_uint_eq(kept_of(1, 100, false), LIMIT / 2 / (TEXT + 600));
	ck_assert(is_full());
	store_wait_log("unread messages take their part");
	ck_assert(store_add(500, MAIL_SENT, "ours is not bound by it"));
	store_told.text[0] = '\0';
	store_told.count = 0;
	ck_told("500k ");
}
END_TEST

START_TEST(test_room_after_reading)
{
	unsigned fits = LIMIT / 8 / (TEXT + 600);

	store_open_with(NULL, (struct mailbox_limits){.bytes = LIMIT});
	ck_assert_uint_eq(kept_of(1, 40, true), fits);
	read_those(1, 5);
	ck_assert(!is_full());
	ck_assert_uint_eq(kept_of(100, 40, true), 5);
}
END_TEST

/* It is counted anew when it is opened, and after a write that failed. */
START_TEST(test_room_is_known_after_restart)
{
	unsigned fits = LIMIT / 8 / (TEXT + 600);

	store_open_with(NULL, (struct mailbox_limits){.bytes = LIMIT});
	ck_assert_uint_eq(kept_of(1, fits - 2, true), fits - 2);
	store_close();
	store_open_with(NULL, (struct mailbox_limits){.bytes = LIMIT});
	ck_assert_uint_eq(kept_of(100, 40, true), 2);
}
END_TEST

/* One that says to be as large as all but a little of what they may take, as nobody would wait. */
START_TEST(test_strangers_without_limit)
{
	struct mail large = store_mail(1, MAIL_RECEIVED, "large");

	large.stranger = true;
	store_open();
	ck_assert(store_box->methods->add(store_box, &large, NULL));
	ck_told("1k ");
	store_close();
	store_sql(store_file(""), "UPDATE message SET bytes = (64 << 20) - 25000");
	store_open();
	ck_assert_uint_eq(kept_of(2, 5, true), 2);
	ck_assert(is_full());
	store_wait_log("take 64 MiB");
	ck_assert_uint_eq(kept_of(100, 5, false), 5);
	read_those(1, 1);
	ck_assert_uint_eq(kept_of(200, 5, true), 5);
}
END_TEST

/* What was read stays as long as the limit allows: strangers do not push it out. */
START_TEST(test_strangers_push_nothing_out)
{
	store_open_with(NULL, (struct mailbox_limits){.bytes = LIMIT});
	ck_assert_uint_eq(kept_of(1, 30, false), 30);
	read_those(1, 30);
	kept_of(100, 200, true);
	store_wait_states();
	for (uint64_t id = 1; id <= 30; id++) {
		struct mail mail;

		ck_assert(store_box->methods->find(store_box, id, &mail) == MAIL_FOUND);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("store-room");
	TCase *tests = tcase_create("room");

	tcase_add_checked_fixture(tests, store_setup, store_teardown);
	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, test_strangers_get_an_eighth);
	tcase_add_test(tests, test_unread_get_a_half);
	tcase_add_test(tests, test_room_after_reading);
	tcase_add_test(tests, test_room_is_known_after_restart);
	tcase_add_test(tests, test_strangers_without_limit);
	tcase_add_test(tests, test_strangers_push_nothing_out);
	suite_add_tcase(suite, tests);
	return unit_run(suite);
}
