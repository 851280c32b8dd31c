/* What was collected, as one transaction. */
#include <string.h>

#include "store/row.h"
#include "store/schema.h"
#include "store/store.h"
#include "store/words.h"

static const char *const texts[STATEMENTS] = {
    [INSERT_MESSAGE] = ROW_INSERT,
    [INSERT_OFFER] = "INSERT INTO offer (message, place, name, size, kind) VALUES (?, ?, ?, ?, ?)",
    [FIND_MARK] = "SELECT 1 FROM mark WHERE digest = ? AND wall >= ?",
    [FIND_NUMBER] = "SELECT 1 FROM mark WHERE number_digest = ? AND wall >= ? AND " ROW_NUMBERED,
    [INSERT_MARK] = "INSERT INTO mark (digest, number_digest, wall) VALUES (?, ?, ?) "
		    "ON CONFLICT (digest) DO UPDATE SET wall = excluded.wall, "
		    "number_digest = excluded.number_digest",
    [FIND_STATE] = "SELECT state IN ('waiting', 'sent') FROM message "
		   "WHERE id = ? AND direction = 1",
    [SET_NUMBER] = "UPDATE message SET number = ? WHERE id = ? AND direction = 1",
    [SET_STATE] = "UPDATE message SET state = ?, reason = ?, changed = ? WHERE id = ?",
    [FIND_UNREAD] = "SELECT bytes, stranger FROM message WHERE id = ? AND " ROW_UNREAD,
    [SET_READ] = "UPDATE message SET read = 1, changed = ? WHERE id = ? AND " ROW_UNREAD,
    [SET_TOLD] = "UPDATE message SET told = 1 WHERE id = ? AND direction = 0",
    [SHIFT] = "UPDATE message SET expires = min(expires + ?1, ?2) "
	      "WHERE " ROW_QUEUED " AND expires > 0",
    [NOTE] = "INSERT INTO noted (key, value) VALUES (?, ?) "
	     "ON CONFLICT (key) DO UPDATE SET value = max(value, excluded.value)",
    [PROBE] = "INSERT INTO noted (key, value) VALUES ('probes', 1) "
	      "ON CONFLICT (key) DO UPDATE SET value = value + 1",
    [PAGES] = "PRAGMA page_count",
    [FREE_PAGES] = "PRAGMA freelist_count",
    [DROP_OLD] = "DELETE FROM message WHERE id IN (SELECT id FROM message INDEXED BY message_done "
		 "WHERE " ROW_DONE " AND wall < ? ORDER BY wall LIMIT ?)",
    [DROP_ANY] = "DELETE FROM message WHERE id IN (SELECT id FROM message INDEXED BY message_done "
		 "WHERE " ROW_DONE " ORDER BY wall LIMIT ?)",
    [DROP_MARKS] = "DELETE FROM mark WHERE digest IN "
		   "(SELECT digest FROM mark WHERE wall < ? ORDER BY wall LIMIT ?)",
};

int batch_prepare(struct store *store)
{
	int rc = SQLITE_OK;

	for (unsigned i = 0; rc == SQLITE_OK && i < STATEMENTS; i++)
		rc = sqlite3_prepare_v3(store->db, texts[i], -1, SQLITE_PREPARE_PERSISTENT,
		    &store->statements[i], NULL);
	return rc;
}

/* The statement is good for another time. */
static int run(sqlite3_stmt *statement)
{
	int rc = sqlite3_step(statement);

	sqlite3_reset(statement);
	sqlite3_clear_bindings(statement);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static int insert_offers(struct store *store, const struct mail *mail)
{
	sqlite3_stmt *statement = store->statements[INSERT_OFFER];
	int rc = SQLITE_OK;

	for (size_t i = 0; rc == SQLITE_OK && i < mail->offer_count; i++) {
		sqlite3_bind_int64(statement, 1, (int64_t)mail->id);
		sqlite3_bind_int64(statement, 2, (int64_t)i);
		rc = sqlite3_bind_text(statement, 3, mail->offers[i].name, -1, SQLITE_STATIC);
		sqlite3_bind_int64(statement, 4, (int64_t)mail->offers[i].size);
		sqlite3_bind_int(statement, 5, (int)mail->offers[i].kind);
		if (rc == SQLITE_OK)
			rc = run(statement);
	}
	return rc;
}

int batch_insert(struct store *store, const struct mail *mail)
{
	int rc = row_bind(store->statements[INSERT_MESSAGE], mail);

	if (rc == SQLITE_OK)
		rc = run(store->statements[INSERT_MESSAGE]);
	if (rc == SQLITE_OK)
		rc = insert_offers(store, mail);
	return rc;
}

/* SQLITE_ROW when there is such a mark, SQLITE_OK when there is none. */
static int find_mark(sqlite3_stmt *statement, const uint8_t digest[MARK_BYTES], int64_t since)
{
	sqlite3_bind_blob(statement, 1, digest, MARK_BYTES, SQLITE_STATIC);
	sqlite3_bind_int64(statement, 2, since);
	return run(statement);
}

static int insert_mark(struct store *store, const struct mail_mark *mark, int64_t wall)
{
	sqlite3_stmt *statement = store->statements[INSERT_MARK];

	sqlite3_bind_blob(statement, 1, mark->digest, MARK_BYTES, SQLITE_STATIC);
	if (mark->by_number)
		sqlite3_bind_blob(statement, 2, mark->number_digest, MARK_BYTES, SQLITE_STATIC);
	else
		sqlite3_bind_zeroblob(statement, 2, 0);
	sqlite3_bind_int64(statement, 3, wall);
	return run(statement);
}

static int find_known(struct store *store, const struct mail_mark *mark)
{
	int rc = find_mark(store->statements[FIND_MARK], mark->digest, mark->since);

	if (rc == SQLITE_OK && mark->by_number)
		rc = find_mark(store->statements[FIND_NUMBER], mark->number_digest, mark->since);
	return rc;
}

static int add_marked(struct store *store, struct change *change)
{
	int rc = change->marked ? find_known(store, &change->mark) : SQLITE_OK;

	change->result = rc == SQLITE_ROW ? MAIL_KNOWN : MAIL_KEPT;
	if (rc == SQLITE_ROW)
		return SQLITE_OK;
	if (rc == SQLITE_OK && !room_for(store, &change->copy->mail)) {
		change->result = MAIL_LOST;
		return rc;
	}
	if (rc == SQLITE_OK)
		rc = batch_insert(store, &change->copy->mail);
	if (rc == SQLITE_OK && change->marked)
		rc = insert_mark(store, &change->mark, change->copy->mail.wall);
	return rc;
}

static void count_added(struct store *store, const struct mail *mail)
{
	struct mail_counts *counts = &store->written.counts;

	counts->stored++;
	counts->unread += mail_unread(mail);
	counts->queued += mail_queued(mail);
	room_taken(store, mail);
	if (mail->id > store->written.id)
		store->written.id = mail->id;
}

/* Whether the transaction as a whole has failed, not just one row of it. */
static bool fails_all(const struct store *store, int rc)
{
	switch (rc & 0xff) {
	case SQLITE_CONSTRAINT:
	case SQLITE_TOOBIG:
	case SQLITE_MISMATCH:
	case SQLITE_RANGE:
		return sqlite3_get_autocommit(store->db) != 0;
	default:
		return rc != SQLITE_OK;
	}
}

static int apply_add(struct store *store, struct change *change)
{
	int rc = sqlite3_exec(store->db, "SAVEPOINT row", NULL, NULL, NULL);

	if (rc != SQLITE_OK)
		return rc;
	rc = add_marked(store, change);
	if (fails_all(store, rc))
		return rc;
	if (rc == SQLITE_OK && change->result == MAIL_KEPT)
		count_added(store, &change->copy->mail);
	if (rc == SQLITE_OK)
		return sqlite3_exec(store->db, "RELEASE row", NULL, NULL, NULL);
	change->result = MAIL_LOST;
	return sqlite3_exec(store->db, "ROLLBACK TO row; RELEASE row", NULL, NULL, NULL);
}

static int apply_number(struct store *store, struct change *change)
{
	sqlite3_stmt *statement = store->statements[SET_NUMBER];
	int rc;

	sqlite3_bind_int64(statement, 1, change->number);
	sqlite3_bind_int64(statement, 2, (int64_t)change->id);
	rc = run(statement);
	change->result = rc == SQLITE_OK && sqlite3_changes(store->db) > 0 ? MAIL_KEPT : MAIL_LOST;
	return rc;
}

static int apply_state(struct store *store, const struct change *change)
{
	sqlite3_stmt *find = store->statements[FIND_STATE];
	sqlite3_stmt *set = store->statements[SET_STATE];
	bool queued = change->state == MESSAGE_WAITING || change->state == MESSAGE_SENT;
	bool was = false;
	int rc;

	sqlite3_bind_int64(find, 1, (int64_t)change->id);
	rc = sqlite3_step(find);
	if (rc == SQLITE_ROW)
		was = sqlite3_column_int(find, 0) != 0;
	sqlite3_reset(find);
	if (rc != SQLITE_ROW)
		return rc == SQLITE_DONE ? SQLITE_OK : rc;
	sqlite3_bind_text(set, 1, words_of_state(change->state), -1, SQLITE_STATIC);
	sqlite3_bind_text(set, 2, words_of_reason(change->reason), -1, SQLITE_STATIC);
	sqlite3_bind_int64(set, 3, change->wall);
	sqlite3_bind_int64(set, 4, (int64_t)change->id);
	rc = run(set);
	if (rc == SQLITE_OK)
		store->written.counts.queued = store->written.counts.queued + queued - was;
	return rc;
}

static int apply_read(struct store *store, const struct change *change)
{
	sqlite3_stmt *find = store->statements[FIND_UNREAD];
	sqlite3_stmt *set = store->statements[SET_READ];
	uint64_t bytes = 0;
	bool stranger = false;
	int rc;

	sqlite3_bind_int64(find, 1, (int64_t)change->id);
	rc = sqlite3_step(find);
	if (rc == SQLITE_ROW) {
		bytes = (uint64_t)sqlite3_column_int64(find, 0);
		stranger = sqlite3_column_int(find, 1) != 0;
	}
	sqlite3_reset(find);
	if (rc != SQLITE_ROW)
		return rc == SQLITE_DONE ? SQLITE_OK : rc;
	sqlite3_bind_int64(set, 1, change->wall);
	sqlite3_bind_int64(set, 2, (int64_t)change->id);
	rc = run(set);
	if (rc == SQLITE_OK) {
		store->written.counts.unread--;
		room_given_back(store, bytes, stranger);
	}
	return rc;
}

static int apply_told(struct store *store, const struct change *change)
{
	sqlite3_bind_int64(store->statements[SET_TOLD], 1, (int64_t)change->id);
	return run(store->statements[SET_TOLD]);
}

static int apply_shift(struct store *store, const struct change *change)
{
	sqlite3_bind_int64(store->statements[SHIFT], 1, change->by);
	sqlite3_bind_int64(store->statements[SHIFT], 2, change->latest);
	return run(store->statements[SHIFT]);
}

static int apply(struct store *store, struct change *change)
{
	switch (change->kind) {
	case CHANGE_ADD:
		return apply_add(store, change);
	case CHANGE_NUMBER:
		return apply_number(store, change);
	case CHANGE_STATE:
		return apply_state(store, change);
	case CHANGE_READ:
		return apply_read(store, change);
	case CHANGE_TOLD:
		return apply_told(store, change);
	case CHANGE_SHIFT:
		return apply_shift(store, change);
	}
	return SQLITE_MISUSE;
}

int batch_note(struct store *store, const char *key, uint64_t value)
{
	sqlite3_bind_text(store->statements[NOTE], 1, key, -1, SQLITE_STATIC);
	sqlite3_bind_int64(store->statements[NOTE], 2, (int64_t)value);
	return run(store->statements[NOTE]);
}

/* What is to be known after the messages have gone. */
static int note_highest(struct store *store, uint64_t id_before)
{
	int rc = SQLITE_OK;
	uint32_t number;

	pthread_mutex_lock(&store->lock);
	number = store->number;
	pthread_mutex_unlock(&store->lock);
	if (number > store->written.number)
		rc = batch_note(store, "number", number);
	if (rc == SQLITE_OK && store->written.id > id_before)
		rc = batch_note(store, "id", store->written.id);
	if (rc == SQLITE_OK && number > store->written.number)
		store->written.number = number;
	return rc;
}

static int apply_all(struct store *store, struct change_list *list, bool probe)
{
	uint64_t id_before = store->written.id;
	struct change *change;
	unsigned added = 0;
	int rc = SQLITE_OK;

	STAILQ_FOREACH(change, list, next) {
		rc = apply(store, change);
		if (fails_all(store, rc))
			return rc;
		added += change->kind == CHANGE_ADD;
	}
	rc = note_highest(store, id_before);
	if (rc == SQLITE_OK && probe)
		rc = run(store->statements[PROBE]);
	return rc == SQLITE_OK ? retain_some(store, added) : rc;
}

int batch_count(struct store *store)
{
	int64_t stored = 0, unread = 0, queued = 0;
	int rc = schema_number(store->db, "SELECT count(*) FROM message", &stored);

	if (rc == SQLITE_OK)
		rc = schema_number(store->db,
		    "SELECT count(*) FROM message INDEXED BY message_unread WHERE " ROW_UNREAD,
		    &unread);
	if (rc == SQLITE_OK)
		rc = schema_number(store->db,
		    "SELECT count(*) FROM message INDEXED BY message_queued WHERE " ROW_QUEUED,
		    &queued);
	store->written.counts =
	    (struct mail_counts){(uint64_t)stored, (uint64_t)unread, (uint64_t)queued};
	return rc == SQLITE_OK ? room_count(store) : rc;
}

int batch_write(struct store *store, struct change_list *list, bool probe)
{
	const struct totals before = store->written;
	int rc = sqlite3_exec(store->db, "BEGIN IMMEDIATE", NULL, NULL, NULL);

	if (rc == SQLITE_OK)
		rc = apply_all(store, list, probe);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(store->db, "COMMIT", NULL, NULL, NULL);
	if (rc == SQLITE_OK)
		return rc;
	store->error = sqlite3_system_errno(store->db);
	if (sqlite3_get_autocommit(store->db) == 0)
		sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
	store->written = before;
	return rc;
}
