/*
 * What can be read in a damaged database is copied: forward until something is in the way,
 * backward from the end, and one by one between. What is there already is passed over, so that it
 * can be begun again.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "store/row.h"
#include "store/schema.h"
#include "store/store.h"

#define AT_ONCE 256	 /* rows a transaction */
#define SINGLY_MAX 65536 /* looked for one by one */
#define SQL_MAX 512

/* Columns of messages: of this version, and of those that had no more than the first. */
static const char *const columns[] = {ROW_COLUMNS, ROW_FIRST_COLUMNS ", read, 0"};

struct rescue {
	struct store *store;
	sqlite3 *source;
	const char *columns;
	unsigned rows; /* in the transaction */
	uint64_t messages;
	int64_t first, last; /* ids between which nothing was read yet */
	bool whole;
};

/*
 * Of an error of what is read: it is the machine's for now, not the file's, so that all is tried
 * again later; or SQLITE_OK: the rest of that is lost.
 */
static int passing(int rc)
{
	switch (rc & 0xff) {
	case SQLITE_NOMEM:
	case SQLITE_CANTOPEN:
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
	case SQLITE_INTERRUPT:
		return rc;
	default:
		return rc == SQLITE_IOERR_NOMEM ? rc : SQLITE_OK;
	}
}

/* Ends the transaction and begins another, now and then. */
static int pace(struct rescue *rescue)
{
	if (++rescue->rows % AT_ONCE != 0)
		return SQLITE_OK;
	return sqlite3_exec(rescue->store->db, "COMMIT; BEGIN IMMEDIATE", NULL, NULL, NULL);
}

/* What is there already, or does not fit, is passed over. */
static int keep_row(struct rescue *rescue, sqlite3_stmt *row)
{
	struct copy *copy;
	int rc = row_read(rescue->source, row, &copy);

	if (rc != SQLITE_OK)
		return passing(rc);
	rc = copy->mail.id < MAIL_ID_PROVISIONAL ? batch_insert(rescue->store, &copy->mail)
						 : SQLITE_CONSTRAINT;
	if (rc == SQLITE_OK)
		rescue->messages++;
	else if ((rc & 0xff) == SQLITE_CONSTRAINT)
		rc = SQLITE_OK;
	free(copy);
	return rc == SQLITE_OK ? pace(rescue) : rc;
}

/* `rest` is what stands behind the columns. */
static int prepare_messages(struct rescue *rescue, const char *rest, sqlite3_stmt **row)
{
	char sql[SQL_MAX];

	snprintf(sql, sizeof sql, "SELECT %s FROM message %s", rescue->columns, rest);
	return sqlite3_prepare_v2(rescue->source, sql, -1, row, NULL);
}

/*
 * All rows of a query for messages in the order of their ids, as long as they come in order: what
 * is damaged may go in circles. `way` is 1 or -1. False in *whole if they ended too early.
 */
static int keep_rows(struct rescue *rescue, const char *rest, int way, int64_t *reached,
    bool *whole)
{
	sqlite3_stmt *row;
	int rc, target = SQLITE_OK;
	bool any = false;

	*whole = false;
	rc = prepare_messages(rescue, rest, &row);
	if (rc != SQLITE_OK)
		return passing(rc);
	while (target == SQLITE_OK && (rc = sqlite3_step(row)) == SQLITE_ROW) {
		int64_t id = sqlite3_column_int64(row, 0);

		if (any && (way > 0 ? id <= *reached : id >= *reached))
			break;
		any = true;
		*reached = id;
		target = keep_row(rescue, row);
	}
	*whole = target == SQLITE_OK && rc == SQLITE_DONE;
	sqlite3_finalize(row);
	return target == SQLITE_OK ? passing(rc) : target;
}

/* Those between what was read from both ends. */
static int keep_singly(struct rescue *rescue)
{
	sqlite3_stmt *row;
	int target = SQLITE_OK;
	int rc = prepare_messages(rescue, "WHERE id = ?", &row);

	if (rc != SQLITE_OK)
		return passing(rc);
	for (unsigned i = 0; target == SQLITE_OK && i < SINGLY_MAX; i++) {
		if (rescue->first + 1 >= rescue->last)
			break;
		sqlite3_bind_int64(row, 1, ++rescue->first);
		rc = sqlite3_step(row);
		target = rc == SQLITE_ROW ? keep_row(rescue, row) : passing(rc);
		sqlite3_reset(row);
	}
	sqlite3_finalize(row);
	return target;
}

static int keep_messages(struct rescue *rescue)
{
	int64_t reached = 0;
	bool whole;
	int rc = keep_rows(rescue,
	    "INDEXED BY message_queued WHERE " ROW_QUEUED " ORDER BY id", 1, &reached, &whole);

	if (rc == SQLITE_OK)
		rc = keep_rows(rescue, "ORDER BY id", 1, &rescue->first, &rescue->whole);
	if (rc != SQLITE_OK || rescue->whole)
		return rc;
	rescue->last = INT64_MAX;
	rc = keep_rows(rescue, "ORDER BY id DESC", -1, &rescue->last, &whole);
	return rc == SQLITE_OK ? keep_singly(rescue) : rc;
}

/* `way` as above. */
static int keep_marks(struct rescue *rescue, const char *sql, int way)
{
	sqlite3_stmt *row;
	sqlite3_stmt *insert = rescue->store->statements[INSERT_MARK];
	uint8_t before[MARK_BYTES];
	bool any = false;
	int target = SQLITE_OK;
	int rc = sqlite3_prepare_v2(rescue->source, sql, -1, &row, NULL);

	if (rc != SQLITE_OK)
		return passing(rc);
	while (target == SQLITE_OK && (rc = sqlite3_step(row)) == SQLITE_ROW) {
		const void *digest = sqlite3_column_blob(row, 0);

		if (sqlite3_column_bytes(row, 0) != MARK_BYTES ||
		    (sqlite3_column_bytes(row, 1) != MARK_BYTES && sqlite3_column_bytes(row, 1) != 0) ||
		    (any && way * memcmp(digest, before, MARK_BYTES) <= 0))
			break;
		any = true;
		memcpy(before, digest, MARK_BYTES);
		for (int i = 0; i < 3; i++)
			sqlite3_bind_value(insert, i + 1, sqlite3_column_value(row, i));
		sqlite3_step(insert);
		target = sqlite3_reset(insert);
		if (target == SQLITE_OK)
			target = pace(rescue);
	}
	sqlite3_finalize(row);
	return target == SQLITE_OK ? passing(rc) : target;
}

/* First of all: an id or a number that was used must never be given again. */
static int keep_noted(struct rescue *rescue)
{
	static const char *const keys[] = {"number", "id"};
	int rc = SQLITE_OK;

	for (unsigned i = 0; rc == SQLITE_OK && i < 2; i++) {
		char sql[64];
		int64_t value = 0;

		snprintf(sql, sizeof sql, "SELECT value FROM noted WHERE key = '%s'", keys[i]);
		rc = passing(schema_number(rescue->source, sql, &value));
		if (rc == SQLITE_OK && value > 0 && value < (int64_t)MAIL_ID_PROVISIONAL)
			rc = batch_note(rescue->store, keys[i], (uint64_t)value);
	}
	return rc;
}

static int keep_all(struct rescue *rescue)
{
	int rc = sqlite3_exec(rescue->store->db, "BEGIN IMMEDIATE", NULL, NULL, NULL);

	if (rc == SQLITE_OK)
		rc = keep_noted(rescue);
	if (rc == SQLITE_OK)
		rc = keep_messages(rescue);
	if (rc == SQLITE_OK)
		rc = keep_marks(rescue,
		    "SELECT digest, number_digest, wall FROM mark ORDER BY digest", 1);
	if (rc == SQLITE_OK && !rescue->whole)
		rc = keep_marks(rescue,
		    "SELECT digest, number_digest, wall FROM mark ORDER BY digest DESC", -1);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(rescue->store->db, "COMMIT", NULL, NULL, NULL);
	return rc;
}

/* Whatever is wrong with its first page shows with the first thing that is read. */
static int open_source(struct rescue *rescue)
{
	sqlite3_stmt *row;
	int rc = sqlite3_open_v2(rescue->store->rescue, &rescue->source,
	    SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, rescue->store->vfs);

	if (rc == SQLITE_OK) {
		sqlite3_extended_result_codes(rescue->source, 1);
		rc = sqlite3_exec(rescue->source,
		    "PRAGMA cache_size = -1000; PRAGMA query_only = ON; PRAGMA trusted_schema = OFF;"
		    "PRAGMA cell_size_check = ON", NULL, NULL, NULL);
	}
	rescue->columns = columns[0];
	if (rc == SQLITE_OK && (rc = prepare_messages(rescue, "", &row)) == SQLITE_OK)
		sqlite3_finalize(row);
	else if (rc == SQLITE_ERROR)
		rescue->columns = columns[1];
	return passing(rc);
}

static int rescue_from(struct store *store)
{
	struct rescue rescue = {.store = store};
	int rc = open_source(&rescue);

	if (rc == SQLITE_OK)
		rc = keep_all(&rescue);
	schema_close_untouched(rescue.source);
	if (rc == SQLITE_OK)
		store_note(store, MAILBOX_LOG_WARNING,
		    "%llu messages could be read in %s and were taken over%s",
		    (unsigned long long)rescue.messages, store->rescue,
		    rescue.whole ? "" : "; others were damaged");
	return rc;
}

int damage_rescue(struct store *store)
{
	struct stat st;
	int rc = SQLITE_OK;

	if (lstat(store->rescue, &st) == 0 || errno != ENOENT)
		rc = rescue_from(store);
	else
		store_note(store, MAILBOX_LOG_WARNING,
		    "the damaged mailbox %s is not there any more: what was not read is lost",
		    store->rescue);
	return rc == SQLITE_OK ? damage_over(store) : rc;
}
