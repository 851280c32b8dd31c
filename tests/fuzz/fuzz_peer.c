/*
 * A peer under a stream of datagrams, some of them true: the input says from
 * where, how long it is quiet before, and may borrow the peer's own cookie,
 * transaction and sessions. Strangers must not be sent more bytes than they
 * sent, and a message is told at most once.
 *
 * Each step: a byte for the source (low three bits; 0 is the supernode) and
 * what to append (0x10 its cookie, 0x20 its transaction, 0x40 a session), a
 * byte for the wait in tenths of a second, two for the length, the datagram.
 */
#include "peer/core.h"

#include <sodium.h>

#include "base/text.h"
#include "fuzz.h"

#define SOURCES 8

struct source {
	struct endpoint at;
	size_t in, out;
	bool vouched; /* a supernode may have told it */
};

struct run {
	struct peer *peer;
	struct batch batch;
	struct source sources[SOURCES];
	int64_t now;
};

static void on_sent(struct batch *batch, void *context)
{
	struct run *run = context;

	for (size_t i = 0; i < batch->count; i++) {
		const struct datagram *d = &batch->items[i];
		struct packet packet;

		HOLDS(packet_parse(&packet, span_of(d->data, d->len)) == PACKET_OK);
		for (int k = 1; k < SOURCES; k++) {
			struct source *source = &run->sources[k];

			if (!endpoint_equal(&source->at, &d->remote))
				continue;
			source->out += d->len;
			HOLDS(source->vouched || source->out <= source->in);
		}
	}
}

static void on_event(const struct peer_event *event, void *context)
{
	struct run *run = context;

	HOLDS(event->name == NULL || utf8_valid(span_text(event->name)));
	HOLDS(event->text == NULL || utf8_valid(span_text(event->text)));
	if (event->kind == EVENT_RESOLVE)
		peer_resolved(run->peer, event->index, &run->sources[0].at, 1, run->now,
		    run->now / 1000, &run->batch);
	if (event->kind == EVENT_RECEIVED)
		peer_stored(run->peer, event->message, run->now, run->now / 1000, &run->batch);
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
		if (peer->paths[i]->attempt_count > 0)
			return peer->paths[i]->attempts[0].session;
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
static void deliver(struct run *run, unsigned flags, struct span bytes)
{
	struct source *source = &run->sources[flags % SOURCES];
	unsigned char *room = fuzz_room(bytes.len + 200);
	struct writer w = writer_on(room, bytes.len + 200);
	const uint8_t *session = some_session(run->peer);

	writer_span(&w, bytes);
	if ((flags & 0x20) != 0)
		append(&w, "\nTK:", some_transaction(run->peer), TRANSACTION_BYTES);
	if ((flags & 0x40) != 0 && session != NULL) {
		append(&w, "\nSI:", session, SESSION_BYTES);
		source->vouched = true;
	}
	if ((flags & 0x10) != 0)
		append(&w, "\nCK:", run->peer->uplinks[0].cookies[0], COOKIE_BYTES);
	source->in += w.len;
	struct span whole = fuzz_copy(room, w.len);
	struct arrival in = {whole, source->at, 0, false, run->now, run->now / 1000};

	/* what the supernode says may send us anywhere */
	for (int i = 1; flags % SOURCES == 0 && i < SOURCES; i++)
		run->sources[i].vouched = true;
	peer_receive(run->peer, &in, &run->batch);
	batch_flush(&run->batch);
	fuzz_drop(whole);
	fuzz_release(room, bytes.len + 200);
}

static void step(struct run *run, struct span *rest)
{
	struct span head = fuzz_take(rest, 4);
	enum reason reason;

	if (head.len < 4)
		return;
	struct span bytes = fuzz_take(rest, (size_t)(head.data[2] | head.data[3] << 8));

	wait(run, head.data[1]);
	/* a person does something, too */
	if ((head.data[0] & 0x88) == 0x88)
		peer_send(run->peer, &(struct letter){.name = "dave@sales", .text = "hello"},
		    run->now, run->now / 1000, &run->batch, &reason);
	else if ((head.data[0] & 0x88) == 0x80)
		peer_ask(run->peer, "dave@sales", NULL, run->now, run->now / 1000, &run->batch,
		    &reason);
	batch_flush(&run->batch);
	deliver(run, head.data[0], bytes);
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
	memset(run->sources, 0, sizeof run->sources);
	for (unsigned i = 0; i < SOURCES; i++)
		run->sources[i].at = (struct endpoint){.family = FAMILY_IP4,
		    .port = (uint16_t)(2425 + i), .address = {192, 0, 2, (uint8_t)(1 + i)}};
	batch_init(&run->batch, on_sent, run);
	run->now = 1000000;
	run->peer = peer_new(&settings, seed, 0, on_event, run, &error);
	HOLDS(run->peer != NULL);
	peer_start(run->peer, run->now, run->now / 1000, &run->batch);
	batch_flush(&run->batch);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct run run;
	struct span rest = span_of(data, size);

	HOLDS(sodium_init() >= 0);
	start(&run);
	while (rest.len > 0)
		step(&run, &rest);
	peer_free(run.peer);
	return 0;
}
