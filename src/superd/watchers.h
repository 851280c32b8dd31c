/*
 * Who on the control socket watches the supernode. All are told the same, and
 * no more of it than they can bear: beyond a number of events a second the rest
 * is counted, and the count told. What strangers bring about has but a small
 * part of that number, so that none of them hides what the others do.
 */
#ifndef IPMSG_SUPERD_WATCHERS_H
#define IPMSG_SUPERD_WATCHERS_H

#include <sys/queue.h>

#include "ctl/server.h"
#include "super/event.h"

#define WATCHERS_EVENTS 200   /* told in a second */
#define WATCHERS_STRANGERS 20 /* of these, see super_event_of_strangers() */
#define WATCHERS_SECOND_MS 1000LL

struct watcher;

/* A number of events, and how many of them are of strangers. */
struct watchers_tally {
	uint64_t all, strangers;
};

struct watchers {
	TAILQ_HEAD(watcher_list, watcher) list;
	size_t count;
	int64_t ends; /* ms: of the second under way; DEADLINE_NEVER: nothing has been told */
	struct watchers_tally told, suppressed; /* in this second */
};

void watchers_init(struct watchers *watchers);

/* Keeps the call until its client has left. Without memory ends it with an error. */
void watchers_add(struct watchers *watchers, struct ctl_call *call);

/* `now` in ms, as loop_now(). Does nothing while nobody watches. */
void watchers_tell(struct watchers *watchers, const struct super_event *event, int64_t now);

/* Tells what has been suppressed when a second is over. */
void watchers_tick(struct watchers *watchers, int64_t now);
int64_t watchers_deadline(const struct watchers *watchers);

#endif
