/* Who is served how often: each limit to the number, and what nobody can take from others. */
#include "unit.h"

#include <malloc.h>
#include <sodium.h>
#include <string.h>

#include "super/admission.h"

#define START 5000000LL

static struct counters counters;
static struct admission *admission;
static struct limits limits;
static int64_t now;

static void open_with(const struct limits *with)
{
	static const uint8_t secret[ADMISSION_SECRET_BYTES] = {3};

	limits = *with;
	admission = admission_new(secret, &counters);
	ck_assert_ptr_nonnull(admission);
	admission_limit(admission, &limits);
}

static void setup(void)
{
	ck_assert_int_ge(sodium_init(), 0);
	counters = (struct counters){0};
	now = START;
}

static void teardown(void)
{
	admission_free(admission);
}

static struct endpoint at(const char *text)
{
	struct endpoint ep;

	ck_assert_ptr_null(endpoint_parse(&ep, text, 2425));
	return ep;
}

/* One of many sources, each a network of its own. */
static struct endpoint source(uint32_t n)
{
	return (struct endpoint){.family = FAMILY_IP4, .port = 2425,
	    .address = {10, (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n}};
}

static unsigned answers(const struct endpoint *from, unsigned tries)
{
	unsigned passed = 0;

	while (tries-- > 0)
		passed += admission_answer(admission, from, now);
	return passed;
}

static unsigned asks(const struct endpoint *from, const struct endpoint *target, unsigned tries)
{
	unsigned passed = 0;

	while (tries-- > 0)
		passed += admission_ask(admission, from, target, now);
	return passed;
}

static unsigned signatures(const struct endpoint *from, unsigned tries)
{
	unsigned passed = 0;

	while (tries-- > 0)
		passed += admission_signature(admission, from, now);
	return passed;
}

START_TEST(answers_of_a_source)
{
	struct endpoint a = at("192.0.2.1:1"), b = at("192.0.2.2:1"), other_port = at("192.0.2.1:2");

	open_with(&(struct limits){.answers_per_source = {10, 20}});
	ck_assert_uint_eq(answers(&a, 50), 20);
	ck_assert_uint_eq(answers(&other_port, 50), 0);
	ck_assert_uint_eq(answers(&b, 50), 20);
	ck_assert_uint_eq(counters.value[COUNT_LIMITED_SOURCE], 110);
	now += 99;
	ck_assert_uint_eq(answers(&a, 5), 0);
	now += 1;
	ck_assert_uint_eq(answers(&a, 5), 1);
	/* each ms counts, however often it is looked at */
	for (int i = 0; i < 10; i++) {
		now += 10;
		ck_assert_uint_eq(answers(&a, 1), i == 9);
	}
	now += 1000;
	ck_assert_uint_eq(answers(&a, 50), 10);
	/* a long rest fills it, and no more */
	now += 3600000;
	ck_assert_uint_eq(answers(&a, 50), 20);
}
END_TEST

START_TEST(sources_of_ip6)
{
	struct endpoint a = at("[2001:db8:0:1200::1]:1"), same = at("[2001:db8:0:12ff:9::1]:1"),
			other = at("[2001:db8:0:1300::1]:1");

	open_with(&(struct limits){.answers_per_source = {10, 20}});
	ck_assert_uint_eq(answers(&a, 50), 20);
	ck_assert_uint_eq(answers(&same, 50), 0);
	ck_assert_uint_eq(answers(&other, 50), 20);
}
END_TEST

/* However many they are, and nothing leaks from it. */
START_TEST(answers_in_all)
{
	unsigned passed = 0;

	open_with(&(struct limits){
	    .answers_per_source = {50, 500}, .answers_in_all = 20000, .leak = 2});
	for (uint32_t i = 0; i < 30000; i++) {
		struct endpoint from = source(i);

		passed += answers(&from, 1);
	}
	ck_assert_uint_eq(passed, 20000);
	ck_assert_uint_eq(counters.value[COUNT_LIMITED_ALL], 10000);
	passed = 0;
	for (uint32_t i = 0; i < 30000; i++) {
		struct endpoint from = source(100000 + i);

		now += i % 300 == 0;
		passed += answers(&from, 1);
	}
	ck_assert_uint_eq(passed, 100 * 20);
}
END_TEST

START_TEST(zero_is_off)
{
	struct endpoint a = source(1), b = source(2);

	open_with(&(struct limits){0});
	ck_assert_uint_eq(answers(&a, 100000), 100000);
	ck_assert_uint_eq(asks(&a, &b, 100000), 100000);
	ck_assert_uint_eq(asks(&a, NULL, 100000), 100000);
	ck_assert_uint_eq(signatures(&a, 100000), 100000);
	for (size_t i = 0; i < COUNTERS; i++)
		ck_assert_uint_eq(counters.value[i], 0);
}
END_TEST

/* One in so many passes; 6 sigma are 0.4 % here. */
START_TEST(leak_is_as_said)
{
	struct endpoint a = source(1);

	open_with(&(struct limits){.answers_per_source = {1, 1}, .leak = 8});
	ck_assert_uint_eq(answers(&a, 1), 1);
	unsigned passed = answers(&a, 200000);

	ck_assert_uint_gt(passed, 200000 / 8 - 900);
	ck_assert_uint_lt(passed, 200000 / 8 + 900);
	limits.leak = 0;
	admission_limit(admission, &limits);
	ck_assert_uint_eq(answers(&a, 1000), 0);
}
END_TEST

/*
 * Somebody sends 2000 packets a second in the name of a victim's source. The
 * victim tries as a peer does, at 0, 1 and 3 s: each try passes with 1/8 or
 * more, one of the three with 33 %.
 */
START_TEST(victim_of_a_spoofer)
{
	enum { SERIES = 2000, EVERY = 13, LAST = SERIES * EVERY + 3000 };
	static const int tries[] = {0, 1000, 3000};
	static bool served[SERIES];
	struct endpoint victim = at("192.0.2.1:2425"), forged = at("192.0.2.1:1");
	unsigned count = 0;

	open_with(&(struct limits){
	    .answers_per_source = {50, 500}, .answers_in_all = 20000, .leak = 8});
	answers(&forged, 5000);
	for (int ms = 0; ms < LAST; ms++, now++) {
		answers(&forged, 2);
		for (int i = 0; i < 3; i++) {
			int n = (ms - tries[i]) / EVERY;

			if (ms >= tries[i] && (ms - tries[i]) % EVERY == 0 && n < SERIES && !served[n])
				served[n] = answers(&victim, 1) == 1;
		}
	}
	for (int i = 0; i < SERIES; i++)
		count += served[i];
	ck_assert_msg(count > SERIES * 30 / 100, "%u of %d series", count, SERIES);
	/* and the flood is not let through: what is sent at the victim is bounded */
	uint64_t refused = counters.value[COUNT_LIMITED_SOURCE];

	ck_assert_msg(refused > 2ull * LAST * 80 / 100, "%llu of %d", (unsigned long long)refused,
	    2 * LAST);
}
END_TEST

START_TEST(asks_of_a_source)
{
	struct endpoint a = at("192.0.2.1:1"), b = at("192.0.2.2:1");

	open_with(&(struct limits){.asks_per_source = {10, 50}});
	ck_assert_uint_eq(asks(&a, NULL, 100), 50);
	ck_assert_uint_eq(asks(&b, NULL, 100), 50);
	ck_assert_uint_eq(counters.value[COUNT_LIMITED_ASKS], 100);
	now += 1000;
	ck_assert_uint_eq(asks(&a, NULL, 100), 10);
}
END_TEST

/* One source alone gets its part of a target, another one still its own. */
START_TEST(a_target_is_shared_out)
{
	struct endpoint target = at("203.0.113.1:2425"), other = at("203.0.113.2:2425");
	struct endpoint a = source(1), b = source(2);

	open_with(&(struct limits){.orders_per_asker = {1, 5}, .orders_per_target = {10, 40}});
	ck_assert_uint_eq(asks(&a, &target, 1000), 5);
	ck_assert_uint_eq(counters.value[COUNT_LIMITED_ASKER], 995);
	ck_assert_uint_eq(asks(&b, &target, 1000), 5);
	ck_assert_uint_eq(asks(&a, &other, 1000), 5);
	now += 3000;
	ck_assert_uint_eq(asks(&a, &target, 1000), 3);
	ck_assert_uint_eq(counters.value[COUNT_LIMITED_TARGET], 0);
}
END_TEST

/*
 * 50 sources ask for one target as fast as they can. It gets no more than its
 * bound, and who asks once in a while, and repeats it as a peer does, is
 * introduced, mostly. (Each try of the honest one passes with about one fifth:
 * 10 tokens a second for 50 tries.)
 */
START_TEST(flood_of_asks_for_one_target)
{
	enum { FLOODERS = 50, HONEST = 400, EVERY = 53, LAST = HONEST * EVERY + 5000 };
	static const int tries[] = {0, 200, 400, 600, 800, 1000, 1500, 2000, 2500, 3000, 3500, 4000, 4500};
	static bool served[HONEST];
	struct endpoint target = at("203.0.113.1:2425");
	unsigned orders = 0, count = 0;

	open_with(&(struct limits){.asks_per_source = {10, 50}, .orders_per_asker = {1, 5},
	    .orders_per_target = {10, 40}, .leak = 8});
	for (int ms = 0; ms < LAST; ms++, now++) {
		for (uint32_t i = 0; i < FLOODERS / 5; i++) {
			struct endpoint from = source((uint32_t)ms % 5 * (FLOODERS / 5) + i);

			orders += asks(&from, &target, 1);
		}
		for (size_t i = 0; i < sizeof tries / sizeof *tries; i++) {
			int n = (ms - tries[i]) / EVERY;
			struct endpoint from = source(1000 + (uint32_t)n);

			if (ms < tries[i] || (ms - tries[i]) % EVERY != 0 || n >= HONEST || served[n])
				continue;
			served[n] = asks(&from, &target, 1) == 1;
			orders += served[n];
		}
	}
	ck_assert_uint_le(orders, 40 + 10 * LAST / 1000 + 1);
	for (int i = 0; i < HONEST; i++)
		count += served[i];
	/* 19 honest ones begin each second, and share what is left of ten tokens with the flood */
	ck_assert_msg(count > HONEST * 25 / 100, "%u of %d", count, HONEST);
}
END_TEST

/* The same flood, and one honest asker at a time. */
START_TEST(one_honest_asker_among_many)
{
	enum { FLOODERS = 50, HONEST = 40 };
	static const int waits[] = {0, 200, 200, 200, 200, 200, 500, 500, 500, 500, 500, 500, 500, 500};
	struct endpoint target = at("203.0.113.1:2425");
	unsigned served = 0;

	open_with(&(struct limits){.asks_per_source = {10, 50}, .orders_per_asker = {1, 5},
	    .orders_per_target = {10, 40}, .leak = 8});
	for (uint32_t n = 0; n < HONEST; n++) {
		struct endpoint honest = source(1000 + n);
		bool passed = false;

		for (size_t i = 0; i < sizeof waits / sizeof *waits && !passed; i++) {
			for (int ms = 0; ms < waits[i]; ms++, now++) {
				struct endpoint from = source((uint32_t)now % FLOODERS);

				asks(&from, &target, 2);
			}
			passed = asks(&honest, &target, 1) == 1;
		}
		served += passed;
	}
	ck_assert_msg(served >= HONEST * 3 / 4, "%u of %d", served, HONEST);
}
END_TEST

/*
 * A flood that is timed: one try at each moment that a token comes. It would
 * leave nothing, were it not for the lot that is drawn.
 */
START_TEST(tokens_are_not_to_be_snatched)
{
	struct endpoint target = at("203.0.113.1:2425");
	unsigned served = 0;

	open_with(&(struct limits){.orders_per_asker = {1, 5}, .orders_per_target = {10, 40}});
	for (uint32_t i = 0; i < 40; i++) {
		struct endpoint from = source(i % 50);

		asks(&from, &target, 1);
	}
	for (uint32_t round = 0; round < 400; round++) {
		struct endpoint from = source(round % 50), honest = source(1000 + round / 5);

		now += 100;
		asks(&from, &target, 1);
		served += round % 5 == 4 && asks(&honest, &target, 1) == 1;
	}
	ck_assert_msg(served >= 20, "%u of 80", served);
}
END_TEST

START_TEST(signatures_of_an_address)
{
	struct endpoint a = at("192.0.2.1:1"), b = at("192.0.2.1:2");
	unsigned passed = 0;

	open_with(&(struct limits){.signatures_per_address = {1, 5},
	    .signatures_per_source = {20, 250}, .leak = 2});
	ck_assert_uint_eq(signatures(&a, 100000), 5);
	ck_assert_uint_eq(signatures(&b, 100), 5);
	now += 10000;
	ck_assert_uint_eq(signatures(&a, 100), 5);
	now += 999;
	ck_assert_uint_eq(signatures(&a, 100), 0);
	now += 1;
	ck_assert_uint_eq(signatures(&a, 100), 1);
	/* all the ports of a source together: 200 of an office at once, and not for ever */
	now += 60000;
	for (uint16_t port = 1; port <= 200; port++) {
		a.port = port;
		ck_assert_uint_eq(signatures(&a, 1), 1);
	}
	for (uint16_t port = 201; port <= 1000; port++) {
		a.port = port;
		passed += signatures(&a, 1);
	}
	ck_assert_uint_eq(passed, 50);
}
END_TEST

/* Addresses share buckets with those of others, so who is refused is to use none up. */
START_TEST(a_refused_signature_takes_nothing)
{
	struct endpoint a = at("192.0.2.1:1"), b = at("192.0.2.1:2");

	open_with(&(struct limits){.signatures_per_address = {1, 5},
	    .signatures_per_source = {1, 5}, .signature_cpu = 1, .signature_cost_us = 100});
	ck_assert_uint_eq(signatures(&a, 100), 5);
	ck_assert_uint_eq(signatures(&b, 100), 0);
	limits.signatures_per_source = (struct limit){0};
	admission_limit(admission, &limits);
	ck_assert_uint_eq(signatures(&b, 100), 5);
	/* nor is a source or an address charged for what all have used up */
	now += 10000;
	limits.signature_cost_us = 10000;
	limits.signatures_per_source = (struct limit){1, 5};
	admission_limit(admission, &limits);
	ck_assert_uint_eq(signatures(&a, 100), 1);
	limits.signature_cpu = 0;
	admission_limit(admission, &limits);
	ck_assert_uint_eq(signatures(&a, 100), 4);
}
END_TEST

/* A part of a processor: 20 % at 100 us each are 2000 a second, and 200 at once. */
START_TEST(signatures_in_all)
{
	static const struct {
		uint32_t percent, cost, rate;
	} cases[] = {{20, 100, 2000}, {20, 0, 2000}, {20, 143, 1398}, {50, 1000, 500}, {1, 50000, 1}};
	unsigned passed = 0;

	open_with(&(struct limits){.signatures_per_address = {1, 5},
	    .signature_cpu = cases[_i].percent, .signature_cost_us = cases[_i].cost, .leak = 2});
	for (uint32_t i = 0; i < 100000; i++) {
		struct endpoint from = source(i);

		now += i % 10 == 0;
		passed += signatures(&from, 1);
	}
	unsigned most = 10 * cases[_i].rate + cases[_i].rate / 10 + 1;

	ck_assert_uint_le(passed, most);
	ck_assert_uint_ge(passed + 20, most);
	ck_assert_uint_eq(counters.value[COUNT_LIMITED_SIGNATURES], 100000 - passed);
}
END_TEST

/* Four sources for each bucket: each gets less, none more, and no memory is taken. */
START_TEST(collisions_only_reduce)
{
	struct endpoint target = at("203.0.113.1:2425");
	unsigned passed = 0;

	open_with(&(struct limits){.answers_per_source = {1, 2}, .orders_per_asker = {1, 1}});
	size_t before = mallinfo2().uordblks + mallinfo2().hblkhd;

	for (uint32_t i = 0; i < 4 * ADMISSION_BUCKETS; i++) {
		struct endpoint from = source(i);
		unsigned mine = answers(&from, 3);

		ck_assert_uint_le(mine, 2);
		passed += mine;
		asks(&from, &target, 1);
	}
	ck_assert_uint_le(passed, 2 * ADMISSION_BUCKETS);
	ck_assert_uint_gt(passed, 2 * ADMISSION_BUCKETS * 9 / 10);
	ck_assert_uint_eq(mallinfo2().uordblks + mallinfo2().hblkhd, before);
}
END_TEST

/* Who has used up a bucket does not find it full again for a new configuration. */
START_TEST(levels_outlive_a_reload)
{
	struct endpoint a = source(1);

	open_with(&(struct limits){.answers_per_source = {10, 20}});
	ck_assert_uint_eq(answers(&a, 50), 20);
	admission_limit(admission, &limits);
	ck_assert_uint_eq(answers(&a, 50), 0);
	limits.answers_per_source = (struct limit){5, 30};
	admission_limit(admission, &limits);
	ck_assert_uint_eq(answers(&a, 50), 10);
	limits.answers_per_source = (struct limit){5, 10};
	admission_limit(admission, &limits);
	now += 1000;
	ck_assert_uint_eq(answers(&a, 50), 0);
	now += 3000;
	ck_assert_uint_eq(answers(&a, 50), 0);
	now += 200;
	ck_assert_uint_eq(answers(&a, 50), 1);
}
END_TEST

/* The clock's low half begins anew each 49 days. */
START_TEST(over_the_wrap)
{
	struct endpoint a = source(1);

	now = (1LL << 32) - 50;
	open_with(&(struct limits){.answers_per_source = {10, 20}});
	ck_assert_uint_eq(answers(&a, 50), 20);
	now += 100;
	ck_assert_uint_eq(answers(&a, 50), 1);
	now += 100;
	ck_assert_uint_eq(answers(&a, 50), 1);
}
END_TEST

START_TEST(sources_are_counted)
{
	static const uint8_t key[16] = {1};
	struct sources *sources = sources_new(key);
	struct endpoint a = at("192.0.2.1:1"), same = at("192.0.2.1:2"), other = at("192.0.2.2:1");

	ck_assert_ptr_nonnull(sources);
	for (int i = 0; i < 100; i++)
		sources_add(sources, i % 2 == 0 ? &a : &same);
	ck_assert_uint_eq(sources_count(sources, &a), 100);
	ck_assert_uint_eq(sources_count(sources, &other), 0);
	/* as many others as there are counters: too high by a few, never too low */
	for (uint32_t i = 0; i < SOURCES_CELLS; i++) {
		struct endpoint from = source(i);

		sources_add(sources, &from);
	}
	ck_assert_uint_ge(sources_count(sources, &a), 100);
	ck_assert_uint_le(sources_count(sources, &a), 110);
	unsigned right = 0;

	/* 37 % with one row alone, 60 % with the smaller one of two */
	for (uint32_t i = 0; i < SOURCES_CELLS; i++) {
		struct endpoint from = source(i);

		right += sources_count(sources, &from) == 1;
	}
	ck_assert_uint_gt(right, SOURCES_CELLS / 2);
	for (uint32_t i = 0; i < SOURCES_CELLS; i++) {
		struct endpoint from = source(i);

		ck_assert_uint_ge(sources_count(sources, &from), 1);
		sources_remove(sources, &from);
	}
	for (int i = 0; i < 100; i++)
		sources_remove(sources, &a);
	ck_assert_uint_eq(sources_count(sources, &a), 0);
	free(sources);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("admission");
	TCase *tcase = tcase_create("admission");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, answers_of_a_source);
	tcase_add_test(tcase, sources_of_ip6);
	tcase_add_test(tcase, answers_in_all);
	tcase_add_test(tcase, zero_is_off);
	tcase_add_test(tcase, leak_is_as_said);
	tcase_add_test(tcase, victim_of_a_spoofer);
	tcase_add_test(tcase, asks_of_a_source);
	tcase_add_test(tcase, a_target_is_shared_out);
	tcase_add_test(tcase, flood_of_asks_for_one_target);
	tcase_add_test(tcase, one_honest_asker_among_many);
	tcase_add_test(tcase, tokens_are_not_to_be_snatched);
	tcase_add_test(tcase, signatures_of_an_address);
	tcase_add_test(tcase, a_refused_signature_takes_nothing);
	tcase_add_loop_test(tcase, signatures_in_all, 0, 5);
	tcase_add_test(tcase, collisions_only_reduce);
	tcase_add_test(tcase, levels_outlive_a_reload);
	tcase_add_test(tcase, over_the_wrap);
	suite_add_tcase(suite, tcase);

	TCase *counting = tcase_create("sources");

	tcase_add_test(counting, sources_are_counted);
	suite_add_tcase(suite, counting);
	return unit_run(suite);
}
