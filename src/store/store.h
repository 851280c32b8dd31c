/*
 * The mailbox on disk, inside. Two threads have to do with it: the owner, who calls, and the
 * writer, who alone changes the database. They share what stands under `lock`, which is held for
 * moments only, never during work on the disk.
 */
#ifndef IPMSG_STORE_STORE_H
#define IPMSG_STORE_STORE_H

#include <pthread.h>
#include <sqlite3.h>

#include "store/pending.h"
#include "store/sqlite.h"

#define PATH_BYTES 400
#define RETRY_MS 5000
#define STEADY_MS 3600000

struct note {
	enum mailbox_log level;
	STAILQ_ENTRY(note) next;
	char text[];
};
STAILQ_HEAD(note_list, note);

/* Rows in advance, for a query that is gone through. */
#define PAGE_ROWS 64
struct page {
	struct copy *rows[PAGE_ROWS];
	size_t count, at;
	uint64_t version; /* of the database */
	uint64_t cursor;  /* where the next one to be asked for stands */
	enum mail_which which;
	uint64_t after;
	char *with;
};

/* What nobody has read takes. */
struct unread_bytes {
	uint64_t all;
	uint64_t strangers; /* of these */
};

/* What there is in all. */
struct totals {
	struct mail_counts counts;
	uint64_t id;	 /* the highest */
	uint32_t number; /* noted */
	struct unread_bytes unread;
};

enum statement {
	INSERT_MESSAGE, INSERT_OFFER, FIND_MARK, FIND_NUMBER, INSERT_MARK, FIND_STATE, SET_NUMBER,
	SET_STATE, FIND_UNREAD, SET_READ, SET_TOLD, SHIFT, NOTE, PROBE, PAGES, FREE_PAGES,
	DROP_OLD, DROP_ANY, DROP_MARKS, STATEMENTS,
};

struct job {
	bool running, finished;
	enum mailbox_job (*work)(struct job *job, sqlite3 *db);
	enum mailbox_job result;
	mailbox_job_fn done;
	void *context;
	char *path; /* of a backup */
	char error[MAILBOX_TROUBLE_MAX];
	sqlite3 *db; /* while it may be interrupted */
	pthread_t thread;
};

struct store {
	struct mailbox mailbox;
	mailbox_log_fn log;
	void *log_context;
	char directory[PATH_BYTES];
	char path[PATH_BYTES];
	const char *vfs;
	char *vfs_copy;
	unsigned retry, steady; /* ms */
	int fd;		/* eventfd */

	/* the owner's alone */
	struct change_list collected;
	bool urgent; /* among these is more than why messages wait */
	struct copy *found;
	struct page page;

	/* both threads' */
	pthread_mutex_t lock;
	pthread_cond_t wake;
	struct pending pending;
	struct change_list given; /* to be written */
	struct change_list done;  /* to be told */
	struct note_list notes;
	struct mailbox_limits limits;
	int64_t wall; /* s since 1970, as told last, */
	int64_t at;   /* ms since the machine was started, when that was */
	uint32_t number;
	bool stop;
	bool tried; /* the first attempt to open it is over */
	bool suspect; /* the reader found damage */
	bool opened;  /* it is open now */
	bool rescuing; /* until it is: what it holds is not all there is */
	uint64_t last_id; /* as it was opened last */
	uint32_t last_number;
	bool well;
	bool full; /* the last received one was lost for want of room */
	char trouble[MAILBOX_TROUBLE_MAX];
	char set_aside[MAILBOX_TROUBLE_MAX];
	struct mail_counts counts;
	uint64_t version; /* changes with each commit */
	struct job job;

	/* of whoever holds `reading`; the writer does to close it under the owner's feet */
	pthread_mutex_t reading;
	sqlite3 *reader;

	/* the writer's alone */
	pthread_t thread;
	sqlite3 *db;
	sqlite3_stmt *statements[STATEMENTS];
	struct totals written; /* within a transaction */
	int64_t ahead;	 /* ms of the clock before the machine's start, and since when it is so */
	int64_t ahead_since;
	bool more;	 /* there is more to drop */
	bool full_said;	 /* that there is no room */
	int64_t full_at; /* store_clock() */
	int error; /* errno of what failed */
	char rescue[MAILBOX_TROUBLE_MAX]; /* a damaged file that is not read to its end; or "" */
};

/* A line for the log, told by the owner's thread. */
void store_note(struct store *store, enum mailbox_log level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Makes the owner's sqlite_fd() readable. */
void store_signal(struct store *store);

/* Of one of SQLite's codes (or SCHEMA_NEWER): what is wrong, and what to do about it. */
void trouble_describe(const struct store *store, int rc, int error,
    char text[MAILBOX_TROUBLE_MAX]);

/* writer.c: the thread. */
void *writer_run(void *store);

/* open.c: opens the database, and sets a damaged one aside. */
int store_open_database(struct store *store);
void store_close_database(struct store *store, bool untouched);
void store_close_reader(struct store *store);

/* What was made, moved or removed in it is so for good. */
void store_sync_directory(const struct store *store);

/*
 * batch.c: all of the list as one transaction; what fails alone is LOST alone. `probe`: something
 * is written in any case.
 */
int batch_write(struct store *store, struct change_list *list, bool probe);
int batch_prepare(struct store *store);

/* One message with its offers, into the transaction that is open. */
int batch_insert(struct store *store, const struct mail *mail);
int batch_note(struct store *store, const char *key, uint64_t value);
int batch_count(struct store *store);

/*
 * room.c: whether a received one may be taken in, within the transaction of a batch; the others
 * keep count.
 */
bool room_for(struct store *store, const struct mail *mail);
void room_taken(struct store *store, const struct mail *mail);
void room_given_back(struct store *store, uint64_t bytes, bool stranger);
int room_count(struct store *store);

/* ms since the machine was started, also those it slept. */
int64_t store_clock(void);

/* retain.c: what makes way, at most some of it; within the transaction of a batch. */
int retain_some(struct store *store, unsigned added);

/*
 * aside.c: a new name for the database, which a rescue is begun with; then (also after a restart)
 * the one that is not over is found, and finished.
 */
int damage_set_aside(struct store *store);
int damage_find(struct store *store);
int damage_over(struct store *store);

/* damage.c: what can be read in the one set aside is copied into the new one, which is open. */
int damage_rescue(struct store *store);

/* read.c */
enum mail_found read_find(struct store *store, uint64_t id, struct mail *mail);
enum mail_found read_next(struct store *store, const struct mail_query *query, uint64_t *cursor,
    struct mail *mail);
void read_forget(struct store *store);

/* jobs.c */
void jobs_collect(struct store *store);
void jobs_end(struct store *store);

#endif
