/*
 * The parts of ipmsg-peerd that can be had without its sockets: names that the
 * system knows, sentences for every reason, looking up addresses.
 */
#include "unit.h"

#include <event2/event.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ctl/group.h"
#include "io/addresses.h"
#include "io/resolver.h"
#include "peerd/defaults.h"
#include "peerd/failure.h"

static void on_peer_event(const struct peer_event *event, void *context)
{
}

static struct peer *make_peer(const char *supernode)
{
	struct peer_settings settings;
	uint8_t seed[RNG_SEED_BYTES] = {0};
	const char *error;

	peer_settings_init(&settings);
	snprintf(settings.user, sizeof settings.user, "u");
	snprintf(settings.host, sizeof settings.host, "h");
	snprintf(settings.nick, sizeof settings.nick, "n");
	if (supernode != NULL) {
		snprintf(settings.supernodes[0].host, sizeof settings.supernodes[0].host, "%s",
		    supernode);
		settings.supernodes[0].port = 2425;
		settings.supernode_count = 1;
	}
	return peer_new(&settings, seed, 0, on_peer_event, NULL, &error);
}

/* A sentence about the one who was wanted, and nothing left to fill in. */
START_TEST(test_explanations)
{
	char text[EXPLANATION_MAX];
	struct peer *peer = make_peer("2001:db8::1");
	struct failure failure = {.reason = (enum reason)_i, .name = "%s@%n", .peer = peer};

	ck_assert_ptr_nonnull(peer);
	failure_explain(&failure, text);
	ck_assert_uint_gt(strlen(text), 20);
	if (_i == REASON_SUPERNODE_LOST)
		ck_assert_ptr_nonnull(strstr(text, "[2001:db8::1]:2425"));
	else
		ck_assert_ptr_nonnull(strstr(text, "%s@%n"));
	peer_free(peer);
}
END_TEST

START_TEST(test_explains_where)
{
	static const char told[] = "bob at 192.0.2.1:40000 does not answer although both";
	static const char alone[] = "bob at 192.0.2.1:40000 does not answer, and no supernode";
	char text[EXPLANATION_MAX];
	struct peer *peer = make_peer("192.0.2.9");
	struct failure failure = {.reason = REASON_NO_ANSWER, .name = "bob", .peer = peer};

	endpoint_parse(&failure.at, "192.0.2.1:40000", 0);
	failure_explain(&failure, text);
	ck_assert_int_eq(strncmp(text, told, sizeof told - 1), 0);
	peer_free(peer);
	failure.peer = make_peer(NULL);
	failure_explain(&failure, text);
	ck_assert_int_eq(strncmp(text, alone, sizeof alone - 1), 0);
	peer_free((struct peer *)(uintptr_t)failure.peer);
}
END_TEST

START_TEST(test_defaults)
{
	struct peerd_settings settings = {.peer.nick = "alice"};

	unsetenv("XDG_RUNTIME_DIR");
	defaults_complete(&settings);
	ck_assert_str_ne(settings.peer.user, "");
	ck_assert_str_ne(settings.peer.host, "");
	ck_assert_ptr_null(strchr(settings.peer.host, '.'));
	ck_assert_str_eq(settings.peer.nick, "alice");
	ck_assert_str_eq(settings.control, RUNSTATEDIR "/ipmsg-peerd/control");
}
END_TEST

START_TEST(test_configured_stays)
{
	struct peerd_settings settings = {
	    .peer = {.user = "u", .host = "h.example", .nick = ""}, .control = "/c"};

	defaults_complete(&settings);
	ck_assert_str_eq(settings.peer.user, "u");
	ck_assert_str_eq(settings.peer.host, "h.example");
	ck_assert_str_eq(settings.peer.nick, "u");
	ck_assert_str_eq(settings.control, "/c");
}
END_TEST

/* A person's socket lies where the person's others do; the system's own never. */
START_TEST(test_personal_socket)
{
	struct peerd_settings settings = {0};

	setenv("XDG_RUNTIME_DIR", "/nonexistent/run", 1);
	defaults_complete(&settings);
	ck_assert_str_eq(settings.control,
	    geteuid() == 0 ? RUNSTATEDIR "/ipmsg-peerd/control"
			   : "/nonexistent/run/ipmsg-peerd/control");
}
END_TEST

START_TEST(test_group)
{
	ck_assert_str_eq(ctl_group("given", "usual"), "given");
	ck_assert_str_eq(ctl_group("no-such-group", "no-such-group"), "");
}
END_TEST

struct answers {
	struct event_base *base;
	unsigned wanted;
	unsigned count;
	char text[256]; /* "HOST:PORT=ADDRESS,ADDRESS;" of each */
};

static void collect(const struct resolver_answer *answer, void *context)
{
	struct answers *answers = context;
	char at[ENDPOINT_TEXT_MAX];
	size_t used = strlen(answers->text);

	used += (size_t)snprintf(answers->text + used, sizeof answers->text - used, "%s:%u=",
	    answer->host, answer->port);
	for (size_t i = 0; i < answer->count; i++)
		used += (size_t)snprintf(answers->text + used, sizeof answers->text - used, "%s,",
		    endpoint_format(&answer->addresses[i], at));
	if (answer->why != NULL)
		used += (size_t)snprintf(answers->text + used, sizeof answers->text - used, "%s",
		    answer->why);
	snprintf(answers->text + used, sizeof answers->text - used, ";");
	if (++answers->count == answers->wanted)
		event_base_loopbreak(answers->base);
}

START_TEST(test_numeric)
{
	struct answers answers = {.base = event_base_new(), .wanted = 2};
	struct resolver *resolver =
	    resolver_new(answers.base, FAMILY_IP4, collect, &answers);

	ck_assert_ptr_nonnull(resolver);
	ck_assert(resolver_ask(resolver, "192.0.2.1", 2425));
	ck_assert(resolver_ask(resolver, "192.0.2.1", 2425));
	ck_assert(resolver_ask(resolver, "2001:db8::1", 5));
	ck_assert_uint_eq(answers.count, 0);
	event_base_dispatch(answers.base);
	ck_assert_str_eq(answers.text, "192.0.2.1:2425=192.0.2.1:2425,;"
				       "2001:db8::1:5=it has no IPv4 address;");
	resolver_free(resolver);
	event_base_free(answers.base);
}
END_TEST

/* Nothing comes back, and nothing is lost, of what was under way. */
START_TEST(test_called_off)
{
	static const enum family families[] = {FAMILY_IP4, FAMILY_NONE};
	struct answers answers = {.base = event_base_new()};
	struct resolver *resolver =
	    resolver_new(answers.base, families[_i], collect, &answers);

	ck_assert(resolver_ask(resolver, "name.invalid", 1));
	ck_assert(resolver_ask(resolver, "other.invalid", 1));
	ck_assert(resolver_ask(resolver, "192.0.2.1", 1));
	resolver_reload(resolver);
	resolver_free(resolver);
	event_base_loop(answers.base, EVLOOP_NONBLOCK);
	ck_assert_uint_eq(answers.count, 0);
	event_base_free(answers.base);
}
END_TEST

START_TEST(test_own_addresses)
{
	struct endpoint own[8];
	size_t count = addresses_own(own, 8, FAMILY_NONE, 4000);

	ck_assert_uint_le(count, 8);
	for (size_t i = 0; i < count; i++) {
		ck_assert_int_eq(endpoint_scope(&own[i]), SCOPE_PRIVATE);
		ck_assert_uint_eq(own[i].port, 4000);
		for (size_t j = 0; j < i; j++)
			ck_assert(!endpoint_equal(&own[i], &own[j]));
	}
	ck_assert_uint_eq(addresses_own(own, 0, FAMILY_NONE, 4000), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("peerd");
	TCase *tests = tcase_create("peerd");

	if (sodium_init() < 0)
		return EXIT_FAILURE;
	tcase_add_loop_test(tests, test_explanations, REASON_NONE, REASONS);
	tcase_add_test(tests, test_explains_where);
	tcase_add_test(tests, test_defaults);
	tcase_add_test(tests, test_configured_stays);
	tcase_add_test(tests, test_personal_socket);
	tcase_add_test(tests, test_group);
	tcase_add_test(tests, test_numeric);
	tcase_add_loop_test(tests, test_called_off, 0, 2);
	tcase_add_test(tests, test_own_addresses);
	suite_add_tcase(suite, tests);
	return unit_run(suite);
}
