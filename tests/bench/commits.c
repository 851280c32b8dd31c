/*
 * How often a second SQLite commits in a directory: one message of a hundred bytes in each, WAL,
 * synchronous=FULL; the bound for whoever keeps messages one by one. Prints the rate.
 *
 *	commits DIRECTORY SECONDS
 */
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "measure.h"

static void run(sqlite3 *db, const char *sql)
{
	if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
		die(sql, sqlite3_errmsg(db));
}

static uint64_t commit_until(sqlite3 *db, int64_t end)
{
	char text[101] = "";
	sqlite3_stmt *insert;
	uint64_t count = 0;

	memset(text, 'x', sizeof(text) - 1);
	if (sqlite3_prepare_v2(db, "INSERT INTO message (text) VALUES (?1)", -1, &insert, NULL) !=
	    SQLITE_OK)
		die("INSERT", sqlite3_errmsg(db));
	for (; now_ns() < end; count++) {
		sqlite3_bind_text(insert, 1, text, -1, SQLITE_STATIC);
		if (sqlite3_step(insert) != SQLITE_DONE)
			die("INSERT", sqlite3_errmsg(db));
		sqlite3_reset(insert);
	}
	sqlite3_finalize(insert);
	return count;
}

static void remove_all(const char *path)
{
	static const char *const ends[] = {"", "-wal", "-shm"};
	char name[4096];

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		snprintf(name, sizeof(name), "%s%s", path, ends[i]);
		unlink(name);
	}
}

int main(int argc, char **argv)
{
	char path[4000];
	sqlite3 *db;
	int64_t began;
	uint64_t count;

	if (argc != 3) {
		fprintf(stderr, "usage: commits DIRECTORY SECONDS\n");
		return 2;
	}
	snprintf(path, sizeof(path), "%s/commits.db", argv[1]);
	remove_all(path);
	if (sqlite3_open(path, &db) != SQLITE_OK)
		die(path, sqlite3_errmsg(db));
	run(db, "PRAGMA journal_mode=WAL");
	run(db, "PRAGMA synchronous=FULL");
	run(db, "CREATE TABLE message (id INTEGER PRIMARY KEY, text TEXT)");
	began = now_ns();
	count = commit_until(db, began + number(argv[2], 1, 3600) * 1000000000LL);
	printf("%.0f\n", (double)count * 1e9 / (double)(now_ns() - began));
	sqlite3_close(db);
	remove_all(path);
	return 0;
}
