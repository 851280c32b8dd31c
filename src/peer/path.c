/*
 * The state machine of one path (ipmsg-punch(7), INTRODUCTION): every change
 * of state goes through set_state(), everything that waits has its due time.
 */
#include <string.h>

#include "peer/core.h"

#define KEEP_SECOND_MS 2100 /* see uplink.c */
#define KEEP_JITTER 15
#define KEEP_LOST_MS 7000
#define RETRIES_MAX 20
#define RETRY_MS 1000 /* without a rest */

/* Denser than a refresh: with three tries a loss of 30 % each way would end one path in eight. */
static const int64_t keep_at[] = {0, 500, 1200, 2200, 3500, 5000};
#define KEEP_TRIES (sizeof keep_at / sizeof *keep_at)
#define KEEP_DOUBTED 3 /* tries without an answer; less, and what gets lost causes too many asks */

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
		.asked = path->asked,
	    });
}

void path_set_state(struct turn *turn, struct path *path, enum path_state state,
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
	path->reasked = false;
	path->renewing = false;
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

static void begin_ask(struct turn *turn, struct path *path)
{
	struct peer *peer = turn->peer;

	rng_bytes(&peer->rng, path->transaction, TRANSACTION_BYTES);
	memset(path->verdicts, 0, sizeof path->verdicts);
	path->choices[0] = '\0';
	path->asks = 0;
	path->asked_of = 0;
	path->challenges = 0;
	path->ask_first = 0;
	path->ask_started = turn->now;
	path->ask_due = turn->now;
	if (!has_registration(peer, turn->now)) {
		for (size_t i = 0; i < peer->uplink_count; i++)
			uplink_hurry(turn, &peer->uplinks[i]);
	}
}

static void ask(struct turn *turn, struct path *path, const struct endpoint *given, bool fresh)
{
	stop_trying(path);
	candidates_clear(path);
	set_given(path, given);
	path->keep_due = DEADLINE_NEVER;
	path->incoming = false;
	path->has_nat = false;
	path->renewing = fresh && sockets_renew(turn);
	begin_ask(turn, path);
	path_set_state(turn, path, PATH_ASKING, REASON_NONE);
	path_ask_tick(turn, path);
	path_schedule(turn->peer, path);
}

void path_ask(struct turn *turn, struct path *path, const struct endpoint *given)
{
	ask(turn, path, given, false);
}

/* A seed knows us by our port, and is written to from one all the time. */
static bool has_failed_here(const struct turn *turn, const struct path *path)
{
	return path->extended && path->failed_at != 0 &&
	    turn->now - path->failed_at < turn->peer->settings.rest &&
	    path->failed_local == socket_current(turn->peer, FAMILY_IP4);
}

void path_ask_anew(struct turn *turn, struct path *path, const struct endpoint *given)
{
	ask(turn, path, given, has_failed_here(turn, path));
}

void path_ask_early(struct turn *turn, struct path *path)
{
	bool failed = has_failed_here(turn, path);

	if (!failed || sockets_renew(turn))
		ask(turn, path, NULL, failed);
}

void path_ask_over(struct turn *turn, struct path *path, enum reason reason)
{
	path->ask_due = DEADLINE_NEVER;
	path->reasked = false;
	if (path->state != PATH_OPEN)
		path_fail(turn, path, reason);
}

/* A socket is to blame only for what went through a router that changes ports. */
static void blame(struct turn *turn, struct path *path, const struct candidate *candidate)
{
	if (candidate == NULL || !candidate_passes_nat(candidate))
		return;
	path->failed_local = candidate->way.local;
	path->failed_at = turn->now;
}

static void note_failure(struct turn *turn, struct path *path)
{
	for (size_t i = 0; i < path->candidate_count; i++) {
		if (path->candidates[i].sent > 0)
			blame(turn, path, &path->candidates[i]);
	}
}

static int64_t end_of_rest(const struct turn *turn)
{
	uint32_t rest = turn->peer->settings.rest;

	return turn->now + (rest > 0 ? rest : RETRY_MS);
}

/* Nothing goes where one has failed, whichever path leads there. */
static void rest_together(struct turn *turn, const struct path *failed)
{
	struct peer *peer = turn->peer;

	for (size_t i = 0; i < peer->path_count; i++) {
		struct path *path = peer->paths[i];

		if (path->retry_due == DEADLINE_NEVER ||
		    !endpoint_equal(&path->tried, &failed->tried))
			continue;
		path->retry_due = end_of_rest(turn);
		path_schedule(peer, path);
	}
}

static void retry_later(struct turn *turn, struct path *path)
{
	if (path->opened && path->retries < RETRIES_MAX) {
		path->retries++;
		path->retry_due = end_of_rest(turn);
	}
	if (path->reason == REASON_NO_ANSWER && path->tried.family != FAMILY_NONE)
		rest_together(turn, path);
}

void path_fail(struct turn *turn, struct path *path, enum reason reason)
{
	stop_trying(path);
	if (reason == REASON_NO_ANSWER || reason == REASON_SILENT)
		note_failure(turn, path);
	candidates_drop(path);
	path->keep_due = DEADLINE_NEVER;
	path->reason = reason;
	retry_later(turn, path);
	path_step(turn, path, STEP_FAILED, NULL);
	path_set_state(turn, path, PATH_FAILED, reason);
	path_schedule(turn->peer, path);
	if (reason == REASON_NO_ANSWER)
		natview_doubt(turn);
	messages_contact_gone(turn, path->id, reason);
	sockets_tidy(turn);
}

void path_close(struct turn *turn, struct path *path)
{
	stop_trying(path);
	candidates_drop(path);
	path->extended = false;
	path->keep_due = DEADLINE_NEVER;
	path->opened = false;
	path->has_session = false;
	path->has_identity = false;
	path_set_state(turn, path, PATH_IDLE, REASON_NONE);
	path_schedule(turn->peer, path);
	messages_contact_gone(turn, path->id, REASON_SILENT);
	sockets_tidy(turn);
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

struct way path_way(const struct path *path)
{
	struct way way = {.at = path->remote, .local = path->local, .has_session = path->has_session};

	memcpy(way.session, path->session, SESSION_BYTES);
	return way;
}

static void lead_to(struct path *path, struct candidate *candidate)
{
	const struct way *way = &candidate->way;

	path->remote = way->at;
	path->local = way->local;
	path->has_session = way->has_session;
	if (way->has_session) {
		memcpy(path->session, way->session, SESSION_BYTES);
		path->extended = true;
	}
	path->began = candidate->began;
	candidate->kept = true;
	candidate->wanted = false;
}

void path_open(struct turn *turn, struct path *path, struct candidate *candidate, bool answered)
{
	bool news = path->state != PATH_OPEN || !endpoint_equal(&path->remote, &candidate->way.at);

	lead_to(path, candidate);
	path->heard = turn->now;
	stop_trying(path);
	path->opened = true;
	path->answered = answered;
	path->leaving = false;
	path->retries = 0;
	path->failed_at = 0;
	keep_later(turn, path, answered ? earliest(KEEP_SECOND_MS, keep_interval(turn->peer)) : 0);
	path_opened(turn, path);
	if (news) {
		path_step(turn, path, STEP_OPEN, &path->remote);
		path_set_state(turn, path, PATH_OPEN, REASON_NONE);
	}
	path_schedule(turn->peer, path);
	messages_path_open(turn, path);
}

void path_check(struct turn *turn, struct path *path)
{
	if (path->keep_tries == 0)
		keep_later(turn, path, 0);
	path_schedule(turn->peer, path);
}

/* While it stays open. */
static void ask_besides(struct turn *turn, struct path *path, bool fresh)
{
	if (path->ask_due != DEADLINE_NEVER)
		return;
	candidates_sweep(path);
	path->renewing = fresh && sockets_renew(turn);
	begin_ask(turn, path);
	path->reasked = true;
}

void path_doubt(struct turn *turn, struct path *path)
{
	keep_later(turn, path, 0);
	if (!path->extended) {
		/* a seed asks nobody back: it is introduced, or stays away */
		path_ask(turn, path, NULL);
	} else {
		ask_besides(turn, path, false);
	}
	path_schedule(turn->peer, path);
}

/*
 * A router of ours with open input that has forgotten us may have taken in what the other sent
 * meanwhile: whatever we send there from the same socket leaves by another port from then on.
 */
static bool may_be_pinned(const struct turn *turn)
{
	return natview_class(turn->peer, FAMILY_IP4).open;
}

void path_redoubt(struct turn *turn, struct path *path)
{
	if (path->state != PATH_OPEN || !path->extended || !may_be_pinned(turn) ||
	    turn->now - path->heard < keep_at[KEEP_DOUBTED])
		return;
	path_check(turn, path);
	ask_besides(turn, path, true);
	path_schedule(turn->peer, path);
}

/* Step 2 of the seed's figure: an entry straight to the address that was given. */
void path_knock(struct turn *turn, struct path *path)
{
	struct way way = {.at = path->given,
	    .local = socket_main(turn->peer, path->given.family)};

	path_send_entry(turn, path, &way, CMD_BR_ENTRY, NULL, 0);
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
		blame(turn, path, candidate_used(path));
		path->reason = REASON_SILENT;
		path_step(turn, path, STEP_FAILED, &path->remote);
		path_ask_anew(turn, path, NULL);
	}
}

static void send_keepalive(struct turn *turn, struct path *path, const struct way *way,
    const uint8_t *transaction)
{
	path_send_entry(turn, path, way, CMD_BR_ENTRY, way->has_session ? transaction : NULL, 0);
}

/* The first one goes besides to a better one that was left since something got lost there. */
static bool is_kept_besides(struct turn *turn, struct path *path,
    const struct candidate *candidate)
{
	if (!candidate->kept)
		return false;
	if (path->keep_tries > 0)
		return path_may_repeat(turn, path, candidate);
	return candidate->state == CANDIDATE_ANSWERED &&
	    candidate_rank(candidate) < path_rank(path);
}

/* The first one may have got lost; but it may be the way, too, and another one be better. */
static void send_keepalives(struct turn *turn, struct path *path)
{
	struct way way = path_way(path);

	send_keepalive(turn, path, &way, path->keep_transaction);
	for (size_t i = 0; i < path->candidate_count; i++) {
		struct candidate *candidate = &path->candidates[i];
		bool used = candidate_is_used(path, candidate);

		if (!used && is_kept_besides(turn, path, candidate))
			send_keepalive(turn, path, &candidate->way, candidate->transaction);
		else if (!used)
			continue;
		candidate->sent++;
		candidate->last = turn->now;
	}
}

/* Who has answered proves anew that he receives there: he may have moved, and not say so. */
static void draw_transactions(struct turn *turn, struct path *path)
{
	rng_bytes(&turn->peer->rng, path->keep_transaction, TRANSACTION_BYTES);
	for (size_t i = 0; i < path->candidate_count; i++) {
		struct candidate *candidate = &path->candidates[i];

		if (candidate->state == CANDIDATE_ANSWERED)
			rng_bytes(&turn->peer->rng, candidate->transaction, TRANSACTION_BYTES);
	}
}

static void keep_tick(struct turn *turn, struct path *path)
{
	if (path->keep_tries > 0 && turn->now - path->keep_started >= KEEP_LOST_MS) {
		lose(turn, path);
		return;
	}
	if (path->keep_tries == 0) {
		path->keep_started = turn->now;
		draw_transactions(turn, path);
		candidates_age(turn, path);
		sockets_tidy(turn);
	}
	if (path->keep_tries == KEEP_DOUBTED && path->extended && path->answered && !path->leaving)
		ask_besides(turn, path, may_be_pinned(turn));
	send_keepalives(turn, path);
	path->keep_tries++;
	path->keep_due = path->keep_started +
	    (path->keep_tries < KEEP_TRIES ? keep_at[path->keep_tries] : KEEP_LOST_MS);
}

void path_kept(struct turn *turn, struct path *path, struct candidate *candidate)
{
	bool moved = !endpoint_equal(&path->remote, &candidate->way.at);
	bool first = !path->answered;

	lead_to(path, candidate);
	path->heard = turn->now;
	path->answered = true;
	if (first)
		path_opened(turn, path);
	path->leaving = false;
	if (path->reasked)
		path_ask_over(turn, path, REASON_NONE);
	keep_later(turn, path, keep_interval(turn->peer));
	if (moved) {
		path_step(turn, path, STEP_OPEN, &path->remote);
		path_tell(turn, path);
		sockets_tidy(turn);
	}
	path_schedule(turn->peer, path);
	/* what it takes is known now */
	if (first)
		messages_path_open(turn, path);
}

void path_tick(struct turn *turn, struct path *path)
{
	/* each of these may end in the path's failure, none in its removal */
	if (turn->now >= path->retry_due)
		path_ask(turn, path, NULL);
	if (turn->now >= path->ask_due)
		path_ask_tick(turn, path);
	if (turn->now >= path->punch_due)
		path_punch_tick(turn, path);
	if (turn->now >= path->keep_due)
		keep_tick(turn, path);
	path_schedule(turn->peer, path);
}
