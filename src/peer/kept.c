/* What a mailbox, and whoever empties the queue in it, tells the core of messages. */
#include <stdlib.h>
#include <string.h>

#include "peer/core.h"
#include "peer/outgoing.h"

void peer_stored(struct peer *peer, uint64_t message, int64_t now, int64_t wall, struct batch *out)
{
	struct turn turn = turn_at(peer, now, wall, out);

	messages_stored(&turn, message);
}

void peer_known(struct peer *peer, uint64_t message, int64_t now, int64_t wall, struct batch *out)
{
	struct turn turn = turn_at(peer, now, wall, out);

	messages_known(&turn, message);
}

void peer_refused(struct peer *peer, uint64_t message)
{
	messages_refused(peer, message);
}

void peer_use_mailbox(struct peer *peer, uint64_t last_id, uint32_t last_number)
{
	peer->messages.durable = true;
	peer->messages.last_id = last_id;
	if (last_number > peer->last_number)
		peer->last_number = last_number;
}

uint32_t peer_last_number(const struct peer *peer)
{
	return peer->last_number;
}

void peer_kept(struct peer *peer, uint64_t message, bool kept, int64_t now, int64_t wall,
    struct batch *out)
{
	struct turn turn = turn_at(peer, now, wall, out);

	messages_kept(&turn, message, kept);
}

void peer_text(struct peer *peer, uint64_t message, const char *text, int64_t now, int64_t wall,
    struct batch *out)
{
	struct turn turn = turn_at(peer, now, wall, out);

	messages_text(&turn, message, text);
}

bool peer_requeue(struct peer *peer, const struct queued_message *message)
{
	return messages_requeue(peer, message);
}

bool peer_unqueue(struct peer *peer, uint64_t message, int64_t now, int64_t wall,
    struct batch *out)
{
	struct turn turn = turn_at(peer, now, wall, out);

	return messages_unqueue(&turn, message);
}

/* As it was given to whom: to a name, or at once to whoever was called so. */
static bool is_for(struct peer *peer, const struct outgoing *message, const char *name)
{
	struct destination to;

	if (name == NULL)
		return true;
	if (message->recipient != NULL)
		return strcmp(message->recipient->name, name) == 0;
	return destination_find(peer, message->to, &to) && strcmp(to.name, name) == 0;
}

/* One that ends may end others: no iteration would survive that, so they are noted before. */
bool peer_unqueue_all(struct peer *peer, const char *name, size_t *removed, int64_t now,
    int64_t wall, struct batch *out)
{
	struct messages *messages = &peer->messages;
	struct outgoing *message, *next;
	uint64_t *ids = calloc(messages->count + 1, sizeof *ids);
	size_t count = 0;

	*removed = 0;
	if (ids == NULL)
		return false;
	HASH_ITER(by_id, messages->all, message, next)
	{
		if (is_for(peer, message, name))
			ids[count++] = message->id;
	}
	for (size_t i = 0; i < count; i++)
		*removed += peer_unqueue(peer, ids[i], now, wall, out);
	free(ids);
	return true;
}

void peer_reseal(struct peer *peer, const struct kept_seal_message *seal)
{
	seals_restore(peer, seal);
}
