/*
 * ipmsgctl's commands that wait: ask, send and watch. What they show as it
 * happens, how they end, and that Ctrl-C ends the waiting only.
 */
#include "config.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "check_ipmsgctl_fixture.h"
#include "unit.h"

#define REPLY(parameters) "{\"parameters\":" parameters "}"
#define PART(parameters) "{\"parameters\":" parameters ",\"continues\":true}\0"
/* Nothing but such parts. */
#define PARTS(parts) parts, sizeof(parts) - 1
#define ERROR(name, parameters)                                                                    \
	"{\"error\":\"net.ipmsg.peer." name "\",\"parameters\":" parameters "}"

/* ---- ask ---- */

#define STEP(word, at, incoming, ms)                                                               \
	"{\"step\":{\"step\":\"" word "\",\"at\":\"" at "\",\"reason\":\"\",\"incoming\":"         \
	incoming ",\"elapsed_ms\":" ms "}}"
#define GAVE_UP                                                                                    \
	"{\"step\":{\"step\":\"failed\",\"at\":\"\",\"reason\":\"no-answer\",\"incoming\":false,"  \
	"\"elapsed_ms\":4100}}"
#define ASKED STEP("asked", "198.51.100.1:2425", "false", "0")
#define ASKED_B STEP("asked", "198.51.100.2:2425", "false", "1")
#define TOLD STEP("told", "203.0.113.9:40001", "false", "15")
#define OPENER STEP("opener", "203.0.113.9:40001", "false", "16")
#define PUNCHED STEP("punched", "203.0.113.9:40001", "false", "36")
#define HEARD STEP("heard", "192.168.1.3:2425", "true", "90")
#define OPEN STEP("open", "192.168.1.3:2425", "false", "120")
#define NEW STEP("de\\u001Bdo", "\\u009b", "false", "121")
#define PEER                                                                                       \
	"{\"peer\":{\"id\":1,\"name\":\"alice@sales\",\"user\":\"alice\",\"host\":\"pc\",\"nick\"" \
	":\"alice\",\"group\":\"sales\",\"state\":\"open\",\"reason\":\"\",\"kind\":\"extended\"," \
	"\"endpoint\":\"192.168.1.3:2425\",\"since_ms\":0,\"heard_ms\":0}}"

/* With what there is to say of the attempt. */
#define OWN4                                                                                       \
	"{\"family\":\"IPv4\",\"translated\":true,\"mapping\":\"independent\",\"ports\":"           \
	"\"kept\",\"filtering\":\"restricted\",\"open_input\":false}"
#define OWN6                                                                                       \
	"{\"family\":\"IPv6\",\"translated\":false,\"mapping\":\"none\",\"ports\":\"unknown\","    \
	"\"filtering\":\"unknown\",\"open_input\":false}"
#define CLASS(mapping, ports, filtering, open)                                                     \
	"{\"mapping\":\"" mapping "\",\"ports\":\"" ports "\",\"filtering\":\"" filtering           \
	"\",\"open_input\":" open "}"
#define OTHER(state, nat)                                                                          \
	"\"peer\":{\"name\":\"dave@sales\",\"state\":\"" state "\",\"kind\":\"extended\","         \
	"\"endpoint\":\"192.168.1.3:2425\",\"nat\":" nat "}"
#define CANDIDATE(address, kind, state, sent, rtt, used)                                           \
	"{\"address\":\"" address "\",\"kind\":\"" kind "\",\"state\":\"" state "\",\"sent\":" sent  \
	",\"rtt_ms\":" rtt ",\"used\":" used "}"
#define TRIED                                                                                      \
	CANDIDATE("192.168.1.3:2425", "observed", "answered", "3", "12", "true") ","               \
	CANDIDATE("10.0.0.2:2425", "local", "unheard", "3", "null", "false") ","                   \
	CANDIDATE("[2001:db8::3]:2425", "reflexive", "heard", "1", "null", "false") ","            \
	CANDIDATE("\\u001B", "n\\u001Bew", "o\\u009Bdd", "0", "null", "false")
#define DIAGNOSIS(word, sentence, advice)                                                          \
	"\"diagnosis\":{\"word\":\"" word "\",\"sentence\":\"" sentence "\",\"advice\":\""           \
	advice "\"}"
#define WENT_WELL                                                                                  \
	"{" OTHER("open", CLASS("independent", "kept", "unknown", "false")) ",\"nat\":[" OWN4 ","  \
	OWN6 "],\"candidates\":[" TRIED "]," DIAGNOSIS("punched", "Both\\u001B opened theirs.", "")   \
	"}"
#define WENT_BADLY                                                                                 \
	"{\"name\":\"eve\",\"explanation\":\"eve does not answer. Both map so. Forward a port.\"," \
	OTHER("failed", "null") ",\"nat\":[],\"candidates\":[],"                                   \
	DIAGNOSIS("both-dependent", "Both map so.", "Forward a port.") "}"
#define HINTED                                                                                     \
	"{" OTHER("open", CLASS("port-dependent", "random", "independent", "true"))                \
	",\"nat\":[" OWN4 "],\"candidates\":[]," DIAGNOSIS("direct", "It is so.", "Do this.") "}"

static const struct cli_script asking[] = {
    {"\"name\":\"dave@sales\"", CLI_SAYS(PART(ASKED) REPLY(WENT_WELL))},
    {"\"name\":\"hinted\",\"settle\":true}", CLI_SAYS(REPLY(HINTED))},
    {"\"name\":\"hinted\"}", CLI_SAYS(REPLY(PEER))},
    {"\"name\":\"eve\"", CLI_SAYS(PART(ASKED) PART(GAVE_UP) ERROR("PeerUnreachable", WENT_BADLY))},
    {"\"name\":\"alice\"", CLI_SAYS(PART(ASKED) PART(ASKED_B) PART(TOLD) PART(OPENER)
	PART(PUNCHED) PART(HEARD) PART(OPEN) PART(NEW) REPLY(PEER))},
    {"\"name\":\"known\"}", CLI_SAYS(REPLY(PEER))},
    {"\"name\":\"near\"}", CLI_SAYS(REPLY("{\"peer\":{\"name\":\"bob@sales\",\"kind\":\"lan\","
	"\"endpoint\":\"192.168.1.7:2425\"}}"))},
    {"\"name\":\"carol@c\",\"at\":\"203.0.113.9\"", CLI_SAYS(PART(ASKED) PART(GAVE_UP)
	ERROR("PeerUnreachable", "{\"explanation\":\"carol does not answer:\\u001B try again\"}"))},
    {"\"name\":\"dave\"}", CLI_SAYS(ERROR("NeedsAddress",
	"{\"explanation\":\"it tells no addresses\",\"supernode\":\"s:2425\"}"))},
    {"\"name\":\"er:in\"}", CLI_SAYS("{\"error\":\"org.varlink.service.InvalidParameter\","
	"\"parameters\":{\"parameter\":\"name\"}}")},
    {"\"name\":\"frank\"}", PARTS(PART(ASKED)), true},
    {"\"name\":\"grace\"}", PARTS(PART("{}"))},
    {"\"name\":\"heidi\"}", PARTS(PART(ASKED))},
    {NULL},
};

START_TEST(test_ask)
{
	cli_start(asking);
	setenv("IPMSG_SOCKET", cli.path, 1);
	cli_expect("ask alice", 0,
	    "asked the supernode 198.51.100.1:2425\n"
	    "the supernode says: it is at 203.0.113.9:40001\n"
	    "punching toward 203.0.113.9:40001\n"
	    "alice@sales is reachable at 192.168.1.3:2425 (121 ms)\n",
	    "");
	cli_expect("ask -v alice", 0,
	    "     0 ms  asked the supernode 198.51.100.1:2425\n"
	    "     1 ms  asked the supernode 198.51.100.2:2425\n"
	    "    15 ms  the supernode says: it is at 203.0.113.9:40001\n"
	    "    16 ms  opened this side's NAT toward 203.0.113.9:40001\n"
	    "    36 ms  punching toward 203.0.113.9:40001\n"
	    "    90 ms  heard the other side from 192.168.1.3:2425 (the other asked)\n"
	    "   120 ms  open toward 192.168.1.3:2425\n"
	    "   121 ms  de\\x1bdo \\x9b\n"
	    "alice@sales is reachable at 192.168.1.3:2425 (121 ms)\n",
	    "");
	cli_expect("ask alice --verbose --json", 0,
	    ASKED "\n" ASKED_B "\n" TOLD "\n" OPENER "\n" PUNCHED "\n" HEARD "\n" OPEN "\n"
		  "{\"step\":{\"step\":\"de\\u001Bdo\",\"at\":\"\\u009B\",\"reason\":\"\","
		  "\"incoming\":false,\"elapsed_ms\":121}}\n" PEER "\n",
	    "");
	cli_expect("ask known", 0,
	    "alice@sales is reachable at 192.168.1.3:2425 (the path was open already)\n", "");
	cli_expect("ask near", 0, "bob@sales is on the local network: 192.168.1.7:2425\n", "");
}
END_TEST

START_TEST(test_ask_in_vain)
{
	cli_start(asking);
	setenv("IPMSG_SOCKET", cli.path, 1);
	cli_expect("ask carol@c --at 203.0.113.9", 1, "asked the supernode 198.51.100.1:2425\n",
	    "ipmsgctl: carol does not answer:\\x1b try again\n");
	cli_expect("ask carol@c --at=203.0.113.9 -v", 1,
	    "     0 ms  asked the supernode 198.51.100.1:2425\n"
	    "  4100 ms  gave up (no-answer)\n",
	    "ipmsgctl: carol does not answer:\\x1b try again\n");
	cli_expect("ask carol@c --at 203.0.113.9 --json", 1,
	    ASKED "\n" GAVE_UP "\n" ERROR("PeerUnreachable",
		"{\"explanation\":\"carol does not answer:\\u001B try again\"}") "\n",
	    "ipmsgctl: carol does not answer:\\x1b try again\n");
	cli_expect("ask dave", 1, "",
	    "ipmsgctl: it tells no addresses (ipmsgctl ask NAME --at ADDRESS[:PORT])\n");
	cli_expect("ask er:in", 1, "",
	    "ipmsgctl: nobody can have that name: it is empty, too long, or has "
	    "control characters in it\n");
	cli_expect("ask frank", 3, "asked the supernode 198.51.100.1:2425\n",
	    "ipmsgctl: no answer from ipmsg-peerd at SOCKET: it closed the connection\n");
	cli_expect("ask grace", 1, "", "ipmsgctl: what answers at SOCKET is not ipmsg-peerd\n");
	cli_expect("ask ivan --timeout 0.05", 3, "",
	    "ipmsgctl: no answer from ipmsg-peerd at SOCKET: it was silent for 0.05 s\n");
}
END_TEST

/* What was tried, what is known of both sides, and what follows from that. */
START_TEST(test_ask_explained)
{
	cli_start(asking);
	setenv("IPMSG_SOCKET", cli.path, 1);
	cli_expect("ask -v dave@sales", 0,
	    "     0 ms  asked the supernode 198.51.100.1:2425\n"
	    "dave@sales is reachable at 192.168.1.3:2425 (0 ms)\n"
	    "this side      IPv4: a NAT that shows everybody the same port, keeps ports, lets in only "
	    "whom this peer has written to\n"
	    "               IPv6: no NAT\n"
	    "other side     no NAT, or one that shows everybody the same port\n"
	    "CANDIDATE           KIND       SENT  HEARD               RTT    USED\n"
	    "192.168.1.3:2425    observed   3     answers             12 ms  yes\n"
	    "10.0.0.2:2425       local      3     nothing             -      -\n"
	    "[2001:db8::3]:2425  reflexive  1     packets, no answer  -      -\n"
	    "\\x1b                n\\x1bew    0     o\\x9bdd             -      -\n"
	    "Both\\x1b opened theirs.\n",
	    "");
	cli_expect("ask -v hinted", 0,
	    "dave@sales is reachable at 192.168.1.3:2425 (the path was open already)\n"
	    "this side      IPv4: a NAT that shows everybody the same port, keeps ports, lets in only "
	    "whom this peer has written to\n"
	    "other side     a NAT that shows each destination another port, gives ports out at random, "
	    "lets everybody in, has to be opened from inside first\n"
	    "the other was tried nowhere\n"
	    "It is so. Do this.\n",
	    "");
	/* without -v it is as short as ever */
	cli_expect("ask hinted", 0,
	    "alice@sales is reachable at 192.168.1.3:2425 (the path was open already)\n", "");
	cli_expect("ask dave@sales --json", 0, ASKED "\n" WENT_WELL "\n", "");
}
END_TEST

START_TEST(test_failed_ask_explained)
{
	cli_start(asking);
	setenv("IPMSG_SOCKET", cli.path, 1);
	cli_expect("ask -v eve", 1,
	    "     0 ms  asked the supernode 198.51.100.1:2425\n"
	    "  4100 ms  gave up (no-answer)\n"
	    "this side      nothing is known of a NAT\n"
	    "other side     nothing is told of a NAT\n"
	    "the other was tried nowhere\n",
	    "ipmsgctl: eve does not answer. Both map so. Forward a port.\n");
	cli_expect("ask eve", 1, "asked the supernode 198.51.100.1:2425\n",
	    "ipmsgctl: eve does not answer. Both map so. Forward a port.\n");
	cli_expect("ask -v eve --json", 1,
	    ASKED "\n" GAVE_UP "\n" ERROR("PeerUnreachable", WENT_BADLY) "\n",
	    "ipmsgctl: eve does not answer. Both map so. Forward a port.\n");
}
END_TEST

/* A daemon that lives may take longer than the timeout for its first word. */
static const struct cli_script slow[] = {
    {.method = "Ask", .later = REPLY(PEER), .later_len = sizeof(REPLY(PEER))},
    {"GetInfo", CLI_SAYS(REPLY("{}")), .releases = true},
    {NULL},
};

START_TEST(test_ask_slowly)
{
	cli_start(slow);
	setenv("IPMSG_SOCKET", cli.path, 1);
	cli_expect("ask alice --timeout 1", 0,
	    "alice@sales is reachable at 192.168.1.3:2425 (the path was open already)\n", "");
}
END_TEST

static const struct {
	const char *line;
	const char *shown;
	const char *complaint;
	const char *json;
} interrupted[] = {
    {"ask heidi", "asked the supernode",
	"ipmsgctl: interrupted; the ask goes on, and ipmsgctl list shows what comes of it\n", NULL},
    {"ask heidi --json", "asked",
	"ipmsgctl: interrupted; the ask goes on, and ipmsgctl list shows what comes of it\n",
	ASKED "\n{\"error\":\"net.ipmsg.ctl.Interrupted\",\"parameters\":{}}\n"},
    {"send heidi hello --json", "waiting",
	"ipmsgctl: interrupted; the message stays on its way, and ipmsgctl messages --sent shows "
	"what comes of it\n",
	NULL},
    {"watch", "watching", "", NULL},
};

#define SENT(state) "{\"message\":7,\"state\":\"" state "\",\"reason\":\"\"}"
#define EVENT(type, what) "{\"event\":{\"type\":\"" type "\",\"time\":\"" TIME "\"" what "}}"
#define TIME "2026-11-22T15:30:00.250Z"
#define WATCHING EVENT("watching", "")

static const struct cli_script endless[] = {
    {"Ask", PARTS(PART(ASKED))},
    {"Send", PARTS(PART(SENT("waiting")))},
    {"Watch", PARTS(PART(WATCHING))},
    {NULL},
};

START_TEST(test_interrupted)
{
	cli_start(endless);
	setenv("IPMSG_SOCKET", cli.path, 1);
	cli_begin(interrupted[_i].line);
	cli_await(interrupted[_i].shown);
	ck_assert_int_eq(kill(cli.program, SIGINT), 0);
	cli_end();
	ck_assert_int_eq(cli.status, 130);
	ck_assert_str_eq(cli.err, interrupted[_i].complaint);
	if (interrupted[_i].json != NULL)
		ck_assert_str_eq(cli.out, interrupted[_i].json);
}
END_TEST

/* ---- send ---- */

#define NOT_DELIVERED                                                                              \
	ERROR("NotDelivered",                                                                      \
	    "{\"message\":7,\"reason\":\"not-confirmed\",\"explanation\":\"no receipt came\"}")

static const struct cli_script sending[] = {
    {"\"name\":\"alice\",\"text\":\"hello there\"}",
	CLI_SAYS(PART(SENT("waiting")) PART(SENT("sent")) REPLY(SENT("delivered")))},
    {"\"text\":\"two\\nlines\"}", CLI_SAYS(REPLY(SENT("delivered")))},
    {"\"text\":\"-v\"}", CLI_SAYS(REPLY(SENT("sent")))},
    {"\"name\":\"bob\"", CLI_SAYS(PART(SENT("sent")) NOT_DELIVERED)},
    {"\"name\":\"long\"", CLI_SAYS(ERROR("TooLong", "{\"max\":8000,\"explanation\":\"long!\"}"))},
    {"\"name\":\"odd\"", CLI_SAYS(REPLY("{}"))},
    {NULL},
};

START_TEST(test_send)
{
	cli_start(sending);
	setenv("IPMSG_SOCKET", cli.path, 1);
	cli_expect("send alice hello there", 0, "delivered\n", "");
	cli_expect("send --json alice hello there", 0,
	    SENT("waiting") "\n" SENT("sent") "\n" SENT("delivered") "\n", "");
	cli.input = "two\nlines\n";
	cli_expect("send alice -", 0, "delivered\n", "");
	cli_expect("send alice", 0, "delivered\n", "");
	cli_expect("send alice -- -v", 1, "sent\n", "");
	cli_expect("send bob hi", 1, "", "ipmsgctl: no receipt came\n");
	cli_expect("send bob hi --json", 1, SENT("sent") "\n" NOT_DELIVERED "\n",
	    "ipmsgctl: no receipt came\n");
	cli_expect("send long hi", 1, "", "ipmsgctl: long!; the limit is 8000 bytes of UTF-8\n");
	cli_expect("send odd hi", 1, "", "ipmsgctl: what answers at SOCKET is not ipmsg-peerd\n");
}
END_TEST

/* The daemon is asked whether messages last; then the path opens. */
static const struct cli_script waiting[] = {
    {"Send", PARTS(PART(SENT("waiting"))), .later = REPLY(SENT("delivered")),
	.later_len = sizeof(REPLY(SENT("delivered")))},
    {"Status", CLI_SAYS(REPLY("{\"mailbox\":{\"persistent\":false}}")), .releases = true},
    {NULL},
};

static const struct cli_script waiting_safely[] = {
    {"Send", PARTS(PART(SENT("waiting"))), .later = REPLY(SENT("delivered")),
	.later_len = sizeof(REPLY(SENT("delivered")))},
    {"Status", CLI_SAYS(REPLY("{\"mailbox\":{\"persistent\":true}}")), .releases = true},
    {NULL},
};

START_TEST(test_send_later)
{
	cli_start(waiting);
	setenv("IPMSG_SOCKET", cli.path, 1);
	cli_expect("send alice hi", 0, "delivered\n",
	    "ipmsgctl: waiting for a path to alice; messages do not survive a restart of "
	    "this ipmsg-peerd\n");
	cli_stop();
	cli_start(waiting_safely);
	cli_expect("send al\033ice hi", 0, "delivered\n",
	    "ipmsgctl: waiting for a path to al\\x1bice\n");
}
END_TEST

/* ---- watch ---- */

#define SUPERNODE                                                                                  \
	",\"supernode\":{\"host\":\"s.example\",\"port\":2425,\"state\":\"registered\",\"kind\":"  \
	"\"extended\",\"address\":\"198.51.100.1:2425\",\"observed\":\"203.0.113.5:40001\","       \
	"\"since_ms\":0,\"lifetime_ms\":75000}"
#define PATH(state, reason, endpoint)                                                              \
	",\"path\":{\"name\":\"alice@sales\",\"state\":\"" state "\",\"reason\":\"" reason         \
	"\",\"endpoint\":\"" endpoint "\"}"
#define MESSAGE(direction, text, state, reason)                                                    \
	",\"message\":{\"id\":1,\"direction\":\"" direction "\",\"name\":\"alice@sales\","         \
	"\"text\":\"" text "\",\"time\":\"2026-11-22T15:30:00Z\",\"state\":\"" state               \
	"\",\"reason\":\"" reason "\"}"
#define WATCHED_STEP                                                                               \
	",\"step\":{\"name\":\"alice@sales\",\"step\":\"heard\",\"at\":\"192.0.2.1:9\","           \
	"\"reason\":\"\",\"incoming\":true}"
#define TOO_SLOW ERROR("TooSlow", "{\"explanation\":\"events were lost\"}")

#define E1 EVENT("supernode", SUPERNODE)
#define E2 EVENT("path", PATH("open", "", "192.0.2.1:9"))
#define E3 EVENT("path", PATH("failed", "no-answer", ""))
#define E4 EVENT("step", WATCHED_STEP)
#define E5 EVENT("message", MESSAGE("received", "one\\n\\u001B[2Jtwo", "received", ""))
#define E6 EVENT("message", MESSAGE("sent", "hi", "failed", "not-confirmed"))
#define E7 EVENT("n\\u001Bew", "")

static const struct cli_script watching[] = {
    {"Watch", CLI_SAYS(PART(WATCHING) PART(E1) PART(E2) PART(E3) PART(E4) PART(E5) PART(E6)
		      PART(E7) TOO_SLOW)},
    {NULL},
};

START_TEST(test_watch)
{
	cli_start(watching);
	setenv("IPMSG_SOCKET", cli.path, 1);
	cli_expect("watch", 1,
	    "2026-11-23 00:30:00  watching\n"
	    "2026-11-23 00:30:00  supernode  s.example:2425 (198.51.100.1:2425): registered for "
	    "0s, sees this peer at 203.0.113.5:40001\n"
	    "2026-11-23 00:30:00  path       alice@sales: open at 192.0.2.1:9\n"
	    "2026-11-23 00:30:00  path       alice@sales: failed (no-answer)\n"
	    "2026-11-23 00:30:00  step       alice@sales: heard 192.0.2.1:9 (the other asked)\n"
	    "2026-11-23 00:30:00  message    from alice@sales: one\\n\\x1b[2Jtwo\n"
	    "2026-11-23 00:30:00  message    to alice@sales: failed (not-confirmed)\n"
	    "2026-11-23 00:30:00  n\\x1bew\n",
	    "ipmsgctl: events were lost\n");
	cli_expect("watch --json", 1,
	    WATCHING "\n" E1 "\n" E2 "\n" E3 "\n" E4 "\n" E5 "\n" E6 "\n" E7 "\n" TOO_SLOW "\n",
	    "ipmsgctl: events were lost\n");
}
END_TEST

/* ---- use ---- */

static const struct {
	const char *line;
	const char *input;
	const char *complaint;
} misused[] = {
    {"ask", NULL, "ask: an argument is missing; see ipmsgctl help ask"},
    {"ask a b", NULL, "ask: too many arguments; see ipmsgctl help ask"},
    {"ask a --at", NULL, "--at needs a value; see ipmsgctl help ask"},
    {"ask a --at 1.2.3.4:x", NULL, "--at: 1.2.3.4:x: the port must be a number from 1 to 65535"},
    {"ask caf\xe9", NULL, "the name is not valid UTF-8"},
    {"-v ask a", NULL, "there is no option like -v; see ipmsgctl --help"},
    {"list -v", NULL, "list: there is no option like -v; see ipmsgctl help list"},
    {"send", NULL, "send: an argument is missing; see ipmsgctl help send"},
    {"send caf\xe9 x", NULL, "the name is not valid UTF-8"},
    {"send a caf\xe9", NULL, "the text is not valid UTF-8"},
    {"send a", "\n", "there is no text to send"},
    {"send a -", "caf\xe9", "the text is not valid UTF-8"},
    {"watch now", NULL, "watch: too many arguments; see ipmsgctl help watch"},
};

START_TEST(test_misused)
{
	char complaint[256];

	cli.input = misused[_i].input;
	snprintf(complaint, sizeof complaint, "ipmsgctl: %s\n", misused[_i].complaint);
	cli_expect(misused[_i].line, 2, "", complaint);
}
END_TEST

START_TEST(test_long_input)
{
	static char text[(1 << 20) + 2];

	memset(text, 'x', sizeof text - 1);
	cli.input = text;
	cli_expect("send a", 2, "", "ipmsgctl: the text is longer than any message can be: 1048576 bytes\n");
}
END_TEST

START_TEST(test_help)
{
	static const char ask[] =
	    "usage: ipmsgctl [OPTION]... ask NAME\n"
	    "       make a path to a peer, through both NATs\n"
	    "      --at ADDRESS[:PORT]  where the peer is, if no supernode can tell\n"
	    "  -v, --verbose            show every step, what was tried, and what that means\n";

	cli_expect("help ask", 0, ask, "");
	cli_expect("ask --help", 0, ask, "");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("ipmsgctl-follow");
	TCase *tests = tcase_create("ipmsgctl-follow");

	tcase_add_checked_fixture(tests, cli_set_up, cli_tear_down);
	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, test_ask);
	tcase_add_test(tests, test_ask_in_vain);
	tcase_add_test(tests, test_ask_explained);
	tcase_add_test(tests, test_failed_ask_explained);
	tcase_add_test(tests, test_ask_slowly);
	tcase_add_loop_test(tests, test_interrupted, 0,
	    (int)(sizeof interrupted / sizeof *interrupted));
	tcase_add_test(tests, test_send);
	tcase_add_test(tests, test_send_later);
	tcase_add_test(tests, test_watch);
	tcase_add_loop_test(tests, test_misused, 0, (int)(sizeof misused / sizeof *misused));
	tcase_add_test(tests, test_long_input);
	tcase_add_test(tests, test_help);
	suite_add_tcase(suite, tests);
	return unit_run(suite);
}
