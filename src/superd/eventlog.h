/* Which events of a supernode get into the log, in which words, and how often. */
#ifndef IPMSG_SUPERD_EVENTLOG_H
#define IPMSG_SUPERD_EVENTLOG_H

#include "base/limiter.h"
#include "super/event.h"

struct eventlog {
	struct limiter limiter;
};

void eventlog_init(struct eventlog *log);

/*
 * What anybody can bring about without having proven an address is limited,
 * one line a source and minute; what registered peers do is told at debug,
 * all of it. `now` in ms, as loop_now().
 */
void eventlog_write(struct eventlog *log, const struct super_event *event, int64_t now);

/* Says what has been held back, when a window is over. */
void eventlog_tick(struct eventlog *log, int64_t now);
int64_t eventlog_deadline(const struct eventlog *log);

#endif
