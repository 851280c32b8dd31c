/*
 * The supernode's tables against naive models: the slab, the index that grows
 * bucket by bucket, the chains, the wheel, and the registry on top of them.
 */
#include "unit.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "base/rng.h"
#include "super/registry.h"

struct item {
	uint32_t value;
	struct index_link link;
	struct chain_link age;
};

static struct rng rng_of(uint8_t n)
{
	uint8_t seed[RNG_SEED_BYTES] = {n};
	struct rng rng;

	rng_init(&rng, seed);
	return rng;
}

static bool index_has(const struct index *index, const struct slab *slab, uint32_t hash,
    uint32_t value)
{
	for (uint32_t id = index_first(index, hash); id != SLAB_NIL; id = index_next(index, id)) {
		const struct item *item = slab_at(slab, id);

		if (item->value == value)
			return true;
	}
	return false;
}

/* Few hashes for many items, so that chains get long and are split in the middle. */
static uint32_t hash_value(uint32_t value)
{
	return value / 3 * 2654435761u;
}

START_TEST(index_against_model)
{
	enum { N = 20000 };
	static uint32_t ids[N];
	struct rng rng = rng_of((uint8_t)_i);
	struct slab slab;
	struct index index;
	uint32_t present = 0;

	slab_init(&slab, sizeof(struct item));
	index_init(&index, &slab, offsetof(struct item, link));
	for (int step = 0; step < 100000; step++) {
		uint32_t v = rng_below(&rng, N);

		if (ids[v] == SLAB_NIL) {
			ids[v] = slab_take(&slab);
			((struct item *)slab_at(&slab, ids[v]))->value = v;
			ck_assert_int_eq(index_add(&index, ids[v], hash_value(v)), 0);
			present++;
		} else {
			index_remove(&index, ids[v]);
			slab_give(&slab, ids[v]);
			ids[v] = SLAB_NIL;
			present--;
		}
	}
	ck_assert_uint_eq(index.count, present);
	ck_assert_uint_eq(slab.count, present);
	for (uint32_t v = 0; v < N; v++)
		ck_assert_int_eq(index_has(&index, &slab, hash_value(v), v), ids[v] != SLAB_NIL);
	index_free(&index);
	slab_free(&slab);
}
END_TEST

START_TEST(chain_keeps_order)
{
	struct slab slab;
	struct chain chain;
	uint32_t ids[5];
	uint32_t expected[] = {1, 3, 4, 0};
	size_t n = 0;

	slab_init(&slab, sizeof(struct item));
	chain_init(&chain, &slab, offsetof(struct item, age));
	for (int i = 0; i < 5; i++) {
		ids[i] = slab_take(&slab);
		chain_append(&chain, ids[i]);
	}
	chain_remove(&chain, ids[2]);
	chain_remove(&chain, ids[0]);
	chain_append(&chain, ids[0]);
	for (uint32_t id = chain.oldest; id != SLAB_NIL;
	     id = ((struct item *)slab_at(&slab, id))->age.newer)
		ck_assert_uint_eq(id, ids[expected[n++]]);
	ck_assert_uint_eq(n, 4);
	ck_assert_uint_eq(chain.count, 4);
	slab_free(&slab);
}
END_TEST

/* Deadlines that move on by themselves, as lifetimes do with each refresh. */
START_TEST(wheel_is_never_late)
{
	enum { N = 300 };
	static int64_t due[N + 1];
	static uint16_t slot[N + 1];
	struct rng rng = rng_of((uint8_t)_i);
	struct slab slab;
	struct wheel wheel;
	int64_t now = _i * 1234567;
	uint32_t id, looked = 0;

	slab_init(&slab, sizeof(struct item));
	wheel_init(&wheel, &slab, offsetof(struct item, age));
	for (int i = 0; i < N; i++) {
		id = slab_take(&slab);
		due[id] = now + rng_below(&rng, 400000);
		slot[id] = wheel_put(&wheel, id, due[id]);
	}
	for (int step = 0; step < 5000; step++) {
		/* once in a while the machine sleeps */
		now += rng_below(&rng, 500) == 0 ? rng_below(&rng, 3000000) : rng_below(&rng, 3000);
		id = 1 + rng_below(&rng, N);
		if (due[id] < now + 75000)
			due[id] = now + 75000;
		for (; (id = wheel_due(&wheel, now)) != SLAB_NIL; looked++) {
			wheel_remove(&wheel, id, slot[id]);
			if (due[id] <= now)
				due[id] = now + 1 + rng_below(&rng, 400000);
			slot[id] = wheel_put(&wheel, id, due[id]);
		}
		ck_assert_int_gt(wheel_deadline(&wheel), now);
		int64_t first = INT64_MAX;

		for (uint32_t i = 1; i <= N; i++)
			first = due[i] < first ? due[i] : first;
		ck_assert_int_gt(first, now / 1000 * 1000);
		ck_assert_int_lt(wheel_deadline(&wheel), first + 1000);
	}
	/* some are met before their time, but not again and again */
	ck_assert_uint_lt(looked, 5000 * 12);
	uint32_t count = 0;

	for (id = wheel_first(&wheel); id != SLAB_NIL; count++) {
		uint32_t newer = ((struct item *)slab_at(&slab, id))->age.newer;

		id = newer != SLAB_NIL ? newer : wheel_behind(&wheel, slot[id]);
	}
	ck_assert_uint_eq(count, N);
	slab_free(&slab);
}
END_TEST

struct fixture {
	struct registry registry;
	struct charset *legacy;
};

static void open_fixture(struct fixture *f)
{
	static const uint8_t key[16] = {9};

	registry_init(&f->registry, key);
	f->legacy = charset_open("CP932");
}

static void close_fixture(struct fixture *f)
{
	registry_free(&f->registry);
	charset_close(f->legacy);
}

static struct names *names_of(struct fixture *f, const char *user, const char *nick,
    const char *group)
{
	struct entry entry = {
	    .user = span_text(user),
	    .host = span_text("pc"),
	    .nick = span_text(nick),
	    .group = span_text(group),
	};

	return names_new(&entry, f->legacy);
}

static struct registration *enter(struct fixture *f, const char *from, enum peer_kind kind,
    const char *user, const char *nick, const char *group, int64_t now)
{
	struct enter e = {.kind = kind, .lifetime = 75, .now = now};

	ck_assert_ptr_null(endpoint_parse(&e.remote, from, 2425));
	e.names = names_of(f, user, nick, group);
	return registry_enter(&f->registry, &e);
}

struct found {
	struct registration *any;
	enum name_match match;
	unsigned count;
};

static void found(struct registration *reg, enum name_match match, void *context)
{
	*(struct found *)context = (struct found){reg, match, ((struct found *)context)->count + 1};
}

/* The only one of that name, or the one looked at last; NULL for nobody. */
static struct registration *find(struct fixture *f, const char *name)
{
	struct found seen = {0};

	registry_named(&f->registry, span_text(name), FAMILY_IP4, found, &seen);
	return seen.any;
}

START_TEST(newest_endpoint_wins)
{
	struct fixture f;
	struct endpoint old;

	open_fixture(&f);
	endpoint_parse(&old, "192.0.2.1:2425", 0);
	struct registration *first = enter(&f, "192.0.2.1:2425", PEER_EXTENDED, "u", "alice", "", 1);
	struct registration *second = enter(&f, "192.0.2.9:999", PEER_EXTENDED, "u", "alice", "", 2);

	ck_assert_ptr_eq(first, second);
	ck_assert_ptr_null(registry_at(&f.registry, &old));
	ck_assert_uint_eq(second->remote.port, 999);
	/* another peer at that endpoint takes its place */
	enter(&f, "192.0.2.9:999", PEER_EXTENDED, "v", "bob", "", 3);
	ck_assert_ptr_null(find(&f, "alice"));
	ck_assert_ptr_nonnull(find(&f, "bob"));
	close_fixture(&f);
}
END_TEST

static struct registration *refresh(struct fixture *f, const char *from, const char *group,
    int64_t now)
{
	struct enter e = {.kind = PEER_EXTENDED, .lifetime = 400, .epoch = 7, .local = 3, .now = now};
	struct names *names = names_of(f, "u", "alice", group);

	ck_assert_ptr_null(endpoint_parse(&e.remote, from, 2425));
	struct registration *reg = registry_refresh(&f->registry, &e, names);

	free(names);
	return reg;
}

/* The short way of nearly every packet has to end where the long one does. */
START_TEST(refresh_in_place)
{
	struct fixture f;

	open_fixture(&f);
	ck_assert_ptr_null(refresh(&f, "192.0.2.1", "g", 1));
	struct registration *reg = enter(&f, "192.0.2.1", PEER_EXTENDED, "u", "alice", "g", 1);
	struct names *names = reg->names;

	enter(&f, "192.0.2.2", PEER_EXTENDED, "v", "bob", "g", 2);
	/* whatever is different takes the long way, and nothing has changed */
	ck_assert_ptr_null(refresh(&f, "192.0.2.1", "h", 3));
	ck_assert_ptr_null(refresh(&f, "192.0.2.2", "g", 3));
	ck_assert_ptr_null(refresh(&f, "192.0.2.3", "g", 3));
	ck_assert_int_eq(reg->heard, 1);
	ck_assert_uint_eq(registration_lifetime(reg), 75);

	ck_assert_ptr_eq(refresh(&f, "192.0.2.1", "g", 5), reg);
	ck_assert_ptr_eq(reg->names, names);
	ck_assert_int_eq(reg->heard, 5);
	ck_assert_uint_eq(reg->epoch, 7);
	ck_assert_uint_eq(reg->local, 3);
	ck_assert_uint_eq(registration_lifetime(reg), 400);

	registry_expire(&f.registry, 5 + 400 * 1000LL, 10);
	ck_assert(registration_stale(reg));
	ck_assert_ptr_eq(refresh(&f, "192.0.2.1", "g", 500000), reg);
	ck_assert(!registration_stale(reg));
	/* a forged seed's that the peer made its own is proven */
	reg->unproven = true;
	ck_assert_ptr_eq(refresh(&f, "192.0.2.1", "g", 500001), reg);
	ck_assert(!reg->unproven);
	close_fixture(&f);
}
END_TEST

static void expect_found(struct fixture *f, const char *name, unsigned count,
    enum name_match match, uint8_t last)
{
	struct found seen = {0};

	registry_named(&f->registry, span_text(name), FAMILY_IP4, found, &seen);
	ck_assert_msg(seen.count == count, "%u of %s", seen.count, name);
	if (count != 1)
		return;
	ck_assert_int_eq(seen.match, match);
	ck_assert_uint_eq(seen.any->remote.address[3], last);
}

START_TEST(found_by_name)
{
	struct fixture f;
	struct found seen = {0};

	open_fixture(&f);
	enter(&f, "192.0.2.1", PEER_EXTENDED, "a", "alice", "sales", 10);
	enter(&f, "192.0.2.2", PEER_EXTENDED, "b", "alice", "lab", 20);
	enter(&f, "192.0.2.3", PEER_EXTENDED, "c", "alice", "", 30);
	enter(&f, "192.0.2.4", PEER_EXTENDED, "d", "a@b", "lab", 40);
	expect_found(&f, "alice@sales", 1, MATCH_FULL, 1);
	expect_found(&f, "alice@lab", 1, MATCH_FULL, 2);
	expect_found(&f, "alice@pc", 1, MATCH_FULL, 3);
	expect_found(&f, "alice", 3, MATCH_NICK, 0);
	expect_found(&f, "a@b@lab", 1, MATCH_FULL, 4);
	expect_found(&f, "a@b", 1, MATCH_NICK, 4);
	expect_found(&f, "alice@", 0, MATCH_NONE, 0);
	expect_found(&f, "Alice", 0, MATCH_NONE, 0);
	expect_found(&f, "", 0, MATCH_NONE, 0);
	registry_named(&f.registry, span_text("alice"), FAMILY_IP6, found, &seen);
	ck_assert_uint_eq(seen.count, 0);
	close_fixture(&f);
}
END_TEST

START_TEST(expiry)
{
	struct fixture f;

	open_fixture(&f);
	struct registration *reg = enter(&f, "192.0.2.1", PEER_EXTENDED, "a", "alice", "", 0);

	ck_assert_int_eq(registry_deadline(&f.registry, 20000), 75000);
	ck_assert_uint_eq(registry_expire(&f.registry, 74999, 100), 0);
	ck_assert_uint_eq(registry_expire(&f.registry, 75000, 100), 1);
	ck_assert(registration_stale(reg));
	ck_assert_int_eq(registry_deadline(&f.registry, 20000), 75000 + STALE_EXTENDED_MS);
	enter(&f, "192.0.2.2", PEER_EXTENDED, "b", "alice", "", 100000);
	ck_assert_uint_eq(registry_expire(&f.registry, 75000 + STALE_EXTENDED_MS, 100), 2);
	ck_assert_uint_eq(f.registry.slab.count, 1);
	close_fixture(&f);
}
END_TEST

START_TEST(seeds_are_probed)
{
	struct fixture f;

	open_fixture(&f);
	struct registration *reg = enter(&f, "192.0.2.1", PEER_SEED, "a", "alice", "", 0);

	ck_assert_ptr_null(registry_probe(&f.registry, 19999, 20000, true));
	ck_assert_ptr_eq(registry_probe(&f.registry, 20000, 20000, true), reg);
	ck_assert_ptr_null(registry_probe(&f.registry, 20001, 20000, true));
	registry_heard(&f.registry, reg, 20010);
	for (int i = 0; i < SEED_SILENT_PROBES; i++)
		ck_assert_ptr_eq(registry_probe(&f.registry, 40000 + i * 20000, 20000, true), reg);
	ck_assert(!registration_stale(reg));
	ck_assert_ptr_null(registry_probe(&f.registry, 100000, 20000, true));
	ck_assert(registration_stale(reg));
	registry_heard(&f.registry, reg, 100001);
	ck_assert(!registration_stale(reg));
	ck_assert_int_eq(registry_expire(&f.registry, 100002, 100), 0);
	close_fixture(&f);
}
END_TEST

START_TEST(caps)
{
	struct fixture f;

	open_fixture(&f);
	registry_limit(&f.registry, 3, 2);
	ck_assert_ptr_nonnull(enter(&f, "192.0.2.1", PEER_EXTENDED, "a", "alice", "", 0));
	ck_assert_ptr_nonnull(enter(&f, "192.0.2.2", PEER_EXTENDED, "b", "alice", "", 0));
	ck_assert_ptr_null(enter(&f, "192.0.2.3", PEER_EXTENDED, "c", "alice", "", 0));
	ck_assert_ptr_nonnull(enter(&f, "192.0.2.4", PEER_EXTENDED, "d", "dave", "", 50000));
	ck_assert_ptr_null(enter(&f, "192.0.2.5", PEER_EXTENDED, "e", "eve", "", 50000));
	/* a stale one gives way */
	registry_expire(&f.registry, 76000, 100);
	ck_assert_ptr_nonnull(enter(&f, "192.0.2.5", PEER_EXTENDED, "e", "eve", "", 76000));
	ck_assert_uint_eq(f.registry.slab.count, 3);
	close_fixture(&f);
}
END_TEST

START_TEST(lifetimes)
{
	ck_assert_uint_eq(registry_lifetime(0), 75);
	ck_assert_uint_eq(registry_lifetime(76), 100);
	ck_assert_uint_eq(registry_lifetime(400), 400);
	ck_assert_uint_eq(registry_lifetime(UINT32_MAX), 400);
}
END_TEST

START_TEST(walk_visits_all)
{
	struct fixture f;
	char from[32], user[16];
	uint32_t cursor = 0, n = 0;

	open_fixture(&f);
	for (int i = 0; i < 3000; i++) {
		snprintf(from, sizeof from, "10.0.%d.%d", i / 250, 1 + i % 250);
		snprintf(user, sizeof user, "u%d", i);
		struct registration *reg =
		    enter(&f, from, PEER_EXTENDED, user, user, "", 0);

		if (i % 3 == 0)
			registry_remove(&f.registry, reg, SUPER_EXIT);
	}
	while (registry_walk(&f.registry, &cursor) != NULL)
		n++;
	ck_assert_uint_eq(n, 2000);
	ck_assert_uint_eq(registry_count(&f.registry).fresh, 2000);
	close_fixture(&f);
}
END_TEST

START_TEST(candidates_are_kept)
{
	struct fixture f;
	struct endpoint out[CANDIDATES_MAX];
	struct entry entry = {
	    .user = span_text("u"),
	    .host = span_text("h"),
	    .nick = span_text(""),
	    .group = span_text("g"),
	};

	open_fixture(&f);
	fields_set(&entry.fields, KEY_LC);
	entry.fields.candidate_count = 2;
	endpoint_parse(&entry.fields.candidates[0], "192.168.1.7:2425", 0);
	endpoint_parse(&entry.fields.candidates[1], "[fd00::7]:40001", 0);
	struct names *names = names_new(&entry, f.legacy);

	ck_assert_uint_eq(names_candidates(names, out), 2);
	ck_assert(endpoint_equal(&out[0], &entry.fields.candidates[0]));
	ck_assert(endpoint_equal(&out[1], &entry.fields.candidates[1]));
	/* an empty nick is the user's name */
	ck_assert(span_is(names_part(names, NAME_NICK), "u"));
	ck_assert_int_eq(names_match(names, span_text("u@g")), MATCH_FULL);
	free(names);
	close_fixture(&f);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("super_tables");
	TCase *tcase = tcase_create("tables");

	if (sodium_init() < 0)
		return EXIT_FAILURE;
	tcase_add_loop_test(tcase, index_against_model, 0, 4);
	tcase_add_test(tcase, chain_keeps_order);
	tcase_add_loop_test(tcase, wheel_is_never_late, 0, 4);
	tcase_add_test(tcase, newest_endpoint_wins);
	tcase_add_test(tcase, refresh_in_place);
	tcase_add_test(tcase, found_by_name);
	tcase_add_test(tcase, expiry);
	tcase_add_test(tcase, seeds_are_probed);
	tcase_add_test(tcase, caps);
	tcase_add_test(tcase, lifetimes);
	tcase_add_test(tcase, walk_visits_all);
	tcase_add_test(tcase, candidates_are_kept);
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
