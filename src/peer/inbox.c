/*
 * Messages of others. A message is told to the outside once; its RECVMSG
 * leaves when the outside has stored it, and again for each repeat after that.
 * Files that it offers are given up at once: nothing here fetches them.
 */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "peer/core.h"
#include "wire/attachment.h"
#include "wire/message.h"

#define OFFER_NAME_MAX 256
#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

/*
 * iptux and the client for the Mac count their packets from 1 in each run, all others from the
 * time of day. What has so low a number is a message sent again only within this time.
 */
#define CLOCK_NUMBERS 1000000000
#define RESENT_WITHIN_MS 60000

/* The files of one message. */
struct offers {
	struct offer all[OFFERS_MAX];
	char names[OFFERS_MAX][OFFER_NAME_MAX];
	size_t count;
};

/*
 * Number alone does not tell messages apart: seeds number by the second, some
 * clients restart at 1. User, host, the text up to its NUL and the offers up to
 * theirs belong to it; what official clients append when they send again does not.
 */
static uint64_t digest_of(const struct messages *messages, const struct packet *packet,
    const struct message *message)
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
	crypto_generichash_update(&state, (const uint8_t *)"", 1);
	crypto_generichash_update(&state, message->attachments.data, message->attachments.len);
	crypto_generichash_final(&state, hash, sizeof hash);
	memcpy(&digest, hash, sizeof digest);
	return digest != 0 ? digest : 1;
}

static void add_text(crypto_generichash_state *state, const char *text)
{
	crypto_generichash_update(state, (const uint8_t *)text, strlen(text) + 1);
}

/*
 * The same for a mailbox, where it outlives this process and its key; of what was read as UTF-8,
 * since days later it may come in another encoding. What cannot be read is taken as it is.
 */
static void mark_of(const struct peer_event *event, const struct packet *packet,
    const struct message *message, bool content, uint8_t mark[MARK_BYTES])
{
	crypto_generichash_state state;

	crypto_generichash_init(&state, NULL, 0, MARK_BYTES);
	add_text(&state, event->user);
	add_text(&state, event->host);
	crypto_generichash_update(&state, (const uint8_t *)&packet->number, sizeof packet->number);
	if (content) {
		add_text(&state, event->text);
		if (strstr(event->text, REPLACEMENT) != NULL)
			crypto_generichash_update(&state, packet->body.data, packet->body.len);
		crypto_generichash_update(&state, message->attachments.data,
		    message->attachments.len);
	}
	crypto_generichash_final(&state, mark, MARK_BYTES);
}

/*
 * Official clients for Windows give each number once, in one life and the next, and change the
 * text of what they send again much later. Peers of ours do not change it; and one that has lost
 * its mailbox does not know any more which numbers it gave.
 */
static bool gives_numbers_once(struct peer *peer, const struct source *from, uint32_t number)
{
	/* names prove nothing: only what comes from where he is */
	const struct neighbour *sender = neighbour_at(peer, &from->at);

	return number >= CLOCK_NUMBERS && sender != NULL && sender->id == from->id &&
	    (strncmp(sender->version, "00010001:", 9) == 0 ||
		strncmp(sender->version, "00010002:", 9) == 0);
}

static struct remembered *recall(struct messages *messages, uint64_t digest)
{
	for (size_t i = 0; i < MESSAGE_MEMORY; i++) {
		if (messages->memory[i].digest == digest)
			return &messages->memory[i];
	}
	return NULL;
}

/* What came before with that digest; forgotten if this is another message all the same. */
static struct remembered *recall_same(struct messages *messages, uint64_t digest,
    uint32_t number, int64_t now)
{
	struct remembered *known = recall(messages, digest);

	if (known == NULL || number >= CLOCK_NUMBERS || now - known->at <= RESENT_WITHIN_MS)
		return known;
	*known = (struct remembered){0};
	return NULL;
}

static void remember(struct messages *messages, uint64_t digest, int64_t now)
{
	messages->memory[messages->memory_next] = (struct remembered){digest, false, now};
	messages->memory_next = (messages->memory_next + 1) % MESSAGE_MEMORY;
}

static void send_number(struct turn *turn, struct source *to, enum command command,
    uint32_t number)
{
	struct peer *peer = turn->peer;
	struct writer w = turn_open(turn);

	packet_write_number(&w, turn_number(turn), &peer->identity, command, number);
	source_answer(turn, &w, to);
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

static enum offer_kind kind_of(const struct attachment *attachment)
{
	switch (attachment->type) {
	case FILE_REGULAR:
		return OFFER_FILE;
	case FILE_DIRECTORY:
		return OFFER_DIRECTORY;
	case FILE_CLIPBOARD:
		return OFFER_IMAGE;
	default:
		return OFFER_OTHER;
	}
}

static void read_offers(struct offers *offers, const struct peer *peer,
    const struct message *message)
{
	struct span list = message->attachments;
	struct attachment attachment;

	offers->count = 0;
	while (offers->count < OFFERS_MAX && attachment_next(&list, &attachment)) {
		char *name = offers->names[offers->count];
		enum offer_kind kind = kind_of(&attachment);

		attachment_name(&attachment, message->utf8, peer->legacy, name, OFFER_NAME_MAX);
		offers->all[offers->count++] = (struct offer){
		    .name = name,
		    .size = kind == OFFER_DIRECTORY ? 0 : attachment.size,
		    .kind = kind,
		};
	}
}

/* As whoever sent it is known, else user@host. */
static void name_sender(struct peer *peer, const struct source *from, const struct packet *packet,
    char name[PATH_NAME_MAX])
{
	char user[NAME_TEXT_MAX], host[NAME_TEXT_MAX];
	bool utf8 = packet_has(packet, OPT_UTF8);
	struct destination sender;

	if (from->id != 0 && destination_find(peer, from->id, &sender) && sender.name[0] != '\0') {
		snprintf(name, PATH_NAME_MAX, "%s", sender.name);
		return;
	}
	name_decode(packet->user, utf8, peer->legacy, user);
	name_decode(packet->host, utf8, peer->legacy, host);
	snprintf(name, PATH_NAME_MAX, "%s@%s", user, host);
}

static void tell_received(struct turn *turn, const struct packet *packet,
    const struct message *message, const struct offers *offers, const struct storing *storing)
{
	struct peer *peer = turn->peer;
	char *text = decode(peer, message);
	char name[PATH_NAME_MAX], user[NAME_TEXT_MAX], host[NAME_TEXT_MAX];
	struct peer_event event = {
	    .kind = EVENT_RECEIVED,
	    .now = turn->now,
	    .path = storing->from.id,
	    .name = name,
	    .at = storing->from.at,
	    .message = storing->id,
	    .text = text,
	    .number = packet->number,
	    .user = user,
	    .host = host,
	    .check = message->wants_read_receipt,
	    .by_number = gives_numbers_once(peer, &storing->from, packet->number),
	    .stranger = storing->from.id == 0,
	    .again = packet->number < CLOCK_NUMBERS ? turn->wall - RESENT_WITHIN_MS / 1000 : 0,
	    .broadcast = message->broadcast,
	    .sealed = message->sealed,
	    .automatic = message->automatic,
	    .offers = offers->all,
	    .offer_count = offers->count,
	};

	if (text == NULL) {
		messages_refused(peer, storing->id);
		return;
	}
	name_sender(peer, &storing->from, packet, name);
	name_decode(packet->user, packet_has(packet, OPT_UTF8), peer->legacy, user);
	name_decode(packet->host, packet_has(packet, OPT_UTF8), peer->legacy, host);
	mark_of(&event, packet, message, true, event.mark);
	mark_of(&event, packet, message, false, event.number_mark);
	peer_tell(peer, &event);
	free(text);
}

static void take_in(struct turn *turn, const struct packet *packet, const struct message *message,
    const struct source *from, uint64_t digest)
{
	struct messages *messages = &turn->peer->messages;
	struct offers offers;

	read_offers(&offers, turn->peer, message);
	remember(messages, digest, turn->now);
	peer_bump(turn->peer, PEER_MESSAGES_IN);
	struct storing storing = {
	    .id = ++messages->last_id,
	    .digest = digest,
	    .from = *from,
	    .number = packet->number,
	    .receipt = message->wants_receipt,
	    .sealed = message->sealed,
	    .read_receipt = message->wants_read_receipt,
	    .release = offers.count > 0,
	    .answer = !message->broadcast && !message->automatic,
	};

	messages->storing[messages->storing_count++] = storing;
	tell_received(turn, packet, message, &offers, &storing);
}

/* Who writes to us on the LAN may not know us yet, unless it wants no notice taken of it. */
static void introduce(struct turn *turn, const struct arrival *in, const struct packet *packet)
{
	if (!packet_has(packet, OPT_NOADDLIST) && neighbour_at(turn->peer, &in->remote) == NULL)
		lan_introduce(turn, in);
}

void messages_received(struct turn *turn, const struct arrival *in, const struct packet *packet)
{
	struct messages *messages = &turn->peer->messages;
	struct source from = source_of(turn->peer, in, packet);
	struct neighbour *neighbour = neighbour_at(turn->peer, &in->remote);
	struct remembered *known;
	struct message message;
	uint64_t digest;

	if (neighbour != NULL)
		neighbour_heard(neighbour, turn->now);
	if (packet_has(packet, OPT_ENCRYPT)) {
		/* meant for somebody who was here before us: our entry tells what we take */
		peer_bump(turn->peer, PEER_DROPPED_ENCRYPTED);
		lan_introduce(turn, in);
		return;
	}
	message_parse(&message, packet);
	from.utf8 = from.utf8 || message.utf8;
	digest = digest_of(messages, packet, &message);
	known = recall_same(messages, digest, packet->number, turn->now);
	if (known != NULL) {
		peer_bump(turn->peer, PEER_MESSAGES_DUPLICATE);
		/* while it is being stored, the first confirmation is still to come */
		if (known->stored && message.wants_receipt)
			send_number(turn, &from, CMD_RECVMSG, packet->number);
		return;
	}
	if (messages->storing_count == MESSAGE_STORING_MAX)
		return;
	take_in(turn, packet, &message, &from, digest);
	introduce(turn, in, packet);
}

/* It is in the mailbox: confirmed. False when nothing of that id waits for it. */
static bool confirm(struct turn *turn, uint64_t id, struct storing *done)
{
	struct messages *messages = &turn->peer->messages;
	struct remembered *known;

	if (!take_storing(messages, id, done))
		return false;
	known = recall(messages, done->digest);
	if (known != NULL)
		known->stored = true;
	if (done->receipt)
		send_number(turn, &done->from, CMD_RECVMSG, done->number);
	return true;
}

void messages_known(struct turn *turn, uint64_t id)
{
	struct storing done;

	if (confirm(turn, id, &done))
		peer_bump(turn->peer, PEER_MESSAGES_DUPLICATE);
}

void messages_stored(struct turn *turn, uint64_t id)
{
	struct storing done;

	if (!confirm(turn, id, &done))
		return;
	if (done.release)
		send_number(turn, &done.from, CMD_RELEASEFILES, done.number);
	if (done.answer)
		automatic_answer(turn, &done.from);
	if (done.sealed)
		seals_keep(&turn->peer->seals,
		    &(struct kept_seal){done.id, done.number, done.read_receipt, done.from});
}
