/* What a person asks of a peer: a path to somebody, a message, that one was opened. */
#include <string.h>

#include "base/text.h"
#include "peer/core.h"

struct path *peer_path_for(struct turn *turn, const char *name)
{
	struct path *path = path_by_name(turn->peer, name);

	if (path != NULL)
		return path;
	path = path_new(turn);
	if (path != NULL)
		utf8_repair(span_text(name), path->wanted, sizeof path->wanted);
	return path;
}

/* Why that name cannot be reached, if it is not open already; REASON_NONE when it may. */
static enum reason objection(const struct peer *peer, const char *name, const struct endpoint *at)
{
	const struct path *path = path_by_name(peer, name);

	if (path != NULL && path->state == PATH_OPEN)
		return REASON_NONE;
	if (peer->uplink_count == 0 && at == NULL)
		return REASON_NO_SUPERNODE;
	if (at != NULL && at->family == FAMILY_IP6 && !peer->sockets.has_ip6)
		return REASON_BAD_ADDRESS;
	return strlen(name) > ASK_NAME_MAX || strchr(name, ':') != NULL ? REASON_BAD_NAME
									: REASON_NONE;
}

static bool is_under_way(const struct path *path)
{
	return path->state == PATH_ASKING || path->state == PATH_PUNCHING;
}

/* NULL also for whom a path is there or under way. */
static struct neighbour *asked_neighbour(const struct peer *peer, const char *name,
    bool *ambiguous)
{
	const struct path *path = path_by_name(peer, name);
	struct neighbour *neighbour;

	*ambiguous = false;
	if (path != NULL && (path->state == PATH_OPEN || is_under_way(path)))
		return NULL;
	neighbour = neighbour_by_name(peer, name, ambiguous);
	if (neighbour != NULL && queue_rather_asks(peer, name, neighbour->id))
		return NULL;
	return neighbour;
}

uint32_t peer_ask(struct peer *peer, const char *name, const struct endpoint *at, int64_t now,
    int64_t wall, struct batch *out, enum reason *reason)
{
	struct turn turn = turn_at(peer, now, wall, out);
	bool ambiguous = false;
	const struct neighbour *neighbour =
	    at == NULL ? asked_neighbour(peer, name, &ambiguous) : NULL;
	struct path *path;

	*reason = REASON_NONE;
	if (neighbour != NULL)
		return neighbour->id;
	*reason = objection(peer, name, at);
	if (ambiguous && *reason == REASON_NO_SUPERNODE)
		*reason = REASON_AMBIGUOUS;
	if (*reason != REASON_NONE)
		return 0;
	path = peer_path_for(&turn, name);
	if (path == NULL) {
		*reason = REASON_LIMIT;
		return 0;
	}
	*reason = REASON_NONE;
	path->asked = true;
	uint32_t id = path->id;

	if (path->state == PATH_OPEN)
		path_tell(&turn, path);
	else if (at != NULL || !is_under_way(path))
		path_ask_anew(&turn, path, at);
	return id;
}

/* It is on its way there already, or may be begun now. */
static bool may_go_now(struct turn *turn, const struct letter *letter)
{
	const struct path *path = path_by_name(turn->peer, letter->name);

	return (path != NULL && is_under_way(path)) || queue_may_ask_at_once(turn) ||
	    !letter->queue;
}

/* The id of whom a name means, or of a path that is to be opened. 0 with `*reason`. */
static uint32_t receiver(struct turn *turn, const struct letter *letter, enum reason *reason)
{
	const char *name = letter->name;
	bool ambiguous;
	uint32_t id = queue_reachable(turn->peer, name, &ambiguous);
	struct path *path;

	if (id != 0 && !(letter->queue && queue_rather_asks(turn->peer, name, id)))
		return id;
	*reason = ambiguous ? REASON_AMBIGUOUS : objection(turn->peer, name, NULL);
	if (*reason != REASON_NONE)
		return 0;
	*reason = REASON_LIMIT;
	if (!may_go_now(turn, letter))
		return 0;
	path = peer_path_for(turn, name);
	return path != NULL ? path->id : 0;
}

/* What waiting does not mend. */
static bool is_final(enum reason reason)
{
	return reason != REASON_NO_SUPERNODE && reason != REASON_LIMIT;
}

/* A path that rests is asked for. */
static void wake(struct turn *turn, uint32_t id)
{
	struct path *path = path_by_id(turn->peer, id);

	if (path != NULL && (path->state == PATH_IDLE || path->state == PATH_FAILED))
		path_ask_anew(turn, path, NULL);
}

uint64_t peer_send(struct peer *peer, const struct letter *letter, int64_t now, int64_t wall,
    struct batch *out, enum reason *reason)
{
	struct turn turn = turn_at(peer, now, wall, out);
	struct destination to;
	uint64_t message;
	uint32_t id;

	*reason = REASON_TOO_LONG;
	if (strlen(letter->text) > peer_text_max(peer, letter->name))
		return 0;
	*reason = REASON_LIMIT;
	if (peer->messages.count >= peer->settings.max_messages)
		return 0;
	id = receiver(&turn, letter, reason);
	if (id == 0 && (!letter->queue || is_final(*reason)))
		return 0;
	*reason = REASON_LIMIT;
	if (id != 0 && !destination_find(peer, id, &to))
		return 0;
	message = messages_give(&turn, id != 0 ? &to : NULL, letter);
	if (message == 0)
		return 0;
	*reason = REASON_NONE;
	if (id != 0 && to.path != NULL && letter->queue && !to.open)
		to.path->queued = true;
	else if (id != 0 && to.path != NULL)
		to.path->asked = true;
	if (id != 0)
		wake(&turn, id);
	return message;
}

uint64_t peer_broadcast(struct peer *peer, const char *text, int64_t now, int64_t wall,
    struct batch *out, uint32_t *count, enum reason *reason)
{
	struct turn turn = turn_at(peer, now, wall, out);

	*count = 0;
	*reason = strlen(text) > peer_text_max(peer, NULL) ? REASON_TOO_LONG : REASON_NONE;
	return *reason == REASON_NONE ? messages_broadcast(&turn, text, count) : 0;
}

bool peer_opened(struct peer *peer, uint64_t message, int64_t now, int64_t wall, struct batch *out)
{
	struct turn turn = turn_at(peer, now, wall, out);

	return seals_open(&turn, message);
}
