/* What makes way for others, the oldest first, and the room it leaves. */
#include "store/schema.h"
#include "store/store.h"

#define DROP_AT_ONCE 64
/* s: one that is sent again is known so long; longer than any message of ours waits */
#define MARK_AGE (32 * 86400)
#define JUMP_MS 60000 /* what is less is no setting of the clock */
#define PAGE_BYTES 4096
#define FREE_MIN 512 /* pages: so many may stay free, and so may an eighth of all */

static int run_limited(struct store *store, enum statement which, int64_t before, bool bound,
    unsigned limit, unsigned *dropped)
{
	sqlite3_stmt *statement = store->statements[which];
	int rc;

	if (bound)
		sqlite3_bind_int64(statement, 1, before);
	sqlite3_bind_int64(statement, bound ? 2 : 1, limit);
	rc = sqlite3_step(statement);
	sqlite3_reset(statement);
	if (rc != SQLITE_DONE)
		return rc;
	*dropped = (unsigned)sqlite3_changes(store->db);
	if (*dropped == limit)
		store->more = true;
	return SQLITE_OK;
}

static int64_t number_of(struct store *store, enum statement which)
{
	sqlite3_stmt *statement = store->statements[which];
	int64_t number = 0;

	if (sqlite3_step(statement) == SQLITE_ROW)
		number = sqlite3_column_int64(statement, 0);
	sqlite3_reset(statement);
	return number;
}

static int shrink(struct store *store)
{
	int64_t free_pages = number_of(store, FREE_PAGES);

	if (free_pages <= FREE_MIN || free_pages <= number_of(store, PAGES) / 8)
		return SQLITE_OK;
	store->more = true;
	return sqlite3_exec(store->db, "PRAGMA incremental_vacuum(64)", NULL, NULL, NULL);
}

static bool too_large(struct store *store, uint64_t limit)
{
	int64_t pages = number_of(store, PAGES) - number_of(store, FREE_PAGES);

	return limit > 0 && (uint64_t)pages * PAGE_BYTES > limit;
}

/* One by one: how much room one leaves shows when it has gone. */
static int drop_by_size(struct store *store, uint64_t limit, unsigned most, unsigned *dropped)
{
	unsigned one = 1;
	int rc = SQLITE_OK;

	while (rc == SQLITE_OK && one > 0 && *dropped < most && too_large(store, limit)) {
		rc = run_limited(store, DROP_ANY, 0, false, 1, &one);
		*dropped += rc == SQLITE_OK ? one : 0;
	}
	store->more = *dropped == most;
	return rc;
}

/*
 * A clock that was set may have been wrong before, or be so now: by a wrong one all would be old,
 * and gone at once. It is believed when it has gone evenly for a while.
 */
static bool is_steady(struct store *store, int64_t wall, int64_t at)
{
	int64_t ahead = wall * 1000 - at;

	if (store->ahead_since == 0 || ahead > store->ahead + JUMP_MS ||
	    ahead < store->ahead - JUMP_MS) {
		store->ahead = ahead;
		store->ahead_since = at;
	}
	return at - store->ahead_since >= store->steady;
}

/* Messages and marks that are too old at that time. */
static int drop_old(struct store *store, const struct mailbox_limits *limits, int64_t wall,
    unsigned most)
{
	unsigned old = 0, marks;
	int rc = SQLITE_OK;

	if (limits->age > 0)
		rc = run_limited(store, DROP_OLD, wall - limits->age, true, most, &old);
	store->written.counts.stored -= old;
	return rc == SQLITE_OK
	    ? run_limited(store, DROP_MARKS, wall - MARK_AGE, true, most, &marks)
	    : rc;
}

int retain_some(struct store *store, unsigned added)
{
	struct mailbox_limits limits;
	unsigned most = DROP_AT_ONCE + 2 * added;
	unsigned large = 0;
	int64_t wall, at;
	int rc;

	pthread_mutex_lock(&store->lock);
	limits = store->limits;
	wall = store->wall;
	at = store->at;
	pthread_mutex_unlock(&store->lock);
	store->more = false;
	if (wall == 0) /* nobody has said yet what time it is */
		return SQLITE_OK;
	rc = drop_by_size(store, limits.bytes, most, &large);
	store->written.counts.stored -= large;
	if (rc == SQLITE_OK && is_steady(store, wall, at))
		rc = drop_old(store, &limits, wall, most);
	return rc == SQLITE_OK ? shrink(store) : rc;
}
