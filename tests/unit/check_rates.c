/* Rates over the last second, ten seconds and minute. */
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "base/heap.h"
#include "superd/rates.h"

static struct rates rates;
static struct rates_sample now; /* what is counted */

static void setup(void)
{
	memset(&now, 0, sizeof now);
	now.at = 1000000;
	rates_init(&rates, now.at);
}

/* Time passes; samples are taken when they are due. */
static void pass(int64_t ms)
{
	int64_t until = now.at + ms;

	while (rates.due <= until) {
		now.at = rates.due;
		rates_take(&rates, &now);
	}
	now.at = until;
}

/* Packets come, as a batch of them does. */
static void come(uint64_t n)
{
	now.counters.value[COUNT_RECEIVED] += n;
	if (rates_sleep(&rates))
		rates_wake(&rates, now.at);
}

static uint64_t received(const struct rates_sample *sample, const void *context)
{
	return sample->counters.value[COUNT_RECEIVED];
}

static double over(int64_t window)
{
	return rates_over(&rates, &now, window, received, NULL);
}

START_TEST(nothing_happens)
{
	ck_assert_int_eq(rates.due, DEADLINE_NEVER);
	ck_assert_double_eq(over(1000), 0);
	pass(100000);
	ck_assert_double_eq(over(60000), 0);
	ck_assert_uint_eq(rates.count, 1);
}
END_TEST

START_TEST(a_steady_stream)
{
	for (int i = 0; i < 6100; i++) {
		come(i < 5100 ? 10 : 100); /* ten times as much in the last ten seconds */
		pass(10);
	}
	ck_assert_double_eq_tol(over(1000), 10000, 100);
	ck_assert_double_eq_tol(over(10000), 10000, 100);
	ck_assert_double_eq_tol(over(60000), 2500, 30);
}
END_TEST

/* A burst is not forgotten in the silence behind it, nor taken for a later one. */
START_TEST(a_burst_and_silence)
{
	pass(30000);
	come(600);
	pass(500);
	ck_assert_double_eq_tol(over(1000), 600, 1);
	pass(5500);
	ck_assert_double_eq_tol(over(1000), 0, 0.01);
	ck_assert_double_eq_tol(over(10000), 60, 0.01);
	ck_assert_double_eq_tol(over(60000), 600 / 36.0, 0.1);
	pass(20000);
	ck_assert_double_eq_tol(over(10000), 0, 0.01);
	pass(30000);
	ck_assert_double_eq_tol(over(60000), 10, 0.01);
	/* it sleeps by then */
	ck_assert_int_eq(rates.due, DEADLINE_NEVER);
	come(10);
	ck_assert_double_eq_tol(over(10000), 1, 0.01);
	ck_assert_double_eq_tol(over(60000), 10 + 1 / 6.0, 0.01);
	pass(60000);
	ck_assert_double_eq_tol(over(60000), 10 / 60.0, 0.01);
	/* it is spread over the second up to the sample behind it */
	pass(1001);
	ck_assert_double_eq_tol(over(60000), 0, 0.01);
}
END_TEST

/* Sleeping and waking in turn takes the most samples: a minute of them is there all the same. */
START_TEST(now_and_then)
{
	for (int i = 0; i < 100; i++) {
		come(6);
		pass(2100);
	}
	ck_assert_double_eq_tol(over(60000), 6 / 2.1, 0.15);
	ck_assert_double_eq_tol(over(10000), 6 / 2.1, 0.6);
}
END_TEST

static double figure(json_t *all, const char *name, const char *window)
{
	return json_number_value(json_object_get(json_object_get(all, name), window));
}

START_TEST(the_figures)
{
	uint64_t *value = now.counters.value;
	json_t *all;
	char *text;

	come(70);
	value[COUNT_SENT] += 50;
	value[COUNT_SENT_PROBES] += 10;
	value[COUNT_SENT_ORDERS] += 20;
	value[COUNT_DROPPED_FORGED] += 3;
	value[COUNT_DROPPED_BANNED] += 4;
	value[COUNT_ASKS_INTRODUCED] += 2;
	value[COUNT_ASKS_UNKNOWN] += 7;
	now.kernel_dropped = 9;
	pass(10000);
	all = rates_describe(&rates, &now);
	ck_assert_double_eq_tol(figure(all, "received", "s10"), 7, 0.1);
	ck_assert_double_eq_tol(figure(all, "answered", "s10"), 2, 0.1);
	ck_assert_double_eq_tol(figure(all, "dropped", "s10"), 0.7, 0.1);
	ck_assert_double_eq_tol(figure(all, "dropped_forged", "s10"), 0.3, 0.1);
	ck_assert_double_eq_tol(figure(all, "dropped_banned", "s60"), 0.4, 0.1);
	ck_assert_double_eq_tol(figure(all, "introductions", "s10"), 0.2, 0.1);
	ck_assert_double_eq_tol(figure(all, "asks", "s10"), 0.9, 0.1);
	ck_assert_double_eq_tol(figure(all, "kernel_dropped", "s10"), 0.9, 0.1);
	ck_assert_double_eq(figure(all, "received", "s1"), 0);
	/* no figure is longer than its digits */
	text = json_dumps(json_object_get(all, "dropped"), JSON_COMPACT);
	ck_assert_str_eq(text, "{\"s1\":0.0,\"s10\":0.6875,\"s60\":0.6875}");
	free(text);
	json_decref(all);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("rates");
	TCase *tcase = tcase_create("rates");

	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_add_test(tcase, nothing_happens);
	tcase_add_test(tcase, a_steady_stream);
	tcase_add_test(tcase, a_burst_and_silence);
	tcase_add_test(tcase, now_and_then);
	tcase_add_test(tcase, the_figures);
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
