/*
 * The registry as bytes: whatever was saved comes back as it was and in its
 * order, and whatever is not as it was saved changes nothing.
 */
#include "unit.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "super/core.h"
#include "super/snapshot.h"
#include "world.h"

#define NOW 5000000LL
#define WALL 1800000000LL
#define BYTES_MAX 65536
#define SUM_BYTES 32
#define VERSION_AT 8
#define WALL_AT 12
#define LOCAL_IP6 6

struct bytes {
	unsigned char data[BYTES_MAX];
	size_t len;
	size_t room; /* less than BYTES_MAX: writing fails there */
	bool full;
};

static struct super *new_super(void)
{
	static const struct super_keys keys = {.secret = {7}, .has_key = true, .seed = {7}};
	struct super_settings settings;
	const char *error;

	ck_assert_int_ge(sodium_init(), 0);
	super_settings_init(&settings);
	struct super *super = super_new(&settings, &keys, &error);

	ck_assert_ptr_nonnull(super);
	return super;
}

static struct endpoint endpoint_of(const char *text)
{
	struct endpoint ep;

	ck_assert_ptr_null(endpoint_parse(&ep, text, 2425));
	return ep;
}

static struct registration *enter(struct super *super, const char *from, enum peer_kind kind,
    const char *nick, uint32_t lifetime, int64_t now)
{
	struct entry entry = {
	    .user = span_text("user"),
	    .host = span_text("pc"),
	    .nick = span_text(nick),
	    .group = span_text("sales"),
	};

	fields_set(&entry.fields, KEY_LC);
	entry.fields.candidate_count = 2;
	entry.fields.candidates[0] = endpoint_of("192.168.1.5");
	entry.fields.candidates[1] = endpoint_of("[2001:db8::5]:99");
	struct enter e = {
	    .remote = endpoint_of(from),
	    .local = strchr(from, '[') != NULL ? LOCAL_IP6 : 1,
	    .kind = kind,
	    .lifetime = lifetime,
	    .epoch = 77,
	    .names = names_new(&entry, super->legacy),
	    .now = now,
	};
	struct registration *reg = registry_enter(&super->registry, &e);

	ck_assert_ptr_nonnull(reg);
	return reg;
}

/* Some of each kind and state; local address 1, or that for IPv6, but for one with 3. */
static struct super *filled(void)
{
	struct super *super = new_super();

	enter(super, "192.0.2.98", PEER_SEED, "old", 0, NOW - 90000);
	for (int64_t t = NOW - 80000; registry_count(&super->registry).stale == 0; t += 1000)
		registry_probe(&super->registry, t, 1000, true);
	enter(super, "192.0.2.1", PEER_EXTENDED, "alice", 75, NOW - 70000);
	enter(super, "192.0.2.2", PEER_EXTENDED, "bob", 75, NOW - 60000)->local = 3;
	enter(super, "[2001:db8::3]:2425", PEER_EXTENDED, "carol", 400, NOW - 300000);
	enter(super, "192.0.2.4", PEER_EXTENDED, "dave", 75, NOW - 50000);
	enter(super, "192.0.2.5", PEER_SEED, "erika", 0, NOW - 20000)->silent = 2;
	enter(super, "192.0.2.6", PEER_EXTENDED, "\xe3\x81\x82", 100, NOW - 200000);
	registry_expire(&super->registry, NOW - 10000, 100);
	super->last_number = 123456789;
	return super;
}

static bool collect(void *context, const void *data, size_t len)
{
	struct bytes *bytes = context;

	ck_assert(!bytes->full); /* nobody writes on after a failure */
	bytes->full = bytes->len + len > bytes->room;
	if (bytes->full)
		return false;
	memcpy(bytes->data + bytes->len, data, len);
	bytes->len += len;
	return true;
}

static void local_at(void *context, uint16_t local, struct endpoint *at)
{
	char text[32];

	snprintf(text, sizeof text, local == LOCAL_IP6 ? "[2001:db8::%u]:2425" : "10.0.0.%u:2425",
	    local);
	*at = endpoint_of(text);
}

static void save(const struct super *super, struct bytes *bytes)
{
	*bytes = (struct bytes){.room = BYTES_MAX};
	struct snapshot_sink sink = {collect, local_at, bytes};

	ck_assert(snapshot_save(super, &sink, NOW, WALL));
}

/* 10.0.0.N is N + 10 now, but for 10.0.0.3, which is gone when `context` says so. */
static bool number_of(void *context, const struct endpoint *at, uint16_t *local)
{
	uint8_t last = at->address[at->family == FAMILY_IP6 ? 15 : 3];

	if (context != NULL && last == 3)
		return false;
	*local = (uint16_t)(last + 10);
	return true;
}

static enum snapshot_result load_at(struct super *super, const unsigned char *data, size_t len,
    bool gone, int64_t now, int64_t wall, struct snapshot_counts *counts)
{
	/* of exactly that size, so that a byte read behind it is seen */
	unsigned char *copy = malloc(len > 0 ? len : 1);

	memcpy(copy, data, len);
	struct snapshot_source source = {span_of(copy, len), number_of, gone ? copy : NULL};
	enum snapshot_result result = snapshot_load(super, &source, now, wall, counts);

	free(copy);
	return result;
}

static enum snapshot_result load(struct super *super, const struct bytes *bytes,
    struct snapshot_counts *counts)
{
	return load_at(super, bytes->data, bytes->len, false, NOW, WALL, counts);
}

static void sign(struct bytes *bytes)
{
	size_t body = bytes->len - SUM_BYTES;

	crypto_generichash(bytes->data + body, SUM_BYTES, bytes->data, body, NULL, 0);
}

/* But for times, which are later by `shift`, and local numbers, as number_of() gives them. */
static void assert_same(const struct super *a, const struct super *b, int64_t shift)
{
	for (int chain = 0; chain < CHAIN_COUNT; chain++) {
		const struct registration *r = registry_oldest(&a->registry, chain);
		const struct registration *s = registry_oldest(&b->registry, chain);

		for (; r != NULL && s != NULL;
		     r = registry_newer(&a->registry, r), s = registry_newer(&b->registry, s)) {
			ck_assert(span_equal(names_bytes(r->names), names_bytes(s->names)));
			ck_assert(endpoint_equal(&r->remote, &s->remote));
			ck_assert_int_eq(r->heard + shift, s->heard);
			ck_assert_int_eq(r->since + shift, s->since);
			ck_assert_uint_eq(r->local + 10, s->local);
			ck_assert_uint_eq(r->epoch, s->epoch);
			ck_assert_uint_eq(r->kind, s->kind);
			ck_assert_uint_eq(r->silent, s->silent);
			ck_assert_ptr_eq(registry_at(&b->registry, &r->remote), s);
		}
		ck_assert_ptr_eq(r, s); /* both are at their end */
	}
}

static void count_found(struct registration *reg, enum name_match match, void *found)
{
	*(unsigned *)found += reg != NULL && match == MATCH_FULL;
}

START_TEST(comes_back_as_it_was)
{
	struct super *old = filled(), *new = new_super();
	struct snapshot_counts counts;
	struct bytes bytes;

	save(old, &bytes);
	ck_assert_int_eq(load(new, &bytes, &counts), SNAPSHOT_LOADED);
	ck_assert_uint_eq(counts.loaded, 7);
	ck_assert_uint_eq(counts.expired + counts.homeless + counts.refused, 0);
	ck_assert_int_eq(counts.age, 0);
	assert_same(old, new, 0);
	ck_assert_uint_eq(registry_count(&new->registry).stale, 2);
	ck_assert_uint_eq(new->last_number, 123456789);
	unsigned found = 0;

	registry_named(&new->registry, span_text("\xe3\x81\x82@sales"), FAMILY_IP4, count_found,
	    &found);
	ck_assert_uint_eq(found, 1);
	super_free(old);
	super_free(new);
}
END_TEST

/* The machine was started anew too: its clock begins at 0. */
START_TEST(time_in_between_counts)
{
	struct super *old = filled(), *new = new_super();
	struct snapshot_counts counts;
	struct bytes bytes;

	save(old, &bytes);
	new->settings.legacy_keepalive = 300; /* no probe is overdue */
	ck_assert_int_eq(load_at(new, bytes.data, bytes.len, false, 1000, WALL + 30, &counts),
	    SNAPSHOT_LOADED);
	ck_assert_int_eq(counts.age, 30);
	assert_same(old, new, 1000 - NOW - 30000);
	/* what was fresh for less than 75 s is not any more, in the order of the clock */
	registry_expire(&new->registry, 1000, 100);
	ck_assert_uint_eq(registry_count(&new->registry).stale, 2 + 3);
	super_free(old);
	super_free(new);
}
END_TEST

START_TEST(a_clock_set_back_counts_as_no_time)
{
	struct super *old = filled(), *new = new_super();
	struct snapshot_counts counts;
	struct bytes bytes;

	save(old, &bytes);
	ck_assert_int_eq(load_at(new, bytes.data, bytes.len, false, NOW, 0, &counts), SNAPSHOT_LOADED);
	ck_assert_int_eq(counts.age, 0);
	assert_same(old, new, 0);
	super_free(old);
	super_free(new);
}
END_TEST

START_TEST(who_would_have_left_meanwhile_does)
{
	struct super *old = filled(), *new = new_super();
	struct snapshot_counts counts;
	struct bytes bytes;

	save(old, &bytes);
	/* their lifetimes are over, and the ten minutes after; not carol's 400 s */
	ck_assert_int_eq(load_at(new, bytes.data, bytes.len, false, NOW, WALL + 690, &counts),
	    SNAPSHOT_LOADED);
	ck_assert_uint_eq(counts.expired, 4);
	ck_assert_uint_eq(counts.loaded, 3);
	super_free(new);
	new = new_super();
	ck_assert_int_eq(load_at(new, bytes.data, bytes.len, false, NOW, INT64_MAX, &counts),
	    SNAPSHOT_LOADED);
	ck_assert_uint_eq(counts.expired, 7);
	super_free(old);
	super_free(new);
}
END_TEST

START_TEST(who_came_to_an_address_that_is_gone_is_left_out)
{
	struct super *old = filled(), *new = new_super();
	struct endpoint bob = endpoint_of("192.0.2.2");
	struct snapshot_counts counts;
	struct bytes bytes;

	save(old, &bytes);
	ck_assert_int_eq(load_at(new, bytes.data, bytes.len, true, NOW, WALL, &counts),
	    SNAPSHOT_LOADED);
	ck_assert_uint_eq(counts.homeless, 1);
	ck_assert_uint_eq(counts.loaded, 6);
	ck_assert_ptr_null(registry_at(&new->registry, &bob));
	super_free(old);
	super_free(new);
}
END_TEST

START_TEST(limits_hold)
{
	struct super *old = filled(), *new = new_super();
	struct snapshot_counts counts;
	struct bytes bytes;

	save(old, &bytes);
	registry_limit(&new->registry, 6, 64);
	ck_assert_int_eq(load(new, &bytes, &counts), SNAPSHOT_LOADED);
	/* the fresh ones are there */
	ck_assert_uint_eq(registry_count(&new->registry).fresh, 5);
	ck_assert_uint_eq(counts.loaded, 6);
	ck_assert_uint_eq(counts.refused, 1);
	super_free(new);
	new = new_super();
	registry_limit(&new->registry, 0, 64);
	ck_assert_int_eq(load(new, &bytes, &counts), SNAPSHOT_LOADED);
	ck_assert_uint_eq(counts.refused, 7);
	super_free(old);
	super_free(new);
}
END_TEST

static void refuses(const unsigned char *data, size_t len, enum snapshot_result expected)
{
	struct super *super = new_super();
	struct snapshot_counts counts;

	ck_assert_int_eq(load_at(super, data, len, false, NOW, WALL, &counts), expected);
	ck_assert_uint_eq(super->registry.slab.count, 0);
	ck_assert_uint_eq(counts.loaded, 0);
	super_free(super);
}

START_TEST(cut_off_anywhere_it_is_refused)
{
	struct super *old = filled();
	struct bytes bytes;

	save(old, &bytes);
	refuses(bytes.data, 0, SNAPSHOT_EMPTY);
	for (size_t len = 1; len < bytes.len; len++)
		refuses(bytes.data, len, len < 8 ? SNAPSHOT_FOREIGN : SNAPSHOT_DAMAGED);
	super_free(old);
}
END_TEST

START_TEST(every_byte_that_changed_is_seen)
{
	struct super *old = filled();
	struct bytes bytes;

	save(old, &bytes);
	for (size_t i = 0; i < bytes.len; i++) {
		bytes.data[i] ^= (unsigned char)(1u << i % 8);
		refuses(bytes.data, bytes.len, i < 8 ? SNAPSHOT_FOREIGN : SNAPSHOT_DAMAGED);
		bytes.data[i] ^= (unsigned char)(1u << i % 8);
	}
	super_free(old);
}
END_TEST

/* Under a right checksum: whoever wrote that knew what it did. */
START_TEST(other_versions_are_refused)
{
	struct super *old = filled();
	struct bytes bytes;

	save(old, &bytes);
	bytes.data[VERSION_AT + 3] = 3;
	sign(&bytes);
	refuses(bytes.data, bytes.len, SNAPSHOT_NEWER);
	bytes.data[VERSION_AT + 3] = 0;
	sign(&bytes);
	refuses(bytes.data, bytes.len, SNAPSHOT_DAMAGED);
	super_free(old);
}
END_TEST

#define IDENTITY_AT (VERSION_AT + 16)

/* As version 1 had it: without the key, and without the byte that says who has one. */
START_TEST(the_first_version_is_loaded)
{
	struct super *old = new_super(), *new = new_super();
	struct registration *reg = enter(old, "192.0.2.1", PEER_EXTENDED, "alice", 75, NOW - 1000);
	size_t names = names_bytes(reg->names).len, tail;
	struct snapshot_counts counts;
	struct bytes bytes;

	save(old, &bytes);
	tail = names + SUM_BYTES;
	memmove(bytes.data + bytes.len - tail - 1, bytes.data + bytes.len - tail, tail);
	memmove(bytes.data + IDENTITY_AT, bytes.data + IDENTITY_AT + IDENTITY_BYTES,
	    bytes.len - IDENTITY_AT - IDENTITY_BYTES);
	bytes.len -= IDENTITY_BYTES + 1;
	bytes.data[VERSION_AT + 3] = 1;
	sign(&bytes);
	ck_assert_int_eq(load(new, &bytes, &counts), SNAPSHOT_LOADED);
	ck_assert_uint_eq(counts.loaded, 1);
	super_free(old);
	super_free(new);
}
END_TEST

static struct registration *enter_keyed(struct super *super, uint8_t key, uint64_t stamp)
{
	struct registration *reg = enter(super, "192.0.2.1", PEER_EXTENDED, "alice", 75, NOW - 1000);
	struct credentials credentials = {.identity = {key}, .shared = {9}, .stamp = stamp};
	struct enter e = {
	    .remote = reg->remote,
	    .local = reg->local,
	    .kind = PEER_EXTENDED,
	    .lifetime = 75,
	    .names = names_copy(names_bytes(reg->names)),
	    .credentials = &credentials,
	    .now = NOW - 1000,
	};

	return registry_enter(&super->registry, &e);
}

START_TEST(keys_are_kept)
{
	struct super *old = new_super(), *new = new_super();
	struct endpoint where = endpoint_of("192.0.2.1");
	struct snapshot_counts counts;
	struct bytes bytes;

	enter_keyed(old, 5, 0x123456789abcdefULL);
	save(old, &bytes);
	ck_assert_int_eq(load(new, &bytes, &counts), SNAPSHOT_LOADED);
	const struct registration *reg = registry_at(&new->registry, &where);

	ck_assert_ptr_nonnull(reg);
	ck_assert(reg->keyed);
	ck_assert_uint_eq(reg->credentials.identity[0], 5);
	ck_assert_uint_eq(reg->credentials.shared[0], 9);
	ck_assert_uint_eq(reg->credentials.stamp, 0x123456789abcdefULL);
	ck_assert_uint_eq(new->registry.keyed, 1);
	super_free(old);
	super_free(new);
}
END_TEST

/* By another key of the supernode nothing is shared; and a name may be another's by now. */
START_TEST(who_has_lost_its_name_is_not_loaded)
{
	struct super *old = new_super(), *other = new_super(), *taken = new_super();
	struct owned_name name = {.name = span_text("alice@sales"), .used = WALL,
	    .identity = (const uint8_t[IDENTITY_BYTES]){6}};
	struct snapshot_counts counts;
	struct bytes bytes;

	enter_keyed(old, 5, 1);
	save(old, &bytes);
	other->pair.identity[0] ^= 1;
	ck_assert_int_eq(load(other, &bytes, &counts), SNAPSHOT_LOADED);
	ck_assert_uint_eq(counts.refused, 1);
	taken->identities.wall = WALL;
	identities_load(&taken->identities, NAME_BOUND, &name);
	ck_assert_int_eq(load(taken, &bytes, &counts), SNAPSHOT_LOADED);
	ck_assert_uint_eq(counts.refused, 1);
	super_free(old);
	super_free(other);
	super_free(taken);
}
END_TEST

/* Any byte changed under a right checksum: refused as a whole, or taken without harm. */
START_TEST(nonsense_with_a_right_checksum_does_no_harm)
{
	struct super *old = filled();
	struct snapshot_counts counts;
	struct bytes bytes;
	unsigned refused = 0;

	save(old, &bytes);
	for (size_t i = VERSION_AT + 4; i < bytes.len - SUM_BYTES; i++) {
		struct super *super = new_super();
		unsigned char was = bytes.data[i];

		bytes.data[i] = (unsigned char)_i;
		sign(&bytes);
		if (load(super, &bytes, &counts) == SNAPSHOT_LOADED) {
			registry_expire(&super->registry, NOW + 1000, 100);
			ck_assert_uint_le(super->registry.slab.count, 7);
		} else {
			ck_assert_uint_eq(super->registry.slab.count, 0);
			refused++;
		}
		bytes.data[i] = was;
		super_free(super);
	}
	ck_assert_uint_gt(refused, 0);
	super_free(old);
}
END_TEST

/* A chain that was out of order would not age. */
START_TEST(order_is_made_where_there_is_none)
{
	struct super *old = filled(), *new = new_super();
	const struct registration *reg;
	struct snapshot_counts counts;
	struct bytes bytes;
	int64_t last = INT64_MIN;

	enter(old, "192.0.2.7", PEER_SEED, "gina", 0, NOW - 10000);
	((struct registration *)(uintptr_t)registry_oldest(&old->registry, CHAIN_SEED))->since = NOW;
	save(old, &bytes);
	ck_assert_int_eq(load(new, &bytes, &counts), SNAPSHOT_LOADED);
	for (reg = registry_oldest(&new->registry, CHAIN_SEED); reg != NULL;
	     reg = registry_newer(&new->registry, reg)) {
		ck_assert_int_ge(reg->since, last);
		last = reg->since;
	}
	super_free(old);
	super_free(new);
}
END_TEST

/* A process that knew a seed ends, and another one starts `downtime` s later. */
static struct world *after_downtime(int64_t downtime)
{
	struct snapshot_counts counts;
	struct bytes bytes;
	struct world *w = world_new();

	w->now = NOW;
	world_start(w);
	world_register_seed(w, "192.0.2.5", 1, "erika", "sales");
	world_register(w, "192.0.2.1", 1, "alice");
	save(w->super, &bytes);
	super_free(w->super);
	world_start(w);
	world_clear(w);
	ck_assert_int_eq(load_at(w->super, bytes.data, bytes.len, false, NOW, WALL + downtime,
			     &counts), SNAPSHOT_LOADED);
	if (downtime > 1000)
		world_register(w, "192.0.2.1", 1, "alice");
	world_clear(w);
	return w;
}

/* Whoever asks in its name must not have packets sent to it, nor orders to others. */
START_TEST(a_seed_has_to_prove_itself_again_after_a_long_time)
{
	struct world *w = after_downtime(20 * 3600);
	struct super_status status;

	super_status(w->super, &status);
	ck_assert_uint_eq(status.registrations.fresh, 2); /* it is kept, and will be probed */
	world_seed(w, "192.0.2.5", 1, CMD_ASKPUNCHING, "alice@sales", NULL);
	ck_assert_uint_le(world_bytes(w, "192.0.2.5"),
	    strlen("1:1700000001:alice@sales:pc:128:alice@sales"));
	ck_assert_uint_eq(world_count(w, "192.0.2.1", CMD_ORDERPUNCHING), 0);
	ck_assert_uint_eq(world_count(w, "192.0.2.5", CMD_ORDERPUNCHING), 0);
	/* it is there: what it asked for comes */
	ck_assert(world_prove(w, "192.0.2.5", 1));
	ck_assert_uint_eq(world_count(w, "192.0.2.1", CMD_ORDERPUNCHING), 1);
	world_free(w);
}
END_TEST

START_TEST(a_seed_that_was_probed_lately_needs_no_proof)
{
	struct world *w = after_downtime(30);

	world_seed(w, "192.0.2.5", 1, CMD_ASKPUNCHING, "alice@sales", NULL);
	ck_assert_uint_eq(world_count(w, "192.0.2.1", CMD_ORDERPUNCHING), 1);
	/* nor while it is asked once more and has not answered yet */
	world_pass(w, 40000);
	ck_assert_uint_gt(world_count(w, "192.0.2.5", CMD_READMSG), 0);
	world_clear(w);
	world_register(w, "192.0.2.1", 1, "alice");
	world_seed(w, "192.0.2.5", 1, CMD_ASKPUNCHING, "alice@sales", NULL);
	ck_assert_uint_gt(world_count(w, "192.0.2.1", CMD_ORDERPUNCHING), 0);
	world_free(w);
}
END_TEST

/* All at once they would be probed at once for ever. */
START_TEST(overdue_probes_are_spread)
{
	enum { SEEDS = 100, STEPS = 20 };
	struct super *old = new_super(), *new = new_super();
	int64_t interval = new->settings.legacy_keepalive * 1000LL;
	struct snapshot_counts counts;
	char from[32], nick[32];
	struct bytes bytes;
	unsigned all = 0;

	for (unsigned i = 0; i < SEEDS; i++) {
		snprintf(from, sizeof from, "198.51.100.%u", i + 1);
		snprintf(nick, sizeof nick, "nick-%u", i);
		enter(old, from, PEER_SEED, nick, 0, NOW - 10000 + i * 100);
	}
	save(old, &bytes);
	ck_assert_int_eq(load_at(new, bytes.data, bytes.len, false, NOW, WALL + 3600, &counts),
	    SNAPSHOT_LOADED);
	for (int64_t t = NOW; t < NOW + interval; t += interval / STEPS) {
		unsigned n = 0;

		while (registry_probe(&new->registry, t, interval, true) != NULL)
			n++;
		ck_assert_uint_le(n, SEEDS / STEPS);
		all += n;
	}
	ck_assert_uint_gt(all, SEEDS * 9 / 10); /* the last ones within the step after these */
	super_free(old);
	super_free(new);
}
END_TEST

/* Under a right checksum: no packet can come from there, and so none may go there. */
START_TEST(addresses_that_nobody_can_have_are_refused)
{
	static const struct {
		const char *remote;
		uint16_t local;
		enum snapshot_result expected;
	} cases[] = {
	    {"192.0.2.1", 1, SNAPSHOT_LOADED},
	    {"[2001:db8::3]:2425", LOCAL_IP6, SNAPSHOT_LOADED},
	    {"255.255.255.255", 1, SNAPSHOT_DAMAGED},
	    {"224.0.0.1", 1, SNAPSHOT_DAMAGED},
	    {"[fe80::3]:2425", LOCAL_IP6, SNAPSHOT_DAMAGED},
	    {"[ff02::1]:2425", LOCAL_IP6, SNAPSHOT_DAMAGED},
	    {"192.0.2.1", LOCAL_IP6, SNAPSHOT_DAMAGED},
	    {"[2001:db8::3]:2425", 1, SNAPSHOT_DAMAGED},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct super *old = new_super(), *new = new_super();
		struct snapshot_counts counts;
		struct bytes bytes;

		enter(old, cases[i].remote, PEER_EXTENDED, "alice", 75, NOW)->local = cases[i].local;
		save(old, &bytes);
		ck_assert_msg(load(new, &bytes, &counts) == cases[i].expected, "%s by %u",
		    cases[i].remote, cases[i].local);
		super_free(old);
		super_free(new);
	}
}
END_TEST

START_TEST(a_full_disk_is_told)
{
	struct super *old = filled();
	char from[32], nick[32];
	struct bytes bytes;

	for (unsigned i = 0; i < 300; i++) {
		snprintf(from, sizeof from, "198.51.%u.%u", i / 100, i % 100 + 1);
		snprintf(nick, sizeof nick, "nick-%u", i);
		enter(old, from, PEER_EXTENDED, nick, 75, NOW);
	}
	save(old, &bytes);
	size_t whole = bytes.len;

	for (size_t room = 0; room < whole; room += 32) {
		bytes = (struct bytes){.room = room};
		struct snapshot_sink sink = {collect, local_at, &bytes};

		ck_assert(!snapshot_save(old, &sink, NOW, WALL));
	}
	super_free(old);
}
END_TEST

START_TEST(nothing_is_something_too)
{
	struct super *old = new_super(), *new = new_super();
	struct snapshot_counts counts;
	struct bytes bytes;

	save(old, &bytes);
	ck_assert_int_eq(load(new, &bytes, &counts), SNAPSHOT_LOADED);
	ck_assert_uint_eq(counts.loaded, 0);
	super_free(old);
	super_free(new);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("snapshot");
	TCase *tcase = tcase_create("snapshot");

	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, comes_back_as_it_was);
	tcase_add_test(tcase, time_in_between_counts);
	tcase_add_test(tcase, a_clock_set_back_counts_as_no_time);
	tcase_add_test(tcase, who_would_have_left_meanwhile_does);
	tcase_add_test(tcase, who_came_to_an_address_that_is_gone_is_left_out);
	tcase_add_test(tcase, limits_hold);
	tcase_add_test(tcase, cut_off_anywhere_it_is_refused);
	tcase_add_test(tcase, every_byte_that_changed_is_seen);
	tcase_add_test(tcase, other_versions_are_refused);
	tcase_add_test(tcase, the_first_version_is_loaded);
	tcase_add_test(tcase, keys_are_kept);
	tcase_add_test(tcase, who_has_lost_its_name_is_not_loaded);
	tcase_add_loop_test(tcase, nonsense_with_a_right_checksum_does_no_harm, 0, 4);
	tcase_add_loop_test(tcase, nonsense_with_a_right_checksum_does_no_harm, 254, 256);
	tcase_add_test(tcase, order_is_made_where_there_is_none);
	tcase_add_test(tcase, a_seed_has_to_prove_itself_again_after_a_long_time);
	tcase_add_test(tcase, a_seed_that_was_probed_lately_needs_no_proof);
	tcase_add_test(tcase, overdue_probes_are_spread);
	tcase_add_test(tcase, addresses_that_nobody_can_have_are_refused);
	tcase_add_test(tcase, a_full_disk_is_told);
	tcase_add_test(tcase, nothing_is_something_too);
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
