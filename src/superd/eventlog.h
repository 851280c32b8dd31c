/* Which events of a supernode get into the log, in which words, and how often. */
#ifndef IPMSG_SUPERD_EVENTLOG_H
#define IPMSG_SUPERD_EVENTLOG_H

#include "base/limiter.h"
#include "super/event.h"

struct eventlog {
	struct limiter limiter;
	/* what our own limits refuse: whoever forges sources must not hide that */
	struct eventlog_own {
		int64_t ends; /* ms: of the window under way; DEADLINE_NEVER: none is */
		uint64_t seen[SUPER_REASONS];
		uint64_t held_ever;
	} own;
};

void eventlog_init(struct eventlog *log);

/*
 * Refused packets are limited, one line a source and minute, and what our own
 * limits refuse or decline, one line a reason and minute, whatever the sources
 * are. What registered peers do, and what they ask in vain, is told at debug,
 * all of it. `now` in ms, as loop_now().
 */
void eventlog_write(struct eventlog *log, const struct super_event *event, int64_t now);

/* Says what has been held back, when a window is over. */
void eventlog_tick(struct eventlog *log, int64_t now);
int64_t eventlog_deadline(const struct eventlog *log);

/* Says it now: nothing comes after. */
void eventlog_end(struct eventlog *log);

/* How many lines have been held back since the start. */
uint64_t eventlog_held(const struct eventlog *log);

#endif
