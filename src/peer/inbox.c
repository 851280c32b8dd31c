/*
 * Messages of others. A message is told to the outside once; its RECVMSG
 * leaves when the outside has stored it, and again for each repeat after that.
 */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "peer/core.h"
#include "wire/message.h"

/*
 * Number alone does not tell messages apart: seeds number by the second, some
 * clients restart at 1. User, host and the text up to its NUL belong to it.
 */
static uint64_t digest_of(const struct messages *messages, const struct packet *packet)
{
	crypto_generichash_state state;
	uint8_t lengths[2] = {(uint8_t)packet->user.len, (uint8_t)packet->host.len};
	uint64_t digest;
	uint8_t hash[16];

	crypto_generichash_init(&state, messages->key, sizeof messages->key, sizeof hash);
	crypto_generichash_update(&state, lengths, sizeof lengths);
	crypto_generichash_update(&state, packet->user.data, packet->user.len);
	crypto_generichash_update(&state, packet->host.data, packet->host.len);
	crypto_generichash_update(&state, (const uint8_t *)&packet->number, sizeof packet->number);
	crypto_generichash_update(&state, packet->body.data, packet->body.len);
	crypto_generichash_final(&state, hash, sizeof hash);
	memcpy(&digest, hash, sizeof digest);
	return digest != 0 ? digest : 1;
}

static struct remembered *recall(struct messages *messages, uint64_t digest)
{
	for (size_t i = 0; i < MESSAGE_MEMORY; i++) {
		if (messages->memory[i].digest == digest)
			return &messages->memory[i];
	}
	return NULL;
}

static void remember(struct messages *messages, uint64_t digest)
{
	messages->memory[messages->memory_next] = (struct remembered){digest, false};
	messages->memory_next = (messages->memory_next + 1) % MESSAGE_MEMORY;
}

static void send_number(struct turn *turn, const struct arrival *in, enum command command,
    uint32_t number)
{
	struct peer *peer = turn->peer;
	struct writer w = turn_open(turn);

	packet_write_number(&w, peer_number(peer, turn->wall), &peer->identity, command, number);
	turn_close_answer(turn, &w, in);
}

static char *decode(const struct peer *peer, const struct message *message)
{
	size_t cap = 3 * message->text.len + 1;
	char *text = malloc(cap);

	if (text != NULL)
		message_decode(message, peer->legacy, text, cap);
	return text;
}

/* Takes the entry out; false when there is none of that id. */
static bool take_storing(struct messages *messages, uint64_t id, struct storing *taken)
{
	for (size_t i = 0; i < messages->storing_count; i++) {
		if (messages->storing[i].id != id)
			continue;
		*taken = messages->storing[i];
		messages->storing[i] = messages->storing[--messages->storing_count];
		return true;
	}
	return false;
}

void messages_refused(struct peer *peer, uint64_t id)
{
	struct storing refused;
	struct remembered *known;

	if (!take_storing(&peer->messages, id, &refused))
		return;
	known = recall(&peer->messages, refused.digest);
	if (known != NULL)
		*known = (struct remembered){0};
}

static void tell_received(struct turn *turn, const struct arrival *in,
    const struct packet *packet, const struct message *message, uint64_t id)
{
	const struct path *path = path_by_endpoint(turn->peer, &in->remote);
	char name[2 * NAME_TEXT_MAX], user[NAME_TEXT_MAX], host[NAME_TEXT_MAX];
	char *text = decode(turn->peer, message);

	if (text == NULL) {
		messages_refused(turn->peer, id);
		return;
	}
	name_decode(packet->user, message->utf8, turn->peer->legacy, user);
	name_decode(packet->host, message->utf8, turn->peer->legacy, host);
	snprintf(name, sizeof name, "%s@%s", user, host);
	peer_tell(turn->peer,
	    &(struct peer_event){
		.kind = EVENT_RECEIVED,
		.now = turn->now,
		.path = path != NULL ? path->id : 0,
		.name = path != NULL && path->name[0] != '\0' ? path->name : name,
		.at = in->remote,
		.message = id,
		.text = text,
		.broadcast = message->broadcast,
		.sealed = message->sealed,
	    });
	free(text);
}

void messages_received(struct turn *turn, const struct arrival *in, const struct packet *packet)
{
	struct messages *messages = &turn->peer->messages;
	uint64_t digest = digest_of(messages, packet);
	struct remembered *known = recall(messages, digest);
	struct message message;

	message_parse(&message, packet);
	if (known != NULL) {
		peer_bump(turn->peer, PEER_MESSAGES_DUPLICATE);
		/* while it is being stored, the first confirmation is still to come */
		if (known->stored && message.wants_receipt)
			send_number(turn, in, CMD_RECVMSG, packet->number);
		return;
	}
	if (messages->storing_count == MESSAGE_STORING_MAX)
		return;
	remember(messages, digest);
	uint64_t id = ++messages->last_id;

	messages->storing[messages->storing_count++] = (struct storing){
	    .id = id,
	    .digest = digest,
	    .from = in->remote,
	    .number = packet->number,
	    .bytes = in->bytes.len,
	    .receipt = message.wants_receipt,
	};
	peer_bump(turn->peer, PEER_MESSAGES_IN);
	tell_received(turn, in, packet, &message, id);
}

void messages_stored(struct turn *turn, uint64_t id)
{
	struct messages *messages = &turn->peer->messages;
	struct remembered *known;
	struct storing done;

	if (!take_storing(messages, id, &done))
		return;
	known = recall(messages, done.digest);
	if (known != NULL)
		known->stored = true;
	if (done.receipt)
		send_number(turn, &(struct arrival){.bytes = span_of(NULL, done.bytes),
		    .remote = done.from}, CMD_RECVMSG, done.number);
}

void messages_read(struct turn *turn, const struct arrival *in, const struct packet *packet)
{
	/* the body of the answer is the READMSG's own number, whatever it asks for */
	if (packet_has(packet, OPT_READCHECK))
		send_number(turn, in, CMD_ANSREADMSG, packet->number);
}
