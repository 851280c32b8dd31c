/*
 * A supernode under a stream of datagrams: the input says who sends what and
 * how long it is quiet before. Whoever has not proven that it receives must
 * never be sent more bytes than it sent.
 *
 * Each step: a byte for the sender (its low bits choose one of eight
 * endpoints; 0x80: it answers its last READMSG; 0x40: it shows its last
 * cookie), a byte for the wait, two for the length, then the datagram.
 */
#include "super/super.h"

#include <sodium.h>

#include "base/text.h"
#include "fuzz.h"
#include "wire/entry.h"
#include "wire/punch.h"

#define SENDERS 8

struct sender {
	struct endpoint at;
	size_t in, out;
	bool proven;
	bool probed;
	uint32_t number;
	bool has_cookie;
	uint8_t cookie[COOKIE_BYTES];
};

struct run {
	struct super *super;
	struct batch batch;
	struct sender senders[SENDERS];
	int64_t now;
};

static void note_cookie(struct sender *sender, const struct packet *packet)
{
	struct fields fields;
	struct block block;

	HOLDS(block_parse(&block, packet) && fields_read(&fields, &block));
	if (!fields_has(&fields, KEY_CK))
		return;
	sender->has_cookie = true;
	memcpy(sender->cookie, fields.cookie, COOKIE_BYTES);
}

static void on_sent(struct batch *batch, void *context)
{
	struct run *run = context;

	for (size_t i = 0; i < batch->count; i++) {
		const struct datagram *d = &batch->items[i];
		struct sender *sender = &run->senders[d->remote.port % SENDERS];
		struct packet packet;

		HOLDS(endpoint_equal(&sender->at, &d->remote));
		HOLDS(packet_parse(&packet, span_of(d->data, d->len)) == PACKET_OK);
		sender->out += d->len;
		HOLDS(sender->proven || sender->out <= sender->in);
		if (packet_command(&packet) == CMD_READMSG) {
			sender->probed = true;
			sender->number = packet.number;
		}
		note_cookie(sender, &packet);
	}
}

static void receive(struct run *run, struct sender *sender, struct span bytes)
{
	struct arrival in = {bytes, sender->at, 0, false, run->now, run->now / 1000};

	sender->in += bytes.len;
	super_receive(run->super, &in, &run->batch);
	batch_flush(&run->batch);
}

static void prove(struct run *run, struct sender *sender)
{
	unsigned char bytes[64];
	struct writer w = writer_on(bytes, sizeof bytes);

	if (!sender->probed)
		return;
	sender->proven = true;
	packet_write_number(&w, 7, &(struct identity){"u", "h", "n", ""}, CMD_ANSREADMSG,
	    sender->number);
	receive(run, sender, span_of(bytes, w.len));
}

/* The datagram with the sender's cookie behind it. */
static void show_cookie(struct run *run, struct sender *sender, struct span bytes)
{
	unsigned char *room = fuzz_room(bytes.len + 64);
	struct writer w = writer_on(room, bytes.len + 64);

	writer_span(&w, bytes);
	writer_text(&w, "\nCK:");
	writer_base64url(&w, sender->cookie, COOKIE_BYTES);
	sender->proven = true;
	receive(run, sender, span_of(room, w.len));
	fuzz_release(room, bytes.len + 64);
}

static void wait(struct run *run, unsigned tenths)
{
	int64_t until = run->now + tenths * 100;

	/* the clock of a test must end: each step of it is at least 1 ms */
	while (super_deadline(run->super) <= until) {
		int64_t due = super_deadline(run->super);

		run->now = due > run->now ? due : run->now + 1;
		super_tick(run->super, run->now, run->now / 1000, &run->batch);
		batch_flush(&run->batch);
	}
	if (run->now < until)
		run->now = until;
}

static void step(struct run *run, struct span *rest)
{
	struct span head = fuzz_take(rest, 4);

	if (head.len < 4)
		return;
	struct sender *sender = &run->senders[head.data[0] % SENDERS];
	struct span bytes = fuzz_take(rest, (size_t)(head.data[2] | head.data[3] << 8));
	struct span copy = fuzz_copy(bytes.data, bytes.len);

	wait(run, head.data[1]);
	if ((head.data[0] & 0x80) != 0)
		prove(run, sender);
	else if ((head.data[0] & 0x40) != 0 && sender->has_cookie)
		show_cookie(run, sender, copy);
	else
		receive(run, sender, copy);
	fuzz_drop(copy);
}

static bool find_elsewhere(void *context, uint16_t local, const struct endpoint *alternate,
    uint16_t *other)
{
	*other = (uint16_t)(local + 1);
	return true;
}

/* Whatever an event points to is there, and its names are text that can be shown. */
static void on_event(const struct super_event *event, void *context)
{
	const struct names *names[] = {event->names, event->asker};
	bool about_sender =
	    event->kind == SUPER_REFUSED || event->kind == SUPER_DECLINED;

	HOLDS(*super_event_name(event->kind) != '\0');
	HOLDS((event->at == NULL) == about_sender);
	HOLDS(event->from != NULL || !about_sender);
	HOLDS(event->names != NULL || about_sender);
	HOLDS(utf8_valid(event->wanted));
	for (size_t i = 0; i < 2; i++) {
		for (int part = 0; names[i] != NULL && part < NAME_PARTS; part++)
			HOLDS(utf8_valid(names_part(names[i], (enum name_part)part)));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct super_keys keys = {.secret = {1}, .has_key = true, .seed = {1}};
	static struct run run;
	struct super_settings settings;
	struct span rest = span_of(data, size);
	const char *error;

	HOLDS(sodium_init() >= 0);
	super_settings_init(&settings);
	settings.max_unproven = 4;
	settings.max_registrations = 4;
	settings.alternates[0] = (struct endpoint){.family = FAMILY_IP4, .port = 2426};
	settings.alternates[1] = (struct endpoint){.family = FAMILY_IP6, .port = 2426};
	settings.alternate_count = 2;
	memset(run.senders, 0, sizeof run.senders);
	for (unsigned i = 0; i < SENDERS; i++) {
		run.senders[i].at = (struct endpoint){.family = i < 6 ? FAMILY_IP4 : FAMILY_IP6,
		    .port = (uint16_t)(2424 + i), .address = {192, 0, 2, 1}};
	}
	batch_init(&run.batch, on_sent, &run);
	run.now = 1000000;
	run.super = super_new(&settings, &keys, &error);
	HOLDS(run.super != NULL);
	super_listen(run.super, on_event, &run);
	super_use_alternates(run.super, find_elsewhere, NULL);
	while (rest.len > 0)
		step(&run, &rest);
	super_free(run.super);
	return 0;
}
