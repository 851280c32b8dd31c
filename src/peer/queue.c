/* Who waits for whom, and in which order. */
#include "peer/queue.h"

#include <stdlib.h>
#include <string.h>

#include "peer/core.h"
#include "peer/outgoing.h"

#define IN_FLIGHT 64	      /* to a peer of ours */
#define IN_FLIGHT_SEED 8
#define IN_FLIGHT_NEIGHBOUR 1 /* iptux drops what comes in another order */

/* For people, who do not wait until it is their turn. */
static const struct bucket_size asks_at_once = {.full = 16, .per_second = 1};

void queue_init(struct queue *queue)
{
	*queue = (struct queue){
	    .due = DEADLINE_NEVER, .expiry = INT64_MAX, .check = DEADLINE_NEVER};
}

void queue_free(struct queue *queue)
{
	struct recipient *recipient, *next;

	HASH_CLEAR(by_number, queue->sent);
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
	if (recipient->by_name.tbl != NULL) {
		if (queue->check == DEADLINE_NEVER)
			queue->check = 0;
		return recipient;
	}
	free(recipient);
	return NULL;
}

void queue_set_due(struct queue *queue, struct recipient *recipient, int64_t due)
{
	recipient->due = due;
	if (due < queue->due)
		queue->due = due;
}

void queue_set_due_now(struct queue *queue, struct recipient *recipient)
{
	if (recipient->due > queue->now)
		recipient->due = queue->now;
	/* at once: that look may be long ago */
	queue->due = 0;
}

void queue_look(struct queue *queue, struct recipient *recipient)
{
	if (!recipient->held)
		queue_set_due_now(queue, recipient);
}

/* By its number, under which a confirmation may come yet. One is enough: numbers are given once. */
static void list_sent(struct queue *queue, struct outgoing *message)
{
	struct outgoing *other;

	if (message->tries == 0 || message->number == 0)
		return;
	HASH_FIND(by_number, queue->sent, &message->number, sizeof message->number, other);
	if (other == NULL)
		HASH_ADD(by_number, queue->sent, number, sizeof message->number, message);
}

static void unlist_sent(struct queue *queue, struct outgoing *message)
{
	if (message->by_number.tbl == NULL)
		return;
	HASH_DELETE(by_number, queue->sent, message);
	message->by_number.tbl = NULL;
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
	list_sent(queue, message);
	if (recipient->due == DEADLINE_NEVER)
		queue_look(queue, recipient);
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
	unlist_sent(queue, message);
}

uint32_t queue_reachable(const struct peer *peer, const char *name, bool *ambiguous)
{
	const struct path *path = path_by_name(peer, name);
	const struct neighbour *neighbour;

	*ambiguous = false;
	if (path != NULL && path->state == PATH_OPEN && path_is_wanted(path, name))
		return path->id;
	neighbour = neighbour_by_name(peer, name, ambiguous);
	if (neighbour != NULL && !neighbour->silent)
		return neighbour->id;
	if (!*ambiguous && path != NULL && path->state == PATH_OPEN)
		return path->id;
	return neighbour != NULL ? neighbour->id : 0;
}

bool queue_can_ask_for(const struct peer *peer, const char *name)
{
	return peer->uplink_count > 0 && strlen(name) <= ASK_NAME_MAX && strchr(name, ':') == NULL;
}

bool queue_rather_asks(const struct peer *peer, const char *name, uint32_t reachable)
{
	const struct neighbour *neighbour = neighbour_by_id(peer, reachable);

	return neighbour != NULL && neighbour->silent && queue_can_ask_for(peer, name);
}

bool queue_may_ask_at_once(struct turn *turn)
{
	return bucket_take(&turn->peer->messages.queue.asked, &asks_at_once, 1, turn->now);
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

/* It went to whoever is called so, though another one may be looked for by that name now. */
static bool is_for(const struct peer *peer, const struct recipient *recipient, uint32_t contact)
{
	const struct neighbour *neighbour;
	bool ambiguous;

	if (recipient->contact == contact ||
	    queue_reachable(peer, recipient->name, &ambiguous) == contact)
		return true;
	neighbour = neighbour_by_name(peer, recipient->name, &ambiguous);
	return neighbour != NULL && neighbour->id == contact;
}

struct outgoing *queue_sent(const struct peer *peer, uint32_t contact, uint32_t number)
{
	struct outgoing *message;

	HASH_FIND(by_number, peer->messages.queue.sent, &number, sizeof number, message);
	return message != NULL && is_for(peer, message->recipient, contact) ? message : NULL;
}
