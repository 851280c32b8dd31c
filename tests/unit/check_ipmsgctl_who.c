/* ipmsgctl who, to the letter: table, JSON, what supernodes do not tell; and choices of an ask. */
#include <stdio.h>
#include <string.h>

#include "check_ipmsgctl_fixture.h"
#include "unit.h"

#define LISTED(name, group, host, supernode)                                                       \
	"{\"name\":\"" name "\",\"nick\":\"n\",\"group\":\"" group "\",\"user\":\"u\",\"host\":\"" \
	host "\",\"kind\":\"extended\",\"supernode\":\"" supernode "\"}"
#define PEER(name, group, host, supernode)                                                         \
	"{\"parameters\":{\"peer\":" LISTED(name, group, host, supernode) "},\"continues\":true}\0"
#define TELLING(supernode, reason, explanation)                                                    \
	"{\"supernode\":\"" supernode "\",\"reason\":\"" reason "\",\"explanation\":\"" explanation \
	"\"}"
#define END(supernodes) "{\"parameters\":{\"supernodes\":[" supernodes "]}}"

#define TOLD TELLING("one.example", "", "")
#define OFF TELLING("supernode.example.org", "refused", "supernode.example.org tells nobody who "  \
			"else is there (option roster)")

static const struct cli_script some[] = {
    {"net.ipmsg.peer.Who",
	CLI_SAYS(PEER("dave@sales", "sales", "pc9", "one.example")
		PEER("アリス@営業", "営業", "p\\u001Bc", "two.example:99")
		PEER("bob@pc2", "", "pc2", "one.example")
		END(TOLD "," OFF))},
    {NULL},
};

START_TEST(test_table)
{
	cli_start(some);
	setenv("IPMSG_SOCKET", cli.path, 1);
	cli_expect("who", 0,
	    "NAME         GROUP  HOST    SUPERNODE\n"
	    "bob@pc2      -      pc2     one.example\n"
	    "dave@sales   sales  pc9     one.example\n"
	    "アリス@営業  営業   p\\x1bc  two.example:99\n",
	    "ipmsgctl: supernode.example.org tells nobody who else is there (option roster)\n");
}
END_TEST

START_TEST(test_json)
{
	cli_start(some);
	setenv("IPMSG_SOCKET", cli.path, 1);
	cli_run("who --json");
	ck_assert_int_eq(cli.status, 0);
	ck_assert_str_eq(cli.out,
	    "{\"peers\":[" LISTED("dave@sales", "sales", "pc9", "one.example") ","
	    LISTED("アリス@営業", "営業", "p\\u001Bc", "two.example:99") ","
	    LISTED("bob@pc2", "", "pc2", "one.example") "],\"supernodes\":[" TOLD "," OFF "]}\n");
}
END_TEST

static const struct cli_script alone[] = {{"net.ipmsg.peer.Who", CLI_SAYS(END(TOLD))}, {NULL}};
static const struct cli_script untold[] = {{"net.ipmsg.peer.Who", CLI_SAYS(END(OFF))}, {NULL}};

START_TEST(test_alone)
{
	cli_start(alone);
	setenv("IPMSG_SOCKET", cli.path, 1);
	cli_expect("who", 0, "nobody else is there, or none whom a supernode may tell of\n", "");
}
END_TEST

START_TEST(test_untold)
{
	cli_start(untold);
	setenv("IPMSG_SOCKET", cli.path, 1);
	cli_expect("who", 1, "",
	    "ipmsgctl: supernode.example.org tells nobody who else is there (option roster)\n");
	cli_expect("who --json", 1, "{\"peers\":[],\"supernodes\":[" OFF "]}\n",
	    "ipmsgctl: supernode.example.org tells nobody who else is there (option roster)\n");
}
END_TEST

static const struct cli_script failing[] = {
    {"net.ipmsg.peer.Who",
	CLI_SAYS("{\"error\":\"net.ipmsg.peer.NoSupernode\",\"parameters\":{\"explanation\":"
		 "\"there is none\"}}")},
    {NULL},
};
static const struct cli_script strange[] = {
    {"net.ipmsg.peer.Who", CLI_SAYS("{\"parameters\":{\"peer\":7},\"continues\":true}")}, {NULL}};

START_TEST(test_failures)
{
	cli_start(failing);
	setenv("IPMSG_SOCKET", cli.path, 1);
	cli_expect("who", 1, "", "ipmsgctl: there is none\n");
	cli_stop();
	cli_start(strange);
	cli_run("who");
	ck_assert_int_ne(cli.status, 0);
	ck_assert_str_eq(cli.out, "");
	cli_run("who you");
	ck_assert_int_eq(cli.status, 2);
}
END_TEST

#define AMBIGUOUS                                                                                  \
	"{\"explanation\":\"several are called bob: bob@sales, bob@lab; ask for one of them\","    \
	"\"name\":\"bob\",\"choices\":[\"bob@sales\",\"bob@lab\"]}"

static const struct cli_script ambiguous[] = {
    {"net.ipmsg.peer.Ask",
	CLI_SAYS("{\"error\":\"net.ipmsg.peer.Ambiguous\",\"parameters\":" AMBIGUOUS "}")},
    {NULL},
};

START_TEST(test_choices)
{
	cli_start(ambiguous);
	setenv("IPMSG_SOCKET", cli.path, 1);
	cli_expect("ask bob", 1, "",
	    "ipmsgctl: several are called bob: bob@sales, bob@lab; ask for one of them\n");
	cli_expect("ask bob --json", 1,
	    "{\"error\":\"net.ipmsg.peer.Ambiguous\",\"parameters\":" AMBIGUOUS "}\n",
	    "ipmsgctl: several are called bob: bob@sales, bob@lab; ask for one of them\n");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("ipmsgctl who");
	TCase *tcase = tcase_create("who");

	tcase_add_checked_fixture(tcase, cli_set_up, cli_tear_down);
	tcase_add_test(tcase, test_table);
	tcase_add_test(tcase, test_json);
	tcase_add_test(tcase, test_alone);
	tcase_add_test(tcase, test_untold);
	tcase_add_test(tcase, test_failures);
	tcase_add_test(tcase, test_choices);
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
