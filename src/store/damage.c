/*
 * A damaged database gets another name, and is never changed any more. What can be read in it is
 * copied: forward until something is in the way, backward from the end, and one by one between.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "store/row.h"
#include "store/schema.h"
#include "store/store.h"

#define AT_ONCE 256	 /* rows a transaction */
#define SINGLY_MAX 65536 /* looked for one by one */
#define SUFFIX_MAX 99	 /* names of one second */

static const char *const companions[] = {"-wal", "-shm", ""};

struct rescue {
	struct store *store;
	sqlite3 *source;
	unsigned rows; /* in the transaction */
	uint64_t messages;
	int64_t first, last; /* ids between which nothing was read yet */
	bool whole;
};

/* Whether nothing has that name, nor would once it is used. */
static bool is_free(const char *path)
{
	char name[MAILBOX_TROUBLE_MAX];
	struct stat st;

	for (unsigned i = 0; i < 3; i++) {
		snprintf(name, sizeof name, "%s%s", path, companions[i]);
		if (lstat(name, &st) == 0 || errno != ENOENT)
			return false;
	}
	return true;
}

static bool choose_name(const struct store *store, char path[MAILBOX_TROUBLE_MAX])
{
	char stamp[32] = "";
	time_t now = time(NULL);
	struct tm tm;

	if (gmtime_r(&now, &tm) != NULL)
		strftime(stamp, sizeof stamp, "%Y%m%d-%H%M%S", &tm);
	snprintf(path, MAILBOX_TROUBLE_MAX, "%s.damaged-%s", store->path, stamp);
	for (unsigned i = 2; !is_free(path) && i <= SUFFIX_MAX; i++)
		snprintf(path, MAILBOX_TROUBLE_MAX, "%s.damaged-%s.%u", store->path, stamp, i);
	return is_free(path);
}

/* The log of changes first: a new database must never be found beside the old one's. */
static bool move(const struct store *store, const char *path)
{
	char from[MAILBOX_TROUBLE_MAX], to[MAILBOX_TROUBLE_MAX + 8];

	for (unsigned i = 0; i < 3; i++) {
		snprintf(from, sizeof from, "%s%s", store->path, companions[i]);
		snprintf(to, sizeof to, "%s%s", path, companions[i]);
		if (rename(from, to) != 0 && errno != ENOENT)
			return false;
	}
	return true;
}

int damage_set_aside(struct store *store)
{
	char path[MAILBOX_TROUBLE_MAX];

	store_close_database(store, true);
	store_close_reader(store);
	if (!choose_name(store, path) || !move(store, path)) {
		store->error = 0;
		return SQLITE_CORRUPT;
	}
	memcpy(store->rescue, path, sizeof store->rescue);
	pthread_mutex_lock(&store->lock);
	memcpy(store->set_aside, path, sizeof store->set_aside);
	pthread_mutex_unlock(&store->lock);
	store_note(store, MAILBOX_LOG_ERROR,
	    "the mailbox %s is damaged; it is kept as %s, and a new one is begun", store->path, path);
	return SQLITE_OK;
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

	if (rc == SQLITE_NOMEM)
		return rc;
	if (rc != SQLITE_OK)
		return SQLITE_OK;
	rc = batch_insert(rescue->store, &copy->mail);
	if (rc == SQLITE_OK)
		rescue->messages++;
	else if ((rc & 0xff) == SQLITE_CONSTRAINT)
		rc = SQLITE_OK;
	free(copy);
	return rc == SQLITE_OK ? pace(rescue) : rc;
}

/*
 * All rows of a query for messages in the order of their ids, as long as they come in order: what
 * is damaged may go in circles. `way` is 1 or -1. False in *whole if they ended too early.
 */
static int keep_rows(struct rescue *rescue, const char *sql, int way, int64_t *reached, bool *whole)
{
	sqlite3_stmt *row;
	int rc, target = SQLITE_OK;
	bool any = false;

	*whole = false;
	if (sqlite3_prepare_v2(rescue->source, sql, -1, &row, NULL) != SQLITE_OK)
		return SQLITE_OK;
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
	return target;
}

/* Those between what was read from both ends. */
static int keep_singly(struct rescue *rescue)
{
	sqlite3_stmt *row;
	int target = SQLITE_OK;

	if (sqlite3_prepare_v2(rescue->source, "SELECT " ROW_COLUMNS " FROM message WHERE id = ?", -1,
		&row, NULL) != SQLITE_OK)
		return SQLITE_OK;
	for (unsigned i = 0; target == SQLITE_OK && i < SINGLY_MAX; i++) {
		if (rescue->first + 1 >= rescue->last)
			break;
		sqlite3_bind_int64(row, 1, ++rescue->first);
		if (sqlite3_step(row) == SQLITE_ROW)
			target = keep_row(rescue, row);
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
	    "SELECT " ROW_COLUMNS " FROM message INDEXED BY message_queued WHERE " ROW_QUEUED
	    " ORDER BY id", 1, &reached, &whole);

	if (rc == SQLITE_OK)
		rc = keep_rows(rescue, "SELECT " ROW_COLUMNS " FROM message ORDER BY id", 1,
		    &rescue->first, &rescue->whole);
	if (rc != SQLITE_OK || rescue->whole)
		return rc;
	rescue->last = INT64_MAX;
	rc = keep_rows(rescue, "SELECT " ROW_COLUMNS " FROM message ORDER BY id DESC", -1,
	    &rescue->last, &whole);
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

	if (sqlite3_prepare_v2(rescue->source, sql, -1, &row, NULL) != SQLITE_OK)
		return SQLITE_OK;
	while (target == SQLITE_OK && sqlite3_step(row) == SQLITE_ROW) {
		const void *digest = sqlite3_column_blob(row, 0);

		if (sqlite3_column_bytes(row, 0) != MARK_BYTES ||
		    sqlite3_column_bytes(row, 1) != MARK_BYTES ||
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
	return target;
}

static int keep_noted(struct rescue *rescue)
{
	int64_t number = 0, id = 0;
	int rc;

	schema_number(rescue->source, "SELECT value FROM noted WHERE key = 'number'", &number);
	schema_number(rescue->source, "SELECT value FROM noted WHERE key = 'id'", &id);
	rc = batch_note(rescue->store, "number", (uint32_t)number);
	if (rc == SQLITE_OK && id > 0)
		rc = batch_note(rescue->store, "id", (uint64_t)id);
	return rc;
}

static int keep_all(struct rescue *rescue)
{
	int rc = sqlite3_exec(rescue->store->db, "BEGIN IMMEDIATE", NULL, NULL, NULL);

	if (rc == SQLITE_OK)
		rc = keep_messages(rescue);
	if (rc == SQLITE_OK)
		rc = keep_marks(rescue,
		    "SELECT digest, number_digest, wall FROM mark ORDER BY digest", 1);
	if (rc == SQLITE_OK && !rescue->whole)
		rc = keep_marks(rescue,
		    "SELECT digest, number_digest, wall FROM mark ORDER BY digest DESC", -1);
	if (rc == SQLITE_OK)
		rc = keep_noted(rescue);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(rescue->store->db, "COMMIT", NULL, NULL, NULL);
	return rc;
}

int damage_rescue(struct store *store)
{
	struct rescue rescue = {.store = store};
	int rc = sqlite3_open_v2(store->rescue, &rescue.source,
	    SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, store->vfs);

	if (rc == SQLITE_OK)
		sqlite3_exec(rescue.source,
		    "PRAGMA cache_size = -1000; PRAGMA query_only = ON; PRAGMA trusted_schema = OFF;"
		    "PRAGMA cell_size_check = ON", NULL, NULL, NULL);
	rc = keep_all(&rescue);
	schema_close_untouched(rescue.source);
	if (rc != SQLITE_OK)
		return rc;
	store_note(store, MAILBOX_LOG_WARNING, "%llu messages could be read in %s and were taken over%s",
	    (unsigned long long)rescue.messages, store->rescue,
	    rescue.whole ? "" : "; others were damaged");
	store->rescue[0] = '\0';
	return rc;
}
