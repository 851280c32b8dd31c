/* The table of a path's candidates, and how they are shown. */
#include "peer/candidates.h"

#include <string.h>

#include "peer/core.h"

/* Who has chosen another one than we have keeps it open more often than that. */
#define KEPT_MS 60000
#define KEPT_REFRESHES 3

static bool is_at(const struct way *way, const struct endpoint *at, uint16_t local)
{
	return way->local == local && endpoint_equal(&way->at, at);
}

/* Two introductions that cross have a session each: either has to be known when it comes. */
struct candidate *candidate_find(struct path *path, const struct endpoint *at, uint16_t local,
    const uint8_t *session)
{
	for (size_t i = 0; i < path->candidate_count; i++) {
		struct candidate *candidate = &path->candidates[i];
		const struct way *way = &candidate->way;

		if (is_at(way, at, local) &&
		    (session == NULL || !way->has_session ||
			memcmp(way->session, session, SESSION_BYTES) == 0))
			return candidate;
	}
	return NULL;
}

static bool is_rather_spared(const struct candidate *candidate, const struct candidate *than)
{
	return than == NULL || candidate->state < than->state ||
	    (candidate->state == than->state && candidate->heard < than->heard);
}

static struct candidate *spare_place(struct path *path)
{
	struct candidate *spare = NULL;

	if (path->candidate_count < PATH_CANDIDATES_MAX)
		return &path->candidates[path->candidate_count++];
	for (size_t i = 0; i < path->candidate_count; i++) {
		struct candidate *candidate = &path->candidates[i];

		if (candidate_is_used(path, candidate))
			continue;
		if (!candidate_lives(candidate))
			return candidate;
		/* those seen by supernodes, or given, stay */
		if ((candidate->kind == CANDIDATE_LOCAL || candidate->kind == CANDIDATE_REFLEXIVE) &&
		    is_rather_spared(candidate, spare))
			spare = candidate;
	}
	return spare;
}

/* When the introduction of that session was first heard of. */
static int64_t session_began(const struct path *path, const struct way *way, int64_t now)
{
	int64_t began = now;

	for (size_t i = 0; way->has_session && i < path->candidate_count; i++) {
		const struct candidate *candidate = &path->candidates[i];

		if (candidate->way.has_session && candidate->began < began &&
		    memcmp(candidate->way.session, way->session, SESSION_BYTES) == 0)
			began = candidate->began;
	}
	return began;
}

struct candidate *candidate_note(struct turn *turn, struct path *path, const struct way *way,
    enum candidate_kind kind)
{
	struct candidate *candidate =
	    candidate_find(path, &way->at, way->local, way->has_session ? way->session : NULL);

	if (candidate == NULL) {
		int64_t began = session_began(path, way, turn->now);

		candidate = spare_place(path);
		if (candidate == NULL)
			return NULL;
		*candidate = (struct candidate){
		    .way = *way,
		    .kind = kind,
		    .began = began,
		    .due = DEADLINE_NEVER,
		    .rtt = -1,
		};
		rng_bytes(&turn->peer->rng, candidate->transaction, TRANSACTION_BYTES);
	}
	if (way->has_session)
		candidate->way = *way;
	return candidate;
}

bool candidate_is_used(const struct path *path, const struct candidate *candidate)
{
	const struct way *way = &candidate->way;

	return is_at(way, &path->remote, path->local) && path->has_session == way->has_session &&
	    (!way->has_session || memcmp(way->session, path->session, SESSION_BYTES) == 0);
}

struct candidate *candidate_used(struct path *path)
{
	for (size_t i = 0; i < path->candidate_count; i++) {
		if (candidate_is_used(path, &path->candidates[i]))
			return &path->candidates[i];
	}
	return NULL;
}

enum rank { RANK_LOCAL, RANK_IP6, RANK_IP4 };

int candidate_rank(const struct candidate *candidate)
{
	const struct endpoint *at = &candidate->way.at;

	if (candidate->kind == CANDIDATE_LOCAL ||
	    (candidate->kind == CANDIDATE_REFLEXIVE && candidate->inside))
		return RANK_LOCAL;
	return at->family == FAMILY_IP6 ? RANK_IP6 : RANK_IP4;
}

bool candidate_passes_nat(const struct candidate *candidate)
{
	return candidate_rank(candidate) == RANK_IP4;
}

int path_rank(const struct path *path)
{
	for (size_t i = 0; i < path->candidate_count; i++) {
		if (candidate_is_used(path, &path->candidates[i]))
			return candidate_rank(&path->candidates[i]);
	}
	return path->remote.family == FAMILY_IP6 ? RANK_IP6 : RANK_IP4;
}

bool candidates_share_router(const struct path *path, const struct peer_nat_status *own)
{
	for (size_t i = 0; own->translated && i < path->candidate_count; i++) {
		const struct candidate *candidate = &path->candidates[i];

		if (candidate->kind == CANDIDATE_OBSERVED &&
		    endpoint_same_address(&candidate->way.at, &own->observed))
			return true;
	}
	return false;
}

void candidates_clear(struct path *path)
{
	path->candidate_count = 0;
}

void candidates_sweep(struct path *path)
{
	size_t n = 0;

	for (size_t i = 0; i < path->candidate_count; i++) {
		if (candidate_lives(&path->candidates[i]))
			path->candidates[n++] = path->candidates[i];
	}
	path->candidate_count = n;
}

void candidates_drop(struct path *path)
{
	for (size_t i = 0; i < path->candidate_count; i++) {
		struct candidate *candidate = &path->candidates[i];

		candidate->tried = false;
		candidate->kept = false;
		candidate->due = DEADLINE_NEVER;
	}
}

static bool is_of_session(const struct way *way, const uint8_t *session)
{
	if (!way->has_session || session == NULL)
		return !way->has_session && session == NULL;
	return memcmp(way->session, session, SESSION_BYTES) == 0;
}

void candidates_forgo(struct path *path, const uint8_t *session)
{
	for (size_t i = 0; i < path->candidate_count; i++) {
		struct candidate *candidate = &path->candidates[i];

		if (candidate->begun || !is_of_session(&candidate->way, session))
			continue;
		candidate->tried = false;
		candidate->due = DEADLINE_NEVER;
	}
}

void candidates_age(struct turn *turn, struct path *path)
{
	int64_t refreshes = turn->peer->settings.refresh * 1000LL * KEPT_REFRESHES;
	int64_t kept = refreshes > KEPT_MS ? refreshes : KEPT_MS;

	for (size_t i = 0; i < path->candidate_count; i++) {
		struct candidate *candidate = &path->candidates[i];

		if (turn->now - candidate->heard > kept && !candidate_is_used(path, candidate))
			candidate->kept = false;
	}
}

const char *candidate_kind_name(enum candidate_kind kind)
{
	static const char *const names[CANDIDATE_KINDS] = {"observed", "local", "given", "reflexive"};

	return names[kind];
}

const char *candidate_state_name(enum candidate_state state)
{
	static const char *const names[CANDIDATE_STATES] = {"unheard", "heard", "answered"};

	return names[state];
}

/* One endpoint may have several sessions; it is shown once, at its first place. */
static bool is_shown_before(const struct path *path, size_t place)
{
	for (size_t i = 0; i < place; i++) {
		if (endpoint_equal(&path->candidates[i].way.at, &path->candidates[place].way.at))
			return true;
	}
	return false;
}

static void describe(const struct path *path, size_t place, struct peer_candidate_status *status)
{
	const struct candidate *first = &path->candidates[place];

	*status = (struct peer_candidate_status){
	    .at = first->way.at, .kind = first->kind, .rtt = -1};
	for (size_t i = place; i < path->candidate_count; i++) {
		const struct candidate *candidate = &path->candidates[i];

		if (!endpoint_equal(&candidate->way.at, &first->way.at))
			continue;
		if (candidate->state > status->state)
			status->state = candidate->state;
		if (candidate->rtt >= 0)
			status->rtt = candidate->rtt;
		status->sent += candidate->sent;
	}
	status->used =
	    path->state == PATH_OPEN && endpoint_equal(&path->remote, &first->way.at);
}

bool peer_candidate(const struct peer *peer, uint32_t id, unsigned index,
    struct peer_candidate_status *status)
{
	const struct path *path = path_by_id(peer, id);

	for (size_t i = 0; path != NULL && i < path->candidate_count; i++) {
		if (!is_shown_before(path, i) && index-- == 0) {
			describe(path, i, status);
			return true;
		}
	}
	return false;
}

bool peer_is_settled(const struct peer *peer, uint32_t id)
{
	const struct path *path = path_by_id(peer, id);

	for (size_t i = 0; path != NULL && i < path->candidate_count; i++) {
		const struct candidate *candidate = &path->candidates[i];

		if (candidate_is_used(path, candidate)) {
			if (candidate->state != CANDIDATE_ANSWERED)
				return false;
		} else if (candidate->tried && candidate->due != DEADLINE_NEVER &&
		    candidate_rank(candidate) < path_rank(path)) {
			return false;
		}
	}
	return true;
}
