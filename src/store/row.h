/* A message as a row of the database. */
#ifndef IPMSG_STORE_ROW_H
#define IPMSG_STORE_ROW_H

#include <sqlite3.h>

#include "store/copy.h"

/* In the order in which they are bound and read; those of the first versions first. */
#define ROW_FIRST_COLUMNS                                                                          \
	"id, direction, name, user, host, text, at, wall, changed, expires, number, state, reason, " \
	"sealed, checked, read, broadcast, automatic, many, offers"
#define ROW_COLUMNS ROW_FIRST_COLUMNS ", told, stranger"
#define ROW_INSERT                                                                                 \
	"INSERT INTO message (" ROW_COLUMNS                                                        \
	", bytes) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"

/* Conditions; an index that has one is used by a query that has the same words. */
#define ROW_UNREAD "direction = 0 AND read = 0"
#define ROW_QUEUED "direction = 1 AND state IN ('waiting', 'sent')"
#define ROW_SEALED                                                                                 \
	"sealed <> 0 AND ((direction = 0 AND (read = 0 OR told = 0)) OR "                          \
	"(direction = 1 AND state = 'delivered'))"
#define ROW_DONE                                                                                   \
	"((direction = 0 AND read = 1) OR (direction = 1 AND state NOT IN ('waiting', 'sent')))"

/* Of a mark: its sender never gives a number twice. */
#define ROW_NUMBERED "number_digest <> x''"

/* Texts are bound as they are, and have to stay until the statement was reset. */
int row_bind(sqlite3_stmt *statement, const struct mail *mail);

/*
 * The row that the statement stands on, and its offers. SQLITE_OK, with a copy to be freed; the
 * file may have been damaged: what is no UTF-8 is repaired.
 */
int row_read(sqlite3 *db, sqlite3_stmt *statement, struct copy **copy);

#endif
