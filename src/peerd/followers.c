/*
 * Calls that last. A follower lives as long as its call: it goes when it ends
 * the call, or when the server calls it off.
 */
#include "peerd/followers.h"

#include <stdlib.h>
#include <string.h>

#include "base/heap.h"
#include "ctl/interface.h"
#include "peerd/describe.h"
#include "peerd/failure.h"
#include "peerd/introduction.h"
#include "peerd/roster.h"

#define SETTLE_MS 1200 /* better ways are tried for 1 s */

struct follower {
	TAILQ_ENTRY(follower) next;
	struct followers *all;
	struct ctl_call *call;
	enum follow what;
	uint64_t id;		  /* 0: not known yet */
	int64_t began;		  /* ms */
	int64_t until;		  /* ms: of a path that is open and has to settle; 0: of none */
	enum message_state state; /* of a message: told last */
	json_t *supernodes;	  /* of a listing: what each had to say in the end */
	char name[];
};

static void follower_free(struct follower *follower)
{
	TAILQ_REMOVE(follower->all, follower, next);
	json_decref(follower->supernodes);
	free(follower);
}

/* The ends of a follower: its call ends, and it is freed. */
static void finish(struct follower *follower, json_t *reply)
{
	ctl_reply(follower->call, reply);
	follower_free(follower);
}

static void finish_error(struct follower *follower, const char *error, json_t *parameters)
{
	ctl_error(follower->call, error, parameters);
	follower_free(follower);
}

static void finish_failure(struct follower *follower, const struct failure *failure)
{
	failure_reply(follower->call, failure);
	follower_free(follower);
}

static void on_cancel(struct ctl_call *call, void *state)
{
	follower_free(state);
}

struct follower *follower_add(struct followers *followers, struct ctl_call *call,
    enum follow what, const char *name, int64_t now)
{
	size_t len = name != NULL ? strlen(name) : 0;
	struct follower *follower = calloc(1, sizeof *follower + len + 1);

	if (follower == NULL) {
		ctl_error(call, CTL_PEER ".Limit",
		    json_pack("{s:s}", "explanation", "memory is short; try again later"));
		return NULL;
	}
	follower->all = followers;
	follower->call = call;
	follower->what = what;
	follower->began = now;
	if (len > 0)
		memcpy(follower->name, name, len);
	TAILQ_INSERT_TAIL(followers, follower, next);
	ctl_keep(call, on_cancel, follower);
	return follower;
}

static json_t *message_reply(const struct follower *follower)
{
	return json_pack("{s:I, s:s, s:s}", "message", (json_int_t)follower->id, "state",
	    message_state_name(follower->state), "reason", "");
}

void follower_set(struct follower *follower, uint64_t id)
{
	follower->id = id;
	follower->state = MESSAGE_WAITING;
	if (follower->what == FOLLOW_MESSAGE || follower->what == FOLLOW_READING)
		ctl_continue(follower->call, message_reply(follower));
}

bool follower_meet(struct follower *follower, const struct peer *peer, uint32_t id)
{
	struct peer_contact_status status;

	if (!peer_contact_by_id(peer, id, &status) || !status.lan)
		return false;
	finish(follower, json_pack("{s:o}", "peer", describe_contact(&status, follower->began)));
	return true;
}

void follower_fail(struct follower *follower, const struct peer *peer, enum reason reason)
{
	finish_failure(follower,
	    &(struct failure){.reason = reason, .name = follower->name, .peer = peer,
		.everybody = follower->what == FOLLOW_ROSTER});
}

/* One that was united with another as it opened is told of a second time, with that one's id. */
static void tell_open(struct follower *follower, const struct peer_event *event,
    const struct peer *peer)
{
	uint32_t id = event->became != 0 ? event->became : event->path;
	json_t *reply;

	if (follower->what == FOLLOW_SETTLED && !peer_is_settled(peer, id)) {
		follower->id = id;
		follower->until = event->now + SETTLE_MS;
		return;
	}
	reply = json_object();
	describe_introduction(reply, peer, id, event->now);
	if (json_object_size(reply) > 0 || event->became != 0)
		finish(follower, reply);
	else
		json_decref(reply);
}

static void tell_path(struct follower *follower, const struct peer_event *event,
    const struct peer *peer)
{
	struct failure failure = {event->reason, follower->name, event->at, peer, event->path};

	if (event->kind == EVENT_STEP)
		ctl_continue(follower->call,
		    json_pack("{s:o}", "step", describe_step(event, follower->began)));
	else if (event->kind == EVENT_PATH && event->path_state == PATH_FAILED)
		finish_failure(follower, &failure);
	else if (event->kind == EVENT_PATH && event->path_state == PATH_OPEN)
		tell_open(follower, event, peer);
	else if (event->kind == EVENT_PATH && event->became != 0)
		follower->id = event->became;
}

static bool is_last(const struct follower *follower, enum message_state state)
{
	return state == MESSAGE_READ ||
	    (state == MESSAGE_DELIVERED && follower->what == FOLLOW_MESSAGE);
}

static void tell_message(struct follower *follower, const struct peer_event *event,
    const struct peer *peer)
{
	struct failure failure = {event->reason, follower->name, event->at, peer, event->path};
	bool changed = follower->state != event->message_state;
	char explanation[EXPLANATION_MAX];

	follower->state = event->message_state;
	if (is_last(follower, event->message_state))
		finish(follower, message_reply(follower));
	else if (event->reason == REASON_SHUTDOWN)
		finish_failure(follower, &failure);
	else if (event->message_state == MESSAGE_FAILED)
		finish_error(follower, CTL_PEER ".NotDelivered",
		    json_pack("{s:I, s:s, s:s}", "message", (json_int_t)follower->id, "reason",
			reason_name(event->reason), "explanation",
			failure_explain(&failure, explanation)));
	else if (changed)
		ctl_continue(follower->call, message_reply(follower));
}

/* One that reads too slowly is let go, rather than left without some of the events. */
static void tell_watcher(struct follower *follower, json_t *event)
{
	if (!ctl_wants_more(follower->call))
		finish(follower, json_pack("{s:O}", "event", event));
	else if (!ctl_continue(follower->call, json_pack("{s:O}", "event", event)))
		finish_error(follower, CTL_PEER ".TooSlow",
		    json_pack("{s:s}", "explanation",
			"events came faster than they were read, and some were lost"));
}

static void tell_slow(struct follower *follower)
{
	finish_error(follower, CTL_PEER ".TooSlow",
	    json_pack("{s:s}", "explanation",
		"what there is to tell came faster than it was read, and some was lost"));
}

static void tell_roster(struct follower *follower, const struct peer_event *event,
    const struct peer *peer)
{
	if (follower->supernodes == NULL)
		follower->supernodes = json_array();
	if (event->roster_over)
		finish(follower, json_pack("{s:O}", "supernodes", follower->supernodes));
	else if (event->listed == NULL)
		json_array_append_new(follower->supernodes, roster_supernode(event, peer));
	else if (ctl_wants_more(follower->call) &&
	    !ctl_continue(follower->call,
		json_pack("{s:o*}", "peer", roster_listed(event, peer))))
		tell_slow(follower);
}

static void settle(struct follower *follower, const struct peer *peer, int64_t now)
{
	uint32_t id = (uint32_t)follower->id;
	struct peer_contact_status status;
	json_t *reply;

	if (now < follower->until && !peer_is_settled(peer, id))
		return;
	if (!peer_contact_by_id(peer, id, &status) || status.state != PATH_OPEN) {
		follower_fail(follower, peer, REASON_SILENT);
		return;
	}
	reply = json_object();
	describe_introduction(reply, peer, id, now);
	finish(follower, reply);
}

void followers_settle(struct followers *followers, const struct peer *peer, int64_t now)
{
	struct follower *follower, *next;

	for (follower = TAILQ_FIRST(followers); follower != NULL; follower = next) {
		next = TAILQ_NEXT(follower, next);
		if (follower->until != 0)
			settle(follower, peer, now);
	}
}

int64_t followers_deadline(const struct followers *followers)
{
	const struct follower *follower;
	int64_t due = DEADLINE_NEVER;

	TAILQ_FOREACH(follower, followers, next) {
		if (follower->until != 0 && follower->until < due)
			due = follower->until;
	}
	return due;
}

void followers_stop(struct followers *followers, const struct peer *peer)
{
	struct follower *follower, *next;

	for (follower = TAILQ_FIRST(followers); follower != NULL; follower = next) {
		next = TAILQ_NEXT(follower, next);
		if (follower->what != FOLLOW_ALL)
			follower_fail(follower, peer, REASON_SHUTDOWN);
	}
}

static bool is_of_message(const struct follower *follower, const struct peer_event *event)
{
	return (follower->what == FOLLOW_MESSAGE || follower->what == FOLLOW_READING) &&
	    event->kind == EVENT_MESSAGE && follower->id == event->message;
}

static bool is_of_path(const struct follower *follower, const struct peer_event *event)
{
	return (follower->what == FOLLOW_PATH || follower->what == FOLLOW_SETTLED) &&
	    (event->kind == EVENT_STEP || event->kind == EVENT_PATH) && event->path != 0 &&
	    follower->id == event->path;
}

void followers_tell(struct followers *followers, const struct peer_event *event,
    const struct peer *peer, const struct mailbox *mailbox)
{
	struct follower *follower, *next;
	json_t *described = NULL;

	for (follower = TAILQ_FIRST(followers); follower != NULL; follower = next) {
		next = TAILQ_NEXT(follower, next);
		if (follower->what == FOLLOW_ALL && described == NULL)
			described = describe_event(event, peer, mailbox);
		if (follower->what == FOLLOW_ALL && described != NULL)
			tell_watcher(follower, described);
		else if (is_of_path(follower, event))
			tell_path(follower, event, peer);
		else if (is_of_message(follower, event))
			tell_message(follower, event, peer);
		else if (follower->what == FOLLOW_ROSTER && event->kind == EVENT_ROSTER &&
		    follower->id == event->roster)
			tell_roster(follower, event, peer);
	}
	json_decref(described);
}
