/*
 * The state machine of one path (ipmsg-punch(7), INTRODUCTION): every change
 * of state goes through set_state(), everything that waits has its due time.
 */
#include <string.h>

#include "peer/core.h"

#define OPENER_LEAD_MS 20   /* the opener leaves our NAT before the first punch follows */
#define PUNCH_EVERY_MS 100
#define PUNCH_JITTER 25
#define PUNCH_FOR_MS 3000
#define PUNCH_LOST_MS 4000
#define KEEP_SECOND_MS 2100 /* see uplink.c */
#define KEEP_JITTER 15
#define KEEP_LOST_MS 7000
#define REST_MS 190000LL
#define RETRIES_MAX 20

/* Denser than a refresh: with three tries a loss of 30 % each way would end one path in eight. */
static const int64_t keep_at[] = {0, 500, 1200, 2200, 3500, 5000};
#define KEEP_TRIES (sizeof keep_at / sizeof *keep_at)

static int64_t earliest(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

void path_schedule(struct peer *peer, struct path *path)
{
	int64_t due = earliest(earliest(path->ask_due, path->punch_due),
	    earliest(path->keep_due, path->retry_due));

	if (due == DEADLINE_NEVER)
		heap_remove(&peer->timers, &path->timer);
	else
		heap_put(&peer->timers, &path->timer, due);
}

static const char *shown_name(const struct path *path)
{
	return path->name[0] != '\0' ? path->name : path->wanted;
}

void path_step(struct turn *turn, struct path *path, enum step step, const struct endpoint *at)
{
	struct peer_event event = {
	    .kind = EVENT_STEP,
	    .now = turn->now,
	    .path = path->id,
	    .name = shown_name(path),
	    .step = step,
	    .reason = path->reason,
	    .incoming = path->incoming,
	};

	if (at != NULL)
		event.at = *at;
	peer_tell(turn->peer, &event);
}

void path_tell(struct turn *turn, const struct path *path)
{
	peer_tell(turn->peer,
	    &(struct peer_event){
		.kind = EVENT_PATH,
		.now = turn->now,
		.path = path->id,
		.name = shown_name(path),
		.path_state = path->state,
		.reason = path->reason,
		.at = path->remote.family != FAMILY_NONE ? path->remote : path->tried,
		.incoming = path->incoming,
	    });
}

static void set_state(struct turn *turn, struct path *path, enum path_state state,
    enum reason reason)
{
	path->state = state;
	path->reason = reason;
	path->since = turn->now;
	path_tell(turn, path);
}

static void stop_trying(struct path *path)
{
	path->ask_due = DEADLINE_NEVER;
	path->punch_due = DEADLINE_NEVER;
	path->retry_due = DEADLINE_NEVER;
	path->attempt_count = 0;
	path->has_given = false;
}

static bool has_registration(const struct peer *peer, int64_t now)
{
	for (size_t i = 0; i < peer->uplink_count; i++) {
		if (uplink_usable(&peer->uplinks[i], now))
			return true;
	}
	return false;
}

/* Where a seed was heard of before is as good as an address that a person gives. */
static void set_given(struct path *path, const struct endpoint *given)
{
	if (given != NULL) {
		path->given = *given;
		path->has_given = true;
	} else if (path->opened && !path->extended) {
		path->given = path->remote;
		path->has_given = true;
	}
}

void path_ask(struct turn *turn, struct path *path, const struct endpoint *given)
{
	struct peer *peer = turn->peer;

	stop_trying(path);
	set_given(path, given);
	rng_bytes(&peer->rng, path->transaction, TRANSACTION_BYTES);
	memset(path->verdicts, 0, sizeof path->verdicts);
	path->choices[0] = '\0';
	path->keep_due = DEADLINE_NEVER;
	path->asks = 0;
	path->challenges = 0;
	path->ask_first = 0;
	path->ask_started = turn->now;
	path->ask_due = turn->now;
	path->incoming = false;
	if (!has_registration(peer, turn->now)) {
		for (size_t i = 0; i < peer->uplink_count; i++)
			uplink_hurry(turn, &peer->uplinks[i]);
	}
	set_state(turn, path, PATH_ASKING, REASON_NONE);
	path_ask_tick(turn, path);
	path_schedule(peer, path);
}

void path_fail(struct turn *turn, struct path *path, enum reason reason)
{
	stop_trying(path);
	path->keep_due = DEADLINE_NEVER;
	path->reason = reason;
	if (path->opened && path->retries < RETRIES_MAX) {
		path->retries++;
		path->retry_due = turn->now + REST_MS;
	}
	path_step(turn, path, STEP_FAILED, NULL);
	set_state(turn, path, PATH_FAILED, reason);
	path_schedule(turn->peer, path);
	messages_contact_gone(turn, path->id, reason);
}

void path_close(struct turn *turn, struct path *path)
{
	stop_trying(path);
	path->extended = false;
	path->keep_due = DEADLINE_NEVER;
	path->opened = false;
	path->has_session = false;
	path->has_identity = false;
	set_state(turn, path, PATH_IDLE, REASON_NONE);
	path_schedule(turn->peer, path);
}

static void keep_later(struct turn *turn, struct path *path, int64_t wait)
{
	path->keep_tries = 0;
	path->keep_due = turn->now + wait;
}

static int64_t keep_interval(struct peer *peer)
{
	return peer_jitter(peer, peer->settings.refresh * 1000LL, KEEP_JITTER);
}

void path_open(struct turn *turn, struct path *path, const struct endpoint *from,
    const uint8_t *session, bool answered)
{
	bool news = path->state != PATH_OPEN || !endpoint_equal(&path->remote, from);

	path->remote = *from;
	path->heard = turn->now;
	path->has_session = session != NULL;
	if (session != NULL) {
		memcpy(path->session, session, SESSION_BYTES);
		path->extended = true;
	}
	/* while it is only heard, the other may go by another session of the same introduction */
	size_t known = answered ? 0 : path->attempt_count;

	stop_trying(path);
	path->attempt_count = known;
	path->opened = true;
	path->answered = answered;
	path->leaving = false;
	path->retries = 0;
	keep_later(turn, path, answered ? earliest(KEEP_SECOND_MS, keep_interval(turn->peer)) : 0);
	if (news) {
		path_step(turn, path, STEP_OPEN, from);
		set_state(turn, path, PATH_OPEN, REASON_NONE);
	}
	path_schedule(turn->peer, path);
	messages_path_open(turn, path);
}

/* Two introductions that cross have a session each: either has to be known when it comes. */
static struct attempt *find_attempt(struct path *path, const struct endpoint *at,
    const uint8_t *session)
{
	for (size_t i = 0; i < path->attempt_count; i++) {
		struct attempt *attempt = &path->attempts[i];

		if (endpoint_equal(&attempt->at, at) &&
		    (session == NULL || !attempt->has_session ||
			memcmp(attempt->session, session, SESSION_BYTES) == 0))
			return attempt;
	}
	return NULL;
}

void path_try(struct turn *turn, struct path *path, const struct endpoint *at,
    const uint8_t *session)
{
	struct attempt *attempt = find_attempt(path, at, session);

	if (attempt == NULL) {
		/* the first ones stay: they were told by supernodes */
		if (path->attempt_count == PATH_TRIES_MAX)
			return;
		if (path->attempt_count == 0)
			path->tried = *at;
		attempt = &path->attempts[path->attempt_count++];
		*attempt = (struct attempt){.at = *at};
	}
	if (session != NULL) {
		attempt->has_session = true;
		memcpy(attempt->session, session, SESSION_BYTES);
	}
}

/* A keepalive of an open path goes on while it is punched anew. */
void path_punch(struct turn *turn, struct path *path)
{
	struct peer *peer = turn->peer;

	if (path->punch_due != DEADLINE_NEVER)
		return;
	path->punch_started = turn->now;
	path->punch_due = turn->now;
	if (path->state != PATH_OPEN)
		set_state(turn, path, PATH_PUNCHING, REASON_NONE);
	if (peer->settings.opener_ttl > 0) {
		for (size_t i = 0; i < path->attempt_count; i++) {
			const struct attempt *attempt = &path->attempts[i];

			path_send_entry(turn, path, &attempt->at, CMD_BR_ENTRY,
			    attempt->has_session ? attempt->session : NULL, NULL,
			    peer->settings.opener_ttl);
			path_step(turn, path, STEP_OPENER, &attempt->at);
		}
		path->punch_due = turn->now + OPENER_LEAD_MS;
	}
	path_schedule(peer, path);
}

static void punch_once(struct turn *turn, struct path *path)
{
	for (size_t i = 0; i < path->attempt_count; i++) {
		struct attempt *attempt = &path->attempts[i];

		path_send_entry(turn, path, &attempt->at, CMD_BR_ENTRY,
		    attempt->has_session ? attempt->session : NULL, NULL, 0);
		peer_bump(turn->peer, PEER_PUNCHES);
		if (!attempt->punched) {
			attempt->punched = true;
			path_step(turn, path, STEP_PUNCHED, &attempt->at);
		}
	}
}

/* Nobody here wanted it, and another one is open to there: of the same introduction, it seems. */
static bool is_spare(const struct peer *peer, const struct path *path)
{
	const struct path *there = path_by_endpoint(peer, &path->tried);

	return path->incoming && !path->opened && path->wanted[0] == '\0' && there != NULL &&
	    there != path && there->state == PATH_OPEN;
}

static void punch_tick(struct turn *turn, struct path *path)
{
	int64_t since = turn->now - path->punch_started;

	if (since < PUNCH_FOR_MS) {
		punch_once(turn, path);
		path->punch_due =
		    turn->now + peer_jitter(turn->peer, PUNCH_EVERY_MS, PUNCH_JITTER);
	} else if (since < PUNCH_LOST_MS) {
		path->punch_due = path->punch_started + PUNCH_LOST_MS;
	} else if (path->state == PATH_OPEN) {
		/* it did not get better, but neither worse */
		path->punch_due = DEADLINE_NEVER;
	} else if (is_spare(turn->peer, path)) {
		path_close(turn, path);
	} else {
		path_fail(turn, path, REASON_NO_ANSWER);
	}
}

void path_check(struct turn *turn, struct path *path)
{
	if (path->keep_tries == 0)
		keep_later(turn, path, 0);
	path_schedule(turn->peer, path);
}

/* Step 2 of the seed's figure: an entry straight to the address that was given. */
void path_knock(struct turn *turn, struct path *path)
{
	path_send_entry(turn, path, &path->given, CMD_BR_ENTRY, NULL, NULL, 0);
	path_step(turn, path, STEP_KNOCKED, &path->given);
}

/* What was open and went silent is asked for anew; what never answered was open one way only. */
static void lose(struct turn *turn, struct path *path)
{
	path->keep_due = DEADLINE_NEVER;
	if (path->leaving) {
		path_close(turn, path);
	} else if (!path->answered) {
		path->opened = false;
		path_fail(turn, path, REASON_NO_ANSWER);
	} else {
		path->reason = REASON_SILENT;
		path_step(turn, path, STEP_FAILED, &path->remote);
		path_ask(turn, path, NULL);
	}
}

static void keep_tick(struct turn *turn, struct path *path)
{
	struct peer *peer = turn->peer;

	if (path->keep_tries > 0 && turn->now - path->keep_started >= KEEP_LOST_MS) {
		lose(turn, path);
		return;
	}
	if (path->keep_tries == 0) {
		if (path->answered && path->punch_due == DEADLINE_NEVER)
			path->attempt_count = 0;
		path->keep_started = turn->now;
		rng_bytes(&peer->rng, path->keep_transaction, TRANSACTION_BYTES);
	}
	path_send_entry(turn, path, &path->remote, CMD_BR_ENTRY,
	    path->has_session ? path->session : NULL,
	    path->has_session ? path->keep_transaction : NULL, 0);
	path->keep_tries++;
	path->keep_due = path->keep_started +
	    (path->keep_tries < KEEP_TRIES ? keep_at[path->keep_tries] : KEEP_LOST_MS);
}

void path_kept(struct turn *turn, struct path *path, const struct endpoint *from)
{
	path->heard = turn->now;
	path->remote = *from;
	path->answered = true;
	path->leaving = false;
	if (path->keep_tries > 0)
		keep_later(turn, path, keep_interval(turn->peer));
	path_schedule(turn->peer, path);
}

void path_tick(struct turn *turn, struct path *path)
{
	/* each of these may end in the path's failure, none in its removal */
	if (turn->now >= path->retry_due)
		path_ask(turn, path, NULL);
	if (turn->now >= path->ask_due)
		path_ask_tick(turn, path);
	if (turn->now >= path->punch_due)
		punch_tick(turn, path);
	if (turn->now >= path->keep_due)
		keep_tick(turn, path);
	path_schedule(turn->peer, path);
}
