/*
 * The mailbox on disk: a SQLite database in WAL mode that one thread writes, so that a slow disk
 * holds up nothing but acknowledgements. What is collected while it writes goes out together.
 */
#ifndef IPMSG_STORE_SQLITE_H
#define IPMSG_STORE_SQLITE_H

#include "peer/mailbox.h"

#define SQLITE_STORE_FILE "mailbox.db"

/* What is kept: others make way, the oldest first, but none that is unread or in the queue. */
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

/* `error` is NULL when it went well. From sqlite_collect(). */
typedef void (*mailbox_job_fn)(void *context, const char *error);

/*
 * Writes a copy of all that is committed to a new file at `path`. False when another job runs, or
 * memory is short; then `done` is not called.
 */
bool sqlite_backup(struct mailbox *mailbox, const char *path, mailbox_job_fn done, void *context);

/* Looks through the whole database; `error` says what is damaged. */
bool sqlite_check(struct mailbox *mailbox, mailbox_job_fn done, void *context);

#endif
