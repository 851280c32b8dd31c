/*
 * What ipmsgctl shows and does for a node on its local network, to the letter:
 * neighbours, absence, sealed and automatic messages, offered files.
 */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "check_ipmsgctl_fixture.h"
#include "unit.h"

#define REPLY(parameters) CLI_SAYS("{\"parameters\":" parameters "}")
#define PART(parameters) "{\"parameters\":" parameters ",\"continues\":true}\0"
#define ERROR(name, parameters)                                                                    \
	"{\"error\":\"net.ipmsg.peer." name "\",\"parameters\":" parameters "}"
#define FOREIGN "ipmsgctl: what answers at SOCKET is not ipmsg-peerd\n"

/* ---- status ---- */

#define STATUS(links, absence)                                                                     \
	"{\"version\":\"0.9.1\",\"pid\":815,\"uptime_ms\":7384000,\"user\":\"bob\",\"host\":"      \
	"\"pc\",\"nick\":\"Bob\",\"group\":\"sales\",\"port\":2425,\"addresses\":[],\"links\":["   \
	links "],\"absence\":" absence ",\"mailbox\":" MAILBOX ",\"supernodes\":[],\"peers\":{"        \
	"\"known\":3,\"open\":1,\"neighbours\":5},\"messages\":{\"stored\":12,\"unread\":3,"           \
	"\"queued\":2},"                                                                         \
	"\"counters\":{}}"
#define MAILBOX                                                                                    \
	"{\"persistent\":true,\"state\":\"failing\",\"explanation\":\"disk \\u001b full\",\"path\":"     \
	"\"/var/lib/m\\u001b.db\",\"bytes\":4100000,\"full\":true,\"set_aside\":\"/var/lib/old\"}"
#define LUNCH "{\"title\":\"lunch\",\"text\":\"Back\\nat two\\u001B[2J.\"}"
#define UNTITLED "{\"title\":\"\",\"text\":\"away\"}"
#define LINKS                                                                                      \
	"{\"address\":\"192.168.1.20/24\",\"announce\":[\"192.168.1.255:2425\",\"1\\u001b\"]},"    \
	"{\"address\":\"fe80::1%3/64\",\"announce\":[]}"

static const struct cli_script away[] = {
    {"net.ipmsg.peer.Status", REPLY(STATUS(LINKS, LUNCH))},
    {NULL},
};

START_TEST(test_status)
{
	cli_start(away);
	setenv("IPMSG_SOCKET", cli.path, 1);
	cli_expect("status", 0,
	    "peer           ipmsg-peerd 0.9.1, process 815, up 2h03m\n"
	    "known as       Bob@sales (user bob on host pc)\n"
	    "away           [lunch] Back\\nat two\\x1b[2J.\n"
	    "port           2425\n"
	    "networks       192.168.1.20/24, entries to 192.168.1.255:2425, 1\\x1b\n"
	    "               fe80::1%3/64\n"
	    "supernodes     none is configured\n"
	    "peers          3 known, 1 with an open path; 5 on the local network\n"
	    "messages       12 stored, 3 unread, 2 queued\n"
	    "mailbox        /var/lib/m\\x1b.db, 4.1 MB\n"
	    "               cannot be used, no message is taken or sent: disk \\x1b full\n"
	    "               full of what nobody has read, so messages are refused: read some "
	    "(ipmsgctl read), or raise mailbox-size\n"
	    "               a damaged one was set aside as /var/lib/old\n",
	    "");
	cli_expect("absence", 0, "away [lunch]\n    Back\n    at two\\x1b[2J.\n", "");
	cli_expect("absence --json", 0, "{\"absence\":" LUNCH "}\n", "");
}
END_TEST

/* ---- list ---- */

/* The last one, of some, is the diagnosis. */
#define LISTED(id, name, group, state, reason, kind, absent, user, host, program, ...)             \
	"{\"id\":" id ",\"name\":\"" name "\",\"user\":\"" user "\",\"host\":\"" host              \
	"\",\"nick\":\"\",\"group\":\"" group "\",\"state\":\"" state "\",\"reason\":\"" reason    \
	"\",\"kind\":\"" kind "\",\"absent\":" absent ",\"program\":\"" program                    \
	"\",\"endpoint\":\"192.168.1.2" id ":2425\",\"since_ms\":0,\"heard_ms\":" HEARD(__VA_ARGS__, "none", ) "}"

#define HEARD(heard, diagnosis, ...) heard ",\"diagnosis\":\"" diagnosis "\""

/* As the daemon knows them: by their numbers. */
#define L1 LISTED("1", "zoe@z", "", "open", "", "lan", "false", "zoe", "z", "00050000:0:1:0", "100")
#define L2                                                                                         \
	LISTED("2", "ボブ@営業", "営業", "open", "", "lan", "true", "bob", "pc",                   \
	    "00010002:4:99:103", "61000")
#define L3                                                                                         \
	LISTED("3", "Yan@Dev", "Dev", "open", "", "extended", "false", "yan", "y",                 \
	    "00050000:0:1:0-5", "2000")
#define L4 LISTED("4", "Al@Dev", "Dev", "asking", "", "unknown", "true", "", "", "", "null")
#define L5                                                                                         \
	LISTED("5", "carol", "", "failed", "no-answer", "unknown", "false", "", "", "", "null",    \
	    "both-dep\\u001B")
#define L6                                                                                         \
	LISTED("6", "e\\u001B[2Jve@dev", "dev", "open", "", "seed", "true", "\\u0007",             \
	    "\\u202E", "\\u009b", "3600000")
#define L7 LISTED("7", "bob@Dev", "Dev", "open", "", "n\\u0007ew", "false", "", "h", "", "0")
#define L8 LISTED("8", "bob@Dev", "Dev", "open", "", "lan", "false", "bob", "pc", "iptux", "0")

static const struct cli_script neighbours[] = {
    {"net.ipmsg.peer.List", CLI_SAYS("{\"parameters\":{\"peers\":[" L1 "," L2 "," L3 "],"
	"\"complete\":false},\"continues\":true}\0{\"parameters\":{\"peers\":[" L4 "," L8 "," L7
	"," L5 "," L6 "],\"complete\":true}}")},
    {NULL},
};

/* Sorted by group, then name; who has no group stands last. JSON is in the daemon's order. */
START_TEST(test_list)
{
	cli_start(neighbours);
	setenv("IPMSG_SOCKET", cli.path, 1);
	cli_expect("list", 0,
	    "NAME            STATE               KIND     ENDPOINT           HEARD\n"
	    "Al@Dev          asking              -        192.168.1.24:2425  -\n"
	    "bob@Dev         open                n\\x07ew  192.168.1.27:2425  0s\n"
	    "bob@Dev         open                lan      192.168.1.28:2425  0s\n"
	    "Yan@Dev         open                ours     192.168.1.23:2425  2s\n"
	    "e\\x1b[2Jve@dev  away                legacy   192.168.1.26:2425  1h00m\n"
	    "ボブ@営業       away                lan      192.168.1.22:2425  1m01s\n"
	    "carol           failed (no-answer)  -        192.168.1.25:2425  -\n"
	    "zoe@z           open                lan      192.168.1.21:2425  0s\n",
	    "");
	cli_run("list --json");
	ck_assert_int_eq(cli.status, 0);
	ck_assert_ptr_nonnull(strstr(cli.out, "{\"peers\":[" L1 "," L2 "," L3 "," L4 "," L8 ","));
	cli_run("list -l");
	ck_assert_ptr_nonnull(strstr(cli.out, "  HEARD  USER@HOST      PROGRAM           KEY  DIAGNOSIS\n"));
	ck_assert_ptr_nonnull(strstr(cli.out, ":2425  -      -              -                 -    both-dep\\x1b\n"));
	ck_assert_ptr_nonnull(strstr(cli.out, ":2425  0s     @h             -                 -    -\n"));
	ck_assert_ptr_nonnull(strstr(cli.out, ":2425  2s     yan@y          00050000:0:1:0-5  -    -\n"));
	ck_assert_ptr_nonnull(strstr(cli.out, ":2425  0s     zoe@z          ipmsgd 0.1.0      -    -\n"));
	ck_assert_ptr_nonnull(strstr(cli.out, ":2425  1h00m  \\x07@\\u{202e}  \\x9b              -    -\n"));
	ck_assert_ptr_nonnull(strstr(cli.out, ":2425  1m01s  bob@pc         Windows 4.99.103  -    -\n"));
}
END_TEST

static const struct cli_script broken_list[] = {
    {"List", CLI_SAYS("{\"parameters\":{\"peers\":[" L5 "," L3 "]},\"continues\":true}"), true},
    {NULL},
};

/* What had come is shown all the same, and sorted. */
START_TEST(test_broken_list)
{
	cli_start(broken_list);
	setenv("IPMSG_SOCKET", cli.path, 1);
	cli_expect("list", 3,
	    "NAME     STATE               KIND  ENDPOINT           HEARD\n"
	    "Yan@Dev  open                ours  192.168.1.23:2425  2s\n"
	    "carol    failed (no-answer)  -     192.168.1.25:2425  -\n",
	    "ipmsgctl: no answer from ipmsg-peerd at SOCKET: it closed the connection\n");
}
END_TEST

/* More than the widths are taken from otherwise: the last of 1500 stands first. */
START_TEST(test_long_list)
{
	static char bytes[1500 * 100];
	size_t used = (size_t)sprintf(bytes, "{\"parameters\":{\"peers\":[");

	for (int i = 1500; i > 0; i--)
		used += (size_t)sprintf(bytes + used, "%s{\"name\":\"n%04d\",\"group\":\"g\"}",
		    i < 1500 ? "," : "", i);
	used += (size_t)sprintf(bytes + used, "]}}") + 1;
	const struct cli_script script[] = {{"List", bytes, used}, {NULL}};

	cli_start(script);
	setenv("IPMSG_SOCKET", cli.path, 1);
	cli_run("list");
	ck_assert_int_eq(cli.status, 0);
	char *first = strstr(cli.out, "\nn0001  ");

	ck_assert_ptr_eq(first, strchr(cli.out, '\n'));
	ck_assert_ptr_nonnull(strstr(first, "\nn1500  "));
}
END_TEST

/* ---- messages ---- */

#define MAIL(id, direction, text, state, sealed, broadcast, automatic, offers)                     \
	"{\"id\":" id ",\"direction\":\"" direction "\",\"name\":\"bob@x\",\"text\":\"" text       \
	"\",\"time\":\"2025-11-22T15:30:00Z\",\"state\":\"" state "\",\"reason\":\"\",\"sealed\":" \
	sealed ",\"broadcast\":" broadcast ",\"automatic\":" automatic ",\"offers\":[" offers "]}"
#define OFFER(name, size, kind)                                                                    \
	"{\"name\":\"" name "\",\"size\":" size ",\"kind\":\"" kind "\"}"
#define OFFERS                                                                                     \
	OFFER("a:b.txt", "5", "file") "," OFFER("docs", "0", "directory") "," OFFER(               \
	    "r\\n\\u001b.pdf", "1234567", "image") "," OFFER("x", "999950", "other") "," OFFER(    \
	    "y", "1000", "ne\\u0007w") "," OFFER("z", "9223372036854775807", "file") ",7"

#define M1 MAIL("1", "received", "plain", "unread", "false", "false", "false", OFFERS)
#define M2 MAIL("12", "received", "", "sealed", "true", "false", "false", OFFER("s", "0", "file"))
#define M3 MAIL("3", "received", "opened", "read", "true", "false", "false", "")
#define M4 MAIL("4", "received", "at lunch", "unread", "false", "false", "true", "")
#define M5 MAIL("5", "received", "all!", "read", "false", "true", "false", "")
#define M6 MAIL("6", "sent", "for you", "read", "true", "false", "false", "")
#define M7 MAIL("7", "sent", "to all", "broadcast", "false", "true", "false", "")
#define M8                                                                                         \
	MAIL("8", "received", "[sealed: ipmsgctl read 3]\\n  file x", "unread", "false",           \
	    "false", "false", "")
#define ALL M1 "," M2 "," M3 "," M4 "," M5 "," M6 "," M7 "," M8

static const struct cli_script letters[] = {
    {"Status", REPLY("{\"messages\":{\"stored\":8,\"unread\":2,\"queued\":0}}")},
    {"Messages", REPLY("{\"messages\":[" ALL "],\"complete\":true}")},
    {"net.ipmsg.peer.Read\",\"parameters\":{\"message\":12}", REPLY("{\"message\":" M3 "}")},
    {"\"message\":13}", CLI_SAYS(ERROR("UnknownMessage",
	"{\"message\":13,\"explanation\":\"there is no message 13\\u001B\"}"))},
    {"\"message\":14}", REPLY("{\"message\":14}")},
    {"\"message\":15}", REPLY("{}")},
    {NULL},
};

/* What stands behind two blanks cannot come from a text. */
START_TEST(test_messages)
{
	cli_start(letters);
	setenv("IPMSG_SOCKET", cli.path, 1);
	cli_expect("messages", 0,
	    "1  2025-11-23 00:30  from bob@x, unread\n"
	    "    plain\n"
	    "  file a:b.txt (5 B)\n"
	    "  directory docs\n"
	    "  image r\\n\\x1b.pdf (1.2 MB)\n"
	    "  attachment x (1.0 MB)\n"
	    "  ne\\x07w y (1.0 kB)\n"
	    "  file z (9.2 EB)\n"
	    "  attachment  (0 B)\n"
	    "12  2025-11-23 00:30  from bob@x, sealed\n"
	    "  [sealed: ipmsgctl read 12]\n"
	    "  file s (0 B)\n"
	    "3  2025-11-23 00:30  from bob@x, sealed, read\n"
	    "    opened\n"
	    "4  2025-11-23 00:30  from bob@x, automatic answer, unread\n"
	    "    at lunch\n"
	    "5  2025-11-23 00:30  from bob@x, to everybody, read\n"
	    "    all!\n"
	    "6  2025-11-23 00:30  to bob@x, sealed, read\n"
	    "    for you\n"
	    "7  2025-11-23 00:30  to everybody, broadcast\n"
	    "    to all\n"
	    "8  2025-11-23 00:30  from bob@x, unread\n"
	    "    [sealed: ipmsgctl read 3]\n"
	    "      file x\n"
	    "1 sealed: ipmsgctl read ID opens one\n",
	    "");
	cli_run("messages --json");
	ck_assert_ptr_nonnull(strstr(cli.out, "," M2 "," M3 "," M4 "," M5 "," M6 "," M7 "," M8 "]"));
}
END_TEST

START_TEST(test_read)
{
	cli_start(letters);
	setenv("IPMSG_SOCKET", cli.path, 1);
	cli_expect("read 12", 0, "3  2025-11-23 00:30  from bob@x, sealed, read\n    opened\n", "");
	cli_expect("read 12 --json", 0, "{\"message\":" M3 "}\n", "");
	cli_expect("read 13", 1, "", "ipmsgctl: there is no message 13\\x1b\n");
	cli_expect("read 13 --json", 1,
	    ERROR("UnknownMessage",
		"{\"message\":13,\"explanation\":\"there is no message 13\\u001B\"}") "\n",
	    "ipmsgctl: there is no message 13\\x1b\n");
	cli_expect("read 14", 1, "", FOREIGN);
	cli_expect("read 15 --json", 1,
	    "{\"error\":\"net.ipmsg.ctl.InvalidAnswer\",\"parameters\":{\"socket\":\"SOCKET\"}}\n",
	    FOREIGN);
}
END_TEST

/* ---- absence and refresh ---- */

static const struct cli_script home[] = {
    {"net.ipmsg.peer.Status", REPLY(STATUS("", "null"))},
    {"SetAbsence\",\"parameters\":{\"title\":\"lunch\",\"text\":\"Back at two.\"}}",
	REPLY("{\"absence\":" LUNCH "}")},
    {"SetAbsence\",\"parameters\":{\"text\":\"away\"}}", REPLY("{\"absence\":" UNTITLED "}")},
    {"SetAbsence\",\"parameters\":{\"text\":\"two\\nlines\"}}",
	REPLY("{\"absence\":" UNTITLED "}")},
    {"\"text\":\"long\"", CLI_SAYS(ERROR("TooLong", "{\"max\":3,\"explanation\":\"3 bytes\"}"))},
    {"\"text\":\"odd\"", REPLY("{\"absence\":null}")},
    {"\"text\":\"word\"", REPLY("{\"absence\":\"word\"}")},
    {"SetAbsence\",\"parameters\":{}}", REPLY("{\"absence\":null}")},
    {"net.ipmsg.peer.Refresh\",\"parameters\":{}}", REPLY("{}")},
    {NULL},
};

START_TEST(test_absence)
{
	cli_start(home);
	setenv("IPMSG_SOCKET", cli.path, 1);
	cli_expect("absence", 0, "not away\n", "");
	cli_expect("absence --json", 0, "{\"absence\":null}\n", "");
	cli_run("status");
	ck_assert_ptr_null(strstr(cli.out, "away"));
	cli_expect("absence on --title lunch Back at two.", 0,
	    "away [lunch]\n    Back\n    at two\\x1b[2J.\n", "");
	cli_expect("absence on away", 0, "away\n    away\n", "");
	cli.input = "two\nlines\n";
	cli_expect("absence on - --json", 0, "{\"absence\":" UNTITLED "}\n", "");
	cli_expect("absence off", 0, "not away\n", "");
	cli_expect("absence on long", 1, "", "ipmsgctl: 3 bytes; the limit is 3 bytes of UTF-8\n");
	cli_expect("absence on odd", 1, "", FOREIGN);
	cli_expect("absence on word", 1, "", FOREIGN);
	cli_expect("refresh", 0, "", "");
	cli_expect("refresh --json", 0, "{}\n", "");
}
END_TEST

static const struct cli_script refusing[] = {
    {"Status", REPLY("{\"absence\":[]}")},
    {"Refresh", CLI_SAYS(ERROR("NotNow", "{\"explanation\":\"wait 5 s\"}"))},
    {"\"text\":\"x\"", CLI_SAYS("{\"error\":\"org.varlink.service.InvalidParameter\","
			    "\"parameters\":{\"parameter\":\"title\"}}")},
    {"\"text\":\"y\"", CLI_SAYS("{\"error\":\"org.varlink.service.InvalidParameter\","
			    "\"parameters\":{\"parameter\":\"text\"}}")},
    {"\"text\":\"z\"", CLI_SAYS("{\"error\":\"org.varlink.service.InvalidParameter\","
			    "\"parameters\":{\"parameter\":\"o\\u001Bdd\"}}")},
    {"SetAbsence", CLI_SAYS("{\"error\":\"org.varlink.service.MethodNotFound\",\"parameters\":{"
			"\"method\":\"SetAbsence\"}}")},
    {"Broadcast", CLI_SAYS(ERROR("Stopping", "{\"explanation\":\"it ends\"}"))},
    {NULL},
};

START_TEST(test_refused)
{
	cli_start(refusing);
	setenv("IPMSG_SOCKET", cli.path, 1);
	cli_expect("absence", 1, "", FOREIGN);
	cli_expect("refresh", 1, "", "ipmsgctl: wait 5 s\n");
	cli_expect("refresh --json", 1, ERROR("NotNow", "{\"explanation\":\"wait 5 s\"}") "\n",
	    "ipmsgctl: wait 5 s\n");
	cli_expect("absence on x", 1, "",
	    "ipmsgctl: the title is longer than 39 bytes of UTF-8, or has control characters in "
	    "it\n");
	cli_expect("absence on y", 1, "",
	    "ipmsgctl: the text is empty, longer than 511 bytes of UTF-8, or has control "
	    "characters in it\n");
	cli_expect("absence on z", 1, "",
	    "ipmsgctl: ipmsg-peerd does not take what it was given as `o\\x1bdd'\n");
	cli_expect("absence off", 1, "",
	    "ipmsgctl: what answers does not know this command "
	    "(org.varlink.service.MethodNotFound): not ipmsg-peerd, or of another version (see "
	    "ipmsgctl version)\n");
	cli_expect("send --all hi", 1, "", "ipmsgctl: it ends\n");
}
END_TEST

/* ---- watch ---- */

#define EVENT(type, what)                                                                          \
	"{\"event\":{\"type\":\"" type "\",\"time\":\"2026-11-22T15:30:00.250Z\",\"" type          \
	"\":" what "}}"
#define CHANGE(change, peer) EVENT("neighbour", "{\"change\":\"" change "\",\"peer\":" peer "}")
#define E1 CHANGE("came", L1)
#define E2 CHANGE("changed", L2)
#define E3 CHANGE("left", L1)
#define E4 CHANGE("d\\u001Bd", "{}")
#define E5 EVENT("message", M1)
#define E6 EVENT("message", M2)
#define E7 EVENT("message", M4)
#define E8 EVENT("message", M5)
#define E9 EVENT("message", M6)
#define E10 EVENT("neighbour", "17")

static const struct cli_script watching[] = {
    {"Watch", CLI_SAYS(PART(E1) PART(E2) PART(E3) PART(E4) PART(E5) PART(E6) PART(E7) PART(E8)
		      PART(E9) PART(E10)
		      ERROR("Stopping", "{\"explanation\":\"it ends\"}"))},
    {NULL},
};

START_TEST(test_watch)
{
	cli_start(watching);
	setenv("IPMSG_SOCKET", cli.path, 1);
	cli_expect("watch", 1,
	    "2026-11-23 00:30:00  neighbour  zoe@z: came, at 192.168.1.21:2425\n"
	    "2026-11-23 00:30:00  neighbour  ボブ@営業: changed, at 192.168.1.22:2425, away\n"
	    "2026-11-23 00:30:00  neighbour  zoe@z: left\n"
	    "2026-11-23 00:30:00  neighbour  : d\\x1bd\n"
	    "2026-11-23 00:30:00  message    from bob@x: plain, file a:b.txt (5 B), directory "
	    "docs, image r\\n\\x1b.pdf (1.2 MB), attachment x (1.0 MB), ne\\x07w y (1.0 kB), "
	    "file z (9.2 EB), attachment  (0 B)\n"
	    "2026-11-23 00:30:00  message    from bob@x: [sealed: ipmsgctl read 12], file s (0 B)\n"
	    "2026-11-23 00:30:00  message    from bob@x, automatic answer: at lunch\n"
	    "2026-11-23 00:30:00  message    from bob@x, to everybody: all!\n"
	    "2026-11-23 00:30:00  message    to bob@x, sealed: read\n"
	    "2026-11-23 00:30:00  neighbour  : \n",
	    "ipmsgctl: it ends\n");
	cli_run("watch --json");
	ck_assert_ptr_nonnull(strstr(cli.out, E1 "\n" E2 "\n" E3 "\n" E4 "\n"));
	ck_assert_ptr_nonnull(strstr(cli.out, E6 "\n" E7 "\n" E8 "\n" E9 "\n"));
}
END_TEST

/* ---- use ---- */

static const struct {
	const char *line;
	const char *complaint;
} misused[] = {
    {"read x\033", "read: \"x\\x1b\" is not the number of a message; ipmsgctl messages "
		   "--all shows the number of each"},
    {"read 0", "read: \"0\" is not the number of a message; ipmsgctl messages --all shows "
	       "the number of each"},
    {"read +1", "read: \"+1\" is not the number of a message; ipmsgctl messages --all shows "
		"the number of each"},
    {"read 1x", "read: \"1x\" is not the number of a message; ipmsgctl messages --all shows "
		"the number of each"},
    {"read 9223372036854775808", "read: \"9223372036854775808\" is not the number of a message; "
				 "ipmsgctl messages --all shows the number of each"},
    {"absence away", "there is no command \"absence away\"; see ipmsgctl help absence"},
    {"absence on", "absence on: an argument is missing; see ipmsgctl help absence on"},
    {"absence on -", "there is no text to send"},
    {"absence on caf\xe9", "the text is not valid UTF-8"},
    {"absence on x --title caf\xe9", "--title: the title is not valid UTF-8"},
    {"absence on x --title", "--title needs a value; see ipmsgctl help absence on"},
    {"absence off now", "absence off: too many arguments; see ipmsgctl help absence off"},
    {"refresh now", "refresh: too many arguments; see ipmsgctl help refresh"},
    {"list --lan", "list: there is no option like --lan; see ipmsgctl help list"},
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
	static const char absence_on[] =
	    "usage: ipmsgctl [OPTION]... absence on TEXT... | -\n"
	    "       be away, and answer messages with a text\n"
	    "      --title TITLE        shown behind the nick on the local network\n";

	cli_expect("help absence", 0,
	    "usage: ipmsgctl [OPTION]... absence\n"
	    "       whether this peer is away, and what it answers\n"
	    "       see also: absence on, absence off\n",
	    "");
	cli_expect("help absence on", 0, absence_on, "");
	cli_expect("absence on --help", 0, absence_on, "");
	cli_expect("list -h", 0,
	    "usage: ipmsgctl [OPTION]... list\n"
	    "       the other peers: neighbours, and those with a path\n"
	    "  -l, --long               also show user, host, program, key and diagnosis\n",
	    "");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("ipmsgctl-lan");
	TCase *tests = tcase_create("ipmsgctl-lan");

	tcase_add_checked_fixture(tests, cli_set_up, cli_tear_down);
	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, test_status);
	tcase_add_test(tests, test_list);
	tcase_add_test(tests, test_broken_list);
	tcase_add_test(tests, test_long_list);
	tcase_add_test(tests, test_messages);
	tcase_add_test(tests, test_read);
	tcase_add_test(tests, test_absence);
	tcase_add_test(tests, test_refused);
	tcase_add_test(tests, test_watch);
	tcase_add_loop_test(tests, test_misused, 0, (int)(sizeof misused / sizeof *misused));
	tcase_add_test(tests, test_help);
	suite_add_tcase(suite, tests);
	return unit_run(suite);
}
