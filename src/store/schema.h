/* How the database is opened, and what stands in it. */
#ifndef IPMSG_STORE_SCHEMA_H
#define IPMSG_STORE_SCHEMA_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#define SCHEMA_NEWER (-1) /* beside SQLite's codes: a newer version of this program wrote it */

/* The version that this program writes: the number of steps that lead to it. */
unsigned schema_version(void);

/*
 * Opens or makes it for writing, and brings it to our version. On failure *db is NULL, and
 * *error is errno as far as SQLite knows.
 */
int schema_open(const char *path, const char *vfs, sqlite3 **db, int *error);

/* The same for one who reads only; there is one. */
int schema_open_reader(const char *path, const char *vfs, sqlite3 **db);

/* Brings it up to that version, in one transaction. */
int schema_migrate(sqlite3 *db, unsigned version);

/* The first column of the first row. */
int schema_number(sqlite3 *db, const char *sql, int64_t *number);

/* Closes it without touching the file any more; for a damaged one, and for readers. */
void schema_close_untouched(sqlite3 *db);

/* Whether the file is no (sound) database. */
bool schema_damaged(int rc);

#endif
