/*
 * ipmsgctl from the outside: output, complaints and exit status of the commands
 * for the supernode and for all, to the letter, against a daemon that says what
 * a test tells it.
 */
#include "config.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check_ipmsgctl_fixture.h"
#include "unit.h"

#define HOST "\"host\":\"pc\",\"local\":\"10.0.0.2:2425\""

#define STATUS                                                                                     \
	"{\"version\":\"0.9.1\",\"pid\":4711,\"uptime_ms\":183845000,"                             \
	"\"listen\":[\"0.0.0.0:2425\",\"[::]:2425\"],\"registrations\":{\"fresh\":12,"             \
	"\"stale\":1,\"legacy\":3,\"capacity\":100000},\"unproven\":4,\"introductions\":2,"        \
	"\"datagrams\":{\"received\":90,\"too_long\":1,\"kernel_dropped\":2,\"sent\":80,"         \
	"\"unsent\":3},"                                                                           \
	"\"counters\":{\"entries\":1234567,\"orders\\u001B[2J\":8}}"
#define ALICE                                                                                      \
	"{\"user\":\"alice\"," HOST ",\"nick\":\"アリス\",\"group\":\"営業\",\"endpoint\":"        \
	"\"198.51.100.7:40001\",\"kind\":\"extended\",\"state\":\"fresh\",\"age_ms\":4200,"        \
	"\"lifetime_ms\":85000}"
#define BOB                                                                                        \
	"{\"user\":\"bob\"," HOST ",\"nick\":\"Bob\",\"group\":\"\",\"endpoint\":"                 \
	"\"[2001:db8::1]:2425\",\"kind\":\"seed\",\"state\":\"stale\",\"age_ms\":185000,"          \
	"\"lifetime_ms\":0}"
#define EVE                                                                                        \
	"{\"user\":\"\"," HOST ",\"nick\":\"e\\u001b[31mv\u202ee\\u009b\",\"group\":\"\","         \
	"\"endpoint\":\"192.0.2.1:1\",\"kind\":\"seed\",\"state\":\"fresh\",\"age_ms\":7500000,"   \
	"\"lifetime_ms\":0}"
/* The same as JSON that is safe to look at. */
#define SAFE_EVE                                                                                   \
	"{\"user\":\"\"," HOST ",\"nick\":\"e\\u001B[31mv\\u202Ee\\u009B\",\"group\":\"\","        \
	"\"endpoint\":\"192.0.2.1:1\",\"kind\":\"seed\",\"state\":\"fresh\",\"age_ms\":7500000,"   \
	"\"lifetime_ms\":0}"
#define PAGE(items, complete, more)                                                                \
	"{\"parameters\":{\"registrations\":[" items "],\"complete\":" complete "}" more "}"
#define INFO(version)                                                                              \
	"{\"parameters\":{\"vendor\":\"ipmsgd\",\"product\":\"ipmsg-superd\",\"version\":\""     \
	version "\",\"url\":\"\",\"interfaces\":[]}}"

#define SUPER_COMMANDS                                                                             \
	"status, list, watch, names, forget, kick, ban, unban, bans, drain on, drain off, reload, "  \
	"loglevel"

static const struct cli_script good[] = {
    {"net.ipmsg.super.Status", CLI_SAYS("{\"parameters\":" STATUS "}")},
    {"net.ipmsg.super.List",
	CLI_SAYS(PAGE(ALICE "," BOB, "false", ",\"continues\":true") "\0" PAGE(EVE, "true", ""))},
    {"net.ipmsg.daemon.Reload", CLI_SAYS("{\"parameters\":{}}")},
    {"net.ipmsg.daemon.GetLogLevel", CLI_SAYS("{\"parameters\":{\"level\":\"info\"}}")},
    {"\"level\":\"debug\"", CLI_SAYS("{\"parameters\":{\"level\":\"debug\"}}")},
    {"net.ipmsg.daemon.SetLogLevel",
	CLI_SAYS("{\"error\":\"net.ipmsg.daemon.UnknownLevel\",\"parameters\":{\"known\":"
		 "[\"error\",\"warn\",\"info\",\"debug\"]}}")},
    {"GetInfo", CLI_SAYS(INFO(PACKAGE_VERSION))},
    {NULL},
};

#define TABLE                                                                                      \
	"NICK@GROUP               USER   HOST  ENDPOINT            KIND    STATE  AGE\n"           \
	"アリス@営業              alice  pc    198.51.100.7:40001  ours    fresh  4s\n"            \
	"Bob                      bob    pc    [2001:db8::1]:2425  legacy  stale  3m05s\n"         \
	"e\\x1b[31mv\\u{202e}e\\x9b  -      pc    192.0.2.1:1         legacy  fresh  2h05m\n"

START_TEST(test_commands)
{
	cli_start(good);
	setenv("IPMSG_SOCKET", cli.path, 1);
	cli_expect("super status", 0,
	    "supernode      ipmsg-superd 0.9.1, process 4711, up 2d03h\n"
	    "listening on   0.0.0.0:2425\n"
	    "               [::]:2425\n"
	    "registrations  12 fresh, 1 stale (3 of them legacy), room for 100000\n"
	    "unproven       4\n"
	    "introductions  2 under way\n"
	    "datagrams      90 received, 80 sent\n"
	    "               2 dropped by the kernel, 1 too long, 3 not sent\n"
	    "counters\n"
	    "  entries                        1234567\n"
	    "  orders\\x1b[2J                  8\n",
	    "");
	cli_expect("super status --json", 0, STATUS "\n", "");
	cli_expect("super list", 0, TABLE, "");
	cli_expect("--json super list", 0,
	    "{\"registrations\":[" ALICE "," BOB "," SAFE_EVE "]}\n", "");
	cli_expect("super reload", 0, "", "");
	cli_expect("super --json reload", 2, "",
	    "ipmsgctl: \"super\" needs one of: " SUPER_COMMANDS "\n");
	cli_expect("super reload --json", 0, "{}\n", "");
	cli_expect("super loglevel", 0, "info\n", "");
	cli_expect("super loglevel --json", 0, "{\"level\":\"info\"}\n", "");
	cli_expect("super loglevel debug", 0, "debug\n", "");
	cli_expect("super loglevel loud", 1, "",
	    "ipmsgctl: there is no such level; there are error, warn, info, debug\n");
	cli_expect("super loglevel loud --json", 1,
	    "{\"error\":\"net.ipmsg.daemon.UnknownLevel\",\"parameters\":{\"known\":[\"error\","
	    "\"warn\",\"info\",\"debug\"]}}\n",
	    "ipmsgctl: there is no such level; there are error, warn, info, debug\n");
	cli_expect("version", 0,
	    "ipmsgctl " PACKAGE_VERSION "\nipmsg-superd " PACKAGE_VERSION " (SOCKET)\n", "");
	cli_expect("version --json", 0,
	    "{\"version\":\"" PACKAGE_VERSION "\",\"daemons\":[{\"product\":\"ipmsg-superd\","
	    "\"version\":\"" PACKAGE_VERSION "\",\"socket\":\"SOCKET\"}]}\n",
	    "");
	/* Widths do not depend on the user's locale. */
	setenv("LC_ALL", "C", 1);
	cli_expect("super list", 0, TABLE, "");
}
END_TEST

/* ---- watch ---- */

#define EVENT(type, what)                                                                          \
	"{\"event\":{\"type\":\"" type "\",\"time\":\"2026-11-22T15:30:00.250Z\"" what "}}"
#define NAMED(nick, group)                                                                         \
	"{\"user\":\"u\",\"host\":\"pc\",\"nick\":\"" nick "\",\"group\":\"" group "\"}"
#define WHO(kind)                                                                                  \
	",\"peer\":" NAMED("e\\u001B[31mve", "sales") ",\"endpoint\":\"192.0.2.1:9\",\"kind\":\""      \
	kind "\""
#define FROM ",\"from\":\"192.0.2.2:8\""
#define ASKER ",\"asker\":" NAMED("al", "")
#define W1 EVENT("watching", "")
#define W2 EVENT("entered", WHO("extended"))
#define W3 EVENT("moved", WHO("seed") FROM)
#define W4 EVENT("left", WHO("seed") ",\"reason\":\"exit\"")
#define W5 EVENT("introduced", WHO("extended") FROM ASKER ",\"name\":\"e@\\u001B\",\"stale\":true")
#define W6 EVENT("declined", FROM ",\"name\":\"x\",\"reason\":\"unknown\"")
#define W7 EVENT("refused", FROM ",\"reason\":\"forged\"")
#define W8 EVENT("refused", ",\"peer\":" NAMED("al", "") FROM ",\"reason\":\"full\"")
#define W9 EVENT("suppressed", ",\"count\":812")
#define W10 EVENT("n\\u001Bew", "")
#define W11 EVENT("suppressed", ",\"count\":812,\"strangers\":790")
#define SLOW                                                                                       \
	"{\"error\":\"net.ipmsg.super.TooSlow\",\"parameters\":{\"explanation\":\"events were lost\"}}"
#define GOES_ON(event) "{\"parameters\":" event ",\"continues\":true}\0"

static const struct cli_script watching[] = {
    {"net.ipmsg.super.Watch",
	CLI_SAYS(GOES_ON(W1) GOES_ON(W2) GOES_ON(W3) GOES_ON(W4) GOES_ON(W5) GOES_ON(W6)
		GOES_ON(W7) GOES_ON(W8) GOES_ON(W9) GOES_ON(W10) GOES_ON(W11) SLOW)},
    {NULL},
};

START_TEST(test_watch)
{
	cli_start(watching);
	setenv("IPMSG_SOCKET", cli.path, 1);
	cli_expect("super watch", 1,
	    "2026-11-23 00:30:00  watching\n"
	    "2026-11-23 00:30:00  entered     e\\x1b[31mve@sales at 192.0.2.1:9\n"
	    "2026-11-23 00:30:00  moved       e\\x1b[31mve@sales at 192.0.2.1:9, was at 192.0.2.2:8, "
	    "legacy\n"
	    "2026-11-23 00:30:00  left        e\\x1b[31mve@sales at 192.0.2.1:9, legacy (exit)\n"
	    "2026-11-23 00:30:00  introduced  al at 192.0.2.2:8 asked for e@\\x1b: "
	    "e\\x1b[31mve@sales at 192.0.2.1:9, stale\n"
	    "2026-11-23 00:30:00  declined    192.0.2.2:8 asked for x (unknown)\n"
	    "2026-11-23 00:30:00  refused     a packet of 192.0.2.2:8 (forged)\n"
	    "2026-11-23 00:30:00  refused     a packet of al at 192.0.2.2:8 (full)\n"
	    "2026-11-23 00:30:00  suppressed  812 more events in the last second\n"
	    "2026-11-23 00:30:00  n\\x1bew\n"
	    "2026-11-23 00:30:00  suppressed  812 more events in the last second, 790 of them "
	    "declined or refused\n",
	    "ipmsgctl: events were lost\n");
	cli_expect("super watch --json", 1,
	    W1 "\n" W2 "\n" W3 "\n" W4 "\n" W5 "\n" W6 "\n" W7 "\n" W8 "\n" W9 "\n" W10
	    "\n" W11 "\n" SLOW "\n",
	    "ipmsgctl: events were lost\n");
}
END_TEST

START_TEST(test_socket_choice)
{
	char line[128];

	cli_start(good);
	snprintf(line, sizeof line, "-s %s super loglevel", cli.path);
	setenv("IPMSG_SOCKET", "/nonexistent/socket", 1);
	cli_expect(line, 0, "info\n", "");
	snprintf(line, sizeof line, "super loglevel --socket=%s", cli.path);
	cli_expect(line, 0, "info\n", "");
	cli_expect("super loglevel", 3, "",
	    "ipmsgctl: no answer from ipmsg-superd at /nonexistent/socket: there is no such "
	    "socket; is it running?\n");
	cli_expect("version", 3, "",
	    "ipmsgctl: no answer from a daemon at /nonexistent/socket: there is no such socket; "
	    "is it running?\n");
}
END_TEST

static const struct cli_script empty[] = {
    {"List", CLI_SAYS(PAGE("", "true", ""))},
    {"GetInfo", CLI_SAYS(INFO("9.9.9"))},
    {NULL},
};

START_TEST(test_empty_and_other_version)
{
	cli_start(empty);
	setenv("IPMSG_SOCKET", cli.path, 1);
	cli_expect("super list", 0, "nobody is registered\n", "");
	cli_expect("super list --json", 0, "{\"registrations\":[]}\n", "");
	cli_expect("version", 0, "ipmsgctl " PACKAGE_VERSION "\nipmsg-superd 9.9.9 (SOCKET)\n",
	    "ipmsgctl: warning: ipmsg-superd at SOCKET is of version 9.9.9, this "
	    "is " PACKAGE_VERSION "\n");
}
END_TEST

#define INVALID                                                                                    \
	"{\"error\":\"net.ipmsg.daemon.ConfigurationInvalid\",\"parameters\":{\"messages\":["      \
	"\"ipmsg.conf:3: no such option \\\"lisen\\\"\",\"ipmsg.conf:9: \\u001B[2J\"]}}"

static const struct cli_script refusing[] = {
    {"Reload", CLI_SAYS(INVALID)},
    {"Status", CLI_SAYS("{\"error\":\"org.varlink.service.InterfaceNotFound\",\"parameters\":{"
		    "\"interface\":\"net.ipmsg.super\"}}")},
    {"List", CLI_SAYS("{\"error\":\"net.ipmsg.super.Odd\",\"parameters\":{\"a\":1}}")},
    {NULL},
};

START_TEST(test_errors)
{
	static const char words[] =
	    "ipmsgctl: the configuration is not valid; ipmsg-superd keeps the one it has\n"
	    "ipmsgctl: ipmsg.conf:3: no such option \"lisen\"\n"
	    "ipmsgctl: ipmsg.conf:9: \\x1b[2J\n";

	cli_start(refusing);
	setenv("IPMSG_SOCKET", cli.path, 1);
	cli_expect("super reload", 1, "", words);
	cli_expect("super reload --json", 1, INVALID "\n", words);
	cli_expect("super status", 1, "",
	    "ipmsgctl: what answers does not know this command "
	    "(org.varlink.service.InterfaceNotFound): not ipmsg-superd, or of another version "
	    "(see ipmsgctl version)\n");
	cli_expect("super list", 1, "",
	    "ipmsgctl: ipmsg-superd refused: net.ipmsg.super.Odd {\"a\":1}\n");
	cli_expect("super list --json", 1,
	    "{\"error\":\"net.ipmsg.super.Odd\",\"parameters\":{\"a\":1}}\n",
	    "ipmsgctl: ipmsg-superd refused: net.ipmsg.super.Odd {\"a\":1}\n");
}
END_TEST

static const struct cli_script breaking[] = {
    {"Status", CLI_SAYS("{\"parameters\":[]}")},
    {"Reload", "", 0, true},
    {"List", CLI_SAYS(PAGE(BOB, "false", ",\"continues\":true")), true},
    {"GetLogLevel", "", 0},
    {NULL},
};

START_TEST(test_broken_daemon)
{
	static const char closed[] =
	    "ipmsgctl: no answer from ipmsg-superd at SOCKET: it closed the connection\n";

	cli_start(breaking);
	setenv("IPMSG_SOCKET", cli.path, 1);
	cli_expect("super status", 1, "", "ipmsgctl: what answers at SOCKET is not ipmsg-superd\n");
	cli_expect("super reload", 3, "", closed);
	/* What came before the end is still a table, and one JSON document. */
	cli_expect("super list", 3,
	    "NICK@GROUP  USER  HOST  ENDPOINT            KIND    STATE  AGE\n"
	    "Bob         bob   pc    [2001:db8::1]:2425  legacy  stale  3m05s\n",
	    closed);
	cli_expect("super list --json", 3,
	    "{\"registrations\":[" BOB "],\"error\":\"net.ipmsg.ctl.Unreachable\",\"parameters\":{"
	    "\"socket\":\"SOCKET\",\"reason\":\"it closed the connection\"}}\n",
	    closed);
	cli_expect("super loglevel --timeout 0.05", 3, "",
	    "ipmsgctl: no answer from ipmsg-superd at SOCKET: it was silent for 0.05 s\n");
}
END_TEST

START_TEST(test_nobody_there)
{
	setenv("IPMSG_SOCKET", cli.path, 1);
	cli_expect("super list", 3, "",
	    "ipmsgctl: no answer from ipmsg-superd at SOCKET: there is no such socket; is it "
	    "running?\n");
	cli_start(NULL);
	cli_expect("super list --timeout=0.05 --json", 3,
	    "{\"error\":\"net.ipmsg.ctl.Unreachable\",\"parameters\":{\"socket\":\"SOCKET\","
	    "\"reason\":\"it was silent for 0.05 s\"}}\n",
	    "ipmsgctl: no answer from ipmsg-superd at SOCKET: it was silent for 0.05 s\n");
	cli_expect("version --timeout=0.05", 3, "",
	    "ipmsgctl: no answer from a daemon at SOCKET: it was silent for 0.05 s\n");
	cli_stop();
	cli_expect("super list", 3, "",
	    "ipmsgctl: no answer from ipmsg-superd at SOCKET: nobody listens there; it is not "
	    "running\n");
}
END_TEST

/* Nobody is refused by the socket, then by its directory; whose group it is gets said. */
START_TEST(test_denied)
{
	cli_start(good);
	setenv("IPMSG_SOCKET", cli.path, 1);
	cli.nobody = geteuid() == 0; /* root itself is refused nothing */
	for (mode_t mode = 0711; mode >= 0700; mode -= 011) {
		ck_assert_int_eq(chmod(cli.path, cli.nobody ? 0660 : 0), 0);
		ck_assert_int_eq(chmod(cli.dir, mode), 0);
		cli_run("super list");
		if (cli.status == 127)
			return; /* that user cannot reach the program */
		ck_assert_int_eq(cli.status, 1);
		ck_assert_ptr_nonnull(
		    strstr(cli.err, "permission denied: SOCKET is for the group "));
		ck_assert_ptr_nonnull(strstr(cli.err, "(usermod -aG "));
		ck_assert_ptr_nonnull(strstr(cli.err, ") and log in again\n"));
	}
}
END_TEST

static const struct {
	const char *line;
	const char *complaint;
} misused[] = {
    {"", "what to do? See ipmsgctl help"},
    {"frob", "there is no command \"frob\"; see ipmsgctl help"},
    {"fr\033ob", "there is no command \"fr\\x1bob\"; see ipmsgctl help"},
    {"super", "\"super\" needs one of: " SUPER_COMMANDS},
    {"super frob", "\"super\" needs one of: " SUPER_COMMANDS},
    {"super --json list", "\"super\" needs one of: " SUPER_COMMANDS},
    {"super --help frob", "\"super\" needs one of: " SUPER_COMMANDS},
    {"super --frob", "there is no option like --frob; see ipmsgctl --help"},
    {"super list all", "super list: too many arguments; see ipmsgctl help super list"},
    {"super loglevel a b", "super loglevel: too many arguments; see ipmsgctl help super loglevel"},
    {"--frob super list", "there is no option like --frob; see ipmsgctl --help"},
    {"super list -x", "super list: there is no option like -x; see ipmsgctl help super list"},
    {"super list -s", "-s needs a value; see ipmsgctl --help"},
    {"super list --timeout 0",
	"--timeout: \"0\" is not a number of seconds from 0.001 to 86400"},
    {"super list --timeout 5s",
	"--timeout: \"5s\" is not a number of seconds from 0.001 to 86400"},
    {"super list --timeout nan",
	"--timeout: \"nan\" is not a number of seconds from 0.001 to 86400"},
    {"help frob", "there is no command \"frob\"; see ipmsgctl help"},
    {"super loglevel caf\xe9", "the level is not valid UTF-8"},
};

START_TEST(test_misused)
{
	char complaint[256];

	snprintf(complaint, sizeof complaint, "ipmsgctl: %s\n", misused[_i].complaint);
	cli_expect(misused[_i].line, 2, "", complaint);
}
END_TEST

START_TEST(test_help)
{
	static const char list[] = "usage: ipmsgctl [OPTION]... super list\n"
				   "       who is registered with the supernode\n";
	static const char group[] =
	    "usage: ipmsgctl [OPTION]... super status\n"
	    "         what the supernode is and does\n"
	    "       ipmsgctl [OPTION]... super list\n"
	    "         who is registered with the supernode\n"
	    "       ipmsgctl [OPTION]... super watch\n"
	    "         show what happens at the supernode, until Ctrl-C\n"
	    "       ipmsgctl [OPTION]... super names\n"
	    "         whose names are whose, by key\n"
	    "       ipmsgctl [OPTION]... super forget NAME\n"
	    "         take a name from its key\n"
	    "       ipmsgctl [OPTION]... super kick WHAT\n"
	    "         end registrations: of a name, key:KEY, address, network\n"
	    "       ipmsgctl [OPTION]... super ban WHAT\n"
	    "         end registrations as kick does, and refuse new ones\n"
	    "       ipmsgctl [OPTION]... super unban WHAT\n"
	    "         lift a ban, named as super bans shows it\n"
	    "       ipmsgctl [OPTION]... super bans\n"
	    "         who is banned, until when and why\n"
	    "       ipmsgctl [OPTION]... super drain on\n"
	    "         let nobody new in; who is registered stays\n"
	    "       ipmsgctl [OPTION]... super drain off\n"
	    "         let new peers in again\n"
	    "       ipmsgctl [OPTION]... super reload\n"
	    "         have the supernode read its configuration again\n"
	    "       ipmsgctl [OPTION]... super loglevel [LEVEL]\n"
	    "         show the supernode's log level, or set it\n";
	char *whole;

	cli_expect("help super list", 0, list, "");
	cli_expect("super list --help", 0, list, "");
	cli_expect("-h super list", 0, list, "");
	cli_expect("super --help", 0, group, "");
	cli_expect("super -h --json", 0, group, "");
	cli_expect("--help super", 0, group, "");
	cli_expect("help super", 0, group, "");
	cli_expect("--version", 0, "ipmsgctl " PACKAGE_VERSION "\n", "");
	cli_run("help");
	whole = strdup(cli.out);
	ck_assert_ptr_nonnull(strstr(whole, "\n  super loglevel [LEVEL]      show the"));
	ck_assert_ptr_nonnull(strstr(whole, "\n      --timeout SECONDS  wait"));
	cli_expect("--help", 0, whole, "");
	free(whole);
}
END_TEST

/* 2500 registrations in pages of 500: each as it comes, and nothing lost. */
START_TEST(test_long_list)
{
	static char bytes[1500 * 1000];
	size_t used = 0, lines = 0;

	for (int page = 0; page < 5; page++) {
		used += (size_t)sprintf(bytes + used, "{\"parameters\":{\"registrations\":[");
		for (int i = 0; i < 500; i++)
			used += (size_t)sprintf(bytes + used, "%s%s", i > 0 ? "," : "", BOB);
		used += (size_t)sprintf(bytes + used, "],\"complete\":%s},\"continues\":%s}",
		    page == 4 ? "true" : "false", page == 4 ? "false" : "true");
		bytes[used++] = '\0';
	}
	const struct cli_script script[] = {{"List", bytes, used}, {NULL}};

	cli_start(script);
	setenv("IPMSG_SOCKET", cli.path, 1);
	cli_run("super list --json");
	ck_assert_int_eq(cli.status, 0);
	json_t *document = json_loads(cli.out, JSON_REJECT_DUPLICATES, NULL);

	ck_assert_ptr_nonnull(document);
	ck_assert_uint_eq(json_array_size(json_object_get(document, "registrations")), 2500);
	json_decref(document);
	cli_run("super list");
	for (const char *p = cli.out; (p = strchr(p, '\n')) != NULL; p++)
		lines++;
	ck_assert_uint_eq(lines, 2501);
}
END_TEST

START_TEST(test_full_disk)
{
	char line[1024], program[512];
	const char *top = getenv("top_builddir");

	if (access("/dev/full", W_OK) != 0)
		return;
	snprintf(program, sizeof program, "%s/src/ipmsgctl/ipmsgctl", top != NULL ? top : ".");
	snprintf(line, sizeof line, "%s help >/dev/full 2>/dev/null", program);
	ck_assert_int_eq(WEXITSTATUS(system(line)), 1);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("ipmsgctl");
	TCase *tests = tcase_create("ipmsgctl");

	tcase_add_checked_fixture(tests, cli_set_up, cli_tear_down);
	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, test_commands);
	tcase_add_test(tests, test_watch);
	tcase_add_test(tests, test_socket_choice);
	tcase_add_test(tests, test_empty_and_other_version);
	tcase_add_test(tests, test_errors);
	tcase_add_test(tests, test_broken_daemon);
	tcase_add_test(tests, test_nobody_there);
	tcase_add_test(tests, test_denied);
	tcase_add_loop_test(tests, test_misused, 0, (int)(sizeof misused / sizeof *misused));
	tcase_add_test(tests, test_help);
	tcase_add_test(tests, test_long_list);
	tcase_add_test(tests, test_full_disk);
	suite_add_tcase(suite, tests);
	return unit_run(suite);
}
