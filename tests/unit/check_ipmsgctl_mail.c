/*
 * ipmsgctl's mailbox: messages in their queries, read, reply, the queue, several recipients,
 * export and backup. Local time is made 14:03 by the time zone, so that now needs no hook.
 */
#include "config.h"

#include <dirent.h>
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
#define UNKNOWN ERROR("UnknownMessage", "{\"explanation\":\"none\"}")

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
    {"Unqueue\",\"parameters\":{\"name\":\"nobody\"}", REPLY("{\"removed\":0}")},
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
    {"messages -a", 0,
	"4  2025-11-23 00:30  from alice@x, read\n    ho\n"
	"7  2025-11-23 00:30  to bob@x, waiting: nobody is called so\n    a\\x1b\n    b\n"
	"1 waiting to be delivered: ipmsgctl queue shows why\n", ""},
    {"messages --sent", 0, "nothing was sent\n"
			   "1 waiting to be delivered: ipmsgctl queue shows why\n", ""},
    {"messages --sent --json", 0, "{\"messages\":[]}\n", ""},
    {"read", 0, "5  2025-11-23 00:30  from alice@x, unread\n    hi\n"
		"4  2025-11-23 00:30  from alice@x, read\n    ho\n", ""},
    {"read 3", 1, "", "ipmsgctl: none\n"},
    {"read --json", 0, "{\"message\":" NEW "}\n{\"message\":" OLD "}\n", ""},
    {"read 3 5 --json", 1,
	ERROR("UnknownMessage", "{\"explanation\":\"none\"}") "\n{\"message\":" NEW "}\n",
	"ipmsgctl: none\n"},
    {"reply 5 yes", 0, "delivered\n", ""},
    {"reply 5 yes --json", 0, "{\"message\":9,\"state\":\"delivered\"}\n", ""},
    {"reply 5 --now yes", 1, "", "ipmsgctl: not there\n"},
    {"reply 6 yes", 1, "",
	"ipmsgctl: message 6 is sealed: read it before you answer, ipmsgctl read 6\n"},
    {"reply 5 --now yes --json", 1,
	ERROR("NotDelivered", "{\"explanation\":\"not there\"}") "\n", "ipmsgctl: not there\n"},
    {"reply 7 yes", 1, "", "ipmsgctl: reply: no message 7 was received\n"},
    {"reply 7 yes --json", 1, ERROR("UnknownMessage", "{\"message\":7}") "\n",
	"ipmsgctl: reply: no message 7 was received\n"},
    {"queue", 0,
	"ID  TO     SINCE             EXPIRES  WHY                  TEXT\n"
	"7   bob@x  2025-11-23 00:30  -        nobody is called so  a\\x1b …\n", ""},
    {"queue --json", 0, "{\"messages\":[" WAITS "]}\n", ""},
    {"queue rm 7 7", 0, "removed 2\n", ""},
    {"queue rm 8", 1, "", "ipmsgctl: none\n"},
    {"queue rm 8 7 --json", 1,
	ERROR("UnknownMessage", "{\"explanation\":\"none\"}") "\n{\"removed\":1}\n",
	"ipmsgctl: none\n"},
    {"queue rm --to bob@x", 0, "removed 3\n", ""},
    {"queue rm --to bob@x --json", 0, "{\"removed\":3}\n", ""},
    {"queue rm --to nobody", 0, "removed 0\n", ""},
    {"queue rm --all", 0, "removed 0\n", ""},
    {"queue rm --all --json", 0, "{\"removed\":0}\n", ""},
    {"send bob@x hi", 0, "queued: no \\x1b way; until 2025-11-30 00:30\n", ""},
    {"send --to bob@x --to bob@x hi", 0, "queued: no \\x1b way; until 2025-11-30 00:30\n", ""},
    {"export", 0, OLD "\n" WAITS "\n", ""},
    {"export --with alice", 0, OLD "\n", ""},
    {"export --with alice --json", 0, OLD "\n", ""},
    {"mailbox check", 0, "the mailbox is whole: 3 messages, 4.1 kB\n", ""},
    {"mailbox check --json", 0, "{\"messages\":3,\"bytes\":4096}\n", ""},
    {"mailbox backup -", 0, "more", ""},
    {"mailbox backup - --json", 0, "more", ""},
    {"mailbox backup /dev/null/x", 1, "", "ipmsgctl: /dev/null/x: Not a directory\n"},
    {"mailbox backup /", 1, "", "ipmsgctl: /: there is such a file; --force replaces it\n"},
    {"messages --all --sent", 2, "", "ipmsgctl: --all and --sent exclude each other\n"},
    {"queue rm", 2, "", "ipmsgctl: queue rm: which? Give IDs, --to NAME or --all\n"},
    {"queue rm 1 --all", 2, "", "ipmsgctl: queue rm: IDs, --to and --all exclude each other\n"},
    {"reply x", 2, "", "ipmsgctl: reply: \"x\" is not the number of a message; ipmsgctl messages "
		       "--all shows the number of each\n"},
};

/* Nothing is there. */
static const struct cli_script empty[] = {
    {"Messages", REPLY(PAGE(""))},
    STATUS("0"),
    {NULL},
};

static const struct {
	const char *line;
	const char *out;
} voids[] = {
    {"messages", "nothing is unread; ipmsgctl messages --all shows what was\n"},
    {"messages --all", "there are no messages\n"},
    {"messages --sent", "nothing was sent\n"},
    {"messages --with bob", "there are no such unread messages; --all looks at all of them\n"},
    {"messages --all --search x", "there are no such messages\n"},
    {"messages --json", "{\"messages\":[]}\n"},
    {"read", "nothing is unread\n"},
    {"read --json", ""},
    {"queue", "nothing waits to be delivered\n"},
    {"queue --json", "{\"messages\":[]}\n"},
    {"export", ""},
};

START_TEST(test_voids)
{
	cli_start(empty);
	setenv("IPMSG_SOCKET", cli.path, 1);
	cli_expect(voids[_i].line, 0, voids[_i].out, "");
}
END_TEST

/* ---- what goes wrong ---- */

#define FAILS ERROR("MailboxUnavailable", "{\"explanation\":\"disk \\u001B full\"}")
#define FAILING {"peer.", CLI_SAYS(FAILS)}
#define DAMAGED ERROR("MailboxDamaged", "{\"explanation\":\"page 3 \\u001B\"}")
#define BREAKING(first) {"peer.", first, sizeof(first) - 1, .closes = true}
#define OPEN_LIST "{\"messages\":[" OLD "],\"error\":\"net.ipmsg.peer.MailboxUnavailable\","           \
		  "\"parameters\":{\"explanation\":\"disk \\u001B full\"}}\n"
#define FULL "ipmsgctl: disk \\x1b full\n"
#define GONE "ipmsgctl: no answer from ipmsg-peerd at SOCKET: it closed the connection\n"
#define FOREIGN "ipmsgctl: what answers at SOCKET is not ipmsg-peerd\n"
#define BROKEN "{\"error\":\"net.ipmsg.ctl.InvalidAnswer\",\"parameters\":{\"socket\":\"SOCKET\"}}\n"
#define LATER_FAILS {"peer.", CLI_SAYS(PART(PAGE(OLD)) FAILS)}

static const struct {
	struct cli_script script;
	const char *line;
	int status;
	const char *out;
	const char *err;
} troubles[] = {
    {FAILING, "messages", 1, "", FULL},
    {FAILING, "messages --json", 1, FAILS "\n", FULL},
    {LATER_FAILS, "messages -a", 1, "4  2025-11-23 00:30  from alice@x, read\n    ho\n", FULL},
    {LATER_FAILS, "messages -a --json", 1, OPEN_LIST, FULL},
    {FAILING, "read", 1, "", FULL},
    {FAILING, "read 5 --json", 1, FAILS "\n", FULL},
    {FAILING, "reply 5 yes", 1, "", FULL},
    {FAILING, "queue", 1, "", FULL},
    {FAILING, "queue --json", 1, FAILS "\n", FULL},
    {LATER_FAILS, "queue --json", 1, OPEN_LIST, FULL},
    {FAILING, "queue rm --all", 1, "", FULL},
    {FAILING, "queue rm --to bob --json", 1, FAILS "\n", FULL},
    {FAILING, "send bob hi", 1, "", FULL},
    {FAILING, "export", 1, "", FULL},
    {FAILING, "export --json", 1, FAILS "\n", FULL},
    {LATER_FAILS, "export", 1, OLD "\n", FULL},
    {LATER_FAILS, "export --json", 1, OLD "\n" FAILS "\n", FULL},
    {BREAKING(PART(PAGE(OLD))), "export", 3, OLD "\n", GONE},
    {{"peer.", CLI_SAYS(DAMAGED)}, "mailbox check", 1, "", "ipmsgctl: page 3 \\x1b\n"},
    {{"peer.", CLI_SAYS(DAMAGED)}, "mailbox check --json", 1, DAMAGED "\n",
	"ipmsgctl: page 3 \\x1b\n"},
    {FAILING, "mailbox check", 1, "", FULL},
    {{"peer.", REPLY("{}")}, "mailbox check", 1, "", FOREIGN},
    {{"peer.", REPLY("{}")}, "mailbox check --json", 1, BROKEN, FOREIGN},
    {{"peer.", REPLY("{\"messages\":1,\"bytes\":5}")}, "mailbox check", 0,
	"the mailbox is whole: 1 message, 5 B\n", ""},
};

START_TEST(test_troubles)
{
	const struct cli_script script[] = {troubles[_i].script, {NULL}};

	cli_start(script);
	setenv("IPMSG_SOCKET", cli.path, 1);
	cli_expect(troubles[_i].line, troubles[_i].status, troubles[_i].out, troubles[_i].err);
}
END_TEST

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

static const struct {
	struct cli_script script;
	int status;
	const char *out; /* of JSON */
	const char *err;
} streams[] = {
    {{"Backup", CLI_SAYS(PART("{\"data\":\"bW9y\",\"complete\":false}")
	"{\"parameters\":{\"data\":\"ZQ==\",\"complete\":true}}")}, 0, "", ""},
    {FAILING, 1, FAILS "\n", FULL},
    {{"Backup", CLI_SAYS(PART("{\"data\":\"bW9y\",\"complete\":false}") FAILS)}, 1, FAILS "\n",
	FULL},
    {BREAKING(PART("{\"data\":\"bW9y\",\"complete\":false}")), 3,
	"{\"error\":\"net.ipmsg.ctl.Unreachable\",\"parameters\":{\"socket\":\"SOCKET\","
	"\"reason\":\"it closed the connection\"}}\n", GONE},
    /* the end without its mark, no base64, nothing at all */
    {{"Backup", REPLY("{\"data\":\"bW9y\",\"complete\":false}")}, 1, BROKEN, FOREIGN},
    {{"Backup", REPLY("{\"data\":\"?\",\"complete\":true}")}, 1, BROKEN, FOREIGN},
    {{"Backup", REPLY("{\"data\":\"\",\"complete\":true}")}, 1, BROKEN, FOREIGN},
    {{"Backup", REPLY("{}")}, 1, BROKEN, FOREIGN},
};

/* A file is there if it is whole, and nothing beside it in any case. */
START_TEST(test_backup_streams)
{
	const struct cli_script script[] = {streams[_i].script, {NULL}};
	char line[256], path[128], out[512];
	size_t files = 0;
	DIR *dir;

	cli_start(script);
	setenv("IPMSG_SOCKET", cli.path, 1);
	snprintf(path, sizeof path, "%s/copy", cli.dir);
	snprintf(line, sizeof line, "mailbox backup %s --json", path);
	snprintf(out, sizeof out, "{\"file\":\"%s\",\"bytes\":4}\n", path);
	cli_expect(line, streams[_i].status, streams[_i].status == 0 ? out : streams[_i].out,
	    streams[_i].err);
	dir = opendir(cli.dir);
	ck_assert_ptr_nonnull(dir);
	for (const struct dirent *entry; (entry = readdir(dir)) != NULL;)
		files += strncmp(entry->d_name, "copy", 4) == 0;
	closedir(dir);
	ck_assert_uint_eq(files, streams[_i].status == 0);
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

#define LOST                                                                                       \
	"ipmsgctl: ipmsg-peerd at SOCKET closed the connection, as it does when it ends; begin "   \
	"again, and what came meanwhile is shown too\n"

/* The daemon ends, or is restarted. */
static const struct cli_script ending[] = {
    {"Watch", PART(EVENT("watching\"")), sizeof(PART(EVENT("watching\""))) - 1, .closes = true},
    {QUERY("unread", ""), REPLY(PAGE(NEW))},
    {NULL},
};

START_TEST(test_followed_daemon_ends)
{
	cli_start(ending);
	setenv("IPMSG_SOCKET", cli.path, 1);
	cli_expect("messages --follow", 3, "5  2025-11-23 00:30  from alice@x, unread\n    hi\n",
	    LOST);
	cli_expect("messages --follow --json", 3,
	    NEW "\n{\"error\":\"net.ipmsg.ctl.Unreachable\",\"parameters\":{\"socket\":\"SOCKET\","
		"\"reason\":\"it closed the connection\"}}\n",
	    LOST);
	cli_expect("watch --json", 3,
	    EVENT("watching\"") "\n{\"error\":\"net.ipmsg.ctl.Unreachable\",\"parameters\":{"
				"\"socket\":\"SOCKET\",\"reason\":\"it closed the connection\"}}\n",
	    "ipmsgctl: ipmsg-peerd at SOCKET closed the connection, as it does when it ends; "
	    "begin again to see what happens from then on\n");
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
	char zone[32], at[32], bytes[512], listed[512], expected[128];
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
	memset(listed, 0, sizeof listed);
	snprintf(listed, sizeof listed, "{\"parameters\":{\"messages\":[{\"time\":\"%s\"}]}}", at);
	snprintf(expected, sizeof expected, "1  %s  from a, read\n", times[_i].shown);
	const struct cli_script script[] = {{"Read", bytes, (size_t)len + 1},
	    {"Messages", listed, sizeof listed}, {NULL}};

	cli_start(script);
	setenv("IPMSG_SOCKET", cli.path, 1);
	cli_expect("read 1", 0, expected, "");
	/* in a table without how long ago */
	snprintf(expected, sizeof expected, "%.*s", (int)strcspn(times[_i].shown, "("),
	    times[_i].shown);
	cli_run("queue");
	ck_assert_ptr_nonnull(strstr(cli.out, expected));
	ck_assert_ptr_null(strstr(cli.out, "ago"));
	ck_assert_ptr_null(strstr(cli.out, "just now"));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("ipmsgctl-mail");
	TCase *tests = tcase_create("ipmsgctl-mail");

	tcase_add_checked_fixture(tests, cli_set_up, cli_tear_down);
	tcase_set_timeout(tests, 60);
	tcase_add_loop_test(tests, test_runs, 0, (int)(sizeof runs / sizeof *runs));
	tcase_add_loop_test(tests, test_voids, 0, (int)(sizeof voids / sizeof *voids));
	tcase_add_loop_test(tests, test_troubles, 0, (int)(sizeof troubles / sizeof *troubles));
	tcase_add_test(tests, test_several);
	tcase_add_test(tests, test_backup);
	tcase_add_loop_test(tests, test_backup_streams, 0,
	    (int)(sizeof streams / sizeof *streams));
	tcase_add_test(tests, test_follow);
	tcase_add_test(tests, test_followed_daemon_ends);
	tcase_add_loop_test(tests, test_times, 0, (int)(sizeof times / sizeof *times));
	suite_add_tcase(suite, tests);
	return unit_run(suite);
}
