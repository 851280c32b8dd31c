/*
 * Each version of the schema is the one before and a step. A step that was ever released stays as
 * it is: a change is another step.
 */
#include "store/schema.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "store/row.h"

#define BUSY_MS 500	   /* somebody looks into it with another program */
#define BUSY_READER_MS 100 /* the loop waits meanwhile */

static const char *const steps[] = {
    /* 1: messages, and the files that are offered with them */
    "CREATE TABLE message ("
    " id INTEGER PRIMARY KEY, direction INTEGER NOT NULL, name TEXT NOT NULL, user TEXT NOT NULL,"
    " host TEXT NOT NULL, at BLOB, wall INTEGER NOT NULL, changed INTEGER NOT NULL,"
    " expires INTEGER NOT NULL, number INTEGER NOT NULL, state TEXT NOT NULL,"
    " reason TEXT NOT NULL, sealed INTEGER NOT NULL, checked INTEGER NOT NULL,"
    " read INTEGER NOT NULL, broadcast INTEGER NOT NULL, automatic INTEGER NOT NULL,"
    " many INTEGER NOT NULL, offers INTEGER NOT NULL, text TEXT NOT NULL);"
    "CREATE TABLE offer ("
    " message INTEGER NOT NULL, place INTEGER NOT NULL, name TEXT NOT NULL,"
    " size INTEGER NOT NULL, kind INTEGER NOT NULL, PRIMARY KEY (message, place)) WITHOUT ROWID;"
    "CREATE TRIGGER message_gone AFTER DELETE ON message WHEN old.offers > 0 BEGIN"
    " DELETE FROM offer WHERE message = old.id; END;"
    "CREATE TABLE noted (key TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;",

    /* 2: by what received ones are known again, and ways to find some among many */
    "CREATE TABLE mark ("
    " digest BLOB PRIMARY KEY, number_digest BLOB NOT NULL, wall INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE INDEX mark_number ON mark (number_digest, wall);"
    "CREATE INDEX mark_wall ON mark (wall);"
    "CREATE INDEX message_unread ON message (id) WHERE " ROW_UNREAD ";"
    "CREATE INDEX message_queued ON message (id) WHERE " ROW_QUEUED ";"
    "CREATE INDEX message_done ON message (wall) WHERE " ROW_DONE ";"
    "CREATE INDEX message_nick ON message (substr(name, 1, instr(name || '@', '@') - 1));",

    /*
     * 3: openings that are still to be told, and how much nobody has read. Of whom the old marks
     * are cannot be known: none counts by its number any more.
     */
    "ALTER TABLE message ADD COLUMN told INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE message ADD COLUMN stranger INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE message ADD COLUMN bytes INTEGER NOT NULL DEFAULT 0;"
    "UPDATE message SET told = 1 WHERE direction = 0 AND sealed <> 0 AND read <> 0;"
    "UPDATE message SET bytes = length(CAST(name || user || host || text AS BLOB)) + 512 "
    "WHERE " ROW_UNREAD ";"
    "DROP INDEX message_unread;"
    "CREATE INDEX message_unread ON message (id, stranger, bytes, direction, read) "
    "WHERE " ROW_UNREAD ";"
    "CREATE INDEX message_sealed ON message (id) WHERE " ROW_SEALED ";"
    "DROP INDEX mark_number;"
    "UPDATE mark SET number_digest = x'';"
    "CREATE INDEX mark_number ON mark (number_digest, wall) WHERE " ROW_NUMBERED ";",
};

unsigned schema_version(void)
{
	return sizeof steps / sizeof steps[0];
}

bool schema_damaged(int rc)
{
	return (rc & 0xff) == SQLITE_CORRUPT || (rc & 0xff) == SQLITE_NOTADB;
}

int schema_number(sqlite3 *db, const char *sql, int64_t *number)
{
	sqlite3_stmt *statement;
	int rc = sqlite3_prepare_v2(db, sql, -1, &statement, NULL);

	if (rc != SQLITE_OK)
		return rc;
	rc = sqlite3_step(statement);
	*number = rc == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : 0;
	sqlite3_finalize(statement);
	return rc == SQLITE_ROW || rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static int set_version(sqlite3 *db, unsigned version)
{
	char sql[64];

	snprintf(sql, sizeof sql, "PRAGMA user_version = %u", version);
	return sqlite3_exec(db, sql, NULL, NULL, NULL);
}

int schema_migrate(sqlite3 *db, unsigned version)
{
	int64_t found;
	int rc = sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL);

	if (rc == SQLITE_OK)
		rc = schema_number(db, "PRAGMA user_version", &found);
	for (; rc == SQLITE_OK && found < version; found++)
		rc = sqlite3_exec(db, steps[found], NULL, NULL, NULL);
	if (rc == SQLITE_OK)
		rc = set_version(db, version);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
	if (rc != SQLITE_OK && sqlite3_get_autocommit(db) == 0)
		sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
	return rc;
}

/*
 * SQLite would make it readable for others. One that is there must not be opened here: closing it
 * again would drop the locks that SQLite holds on it. Returns why there is none, or 0.
 */
static int make_file(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0)
		return errno == EEXIST ? 0 : errno;
	close(fd);
	return 0;
}

static int use_wal(sqlite3 *db)
{
	sqlite3_stmt *statement;
	int rc = sqlite3_prepare_v2(db, "PRAGMA journal_mode = WAL", -1, &statement, NULL);
	bool wal;

	if (rc != SQLITE_OK)
		return rc;
	rc = sqlite3_step(statement);
	wal = rc == SQLITE_ROW && strcmp((const char *)sqlite3_column_text(statement, 0), "wal") == 0;
	sqlite3_finalize(statement);
	if (rc != SQLITE_ROW)
		return rc;
	return wal ? SQLITE_OK : SQLITE_CANTOPEN;
}

void schema_close_untouched(sqlite3 *db)
{
	if (db == NULL)
		return;
	sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	sqlite3_close_v2(db);
}

static int prepare(sqlite3 *db)
{
	int64_t version = 0;
	int rc = schema_number(db, "PRAGMA user_version", &version);

	if (rc != SQLITE_OK)
		return rc;
	if (version < 0 || version > (int64_t)schema_version())
		return SCHEMA_NEWER;
	rc = sqlite3_exec(db,
	    "PRAGMA page_size = 4096; PRAGMA auto_vacuum = INCREMENTAL; PRAGMA cache_size = -1000;"
	    "PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON",
	    NULL, NULL, NULL);
	if (rc == SQLITE_OK)
		rc = use_wal(db);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(db, "PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 4194304",
		    NULL, NULL, NULL);
	if (rc == SQLITE_OK && version < (int64_t)schema_version())
		rc = schema_migrate(db, schema_version());
	return rc;
}

int schema_open(const char *path, const char *vfs, sqlite3 **db, int *error)
{
	int rc;

	*error = make_file(path);
	*db = NULL;
	rc = sqlite3_open_v2(path, db,
	    SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, vfs);
	if (rc == SQLITE_OK) {
		sqlite3_extended_result_codes(*db, 1);
		sqlite3_busy_timeout(*db, BUSY_MS);
		rc = prepare(*db);
	}
	if (rc == SQLITE_OK)
		return rc;
	if (*db != NULL) {
		if (*error == 0)
			*error = sqlite3_system_errno(*db);
		schema_close_untouched(*db);
	}
	*db = NULL;
	return rc;
}

static int open_to_read(const char *path, const char *vfs, int flags, sqlite3 **db)
{
	int64_t version;
	int rc = sqlite3_open_v2(path, db, flags | SQLITE_OPEN_NOMUTEX, vfs);

	if (rc == SQLITE_OK) {
		sqlite3_extended_result_codes(*db, 1);
		sqlite3_busy_timeout(*db, BUSY_READER_MS);
		rc = sqlite3_exec(*db,
		    "PRAGMA cache_size = -1000; PRAGMA query_only = ON; PRAGMA trusted_schema = OFF",
		    NULL, NULL, NULL);
	}
	if (rc == SQLITE_OK)
		rc = schema_number(*db, "PRAGMA user_version", &version);
	if (rc == SQLITE_OK && version != (int64_t)schema_version())
		rc = SCHEMA_NEWER;
	if (rc == SQLITE_OK)
		return rc;
	schema_close_untouched(*db);
	*db = NULL;
	return rc;
}

/* One that was not, or is in use, has a log: without it, some of what it holds would be missing. */
static bool was_closed(const char *path)
{
	char log[PATH_MAX];

	snprintf(log, sizeof log, "%s-wal", path);
	return access(log, F_OK) != 0 && errno == ENOENT;
}

/*
 * Where the directory is read-only, SQLite reads one that was not closed as it stands, and needs
 * to be told of one that was, that nobody changes it.
 */
int schema_open_reader(const char *path, const char *vfs, sqlite3 **db)
{
	char *uri;
	int rc = open_to_read(path, vfs, SQLITE_OPEN_READWRITE, db);

	if (rc == SQLITE_OK || schema_damaged(rc) || rc == SCHEMA_NEWER)
		return rc;
	if (open_to_read(path, vfs, SQLITE_OPEN_READONLY, db) == SQLITE_OK)
		return SQLITE_OK;
	if (!was_closed(path))
		return rc;
	uri = sqlite3_mprintf("file:%s?immutable=1", path);
	if (uri == NULL)
		return SQLITE_NOMEM;
	rc = open_to_read(uri, vfs, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, db);
	sqlite3_free(uri);
	return rc;
}
