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

/* Whoever merely sent us an entry has no claim to a name: a supernode is asked for that. */
static bool is_stranger(const struct path *path)
{
	return !path->opened && path->wanted[0] == '\0' && path->attempt_count == 0;
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

struct path *path_by_session(const struct peer *peer, const uint8_t session[SESSION_BYTES])
{
	for (size_t i = 0; i < peer->path_count; i++) {
		struct path *path = peer->paths[i];

		if (path->has_session && memcmp(path->session, session, SESSION_BYTES) == 0)
			return path;
		for (size_t k = 0; k < path->attempt_count; k++) {
			if (path->attempts[k].has_session &&
			    memcmp(path->attempts[k].session, session, SESSION_BYTES) == 0)
				return path;
		}
	}
	return NULL;
}

/* How well a path fits an endpoint: 0 not at all. Of several the open one is meant. */
static int fit(const struct path *path, const struct endpoint *at)
{
	bool there = path->remote.family != FAMILY_NONE && endpoint_equal(&path->remote, at);

	if (there && path->state == PATH_OPEN)
		return 3;
	for (size_t i = 0; i < path->attempt_count; i++) {
		if (endpoint_equal(&path->attempts[i].at, at))
			return 2;
	}
	return there ? 1 : 0;
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
	if (to->introduced[0] == '\0')
		memcpy(to->introduced, from->introduced, sizeof to->introduced);
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

static void take_attempts(struct turn *turn, struct path *to, const struct path *from)
{
	for (size_t i = 0; i < from->attempt_count; i++) {
		const struct attempt *attempt = &from->attempts[i];

		path_try(turn, to, &attempt->at,
		    attempt->has_session ? attempt->session : NULL);
	}
	if (from->punch_due != DEADLINE_NEVER && to->punch_due == DEADLINE_NEVER) {
		to->punch_started = from->punch_started;
		to->punch_due = from->punch_due;
	}
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
	if (to->wanted[0] == '\0')
		memcpy(to->wanted, from->wanted, sizeof to->wanted);
	to->asked = to->asked || from->asked;
	take_names(to, from);
	if (from->stamp > to->stamp)
		to->stamp = from->stamp;
	if (from->state == PATH_OPEN) {
		struct endpoint at = from->remote;

		path_open(turn, to, &at, from->has_session ? from->session : NULL,
		    from->answered);
	} else {
		take_attempts(turn, to, from);
		if (to->state == PATH_ASKING && to->punch_due != DEADLINE_NEVER) {
			to->state = PATH_PUNCHING;
			to->since = turn->now;
			path_tell(turn, to);
		}
	}
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
			path_ask(turn, path, NULL);
	}
}

void paths_moved(struct turn *turn)
{
	struct peer *peer = turn->peer;

	for (size_t i = 0; i < peer->path_count; i++) {
		struct path *path = peer->paths[i];

		if (path->opened && (path->state == PATH_OPEN || path->state == PATH_FAILED))
			path_ask(turn, path, NULL);
	}
}
