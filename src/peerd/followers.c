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
	enum reason reason;	  /* the same */
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

static bool is_of_messages(const struct follower *follower)
{
	return follower->what == FOLLOW_KEPT || follower->what == FOLLOW_TRIED ||
	    follower->what == FOLLOW_DELIVERED || follower->what == FOLLOW_READING;
}

/* `failure`: why it waits, if it has a reason. */
static json_t *message_reply(const struct follower *follower, const struct failure *failure,
    struct mailbox *mailbox)
{
	char explanation[EXPLANATION_MAX] = "";
	struct mail mail;
	bool found = mailbox != NULL &&
	    mailbox->methods->find(mailbox, follower->id, &mail) == MAIL_FOUND;

	if (failure->reason != REASON_NONE)
		failure_explain(failure, explanation);
	return json_pack("{s:I, s:s, s:s, s:s, s:o}", "message", (json_int_t)follower->id, "state",
	    message_state_name(follower->state), "reason", reason_name(failure->reason),
	    "explanation", explanation, "expires",
	    found ? describe_expiry(&mail) : json_null());
}

void follower_set(struct follower *follower, uint64_t id)
{
	follower->id = id;
	follower->state = MESSAGE_WAITING;
	if (is_of_messages(follower))
		ctl_continue(follower->call,
		    message_reply(follower, &(struct failure){0}, NULL));
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

/* A new number of one that waits is no reason yet. */
static bool is_last(const struct follower *follower, const struct peer_event *event)
{
	enum message_state state = event->message_state;

	if (state == MESSAGE_READ)
		return true;
	if (state == MESSAGE_DELIVERED)
		return follower->what != FOLLOW_READING;
	return (follower->what == FOLLOW_KEPT && event->keep) ||
	    (follower->what == FOLLOW_TRIED && state == MESSAGE_WAITING &&
		event->reason != REASON_NONE);
}

static void fail_message(struct follower *follower, const struct failure *failure)
{
	char explanation[EXPLANATION_MAX];

	if (failure->reason == REASON_SHUTDOWN || failure->reason == REASON_MAILBOX)
		finish_failure(follower, failure);
	else
		finish_error(follower, CTL_PEER ".NotDelivered",
		    json_pack("{s:I, s:s, s:s}", "message", (json_int_t)follower->id, "reason",
			reason_name(failure->reason), "explanation",
			failure_explain(failure, explanation)));
}

static void tell_message(struct follower *follower, const struct peer_event *event,
    const struct peer *peer, struct mailbox *mailbox)
{
	struct failure failure = {event->reason, follower->name, event->at, peer, event->path};
	bool changed = follower->state != event->message_state ||
	    follower->reason != event->reason;

	follower->state = event->message_state;
	follower->reason = event->reason;
	if (event->message_state == MESSAGE_FAILED)
		fail_message(follower, &failure);
	else if (is_last(follower, event))
		finish(follower, message_reply(follower, &failure, mailbox));
	else if (changed)
		ctl_continue(follower->call, message_reply(follower, &failure, mailbox));
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

/* One that is still on its way then is kept. */
static void leave_queued(struct follower *follower)
{
	finish_error(follower, CTL_PEER ".Stopping",
	    json_pack("{s:s}", "explanation",
		"ipmsg-peerd ends; the message stays in the queue, and goes out when ipmsg-peerd "
		"runs again and the other side is there"));
}

void followers_stop(struct followers *followers, const struct peer *peer, struct mailbox *mailbox)
{
	struct follower *follower, *next;
	struct mailbox_status status;

	mailbox->methods->status(mailbox, &status);
	for (follower = TAILQ_FIRST(followers); follower != NULL; follower = next) {
		next = TAILQ_NEXT(follower, next);
		if (is_of_messages(follower) && status.persistent)
			leave_queued(follower);
		else if (follower->what != FOLLOW_ALL)
			follower_fail(follower, peer, REASON_SHUTDOWN);
	}
}

static bool is_of_message(const struct follower *follower, const struct peer_event *event)
{
	return is_of_messages(follower) && event->kind == EVENT_MESSAGE &&
	    follower->id == event->message;
}

static bool is_of_path(const struct follower *follower, const struct peer_event *event)
{
	return (follower->what == FOLLOW_PATH || follower->what == FOLLOW_SETTLED) &&
	    (event->kind == EVENT_STEP || event->kind == EVENT_PATH) && event->path != 0 &&
	    follower->id == event->path;
}

void followers_tell(struct followers *followers, const struct peer_event *event,
    const struct peer *peer, struct mailbox *mailbox)
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
			tell_message(follower, event, peer, mailbox);
		else if (follower->what == FOLLOW_ROSTER && event->kind == EVENT_ROSTER &&
		    follower->id == event->roster)
			tell_roster(follower, event, peer);
	}
	json_decref(described);
}
