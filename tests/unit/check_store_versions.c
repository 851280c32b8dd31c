/* Databases of earlier versions, and what came with the later ones. */
#include "store_fixture.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "store/schema.h"

#define INSERT                                                                                     \
	"INSERT INTO message (id, direction, name, user, host, wall, changed, expires, number, "   \
	"state, reason, sealed, checked, read, broadcast, automatic, many, offers, text) VALUES "

/* A database of that version, with that in it. */
static void make(unsigned version, const char *sql)
{
	sqlite3 *db;

	ck_assert_int_eq(sqlite3_open(store_file(""), &db), SQLITE_OK);
	ck_assert_int_eq(schema_migrate(db, version), SQLITE_OK);
	ck_assert_msg(sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK, "%s", sqlite3_errmsg(db));
	sqlite3_close(db);
}

/* The first version had no marks, and none of the indexes. */
START_TEST(test_of_first_version)
{
	make(1, INSERT "(5, 1, 'bob', '', '', 1, 1, 0, 9, 'waiting', 'nat', 0, 0, 0, 0, 0, 0, 0, 'old')");
	store_open();
	ck_assert_uint_eq(store_box->last_id, 5);
	ck_assert_uint_eq(store_box->last_number, 9);
	ck_found(&(struct mail_query){.which = MAIL_ONLY_QUEUED, .with = "bob"}, "5 ");
	ck_assert(store_add_marked(6, 1, 1, false, 0));
	ck_told("6k ");
	ck_assert_int_eq(store_sql(store_file(""), "PRAGMA user_version"), schema_version());
}
END_TEST

/*
 * The second one did not know whose opening is told, nor how much is unread, nor whose number a
 * mark is of.
 */
START_TEST(test_of_second_version)
{
	make(2, INSERT
	    "(1, 0, 'al', '', '', 1, 1, 0, 9, 'delivered', '', 1, 1, 1, 0, 0, 0, 0, 'opened'),"
	    "(2, 0, 'al', '', '', 1, 1, 0, 9, 'delivered', '', 1, 1, 0, 0, 0, 0, 0, 'sealed'),"
	    "(3, 1, 'al', '', '', 1, 1, 0, 9, 'delivered', '', 1, 0, 0, 0, 0, 0, 0, 'not opened'),"
	    "(4, 1, 'al', '', '', 1, 1, 0, 9, 'read', '', 1, 0, 0, 0, 0, 0, 0, 'opened');"
	    "INSERT INTO mark VALUES (CAST(zeroblob(31) || 'a' AS BLOB), zeroblob(32), 1700000000)");
	store_open();
	ck_found(&(struct mail_query){.which = MAIL_ONLY_SEALED}, "2 3 ");
	ck_assert_int_eq(store_sql(store_file(""), "SELECT bytes FROM message WHERE id = 2"), 520);
	ck_assert_int_eq(store_sql(store_file(""), "SELECT length(number_digest) FROM mark"), 0);
	ck_assert(store_add_marked(6, 7, 0, true, 0));
	ck_told("6k ");
}
END_TEST

/* Damaged, and written by the version before: it is taken over all the same. */
START_TEST(test_damaged_of_second_version)
{
	unsigned char junk[4096];
	struct mail mail;
	int fd;

	make(2, "");
	for (int i = 0; i < 40; i++)
		store_sql(store_file(""), INSERT
		    "((SELECT coalesce(max(id), 0) + 1 FROM message), 0, 'al', '', '', 1, 1, 0, 9, "
		    "'delivered', '', 1, 0, 1, 0, 0, 0, 0, printf('%1000c', 'm'))");
	memset(junk, 0xa5, sizeof junk);
	fd = open(store_file(""), O_RDWR | O_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	/* the root of the marks: they are migrated */
	ck_assert_int_eq(pwrite(fd, junk, sizeof junk,
	    4096 * (store_sql(store_file(""),
		"SELECT rootpage FROM sqlite_master WHERE name = 'mark'") - 1)), sizeof junk);
	close(fd);
	store_open();
	store_wait_log("were taken over");
	store_wait_well(true);
	ck_assert(store_box->methods->find(store_box, 40, &mail) == MAIL_FOUND);
	ck_assert(mail.read && mail.told && !mail.stranger);
}
END_TEST

START_TEST(test_told)
{
	struct mail mail = store_mail(1, MAIL_RECEIVED, "sealed"), found;

	mail.sealed = mail.check = mail.stranger = true;
	store_open();
	ck_assert(store_box->methods->add(store_box, &mail, NULL));
	mail = store_mail(2, MAIL_SENT, "sealed, too");
	mail.sealed = true;
	ck_assert(store_box->methods->add(store_box, &mail, NULL));
	ck_told("1k 2k ");
	ck_found(&(struct mail_query){.which = MAIL_ONLY_SEALED}, "1 ");
	ck_assert(store_box->methods->set_state(store_box, 2, MESSAGE_DELIVERED, REASON_NONE, 5));
	ck_assert(store_box->methods->set_read(store_box, 1, 5));
	store_commit();
	store_wait_states();
	ck_found(&(struct mail_query){.which = MAIL_ONLY_SEALED}, "1 2 ");
	for (unsigned i = 0; i < 2; i++) {
		ck_assert(store_box->methods->set_told(store_box, 1));
		ck_assert(store_box->methods->set_told(store_box, 2));
		ck_assert(store_box->methods->set_told(store_box, 77));
		ck_found(&(struct mail_query){.which = MAIL_ONLY_SEALED}, "2 ");
		store_commit();
		store_wait_states();
	}
	store_close();
	store_open();
	ck_found(&(struct mail_query){.which = MAIL_ONLY_SEALED}, "2 ");
	ck_assert(store_box->methods->find(store_box, 1, &found) == MAIL_FOUND);
	ck_assert(found.told && found.stranger);
	ck_assert_int_eq(store_sql(store_file(""), "SELECT told FROM message WHERE id = 2"), 0);
}
END_TEST

static int64_t expiry_of(uint64_t id)
{
	struct mail mail;

	ck_assert(store_box->methods->find(store_box, id, &mail) == MAIL_FOUND);
	return mail.expires;
}

static void add_expiring(uint64_t id, enum message_state state, int64_t expires)
{
	struct mail mail = store_mail(id, MAIL_SENT, "x");

	mail.state = state;
	mail.expires = expires;
	ck_assert(store_box->methods->add(store_box, &mail, NULL));
}

START_TEST(test_shift_of_expiry)
{
	store_open();
	add_expiring(1, MESSAGE_WAITING, 1000);
	add_expiring(2, MESSAGE_SENT, 1990);
	add_expiring(3, MESSAGE_WAITING, 3000);
	add_expiring(4, MESSAGE_WAITING, 0);
	add_expiring(5, MESSAGE_FAILED, 1000);
	ck_assert(store_box->methods->shift_expiry(store_box, 60, 2000));
	add_expiring(6, MESSAGE_WAITING, 1000);
	ck_told("1k 2k 3k 4k 5k 6k ");
	ck_assert_int_eq(expiry_of(1), 1060);
	ck_assert_int_eq(expiry_of(2), 2000);
	ck_assert_int_eq(expiry_of(3), 2000);
	ck_assert_int_eq(expiry_of(4), 0);
	ck_assert_int_eq(expiry_of(5), 1000);
	ck_assert_int_eq(expiry_of(6), 1000);
}
END_TEST

/* Neither is lost for what the disk does meanwhile, and each shift counts. */
START_TEST(test_lasting_changes)
{
	struct mail mail = store_mail(1, MAIL_RECEIVED, "sealed");
	sqlite3 *db;

	mail.sealed = mail.read = true;
	store_open();
	ck_assert(store_box->methods->add(store_box, &mail, NULL));
	add_expiring(2, MESSAGE_WAITING, 1000);
	ck_told("1k 2k ");
	ck_assert_int_eq(sqlite3_open(store_file(""), &db), SQLITE_OK);
	ck_assert_int_eq(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	ck_assert(store_box->methods->set_told(store_box, 1));
	ck_assert(store_box->methods->shift_expiry(store_box, 10, 5000));
	ck_assert(store_box->methods->shift_expiry(store_box, 10, 5000));
	store_commit();
	store_wait_well(false);
	ck_assert_int_eq(sqlite3_exec(db, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	store_wait_well(true);
	ck_assert_int_eq(expiry_of(2), 1020);
	ck_assert_int_eq(store_sql(store_file(""), "SELECT told FROM message WHERE id = 1"), 1);
}
END_TEST

/* A stranger who says what an official client will say next does not keep it from being taken in. */
START_TEST(test_number_of_stranger_counts_for_nobody)
{
	store_open();
	ck_assert(store_add_marked(1, 1, 101, false, 0));
	ck_assert(store_add_marked(2, 2, 101, true, 0));
	ck_assert(store_add_marked(3, 3, 101, true, 0));
	ck_told("1k 2k 3n ");
}
END_TEST

/* What was under way before the mailbox could be opened has no row that is another's. */
START_TEST(test_opened_late)
{
	uint64_t made_up = MAIL_ID_PROVISIONAL + 1;
	struct mail mail = store_mail(made_up, MAIL_SENT, "x");
	char moved[128];

	store_open();
	store_add_as(41, MAIL_SENT, MESSAGE_WAITING, "x");
	store_box->methods->note_number(store_box, 1234);
	ck_told("41k ");
	store_close();
	snprintf(moved, sizeof moved, "%s.away", store_directory);
	ck_assert_int_eq(rename(store_directory, moved), 0);
	close(open(store_directory, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	store_open();
	ck_assert_uint_eq(store_box->last_id, MAIL_ID_PROVISIONAL);
	ck_assert_uint_eq(store_box->last_number, 0);
	ck_assert(!store_box->methods->add(store_box, &mail, NULL));
	ck_assert(store_box->methods->set_state(store_box, made_up, MESSAGE_FAILED, REASON_SILENT, 7));
	ck_assert(store_box->methods->set_read(store_box, made_up, 7));
	store_commit();
	ck_assert_int_eq(unlink(store_directory), 0);
	ck_assert_int_eq(rename(moved, store_directory), 0);
	store_wait_well(true);
	ck_assert_uint_eq(store_box->last_id, 41);
	ck_assert_uint_eq(store_box->last_number, 1234);
	ck_assert(!store_box->methods->add(store_box, &mail, NULL));
	ck_assert(store_add(42, MAIL_SENT, "y"));
	ck_told("42k ");
	ck_found(&(struct mail_query){.which = MAIL_ONLY_QUEUED}, "41 42 ");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("store-versions");
	TCase *tests = tcase_create("versions");

	tcase_add_checked_fixture(tests, store_setup, store_teardown);
	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, test_of_first_version);
	tcase_add_test(tests, test_of_second_version);
	tcase_add_test(tests, test_damaged_of_second_version);
	tcase_add_test(tests, test_told);
	tcase_add_test(tests, test_shift_of_expiry);
	tcase_add_test(tests, test_lasting_changes);
	tcase_add_test(tests, test_number_of_stranger_counts_for_nobody);
	tcase_add_test(tests, test_opened_late);
	suite_add_tcase(suite, tests);
	return unit_run(suite);
}
