/*
 * Messages of ours: a peer of ours gets 12 tries in 20 s, others the classic
 * five, a second apart. The same number and bytes each time, so that the
 * other can tell a try from a new message.
 */
#include "peer/messages.h"

#include <stdlib.h>
#include <string.h>

#include "peer/core.h"
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
	messages->memory = calloc(MESSAGE_MEMORY, sizeof *messages->memory);
	return messages->memory != NULL;
}

static void free_outgoing(struct outgoing *message)
{
	free(message->text);
	free(message->bytes);
	free(message);
}

void messages_free(struct peer *peer)
{
	struct messages *messages = &peer->messages;

	while (messages->first != NULL) {
		struct outgoing *next = messages->first->next;

		free_outgoing(messages->first);
		messages->first = next;
	}
	free(messages->memory);
}

static void tell(struct turn *turn, const struct outgoing *message, enum reason reason)
{
	struct destination to;
	bool known = destination_find(turn->peer, message->to, &to);

	peer_tell(turn->peer,
	    &(struct peer_event){
		.kind = EVENT_MESSAGE,
		.now = turn->now,
		.path = message->to,
		.name = known ? to.name : "",
		.message = message->id,
		.text = message->text,
		.message_state = message->state,
		.reason = reason,
	    });
}

/* Ends it: it is gone after this. */
static void end(struct turn *turn, struct outgoing *message, enum message_state state,
    enum reason reason)
{
	struct messages *messages = &turn->peer->messages;
	struct outgoing **at = &messages->first;
	struct outgoing *before = NULL;

	while (*at != message) {
		before = *at;
		at = &(*at)->next;
	}
	*at = message->next;
	if (messages->last == message)
		messages->last = before;
	messages->count--;
	message->state = state;
	tell(turn, message, reason);
	free_outgoing(message);
}

static void compose(struct turn *turn, struct writer *w, uint32_t number, uint32_t word,
    const char *text, bool utf8)
{
	message_write(w, number, &turn->peer->identity, word, span_text(text), utf8,
	    turn->peer->legacy);
}

/* Written once, when it is known what the other reads: each try has the same bytes. */
static bool write_once(struct turn *turn, struct outgoing *message, bool utf8)
{
	struct writer w = turn_open(turn);

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
	if (!write_once(turn, message, to->utf8))
		return;
	struct writer w = turn_open(turn);

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

static void start(struct turn *turn, struct outgoing *message, const struct destination *to)
{
	bool news = message->state != MESSAGE_SENT;

	if (message->bytes == NULL)
		message->number = peer_number(turn->peer, turn->wall);
	message->tries = 0;
	message->first = turn->now;
	message->state = MESSAGE_SENT;
	send_try(turn, message, to);
	message->tries = 1;
	message->due = next_try(message, to->extended);
	if (news)
		tell(turn, message, REASON_NONE);
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

static void start_next(struct turn *turn, uint32_t id)
{
	struct outgoing *next = turn->peer->messages.first;
	struct destination to;

	while (next != NULL && !(next->to == id && next->state == MESSAGE_WAITING))
		next = next->next;
	if (next != NULL && destination_find(turn->peer, id, &to) && to.open &&
	    is_its_turn(turn, &to))
		start(turn, next, &to);
}

/* Ends it; who waited for that is next. */
static void finish(struct turn *turn, struct outgoing *message, enum message_state state,
    enum reason reason)
{
	uint32_t id = message->to;

	end(turn, message, state, reason);
	start_next(turn, id);
}

static void append(struct messages *messages, struct outgoing *message)
{
	if (messages->last != NULL)
		messages->last->next = message;
	else
		messages->first = message;
	messages->last = message;
	messages->count++;
}

static uint32_t word_of(const struct letter *letter)
{
	return CMD_SENDMSG | OPT_SENDCHECK | (letter->sealed ? OPT_SECRET | OPT_READCHECK : 0) |
	    (letter->many ? OPT_MULTICAST : 0);
}

uint64_t messages_give(struct turn *turn, const struct destination *to,
    const struct letter *letter)
{
	struct messages *messages = &turn->peer->messages;
	struct outgoing *message = calloc(1, sizeof *message);

	if (message == NULL || (message->text = strdup(letter->text)) == NULL) {
		free(message);
		return 0;
	}
	uint64_t id = message->id = ++messages->last_id;

	message->to = to->id;
	message->word = word_of(letter);
	message->state = MESSAGE_WAITING;
	message->due = DEADLINE_NEVER;
	append(messages, message);
	tell(turn, message, REASON_NONE);
	if (to->open && is_its_turn(turn, to))
		start(turn, message, to);
	return id;
}

/* One number for all: whoever is reached twice can tell that it is the same message. */
uint64_t messages_broadcast(struct turn *turn, const char *text, uint32_t *count)
{
	struct peer *peer = turn->peer;
	uint32_t number = peer_number(peer, turn->wall);
	struct peer_contact_status contact;
	uint32_t cursor = 0;

	*count = 0;
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

	if (!destination_find(turn->peer, path->id, &to))
		return;
	for (struct outgoing *m = turn->peer->messages.first; m != NULL; m = m->next) {
		if (m->to == path->id && m->state == MESSAGE_WAITING)
			start(turn, m, &to);
	}
}

void messages_contact_gone(struct turn *turn, uint32_t id, enum reason reason)
{
	struct outgoing *next;

	for (struct outgoing *m = turn->peer->messages.first; m != NULL; m = next) {
		next = m->next;
		if (m->to == id)
			end(turn, m, MESSAGE_FAILED, reason);
	}
}

void messages_end_all(struct turn *turn, enum reason reason)
{
	while (turn->peer->messages.first != NULL)
		end(turn, turn->peer->messages.first, MESSAGE_FAILED, reason);
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
}

bool messages_wait_for(const struct messages *messages, uint32_t id)
{
	for (const struct outgoing *m = messages->first; m != NULL; m = m->next) {
		if (m->to == id)
			return true;
	}
	return false;
}

/* It goes on, with the same number, when the path is open again. */
static void wait_for_path(struct turn *turn, struct outgoing *message, struct path *path)
{
	message->state = MESSAGE_WAITING;
	message->due = DEADLINE_NEVER;
	tell(turn, message, REASON_NONE);
	/* from the path's own timer: a failure at once would end messages we stand on */
	if (path->state == PATH_IDLE || path->state == PATH_FAILED) {
		path->retry_due = turn->now;
		path_schedule(turn->peer, path);
	}
}

static void try_again(struct turn *turn, struct outgoing *message)
{
	struct destination to;

	if (!destination_find(turn->peer, message->to, &to)) {
		end(turn, message, MESSAGE_FAILED, REASON_NOT_CONFIRMED);
	} else if (!to.open) {
		wait_for_path(turn, message, to.path);
	} else if (given_up(turn, message, to.extended)) {
		finish(turn, message, MESSAGE_FAILED, REASON_NOT_CONFIRMED);
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
	struct outgoing *next;

	for (struct outgoing *m = turn->peer->messages.first; m != NULL; m = next) {
		next = m->next;
		if (turn->now >= m->due)
			try_again(turn, m);
	}
}

int64_t messages_deadline(const struct messages *messages)
{
	int64_t due = DEADLINE_NEVER;

	for (const struct outgoing *m = messages->first; m != NULL; m = m->next) {
		if (m->due < due)
			due = m->due;
	}
	return due;
}

/* The one of ours that a confirmation from there is for. */
static struct outgoing *under_way(struct turn *turn, const struct arrival *in,
    const struct packet *packet, uint32_t number)
{
	for (struct outgoing *m = turn->peer->messages.first; m != NULL; m = m->next) {
		if (m->number == number && m->tries > 0 &&
		    source_is(turn->peer, in, packet, m->to))
			return m;
	}
	return NULL;
}

static void deliver(struct turn *turn, struct outgoing *message)
{
	struct destination to;

	if (destination_find(turn->peer, message->to, &to)) {
		if (to.path != NULL)
			to.path->heard = turn->now;
		if (to.neighbour != NULL)
			neighbour_heard(to.neighbour, turn->now);
		if ((message->word & OPT_SECRET) != 0)
			seals_await(&turn->peer->seals, message->id, message->number, &to);
	}
	finish(turn, message, MESSAGE_DELIVERED, REASON_NONE);
}

void messages_confirmed(struct turn *turn, const struct arrival *in, const struct packet *packet)
{
	struct outgoing *message;
	uint32_t number;

	if (!packet_body_number(packet, &number))
		return;
	message = under_way(turn, in, packet, number);
	if (message != NULL)
		deliver(turn, message);
}

/* Whoever has opened a message has got it, should that confirmation be lost. */
static void on_opened(struct turn *turn, const struct arrival *in, const struct packet *packet,
    uint32_t number)
{
	struct outgoing *message = under_way(turn, in, packet, number);

	if (message != NULL && (message->word & OPT_SECRET) != 0)
		deliver(turn, message);
	seals_read(turn, in, packet, number);
}

void messages_read(struct turn *turn, const struct arrival *in, const struct packet *packet)
{
	struct peer *peer = turn->peer;
	struct source source = source_of(peer, in, packet);
	uint32_t number;

	if (packet_body_number(packet, &number))
		on_opened(turn, in, packet, number);
	if (!packet_has(packet, OPT_READCHECK))
		return;
	struct writer w = turn_open(turn);

	/* the body of the answer is the READMSG's own number, whatever it asks for */
	packet_write_number(&w, turn_number(turn), &peer->identity, CMD_ANSREADMSG,
	    packet->number);
	source_answer(turn, &w, &source);
}
