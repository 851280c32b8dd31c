/*
 * What was told to be kept is there after the power has failed or the disk did, exactly once, and
 * the database is sound.
 */
#include "store_fixture.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store_vfs.h"

#define MESSAGES 60
#define RUNS 200

static bool kept[MESSAGES + 1];    /* as told */
static bool at_loss[MESSAGES + 1]; /* as told by then */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void on_kept(const struct mail_outcome *outcome)
{
	pthread_mutex_lock(&lock);
	if (outcome->id <= MESSAGES && outcome->result == MAIL_KEPT)
		kept[outcome->id] = true;
	pthread_mutex_unlock(&lock);
}

static void power_fails(void)
{
	pthread_mutex_lock(&lock);
	memcpy(at_loss, kept, sizeof at_loss);
	pthread_mutex_unlock(&lock);
}

/* Messages in bursts, with changes of state between, as the seed has it; some are large. */
static void live(unsigned seed)
{
	static char large[30000];
	unsigned told = 0;

	memset(large, 'a', sizeof large - 1);
	store_told.outcome = on_kept;
	for (unsigned id = 1; id <= MESSAGES; id++) {
		seed = seed * 1103515245 + 12345;
		if (store_add_marked(id, (uint8_t)id, 0, false, 0))
			told++;
		if ((seed >> 16) % 8 == 0 && id > 3) {
			store_box->methods->set_read(store_box, id - 3, 5);
			store_add_as(1000 + id, MAIL_SENT, MESSAGE_DELIVERED, large);
			told++;
		}
		if ((seed >> 20) % 4 == 0)
			store_commit();
		if ((seed >> 24) % 4 == 0) {
			store_commit();
			store_wait_count(told);
		}
	}
	store_commit();
	store_wait_count(told);
}

/* What was kept by then is there, and known when it comes again. */
static void ck_survived(void)
{
	unsigned known = 0;

	store_told.text[0] = '\0';
	store_told.count = 0;
	for (unsigned id = 1; id <= MESSAGES; id++) {
		struct mail mail;

		if (!at_loss[id])
			continue;
		ck_assert_msg(store_box->methods->find(store_box, id, &mail) == MAIL_FOUND,
		    "%u is lost", id);
		ck_assert(store_add_marked(2000 + id, (uint8_t)id, 0, false, 0));
	}
	for (unsigned id = 1; id <= MESSAGES; id++)
		known += at_loss[id];
	store_commit();
	store_wait_count(known);
	ck_assert_msg(strchr(store_told.text, 'k') == NULL, "taken in twice: %s", store_told.text);
}

/* In a process of its own, so that each run has a disk of its own. */
static void lose_power_in(unsigned run, const char *directory)
{
	struct sqlite_options options = {.directory = directory, .retry = STORE_RETRY_MS};
	struct mailbox_status status;
	mail_outcome_fn outcome;

	vfs_register();
	vfs_lose_power(1 + (run * 7919) % 160, directory, run + 1, power_fails);
	store_open_with(STORE_VFS, (struct mailbox_limits){.bytes = 1 << 19});
	outcome = store_box->on_outcome;
	live(run);
	store_close();
	if (!vfs_power_lost())
		return;
	store_box = sqlite_open(&options);
	store_box->methods->status(store_box, &status);
	ck_assert_msg(status.well && status.set_aside[0] == '\0', "run %u: %s %s", run,
	    status.trouble, status.set_aside);
	store_box->on_outcome = outcome;
	ck_survived();
	store_close();
	char path[300];

	snprintf(path, sizeof path, "%s/%s", directory, SQLITE_STORE_FILE);
	ck_assert_int_eq(store_sql(path,
	    "SELECT count(*) FROM pragma_integrity_check WHERE integrity_check = 'ok'"), 1);
}

static void teardown(void)
{
	vfs_fail(0, 0, 0);
	store_teardown();
}

START_TEST(test_power)
{
	char directory[100];

	for (unsigned run = (unsigned)_i * 25; run < ((unsigned)_i + 1) * 25; run++) {
		pid_t pid;
		int status;

		snprintf(directory, sizeof directory, "%s/after", store_directory);
		mkdir(directory, 0700);
		pid = fork();
		if (pid == 0) {
			lose_power_in(run, directory);
			_exit(0);
		}
		ck_assert_int_eq(waitpid(pid, &status, 0), pid);
		ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "run %u", run);
		store_teardown();
		store_setup();
	}
}
END_TEST

/* All that waits while one transaction is written goes out with the next one. */
START_TEST(test_group_commit)
{
	unsigned before;

	vfs_register();
	store_open_with(STORE_VFS, (struct mailbox_limits){0});
	ck_assert(store_add(1, MAIL_SENT, "x"));
	ck_told("1k ");
	before = vfs_wal_syncs();
	for (uint64_t id = 2; id <= 500; id++)
		ck_assert(store_add(id, MAIL_SENT, "x"));
	store_commit();
	store_wait_count(499);
	ck_assert_uint_eq(vfs_wal_syncs() - before, 1);
}
END_TEST

/* What is known already costs no write. */
START_TEST(test_known_costs_nothing)
{
	unsigned before;

	vfs_register();
	store_open_with(STORE_VFS, (struct mailbox_limits){0});
	ck_assert(store_add_marked(1, 1, 1, false, 0));
	ck_told("1k ");
	before = vfs_count();
	ck_assert(store_add_marked(2, 1, 1, false, 0));
	ck_told("2n ");
	ck_assert_uint_eq(vfs_count(), before);
}
END_TEST

/* Ten messages one by one; what was lost is sent again until it is kept. */
static void keep_ten(void)
{
	for (unsigned id = 1; id <= 10; id++) {
		for (unsigned tries = 0; !kept[id]; tries++) {
			unsigned count = store_told.count;

			ck_assert_uint_lt(tries, 1000);
			if (!store_add_marked(id, (uint8_t)id, 0, false, 0)) {
				store_wait_well(true);
				continue;
			}
			store_commit();
			store_wait_count(count + 1);
			if (strstr(store_told.text, "n ") != NULL) /* it was kept, after all */
				kept[id] = true;
			store_told.text[0] = '\0';
		}
		if (id > 1)
			store_box->methods->set_read(store_box, id - 1, 9);
	}
	store_wait_well(true);
	store_box->methods->set_read(store_box, 10, 9);
}

static void fail_at(unsigned n, unsigned times, int error)
{
	store_told.outcome = on_kept;
	memset(kept, 0, sizeof kept);
	vfs_fail(n, times, error);
	store_open_with(STORE_VFS, (struct mailbox_limits){0});
	store_wait_well(true);
	keep_ten();
	vfs_fail(0, 0, 0);
	store_close();
	vfs_forget();
	ck_assert_int_eq(store_sql(store_file(""), "SELECT count(*) FROM message WHERE read = 1"), 10);
	ck_assert_int_eq(store_sql(store_file(""), "SELECT count(*) FROM message"), 10);
	ck_assert_int_eq(store_sql(store_file(""),
	    "SELECT count(*) FROM pragma_integrity_check WHERE integrity_check = 'ok'"), 1);
	store_teardown();
	store_setup();
}

START_TEST(test_every_write_fails)
{
	static const int errors[] = {ENOSPC, EIO};
	unsigned total;

	vfs_register();
	fail_at(100000, 1, EIO);
	total = vfs_count();
	ck_assert_uint_gt(total, 30);
	for (unsigned n = 1; n <= total; n += _i % 2 == 0 ? 1 : 3) /* several take their time */
		fail_at(n, _i % 2 == 0 ? 1 : 7, errors[_i / 2]);
}
END_TEST

START_TEST(test_disk_full)
{
	struct mailbox_status status;
	struct mail mail;

	vfs_register();
	store_open_with(STORE_VFS, (struct mailbox_limits){0});
	ck_assert(store_add(1, MAIL_SENT, "x"));
	ck_told("1k ");
	vfs_fail(1, 1000000, ENOSPC);
	ck_assert(store_add(2, MAIL_SENT, "y"));
	ck_assert(store_add(3, MAIL_RECEIVED, "z"));
	ck_told("2l 3l ");
	store_box->methods->status(store_box, &status);
	ck_assert(!status.well);
	ck_assert_ptr_nonnull(strstr(status.trouble, "the disk is full"));
	ck_assert(!store_add(4, MAIL_SENT, "x"));
	for (unsigned i = 0; i < 1000; i++)
		ck_assert(store_box->methods->set_state(store_box, 1, MESSAGE_SENT, REASON_NONE, i));
	ck_assert(store_box->methods->find(store_box, 1, &mail) == MAIL_FOUND);
	ck_assert_int_eq(mail.changed, 999);
	store_commit();
	store_wait_log("the disk is full");
	usleep(5 * STORE_RETRY_MS * 1000);
	sqlite_collect(store_box);
	ck_assert_ptr_null(strstr(strchr(store_told.log, '\n'), "full"));
	vfs_fail(0, 0, 0);
	store_wait_well(true);
	store_wait_log("can be written again");
	ck_all("1 ");
	ck_assert_int_eq(store_sql(store_file(""), "SELECT changed FROM message WHERE id = 1"), 999);
	ck_assert(store_add(4, MAIL_SENT, "x"));
	ck_told("4k ");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("store-power");
	TCase *tests = tcase_create("power");

	tcase_add_checked_fixture(tests, store_setup, teardown);
	tcase_set_timeout(tests, 120);
	tcase_add_loop_test(tests, test_power, 0, RUNS / 25);
	tcase_add_test(tests, test_group_commit);
	tcase_add_test(tests, test_known_costs_nothing);
	tcase_add_loop_test(tests, test_every_write_fails, 0, 4);
	tcase_add_test(tests, test_disk_full);
	suite_add_tcase(suite, tests);
	return unit_run(suite);
}
