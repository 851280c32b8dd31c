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

static enum mailbox_job fail(struct job *job, const char *what, const char *why)
{
	snprintf(job->error, sizeof job->error, "%s: %s", what, why);
	return MAILBOX_JOB_FAILED;
}

/* SQLite says in which database, and in lines: there is one, and one line will do. */
static enum mailbox_job damaged(struct job *job, const char *what)
{
	static const char heading[] = "*** in database main ***\n";

	if (strncmp(what, heading, sizeof heading - 1) == 0)
		what += sizeof heading - 1;
	snprintf(job->error, sizeof job->error, "%.*s", (int)strcspn(what, "\n"), what);
	return MAILBOX_JOB_DAMAGED;
}

/* Of an error of SQLite while reading. */
static enum mailbox_job unreadable(struct job *job, int rc)
{
	const char *why = sqlite3_errstr(rc & 0xff);

	return schema_damaged(rc) ? damaged(job, why) : fail(job, "it could not be read", why);
}

/* Into a file that nothing was in: that is how SQLite wants it. */
static enum mailbox_job copy_into(struct job *job, sqlite3 *db, int fd)
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
	if (schema_damaged(rc))
		return damaged(job, sqlite3_errmsg(db));
	if (rc != SQLITE_OK)
		return fail(job, "the copy could not be made", sqlite3_errmsg(db));
	if (fsync(fd) != 0)
		return fail(job, "the copy could not be written", strerrordesc_np(errno));
	return MAILBOX_JOB_DONE;
}

static enum mailbox_job work_backup(struct job *job, sqlite3 *db)
{
	int fd = open(job->path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	enum mailbox_job result;

	if (fd < 0)
		return fail(job, "the copy cannot be made", strerrordesc_np(errno));
	result = copy_into(job, db, fd);
	close(fd);
	if (result != MAILBOX_JOB_DONE)
		unlink(job->path);
	return result;
}

/* Whether the file system gives all of the file, whatever stands in it. */
static bool can_be_read(sqlite3 *db)
{
	unsigned char page[4096];
	sqlite3_file *file = NULL;
	sqlite3_int64 size = 0;
	int rc = sqlite3_file_control(db, "main", SQLITE_FCNTL_FILE_POINTER, &file);

	if (rc != SQLITE_OK || file == NULL || file->pMethods == NULL ||
	    file->pMethods->xFileSize(file, &size) != SQLITE_OK)
		return false;
	for (sqlite3_int64 at = 0; rc == SQLITE_OK && at + (int)sizeof page <= size;
	     at += (int)sizeof page)
		rc = file->pMethods->xRead(file, page, sizeof page, at);
	return rc == SQLITE_OK;
}

/* The first thing that is found; "ok" is all there is of a sound one. */
static enum mailbox_job look(struct job *job, sqlite3 *db)
{
	enum mailbox_job result = MAILBOX_JOB_DONE;
	sqlite3_stmt *statement;
	int rc = sqlite3_prepare_v2(db, "PRAGMA integrity_check(1)", -1, &statement, NULL);
	const char *found = NULL;

	if (rc != SQLITE_OK)
		return unreadable(job, rc);
	rc = sqlite3_step(statement);
	if (rc == SQLITE_ROW)
		found = (const char *)sqlite3_column_text(statement, 0);
	if (found == NULL)
		result = unreadable(job, rc == SQLITE_ROW ? SQLITE_NOMEM : rc);
	else if (strcmp(found, "ok") != 0)
		result = damaged(job, found);
	sqlite3_finalize(statement);
	return result;
}

/* SQLite calls a page damaged, too, that could not be read just then. */
static enum mailbox_job work_check(struct job *job, sqlite3 *db)
{
	enum mailbox_job result = look(job, db);

	if (result != MAILBOX_JOB_DAMAGED)
		return result;
	return can_be_read(db) ? look(job, db) : unreadable(job, SQLITE_IOERR);
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

	job->result = MAILBOX_JOB_FAILED;
	if (schema_damaged(rc))
		job->result = unreadable(job, rc);
	else if (rc != SQLITE_OK)
		trouble_describe(store, rc, 0, job->error);
	else if (show(store, db))
		job->result = job->work(job, db);
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

static bool start(struct store *store, enum mailbox_job (*work)(struct job *, sqlite3 *),
    const char *path, mailbox_job_fn done, void *context)
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
	enum mailbox_job result;
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
	result = job->result;
	if (done != NULL)
		done(context, result, result != MAILBOX_JOB_DONE ? error : NULL);
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
