/*
 * How much of the mailbox may be taken by what nobody has read: nothing of it makes way, so that
 * whoever sends without end would fill the disk, and push out all that was read.
 */
#include "store/row.h"
#include "store/schema.h"
#include "store/store.h"

#define PART_UNREAD 2 /* of the limit: one half */
#define PART_STRANGERS 8
#define STRANGERS_MAX (64ULL << 20) /* bytes, where there is no limit */
#define SAY_AGAIN 3600000	    /* ms */

static uint64_t limit_of(struct store *store)
{
	uint64_t limit;

	pthread_mutex_lock(&store->lock);
	limit = store->limits.bytes;
	pthread_mutex_unlock(&store->lock);
	return limit;
}

static void set_full(struct store *store, bool full)
{
	pthread_mutex_lock(&store->lock);
	store->full = full;
	pthread_mutex_unlock(&store->lock);
}

/* Not oftener than once an hour. */
static void say(struct store *store, bool strangers, uint64_t limit)
{
	int64_t now = store_clock();

	if (store->full_said && now - store->full_at < SAY_AGAIN)
		return;
	store->full_said = true;
	store->full_at = now;
	if (strangers && limit == 0)
		store_note(store, MAILBOX_LOG_WARNING,
		    "unread messages of strangers take %llu MiB: no more of these are taken in or "
		    "confirmed until some were read", STRANGERS_MAX >> 20);
	else
		store_note(store, MAILBOX_LOG_WARNING,
		    "unread messages%s take their part of `mailbox-size' (one %s of %llu bytes): no "
		    "more of these are taken in or confirmed until some were read, or `mailbox-size' "
		    "was raised", strangers ? " of strangers" : "", strangers ? "eighth" : "half",
		    (unsigned long long)limit);
}

bool room_for(struct store *store, const struct mail *mail)
{
	const struct unread_bytes *unread = &store->written.unread;
	uint64_t limit = limit_of(store), bytes = mail_bytes(mail);
	uint64_t strangers_max = limit > 0 ? limit / PART_STRANGERS : STRANGERS_MAX;
	bool strangers = mail->stranger && unread->strangers + bytes > strangers_max;
	bool full = strangers || (limit > 0 && unread->all + bytes > limit / PART_UNREAD);

	if (!mail_unread(mail))
		return true;
	set_full(store, full);
	if (full)
		say(store, strangers, limit);
	return !full;
}

void room_taken(struct store *store, const struct mail *mail)
{
	uint64_t bytes = mail_unread(mail) ? mail_bytes(mail) : 0;

	store->written.unread.all += bytes;
	store->written.unread.strangers += mail->stranger ? bytes : 0;
}

void room_given_back(struct store *store, uint64_t bytes, bool stranger)
{
	struct unread_bytes *unread = &store->written.unread;

	unread->all -= bytes < unread->all ? bytes : unread->all;
	if (stranger)
		unread->strangers -= bytes < unread->strangers ? bytes : unread->strangers;
	set_full(store, false);
}

int room_count(struct store *store)
{
	int64_t all = 0, strangers = 0;
	int rc = schema_number(store->db,
	    "SELECT sum(bytes) FROM message INDEXED BY message_unread WHERE " ROW_UNREAD, &all);

	if (rc == SQLITE_OK)
		rc = schema_number(store->db,
		    "SELECT sum(bytes) FROM message INDEXED BY message_unread "
		    "WHERE " ROW_UNREAD " AND stranger <> 0", &strangers);
	store->written.unread = (struct unread_bytes){(uint64_t)all, (uint64_t)strangers};
	return rc;
}
