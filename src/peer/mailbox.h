/*
 * What a peer needs from whoever keeps its messages, in memory or on disk: a
 * table of functions, so that the program chooses and the rest need not know.
 *
 * What changes a mailbox is collected, and takes effect together when it is
 * committed: a burst of messages costs one write to the disk, not one each. What
 * came of it is told later, by `on_outcome`: from within commit() at the earliest,
 * never from within another of these functions.
 */
#ifndef IPMSG_PEER_MAILBOX_H
#define IPMSG_PEER_MAILBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "peer/event.h"

enum mail_direction { MAIL_RECEIVED, MAIL_SENT };

/* Texts are UTF-8 and never NULL. */
struct mail {
	uint64_t id; /* the core's; unique over both directions and all lives of the mailbox */
	enum mail_direction direction;
	const char *name; /* the other's nick@group, or what was asked for */
	const char *user; /* received: as its packet said; else "" */
	const char *host;
	const char *text;
	struct endpoint at; /* received: where it came from; else of family NONE */
	int64_t wall;	    /* s since 1970: when it was taken in */
	int64_t changed;    /* s since 1970: when it came into its state, or was read */
	int64_t expires;    /* s since 1970: a waiting one is given up then; 0: never */
	uint32_t number;    /* of its packet; 0: it has none yet */
	enum message_state state;
	enum reason reason;
	bool sealed;	/* received: its text is not to be shown before it is read */
	bool check;	/* received and sealed: its sender wants to be sure that he knows */
	bool read;	/* received: by a person here */
	bool told;	/* received, sealed and read: its sender knows it, or need not */
	bool stranger;	/* received: its sender was nobody we knew; there is less room for these */
	bool broadcast; /* went to everybody */
	bool automatic; /* an absence answer */
	bool many;	/* sent: one of several to several people */
	const struct offer *offers;
	size_t offer_count;
};

/*
 * By what a received message is known again when it is sent once more: it is if `digest` was
 * there since `since`, or, where the sender never gives a number twice, `number_digest` was.
 */
struct mail_mark {
	uint8_t digest[MARK_BYTES];	   /* of user, host, number and content */
	uint8_t number_digest[MARK_BYTES]; /* of user, host and number alone */
	bool by_number;			   /* the latter counts too */
	int64_t since;			   /* s since 1970 */
};

enum mail_result {
	MAIL_KEPT,  /* on the disk, if the mailbox is persistent */
	MAIL_KNOWN, /* it was received before, and is not kept again */
	MAIL_LOST,  /* it could not be kept: nothing may be acknowledged */
};

/* Of an add or set_number that was committed. */
struct mail_outcome {
	uint64_t id;
	enum mail_direction direction;
	enum mail_result result;
};
typedef void (*mail_outcome_fn)(void *context, const struct mail_outcome *outcome);

/* Of looking for one. */
enum mail_found {
	MAIL_FOUND,
	MAIL_NONE,	 /* there is none of that id, or no more of that query */
	MAIL_MORE,	 /* of a bounded query: none of those up to the cursor, maybe later ones */
	MAIL_UNREADABLE, /* that cannot be known for now: the disk has failed, or memory is short */
};

enum mail_which {
	MAIL_ALL,
	MAIL_ONLY_RECEIVED,
	MAIL_ONLY_UNREAD, /* received, and not read */
	MAIL_ONLY_SENT,
	MAIL_ONLY_QUEUED, /* sent, and on their way: MESSAGE_WAITING or MESSAGE_SENT */
	MAIL_ONLY_SEALED, /* sealed, and their opening is still to be told: by us, or to us */
};

/* All that is 0 or NULL asks for nothing. */
struct mail_query {
	enum mail_which which;
	const char *with;   /* from or to: the whole name, or what stands before its '@' */
	const char *search; /* part of the text (not of a sealed one unread); ASCII in any case */
	uint64_t after;	    /* ids above that one only */
	bool bounded;	    /* a call looks at some tens of messages, then says MAIL_MORE */
};

struct mail_counts {
	uint64_t stored;
	uint64_t unread;
	uint64_t queued;
};

#define MAILBOX_TROUBLE_MAX 512
struct mailbox_status {
	bool persistent; /* what it holds survives a restart */
	bool well;	 /* it can be written; else nothing is taken in for now */
	bool full;	 /* what nobody has read takes all its room: the last received was LOST */
	char trouble[MAILBOX_TROUBLE_MAX];   /* why not, as a sentence without a dot; or "" */
	char set_aside[MAILBOX_TROUBLE_MAX]; /* file with a damaged one of this life; or "" */
	const char *path;		     /* "" if there is no file */
	uint64_t bytes;			     /* that it takes */
	struct mail_counts counts;
};

struct mailbox;

/*
 * What a `struct mail` that comes out points to is the mailbox's, until it is next called. A
 * function that changes something returns false when that cannot even be collected: memory is
 * short, or the mailbox is not well; nothing is told of it then.
 */
struct mailbox_methods {
	/* Keeps a copy. `mark` NULL: of one that was not received. */
	bool (*add)(struct mailbox *mailbox, const struct mail *mail, const struct mail_mark *mark);

	/* A sent one has another packet number. */
	bool (*set_number)(struct mailbox *mailbox, uint64_t id, uint32_t number);

	/*
	 * Of a sent one, and of a received one that it was read, at `wall` s since 1970. These are
	 * not lost for want of room on the disk: they are tried again until they are kept. That one
	 * waits may be written later, with something else.
	 */
	bool (*set_state)(struct mailbox *mailbox, uint64_t id, enum message_state state,
	    enum reason reason, int64_t wall);
	bool (*set_read)(struct mailbox *mailbox, uint64_t id, int64_t wall);

	/* Of a received one that was sealed and read: `told`. As lasting as these. */
	bool (*set_told)(struct mailbox *mailbox, uint64_t id);

	/*
	 * The clock was set forward by so many seconds, or back (`by` is 0): what is queued expires
	 * later by as much, but nothing after `latest`, s since 1970. As lasting as these; it shows
	 * when it is written.
	 */
	bool (*shift_expiry)(struct mailbox *mailbox, int64_t by, int64_t latest);

	/* Packet numbers up to that one were used: kept with whatever is committed next. */
	void (*note_number)(struct mailbox *mailbox, uint32_t number);

	/*
	 * Begins to write all that was collected, or does so as soon as what is being written is
	 * done. Often enough is after each turn of the loop.
	 */
	void (*commit)(struct mailbox *mailbox, int64_t wall);

	/* Also what was collected and is not written yet, with its newest state. */
	enum mail_found (*find)(struct mailbox *mailbox, uint64_t id, struct mail *mail);

	/*
	 * Goes through those of the query that are written, oldest first: start with *cursor = 0;
	 * MAIL_NONE at the end. Changes in between are fine. After MAIL_UNREADABLE it goes on from
	 * the cursor, too: none was missed.
	 */
	enum mail_found (*next)(struct mailbox *mailbox, const struct mail_query *query,
	    uint64_t *cursor, struct mail *mail);

	/* Also brings `last_id` and `last_number` up to date. */
	void (*status)(struct mailbox *mailbox, struct mailbox_status *status);

	/* Writes what was collected, and ends. Outcomes are told no more. */
	void (*free)(struct mailbox *mailbox);
};

/*
 * Where ids begin as long as what is there cannot be known. Nothing is kept under these: they
 * are no message's in any mailbox.
 */
#define MAIL_ID_PROVISIONAL (UINT64_C(1) << 52)

/*
 * The first member of whatever keeps messages. A mailbox that could not be opened has last_id =
 * MAIL_ID_PROVISIONAL and last_number = 0. From the first status() with `well` on both are as
 * said; ids go on from last_id then, numbers where they were or from last_number, whichever is
 * higher. An id of MAIL_ID_PROVISIONAL or above is not added, and changing one changes nothing.
 */
struct mailbox {
	const struct mailbox_methods *methods;
	mail_outcome_fn on_outcome; /* set by the owner, before anything is added */
	void *context;
	uint64_t last_id;     /* the highest there is, when it was opened */
	uint32_t last_number; /* as noted, when it was opened */
};

#endif
