/*
 * Kick, ban, unban, drain, and the lists over the control socket, the file of
 * bans, and the slices in which a large registry is gone through.
 */
#include "unit.h"

#include <event2/event.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/heap.h"
#include "base/log.h"
#include "ctl/interface.h"
#include "io/loop.h"
#include "io/state.h"
#include "superd/administration.h"
#include "superd/alternates.h"
#include "superd/banfile.h"
#include "superd/control.h"
#include "superd/expulsion.h"
#include "superd/metrics.h"
#include "superd/rates.h"
#include "superd/sight.h"
#include "superd/superd.h"
#include "world.h"

struct superd {
	struct world *world;
	struct state *state;
	struct expulsions expulsions;
	unsigned attended;
};

static struct superd d;
static char dir[64], path[80];
static struct event_base *base;
static struct ctl_server *server;
static int client;
static char said[65536], logged[8192];

const struct super *superd_super(const struct superd *superd)
{
	return superd->world->super;
}

struct super *superd_core(struct superd *superd)
{
	return superd->world->super;
}

struct state *superd_state(const struct superd *superd)
{
	return superd->state;
}

struct expulsions *superd_expulsions(struct superd *superd)
{
	return &superd->expulsions;
}

void superd_attend(struct superd *superd)
{
	superd->attended++;
}

/* What the methods want that are not asked here. */

bool superd_bound(const struct superd *superd, size_t i, struct endpoint *at)
{
	return false;
}

bool superd_socket_state(const struct superd *superd, size_t i, struct udp_socket_state *state)
{
	return false;
}

void superd_local(const struct superd *superd, uint16_t local, struct endpoint *at)
{
	*at = (struct endpoint){.family = FAMILY_IP4};
}

const struct alternates *superd_alternates(const struct superd *superd)
{
	return NULL;
}

const struct rates *superd_rates(const struct superd *superd, struct rates_sample *current)
{
	return NULL;
}

void superd_measure(const struct superd *superd, struct metrics *metrics)
{
}

struct sight *superd_sight(struct superd *superd)
{
	return NULL;
}

bool superd_reload(struct superd *superd, conf_report_fn report, void *context)
{
	return false;
}

static void on_line(enum log_level level, const char *text)
{
	size_t used = strlen(logged);

	snprintf(logged + used, sizeof logged - used, "%s\n", text);
}

static void open_server(void)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	char why[CTL_WHY_MAX];

	snprintf(path, sizeof path, "%s/sock", dir);
	base = event_base_new();
	server = ctl_server_open(base,
	    &(struct ctl_options){.path = path, .product = "p", .version = "v",
		.interfaces = superd_interfaces, .context = &d}, why);
	ck_assert_msg(server != NULL, "%s", why);
	client = socket(AF_UNIX, SOCK_STREAM, 0);
	memcpy(to.sun_path, path, sizeof path);
	ck_assert_int_eq(connect(client, (struct sockaddr *)&to, sizeof to), 0);
}

static void setup(void)
{
	char why[STATE_WHY_MAX];

	signal(SIGPIPE, SIG_IGN);
	log_capture(on_line);
	*logged = '\0';
	snprintf(dir, sizeof dir, "/tmp/check_superd_admin.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	d = (struct superd){.world = world_new(), .state = state_open(dir, NULL, why)};
	ck_assert_msg(d.state != NULL, "%s", why);
	world_start(d.world);
	expulsions_init(&d.expulsions);
	open_server();
}

static void teardown(void)
{
	static const char *const files[] = {"bans", "bans.damaged", "bans.newer"};
	char file[128];

	close(client);
	ctl_server_close(server);
	event_base_free(base);
	expulsions_free(&d.expulsions);
	world_free(d.world);
	state_close(d.state);
	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		snprintf(file, sizeof file, "%s/%s", dir, files[i]);
		unlink(file);
	}
	rmdir(dir);
}

static void turn(void)
{
	for (int i = 0; i < 20; i++)
		event_base_loop(base, EVLOOP_NONBLOCK);
}

static void say(const char *method, const char *parameters)
{
	char text[2048];
	int n = snprintf(text, sizeof text, "{\"method\":\"" CTL_SUPER ".%s\",\"parameters\":%s}",
	    method, parameters);

	ck_assert_int_eq(send(client, text, (size_t)n + 1, 0), n + 1);
	turn();
}

static const char *hear(void)
{
	ssize_t n = recv(client, said, sizeof said - 1, MSG_DONTWAIT);

	said[n > 0 ? n : 0] = '\0';
	return said;
}

static void expect(const char *method, const char *parameters, const char *answer)
{
	say(method, parameters);
	ck_assert_str_eq(hear(), answer);
}

#define INVALID(what)                                                                              \
	"{\"error\":\"org.varlink.service.InvalidParameter\",\"parameters\":{\"parameter\":\"" what   \
	"\"}}"
#define ERROR(name, text)                                                                          \
	"{\"error\":\"" CTL_SUPER "." name "\",\"parameters\":{\"explanation\":\"" text "\"}}"

START_TEST(a_ban_and_its_end)
{
	world_register(d.world, "192.0.2.1:5", 0, "alice");
	world_register(d.world, "192.0.2.2:5", 0, "bob");
	expect("Ban", "{\"what\":\"192.0.2.9/24\",\"reason\":\"why\"}",
	    "{\"parameters\":{\"what\":\"192.0.2.0/24\",\"reason\":\"why\",\"kept\":true,\"ended\":2}}");
	ck_assert_uint_gt(d.attended, 0);
	expect("Ban", "{\"what\":\"bob@sales\"}",
	    "{\"parameters\":{\"what\":\"bob@sales\",\"kept\":true,\"ended\":0}}");
	expect("Bans", "{}",
	    "{\"parameters\":{\"bans\":[{\"what\":\"bob@sales\"},{\"what\":\"192.0.2.0/24\","
	    "\"reason\":\"why\"}],\"complete\":true}}");
	expect("Unban", "{\"what\":\"192.0.2.1\"}",
	    ERROR("NotBanned", "192.0.2.1 is not banned by itself; 192.0.2.0/24 is, which it is part of"));
	say("Ban", "{\"what\":\"192.0.2.1\",\"seconds\":60}");
	ck_assert_ptr_nonnull(strstr(hear(), "\"until\":\"20"));
	expect("Unban", "{\"what\":\"192.0.2.1\"}",
	    "{\"parameters\":{\"what\":\"192.0.2.1\",\"kept\":true,\"part_of\":\"192.0.2.0/24\"}}");
	expect("Unban", "{\"what\":\"192.0.2.0/24\"}",
	    "{\"parameters\":{\"what\":\"192.0.2.0/24\",\"kept\":true}}");
	expect("Unban", "{\"what\":\"192.0.2.0/24\"}",
	    ERROR("NotBanned", "192.0.2.0/24 is not banned"));
}
END_TEST

START_TEST(mistakes)
{
	expect("Ban", "{\"what\":\"bob\"}",
	    ERROR("InvalidTarget", "\\\"bob\\\" is neither a name (nick@group), a key, an address nor "
				   "a network (192.0.2.0/24)"));
	expect("Ban", "{\"what\":\"192.0.2.1:5\"}",
	    ERROR("InvalidTarget", "a port is not banned, its address is: 192.0.2.1"));
	expect("Ban", "{\"what\":\"a@b\",\"seconds\":0}", INVALID("seconds"));
	expect("Ban", "{\"what\":\"a@b\",\"seconds\":316224001}", INVALID("seconds"));
	expect("Ban", "{\"what\":\"a@b\",\"reason\":\"a\\nb\"}", INVALID("reason"));
	expect("Ban", "{}", INVALID("what"));
	expect("Kick", "{\"what\":5}", INVALID("what"));
	expect("Drain", "{}", INVALID("on"));
	ck_assert_uint_eq(super_bans(d.world->super)->count, 0);
}
END_TEST

START_TEST(there_is_a_limit)
{
	struct ban ban = {.whom = {.kind = WHOM_NAME}};

	for (int i = 0; i < BANS_MAX; i++) {
		snprintf(ban.whom.name, sizeof ban.whom.name, "bob%04d@sales", i);
		ck_assert_int_eq(super_ban(d.world->super, &ban), BANS_PUT);
	}
	say("Ban", "{\"what\":\"192.0.2.1\"}");
	ck_assert_ptr_nonnull(strstr(hear(), "\"error\":\"" CTL_SUPER ".Limit\""));
	/* one page of them, and it is not the last */
	say("Bans", "{}");
	do {
		hear();
		turn();
	} while (strstr(said, "\"complete\"") == NULL);
	ck_assert_ptr_nonnull(strstr(said, "bob0999@sales\"}],\"complete\":false}}"));
}
END_TEST

START_TEST(kick_and_drain)
{
	struct super_status status;

	world_register(d.world, "192.0.2.1:5", 0, "alice");
	expect("Kick", "{\"what\":\"192.0.2.1:5\"}",
	    "{\"parameters\":{\"what\":\"192.0.2.1:5\",\"ended\":1}}");
	expect("Kick", "{\"what\":\"alice@sales\"}",
	    "{\"parameters\":{\"what\":\"alice@sales\",\"ended\":0}}");
	expect("Drain", "{\"on\":true}", "{\"parameters\":{\"draining\":true}}");
	super_status(d.world->super, &status);
	ck_assert(status.draining);
	expect("Drain", "{\"on\":false}", "{\"parameters\":{\"draining\":false}}");
	super_status(d.world->super, &status);
	ck_assert(!status.draining);
}
END_TEST

/* Of seeds that need no proof, which is the shortest way in. */
static void fill(unsigned count)
{
	char from[32], nick[16];
	const char *error;

	d.world->settings.legacy = LEGACY_OPEN;
	ck_assert(super_reconfigure(d.world->super, &d.world->settings, &error));
	for (unsigned i = 0; i < count; i++) {
		snprintf(from, sizeof from, "10.0.%u.%u:5", i / 250, i % 250 + 1);
		snprintf(nick, sizeof nick, "peer%u", i);
		world_clear(d.world);
		world_seed(d.world, from, 0, 1, nick, NULL);
	}
}

/* The answer waits for the last slice, and packets do not wait for it. */
START_TEST(a_large_registry)
{
	struct super_status status;
	unsigned ticks = 0;

	fill(3000);
	say("Kick", "{\"what\":\"10.0.0.0/8\"}");
	ck_assert_str_eq(hear(), "");
	ck_assert_int_eq(expulsions_deadline(&d.expulsions), 0);
	super_status(d.world->super, &status);
	ck_assert_uint_gt(status.registrations.fresh, 0);
	ck_assert_uint_lt(status.registrations.fresh, 3000);
	for (; expulsions_deadline(&d.expulsions) == 0; ticks++)
		expulsions_tick(&d.expulsions, d.world->super);
	turn();
	ck_assert_uint_eq(ticks, 1);
	ck_assert_str_eq(hear(), "{\"parameters\":{\"what\":\"10.0.0.0/8\",\"ended\":3000}}");
	ck_assert_int_eq(expulsions_deadline(&d.expulsions), DEADLINE_NEVER);
}
END_TEST

START_TEST(whoever_wanted_it_is_gone)
{
	struct super_status status;

	fill(3000);
	say("Kick", "{\"what\":\"10.0.0.0/8\"}");
	close(client);
	turn();
	expulsions_tick(&d.expulsions, d.world->super);
	super_status(d.world->super, &status);
	ck_assert_uint_eq(status.registrations.fresh, 0);
	ck_assert_int_eq(expulsions_deadline(&d.expulsions), DEADLINE_NEVER);
	client = dup(0);
}
END_TEST

/* Places that are empty take time to look at, too. */
START_TEST(a_registry_that_was_large)
{
	unsigned ticks = 0;

	fill(3000);
	say("Kick", "{\"what\":\"10.0.0.0/8\"}");
	expulsions_tick(&d.expulsions, d.world->super);
	turn();
	hear();
	ck_assert_int_eq(expulsions_deadline(&d.expulsions), DEADLINE_NEVER);
	say("Kick", "{\"what\":\"10.0.0.0/8\"}");
	for (; expulsions_deadline(&d.expulsions) == 0; ticks++)
		expulsions_tick(&d.expulsions, d.world->super);
	turn();
	ck_assert_uint_eq(ticks, 1);
	ck_assert_str_eq(hear(), "{\"parameters\":{\"what\":\"10.0.0.0/8\",\"ended\":0}}");
}
END_TEST

START_TEST(a_list_of_one_that_was_large)
{
	struct whom all;
	uint32_t cursor = 0, ended = 0;

	fill(5000);
	ck_assert_ptr_null(whom_parse(&all, "10.0.0.0/8"));
	ck_assert(super_expel(d.world->super, &all, SUPER_KICKED, 6000, &cursor, &ended));
	ck_assert_uint_eq(ended, 5000);
	expect("List", "{}", "{\"parameters\":{\"registrations\":[],\"complete\":false}}");
	expect("Names", "{}", "{\"parameters\":{\"names\":[],\"complete\":false}}");
	/* in pages it comes to the end */
	static const char more[] = "{\"method\":\"" CTL_SUPER ".List\",\"more\":true}";

	ck_assert_int_eq(send(client, more, sizeof more, 0), (int)sizeof more);
	turn();
	ssize_t n = recv(client, said, sizeof said, MSG_DONTWAIT);

	ck_assert_int_gt(n, 0);
	said[n - 1] = '\0';
	ck_assert_str_eq(said + strlen(said) + 1,
	    "{\"parameters\":{\"registrations\":[],\"complete\":true}}");
}
END_TEST

START_TEST(a_ban_that_cannot_be_carried_out_is_none)
{
	struct expulsion *expulsions[EXPULSIONS_MAX];

	world_register(d.world, "192.0.2.1:5", 0, "alice");
	for (size_t i = 0; i < EXPULSIONS_MAX; i++)
		ck_assert_ptr_nonnull(expulsions[i] = expulsions_reserve(&d.expulsions));
	ck_assert_ptr_null(expulsions_reserve(&d.expulsions));
	say("Ban", "{\"what\":\"192.0.2.1\"}");
	ck_assert_ptr_nonnull(strstr(hear(), "\"error\":\"" CTL_SUPER ".Limit\""));
	ck_assert_uint_eq(super_bans(d.world->super)->count, 0);
	expulsions_release(&d.expulsions, expulsions[0]);
	say("Ban", "{\"what\":\"192.0.2.1\"}");
	ck_assert_ptr_nonnull(strstr(hear(), "\"ended\":1"));
	ck_assert_ptr_nonnull(expulsions[0] = expulsions_reserve(&d.expulsions));
	for (size_t i = 0; i < EXPULSIONS_MAX; i++)
		expulsions_release(&d.expulsions, expulsions[i]);
	ck_assert_int_eq(expulsions_deadline(&d.expulsions), DEADLINE_NEVER);
}
END_TEST

/* ---- the file ---- */

static void restart(void)
{
	super_free(d.world->super);
	world_start(d.world);
	*logged = '\0';
	banfile_load(d.state, d.world->super, loop_wall());
}

static void write_file(const char *text)
{
	char file[128];
	FILE *stream;

	snprintf(file, sizeof file, "%s/bans", dir);
	stream = fopen(file, "w");
	fputs(text, stream);
	fclose(stream);
}

static const char *read_file(const char *name)
{
	static char text[4096];
	char file[128];
	FILE *stream;
	size_t n;

	snprintf(file, sizeof file, "%s/%s", dir, name);
	stream = fopen(file, "r");
	if (stream == NULL)
		return NULL;
	n = fread(text, 1, sizeof text - 1, stream);
	text[n] = '\0';
	fclose(stream);
	return text;
}

START_TEST(bans_outlive_a_restart)
{
	struct endpoint from = at("192.0.2.7:5");
	struct stat st;
	char file[128];

	say("Ban", "{\"what\":\"192.0.2.0/24\",\"seconds\":600,\"reason\":\"\xc3\xa9\"}");
	say("Ban", "{\"what\":\"bob@sales\"}");
	say("Ban", "{\"what\":\"198.51.100.0/24\"}");
	say("Unban", "{\"what\":\"198.51.100.0/24\"}");
	restart();
	ck_assert_uint_eq(super_bans(d.world->super)->count, 2);
	ck_assert(bans_cover(super_bans(d.world->super), &from));
	ck_assert_str_eq(bans_at(super_bans(d.world->super), 1)->reason, "\xc3\xa9");
	ck_assert_str_eq(logged, "2 bans are in force\n");
	snprintf(file, sizeof file, "%s/bans", dir);
	ck_assert_int_eq(stat(file, &st), 0);
	ck_assert_int_eq(st.st_mode & 0777, 0600);
}
END_TEST

START_TEST(those_that_are_over_stay_away)
{
	write_file("ipmsg-superd bans 1\n# by hand\n\n1700000000\t192.0.2.0/24\told\n-\teve@lab\t\n");
	restart();
	ck_assert_uint_eq(super_bans(d.world->super)->count, 1);
	ck_assert_ptr_null(read_file("bans.damaged"));
}
END_TEST

START_TEST(lines_that_say_nothing)
{
	const char *text = "ipmsg-superd bans 1\n-\tnobody\t\n-\tbob@sales\tgood\n-\t192.0.2.0/99\n";

	write_file(text);
	restart();
	ck_assert_uint_eq(super_bans(d.world->super)->count, 1);
	ck_assert_ptr_nonnull(strstr(logged, "/bans:2: the line is neither a name"));
	ck_assert_ptr_nonnull(strstr(logged, "/bans:4: the line is no network"));
	ck_assert_ptr_null(strstr(logged, "bans:3"));
	ck_assert_str_eq(read_file("bans.damaged"), text);
	ck_assert_str_eq(read_file("bans"), "ipmsg-superd bans 1\n-\tbob@sales\tgood\n");
}
END_TEST

static const struct {
	const char *text, *aside, *why;
} foreign[] = {
    {"", "bans.damaged", "is no list of bans"},
    {"nonsense\n-\tbob@sales\t\n", "bans.damaged", "is no list of bans"},
    {"ipmsg-superd bans 2\n-\tbob@sales\t\n", "bans.newer", "newer version"},
};

START_TEST(foreign_files)
{
	write_file(foreign[_i].text);
	restart();
	ck_assert_uint_eq(super_bans(d.world->super)->count, 0);
	ck_assert_msg(strstr(logged, foreign[_i].why) != NULL, "%s", logged);
	ck_assert_str_eq(read_file(foreign[_i].aside), foreign[_i].text);
	ck_assert_ptr_null(read_file("bans"));
}
END_TEST

START_TEST(without_a_directory)
{
	struct state *state = d.state;

	d.state = NULL;
	expect("Ban", "{\"what\":\"bob@sales\"}",
	    "{\"parameters\":{\"what\":\"bob@sales\",\"kept\":false,\"ended\":0}}");
	restart();
	ck_assert_uint_eq(super_bans(d.world->super)->count, 0);
	d.state = state;
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("superd_admin");
	TCase *tcase = tcase_create("superd_admin");

	if (sodium_init() < 0)
		return EXIT_FAILURE;
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, a_ban_and_its_end);
	tcase_add_test(tcase, mistakes);
	tcase_add_test(tcase, there_is_a_limit);
	tcase_add_test(tcase, kick_and_drain);
	tcase_add_test(tcase, a_large_registry);
	tcase_add_test(tcase, whoever_wanted_it_is_gone);
	tcase_add_test(tcase, a_registry_that_was_large);
	tcase_add_test(tcase, a_list_of_one_that_was_large);
	tcase_add_test(tcase, a_ban_that_cannot_be_carried_out_is_none);
	tcase_add_test(tcase, bans_outlive_a_restart);
	tcase_add_test(tcase, those_that_are_over_stay_away);
	tcase_add_test(tcase, lines_that_say_nothing);
	tcase_add_loop_test(tcase, foreign_files, 0, sizeof foreign / sizeof *foreign);
	tcase_add_test(tcase, without_a_directory);
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
