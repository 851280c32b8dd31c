/* ipmsgctl's commands against a supernode under attack: bans, kicks, draining, rates. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>

#include "check_ipmsgctl_fixture.h"

#define BAN "\"what\":\"192.0.2.0/24\",\"until\":\"2026-11-22T15:30:00Z\",\"reason\":\"a \\u001B[2Jflood\""

static const struct cli_script good[] = {
    {"\"what\":\"bob@sales\"", CLI_SAYS("{\"parameters\":{\"what\":\"bob@sales\",\"ended\":1}}")},
    {"\"what\":\"192.0.2.0/23\"", CLI_SAYS("{\"parameters\":{\"what\":\"192.0.2.0/23\",\"ended\":312}}")},
    {"\"what\":\"nobody@lab\"", CLI_SAYS("{\"parameters\":{\"what\":\"nobody@lab\",\"ended\":0}}")},
    {"{\"what\":\"192.0.2.7/24\",\"reason\":\"flood\",\"seconds\":5400}",
	CLI_SAYS("{\"parameters\":{" BAN ",\"kept\":true,\"ended\":3}}")},
    {"{\"what\":\"192.0.2.9\"}",
	CLI_SAYS("{\"parameters\":{\"what\":\"192.0.2.9\",\"kept\":false,\"ended\":0}}")},
    {"Unban\",\"parameters\":{\"what\":\"192.0.2.1\"}",
	CLI_SAYS("{\"parameters\":{\"what\":\"192.0.2.1\",\"kept\":true,\"part_of\":\"192.0.2.0/24\"}}")},
    {"Unban\",\"parameters\":{\"what\":\"192.0.2.2\"}",
	CLI_SAYS("{\"parameters\":{\"what\":\"192.0.2.2\",\"kept\":true}}")},
    {"\"what\":\"bob\"",
	CLI_SAYS("{\"error\":\"net.ipmsg.super.InvalidTarget\",\"parameters\":{\"explanation\":"
		 "\"\\\"bob\\\" is neither of them\"}}")},
    {"Bans", CLI_SAYS("{\"parameters\":{\"bans\":[{" BAN "}],\"complete\":false},\"continues\":true}"
		      "\0{\"parameters\":{\"bans\":[{\"what\":\"bob@sales\"}],\"complete\":true}}")},
    {"\"on\":true", CLI_SAYS("{\"parameters\":{\"draining\":true}}")},
    {"\"on\":false", CLI_SAYS("{\"parameters\":{\"draining\":false}}")},
    {NULL},
};

static void begin(const struct cli_script *script)
{
	cli_start(script);
	setenv("IPMSG_SOCKET", cli.path, 1);
}

START_TEST(kick)
{
	begin(good);
	cli_expect("super kick bob@sales", 0, "bob@sales: 1 registration ended\n", "");
	cli_expect("super kick 192.0.2.0/23", 0, "192.0.2.0/23: 312 registrations ended\n", "");
	cli_expect("super kick nobody@lab", 0, "nobody@lab: nobody was registered\n", "");
	cli_expect("super kick bob@sales --json", 0, "{\"what\":\"bob@sales\",\"ended\":1}\n", "");
	cli_expect("super kick bob", 1, "", "ipmsgctl: \"bob\" is neither of them\n");
	cli_expect("super kick", 2, "",
	    "ipmsgctl: super kick: an argument is missing; see ipmsgctl help super kick\n");
}
END_TEST

START_TEST(ban)
{
	begin(good);
	cli_expect("super ban 192.0.2.7/24 --for 90m --reason flood", 0,
	    "192.0.2.0/24 is banned until 2026-11-23 00:30:00: 3 registrations ended\n", "");
	cli_expect("super ban 192.0.2.9", 0,
	    "192.0.2.9 is banned for good: nobody was registered\n"
	    "this could not be written down, and will not outlive the supernode; its log says why\n",
	    "");
	cli_expect("super unban 192.0.2.1", 0,
	    "the ban of 192.0.2.1 is lifted; but it is part of 192.0.2.0/24, which is banned\n", "");
	cli_expect("super unban 192.0.2.2", 0, "192.0.2.2 is banned no more\n", "");
}
END_TEST

static const char *const times[] = {"0", "-1h", "1w", "h", "1.5h", "1h30m", "3661d",
    "99999999999999999999"};

START_TEST(no_such_time)
{
	char line[80], complaint[160];

	begin(good);
	snprintf(line, sizeof line, "super ban 192.0.2.9 --for=%s", times[_i]);
	snprintf(complaint, sizeof complaint,
	    "ipmsgctl: --for: \"%s\" is not a time such as 90s, 15m, 1h or 7d, of ten years at most\n",
	    times[_i]);
	cli_expect(line, 2, "", complaint);
}
END_TEST

static const struct cli_script owners[] = {
    {"Names", CLI_SAYS("{\"parameters\":{\"names\":[{\"name\":\"bob@sales\",\"key\":\"-AA\","
		       "\"state\":\"listed\"}],\"complete\":true}}")},
    {NULL},
};

/* The key in the form in which it can be given to super kick. */
START_TEST(names)
{
	begin(owners);
	cli_expect("super names", 0,
	    "NAME       KEY      STATE   LAST USED\nbob@sales  key:-AA  listed  -\n", "");
}
END_TEST

START_TEST(bans)
{
	begin(good);
	cli_expect("super bans", 0,
	    "WHAT          UNTIL                REASON\n"
	    "192.0.2.0/24  2026-11-23 00:30:00  a \\x1b[2Jflood\n"
	    "bob@sales     for good             -\n",
	    "");
	cli_expect("super bans --json", 0, "{\"bans\":[{" BAN "},{\"what\":\"bob@sales\"}]}\n", "");
}
END_TEST

START_TEST(drain)
{
	begin(good);
	cli_expect("super drain on", 0, "draining: who is registered stays, nobody new is let in\n",
	    "");
	cli_expect("super drain off --json", 0, "{\"draining\":false}\n", "");
	cli_run("super drain");
	ck_assert_int_eq(cli.status, 2);
}
END_TEST

#define RATE(s1, s10, s60) "{\"s1\":" s1 ",\"s10\":" s10 ",\"s60\":" s60 "}"
#define NONE RATE("0.0", "0.0", "0.0")

static const struct cli_script attacked[] = {
    {"Status", CLI_SAYS("{\"parameters\":{\"version\":\"1\",\"pid\":1,\"uptime_ms\":1000,\"listen\":[],"
			"\"test_port\":2426,\"alternates\":[\"192.0.2.2:2425\"],"
			"\"registrations\":{\"fresh\":1,\"stale\":0,\"legacy\":0,\"capacity\":9},"
			"\"unproven\":0,\"introductions\":0,\"counters\":{\"received\":7,"
			"\"dropped_forged\":5,\"dropped_void\":0,\"asks_unknown\":2,"
			"\"limited_asks\":0,\"entries_new\":0},\"nat_pairs\":{\"ei-ap\":4},"
			"\"draining\":true,\"bans\":3,\"sockets\":[{\"at\":\"[::]:2425\","
			"\"receive_buffer\":4194304,\"kernel_dropped\":11}],\"rates\":{"
			"\"received\":" RATE("12345.5", "987.25", "9.9375") ",\"answered\":" NONE
			",\"dropped\":" RATE("3.0", "0.3125", "0.0625") ",\"limited\":" NONE
			",\"asks\":" NONE ",\"introductions\":" NONE ",\"kernel_dropped\":" NONE
			",\"dropped_forged\":" RATE("3.0", "0.3125", "0.0625") ",\"dropped_void\":" NONE
			"}}}")},
    {NULL},
};

START_TEST(status)
{
	begin(attacked);
	cli_expect("super status", 0,
	    "supernode      ipmsg-superd 1, process 1, up 1s\n"
	    "NAT tests      port 2426\n"
	    "               192.0.2.2:2425\n"
	    "registrations  1 fresh, 0 stale (0 of them legacy), room for 9\n"
	    "unproven       0\n"
	    "introductions  0 under way\n"
	    "draining       nobody new is let in\n"
	    "bans           3\n"
	    "sockets        [::]:2425: room for 4.2 MB, 11 dropped by the kernel\n"
	    "a second, in the last         1 s       10 s       60 s\n"
	    "  received                  12346        987        9.9\n"
	    "  answered                      0          0          0\n"
	    "  dropped                     3.0        0.3        0.1\n"
	    "    forged                    3.0        0.3        0.1\n"
	    "  beyond a limit                0          0          0\n"
	    "  asks                          0          0          0\n"
	    "  introductions                 0          0          0\n"
	    "  lost by the kernel            0          0          0\n"
	    "dropped since the start, by reason\n"
	    "  forged                         5\n"
	    "asks, by outcome\n"
	    "  unknown                        2\n"
	    "introductions, by the NATs of asker and target\n"
	    "  ei-ap                          4\n"
	    "counters\n"
	    "  received                       7\n"
	    "  entries_new                    0\n",
	    "");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("ipmsgctl_super");
	TCase *tcase = tcase_create("ipmsgctl_super");

	tcase_set_timeout(tcase, 30);
	tcase_add_checked_fixture(tcase, cli_set_up, cli_tear_down);
	tcase_add_test(tcase, kick);
	tcase_add_test(tcase, ban);
	tcase_add_loop_test(tcase, no_such_time, 0, sizeof times / sizeof *times);
	tcase_add_test(tcase, names);
	tcase_add_test(tcase, bans);
	tcase_add_test(tcase, drain);
	tcase_add_test(tcase, status);
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
