/* The owner's side of the mailbox on disk: it collects, hands over, and tells what came of it. */
#include "store/sqlite.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/store.h"

#define PENDING_BYTES_MAX (32UL << 20)
#define PENDING_MAX 262144 /* changes; those to one message are joined while they wait */

static struct store *store_of(struct mailbox *mailbox)
{
	return (struct store *)mailbox;
}

/* Whether there is room to collect one more, of which nothing but a change may be held up. */
static bool has_room(const struct store *store, size_t bytes)
{
	return store->pending.count < PENDING_MAX &&
	    store->pending.bytes + bytes <= PENDING_BYTES_MAX;
}

/*
 * That a message waits, and why, is no worth a write of its own: it is found out again after a
 * restart, and is written with what is.
 */
static bool is_urgent(const struct change *change)
{
	return change->kind != CHANGE_STATE || change->state != MESSAGE_WAITING;
}

/* Takes the change over, or frees it. `well`: it is of no use while nothing can be written. */
static bool collect(struct store *store, struct change *change, bool well)
{
	bool taken;

	pthread_mutex_lock(&store->lock);
	taken = has_room(store, change->copy != NULL ? change->copy->bytes : 0) &&
	    (store->well || !well);
	if (taken)
		pending_insert(&store->pending, change);
	pthread_mutex_unlock(&store->lock);
	if (taken) {
		STAILQ_INSERT_TAIL(&store->collected, change, next);
		store->urgent = store->urgent || is_urgent(change);
	}
	else
		change_free(change);
	return taken;
}

static struct change *change_new(enum change_kind kind, uint64_t id)
{
	struct change *change = calloc(1, sizeof *change);

	if (change == NULL)
		return NULL;
	change->kind = kind;
	change->id = id;
	return change;
}

static bool store_add(struct mailbox *mailbox, const struct mail *mail,
    const struct mail_mark *mark)
{
	struct change *change;

	if (mail->id >= MAIL_ID_PROVISIONAL)
		return false;
	change = change_new(CHANGE_ADD, mail->id);
	if (change == NULL)
		return false;
	change->copy = copy_new(mail);
	if (change->copy == NULL) {
		free(change);
		return false;
	}
	change->marked = mark != NULL;
	if (mark != NULL)
		change->mark = *mark;
	return collect(store_of(mailbox), change, true);
}

static bool store_set_number(struct mailbox *mailbox, uint64_t id, uint32_t number)
{
	struct change *change = change_new(CHANGE_NUMBER, id);

	if (change == NULL)
		return false;
	change->number = number;
	return collect(store_of(mailbox), change, true);
}

/* True when an earlier change to the same, which nobody writes yet, took it in. */
static bool join(struct store *store, const struct change *change)
{
	struct change *earlier;
	bool joined;

	pthread_mutex_lock(&store->lock);
	earlier = pending_newest(&store->pending, change->id, change->kind);
	joined = earlier != NULL && !earlier->taken;
	if (joined) {
		earlier->state = change->state;
		earlier->reason = change->reason;
		earlier->wall = change->wall;
	}
	pthread_mutex_unlock(&store->lock);
	return joined;
}

static bool collect_copy(struct store *store, const struct change *change)
{
	struct change *copy = change_new(change->kind, change->id);

	if (copy == NULL)
		return false;
	*copy = *change;
	return collect(store, copy, false);
}

static bool store_set_state(struct mailbox *mailbox, uint64_t id, enum message_state state,
    enum reason reason, int64_t wall)
{
	struct store *store = store_of(mailbox);
	const struct change change = {
	    .kind = CHANGE_STATE, .id = id, .state = state, .reason = reason, .wall = wall};

	if (!join(store, &change))
		return collect_copy(store, &change);
	store->urgent = store->urgent || is_urgent(&change);
	return true;
}

/* What is so for good, from when it was first. */
static bool collect_once(struct store *store, const struct change *change)
{
	bool there;

	pthread_mutex_lock(&store->lock);
	there = pending_newest(&store->pending, change->id, change->kind) != NULL;
	pthread_mutex_unlock(&store->lock);
	return there || collect_copy(store, change);
}

static bool store_set_read(struct mailbox *mailbox, uint64_t id, int64_t wall)
{
	return collect_once(store_of(mailbox),
	    &(struct change){.kind = CHANGE_READ, .id = id, .wall = wall});
}

static bool store_set_told(struct mailbox *mailbox, uint64_t id)
{
	return collect_once(store_of(mailbox), &(struct change){.kind = CHANGE_TOLD, .id = id});
}

static bool store_shift_expiry(struct mailbox *mailbox, int64_t by, int64_t latest)
{
	return collect_copy(store_of(mailbox),
	    &(struct change){.kind = CHANGE_SHIFT, .by = by, .latest = latest});
}

static void store_note_number(struct mailbox *mailbox, uint32_t number)
{
	struct store *store = store_of(mailbox);

	pthread_mutex_lock(&store->lock);
	if (number > store->number)
		store->number = number;
	pthread_mutex_unlock(&store->lock);
}

static void store_commit(struct mailbox *mailbox, int64_t wall)
{
	struct store *store = store_of(mailbox);
	bool urgent = store->urgent;
	int64_t at = store_clock();

	store->urgent = false;
	pthread_mutex_lock(&store->lock);
	store->wall = wall;
	store->at = at;
	if (urgent) {
		STAILQ_CONCAT(&store->given, &store->collected);
		pthread_cond_broadcast(&store->wake);
	}
	pthread_mutex_unlock(&store->lock);
}

static enum mail_found store_find(struct mailbox *mailbox, uint64_t id, struct mail *mail)
{
	return read_find(store_of(mailbox), id, mail);
}

static enum mail_found store_next(struct mailbox *mailbox, const struct mail_query *query,
    uint64_t *cursor, struct mail *mail)
{
	return read_next(store_of(mailbox), query, cursor, mail);
}

static uint64_t bytes_of(const char *path, const char *suffix)
{
	char name[PATH_BYTES + 8];
	struct stat st;

	snprintf(name, sizeof name, "%s%s", path, suffix);
	return stat(name, &st) == 0 ? (uint64_t)st.st_size : 0;
}

/* With the lock, by the owner: where its ids and numbers go on. */
static void take_start(struct store *store)
{
	store->mailbox.last_id = store->last_id;
	store->mailbox.last_number = store->last_number;
}

static void store_status(struct mailbox *mailbox, struct mailbox_status *status)
{
	struct store *store = store_of(mailbox);

	*status = (struct mailbox_status){
	    .persistent = true,
	    .path = store->path,
	    .bytes = bytes_of(store->path, "") + bytes_of(store->path, "-wal"),
	};
	pthread_mutex_lock(&store->lock);
	status->well = store->well;
	status->full = store->full;
	memcpy(status->trouble, store->trouble, sizeof status->trouble);
	memcpy(status->set_aside, store->set_aside, sizeof status->set_aside);
	status->counts = store->counts;
	take_start(store);
	pthread_mutex_unlock(&store->lock);
}

static void free_changes(struct change_list *list)
{
	struct change *change;

	while ((change = STAILQ_FIRST(list)) != NULL) {
		STAILQ_REMOVE_HEAD(list, next);
		change_free(change);
	}
}

static struct note *take_note(struct store *store)
{
	struct note *note;

	pthread_mutex_lock(&store->lock);
	note = STAILQ_FIRST(&store->notes);
	if (note != NULL)
		STAILQ_REMOVE_HEAD(&store->notes, next);
	pthread_mutex_unlock(&store->lock);
	return note;
}

static void tell_notes(struct store *store)
{
	struct note *note;

	while ((note = take_note(store)) != NULL) {
		if (store->log != NULL)
			store->log(store->log_context, note->level, note->text);
		free(note);
	}
}

static void store_destroy(struct store *store)
{
	free_changes(&store->collected);
	free_changes(&store->given);
	free_changes(&store->done);
	read_forget(store);
	pthread_mutex_destroy(&store->lock);
	pthread_mutex_destroy(&store->reading);
	pthread_cond_destroy(&store->wake);
	close(store->fd);
	free(store->vfs_copy);
	free(store);
}

static void store_free(struct mailbox *mailbox)
{
	struct store *store = store_of(mailbox);

	pthread_mutex_lock(&store->lock);
	STAILQ_CONCAT(&store->given, &store->collected);
	store->stop = true;
	pthread_cond_broadcast(&store->wake);
	pthread_mutex_unlock(&store->lock);
	jobs_end(store);
	pthread_join(store->thread, NULL);
	tell_notes(store);
	store_destroy(store);
}

int sqlite_fd(const struct mailbox *mailbox)
{
	return ((const struct store *)mailbox)->fd;
}

static struct change *take_done(struct store *store)
{
	struct change *change;

	pthread_mutex_lock(&store->lock);
	change = STAILQ_FIRST(&store->done);
	if (change != NULL) {
		STAILQ_REMOVE_HEAD(&store->done, next);
		pending_remove(&store->pending, change);
	}
	pthread_mutex_unlock(&store->lock);
	return change;
}

static void tell(struct store *store, const struct change *change)
{
	struct mail_outcome outcome = {change->id, MAIL_SENT, change->result};

	if (change->kind == CHANGE_ADD)
		outcome.direction = change->copy->mail.direction;
	else if (change->kind != CHANGE_NUMBER)
		return;
	if (store->mailbox.on_outcome != NULL)
		store->mailbox.on_outcome(store->mailbox.context, &outcome);
}

void sqlite_collect(struct mailbox *mailbox)
{
	struct store *store = store_of(mailbox);
	struct change *change;
	uint64_t count;

	/* it fails when nothing waits */
	if (read(store->fd, &count, sizeof count) != sizeof count)
		count = 0;
	tell_notes(store);
	while ((change = take_done(store)) != NULL) {
		tell(store, change);
		change_free(change);
	}
	jobs_collect(store);
}

void sqlite_set_limits(struct mailbox *mailbox, const struct mailbox_limits *limits)
{
	struct store *store = store_of(mailbox);

	pthread_mutex_lock(&store->lock);
	store->limits = *limits;
	store->full = false;
	pthread_mutex_unlock(&store->lock);
}

static struct store *store_new(const struct sqlite_options *options)
{
	static const struct mailbox_methods methods = {
	    .add = store_add,
	    .set_number = store_set_number,
	    .set_state = store_set_state,
	    .set_read = store_set_read,
	    .set_told = store_set_told,
	    .shift_expiry = store_shift_expiry,
	    .note_number = store_note_number,
	    .commit = store_commit,
	    .find = store_find,
	    .next = store_next,
	    .status = store_status,
	    .free = store_free,
	};
	struct store *store = calloc(1, sizeof *store);

	if (store == NULL)
		return NULL;
	store->mailbox.methods = &methods;
	store->last_id = MAIL_ID_PROVISIONAL;
	store->log = options->log;
	store->log_context = options->context;
	store->limits = options->limits;
	store->steady = options->steady > 0 ? options->steady : STEADY_MS;
	store->retry = options->retry > 0 ? options->retry : RETRY_MS;
	snprintf(store->directory, sizeof store->directory, "%s", options->directory);
	snprintf(store->path, sizeof store->path, "%.*s/%s",
	    (int)(sizeof store->path - sizeof "/" SQLITE_STORE_FILE), options->directory,
	    SQLITE_STORE_FILE);
	store->vfs_copy = options->vfs != NULL ? strdup(options->vfs) : NULL;
	store->vfs = store->vfs_copy;
	STAILQ_INIT(&store->collected);
	STAILQ_INIT(&store->given);
	STAILQ_INIT(&store->done);
	STAILQ_INIT(&store->notes);
	return store;
}

static bool start_thread(struct store *store)
{
	pthread_condattr_t steady;
	sigset_t all, before;
	int error;

	pthread_condattr_init(&steady);
	pthread_condattr_setclock(&steady, CLOCK_MONOTONIC);
	pthread_mutex_init(&store->lock, NULL);
	pthread_mutex_init(&store->reading, NULL);
	pthread_cond_init(&store->wake, &steady);
	pthread_condattr_destroy(&steady);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	error = pthread_create(&store->thread, NULL, writer_run, store);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return error == 0;
}

static void wait_until_tried(struct store *store)
{
	pthread_mutex_lock(&store->lock);
	while (!store->tried)
		pthread_cond_wait(&store->wake, &store->lock);
	take_start(store);
	pthread_mutex_unlock(&store->lock);
}

struct mailbox *sqlite_open(const struct sqlite_options *options)
{
	struct store *store = store_new(options);

	if (store == NULL)
		return NULL;
	store->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (store->fd < 0 || !start_thread(store)) {
		store_destroy(store);
		return NULL;
	}
	wait_until_tried(store);
	return &store->mailbox;
}
