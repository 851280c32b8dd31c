/* How long messages of ours wait, by a clock that may be set meanwhile. */
#include "peer/core.h"
#include "peer/outgoing.h"

#define CHECK_S 3600 /* at the latest */
#define STEP_S 60    /* less is how clocks are kept right */

/* One that is not to wait in another life has no such time. */
static bool may_expire(const struct outgoing *message)
{
	return message->recipient != NULL && message->expires != 0 &&
	    message->state == MESSAGE_WAITING;
}

static void expire(struct turn *turn)
{
	struct messages *messages = &turn->peer->messages;
	struct queue *queue = &messages->queue;
	struct outgoing *message, *next;

	queue->expiry = INT64_MAX;
	HASH_ITER(by_id, messages->all, message, next)
	{
		if (!may_expire(message))
			continue;
		if (message->expires > turn->wall) {
			if (message->expires < queue->expiry)
				queue->expiry = message->expires;
			continue;
		}
		/* it was never sent, but another one may have its place where it was going */
		if (message->to != 0)
			queue_look(queue, message->recipient);
		messages_fail(turn, message, REASON_EXPIRED);
	}
}

static void check_expiry(struct turn *turn)
{
	struct queue *queue = &turn->peer->messages.queue;
	int64_t left;

	expire(turn);
	left = queue->expiry - turn->wall;
	queue->check = queue->recipients == NULL
	    ? DEADLINE_NEVER
	    : turn->now + (left < CHECK_S ? left : CHECK_S) * 1000;
}

/* In s: by how much the clock was set since the last call, though little by little counts not. */
static int64_t clock_step(const struct turn *turn)
{
	struct queue *queue = &turn->peer->messages.queue;
	int64_t step = turn->wall - queue->clock.wall - (turn->now - queue->clock.now) / 1000;
	bool known = queue->clock.known;

	queue->clock.known = true;
	queue->clock.wall = turn->wall;
	queue->clock.now = turn->now;
	return known && (step > STEP_S || step < -STEP_S) ? step : 0;
}

/* What has waited for a while has no less left of its time, and nothing has more than all of it. */
static void shift_expiry(struct turn *turn, int64_t step)
{
	struct messages *messages = &turn->peer->messages;
	int64_t latest = turn->wall + turn->peer->settings.message_lifetime;
	int64_t shift = step > 0 ? step : 0;
	struct outgoing *message, *next;

	HASH_ITER(by_id, messages->all, message, next)
	{
		if (message->recipient == NULL || message->expires == 0)
			continue;
		message->expires =
		    message->expires < latest - shift ? message->expires + shift : latest;
	}
	messages->queue.check = turn->now;
	peer_tell(turn->peer,
	    &(struct peer_event){
		.kind = EVENT_CLOCK, .now = turn->now, .shift = shift, .latest = latest});
}

void expiry_tick(struct turn *turn)
{
	int64_t step = clock_step(turn);

	if (step != 0)
		shift_expiry(turn, step);
	if (turn->now >= turn->peer->messages.queue.check)
		check_expiry(turn);
}
