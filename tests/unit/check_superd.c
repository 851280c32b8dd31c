/*
 * What an administrator sees of a supernode: the log's words and how often they
 * are said, the metrics to the letter, events on the control socket.
 */
#include "unit.h"

#include <event2/event.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/heap.h"
#include "base/log.h"
#include "ctl/interface.h"
#include "superd/eventlog.h"
#include "superd/metrics.h"
#include "superd/sight.h"
#include "superd/superd.h"
#include "superd/watchers.h"

static struct endpoint at(const char *text)
{
	struct endpoint ep;

	ck_assert_ptr_null(endpoint_parse(&ep, text, 2425));
	return ep;
}

/* alice@sales with a name that wants to be a command */
static const struct names *alice(void)
{
	static struct {
		struct names names;
		unsigned char bytes[32];
	} storage = {.names = {.len = {1, 2, 6, 5}}};

	memcpy(storage.names.bytes, "upcal\x1b" "icesales", 14);
	return &storage.names;
}

/* ---- the log ---- */

static char logged[4096];
static size_t lines;

static void on_line(enum log_level level, const char *text)
{
	size_t used = strlen(logged);

	snprintf(logged + used, sizeof logged - used, "%s: %s\n", log_level_name(level), text);
	lines++;
}

static void forget_log(void)
{
	*logged = '\0';
	lines = 0;
}

static void listen_to_log(enum log_level level)
{
	log_set_level(level);
	log_set_addresses(LOG_ADDRESSES_TRUNCATED);
	log_capture(on_line);
	forget_log();
}

static struct super_event refused(const struct endpoint *from, enum super_reason reason)
{
	return (struct super_event){.kind = SUPER_REFUSED, .reason = reason, .from = from};
}

START_TEST(a_flood_is_a_line)
{
	struct endpoint from = at("198.51.100.7:40001"), other = at("[2001:db8:1:2::3]:5");
	struct super_event flood = refused(&from, SUPER_FORGED);
	struct super_event full = refused(&other, SUPER_FULL);
	struct eventlog log;

	listen_to_log(LOG_LEVEL_DEBUG);
	eventlog_init(&log);
	for (int i = 0; i < 10000; i++)
		eventlog_write(&log, &flood, 1000 + i);
	eventlog_write(&log, &full, 20000);
	ck_assert_str_eq(logged,
	    "info: a packet from 198.51.100.0/24 refused: it does not prove its sender\n"
	    "warn: an entry from 2001:db8:1::/48 refused: the registry is full "
	    "(max-registrations)\n");
	forget_log();
	eventlog_tick(&log, 60999);
	ck_assert_uint_eq(lines, 0);
	ck_assert_int_eq(eventlog_deadline(&log), 61000);
	eventlog_tick(&log, 61000);
	ck_assert_str_eq(logged, "info: held back 9999 more lines about packets of strangers in "
				 "the last minute, 9999 of them from 198.51.100.0/24\n");
	/* the window of the full registry is another; nothing was held back there */
	forget_log();
	ck_assert_int_eq(eventlog_deadline(&log), 80000);
	eventlog_tick(&log, 80000);
	ck_assert_uint_eq(lines, 0);
	ck_assert_int_eq(eventlog_deadline(&log), DEADLINE_NEVER);
}
END_TEST

/* A window that is over is told before the next line, also if the timer is late. */
START_TEST(a_late_timer_loses_nothing)
{
	struct endpoint from = at("198.51.100.7");
	struct super_event event = refused(&from, SUPER_GUESSED);
	struct eventlog log;

	listen_to_log(LOG_LEVEL_INFO);
	eventlog_init(&log);
	eventlog_write(&log, &event, 0);
	eventlog_write(&log, &event, 10);
	forget_log();
	eventlog_write(&log, &event, 70000);
	ck_assert_str_eq(logged,
	    "info: held back 1 more lines about packets of strangers in the last minute, 1 of them "
	    "from 198.51.100.0/24\n"
	    "info: a packet from 198.51.100.0/24 refused: it answers a probe that was not sent\n");
}
END_TEST

/* Whoever can forge sources can use up the lines of them all, but not those about ourselves. */
START_TEST(strangers_do_not_hide_our_own_limits)
{
	struct endpoint from = at("198.51.100.7"), last = at("203.0.113.1");
	struct super_event forged = refused(&from, SUPER_FORGED);
	struct super_event full = refused(&last, SUPER_FULL);
	struct super_event short_of_memory = refused(&last, SUPER_NO_MEMORY);
	struct eventlog log;

	listen_to_log(LOG_LEVEL_INFO);
	eventlog_init(&log);
	for (int i = 0; i < 256; i++) {
		from.address[1] = (uint8_t)i;
		eventlog_write(&log, &forged, 0);
	}
	ck_assert_uint_eq(lines, LIMITER_SOURCES);
	forget_log();
	for (int i = 0; i < 10; i++) {
		last.address[1] = (uint8_t)i;
		eventlog_write(&log, &full, 30000);
	}
	eventlog_write(&log, &short_of_memory, 30000);
	ck_assert_str_eq(logged,
	    "warn: an entry from 203.0.113.0/24 refused: the registry is full (max-registrations)\n"
	    "warn: a packet from 203.9.113.0/24 refused: memory is short\n");
	ck_assert_uint_eq(eventlog_held(&log), 256 - LIMITER_SOURCES + 9);
	eventlog_tick(&log, 60000);
	ck_assert_int_eq(eventlog_deadline(&log), 90000);
	forget_log();
	eventlog_tick(&log, 90000);
	ck_assert_str_eq(logged, "warn: 9 times more in the last minute: an entry refused: the "
				 "registry is full (max-registrations)\n");
	ck_assert_int_eq(eventlog_deadline(&log), DEADLINE_NEVER);
	forget_log();
	eventlog_write(&log, &full, 90000);
	ck_assert_uint_eq(lines, 1);
}
END_TEST

START_TEST(the_end_says_what_was_held_back)
{
	struct endpoint from = at("198.51.100.7");
	struct super_event forged = refused(&from, SUPER_FORGED), full = refused(&from, SUPER_FULL);
	struct sight sight;

	listen_to_log(LOG_LEVEL_INFO);
	sight_init(&sight);
	for (int i = 0; i < 3; i++) {
		eventlog_write(&sight.log, &forged, 1000);
		eventlog_write(&sight.log, &full, 1000);
	}
	forget_log();
	sight_close(&sight);
	ck_assert_str_eq(logged,
	    "info: held back 2 more lines about packets of strangers in the last minute, 2 of them "
	    "from 198.51.100.0/24\n"
	    "warn: 2 times more in the last minute: an entry refused: the registry is full "
	    "(max-registrations)\n");
	forget_log();
	sight_close(&sight);
	ck_assert_uint_eq(lines, 0);
}
END_TEST

/* What would not be written is neither limited nor counted. */
START_TEST(the_level_is_asked_first)
{
	struct endpoint from = at("198.51.100.7");
	struct super_event forged = refused(&from, SUPER_FORGED), full = refused(&from, SUPER_FULL);
	struct eventlog log;

	listen_to_log(LOG_LEVEL_WARN);
	eventlog_init(&log);
	eventlog_write(&log, &forged, 0);
	eventlog_write(&log, &forged, 0);
	ck_assert_int_eq(eventlog_deadline(&log), DEADLINE_NEVER);
	ck_assert_uint_eq(eventlog_held(&log), 0);
	eventlog_write(&log, &full, 0);
	ck_assert_uint_eq(lines, 1);
}
END_TEST

static const struct endpoint here = {.family = FAMILY_IP4, .port = 9, .address = {192, 0, 2, 1}};
static const struct endpoint there = {.family = FAMILY_IP4, .port = 8, .address = {192, 0, 3, 1}};

static const struct {
	enum super_event_kind kind;
	enum super_reason reason;
	bool asker, asked, stale;
	const char *line;
} words[] = {
    {SUPER_ENTERED, SUPER_NO_REASON, false, false, false,
	"debug: al\\x1bice@sales at 192.0.2.0/24: entered\n"},
    {SUPER_STALE, SUPER_NO_REASON, false, false, false,
	"debug: al\\x1bice@sales at 192.0.2.0/24: stale\n"},
    {SUPER_MOVED, SUPER_NO_REASON, false, false, false,
	"debug: al\\x1bice@sales moved from 192.0.3.0/24 to 192.0.2.0/24\n"},
    {SUPER_LEFT, SUPER_EVICTED, false, false, false,
	"debug: al\\x1bice@sales at 192.0.2.0/24 left: evicted\n"},
    {SUPER_INTRODUCED, SUPER_NO_REASON, true, true, true,
	"debug: al\\x1bice@sales at 192.0.3.0/24 introduced to al\\x1bice@sales at 192.0.2.0/24, "
	"which is stale\n"},
    {SUPER_DECLINED, SUPER_UNKNOWN, false, true, false,
	"debug: somebody who is not registered at 192.0.3.0/24 asked for b\\nob: unknown\n"},
    {SUPER_DECLINED, SUPER_BUSY, false, true, false,
	"info: an ask from 192.0.3.0/24 declined: too many introductions are under way\n"},
    {SUPER_REFUSED, SUPER_SAME_NICK, false, false, false,
	"info: an entry from 192.0.3.0/24 refused: too many have that nick (max-same-nick)\n"},
    {SUPER_REFUSED, SUPER_SOURCE_FULL, false, false, false,
	"info: an entry from 192.0.3.0/24 refused: too many are registered from its network "
	"(max-per-source)\n"},
    {SUPER_DECLINED, SUPER_LIMITED, false, true, false,
	"info: an ask from 192.0.3.0/24 declined: there were too many (asks-per-source, "
	"orders-per-asker, orders-per-target)\n"},
    {SUPER_REFUSED, SUPER_BANNED, false, false, false,
	"info: an entry from 192.0.3.0/24 refused: its name or key is banned\n"},
    {SUPER_REFUSED, SUPER_DRAINING, false, false, false,
	"info: an entry from 192.0.3.0/24 refused: nobody new is let in while draining\n"},
    {SUPER_LEFT, SUPER_BANNED, false, false, false,
	"debug: al\\x1bice@sales at 192.0.2.0/24 left: banned\n"},
    {SUPER_REFUSED, SUPER_NO_MEMORY, false, false, false,
	"warn: a packet from 192.0.3.0/24 refused: memory is short\n"},
};

START_TEST(words_of_the_log)
{
	struct super_event event = {
	    .kind = words[_i].kind,
	    .reason = words[_i].reason,
	    .names = alice(),
	    .at = &here,
	    .from = &there,
	    .asker = words[_i].asker ? alice() : NULL,
	    .wanted = span_text(words[_i].asked ? "b\nob" : ""),
	    .stale = words[_i].stale,
	};
	struct eventlog log;

	eventlog_init(&log);
	listen_to_log(LOG_LEVEL_DEBUG);
	eventlog_write(&log, &event, 0);
	ck_assert_str_eq(logged, words[_i].line);
	/* who comes and goes is nobody's business unless asked for */
	listen_to_log(LOG_LEVEL_INFO);
	eventlog_init(&log);
	eventlog_write(&log, &event, 0);
	ck_assert_uint_eq(lines, strncmp(words[_i].line, "debug", 5) != 0);
}
END_TEST

/* ---- metrics ---- */

static char *render(const struct metrics *metrics)
{
	char *text = NULL;
	size_t len;
	FILE *stream = open_memstream(&text, &len);

	metrics_write(stream, metrics);
	fclose(stream);
	return text;
}

static void sample_is(const char *text, const char *sample, uint64_t value)
{
	char line[160];

	snprintf(line, sizeof line, "\nipmsg_superd_%s %" PRIu64 "\n", sample, value);
	ck_assert_msg(strstr(text, line) != NULL, "not there:%s", line);
}

/* Each counter of the core has a sample of its own: one that is new is not forgotten here. */
START_TEST(every_counter_is_a_metric)
{
	for (int i = 0; i < COUNTERS; i++) {
		struct metrics metrics = {0};
		char *none = render(&metrics), *one;
		size_t differ = 0;

		metrics.super.counters.value[i] = 1;
		/* the answers are what is neither probe nor order */
		if (i == COUNT_SENT_PROBES || i == COUNT_SENT_ORDERS)
			metrics.super.counters.value[COUNT_SENT] = 1;
		one = render(&metrics);
		ck_assert_uint_eq(strlen(one), strlen(none));
		for (size_t c = 0; one[c] != '\0'; c++)
			differ += one[c] != none[c];
		ck_assert_msg(differ == 1, "%s: %zu samples", counter_name((enum counter)i),
		    differ);
		free(none);
		free(one);
	}
}
END_TEST

START_TEST(metrics_to_the_letter)
{
	struct metrics metrics = {
	    .super = {.registrations = {.fresh = 10, .stale = 4, .seeds = 3, .stale_seeds = 1},
		.capacity = 100, .unproven = 5, .unproven_max = 6, .introductions = 7,
		.introductions_max = 8, .bans = 30, .draining = true},
	    .udp = {21, 22, 23, 24, 25},
	    .uptime_ms = 61005,
	    .connections = 2,
	    .watchers = 1,
	    .held_back = 9,
	    .cpu_s = 1.5,
	    .resident = 4096,
	};
	char *text;

	metrics.super.counters.value[COUNT_SENT] = 20;
	metrics.super.counters.value[COUNT_SENT_PROBES] = 3;
	metrics.super.counters.value[COUNT_SENT_ORDERS] = 4;
	metrics.super.counters.value[COUNT_DROPPED_FORGED] = UINT64_MAX;
	text = render(&metrics);
	sample_is(text, "registrations{state=\"fresh\",kind=\"extended\"}", 8);
	sample_is(text, "registrations{state=\"fresh\",kind=\"seed\"}", 2);
	sample_is(text, "registrations{state=\"stale\",kind=\"extended\"}", 3);
	sample_is(text, "registrations{state=\"stale\",kind=\"seed\"}", 1);
	sample_is(text, "registrations_max", 100);
	sample_is(text, "unproven", 5);
	sample_is(text, "unproven_max", 6);
	sample_is(text, "introductions", 7);
	sample_is(text, "introductions_max", 8);
	sample_is(text, "bans", 30);
	sample_is(text, "draining", 1);
	sample_is(text, "packets_sent_total{kind=\"probe\"}", 3);
	sample_is(text, "packets_sent_total{kind=\"order\"}", 4);
	sample_is(text, "packets_sent_total{kind=\"answer\"}", 13);
	sample_is(text, "packets_dropped_total{reason=\"forged\"}", UINT64_MAX);
	sample_is(text, "udp_received_total", 21);
	sample_is(text, "udp_too_long_total", 22);
	sample_is(text, "udp_sent_total", 23);
	sample_is(text, "udp_unsent_total", 24);
	sample_is(text, "udp_kernel_dropped_total", 25);
	sample_is(text, "control_connections", 2);
	sample_is(text, "watchers", 1);
	sample_is(text, "log_lines_held_back_total", 9);
	sample_is(text, "resident_bytes", 4096);
	ck_assert_ptr_nonnull(strstr(text, "\nipmsg_superd_uptime_seconds 61.005\n"));
	ck_assert_ptr_nonnull(strstr(text, "\nipmsg_superd_cpu_seconds_total 1.500\n"));
	free(text);
}
END_TEST

/* HELP, TYPE, then the samples of that family, and each family once. */
START_TEST(the_format)
{
	struct metrics metrics = {0};
	char *text = render(&metrics), *rest = text, *line;
	char family[128] = "", seen[64][128], word[128], type[16];
	size_t families = 0;

	while ((line = strsep(&rest, "\n")) != NULL && rest != NULL) {
		if (sscanf(line, "# HELP %127s", word) == 1) {
			for (size_t i = 0; i < families; i++)
				ck_assert_str_ne(seen[i], word);
			ck_assert_uint_lt(families, 64);
			memcpy(seen[families++], word, sizeof word);
			memcpy(family, word, sizeof family);
			line = strsep(&rest, "\n");
			ck_assert_int_eq(sscanf(line, "# TYPE %127s %15s", word, type), 2);
			ck_assert_str_eq(word, family);
			ck_assert_int_eq(strcmp(type, "counter") == 0,
			    strstr(family, "_total") != NULL);
			continue;
		}
		ck_assert_int_eq(sscanf(line, "%127[a-z_0-9]", word), 1);
		ck_assert_str_eq(word, family);
	}
	ck_assert_ptr_nonnull(line);
	ck_assert_str_eq(line, "");
	free(text);
}
END_TEST

START_TEST(the_process)
{
	struct metrics metrics = {0};

	metrics_measure_process(&metrics);
	ck_assert_uint_gt(metrics.resident, 100000);
	ck_assert(metrics.cpu_s > 0);
}
END_TEST

/* ---- watchers ---- */

static struct {
	char dir[64], path[80];
	struct event_base *base;
	struct ctl_server *server;
	struct watchers watchers;
	char said[1 << 20];
	size_t len;
} watch;

static void on_watch(struct ctl_call *call, json_t *parameters, void *context)
{
	watchers_add(&watch.watchers, call);
}

static void open_watch(void)
{
	static const struct ctl_method methods[] = {{"Watch", on_watch}, {NULL}};
	static const struct ctl_interface interfaces[] = {
	    {CTL_SUPER, ctl_super_description, methods}, {NULL}};
	char why[CTL_WHY_MAX];

	signal(SIGPIPE, SIG_IGN);
	snprintf(watch.dir, sizeof watch.dir, "/tmp/check_superd.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(watch.dir));
	snprintf(watch.path, sizeof watch.path, "%s/sock", watch.dir);
	watch.base = event_base_new();
	watch.server = ctl_server_open(watch.base,
	    &(struct ctl_options){.path = watch.path, .product = "p", .version = "v",
		.interfaces = interfaces}, why);
	ck_assert_msg(watch.server != NULL, "%s", why);
	watchers_init(&watch.watchers);
}

static void close_watch(void)
{
	ctl_server_close(watch.server);
	event_base_free(watch.base);
	rmdir(watch.dir);
}

static void turn(void)
{
	for (int i = 0; i < 20; i++)
		event_base_loop(watch.base, EVLOOP_NONBLOCK);
}

static int call(bool more)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	char text[128];
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	int n = snprintf(text, sizeof text, "{\"method\":\"" CTL_SUPER ".Watch\"%s}",
	    more ? ",\"more\":true" : "");

	memcpy(to.sun_path, watch.path, sizeof watch.path);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
	ck_assert_int_eq(send(fd, text, (size_t)n + 1, 0), n + 1);
	turn();
	return fd;
}

/* All that has been said, the NULs between replies as line ends. */
static const char *hear(int fd)
{
	ssize_t n;

	watch.len = 0;
	do {
		turn();
		n = recv(fd, watch.said + watch.len, sizeof watch.said - 1 - watch.len,
		    MSG_DONTWAIT);
		for (ssize_t i = 0; i < n; i++) {
			if (watch.said[watch.len + (size_t)i] == '\0')
				watch.said[watch.len + (size_t)i] = '\n';
		}
		watch.len += n > 0 ? (size_t)n : 0;
	} while (n > 0);
	watch.said[watch.len] = '\0';
	return watch.said;
}

static size_t how_many(const char *text, const char *word)
{
	size_t n = 0;

	for (; (text = strstr(text, word)) != NULL; text += strlen(word))
		n++;
	return n;
}

static void tell(enum super_event_kind kind, int64_t now)
{
	struct super_event event = {.kind = kind, .names = alice(), .at = &here,
	    .from = kind == SUPER_MOVED ? &there : NULL, .extended = true};

	watchers_tell(&watch.watchers, &event, now);
}

START_TEST(watchers_are_told)
{
	int one, other, once;

	open_watch();
	tell(SUPER_ENTERED, 0);
	one = call(true);
	other = call(true);
	once = call(false);
	ck_assert_uint_eq(watch.watchers.count, 3);
	tell(SUPER_MOVED, 0);
	tell(SUPER_ENTERED, 0);
	ck_assert_uint_eq(watch.watchers.count, 2);
	const char *said = hear(one);

	ck_assert_ptr_eq(strstr(said, "{\"parameters\":{\"event\":{\"type\":\"watching\",\"time\":\""),
	    said);
	ck_assert_ptr_nonnull(strstr(said,
	    "\"peer\":{\"user\":\"u\",\"host\":\"pc\",\"nick\":\"al\\u001Bice\",\"group\":\"sales\"},"
	    "\"endpoint\":\"192.0.2.1:9\",\"from\":\"192.0.3.1:8\",\"kind\":\"extended\"}},"
	    "\"continues\":true}\n"));
	ck_assert_uint_eq(how_many(said, "\"type\""), 3);
	ck_assert_uint_eq(how_many(hear(other), "\"type\""), 3);
	/* who wanted one reply has the first, and that is its last */
	ck_assert_uint_eq(how_many(hear(once), "\"type\":\"moved\""), 1);
	ck_assert_uint_eq(how_many(watch.said, "\"type\""), 1);
	ck_assert_uint_eq(how_many(watch.said, "continues"), 0);
	close(one);
	turn();
	ck_assert_uint_eq(watch.watchers.count, 1);
	close(other);
	close(once);
	close_watch();
}
END_TEST

START_TEST(a_flood_is_counted)
{
	int fd, late;

	open_watch();
	fd = call(true);
	for (int i = 0; i < 1000; i++)
		tell(SUPER_ENTERED, 100);
	late = call(true);
	for (int i = 0; i < 500; i++)
		tell(SUPER_ENTERED, 900);
	ck_assert_int_eq(watchers_deadline(&watch.watchers), 1100);
	watchers_tick(&watch.watchers, 1099);
	ck_assert_uint_eq(how_many(hear(fd), "\"type\":\"entered\""), WATCHERS_EVENTS);
	ck_assert_uint_eq(how_many(watch.said, "suppressed"), 0);
	watchers_tick(&watch.watchers, 1100);
	ck_assert_uint_eq(how_many(hear(fd), "\"type\":\"suppressed\""), 1);
	ck_assert_uint_eq(how_many(watch.said, "\"count\":1300,\"strangers\":0}"), 1);
	ck_assert_int_eq(watchers_deadline(&watch.watchers), DEADLINE_NEVER);
	/* of what was before it came it is told nothing */
	ck_assert_uint_eq(how_many(hear(late), "\"count\":500,\"strangers\":0}"), 1);
	/* the next second, with no timer in between */
	for (int i = 0; i <= WATCHERS_EVENTS; i++)
		tell(SUPER_ENTERED, 5000);
	ck_assert_uint_eq(how_many(hear(fd), "\"type\":\"entered\""), WATCHERS_EVENTS);
	tell(SUPER_ENTERED, 9000);
	ck_assert_uint_eq(how_many(hear(late), "\"count\":1,\"strangers\":0}"), 1);
	close(fd);
	close(late);
	close_watch();
}
END_TEST

START_TEST(strangers_hide_nobody)
{
	static const enum super_event_kind floods[] = {SUPER_REFUSED, SUPER_DECLINED};
	int fd, late;

	open_watch();
	fd = call(true);
	for (int i = 0; i < 1000; i++)
		tell(floods[i % 2], 100);
	late = call(true);
	for (int i = 0; i < WATCHERS_EVENTS; i++) {
		tell(SUPER_REFUSED, 200);
		tell(SUPER_ENTERED, 200);
	}
	hear(fd);
	ck_assert_uint_eq(how_many(watch.said, "\"type\":\"entered\""),
	    WATCHERS_EVENTS - WATCHERS_STRANGERS);
	ck_assert_uint_eq(how_many(watch.said, "\"type\":\"refused\"") +
		how_many(watch.said, "\"type\":\"declined\""),
	    WATCHERS_STRANGERS);
	watchers_tick(&watch.watchers, 1100);
	ck_assert_uint_eq(how_many(hear(fd), "\"count\":1200,\"strangers\":1180}"), 1);
	ck_assert_uint_eq(how_many(hear(late), "\"count\":220,\"strangers\":200}"), 1);
	close(fd);
	close(late);
	close_watch();
}
END_TEST

START_TEST(a_slow_one_is_let_go)
{
	int fd, good;
	size_t seconds = 0, heard = 0;

	open_watch();
	fd = call(true);
	good = call(true);
	for (; watch.watchers.count == 2 && seconds < 100; seconds++) {
		for (int i = 0; i < WATCHERS_EVENTS; i++)
			tell(SUPER_ENTERED, (int64_t)seconds * 1000);
		turn();
		heard += how_many(hear(good), "\"type\":\"entered\"");
	}
	/* the other has missed nothing */
	heard += how_many(hear(good), "\"type\":\"entered\"");
	ck_assert_uint_eq(heard, seconds * WATCHERS_EVENTS);
	ck_assert_uint_eq(watch.watchers.count, 1);
	/* and so it is told at the end */
	ck_assert_ptr_nonnull(strstr(hear(fd), "\"error\":\"" CTL_SUPER ".TooSlow\""));
	ck_assert_uint_eq(how_many(watch.said, "suppressed"), 0);
	close(fd);
	close(good);
	close_watch();
}
END_TEST

/* ---- all of it ---- */

void superd_measure(const struct superd *superd, struct metrics *metrics)
{
}

START_TEST(whoever_is_due_first_is_waited_for)
{
	struct sight sight;

	sight_init(&sight);
	ck_assert_int_eq(sight_deadline(&sight), DEADLINE_NEVER);
	sight.log.limiter.ends = 7;
	ck_assert_int_eq(sight_deadline(&sight), 7);
	sight.log.own.ends = 6;
	ck_assert_int_eq(sight_deadline(&sight), 6);
	sight.watchers.ends = 5;
	ck_assert_int_eq(sight_deadline(&sight), 5);
	sight_tick(&sight, 5);
	ck_assert_int_eq(sight_deadline(&sight), 6);
	sight_tick(&sight, 6);
	ck_assert_int_eq(sight_deadline(&sight), 7);
	sight_tick(&sight, 7);
	ck_assert_int_eq(sight_deadline(&sight), DEADLINE_NEVER);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("superd");
	TCase *tcase = tcase_create("superd");

	tcase_add_test(tcase, a_flood_is_a_line);
	tcase_add_test(tcase, a_late_timer_loses_nothing);
	tcase_add_test(tcase, strangers_do_not_hide_our_own_limits);
	tcase_add_test(tcase, the_end_says_what_was_held_back);
	tcase_add_test(tcase, the_level_is_asked_first);
	tcase_add_loop_test(tcase, words_of_the_log, 0, sizeof words / sizeof *words);
	tcase_add_test(tcase, every_counter_is_a_metric);
	tcase_add_test(tcase, metrics_to_the_letter);
	tcase_add_test(tcase, the_format);
	tcase_add_test(tcase, the_process);
	tcase_add_test(tcase, watchers_are_told);
	tcase_add_test(tcase, a_flood_is_counted);
	tcase_add_test(tcase, strangers_hide_nobody);
	tcase_add_test(tcase, a_slow_one_is_let_go);
	tcase_add_test(tcase, whoever_is_due_first_is_waited_for);
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
