/*
 * ipmsgctl send in its variations: sealed, to a group and to everybody, and how
 * long it waits.
 */
#include "config.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check_ipmsgctl_fixture.h"
#include "unit.h"

#define REPLY(parameters) "{\"parameters\":" parameters "}"
#define PART(parameters) "{\"parameters\":" parameters ",\"continues\":true}\0"
/* Nothing but such parts. */
#define PARTS(parts) parts, sizeof(parts) - 1
#define LATER(bytes) .later = bytes, .later_len = sizeof(bytes)
#define LATER_PARTS(parts) .later = parts, .later_len = sizeof(parts) - 1
#define ERROR(name, parameters)                                                                    \
	"{\"error\":\"net.ipmsg.peer." name "\",\"parameters\":" parameters "}"
#define IS(id, state) "{\"message\":" id ",\"state\":\"" state "\",\"reason\":\"\"}"
#define SENT(state) IS("7", state)
/* With whom it is about in front, as for several. */
#define OF(name, id, state)                                                                        \
	"{\"name\":\"" name "\",\"message\":" id ",\"state\":\"" state "\",\"reason\":\"\"}\n"

/* ---- to one ---- */

static const struct cli_script one[] = {
    {"\"name\":\"alice\",\"text\":\"hi\",\"sealed\":true}",
	CLI_SAYS(PART(SENT("waiting")) PART(SENT("sent")) REPLY(SENT("delivered")))},
    {"\"name\":\"alice\",\"text\":\"hi\",\"sealed\":true,\"until\":\"read\"}",
	CLI_SAYS(PART(SENT("waiting")) PART(SENT("sent")) PART(SENT("delivered"))
		REPLY(SENT("read")))},
    {"\"name\":\"alice\",\"text\":\"read at once\"}",
	CLI_SAYS(PART(SENT("waiting")) REPLY(SENT("read")))},
    {"\"name\":\"bob\",\"text\":\"hi\",\"sealed\":true,\"until\":\"read\"}",
	CLI_SAYS(PART(SENT("waiting")) REPLY(SENT("delivered")))},
    {"\"name\":\"slow\",\"text\":\"hi\",\"until\":\"kept\"}", CLI_SAYS(REPLY(SENT("waiting")))},
    {"\"name\":\"quick\",\"text\":\"hi\",\"until\":\"kept\"}", CLI_SAYS(REPLY(SENT("delivered")))},
    {"\"name\":\"nobody\"", CLI_SAYS(ERROR("UnknownName",
	"{\"name\":\"nobody\",\"explanation\":\"nobody is called so\"}"))},
    {NULL},
};

START_TEST(test_one)
{
	cli_start(one);
	setenv("IPMSG_SOCKET", cli.path, 1);
	cli_expect("send --sealed alice hi", 0, "delivered\n", "");
	cli_expect("send alice hi --sealed --wait read", 0, "delivered\nread\n", "");
	cli_expect("send alice hi --sealed --wait read --json", 0,
	    SENT("waiting") "\n" SENT("sent") "\n" SENT("delivered") "\n" SENT("read") "\n", "");
	cli_expect("send alice read at once", 0, "read\n", "");
	/* It was to be opened, and is not: what was promised did not come. */
	cli_expect("send bob hi --sealed --wait read", 1, "delivered\n", "");
	cli_expect("send --no-wait slow hi", 0, "on its way (message 7)\n", "");
	cli_expect("send --no-wait slow hi --json", 0, SENT("waiting") "\n", "");
	cli_expect("send --no-wait quick hi", 0, "delivered\n", "");
	cli_expect("send --no-wait nobody hi", 1, "", "ipmsgctl: nobody is called so\n");
}
END_TEST

/* ---- to a group ---- */

#define LISTED(id, user, name, group, state, kind)                                                 \
	"{\"id\":" id ",\"name\":\"" name "\",\"user\":\"" user "\",\"host\":\"h\",\"nick\":"      \
	"\"\",\"group\":\"" group "\",\"state\":\"" state "\",\"reason\":\"\",\"kind\":\"" kind    \
	"\",\"absent\":false,\"program\":\"\",\"endpoint\":\"192.0.2.1:2425\",\"since_ms\":0,"     \
	"\"heard_ms\":0}"
#define LIST(peers) {"net.ipmsg.peer.List", CLI_SAYS(REPLY("{\"peers\":[" peers "]}"))}
#define ALICE LISTED("1", "alice", "alice@sales", "sales", "open", "lan")
#define BOB LISTED("2", "bob", "bob@sales", "sales", "open", "extended")
#define CAROL LISTED("3", "carol", "carol@sales", "sales", "failed", "unknown")
#define DAVE LISTED("4", "dave", "dave@dev", "dev", "open", "lan")
#define EVE LISTED("5", "eve", "eve@sales", "sales", "idle", "unknown")
#define FRANK LISTED("6", "frank", "frank@Sales", "Sales", "open", "lan")
#define TO(name, more) "\"name\":\"" name "\",\"text\":\"hi there\"" more ",\"many\":true}"

static const struct cli_script group[] = {
    LIST(ALICE "," BOB "," CAROL "," DAVE "," EVE "," FRANK),
    {TO("alice@sales", ""),
	CLI_SAYS(PART(SENT("waiting")) PART(SENT("sent")) REPLY(SENT("delivered")))},
    {TO("dave@dev", ""), CLI_SAYS(PART(SENT("waiting")) REPLY(SENT("delivered")))},
    {"\"name\":\"dave@dev\",\"text\":\"hi there\",\"many\":true,\"until\":\"kept\"}",
	CLI_SAYS(REPLY(SENT("waiting")))},
    {TO("frank@Sales", ""), CLI_SAYS(PART(SENT("waiting"))
	ERROR("NotDelivered", "{\"message\":7,\"reason\":\"\",\"explanation\":\"no\\u001B\"}"))},
    {TO("bob@sales", ""), CLI_SAYS(REPLY(SENT("delivered")))},
    {NULL},
};

static int compare_lines(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* What comes from several comes in any order: the lines are held against `out` sorted. */
static void expect_sorted(const char *line, int status, const char *out, const char *err)
{
	static char sorted[sizeof cli.out];
	char *lines[100];
	size_t count = 0, used = 0;

	cli_run(line);
	ck_assert_str_eq(cli.err, err);
	ck_assert_int_eq(cli.status, status);
	for (char *p = strtok(cli.out, "\n"); p != NULL && count < 100; p = strtok(NULL, "\n"))
		lines[count++] = p;
	qsort(lines, count, sizeof *lines, compare_lines);
	*sorted = '\0';
	for (size_t i = 0; i < count; i++)
		used += (size_t)sprintf(sorted + used, "%s\n", lines[i]);
	ck_assert_str_eq(sorted, out);
}

START_TEST(test_group)
{
	static const char left_out[] =
	    "ipmsgctl: left out, without an open path: carol@sales, eve@sales\n";

	cli_start(group);
	setenv("IPMSG_SOCKET", cli.path, 1);
	expect_sorted("send --group sales hi there", 0,
	    "alice@sales delivered\nbob@sales delivered\n", left_out);
	cli.input = "hi there\n";
	expect_sorted("send --group=sales", 0, "alice@sales delivered\nbob@sales delivered\n",
	    left_out);
	expect_sorted("send hi --group sales there --json", 0,
	    OF("alice@sales", "7", "delivered") OF("alice@sales", "7", "sent")
	    OF("alice@sales", "7", "waiting") OF("bob@sales", "7", "delivered"),
	    left_out);
	cli_expect("send --group dev hi there", 0, "dave@dev delivered\n", "");
	cli_expect("send --group dev --no-wait hi there", 0, "dave@dev on its way (message 7)\n",
	    "");
	/* Case counts. */
	cli_expect("send --group Sales hi there", 1, "frank@Sales failed: no\\x1b\n",
	    "ipmsgctl: 1 of 1 were not delivered\n");
	cli_expect("send --group Sales hi there --json", 1,
	    OF("frank@Sales", "7", "waiting")
	    "{\"name\":\"frank@Sales\",\"error\":\"net.ipmsg.peer.NotDelivered\",\"parameters\":{"
	    "\"message\":7,\"reason\":\"\",\"explanation\":\"no\\u001B\"}}\n",
	    "ipmsgctl: 1 of 1 were not delivered\n");
}
END_TEST

/* Alice's is not confirmed before the daemon has read Bob's: one after the other would not do. */
static const struct cli_script together[] = {
    LIST(ALICE "," BOB),
    {TO("alice@sales", ""), PARTS(PART(SENT("waiting"))), LATER(REPLY(SENT("delivered")))},
    {TO("bob@sales", ""), CLI_SAYS(REPLY(SENT("sent"))), .releases = true},
    {NULL},
};

/* Who came by himself may call himself of any group; an older daemon does not tell. */
START_TEST(test_group_unasked)
{
#define UNASKED                                                                                    \
	"{\"id\":9,\"name\":\"mallory@sales\",\"group\":\"sales\",\"state\":\"open\"," \
	"\"kind\":\"extended\",\"asked\":false}"
	static const struct cli_script script[] = {LIST(UNASKED), {NULL}};

	cli_start(script);
	setenv("IPMSG_SOCKET", cli.path, 1);
	cli_expect("send --group sales hi", 1, "",
	    "ipmsgctl: left out, nobody here has asked for them: mallory@sales\n"
	    "ipmsgctl: nobody of the group sales is known; see ipmsgctl list\n");
}
END_TEST

START_TEST(test_group_together)
{
	cli_start(together);
	setenv("IPMSG_SOCKET", cli.path, 1);
	expect_sorted("send --group sales hi there", 1, "alice@sales delivered\nbob@sales sent\n",
	    "ipmsgctl: 1 of 2 were not delivered\n");
}
END_TEST

/* Names that are no way to tell somebody, or that Send does not take. */
#define TWIN LISTED("1", "twin", "dup@x", "x", "open", "lan")
#define TWIN_2 LISTED("2", "tw\\u001Bin", "dup@x", "x", "open", "lan")
#define TWIN_3 LISTED("3", "far", "dup@x", "x", "open", "seed")
#define COLON LISTED("4", "ian", "Ian: home@x", "x", "open", "lan")
#define CONTROL LISTED("5", "kim", "k\\u0007m@x", "x", "open", "lan")
#define BARE LISTED("6", "", "b:@x", "x", "open", "lan")
#define NAMELESS "{\"group\":\"x\",\"state\":\"open\"},17"

static const struct cli_script odd_names[] = {
    LIST(TWIN "," TWIN_2 "," TWIN_3 "," COLON "," CONTROL "," BARE "," NAMELESS),
    {TO("twin@h", ""), CLI_SAYS(REPLY(SENT("delivered")))},
    {TO("tw\\u001Bin@h", ""), CLI_SAYS(REPLY(SENT("delivered")))},
    {TO("dup@x", ""), CLI_SAYS(ERROR("Ambiguous", "{\"explanation\":\"several\"}"))},
    {TO("Ian: home@x", ""), CLI_SAYS(REPLY(SENT("delivered")))},
    {TO("kim@h", ""), CLI_SAYS(REPLY(SENT("delivered")))},
    {TO("b:@x", ""), CLI_SAYS("{\"error\":\"org.varlink.service.InvalidParameter\","
	"\"parameters\":{\"parameter\":\"name\"}}")},
    {NULL},
};

START_TEST(test_group_names)
{
	cli_start(odd_names);
	setenv("IPMSG_SOCKET", cli.path, 1);
	expect_sorted("send --group x hi there", 1,
	    "Ian: home@x delivered\n"
	    "b:@x failed: nobody can have that name: it is empty, too long, or has "
	    "control characters in it\n"
	    "dup@x failed: several\n"
	    "kim@h delivered\n"
	    "tw\\x1bin@h delivered\n"
	    "twin@h delivered\n",
	    "ipmsgctl: 2 of 6 were not delivered\n");
}
END_TEST

/* ---- until it is opened ---- */

#define EVENT(what) "{\"event\":{\"time\":\"2026-11-22T15:30:00.250Z\"," what "}}"
#define WATCHING EVENT("\"type\":\"watching\"")
#define MESSAGE(direction, id, state)                                                              \
	EVENT("\"type\":\"message\",\"message\":{\"id\":" id ",\"direction\":\"" direction         \
	      "\",\"state\":\"" state "\"}")
#define WATCH(later) {"net.ipmsg.peer.Watch", PARTS(PART(WATCHING)), LATER_PARTS(later)}
#define SEALED ",\"sealed\":true"

/* Others' messages, received ones of the same number and other states are not meant. */
static const struct cli_script opened[] = {
    LIST(ALICE "," CAROL "," DAVE),
    WATCH(PART(EVENT("\"type\":\"step\",\"step\":{}")) PART(MESSAGE("sent", "8", "read"))
	PART(MESSAGE("received", "7", "read")) PART(MESSAGE("sent", "7", "delivered"))
	PART(EVENT("\"type\":\"path\"")) PART(MESSAGE("sent", "7", "read"))),
    {TO("alice@sales", ""), CLI_SAYS(REPLY(SENT("read")))},
    {TO("alice@sales", SEALED), CLI_SAYS(PART(SENT("waiting")) REPLY(SENT("delivered"))),
	.releases = true},
    {TO("dave@dev", SEALED), PARTS(PART(SENT("waiting"))), .releases = true},
    {NULL},
};

START_TEST(test_group_opened)
{
	static const char left_out[] = "ipmsgctl: left out, without an open path: carol@sales\n";

	cli_start(opened);
	setenv("IPMSG_SOCKET", cli.path, 1);
	cli_expect("send --sealed --group sales --wait read hi there", 0,
	    "alice@sales delivered\nalice@sales read\n", left_out);
	cli_expect("send --sealed --group sales --wait read hi there --json", 0,
	    OF("alice@sales", "7", "waiting") OF("alice@sales", "7", "delivered")
	    OF("alice@sales", "7", "read"),
	    left_out);
	/* Opened, so the confirmation that was lost on the way is not waited for. */
	cli_expect("send --sealed --group dev --wait read hi there", 0, "dave@dev read\n", "");
	cli_expect("send --sealed --group sales hi there", 0, "alice@sales delivered\n", left_out);
	cli_expect("send --group sales hi there", 0, "alice@sales read\n", left_out);
}
END_TEST

/* ---- several, until they are delivered ---- */

#define WAITS(id, reason)                                                                          \
	"{\"message\":" id ",\"state\":\"waiting\",\"reason\":\"" reason                              \
	"\",\"explanation\":\"not there\",\"expires\":null}"
#define GAVE_UP                                                                                    \
	EVENT("\"type\":\"message\",\"message\":{\"id\":12,\"direction\":\"sent\",\"state\":\"failed\","  \
	      "\"reason\":\"expired\",\"explanation\":\"waited\\u001B\"}")

/* One arrives at once, one later, and one never does. */
static const struct cli_script sooner_or_later[] = {
    {"net.ipmsg.peer.Watch", PARTS(PART(WATCHING)),
	LATER_PARTS(PART(MESSAGE("sent", "11", "delivered")) PART(GAVE_UP)), .after = 2},
    {TO("alice", ""), CLI_SAYS(REPLY(IS("10", "delivered")))},
    {TO("bob", ""), CLI_SAYS(REPLY(WAITS("11", "unknown-name"))), .releases = true},
    {TO("carol", ""), CLI_SAYS(REPLY(WAITS("12", "nat"))), .releases = true},
    {NULL},
};

START_TEST(test_several_delivered)
{
	static const char line[] = "send --to alice --to bob --to carol --wait delivered hi there";
	static const char err[] = "ipmsgctl: 1 of 3 were not delivered\n";
	char json[128];

	snprintf(json, sizeof json, "%s --json", line);
	cli_start(sooner_or_later);
	setenv("IPMSG_SOCKET", cli.path, 1);
	expect_sorted(line, 1,
	    "alice delivered\n"
	    "bob delivered\n"
	    "bob queued: not there\n"
	    "carol failed: waited\\x1b\n"
	    "carol queued: not there\n",
	    err);
	expect_sorted(json, 1,
	    OF("alice", "10", "delivered") OF("bob", "11", "delivered")
	    "{\"name\":\"bob\",\"message\":11,\"state\":\"waiting\",\"reason\":\"unknown-name\","
	    "\"explanation\":\"not there\",\"expires\":null}\n"
	    "{\"name\":\"carol\",\"message\":12,\"state\":\"failed\",\"reason\":\"expired\","
	    "\"explanation\":\"waited\\u001B\"}\n"
	    "{\"name\":\"carol\",\"message\":12,\"state\":\"waiting\",\"reason\":\"nat\","
	    "\"explanation\":\"not there\",\"expires\":null}\n",
	    err);
}
END_TEST

#define CLOSED                                                                                     \
	"ipmsgctl: ipmsg-peerd at SOCKET closed the connection, as it does when it ends; once it " \
	"runs, ipmsgctl messages --sent shows what came of the messages\n"

static const struct {
	struct cli_script watch;
	int status;
	const char *out;
	const char *err;
} blind[] = {
    {{"Watch", CLI_SAYS(ERROR("Limit", "{\"explanation\":\"too many\"}"))}, 1, "",
	"ipmsgctl: too many\n"},
    {{"Watch", CLI_SAYS(REPLY(WATCHING))}, 1, "",
	"ipmsgctl: what answers at SOCKET is not ipmsg-peerd\n"},
    {{"Watch", PARTS(PART("{}"))}, 1, "",
	"ipmsgctl: what answers at SOCKET is not ipmsg-peerd\n"},
    {{"Watch", PARTS(PART(WATCHING)), LATER(ERROR("TooSlow", "{\"explanation\":\"lost\"}"))}, 1,
	"alice@sales delivered\n", "ipmsgctl: lost\n"},
    {{"Watch", PARTS(PART(WATCHING)), LATER_PARTS(PART("{\"event\":7}"))}, 1,
	"alice@sales delivered\n", "ipmsgctl: what answers at SOCKET is not ipmsg-peerd\n"},
    /* Nothing of this is that it was opened. */
    {{"Watch", PARTS(PART(WATCHING)),
	 LATER(PART(MESSAGE("received", "7", "read")) PART(MESSAGE("sent", "7", "delivered"))
	     PART(MESSAGE("sent", "8", "read"))
	     ERROR("Stopping", "{\"explanation\":\"it ends\"}"))}, 1,
	"alice@sales delivered\n", "ipmsgctl: it ends\n"},
    {{"Watch", PARTS(PART(WATCHING)), .closes = true, LATER_PARTS(PART(WATCHING))}, 3,
	"alice@sales delivered\n",
	CLOSED},
};

START_TEST(test_group_opened_in_vain)
{
	const struct cli_script script[] = {
	    LIST(ALICE),
	    blind[_i].watch,
	    {"Send", CLI_SAYS(REPLY(SENT("delivered"))), .releases = true},
	    {NULL},
	};

	cli_start(script);
	setenv("IPMSG_SOCKET", cli.path, 1);
	cli_expect("send --sealed --group sales --wait read hi", blind[_i].status, blind[_i].out,
	    blind[_i].err);
}
END_TEST

/* ---- what can go wrong with a group ---- */

static const struct cli_script none[] = {
    LIST(CAROL "," DAVE "," EVE),
    {NULL},
};

START_TEST(test_group_of_nobody)
{
	cli_start(none);
	setenv("IPMSG_SOCKET", cli.path, 1);
	cli_expect("send --group sa\033les hi", 1, "",
	    "ipmsgctl: nobody of the group sa\\x1bles is known; see ipmsgctl list\n");
	cli_expect("send --group sales hi", 1, "",
	    "ipmsgctl: nobody of the group sales can be reached now, there is no open path to "
	    "carol@sales, eve@sales; see ipmsgctl list\n");
	cli_expect("send --group sales hi --json", 1,
	    "{\"error\":\"net.ipmsg.ctl.NoRecipients\",\"parameters\":{\"group\":\"sales\","
	    "\"unreachable\":[\"carol@sales\",\"eve@sales\"]}}\n",
	    "ipmsgctl: nobody of the group sales can be reached now, there is no open path to "
	    "carol@sales, eve@sales; see ipmsgctl list\n");
}
END_TEST

static const struct {
	struct cli_script list;
	struct cli_script send;
	int status;
	const char *err;
} broken[] = {
    {{"List", CLI_SAYS(ERROR("Stopping", "{\"explanation\":\"it ends\"}"))}, {"Send", "", 0}, 1,
	"ipmsgctl: it ends\n"},
    {{"List", CLI_SAYS(REPLY("{}"))}, {"Send", "", 0}, 1,
	"ipmsgctl: what answers at SOCKET is not ipmsg-peerd\n"},
    {LIST(ALICE), {"Send", CLI_SAYS(REPLY("{\"message\":7}"))}, 1,
	"ipmsgctl: what answers at SOCKET is not ipmsg-peerd\n"},
    {LIST(ALICE), {"Send", CLI_SAYS("no JSON")}, 1,
	"ipmsgctl: what answers at SOCKET is not ipmsg-peerd\n"},
    {LIST(ALICE), {"Send", PARTS(PART(SENT("waiting"))), .closes = true}, 3,
	CLOSED},
    {LIST(ALICE), {"Send", "", 0}, 3,
	"ipmsgctl: no answer from ipmsg-peerd at SOCKET: it was silent for 0.5 s\n"},
};

START_TEST(test_group_broken)
{
	const struct cli_script script[] = {broken[_i].list, broken[_i].send, {NULL}};

	cli_start(script);
	setenv("IPMSG_SOCKET", cli.path, 1);
	cli_expect("send --group sales hi --timeout 0.5", broken[_i].status, "", broken[_i].err);
}
END_TEST

/* A daemon that lives may take longer than the timeout for its first word. */
static const struct cli_script slow[] = {
    LIST(ALICE),
    {"Send", "", 0, LATER(REPLY(SENT("delivered")))},
    {"GetInfo", CLI_SAYS(REPLY("{}")), .releases = true},
    {NULL},
};

START_TEST(test_group_slowly)
{
	cli_start(slow);
	setenv("IPMSG_SOCKET", cli.path, 1);
	cli_expect("send --group sales hi --timeout 0.5", 0, "alice@sales delivered\n", "");
}
END_TEST

/* So many members, called p10 and on; to be freed. */
static char *make_list(size_t count, size_t *len)
{
	char *bytes = malloc(count * 200 + 100);
	size_t used = (size_t)sprintf(bytes, "{\"parameters\":{\"peers\":[");

	for (size_t i = 0; i < count; i++)
		used += (size_t)sprintf(bytes + used,
		    "%s{\"name\":\"p%zu\",\"group\":\"g\",\"state\":\"open\",\"kind\":\"lan\"}",
		    i > 0 ? "," : "", i + 10);
	used += (size_t)sprintf(bytes + used, "]}}");
	*len = used + 1;
	return bytes;
}

START_TEST(test_large_group)
{
	char expected[40 * 20 + 1];
	size_t len, used = 0;
	char *bytes = make_list(40, &len);
	const struct cli_script script[] = {{"List", bytes, len},
	    {"\"name\":\"p33\"", CLI_SAYS(ERROR("Busy", "{\"explanation\":\"busy\"}"))},
	    {"Send", CLI_SAYS(REPLY(SENT("delivered")))}, {NULL}};

	for (int i = 10; i < 50; i++)
		used += (size_t)sprintf(expected + used, "p%d %s\n", i,
		    i == 33 ? "failed: busy" : "delivered");
	cli_start(script);
	setenv("IPMSG_SOCKET", cli.path, 1);
	expect_sorted("send --group g hi", 1, expected, "ipmsgctl: 1 of 40 were not delivered\n");
	free(bytes);
}
END_TEST

static const struct {
	size_t count;
	const char *err;
} interrupted[] = {
    {3, "ipmsgctl: interrupted; the messages stay on their way, and ipmsgctl messages --sent shows "
	"what comes of them\n"},
    {19, "ipmsgctl: interrupted; 3 of 19 were not sent; the others stay on their way, and "
	 "ipmsgctl messages --sent shows what comes of them\n"},
};

/* No more than 16 at a time are begun: the daemon has to serve others too. */
START_TEST(test_group_interrupted)
{
	size_t count = interrupted[_i].count, len;
	char *bytes = make_list(count, &len), name[40];
	const struct cli_script script[] = {
	    {"List", bytes, len}, {"Send", PARTS(PART(SENT("sent")))}, {NULL}};

	cli_start(script);
	setenv("IPMSG_SOCKET", cli.path, 1);
	cli_begin("send --group g hi --json");
	for (size_t i = 0; i < count && i < 16; i++) {
		sprintf(name, "\"p%zu\"", i + 10);
		cli_await(name);
	}
	ck_assert_int_eq(kill(cli.program, SIGINT), 0);
	cli_end();
	ck_assert_str_eq(cli.err, interrupted[_i].err);
	ck_assert_int_eq(cli.status, 130);
	ck_assert_ptr_nonnull(
	    strstr(cli.out, "{\"error\":\"net.ipmsg.ctl.Interrupted\",\"parameters\":{}}\n"));
	free(bytes);
}
END_TEST

/* ---- to everybody ---- */

static const struct cli_script everybody[] = {
    {"net.ipmsg.peer.Broadcast\",\"parameters\":{\"text\":\"hi there\"}}",
	CLI_SAYS(REPLY("{\"message\":8,\"count\":5}"))},
    {"\"text\":\"lonely\"", CLI_SAYS(REPLY("{\"message\":8,\"count\":0}"))},
    {"\"text\":\"odd\"", CLI_SAYS(REPLY("{\"message\":8,\"count\":\"5\"}"))},
    {"\"text\":\"long\"",
	CLI_SAYS(ERROR("TooLong", "{\"max\":5,\"explanation\":\"5 bytes, \\u009b\"}"))},
    {NULL},
};

START_TEST(test_all)
{
	cli_start(everybody);
	setenv("IPMSG_SOCKET", cli.path, 1);
	cli_expect("send --all hi there", 0, "sent to 5\n", "");
	cli_expect("send --all hi there --json", 0, "{\"message\":8,\"count\":5}\n", "");
	cli.input = "hi there\n";
	cli_expect("send --all -", 0, "sent to 5\n", "");
	cli_expect("send --all lonely", 1, "sent to 0\n",
	    "ipmsgctl: there is nobody it could go to\n");
	cli_expect("send --all odd", 1, "", "ipmsgctl: what answers at SOCKET is not ipmsg-peerd\n");
	cli_expect("send --all long", 1, "", "ipmsgctl: 5 bytes, \\x9b; the limit is 5 bytes of UTF-8\n");
}
END_TEST

/* ---- use ---- */

static const struct {
	const char *line;
	const char *complaint;
} misused[] = {
    {"send --sealed", "send: an argument is missing; see ipmsgctl help send"},
    {"send --group", "--group needs a value; see ipmsgctl help send"},
    {"send --group= hi", "--group: the name of the group is empty"},
    {"send --group caf\xe9 hi", "--group: the name of the group is not valid UTF-8"},
    {"send --group g caf\xe9", "the text is not valid UTF-8"},
    {"send --group g", "there is no text to send"},
    {"send --group g --all hi", "--to, --group and --all exclude each other"},
    {"send --all --sealed hi",
	"--sealed: a message to everybody cannot be sealed; --group sends one to each of a group"},
    {"send --all --wait=read hi", "a message to everybody is confirmed by nobody: there is no "
			     "--wait, no --no-wait and no --now with --all"},
    {"send --all --no-wait hi", "a message to everybody is confirmed by nobody: there is no "
				"--wait, no --no-wait and no --now with --all"},
    {"send --wait read --no-wait --sealed a hi", "--wait and --no-wait exclude each other"},
    {"send a hi --wait read", "--wait read: only who opens a sealed message tells so; add --sealed"},
    {"send a hi --wait=soon", "--wait: until it is what? \"delivered\", or, of a sealed one, \"read\""},
    {"send --to caf\xe9 hi", "--to: the name is not valid UTF-8"},
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
	cli_expect("send -h", 0,
	    "usage: ipmsgctl [OPTION]... send [NAME] [TEXT... | -]\n"
	    "       send a message, and wait until it is confirmed\n"
	    "      --sealed             closed until the other opens it\n"
	    "      --wait STATE         until \"delivered\" or, if sealed, \"read\", however long\n"
	    "      --no-wait            do not wait until it is confirmed\n"
	    "      --now                fail if it cannot be delivered now\n"
	    "      --to NAME            to that one, in place of NAME; several times for several\n"
	    "      --group GROUP        to those of a group, in place of NAME\n"
	    "      --all                to everybody, confirmed by nobody, in place of NAME\n",
	    "");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("ipmsgctl-send");
	TCase *tests = tcase_create("ipmsgctl-send");

	tcase_add_checked_fixture(tests, cli_set_up, cli_tear_down);
	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, test_one);
	tcase_add_test(tests, test_group);
	tcase_add_test(tests, test_group_unasked);
	tcase_add_test(tests, test_group_together);
	tcase_add_test(tests, test_group_names);
	tcase_add_test(tests, test_group_opened);
	tcase_add_test(tests, test_several_delivered);
	tcase_add_loop_test(tests, test_group_opened_in_vain, 0,
	    (int)(sizeof blind / sizeof *blind));
	tcase_add_test(tests, test_group_of_nobody);
	tcase_add_loop_test(tests, test_group_broken, 0, (int)(sizeof broken / sizeof *broken));
	tcase_add_test(tests, test_group_slowly);
	tcase_add_test(tests, test_large_group);
	tcase_add_loop_test(tests, test_group_interrupted, 0,
	    (int)(sizeof interrupted / sizeof *interrupted));
	tcase_add_test(tests, test_all);
	tcase_add_loop_test(tests, test_misused, 0, (int)(sizeof misused / sizeof *misused));
	tcase_add_test(tests, test_help);
	suite_add_tcase(suite, tests);
	return unit_run(suite);
}
