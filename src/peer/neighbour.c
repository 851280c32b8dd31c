/* The table of neighbours. */
#include "peer/neighbour.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "peer/core.h"

/* Whoever is seen at two addresses, by two interfaces, does not move to and fro. */
#define MOVE_AFTER_MS 7000

static unsigned char lower(char c)
{
	return (unsigned char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

bool names_equal(const char *a, const char *b)
{
	while (*a != '\0' && lower(*a) == lower(*b)) {
		a++;
		b++;
	}
	return lower(*a) == lower(*b);
}

struct neighbour *neighbour_by_id(const struct peer *peer, uint32_t id)
{
	const struct neighbours *neighbours = &peer->lan.neighbours;

	for (size_t i = 0; i < neighbours->count; i++) {
		if (neighbours->all[i]->id == id)
			return neighbours->all[i];
	}
	return NULL;
}

struct neighbour *neighbour_at(const struct peer *peer, const struct endpoint *at)
{
	const struct neighbours *neighbours = &peer->lan.neighbours;

	for (size_t i = 0; i < neighbours->count; i++) {
		if (endpoint_equal(&neighbours->all[i]->at, at))
			return neighbours->all[i];
	}
	return NULL;
}

struct neighbour *neighbour_by_user(const struct peer *peer, const char *user, const char *host)
{
	const struct neighbours *neighbours = &peer->lan.neighbours;

	for (size_t i = 0; i < neighbours->count; i++) {
		struct neighbour *neighbour = neighbours->all[i];

		if (names_equal(neighbour->user, user) && names_equal(neighbour->host, host))
			return neighbour;
	}
	return NULL;
}

/* Official clients put "-<16 digits>" of their key behind the user: no part of it for people. */
static size_t user_length(const char *user)
{
	size_t len = strlen(user);

	if (len > 19 && user[len - 1] == '>' && memcmp(user + len - 19, "-<", 2) == 0)
		return len - 19;
	return len;
}

/* "nick[title]" of who is away: the title is no part of the name; a '[' before it may be. */
static size_t nick_length(const char *nick, bool absent)
{
	size_t len = strlen(nick);
	const char *title = strrchr(nick, '[');

	if (!absent || len == 0 || nick[len - 1] != ']' || title == NULL || title == nick)
		return len;
	return (size_t)(title - nick);
}

/* Whether `name` is the first `len` bytes of `part` and, from there on, `rest`. */
static bool begins(const char *name, const char *part, size_t len, const char **rest)
{
	*rest = name + len;
	return strncmp(name, part, len) == 0;
}

/* Whether `name` is "NICK@PLACE", the nick with or without its title. */
static bool is_nick_at(const struct neighbour *neighbour, const char *name)
{
	const char *nick = neighbour->nick;
	size_t lengths[] = {strlen(nick), nick_length(nick, neighbour->absent)};
	const char *rest;

	for (int i = 0; i < 2; i++) {
		if (begins(name, nick, lengths[i], &rest) && *rest == '@' &&
		    ((neighbour->group[0] != '\0' && strcmp(rest + 1, neighbour->group) == 0) ||
			names_equal(rest + 1, neighbour->host)))
			return true;
	}
	return false;
}

static bool is_user_at(const struct neighbour *neighbour, const char *name)
{
	const char *at = strrchr(name, '@');
	char user[NAME_TEXT_MAX];

	if (at == NULL || (size_t)(at - name) >= sizeof user ||
	    !names_equal(at + 1, neighbour->host))
		return false;
	memcpy(user, name, (size_t)(at - name));
	user[at - name] = '\0';
	if (names_equal(user, neighbour->user))
		return true;
	char plain[NAME_TEXT_MAX];

	snprintf(plain, sizeof plain, "%.*s", (int)user_length(neighbour->user), neighbour->user);
	return names_equal(user, plain);
}

static bool has_full_name(const struct neighbour *neighbour, const char *name)
{
	return is_nick_at(neighbour, name) || is_user_at(neighbour, name);
}

static bool has_nick(const struct neighbour *neighbour, const char *name)
{
	size_t len = nick_length(neighbour->nick, neighbour->absent);

	return strcmp(neighbour->nick, name) == 0 ||
	    (strlen(name) == len && strncmp(neighbour->nick, name, len) == 0);
}

/* The only one of whom that holds. */
static struct neighbour *only(const struct neighbours *neighbours,
    bool (*holds)(const struct neighbour *, const char *), const char *name, bool *ambiguous)
{
	struct neighbour *found = NULL;

	for (size_t i = 0; i < neighbours->count; i++) {
		if (!holds(neighbours->all[i], name))
			continue;
		*ambiguous = found != NULL;
		if (*ambiguous)
			return NULL;
		found = neighbours->all[i];
	}
	return found;
}

struct neighbour *neighbour_by_name(const struct peer *peer, const char *name, bool *ambiguous)
{
	const struct neighbours *neighbours = &peer->lan.neighbours;
	struct neighbour *found;

	*ambiguous = false;
	found = only(neighbours, has_full_name, name, ambiguous);
	if (found == NULL && !*ambiguous)
		found = only(neighbours, has_nick, name, ambiguous);
	return found;
}

static void tell(struct turn *turn, const struct neighbour *neighbour, enum neighbour_change change)
{
	peer_tell(turn->peer,
	    &(struct peer_event){
		.kind = EVENT_NEIGHBOUR,
		.now = turn->now,
		.path = neighbour->id,
		.name = neighbour->name,
		.at = neighbour->at,
		.change = change,
	    });
}

static void take_out(struct neighbours *neighbours, struct neighbour *neighbour)
{
	size_t i = 0;

	while (neighbours->all[i] != neighbour)
		i++;
	memmove(&neighbours->all[i], &neighbours->all[i + 1],
	    (neighbours->count - i - 1) * sizeof *neighbours->all);
	neighbours->count--;
	heap_remove(&neighbours->timers, &neighbour->timer);
}

void neighbour_leave(struct turn *turn, struct neighbour *neighbour)
{
	/* while it has a name */
	messages_contact_gone(turn, neighbour->id, REASON_NOT_CONFIRMED);
	take_out(&turn->peer->lan.neighbours, neighbour);
	tell(turn, neighbour, NEIGHBOUR_LEFT);
	/* he may be found elsewhere now, or another one is the only one called so */
	queue_neighbour_seen(turn, neighbour);
	free(neighbour);
}

/* The one heard longest ago for whom no message waits. */
static struct neighbour *least_wanted(const struct peer *peer)
{
	const struct neighbours *neighbours = &peer->lan.neighbours;
	struct neighbour *least = NULL;

	for (size_t i = 0; i < neighbours->count; i++) {
		struct neighbour *neighbour = neighbours->all[i];

		if ((least == NULL || neighbour->heard < least->heard) &&
		    !messages_wait_for(&peer->messages, neighbour->id))
			least = neighbour;
	}
	return least;
}

static bool make_room(struct turn *turn)
{
	struct neighbours *neighbours = &turn->peer->lan.neighbours;

	while (neighbours->count >= turn->peer->settings.max_neighbours) {
		struct neighbour *least = least_wanted(turn->peer);

		if (least == NULL)
			return false;
		neighbour_leave(turn, least);
	}
	if (neighbours->count < neighbours->cap)
		return true;
	size_t cap = neighbours->cap == 0 ? 16 : neighbours->cap * 2;
	struct neighbour **all = reallocarray(neighbours->all, cap, sizeof *all);

	if (all == NULL)
		return false;
	neighbours->all = all;
	neighbours->cap = cap;
	return true;
}

static void take_names(struct neighbour *neighbour, const struct sighting *seen)
{
	const char *place = seen->group[0] != '\0' ? seen->group : seen->host;

	memcpy(neighbour->user, seen->user, sizeof neighbour->user);
	memcpy(neighbour->host, seen->host, sizeof neighbour->host);
	memcpy(neighbour->nick, seen->nick, sizeof neighbour->nick);
	memcpy(neighbour->group, seen->group, sizeof neighbour->group);
	if (neighbour->nick[0] == '\0') {
		size_t len = user_length(seen->user);

		memcpy(neighbour->nick, seen->user, len);
		neighbour->nick[len] = '\0';
	}
	snprintf(neighbour->name, sizeof neighbour->name, "%.*s@%s",
	    (int)nick_length(neighbour->nick, seen->absent), neighbour->nick, place);
}

static void take(struct turn *turn, struct neighbour *neighbour, const struct sighting *seen)
{
	take_names(neighbour, seen);
	if (seen->version[0] != '\0')
		memcpy(neighbour->version, seen->version, sizeof neighbour->version);
	neighbour->options = seen->options;
	neighbour->utf8 = seen->utf8;
	neighbour->absent = seen->absent;
	neighbour->dialup = seen->dialup;
	neighbour->iptux = seen->iptux;
	neighbour->listed = seen->listed;
	neighbour->doubtful = false;
	if (!seen->listed && endpoint_equal(&neighbour->at, &seen->at)) {
		neighbour_heard(neighbour, turn->now);
		neighbour->local = seen->local;
	}
}

static struct neighbour *come(struct turn *turn, const struct sighting *seen)
{
	struct peer *peer = turn->peer;
	struct neighbours *neighbours = &peer->lan.neighbours;

	if (!lan_may_come(turn) || !make_room(turn))
		return NULL;
	struct neighbour *neighbour = calloc(1, sizeof *neighbour);

	if (neighbour == NULL)
		return NULL;
	neighbour->id = ++peer->last_id;
	neighbour->at = seen->at;
	neighbour->local = seen->local;
	neighbour->since = turn->now;
	take(turn, neighbour, seen);
	neighbours->all[neighbours->count++] = neighbour;
	tell(turn, neighbour, NEIGHBOUR_CAME);
	queue_neighbour_seen(turn, neighbour);
	return neighbour;
}

static bool may_move(const struct turn *turn, const struct neighbour *neighbour,
    const struct sighting *seen)
{
	return turn->now - neighbour->heard >= MOVE_AFTER_MS ||
	    (neighbour->at.family == FAMILY_IP6 && seen->at.family == FAMILY_IP4);
}

/* Whether somebody who looks at a list of neighbours sees a difference. */
static bool looks_like(const struct neighbour *a, const struct neighbour *b)
{
	return strcmp(a->nick, b->nick) == 0 && strcmp(a->name, b->name) == 0 &&
	    strcmp(a->group, b->group) == 0 && a->absent == b->absent &&
	    endpoint_equal(&a->at, &b->at);
}

static void change(struct turn *turn, struct neighbour *neighbour, const struct sighting *seen,
    struct neighbour *occupant)
{
	struct neighbour before = *neighbour;

	if (occupant != neighbour && may_move(turn, neighbour, seen)) {
		if (occupant != NULL)
			neighbour_leave(turn, occupant);
		neighbour->at = seen->at;
	}
	take(turn, neighbour, seen);
	if (!looks_like(&before, neighbour))
		tell(turn, neighbour, NEIGHBOUR_CHANGED);
	queue_neighbour_seen(turn, neighbour);
}

struct neighbour *neighbour_learn(struct turn *turn, const struct sighting *seen)
{
	struct neighbour *known = neighbour_by_user(turn->peer, seen->user, seen->host);
	struct neighbour *occupant = neighbour_at(turn->peer, &seen->at);

	/* what others say of somebody does not count against what he says himself */
	if (seen->listed && ((known != NULL && !known->listed) ||
		(occupant != NULL && !occupant->listed))) {
		/* but where others see him as well he still is */
		if (known != NULL && known == occupant)
			known->doubtful = false;
		return known;
	}
	if (known != NULL) {
		change(turn, known, seen, occupant);
		return known;
	}
	if (occupant != NULL)
		neighbour_leave(turn, occupant);
	return come(turn, seen);
}

void neighbours_doubt(struct peer *peer)
{
	for (size_t i = 0; i < peer->lan.neighbours.count; i++)
		peer->lan.neighbours.all[i]->doubtful = true;
}

void neighbour_unheard(struct peer *peer, uint32_t id)
{
	struct neighbour *neighbour = neighbour_by_id(peer, id);

	if (neighbour != NULL)
		neighbour->silent = true;
}

void neighbours_forget(struct turn *turn)
{
	struct peer *peer = turn->peer;
	struct neighbours *neighbours = &peer->lan.neighbours;

	for (size_t i = neighbours->count; i > 0; i--) {
		struct neighbour *neighbour = neighbours->all[i - 1];

		if (neighbour->doubtful &&
		    messages_under_way(&peer->messages, neighbour->id) == 0)
			neighbour_leave(turn, neighbour);
	}
}

void neighbours_free(struct peer *peer)
{
	struct neighbours *neighbours = &peer->lan.neighbours;

	for (size_t i = 0; i < neighbours->count; i++)
		free(neighbours->all[i]);
	free(neighbours->all);
	heap_free(&neighbours->timers);
}
