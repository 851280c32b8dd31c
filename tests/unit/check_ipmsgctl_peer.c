/*
 * ipmsgctl's commands for the peer that have one answer, to the letter: status,
 * list, messages, netcheck, reload and loglevel, and whose socket they choose.
 */
#include "config.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check_ipmsgctl_fixture.h"
#include "unit.h"

#define REPLY(parameters) CLI_SAYS("{\"parameters\":" parameters "}")
#define PAGE(name, items, complete, more)                                                          \
	"{\"parameters\":{\"" name "\":[" items "],\"complete\":" complete "}" more "}"

#define SUPERNODE(host, state, kind, address, observed, since)                                     \
	"{\"host\":\"" host "\",\"port\":2425,\"state\":\"" state "\",\"kind\":\"" kind            \
	"\",\"address\":\"" address "\",\"observed\":\"" observed "\",\"since_ms\":" since         \
	",\"lifetime_ms\":75000}"
#define STATUS(persistent, addresses, supernodes) FULL_STATUS(persistent, addresses, supernodes, "")
#define FULL_STATUS(persistent, addresses, supernodes, nat)                                        \
	"{\"version\":\"0.9.1\",\"pid\":815,\"uptime_ms\":7384000,\"user\":\"bob\",\"host\":"      \
	"\"p\\u001Bc\",\"nick\":\"ボブ\",\"group\":\"\",\"port\":2425,\"addresses\":[" addresses   \
	"],\"mailbox\":{\"persistent\":" persistent ",\"path\":\"/m\",\"bytes\":9},\"supernodes\":[" supernodes "]," nat                       \
	"\"peers\":{\"known\":3,"                                                               \
	"\"open\":1},\"messages\":{\"stored\":12,\"unread\":3,\"queued\":2},\"counters\":{\"received\":77}}"
#define NEAR "\"192.168.1.3:2425\",\"[2001:db8::3]:2425\""

#define ONE SUPERNODE("one.example", "registered", "extended", "198.51.100.1:2425", \
	"203.0.113.5:2425", "245000")
#define SEED SUPERNODE("192.0.2.9", "registered", "seed", "192.0.2.9:2425", "", "1000")
#define LOST SUPERNODE("2001:db8::9", "lost", "unknown", "[2001:db8::9]:2425", "", "0")

/* ---- status ---- */

static const struct cli_script asked_status[] = {
    {"net.ipmsg.peer.Status", REPLY(STATUS("false", NEAR, ONE "," SEED "," LOST))},
    {NULL},
};

START_TEST(test_status)
{
	cli_start(asked_status);
	setenv("IPMSG_SOCKET", cli.path, 1);
	cli_expect("status", 0,
	    "peer           ipmsg-peerd 0.9.1, process 815, up 2h03m\n"
	    "known as       ボブ@p\\x1bc (user bob on host p\\x1bc)\n"
	    "addresses      192.168.1.3:2425\n"
	    "               [2001:db8::3]:2425\n"
	    "networks       none is used as local\n"
	    "supernodes     one.example:2425 (198.51.100.1:2425): registered for 4m05s, sees this "
	    "peer at 203.0.113.5:2425\n"
	    "               192.0.2.9:2425: registered for 1s, legacy: does not say where it sees "
	    "this peer\n"
	    "               [2001:db8::9]:2425: lost, it does not answer\n"
	    "peers          3 known, 1 with an open path; 0 on the local network\n"
	    "messages       12 stored, 3 unread, 2 queued\n"
	    "mailbox        in memory: messages do not survive a restart\n"
	    "counters\n"
	    "  received                       77\n",
	    "");
	cli_expect("status --json", 0, STATUS("false", NEAR, ONE "," SEED "," LOST) "\n", "");
}
END_TEST

#define SLOW                                                                                       \
	SUPERNODE("a.example", "resolving", "unknown", "", "", "0")                                \
	"," SUPERNODE("b.example", "registering", "unknown", "198.51.100.2:2425", "", "0")         \
	"," SUPERNODE("c.example", "lost", "extended", "198.51.100.3:2425", "", "61000")           \
	"," SUPERNODE("d\\u202e", "od\\u009bd", "unknown", "\\u001b", "", "0")

static const struct cli_script bare_status[] = {
    {"net.ipmsg.peer.Status", REPLY(STATUS("true", "", SLOW))},
    {NULL},
};

START_TEST(test_other_states)
{
	cli_start(bare_status);
	setenv("IPMSG_SOCKET", cli.path, 1);
	cli_run("status");
	ck_assert_ptr_nonnull(strstr(cli.out,
	    "\nport           2425\n"
	    "networks       none is used as local\n"
	    "supernodes     a.example:2425: resolving, its name has no address yet\n"
	    "               b.example:2425 (198.51.100.2:2425): registering, it has not answered "
	    "yet\n"
	    "               c.example:2425 (198.51.100.3:2425): lost, it does not answer\n"
	    "               d\\u{202e}:2425 (\\x1b): od\\x9bd\n"
	    "peers "));
	ck_assert_ptr_nonnull(strstr(cli.out,
	    "\nmessages       12 stored, 3 unread, 2 queued\nmailbox        /m, 9 B\n"));
}
END_TEST

/* ---- the NAT in status ---- */

#define NAT_OF(family, translated, mapping, ports, filtering, open)                                \
	"{\"family\":\"" family "\",\"translated\":" translated ",\"mapping\":\"" mapping           \
	"\",\"ports\":\"" ports "\",\"filtering\":\"" filtering "\",\"open_input\":" open "}"

static const struct {
	const char *nat;
	const char *line;
} summaries[] = {
    {"", "nothing is known of a NAT"},
    {NAT_OF("IPv4", "true", "independent", "kept", "restricted", "false"),
	"IPv4: a NAT that shows everybody the same port, keeps ports, lets in only whom this peer "
	"has written to"},
    {NAT_OF("IPv4", "true", "independent", "kept", "restricted", "true") "," NAT_OF("IPv6",
	 "false", "none", "kept", "unknown", "false"),
	"IPv4: a NAT that shows everybody the same port, keeps ports, lets in only whom this peer "
	"has written to, has to be opened from inside first\n               IPv6: no NAT"},
    {NAT_OF("IPv4", "true", "independent", "unknown", "independent", "false"),
	"IPv4: a NAT that shows everybody the same port, lets everybody in"},
    {NAT_OF("IPv4", "true", "address-dependent", "random", "unknown", "false"),
	"IPv4: a NAT that shows each address another port, gives ports out at random"},
    {NAT_OF("IPv4", "true", "port-dependent", "sequential", "unknown", "false"),
	"IPv4: a NAT that shows each destination another port, gives ports out one after another"},
    {NAT_OF("IPv4", "true", "unknown", "kept", "unknown", "false"),
	"IPv4: a NAT that may show others another port, keeps ports"},
    {NAT_OF("IPv4", "false", "unknown", "unknown", "unknown", "false"),
	"IPv4: nothing is known yet"},
    {NAT_OF("IPv6", "false", "none", "kept", "restricted", "false"),
	"IPv6: no NAT, but a firewall lets in only whom this peer has written to"},
    {NAT_OF("IPv4", "false", "none", "kept", "independent", "false"),
	"IPv4: no NAT, everybody can reach it"},
    {NAT_OF("I\\u001Bv", "true", "n\\u001Bew", "\\u009b", "\\u009b", "false"),
	"I\\x1bv: a NAT that may show others another port"},
};

START_TEST(test_nat_in_status)
{
	char bytes[4096], text[1024];
	int len = snprintf(bytes, sizeof bytes,
	    "{\"parameters\":" FULL_STATUS("true", "", ONE, "\"nat\":[%s],") "}",
	    summaries[_i].nat);
	const struct cli_script script[] = {
	    {"net.ipmsg.peer.Status", bytes, (size_t)len + 1}, {NULL}};

	cli_start(script);
	setenv("IPMSG_SOCKET", cli.path, 1);
	cli_run("status");
	snprintf(text, sizeof text, "\nNAT            %s\npeers ", summaries[_i].line);
	ck_assert_msg(strstr(cli.out, text) != NULL, "%s", cli.out);
	ck_assert_int_eq(cli.status, 0);
}
END_TEST

/* ---- list and messages ---- */

#define ALICE                                                                                      \
	"{\"id\":1,\"name\":\"アリス@営業\",\"user\":\"alice\",\"host\":\"pc\",\"nick\":"          \
	"\"アリス\",\"group\":\"営業\",\"state\":\"open\",\"reason\":\"\",\"kind\":\"extended\","  \
	"\"endpoint\":\"198.51.100.7:40001\",\"since_ms\":5000,\"heard_ms\":4200}"
#define CAROL                                                                                      \
	"{\"id\":2,\"name\":\"carol@c\",\"user\":\"\",\"host\":\"\",\"nick\":\"\",\"group\":\"\"," \
	"\"state\":\"failed\",\"reason\":\"no-answer\",\"kind\":\"unknown\",\"endpoint\":\"\","    \
	"\"since_ms\":0,\"heard_ms\":null}"
#define EVE                                                                                        \
	"{\"id\":3,\"name\":\"e\\u001B[2J\",\"user\":\"\",\"host\":\"\",\"nick\":\"\",\"group\":"  \
	"\"\",\"state\":\"idle\",\"reason\":\"\",\"kind\":\"seed\",\"endpoint\":\"192.0.2.1:1\","  \
	"\"since_ms\":0,\"heard_ms\":185000}"

#define RECEIVED                                                                                   \
	"{\"id\":1,\"direction\":\"received\",\"name\":\"アリス@営業\",\"text\":"                  \
	"\"Hello,\\r\\n2026-11-22 00:00:00  from boss\\n\\n\\u001B[2Jbye\\n\",\"time\":"           \
	"\"2025-11-22T15:30:00Z\",\"state\":\"unread\",\"reason\":\"\"}"
#define SENT                                                                                       \
	"{\"id\":2,\"direction\":\"sent\",\"name\":\"bob@x\",\"text\":\"hi\",\"time\":"            \
	"\"2025-11-22T15:31:00Z\",\"state\":\"delivered\",\"reason\":\"\"}"
#define FAILED                                                                                     \
	"{\"id\":3,\"direction\":\"sent\",\"name\":\"bob@x\",\"text\":\"ho\",\"time\":"            \
	"\"y\\u001Besterday\",\"state\":\"failed\",\"reason\":\"not-confirmed\"}"

static const struct cli_script lists[] = {
    {"net.ipmsg.peer.List",
	CLI_SAYS(PAGE("peers", ALICE "," CAROL, "false", ",\"continues\":true") "\0" PAGE("peers",
	    EVE, "true", ""))},
    {"net.ipmsg.peer.Messages\",\"parameters\":{\"which\":\"all\"},\"more\":true",
	CLI_SAYS(PAGE("messages", RECEIVED, "false", ",\"continues\":true") "\0" PAGE("messages",
	    SENT "," FAILED, "true", ""))},
    {"Status", REPLY(STATUS("true", "", ""))},
    {NULL},
};

START_TEST(test_lists)
{
	cli_start(lists);
	setenv("IPMSG_SOCKET", cli.path, 1);
	cli_expect("list", 0,
	    "NAME         STATE               KIND    ENDPOINT            HEARD\n"
	    "アリス@営業  open                ours    198.51.100.7:40001  4s\n"
	    "carol@c      failed (no-answer)  -       -                   -\n"
	    "e\\x1b[2J     idle                legacy  192.0.2.1:1         3m05s\n",
	    "");
	cli_expect("list --json", 0, "{\"peers\":[" ALICE "," CAROL "," EVE "]}\n", "");
	/* An indented line is no head of a message, whatever is in it. */
	cli_expect("messages --all", 0,
	    "1  2025-11-23 00:30  from アリス@営業, unread\n"
	    "    Hello,\n"
	    "    2026-11-22 00:00:00  from boss\n"
	    "    \n"
	    "    \\x1b[2Jbye\n"
	    "2  2025-11-23 00:31  to bob@x, delivered\n"
	    "    hi\n"
	    "3  y\\x1besterday  to bob@x, failed: not confirmed\n"
	    "    ho\n"
	    "2 waiting to be delivered: ipmsgctl queue shows why\n",
	    "");
	cli_expect("messages --all --json", 0,
	    "{\"messages\":[" RECEIVED "," SENT "," FAILED "]}\n", "");
}
END_TEST

static const struct cli_script nothing[] = {
    {"List", CLI_SAYS(PAGE("peers", "", "true", ""))},
    {"Messages", CLI_SAYS(PAGE("messages", SENT, "false", ",\"continues\":true")), true},
    {"Reload", CLI_SAYS("{\"error\":\"net.ipmsg.daemon.ConfigurationInvalid\",\"parameters\":{"
			"\"messages\":[\"ipmsg.conf:3: no\"]}}")},
    {NULL},
};

START_TEST(test_nothing_and_breaking_off)
{
	cli_start(nothing);
	setenv("IPMSG_SOCKET", cli.path, 1);
	cli_expect("list", 0, "nobody is known yet; ipmsgctl ask NAME makes a path to a peer\n",
	    "");
	cli_expect("list --json", 0, "{\"peers\":[]}\n", "");
	cli_expect("messages", 3, "2  2025-11-23 00:31  to bob@x, delivered\n    hi\n",
	    "ipmsgctl: no answer from ipmsg-peerd at SOCKET: it closed the connection\n");
	cli_expect("messages --json", 3,
	    "{\"messages\":[" SENT "],\"error\":\"net.ipmsg.ctl.Unreachable\",\"parameters\":{"
	    "\"socket\":\"SOCKET\",\"reason\":\"it closed the connection\"}}\n",
	    "ipmsgctl: no answer from ipmsg-peerd at SOCKET: it closed the connection\n");
	cli_expect("reload", 1, "",
	    "ipmsgctl: the configuration is not valid; ipmsg-peerd keeps the one it has\n"
	    "ipmsgctl: ipmsg.conf:3: no\n");
}
END_TEST

/* It comes out whole. */
START_TEST(test_long_message)
{
	static char bytes[64 * 1024], text[4 * 4000 + 1];
	size_t used = 0, len;

	used = (size_t)sprintf(bytes,
	    "{\"parameters\":{\"messages\":[{\"id\":1,\"direction\":\"received\",\"name\":\"a\","
	    "\"time\":\"2025-11-22T15:30:00Z\",\"state\":\"unread\",\"reason\":\"\",\"text\":\"");
	for (len = 0; len < 16000; len += 4) {
		used += (size_t)sprintf(bytes + used, "\\u001b");
		sprintf(text + len, "\\x1b");
	}
	used += (size_t)sprintf(bytes + used, "\"}],\"complete\":true}}") + 1;
	const struct cli_script script[] = {{"Messages", bytes, used},
	    {"Status", REPLY(STATUS("true", "", ""))}, {NULL}};

	cli_start(script);
	setenv("IPMSG_SOCKET", cli.path, 1);
	cli_run("messages");
	ck_assert_ptr_nonnull(strstr(cli.out, "  from a, unread\n    \\x1b"));
	ck_assert_ptr_nonnull(strstr(cli.out, text));
}
END_TEST

/* ---- netcheck ---- */

#define SEEN(address, observed)                                                                    \
	SUPERNODE("s.example", "registered", "extended", address, observed, "5000")
#define LINE(address, observed)                                                                    \
	"s.example:2425 (" address "): registered for 5s, sees this peer at " observed "\n"
#define TESTED "true,\"testing\":false"
#define UNTESTED "false,\"testing\":false"
#define RUNNING "false,\"testing\":true"
/* What netcheck says of a NAT that the daemon has not tested, … */
#define SEEN_NAT(family, by, translated, kept, mapping, because)                                   \
	"{\"family\":\"" family "\",\"tested\":" UNTESTED ",\"translated\":" translated           \
	",\"mapping\":\"" mapping "\",\"ports\":\"unknown\",\"step\":0,\"filtering\":\"unknown\","   \
	"\"open_input\":false,\"destinations\":0,\"addresses\":0,\"private_hops\":0,"            \
	"\"observed\":\"\",\"tested_ms\":null,\"because\":\"" because "\",\"seen_by\":" by         \
	",\"port_kept\":" kept "}"
#define ALONE "untested"
/* … and what the daemon itself says of one, and netcheck adds to that. */
#define NAT(family, tested, translated, mapping, ports, step, filtering, open, to, at, hops)       \
	"{\"family\":\"" family "\",\"tested\":" tested ",\"translated\":" translated              \
	",\"mapping\":\"" mapping "\",\"ports\":\"" ports "\",\"step\":" step                      \
	",\"filtering\":\"" filtering "\",\"open_input\":" open ",\"destinations\":" to             \
	",\"addresses\":" at ",\"private_hops\":" hops ",\"observed\":\"203.0.113.5:40009\","      \
	"\"tested_ms\":5000"
#define TOLD(nat) nat "}"
#define JUDGED(nat, because, by, kept)                                                             \
	nat ",\"because\":\"" because "\",\"seen_by\":" by ",\"port_kept\":" kept "}"
#define A "198.51.100.1:2425"
#define A2 "198.51.100.1:2426"
#define B "198.51.100.2:2425"
#define KEEPS "IPv4: behind a NAT that keeps the port 2425\n"
#define CHANGES "IPv4: behind a NAT that changes the port 2425\n"
#define SAME                                                                                       \
	"      it shows everybody the same address and port\n"                                    \
	"      punching works as a rule\n"
#define ANOTHER(whom)                                                                              \
	"      it shows each " whom " another address or port\n"                                  \
	"      punching works only toward a side that lets in what comes from any port\n"
#define NOT_KNOWN "      whether it shows everybody the same port is not known"
#define TAKES "      testing it takes two supernodes, or one with a second address\n"
#define CANNOT_BE_TOLD NOT_KNOWN "\n      no supernode could test it\n" TAKES
#define NO_NAT(family) family ": no NAT, the supernodes see this host's own address\n"
#define NO_FIREWALL "      everybody can reach it, unless a firewall stands before it\n"

#define TWIN(family, state, address, observed)                                                     \
	"{\"host\":\"s.example\",\"port\":2425,\"family\":\"" family "\",\"state\":\"" state       \
	"\",\"address\":\"" address "\",\"observed\":\"" observed "\",\"since_ms\":5000}"
#define FROM(port, address, observed)                                                              \
	"{\"host\":\"s.example\",\"port\":2425,\"state\":\"registered\",\"address\":\"" address    \
	"\",\"observed\":\"" observed "\",\"local_port\":" port ",\"since_ms\":5000}"
#define TWINS                                                                                      \
	TWIN("IPv4", "registered", A, "192.168.1.3:2425") ","                                      \
	TWIN("IPv6", "lost", "[2001:db8::1]:2425", "")
#define T_EI NAT("IPv4", TESTED, "true", "independent", "kept", "0", "restricted", "false", "4", "2", "2")
#define T_AD NAT("IPv4", TESTED, "true", "address-dependent", "random", "0", "unknown", "false", "4", "2", "1")
#define T_AP NAT("IPv4", TESTED, "true", "port-dependent", "sequential", "2", "unknown", "false", "4", "2", "0")
#define T_OPEN NAT("IPv4", TESTED, "true", "independent", "kept", "0", "independent", "true", "4", "2", "1")
#define T_ONE NAT("IPv4", TESTED, "true", "unknown", "kept", "0", "unknown", "false", "2", "1", "1")
#define T_TESTING NAT("IPv4", RUNNING, "true", "unknown", "unknown", "0", "unknown", "false", "1", "1", "1")
#define T_NONE NAT("IPv4", TESTED, "false", "none", "kept", "0", "restricted", "false", "4", "2", "0")

static const struct {
	const char *supernodes; /* and what else the status has */
	const char *lines;
	const char *nat;
	const char *sentence;
	const char *complaint;
} nats[] = {
    {SEEN(A, "192.168.1.3:2425"), LINE(A, "192.168.1.3:2425"),
	SEEN_NAT("IPv4", "1", "false", "true", "none", ""),
	NO_NAT("IPv4") NO_FIREWALL,
	""},
    {SEEN(A, "203.0.113.5:2425"), LINE(A, "203.0.113.5:2425"),
	SEEN_NAT("IPv4", "1", "true", "true", "unknown", ALONE),
	KEEPS CANNOT_BE_TOLD,
	""},
    /* two ports of one host are not enough */
    {SEEN(A, "203.0.113.5:40001") "," SEEN(A2, "203.0.113.5:40001"),
	LINE(A, "203.0.113.5:40001") LINE(A2, "203.0.113.5:40001"),
	SEEN_NAT("IPv4", "2", "true", "false", "unknown", ALONE),
	CHANGES CANNOT_BE_TOLD,
	""},
    {SEEN(A, "203.0.113.5:40001") "," SEEN(B, "203.0.113.5:40001"),
	LINE(A, "203.0.113.5:40001") LINE(B, "203.0.113.5:40001"),
	SEEN_NAT("IPv4", "2", "true", "false", "independent", ""),
	CHANGES SAME,
	""},
    {SEEN(A, "203.0.113.5:40001") "," SEEN(B, "203.0.113.5:40002"),
	LINE(A, "203.0.113.5:40001") LINE(B, "203.0.113.5:40002"),
	SEEN_NAT("IPv4", "2", "true", "false", "dependent", ""),
	CHANGES ANOTHER("supernode"),
	""},
    /* one next door, one outside; and another family */
    {SEEN(A, "192.168.1.3:2425") "," SEEN(B, "203.0.113.5:2425") "," SEEN(
	 "[2001:db8::1]:2425", "[2001:db8::3]:2425"),
	LINE(A, "192.168.1.3:2425") LINE(B, "203.0.113.5:2425")
	    LINE("[2001:db8::1]:2425", "[2001:db8::3]:2425"),
	SEEN_NAT("IPv4", "2", "true", "true", "unknown", ALONE) "," SEEN_NAT("IPv6", "1", "false", "true", "none", ""),
	KEEPS CANNOT_BE_TOLD
	NO_NAT("IPv6") NO_FIREWALL,
	""},
    /* what the daemon has tested is better than what is seen */
    {SEEN(A, "203.0.113.5:2425") "],\"nat\":[" TOLD(T_EI), LINE(A, "203.0.113.5:2425"),
	JUDGED(T_EI, "", "1", "true"),
	KEEPS SAME "      it lets in only whom this peer has written to\n"
	"      2 routers with private addresses stand before the first public one; each may be a "
	"NAT\n",
	""},
    {SEEN(A, "203.0.113.5:2425") "," SEEN(B, "203.0.113.5:2425") "],\"nat\":[" TOLD(T_AD),
	LINE(A, "203.0.113.5:2425") LINE(B, "203.0.113.5:2425"), JUDGED(T_AD, "", "2", "true"),
	KEEPS ANOTHER("address") "      it gives ports out at random\n",
	""},
    {SEEN(A, "203.0.113.5:40001") "],\"nat\":[" TOLD(T_AP), LINE(A, "203.0.113.5:40001"),
	JUDGED(T_AP, "", "1", "false"),
	CHANGES ANOTHER("destination") "      it gives ports out in steps of 2\n",
	""},
    {SEEN(A, "203.0.113.5:2425") "],\"nat\":[" TOLD(T_OPEN), LINE(A, "203.0.113.5:2425"),
	JUDGED(T_OPEN, "", "1", "true"),
	KEEPS SAME "      it lets everybody in once this peer has sent anything\n"
	"      it has to be opened from inside before the other side sends; both see to that\n",
	""},
    {SEEN(A, "203.0.113.5:2425") "],\"nat\":[" TOLD(T_ONE), LINE(A, "203.0.113.5:2425"),
	JUDGED(T_ONE, "one-address", "1", "true"),
	KEEPS NOT_KNOWN "\n      the tests went to one address only\n" TAKES,
	""},
    {SEEN(A, "203.0.113.5:2425") "],\"nat\":[" TOLD(T_TESTING), LINE(A, "203.0.113.5:2425"),
	JUDGED(T_TESTING, "testing", "1", "true"),
	KEEPS NOT_KNOWN " yet\n      tests run; see again in a few seconds\n",
	""},
    /* a supernode that is reached by one of two families is reached */
    {TWINS "],\"nat\":[" TOLD(T_NONE),
	LINE(A, "192.168.1.3:2425")
	"s.example:2425 ([2001:db8::1]:2425): lost, it does not answer\n",
	JUDGED(T_NONE, "", "1", "true"),
	NO_NAT("IPv4") "      a firewall lets in only whom this peer has written to\n"
	"      punching opens it\n",
	""},
    /* what counts is the port that each is entered from */
    {FROM("52922", A, "203.0.113.5:52922") "," FROM("0", B, "203.0.113.5:2425"),
	"s.example:2425 (" A "): registered for 5s, now from port 52922, sees this peer at "
	"203.0.113.5:52922\n" LINE(B, "203.0.113.5:2425"),
	SEEN_NAT("IPv4", "2", "true", "true", "unknown", ALONE), KEEPS CANNOT_BE_TOLD, ""},
    {FROM("52922", A, "192.168.1.3:52922"),
	"s.example:2425 (" A "): registered for 5s, now from port 52922, sees this peer at "
	"192.168.1.3:52922\n",
	SEEN_NAT("IPv4", "1", "false", "true", "none", ""), NO_NAT("IPv4") NO_FIREWALL, ""},
    {SEED "," LOST,
	"192.0.2.9:2425: registered for 1s, legacy: does not say where it sees this peer\n"
	"[2001:db8::9]:2425: lost, it does not answer\n",
	"", "about a NAT nothing can be told: no supernode says where it sees this peer\n",
	"ipmsgctl: 1 of 2 supernodes not reached; see that one runs there, and that UDP gets "
	"through to it\n"},
    {"", "", "", "about a NAT nothing can be told: no supernode says where it sees this peer\n",
	"ipmsgctl: no supernode is configured; see `supernodes' in ipmsg.conf(5)\n"},
};

START_TEST(test_netcheck)
{
	char bytes[8192], text[8192];
	int failed = *nats[_i].complaint != '\0', registered = 0;
	const char *end = strstr(nats[_i].supernodes, "],\"nat\":[");
	int supernodes = end != NULL ? (int)(end - nats[_i].supernodes) : -1;
	int len = snprintf(bytes, sizeof bytes,
	    "{\"parameters\":" STATUS("false", NEAR, "%s") "}", nats[_i].supernodes);
	const struct cli_script script[] = {
	    {"net.ipmsg.peer.Status", bytes, (size_t)len + 1}, {NULL}};

	cli_start(script);
	setenv("IPMSG_SOCKET", cli.path, 1);
	snprintf(text, sizeof text, "%s%s", nats[_i].lines, nats[_i].sentence);
	cli_expect("netcheck", failed, text, nats[_i].complaint);
	for (const char *p = text; (p = strstr(p, "registered for")) != NULL; p++)
		registered++;
	snprintf(text, sizeof text,
	    "{\"registered\":%d,\"supernodes\":[%.*s],\"addresses\":[" NEAR "],\"port\":2425,"
	    "\"nat\":[%s]}\n",
	    registered, supernodes, nats[_i].supernodes, nats[_i].nat);
	cli_expect("netcheck --json", failed, text, nats[_i].complaint);
}
END_TEST

/* ---- reload, loglevel, sockets, versions ---- */

#define INFO(product, version)                                                                     \
	REPLY("{\"vendor\":\"ipmsgd\",\"product\":\"" product "\",\"version\":\"" version          \
	      "\",\"url\":\"\",\"interfaces\":[]}")

static const struct cli_script common[] = {
    {"net.ipmsg.daemon.Reload", REPLY("{}")},
    {"net.ipmsg.daemon.GetLogLevel", REPLY("{\"level\":\"info\"}")},
    {"net.ipmsg.daemon.SetLogLevel\",\"parameters\":{\"level\":\"debug\"}",
	REPLY("{\"level\":\"debug\"}")},
    {"GetInfo", INFO("ipmsg-peerd", "9.9.9")},
    {NULL},
};

START_TEST(test_common)
{
	cli_start(common);
	setenv("IPMSG_SOCKET", cli.path, 1);
	cli_expect("reload", 0, "", "");
	cli_expect("reload --json", 0, "{}\n", "");
	cli_expect("loglevel", 0, "info\n", "");
	cli_expect("loglevel debug --json", 0, "{\"level\":\"debug\"}\n", "");
	cli_expect("loglevel caf\xe9", 2, "", "ipmsgctl: the level is not valid UTF-8\n");
}
END_TEST

/* A socket in $XDG_RUNTIME_DIR comes before the system's, if it is there. */
START_TEST(test_personal_socket)
{
	char dir[80];

	snprintf(dir, sizeof dir, "%s/ipmsg-peerd", cli.dir);
	ck_assert_int_eq(mkdir(dir, 0700), 0);
	snprintf(cli.path, sizeof cli.path, "%.70s/control", dir);
	cli_start(common);
	cli_run("loglevel");
	ck_assert_str_eq(cli.out, "info\n");
	cli_run("version");
	ck_assert_ptr_nonnull(strstr(cli.out, "\nipmsg-peerd 9.9.9 (SOCKET)\n"));
	ck_assert_ptr_nonnull(strstr(cli.err,
	    "ipmsgctl: warning: ipmsg-peerd at SOCKET is of version 9.9.9, this is "
	    PACKAGE_VERSION "\n"));
	cli_stop();
	cli_run("loglevel");
	ck_assert_str_eq(cli.err,
	    "ipmsgctl: no answer from ipmsg-peerd at SOCKET: nobody listens there; it is not "
	    "running\n");
	unlink(cli.path);
	rmdir(dir);
	setenv("IPMSG_SOCKET", "/nonexistent/socket", 1);
	cli_expect("loglevel", 3, "",
	    "ipmsgctl: no answer from ipmsg-peerd at /nonexistent/socket: there is no such "
	    "socket; is it running?\n");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("ipmsgctl-peer");
	TCase *tests = tcase_create("ipmsgctl-peer");

	tcase_add_checked_fixture(tests, cli_set_up, cli_tear_down);
	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, test_status);
	tcase_add_test(tests, test_other_states);
	tcase_add_loop_test(tests, test_nat_in_status, 0,
	    (int)(sizeof summaries / sizeof *summaries));
	tcase_add_test(tests, test_lists);
	tcase_add_test(tests, test_nothing_and_breaking_off);
	tcase_add_test(tests, test_long_message);
	tcase_add_loop_test(tests, test_netcheck, 0, (int)(sizeof nats / sizeof *nats));
	tcase_add_test(tests, test_common);
	tcase_add_test(tests, test_personal_socket);
	suite_add_tcase(suite, tests);
	return unit_run(suite);
}
