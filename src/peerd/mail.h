/*
 * Between the core and the mailbox: what is to be kept, what came of that, and at the start what
 * an earlier life has left. Nothing goes out, is acknowledged or told before it is kept.
 */
#ifndef IPMSG_PEERD_MAIL_H
#define IPMSG_PEERD_MAIL_H

#include <stdbool.h>

#include "peerd/news.h"

struct conf;
struct mailbox;
struct peer_event;
struct peerd;
struct readable;

#define MAIL_BACKUP_FILE "mailbox.backup" /* beside the database, until it is handed out */

struct keeping {
	struct mailbox *mailbox;
	bool on_disk;		  /* it is one of store/sqlite.h */
	bool requeued;		  /* what an earlier life has left is in the core */
	struct readable *watch;   /* of one on disk */
	struct news_queue texts;  /* that are wanted, and cannot be read for now */
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

/* Within the core: what the event wants kept is collected. False when it cannot be. */
bool mail_collect_event(struct peerd *peerd, const struct peer_event *event);

/* What EVENT_RECEIVED, EVENT_MESSAGE and EVENT_TEXT want, now that the core may be called. */
void mail_act(struct peerd *peerd, const struct news *news);

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
