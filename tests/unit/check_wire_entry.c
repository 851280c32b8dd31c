/*
 * Entry packets and the key block: what official and other clients send, what
 * ours send, and that both agree on every name.
 */
#include <string.h>

#include "base/text.h"
#include "golden.h"
#include "random_wire.h"
#include "unit.h"
#include "wire/entry.h"

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

static void assert_name(struct span name, bool utf8, const char *want)
{
	char text[NAME_TEXT_MAX];

	ck_assert_uint_eq(name_decode(name, utf8, cp932, text), strlen(want));
	ck_assert_str_eq(text, want);
}

#define ARISU "\xe3\x82\xa2\xe3\x83\xaa\xe3\x82\xb9" /* アリス */
#define KAIHATSU "\xe9\x96\x8b\xe7\x99\xba"          /* 開発 */
#define BOBU "\xe3\x83\x9c\xe3\x83\x96"              /* ボブ */
#define EIGYOU "\xe5\x96\xb6\xe6\xa5\xad"            /* 営業 */
#define OFFICIAL "00010002:4:99:103"
#define UTF8_ENTRY "1:1:u:h:25165825:" /* BR_ENTRY|CAPUTF8OPT|UTF8OPT */
#define CAP_ENTRY "1:1:u:h:16777217:"  /* BR_ENTRY|CAPUTF8OPT */

struct entry_row {
	const char *name;
	struct span bytes;
	const char *user;
	const char *host;
	const char *nick;
	const char *group;
	const char *version;
};

static const struct entry_row entries[] = {
    {"G01", BYTES(G01), "alice", "ALPHA", ARISU, KAIHATSU, OFFICIAL},
    {"G02", BYTES(G02), "alice", "alpha", "alice", "", ""},
    {"G03", BYTES(G03), "bob", "BETA", BOBU, EIGYOU, OFFICIAL},
    {"G04", BYTES(G04), "alice", "ALPHA", "Alice[lunch]", "Dev", OFFICIAL},
    {"G05", BYTES(G05), "alice", "ALPHA", "Alice", "", OFFICIAL},
    {"G11", BYTES(G11), "carol", "gamma", "Carol", "Group", ""},
    {"CP932, no block", BYTES("1:1:u:h:1:\203A\x83\x8a\x83X\0\x8aJ\x94\xad\0"), "u", "h", ARISU,
	KAIHATSU, ""},
    {"UTF-8, unsaid", BYTES("1:1:u:h:1:" ARISU "\0" KAIHATSU "\0"), "u", "h", ARISU, KAIHATSU, ""},
    {"no NUL", BYTES("1:1:u:h:1:n"), "u", "h", "n", "", ""},
    {"block in the group's place", BYTES(CAP_ENTRY "n\0\nNN:m\nVS:v"), "u", "h", "m", "", "v"},
    {"nick again for a group", BYTES("1:1:u:h:1025:n\0\nn"), "u", "h", "n", "", ""},
    {"block without CAPUTF8OPT", BYTES("1:1:u:h:1:n\0g\0\nUN:a\nVS:v"), "u", "h", "n", "g", ""},
    {"block after other fields", BYTES(CAP_ENTRY "n\0g\0icon\0utf-8\0\nUN:a"), "a", "h", "n", "g",
	""},
    {"two blocks", BYTES(CAP_ENTRY "n\0g\0\nUN:a\0\nUN:b"), "a", "h", "n", "g", ""},
    {"colon and rubbish in the block", BYTES(CAP_ENTRY "n\0g\0\nUN:a:b\nXX\nNN\n"), "a:b", "h", "n",
	"g", ""},
    {"trailing LF and NUL", BYTES(CAP_ENTRY "n\0g\0\nNN:m\nVS:v\n\0"), "u", "h", "m", "g", "v"},
    {"unknown keys", BYTES(CAP_ENTRY "n\0g\0\nZZ:1\nNN:m\nNNN:2\nN:3\n:4\nnn:5"), "u", "h", "m",
	"g", ""},
    {"keys again", BYTES(CAP_ENTRY "n\0g\0\nUN:a\nUN:b\nHN:c\nHN:d"), "b", "d", "n", "g", ""},
    {"empty values", BYTES(CAP_ENTRY "n\0g\0\nUN:\nHN:\nNN:\nGN:\nVS:"), "u", "h", "n", "", ""},
    {"dictionary", BYTES(CAP_ENTRY "n\0g\0\nUN:a\nIP:SVAyOg=="), "a", "h", "n", "g", ""},
    {"dictionary, no padding", BYTES(CAP_ENTRY "n\0g\0\nUN:a\nIP:SVAyOg"), "a", "h", "n", "g", ""},
    {"bad UTF-8", BYTES(UTF8_ENTRY "\203A\0\xff"), "u", "h", "\xef\xbf\275A", "\xef\xbf\xbd", ""},
    {"bad CP932", BYTES("1:1:u:h:1:\x83\0g\xff"), "u", "h", "\xef\xbf\xbd", "g\xef\xbf\xbd", ""},
};

START_TEST(entry_read)
{
	const struct entry_row *row = &entries[_i];
	struct packet packet;
	struct entry entry;

	ck_assert_msg(packet_parse(&packet, row->bytes) == PACKET_OK, "%s", row->name);
	ck_assert_msg(entry_parse(&entry, &packet), "%s", row->name);
	assert_name(entry.user, entry.user_utf8, row->user);
	assert_name(entry.host, entry.host_utf8, row->host);
	assert_name(entry.nick, entry.nick_utf8, row->nick);
	assert_name(entry.group, entry.group_utf8, row->group);
	ck_assert(span_is(entry.version, row->version));
	ck_assert_uint_eq(entry.fields.present, 0);
}
END_TEST

static const struct span void_entries[] = {
    BYTES(G01 "\nIP:!!!!"),
    BYTES(CAP_ENTRY "n\0g\0\nIP:"),
    BYTES(CAP_ENTRY "n\0g\0\nIP:QUJDR"),
    BYTES(CAP_ENTRY "n\0g\0\nIP:QQ==="),
    BYTES(CAP_ENTRY "n\0g\0\nIP:Q=Q="),
    BYTES(CAP_ENTRY "n\0g\0\nPX:1\nPX:1"),
    BYTES(CAP_ENTRY "n\0g\0\nPX:1\nLT:75\nLT:75"),
    BYTES(CAP_ENTRY "n\0g\0\nLT:75\nLT:75"),
    BYTES(CAP_ENTRY "n\0g\0\nPX:1\nLT:x"),
};

START_TEST(entry_void)
{
	struct packet packet;
	struct entry entry;

	ck_assert(packet_parse(&packet, void_entries[_i]) == PACKET_OK);
	ck_assert(!entry_parse(&entry, &packet));
}
END_TEST

START_TEST(entry_flags)
{
	struct packet packet;
	struct entry entry;

	ck_assert(packet_parse(&packet, BYTES(CAP_ENTRY "n\0g\0\nUN:a\nNN:b\0")) == PACKET_OK);
	ck_assert(entry_parse(&entry, &packet));
	ck_assert(entry.user_utf8 && entry.nick_utf8);
	ck_assert(!entry.host_utf8 && !entry.group_utf8);
	ck_assert(packet_parse(&packet, BYTES(UTF8_ENTRY "n\0g\0")) == PACKET_OK);
	ck_assert(entry_parse(&entry, &packet));
	ck_assert(entry.user_utf8 && entry.host_utf8 && entry.nick_utf8 && entry.group_utf8);
}
END_TEST

#define A20 "aaaaaaaaaaaaaaaaaaaa"

START_TEST(entry_long_names)
{
	struct packet packet;
	struct entry entry;
	char text[NAME_TEXT_MAX];

	/* Plain bytes are cut where they are, UTF-8 before a character that does not fit. */
	ck_assert(packet_parse(&packet,
		      BYTES(CAP_ENTRY A20 A20 A20 A20 A20
			  "\0" A20 A20 A20 A20 A20 "\0\nGN:" A20 A20 A20 "aaaaaaaaaaaaaaaaaa" ARISU
			  "\nUN:" A20 A20 A20 A20 A20)) == PACKET_OK);
	ck_assert(entry_parse(&entry, &packet));
	ck_assert_uint_eq(entry.nick.len, NAME_BYTES_MAX);
	ck_assert_uint_eq(entry.user.len, NAME_BYTES_MAX);
	ck_assert_uint_eq(entry.group.len, 78);

	/* One byte of half-width katakana becomes three. */
	unsigned char katakana[NAME_BYTES_MAX];

	memset(katakana, 0xb1, sizeof katakana);
	ck_assert_uint_eq(name_decode(span_of(katakana, sizeof katakana), false, cp932, text),
	    sizeof katakana * 3);
	memset(katakana, 0xff, sizeof katakana);
	ck_assert_uint_eq(name_decode(span_of(katakana, sizeof katakana), true, cp932, text),
	    sizeof katakana * 3);
}
END_TEST

static const struct identity arisu = {"alice", "ALPHA", ARISU, KAIHATSU};

static void assert_written(const struct writer *w, struct span want)
{
	ck_assert(!w->full);
	ck_assert_uint_eq(w->len, want.len);
	ck_assert_mem_eq(w->data, want.data, want.len);
}

/* G01 as ours would send it: byte for byte the same but for the version. */
START_TEST(entry_with_block)
{
	static const struct span golden = BYTES(G01);
	size_t head = golden.len - strlen(OFFICIAL);
	unsigned char buf[512], want[512];
	struct writer w = writer_on(buf, sizeof buf);

	memcpy(want, golden.data, head);
	memcpy(want + head, ENTRY_VERSION, strlen(ENTRY_VERSION));
	entry_write(&w, 1700000001, &arisu, CMD_BR_ENTRY | OPT_UTF8, cp932, true, NULL);
	assert_written(&w, span_of(want, head + strlen(ENTRY_VERSION)));
}
END_TEST

START_TEST(entry_written)
{
	static const struct identity nobody = {"", "", "", ""};
	static const struct identity odd = {"a:b", "h\n", "n:\a", "g\b"};
	unsigned char buf[512];
	struct fields fields = {.lifetime = 75};
	struct writer w = writer_on(buf, sizeof buf);

	entry_write(&w, 1700000001, &arisu, CMD_BR_ENTRY, cp932, false, NULL);
	assert_written(&w, BYTES("1:1700000001:alice:ALPHA:1:\203A\x83\x8a\x83X\0\x8aJ\x94\xad\0"));

	w = writer_on(buf, sizeof buf);
	entry_write(&w, 5, &nobody, CMD_BR_EXIT | OPT_DIALUP, cp932, true, NULL);
	assert_written(
	    &w, BYTES("1:5:_:_:16842754:_\0\0\nUN:_\nHN:_\nNN:_\nGN:\nVS:" ENTRY_VERSION));

	w = writer_on(buf, sizeof buf);
	fields_set(&fields, KEY_LT);
	entry_write(&w, 6, &odd, CMD_BR_ABSENCE | OPT_ABSENCE, cp932, true, &fields);
	assert_written(&w,
	    BYTES("1:6:a;b:h_:16777476:n;_\0g_\0\nUN:a;b\nHN:h_\nNN:n;_\nGN:g_\nVS:" ENTRY_VERSION
		  "\nPX:1\nLT:75"));
}
END_TEST

START_TEST(answer_written)
{
	static const struct identity bob = {"bob", "BETA", BOBU, EIGYOU};
	unsigned char buf[512];
	struct fields fields = {.lifetime = 75};
	struct writer w = writer_on(buf, sizeof buf);

	entry_write_answer(&w, 1700000003, &bob, CMD_ANSENTRY, cp932, true, NULL);
	assert_written(
	    &w, BYTES("1:1700000003:bob:BETA:25165827:" BOBU "\0" EIGYOU "\0\nVS:" ENTRY_VERSION));

	w = writer_on(buf, sizeof buf);
	fields_set(&fields, KEY_LT);
	entry_write_answer(&w, 3, &bob, CMD_ANSENTRY, cp932, true, &fields);
	assert_written(&w, BYTES("1:3:bob:BETA:25165827:" BOBU "\0" EIGYOU "\0\nVS:" ENTRY_VERSION
				 "\nPX:1\nLT:75"));

	w = writer_on(buf, sizeof buf);
	entry_write_answer(&w, 3, &bob, CMD_ANSENTRY | OPT_UTF8, cp932, false, NULL);
	assert_written(&w, BYTES("1:3:bob:BETA:3:\x83{\x83u\0\211c\x8b\xc6\0"));

	/* What a supernode answers when it owes 22 bytes. */
	w = writer_on(buf, sizeof buf);
	entry_write_answer(&w, 1700000003, &(struct identity){"a", "b", "n", ""}, CMD_ANSENTRY,
	    cp932, false, NULL);
	assert_written(&w, BYTES("1:1700000003:a:b:3:n\0\0"));
	ck_assert_uint_eq(w.len, 22);
}
END_TEST

/* Forty characters of two bytes each do not fit: 39 do, and none is torn. */
START_TEST(legacy_cut)
{
	char nick[40 * 3 + 1] = "";
	unsigned char buf[512];
	struct packet packet;
	struct writer w = writer_on(buf, sizeof buf);

	for (int i = 0; i < 40; i++)
		strcat(nick, "\xe3\x82\xa2");
	entry_write(
	    &w, 1, &(struct identity){nick, nick, nick, nick}, CMD_BR_ENTRY, cp932, false, NULL);
	ck_assert(packet_parse(&packet, span_of(buf, w.len)) == PACKET_OK);
	ck_assert_uint_eq(packet.user.len, 78);
	ck_assert_uint_eq(packet.host.len, 78);
	ck_assert_uint_eq(packet.body.len, 78);
	ck_assert_uint_eq(packet.tail.len, 78 + 1);
	for (size_t i = 0; i < packet.body.len; i += 2)
		ck_assert_mem_eq(packet.body.data + i, "\203A", 2);
}
END_TEST

static void assert_entry(const struct entry *entry, const struct identity *from)
{
	assert_name(entry->user, entry->user_utf8, from->user);
	assert_name(entry->host, entry->host_utf8, from->host);
	assert_name(entry->nick, entry->nick_utf8, from->nick);
	assert_name(entry->group, entry->group_utf8, from->group);
}

/* Everything written is read as it was, by those who know the block and those who do not. */
START_TEST(entry_round_trip)
{
	static const uint32_t commands[] = {
	    CMD_NOOPERATION, CMD_BR_ENTRY, CMD_BR_EXIT, CMD_BR_ABSENCE};
	struct rng rng = random_seeded((uint8_t)_i);

	for (int i = 0; i < 200; i++) {
		unsigned char buf[2048];
		struct random_names names;
		struct fields fields;
		struct packet packet;
		struct entry entry;
		struct writer w = writer_on(buf, sizeof buf);
		uint32_t number = rng_below(&rng, INT32_MAX);
		bool block = rng_below(&rng, 3) > 0;
		bool answer = rng_below(&rng, 3) == 0;

		random_identity(&rng, &names);
		random_fields(&rng, &fields);
		if (answer)
			entry_write_answer(
			    &w, number, &names.identity, CMD_ANSENTRY, cp932, block, &fields);
		else
			entry_write(&w, number, &names.identity, commands[rng_below(&rng, 4)],
			    cp932, block, &fields);
		ck_assert(!w.full);
		ck_assert(packet_parse(&packet, span_of(buf, w.len)) == PACKET_OK);
		ck_assert_uint_eq(packet.number, number);
		ck_assert(packet_has(&packet, OPT_UTF8) == (answer && block));
		ck_assert(packet_has(&packet, OPT_CAPUTF8) == block);
		ck_assert(entry_parse(&entry, &packet));
		assert_entry(&entry, &names.identity);
		ck_assert(span_is(entry.version, block ? ENTRY_VERSION : ""));
		if (block)
			assert_same_fields(&entry.fields, &fields);
		else
			ck_assert_uint_eq(entry.fields.present, 0);
	}
}
END_TEST

static Suite *entry_suite(void)
{
	Suite *suite = suite_create("entry");
	TCase *read = tcase_create("read");
	TCase *write = tcase_create("write");

	tcase_add_checked_fixture(read, setup, teardown);
	tcase_add_loop_test(read, entry_read, 0, (int)(sizeof entries / sizeof entries[0]));
	tcase_add_loop_test(
	    read, entry_void, 0, (int)(sizeof void_entries / sizeof void_entries[0]));
	tcase_add_test(read, entry_flags);
	tcase_add_test(read, entry_long_names);
	suite_add_tcase(suite, read);
	tcase_add_checked_fixture(write, setup, teardown);
	tcase_add_test(write, entry_with_block);
	tcase_add_test(write, entry_written);
	tcase_add_test(write, answer_written);
	tcase_add_test(write, legacy_cut);
	tcase_add_loop_test(write, entry_round_trip, 0, 8);
	suite_add_tcase(suite, write);
	return suite;
}

int main(void)
{
	return unit_run(entry_suite());
}
