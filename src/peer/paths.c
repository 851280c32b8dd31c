/* The table of paths: finding them, making room, and two that turn out to be one. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

/* As names are matched by a supernode: nick, nick@group, without a group nick@host. */
static bool is_called(const struct path *path, const char *name)
{
	if (path->nick[0] == '\0')
		return strcmp(path->wanted, name) == 0;
	return strcmp(path->nick, name) == 0 ||
	    is_joined(name, path->nick, path->group[0] != '\0' ? path->group : path->host);
}

struct path *path_by_name(const struct peer *peer, const char *name)
{
	struct path *best = NULL;

	for (size_t i = 0; i < peer->path_count; i++) {
		struct path *path = peer->paths[i];

		if (!is_called(path, name))
			continue;
		if (best == NULL || (path->state == PATH_OPEN && best->state != PATH_OPEN) ||
		    ((path->state == PATH_OPEN) == (best->state == PATH_OPEN) &&
			path->heard > best->heard))
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

struct path *path_by_endpoint(const struct peer *peer, const struct endpoint *at)
{
	struct path *tried = NULL;

	for (size_t i = 0; i < peer->path_count; i++) {
		struct path *path = peer->paths[i];

		if (path->remote.family != FAMILY_NONE && endpoint_equal(&path->remote, at))
			return path;
		for (size_t k = 0; k < path->attempt_count; k++) {
			if (endpoint_equal(&path->attempts[k].at, at))
				tried = path;
		}
	}
	return tried;
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
		if (least == NULL || path->heard < least->heard)
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
	path->id = ++peer->last_path;
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

static struct path *same_peer(const struct peer *peer, const struct path *than)
{
	for (size_t i = 0; i < peer->path_count; i++) {
		struct path *path = peer->paths[i];

		if (path != than && path->user[0] != '\0' && strcmp(path->user, than->user) == 0 &&
		    strcmp(path->host, than->host) == 0 && strcmp(path->nick, than->nick) == 0)
			return path;
	}
	return NULL;
}

static void take_state(struct path *older, const struct path *newer)
{
	older->state = newer->state;
	older->reason = newer->reason;
	older->since = newer->since;
	older->incoming = newer->incoming;
	older->remote = newer->remote;
	older->has_session = newer->has_session;
	memcpy(older->session, newer->session, SESSION_BYTES);
	older->keep_due = newer->keep_due;
	older->keep_tries = newer->keep_tries;
	older->keep_started = newer->keep_started;
	older->retry_due = newer->retry_due;
	older->opened = older->opened || newer->opened;
}

/* What is under way on the newer one goes on under the older one's id. */
static struct path *unite(struct turn *turn, struct path *older, struct path *newer)
{
	struct peer *peer = turn->peer;

	for (size_t i = 0; i < newer->attempt_count; i++) {
		const struct attempt *attempt = &newer->attempts[i];

		path_try(turn, older, &attempt->at,
		    attempt->has_session ? attempt->session : NULL);
	}
	if (newer->ask_due != DEADLINE_NEVER && older->ask_due == DEADLINE_NEVER) {
		memcpy(older->transaction, newer->transaction, TRANSACTION_BYTES);
		older->ask_started = newer->ask_started;
		older->ask_first = newer->ask_first;
		older->ask_due = newer->ask_due;
		older->asks = newer->asks;
	}
	if (newer->punch_due != DEADLINE_NEVER) {
		older->punch_started = newer->punch_started;
		older->punch_due = newer->punch_due;
	}
	if (older->state != PATH_OPEN)
		take_state(older, newer);
	if (newer->wanted[0] != '\0')
		memcpy(older->wanted, newer->wanted, sizeof older->wanted);
	messages_move(&peer->messages, newer->id, older->id);
	path_delete(peer, newer);
	path_schedule(peer, older);
	return older;
}

static void name_path(struct path *path)
{
	const char *place = path->group[0] != '\0' ? path->group : path->host;

	snprintf(path->name, sizeof path->name, "%s@%s", path->nick, place);
}

struct path *path_learn(struct turn *turn, struct path *path, const struct entry *entry)
{
	struct charset *legacy = turn->peer->legacy;

	name_decode(entry->user, entry->user_utf8, legacy, path->user);
	name_decode(entry->host, entry->host_utf8, legacy, path->host);
	name_decode(entry->nick, entry->nick_utf8, legacy, path->nick);
	name_decode(entry->group, entry->group_utf8, legacy, path->group);
	if (path->nick[0] == '\0')
		memcpy(path->nick, path->user, sizeof path->nick);
	name_path(path);
	struct path *other = same_peer(turn->peer, path);

	if (other == NULL)
		return path;
	struct path *older = other->id < path->id ? other : path;
	struct path *newer = older == other ? path : other;

	memcpy(older->nick, path->nick, sizeof older->nick);
	memcpy(older->group, path->group, sizeof older->group);
	name_path(older);
	return unite(turn, older, newer);
}

void paths_registered(struct turn *turn)
{
	struct peer *peer = turn->peer;

	for (size_t i = 0; i < peer->path_count; i++) {
		struct path *path = peer->paths[i];

		if (path->opened && path->state == PATH_FAILED)
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
