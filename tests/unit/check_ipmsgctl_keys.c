/* What ipmsgctl shows of keys, to the letter, and how one is forgotten. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "check_ipmsgctl_fixture.h"
#include "unit.h"

#define REPLY(parameters) CLI_SAYS("{\"parameters\":" parameters "}")

#define SUPERNODE(host, port, identity, shown, key)                                                \
	"{\"host\":\"" host "\",\"port\":" port ",\"identity\":\"" identity "\",\"shown\":\""      \
	shown "\",\"key\":\"" key "\"}"
#define KEYS                                                                                       \
	"{\"name\":\"bob@sales\",\"identity\":\"OWN\",\"supernodes\":["                            \
	SUPERNODE("sn.example.org", "2425", "AAA", "AAA", "known") ","                             \
	SUPERNODE("2001:db8::1", "99", "BBB", "CCC", "changed") ","                                \
	SUPERNODE("evil.example", "2425", "", "AAA", "foreign") ","                                \
	SUPERNODE("seed.example", "2425", "", "", "unknown") ","                                   \
	SUPERNODE("new.example", "2425", "", "HHH", "unknown") ","                                 \
	SUPERNODE("gone.example", "2425", "DDD", "", "unused") ","                                 \
	SUPERNODE("off.example", "2425", "EEE", "", "unseen") ","                                  \
	SUPERNODE("x\\u001b", "1", "F\\u001b", "", "else") "],"                                    \
	"\"peers\":[{\"name\":\"eve\\u001b@lab\",\"state\":\"open\",\"identity\":\"GGG\"}]}"

static const struct cli_script shows[] = {
    {"net.ipmsg.peer.Keys", REPLY(KEYS)},
    {NULL},
};

START_TEST(test_keys)
{
	cli_start(shows);
	setenv("IPMSG_SOCKET", cli.path, 1);
	cli_expect("keys", 0,
	    "this peer, bob@sales\n"
	    "    key:OWN\n"
	    "supernode sn.example.org:2425 (as before)\n"
	    "    AAA\n"
	    "supernode [2001:db8::1]:99 (shows another key than before, and nothing is signed "
	    "toward it)\n"
	    "    BBB\n"
	    "    CCC is what it shows\n"
	    "    if its administrator says that this is right: ipmsgctl keys forget 2001:db8::1\n"
	    "supernode evil.example:2425 (shows the key of another supernode, and nothing is "
	    "signed toward it)\n"
	    "    -\n"
	    "    AAA is what it shows\n"
	    "    it is the key of sn.example.org:2425\n"
	    "supernode seed.example:2425 (has shown no key)\n"
	    "    -\n"
	    "supernode new.example:2425 (shows a key, and has let nobody in with it yet)\n"
	    "    -\n"
	    "    HHH is what it shows\n"
	    "supernode gone.example:2425 (not configured any more)\n"
	    "    DDD\n"
	    "supernode off.example:2425 (has not shown its key since the peer was started, or "
	    "shows it no more)\n"
	    "    EEE\n"
	    "supernode x\\x1b:1 ()\n"
	    "    F\\x1b\n"
	    "peer eve\\x1b@lab (path open)\n"
	    "    key:GGG\n",
	    "");
}
END_TEST

static const struct cli_script has_none[] = {
    {"net.ipmsg.peer.Keys",
	REPLY("{\"name\":\"bob@pc\",\"identity\":\"\",\"supernodes\":[],\"peers\":[]}")},
    {NULL},
};

START_TEST(test_no_key)
{
	cli_start(has_none);
	setenv("IPMSG_SOCKET", cli.path, 1);
	cli_expect("keys", 0,
	    "this peer, bob@pc\n    has no key, and others can take its name; its log says why\n",
	    "");
	cli_expect("keys --json", 0,
	    "{\"name\":\"bob@pc\",\"identity\":\"\",\"supernodes\":[],\"peers\":[]}\n", "");
}
END_TEST

/* What is written for a supernode, and what the daemon is asked. */
static const struct {
	const char *line;
	const char *host;
	const char *call;
} forgets[] = {
    {"keys forget sn.example.org", "sn.example.org", "{\"host\":\"sn.example.org\"}"},
    {"keys forget sn.example.org:99", "sn.example.org",
	"{\"host\":\"sn.example.org\",\"port\":99}"},
    {"keys forget 2001:db8::1", "2001:db8::1", "{\"host\":\"2001:db8::1\"}"},
    {"keys forget [2001:db8::1]", "2001:db8::1", "{\"host\":\"2001:db8::1\"}"},
    {"keys forget [2001:db8::1]:99", "2001:db8::1", "{\"host\":\"2001:db8::1\",\"port\":99}"},
};

START_TEST(test_forget)
{
	const struct cli_script script[] = {
	    {forgets[_i].call, REPLY("{}")},
	    {NULL},
	};
	char out[256];

	cli_start(script);
	setenv("IPMSG_SOCKET", cli.path, 1);
	snprintf(out, sizeof out,
	    "the key of %s is forgotten; the next one that it shows is taken for its own\n",
	    forgets[_i].host);
	cli_expect(forgets[_i].line, 0, out, "");
}
END_TEST

static const struct cli_script unknown[] = {
    {"ForgetSupernodeKey",
	CLI_SAYS("{\"error\":\"net.ipmsg.peer.UnknownSupernode\",\"parameters\":{\"host\":\"a\","
		 "\"explanation\":\"no key of that name\"}}")},
    {NULL},
};

#define MISTAKE                                                                                    \
	"ipmsgctl: write HOST or HOST:PORT, as in the option `supernodes' of the configuration\n"

START_TEST(test_forget_mistakes)
{
	cli_start(unknown);
	setenv("IPMSG_SOCKET", cli.path, 1);
	cli_run("keys forget a");
	ck_assert_int_ne(cli.status, 0);
	ck_assert_str_eq(cli.err, "ipmsgctl: no key of that name\n");
	cli_run("keys forget a:0");
	ck_assert_str_eq(cli.err, MISTAKE);
	cli_run("keys forget a:65536");
	ck_assert_str_eq(cli.err, MISTAKE);
	cli_run("keys forget a:1x");
	ck_assert_str_eq(cli.err, MISTAKE);
	cli_run("keys forget :1");
	ck_assert_str_eq(cli.err, MISTAKE);
	cli_run("keys forget []");
	ck_assert_str_eq(cli.err, MISTAKE);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("ipmsgctl-keys");
	TCase *tests = tcase_create("ipmsgctl-keys");

	tcase_add_checked_fixture(tests, cli_set_up, cli_tear_down);
	tcase_set_timeout(tests, 30);
	tcase_add_test(tests, test_keys);
	tcase_add_test(tests, test_no_key);
	tcase_add_loop_test(tests, test_forget, 0, sizeof forgets / sizeof *forgets);
	tcase_add_test(tests, test_forget_mistakes);
	suite_add_tcase(suite, tests);
	return unit_run(suite);
}
