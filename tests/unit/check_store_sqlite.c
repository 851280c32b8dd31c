/* The mailbox on disk: what it keeps, finds and lets go, and how it gets over what goes wrong. */
#include "store_fixture.h"

#include <dirent.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "store/schema.h"
#include "store/words.h"

static void teardown(void)
{
	store_teardown();
}

static struct mailbox_status status_now(void)
{
	struct mailbox_status status;

	store_box->methods->status(store_box, &status);
	return status;
}

START_TEST(test_keeps_all_of_it)
{
	struct offer offers[] = {{"a:b.txt", 5, OFFER_FILE}, {"docs", 0, OFFER_DIRECTORY}};
	struct mail mail = store_mail(7, MAIL_RECEIVED, "line\nこんにちは 🎌 ':'"), found;

	mail.user = "al";
	mail.host = "box";
	mail.at = (struct endpoint){FAMILY_IP4, 2425, {192, 0, 2, 1}};
	mail.number = 4000000000;
	mail.sealed = mail.check = mail.broadcast = mail.automatic = mail.many = true;
	mail.offers = offers;
	mail.offer_count = 2;
	store_open();
	ck_assert(store_box->methods->add(store_box, &mail, NULL));
	for (unsigned round = 0; round < 3; round++) { /* collected, written, opened again */
		ck_assert(store_box->methods->find(store_box, 7, &found) == MAIL_FOUND);
		ck_assert_str_eq(found.text, mail.text);
		ck_assert_str_eq(found.name, "alice@sales");
		ck_assert_str_eq(found.user, "al");
		ck_assert_str_eq(found.host, "box");
		ck_assert(endpoint_equal(&found.at, &mail.at));
		ck_assert_uint_eq(found.number, 4000000000);
		ck_assert_int_eq(found.wall, mail.wall);
		ck_assert_int_eq(found.state, MESSAGE_DELIVERED);
		ck_assert(found.sealed && found.check && found.broadcast && found.automatic &&
		    found.many && !found.read);
		ck_assert_uint_eq(found.offer_count, 2);
		ck_assert_str_eq(found.offers[0].name, "a:b.txt");
		ck_assert_uint_eq(found.offers[0].size, 5);
		ck_assert_int_eq(found.offers[1].kind, OFFER_DIRECTORY);
		if (round == 0)
			ck_told("7k ");
		store_close();
		store_open();
	}
}
END_TEST

START_TEST(test_files_are_private)
{
	struct stat st;

	ck_assert_int_eq(rmdir(store_directory), 0);
	store_open();
	ck_assert(store_add(1, MAIL_SENT, "x"));
	ck_told("1k ");
	ck_assert_int_eq(stat(store_directory, &st), 0);
	ck_assert_int_eq(st.st_mode & 0777, 0700);
	for (unsigned i = 0; i < 3; i++) {
		ck_assert_int_eq(stat(store_file(i == 0 ? "" : i == 1 ? "-wal" : "-shm"), &st), 0);
		ck_assert_int_eq(st.st_mode & 0777, 0600);
	}
}
END_TEST

START_TEST(test_ids_and_numbers_go_on)
{
	store_open();
	ck_assert_uint_eq(store_box->last_id, 0);
	store_add_as(41, MAIL_SENT, MESSAGE_DELIVERED, "x");
	store_box->methods->note_number(store_box, 1234);
	store_box->methods->note_number(store_box, 1000);
	ck_told("41k ");
	store_close();
	store_open();
	ck_assert_uint_eq(store_box->last_id, 41);
	ck_assert_uint_eq(store_box->last_number, 1234);
	store_close();
	store_sql(store_file(""), "DELETE FROM message");
	store_open();
	ck_assert_uint_eq(store_box->last_id, 41);
}
END_TEST

START_TEST(test_nothing_before_commit)
{
	store_open();
	ck_assert(store_add(1, MAIL_SENT, "x"));
	ck_all("");
	ck_told("1k ");
	ck_all("1 ");
}
END_TEST

START_TEST(test_free_writes_what_was_collected)
{
	struct mail mail;

	store_open();
	ck_assert(store_add(1, MAIL_SENT, "x"));
	ck_assert(store_box->methods->set_state(store_box, 1, MESSAGE_SENT, REASON_NONE, 5));
	store_close();
	store_open();
	ck_assert(store_box->methods->find(store_box, 1, &mail) == MAIL_FOUND);
	ck_assert_int_eq(mail.state, MESSAGE_SENT);
}
END_TEST

START_TEST(test_marks)
{
	store_open();
	ck_assert(store_add_marked(1, 1, 101, false, 0));
	ck_assert(store_add_marked(2, 1, 101, false, 0));
	ck_told("1k 2n ");
	ck_assert(store_add_marked(3, 2, 101, true, 0));
	ck_assert(store_add_marked(4, 3, 101, true, 0));
	ck_told("3k 4n ");
	store_close();
	store_open();
	ck_assert(store_add_marked(50, 1, 101, false, STORE_WALL + 2));
	ck_assert(store_add_marked(51, 1, 101, false, STORE_WALL + 50));
	ck_told("50k 51n ");
	ck_all("1 3 50 ");
}
END_TEST

/* One row that does not fit leaves the others in peace, and its mark is not kept either. */
START_TEST(test_one_bad_row)
{
	store_open();
	ck_assert(store_add(1, MAIL_SENT, "a"));
	ck_told("1k ");
	ck_assert(store_add(2, MAIL_SENT, "b"));
	ck_assert(store_add_marked(1, 9, 9, false, 0));
	ck_assert(store_add_marked(3, 9, 9, false, 0));
	ck_told("2k 1l 3k ");
	ck_all("1 2 3 ");
}
END_TEST

START_TEST(test_states)
{
	struct mail mail;

	store_open();
	ck_assert(store_add(1, MAIL_SENT, "out"));
	ck_assert(store_add(2, MAIL_RECEIVED, "in"));
	ck_told("1k 2k ");
	for (unsigned i = 0; i < 2; i++) {
		ck_assert(store_box->methods->set_state(store_box, i + 1, MESSAGE_FAILED,
		    REASON_EXPIRED, 1800000000));
		ck_assert(store_box->methods->set_number(store_box, i + 1, 77));
		ck_assert(store_box->methods->set_read(store_box, i + 1, 1800000001));
		ck_assert(store_box->methods->set_read(store_box, i + 1, 1900000001));
	}
	for (unsigned round = 0; round < 2; round++) {
		ck_assert(store_box->methods->find(store_box, 1, &mail) == MAIL_FOUND);
		ck_assert_int_eq(mail.state, MESSAGE_FAILED);
		ck_assert_int_eq(mail.reason, REASON_EXPIRED);
		ck_assert_int_eq(mail.changed, 1800000000);
		ck_assert_uint_eq(mail.number, 77);
		ck_assert(!mail.read);
		ck_assert(store_box->methods->find(store_box, 2, &mail) == MAIL_FOUND);
		ck_assert_int_eq(mail.state, MESSAGE_DELIVERED);
		ck_assert(mail.read);
		ck_assert_int_eq(mail.changed, 1800000001);
		if (round == 0)
			ck_told("1k 2l ");
	}
	ck_assert_uint_eq(status_now().counts.unread, 0);
	ck_assert_uint_eq(status_now().counts.queued, 0);
	ck_assert_uint_eq(status_now().counts.stored, 2);
}
END_TEST

/* What is not written yet is shown, and left out where a query does not want it any more. */
START_TEST(test_newest_state_is_shown)
{
	struct mail_query query = {.which = MAIL_ONLY_QUEUED};
	uint64_t cursor = 0;
	struct mail mail;

	store_open();
	ck_assert(store_add(1, MAIL_SENT, "a"));
	ck_assert(store_add(2, MAIL_SENT, "b"));
	ck_told("1k 2k ");
	store_box->methods->set_state(store_box, 1, MESSAGE_DELIVERED, REASON_NONE, 9);
	store_box->methods->set_state(store_box, 2, MESSAGE_WAITING, REASON_NAT, 9);
	ck_assert(store_box->methods->next(store_box, &query, &cursor, &mail) == MAIL_FOUND);
	ck_assert_uint_eq(mail.id, 2);
	ck_assert_int_eq(mail.reason, REASON_NAT);
	ck_assert(store_box->methods->next(store_box, &query, &cursor, &mail) == MAIL_NONE);
}
END_TEST

static void add_of(uint64_t id, const char *name, enum mail_direction direction,
    enum message_state state, const char *text)
{
	struct mail mail = store_mail(id, direction, text);

	mail.name = name;
	mail.state = state;
	mail.sealed = direction == MAIL_RECEIVED && id % 2 == 0;
	ck_assert(store_box->methods->add(store_box, &mail, NULL));
}

START_TEST(test_queries)
{
	store_open();
	add_of(1, "alice@sales", MAIL_RECEIVED, MESSAGE_DELIVERED, "Lunch at 12?");
	add_of(2, "alice@sales", MAIL_RECEIVED, MESSAGE_DELIVERED, "secret lunch");
	add_of(3, "alice", MAIL_SENT, MESSAGE_WAITING, "no LUNCH, \xc3\x84h");
	add_of(4, "alicia@sales", MAIL_SENT, MESSAGE_SENT, "100%_");
	add_of(5, "x' OR '1'='1", MAIL_SENT, MESSAGE_DELIVERED, "'; DROP TABLE message; --");
	store_box->methods->set_read(store_box, 1, 1);
	ck_told("1k 2k 3k 4k 5k ");
	ck_found(&(struct mail_query){.which = MAIL_ONLY_RECEIVED}, "1 2 ");
	ck_found(&(struct mail_query){.which = MAIL_ONLY_UNREAD}, "2 ");
	ck_found(&(struct mail_query){.which = MAIL_ONLY_SENT}, "3 4 5 ");
	ck_found(&(struct mail_query){.which = MAIL_ONLY_QUEUED}, "3 4 ");
	ck_found(&(struct mail_query){.which = MAIL_ONLY_QUEUED, .with = "alice"}, "3 ");
	ck_found(&(struct mail_query){.which = MAIL_ONLY_UNREAD, .with = "alice"}, "2 ");
	ck_found(&(struct mail_query){.which = MAIL_ALL, .after = 3}, "4 5 ");
	ck_found(&(struct mail_query){.which = MAIL_ALL, .after = UINT64_MAX}, "");
	ck_found(&(struct mail_query){.which = MAIL_ALL, .with = "alice"}, "1 2 3 ");
	ck_found(&(struct mail_query){.which = MAIL_ALL, .with = "alice@sales"}, "1 2 ");
	ck_found(&(struct mail_query){.which = MAIL_ALL, .with = "x' OR '1'='1"}, "5 ");
	ck_found(&(struct mail_query){.which = MAIL_ALL, .search = "lunch"}, "1 3 ");
	ck_found(&(struct mail_query){.which = MAIL_ALL, .search = "%_"}, "4 ");
	ck_found(&(struct mail_query){.which = MAIL_ALL, .search = "'; drop"}, "5 ");
	ck_found(&(struct mail_query){.which = MAIL_ALL, .search = "\xc3\xa4h"}, "");
	store_box->methods->set_read(store_box, 2, 1);
	store_commit();
	store_wait_states();
	ck_found(&(struct mail_query){.which = MAIL_ONLY_RECEIVED, .search = "lunch"}, "1 2 ");
	ck_assert_uint_eq(status_now().counts.queued, 2);
}
END_TEST

START_TEST(test_changes_while_going_through)
{
	struct mail_query query = {.which = MAIL_ALL};
	struct mail mail;
	uint64_t cursor = 0, expected = 1;

	store_open();
	for (uint64_t id = 1; id <= 300; id++)
		ck_assert(store_add(id, MAIL_SENT, "x"));
	store_commit();
	store_wait_count(300);
	while (store_box->methods->next(store_box, &query, &cursor, &mail) == MAIL_FOUND) {
		ck_assert_uint_eq(mail.id, expected++);
		if (mail.id % 50 == 0 && mail.id <= 300) {
			unsigned count = store_told.count;

			ck_assert(store_add(1000 + mail.id, MAIL_SENT, "y"));
			store_commit();
			store_wait_count(count + 1);
		}
		if (mail.id == 300)
			expected = 1050;
		else if (mail.id > 1000)
			expected = mail.id + 50;
	}
	ck_assert_uint_eq(expected, 1350);
}
END_TEST

/* 10 000 that wait are read within a third of a second of a processor. */
START_TEST(test_many_queued_are_read_quickly)
{
	struct mail_query query = {.which = MAIL_ONLY_QUEUED};
	struct timespec begin, end;
	struct mail mail;
	uint64_t cursor = 0;
	unsigned count = 0;

	store_open();
	for (uint64_t id = 1; id <= 10000; id++)
		ck_assert(store_add(id, MAIL_SENT, "a message of some thirty bytes"));
	store_commit();
	store_wait_count(10000);
	store_close();
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &begin);
	store_open();
	while (store_box->methods->next(store_box, &query, &cursor, &mail) == MAIL_FOUND)
		count++;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
	ck_assert_uint_eq(count, 10000);
	ck_assert_double_le((double)(end.tv_sec - begin.tv_sec) +
		(double)(end.tv_nsec - begin.tv_nsec) / 1e9, 0.3);
}
END_TEST

/* Commits something at that time, until so many of a table are left. */
static void commit_until(int64_t wall, const char *count, int64_t left)
{
	store_wall = wall;
	for (unsigned i = 0; i < 1000 && store_sql(store_file(""), count) != left; i++) {
		unsigned told = store_told.count;

		ck_assert(store_box->methods->set_number(store_box, 2, i));
		store_commit();
		store_wait_count(told + 1);
	}
	ck_assert_int_eq(store_sql(store_file(""), count), left);
}

static void add_four(void)
{
	store_add_as(1, MAIL_SENT, MESSAGE_DELIVERED, "old");
	store_add_as(2, MAIL_SENT, MESSAGE_WAITING, "old, on its way");
	store_add_as(3, MAIL_RECEIVED, MESSAGE_DELIVERED, "old, unread");
	store_add_as(4, MAIL_RECEIVED, MESSAGE_DELIVERED, "old, read");
	store_box->methods->set_read(store_box, 4, 1);
	ck_told("1k 2k 3k 4k ");
}

START_TEST(test_age)
{
	store_open_with(NULL, (struct mailbox_limits){.age = 1000});
	add_four();
	ck_all("1 2 3 4 ");
	commit_until(STORE_WALL + 1003, "SELECT count(*) FROM message", 3);
	ck_all("2 3 4 ");
	ck_assert_uint_eq(status_now().counts.stored, 3);
}
END_TEST

/* Neither messages nor marks go because the clock was set: it may be wrong. */
START_TEST(test_nothing_is_old_when_clock_jumps)
{
	store_steady = 0;
	store_open_with(NULL, (struct mailbox_limits){.age = 1000});
	ck_assert(store_add_marked(9, 9, 9, false, 0));
	ck_told("9k ");
	ck_assert(store_box->methods->set_read(store_box, 9, 1));
	add_four();
	for (unsigned i = 1; i <= 50; i++) {
		store_wall = STORE_WALL + 400 * 86400 * (int64_t)(i % 2);
		ck_assert(store_box->methods->set_number(store_box, 2, i));
		store_commit();
		store_wait_count(i);
	}
	ck_all("1 2 3 4 9 ");
	ck_assert_int_eq(store_sql(store_file(""), "SELECT count(*) FROM mark"), 1);
}
END_TEST

START_TEST(test_size)
{
	static char text[20000];
	struct stat st;

	memset(text, 'a', sizeof text - 1);
	store_open_with(NULL, (struct mailbox_limits){.bytes = 1 << 20});
	ck_assert(store_add(1, MAIL_RECEIVED, "unread"));
	ck_assert(store_add(2, MAIL_SENT, "on its way"));
	for (uint64_t id = 3; id < 400; id++) {
		store_add_as(id, MAIL_SENT, MESSAGE_DELIVERED, text);
		store_commit();
		store_wait_count((unsigned)id);
	}
	ck_assert(store_add(400, MAIL_SENT, "last"));
	store_commit();
	store_wait_count(400);
	ck_assert(status_now().counts.stored < 60);
	ck_assert(status_now().counts.stored > 20);
	struct mail mail;

	ck_assert(store_box->methods->find(store_box, 1, &mail) == MAIL_FOUND);
	ck_assert(store_box->methods->find(store_box, 2, &mail) == MAIL_FOUND);
	ck_assert(store_box->methods->find(store_box, 3, &mail) == MAIL_NONE);
	store_close();
	ck_assert_int_eq(stat(store_file(""), &st), 0);
	ck_assert_int_lt(st.st_size, 4 << 20);
}
END_TEST

/* A file that was large is small again some time after most of it has gone. */
START_TEST(test_shrinks)
{
	static char text[20000];
	struct timespec pause = {0, 20000000};

	memset(text, 'a', sizeof text - 1);
	store_open();
	for (uint64_t id = 1; id <= 400; id++)
		store_add_as(id, MAIL_SENT, MESSAGE_DELIVERED, text);
	store_commit();
	store_wait_count(400);
	sqlite_set_limits(store_box, &(struct mailbox_limits){.bytes = 1 << 20});
	store_wait_states();
	for (unsigned i = 0; i < 1000 && status_now().bytes > (12 << 20); i++)
		nanosleep(&pause, NULL);
	for (unsigned i = 0; i < 1000 && status_now().counts.stored > 60; i++)
		nanosleep(&pause, NULL);
	for (unsigned i = 0; i < 1000 && store_sql(store_file(""), "PRAGMA page_count") > 1200; i++)
		nanosleep(&pause, NULL);
	ck_assert_int_le(store_sql(store_file(""), "PRAGMA page_count"), 1200);
}
END_TEST

START_TEST(test_marks_are_pruned)
{
	store_open();
	ck_assert(store_add_marked(1, 1, 1, false, 0));
	ck_assert(store_add(2, MAIL_SENT, "x"));
	ck_told("1k 2k ");
	commit_until(STORE_WALL + 33 * 86400, "SELECT count(*) FROM mark", 0);
}
END_TEST

START_TEST(test_backup)
{
	char path[128];
	struct stat st;

	snprintf(path, sizeof path, "%s/copy", store_directory);
	store_open();
	for (uint64_t id = 1; id <= 50; id++)
		ck_assert(store_add_marked(id, (uint8_t)id, 1, false, 0));
	store_commit();
	store_wait_count(50);
	ck_assert(sqlite_backup(store_box, path, store_on_job, NULL));
	ck_assert(!sqlite_backup(store_box, path, store_on_job, NULL));
	store_wait_job();
	ck_assert_str_eq(store_told.job_error, "");
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_eq(st.st_mode & 0777, 0600);
	ck_assert_int_eq(store_sql(path, "SELECT count(*) FROM message"), 50);
	ck_assert_int_eq(store_sql(path, "PRAGMA user_version"), schema_version());

	store_told.job_done = false;
	ck_assert(sqlite_backup(store_box, path, store_on_job, NULL));
	store_wait_job();
	ck_assert_ptr_nonnull(strstr(store_told.job_error, "File exists"));
	ck_assert_int_eq(store_sql(path, "SELECT count(*) FROM message"), 50);
}
END_TEST

START_TEST(test_check)
{
	store_open();
	ck_assert(store_add(1, MAIL_SENT, "x"));
	ck_told("1k ");
	ck_assert(sqlite_check(store_box, store_on_job, NULL));
	store_wait_job();
	ck_assert_str_eq(store_told.job_error, "");
}
END_TEST

/* A job that runs is no reason not to end. */
START_TEST(test_ends_with_a_job)
{
	store_open();
	for (uint64_t id = 1; id <= 1000; id++)
		ck_assert(store_add(id, MAIL_SENT, "x"));
	ck_assert(sqlite_check(store_box, store_on_job, NULL));
	store_close();
	ck_assert(!store_told.job_done);
	ck_assert_int_eq(store_sql(store_file(""), "SELECT count(*) FROM message"), 1000);
}
END_TEST

START_TEST(test_newer_version)
{
	struct mailbox_status status;
	struct stat before, after;

	store_open();
	ck_assert(store_add(1, MAIL_SENT, "x"));
	ck_told("1k ");
	store_close();
	store_sql(store_file(""), "PRAGMA user_version = 99");
	ck_assert_int_eq(stat(store_file(""), &before), 0);
	store_open();
	status = status_now();
	ck_assert(!status.well && status.persistent);
	ck_assert_ptr_nonnull(strstr(status.trouble, "newer version"));
	ck_assert(!store_add(2, MAIL_SENT, "y"));
	ck_all("");
	store_wait_log("newer version");
	store_close();
	ck_assert_int_eq(stat(store_file(""), &after), 0);
	ck_assert_int_eq(before.st_size, after.st_size);
	ck_assert_int_eq(before.st_mtim.tv_sec, after.st_mtim.tv_sec);
	ck_assert_int_eq(before.st_mtim.tv_nsec, after.st_mtim.tv_nsec);
}
END_TEST

START_TEST(test_words)
{
	for (unsigned i = 0; i < MESSAGE_STATES; i++) {
		ck_assert_str_ne(words_of_state((enum message_state)i), "");
		ck_assert_uint_eq(words_to_state(words_of_state((enum message_state)i)), i);
	}
	for (unsigned i = 1; i < REASONS; i++) {
		ck_assert_str_ne(words_of_reason((enum reason)i), "");
		ck_assert_uint_eq(words_to_reason(words_of_reason((enum reason)i)), i);
	}
}
END_TEST

/* Somebody looks into it with another program, and locks it. */
START_TEST(test_locked)
{
	sqlite3 *db;

	store_open();
	ck_assert(store_add(1, MAIL_SENT, "x"));
	ck_told("1k ");
	ck_assert_int_eq(sqlite3_open(store_file(""), &db), SQLITE_OK);
	ck_assert_int_eq(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	ck_assert(store_add(2, MAIL_SENT, "y"));
	ck_told("2l ");
	store_wait_log("another program has locked it");
	ck_assert(!status_now().well);
	ck_assert(store_box->methods->set_state(store_box, 1, MESSAGE_SENT, REASON_NONE, 7));
	ck_assert(store_box->methods->set_state(store_box, 1, MESSAGE_DELIVERED, REASON_NONE, 8));
	store_commit();
	sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
	sqlite3_close(db);
	store_wait_well(true);
	store_wait_log("can be written again");
	ck_assert_int_eq(store_sql(store_file(""),
	    "SELECT count(*) FROM message WHERE state = 'delivered' AND changed = 8"), 1);
	ck_all("1 ");
}
END_TEST

START_TEST(test_file_removed)
{
	store_open();
	ck_assert(store_add(1, MAIL_SENT, "x"));
	ck_told("1k ");
	ck_assert_int_eq(unlink(store_file("")), 0);
	unlink(store_file("-wal"));
	unlink(store_file("-shm"));
	ck_assert(store_add(2, MAIL_SENT, "y"));
	ck_told("2k ");
	ck_all("2 ");
	store_wait_log("moved or removed");
	ck_assert_int_eq(store_sql(store_file(""), "SELECT max(id) FROM message"), 2);
}
END_TEST

/* There is none, and none can be made: root may do everything, so a file is in the way. */
START_TEST(test_no_directory)
{
	char way[96];
	int fd;

	ck_assert_int_eq(rmdir(store_directory), 0);
	snprintf(way, sizeof way, "%s", store_directory);
	fd = open(way, O_CREAT | O_WRONLY, 0600);
	ck_assert_int_ge(fd, 0);
	close(fd);
	store_open();
	ck_assert(!status_now().well);
	ck_assert(!store_add(1, MAIL_SENT, "x"));
	ck_assert_uint_eq(store_box->last_id, MAIL_ID_PROVISIONAL);
	ck_all("");
	store_wait_log("its directory is missing");
	ck_assert_int_eq(unlink(way), 0);
	store_wait_well(true);
	ck_assert(store_add(1, MAIL_SENT, "x"));
	ck_told("1k ");
	ck_assert_ptr_null(strstr(strstr(store_told.log, "missing") + 1, "missing"));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("store-sqlite");
	TCase *tests = tcase_create("sqlite");

	tcase_add_checked_fixture(tests, store_setup, teardown);
	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, test_keeps_all_of_it);
	tcase_add_test(tests, test_files_are_private);
	tcase_add_test(tests, test_ids_and_numbers_go_on);
	tcase_add_test(tests, test_nothing_before_commit);
	tcase_add_test(tests, test_free_writes_what_was_collected);
	tcase_add_test(tests, test_marks);
	tcase_add_test(tests, test_one_bad_row);
	tcase_add_test(tests, test_states);
	tcase_add_test(tests, test_newest_state_is_shown);
	tcase_add_test(tests, test_queries);
	tcase_add_test(tests, test_changes_while_going_through);
	tcase_add_test(tests, test_many_queued_are_read_quickly);
	tcase_add_test(tests, test_age);
	tcase_add_test(tests, test_nothing_is_old_when_clock_jumps);
	tcase_add_test(tests, test_size);
	tcase_add_test(tests, test_shrinks);
	tcase_add_test(tests, test_marks_are_pruned);
	tcase_add_test(tests, test_backup);
	tcase_add_test(tests, test_check);
	tcase_add_test(tests, test_ends_with_a_job);
	tcase_add_test(tests, test_newer_version);
	tcase_add_test(tests, test_words);
	tcase_add_test(tests, test_locked);
	tcase_add_test(tests, test_file_removed);
	tcase_add_test(tests, test_no_directory);
	suite_add_tcase(suite, tests);
	return unit_run(suite);
}
