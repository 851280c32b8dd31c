/* The world around a supernode under test. */
#include "world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "unit.h"

static void keep(struct batch *batch, void *context)
{
	struct world *world = context;

	for (size_t i = 0; i < batch->count; i++) {
		const struct datagram *d = &batch->items[i];
		struct sent *s = &world->sent[world->sent_count];

		ck_assert_uint_lt(world->sent_count, WORLD_SENT_MAX);
		ck_assert_uint_le(d->len, sizeof s->data);
		world->sent_count++;
		s->to = d->remote;
		s->local = d->local;
		s->len = d->len;
		memcpy(s->data, d->data, d->len);
	}
}

struct world *world_new(void)
{
	struct world *world = calloc(1, sizeof *world);

	super_settings_init(&world->settings);
	world->now = 1000000;
	world->wall = 1700000000;
	batch_init(&world->batch, keep, world);
	return world;
}

void world_start(struct world *world)
{
	static const struct super_keys keys = {.secret = {42}, .has_key = true, .seed = {42}};
	const char *error = NULL;

	world->super = super_new(&world->settings, &keys, &error);
	ck_assert_msg(world->super != NULL, "%s", error);
}

void world_free(struct world *world)
{
	super_free(world->super);
	free(world);
}

uint64_t world_counted(const struct world *world, enum counter counter)
{
	struct super_status status;

	super_status(world->super, &status);
	return status.counters.value[counter];
}

void world_reconfigure(struct world *world)
{
	const char *error;

	ck_assert(super_reconfigure(world->super, &world->settings, &error));
}

struct endpoint at(const char *text)
{
	struct endpoint ep;

	ck_assert_ptr_null(endpoint_parse(&ep, text, 2425));
	return ep;
}

void world_receive(struct world *world, const char *from, uint16_t local, const void *bytes,
    size_t len)
{
	/* of exact size, so that a sanitizer sees what reads beyond */
	unsigned char *copy = malloc(len > 0 ? len : 1);
	struct arrival in = {
	    .bytes = span_of(copy, len),
	    .remote = at(from),
	    .local = local,
	    .now = world->now,
	    .wall = world->wall + world->now / 1000,
	};

	memcpy(copy, bytes, len);
	super_receive(world->super, &in, &world->batch);
	batch_flush(&world->batch);
	free(copy);
}

void world_pass(struct world *world, int64_t ms)
{
	int64_t until = world->now + ms;

	for (;;) {
		int64_t due = super_deadline(world->super);

		if (due > until)
			break;
		if (due > world->now)
			world->now = due;
		super_tick(world->super, world->now, world->wall + world->now / 1000, &world->batch);
		batch_flush(&world->batch);
	}
	world->now = until;
}

void world_clear(struct world *world)
{
	world->sent_count = 0;
}

static bool is(const struct sent *sent, const char *to, enum command command)
{
	struct endpoint wanted = at(to);
	struct packet packet;

	return endpoint_equal(&sent->to, &wanted) &&
	    packet_parse(&packet, span_of(sent->data, sent->len)) == PACKET_OK &&
	    packet_command(&packet) == command;
}

const struct sent *world_find(const struct world *world, const char *to, enum command command,
    size_t n)
{
	for (size_t i = 0; i < world->sent_count; i++) {
		if (is(&world->sent[i], to, command) && n-- == 0)
			return &world->sent[i];
	}
	return NULL;
}

size_t world_count(const struct world *world, const char *to, enum command command)
{
	size_t n = 0;

	while (world_find(world, to, command, n) != NULL)
		n++;
	return n;
}

size_t world_bytes(const struct world *world, const char *to)
{
	struct endpoint wanted = at(to);
	size_t bytes = 0;

	for (size_t i = 0; i < world->sent_count; i++) {
		if (endpoint_equal(&world->sent[i].to, &wanted))
			bytes += world->sent[i].len;
	}
	return bytes;
}

void world_seed(struct world *world, const char *from, uint16_t local, uint32_t word,
    const char *name, const char *group)
{
	char packet[256];
	int n = snprintf(packet, sizeof packet, "1:1700000001:%s:pc:%u:%s", name, word, name);

	if (group != NULL)
		n += 1 + snprintf(packet + n + 1, sizeof packet - (size_t)n - 1, "%s", group) + 1;
	world->seeds[world->seed_count % 16].at = at(from);
	snprintf(world->seeds[world->seed_count % 16].user, 64, "%s", name);
	world->seed_count++;
	world_receive(world, from, local, packet, (size_t)n);
}

bool world_prove(struct world *world, const char *from, uint16_t local)
{
	struct endpoint wanted = at(from);
	const char *user = "x";

	for (size_t i = world->seed_count; i > 0 && i + 16 > world->seed_count; i--) {
		if (endpoint_equal(&world->seeds[(i - 1) % 16].at, &wanted)) {
			user = world->seeds[(i - 1) % 16].user;
			break;
		}
	}
	return world_prove_as(world, from, local, user, "pc");
}

bool world_prove_as(struct world *world, const char *from, uint16_t local, const char *user,
    const char *host)
{
	size_t n = world_count(world, from, CMD_READMSG);
	struct packet packet;
	char answer[160];

	if (n == 0)
		return false;
	const struct sent *probe = world_find(world, from, CMD_READMSG, n - 1);

	ck_assert_int_eq(packet_parse(&packet, span_of(probe->data, probe->len)), PACKET_OK);
	int len = snprintf(answer, sizeof answer, "1:1700000002:%s:%s:50:%u", user, host,
	    packet.number);

	world_receive(world, from, local, answer, (size_t)len);
	return true;
}

struct fields sent_fields(const struct sent *sent)
{
	struct packet packet;
	struct block block;
	struct fields fields;

	ck_assert_ptr_nonnull(sent);
	ck_assert_int_eq(packet_parse(&packet, span_of(sent->data, sent->len)), PACKET_OK);
	ck_assert(block_parse(&block, &packet));
	ck_assert(fields_read(&fields, &block));
	return fields;
}

/* The cookie that `to` was sent last. */
static bool last_cookie(const struct world *world, const char *to, uint8_t cookie[COOKIE_BYTES])
{
	struct endpoint wanted = at(to);

	for (size_t i = world->sent_count; i > 0; i--) {
		if (!endpoint_equal(&world->sent[i - 1].to, &wanted))
			continue;
		struct fields fields = sent_fields(&world->sent[i - 1]);

		if (fields_has(&fields, KEY_CK)) {
			memcpy(cookie, fields.cookie, COOKIE_BYTES);
			return true;
		}
	}
	return false;
}

void world_extended(struct world *world, const char *from, uint16_t local, enum command command,
    const char *nick, struct fields *fields, bool cookie)
{
	struct identity identity = {"user", world->host != NULL ? world->host : from, nick,
	    world->group != NULL ? world->group : "sales"};
	struct charset *legacy = charset_open("CP932");
	unsigned char bytes[1500];
	struct writer w = writer_on(bytes, sizeof bytes);

	fields_set(fields, KEY_TK);
	if (cookie && last_cookie(world, from, fields->cookie))
		fields_set(fields, KEY_CK);
	if (command == CMD_ASKPUNCHING)
		ask_write(&w, 1700000003, &identity, span_text(nick), fields);
	else if (command == CMD_ANSPUNCHING)
		answer_write(&w, 1700000003, &identity, span_text(""), fields);
	else
		entry_write(&w, 1700000003, &identity, command, legacy, true, fields);
	ck_assert(!w.full);
	world_receive(world, from, local, bytes, w.len);
	charset_close(legacy);
}

void world_register(struct world *world, const char *from, uint16_t local, const char *nick)
{
	struct fields fields = {.padding = 60, .transaction = "12345678"};
	struct fields again = {.transaction = "22345678"};

	fields_set(&fields, KEY_PD);
	world_extended(world, from, local, CMD_BR_ENTRY, nick, &fields, false);
	world_extended(world, from, local, CMD_BR_ENTRY, nick, &again, true);
	struct fields answer =
	    sent_fields(world_find(world, from, CMD_ANSENTRY, world_count(world, from, CMD_ANSENTRY) - 1));

	ck_assert(fields_has(&answer, KEY_LT));
}

void world_keyed_init(const struct world *world, struct keyed_peer *peer, const char *nick,
    uint8_t seed)
{
	uint8_t bytes[KEYPAIR_SEED_BYTES] = {seed, 1};

	*peer = (struct keyed_peer){
	    .user = "user", .host = "pc", .nick = nick, .group = "sales", .stamp = 1000};
	keypair_init(&peer->pair, bytes);
	memcpy(peer->reader, super_identity(world->super), IDENTITY_BYTES);
}

static struct writer begin_keyed(struct world *world, const struct keyed_peer *peer,
    enum command command, struct fields *fields)
{
	struct identity identity = {peer->user, peer->host, peer->nick, peer->group};
	struct charset *legacy = charset_open("CP932");
	struct writer w = writer_on(world->packet, sizeof world->packet);

	fields_set(fields, KEY_TK);
	entry_write(&w, 1700000003, &identity, command, legacy, true, fields);
	charset_close(legacy);
	return w;
}

static void end_keyed(struct world *world, const char *from, const struct writer *w)
{
	ck_assert(!w->full);
	world->packet_len = w->len;
	world_replay(world, from);
}

void world_replay(struct world *world, const char *from)
{
	world_receive(world, from, 0, world->packet, world->packet_len);
}

/* ID if it signs, and TS; with the cookie. */
static struct fields keyed_fields(const struct world *world, struct keyed_peer *peer,
    const char *cookie_of)
{
	struct fields fields = {.stamp = ++peer->stamp};

	fields_set(&fields, KEY_TS);
	if (cookie_of != NULL && last_cookie(world, cookie_of, fields.cookie))
		fields_set(&fields, KEY_CK);
	return fields;
}

void world_sign(struct world *world, const char *from, struct keyed_peer *peer,
    const char *cookie_of)
{
	struct fields fields = keyed_fields(world, peer, cookie_of);

	fields_set(&fields, KEY_ID);
	memcpy(fields.identity, peer->pair.identity, IDENTITY_BYTES);
	struct writer w = begin_keyed(world, peer, CMD_BR_ENTRY, &fields);

	seal_sign(&w, &peer->pair, peer->reader);
	end_keyed(world, from, &w);
}

void world_say(struct world *world, const char *from, const struct keyed_peer *peer,
    enum command command)
{
	struct fields fields = {.padding = 120};

	if (last_cookie(world, from, fields.cookie))
		fields_set(&fields, KEY_CK);
	else
		fields_set(&fields, KEY_PD);
	struct writer w = begin_keyed(world, peer, command, &fields);

	end_keyed(world, from, &w);
}

void world_seal(struct world *world, const char *from, struct keyed_peer *peer,
    enum command command)
{
	struct fields fields = keyed_fields(world, peer, from);
	struct writer w = begin_keyed(world, peer, command, &fields);
	uint8_t shared[SHARED_KEY_BYTES];

	ck_assert(seal_shared_key(&peer->pair, peer->reader, shared));
	seal_mac(&w, shared, peer->reader);
	end_keyed(world, from, &w);
}

void world_register_keyed(struct world *world, const char *from, struct keyed_peer *peer)
{
	world_say(world, from, peer, CMD_BR_ENTRY);
	world_sign(world, from, peer, from);
	struct fields answer = world_answer(world, from);

	ck_assert(fields_has(&answer, KEY_LT));
}

struct fields world_answer(const struct world *world, const char *to)
{
	size_t n = world_count(world, to, CMD_ANSENTRY);

	return n > 0 ? sent_fields(world_find(world, to, CMD_ANSENTRY, n - 1))
		     : (struct fields){0};
}

uint64_t world_counter(const struct world *world, enum counter counter)
{
	struct super_status status;

	super_status(world->super, &status);
	return status.counters.value[counter];
}

void world_register_seed(struct world *world, const char *from, uint16_t local, const char *nick,
    const char *group)
{
	world_seed(world, from, local, CMD_BR_ENTRY, nick, group);
	ck_assert(world_prove(world, from, local));
}
