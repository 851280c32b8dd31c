/* The table of paths: finding them, making room, and two that turn out to be one. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "peer/core.h"

struct path *path_by_id(const struct peer *peer, uint32_t id)
{
	for (size_t i = 0; i < peer->path_count; i++) {
		if (peer->paths[i]->id == id)
			return peer->paths[i];
	}
	return NULL;
}

static bool is_joined(const char *name, const char *nick, const char *place)
{
	size_t n = strlen(nick);

	return strncmp(name, nick, n) == 0 && name[n] == '@' && strcmp(name + n + 1, place) == 0;
}

/* By the whole name or the nick before its place, which may have an '@' itself. */
static bool is_introduced_as(const struct path *path, const char *name)
{
	const char *place = strrchr(path->introduced, '@');
	size_t nick = place != NULL ? (size_t)(place - path->introduced) : 0;

	return strcmp(path->introduced, name) == 0 ||
	    (strlen(name) == nick && nick > 0 && strncmp(path->introduced, name, nick) == 0);
}

/* As names are matched by a supernode: nick, nick@group, without a group nick@host. */
static bool is_called(const struct path *path, const char *name)
{
	if (path->introduced[0] != '\0')
		return is_introduced_as(path, name);
	if (path->nick[0] == '\0')
		return strcmp(path->wanted, name) == 0;
	return strcmp(path->nick, name) == 0 ||
	    is_joined(name, path->nick, path->group[0] != '\0' ? path->group : path->host);
}

bool path_may_be(const struct path *path, struct span name)
{
	char text[PATH_NAME_MAX];

	if (path->introduced[0] == '\0' && path->nick[0] == '\0')
		return true;
	utf8_repair(name, text, sizeof text);
	return is_called(path, text);
}

/* Whoever merely sent us an entry has no claim to a name: a supernode is asked for that. */
static bool is_stranger(const struct path *path)
{
	return !path->opened && path->wanted[0] == '\0' && !path_is_tried(path);
}

/* Of two that are called so: the open one, the one asked for by that name, the one heard last. */
static bool is_rather_meant(const struct path *path, const struct path *than, const char *name)
{
	bool open = path->state == PATH_OPEN, wanted = path_is_wanted(path, name);

	if (open != (than->state == PATH_OPEN))
		return open;
	if (wanted != path_is_wanted(than, name))
		return wanted;
	return path->heard > than->heard;
}

struct path *path_by_name(const struct peer *peer, const char *name)
{
	struct path *best = NULL;

	for (size_t i = 0; i < peer->path_count; i++) {
		struct path *path = peer->paths[i];

		if (is_stranger(path) || !is_called(path, name))
			continue;
		if (best == NULL || is_rather_meant(path, best, name))
			best = path;
	}
	return best;
}

static bool has_session(const struct path *path, const uint8_t session[SESSION_BYTES])
{
	if (path->has_session && memcmp(path->session, session, SESSION_BYTES) == 0)
		return true;
	for (size_t i = 0; i < path->candidate_count; i++) {
		const struct candidate *candidate = &path->candidates[i];

		if (candidate_lives(candidate) && candidate->way.has_session &&
		    memcmp(candidate->way.session, session, SESSION_BYTES) == 0)
			return true;
	}
	return false;
}

struct path *path_by_session(const struct peer *peer, const uint8_t session[SESSION_BYTES])
{
	for (size_t i = 0; i < peer->path_count; i++) {
		if (has_session(peer->paths[i], session))
			return peer->paths[i];
	}
	return NULL;
}

/* What is told now is told of the introduction that this one is of. */
static bool is_of_now(const struct turn *turn, const struct path *path)
{
	if (path->state == PATH_ASKING || path->state == PATH_PUNCHING)
		return true;
	if (path->state == PATH_OPEN)
		return turn->now - path->began < INTRODUCTION_MS;
	/* over one family there is no way, and the other was not told of yet */
	return path->state == PATH_FAILED && path->reason == REASON_NAT &&
	    turn->now - path->since < INTRODUCTION_MS;
}

static bool is_of_family(const struct path *path, enum family family)
{
	for (size_t i = 0; i < path->candidate_count; i++) {
		if (path->candidates[i].way.at.family == family)
			return true;
	}
	return false;
}

static bool is_of_key(const struct path *path, const struct fields *fields)
{
	return path->has_identity && fields_has(fields, KEY_ID) &&
	    memcmp(path->identity, fields->identity, IDENTITY_BYTES) == 0;
}

static bool is_introduced_by(const struct path *path, const struct fields *fields)
{
	return path->introduced[0] != '\0' && fields_has(fields, KEY_AN) &&
	    strlen(path->introduced) == fields->asker.len &&
	    memcmp(path->introduced, fields->asker.data, fields->asker.len) == 0;
}

/*
 * By the key; who has none, and is told over one family and then the other, by the name, which
 * means nothing at another supernode.
 */
static bool is_told_of(struct peer *peer, const struct path *path, const struct uplink *uplink,
    const struct endpoint *at, const struct fields *fields)
{
	if (path->has_identity || fields_has(fields, KEY_ID))
		return is_of_key(path, fields);
	return path->introducer == uplink_twin(peer, uplink) && !is_of_family(path, at->family) &&
	    is_introduced_by(path, fields);
}

struct path *path_by_introduction(const struct turn *turn, const struct uplink *uplink,
    const struct endpoint *at, const struct fields *fields)
{
	struct peer *peer = turn->peer;

	for (size_t i = 0; i < peer->path_count; i++) {
		if (is_of_now(turn, peer->paths[i]) &&
		    is_told_of(peer, peer->paths[i], uplink, at, fields))
			return peer->paths[i];
	}
	return NULL;
}

/* Nothing was ever had of it, and nobody here asked for it first. */
static bool is_vain(const struct path *path)
{
	return (path->state == PATH_FAILED || path->state == PATH_IDLE) && !path->opened &&
	    path->wanted[0] == '\0' && !path_is_tried(path);
}

static bool is_of_whom(const struct path *path, const struct uplink *uplink,
    const struct fields *fields)
{
	if (path->has_identity || fields_has(fields, KEY_ID))
		return is_of_key(path, fields);
	return path->introducer == uplink && is_introduced_by(path, fields);
}

struct path *path_in_vain(const struct peer *peer, const struct uplink *uplink,
    const struct fields *fields)
{
	/* what a seed sends is looked for at its endpoint */
	for (size_t i = 0; i < peer->path_count && fields_has(fields, KEY_SI); i++) {
		if (is_vain(peer->paths[i]) && is_of_whom(peer->paths[i], uplink, fields))
			return peer->paths[i];
	}
	return NULL;
}

/* How well a path fits an endpoint: 0 not at all. Of several the open one is meant. */
static int fit(const struct path *path, const struct endpoint *at)
{
	bool there = path->remote.family != FAMILY_NONE && endpoint_equal(&path->remote, at);
	/* a seed that was waited for in vain, and may ask again */
	bool was = path->state == PATH_IDLE && !path->extended && endpoint_equal(&path->tried, at);
	bool tried = false;

	if (there && path->state == PATH_OPEN)
		return 4;
	for (size_t i = 0; i < path->candidate_count; i++) {
		const struct candidate *candidate = &path->candidates[i];

		if (!candidate_lives(candidate) || !endpoint_equal(&candidate->way.at, at))
			continue;
		/* it leads elsewhere, but this is the same peer */
		if (candidate->kept && path->state == PATH_OPEN)
			return 3;
		tried = true;
	}
	if (tried)
		return 2;
	return there || was ? 1 : 0;
}

struct path *path_by_endpoint(const struct peer *peer, const struct endpoint *at)
{
	struct path *best = NULL;
	int best_fit = 0;

	for (size_t i = 0; i < peer->path_count; i++) {
		int value = fit(peer->paths[i], at);

		if (value > best_fit) {
			best = peer->paths[i];
			best_fit = value;
		}
	}
	return best;
}

/* The one that can be spared first; NULL when all are open or wait for somebody. */
static struct path *least_wanted(const struct peer *peer)
{
	struct path *least = NULL;

	for (size_t i = 0; i < peer->path_count; i++) {
		struct path *path = peer->paths[i];

		if (path->state != PATH_IDLE && path->state != PATH_FAILED)
			continue;
		if (messages_wait_for(&peer->messages, path->id))
			continue;
		if (least == NULL || is_stranger(path) > is_stranger(least) ||
		    (is_stranger(path) == is_stranger(least) && path->heard < least->heard))
			least = path;
	}
	return least;
}

static bool make_room(struct peer *peer)
{
	if (peer->path_count >= peer->settings.max_paths) {
		struct path *least = least_wanted(peer);

		if (least == NULL)
			return false;
		path_delete(peer, least);
	}
	if (peer->path_count < peer->path_cap)
		return true;
	size_t cap = peer->path_cap == 0 ? 16 : peer->path_cap * 2;
	struct path **paths = reallocarray(peer->paths, cap, sizeof *paths);

	if (paths == NULL)
		return false;
	peer->paths = paths;
	peer->path_cap = cap;
	return true;
}

struct path *path_new(struct turn *turn)
{
	struct peer *peer = turn->peer;

	if (!make_room(peer))
		return NULL;
	struct path *path = calloc(1, sizeof *path);

	if (path == NULL)
		return NULL;
	path->id = ++peer->last_id;
	path->since = turn->now;
	path->ask_due = DEADLINE_NEVER;
	path->punch_due = DEADLINE_NEVER;
	path->keep_due = DEADLINE_NEVER;
	path->retry_due = DEADLINE_NEVER;
	peer->paths[peer->path_count++] = path;
	return path;
}

void path_delete(struct peer *peer, struct path *path)
{
	size_t i = 0;

	while (peer->paths[i] != path)
		i++;
	memmove(&peer->paths[i], &peer->paths[i + 1],
	    (peer->path_count - i - 1) * sizeof *peer->paths);
	peer->path_count--;
	parts_path_gone(peer, path->id);
	heap_remove(&peer->timers, &path->timer);
	free(path);
}

static void name_path(struct path *path)
{
	const char *place = path->group[0] != '\0' ? path->group : path->host;

	if (path->introduced[0] != '\0') {
		memcpy(path->name, path->introduced, sizeof path->name);
		return;
	}
	snprintf(path->name, sizeof path->name, "%s@%s", path->nick, place);
}

void path_introduce(struct path *path, struct span name)
{
	if (name.len == 0 || path->wanted[0] != '\0')
		return;
	utf8_repair(name, path->introduced, sizeof path->introduced);
	memcpy(path->name, path->introduced, sizeof path->name);
}

void path_learn(struct turn *turn, struct path *path, const struct entry *entry)
{
	struct charset *legacy = turn->peer->legacy;

	name_decode(entry->user, entry->user_utf8, legacy, path->user);
	name_decode(entry->host, entry->host_utf8, legacy, path->host);
	name_decode(entry->nick, entry->nick_utf8, legacy, path->nick);
	name_decode(entry->group, entry->group_utf8, legacy, path->group);
	if (path->nick[0] == '\0')
		memcpy(path->nick, path->user, sizeof path->nick);
	name_path(path);
}

static void take_names(struct path *to, const struct path *from)
{
	if (to->introduced[0] == '\0') {
		memcpy(to->introduced, from->introduced, sizeof to->introduced);
		to->introducer = from->introducer;
	}
	if (from->user[0] == '\0')
		return;
	memcpy(to->user, from->user, sizeof to->user);
	memcpy(to->host, from->host, sizeof to->host);
	memcpy(to->nick, from->nick, sizeof to->nick);
	memcpy(to->group, from->group, sizeof to->group);
	name_path(to);
	to->extended = from->extended;
	to->utf8 = from->utf8;
	to->absent = from->absent;
}

/* NULL if there is no place for it. */
static struct candidate *take_candidate(struct turn *turn, struct path *to,
    const struct candidate *from)
{
	struct candidate *candidate = candidate_note(turn, to, &from->way, from->kind);

	if (candidate != NULL && !candidate_lives(candidate))
		*candidate = *from;
	return candidate;
}

static void take_candidates(struct turn *turn, struct path *to, const struct path *from)
{
	for (size_t i = 0; i < from->candidate_count; i++) {
		if (candidate_lives(&from->candidates[i]))
			take_candidate(turn, to, &from->candidates[i]);
	}
	path_plan_checks(turn, to);
}

/* Where `from` leads `to` leads too: at once if it led nowhere, else if that is better. */
static void take_way(struct turn *turn, struct path *to, struct path *from)
{
	const struct way way = path_way(from);
	struct candidate *candidate;

	candidate = candidate_note(turn, to, &way, CANDIDATE_REFLEXIVE);
	if (candidate == NULL)
		return;
	candidate->kept = true;
	if (to->state != PATH_OPEN)
		path_open(turn, to, candidate, from->answered);
	else if (from->answered)
		path_confirmed(turn, to, candidate);
	else
		path_heard(turn, to, candidate, false);
}

/* Whoever waits for the one that goes learns what it became. */
static void tell_united(struct turn *turn, const struct path *to, const struct path *from)
{
	peer_tell(turn->peer,
	    &(struct peer_event){
		.kind = EVENT_PATH,
		.now = turn->now,
		.path = from->id,
		.became = to->id,
		.name = to->name,
		.path_state = to->state,
		.at = to->remote,
		.incoming = from->incoming,
	    });
}

void path_unite(struct turn *turn, struct path *to, struct path *from)
{
	struct peer *peer = turn->peer;

	messages_move(&peer->messages, from->id, to->id);
	seals_move(&peer->seals, from->id, to->id);
	parts_move(&peer->parts, from->id, to->id);
	if (to->wanted[0] == '\0')
		memcpy(to->wanted, from->wanted, sizeof to->wanted);
	to->asked = to->asked || from->asked;
	take_names(to, from);
	path_take_stamps(to, from);
	if (from->text_max != 0)
		to->text_max = from->text_max;
	if (from->has_nat) {
		to->has_nat = true;
		to->nat = from->nat;
	}
	take_candidates(turn, to, from);
	if (from->state == PATH_OPEN)
		take_way(turn, to, from);
	else if (to->state == PATH_ASKING && path_is_checked(to))
		path_set_state(turn, to, PATH_PUNCHING, REASON_NONE);
	tell_united(turn, to, from);
	path_delete(peer, from);
	path_schedule(peer, to);
}

static struct path *same_peer(const struct peer *peer, const struct path *than)
{
	for (size_t i = 0; i < peer->path_count; i++) {
		struct path *path = peer->paths[i];

		/* names are what the other says: they do not make him the owner of a key */
		if (path != than && path->extended == than->extended && path->user[0] != '\0' &&
		    path_same_identity(path, than) &&
		    strcmp(path->user, than->user) == 0 && strcmp(path->host, than->host) == 0 &&
		    strcmp(path->nick, than->nick) == 0)
			return path;
	}
	return NULL;
}

/* The newer one knows where the other is now; the older one's id may be known to people. */
struct path *path_unite_same(struct turn *turn, struct path *opened)
{
	struct path *other = same_peer(turn->peer, opened);

	if (other == NULL)
		return opened;
	path_unite(turn, other, opened);
	return other;
}

void paths_registered(struct turn *turn)
{
	struct peer *peer = turn->peer;

	for (size_t i = 0; i < peer->path_count; i++) {
		struct path *path = peer->paths[i];

		/* what failed for another reason rests */
		if (path->opened && path->state == PATH_FAILED &&
		    path->reason == REASON_SUPERNODE_LOST)
			path_ask_early(turn, path);
	}
}

void paths_moved(struct turn *turn)
{
	struct peer *peer = turn->peer;

	for (size_t i = 0; i < peer->path_count; i++) {
		struct path *path = peer->paths[i];

		if (path->state == PATH_OPEN)
			path_doubt(turn, path);
		else if (path->opened && path->state == PATH_FAILED)
			path_ask_early(turn, path);
	}
}

static bool uses(const struct path *path, uint16_t local)
{
	if (path->state == PATH_OPEN && path->local == local)
		return true;
	for (size_t i = 0; i < path->candidate_count; i++) {
		if (candidate_lives(&path->candidates[i]) &&
		    path->candidates[i].way.local == local)
			return true;
	}
	return false;
}

bool paths_use(const struct peer *peer, uint16_t local)
{
	for (size_t i = 0; i < peer->path_count; i++) {
		if (uses(peer->paths[i], local))
			return true;
	}
	return false;
}
