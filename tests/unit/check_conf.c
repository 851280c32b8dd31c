/*
 * The configuration: what is taken, what is refused, and in which words. Each
 * message must be right to the letter, since it is all that an administrator
 * has to go by.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "conf/conf.h"
#include "unit.h"

#define TEXT_BYTES 16384
#define REPORTS_MAX 16

static char path[64];

struct reports {
	size_t count;
	char text[REPORTS_MAX][600];
};

static void collect(const char *text, void *context)
{
	struct reports *reports = context;

	ck_assert_uint_lt(reports->count, REPORTS_MAX);
	snprintf(reports->text[reports->count++], sizeof reports->text[0], "%s", text);
}

static void make_file(const char *text, size_t len)
{
	snprintf(path, sizeof path, "/tmp/check_conf.XXXXXX");
	int fd = mkstemp(path);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, len), (ssize_t)len);
	close(fd);
}

static bool read_text(struct conf *conf, const char *text, struct reports *reports)
{
	*reports = (struct reports){0};
	make_file(text, strlen(text));
	bool good = conf_read(conf, path, false, collect, reports);

	unlink(path);
	return good;
}

static void read_good(struct conf *conf, const char *text)
{
	struct reports reports;

	conf_init(conf);
	bool good = read_text(conf, text, &reports);

	ck_assert_msg(good, "refused: %s", reports.count > 0 ? reports.text[0] : "(no message)");
	ck_assert_uint_eq(reports.count, 0);
}

#define SUPERNODE_FORMS                                                                            \
	"\"supernode.example.org\", \"192.0.2.1:2425\" or \"[2001:db8::1]:2425\""

#define RULE_FORMS "; write \"alice@sales\", \"*@sales\", \"@sales\", \"*\" or \"key:KEY\""

#define INTERFACE_FORMS \
	"write \"eth0\" or \"eth*\" for interfaces to take, \"!docker*\" for others not to"
#define LAN_ADDRESS_FORMS                                                                          \
	"write \"192.0.2.0/24\" for a network, \"192.0.2.1\" or \"192.0.2.1:2426\" for a host"

/* Each mistake: "LINE: text", or for those without a line ": text". */
static const struct {
	const char *text;
	const char *mistakes[4];
} wrong[] = {
    {"superd {\n\tnikc = \"x\"\n}\n", {"2: unknown option \"nikc\"; did you mean nick?"}},
    {"superd {\n max_unproven = 5\n}",
	{"2: unknown option \"max_unproven\"; did you mean max-unproven?"}},
    {"log {\n colour = red\n}", {"2: unknown option \"colour\"; there are: level, target, addresses"}},
    {"superd { }\nsuprd {\n nick = x\n}", {"2: unknown section \"suprd\"; did you mean superd?"}},
    {"\n\nmailbox {\n a = { b, c }\n d { e = f }\n}\n",
	{"3: unknown section \"mailbox\"; there are: superd, peerd, log"}},
    {"nick = x\n", {"1: nick: it belongs into the section superd { }"}},
    {"superd {\n level = info\n}", {"2: level: it belongs into the section log { }"}},
    {"hello = x\n",
	{"1: unknown option \"hello\"; options stand within a section, as in superd { }"}},
    {"superd { }\nsuperd|nick = x\n", {"2: nick: it belongs into the section superd { }"}},
    {"superd {\n max-unproven = many\n}",
	{"2: max-unproven: \"many\" is not a number; write a whole number from 1 to 1000000"}},
    {"superd {\n max-unproven = 0x10\n}",
	{"2: max-unproven: \"0x10\" is not a number; write a whole number from 1 to 1000000"}},
    {"superd {\n max-unproven = ''\n}",
	{"2: max-unproven: \"\" is not a number; write a whole number from 1 to 1000000"}},
    {"superd {\n legacy-keepalive = 301\n}", {"2: legacy-keepalive: \"301\" is out of range; write "
					      "a whole number of seconds from 1 to 300"}},
    {"superd {\n legacy-keepalive = 0\n}", {"2: legacy-keepalive: \"0\" is out of range; write a "
					    "whole number of seconds from 1 to 300"}},
    {"superd {\n max-registrations = -5\n}",
	{"2: max-registrations: \"-5\" is out of range; write a whole number from 1 to 100000000"}},
    {"superd {\n max-same-nick = 18446744073709551617\n}",
	{"2: max-same-nick: \"18446744073709551617\" is out of range; write a whole number from 1 "
	 "to 1000000"}},
    {"superd {\n asks-per-source = { 1, 0 }\n}", {"2: asks-per-source: \"0\" is out of range; "
						   "write a whole number from 1 to 1000000"}},
    {"superd {\n asks-per-source = many\n}", {"2: asks-per-source: \"many\" is not a number; "
					      "write a whole number from 0 to 1000000"}},
    {"superd {\n orders-per-asker = { 1,\n 2, 3 }\n}",
	{"3: orders-per-asker: \"3\" is one too many; write { RATE, BURST }: so many a second, and "
	 "so many at once"}},
    {"superd {\n signature-cpu = 101\n}", {"2: signature-cpu: \"101\" is out of range; write a "
					   "whole number of percent from 0 to 100"}},
    {"superd {\n receive-buffer = 4\n}", {"2: receive-buffer: \"4\" is out of range; write a whole "
					  "number of bytes from 65536 to 1073741824"}},
    {"superd {\n nick = { a }\n}",
	{"2: nick: it takes one value, no list; write it without braces"}},
    {"superd {\n nick = { a,\n b, c }\n}",
	{"3: nick: it takes one value, no list; write it without braces"}},
    {"superd {\n nick = a\n\n nick = b\n}",
	{"4: nick: it is set again, after line 2; keep one of them"}},
    {"superd {\n listen = { 1.1.1.1 }\n listen = { 1.1.1.1 }\n}",
	{"3: listen: it is set again, after line 2; keep one of them"}},
    {"superd {\n nick = a\n}\nsuperd\n{\n group = b\n}",
	{"4: section superd stands here again, after line 1; put both into one"}},
    {"superd {\n listen = { }\n}", {"2: listen: there is nothing between the braces; write a "
				    "value, or leave the option out to have its default"}},
    {"superd {\n listen = {\n 'example.org' }\n}",
	{"3: listen: \"example.org\": not a numeric IPv4 or IPv6 address; write \"192.0.2.1\", "
	 "\"192.0.2.1:2425\" or \"[2001:db8::1]:2425\""}},
    {"superd {\n listen = { '0.0.0.0:65536' }\n}",
	{"2: listen: \"0.0.0.0:65536\": the port must be a number from 1 to 65535; write "
	 "\"192.0.2.1\", \"192.0.2.1:2425\" or \"[2001:db8::1]:2425\""}},
    {"superd {\n listen = { '0.0.0.0',\n '0.0.0.0:2425' }\n}",
	{"3: listen: \"0.0.0.0:2425\" stands there twice; once is enough"}},
    {"superd {\n test-port = 65536\n}", {"2: test-port: \"65536\" is out of range; write a whole "
					     "number from 0 to 65535"}},
    {"superd {\n alternates = {\n '0.0.0.0:2426' }\n}",
	{"3: alternates: \"0.0.0.0:2426\": nobody can send there; write the address at which peers "
	 "reach this supernode besides, \"192.0.2.2\" or \"192.0.2.2:2425\""}},
    {"superd {\n alternates = { 224.0.0.1 }\n}",
	{"2: alternates: \"224.0.0.1\": nobody can send there; write the address at which peers "
	 "reach this supernode besides, \"192.0.2.2\" or \"192.0.2.2:2425\""}},
    {"superd {\n alternates = { 1.1.1.1:x }\n}",
	{"2: alternates: \"1.1.1.1:x\": the port must be a number from 1 to 65535; write "
	 "\"192.0.2.1\", \"192.0.2.1:2425\" or \"[2001:db8::1]:2425\""}},
    {"superd {\n alternates = { 1.1.1.1,\n 1.1.1.2, 1.1.1.3,\n 1.1.1.4 }\n}",
	{"4: alternates: \"1.1.1.4\" is one too many; at most 3 addresses fit"}},
    {"superd {\n legacy = maybe\n}",
	{"2: legacy: \"maybe\" is unknown; write \"limited\", \"open\" or \"off\""}},
    {"superd {\n directory = closed\n}",
	{"2: directory: \"closed\" is unknown; write \"open\" or \"members\""}},
    {"superd {\n roster = some\n}",
	{"2: roster: \"some\" is unknown; write \"off\", \"group\" or \"all\""}},
    {"log {\n level = loud\n}",
	{"2: level: \"loud\" is unknown; write \"error\", \"warn\", \"info\" or \"debug\""}},
    {"log {\n addresses = none\n}",
	{"2: addresses: \"none\" is unknown; write \"truncated\" or \"full\""}},
    {"superd {\n metrics = 192.0.2.1\n}",
	{"2: metrics: \"192.0.2.1\" is not a loopback address, and metrics are for this host "
	 "alone; write \"127.0.0.1:9425\", \"[::1]:9425\", or \"\" for none"}},
    {"superd {\n metrics = \"[::]:9425\"\n}",
	{"2: metrics: \"[::]:9425\" is not a loopback address, and metrics are for this host "
	 "alone; write \"127.0.0.1:9425\", \"[::1]:9425\", or \"\" for none"}},
    {"superd {\n metrics = 9425\n}",
	{"2: metrics: \"9425\": not a numeric IPv4 or IPv6 address; write \"127.0.0.1:9425\", "
	 "\"[::1]:9425\", or \"\" for none"}},
    {"log {\n target = file\n}",
	{"2: target: \"file\" is unknown; write \"auto\", \"stderr\" or \"syslog\""}},
    {"superd {\n legacy-charset = \"CP0\"\n}", {"2: legacy-charset: \"CP0\" is no character set of "
						"iconv; `iconv -l` lists them, CP932 is usual"}},
    {"superd {\n nick = a\n", {"1: this '{' has no end; write '}' where it ends"}},
    {"superd {\n nick = a\nlog {\n level = info\n}\n",
	{"1: this '{' has no end; write '}' before line 3"}},
    {"superd {\n listen = { 1.1.1.1\n nick = a\n}\n",
	{"2: this '{' opens a list that has no end; write '}' before line 3"}},
    {"superd { }\n}\n", {"2: this '}' closes nothing; take it out"}},
    {"superd {\n nick = \"a\n}\n", {"2: this text has no end; close it with \""}},
    {"superd {\n nick = 'a\n}\n", {"2: this text has no end; close it with '"}},
    {"superd { }\n/* never ends\n", {"2: this comment has no end; close it with */"}},
    {"superd\n nick = a\n",
	{"2: missing opening brace for section 'superd'; write '{' behind its name"}},
    {"superd {\n nick a\n}",
	{"2: missing equal sign after option 'nick'; a value that holds spaces needs quotes"}},
    {"superd {\n nick =\n}",
	{"3: unexpected token '}'; write OPTION = VALUE, or for a list OPTION = { VALUE, VALUE }"}},
    {"superd {\n nick = \"\\9\"\n}", {"2: bad escape sequence '\\9'; write \\\\ for a backslash"}},
    {"superd {\n group = \"${HOME}\"\n}",
	{"2: ${ } would be replaced from the environment, which a daemon has no business with; "
	 "write the value itself"}},
    {"superd {\n # ${HOME}\n group = ${HOME}\n}",
	{"3: ${ } would be replaced from the environment, which a daemon has no business with; "
	 "write the value itself"}},
    {"superd {\n nick = \"a:b\"\n}",
	{"2: nick: \"a:b\" holds ':', which separates the fields of a packet; leave it out"}},
    {"superd {\n nick = \"a\\tb\"\n}",
	{"2: nick: \"a\\tb\" holds a control character; write printable text"}},
    {"superd {\n group = \"\\x01\"\n}",
	{"2: group: \"\\x01\" holds a control character; write printable text"}},
    {"superd {\n group = \"\xc2\x85\"\n}",
	{"2: group: \"\\x85\" holds a control character; write printable text"}},
    {"superd {\n nick = \"\x82\xa0\"\n}",
	{"2: nick: \"\\x82\\xa0\" is not valid UTF-8; save the file in UTF-8"}},
    {"superd {\n nick = \"\"\n}", {"2: nick: \"\" is empty; the supernode needs a name"}},
    {"superd {\n nick = "
     "01234567890123456789012345678901234567890123456789012345678901234567890123456789\n}",
	{"2: nick: \"012345678901234567890123456789012345678901234567890123456...\" is too long: "
	 "80 "
	 "bytes; at most 79 fit"}},
    {"superd {\n control = \"run/control\"\n}",
	{"2: control: \"run/control\" is not an absolute path; begin it with '/'"}},
    {"superd {\n control = "
     "/01234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901"
     "23456789abcdefg\n}",
	{"2: control: \"/01234567890123456789012345678901234567890123456789012345...\" is too "
	 "long: "
	 "108 bytes; at most 107 fit"}},
    {"peerd {\n supernode = { a }\n}",
	{"2: unknown option \"supernode\"; did you mean supernodes?"}},
    {"peerd {\n supernodes = { 'a b' }\n}",
	{"2: supernodes: \"a b\": neither a host name nor a numeric address; write "
	 SUPERNODE_FORMS}},
    {"peerd {\n supernodes = {\n 'e.org:0' }\n}",
	{"3: supernodes: \"e.org:0\": the port must be a number from 1 to 65535; write "
	 SUPERNODE_FORMS}},
    {"peerd {\n supernodes = { 'e.org:2425:1' }\n}",
	{"2: supernodes: \"e.org:2425:1\": the port must be a number from 1 to 65535; write "
	 SUPERNODE_FORMS}},
    {"peerd {\n supernodes = { '192.0.2.300' }\n}",
	{"2: supernodes: \"192.0.2.300\": neither a host name nor a numeric address; write "
	 SUPERNODE_FORMS}},
    {"peerd {\n supernodes = { '[::1' }\n}",
	{"2: supernodes: \"[::1\": ']' is missing; write " SUPERNODE_FORMS}},
    {"peerd {\n supernodes = { '0.0.0.0' }\n}",
	{"2: supernodes: \"0.0.0.0\": no host can have this address; write " SUPERNODE_FORMS}},
    {"peerd {\n supernodes = { '-a.org', 'a..org', '' }\n}",
	{"2: supernodes: \"-a.org\": neither a host name nor a numeric address; write "
	 SUPERNODE_FORMS,
	    "2: supernodes: \"a..org\": neither a host name nor a numeric address; write "
	    SUPERNODE_FORMS,
	    "2: supernodes: \"\": neither a host name nor a numeric address; write "
	    SUPERNODE_FORMS}},
    {"peerd {\n supernodes = { a.org,\n 'A.org:2425' }\n}",
	{"3: supernodes: \"A.org:2425\" stands there twice; once is enough"}},
    {"peerd {\n supernodes = { a, b, c,\n d }\n}",
	{"3: supernodes: \"d\" is one too many; at most 3 supernodes fit"}},
    {"peerd {\n allow = { 'bob' }\n}",
	{"2: allow: \"bob\": a nick alone is nobody's; its group or host belongs to it" RULE_FORMS}},
    {"peerd {\n deny = { '@x',\n 'key:abc' }\n}",
	{"3: deny: \"key:abc\": this is no key: that is 43 characters, as ipmsgctl keys shows it"
	 RULE_FORMS}},
    /* of the right length, and no point that keys may be: nobody could ever match it */
    {"peerd {\n allow = { 'key:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA' }\n}",
	{"2: allow: \"key:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\": this is no key: that is "
	 "43 characters, as ipmsgctl keys shows it" RULE_FORMS}},
    {"peerd {\n deny = { 'a@\xff' }\n}",
	{"2: deny: \"a@\\xff\": this is not valid UTF-8; save the file in UTF-8" RULE_FORMS}},
    {"peerd {\n state-directory = state\n}",
	{"2: state-directory: \"state\" is not an absolute path; begin it with '/'"}},
    {"peerd {\n wan-port = 65536\n}",
	{"2: wan-port: \"65536\" is out of range; write a whole number from 1 to 65535"}},
    {"peerd {\n lan = public\n}",
	{"2: lan: \"public\" is unknown; write \"private\", \"all\" or \"off\""}},
    {"peerd {\n lan-port = 0\n}", {"2: lan-port: \"0\" is out of range; write a whole number "
				  "from 1 to 65535"}},
    {"peerd {\n candidate-interfaces = { 'eth0',\n '!',\n 'a b',\n '../x' }\n}",
	{"3: candidate-interfaces: \"!\": no name stands there; " INTERFACE_FORMS,
	    "4: candidate-interfaces: \"a b\": no interface is called so; " INTERFACE_FORMS,
	    "5: candidate-interfaces: \"../x\": no interface is called so; " INTERFACE_FORMS}},
    {"peerd {\n candidate-interfaces = { '[eth', 'eth[01]', '[!]',\n 'e[]',\n '!x[^]y' }\n}",
	{"2: candidate-interfaces: \"[eth\": a set in it ends with ], and a \\ has something "
	 "behind it; " INTERFACE_FORMS,
	    "2: candidate-interfaces: \"[!]\": a set in it ends with ], and a \\ has something "
	    "behind it; " INTERFACE_FORMS,
	    "3: candidate-interfaces: \"e[]\": a set in it ends with ], and a \\ has something "
	    "behind it; " INTERFACE_FORMS,
	    "4: candidate-interfaces: \"!x[^]y\": a set in it ends with ], and a \\ has something "
	    "behind it; " INTERFACE_FORMS}},
    {"peerd {\n candidate-interfaces = { '0123456789abcdef0123456789abcdef' }\n}",
	{"2: candidate-interfaces: \"0123456789abcdef0123456789abcdef\": this is longer than any "
	 "name; " INTERFACE_FORMS}},
    {"peerd {\n lan-addresses = { 'host' }\n}",
	{"2: lan-addresses: \"host\": not a numeric IPv4 or IPv6 address; " LAN_ADDRESS_FORMS}},
    {"peerd {\n lan-addresses = { '192.0.2.1:0' }\n}",
	{"2: lan-addresses: \"192.0.2.1:0\": the port must be a number from 1 to 65535; "
	 LAN_ADDRESS_FORMS}},
    {"peerd {\n lan-addresses = { '224.0.0.1',\n '0.0.0.0' }\n}",
	{"2: lan-addresses: \"224.0.0.1\": no host can have this address; " LAN_ADDRESS_FORMS,
	    "3: lan-addresses: \"0.0.0.0\": no host can have this address; " LAN_ADDRESS_FORMS}},
    {"peerd {\n lan-addresses = { 'fd00::1' }\n}",
	{"2: lan-addresses: \"fd00::1\": neighbours are found by multicast over IPv6, without "
	 "their addresses; " LAN_ADDRESS_FORMS}},
    {"peerd {\n lan-addresses = { '10.1.0.0/7',\n '10.1.0.0/31',\n '10.1.0.0/x' }\n}",
	{"2: lan-addresses: \"10.1.0.0/7\": the bits of a network are a number from 8 to 30; "
	    LAN_ADDRESS_FORMS,
	    "3: lan-addresses: \"10.1.0.0/31\": the bits of a network are a number from 8 to 30; "
	    LAN_ADDRESS_FORMS,
	    "4: lan-addresses: \"10.1.0.0/x\": the bits of a network are a number from 8 to 30; "
	    LAN_ADDRESS_FORMS}},
    {"peerd {\n lan-addresses = { '10.1.0.255/24',\n 'fd00::/24',\n '10.1.0.0:99/24' }\n}",
	{"2: lan-addresses: \"10.1.0.255/24\": no network begins with this address; "
	    LAN_ADDRESS_FORMS,
	    "3: lan-addresses: \"fd00::/24\": no IPv4 network stands before the \"/\"; "
	    LAN_ADDRESS_FORMS,
	    "4: lan-addresses: \"10.1.0.0:99/24\": no IPv4 network stands before the \"/\"; "
	    LAN_ADDRESS_FORMS}},
    {"peerd {\n lan-addresses = { 10.0.0.1,\n '10.0.0.1' }\n}",
	{"3: lan-addresses: \"10.0.0.1\" stands there twice; once is enough"}},
    {"peerd {\n list-ask = maybe\n}",
	{"2: list-ask: \"maybe\" is unknown; write \"yes\" or \"no\""}},
    {"peerd {\n max-neighbours = 0\n}", {"2: max-neighbours: \"0\" is out of range; write a "
					"whole number from 1 to 65536"}},
    {"peerd {\n refresh = 1\n}",
	{"2: refresh: \"1\" is out of range; write a whole number of seconds from 2 to 120"}},
    {"peerd {\n opener-ttl = 1\n}",
	{"2: opener-ttl: \"1\" is no TTL for an opener; write a number from 2 to 6, or 0 for no "
	 "opener"}},
    {"peerd {\n opener-ttl = ''\n}",
	{"2: opener-ttl: \"\" is no TTL for an opener; write a number from 2 to 6, or 0 for no "
	 "opener"}},
    {"peerd {\n nick = \"a:b\"\n}",
	{"2: nick: \"a:b\" holds ':', which separates the fields of a packet; leave it out"}},
    {"peerd {\n legacy-charset = ''\n}",
	{"2: legacy-charset: \"\" is no character set of iconv; `iconv -l` lists them, CP932 is "
	 "usual"}},
    {"peerd {\n control = run\n}",
	{"2: control: \"run\" is not an absolute path; begin it with '/'"}},
    /* Comments of every kind leave the lines as they are. */
    {"/* a */ // b\n# c\nsuperd { /* d\n */ listen = { # e\n 1.1.1.1 }\n nick = \"\"\n}\n",
	{"6: nick: \"\" is empty; the supernode needs a name"}},
    /* Several at once, in the order of their lines. */
    {"superd {\n nick = \"\"\n nikc = 1\n legacy = x\n}\nlog {\n level = ${L}\n}",
	{"2: nick: \"\" is empty; the supernode needs a name",
	    "3: unknown option \"nikc\"; did you mean nick?",
	    "4: legacy: \"x\" is unknown; write \"limited\", \"open\" or \"off\"",
	    "7: ${ } would be replaced from the environment, which a daemon has no business with; "
	    "write the value itself"}},
};

START_TEST(refuses)
{
	struct conf conf, before;
	struct reports reports;
	size_t expected = 0;

	memset(&conf, 0x5a, sizeof conf);
	before = conf;
	ck_assert_msg(!read_text(&conf, wrong[_i].text, &reports), "taken: %s", wrong[_i].text);
	ck_assert_mem_eq(&conf, &before, sizeof conf);
	for (; expected < 4 && wrong[_i].mistakes[expected] != NULL; expected++) {
		char message[sizeof reports.text[0]];

		snprintf(message, sizeof message, "%s:%s", path, wrong[_i].mistakes[expected]);
		ck_assert_str_eq(reports.text[expected], message);
	}
	ck_assert_uint_eq(reports.count, expected);
}
END_TEST

static void assert_same_peerd(const struct peerd_settings *a, const struct peerd_settings *b)
{
	ck_assert_uint_eq(a->wan_port, b->wan_port);
	ck_assert_str_eq(a->control, b->control);
	ck_assert_str_eq(a->control_group, b->control_group);
	ck_assert_str_eq(a->run_as, b->run_as);
	ck_assert_str_eq(a->state_directory, b->state_directory);
	ck_assert_uint_eq(a->peer.allow.count, b->peer.allow.count);
	ck_assert_uint_eq(a->peer.deny.count, b->peer.deny.count);
	ck_assert_uint_eq(a->receive_buffer, b->receive_buffer);
	ck_assert_str_eq(a->peer.user, b->peer.user);
	ck_assert_str_eq(a->peer.host, b->peer.host);
	ck_assert_str_eq(a->peer.nick, b->peer.nick);
	ck_assert_str_eq(a->peer.group, b->peer.group);
	ck_assert_str_eq(a->peer.legacy_charset, b->peer.legacy_charset);
	ck_assert_uint_eq(a->peer.supernode_count, b->peer.supernode_count);
	for (size_t i = 0; i < a->peer.supernode_count; i++) {
		ck_assert_str_eq(a->peer.supernodes[i].host, b->peer.supernodes[i].host);
		ck_assert_uint_eq(a->peer.supernodes[i].port, b->peer.supernodes[i].port);
	}
	ck_assert_uint_eq(a->peer.refresh, b->peer.refresh);
	ck_assert_uint_eq(a->peer.opener_ttl, b->peer.opener_ttl);
	ck_assert_uint_eq(a->peer.max_paths, b->peer.max_paths);
	ck_assert_uint_eq(a->peer.max_messages, b->peer.max_messages);
	ck_assert_int_eq(a->lan, b->lan);
	ck_assert_uint_eq(a->peer.lan_port, b->peer.lan_port);
	ck_assert_uint_eq(a->peer.lan_address_count, b->peer.lan_address_count);
	ck_assert_int_eq(a->peer.list_ask, b->peer.list_ask);
	ck_assert_int_eq(a->peer.list_answer, b->peer.list_answer);
	ck_assert_uint_eq(a->peer.max_neighbours, b->peer.max_neighbours);
}

static void assert_same(const struct conf *a, const struct conf *b)
{
	const struct super_settings *s = &a->superd.super, *t = &b->superd.super;

	ck_assert_int_eq(a->log.level, b->log.level);
	ck_assert_int_eq(a->log.target, b->log.target);
	ck_assert_int_eq(a->log.addresses, b->log.addresses);
	ck_assert(endpoint_equal(&a->superd.metrics, &b->superd.metrics));
	ck_assert_uint_eq(a->superd.listen_count, b->superd.listen_count);
	for (size_t i = 0; i < a->superd.listen_count; i++)
		ck_assert(endpoint_equal(&a->superd.listen[i], &b->superd.listen[i]));
	ck_assert_uint_eq(a->superd.test_port, b->superd.test_port);
	ck_assert_uint_eq(a->superd.alternate_count, b->superd.alternate_count);
	for (size_t i = 0; i < a->superd.alternate_count; i++)
		ck_assert(endpoint_equal(&a->superd.alternates[i], &b->superd.alternates[i]));
	ck_assert_str_eq(a->superd.control, b->superd.control);
	ck_assert_str_eq(a->superd.control_group, b->superd.control_group);
	ck_assert_str_eq(a->superd.state_directory, b->superd.state_directory);
	ck_assert_str_eq(a->superd.run_as, b->superd.run_as);
	ck_assert_uint_eq(a->superd.receive_buffer, b->superd.receive_buffer);
	ck_assert_str_eq(s->nick, t->nick);
	ck_assert_str_eq(s->group, t->group);
	ck_assert_int_eq(s->legacy, t->legacy);
	ck_assert_str_eq(s->legacy_charset, t->legacy_charset);
	ck_assert_uint_eq(s->legacy_keepalive, t->legacy_keepalive);
	ck_assert_int_eq(s->directory, t->directory);
	ck_assert_int_eq(s->roster, t->roster);
	ck_assert_uint_eq(s->max_registrations, t->max_registrations);
	ck_assert_uint_eq(s->max_same_nick, t->max_same_nick);
	ck_assert_uint_eq(s->max_unproven, t->max_unproven);
	ck_assert_uint_eq(s->max_introductions, t->max_introductions);
	ck_assert_uint_eq(s->max_per_source, t->max_per_source);
	ck_assert_mem_eq(&s->limits, &t->limits, sizeof s->limits);
	assert_same_peerd(&a->peerd, &b->peerd);
}

static void assert_limit(const struct limit *limit, uint32_t rate, uint32_t burst)
{
	ck_assert_uint_eq(limit->rate, rate);
	ck_assert_uint_eq(limit->burst, burst);
}

/* The defaults in figures, so that none changes unnoticed. */
START_TEST(defaults)
{
	struct conf conf;
	char ep[ENDPOINT_TEXT_MAX];

	conf_init(&conf);
	ck_assert_uint_eq(conf.superd.listen_count, 2);
	ck_assert_str_eq(endpoint_format(&conf.superd.listen[0], ep), "0.0.0.0:2425");
	ck_assert_str_eq(endpoint_format(&conf.superd.listen[1], ep), "[::]:2425");
	ck_assert_uint_eq(conf.superd.test_port, 2426);
	ck_assert_uint_eq(conf.superd.alternate_count, 0);
	ck_assert_str_eq(conf.superd.control, RUNSTATEDIR "/ipmsg-superd/control");
	ck_assert_str_eq(conf.superd.control_group, "ipmsg");
	ck_assert_str_eq(conf.superd.state_directory, LOCALSTATEDIR "/lib/ipmsg-superd");
	ck_assert_str_eq(conf.superd.run_as, "");
	ck_assert_uint_eq(conf.superd.receive_buffer, 4194304);
	ck_assert_str_eq(conf.superd.super.nick, "supernode");
	ck_assert_str_eq(conf.superd.super.group, "");
	ck_assert_int_eq(conf.superd.super.legacy, LEGACY_LIMITED);
	ck_assert_str_eq(conf.superd.super.legacy_charset, "CP932");
	ck_assert_uint_eq(conf.superd.super.legacy_keepalive, 20);
	ck_assert_int_eq(conf.superd.super.directory, DIRECTORY_OPEN);
	ck_assert_int_eq(conf.superd.super.roster, ROSTER_GROUP);
	ck_assert_uint_eq(conf.superd.super.max_registrations, 1000000);
	ck_assert_uint_eq(conf.superd.super.max_same_nick, 64);
	ck_assert_uint_eq(conf.superd.super.max_unproven, 4096);
	ck_assert_uint_eq(conf.superd.super.max_introductions, 65536);
	ck_assert_uint_eq(conf.superd.super.max_per_source, 4096);
	assert_limit(&conf.superd.super.limits.answers_per_source, 50, 500);
	ck_assert_uint_eq(conf.superd.super.limits.answers_in_all, 20000);
	assert_limit(&conf.superd.super.limits.asks_per_source, 10, 50);
	assert_limit(&conf.superd.super.limits.orders_per_asker, 1, 5);
	assert_limit(&conf.superd.super.limits.orders_per_target, 10, 40);
	assert_limit(&conf.superd.super.limits.signatures_per_address, 1, 5);
	assert_limit(&conf.superd.super.limits.signatures_per_source, 20, 250);
	ck_assert_uint_eq(conf.superd.super.limits.signature_cpu, 20);
	ck_assert_uint_eq(conf.superd.super.limits.signature_cost_us, 0);
	ck_assert_uint_eq(conf.superd.super.limits.leak, 8);
	ck_assert_int_eq(conf.log.level, LOG_LEVEL_INFO);
	ck_assert_int_eq(conf.log.target, LOG_TARGET_STDERR);
	ck_assert_int_eq(conf.log.addresses, LOG_ADDRESSES_TRUNCATED);
	ck_assert_int_eq(conf.superd.metrics.family, FAMILY_NONE);
}
END_TEST

START_TEST(peerd_defaults)
{
	struct conf conf;

	conf_init(&conf);
	ck_assert_uint_eq(conf.peerd.wan_port, 2425);
	ck_assert_str_eq(conf.peerd.control, "");
	ck_assert_str_eq(conf.peerd.control_group, "ipmsg");
	ck_assert_uint_eq(conf.peerd.receive_buffer, 262144);
	ck_assert_str_eq(conf.peerd.peer.user, "");
	ck_assert_str_eq(conf.peerd.peer.host, "");
	ck_assert_str_eq(conf.peerd.peer.nick, "");
	ck_assert_str_eq(conf.peerd.peer.group, "");
	ck_assert_str_eq(conf.peerd.peer.legacy_charset, "CP932");
	ck_assert_uint_eq(conf.peerd.peer.supernode_count, 0);
	ck_assert_uint_eq(conf.peerd.peer.refresh, 22);
	ck_assert_uint_eq(conf.peerd.peer.opener_ttl, 3);
	ck_assert_uint_eq(conf.peerd.peer.max_paths, 1024);
	ck_assert_uint_eq(conf.peerd.peer.max_messages, 20000);
	ck_assert_int_eq(conf.peerd.lan, LAN_PRIVATE);
	ck_assert_uint_eq(conf.peerd.peer.lan_port, 2425);
	ck_assert_uint_eq(conf.peerd.peer.lan_address_count, 0);
	ck_assert(!conf.peerd.peer.list_ask);
	ck_assert(conf.peerd.peer.list_answer);
	ck_assert_uint_eq(conf.peerd.peer.max_neighbours, 1024);
	ck_assert_uint_eq(conf.peerd.peer.max_messages, 20000);
	ck_assert_uint_eq(conf.peerd.peer.message_lifetime, 7 * 86400);
	ck_assert_uint_eq(conf.peerd.keep_messages, 0);
	ck_assert_uint_eq(conf.peerd.mailbox_size, 1UL << 30);
}
END_TEST

START_TEST(every_peerd_option)
{
	struct conf conf;

	read_good(&conf,
	    "peerd {\n user = u\n host = h\n nick = \"\xe3\x81\x82\"\n group = g\n"
	    " supernodes = { s.example.org, '192.0.2.1:99', '[2001:db8::1]:98' }\n"
	    " wan-port = 1\n refresh = 2\n opener-ttl = 0\n legacy-charset = GBK\n max-paths = 1\n"
	    " max-messages = 1000000\n receive-buffer = 65536\n control = /c\n"
	    " message-lifetime = 30\n keep-messages = 30\n mailbox-size = 0\n"
	    " control-group = '' run-as = you\n}");
	const struct peer_settings *peer = &conf.peerd.peer;

	ck_assert_str_eq(peer->user, "u");
	ck_assert_str_eq(peer->host, "h");
	ck_assert_str_eq(peer->nick, "\xe3\x81\x82");
	ck_assert_str_eq(peer->group, "g");
	ck_assert_uint_eq(peer->supernode_count, 3);
	ck_assert_str_eq(peer->supernodes[0].host, "s.example.org");
	ck_assert_uint_eq(peer->supernodes[0].port, 2425);
	ck_assert_str_eq(peer->supernodes[1].host, "192.0.2.1");
	ck_assert_uint_eq(peer->supernodes[1].port, 99);
	ck_assert_str_eq(peer->supernodes[2].host, "2001:db8::1");
	ck_assert_uint_eq(peer->supernodes[2].port, 98);
	ck_assert_uint_eq(conf.peerd.wan_port, 1);
	ck_assert_uint_eq(peer->refresh, 2);
	ck_assert_uint_eq(peer->opener_ttl, 0);
	ck_assert_str_eq(peer->legacy_charset, "GBK");
	ck_assert_uint_eq(peer->max_paths, 1);
	ck_assert_uint_eq(peer->max_messages, 1000000);
	ck_assert_uint_eq(peer->message_lifetime, 30 * 86400);
	ck_assert_uint_eq(conf.peerd.keep_messages, 30);
	ck_assert_uint_eq(conf.peerd.mailbox_size, 0);
	ck_assert_uint_eq(conf.peerd.receive_buffer, 65536);
	ck_assert_str_eq(conf.peerd.control, "/c");
	ck_assert_str_eq(conf.peerd.run_as, "you");
	ck_assert_str_eq(conf.peerd.control_group, "");
}
END_TEST

START_TEST(peerd_rules)
{
	/* the base point of the curve: 4/5, little-endian */
	uint8_t key[RULE_KEY_BYTES];
	struct conf conf;
	char text[TEXT_BYTES] = "peerd {\n deny = { ";

	read_good(&conf,
	    "peerd {\n allow = { 'b*@sales', '@lab', '*',\n"
	    " 'key:WGZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmY' }\n state-directory = /s\n}");
	const struct peer_rules *allow = &conf.peerd.peer.allow;

	ck_assert_str_eq(conf.peerd.state_directory, "/s");
	ck_assert_uint_eq(conf.peerd.peer.deny.count, 0);
	ck_assert_uint_eq(allow->count, 4);
	ck_assert_str_eq(allow->rules[0].name, "b*@sales");
	ck_assert_str_eq(allow->rules[1].name, "*@lab");
	ck_assert_str_eq(allow->rules[2].name, "*");
	ck_assert(!allow->rules[2].by_key);
	ck_assert(allow->rules[3].by_key);
	memset(key, 0x66, sizeof key);
	key[0] = 0x58;
	ck_assert_mem_eq(allow->rules[3].key, key, sizeof key);
	/* no more than fit */
	for (int i = 0; i <= RULES_MAX; i++)
		strcat(text, i == 0 ? "'@a'" : ", '@a'");
	strcat(text, " }\n}");
	struct reports reports;

	conf_init(&conf);
	ck_assert(!read_text(&conf, text, &reports));
	ck_assert_ptr_nonnull(strstr(reports.text[0], "at most 64 rules fit"));
}
END_TEST

static void check_lan_address(const struct peer_settings *peer, size_t i, const char *text,
    uint16_t port)
{
	char address[ENDPOINT_TEXT_MAX];

	ck_assert_str_eq(endpoint_format_address(&peer->lan_addresses[i], address), text);
	ck_assert_uint_eq(peer->lan_addresses[i].port, port);
}

START_TEST(interfaces_of_candidates)
{
	struct conf conf;
	struct reports reports;

	read_good(&conf, "peerd {\n candidate-interfaces = { 'eth*', '!docker0', '!e[]x][0-9]' }\n}");
	ck_assert_uint_eq(conf.peerd.candidate_interface_count, 3);
	ck_assert_str_eq(conf.peerd.candidate_interfaces[0], "eth*");
	ck_assert_str_eq(conf.peerd.candidate_interfaces[1], "!docker0");
	conf_init(&conf);
	ck_assert_uint_eq(conf.peerd.candidate_interface_count, 0);
	ck_assert(!read_text(&conf,
	    "peerd {\n candidate-interfaces = { a, a, a, a, a, a, a, a, a, a, a, a, a, a, a, a, b }\n}",
	    &reports));
	ck_assert_ptr_nonnull(strstr(reports.text[0], "at most 16 interfaces fit"));
}
END_TEST

/* An address without port has none yet: it may stand before lan-port. */
START_TEST(every_lan_option)
{
	struct conf conf;

	read_good(&conf,
	    "peerd {\n lan-addresses = { 192.0.2.255, '10.1.2.3:99', 255.255.255.255,\n"
	    " '10.1.4.0/22' }\n"
	    " lan = all\n lan-port = 65535\n list-ask = yes\n list-answer = no\n"
	    " max-neighbours = 1\n}");
	const struct peer_settings *peer = &conf.peerd.peer;

	ck_assert_int_eq(conf.peerd.lan, LAN_ALL);
	ck_assert_uint_eq(peer->lan_port, 65535);
	ck_assert_uint_eq(peer->lan_address_count, 4);
	check_lan_address(peer, 0, "192.0.2.255", 0);
	check_lan_address(peer, 1, "10.1.2.3", 99);
	check_lan_address(peer, 2, "255.255.255.255", 0);
	check_lan_address(peer, 3, "10.1.7.255", 0);
	ck_assert_uint_eq(peer->lan_prefixes[2], 0);
	ck_assert_uint_eq(peer->lan_prefixes[3], 22);
	ck_assert(peer->list_ask);
	ck_assert(!peer->list_answer);
	ck_assert_uint_eq(peer->max_neighbours, 1);
	read_good(&conf, "peerd {\n lan = 'off'\n list-ask = true\n list-answer = false\n}");
	ck_assert_int_eq(conf.peerd.lan, LAN_OFF);
	ck_assert(peer->list_ask);
	ck_assert(!peer->list_answer);
}
END_TEST

START_TEST(too_many_lan_addresses)
{
	struct reports reports;
	struct conf conf;
	char text[2048] = "peerd {\n lan-addresses = { ";
	size_t used = strlen(text);

	for (int i = 1; i <= LAN_ADDRESSES_MAX + 1; i++)
		used += (size_t)snprintf(text + used, sizeof text - used, "10.0.0.%d%s", i,
		    i <= LAN_ADDRESSES_MAX ? ", " : " }\n}");
	conf_init(&conf);
	ck_assert(!read_text(&conf, text, &reports));
	ck_assert_uint_eq(reports.count, 1);
	ck_assert_ptr_nonnull(strstr(reports.text[0],
	    ":2: lan-addresses: \"10.0.0.33\" is one too many; at most 32 addresses fit"));
}
END_TEST

START_TEST(every_option)
{
	struct conf conf;
	char ep[ENDPOINT_TEXT_MAX];

	read_good(&conf,
	    "superd {\n listen = { 192.0.2.1, '[2001:db8::1]:99' }\n nick = \"\xe3\x81\x82 b\"\n"
	    " group = 'g'\n legacy = off\n legacy-charset = GBK\n legacy-keepalive = 300\n"
	    " directory = members\n roster = all\n"
	    " max-registrations = 100000000\n max-same-nick = 1\n max-unproven = 2\n"
	    " max-introductions = 3\n receive-buffer = 65536\n control = /a\n"
	    " control-group = '' state-directory = /b run-as = me\n"
	    " names-file = /n secret-file = /s pin-days = 3650 max-pins = 0\n"
	    " new-names-per-source = 0 test-port = 0\n"
	    " alternates = { 192.0.2.2, '192.0.2.2:99', '[2001:db8::2]' }\n"
	    " metrics = '[::1]:99'\n}\nlog { level = debug target = syslog addresses = full }\n");
	ck_assert_str_eq(endpoint_format(&conf.superd.metrics, ep), "[::1]:99");
	ck_assert_int_eq(conf.log.addresses, LOG_ADDRESSES_FULL);
	ck_assert_uint_eq(conf.superd.listen_count, 2);
	ck_assert_str_eq(endpoint_format(&conf.superd.listen[0], ep), "192.0.2.1:2425");
	ck_assert_str_eq(endpoint_format(&conf.superd.listen[1], ep), "[2001:db8::1]:99");
	ck_assert_uint_eq(conf.superd.test_port, 0);
	ck_assert_uint_eq(conf.superd.alternate_count, 3);
	ck_assert_str_eq(endpoint_format(&conf.superd.alternates[0], ep), "192.0.2.2:2425");
	ck_assert_str_eq(endpoint_format(&conf.superd.alternates[1], ep), "192.0.2.2:99");
	ck_assert_str_eq(endpoint_format(&conf.superd.alternates[2], ep), "[2001:db8::2]:2425");
	ck_assert_str_eq(conf.superd.super.nick, "\xe3\x81\x82 b");
	ck_assert_str_eq(conf.superd.super.group, "g");
	ck_assert_int_eq(conf.superd.super.legacy, LEGACY_OFF);
	ck_assert_str_eq(conf.superd.super.legacy_charset, "GBK");
	ck_assert_uint_eq(conf.superd.super.legacy_keepalive, 300);
	ck_assert_int_eq(conf.superd.super.directory, DIRECTORY_MEMBERS);
	ck_assert_int_eq(conf.superd.super.roster, ROSTER_ALL);
	ck_assert_uint_eq(conf.superd.super.max_registrations, 100000000);
	ck_assert_uint_eq(conf.superd.super.max_same_nick, 1);
	ck_assert_uint_eq(conf.superd.super.max_unproven, 2);
	ck_assert_uint_eq(conf.superd.super.max_introductions, 3);
	ck_assert_str_eq(conf.superd.names_file, "/n");
	ck_assert_str_eq(conf.superd.secret_file, "/s");
	ck_assert_uint_eq(conf.superd.super.pin_days, 3650);
	ck_assert_uint_eq(conf.superd.super.max_pins, 0);
	ck_assert_uint_eq(conf.superd.super.new_names_per_source, 0);
	ck_assert_uint_eq(conf.superd.receive_buffer, 65536);
	ck_assert_str_eq(conf.superd.control, "/a");
	ck_assert_str_eq(conf.superd.state_directory, "/b");
	ck_assert_str_eq(conf.superd.run_as, "me");
	ck_assert_str_eq(conf.superd.control_group, "");
	ck_assert_int_eq(conf.log.level, LOG_LEVEL_DEBUG);
	ck_assert_int_eq(conf.log.target, LOG_TARGET_SYSLOG);
}
END_TEST

START_TEST(every_limit)
{
	struct conf conf;
	const struct limits *limits = &conf.superd.super.limits;

	read_good(&conf,
	    "superd {\n max-per-source = 0\n answers-per-source = { 1, 2 }\n answers-in-all = 3\n"
	    " asks-per-source = { 4, 5 }\n orders-per-asker = 6\n orders-per-target = { 7, 8 }\n"
	    " signatures-per-address = 0\n signatures-per-source = { 9, 1000000 }\n"
	    " signature-cpu = 100\n limit-leak = 0\n}\n");
	ck_assert_uint_eq(conf.superd.super.max_per_source, 0);
	assert_limit(&limits->answers_per_source, 1, 2);
	ck_assert_uint_eq(limits->answers_in_all, 3);
	assert_limit(&limits->asks_per_source, 4, 5);
	assert_limit(&limits->orders_per_asker, 6, 5);
	assert_limit(&limits->orders_per_target, 7, 8);
	assert_limit(&limits->signatures_per_address, 0, 5);
	assert_limit(&limits->signatures_per_source, 9, 1000000);
	ck_assert_uint_eq(limits->signature_cpu, 100);
	ck_assert_uint_eq(limits->leak, 0);
}
END_TEST

/* An empty file and one with a byte order mark and CRLF are files too. */
START_TEST(odd_files)
{
	struct conf conf, plain;

	conf_init(&plain);
	read_good(&conf, "");
	assert_same(&conf, &plain);
	read_good(&conf, "\xef\xbb\xbfsuperd {\r\n nick = \"\\${x}\" // c\r\n}\r\n");
	ck_assert_str_eq(conf.superd.super.nick, "${x}");
	read_good(&conf, "superd { metrics = 127.0.0.2 }");
	ck_assert_uint_eq(conf.superd.metrics.port, 9425);
	read_good(&conf, "superd { metrics = '' }");
	ck_assert_uint_eq(conf.superd.metrics.family, FAMILY_NONE);
	read_good(&conf, "superd { listen = { 1.1.1.1, } }");
	ck_assert_uint_eq(conf.superd.listen_count, 1);
}
END_TEST

/* What an earlier reading set does not linger. */
START_TEST(starts_from_defaults)
{
	struct conf conf;
	struct reports reports;

	read_good(&conf, "superd { nick = a }");
	ck_assert(read_text(&conf, "superd { group = b }", &reports));
	ck_assert_str_eq(conf.superd.super.nick, "supernode");
}
END_TEST

START_TEST(too_many_addresses)
{
	struct conf conf;
	struct reports reports;
	char text[TEXT_BYTES] = "superd { listen = {\n", expected[256];
	size_t used = strlen(text);

	for (unsigned i = 1; i <= LISTEN_MAX + 1; i++)
		used += (size_t)snprintf(text + used, sizeof text - used, "192.0.2.%u,\n", i);
	snprintf(text + used, sizeof text - used, "} }");
	conf_init(&conf);
	ck_assert(!read_text(&conf, text, &reports));
	snprintf(expected, sizeof expected,
	    "%s:18: listen: \"192.0.2.17\" is one too many; at most 16 addresses fit", path);
	ck_assert_str_eq(reports.text[0], expected);
}
END_TEST

START_TEST(unreadable)
{
	struct conf conf, plain;
	struct reports reports = {0};
	char expected[256];

	conf_init(&conf);
	conf_init(&plain);
	ck_assert(!conf_read(&conf, "/nonexistent/ipmsg.conf", false, collect, &reports));
	snprintf(expected, sizeof expected, "/nonexistent/ipmsg.conf: cannot be read: %s",
	    strerror(ENOENT));
	ck_assert_uint_eq(reports.count, 1);
	ck_assert_str_eq(reports.text[0], expected);
	ck_assert(!conf_read(&conf, "/tmp", true, collect, &reports));
	snprintf(expected, sizeof expected, "/tmp: cannot be read: %s", strerror(EISDIR));
	ck_assert_str_eq(reports.text[1], expected);
	ck_assert(conf_read(&conf, "/nonexistent/ipmsg.conf", true, collect, &reports));
	ck_assert_uint_eq(reports.count, 2);
	assert_same(&conf, &plain);
}
END_TEST

START_TEST(binary_file)
{
	struct conf conf;
	struct reports reports = {0};
	char expected[256];

	conf_init(&conf);
	make_file("superd { }\n\0log", 15);
	ck_assert(!conf_read(&conf, path, false, collect, &reports));
	unlink(path);
	snprintf(expected, sizeof expected, "%s:2: a NUL byte; save the file as UTF-8 text", path);
	ck_assert_str_eq(reports.text[0], expected);
}
END_TEST

/*
 * Takes the '#' from the options in the shipped file (they stand right behind
 * it, prose does not), and puts in this build's run and state directories as
 * its installation does. Returns the number of options.
 */
static unsigned uncomment(FILE *file, char *text, size_t cap)
{
	char line[256];
	size_t used = 0;
	unsigned options = 0;

	while (fgets(line, sizeof line, file) != NULL) {
		char *hash = line + strspn(line, "\t");
		char *run = strstr(line, "\"/run/");
		char *var = strstr(line, "\"/var/");

		if (hash[0] == '#' && hash[1] >= 'a' && hash[1] <= 'z') {
			*hash = ' ';
			options++;
		}
		if (run != NULL)
			used += (size_t)snprintf(text + used, cap - used, "%.*s\"%s/%s",
			    (int)(run - line), line, RUNSTATEDIR, run + 6);
		else if (var != NULL)
			used += (size_t)snprintf(text + used, cap - used, "%.*s\"%s/%s",
			    (int)(var - line), line, LOCALSTATEDIR, var + 6);
		else
			used += (size_t)snprintf(text + used, cap - used, "%s", line);
		ck_assert_uint_lt(used, cap);
	}
	return options;
}

START_TEST(shipped_file)
{
	struct conf conf, plain;
	const char *top = getenv("top_srcdir");
	char text[TEXT_BYTES] = "";
	struct reports reports = {0};

	snprintf(text, sizeof text, "%s/etc/ipmsg.conf", top != NULL ? top : ".");
	conf_init(&conf);
	conf_init(&plain);
	ck_assert(conf_read(&conf, text, false, collect, &reports));
	assert_same(&conf, &plain);
	FILE *file = fopen(text, "r");

	ck_assert_ptr_nonnull(file);
	ck_assert_uint_eq(uncomment(file, text, sizeof text), 60);
	fclose(file);
	read_good(&conf, text);
	assert_same(&conf, &plain);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("conf");
	TCase *tcase = tcase_create("conf");

	tcase_add_loop_test(tcase, refuses, 0, sizeof wrong / sizeof *wrong);
	tcase_add_test(tcase, defaults);
	tcase_add_test(tcase, every_option);
	tcase_add_test(tcase, every_limit);
	tcase_add_test(tcase, peerd_defaults);
	tcase_add_test(tcase, every_peerd_option);
	tcase_add_test(tcase, peerd_rules);
	tcase_add_test(tcase, interfaces_of_candidates);
	tcase_add_test(tcase, every_lan_option);
	tcase_add_test(tcase, too_many_lan_addresses);
	tcase_add_test(tcase, odd_files);
	tcase_add_test(tcase, starts_from_defaults);
	tcase_add_test(tcase, too_many_addresses);
	tcase_add_test(tcase, unreadable);
	tcase_add_test(tcase, binary_file);
	tcase_add_test(tcase, shipped_file);
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
