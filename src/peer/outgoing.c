/* Where messages of ours stand, which lists they are in, and what is told of them. */
#include "peer/outgoing.h"

#include <stdlib.h>

#include "peer/core.h"

struct outgoing *outgoing_find(const struct messages *messages, uint64_t id)
{
	struct outgoing *message;

	HASH_FIND(by_id, messages->all, &id, sizeof id, message);
	return message;
}

bool outgoing_enlist(struct messages *messages, struct outgoing *message)
{
	HASH_ADD(by_id, messages->all, id, sizeof message->id, message);
	if (message->by_id.tbl == NULL)
		return false;
	messages->count++;
	return true;
}

void outgoing_free(struct outgoing *message)
{
	free(message->text);
	free(message->bytes);
	free(message);
}

static struct peer_event event_of(struct turn *turn, const struct outgoing *message)
{
	return (struct peer_event){
	    .kind = EVENT_MESSAGE,
	    .now = turn->now,
	    .path = message->to,
	    .message = message->id,
	    .message_state = message->state,
	    .reason = message->reason,
	    .number = message->number,
	    .expires = message->expires,
	};
}

void outgoing_tell(struct turn *turn, const struct outgoing *message, const char *text)
{
	struct peer_event event = event_of(turn, message);
	struct destination to;

	event.text = text;
	event.name = "";
	if (message->recipient != NULL)
		event.name = message->recipient->name;
	if (message->to != 0 && destination_find(turn->peer, message->to, &to))
		event.name = to.name;
	peer_tell(turn->peer, &event);
}

void outgoing_tell_to_keep(struct turn *turn, struct outgoing *message, const struct letter *letter)
{
	struct peer_event event = event_of(turn, message);

	message->kept = false;
	message->noted = message->number;
	event.keep = true;
	event.name = message->recipient != NULL ? message->recipient->name : "";
	if (letter != NULL) {
		event.name = letter->name;
		event.text = letter->text;
		event.sealed = letter->sealed;
		event.many = letter->many;
	}
	peer_tell(turn->peer, &event);
}

void outgoing_note_number(struct turn *turn, struct outgoing *message)
{
	if (turn->peer->messages.durable && message->noted != message->number)
		outgoing_tell_to_keep(turn, message, NULL);
}

void outgoing_append(struct messages *messages, struct outgoing *message)
{
	message->next = NULL;
	if (messages->last != NULL)
		messages->last->next = message;
	else
		messages->first = message;
	messages->last = message;
	if (message->recipient != NULL)
		message->recipient->under_way++;
}

void outgoing_take_out(struct messages *messages, struct outgoing *message)
{
	struct outgoing **at = &messages->first;
	struct outgoing *before = NULL;

	while (*at != message) {
		before = *at;
		at = &(*at)->next;
	}
	*at = message->next;
	if (messages->cursor == message)
		messages->cursor = message->next;
	if (messages->last == message)
		messages->last = before;
	message->next = NULL;
	if (message->recipient != NULL)
		message->recipient->under_way--;
}

void outgoing_drop(struct peer *peer, struct outgoing *message)
{
	struct messages *messages = &peer->messages;

	if (message->to == 0 && message->recipient != NULL)
		queue_remove(&messages->queue, message);
	else
		outgoing_take_out(messages, message);
	HASH_DELETE(by_id, messages->all, message);
	messages->count--;
	parts_end(peer, message->id);
	outgoing_free(message);
}

void outgoing_end(struct turn *turn, struct outgoing *message, enum message_state state,
    enum reason reason)
{
	message->state = state;
	message->reason = reason;
	outgoing_tell(turn, message, message->stored ? NULL : message->text);
	outgoing_drop(turn->peer, message);
}

void outgoing_unload(struct messages *messages, struct outgoing *message)
{
	free(message->bytes);
	message->bytes = NULL;
	message->len = 0;
	message->wanted = false;
	if (!messages->durable || !message->stored)
		return;
	free(message->text);
	message->text = NULL;
}

void outgoing_wait_again(struct turn *turn, struct outgoing *message, enum reason reason)
{
	struct messages *messages = &turn->peer->messages;
	bool news = message->state != MESSAGE_WAITING || message->reason != reason;

	outgoing_take_out(messages, message);
	parts_end(turn->peer, message->id);
	outgoing_unload(messages, message);
	message->to = 0;
	/*
	 * The next time others may have got higher ones before it. In the next life a number says
	 * that it was tried, so the mailbox forgets this one, too; what it is at work on comes first.
	 */
	if (message->tries == 0)
		message->number = 0;
	if (message->kept)
		outgoing_note_number(turn, message);
	message->due = DEADLINE_NEVER;
	message->state = MESSAGE_WAITING;
	message->reason = reason;
	queue_insert(&messages->queue, message);
	if (news)
		outgoing_tell(turn, message, NULL);
}

size_t messages_under_way(const struct messages *messages, uint32_t to)
{
	size_t count = 0;

	for (const struct outgoing *m = messages->first; m != NULL; m = m->next)
		count += m->to == to;
	return count;
}

void messages_end_all(struct turn *turn, enum reason reason)
{
	struct messages *messages = &turn->peer->messages;
	struct outgoing *message, *next;

	HASH_ITER(by_id, messages->all, message, next)
	{
		if (messages->durable && message->stored && message->recipient != NULL)
			outgoing_drop(turn->peer, message);
		else
			outgoing_end(turn, message, MESSAGE_FAILED, reason);
	}
}

void messages_move(struct messages *messages, uint32_t from, uint32_t to)
{
	for (struct outgoing *m = messages->first; m != NULL; m = m->next) {
		if (m->to == from)
			m->to = to;
	}
	for (size_t i = 0; i < messages->storing_count; i++) {
		if (messages->storing[i].from.id == from)
			messages->storing[i].from.id = to;
	}
	queue_move(&messages->queue, from, to);
}

bool messages_wait_for(const struct messages *messages, uint32_t id)
{
	for (const struct outgoing *m = messages->first; m != NULL; m = m->next) {
		if (m->to == id)
			return true;
	}
	return queue_waits_for(&messages->queue, id);
}
