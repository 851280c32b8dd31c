/*
 * Ending registrations in slices, so that no packet waits while a registry of
 * a million is gone through; and the answer to whoever wanted it, at the end.
 */
#ifndef IPMSG_SUPERD_EXPULSION_H
#define IPMSG_SUPERD_EXPULSION_H

#include <sys/queue.h>

#include "ctl/server.h"
#include "super/administer.h"

#define EXPULSIONS_MAX 64 /* at a time */

struct expulsion;

struct expulsions {
	TAILQ_HEAD(expulsion_list, expulsion) list;
	size_t count;
};

void expulsions_init(struct expulsions *expulsions);
void expulsions_free(struct expulsions *expulsions);

/*
 * Room for one, to be had before anything is done that it belongs to. NULL when
 * too many are under way or memory is short. It is either started or released.
 */
struct expulsion *expulsions_reserve(struct expulsions *expulsions);
void expulsions_release(struct expulsions *expulsions, struct expulsion *expulsion);

/*
 * Ends those that `whom` means (NULL: all that are banned) and then answers
 * `call` (NULL: nobody waits) with `reply`, taken over, and in it `ended`, their
 * number. At once if they are few.
 */
void expulsions_start(struct expulsions *expulsions, struct expulsion *expulsion,
    struct super *super, const struct whom *whom, enum super_reason reason, struct ctl_call *call,
    json_t *reply);

/* A slice of each. */
void expulsions_tick(struct expulsions *expulsions, struct super *super);

/* 0 while any is under way, else DEADLINE_NEVER. */
int64_t expulsions_deadline(const struct expulsions *expulsions);

#endif
