/*
 * Who on the control socket waits for something to happen: a path that was
 * asked for, a message that was sent, or anything at all.
 */
#ifndef IPMSG_PEERD_FOLLOWERS_H
#define IPMSG_PEERD_FOLLOWERS_H

#include <sys/queue.h>

#include "ctl/server.h"
#include "peer/mailbox.h"
#include "peer/peer.h"

struct follower;
TAILQ_HEAD(followers, follower);

enum follow {
	FOLLOW_PATH,
	FOLLOW_SETTLED, /* a path, until it is known where it leads, or for a moment */
	FOLLOW_KEPT,	  /* a message, until it is in the mailbox */
	FOLLOW_TRIED,	  /* until it is delivered, or has to wait in the queue */
	FOLLOW_DELIVERED, /* until it is delivered, however long that takes */
	FOLLOW_READING,	  /* until it is read, likewise */
	FOLLOW_ROSTER,	/* a listing, until every supernode has told */
	FOLLOW_ALL,
};

/*
 * Keeps the call until what it waits for has come, or its client has left. A
 * path or message has its number later, by follower_set(). `name` is copied,
 * and NULL for FOLLOW_ALL. Without memory returns NULL, having ended the call.
 */
struct follower *follower_add(struct followers *followers, struct ctl_call *call,
    enum follow what, const char *name, int64_t now);

/* The number of the path or message; a sender is told of it. */
void follower_set(struct follower *follower, uint64_t id);

/* If that is a neighbour, who needs no path, the call ends with him; else false. */
bool follower_meet(struct follower *follower, const struct peer *peer, uint32_t id);

/* Nothing could be begun: ends the call with the reason. */
void follower_fail(struct follower *follower, const struct peer *peer, enum reason reason);

/* Whose path is settled, or has had its time, is told. Often enough is after each turn. */
void followers_settle(struct followers *followers, const struct peer *peer, int64_t now);

/* ms: when that is due at the latest; DEADLINE_NEVER for not at all. */
int64_t followers_deadline(const struct followers *followers);

/* The daemon ends: whoever waits for a path or message is told. Watchers see the connection end. */
void followers_stop(struct followers *followers, const struct peer *peer,
    struct mailbox *mailbox);

/* Tells everybody concerned. Not from within the core. */
void followers_tell(struct followers *followers, const struct peer_event *event,
    const struct peer *peer, struct mailbox *mailbox);

#endif
