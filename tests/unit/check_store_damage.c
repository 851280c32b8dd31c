/* A damaged database is set aside and said so, and what can be read in it is taken over. */
#include "store_fixture.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store_vfs.h"

#define MESSAGES 200
#define RUNS 24

static struct mailbox_status status_now(void)
{
	struct mailbox_status status;

	store_box->methods->status(store_box, &status);
	return status;
}

/* So many messages; each tenth is on its way. They are in the file, not in its log. */
static void fill(void)
{
	char text[400];

	memset(text, 'm', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	store_open();
	for (unsigned id = 1; id <= MESSAGES; id++) {
		if (id % 10 == 0)
			store_add_as(id, MAIL_SENT, MESSAGE_WAITING, text);
		else
			ck_assert(store_add_marked(id, (uint8_t)id, (uint8_t)id, false, 0));
	}
	store_box->methods->note_number(store_box, 4711);
	store_commit();
	store_wait_count(MESSAGES);
	store_close();
	store_told.text[0] = '\0';
	store_told.count = 0;
}

static void overwrite(const char *path, off_t at, size_t len, unsigned seed)
{
	unsigned char bytes[8192];
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	for (size_t i = 0; i < len; i++) {
		seed = seed * 1103515245 + 12345;
		bytes[i] = (unsigned char)(seed >> 16);
	}
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(pwrite(fd, bytes, len, at), (ssize_t)len);
	close(fd);
}

static unsigned count_of(enum mail_which which)
{
	struct mail_query query = {.which = which};
	struct mail mail;
	uint64_t cursor = 0;
	unsigned count = 0;

	while (store_box->methods->next(store_box, &query, &cursor, &mail) == MAIL_FOUND)
		count++;
	return count;
}

static unsigned files_aside(void)
{
	DIR *dir = opendir(store_directory);
	struct dirent *entry;
	unsigned count = 0;

	while ((entry = readdir(dir)) != NULL) {
		size_t len = strlen(entry->d_name);

		count += strstr(entry->d_name, ".damaged-") != NULL &&
		    strcmp(entry->d_name + len - 4, "-wal") != 0 &&
		    strcmp(entry->d_name + len - 4, "-shm") != 0;
	}
	closedir(dir);
	return count;
}

START_TEST(test_no_database)
{
	struct mailbox_status status;
	struct stat st;

	fill();
	overwrite(store_file(""), 0, 4096, 1);
	store_open();
	status = status_now();
	ck_assert(status.well);
	ck_assert_int_eq(stat(status.set_aside, &st), 0);
	ck_assert_int_gt(st.st_size, 4096);
	store_wait_log("is damaged; it is kept as");
	ck_all("");
	ck_assert(store_add(1, MAIL_SENT, "x"));
	ck_told("1k ");
}
END_TEST

START_TEST(test_never_overwritten)
{
	for (unsigned i = 1; i <= 3; i++) {
		int fd = open(store_file(""), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

		ck_assert_int_ge(fd, 0);
		ck_assert_int_eq(write(fd, "this is no database, but long enough", 36), 36);
		close(fd);
		unlink(store_file("-wal"));
		unlink(store_file("-shm"));
		store_open();
		ck_assert(status_now().well);
		ck_assert_uint_eq(files_aside(), i);
		store_close();
	}
}
END_TEST

/* The n-th page that is a leaf of a table (its first byte is 13) and holds texts of messages. */
static off_t find_leaf(unsigned n)
{
	int fd = open(store_file(""), O_RDONLY | O_CLOEXEC);
	char page[4096];

	ck_assert_int_ge(fd, 0);
	for (off_t at = 0; pread(fd, page, sizeof page, at) == sizeof page; at += sizeof page) {
		if (page[0] == 13 && memmem(page, sizeof page, "marked", 6) != NULL && n-- == 0) {
			close(fd);
			return at;
		}
	}
	ck_abort_msg("there is no such page");
}

/* Of the pages of messages one in the middle is gone: all others are there. */
START_TEST(test_rescue)
{
	fill();
	overwrite(store_file(""), find_leaf(3), 4096, 7);
	store_open();
	ck_assert_uint_gt(count_of(MAIL_ALL), 0);
	if (status_now().set_aside[0] == '\0') /* only reading has found it */
		store_wait_log("were taken over");
	store_wait_well(true);
	ck_assert_uint_ge(count_of(MAIL_ALL), MESSAGES - 60);
	ck_assert_uint_lt(count_of(MAIL_ALL), MESSAGES);
	ck_assert_uint_ge(count_of(MAIL_ONLY_QUEUED), MESSAGES / 10 - 6);
	ck_assert_uint_eq(status_now().counts.stored, count_of(MAIL_ALL));
	ck_assert(store_add_marked(1001, 1, 1, false, 0));
	ck_told("1001n ");
	store_close();
	store_open();
	ck_assert_uint_eq(store_box->last_id, MESSAGES);
	ck_assert_uint_eq(store_box->last_number, 4711);
	ck_assert_uint_eq(files_aside(), 1);
}
END_TEST

static void crash(void)
{
	_exit(7);
}

/* In a process that dies at the n-th write after it has found the damage; false if it does not. */
static bool dies_in_rescue(unsigned n)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		vfs_register();
		vfs_lose_power(n, store_directory, 1, crash);
		store_open_with(STORE_VFS, (struct mailbox_limits){0});
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status) && (WEXITSTATUS(status) == 7 || WEXITSTATUS(status) == 0));
	return WEXITSTATUS(status) == 7;
}

static void make_anew(void)
{
	store_teardown();
	memset(&store_told, 0, sizeof store_told);
	store_setup();
}

/* All of it, once: nothing but an index is damaged. */
static void ck_rescued(const char *when)
{
	struct mail mail;

	store_open();
	ck_assert_msg(status_now().well, "%s: %s", when, status_now().trouble);
	for (unsigned id = 1; id <= MESSAGES; id++)
		ck_assert_msg(store_box->methods->find(store_box, id, &mail) == MAIL_FOUND,
		    "%s: message %u is lost", when, id);
	ck_assert_uint_eq(count_of(MAIL_ALL), MESSAGES);
	ck_assert_uint_eq(count_of(MAIL_ONLY_QUEUED), MESSAGES / 10);
	ck_assert_uint_eq(status_now().counts.stored, MESSAGES);
	ck_assert_uint_eq(store_box->last_id, MESSAGES);
	ck_assert_uint_eq(store_box->last_number, 4711);
	ck_assert_uint_eq(files_aside(), 1);
	ck_assert_int_ne(access(store_file(".rescue"), F_OK), 0);
}

static void damage_index(void)
{
	overwrite(store_file(""), 4096 * (off_t)(store_sql(store_file(""),
	    "SELECT rootpage FROM sqlite_master WHERE name = 'message_unread'") - 1), 4096, 3);
}

/* The process may end at any moment of a rescue, and at another one of the next attempt. */
START_TEST(test_crash_in_rescue)
{
	bool died = true;

	for (unsigned n = 1; died; n += n < 16 ? 1 : 41) {
		char when[64];

		snprintf(when, sizeof when, "crash at write %u", n);
		fill();
		damage_index();
		died = dies_in_rescue(n);
		dies_in_rescue(1 + n / 2);
		ck_rescued(when);
		make_anew();
	}
}
END_TEST

/* Between the moves of its files: what is left of it is no database of its own. */
START_TEST(test_crash_between_moves)
{
	static const char *const moved[] = {"", "-wal", "-shm"};

	for (unsigned count = 0; count <= 2; count++) {
		int fd;

		fill();
		damage_index();
		fd = open(store_file(".rescue"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
		ck_assert_int_eq(write(fd, "mailbox.db.damaged-x", 20), 20);
		close(fd);
		for (unsigned i = 1; i <= count; i++) {
			char to[300];

			snprintf(to, sizeof to, "%s%s", store_file(".damaged-x"), moved[i]);
			rename(store_file(moved[i]), to);
		}
		ck_rescued("between moves");
		ck_assert_int_eq(access(store_file(".damaged-x"), F_OK), 0);
		make_anew();
	}
}
END_TEST

/* That it cannot be opened for now is no reason to give it up. */
START_TEST(test_rescue_is_tried_again)
{
	struct mail mail;

	fill();
	damage_index();
	vfs_register();
	vfs_fail_opens(".damaged-", 1000000);
	store_open_with(STORE_VFS, (struct mailbox_limits){0});
	ck_assert(!status_now().well);
	ck_assert(store_box->methods->find(store_box, 7, &mail) == MAIL_UNREADABLE);
	ck_assert_uint_eq(store_box->last_id, MAIL_ID_PROVISIONAL);
	vfs_fail_opens("", 0);
	store_wait_well(true);
	store_close();
	vfs_forget();
	ck_rescued("opened later");
}
END_TEST

/* Somebody has taken the damaged file away: it goes on with what there is. */
START_TEST(test_rescue_without_file)
{
	int fd = open(store_file(".rescue"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	ck_assert_int_eq(write(fd, "mailbox.db.damaged-x", 20), 20);
	close(fd);
	store_open();
	ck_assert(status_now().well);
	store_wait_log("is not there any more");
	ck_assert(store_add(1, MAIL_SENT, "x"));
	ck_told("1k ");
}
END_TEST

static void check_now(void)
{
	store_told.job_done = false;
	ck_assert(sqlite_check(store_box, store_on_job, NULL));
	store_wait_job();
}

/* What the check says is damaged is, and said in one line. */
START_TEST(test_check_finds_damage)
{
	fill();
	store_open();
	check_now();
	ck_assert_int_eq(store_told.job_result, MAILBOX_JOB_DONE);
	damage_index();
	check_now();
	ck_assert_int_eq(store_told.job_result, MAILBOX_JOB_DAMAGED);
	ck_assert_str_ne(store_told.job_error, "");
	ck_assert_ptr_null(strpbrk(store_told.job_error, "\n*"));
}
END_TEST

/* That the file could not be read is no damage. */
START_TEST(test_check_fails)
{
	unsigned failed = 0;

	fill();
	vfs_register();
	store_open_with(STORE_VFS, (struct mailbox_limits){0});
	for (unsigned n = 1; n < 30; n++) {
		vfs_fail_reads(n, 1000000);
		check_now();
		vfs_fail_reads(0, 0);
		ck_assert_msg(store_told.job_result != MAILBOX_JOB_DAMAGED, "read %u: %s", n,
		    store_told.job_error);
		failed += store_told.job_result == MAILBOX_JOB_FAILED;
	}
	ck_assert_uint_ge(failed, 10);
	vfs_fail_opens(SQLITE_STORE_FILE, 1000000);
	check_now();
	vfs_fail_opens("", 0);
	ck_assert_int_eq(store_told.job_result, MAILBOX_JOB_FAILED);
	check_now();
	ck_assert_int_eq(store_told.job_result, MAILBOX_JOB_DONE);
	ck_assert(status_now().well);
}
END_TEST

/* Anywhere, any number of bytes, while it is in use or not: it goes on, and empties nothing. */
START_TEST(test_anywhere)
{
	unsigned seed = (unsigned)_i * 7919 + 3;
	struct stat st;

	fill();
	if (_i % 2 == 0)
		store_open();
	ck_assert_int_eq(stat(store_file(""), &st), 0);
	for (unsigned i = 0; i < 1 + (unsigned)_i % 4; i++) {
		seed = seed * 1103515245 + 12345;
		overwrite(store_file(""), (off_t)((seed >> 8) % ((unsigned)st.st_size - 2048)),
		    1 + (seed >> 4) % 2048, seed);
	}
	if (_i % 2 != 0)
		store_open();
	for (unsigned id = 2001; id <= 2005; id++) {
		unsigned count = store_told.count;

		count_of(MAIL_ALL);
		store_wait_well(true);
		if (!store_add_marked(id, (uint8_t)id, (uint8_t)id, false, 1800000000))
			continue;
		store_commit();
		store_wait_count(count + 1);
	}
	store_wait_well(true);
	ck_assert_ptr_nonnull(strstr(store_told.text, "k "));
	/* whole, or set aside */
	if (files_aside() == 0)
		ck_assert_uint_ge(count_of(MAIL_ALL), MESSAGES / 2);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("store-damage");
	TCase *tests = tcase_create("damage");

	tcase_add_checked_fixture(tests, store_setup, store_teardown);
	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, test_no_database);
	tcase_add_test(tests, test_never_overwritten);
	tcase_add_test(tests, test_rescue);
	tcase_add_test(tests, test_crash_in_rescue);
	tcase_add_test(tests, test_crash_between_moves);
	tcase_add_test(tests, test_rescue_is_tried_again);
	tcase_add_test(tests, test_rescue_without_file);
	tcase_add_test(tests, test_check_finds_damage);
	tcase_add_test(tests, test_check_fails);
	tcase_add_loop_test(tests, test_anywhere, 0, RUNS);
	suite_add_tcase(suite, tests);
	return unit_run(suite);
}
