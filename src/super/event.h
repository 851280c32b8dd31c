/*
 * What a supernode tells its administrator: who comes and goes, who is
 * introduced to whom, what is refused. A refresh is no event, so that the
 * packets that make up nearly all of the traffic tell nothing.
 */
#ifndef IPMSG_SUPER_EVENT_H
#define IPMSG_SUPER_EVENT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/endpoint.h"
#include "super/names.h"

enum super_event_kind {
	SUPER_ENTERED,	  /* a new registration */
	SUPER_MOVED,	  /* one is heard at another endpoint; `from` is the former one */
	SUPER_RETURNED,	  /* a stale one is heard again where it was */
	SUPER_STALE,	  /* not heard in time */
	SUPER_LEFT,	  /* for the reason */
	SUPER_INTRODUCED, /* `from` asked for it */
	SUPER_DECLINED,	  /* what `from` asked, for the reason */
	SUPER_REFUSED,	  /* a packet of `from`, for the reason */
	SUPER_EVENT_KINDS,
};

enum super_reason {
	SUPER_NO_REASON,
	/* left */
	SUPER_EXIT,
	SUPER_EXPIRED,
	SUPER_REPLACED, /* somebody else entered from its endpoint */
	SUPER_EVICTED,	/* it was stale, or an owner came, and its place was needed */
	SUPER_UNSERVED, /* legacy peers are served no longer */
	SUPER_FORGOTTEN, /* the administrator took its name from its key */
	SUPER_KICKED,	/* by the administrator, and may come back */
	SUPER_BANNED,	/* by the administrator; refused too: its name or key is */
	/* declined */
	SUPER_UNKNOWN, /* nobody of that name is registered */
	SUPER_AMBIGUOUS, /* several of that nick are, and none in its group */
	SUPER_DIRECTORY, /* the directory is for members: it may not know */
	SUPER_TARGET,	 /* who was asked for does not want to */
	SUPER_SELF,    /* it asked for itself */
	SUPER_LIMITED, /* its source asked too often, or all did for the one */
	SUPER_BUSY,    /* too many orders are under way: in all, to the one, or toward the other */
	/* refused */
	SUPER_FORGED,	 /* without the proof that it needs */
	SUPER_GUESSED,	 /* an answer to a probe that was never sent */
	SUPER_FULL,	 /* as many are registered as may be */
	SUPER_SAME_NICK, /* as many of that nick are */
	SUPER_SOURCE_FULL, /* as many from that source are */
	SUPER_NO_MEMORY,
	SUPER_TAKEN,	 /* the name, or the place, is somebody else's, by key; left: is now */
	SUPER_REPLAYED,	 /* it was sealed before what is known of its sender */
	SUPER_NEW_NAMES, /* served, but its name stays nobody's: too many new ones, or its nick has '@' */
	SUPER_DRAINING, /* nobody new is let in */
	SUPER_REASONS,
};

/* Whatever it points to is good during the call only. */
struct super_event {
	enum super_event_kind kind;
	enum super_reason reason;
	const struct names *names;   /* whom it is about; refused: who it says to be, or NULL */
	const struct endpoint *at;   /* where that one is; NULL if declined or refused */
	const struct endpoint *from; /* see the kinds; otherwise NULL */
	const struct names *asker;   /* who is registered at `from`, or NULL */
	struct span wanted;	     /* the name that was asked for, UTF-8 */
	bool extended;		     /* whom it is about is a peer of ours */
	bool stale;		     /* so is the one introduced */
};

/* Called as it happens; must not call the supernode in turn. */
typedef void (*super_event_fn)(const struct super_event *event, void *context);

struct super_listener {
	super_event_fn tell; /* NULL: nobody listens */
	void *context;
};

static inline void super_tell(const struct super_listener *listener,
    const struct super_event *event)
{
	if (listener->tell != NULL)
		listener->tell(event, listener->context);
}

/*
 * Whether anybody can bring it about with each packet, many of them without
 * having proven an address: it must not crowd out the others.
 */
static inline bool super_event_of_strangers(const struct super_event *event)
{
	return event->kind == SUPER_REFUSED || event->kind == SUPER_DECLINED;
}

/* "entered", …; "exit", …, "" for SUPER_NO_REASON. */
const char *super_event_name(enum super_event_kind kind);
const char *super_reason_name(enum super_reason reason);

#endif
