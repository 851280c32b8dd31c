/* What keeps strangers from filling the log, and their addresses out of it. */
#include "unit.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "base/heap.h"
#include "base/limiter.h"
#include "base/log.h"
#include "base/timestamp.h"

static struct limiter limiter;
static struct limiter_report report;

static struct endpoint at(const char *text)
{
	struct endpoint ep;

	ck_assert_ptr_null(endpoint_parse(&ep, text, 2425));
	return ep;
}

static bool pass(const char *source, int64_t now)
{
	struct endpoint ep = at(source);

	return limiter_pass(&limiter, &ep, now);
}

static void setup(void)
{
	limiter_init(&limiter);
}

START_TEST(one_a_source)
{
	static const struct {
		const char *source;
		bool passes;
	} lines[] = {
	    {"192.0.2.1:1", true},
	    {"192.0.2.1:1", false},
	    {"192.0.2.255:2", false}, /* the same /24 */
	    {"192.0.3.0:1", true},
	    {"[2001:db8:0:1ff::1]:1", true},
	    {"[2001:db8:0:100::2]:1", false}, /* the same /56 */
	    {"[2001:db8:0:200::1]:1", true},
	    {"[c000:200::]:1", true}, /* the first bytes of 192.0.2.0 */
	};

	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
		ck_assert_msg(pass(lines[i].source, 1000) == lines[i].passes, "%s",
		    lines[i].source);
	ck_assert_uint_eq(limiter.held, 3);
}
END_TEST

START_TEST(a_window_ends)
{
	struct endpoint most = at("192.0.2.0");

	ck_assert_int_eq(limiter_deadline(&limiter), DEADLINE_NEVER);
	ck_assert(pass("192.0.2.1", 1000));
	ck_assert(pass("192.0.3.1", 5000));
	for (int i = 0; i < 10; i++)
		ck_assert(!pass("192.0.2.1", 2000 + i));
	ck_assert(!pass("192.0.3.1", 60999));
	ck_assert_int_eq(limiter_deadline(&limiter), 61000);
	ck_assert(!limiter_close(&limiter, 60999, &report));
	ck_assert(limiter_close(&limiter, 61000, &report));
	ck_assert_uint_eq(report.held, 11);
	ck_assert_uint_eq(report.held_of_most, 10);
	ck_assert(endpoint_same_address(&report.most, &most));
	/* and the next begins with the next line */
	ck_assert_int_eq(limiter_deadline(&limiter), DEADLINE_NEVER);
	ck_assert(pass("192.0.2.1", 70000));
	ck_assert_int_eq(limiter_deadline(&limiter), 130000);
	ck_assert_uint_eq(limiter.held_ever, 11);
	ck_assert(!pass("192.0.2.1", 70001));
	ck_assert(limiter_close(&limiter, 130000, &report));
	ck_assert_uint_eq(report.held, 1);
	ck_assert_uint_eq(limiter.held_ever, 12);
}
END_TEST

START_TEST(a_quiet_window_says_nothing)
{
	ck_assert(pass("192.0.2.1", 0));
	ck_assert(!limiter_close(&limiter, 60000, &report));
	ck_assert_int_eq(limiter_deadline(&limiter), DEADLINE_NEVER);
	ck_assert(pass("192.0.2.1", 60000));
}
END_TEST

START_TEST(many_sources)
{
	char source[32];
	unsigned passed = 0;

	for (unsigned i = 0; i < 10000; i++) {
		snprintf(source, sizeof source, "10.%u.%u.1", i / 256, i % 256);
		passed += pass(source, 0);
	}
	ck_assert_uint_eq(passed, LIMITER_SOURCES);
	ck_assert(limiter_close(&limiter, 60000, &report));
	ck_assert_uint_eq(report.held, 10000 - LIMITER_SOURCES);
	/* none of them more than once: nobody to be named */
	ck_assert_uint_eq(report.held_of_most, 0);
	ck_assert_uint_eq(report.most.family, FAMILY_NONE);
}
END_TEST

static const struct {
	const char *endpoint, *truncated, *full;
} shown[] = {
    {"198.51.100.7:40001", "198.51.100.0/24", "198.51.100.7:40001"},
    {"127.0.0.1:1", "127.0.0.0/24", "127.0.0.1:1"},
    {"[2001:db8:1:2:3::4]:5", "2001:db8:1::/48", "[2001:db8:1:2:3::4]:5"},
    {"::ffff:198.51.100.7", "198.51.100.0/24", "198.51.100.7:2425"},
};

START_TEST(addresses_in_the_log)
{
	struct endpoint ep = at(shown[_i].endpoint), none = {0};
	char text[ENDPOINT_TEXT_MAX];

	/* truncated without a word about it */
	ck_assert_str_eq(log_endpoint(&ep, text), shown[_i].truncated);
	ck_assert_str_eq(log_endpoint(&none, text), "-");
	log_set_addresses(LOG_ADDRESSES_FULL);
	ck_assert_str_eq(log_endpoint(&ep, text), shown[_i].full);
	ep.port = 0;
	ck_assert_ptr_null(strstr(log_endpoint(&ep, text), ":0"));
	log_set_addresses(LOG_ADDRESSES_TRUNCATED);
}
END_TEST

START_TEST(prefixes)
{
	struct endpoint ep = at("203.0.113.255:9"), cut = endpoint_prefix(&ep, 29, 0);
	struct endpoint wanted = at("203.0.113.248"), six = at("[2001:db8:ffff::1]:9");

	ck_assert(endpoint_same_address(&cut, &wanted));
	ck_assert_uint_eq(cut.port, 0);
	cut = endpoint_prefix(&ep, 32, 0);
	ck_assert(endpoint_same_address(&cut, &ep));
	cut = endpoint_prefix(&six, 0, 33);
	wanted = at("[2001:db8:8000::]:1");
	ck_assert(endpoint_same_address(&cut, &wanted));
	cut = endpoint_prefix(&six, 0, 128);
	ck_assert(endpoint_same_address(&cut, &six));
}
END_TEST

START_TEST(timestamps)
{
	struct timespec when = {.tv_sec = 1795356187, .tv_nsec = 4999999};
	char text[TIMESTAMP_MAX];

	setenv("TZ", "JST-9", 1);
	ck_assert_str_eq(timestamp_format(&when, true, text), "2026-11-22T14:03:07.004Z");
	ck_assert_str_eq(timestamp_format(&when, false, text), "2026-11-22T14:03:07Z");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("limiter");
	TCase *tcase = tcase_create("limiter");

	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_add_test(tcase, one_a_source);
	tcase_add_test(tcase, a_window_ends);
	tcase_add_test(tcase, a_quiet_window_says_nothing);
	tcase_add_test(tcase, many_sources);
	tcase_add_loop_test(tcase, addresses_in_the_log, 0, sizeof shown / sizeof *shown);
	tcase_add_test(tcase, prefixes);
	tcase_add_test(tcase, timestamps);
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
