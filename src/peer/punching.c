/*
 * The checks of a path's candidates (ipmsg-punch(7), INTRODUCTION): an opener
 * and punches to each, all at once; what is heard and answered opens the path,
 * or makes it go over to a better one.
 */
#include <string.h>

#include "peer/core.h"
#include "peer/tactic.h"

#define OPENER_LEAD_MS 20 /* the opener leaves our NAT before the first punch follows */
#define PUNCH_EVERY_MS 100
#define PUNCH_JITTER 25
#define PUNCH_FOR_MS 3000
#define PUNCH_LOST_MS 4000
#define SEED_LOST_MS 190000  /* as long as a router may keep what the one entry has opened */
#define BETTER_FOR_MS 1000 /* after the path opened */
#define HEARSAY_MS 500	   /* between checks of what only the other's packets lead to */

/* Where no NAT has to be opened, or nobody told us of it: spread over what an order may be late. */
static const int64_t few_at[] = {0, 200, 800};
#define FEW (sizeof few_at / sizeof *few_at)

static bool is_few(const struct candidate *candidate)
{
	return candidate->kind == CANDIDATE_LOCAL || candidate->kind == CANDIDATE_REFLEXIVE;
}

static bool is_newer(const struct path *path, const struct candidate *candidate)
{
	return path->reasked || candidate->began - path->began >= INTRODUCTION_MS;
}

static bool is_in_place(const struct path *path, const struct candidate *candidate)
{
	return candidate->way.local == path->local &&
	    endpoint_equal(&candidate->way.at, &path->remote);
}

/* Whether the path might go over to it. */
static bool is_worth_checking(const struct path *path, const struct candidate *candidate)
{
	if (path->state != PATH_OPEN)
		return true;
	if (candidate->state == CANDIDATE_ANSWERED)
		return false;
	if (is_newer(path, candidate))
		return true;
	/* that one was heard does not say that it hears us: a lesser one may be the only way */
	return !is_in_place(path, candidate) &&
	    (!path->answered || candidate_rank(candidate) <= path_rank(path));
}

/* One of a seed that is not punched: the one entry to it may be answered late. */
static bool is_waited_for(const struct candidate *candidate)
{
	return !candidate->begun && !candidate->way.has_session;
}

void path_try(struct turn *turn, struct path *path, const struct way *way,
    enum candidate_kind kind)
{
	struct candidate *candidate = candidate_note(turn, path, way, kind);

	if (candidate == NULL)
		return;
	if (candidate->tried) {
		if (is_waited_for(candidate))
			candidate->began = turn->now;
		return;
	}
	if (kind != CANDIDATE_REFLEXIVE)
		candidate->kind = kind;
	if (!path_is_tried(path))
		path->tried = way->at;
	if (!candidate->kept)
		candidate->state = CANDIDATE_UNHEARD;
	candidate->tried = true;
	candidate->begun = false;
	candidate->punched = false;
	candidate->sent = 0;
	candidate->began = turn->now;
	candidate->until = turn->now + PUNCH_FOR_MS;
	path->punch_due = turn->now;
}

bool path_is_tried(const struct path *path)
{
	for (size_t i = 0; i < path->candidate_count; i++) {
		if (path->candidates[i].tried)
			return true;
	}
	return false;
}

static bool has_other_way(const struct path *path)
{
	for (size_t i = 0; i < path->candidate_count; i++) {
		const struct candidate *candidate = &path->candidates[i];

		if (candidate->tried &&
		    (candidate->kind == CANDIDATE_LOCAL ||
			candidate->way.at.family == FAMILY_IP6))
			return true;
	}
	return false;
}

struct tactic path_tactic(const struct peer *peer, const struct path *path, bool incoming)
{
	struct peer_nat_status own = {0};
	struct pair pair = {
	    .incoming = incoming,
	    .other_way = has_other_way(path),
	    .opener_ttl = peer->settings.opener_ttl,
	    .private_hops = peer->private_hops,
	};

	if (peer_nat(peer, FAMILY_IP4, &own)) {
		pair.own = own.nat;
		pair.same_router = candidates_share_router(path, &own);
	}
	if (path->has_nat)
		pair.other = path->nat;
	return tactic_for(&pair);
}

static void begin(struct turn *turn, struct path *path, struct candidate *candidate,
    const struct tactic *tactic)
{
	candidate->begun = true;
	candidate->began = turn->now;
	candidate->until = turn->now + PUNCH_FOR_MS;
	candidate->due = turn->now;
	if (is_few(candidate))
		return;
	if (tactic->opener_ttl > 0) {
		path_send_entry(turn, path, &candidate->way, CMD_BR_ENTRY, NULL,
		    tactic->opener_ttl);
		candidate->sent++;
		path_step(turn, path, STEP_OPENER, &candidate->way.at);
		candidate->due = turn->now + OPENER_LEAD_MS;
	}
	if (tactic->hold && candidate->way.at.family == FAMILY_IP4)
		candidate->due = turn->now + TACTIC_HOLD_MS;
}

/* A keepalive of an open path goes on while it is punched anew. */
void path_punch(struct turn *turn, struct path *path, bool incoming)
{
	struct tactic tactic = path_tactic(turn->peer, path, incoming);

	if (path->state != PATH_OPEN && path->state != PATH_PUNCHING)
		path_set_state(turn, path, PATH_PUNCHING, REASON_NONE);
	for (size_t i = 0; i < path->candidate_count; i++) {
		struct candidate *candidate = &path->candidates[i];

		if (candidate->tried && !candidate->begun && is_worth_checking(path, candidate))
			begin(turn, path, candidate, &tactic);
	}
	path_plan_checks(turn, path);
	path_schedule(turn->peer, path);
}

static void punch(struct turn *turn, struct path *path, struct candidate *candidate)
{
	int64_t since = turn->now - candidate->began;
	size_t next = 0;

	path_send_check(turn, path, candidate);
	peer_bump(turn->peer, PEER_PUNCHES);
	candidate->sent++;
	candidate->last = turn->now;
	if (!candidate->punched) {
		candidate->punched = true;
		path_step(turn, path, STEP_PUNCHED, &candidate->way.at);
	}
	candidate->due = turn->now + peer_jitter(turn->peer, PUNCH_EVERY_MS, PUNCH_JITTER);
	if (!is_few(candidate))
		return;
	while (next < FEW && few_at[next] <= since)
		next++;
	candidate->due = next < FEW && candidate->sent < FEW ? candidate->began + few_at[next]
							       : DEADLINE_NEVER;
}

static int64_t end_of(const struct candidate *candidate)
{
	return candidate->began + (is_waited_for(candidate) ? SEED_LOST_MS : PUNCH_LOST_MS);
}

static void check(struct turn *turn, struct path *path, struct candidate *candidate)
{
	if (turn->now >= end_of(candidate))
		candidate->tried = false;
	else if (turn->now < candidate->due)
		return;
	else if (turn->now < candidate->until && is_worth_checking(path, candidate))
		punch(turn, path, candidate);
	else
		candidate->due = DEADLINE_NEVER;
}

void path_plan_checks(struct turn *turn, struct path *path)
{
	path->punch_due = DEADLINE_NEVER;
	for (size_t i = 0; i < path->candidate_count; i++) {
		const struct candidate *candidate = &path->candidates[i];
		int64_t end = end_of(candidate);
		int64_t due = candidate->due < end ? candidate->due : end;

		if (candidate->tried && due < path->punch_due)
			path->punch_due = due;
	}
}

bool path_is_checked(const struct path *path)
{
	for (size_t i = 0; i < path->candidate_count; i++) {
		if (path->candidates[i].tried && !is_waited_for(&path->candidates[i]))
			return true;
	}
	return false;
}

/* Nobody here wanted it, and another one is open to there: of the same introduction, it seems. */
static bool is_spare(const struct peer *peer, const struct path *path)
{
	const struct path *there = path_by_endpoint(peer, &path->tried);

	return path->incoming && !path->opened && path->wanted[0] == '\0' && there != NULL &&
	    there != path && there->state == PATH_OPEN;
}

void path_punch_tick(struct turn *turn, struct path *path)
{
	for (size_t i = 0; i < path->candidate_count; i++) {
		if (path->candidates[i].tried)
			check(turn, path, &path->candidates[i]);
	}
	path_plan_checks(turn, path);
	if (path->state != PATH_PUNCHING || path_is_checked(path))
		return;
	if (is_spare(turn->peer, path))
		path_close(turn, path);
	else
		path_fail(turn, path, REASON_NO_ANSWER);
}

void path_opened(struct turn *turn, struct path *path)
{
	candidates_age(turn, path);
	for (size_t i = 0; i < path->candidate_count; i++) {
		struct candidate *candidate = &path->candidates[i];

		/* a seed's have no session by which a late punch could be told from a stranger's */
		if (!candidate->way.has_session)
			candidate->tried = false;
		if (!path->answered)
			continue;
		if (candidate_rank(candidate) >= path_rank(path))
			candidate->due = DEADLINE_NEVER;
		else if (candidate->until > turn->now + BETTER_FOR_MS)
			candidate->until = turn->now + BETTER_FOR_MS;
	}
	path_plan_checks(turn, path);
}

/* Under which session two go on that know several for the same endpoints: both the same. */
static bool is_better_session(const struct path *path, const struct candidate *candidate)
{
	int64_t later = candidate->began - path->began;

	if (!path->has_session || !candidate->way.has_session)
		return !path->has_session;
	if (later >= INTRODUCTION_MS || later <= -INTRODUCTION_MS)
		return later > 0;
	return memcmp(candidate->way.session, path->session, SESSION_BYTES) < 0;
}

/* Who bears our session may still lie about where it is: not many are written to for that. */
static bool may_check(const struct turn *turn, struct path *path,
    const struct candidate *candidate)
{
	if (candidate->kind != CANDIDATE_REFLEXIVE)
		return true;
	if (path->hearsay != 0 && turn->now - path->hearsay < HEARSAY_MS)
		return false;
	path->hearsay = turn->now;
	return true;
}

bool path_may_repeat(const struct turn *turn, struct path *path,
    const struct candidate *candidate)
{
	if (candidate->state == CANDIDATE_ANSWERED || candidate->kind == CANDIDATE_OBSERVED)
		return true;
	return candidate->sent < FEW && may_check(turn, path, candidate);
}

static void check_once(struct turn *turn, struct path *path, struct candidate *candidate)
{
	path_send_check(turn, path, candidate);
	candidate->sent++;
	candidate->last = turn->now;
}

/* A better one is found by an answer only: that it is heard does not say that it hears us. */
bool path_heard(struct turn *turn, struct path *path, struct candidate *candidate, bool keeps)
{
	if (path->state != PATH_OPEN ||
	    (!candidate_is_used(path, candidate) && is_in_place(path, candidate) &&
		is_better_session(path, candidate))) {
		path_open(turn, path, candidate, false);
		return true;
	}
	if (is_in_place(path, candidate))
		return false;
	/* one that the other has chosen is as good as ours: one choice is better than two */
	if (keeps && candidate_rank(candidate) == path_rank(path)) {
		if (!may_check(turn, path, candidate))
			return false;
		candidate->wanted = true;
		check_once(turn, path, candidate);
	} else if (!candidate->tried && is_worth_checking(path, candidate) &&
	    may_check(turn, path, candidate)) {
		path_try(turn, path, &candidate->way, CANDIDATE_REFLEXIVE);
		path_punch(turn, path, true);
	}
	return false;
}

/* Whether nothing has come by the way in use since that one was there. */
static bool is_silent_since(struct path *path, const struct candidate *candidate)
{
	const struct candidate *used = candidate_used(path);

	return used == NULL || used->heard < candidate->began;
}

static bool takes_over(struct path *path, const struct candidate *candidate)
{
	int rank = candidate_rank(candidate), used = path_rank(path);

	if (is_in_place(path, candidate))
		return is_better_session(path, candidate);
	if (!path->answered || (rank == used && candidate->wanted))
		return true;
	return rank < used || (is_newer(path, candidate) && is_silent_since(path, candidate));
}

bool path_confirmed(struct turn *turn, struct path *path, struct candidate *candidate)
{
	if (path->state != PATH_OPEN ||
	    (!candidate_is_used(path, candidate) && takes_over(path, candidate))) {
		path_open(turn, path, candidate, true);
		return true;
	}
	if (candidate_is_used(path, candidate) && !path->answered) {
		path->answered = true;
		path_opened(turn, path);
		messages_path_open(turn, path);
	}
	return false;
}
