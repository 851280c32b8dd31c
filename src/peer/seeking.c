/*
 * For whom of those that mail waits for somebody of that name is looked, and when. Whether there is
 * one is found out in queue_tick() alone; what happens elsewhere only makes that due.
 */
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

/* Longer each time, up to ten minutes; `least` the first time. */
static void look_later(struct turn *turn, struct recipient *recipient, int64_t least)
{
	int64_t wait = least << (recipient->failures < 5 ? recipient->failures : 5);

	recipient->failures++;
	queue_set_due(&turn->peer->messages.queue, recipient,
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

void queue_unconfirmed(struct turn *turn, struct recipient *recipient, uint32_t contact)
{
	neighbour_unheard(turn->peer, contact);
	if (recipient->contact == contact)
		queue_hold(turn, recipient);
}

static bool are_seeds(const struct turn *turn)
{
	const struct peer *peer = turn->peer;

	for (size_t i = 0; i < peer->uplink_count; i++) {
		const struct uplink *uplink = &peer->uplinks[i];

		if (!uplink->dormant &&
		    (uplink->extended || !uplink_usable(uplink, turn->now)))
			return false;
	}
	return true;
}

static bool is_registered(const struct turn *turn)
{
	for (size_t i = 0; i < turn->peer->uplink_count; i++) {
		if (uplink_usable(&turn->peer->uplinks[i], turn->now))
			return true;
	}
	return false;
}

/* By the nick, or by the whole name, as a supernode knows us. */
static bool is_ours(const struct peer *peer, const char *name)
{
	const struct peer_settings *own = &peer->settings;
	size_t len = strlen(own->nick);

	return strncmp(name, own->nick, len) == 0 &&
	    (name[len] == '\0' ||
		(name[len] == '@' &&
		    strcmp(name + len + 1, own->group[0] != '\0' ? own->group : own->host) == 0));
}

/*
 * What waiting does not mend: a person has to name somebody else, or an address. Whatever else a
 * supernode says today it may not say tomorrow.
 */
static bool is_final(const struct turn *turn, const struct recipient *recipient,
    enum reason reason)
{
	switch (reason) {
	case REASON_AMBIGUOUS:
		return !recipient->sought;
	case REASON_REFUSED:
		return is_ours(turn->peer, recipient->name) && is_registered(turn);
	case REASON_SEED_SUPERNODE:
	case REASON_NEEDS_FULL_NAME:
		return are_seeds(turn);
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

/* Somebody is there, but is not to be reached from here: trying that often is of no use. */
static bool is_out_of_reach(enum reason reason)
{
	return reason == REASON_NO_ANSWER || reason == REASON_NAT || reason == REASON_BAD_ADDRESS;
}

/* A neighbour that was silent is better than nobody. */
static bool has_last_resort(const struct peer *peer, const struct recipient *recipient)
{
	bool ambiguous;

	return !recipient->in_vain && queue_reachable(peer, recipient->name, &ambiguous) != 0;
}

static void gone(struct turn *turn, struct recipient *recipient, enum reason reason)
{
	recipient->contact = 0;
	recipient->held = false;
	if (is_final(turn, recipient, reason)) {
		fail_all(turn, recipient, reason);
		return;
	}
	recipient->sought = true;
	explain(turn, recipient, reason);
	if (recipient->first == NULL)
		return;
	if (has_last_resort(turn->peer, recipient)) {
		recipient->in_vain = true;
		queue_set_due(&turn->peer->messages.queue, recipient, turn->now);
	} else {
		look_later(turn, recipient, is_out_of_reach(reason) ? UNREACHED_MS : ABSENT_MS);
	}
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
	recipient->in_vain = false;
	recipient->failures = 0;
	queue_set_due_now(&turn->peer->messages.queue, recipient);
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

void queue_wake(struct peer *peer)
{
	struct recipient *recipient, *next;

	HASH_ITER(by_name, peer->messages.queue.recipients, recipient, next)
	{
		if (recipient->first != NULL && recipient->contact == 0)
			queue_set_due_now(&peer->messages.queue, recipient);
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

static bool is_asked_for(const struct path *path)
{
	return path->state == PATH_ASKING || path->state == PATH_PUNCHING;
}

static void ask_for(struct turn *turn, struct recipient *recipient)
{
	struct peer *peer = turn->peer;
	struct path *path = peer_path_for(turn, recipient->name);

	peer->messages.queue.next_ask = turn->now + ASK_EVERY_MS;
	recipient->sought = true;
	recipient->in_vain = false;
	if (path == NULL) {
		gone(turn, recipient, REASON_LIMIT);
		return;
	}
	recipient->contact = path->id;
	recipient->due = DEADLINE_NEVER;
	if (is_asked_for(path))
		return;
	path->queued = true;
	path_ask_early(turn, path);
	/* it rests on, and says so to nobody */
	if (!is_asked_for(path) && path->state != PATH_OPEN && recipient->contact == path->id)
		gone(turn, recipient, path->reason);
}

/* It may have held up those who wait for him by another name. */
static void go_to(struct turn *turn, struct recipient *recipient, uint32_t id)
{
	recipient->contact = id;
	recipient->held = false;
	recipient->in_vain = false;
	recipient->due = DEADLINE_NEVER;
	queue_feed(turn, recipient);
	queue_feed_contact(turn, id);
}

/* Nobody there is called so any more, or is rather asked for. */
static void let_go(struct turn *turn, struct recipient *recipient)
{
	uint32_t contact = recipient->contact;
	bool held = recipient->held;

	recipient->contact = 0;
	recipient->held = false;
	if (held)
		queue_feed_contact(turn, contact);
}

/* Whether a supernode has to be asked for it. Who cannot be asked for is found when he comes. */
static bool look(struct turn *turn, struct recipient *recipient)
{
	const struct peer *peer = turn->peer;
	const struct path *path = path_by_id(peer, recipient->contact);
	bool ambiguous;
	uint32_t id = queue_reachable(peer, recipient->name, &ambiguous);

	recipient->seen = false;
	if (id != 0 && (recipient->in_vain || !queue_rather_asks(peer, recipient->name, id))) {
		go_to(turn, recipient, id);
		return false;
	}
	if (path != NULL && is_asked_for(path)) {
		recipient->due = DEADLINE_NEVER;
		return false;
	}
	let_go(turn, recipient);
	recipient->in_vain = false;
	if (ambiguous) {
		recipient->sought = true;
		gone(turn, recipient, REASON_AMBIGUOUS);
		return false;
	}
	if (queue_can_ask_for(peer, recipient->name))
		return true;
	explain(turn, recipient,
	    peer->uplink_count == 0 ? REASON_NO_SUPERNODE : REASON_BAD_NAME);
	recipient->due = DEADLINE_NEVER;
	return false;
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
static bool may_be_there(const struct turn *turn, const struct recipient *recipient)
{
	return recipient->seen || recipient->held || recipient->contact != 0 ||
	    recipient->in_vain || turn->peer->uplink_count == 0;
}

static void sweep(struct queue *queue, struct recipient *recipient)
{
	if (recipient->first != NULL || recipient->under_way > 0)
		return;
	HASH_DELETE(by_name, queue->recipients, recipient);
	free(recipient);
}

/* Looks at all who are due. Returns the one that waits longest for its turn to be asked for. */
static struct recipient *look_around(struct turn *turn)
{
	struct queue *queue = &turn->peer->messages.queue;
	struct recipient *recipient, *next, *first = NULL;

	HASH_ITER(by_name, queue->recipients, recipient, next)
	{
		if (recipient->first == NULL)
			release(turn, recipient);
		else if (recipient->due <= turn->now &&
		    (!may_be_there(turn, recipient) || look(turn, recipient)) &&
		    (first == NULL || recipient->due < first->due))
			first = recipient;
		sweep(queue, recipient);
	}
	return first;
}

/* What is due already waits for its turn. */
static void plan(struct turn *turn)
{
	struct queue *queue = &turn->peer->messages.queue;
	int64_t turn_due = queue->next_ask > turn->now ? queue->next_ask : turn->now + 1;
	struct recipient *recipient, *next;

	queue->due = DEADLINE_NEVER;
	HASH_ITER(by_name, queue->recipients, recipient, next)
	{
		int64_t due = recipient->due;

		if (due <= turn->now)
			due = may_be_there(turn, recipient) ? 0 : turn_due;
		if (recipient->first != NULL && due < queue->due)
			queue->due = due;
	}
}

void queue_tick(struct turn *turn)
{
	struct queue *queue = &turn->peer->messages.queue;
	struct recipient *first;

	queue->now = turn->now;
	expiry_tick(turn);
	if (turn->now < queue->due)
		return;
	forget_paths(turn);
	first = look_around(turn);
	if (first != NULL && first->first != NULL && turn->now >= queue->next_ask &&
	    look(turn, first))
		ask_for(turn, first);
	plan(turn);
}

int64_t queue_deadline(const struct queue *queue)
{
	return queue->check < queue->due ? queue->check : queue->due;
}
