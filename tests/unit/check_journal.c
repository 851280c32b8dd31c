/*
 * The file of names: what is loaded of it, what is never lost by writing it
 * anew, and how that waits for the disk. fsync(2) and sync_file_range(2) are the
 * test's own here, so that they can fail and be counted.
 */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/log.h"
#include "io/loop.h"
#include "io/state.h"
#include "super/core.h"
#include "super/name_record.h"
#include "superd/journal.h"

#define DAY_S 86400
#define NAMES_MANY 20000

static char dir[64], logged[8192];
static struct state *state;
static struct super *super;
static struct journal journal;
static struct {
	bool directory_fails;
	bool starts_fail;
	off_t begun, done; /* of the file that is written anew */
	off_t unwaited;	   /* at the fsync of that file */
} disk;

static bool is_directory(int fd, off_t *size)
{
	struct stat st;

	ck_assert_int_eq(fstat(fd, &st), 0);
	*size = st.st_size;
	return S_ISDIR(st.st_mode);
}

int fsync(int fd)
{
	off_t size;

	if (is_directory(fd, &size)) {
		errno = EIO;
		return disk.directory_fails ? -1 : 0;
	}
	disk.unwaited = size - disk.done;
	return (int)syscall(SYS_fsync, fd);
}

int sync_file_range(int fd, off64_t from, off64_t len, unsigned flags)
{
	if ((flags & SYNC_FILE_RANGE_WAIT_BEFORE) != 0) {
		ck_assert_int_eq(from, disk.done);
		ck_assert_int_le(from + len, disk.begun);
		disk.done = from + len;
		errno = EIO;
		return disk.starts_fail ? -1 : 0;
	}
	ck_assert_uint_eq(flags, SYNC_FILE_RANGE_WRITE);
	ck_assert_int_eq(from, disk.begun);
	disk.begun = from + len;
	return 0;
}

static void on_line(enum log_level level, const char *text)
{
	size_t used = strlen(logged);

	snprintf(logged + used, sizeof logged - used, "%s\n", text);
}

static struct super *new_super(uint8_t key, uint32_t pin_days)
{
	struct super_keys keys = {.secret = {1}, .has_key = key != 0, .seed = {key}};
	struct super_settings settings;
	const char *error;

	super_settings_init(&settings);
	settings.pin_days = pin_days;
	return super_new(&settings, &keys, &error);
}

static void start_with(uint8_t key, uint32_t pin_days)
{
	*logged = '\0';
	super = new_super(key, pin_days);
	ck_assert_ptr_nonnull(super);
	journal_open(&journal, state, super);
	super->identities.wall = loop_wall();
}

static void start(void)
{
	start_with(1, 30);
}

static void end(void)
{
	journal_close(&journal);
	super_free(super);
}

/* As by a sudden death. */
static void die(void)
{
	super_keep_names(super, NULL, NULL);
	if (journal.anew != NULL)
		state_commit(journal.anew, false);
	state_log_close(journal.log);
	super_free(super);
}

static void setup(void)
{
	char why[STATE_WHY_MAX];

	memset(&disk, 0, sizeof disk);
	log_capture(on_line);
	snprintf(dir, sizeof dir, "/tmp/check_journal.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	state = state_open(dir, NULL, why);
	ck_assert_msg(state != NULL, "%s", why);
}

static const char *path_of(const char *name)
{
	static char path[128];

	snprintf(path, sizeof path, "%s/%s", dir, name);
	return path;
}

static void teardown(void)
{
	static const char *const files[] = {"names", "names.old", "names.otherkey",
	    "names.otherkey.2", "names.damaged", "names.new"};

	state_close(state);
	for (size_t i = 0; i < sizeof files / sizeof *files; i++)
		unlink(path_of(files[i]));
	ck_assert_int_eq(rmdir(dir), 0);
}

static ino_t inode_of(const char *name)
{
	struct stat st;

	return stat(path_of(name), &st) == 0 ? st.st_ino : 0;
}

static const uint8_t owner[IDENTITY_BYTES] = {7};

/* Somebody binds it, and is gone again. */
static void own(const char *text, int64_t used)
{
	struct owned_name name = {.name = span_text(text), .identity = owner, .stamp = 1,
	    .used = used};

	identities_load(&super->identities, NAME_BOUND, &name);
	super->identities.changed(NAME_BOUND, &name, super->identities.context);
}

static uint32_t remembered(void)
{
	struct super_status status;

	super_status(super, &status);
	return status.names_remembered;
}

/* When the only one that is remembered was used. */
static int64_t used_last(void)
{
	struct name_cursor cursor = {0};
	struct owned_name name = {0};
	uint32_t budget = 1000;

	ck_assert_uint_eq(remembered(), 1);
	ck_assert(super_walk_names(super, &cursor, &budget, &name));
	return name.used;
}

START_TEST(names_come_back)
{
	ino_t file;

	start();
	file = inode_of("names");
	ck_assert_uint_ne(file, 0);
	own("alice@sales", loop_wall());
	die();
	start();
	ck_assert_uint_eq(remembered(), 1);
	/* nothing is written anew for that */
	ck_assert_uint_eq(inode_of("names"), file);
	end();
	start();
	ck_assert_uint_eq(remembered(), 1);
	ck_assert_uint_eq(inode_of("names.old"), 0);
	end();
}
END_TEST

START_TEST(another_key_sets_them_aside)
{
	ino_t first;

	start();
	own("alice@sales", loop_wall());
	end();
	first = inode_of("names");
	start_with(2, 30);
	ck_assert_uint_eq(remembered(), 0);
	ck_assert_uint_eq(inode_of("names.otherkey"), first);
	ck_assert_msg(strstr(logged, "names was kept under another key of this supernode; set aside "
				     "as names.otherkey") != NULL, "%s", logged);
	own("bob@sales", loop_wall());
	end();
	/* the first one is not lost when that happens again */
	start_with(3, 30);
	ck_assert_uint_eq(remembered(), 0);
	ck_assert_uint_eq(inode_of("names.otherkey"), first);
	ck_assert_uint_ne(inode_of("names.otherkey.2"), 0);
	end();
}
END_TEST

START_TEST(without_a_key_they_stay)
{
	ino_t file;

	start();
	own("alice@sales", loop_wall());
	end();
	file = inode_of("names");
	start_with(0, 30);
	ck_assert_uint_eq(remembered(), 0);
	end();
	ck_assert_uint_eq(inode_of("names"), file);
	start();
	ck_assert_uint_eq(remembered(), 1);
	end();
}
END_TEST

/* The clock was ahead, or is behind. */
START_TEST(what_is_used_in_the_future_stays)
{
	int64_t future = loop_wall() + 400 * DAY_S;

	start();
	own("alice@sales", future);
	end();
	start();
	ck_assert_int_eq(used_last(), future);
	end();
	start();
	ck_assert_int_eq(used_last(), future);
	end();
}
END_TEST

/* By a clock that had not been set. */
START_TEST(what_was_used_in_1970_stays)
{
	start();
	super->identities.wall = 5;
	own("alice@sales", 5);
	super->identities.wall = loop_wall();
	ck_assert_int_eq(used_last(), 5);
	end();
	start();
	ck_assert_int_ge(used_last(), loop_wall() - 10);
	end();
}
END_TEST

/* The clock is ahead; and pin-days = 0. */
START_TEST(what_is_left_out_is_kept_aside)
{
	uint32_t pin_days = _i == 0 ? 30 : 0;
	ino_t file;

	start();
	own("alice@sales", loop_wall() - (_i == 0 ? 31 * DAY_S : 0));
	own("bob@sales", loop_wall());
	file = inode_of("names");
	die();
	start_with(1, pin_days);
	ck_assert_uint_eq(remembered(), pin_days > 0);
	ck_assert_ptr_nonnull(strstr(logged, "have not been used for too long by the clock"));
	ck_assert_uint_eq(inode_of("names"), file);
	end();
	ck_assert_ptr_nonnull(strstr(logged, "kept as names.old"));
	ck_assert_uint_eq(inode_of("names.old"), file);
	/* nor by another start with that */
	start_with(1, pin_days);
	end();
	ck_assert_uint_eq(inode_of("names.old"), file);
}
END_TEST

/* The clock is set far ahead while it runs. */
START_TEST(what_becomes_too_old_at_once_is_kept_aside)
{
	start();
	own("alice@sales", loop_wall());
	own("bob@sales", loop_wall());
	end();
	start();
	ino_t file = inode_of("names");

	super->identities.wall += 400 * DAY_S;
	end();
	ck_assert_uint_eq(inode_of("names.old"), file);
	start();
	ck_assert_uint_eq(remembered(), 0);
	end();
}
END_TEST

START_TEST(a_torn_end_is_cut_off)
{
	struct stat st;

	start();
	own("alice@sales", loop_wall());
	own("bob@sales", loop_wall());
	die();
	ck_assert_int_eq(stat(path_of("names"), &st), 0);
	ck_assert_int_eq(truncate(path_of("names"), st.st_size - 5), 0);
	start();
	ck_assert_uint_eq(remembered(), 1);
	own("carol@sales", loop_wall());
	die();
	start();
	ck_assert_uint_eq(remembered(), 2);
	end();
}
END_TEST

/* As it was, while what is good of it is used. */
START_TEST(a_damaged_file_is_kept_aside)
{
	struct stat st;

	start();
	own("alice@sales", loop_wall());
	own("bob@sales", loop_wall() - 31 * DAY_S);
	die();
	int fd = open(path_of("names"), O_WRONLY | O_APPEND);
	static const char rest[4 * NAME_RECORD_MAX];

	ck_assert_int_eq(write(fd, rest, sizeof rest), sizeof rest);
	ck_assert_int_eq(fstat(fd, &st), 0);
	close(fd);
	off_t size = st.st_size;

	start();
	ck_assert_uint_eq(remembered(), 1);
	own("carol@sales", loop_wall());
	die();
	ck_assert_int_eq(stat(path_of("names.damaged"), &st), 0);
	ck_assert_int_eq(st.st_size, size);
	start();
	ck_assert_uint_eq(remembered(), 2);
	end();
}
END_TEST

static void write_in_steps(void)
{
	memset(logged, 0, sizeof logged);
	disk.begun = disk.done = 0;
	journal.anew_due = 0;
	do
		journal_tick(&journal, loop_now() + 1000);
	while (journal.anew != NULL);
}

/* The new file has taken the old one's place all the same. */
START_TEST(a_directory_that_is_not_synced_loses_no_name)
{
	start();
	own("alice@sales", loop_wall());
	disk.directory_fails = true;
	write_in_steps();
	ck_assert_ptr_nonnull(strstr(logged, "cannot write"));
	own("bob@sales", loop_wall());
	die();
	disk.directory_fails = false;
	start();
	ck_assert_uint_eq(remembered(), 2);
	end();
}
END_TEST

START_TEST(the_end_has_little_to_wait_for)
{
	char name[32];
	struct stat st;

	start();
	for (int i = 0; i < NAMES_MANY; i++) {
		snprintf(name, sizeof name, "n%d@sales", i);
		own(name, loop_wall());
	}
	write_in_steps();
	ck_assert_int_eq(stat(path_of("names"), &st), 0);
	ck_assert_int_gt(st.st_size, NAMES_MANY * 60);
	/* all is on its way, and all but the last step's is there */
	ck_assert_int_eq(disk.begun, st.st_size);
	ck_assert_int_lt(disk.unwaited, st.st_size / 5);
	end();
}
END_TEST

/* fsync does not tell it again. */
START_TEST(a_disk_that_fails_on_the_way_keeps_the_old_file)
{
	char name[32];

	start();
	ino_t file = inode_of("names");

	for (int i = 0; i < NAMES_MANY; i++) {
		snprintf(name, sizeof name, "n%d@sales", i);
		own(name, loop_wall());
	}
	disk.starts_fail = true;
	write_in_steps();
	ck_assert_ptr_nonnull(strstr(logged, "cannot write"));
	ck_assert_uint_eq(inode_of("names"), file);
	die();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("journal");
	TCase *tcase = tcase_create("journal");

	if (sodium_init() < 0)
		return EXIT_FAILURE;
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, names_come_back);
	tcase_add_test(tcase, another_key_sets_them_aside);
	tcase_add_test(tcase, without_a_key_they_stay);
	tcase_add_test(tcase, what_is_used_in_the_future_stays);
	tcase_add_test(tcase, what_was_used_in_1970_stays);
	tcase_add_loop_test(tcase, what_is_left_out_is_kept_aside, 0, 2);
	tcase_add_test(tcase, what_becomes_too_old_at_once_is_kept_aside);
	tcase_add_test(tcase, a_torn_end_is_cut_off);
	tcase_add_test(tcase, a_damaged_file_is_kept_aside);
	tcase_add_test(tcase, a_directory_that_is_not_synced_loses_no_name);
	tcase_add_test(tcase, the_end_has_little_to_wait_for);
	tcase_add_test(tcase, a_disk_that_fails_on_the_way_keeps_the_old_file);
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
