/* Slices of going through the registry, and the answers at the end. */
#include "superd/expulsion.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/heap.h"
#include "base/log.h"

/* Places in a slice: half a millisecond, if none of them is in the cache. */
#define SLICE 2048

struct expulsion {
	TAILQ_ENTRY(expulsion) next;
	struct whom whom;
	bool all_banned;
	enum super_reason reason;
	uint32_t cursor, ended;
	struct ctl_call *call; /* NULL: nobody waits any more */
	json_t *reply;
};

void expulsions_init(struct expulsions *expulsions)
{
	expulsions->count = 0;
	TAILQ_INIT(&expulsions->list);
}

static void expulsion_free(struct expulsions *expulsions, struct expulsion *expulsion)
{
	TAILQ_REMOVE(&expulsions->list, expulsion, next);
	json_decref(expulsion->reply);
	expulsions_release(expulsions, expulsion);
}

/* The calls have been cancelled before: the control server is closed first. */
void expulsions_free(struct expulsions *expulsions)
{
	while (!TAILQ_EMPTY(&expulsions->list))
		expulsion_free(expulsions, TAILQ_FIRST(&expulsions->list));
}

/* It goes on all the same: half of it would be worse than all of it. */
static void on_cancel(struct ctl_call *call, void *state)
{
	struct expulsion *expulsion = state;

	expulsion->call = NULL;
}

static void finish(struct expulsions *expulsions, struct expulsion *expulsion)
{
	if (expulsion->ended > 0)
		log_info("%" PRIu32 " registrations ended: %s", expulsion->ended,
		    super_reason_name(expulsion->reason));
	if (expulsion->call != NULL) {
		json_object_set_new(expulsion->reply, "ended", json_integer(expulsion->ended));
		ctl_reply(expulsion->call, json_incref(expulsion->reply));
	}
	expulsion_free(expulsions, expulsion);
}

static bool step(struct expulsion *expulsion, struct super *super)
{
	return super_expel(super, expulsion->all_banned ? NULL : &expulsion->whom,
	    expulsion->reason, SLICE, &expulsion->cursor, &expulsion->ended);
}

struct expulsion *expulsions_reserve(struct expulsions *expulsions)
{
	struct expulsion *expulsion = NULL;

	if (expulsions->count < EXPULSIONS_MAX)
		expulsion = calloc(1, sizeof *expulsion);
	expulsions->count += expulsion != NULL;
	return expulsion;
}

void expulsions_release(struct expulsions *expulsions, struct expulsion *expulsion)
{
	expulsions->count--;
	free(expulsion);
}

void expulsions_start(struct expulsions *expulsions, struct expulsion *expulsion,
    struct super *super, const struct whom *whom, enum super_reason reason, struct ctl_call *call,
    json_t *reply)
{
	expulsion->all_banned = whom == NULL;
	if (whom != NULL)
		expulsion->whom = *whom;
	expulsion->reason = reason;
	expulsion->call = call;
	expulsion->reply = reply;
	TAILQ_INSERT_TAIL(&expulsions->list, expulsion, next);
	if (step(expulsion, super))
		finish(expulsions, expulsion);
	else if (call != NULL)
		ctl_keep(call, on_cancel, expulsion);
}

void expulsions_tick(struct expulsions *expulsions, struct super *super)
{
	struct expulsion *expulsion, *next;

	for (expulsion = TAILQ_FIRST(&expulsions->list); expulsion != NULL; expulsion = next) {
		next = TAILQ_NEXT(expulsion, next);
		if (step(expulsion, super))
			finish(expulsions, expulsion);
	}
}

int64_t expulsions_deadline(const struct expulsions *expulsions)
{
	return expulsions->count > 0 ? 0 : DEADLINE_NEVER;
}
