/*
 * Messages of ours: a peer of ours gets 12 tries in 20 s, others the classic
 * five, a second apart. The same number and bytes each time, so that the
 * other can tell a try from a new message. What comes to nothing goes back to
 * the queue, if it may wait there, and keeps its number.
 */
#include "peer/messages.h"

#include <stdlib.h>
#include <string.h>

#include "peer/core.h"
#include "peer/outgoing.h"
#include "wire/message.h"

static const int64_t extended_at[] = {0, 300, 800, 1500, 2500, 3800, 5400, 7300, 9600, 12300, 15500,
    19000};
#define EXTENDED_TRIES (sizeof extended_at / sizeof *extended_at)
#define EXTENDED_LOST_MS 20000
static const int64_t classic_at[] = {0, 1000, 2000, 3000, 4000};
#define CLASSIC_TRIES (sizeof classic_at / sizeof *classic_at)
#define CLASSIC_LOST_MS 5000
#define TRIES_BEFORE_CHECK 4

bool messages_init(struct messages *messages, const uint8_t key[16])
{
	*messages = (struct messages){0};
	memcpy(messages->key, key, sizeof messages->key);
	queue_init(&messages->queue);
	messages->memory = calloc(MESSAGE_MEMORY, sizeof *messages->memory);
	return messages->memory != NULL;
}

void messages_free(struct peer *peer)
{
	struct messages *messages = &peer->messages;
	struct outgoing *message, *next;

	queue_free(&messages->queue);
	HASH_ITER(by_id, messages->all, message, next)
	{
		HASH_DELETE(by_id, messages->all, message);
		outgoing_free(message);
	}
	free(messages->memory);
}

void messages_explain(struct turn *turn, struct outgoing *message, enum reason reason)
{
	if (message->reason == reason)
		return;
	message->reason = reason;
	if (message->stored)
		outgoing_tell(turn, message, NULL);
}

static void compose(struct turn *turn, struct writer *w, uint32_t number, uint32_t word,
    const char *text, bool utf8)
{
	message_write(w, number, &turn->peer->identity, word, span_text(text), utf8,
	    turn->peer->legacy);
}

/* Written once, when it is known what the other reads: each try has the same bytes. */
static bool write_once(struct turn *turn, struct outgoing *message, bool utf8, size_t max)
{
	struct writer w = turn_open_long(turn, max);

	if (message->bytes != NULL)
		return true;
	compose(turn, &w, message->number, message->word, message->text, utf8);
	message->bytes = w.full ? NULL : malloc(w.len);
	if (message->bytes == NULL)
		return false;
	memcpy(message->bytes, w.data, w.len);
	message->len = w.len;
	peer_bump(turn->peer, PEER_MESSAGES_OUT);
	return true;
}

static void send_try(struct turn *turn, struct outgoing *message, const struct destination *to)
{
	if (!write_once(turn, message, to->utf8, text_datagram_max(to)))
		return;
	struct writer w = turn_open_long(turn, message->len);

	writer_span(&w, span_of(message->bytes, message->len));
	turn_close_from(turn, &w, &to->at, to->local, 0);
}

static int64_t next_try(const struct outgoing *message, bool extended)
{
	if (extended)
		return message->first +
		    (message->tries < EXTENDED_TRIES ? extended_at[message->tries] : EXTENDED_LOST_MS);
	return message->first +
	    (message->tries < CLASSIC_TRIES ? classic_at[message->tries] : CLASSIC_LOST_MS);
}

static bool given_up(const struct turn *turn, const struct outgoing *message, bool extended)
{
	return turn->now - message->first >= (extended ? EXTENDED_LOST_MS : CLASSIC_LOST_MS);
}

static void tell_sent(struct turn *turn, struct outgoing *message, const struct destination *to)
{
	bool news = message->state != MESSAGE_SENT;

	if (to->path != NULL)
		to->path->asked = true;
	message->state = MESSAGE_SENT;
	message->reason = REASON_NONE;
	if (news)
		outgoing_tell(turn, message, NULL);
}

/* Memory is short. Those after it are no better off: nobody is started from within this. */
static void wait_for_memory(struct turn *turn, struct outgoing *message)
{
	if (message->recipient == NULL) {
		outgoing_end(turn, message, MESSAGE_FAILED, REASON_LIMIT);
		return;
	}
	queue_hold(turn, message->recipient);
	outgoing_wait_again(turn, message, REASON_LIMIT);
}

/* parts.c looks after it from here on. */
static void start_in_parts(struct turn *turn, struct outgoing *message,
    const struct destination *to)
{
	switch (parts_begin(turn, to->path, message->id, message->number, message->word,
	    message->text)) {
	case PARTS_BEGUN:
		message->tries = 1;
		message->due = DEADLINE_NEVER;
		tell_sent(turn, message, to);
		return;
	case PARTS_LATER:
		return;
	case PARTS_NO_MEMORY:
		wait_for_memory(turn, message);
		return;
	}
}

static void start_whole(struct turn *turn, struct outgoing *message, const struct destination *to)
{
	message->tries = 0;
	message->first = turn->now;
	send_try(turn, message, to);
	message->tries = 1;
	message->due = next_try(message, to->extended);
	tell_sent(turn, message, to);
}

static void want_text(struct turn *turn, struct outgoing *message)
{
	if (message->wanted)
		return;
	message->wanted = true;
	peer_tell(turn->peer,
	    &(struct peer_event){
		.kind = EVENT_TEXT, .now = turn->now, .message = message->id});
}

/* iptux confirms and drops what was overtaken: to a neighbour it goes under another number. */
static bool needs_number(const struct turn *turn, const struct outgoing *message,
    const struct destination *to)
{
	if (message->number == 0)
		return true;
	return message->tries == 0 && to->neighbour != NULL &&
	    (int32_t)(turn->peer->messages.passed - message->number) > 0;
}

/* False while something is missing, which brings it here again when it is there. */
static bool is_ready(struct turn *turn, struct outgoing *message, const struct destination *to)
{
	if (!message->kept)
		return false;
	if (message->text == NULL) {
		want_text(turn, message);
		return false;
	}
	if (!needs_number(turn, message, to))
		return true;
	message->number = peer_number(turn->peer, turn->wall);
	outgoing_note_number(turn, message);
	return message->kept;
}

/* What turns out to be too long for whom it is ends. */
static void start(struct turn *turn, struct outgoing *message, const struct destination *to)
{
	if (!is_ready(turn, message, to))
		return;
	switch (text_way(turn->peer, to, text_length(message->text))) {
	case TEXT_WHOLE:
		start_whole(turn, message, to);
		return;
	case TEXT_IN_PARTS:
		start_in_parts(turn, message, to);
		return;
	case TEXT_LATER:
		return;
	case TEXT_TOO_LONG:
		outgoing_end(turn, message, MESSAGE_FAILED, REASON_TOO_LONG);
		return;
	}
}

/* iptux confirms and drops what has a smaller number than the last that came: one at a time. */
static bool is_its_turn(const struct turn *turn, const struct destination *to)
{
	if (to->neighbour == NULL)
		return true;
	for (const struct outgoing *m = turn->peer->messages.first; m != NULL; m = m->next) {
		if (m->to == to->id && m->state == MESSAGE_SENT)
			return false;
	}
	return true;
}

void messages_start_next(struct turn *turn, uint32_t id)
{
	struct outgoing *next;
	struct destination to;

	for (struct outgoing *m = turn->peer->messages.first; m != NULL; m = next) {
		next = m->next;
		if (m->to != id || m->state != MESSAGE_WAITING)
			continue;
		if (!destination_find(turn->peer, id, &to) || !to.open || !is_its_turn(turn, &to))
			break;
		start(turn, m, &to);
	}
	queue_feed_contact(turn, id);
}

/* Whoever has waited longest comes first, over whatever path. */
static void share_places(struct turn *turn)
{
	struct outgoing *next;
	struct destination to;

	if (!parts_take_freed(&turn->peer->parts))
		return;
	for (struct outgoing *m = turn->peer->messages.first; m != NULL; m = next) {
		next = m->next;
		if (m->state == MESSAGE_WAITING && destination_find(turn->peer, m->to, &to) &&
		    to.extended && to.open)
			start(turn, m, &to);
	}
}

void messages_finish(struct turn *turn, struct outgoing *message, enum message_state state,
    enum reason reason)
{
	uint32_t id = message->to;

	outgoing_end(turn, message, state, reason);
	messages_start_next(turn, id);
}

/* Nobody there has confirmed it. */
static void give_up(struct turn *turn, struct outgoing *message)
{
	uint32_t id = message->to;

	if (message->recipient == NULL) {
		messages_finish(turn, message, MESSAGE_FAILED, REASON_NOT_CONFIRMED);
		return;
	}
	queue_unconfirmed(turn, message->recipient, id);
	outgoing_wait_again(turn, message, REASON_NOT_CONFIRMED);
	messages_start_next(turn, id);
}

static uint32_t word_of(bool sealed, bool many)
{
	return CMD_SENDMSG | OPT_SENDCHECK | (sealed ? OPT_SECRET | OPT_READCHECK : 0) |
	    (many ? OPT_MULTICAST : 0);
}

static struct outgoing *waiting_new(uint64_t id, uint32_t word)
{
	struct outgoing *message = calloc(1, sizeof *message);

	if (message == NULL)
		return NULL;
	message->id = id;
	message->word = word;
	message->state = MESSAGE_WAITING;
	message->due = DEADLINE_NEVER;
	return message;
}

static struct outgoing *take_letter(struct messages *messages, const struct letter *letter)
{
	struct outgoing *message =
	    waiting_new(++messages->last_id, word_of(letter->sealed, letter->many));

	if (message == NULL)
		return NULL;
	message->text = strdup(letter->text);
	if (letter->queue)
		message->recipient = queue_recipient(&messages->queue, letter->name);
	if (message->text != NULL && (message->recipient != NULL || !letter->queue) &&
	    outgoing_enlist(messages, message))
		return message;
	outgoing_free(message);
	return NULL;
}

/* Nothing that may be under way there stands before it. */
static bool may_start(const struct turn *turn, const struct destination *to)
{
	return to != NULL && to->open && is_its_turn(turn, to);
}

uint64_t messages_give(struct turn *turn, const struct destination *to,
    const struct letter *letter)
{
	struct messages *messages = &turn->peer->messages;
	struct outgoing *message = take_letter(messages, letter);

	if (message == NULL)
		return 0;
	uint64_t id = message->id;
	struct recipient *recipient = message->recipient;
	bool queued = recipient != NULL &&
	    (to == NULL || recipient->first != NULL || !queue_has_room(turn, to));
	bool now = !queued && may_start(turn, to);

	/* what is not to wait here is not sent in another life either */
	message->expires = turn->wall + (letter->queue ? turn->peer->settings.message_lifetime : 0);
	if (recipient != NULL && to != NULL && recipient->contact == 0)
		recipient->contact = to->id;
	if (now)
		message->number = peer_number(turn->peer, turn->wall);
	message->kept = message->stored = !messages->durable;
	if (queued) {
		queue_insert(&messages->queue, message);
	} else {
		message->to = to->id;
		outgoing_append(messages, message);
	}
	if (messages->durable) {
		outgoing_tell_to_keep(turn, message, letter);
		return id;
	}
	outgoing_tell(turn, message, message->text);
	if (now)
		start(turn, message, to);
	return id;
}

bool messages_requeue(struct peer *peer, const struct queued_message *queued)
{
	struct messages *messages = &peer->messages;
	struct outgoing *message = waiting_new(queued->id, word_of(queued->sealed, queued->many));

	if (message == NULL)
		return false;
	message->number = message->noted = queued->number;
	message->tries = queued->number != 0;
	message->expires = queued->expires;
	message->reason = queued->reason;
	message->kept = message->stored = true;
	message->recipient = queue_recipient(&messages->queue, queued->name);
	if (outgoing_find(messages, queued->id) != NULL || message->recipient == NULL ||
	    !outgoing_enlist(messages, message)) {
		outgoing_free(message);
		return false;
	}
	if (queued->id > messages->last_id)
		messages->last_id = queued->id;
	queue_insert(&messages->queue, message);
	return true;
}

void messages_take_up(struct turn *turn, struct outgoing *message, const struct destination *to)
{
	struct messages *messages = &turn->peer->messages;

	queue_remove(&messages->queue, message);
	message->to = to->id;
	outgoing_append(messages, message);
	start(turn, message, to);
}

void messages_fail(struct turn *turn, struct outgoing *message, enum reason reason)
{
	outgoing_end(turn, message, MESSAGE_FAILED, reason);
}

/* It goes back to the queue without the number that could not be kept. */
static void not_kept(struct turn *turn, struct outgoing *message)
{
	message->kept = true;
	if (!message->stored || message->recipient == NULL) {
		messages_finish(turn, message, MESSAGE_FAILED, REASON_MAILBOX);
		return;
	}
	message->number = 0;
	queue_hold(turn, message->recipient);
	if (message->to != 0)
		outgoing_wait_again(turn, message, REASON_MAILBOX);
	else
		messages_explain(turn, message, REASON_MAILBOX);
}

void messages_kept(struct turn *turn, uint64_t id, bool kept)
{
	struct outgoing *message = outgoing_find(&turn->peer->messages, id);

	if (message == NULL || message->kept)
		return;
	if (!kept) {
		not_kept(turn, message);
		return;
	}
	/* what was found out before there was anybody to tell */
	if (!message->stored && message->state == MESSAGE_WAITING && message->reason != REASON_NONE)
		outgoing_tell(turn, message, NULL);
	message->kept = message->stored = true;
	outgoing_note_number(turn, message);
	if (message->to == 0) {
		outgoing_unload(&turn->peer->messages, message);
		queue_feed(turn, message->recipient);
	} else {
		messages_start_next(turn, message->to);
	}
}

void messages_text(struct turn *turn, uint64_t id, const char *text)
{
	struct outgoing *message = outgoing_find(&turn->peer->messages, id);

	if (message == NULL || !message->wanted)
		return;
	uint32_t to = message->to;

	message->wanted = false;
	if (text != NULL)
		message->text = strdup(text);
	if (text == NULL)
		outgoing_drop(turn->peer, message);
	else if (message->text == NULL)
		give_up(turn, message);
	/* whatever became of it, another one's turn may have come */
	messages_start_next(turn, to);
}

bool messages_unqueue(struct turn *turn, uint64_t id)
{
	struct outgoing *message = outgoing_find(&turn->peer->messages, id);
	uint32_t to;

	if (message == NULL)
		return false;
	to = message->to;
	outgoing_end(turn, message, MESSAGE_FAILED, REASON_REMOVED);
	if (to != 0)
		messages_start_next(turn, to);
	return true;
}

/* One number for all: whoever is reached twice can tell that it is the same message. */
uint64_t messages_broadcast(struct turn *turn, const char *text, uint32_t *count)
{
	struct peer *peer = turn->peer;
	uint32_t number = peer_number(peer, turn->wall);
	struct peer_contact_status contact;
	uint32_t cursor = 0;

	*count = 0;
	peer->messages.passed = number;
	while (peer_contact(peer, &cursor, &contact)) {
		struct destination to;

		if (!contact.asked || !destination_find(peer, contact.id, &to) || !to.open)
			continue;
		struct writer w = turn_open(turn);

		compose(turn, &w, number, CMD_SENDMSG | OPT_BROADCAST, text, to.utf8);
		turn_close_from(turn, &w, &to.at, to.local, 0);
		++*count;
	}
	peer_bump(peer, PEER_MESSAGES_OUT);
	return ++peer->messages.last_id;
}

void messages_path_open(struct turn *turn, const struct path *path)
{
	struct destination to;
	struct outgoing *next;

	if (!destination_find(turn->peer, path->id, &to))
		return;
	for (struct outgoing *m = turn->peer->messages.first; m != NULL; m = next) {
		next = m->next;
		if (m->to == path->id && m->state == MESSAGE_WAITING)
			start(turn, m, &to);
	}
	queue_path_open(turn, path);
}

void messages_contact_gone(struct turn *turn, uint32_t id, enum reason reason)
{
	struct outgoing *next;

	for (struct outgoing *m = turn->peer->messages.first; m != NULL; m = next) {
		next = m->next;
		if (m->to != id)
			continue;
		if (m->recipient == NULL)
			outgoing_end(turn, m, MESSAGE_FAILED, reason);
		else
			outgoing_wait_again(turn, m, reason);
	}
	queue_contact_gone(turn, id, reason);
}

/* It goes on, with the same number, when the path is open again. */
static void wait_for_path(struct turn *turn, struct outgoing *message, struct path *path)
{
	message->state = MESSAGE_WAITING;
	message->due = DEADLINE_NEVER;
	parts_end(turn->peer, message->id);
	outgoing_tell(turn, message, NULL);
	/* from the path's own timer: a failure at once would end messages we stand on */
	if (path->state == PATH_IDLE || path->state == PATH_FAILED) {
		path->retry_due = turn->now;
		path_schedule(turn->peer, path);
	}
}

void messages_unconfirmed(struct turn *turn, uint64_t id)
{
	struct outgoing *message = outgoing_find(&turn->peer->messages, id);
	struct destination to;

	if (message == NULL || message->to == 0)
		return;
	if (destination_find(turn->peer, message->to, &to) && !to.open)
		wait_for_path(turn, message, to.path);
	else
		give_up(turn, message);
}

static void try_again(struct turn *turn, struct outgoing *message)
{
	struct destination to;

	if (!destination_find(turn->peer, message->to, &to)) {
		give_up(turn, message);
	} else if (!to.open) {
		wait_for_path(turn, message, to.path);
	} else if (given_up(turn, message, to.extended)) {
		give_up(turn, message);
	} else {
		send_try(turn, message, &to);
		message->tries++;
		message->due = next_try(message, to.extended);
		/* perhaps the other has moved: found out now, the message can follow it */
		if (to.path != NULL && message->tries == TRIES_BEFORE_CHECK)
			path_check(turn, to.path);
	}
}

void messages_tick(struct turn *turn)
{
	struct messages *messages = &turn->peer->messages;
	struct outgoing *message;

	share_places(turn);
	for (messages->cursor = messages->first; (message = messages->cursor) != NULL;) {
		messages->cursor = message->next;
		if (turn->now >= message->due)
			try_again(turn, message);
	}
	queue_tick(turn);
}

int64_t messages_deadline(const struct messages *messages)
{
	int64_t due = queue_deadline(&messages->queue);

	for (const struct outgoing *m = messages->first; m != NULL; m = m->next) {
		if (m->due < due)
			due = m->due;
	}
	return due;
}
