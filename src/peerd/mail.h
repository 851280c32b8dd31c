/*
 * Between the core and the mailbox: what is to be kept, what came of that, and at the start what
 * an earlier life has left. Nothing goes out, is acknowledged or told before it is kept.
 */
#ifndef IPMSG_PEERD_MAIL_H
#define IPMSG_PEERD_MAIL_H

#include <stdbool.h>

#include "peerd/news.h"
#include "peerd/takeover.h"

struct conf;
struct mailbox;
struct peer_event;
struct peerd;
struct readable;

#define MAIL_BACKUP_FILE "mailbox.backup" /* beside the database, until it is handed out */

struct keeping {
	struct mailbox *mailbox;
	bool on_disk;		  /* it is one of store/sqlite.h */
	struct takeover takeover; /* of what an earlier life has left */
	struct readable *watch;	  /* of one on disk */
	struct news_queue texts;  /* that are wanted, and cannot be read for now */
	struct news_queue changes; /* that could not be collected, in their order */
	bool behind;		  /* there are such: newer ones wait, too */
	int64_t due;		  /* ms: when all that could not be done is tried again */
	uint64_t told;		  /* one of ours up to that id was told of as kept */
};

/*
 * Opens the mailbox in the state directory, or one in memory where that is not to be used. False,
 * having logged why, when memory is short.
 */
bool mail_open(struct peerd *peerd);

/* Begins to hear of it on the loop. False when memory is short. */
bool mail_watch(struct peerd *peerd);

/* Tells the core what is kept; before peer_start(). */
void mail_equip(struct peerd *peerd);

/* The configuration was read again. */
void mail_reload(struct peerd *peerd);

/*
 * Within the core: what EVENT_RECEIVED, EVENT_MESSAGE, EVENT_TOLD or EVENT_CLOCK want kept is
 * collected. False when it cannot be.
 */
bool mail_collect_event(struct peerd *peerd, const struct peer_event *event);

/*
 * What those events, and EVENT_TEXT, want now that the core may be called. False when that cannot
 * be done now: the news is put aside here until it can, and is not to be freed.
 */
bool mail_act(struct peerd *peerd, struct news *news);

/* When mail_tick() is to be called next, in ms: it does what could not be done before. */
int64_t mail_deadline(const struct peerd *peerd);
void mail_tick(struct peerd *peerd);

/* Whether followers hear of the event now; else once it is kept. */
bool mail_is_told_now(const struct news *news);

/* Writes what was collected; what came of it is told then, or later on the loop. */
void mail_commit(struct peerd *peerd);

/* Where a copy of the mailbox is made. */
#define MAIL_PATH_MAX 320
void mail_backup_path(const struct peerd *peerd, char path[MAIL_PATH_MAX]);
void mail_remove_backup(const struct peerd *peerd);

/* No notice comes any more. */
void mail_unwatch(struct peerd *peerd);

/* Writes what was collected, and ends. */
void mail_close(struct peerd *peerd);

#endif
