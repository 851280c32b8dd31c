/*
 * The thread that changes the database: it takes what was given, writes it as one transaction,
 * and says what came of it. When that fails it tries again every few seconds, until it works.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "store/schema.h"
#include "store/store.h"

#define NOTE_BYTES 1400
#define MORE_MS 100	 /* between steps of what takes several */
#define IDLE_MS 600000	 /* now and then something becomes too old */

void store_note(struct store *store, enum mailbox_log level, const char *format, ...)
{
	char text[NOTE_BYTES];
	struct note *note;
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	note = malloc(sizeof *note + strlen(text) + 1);
	if (note == NULL)
		return;
	note->level = level;
	memcpy(note->text, text, strlen(text) + 1);
	pthread_mutex_lock(&store->lock);
	STAILQ_INSERT_TAIL(&store->notes, note, next);
	pthread_mutex_unlock(&store->lock);
	store_signal(store);
}

void store_signal(struct store *store)
{
	uint64_t one = 1;

	/* it fails only when it is readable anyway */
	if (write(store->fd, &one, sizeof one) != sizeof one)
		return;
}

int64_t store_clock(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static struct timespec in_ms(unsigned ms)
{
	struct timespec at;

	clock_gettime(CLOCK_MONOTONIC, &at);
	at.tv_sec += ms / 1000;
	at.tv_nsec += (long)(ms % 1000) * 1000000;
	if (at.tv_nsec >= 1000000000) {
		at.tv_sec++;
		at.tv_nsec -= 1000000000;
	}
	return at;
}

/* With the lock. Nothing hurries while it is not well: what waits goes with the next attempt. */
static void wait_for_work(struct store *store)
{
	unsigned ms = !store->well ? store->retry : store->more ? MORE_MS : IDLE_MS;
	struct timespec until = in_ms(ms);
	int rc = 0;

	while (rc != ETIMEDOUT && !store->stop && !(store->well && store->suspect) &&
	    !(store->well && !STAILQ_EMPTY(&store->given)))
		rc = pthread_cond_timedwait(&store->wake, &store->lock, &until);
}

/* With the lock. */
static void take(struct store *store, struct change_list *list)
{
	struct change *change;

	STAILQ_INIT(list);
	STAILQ_CONCAT(list, &store->given);
	STAILQ_FOREACH(change, list, next)
		change->taken = true;
}

/* With the lock. What could not be written stays, unless there is a newer state. */
static bool stays(const struct store *store, const struct change *change)
{
	switch (change->kind) {
	case CHANGE_STATE:
	case CHANGE_READ:
	case CHANGE_TOLD:
		return pending_newest(&store->pending, change->id, change->kind) == change;
	case CHANGE_SHIFT:
		return true;
	default:
		return false;
	}
}

/* With the lock. */
static void finish(struct store *store, struct change_list *list, bool written)
{
	struct change_list again = STAILQ_HEAD_INITIALIZER(again);
	struct change *change;

	while ((change = STAILQ_FIRST(list)) != NULL) {
		STAILQ_REMOVE_HEAD(list, next);
		if (!written && stays(store, change)) {
			change->taken = false;
			STAILQ_INSERT_TAIL(&again, change, next);
			continue;
		}
		if (!written)
			change->result = MAIL_LOST;
		change->finished = true;
		STAILQ_INSERT_TAIL(&store->done, change, next);
	}
	STAILQ_CONCAT(&again, &store->given);
	STAILQ_CONCAT(&store->given, &again);
}

/* With the lock. `trouble` is "" when all is well. The line to log, or none. */
static const char *set_health(struct store *store, const char trouble[MAILBOX_TROUBLE_MAX],
    char text[NOTE_BYTES], enum mailbox_log *level)
{
	bool was_well = store->well;
	bool told = store->trouble[0] != '\0';

	store->well = trouble[0] == '\0';
	memcpy(store->trouble, trouble, sizeof store->trouble);
	if (store->well) {
		*level = MAILBOX_LOG_INFO;
		snprintf(text, NOTE_BYTES, "the mailbox %s can be written again", store->path);
		return told ? text : NULL;
	}
	*level = MAILBOX_LOG_ERROR;
	snprintf(text, NOTE_BYTES,
	    "%s; until then no message is taken in or confirmed; it is tried again every %u s",
	    store->trouble, (store->retry + 999) / 1000);
	return was_well || !told ? text : NULL;
}

/* The file was moved or removed under our feet: what is written would not be there. */
static bool has_moved(struct store *store)
{
	int moved = 0;

	return sqlite3_file_control(store->db, "main", SQLITE_FCNTL_HAS_MOVED, &moved) ==
	    SQLITE_OK && moved != 0;
}

static bool is_suspect(struct store *store)
{
	bool suspect;

	pthread_mutex_lock(&store->lock);
	suspect = store->suspect;
	store->suspect = false;
	pthread_mutex_unlock(&store->lock);
	return suspect;
}

static int start_anew(struct store *store)
{
	int rc = damage_set_aside(store);

	return rc == SQLITE_OK ? store_open_database(store) : rc;
}

static int make_ready(struct store *store)
{
	if (store->db != NULL && has_moved(store)) {
		store_note(store, MAILBOX_LOG_WARNING,
		    "the mailbox %s was moved or removed while it was in use; it is opened anew",
		    store->path);
		store_close_database(store, true);
	}
	if (store->db == NULL)
		return store_open_database(store);
	return is_suspect(store) ? start_anew(store) : SQLITE_OK;
}

/* Whether the same connection can be of use later. */
static bool may_recover(int rc)
{
	switch (rc & 0xff) {
	case SQLITE_OK:
	case SQLITE_FULL:
	case SQLITE_IOERR:
	case SQLITE_BUSY:
	case SQLITE_NOMEM:
		return true;
	default:
		return false;
	}
}

static int write_out(struct store *store, struct change_list *list, bool probe)
{
	int rc = make_ready(store);

	if (rc == SQLITE_OK)
		rc = batch_write(store, list, probe);
	if (store->db != NULL && schema_damaged(rc)) {
		rc = start_anew(store);
		if (rc == SQLITE_OK)
			rc = batch_write(store, list, probe);
	}
	if (store->db != NULL && !may_recover(rc))
		store_close_database(store, true);
	return rc;
}

static void tell(struct store *store, struct change_list *list, int rc)
{
	char trouble[MAILBOX_TROUBLE_MAX] = "";
	char text[NOTE_BYTES];
	enum mailbox_log level;
	const char *line;

	if (rc != SQLITE_OK)
		trouble_describe(store, rc, store->error, trouble);
	pthread_mutex_lock(&store->lock);
	finish(store, list, rc == SQLITE_OK);
	line = set_health(store, trouble, text, &level);
	store->counts = store->written.counts;
	store->version++;
	store->tried = true;
	pthread_cond_broadcast(&store->wake);
	pthread_mutex_unlock(&store->lock);
	if (line != NULL)
		store_note(store, level, "%s", line);
	store_signal(store);
}

static void turn(struct store *store)
{
	struct change_list list;
	bool probe;

	pthread_mutex_lock(&store->lock);
	take(store, &list);
	probe = !store->well && store->tried;
	pthread_mutex_unlock(&store->lock);
	tell(store, &list, write_out(store, &list, probe));
}

void *writer_run(void *context)
{
	struct store *store = context;
	bool stop = false, work;

	turn(store);
	while (!stop) {
		pthread_mutex_lock(&store->lock);
		wait_for_work(store);
		stop = store->stop;
		work = !stop || !STAILQ_EMPTY(&store->given);
		pthread_mutex_unlock(&store->lock);
		if (work)
			turn(store);
	}
	store_close_reader(store);
	store_close_database(store, false);
	return NULL;
}
