/*
 * Messages and host lists: what they ask of the receiver, their text in either
 * encoding, and lists that claim more than they hold.
 */
#include <string.h>

#include "golden.h"
#include "random_wire.h"
#include "unit.h"
#include "wire/hostlist.h"
#include "wire/message.h"

static struct charset *cp932;

static void setup(void)
{
	cp932 = charset_open("CP932");
	ck_assert_ptr_nonnull(cp932);
}

static void teardown(void)
{
	charset_close(cp932);
}

#define ANGOU "\xe6\x9a\x97\xe5\x8f\xb7" /* 暗号 */

enum { RECEIPT = 1, BROADCAST = 2, AUTOMATIC = 4, SEALED = 8, READ_RECEIPT = 16 };

static const struct {
	const char *name;
	struct span bytes;
	const char *text;
	int flags;
	struct span attachments;
} messages[] = {
    {"G06", BYTES(G06), "Hello", RECEIPT, BYTES("")},
    {"G08", BYTES(G08), "Hello", RECEIPT, BYTES("")},
    {"G10a", BYTES(G10a), "for your eyes", RECEIPT | SEALED | READ_RECEIPT, BYTES("")},
    {"G11b", BYTES(G11b), "", 0, BYTES("0:pub.txt:5:65535500:1:\a")},
    {"G17", BYTES(G17), "see files", RECEIPT,
	BYTES("0:a::b.txt:5:65535500:1:\a1:docs:0:65535500:2:\a")},
    {"list without FILEATTACHOPT",
	BYTES("1:1:u:h:288:x\0"
	      "0:a:5:1:1:\a\0"),
	"x", RECEIPT, BYTES("")},
    {"FILEATTACHOPT without list", BYTES("1:1:u:h:2097184:x"), "x", 0, BYTES("")},
    {"broadcast", BYTES("1:1:u:h:1312:x\0"), "x", BROADCAST, BYTES("")},
    {"automatic", BYTES("1:1:u:h:8480:x\0"), "x", AUTOMATIC, BYTES("")},
    {"read check, not sealed", BYTES("1:1:u:h:1048608:x\0"), "x", 0, BYTES("")},
    {"UTF-8", BYTES("1:1:u:h:8388640:" ANGOU "\0"), ANGOU, 0, BYTES("")},
    {"UTF-8, unsaid", BYTES("1:1:u:h:32:" ANGOU "\0"), ANGOU, 0, BYTES("")},
    {"bad UTF-8", BYTES("1:1:u:h:8388640:a\377b\xe6\x9a\0"),
	"a\xef\xbf\275b\xef\xbf\xbd\xef\xbf\xbd", 0, BYTES("")},
    {"CP932", BYTES("1:1:u:h:32:\x88\xc3\x8d\x86\0"), ANGOU, 0, BYTES("")},
    {"CP932 cut short", BYTES("1:1:u:h:32:\x88\xc3\x8d\0"), "\xe6\x9a\x97\xef\xbf\xbd", 0,
	BYTES("")},
    {"line ends", BYTES("1:1:u:h:32:\ra\r\nb\nc\rd\r\r\n\r\0"), "\na\nb\nc\nd\n\n\n", 0, BYTES("")},
    {"line ends in UTF-8", BYTES("1:1:u:h:8388640:" ANGOU "\r\n" ANGOU "\0"), ANGOU "\n" ANGOU, 0,
	BYTES("")},
    {"no body", BYTES("1:1:u:h:32"), "", 0, BYTES("")},
};

START_TEST(message_read)
{
	struct packet packet;
	struct message message;
	char text[512];
	int flags = messages[_i].flags;

	ck_assert(packet_parse(&packet, messages[_i].bytes) == PACKET_OK);
	message_parse(&message, &packet);
	size_t cap = 3 * message.text.len + 1;

	ck_assert_uint_le(cap, sizeof text);
	ck_assert_uint_eq(message_decode(&message, cp932, text, cap), strlen(messages[_i].text));
	ck_assert_msg(strcmp(text, messages[_i].text) == 0, "%s", messages[_i].name);
	ck_assert(message.wants_receipt == ((flags & RECEIPT) != 0));
	ck_assert(message.broadcast == ((flags & BROADCAST) != 0));
	ck_assert(message.automatic == ((flags & AUTOMATIC) != 0));
	ck_assert(message.sealed == ((flags & SEALED) != 0));
	ck_assert(message.wants_read_receipt == ((flags & READ_RECEIPT) != 0));
	ck_assert(span_equal(message.attachments, messages[_i].attachments));
}
END_TEST

START_TEST(message_cut)
{
	struct message message = {.text = BYTES(ANGOU "\r\nx"), .utf8 = true};
	char text[16];

	ck_assert_uint_eq(message_decode(&message, cp932, text, 6), 3);
	ck_assert_str_eq(text, "\xe6\x9a\x97");
	ck_assert_uint_eq(message_decode(&message, cp932, text, 1), 0);
	ck_assert_str_eq(text, "");
}
END_TEST

static void assert_written(const struct writer *w, struct span want)
{
	ck_assert(!w->full);
	ck_assert_uint_eq(w->len, want.len);
	ck_assert_mem_eq(w->data, want.data, want.len);
}

static const struct identity alice = {"alice", "ALPHA", "Alice", "Dev"};

START_TEST(message_written)
{
	unsigned char buf[256];
	struct writer w = writer_on(buf, sizeof buf);

	message_write(
	    &w, 1700000006, &alice, CMD_SENDMSG | OPT_SENDCHECK, BYTES("Hello"), false, cp932);
	assert_written(&w, BYTES(G06));

	w = writer_on(buf, sizeof buf);
	message_write(&w, 1, &alice, CMD_SENDMSG, BYTES("a\r\nb\rc\n" ANGOU), true, cp932);
	assert_written(&w, BYTES("1:1:alice:ALPHA:8388640:a\nbc\n" ANGOU "\0"));

	w = writer_on(buf, sizeof buf);
	message_write(&w, 1, &(struct identity){ANGOU, ANGOU, "", ""}, CMD_SENDMSG | OPT_UTF8,
	    BYTES("a\r\n" ANGOU "\xf0\x9f\x98\x80"), false, cp932);
	assert_written(
	    &w, BYTES("1:1:\x88\xc3\x8d\x86:\x88\xc3\x8d\x86:32:a\n\x88\xc3\x8d\x86?\0"));

	/* A NUL in the text must not smuggle an attachment list in. */
	w = writer_on(buf, sizeof buf);
	message_write(&w, 1, &alice, CMD_SENDMSG, BYTES("a\0b"), true, cp932);
	assert_written(&w, BYTES("1:1:alice:ALPHA:8388640:ab\0"));
}
END_TEST

/* Either all of a message goes out or it is known that it did not fit. */
START_TEST(message_too_long)
{
	unsigned char buf[1024];
	char text[900 * 3 + 1] = "";

	for (int i = 0; i < 900; i++)
		memcpy(text + i * 3, "\xe3\x82\xa2", 4);
	for (size_t count = 1; count <= 900; count += 7) {
		for (int utf8 = 0; utf8 < 2; utf8++) {
			struct writer w = writer_on(buf, sizeof buf);
			size_t need =
			    strlen(utf8 ? "1:1:alice:ALPHA:8388640:" : "1:1:alice:ALPHA:32:") +
			    count * (utf8 ? 3 : 2) + 1;

			message_write(
			    &w, 1, &alice, CMD_SENDMSG, span_of(text, count * 3), utf8 != 0, cp932);
			ck_assert(w.full == (need > sizeof buf));
			if (!w.full)
				ck_assert_uint_eq(w.len, need);
		}
	}
}
END_TEST

START_TEST(message_round_trip)
{
	struct rng rng = random_seeded((uint8_t)_i);

	for (int i = 0; i < 200; i++) {
		unsigned char buf[4096];
		char text[3 * 600 + 1], got[3 * 3 * 600 + 1];
		struct packet packet;
		struct message message;
		struct writer w = writer_on(buf, sizeof buf);
		bool utf8 = rng_below(&rng, 2) == 0;

		random_text(&rng, text, 600);
		message_write(&w, 1, &alice, CMD_SENDMSG, span_text(text), utf8, cp932);
		ck_assert(!w.full && packet_parse(&packet, span_of(buf, w.len)) == PACKET_OK);
		message_parse(&message, &packet);
		ck_assert(message.utf8 == utf8);
		message_decode(&message, cp932, got, sizeof got);
		ck_assert_str_eq(got, text);
	}
}
END_TEST

static bool parse_list(struct hostlist *list, struct span bytes)
{
	struct packet packet;

	ck_assert(packet_parse(&packet, bytes) == PACKET_OK);
	return hostlist_parse(list, &packet);
}

START_TEST(golden_list)
{
	struct hostlist list;
	struct listed_host host;
	char text[ENDPOINT_TEXT_MAX];

	ck_assert(parse_list(&list, BYTES(G13)));
	ck_assert_uint_eq(list.next, 0);
	ck_assert_uint_eq(list.count, 2);
	ck_assert(hostlist_next(&list, &host));
	ck_assert(span_is(host.user, "alice") && span_is(host.host, "ALPHA"));
	ck_assert(span_is(host.nick, "Alice") && span_is(host.group, "Dev"));
	ck_assert_uint_eq(host.status, OPT_CAPUTF8);
	ck_assert(!host.left);
	ck_assert_str_eq(endpoint_format(&host.at, text), "192.0.2.10:2425");
	ck_assert(hostlist_next(&list, &host));
	ck_assert(span_is(host.user, "eve") && span_is(host.host, "EPS"));
	ck_assert(span_is(host.nick, "") && span_is(host.group, ""));
	ck_assert(host.left);
	ck_assert_str_eq(endpoint_format(&host.at, text), "192.0.2.1:40001");
	ck_assert(!hostlist_next(&list, &host));
	ck_assert(!hostlist_next(&list, &host));
}
END_TEST

START_TEST(golden_list_written)
{
	unsigned char buf[256];
	struct writer w = writer_on(buf, sizeof buf);
	struct listed_host host = {
	    BYTES("alice"), BYTES("ALPHA"), OPT_CAPUTF8, {0}, BYTES("Alice"), BYTES("Dev"), false};
	struct listed_host left = {
	    BYTES("eve"), BYTES("EPS"), OPT_CAPUTF8, {0}, BYTES(""), BYTES(""), true};

	ck_assert_ptr_null(endpoint_parse(&host.at, "192.0.2.10:2425", 0));
	ck_assert_ptr_null(endpoint_parse(&left.at, "192.0.2.1:40001", 0));
	packet_begin(&w, 1700000014, &(struct identity){"bob", "BETA", "", ""}, CMD_ANSLIST);
	hostlist_write_head(&w, 0, 2);
	hostlist_write_host(&w, &host);
	hostlist_write_host(&w, &left);
	writer_byte(&w, '\0');
	assert_written(&w, BYTES(G13));

	w = writer_on(buf, sizeof buf);
	hostlist_write_head(&w, 99999, 4294967295u);
	assert_written(&w, BYTES("99999\a"
				 "4294967295\a"));

	/* Present, but with nothing to say: 0 would remove it, and so would a stray BR_EXIT. */
	for (uint32_t status = 0; status <= CMD_BR_EXIT; status += CMD_BR_EXIT) {
		w = writer_on(buf, sizeof buf);
		host.status = status;
		hostlist_write_host(&w, &host);
		assert_written(&w, BYTES("alice\aALPHA\a1\a192.0.2.10\a30985\aAlice\aDev\a"));
	}
}
END_TEST

#define LIST "1:1:u:h:19:"
#define HOST(user, address, port) user "\ah\a256\a" address "\a" port "\an\ag\a"

/* Which hosts come out, by their user names, each with a dot. */
static const struct {
	const char *name;
	struct span bytes;
	bool ok;
	const char *users;
} lists[] = {
    {"no head", BYTES(LIST), false, ""},
    {"half a head", BYTES(LIST "    0\a"), false, ""},
    {"head cut short", BYTES(LIST "0\a2"), false, ""},
    {"head of letters", BYTES(LIST "x\a2\a"), false, ""},
    {"blank head", BYTES(LIST "     \a    1\a"), false, ""},
    {"no padding", BYTES(LIST "0\a1\a" HOST("a", "192.0.2.1", "30985")), true, "a."},
    {"COUNT too large", BYTES(LIST "0\a99\a" HOST("a", "192.0.2.1", "30985")), true, "a."},
    {"COUNT absurd", BYTES(LIST "0\a99999999999\a" HOST("a", "192.0.2.1", "30985")), true, "a."},
    {"COUNT too small",
	BYTES(LIST "0\a1\a" HOST("a", "192.0.2.1", "30985") HOST("b", "192.0.2.2", "30985")), true,
	"a."},
    {"COUNT 0", BYTES(LIST "0\a0\a" HOST("a", "192.0.2.1", "30985")), true, ""},
    {"last separator missing", BYTES(LIST "0\a1\aa\ah\a256\a192.0.2.1\a30985\an\ag"), true, "a."},
    {"cut in a host",
	BYTES(LIST "0\a2\a" HOST("a", "192.0.2.1", "30985") "b\ah\a256\a192.0.2.2\a309"), true,
	"a."},
    {"cut before the group", BYTES(LIST "0\a1\aa\ah\a256\a192.0.2.1\a30985\an\a"), true, ""},
    {"hosts that cannot be",
	BYTES(LIST "0\a8\a" HOST("a", "0.0.0.0", "30985") HOST("b", "224.0.0.1", "30985") HOST(
	    "c", "192.0.2.1", "0") HOST("d", "192.0.2.1", "65536") HOST("e", "x", "30985") HOST("",
	    "192.0.2.1", "30985") HOST("\b", "192.0.2.1", "30985") HOST("f", "192.0.2.1", "30985")),
	true, "f."},
    {"port with a sign", BYTES(LIST "0\a1\a" HOST("a", "192.0.2.1", "-1")), true, ""},
    {"IPv6", BYTES(LIST "0\a1\a" HOST("a", "2001:db8::1", "30985")), true, "a."},
};

START_TEST(list_read)
{
	struct hostlist list;
	struct listed_host host;
	char users[64] = "";

	ck_assert_msg(parse_list(&list, lists[_i].bytes) == lists[_i].ok, "%s", lists[_i].name);
	if (!lists[_i].ok)
		return;
	while (hostlist_next(&list, &host)) {
		ck_assert_uint_eq(host.at.port, 2425);
		strncat(users, (const char *)host.user.data, host.user.len);
		strcat(users, ".");
	}
	ck_assert_msg(strcmp(users, lists[_i].users) == 0, "%s: %s", lists[_i].name, users);
}
END_TEST

START_TEST(list_status)
{
	static const struct {
		const char *text;
		uint32_t status;
		bool left;
	} rows[] = {
	    {"0", 0, true},
	    {"2", 2, true},
	    {"258", 258, true},
	    {"1", 1, false},
	    {"16777216", OPT_CAPUTF8, false},
	    {"-2147483648", 0x80000000u, false},
	    {"-1", UINT32_MAX, false},
	    {"4294967296", UINT32_MAX, false},
	    {"x", 0, true},
	    {"", 0, true},
	};
	unsigned char buf[256];
	struct hostlist list;
	struct listed_host host;
	struct writer w = writer_on(buf, sizeof buf);

	writer_text(&w, LIST "0\a1\aa\ah\a");
	writer_text(&w, rows[_i].text);
	writer_text(&w, "\a192.0.2.1\a30985\an\ag\a");
	ck_assert(parse_list(&list, span_of(buf, w.len)));
	ck_assert(hostlist_next(&list, &host));
	ck_assert_uint_eq(host.status, rows[_i].status);
	ck_assert(host.left == rows[_i].left);
}
END_TEST

static void random_host(struct rng *rng, struct random_names *names, struct listed_host *host)
{
	random_identity(rng, names);
	*host = (struct listed_host){
	    .user = span_text(names->identity.user),
	    .host = span_text(names->identity.host),
	    .status = (1 + rng_below(rng, 0x00fffffe)) << 8,
	    .nick = span_text(names->identity.nick),
	    .group = span_text(names->identity.group),
	    .left = rng_below(rng, 3) == 0,
	};
	if (host->left)
		host->status = 0;
	random_endpoint(rng, &host->at);
}

START_TEST(list_round_trip)
{
	struct rng rng = random_seeded((uint8_t)_i);

	for (int i = 0; i < 50; i++) {
		static unsigned char buf[PACKET_BYTES_MAX];
		struct random_names names[20];
		struct listed_host hosts[20], got;
		struct hostlist list;
		uint32_t count = rng_below(&rng, 21);
		uint32_t next = rng_below(&rng, 200000);
		struct writer w = writer_on(buf, sizeof buf);

		packet_begin(&w, 1, &alice, CMD_ANSLIST | OPT_UTF8);
		hostlist_write_head(&w, next, count);
		for (uint32_t j = 0; j < count; j++) {
			random_host(&rng, &names[j], &hosts[j]);
			hostlist_write_host(&w, &hosts[j]);
		}
		writer_byte(&w, '\0');
		ck_assert(!w.full && parse_list(&list, span_of(buf, w.len)));
		ck_assert_uint_eq(list.next, next);
		ck_assert_uint_eq(list.count, count);
		for (uint32_t j = 0; j < count; j++) {
			ck_assert(hostlist_next(&list, &got));
			ck_assert(span_equal(got.user, hosts[j].user));
			ck_assert(span_equal(got.host, hosts[j].host));
			ck_assert(span_equal(got.nick, hosts[j].nick));
			ck_assert(span_equal(got.group, hosts[j].group));
			ck_assert_uint_eq(got.status, hosts[j].status);
			ck_assert(got.left == hosts[j].left);
			ck_assert(endpoint_equal(&got.at, &hosts[j].at));
		}
		ck_assert(!hostlist_next(&list, &got));
	}
}
END_TEST

#define ROWS(table) (int)(sizeof(table) / sizeof(table)[0])

static Suite *message_suite(void)
{
	Suite *suite = suite_create("message");
	TCase *message = tcase_create("message");
	TCase *list = tcase_create("hostlist");

	tcase_add_checked_fixture(message, setup, teardown);
	tcase_add_loop_test(message, message_read, 0, ROWS(messages));
	tcase_add_test(message, message_cut);
	tcase_add_test(message, message_written);
	tcase_add_test(message, message_too_long);
	tcase_add_loop_test(message, message_round_trip, 0, 4);
	suite_add_tcase(suite, message);
	tcase_add_test(list, golden_list);
	tcase_add_test(list, golden_list_written);
	tcase_add_loop_test(list, list_read, 0, ROWS(lists));
	tcase_add_loop_test(list, list_status, 0, 10);
	tcase_add_loop_test(list, list_round_trip, 0, 4);
	suite_add_tcase(suite, list);
	return suite;
}

int main(void)
{
	return unit_run(message_suite());
}
