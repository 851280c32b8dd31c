/*
 * A peer under a stream of datagrams, some of them true: the input says from
 * where, how long it is quiet before, and may borrow the peer's own cookie,
 * transaction and sessions. Strangers must not be sent more bytes than they
 * sent, those on the LAN no more answers than their budget, and a message is
 * told at most once.
 *
 * Each step: a byte for the place (low three bits; 0 is the supernode, 3 to 5
 * are on the LAN, 6 is the peer's own, 7 an address added to the LAN) and
 * what to append (0x10 its cookie, 0x20 its transaction, 0x40 a session), a
 * byte for the wait in tenths of a second (odd: it went to many; by the second
 * bit what a person sends is sealed, by the third it may wait), two for the
 * length and, in the high bits, what else happens, then the datagram. An input of odd length has a
 * mailbox, which keeps or loses what it is told by chance.
 */
#include "peer/core.h"

#include <sodium.h>

#include "base/text.h"
#include "fuzz.h"

#define PLACES 8
#define OWN_PLACE 6
#define ADDED_PLACE 7

struct place {
	struct endpoint at;
	size_t in, out;
	size_t answers; /* bytes of these that went there */
	bool vouched; /* a supernode may have told it */
	bool left;    /* it is of a network that is being left */
};

/* What the mailbox was asked, and answers after the call. */
#define QUESTIONS 64
struct question {
	bool text; /* else whether it is kept */
	uint64_t message;
};

struct run {
	struct peer *peer;
	bool durable; /* there is a mailbox */
	struct question questions[QUESTIONS];
	size_t question_count;
	unsigned chance;
	struct batch batch;
	struct place places[PLACES];
	int64_t began;
	int64_t now;
	uint64_t received; /* the last message */
};

static void check_stranger(struct place *place, size_t len)
{
	place->out += len;
	HOLDS(place->vouched || place->out <= place->in);
}

/* What answers anybody there; confirmations and messages are for those who are known. */
static void check_answer(const struct run *run, struct place *place, const struct packet *packet,
    size_t len)
{
	switch (packet_command(packet)) {
	case CMD_ANSENTRY:
	case CMD_OKGETLIST:
	case CMD_ANSLIST:
	case CMD_SENDINFO:
	case CMD_SENDABSENCEINFO:
		place->answers += len;
		break;
	default:
		break;
	}
	HOLDS(place->vouched ||
	    place->answers <= (32 << 10) + (size_t)(run->now - run->began) * (4 << 10) / 1000);
}

static void on_sent(struct batch *batch, void *context)
{
	struct run *run = context;

	for (size_t i = 0; i < batch->count; i++) {
		const struct datagram *d = &batch->items[i];
		struct packet packet;

		HOLDS(packet_parse(&packet, span_of(d->data, d->len)) == PACKET_OK);
		for (int k = 1; k < PLACES; k++) {
			struct place *place = &run->places[k];

			if (!endpoint_equal(&place->at, &d->remote))
				continue;
			if (place->left || lan_covers(run->peer, &place->at))
				check_answer(run, place, &packet, d->len);
			else if (neighbour_at(run->peer, &place->at) == NULL)
				check_stranger(place, d->len);
		}
	}
}

static unsigned draw(struct run *run, unsigned bound)
{
	run->chance = run->chance * 1103515245 + 12345;
	return (run->chance >> 16) % bound;
}

/* What is asked beyond that is never answered. */
static void note_question(struct run *run, const struct peer_event *event)
{
	bool text = event->kind == EVENT_TEXT;

	HOLDS(run->durable);
	if (run->question_count < QUESTIONS)
		run->questions[run->question_count++] = (struct question){text, event->message};
}

static void answer(struct run *run)
{
	while (run->question_count > 0) {
		struct question question = run->questions[--run->question_count];
		bool well = draw(run, 4) != 0;

		if (question.text)
			peer_text(run->peer, question.message, well ? "hello" : NULL, run->now,
			    run->now / 1000, &run->batch);
		else
			peer_kept(run->peer, question.message, well, run->now, run->now / 1000,
			    &run->batch);
		batch_flush(&run->batch);
	}
}

static void take_in(struct run *run, uint64_t message)
{
	switch (run->durable ? draw(run, 4) : 0) {
	case 3:
		peer_refused(run->peer, message);
		break;
	case 2:
		peer_known(run->peer, message, run->now, run->now / 1000, &run->batch);
		break;
	default:
		peer_stored(run->peer, message, run->now, run->now / 1000, &run->batch);
		break;
	}
}

static void on_event(const struct peer_event *event, void *context)
{
	struct run *run = context;

	HOLDS(event->name == NULL || utf8_valid(span_text(event->name)));
	HOLDS(event->text == NULL || utf8_valid(span_text(event->text)));
	if (event->kind == EVENT_RESOLVE)
		peer_resolved(run->peer, event->index, &run->places[0].at, 1, run->now,
		    run->now / 1000, &run->batch);
	for (size_t i = 0; i < event->offer_count; i++)
		HOLDS(utf8_valid(span_text(event->offers[i].name)));
	if (event->kind == EVENT_TEXT || (event->kind == EVENT_MESSAGE && event->keep))
		note_question(run, event);
	if (event->kind != EVENT_RECEIVED)
		return;
	HOLDS(event->message > run->received);
	run->received = event->message;
	take_in(run, event->message);
}

static void wait(struct run *run, unsigned tenths)
{
	int64_t until = run->now + tenths * 100;

	while (peer_deadline(run->peer) <= until) {
		int64_t due = peer_deadline(run->peer);

		run->now = due > run->now ? due : run->now + 1;
		peer_tick(run->peer, run->now, run->now / 1000, &run->batch);
		batch_flush(&run->batch);
	}
	if (run->now < until)
		run->now = until;
}

static void append(struct writer *w, const char *key, const uint8_t *bytes, size_t len)
{
	writer_text(w, key);
	writer_base64url(w, bytes, len);
}

static const uint8_t *some_session(const struct peer *peer)
{
	for (size_t i = 0; i < peer->path_count; i++) {
		if (peer->paths[i]->candidate_count > 0)
			return peer->paths[i]->candidates[0].way.session;
		if (peer->paths[i]->has_session)
			return peer->paths[i]->session;
	}
	return NULL;
}

static const uint8_t *some_transaction(const struct peer *peer)
{
	for (size_t i = 0; i < peer->path_count; i++) {
		if (peer->paths[i]->ask_due != DEADLINE_NEVER)
			return peer->paths[i]->transaction;
	}
	return peer->uplinks[0].transaction;
}

/* The datagram, with what the first byte asks for behind it. */
static void deliver(struct run *run, unsigned flags, bool to_many, struct span bytes)
{
	struct place *place = &run->places[flags % PLACES];
	unsigned char *room = fuzz_room(bytes.len + 200);
	struct writer w = writer_on(room, bytes.len + 200);
	const uint8_t *session = some_session(run->peer);

	writer_span(&w, bytes);
	if ((flags & 0x20) != 0)
		append(&w, "\nTK:", some_transaction(run->peer), TRANSACTION_BYTES);
	if ((flags & 0x40) != 0 && session != NULL) {
		append(&w, "\nSI:", session, SESSION_BYTES);
		place->vouched = true;
	}
	if ((flags & 0x10) != 0)
		append(&w, "\nCK:", run->peer->uplinks[0].cookies[0], COOKIE_BYTES);
	place->in += w.len;
	struct span whole = fuzz_copy(room, w.len);
	struct arrival in = {whole, place->at, 0, to_many, run->now, run->now / 1000};

	/* what the supernode says may send us anywhere */
	for (int i = 1; flags % PLACES == 0 && i < PLACES; i++)
		run->places[i].vouched = true;
	peer_receive(run->peer, &in, &run->batch);
	batch_flush(&run->batch);
	fuzz_drop(whole);
	fuzz_release(room, bytes.len + 200);
}

/* 192.0.2.4/30: the places 3 to 6, the last of which is ours. */
static void enter_lan(struct run *run)
{
	struct lan_link link = {
	    .own = run->places[OWN_PLACE].at,
	    .prefix = 30,
	    .announce = {{.family = FAMILY_IP4, .port = 2425, .address = {203, 0, 113, 255}}},
	    .announce_count = 1,
	};

	peer_links(run->peer, &link, 1, run->now, run->now / 1000, &run->batch);
}

/* Whoever is there is told. */
static void leave_lan(struct run *run)
{
	for (int i = 0; i < PLACES; i++)
		run->places[i].left = lan_covers(run->peer, &run->places[i].at);
	peer_links(run->peer, NULL, 0, run->now, run->now / 1000, &run->batch);
	batch_flush(&run->batch);
	for (int i = 0; i < PLACES; i++)
		run->places[i].left = false;
}

/* What a person or the host does besides; 0: nothing. */
static void happen(struct run *run, unsigned what)
{
	static const struct absence lunch = {"lunch", "at lunch"};
	enum reason reason;
	uint32_t count;

	switch (what) {
	case 1:
		peer_refresh(run->peer, run->now, run->now / 1000, &run->batch);
		break;
	case 2:
		peer_set_absence(run->peer, &lunch, run->now, run->now / 1000, &run->batch);
		break;
	case 3:
		peer_set_absence(run->peer, NULL, run->now, run->now / 1000, &run->batch);
		break;
	case 4:
		leave_lan(run);
		break;
	case 5:
		enter_lan(run);
		break;
	case 6:
		peer_opened(run->peer, run->received, run->now, run->now / 1000, &run->batch);
		break;
	case 7:
		peer_broadcast(run->peer, "to all", run->now, run->now / 1000, &run->batch, &count,
		    &reason);
		break;
	default:
		break;
	}
}

/* One user has one endpoint, and the other way round; all are told with valid names. */
static void check_neighbours(const struct peer *peer)
{
	const struct neighbours *neighbours = &peer->lan.neighbours;

	HOLDS(neighbours->count <= peer->settings.max_neighbours);
	for (size_t i = 0; i < neighbours->count; i++) {
		const struct neighbour *neighbour = neighbours->all[i];

		HOLDS(neighbour_at(peer, &neighbour->at) == neighbour);
		HOLDS(neighbour_by_user(peer, neighbour->user, neighbour->host) == neighbour);
		HOLDS(neighbour->nick[0] != '\0' && utf8_valid(span_text(neighbour->nick)));
		HOLDS(utf8_valid(span_text(neighbour->version)));
		HOLDS(i == 0 || neighbours->all[i - 1]->id < neighbour->id);
		HOLDS(path_by_id(peer, neighbour->id) == NULL);
	}
}

static void step(struct run *run, struct span *rest)
{
	struct span head = fuzz_take(rest, 4);
	enum reason reason;

	if (head.len < 4)
		return;
	struct span bytes = fuzz_take(rest, (size_t)(head.data[2] | (head.data[3] & 0x1f) << 8));

	struct letter letter = {"dave@sales", "hello", (head.data[1] & 2) != 0, false,
	    (head.data[1] & 4) != 0};

	wait(run, head.data[1]);
	/* a person does something, too */
	if ((head.data[0] & 0x88) == 0x88)
		peer_send(run->peer, &letter, run->now, run->now / 1000, &run->batch, &reason);
	else if ((head.data[0] & 0x88) == 0x80)
		peer_ask(run->peer, "dave@sales", NULL, run->now, run->now / 1000, &run->batch,
		    &reason);
	happen(run, head.data[3] >> 5);
	batch_flush(&run->batch);
	deliver(run, head.data[0], (head.data[1] & 1) != 0, bytes);
	/* some are left for later */
	if (draw(run, 3) != 0)
		answer(run);
	if (draw(run, 8) == 0)
		peer_unqueue(run->peer, run->peer->messages.last_id, run->now, run->now / 1000,
		    &run->batch);
	batch_flush(&run->batch);
	check_neighbours(run->peer);
}

static void start(struct run *run)
{
	static const uint8_t seed[RNG_SEED_BYTES] = {3};
	struct peer_settings settings;
	const char *error;

	peer_settings_init(&settings);
	memcpy(settings.user, "bob", 4);
	memcpy(settings.host, "pc", 3);
	memcpy(settings.nick, "bob", 4);
	memcpy(settings.supernodes[0].host, "e", 2);
	settings.supernodes[0].port = 2425;
	settings.supernode_count = 1;
	settings.max_paths = 6;
	settings.max_messages = 4;
	settings.max_neighbours = 4;
	settings.list_ask = true;
	memset(run->places, 0, sizeof run->places);
	run->received = 0;
	for (unsigned i = 0; i < PLACES; i++)
		run->places[i].at = (struct endpoint){.family = FAMILY_IP4,
		    .port = (uint16_t)(2425 + i), .address = {192, 0, 2, (uint8_t)(1 + i)}};
	settings.lan_addresses[0] = run->places[ADDED_PLACE].at;
	settings.lan_address_count = 1;
	batch_init(&run->batch, on_sent, run);
	run->now = run->began = 1000000;
	run->peer = peer_new(&settings, seed, 0, on_event, run, &error);
	HOLDS(run->peer != NULL);
	if (run->durable)
		peer_use_mailbox(run->peer, 0, 0);
	peer_start(run->peer, run->now, run->now / 1000, &run->batch);
	enter_lan(run);
	batch_flush(&run->batch);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct run run;
	struct span rest = span_of(data, size);

	HOLDS(sodium_init() >= 0);
	run.durable = size % 2 != 0;
	run.question_count = 0;
	run.chance = (unsigned)size;
	start(&run);
	while (rest.len > 0)
		step(&run, &rest);
	peer_free(run.peer);
	return 0;
}
