/* What takes long and changes nothing: each in a thread of its own, beside the writer. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/schema.h"
#include "store/store.h"

static bool fail(struct job *job, const char *what, const char *why)
{
	snprintf(job->error, sizeof job->error, "%s: %s", what, why);
	return false;
}

/* Into a file that nothing was in: that is how SQLite wants it. */
static bool copy_into(struct job *job, sqlite3 *db, int fd)
{
	sqlite3_stmt *statement;
	int rc = sqlite3_exec(db, "PRAGMA query_only = OFF", NULL, NULL, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_prepare_v2(db, "VACUUM INTO ?", -1, &statement, NULL);
	if (rc == SQLITE_OK) {
		sqlite3_bind_text(statement, 1, job->path, -1, SQLITE_STATIC);
		sqlite3_step(statement);
		rc = sqlite3_finalize(statement);
	}
	if (rc != SQLITE_OK)
		return fail(job, "the copy could not be made", sqlite3_errmsg(db));
	if (fsync(fd) != 0)
		return fail(job, "the copy could not be written", strerrordesc_np(errno));
	return true;
}

static bool work_backup(struct job *job, sqlite3 *db)
{
	int fd = open(job->path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	bool well;

	if (fd < 0)
		return fail(job, "the copy cannot be made", strerrordesc_np(errno));
	well = copy_into(job, db, fd);
	close(fd);
	if (!well)
		unlink(job->path);
	return well;
}

/* The first things that are found; "ok" is all there is of a sound one. */
static bool work_check(struct job *job, sqlite3 *db)
{
	const char *found = "no answer";
	sqlite3_stmt *statement;
	bool well = false;

	if (sqlite3_prepare_v2(db, "PRAGMA integrity_check(1)", -1, &statement, NULL) != SQLITE_OK)
		return fail(job, "the mailbox cannot be read", sqlite3_errmsg(db));
	if (sqlite3_step(statement) != SQLITE_ROW)
		fail(job, "the mailbox cannot be read", sqlite3_errmsg(db));
	else if ((found = (const char *)sqlite3_column_text(statement, 0)) == NULL)
		fail(job, "the mailbox cannot be read", "memory is short");
	else if (!(well = strcmp(found, "ok") == 0))
		fail(job, "the mailbox is damaged", found);
	sqlite3_finalize(statement);
	return well;
}

/* Whoever ends the mailbox interrupts what uses `db`. */
static bool show(struct store *store, sqlite3 *db)
{
	bool go_on;

	pthread_mutex_lock(&store->lock);
	go_on = !store->stop;
	store->job.db = go_on ? db : NULL;
	pthread_mutex_unlock(&store->lock);
	return go_on;
}

static void *run(void *context)
{
	struct store *store = context;
	struct job *job = &store->job;
	sqlite3 *db = NULL;
	int rc = schema_open_reader(store->path, store->vfs, &db);

	if (rc != SQLITE_OK)
		trouble_describe(store, rc, 0, job->error);
	else if (show(store, db))
		job->work(job, db);
	else
		fail(job, "it was not done", "the daemon ends");
	show(store, NULL);
	schema_close_untouched(db);
	pthread_mutex_lock(&store->lock);
	job->finished = true;
	pthread_mutex_unlock(&store->lock);
	store_signal(store);
	return NULL;
}

static bool start(struct store *store, bool (*work)(struct job *, sqlite3 *), const char *path,
    mailbox_job_fn done, void *context)
{
	sigset_t all, before;
	int error;

	if (store->job.running)
		return false;
	store->job = (struct job){.running = true, .work = work, .done = done, .context = context};
	if (path != NULL && (store->job.path = strdup(path)) == NULL)
		return store->job.running = false;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	error = pthread_create(&store->job.thread, NULL, run, store);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (error != 0) {
		free(store->job.path);
		store->job.running = false;
	}
	return error == 0;
}

bool sqlite_backup(struct mailbox *mailbox, const char *path, mailbox_job_fn done, void *context)
{
	return start((struct store *)mailbox, work_backup, path, done, context);
}

bool sqlite_check(struct mailbox *mailbox, mailbox_job_fn done, void *context)
{
	return start((struct store *)mailbox, work_check, NULL, done, context);
}

static void end(struct job *job)
{
	pthread_join(job->thread, NULL);
	free(job->path);
	job->path = NULL;
	job->running = false;
}

/* The next job may be begun by `done`. */
void jobs_collect(struct store *store)
{
	struct job *job = &store->job;
	char error[MAILBOX_TROUBLE_MAX];
	mailbox_job_fn done = job->done;
	void *context = job->context;
	bool finished;

	pthread_mutex_lock(&store->lock);
	finished = job->running && job->finished;
	pthread_mutex_unlock(&store->lock);
	if (!finished)
		return;
	end(job);
	memcpy(error, job->error, sizeof error);
	if (done != NULL)
		done(context, error[0] != '\0' ? error : NULL);
}

void jobs_end(struct store *store)
{
	if (!store->job.running)
		return;
	pthread_mutex_lock(&store->lock);
	if (store->job.db != NULL)
		sqlite3_interrupt(store->job.db);
	pthread_mutex_unlock(&store->lock);
	end(&store->job);
}
