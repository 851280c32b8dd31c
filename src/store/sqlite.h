/*
 * The mailbox on disk: a SQLite database in WAL mode that one thread writes, so that a slow disk
 * holds up nothing but acknowledgements. What is collected while it writes goes out together.
 */
#ifndef IPMSG_STORE_SQLITE_H
#define IPMSG_STORE_SQLITE_H

#include "peer/mailbox.h"

#define SQLITE_STORE_FILE "mailbox.db"

/*
 * What is kept: others make way, the oldest first, but none that is unread or in the queue. Of
 * `bytes` what is unread may take one half, of which what strangers sent an eighth of all (64 MiB
 * where any may be taken); what is received beyond that is lost.
 */
struct mailbox_limits {
	int64_t age;	/* s since it was taken in; 0: any */
	uint64_t bytes; /* of the file, roughly; 0: any */
};

enum mailbox_log { MAILBOX_LOG_ERROR, MAILBOX_LOG_WARNING, MAILBOX_LOG_INFO };

/* Lines for the log; from the owner's thread only. */
typedef void (*mailbox_log_fn)(void *context, enum mailbox_log level, const char *text);

struct sqlite_options {
	const char *directory;
	struct mailbox_limits limits;
	const char *vfs; /* of SQLite; NULL: the usual one */
	unsigned retry;	 /* ms between attempts while it is not well; 0: 5000 */
	unsigned steady; /* ms since the clock was set, until age counts; 0: an hour */
	mailbox_log_fn log;
	void *context;
};

/*
 * NULL only when memory is short or no thread can be had. One that cannot be opened is not well,
 * says so, and is tried again every few seconds; a damaged one is set aside (mailbox_status), and
 * what can be read in it is taken over.
 */
struct mailbox *sqlite_open(const struct sqlite_options *options);

/* Readable when outcomes, log lines or results wait for sqlite_collect(). */
int sqlite_fd(const struct mailbox *mailbox);
void sqlite_collect(struct mailbox *mailbox);

void sqlite_set_limits(struct mailbox *mailbox, const struct mailbox_limits *limits);

enum mailbox_job {
	MAILBOX_JOB_DONE,
	MAILBOX_JOB_FAILED,  /* for want of memory, of room, of time: it may work later */
	MAILBOX_JOB_DAMAGED, /* the mailbox is: part of it cannot be read */
};

/*
 * From sqlite_collect(). `error` says, in one line, why it failed or what is damaged, and is NULL
 * when it went well.
 */
typedef void (*mailbox_job_fn)(void *context, enum mailbox_job result, const char *error);

/*
 * Writes a copy of all that is committed to a new file at `path`. False when another job runs, or
 * memory is short; then `done` is not called.
 */
bool sqlite_backup(struct mailbox *mailbox, const char *path, mailbox_job_fn done, void *context);

/* Looks through the whole database, for damage. */
bool sqlite_check(struct mailbox *mailbox, mailbox_job_fn done, void *context);

#endif
