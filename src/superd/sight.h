/*
 * What an administrator sees of a supernode as it runs: log lines, events on
 * the control socket, figures over HTTP.
 */
#ifndef IPMSG_SUPERD_SIGHT_H
#define IPMSG_SUPERD_SIGHT_H

#include <stdbool.h>

#include "superd/eventlog.h"
#include "superd/watchers.h"

struct event_base;
struct metrics_server;
struct super;
struct superd;

struct sight {
	struct eventlog log;
	struct watchers watchers;
	struct metrics_server *metrics; /* NULL: nobody may fetch them */
};

void sight_init(struct sight *sight);

/* Serves the metrics at `at`, unless it is of FAMILY_NONE. False, having logged why. */
bool sight_serve(struct sight *sight, struct event_base *base, const struct endpoint *at,
    struct superd *superd);

/* Listens to the events from now on. */
void sight_follow(struct sight *sight, struct super *super);

/* Ends the listening, and says what has been held back so far. */
void sight_close(struct sight *sight);

void sight_tick(struct sight *sight, int64_t now);
int64_t sight_deadline(const struct sight *sight);

#endif
