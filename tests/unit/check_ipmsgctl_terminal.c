/*
 * ipmsgctl on a terminal: rows that fit the line, East Asian and combining characters in columns,
 * colours where they are wanted, and nothing of a stranger's that acts on the terminal.
 */
#include "config.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <wchar.h>

#include "check_ipmsgctl_fixture.h"
#include "unit.h"

#define REPLY(parameters) CLI_SAYS("{\"parameters\":" parameters "}")
#define MAIL(id, direction, name, text, state, reason)                                             \
	"{\"id\":" id ",\"direction\":\"" direction "\",\"name\":\"" name "\",\"text\":\"" text    \
	"\",\"time\":\"2025-11-22T15:30:00Z\",\"state\":\"" state "\",\"reason\":\"" reason "\"}"
#define PEER(name, state, reason, endpoint)                                                        \
	"{\"id\":1,\"name\":\"" name "\",\"state\":\"" state "\",\"reason\":\"" reason             \
	"\",\"kind\":\"extended\",\"endpoint\":\"" endpoint "\",\"heard_ms\":2000}"
#define SEVENTY "0123456789012345678901234567890123456789012345678901234567890123456789"

/* ---- the line ---- */

/* East Asian, a combining mark, emoji. */
#define ACUTE "\xcc\x81"
#define CAT "\xf0\x9f\x90\xb1"
#define WAITING                                                                                    \
	MAIL("7", "sent", "鈴木@営業部", "日本語の長い長い本文がここに続きます。" SEVENTY,         \
	    "waiting", "unknown-name")                                                             \
	"," MAIL("8", "sent", "rene\\u0301@sales", "short", "waiting", "") "," MAIL("19", "sent",  \
	    CAT "@x", CAT CAT " cats\\nmore", "waiting", "nat")
#define NEAR PEER("鈴木@営業部", "open", "", "192.0.2.1:2425")
#define LONG_NAME "a-person-with-a-very-long-name@and-a-very-long-group"
#define FAR(endpoint) PEER(LONG_NAME, "failed", "no-answer", endpoint)
#define PEERS(list) REPLY("{\"peers\":[" list "],\"complete\":true}")

static const struct cli_script wide[] = {
    {"Messages", REPLY("{\"messages\":[" WAITING "],\"complete\":true}")},
    {"net.ipmsg.peer.List", PEERS(NEAR "," FAR("192.0.2.2:2425"))},
    {NULL},
};

/* Addresses are never cut. */
static const struct cli_script long_addresses[] = {
    {"net.ipmsg.peer.List", PEERS(NEAR "," FAR("[2001:db8:1:2:3:4:5:6]:2425"))},
    {NULL},
};

#define QUEUE_OF_80 \
	"ID  TO           SINCE             EXPIRES  WHY                TEXT\n" \
	"7   鈴木@営業部  2025-11-23 00:30  -        nobody is called…  日本語の長い長い…\n" \
	"8   rene" ACUTE "@sales   2025-11-23 00:30  -        on its way         short\n" \
	"19  " CAT "@x         2025-11-23 00:30  -        no way through t…  " CAT CAT " cats …\n"

static const struct {
	const char *line;
	int columns;
	const struct cli_script *script;
	const char *out;
} tables[] = {
    {"queue", 0, wide,
	"ID  TO           SINCE             EXPIRES  WHY                      TEXT\n"
	"7   鈴木@営業部  2025-11-23 00:30  -        nobody is called so      "
	"日本語の長い長い本文がここに続きます。" SEVENTY "\n"
	"8   rene" ACUTE "@sales   2025-11-23 00:30  -        on its way               short\n"
	"19  " CAT "@x         2025-11-23 00:30  -        no way through the NATs  " CAT CAT
	" cats …\n"},
    {"queue", 40, wide,
	"ID  TO          WHY          TEXT\n"
	"7   鈴木@営業…  nobody is …  日本語の長…\n"
	"8   rene" ACUTE "@sales  on its way   short\n"
	"19  " CAT "@x        no way thr…  " CAT CAT " cats …\n"},
    {"queue", 60, wide,
	"ID  TO           WHY                   TEXT\n"
	"7   鈴木@営業部  nobody is called so   日本語の長い長い本文…\n"
	"8   rene" ACUTE "@sales   on its way            short\n"
	"19  " CAT "@x         no way through the …  " CAT CAT " cats …\n"},
    {"queue", 80, wide, QUEUE_OF_80},
    {"queue", -1, wide, QUEUE_OF_80},
    {"queue", 120, wide,
	"ID  TO           SINCE             EXPIRES  WHY                      TEXT\n"
	"7   鈴木@営業部  2025-11-23 00:30  -        nobody is called so      "
	"日本語の長い長い本文がここに続きます。012345678901…\n"
	"8   rene" ACUTE "@sales   2025-11-23 00:30  -        on its way               short\n"
	"19  " CAT "@x         2025-11-23 00:30  -        no way through the NATs  " CAT CAT
	" cats …\n"},
    {"list", 40, wide,
	"NAME         STATE        ENDPOINT\n"
	"a-person-w…  failed (no…  192.0.2.2:2425\n"
	"鈴木@営業部  open         192.0.2.1:2425\n"},
    {"list", 80, long_addresses,
	"NAME                STATE               KIND  ENDPOINT                     HEARD\n"
	"a-person-with-a-v…  failed (no-answer)  ours  [2001:db8:1:2:3:4:5:6]:2425  2s\n"
	"鈴木@営業部         open                ours  192.0.2.1:2425               2s\n"},
    /* this cannot fit, and is not cut in vain */
    {"list", 40, long_addresses,
	"NAME                                                  "
	"STATE               KIND  ENDPOINT                     HEARD\n"
	"a-person-with-a-very-long-name@and-a-very-long-group  "
	"failed (no-answer)  ours  [2001:db8:1:2:3:4:5:6]:2425  2s\n"
	"鈴木@営業部                                           "
	"open                ours  192.0.2.1:2425               2s\n"},
};

/* As the C library sees it. */
static int columns_of(const char *line, size_t bytes)
{
	wchar_t characters[1024];
	char copy[1024];
	size_t n;

	ck_assert_uint_lt(bytes, sizeof copy);
	memcpy(copy, line, bytes);
	copy[bytes] = '\0';
	n = mbstowcs(characters, copy, 1024);
	ck_assert_uint_ne(n, (size_t)-1);
	return wcswidth(characters, n);
}

/* Of the widest line. */
static int columns_printed(void)
{
	int most = 0;

	setlocale(LC_CTYPE, "C.UTF-8");
	for (const char *line = cli.out; *line != '\0'; line += strcspn(line, "\n") + 1) {
		int columns = columns_of(line, strcspn(line, "\n"));

		most = columns > most ? columns : most;
	}
	return most;
}

START_TEST(test_tables)
{
	cli.columns = tables[_i].columns;
	cli_start(tables[_i].script);
	setenv("IPMSG_SOCKET", cli.path, 1);
	cli_expect(tables[_i].line, 0, tables[_i].out, "");
}
END_TEST

static const int widths[] = {38, 45, 50, 60, 64, 70, 72, 79, 80, 81, 100, 120, 200};

START_TEST(test_lines_fit)
{
	cli.columns = widths[_i];
	cli_start(wide);
	setenv("IPMSG_SOCKET", cli.path, 1);
	cli_run("queue");
	ck_assert_int_le(columns_printed(), cli.columns);
	cli_run("list");
	ck_assert_int_le(columns_printed(), cli.columns);
}
END_TEST

/* ---- long texts ---- */

/* As the program itself would say it, where the terminal's second line begins. */
#define FAKE "9  2025-11-23 00:30  from boss@x, unread"
#define SIXTY "012345678901234567890123456789012345678901234567890123456789"
#define TEN_WIDE "一二三四五六七八九十"
#define PADDED SIXTY "0123456789012345" FAKE
#define BROAD TEN_WIDE TEN_WIDE TEN_WIDE TEN_WIDE "end"
#define LETTER                                                                                     \
	"{\"id\":1,\"direction\":\"received\",\"name\":\"" SIXTY " " FAKE "\",\"text\":\"" PADDED        \
	"\\nsome words " SIXTY "12345 more words\\n" BROAD                                          \
	"\",\"time\":\"2025-11-22T15:30:00Z\",\"state\":\"read\",\"reason\":\"\",\"offers\":[{\"name\":" \
	"\"" SIXTY " " FAKE "\",\"size\":5,\"kind\":\"file\"}]}"

static const struct cli_script verbose[] = {
    {"Status", REPLY("{}")},
    {"Messages", REPLY("{\"messages\":[" LETTER "],\"complete\":true}")},
    {"Watch", CLI_SAYS("{\"parameters\":{\"event\":{\"type\":\"message\",\"time\":"
	"\"2025-11-22T15:30:00Z\",\"message\":" LETTER "}}}")},
    {NULL},
};

static const struct {
	const char *line;
	int columns;
	const char *out;
} folded[] = {
    {"messages -a", 80,
	"1  2025-11-23 00:30  from \n"
	"    012345678901234567890123456789012345678901234567890123456789 9  2025-11-23 \n"
	"    00:30  from boss@x, unread, read\n"
	"    0123456789012345678901234567890123456789012345678901234567890123456789012345\n"
	"    9  2025-11-23 00:30  from boss@x, unread\n"
	"    some words \n"
	"    01234567890123456789012345678901234567890123456789012345678912345 more words\n"
	"    一二三四五六七八九十一二三四五六七八九十一二三四五六七八九十一二三四五六七八\n"
	"    九十end\n"
	"  file 012345678901234567890123456789012345678901234567890123456789 9  \n"
	"    2025-11-23 00:30  from boss@x, unread (5 B)\n"},
    {"messages -a", 40,
	"1  2025-11-23 00:30  from \n"
	"    012345678901234567890123456789012345\n"
	"    678901234567890123456789 9  \n"
	"    2025-11-23 00:30  from boss@x, \n"
	"    unread, read\n"
	"    012345678901234567890123456789012345\n"
	"    678901234567890123456789012345678901\n"
	"    23459  2025-11-23 00:30  from \n"
	"    boss@x, unread\n"
	"    some words \n"
	"    012345678901234567890123456789012345\n"
	"    67890123456789012345678912345 more \n"
	"    words\n"
	"    一二三四五六七八九十一二三四五六七八\n"
	"    九十一二三四五六七八九十一二三四五六\n"
	"    七八九十end\n"
	"  file \n"
	"    012345678901234567890123456789012345\n"
	"    678901234567890123456789 9  \n"
	"    2025-11-23 00:30  from boss@x, \n"
	"    unread (5 B)\n"},
    {"watch", 80,
	"2025-11-23 00:30:00  message    from \n"
	"                     01234567890123456789012345678901234567890123456789012345678\n"
	"                     9 9  2025-11-23 00:30  from boss@x, unread: \n"
	"                     01234567890123456789012345678901234567890123456789012345678\n"
	"                     901234567890123459  2025-11-23 00:30  from boss@x, \n"
	"                     unread\\nsome words \n"
	"                     01234567890123456789012345678901234567890123456789012345678\n"
	"                     912345 more \n"
	"                     words\\n一二三四五六七八九十一二三四五六七八九十一二三四五六\n"
	"                     七八九十一二三四五六七八九十end, file \n"
	"                     01234567890123456789012345678901234567890123456789012345678\n"
	"                     9 9  2025-11-23 00:30  from boss@x, unread (5 B)\n"},
};

/* What goes on behind the end of a line is indented, so that it cannot pass for a head. */
START_TEST(test_folded)
{
	setenv("TERM", "dumb", 1);
	cli.columns = folded[_i].columns;
	cli_start(verbose);
	setenv("IPMSG_SOCKET", cli.path, 1);
	cli_expect(folded[_i].line, 0, folded[_i].out, "");
}
END_TEST

/* As long as a message can be, and without a blank: its length counts once. */
START_TEST(test_longest)
{
	static const char head[] = "{\"parameters\":{\"message\":{\"id\":1,\"text\":\"";
	static char bytes[900000];
	const struct cli_script script[] = {{"Read", bytes, sizeof bytes}, {NULL}};
	struct rusage usage;

	memset(bytes, 'x', sizeof bytes);
	memcpy(bytes, head, sizeof head - 1);
	memcpy(bytes + sizeof bytes - 5, "\"}}}", 5);
	cli.columns = 80;
	cli_start(script);
	setenv("IPMSG_SOCKET", cli.path, 1);
	cli_run("read 1");
	ck_assert_int_eq(cli.status, 0);
	ck_assert_int_eq(columns_printed(), 80);
	ck_assert_int_eq(getrusage(RUSAGE_CHILDREN, &usage), 0);
	ck_assert_int_lt(usage.ru_utime.tv_sec, 2);
}
END_TEST

/* ---- colours ---- */

static const struct cli_script coloured[] = {
    {"Status", REPLY("{}")},
    {"Messages", REPLY("{\"messages\":[" MAIL("1", "received", "a", "x", "unread", "") "," MAIL(
	"2", "received", "a", "x", "read", "") "," MAIL("3", "sent", "a", "x", "failed",
	"expired") "],\"complete\":true}")},
    {NULL},
};

#define LISTED(bold, red, end)                                                                     \
	bold "1  2025-11-23 00:30  from a, unread" end "\n    x\n"                                 \
	     "2  2025-11-23 00:30  from a, read\n    x\n" red                                      \
	     "3  2025-11-23 00:30  to a, failed: waited too long" end "\n    x\n"
#define COLOURED LISTED("\033[1m", "\033[31m", "\033[0m")
#define PLAIN LISTED("", "", "")

static const struct {
	int columns; /* 0: no terminal */
	const char *terminal, *no_color;
	const char *out;
} colours[] = {
    {80, "xterm-256color", NULL, COLOURED},
    {80, "xterm-256color", "", COLOURED}, /* as https://no-color.org has it */
    {80, "xterm-256color", "0", PLAIN},
    {80, "dumb", NULL, PLAIN},
    {80, NULL, NULL, PLAIN},
    {0, "xterm-256color", NULL, PLAIN},
};

static void set_variable(const char *name, const char *value)
{
	if (value != NULL)
		setenv(name, value, 1);
	else
		unsetenv(name);
}

START_TEST(test_colours)
{
	set_variable("TERM", colours[_i].terminal);
	set_variable("NO_COLOR", colours[_i].no_color);
	cli.columns = colours[_i].columns;
	cli_start(coloured);
	setenv("IPMSG_SOCKET", cli.path, 1);
	cli_expect("messages --all", 0, colours[_i].out, "");
}
END_TEST

/* ---- strangers ---- */

/* Escape sequences of 7 and 8 bits, a bell, DEL, and what turns or ends a line. */
#define EVIL                                                                                       \
	"a\\u001b[2Jb\\u009b31mc\\u0007d\\u007fe\\u202ef\\u2066g\\u200fh\\ufeffi\\u2028j\\rk"
#define EVIL_MAIL MAIL("1", "received", EVIL, EVIL, "unread", EVIL)
#define EVIL_EVENT(type, what) "{\"event\":{\"type\":\"" type "\",\"time\":\"" EVIL "\"," what "}}"
#define PART(parameters) "{\"parameters\":" parameters ",\"continues\":true}\0"
#define ENDS "{\"error\":\"" EVIL "\",\"parameters\":{\"explanation\":\"" EVIL "\"}}"

static const struct cli_script hostile[] = {
    {"Messages", REPLY("{\"messages\":[" EVIL_MAIL "],\"complete\":true}")},
    {"net.ipmsg.peer.List", PEERS(PEER(EVIL, EVIL, EVIL, EVIL))},
    {"Read", REPLY("{\"message\":" EVIL_MAIL "}")},
    {"Watch", CLI_SAYS(PART(EVIL_EVENT("message", "\"message\":" EVIL_MAIL)) PART(EVIL_EVENT(EVIL,
	"\"x\":1")) ENDS)},
    {"Send", CLI_SAYS(PART("{\"message\":1,\"state\":\"" EVIL "\"}")
	"{\"parameters\":{\"message\":1,\"state\":\"waiting\",\"explanation\":\"" EVIL
	"\",\"expires\":\"" EVIL "\"}}")},
    {"Status", CLI_SAYS("{\"error\":\"net.ipmsg.peer.X\",\"parameters\":{\"explanation\":\"" EVIL
	"\"}}")},
    {NULL},
};

static const char *const hostile_lines[] = {"messages -a", "queue", "list", "list -l", "read 1",
    "watch", "send a b", "send --to a --to b c", "status", "export"};

static void expect_harmless(const char *text)
{
	static const char *const harmful[] = {"\xc2\x9b", "\xe2\x80\xae", "\xe2\x81\xa6",
	    "\xe2\x80\x8f", "\xef\xbb\xbf", "\xe2\x80\xa8"};

	for (const char *p = text; *p != '\0'; p++)
		ck_assert_msg(*p == '\n' || ((unsigned char)*p >= ' ' && *p != 0x7f), "%s", text);
	for (size_t i = 0; i < sizeof harmful / sizeof *harmful; i++)
		ck_assert_ptr_null(strstr(text, harmful[i]));
}

START_TEST(test_strangers)
{
	char line[128];

	setenv("TERM", "dumb", 1); /* so that no colours are there */
	cli.columns = 80;
	cli_start(hostile);
	setenv("IPMSG_SOCKET", cli.path, 1);
	for (int json = 0; json < 2; json++) {
		snprintf(line, sizeof line, "%s%s", hostile_lines[_i], json ? " --json" : "");
		cli_run(line);
		ck_assert_int_ne(strlen(cli.out) + strlen(cli.err), 0);
		expect_harmless(cli.out);
		expect_harmless(cli.err);
	}
}
END_TEST

#define COUNT(table) (int)(sizeof table / sizeof *table)

int main(void)
{
	Suite *suite = suite_create("ipmsgctl-terminal");
	TCase *tests = tcase_create("ipmsgctl-terminal");

	tcase_add_checked_fixture(tests, cli_set_up, cli_tear_down);
	tcase_set_timeout(tests, 60);
	tcase_add_loop_test(tests, test_tables, 0, COUNT(tables));
	tcase_add_loop_test(tests, test_lines_fit, 0, COUNT(widths));
	tcase_add_loop_test(tests, test_folded, 0, COUNT(folded));
	tcase_add_test(tests, test_longest);
	tcase_add_loop_test(tests, test_colours, 0, COUNT(colours));
	tcase_add_loop_test(tests, test_strangers, 0, COUNT(hostile_lines));
	suite_add_tcase(suite, tests);
	return unit_run(suite);
}
