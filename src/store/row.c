/* From a message to a row, and back. */
#include "store/row.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "store/words.h"

enum column {
	ID, DIRECTION, NAME, USER, HOST, TEXT, AT, WALL, CHANGED, EXPIRES, NUMBER, STATE, REASON,
	SEALED, CHECK, READ, BROADCAST, AUTOMATIC, MANY, OFFERS, TOLD, STRANGER,
	BYTES, /* not read */
};

static int bind_text(sqlite3_stmt *statement, enum column column, const char *text)
{
	return sqlite3_bind_text(statement, (int)column + 1, text, -1, SQLITE_STATIC);
}

static int bind_number(sqlite3_stmt *statement, enum column column, int64_t number)
{
	return sqlite3_bind_int64(statement, (int)column + 1, number);
}

static int bind_endpoint(sqlite3_stmt *statement, const struct endpoint *at)
{
	uint8_t packed[ENDPOINT_PACKED_MAX];

	if (at->family == FAMILY_NONE)
		return sqlite3_bind_null(statement, AT + 1);
	return sqlite3_bind_blob(statement, AT + 1, packed, (int)endpoint_pack(at, packed),
	    SQLITE_TRANSIENT);
}

int row_bind(sqlite3_stmt *statement, const struct mail *mail)
{
	const struct {
		enum column column;
		int64_t value;
	} numbers[] = {
	    {ID, (int64_t)mail->id},
	    {DIRECTION, mail->direction},
	    {WALL, mail->wall},
	    {CHANGED, mail->changed},
	    {EXPIRES, mail->expires},
	    {NUMBER, mail->number},
	    {SEALED, mail->sealed},
	    {CHECK, mail->check},
	    {READ, mail->read},
	    {BROADCAST, mail->broadcast},
	    {AUTOMATIC, mail->automatic},
	    {MANY, mail->many},
	    {OFFERS, (int64_t)mail->offer_count},
	    {TOLD, mail->told},
	    {STRANGER, mail->stranger},
	    {BYTES, (int64_t)mail_bytes(mail)},
	};
	const struct {
		enum column column;
		const char *text;
	} texts[] = {
	    {NAME, mail->name},
	    {USER, mail->user},
	    {HOST, mail->host},
	    {TEXT, mail->text},
	    {STATE, words_of_state(mail->state)},
	    {REASON, words_of_reason(mail->reason)},
	};
	int rc = bind_endpoint(statement, &mail->at);

	for (size_t i = 0; rc == SQLITE_OK && i < sizeof numbers / sizeof numbers[0]; i++)
		rc = bind_number(statement, numbers[i].column, numbers[i].value);
	for (size_t i = 0; rc == SQLITE_OK && i < sizeof texts / sizeof texts[0]; i++)
		rc = bind_text(statement, texts[i].column, texts[i].text);
	return rc;
}

/* What stands before a NUL, as valid UTF-8; to be freed. NULL when memory is short. */
static char *column_text(sqlite3_stmt *statement, int column)
{
	const unsigned char *text = sqlite3_column_text(statement, column);
	struct span found = {text, text != NULL ? strlen((const char *)text) : 0};
	char *copy = malloc(3 * found.len + 1); /* U+FFFD takes three bytes */

	if (copy != NULL)
		utf8_repair(found, copy, 3 * found.len + 1);
	return copy;
}

static const char *word(sqlite3_stmt *statement, enum column column)
{
	const char *text = (const char *)sqlite3_column_text(statement, (int)column);

	return text != NULL ? text : "";
}

static int64_t number(sqlite3_stmt *statement, enum column column)
{
	return sqlite3_column_int64(statement, (int)column);
}

static struct endpoint read_endpoint(sqlite3_stmt *statement)
{
	struct endpoint at = {0};
	const void *packed = sqlite3_column_blob(statement, AT);
	int len = sqlite3_column_bytes(statement, AT);

	if (packed == NULL || !endpoint_unpack(&at, (struct span){packed, (size_t)len}))
		return (struct endpoint){0};
	return at;
}

static struct mail read_plain(sqlite3_stmt *statement)
{
	return (struct mail){
	    .id = (uint64_t)number(statement, ID),
	    .direction = number(statement, DIRECTION) == MAIL_SENT ? MAIL_SENT : MAIL_RECEIVED,
	    .at = read_endpoint(statement),
	    .wall = number(statement, WALL),
	    .changed = number(statement, CHANGED),
	    .expires = number(statement, EXPIRES),
	    .number = (uint32_t)number(statement, NUMBER),
	    .state = words_to_state(word(statement, STATE)),
	    .reason = words_to_reason(word(statement, REASON)),
	    .sealed = number(statement, SEALED) != 0,
	    .check = number(statement, CHECK) != 0,
	    .read = number(statement, READ) != 0,
	    .broadcast = number(statement, BROADCAST) != 0,
	    .automatic = number(statement, AUTOMATIC) != 0,
	    .many = number(statement, MANY) != 0,
	    .told = number(statement, TOLD) != 0,
	    .stranger = number(statement, STRANGER) != 0,
	};
}

/* Into `offers`, at most OFFERS_MAX; their names are to be freed. */
static int read_offers(sqlite3 *db, uint64_t id, struct offer *offers, size_t *count)
{
	sqlite3_stmt *statement;
	int rc = sqlite3_prepare_v2(db,
	    "SELECT name, size, kind FROM offer WHERE message = ? ORDER BY place", -1, &statement,
	    NULL);

	if (rc != SQLITE_OK)
		return rc;
	sqlite3_bind_int64(statement, 1, (int64_t)id);
	while (*count < OFFERS_MAX && (rc = sqlite3_step(statement)) == SQLITE_ROW) {
		int kind = sqlite3_column_int(statement, 2);
		char *name = column_text(statement, 0);

		if (name == NULL) {
			rc = SQLITE_NOMEM;
			break;
		}
		offers[(*count)++] = (struct offer){name, (uint64_t)sqlite3_column_int64(statement, 1),
		    kind >= 0 && kind < OFFER_KINDS ? (enum offer_kind)kind : OFFER_OTHER};
	}
	sqlite3_finalize(statement);
	return rc == SQLITE_DONE || rc == SQLITE_ROW ? SQLITE_OK : rc;
}

static int copy_row(sqlite3 *db, sqlite3_stmt *statement, char *const texts[4],
    struct copy **copy)
{
	struct offer offers[OFFERS_MAX];
	struct mail mail = read_plain(statement);
	int rc = SQLITE_OK;

	mail.name = texts[0];
	mail.user = texts[1];
	mail.host = texts[2];
	mail.text = texts[3];
	mail.offers = offers;
	if (number(statement, OFFERS) > 0)
		rc = read_offers(db, mail.id, offers, &mail.offer_count);
	if (rc == SQLITE_OK)
		*copy = copy_new(&mail);
	for (size_t i = 0; i < mail.offer_count; i++)
		free((void *)(uintptr_t)offers[i].name);
	return rc == SQLITE_OK && *copy == NULL ? SQLITE_NOMEM : rc;
}

int row_read(sqlite3 *db, sqlite3_stmt *statement, struct copy **copy)
{
	static const enum column columns[4] = {NAME, USER, HOST, TEXT};
	char *texts[4] = {NULL};
	int rc = SQLITE_OK;

	*copy = NULL;
	for (unsigned i = 0; i < 4; i++) {
		texts[i] = column_text(statement, (int)columns[i]);
		if (texts[i] == NULL)
			rc = SQLITE_NOMEM;
	}
	if (rc == SQLITE_OK)
		rc = copy_row(db, statement, texts, copy);
	for (unsigned i = 0; i < 4; i++)
		free(texts[i]);
	return rc;
}
