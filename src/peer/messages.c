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
	const struct path *path = path_by_id(turn->peer, message->path);

	peer_tell(turn->peer,
	    &(struct peer_event){
		.kind = EVENT_MESSAGE,
		.now = turn->now,
		.path = message->path,
		.name = path == NULL		? ""
		    : path->name[0] != '\0' ? path->name
					    : path->wanted,
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

/* Written once, when it is known what the other reads: each try has the same bytes. */
static bool write_once(struct turn *turn, struct outgoing *message, const struct path *path)
{
	struct peer *peer = turn->peer;
	struct writer w = turn_open(turn);

	if (message->bytes != NULL)
		return true;
	message_write(&w, message->number, &peer->identity, CMD_SENDMSG | OPT_SENDCHECK,
	    span_text(message->text), path->utf8, peer->legacy);
	message->bytes = w.full ? NULL : malloc(w.len);
	if (message->bytes == NULL)
		return false;
	memcpy(message->bytes, w.data, w.len);
	message->len = w.len;
	peer_bump(peer, PEER_MESSAGES_OUT);
	return true;
}

static void send_try(struct turn *turn, struct outgoing *message, const struct path *path)
{
	if (!write_once(turn, message, path))
		return;
	struct writer w = turn_open(turn);

	writer_span(&w, span_of(message->bytes, message->len));
	turn_close(turn, &w, &path->remote, 0);
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

static void start(struct turn *turn, struct outgoing *message, const struct path *path)
{
	bool news = message->state != MESSAGE_SENT;

	message->tries = 0;
	message->first = turn->now;
	message->state = MESSAGE_SENT;
	send_try(turn, message, path);
	message->tries = 1;
	message->due = next_try(message, path->extended);
	if (news)
		tell(turn, message, REASON_NONE);
}

struct outgoing *messages_give(struct turn *turn, struct path *path, const char *text)
{
	struct messages *messages = &turn->peer->messages;
	struct outgoing *message = calloc(1, sizeof *message);

	if (message == NULL || (message->text = strdup(text)) == NULL) {
		free(message);
		return NULL;
	}
	message->id = ++messages->last_id;
	message->path = path->id;
	message->number = peer_number(turn->peer, turn->wall);
	message->state = MESSAGE_WAITING;
	message->due = DEADLINE_NEVER;
	if (messages->last != NULL)
		messages->last->next = message;
	else
		messages->first = message;
	messages->last = message;
	messages->count++;
	tell(turn, message, REASON_NONE);
	if (path->state == PATH_OPEN)
		start(turn, message, path);
	return message;
}

void messages_path_open(struct turn *turn, const struct path *path)
{
	for (struct outgoing *m = turn->peer->messages.first; m != NULL; m = m->next) {
		if (m->path == path->id && m->state == MESSAGE_WAITING)
			start(turn, m, path);
	}
}

void messages_path_failed(struct turn *turn, const struct path *path, enum reason reason)
{
	struct outgoing *next;

	for (struct outgoing *m = turn->peer->messages.first; m != NULL; m = next) {
		next = m->next;
		if (m->path == path->id)
			end(turn, m, MESSAGE_FAILED, reason);
	}
}

void messages_move(struct messages *messages, uint32_t from_path, uint32_t to_path)
{
	for (struct outgoing *m = messages->first; m != NULL; m = m->next) {
		if (m->path == from_path)
			m->path = to_path;
	}
}

bool messages_wait_for(const struct messages *messages, uint32_t path)
{
	for (const struct outgoing *m = messages->first; m != NULL; m = m->next) {
		if (m->path == path)
			return true;
	}
	return false;
}

static void try_again(struct turn *turn, struct outgoing *message)
{
	struct path *path = path_by_id(turn->peer, message->path);

	if (path == NULL) {
		end(turn, message, MESSAGE_FAILED, REASON_NOT_CONFIRMED);
	} else if (path->state != PATH_OPEN) {
		/* it goes on, with the same number, when the path is open again */
		message->state = MESSAGE_WAITING;
		message->due = DEADLINE_NEVER;
		tell(turn, message, REASON_NONE);
		/* from the path's own timer: a failure at once would end messages we stand on */
		if (path->state == PATH_IDLE || path->state == PATH_FAILED) {
			path->retry_due = turn->now;
			path_schedule(turn->peer, path);
		}
	} else if (given_up(turn, message, path->extended)) {
		end(turn, message, MESSAGE_FAILED, REASON_NOT_CONFIRMED);
	} else {
		send_try(turn, message, path);
		message->tries++;
		message->due = next_try(message, path->extended);
		/* perhaps the other has moved: found out now, the message can follow it */
		if (message->tries == TRIES_BEFORE_CHECK)
			path_check(turn, path);
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

void messages_confirmed(struct turn *turn, const struct arrival *in, const struct packet *packet)
{
	struct path *path = path_by_endpoint(turn->peer, &in->remote);
	uint32_t number;

	if (path == NULL || !packet_body_number(packet, &number))
		return;
	for (struct outgoing *m = turn->peer->messages.first; m != NULL; m = m->next) {
		if (m->path == path->id && m->number == number && m->tries > 0) {
			path->heard = turn->now;
			end(turn, m, MESSAGE_DELIVERED, REASON_NONE);
			return;
		}
	}
}
