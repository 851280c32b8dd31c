/* What others say of messages of ours: that they have them, or have opened them. */
#include "peer/core.h"
#include "peer/outgoing.h"
#include "wire/packet.h"

/*
 * Confirmed so late that it waits again; it is under way once more after this. It may wait for
 * days, so who only says the right names is not enough: it must come from where it was sent to.
 */
static struct outgoing *back_in_queue(struct turn *turn, const struct arrival *in, uint32_t number)
{
	struct messages *messages = &turn->peer->messages;
	struct outgoing *message;
	struct destination from;

	if (!destination_at(turn->peer, &in->remote, &from))
		return NULL;
	message = queue_sent(turn->peer, from.id, number);
	if (message == NULL)
		return NULL;
	queue_remove(&messages->queue, message);
	message->to = from.id;
	outgoing_append(messages, message);
	return message;
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
	queue_heard(&turn->peer->messages.queue, message->to);
	messages_finish(turn, message, MESSAGE_DELIVERED, REASON_NONE);
}

void messages_confirmed(struct turn *turn, const struct arrival *in, const struct packet *packet)
{
	struct outgoing *message;
	uint32_t number;

	if (!packet_body_number(packet, &number))
		return;
	message = under_way(turn, in, packet, number);
	if (message == NULL)
		message = back_in_queue(turn, in, number);
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
