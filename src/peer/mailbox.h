/*
 * What a peer needs from whoever keeps its messages, in memory or on disk: a
 * table of functions, so that the program chooses and the rest need not know.
 */
#ifndef IPMSG_PEER_MAILBOX_H
#define IPMSG_PEER_MAILBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "peer/event.h"

enum mail_direction { MAIL_RECEIVED, MAIL_SENT };

struct mail {
	uint64_t id; /* the core's; unique within its direction */
	enum mail_direction direction;
	const char *name; /* the other's nick@group, or what was asked for */
	const char *text; /* UTF-8 */
	int64_t wall;	  /* s since 1970: when it was taken in */
	enum message_state state;
	enum reason reason;
	bool sealed;	/* received: its text is not to be shown before it is opened */
	bool opened;
	bool broadcast; /* went to everybody */
	bool automatic; /* an absence answer */
	const struct offer *offers;
	size_t offer_count;
};

struct mailbox;

/* What a `struct mail` that comes out points to is the mailbox's, until it is next changed. */
struct mailbox_methods {
	bool persistent; /* what it holds survives a restart */

	/* Keeps a copy. False when it cannot; then nothing may be acknowledged. */
	bool (*add)(struct mailbox *mailbox, const struct mail *mail);

	/* Of a sent message; false when it is not there (any more). */
	bool (*set_state)(struct mailbox *mailbox, uint64_t id, enum message_state state,
	    enum reason reason);

	/* A received sealed one was opened; false when it is not there (any more). */
	bool (*set_opened)(struct mailbox *mailbox, uint64_t id);

	bool (*find)(const struct mailbox *mailbox, enum mail_direction direction, uint64_t id,
	    struct mail *mail);

	/*
	 * Goes through all, oldest first: start with *cursor = 0; false at the
	 * end. Changes in between are fine.
	 */
	bool (*next)(const struct mailbox *mailbox, uint64_t *cursor, struct mail *mail);

	void (*free)(struct mailbox *mailbox);
};

/* The first member of whatever keeps messages. */
struct mailbox {
	const struct mailbox_methods *methods;
};

#endif
