/*
 * Who waits for whom. Whether somebody of a name is there is found out in queue_tick() alone; what
 * happens elsewhere only makes that due.
 */
#include "peer/queue.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "peer/core.h"
#include "peer/outgoing.h"

#define ASK_EVERY_MS 2000	/* whomever */
#define FORGET_MS 5000		/* while somebody may still want to know why it failed */
#define ABSENT_MS 30000		/* asked for again, the first time; then twice as long, … */
#define ABSENT_MAX_MS 600000	/* … but not longer */
#define UNREACHED_MS 200000	/* no longer than automatic attempts rest */
#define JITTER_PERCENT 15
#define IN_FLIGHT 64	      /* to a peer of ours */
#define IN_FLIGHT_SEED 8
#define IN_FLIGHT_NEIGHBOUR 1 /* iptux drops what comes in another order */
#define EXPIRY_CHECK_S 3600   /* the clock may be set meanwhile */

void queue_init(struct queue *queue)
{
	*queue = (struct queue){
	    .due = DEADLINE_NEVER, .expiry = INT64_MAX, .check = DEADLINE_NEVER};
}

void queue_free(struct queue *queue)
{
	struct recipient *recipient, *next;

	HASH_ITER(by_name, queue->recipients, recipient, next)
	{
		HASH_DELETE(by_name, queue->recipients, recipient);
		free(recipient);
	}
}

struct recipient *queue_recipient(struct queue *queue, const char *name)
{
	struct recipient *recipient;
	size_t len = strlen(name);

	HASH_FIND(by_name, queue->recipients, name, len, recipient);
	if (recipient != NULL)
		return recipient;
	recipient = calloc(1, sizeof *recipient + len + 1);
	if (recipient == NULL)
		return NULL;
	memcpy(recipient->name, name, len + 1);
	recipient->due = DEADLINE_NEVER;
	HASH_ADD(by_name, queue->recipients, name, len, recipient);
	if (recipient->by_name.tbl != NULL)
		return recipient;
	free(recipient);
	return NULL;
}

static void make_due(struct queue *queue, struct recipient *recipient, int64_t due)
{
	recipient->due = due;
	if (due < queue->due)
		queue->due = due;
}

void queue_insert(struct queue *queue, struct outgoing *message)
{
	struct recipient *recipient = message->recipient;
	struct outgoing *before = recipient->last;

	if (before != NULL && before->id > message->id) {
		before = NULL;
		for (struct outgoing *m = recipient->first; m->id < message->id; m = m->next)
			before = m;
	}
	message->next = before != NULL ? before->next : recipient->first;
	if (before != NULL)
		before->next = message;
	else
		recipient->first = message;
	if (message->next == NULL)
		recipient->last = message;
	recipient->waiting++;
	queue->waiting++;
	if (message->expires != 0 && message->expires < queue->expiry) {
		queue->expiry = message->expires;
		queue->check = 0;
	}
	if (recipient->contact == 0 && recipient->due == DEADLINE_NEVER)
		make_due(queue, recipient, 0);
}

void queue_remove(struct queue *queue, struct outgoing *message)
{
	struct recipient *recipient = message->recipient;
	struct outgoing *before = NULL;

	if (recipient->first != message) {
		before = recipient->first;
		while (before->next != message)
			before = before->next;
		before->next = message->next;
	} else {
		recipient->first = message->next;
	}
	if (recipient->last == message)
		recipient->last = before;
	message->next = NULL;
	recipient->waiting--;
	queue->waiting--;
}

uint32_t queue_reachable(const struct peer *peer, const char *name, bool *ambiguous)
{
	const struct path *path = path_by_name(peer, name);
	const struct neighbour *neighbour;

	*ambiguous = false;
	if (path != NULL && path->state == PATH_OPEN && path_is_wanted(path, name))
		return path->id;
	neighbour = neighbour_by_name(peer, name, ambiguous);
	if (neighbour != NULL)
		return neighbour->id;
	return !*ambiguous && path != NULL && path->state == PATH_OPEN ? path->id : 0;
}

static size_t most_in_flight(const struct destination *to)
{
	if (to->neighbour != NULL)
		return IN_FLIGHT_NEIGHBOUR;
	return to->extended || !to->open ? IN_FLIGHT : IN_FLIGHT_SEED;
}

/* By any of the names that he is called by here. */
static bool is_held(const struct queue *queue, uint32_t contact)
{
	const struct recipient *recipient, *next;

	HASH_ITER(by_name, queue->recipients, recipient, next)
	{
		if (recipient->held && recipient->contact == contact)
			return true;
	}
	return false;
}

bool queue_has_room(const struct turn *turn, const struct destination *to)
{
	return !is_held(&turn->peer->messages.queue, to->id) &&
	    messages_under_way(&turn->peer->messages, to->id) < most_in_flight(to);
}

void queue_feed(struct turn *turn, struct recipient *recipient)
{
	struct destination to;

	while (recipient->first != NULL && recipient->contact != 0 &&
	    destination_find(turn->peer, recipient->contact, &to) && to.open &&
	    queue_has_room(turn, &to))
		messages_take_up(turn, recipient->first, &to);
}

void queue_feed_contact(struct turn *turn, uint32_t contact)
{
	struct recipient *recipient, *next;

	HASH_ITER(by_name, turn->peer->messages.queue.recipients, recipient, next)
	{
		if (recipient->contact == contact)
			queue_feed(turn, recipient);
	}
}

/* Longer each time, up to ten minutes; `least` the first time. */
static void look_later(struct turn *turn, struct recipient *recipient, int64_t least)
{
	int64_t wait = least << (recipient->failures < 5 ? recipient->failures : 5);

	recipient->failures++;
	make_due(&turn->peer->messages.queue, recipient,
	    turn->now +
		peer_jitter(turn->peer, wait < ABSENT_MAX_MS ? wait : ABSENT_MAX_MS,
		    JITTER_PERCENT));
}

void queue_hold(struct turn *turn, struct recipient *recipient)
{
	if (recipient->held)
		return;
	recipient->held = true;
	look_later(turn, recipient, ABSENT_MS);
}

void queue_heard(struct queue *queue, uint32_t contact)
{
	struct recipient *recipient, *next;

	HASH_ITER(by_name, queue->recipients, recipient, next)
	{
		if (recipient->contact != contact)
			continue;
		recipient->held = false;
		recipient->failures = 0;
	}
}

/* What waiting does not mend: a person has to name somebody else. */
static bool is_final(enum reason reason)
{
	switch (reason) {
	case REASON_AMBIGUOUS:
	case REASON_BAD_NAME:
	case REASON_REFUSED:
	case REASON_SEED_SUPERNODE:
	case REASON_NEEDS_FULL_NAME:
		return true;
	default:
		return false;
	}
}

static void fail_all(struct turn *turn, struct recipient *recipient, enum reason reason)
{
	while (recipient->first != NULL)
		messages_fail(turn, recipient->first, reason);
}

/* Those that wait say why, if that is not what they said before. */
static void explain(struct turn *turn, struct recipient *recipient, enum reason reason)
{
	for (struct outgoing *m = recipient->first; m != NULL; m = m->next)
		messages_explain(turn, m, reason);
}

static void gone(struct turn *turn, struct recipient *recipient, enum reason reason)
{
	bool absent = reason == REASON_UNKNOWN_NAME || reason == REASON_NO_SUPERNODE ||
	    reason == REASON_SUPERNODE_LOST || reason == REASON_BUSY;

	recipient->contact = 0;
	recipient->held = false;
	if (is_final(reason)) {
		fail_all(turn, recipient, reason);
		return;
	}
	explain(turn, recipient, reason);
	if (recipient->first != NULL)
		look_later(turn, recipient, absent ? ABSENT_MS : UNREACHED_MS);
}

void queue_contact_gone(struct turn *turn, uint32_t contact, enum reason reason)
{
	struct recipient *recipient, *next;

	HASH_ITER(by_name, turn->peer->messages.queue.recipients, recipient, next)
	{
		if (recipient->contact == contact)
			gone(turn, recipient, reason);
	}
}

/* A name begins with the nick or user it means; the rest is looked at when it is due. */
static bool begins_like(const char *name, const char *part)
{
	size_t len = strcspn(name, "@");

	return len > 0 && strncasecmp(name, part, len) == 0;
}

static void look_now(struct turn *turn, struct recipient *recipient)
{
	recipient->held = false;
	recipient->seen = true;
	recipient->failures = 0;
	make_due(&turn->peer->messages.queue, recipient, turn->now);
}

void queue_neighbour_seen(struct turn *turn, const struct neighbour *neighbour)
{
	struct recipient *recipient, *next;

	HASH_ITER(by_name, turn->peer->messages.queue.recipients, recipient, next)
	{
		if (recipient->first != NULL &&
		    (begins_like(recipient->name, neighbour->nick) ||
			begins_like(recipient->name, neighbour->user)))
			look_now(turn, recipient);
	}
}

void queue_path_open(struct turn *turn, const struct path *path)
{
	struct recipient *recipient, *next;

	HASH_ITER(by_name, turn->peer->messages.queue.recipients, recipient, next)
	{
		if (recipient->first != NULL &&
		    (recipient->contact == path->id || begins_like(recipient->name, path->wanted) ||
			begins_like(recipient->name, path->name)))
			look_now(turn, recipient);
	}
}

void queue_move(struct queue *queue, uint32_t from, uint32_t to)
{
	struct recipient *recipient, *next;

	HASH_ITER(by_name, queue->recipients, recipient, next)
	{
		if (recipient->contact == from)
			recipient->contact = to;
	}
}

bool queue_waits_for(const struct queue *queue, uint32_t contact)
{
	const struct recipient *recipient, *next;

	HASH_ITER(by_name, queue->recipients, recipient, next)
	{
		if (recipient->contact == contact && recipient->first != NULL)
			return true;
	}
	return false;
}

static bool is_for(const struct peer *peer, const struct recipient *recipient, uint32_t contact)
{
	bool ambiguous;

	return recipient->contact == contact ||
	    (recipient->contact == 0 &&
		queue_reachable(peer, recipient->name, &ambiguous) == contact);
}

struct outgoing *queue_sent(const struct peer *peer, uint32_t contact, uint32_t number)
{
	struct recipient *recipient, *next;

	HASH_ITER(by_name, peer->messages.queue.recipients, recipient, next)
	{
		for (struct outgoing *m = recipient->first; m != NULL; m = m->next) {
			if (m->number == number && m->tries > 0 && is_for(peer, recipient, contact))
				return m;
		}
	}
	return NULL;
}

void queue_wake(struct peer *peer)
{
	struct recipient *recipient, *next;

	HASH_ITER(by_name, peer->messages.queue.recipients, recipient, next)
	{
		if (recipient->first != NULL && recipient->contact == 0)
			make_due(&peer->messages.queue, recipient, 0);
	}
}

/* A path that came to nothing and was nobody's wish but the queue's is not kept for long. */
static void forget_paths(const struct turn *turn)
{
	struct peer *peer = turn->peer;

	for (size_t i = peer->path_count; i-- > 0;) {
		struct path *path = peer->paths[i];

		if (path->queued && path->state == PATH_FAILED && !path->opened && !path->asked &&
		    turn->now - path->since >= FORGET_MS && !path_is_tried(path) &&
		    !messages_wait_for(&peer->messages, path->id))
			path_delete(peer, path);
	}
}

/* One that is under way, or rests after it was open, brings the answer by itself. */
static bool is_coming(const struct path *path)
{
	return path->state == PATH_ASKING || path->state == PATH_PUNCHING ||
	    path->state == PATH_OPEN;
}

static void ask_for(struct turn *turn, struct recipient *recipient)
{
	struct peer *peer = turn->peer;
	struct path *path = peer_path_for(turn, recipient->name);

	if (path == NULL) {
		gone(turn, recipient, REASON_LIMIT);
		return;
	}
	recipient->contact = path->id;
	recipient->due = DEADLINE_NEVER;
	if (is_coming(path))
		return;
	path->queued = true;
	peer->messages.queue.next_ask = turn->now + ASK_EVERY_MS;
	path_ask_early(turn, path);
	/* it rests on, and says so to nobody */
	if (!is_coming(path) && recipient->contact == path->id)
		gone(turn, recipient, path->reason);
}

static bool may_ask(const struct turn *turn)
{
	return turn->peer->uplink_count > 0 && turn->now >= turn->peer->messages.queue.next_ask;
}

/* Who waits for nobody's answer and can be asked for nowhere is found when he comes. */
static void look(struct turn *turn, struct recipient *recipient)
{
	struct destination to;
	bool ambiguous;
	uint32_t id = queue_reachable(turn->peer, recipient->name, &ambiguous);

	recipient->seen = false;
	if (ambiguous) {
		fail_all(turn, recipient, REASON_AMBIGUOUS);
	} else if (id != 0) {
		recipient->contact = id;
		recipient->held = false;
		recipient->due = DEADLINE_NEVER;
		/* it may have held up those who wait for him by another name */
		queue_feed(turn, recipient);
		queue_feed_contact(turn, id);
	} else if (recipient->contact != 0 &&
	    destination_find(turn->peer, recipient->contact, &to) && to.path != NULL &&
	    is_coming(to.path)) {
		recipient->due = DEADLINE_NEVER;
	} else if (turn->peer->uplink_count == 0) {
		explain(turn, recipient, REASON_NO_SUPERNODE);
		recipient->due = DEADLINE_NEVER;
	} else if (may_ask(turn)) {
		ask_for(turn, recipient);
	}
}

/* Nothing that was not confirmed waits any more: what it held up goes on. */
static void release(struct turn *turn, struct recipient *recipient)
{
	if (!recipient->held)
		return;
	recipient->held = false;
	queue_feed_contact(turn, recipient->contact);
}

/* Nothing but an answer changes anything for whom no one has seen: that is for who may ask. */
static bool is_worth_a_look(const struct turn *turn, const struct recipient *recipient)
{
	return recipient->seen || recipient->held || recipient->contact != 0 ||
	    turn->peer->uplink_count == 0 || may_ask(turn);
}

static void sweep(struct queue *queue, struct recipient *recipient)
{
	if (recipient->first != NULL || recipient->under_way > 0)
		return;
	HASH_DELETE(by_name, queue->recipients, recipient);
	free(recipient);
}

static void expire(struct turn *turn)
{
	struct queue *queue = &turn->peer->messages.queue;
	struct recipient *recipient, *next;

	queue->expiry = INT64_MAX;
	HASH_ITER(by_name, queue->recipients, recipient, next)
	{
		struct outgoing *after;

		for (struct outgoing *m = recipient->first; m != NULL; m = after) {
			after = m->next;
			if (m->expires == 0)
				continue;
			if (m->expires <= turn->wall)
				messages_fail(turn, m, REASON_EXPIRED);
			else if (m->expires < queue->expiry)
				queue->expiry = m->expires;
		}
	}
}

static void check_expiry(struct turn *turn)
{
	struct queue *queue = &turn->peer->messages.queue;
	int64_t left;

	if (turn->wall >= queue->expiry)
		expire(turn);
	left = queue->expiry - turn->wall;
	queue->check = queue->expiry == INT64_MAX
	    ? DEADLINE_NEVER
	    : turn->now + (left < EXPIRY_CHECK_S ? left : EXPIRY_CHECK_S) * 1000;
}

static int64_t later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

void queue_tick(struct turn *turn)
{
	struct queue *queue = &turn->peer->messages.queue;
	struct recipient *recipient, *next;

	if (turn->now >= queue->check)
		check_expiry(turn);
	if (turn->now < queue->due)
		return;
	forget_paths(turn);
	queue->due = DEADLINE_NEVER;
	HASH_ITER(by_name, queue->recipients, recipient, next)
	{
		if (recipient->first == NULL)
			release(turn, recipient);
		else if (recipient->due <= turn->now && is_worth_a_look(turn, recipient))
			look(turn, recipient);
		/* what is due still waits for its turn to ask */
		if (recipient->first != NULL && recipient->due < queue->due)
			queue->due = recipient->due <= turn->now
			    ? later(queue->next_ask, turn->now + 1)
			    : recipient->due;
		sweep(queue, recipient);
	}
}

int64_t queue_deadline(const struct queue *queue)
{
	return queue->check < queue->due ? queue->check : queue->due;
}
