/* Sealed messages. The times and counts of READMSG are those of official clients. */
#include "peer/seals.h"

#include <stdlib.h>
#include <string.h>

#include "peer/core.h"

#define READ_EVERY_MS 750
#define READ_TRIES 12
#define AGAIN_MS 180000 /* after so many in vain */
#define READ_BYTES 128 /* at most of a READMSG; the message that it is for was no shorter */

/* A ring: what is the oldest makes way. */
static void put_sent(struct seals *seals, const struct sent_seal *seal)
{
	struct sent_seal *place = &seals->sent[seals->sent_next];

	free(place->name);
	*place = *seal;
	seals->sent_next = (seals->sent_next + 1) % SEALS_MAX;
}

void seals_await(struct seals *seals, uint64_t message, uint32_t number,
    const struct destination *to)
{
	put_sent(seals, &(struct sent_seal){message, number, to->id, to->at, NULL});
}

void seals_restore(struct peer *peer, const struct kept_seal_message *message)
{
	char *name = strdup(message->name);

	if (name == NULL)
		return;
	if (message->sent)
		put_sent(&peer->seals,
		    &(struct sent_seal){
			.message = message->id, .number = message->number, .name = name});
	else
		seals_keep(&peer->seals,
		    &(struct kept_seal){
			.message = message->id,
			.number = message->number,
			.check = message->check,
			.opened = message->read,
			.source = {.at = message->at,
			    .local = message->at.family == FAMILY_IP6 ? peer->sockets.main6
								      : peer->sockets.main4,
			    .credit = READ_BYTES},
			.name = name,
		    });
}

void seals_free(struct seals *seals)
{
	for (size_t i = 0; i < SEALS_MAX; i++) {
		free(seals->sent[i].name);
		free(seals->kept[i].name);
	}
	for (size_t i = 0; i < seals->report_count; i++)
		free(seals->reports[i].seal.name);
}

/* Whoever bears the name now, of those who can be reached; 0 for nobody. */
static uint32_t bearer(const struct peer *peer, const char *name)
{
	bool ambiguous;

	return name != NULL ? queue_reachable(peer, name, &ambiguous) : 0;
}

/* Somebody who left and came back has another id; the endpoint still tells. */
static bool is_from(struct turn *turn, const struct arrival *in, const struct packet *packet,
    uint32_t id, const struct endpoint *at)
{
	return endpoint_equal(&in->remote, at) || source_is(turn->peer, in, packet, id);
}

static void tell_read(struct turn *turn, const struct sent_seal *seal)
{
	struct destination to;
	bool known = destination_find(turn->peer, seal->to, &to);

	peer_tell(turn->peer,
	    &(struct peer_event){
		.kind = EVENT_MESSAGE,
		.now = turn->now,
		.path = seal->to,
		.name = known ? to.name : "",
		.message = seal->message,
		.message_state = MESSAGE_READ,
	    });
}

void seals_read(struct turn *turn, const struct arrival *in, const struct packet *packet,
    uint32_t number)
{
	struct seals *seals = &turn->peer->seals;

	for (size_t i = 0; i < SEALS_MAX; i++) {
		struct sent_seal seal = seals->sent[i];

		if (seal.message == 0 || seal.number != number)
			continue;
		if (seal.to == 0)
			seal.to = bearer(turn->peer, seal.name);
		if (!is_from(turn, in, packet, seal.to, &seal.at))
			continue;
		free(seal.name);
		seals->sent[i] = (struct sent_seal){0};
		tell_read(turn, &seal);
		return;
	}
}

void seals_keep(struct seals *seals, const struct kept_seal *seal)
{
	seals->untold += seal->opened;
	seals->untold -= seals->kept[seals->kept_next].opened;
	free(seals->kept[seals->kept_next].name);
	seals->kept[seals->kept_next] = *seal;
	seals->kept_next = (seals->kept_next + 1) % SEALS_MAX;
}

static void send_read(struct turn *turn, struct report *report)
{
	struct peer *peer = turn->peer;
	struct kept_seal *seal = &report->seal;
	struct writer w = turn_open(turn);

	packet_write_number(&w, report->number, &peer->identity,
	    CMD_READMSG | (seal->check ? OPT_READCHECK : 0), seal->number);
	source_follow(turn, &w, &seal->source);
	report->tries++;
	report->due = turn->now + READ_EVERY_MS;
}

static void tell_told(struct turn *turn, uint64_t message)
{
	peer_tell(turn->peer,
	    &(struct peer_event){.kind = EVENT_TOLD, .now = turn->now, .message = message});
}

static bool take_kept(struct seals *seals, uint64_t message, struct kept_seal *taken)
{
	for (size_t i = 0; message != 0 && i < SEALS_MAX; i++) {
		if (seals->kept[i].message != message || seals->kept[i].opened)
			continue;
		*taken = seals->kept[i];
		seals->kept[i] = (struct kept_seal){0};
		return true;
	}
	return false;
}

static void keep_untold(struct turn *turn, struct kept_seal *seal)
{
	struct seals *seals = &turn->peer->seals;
	struct destination to;

	/* by his name he is found again when he has another id */
	if (seal->name == NULL && destination_find(turn->peer, seal->source.id, &to))
		seal->name = strdup(to.name);
	seal->opened = true;
	seal->source.credit = READ_BYTES;
	if (seals->untold == 0)
		seals->again = turn->now + AGAIN_MS;
	seals_keep(seals, seal);
}

/* Takes over the seal. Who wants no answer is told once. */
static void begin_report(struct turn *turn, struct report *report)
{
	struct seals *seals = &turn->peer->seals;
	struct kept_seal *seal = &report->seal;
	uint32_t id = bearer(turn->peer, seal->name);

	if (id != 0)
		seal->source.id = id;
	report->number = peer_number(turn->peer, turn->wall);
	send_read(turn, report);
	if (seal->check) {
		if (seals->report_count < REPORTS_MAX)
			seals->reports[seals->report_count++] = *report;
		else
			keep_untold(turn, seal);
		return;
	}
	tell_told(turn, seal->message);
	free(seal->name);
}

/* Those who can be reached by now. */
static void tell_again(struct turn *turn)
{
	struct seals *seals = &turn->peer->seals;

	seals->again = turn->now + AGAIN_MS;
	for (size_t i = 0; i < SEALS_MAX && seals->report_count < REPORTS_MAX; i++) {
		struct report report = {.seal = seals->kept[i]};
		struct destination to;
		bool here = destination_find(turn->peer, report.seal.source.id, &to) && to.open;

		if (!report.seal.opened || (!here && bearer(turn->peer, report.seal.name) == 0))
			continue;
		seals->kept[i] = (struct kept_seal){0};
		seals->untold--;
		begin_report(turn, &report);
	}
}

bool seals_open(struct turn *turn, uint64_t message)
{
	struct seals *seals = &turn->peer->seals;
	struct report report = {0};

	if (!take_kept(seals, message, &report.seal))
		return false;
	begin_report(turn, &report);
	return true;
}

static void end_report(struct seals *seals, size_t i)
{
	seals->reports[i] = seals->reports[--seals->report_count];
}

void seals_confirmed(struct turn *turn, const struct arrival *in, const struct packet *packet)
{
	struct seals *seals = &turn->peer->seals;
	uint32_t number;

	if (!packet_body_number(packet, &number))
		return;
	for (size_t i = 0; i < seals->report_count; i++) {
		const struct report *report = &seals->reports[i];
		const struct source *source = &report->seal.source;

		if (report->number == number &&
		    is_from(turn, in, packet, source->id, &source->at)) {
			tell_told(turn, report->seal.message);
			free(report->seal.name);
			end_report(seals, i);
			return;
		}
	}
}

void seals_move(struct seals *seals, uint32_t from, uint32_t to)
{
	for (size_t i = 0; i < SEALS_MAX; i++) {
		if (seals->sent[i].to == from)
			seals->sent[i].to = to;
		if (seals->kept[i].source.id == from)
			seals->kept[i].source.id = to;
	}
	for (size_t i = 0; i < seals->report_count; i++) {
		if (seals->reports[i].seal.source.id == from)
			seals->reports[i].seal.source.id = to;
	}
}

void seals_tick(struct turn *turn)
{
	struct seals *seals = &turn->peer->seals;

	/* from the end: the one that takes an ended one's place has had its turn */
	for (size_t i = seals->report_count; i-- > 0;) {
		struct report *report = &seals->reports[i];

		if (turn->now < report->due)
			continue;
		if (report->tries < READ_TRIES) {
			send_read(turn, report);
			continue;
		}
		keep_untold(turn, &report->seal);
		end_report(seals, i);
	}
	if (seals->untold > 0 && turn->now >= seals->again)
		tell_again(turn);
}

int64_t seals_deadline(const struct seals *seals)
{
	int64_t due = seals->untold > 0 ? seals->again : DEADLINE_NEVER;

	for (size_t i = 0; i < seals->report_count; i++) {
		if (seals->reports[i].due < due)
			due = seals->reports[i].due;
	}
	return due;
}
