/*
 * What strangers can make a supernode send: nothing that is more than they sent
 * themselves. Every request kind, as it is and in thousands of mutations, from
 * addresses that never answer anything; all that leaves the supernode while it
 * is handled and in the minute after counts, to whomever it goes.
 */
#include "unit.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "auth/seal.h"
#include "base/rng.h"
#include "world.h"

#define FRIEND "192.0.2.1:2425" /* a registered peer of ours */
#define SEED "192.0.2.2:40001"  /* a registered seed */
#define MUTATIONS 10000
#define PACKET_MAX 1400
#define AFTER_MS 60000

static struct world *w;
static struct charset *legacy;

/* What may be asked to answer besides. */
static const char *const alternates[] = {"0.0.0.0:2426", "[::]:2426", "198.51.100.2:2425",
    "[2001:db8::2]:2425"};
#define ALTERNATES (sizeof alternates / sizeof *alternates)

static bool find_anything(void *context, uint16_t local, const struct endpoint *alternate,
    uint16_t *other)
{
	*other = (uint16_t)(local + 1);
	return true;
}

static void open_world(enum legacy_mode mode)
{
	legacy = charset_open("CP932");
	w = world_new();
	w->settings.legacy = mode;
	for (size_t i = 0; i < ALTERNATES; i++)
		w->settings.alternates[w->settings.alternate_count++] = at(alternates[i]);
	world_start(w);
	super_use_alternates(w->super, find_anything, NULL);
}

static void close_world(void)
{
	world_free(w);
	charset_close(legacy);
}

/* Both whom one may ask for are there, and known to be. */
static void populate(void)
{
	world_register(w, FRIEND, 1, "alice");
	if (w->settings.legacy != LEGACY_OFF) {
		world_seed(w, SEED, 2, CMD_BR_ENTRY, "dave", "sales");
		if (w->settings.legacy == LEGACY_LIMITED)
			ck_assert(world_prove(w, SEED, 2));
	}
}

enum shape { SEED_FORM, STOCK_FORM, OUR_FORM, SHAPES };

static const char *const shape_names[SHAPES] = {"seed", "with a block", "ours"};

enum body { NAMES, NAME_OF_OURS, NAME_OF_SEED, NAME_UNKNOWN, ENDPOINT, NUMBER, BODIES };

struct kind {
	const char *name;
	enum command command;
	enum body body;
};

static const struct kind kinds[] = {
    {"BR_ENTRY", CMD_BR_ENTRY, NAMES},
    {"BR_ABSENCE", CMD_BR_ABSENCE, NAMES},
    {"BR_EXIT", CMD_BR_EXIT, NAMES},
    {"ANSENTRY", CMD_ANSENTRY, NAMES},
    {"NOOPERATION", CMD_NOOPERATION, NAMES},
    {"ASKPUNCHING for ours", CMD_ASKPUNCHING, NAME_OF_OURS},
    {"ASKPUNCHING for a seed", CMD_ASKPUNCHING, NAME_OF_SEED},
    {"ASKPUNCHING for nobody", CMD_ASKPUNCHING, NAME_UNKNOWN},
    {"ORDERPUNCHING", CMD_ORDERPUNCHING, ENDPOINT},
    {"ANSPUNCHING", CMD_ANSPUNCHING, NAME_OF_OURS},
    {"ANSREADMSG", CMD_ANSREADMSG, NUMBER},
    {"READMSG", CMD_READMSG | OPT_READCHECK, NUMBER},
    {"SENDMSG", CMD_SENDMSG | OPT_SENDCHECK, NAME_OF_OURS},
    {"RECVMSG", CMD_RECVMSG, NUMBER},
    {"GETINFO", CMD_GETINFO, NUMBER},
    {"GETABSENCEINFO", CMD_GETABSENCEINFO, NUMBER},
    {"BR_ISGETLIST", CMD_BR_ISGETLIST, NUMBER},
    {"BR_ISGETLIST2", CMD_BR_ISGETLIST2, NUMBER},
    {"OKGETLIST", CMD_OKGETLIST, NUMBER},
    {"GETLIST", CMD_GETLIST, NUMBER},
    {"ANSLIST", CMD_ANSLIST, NUMBER},
    {"GETPUBKEY", CMD_GETPUBKEY, NUMBER},
};
#define KINDS ((int)(sizeof kinds / sizeof *kinds))

struct packet_bytes {
	unsigned char data[PACKET_MAX];
	size_t len;
};

/* A cookie that is somebody else's. */
static void set_stolen_cookie(struct fields *fields)
{
	const struct sent *granted = world_find(w, FRIEND, CMD_ANSENTRY, 0);

	fields_set(fields, KEY_CK);
	if (granted != NULL)
		memcpy(fields->cookie, sent_fields(granted).cookie, COOKIE_BYTES);
}

/* To be answered from there; most often one that can be. */
static void set_alternates(struct fields *fields, struct rng *rng)
{
	fields_set(fields, KEY_AP);
	fields->alternate_count = rng_below(rng, 8) > 0 ? 1 : 1 + rng_below(rng, ALTERNATES_MAX);
	for (size_t i = 0; i < fields->alternate_count; i++)
		fields->alternates[i] = at(alternates[rng_below(rng, ALTERNATES)]);
}

/* What a packet of ours may carry, at random; none of it is worth anything. */
static struct fields any_fields(struct rng *rng)
{
	struct fields fields = {.transaction = "12345678", .session = "87654321", .lifetime = 400};

	fields_set(&fields, KEY_PX);
	if (rng_below(rng, 8) > 0)
		fields_set(&fields, KEY_TK);
	if (rng_below(rng, 3) == 0)
		set_stolen_cookie(&fields);
	if (rng_below(rng, 3) == 0)
		fields_set(&fields, KEY_LT);
	if (rng_below(rng, 4) == 0)
		fields_set(&fields, KEY_SI);
	if (rng_below(rng, 2) == 0) {
		fields_set(&fields, KEY_PD);
		fields.padding = rng_below(rng, 120);
	}
	if (rng_below(rng, 3) == 0)
		set_alternates(&fields, rng);
	if (rng_below(rng, 3) == 0) {
		fields_set(&fields, KEY_ID);
		fields_set(&fields, KEY_TS);
		rng_bytes(rng, fields.identity, IDENTITY_BYTES);
		fields.stamp = 1700000000000ULL;
	}
	return fields;
}

static void write_text(struct writer *out, const struct kind *kind, const struct identity *from,
    enum shape shape, struct span text)
{
	struct fields none = {0};

	if (kind->command == CMD_ASKPUNCHING)
		ask_write(out, 1700000003, from, text, shape == SEED_FORM ? NULL : &none);
	else
		packet_write(out, 1700000003, from, (uint32_t)kind->command, text);
}

/* As ipmsg-punch(7) has it for the commands that are not entries. */
static void write_with_block(struct writer *out, const struct kind *kind,
    const struct identity *from, struct span text, const struct fields *fields)
{
	packet_begin(out, 1700000003, from, (uint32_t)kind->command | OPT_CAPUTF8 | OPT_UTF8);
	writer_span(out, text);
	writer_byte(out, '\0');
	fields_write(out, fields);
}

static void write_ours(struct writer *out, const struct kind *kind, const struct identity *from,
    struct span text, struct rng *rng)
{
	struct fields fields = any_fields(rng);
	struct endpoint toward = at(FRIEND);

	if (kind->body == NAMES)
		entry_write(out, 1700000003, from, (uint32_t)kind->command, legacy, true, &fields);
	else if (kind->body == ENDPOINT)
		order_write(out, 1700000003, from, &toward, &fields);
	else if (kind->command == CMD_ASKPUNCHING)
		ask_write(out, 1700000003, from, text, &fields);
	else if (kind->command == CMD_ANSPUNCHING)
		answer_write(out, 1700000003, from, text, &fields);
	else
		write_with_block(out, kind, from, text, &fields);
}

static void sign(struct writer *out, struct rng *rng)
{
	uint8_t seed[KEYPAIR_SEED_BYTES], reader[IDENTITY_BYTES];
	struct keypair pair;

	rng_bytes(rng, seed, sizeof seed);
	rng_bytes(rng, reader, sizeof reader);
	keypair_init(&pair, seed);
	seal_sign(out, &pair, reader);
}

static void write_request(
    struct packet_bytes *bytes, const struct kind *kind, enum shape shape, struct rng *rng)
{
	static const struct identity long_names = {"mallory", "somewhere", "mallory", "sales"};
	static const struct identity short_names = {"m", "s", "m", ""};
	static const char *const texts[BODIES] = {
	    [NAME_OF_OURS] = "alice",
	    [NAME_OF_SEED] = "dave@sales",
	    [NAME_UNKNOWN] = "nobody@nowhere",
	    [NUMBER] = "12345",
	};
	const struct identity *from = rng_below(rng, 2) == 0 ? &long_names : &short_names;
	const char *words = texts[kind->body] != NULL ? texts[kind->body] : "";
	struct writer out = writer_on(bytes->data, sizeof bytes->data);
	struct endpoint toward = at(FRIEND);

	if (shape == OUR_FORM) {
		write_ours(&out, kind, from, span_text(words), rng);
		if (rng_below(rng, 4) == 0)
			sign(&out, rng);
	} else if (kind->body == NAMES) {
		entry_write(&out, 1700000003, from, (uint32_t)kind->command, legacy,
		    shape == STOCK_FORM, NULL);
	} else if (kind->body == ENDPOINT) {
		order_write(&out, 1700000003, from, &toward, NULL);
	} else {
		write_text(&out, kind, from, shape, span_text(words));
	}
	ck_assert(!out.full);
	bytes->len = out.len;
}

static void flip(struct packet_bytes *bytes, struct rng *rng)
{
	for (uint32_t n = 1 + rng_below(rng, 6); n > 0 && bytes->len > 0; n--) {
		unsigned char *at_byte = &bytes->data[rng_below(rng, (uint32_t)bytes->len)];

		if (rng_below(rng, 2) == 0)
			*at_byte ^= (unsigned char)(1u << rng_below(rng, 8));
		else
			rng_bytes(rng, at_byte, 1);
	}
}

/* By noise, by more of the same, or by one more line of the key block. */
static void extend(struct packet_bytes *bytes, struct rng *rng)
{
	static const char *const lines[] = {"\nPX:1", "\nPD:", "\nTK:MTIzNDU2Nzg", "\nOA:wAACAQl5",
	    "\nLC:wAACAQl5", "\nLT:400", "\nER:busy", "\nCK:AAAAAAAAAAAAAAAAAAAAAA",
	    "\nNT:ei,keep", "\nAP:AAAAAAl6", "\nAP:wAACAQl5,AAAAAAl6"};
	const char *line = lines[rng_below(rng, sizeof lines / sizeof *lines)];
	size_t room = sizeof bytes->data - bytes->len;
	size_t more = rng_below(rng, 200);

	if (more > room)
		more = room;
	if (rng_below(rng, 3) == 0) {
		rng_bytes(rng, bytes->data + bytes->len, more);
		bytes->len += more;
	} else if (rng_below(rng, 2) == 0 && more <= bytes->len) {
		memmove(bytes->data + bytes->len, bytes->data + bytes->len - more, more);
		bytes->len += more;
	} else if (strlen(line) <= room) {
		memcpy(bytes->data + bytes->len, line, strlen(line));
		bytes->len += strlen(line);
	}
}

/* One in five stays as it is, false then: what it leaves behind meets the others. */
static bool mutate(struct packet_bytes *bytes, struct rng *rng)
{
	uint32_t way = rng_below(rng, 5);

	if (way == 0 || way == 3)
		flip(bytes, rng);
	if (way == 1)
		bytes->len = rng_below(rng, (uint32_t)bytes->len + 1);
	if (way == 2 || way == 3)
		extend(bytes, rng);
	return way < 4;
}

/* What keeps a seed's mapping alive is sent whoever asks for what. */
static bool is_keepalive(const struct sent *sent)
{
	struct endpoint seed = at(SEED);
	struct packet packet;

	return endpoint_equal(&sent->to, &seed) &&
	       packet_parse(&packet, span_of(sent->data, sent->len)) == PACKET_OK &&
	       packet_command(&packet) == CMD_READMSG;
}

/* Bytes sent to anybody since world_clear(); an order to send somewhere counts as one of them. */
static size_t bytes_caused(void)
{
	size_t bytes = 0;

	for (size_t i = 0; i < w->sent_count; i++) {
		if (!is_keepalive(&w->sent[i]))
			bytes += w->sent[i].len;
	}
	return bytes;
}

static size_t orders(void)
{
	return world_count(w, FRIEND, CMD_ORDERPUNCHING) + world_count(w, SEED, CMD_ORDERPUNCHING);
}

/* An address of its own each time, of either family. */
static void name_stranger(char *out, size_t size, uint32_t serial)
{
	if (serial % 4 == 3)
		snprintf(out, size, "[2001:db8:%x::%x]:2425", serial >> 16, serial & 0xffff);
	else
		snprintf(out, size, "100.%u.%u.%u:%u", 128 + (serial >> 16), serial >> 8 & 255,
		    serial & 255, 1024 + serial % 60000);
}

struct stranger {
	char at[64];
	const char *kind;
	size_t received;
	size_t most; /* bytes caused so far */
};

static void judge(struct stranger *stranger, const struct packet_bytes *bytes)
{
	size_t caused = bytes_caused();
	char text[3 * PACKET_MAX + 1] = "";

	stranger->most = caused;
	if (caused <= stranger->received && orders() == 0)
		return;
	for (size_t i = 0; i < bytes->len; i++)
		snprintf(text + 3 * i, 4, " %02x", bytes->data[i]);
	ck_abort_msg("%s from %s: %zu bytes received, %zu caused, %zu orders; the last packet:%s",
	    stranger->kind, stranger->at, stranger->received, caused, orders(), text);
}

static void send_as(struct stranger *stranger, const struct packet_bytes *bytes)
{
	stranger->received += bytes->len;
	world_receive(w, stranger->at, 0, bytes->data, bytes->len);
	judge(stranger, bytes);
}

/* Every kind in every shape, several times over with its random fields, twice from each address. */
static void try_kind(const struct kind *kind, struct rng *rng, uint32_t *serial)
{
	for (int i = 0; i < 20 * SHAPES; i++) {
		struct stranger stranger = {.kind = kind->name};
		struct packet_bytes bytes;

		populate();
		name_stranger(stranger.at, sizeof stranger.at, ++*serial);
		write_request(&bytes, kind, (enum shape)(i % SHAPES), rng);
		world_clear(w);
		send_as(&stranger, &bytes);
		world_pass(w, 1500);
		send_as(&stranger, &bytes);
		world_pass(w, AFTER_MS);
		judge(&stranger, &bytes);
		if (i < SHAPES)
			printf("# %-24s %-12s %5zu bytes in, %5zu caused\n", kind->name,
			    shape_names[i % SHAPES], stranger.received, stranger.most);
	}
	fflush(stdout);
}

START_TEST(each_kind)
{
	struct rng rng;
	uint32_t serial = 0;

	rng_init(&rng, (uint8_t[RNG_SEED_BYTES]){(uint8_t)_i, 'k'});
	open_world(LEGACY_LIMITED);
	try_kind(&kinds[_i], &rng, &serial);
	close_world();
	open_world(LEGACY_OFF);
	try_kind(&kinds[_i], &rng, &serial);
	close_world();
}
END_TEST

/* Up to four packets of kinds of its own choice, most of them mutated. Returns how many were. */
static uint32_t send_mutants(struct stranger *stranger, struct rng *rng)
{
	uint32_t count = 1 + rng_below(rng, 4), mutants = 0;
	struct packet_bytes bytes;

	while (count-- > 0) {
		const struct kind *kind = &kinds[rng_below(rng, (uint32_t)KINDS)];

		stranger->kind = kind->name;
		write_request(&bytes, kind, (enum shape)rng_below(rng, SHAPES), rng);
		mutants += mutate(&bytes, rng);
		send_as(stranger, &bytes);
		world_pass(w, rng_below(rng, 3) * 700);
		judge(stranger, &bytes);
	}
	world_pass(w, AFTER_MS);
	judge(stranger, &bytes);
	return mutants;
}

START_TEST(mutations)
{
	struct rng rng;
	uint32_t mutants = 0, answered = 0;

	rng_init(&rng, (uint8_t[RNG_SEED_BYTES]){'m'});
	open_world(LEGACY_LIMITED);
	for (uint32_t serial = 1; mutants < MUTATIONS; serial++) {
		struct stranger stranger = {0};

		populate();
		name_stranger(stranger.at, sizeof stranger.at, serial);
		world_clear(w);
		mutants += send_mutants(&stranger, &rng);
		answered += stranger.most > 0;
	}
	printf(
	    "# %u mutated packets; %u of their senders were sent something\n", mutants, answered);
	fflush(stdout);
	/* or else it says nothing */
	ck_assert_uint_gt(answered, MUTATIONS / 20);
	ck_assert_uint_gt(world_counter(w, COUNT_TESTED), 0);
	close_world();
}
END_TEST

/* Each length of a test, and each answer to it. */
START_TEST(tests_of_nats)
{
	struct identity from = {"m", "s", "m", ""};
	size_t answered = 0;

	open_world(LEGACY_LIMITED);
	w->settings.limits = (struct limits){0};
	world_reconfigure(w);
	for (uint32_t serial = 0; serial < 1600; serial++) {
		struct stranger stranger = {.kind = "a test"};
		struct fields fields = {.transaction = "12345678", .padding = serial / 8,
		    .alternate_count = serial % 8 < ALTERNATES,
		    .alternates = {at(alternates[serial % ALTERNATES])}};
		struct packet_bytes bytes;
		struct writer out = writer_on(bytes.data, sizeof bytes.data);

		fields_set(&fields, KEY_TK);
		fields_set(&fields, KEY_AP);
		fields_set(&fields, KEY_PD);
		entry_write(&out, 1700000003, &from, CMD_BR_ENTRY, legacy, true, &fields);
		bytes.len = out.len;
		name_stranger(stranger.at, sizeof stranger.at, serial);
		world_clear(w);
		send_as(&stranger, &bytes);
		world_pass(w, 100);
		judge(&stranger, &bytes);
		answered += stranger.most > 0;
	}
	ck_assert_uint_gt(answered, 800);
	ck_assert_uint_gt(world_counter(w, COUNT_TESTED), 200);
	ck_assert_uint_gt(world_counter(w, COUNT_UNSENT_CREDIT), 10);
	close_world();
}
END_TEST

/* Who is asked to send is as good as sent to: nothing of that either. */
START_TEST(strangers_see_no_names)
{
	struct fields ask = {.transaction = "12345678", .padding = 100};

	open_world(LEGACY_LIMITED);
	populate();
	fields_set(&ask, KEY_PD);
	world_clear(w);
	world_extended(w, "198.51.100.9:2425", 0, CMD_ASKPUNCHING, "alice", &ask, false);
	ck_assert_uint_eq(w->sent_count, 1);
	struct fields challenge = sent_fields(&w->sent[0]);

	ck_assert_int_eq(challenge.error, PUNCH_UNVERIFIED);
	ck_assert(!fields_has(&challenge, KEY_OA));
	ck_assert(!fields_has(&challenge, KEY_SI));
	close_world();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("super amplification");
	TCase *tcase = tcase_create("strangers");

	if (sodium_init() < 0)
		return EXIT_FAILURE;
	tcase_set_timeout(tcase, 120);
	tcase_add_loop_test(tcase, each_kind, 0, KINDS);
	tcase_add_test(tcase, mutations);
	tcase_add_test(tcase, tests_of_nats);
	tcase_add_test(tcase, strangers_see_no_names);
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
