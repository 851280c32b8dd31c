/* What the owner reads: with a connection of its own, and never with a transaction left open. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/row.h"
#include "store/schema.h"
#include "store/store.h"

#define PAGE_BYTES_MAX 262144
#define SQL_MAX 1024

/* With `reading`. */
static int open_reader(struct store *store)
{
	if (store->reader != NULL)
		return SQLITE_OK;
	return schema_open_reader(store->path, store->vfs, &store->reader);
}

/* The writer sets it aside, if it has not done so yet. */
static void suspect_if(struct store *store, int rc)
{
	if (!schema_damaged(rc))
		return;
	pthread_mutex_lock(&store->lock);
	if (store->opened)
		store->suspect = true;
	pthread_cond_broadcast(&store->wake);
	pthread_mutex_unlock(&store->lock);
}

/* With `reading`. */
static int read_one(struct store *store, uint64_t id, struct copy **copy)
{
	sqlite3_stmt *row;
	int rc = open_reader(store);

	if (rc == SQLITE_OK)
		rc = sqlite3_prepare_v2(store->reader,
		    "SELECT " ROW_COLUMNS " FROM message WHERE id = ?", -1, &row, NULL);
	if (rc != SQLITE_OK)
		return rc;
	sqlite3_bind_int64(row, 1, (int64_t)id);
	rc = sqlite3_step(row);
	if (rc == SQLITE_ROW)
		rc = row_read(store->reader, row, copy);
	sqlite3_finalize(row);
	return rc;
}

/* *copy is what waits to be written; false when it is none of those. */
static bool find_pending(struct store *store, uint64_t id, struct copy **copy)
{
	const struct change *change;
	bool there;

	pthread_mutex_lock(&store->lock);
	change = pending_newest(&store->pending, id, CHANGE_ADD);
	there = change != NULL && !change->finished;
	if (there)
		*copy = copy_new(&change->copy->mail);
	pthread_mutex_unlock(&store->lock);
	return there;
}

static void overlay(struct store *store, struct mail *mail)
{
	pthread_mutex_lock(&store->lock);
	pending_overlay(&store->pending, mail);
	pthread_mutex_unlock(&store->lock);
}

/* With `reading`: what is not found now may be there once a rescue is over. */
static bool is_partial(struct store *store)
{
	bool partial;

	pthread_mutex_lock(&store->lock);
	partial = store->rescuing;
	pthread_mutex_unlock(&store->lock);
	return partial;
}

enum mail_found read_find(struct store *store, uint64_t id, struct mail *mail)
{
	int rc = SQLITE_OK;

	free(store->found);
	store->found = NULL;
	if (find_pending(store, id, &store->found)) {
		rc = store->found != NULL ? SQLITE_OK : SQLITE_NOMEM;
	} else {
		pthread_mutex_lock(&store->reading);
		rc = is_partial(store) ? SQLITE_BUSY : read_one(store, id, &store->found);
		pthread_mutex_unlock(&store->reading);
		suspect_if(store, rc);
	}
	if (store->found == NULL)
		return rc == SQLITE_DONE ? MAIL_NONE : MAIL_UNREADABLE;
	*mail = store->found->mail;
	overlay(store, mail);
	return MAIL_FOUND;
}

static void empty(struct page *page)
{
	for (size_t i = 0; i < page->count; i++)
		free(page->rows[i]);
	page->count = page->at = 0;
}

void read_forget(struct store *store)
{
	empty(&store->page);
	free(store->page.with);
	free(store->found);
}

static bool same_text(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static bool same_query(const struct page *page, const struct mail_query *query)
{
	return page->which == query->which && page->after == query->after &&
	    same_text(page->with, query->with);
}

/* False when memory is short. */
static bool keep_text(char **kept, const char *text)
{
	free(*kept);
	*kept = text != NULL ? strdup(text) : NULL;
	return text == NULL || *kept != NULL;
}

/*
 * What an index can tell; the rest is asked of each row, so that one read of a page is the same
 * work whatever is looked for. What is from outside is bound: ?1 the id, ?2 the name.
 */
static const char *conditions(const struct mail_query *query)
{
	if (query->with != NULL)
		return "INDEXED BY message_nick WHERE "
		       "substr(name, 1, instr(name || '@', '@') - 1) = "
		       "substr(?2, 1, instr(?2 || '@', '@') - 1)";
	switch (query->which) {
	case MAIL_ONLY_UNREAD:
		return "INDEXED BY message_unread WHERE " ROW_UNREAD;
	case MAIL_ONLY_QUEUED:
		return "INDEXED BY message_queued WHERE " ROW_QUEUED;
	case MAIL_ONLY_SEALED:
		return "INDEXED BY message_sealed WHERE " ROW_SEALED;
	default:
		return "WHERE 1";
	}
}

static void make_sql(const struct mail_query *query, char sql[SQL_MAX])
{
	snprintf(sql, SQL_MAX,
	    "SELECT " ROW_COLUMNS " FROM message %s AND id > ?1 ORDER BY id LIMIT %d",
	    conditions(query), PAGE_ROWS);
}

/* With `reading`. */
static int read_rows(struct store *store, struct page *page, sqlite3_stmt *row)
{
	size_t bytes = 0;
	int rc = SQLITE_DONE;

	while (page->count < PAGE_ROWS && bytes < PAGE_BYTES_MAX &&
	    (rc = sqlite3_step(row)) == SQLITE_ROW) {
		rc = row_read(store->reader, row, &page->rows[page->count]);
		if (rc != SQLITE_OK)
			return rc;
		bytes += page->rows[page->count++]->bytes;
	}
	return rc == SQLITE_DONE || rc == SQLITE_ROW || rc == SQLITE_OK ? SQLITE_OK : rc;
}

/* With `reading`. */
static int read_page(struct store *store, const struct mail_query *query, uint64_t above)
{
	char sql[SQL_MAX];
	sqlite3_stmt *row;
	int rc = open_reader(store);

	make_sql(query, sql);
	if (rc == SQLITE_OK)
		rc = sqlite3_prepare_v2(store->reader, sql, -1, &row, NULL);
	if (rc != SQLITE_OK)
		return rc;
	sqlite3_bind_int64(row, 1, (int64_t)above);
	if (query->with != NULL)
		sqlite3_bind_text(row, 2, query->with, -1, SQLITE_STATIC);
	rc = read_rows(store, &store->page, row);
	sqlite3_finalize(row);
	return rc;
}

static enum mail_found fill(struct store *store, const struct mail_query *query,
    uint64_t cursor, uint64_t version)
{
	struct page *page = &store->page;
	uint64_t above = cursor > query->after ? cursor : query->after;
	int rc;

	empty(page);
	if (above > INT64_MAX)
		return MAIL_NONE;
	if (!keep_text(&page->with, query->with))
		return MAIL_UNREADABLE;
	page->which = query->which;
	page->after = query->after;
	page->version = version;
	page->cursor = cursor;
	pthread_mutex_lock(&store->reading);
	rc = is_partial(store) ? SQLITE_BUSY : read_page(store, query, above);
	pthread_mutex_unlock(&store->reading);
	suspect_if(store, rc);
	if (page->count > 0)
		return MAIL_FOUND;
	return rc == SQLITE_OK ? MAIL_NONE : MAIL_UNREADABLE;
}

static enum mail_found take_one(struct store *store, const struct mail_query *query,
    uint64_t *cursor, struct mail *mail)
{
	struct page *page = &store->page;
	uint64_t version;

	pthread_mutex_lock(&store->lock);
	version = store->version;
	pthread_mutex_unlock(&store->lock);
	if (page->at == page->count || page->version != version || page->cursor != *cursor ||
	    !same_query(page, query)) {
		enum mail_found found = fill(store, query, *cursor, version);

		if (found != MAIL_FOUND)
			return found;
	}
	*mail = page->rows[page->at++]->mail;
	*cursor = page->cursor = mail->id;
	return MAIL_FOUND;
}

enum mail_found read_next(struct store *store, const struct mail_query *query, uint64_t *cursor,
    struct mail *mail)
{
	for (unsigned looks = 0; looks < PAGE_ROWS || !query->bounded; looks++) {
		enum mail_found found = take_one(store, query, cursor, mail);

		if (found != MAIL_FOUND)
			return found;
		overlay(store, mail);
		if (copy_matches(mail, query))
			return found;
	}
	return MAIL_MORE;
}
