/*
 * ipmsgctl's mailbox: messages in their queries, read, reply, the queue, several recipients,
 * export and backup. Local time is made 14:03 by the time zone, so that now needs no hook.
 */
#include "config.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "check_ipmsgctl_fixture.h"
#include "unit.h"

#define REPLY(parameters) CLI_SAYS("{\"parameters\":" parameters "}")
#define PART(parameters) "{\"parameters\":" parameters ",\"continues\":true}\0"
#define ERROR(name, parameters)                                                                    \
	"{\"error\":\"net.ipmsg.peer." name "\",\"parameters\":" parameters "}"
#define PAGE(messages) "{\"messages\":[" messages "],\"complete\":true}"
#define MAIL(id, direction, name, text, state, more)                                               \
	"{\"id\":" id ",\"direction\":\"" direction "\",\"name\":\"" name "\",\"text\":\"" text    \
	"\",\"time\":\"2025-11-22T15:30:00Z\",\"state\":\"" state "\",\"reason\":\"" more "\"}"
#define NEW MAIL("5", "received", "alice@x", "hi", "unread", "")
#define OLD MAIL("4", "received", "alice@x", "ho", "read", "")
#define CLOSED MAIL("6", "received", "alice@x", "", "sealed", "")
#define WAITS MAIL("7", "sent", "bob@x", "a\\u001B\\nb", "waiting", "unknown-name")
#define QUERY(which, more) "Messages\",\"parameters\":{\"which\":\"" which "\"" more "}"
#define STATUS(queued) {"Status", REPLY("{\"messages\":{\"queued\":" queued "}}")}

/* ---- messages and read ---- */

static const struct cli_script box[] = {
    {QUERY("unread", ""), REPLY(PAGE(NEW "," CLOSED))},
    {QUERY("unread", ",\"with\":\"carol\""), REPLY(PAGE(""))},
    {QUERY("all", ",\"with\":\"alice\",\"search\":\"h\""), REPLY(PAGE(OLD "," NEW))},
    {QUERY("all", ",\"with\":\"alice\""), REPLY(PAGE(OLD))},
    {QUERY("all", ""), REPLY(PAGE(OLD "," WAITS))},
    {QUERY("sent", ""), REPLY(PAGE(""))},
    {QUERY("queued", ""), REPLY(PAGE(WAITS))},
    {QUERY("received", ",\"after\":4"), REPLY(PAGE(NEW))},
    {QUERY("received", ",\"after\":5"), REPLY(PAGE(CLOSED))},
    {QUERY("received", ",\"after\":6"), REPLY(PAGE(""))},
    {"Read\",\"parameters\":{\"message\":5}", REPLY("{\"message\":" NEW "}")},
    {"Read\",\"parameters\":{\"message\":6}", REPLY("{\"message\":" OLD "}")},
    {"Read", CLI_SAYS(ERROR("UnknownMessage", "{\"explanation\":\"none\"}"))},
    {"\"name\":\"alice@x\",\"text\":\"yes\",\"queue\":false}",
	CLI_SAYS(ERROR("NotDelivered", "{\"explanation\":\"not there\"}"))},
    {"\"name\":\"alice@x\",\"text\":\"yes\"}", REPLY("{\"message\":9,\"state\":\"delivered\"}")},
    {"Unqueue\",\"parameters\":{\"name\":\"bob@x\"}", REPLY("{\"removed\":3}")},
    {"\"name\":\"bob@x\"", REPLY("{\"message\":9,\"state\":\"waiting\",\"reason\":\"nat\","
	"\"explanation\":\"no \\u001b way\",\"expires\":\"2025-11-29T15:30:00Z\"}")},
    {"\"name\":\"long\"", CLI_SAYS(ERROR("TooLong", "{\"max\":9,\"explanation\":\"long\"}"))},
    {"Unqueue\",\"parameters\":{\"message\":7}", REPLY("{\"removed\":1}")},
    {"Unqueue\",\"parameters\":{\"all\":true}", REPLY("{\"removed\":0}")},
    {"Unqueue", CLI_SAYS(ERROR("UnknownMessage", "{\"explanation\":\"none\"}"))},
    {"MailboxCheck", REPLY("{\"messages\":3,\"bytes\":4096}")},
    {"MailboxBackup", CLI_SAYS(PART("{\"data\":\"bW9y\",\"complete\":false}")
	"{\"parameters\":{\"data\":\"ZQ==\",\"complete\":true}}")},
    STATUS("1"),
    {NULL},
};

static const struct {
	const char *line;
	int status;
	const char *out;
	const char *err;
} runs[] = {
    {"messages", 0,
	"5  2025-11-23 00:30  from alice@x, unread\n    hi\n"
	"6  2025-11-23 00:30  from alice@x, sealed\n  [sealed: ipmsgctl read 6]\n"
	"1 sealed: ipmsgctl read ID opens one\n"
	"1 waiting to be delivered: ipmsgctl queue shows why\n", ""},
    {"messages -w carol", 0,
	"there are no such unread messages; --all looks at all of them\n"
	"1 waiting to be delivered: ipmsgctl queue shows why\n", ""},
    {"messages --with alice -a --search h --json", 0, "{\"messages\":[" OLD "," NEW "]}\n", ""},
    {"messages --sent --json", 0, "{\"messages\":[]}\n", ""},
    {"read", 0, "5  2025-11-23 00:30  from alice@x, unread\n    hi\n"
		"4  2025-11-23 00:30  from alice@x, read\n    ho\n", ""},
    {"read 3 5 --json", 1,
	ERROR("UnknownMessage", "{\"explanation\":\"none\"}") "\n{\"message\":" NEW "}\n",
	"ipmsgctl: none\n"},
    {"reply 5 yes", 0, "delivered\n", ""},
    {"reply 5 --now yes", 1, "", "ipmsgctl: not there\n"},
    {"reply 6 yes", 1, "",
	"ipmsgctl: message 6 is sealed: read it before you answer, ipmsgctl read 6\n"},
    {"reply 7 yes --json", 1, ERROR("UnknownMessage", "{\"message\":7}") "\n",
	"ipmsgctl: reply: no message 7 was received\n"},
    {"queue", 0,
	"ID  TO     SINCE             EXPIRES  WHY                      TEXT\n"
	"7   bob@x  2025-11-23 00:30  -        nobody is called so now  a\\x1b …\n", ""},
    {"queue --json", 0, "{\"messages\":[" WAITS "]}\n", ""},
    {"queue rm 7 7", 0, "removed 2\n", ""},
    {"queue rm 8 7 --json", 1,
	ERROR("UnknownMessage", "{\"explanation\":\"none\"}") "\n{\"removed\":1}\n",
	"ipmsgctl: none\n"},
    {"queue rm --to bob@x", 0, "removed 3\n", ""},
    {"queue rm --all", 0, "removed 0\n", ""},
    {"send bob@x hi", 0, "queued: no \\x1b way; until 2025-11-30 00:30\n", ""},
    {"send --to bob@x --to bob@x hi", 0, "queued: no \\x1b way; until 2025-11-30 00:30\n", ""},
    {"export", 0, OLD "\n" WAITS "\n", ""},
    {"export --with alice --json", 0, OLD "\n", ""},
    {"mailbox check", 0, "the mailbox is whole: 3 messages, 4.1 kB\n", ""},
    {"mailbox check --json", 0, "{\"messages\":3,\"bytes\":4096}\n", ""},
    {"mailbox backup -", 0, "more", ""},
    {"mailbox backup /dev/null/x", 1, "", "ipmsgctl: /dev/null/x: Not a directory\n"},
    {"mailbox backup /", 1, "", "ipmsgctl: /: there is such a file; --force replaces it\n"},
    {"messages --all --sent", 2, "", "ipmsgctl: --all and --sent exclude each other\n"},
    {"queue rm", 2, "", "ipmsgctl: queue rm: which? Give IDs, --to NAME or --all\n"},
    {"queue rm 1 --all", 2, "", "ipmsgctl: queue rm: IDs, --to and --all exclude each other\n"},
    {"reply x", 2, "", "ipmsgctl: reply: \"x\" is not the number of a message; ipmsgctl messages "
		       "--all shows the number of each\n"},
};

START_TEST(test_runs)
{
	cli_start(box);
	setenv("IPMSG_SOCKET", cli.path, 1);
	cli_expect(runs[_i].line, runs[_i].status, runs[_i].out, runs[_i].err);
}
END_TEST

/* Each has his line; the limit is said beside who has it. */
START_TEST(test_several)
{
	cli_start(box);
	setenv("IPMSG_SOCKET", cli.path, 1);
	cli_run("send --to bob@x --to long hi");
	ck_assert_int_eq(cli.status, 1);
	ck_assert_ptr_nonnull(strstr(cli.out, "bob@x queued: no \\x1b way; until 2025-11-30"));
	ck_assert_ptr_nonnull(
	    strstr(cli.out, "long failed: long; the limit is 9 bytes of UTF-8\n"));
}
END_TEST

/* Never over a file without being told; of nobody else to read. */
START_TEST(test_backup)
{
	char line[256], path[128], text[8] = "";
	struct stat st;
	FILE *file;

	cli_start(box);
	setenv("IPMSG_SOCKET", cli.path, 1);
	snprintf(path, sizeof path, "%s/copy", cli.dir);
	snprintf(line, sizeof line, "mailbox backup %s", path);
	cli_run(line);
	ck_assert_int_eq(cli.status, 0);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_eq(st.st_mode & 0777, 0600);
	file = fopen(path, "r");
	ck_assert_ptr_nonnull(fgets(text, sizeof text, file));
	fclose(file);
	ck_assert_str_eq(text, "more");
	cli_run(line);
	ck_assert_int_eq(cli.status, 1);
	strcat(line, " --force");
	cli_run(line);
	ck_assert_int_eq(cli.status, 0);
	unlink(path);
}
END_TEST

/* ---- following ---- */

#define EVENT(what) "{\"event\":{\"type\":\"" what "}}"
#define TOLD(id) EVENT("message\",\"message\":{\"id\":" id "}")

/* The list has 6 already when it is told of; 8 is none of those that are asked for. */
static const struct cli_script followed[] = {
    {"Watch", PART(EVENT("watching\"")) PART(TOLD("6")) PART(TOLD("8")) PART(TOLD("9")),
	sizeof(PART(EVENT("watching\"")) PART(TOLD("6")) PART(TOLD("8")) PART(TOLD("9"))) - 1},
    {QUERY("unread", ",\"after\":6"), REPLY(PAGE(""))},
    {QUERY("unread", ",\"after\":8"),
	REPLY(PAGE(MAIL("9", "received", "carol", "new", "unread", "")))},
    {QUERY("unread", ""), REPLY(PAGE(NEW "," CLOSED))},
    {NULL},
};

START_TEST(test_follow)
{
	cli_start(followed);
	setenv("IPMSG_SOCKET", cli.path, 1);
	cli_begin("messages -f --json");
	cli_await("\"new\"");
	ck_assert_int_eq(kill(cli.program, SIGINT), 0);
	cli_end();
	ck_assert_str_eq(cli.out,
	    NEW "\n" CLOSED "\n" MAIL("9", "received", "carol", "new", "unread", "") "\n");
	ck_assert_int_eq(cli.status, 130);
}
END_TEST

/* ---- times ---- */

static const struct {
	int ago; /* seconds */
	const char *shown;
} times[] = {
    {10, "today 14:03 (just now)"},
    {300, "today 13:58 (5 min ago)"},
    {2 * 3600, "today 12:03"},
    {86400, "yesterday 14:03"},
    {-86400, "tomorrow 14:03"},
};

START_TEST(test_times)
{
	char zone[32], at[32], bytes[512], expected[128];
	time_t now = time(NULL), then = now - times[_i].ago;
	long east = 14 * 3600 + 3 * 60 + 30 - (long)(now % 86400);
	long west = east > 43200 ? 86400 - east : -east;
	int len;

	snprintf(zone, sizeof zone, "LOC%s%ld:%02ld:%02ld", west < 0 ? "-" : "", labs(west) / 3600,
	    labs(west) / 60 % 60, labs(west) % 60);
	setenv("TZ", zone, 1);
	strftime(at, sizeof at, "%Y-%m-%dT%H:%M:%SZ", gmtime(&then));
	len = snprintf(bytes, sizeof bytes, "{\"parameters\":{\"message\":{\"id\":1,\"direction\":"
	    "\"received\",\"name\":\"a\",\"text\":\"\",\"time\":\"%s\",\"state\":\"read\"}}}", at);
	snprintf(expected, sizeof expected, "1  %s  from a, read\n", times[_i].shown);
	const struct cli_script script[] = {{"Read", bytes, (size_t)len + 1}, {NULL}};

	cli_start(script);
	setenv("IPMSG_SOCKET", cli.path, 1);
	cli_expect("read 1", 0, expected, "");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("ipmsgctl-mail");
	TCase *tests = tcase_create("ipmsgctl-mail");

	tcase_add_checked_fixture(tests, cli_set_up, cli_tear_down);
	tcase_set_timeout(tests, 60);
	tcase_add_loop_test(tests, test_runs, 0, (int)(sizeof runs / sizeof *runs));
	tcase_add_test(tests, test_several);
	tcase_add_test(tests, test_backup);
	tcase_add_test(tests, test_follow);
	tcase_add_loop_test(tests, test_times, 0, (int)(sizeof times / sizeof *times));
	suite_add_tcase(suite, tests);
	return unit_run(suite);
}
