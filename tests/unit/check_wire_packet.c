/*
 * The frame: golden packets of every kind, what must be dropped and what must
 * be survived, what the writer emits, and the names of commands.
 */
#include <string.h>

#include "golden.h"
#include "unit.h"
#include "wire/packet.h"

struct frame_row {
	const char *name;
	struct span bytes;
	enum packet_error error;
	const char *version;
	uint32_t number;
	const char *number_text;
	const char *user;
	const char *host;
	uint32_t word;
	struct span body;
	struct span tail;
};

#define ALICE "alice", "ALPHA"
#define BOB "bob", "BETA"
#define CAROL "carol", "gamma"
#define FEIQ "1_lbt6_0#128#0050568001#0#0#0#4001#9"
#define NONE BYTES("")
#define NUMBER(n) n, #n
/* What every frame but the first field of some has in common. */
#define V1 PACKET_OK, "1"
#define UH "u", "h"
#define X10 "xxxxxxxxxx"
#define X79 X10 X10 X10 X10 X10 X10 X10 "xxxxxxxxx"
#define X200 X79 X79 X10 X10 X10 X10 "xx"

static const struct frame_row frames[] = {
    {"G01", BYTES(G01), V1, NUMBER(1700000001), ALICE, 0x01000001, BYTES("\203A\x83\x8a\x83X"),
	BYTES("\x8aJ\x94\xad\0\nUN:alice\nHN:ALPHA\nNN:\xe3\x82\xa2\xe3\x83\xaa\xe3\x82\xb9\nGN:"
	      "\xe9\x96\x8b\xe7\x99\xba\nVS:00010002:4:99:103")},
    {"G02", BYTES(G02), V1, NUMBER(100), "alice", "alpha", 1, BYTES("alice"), NONE},
    {"G03", BYTES(G03), V1, NUMBER(1700000003), BOB, 0x01800003, BYTES("\xe3\x83\x9c\xe3\x83\x96"),
	BYTES("\xe5\x96\xb6\xe6\xa5\xad\0\nVS:00010002:4:99:103")},
    {"G04", BYTES(G04), V1, NUMBER(1700000004), ALICE, 0x01010104, BYTES("Alice[lunch]"),
	BYTES("Dev\0\nUN:alice\nHN:ALPHA\nNN:Alice[lunch]\nGN:Dev\nVS:00010002:4:99:103")},
    {"G05", BYTES(G05), V1, NUMBER(1700000005), ALICE, 0x01000002, BYTES("Alice"),
	BYTES("\0\nUN:alice\nHN:ALPHA\nNN:Alice\nGN:\nVS:00010002:4:99:103")},
    {"G06", BYTES(G06), V1, NUMBER(1700000006), ALICE, 0x120, BYTES("Hello"), NONE},
    {"G07", BYTES(G07), V1, NUMBER(1700000100), BOB, 0x21, BYTES("1700000006"), NONE},
    {"G08", BYTES(G08), V1, NUMBER(1700000006), ALICE, 0x120, BYTES("Hello"),
	BYTES(NUL16 NUL16 NUL16 NUL16)},
    {"G10a", BYTES(G10a), V1, NUMBER(1700000011), ALICE, 0x00100320, BYTES("for your eyes"), NONE},
    {"G10b", BYTES(G10b), V1, NUMBER(1700000101), BOB, 0x00100030, BYTES("1700000011"), NONE},
    {"G10c", BYTES(G10c), V1, NUMBER(1700000012), ALICE, 0x32, BYTES("1700000101"), NONE},
    {"G11", BYTES(G11), PACKET_OK, "1_iptux 0.9.4", NUMBER(2), CAROL, 0x101, BYTES("Carol"),
	BYTES("Group\0icon-tux.png\0utf-8\0")},
    {"G11b", BYTES(G11b), PACKET_OK, "1_iptux 0.9.4", NUMBER(3), CAROL, 0x80200020, NONE,
	BYTES("0:pub.txt:5:65535500:1:\a\0")},
    {"G13", BYTES(G13), V1, NUMBER(1700000014), BOB, 0x13,
	BYTES("    0\a    2\aalice\aALPHA\a16777216\a192.0.2.10\a30985\aAlice\aDev\a"
	      "eve\aEPS\a0\a192.0.2.1\a16796\a\b\a\b\a"),
	NONE},
    {"G14a", BYTES(G14a), V1, NUMBER(1700000016), ALICE, 0x72, BYTES("65920006"), NONE},
    {"G17", BYTES(G17), V1, NUMBER(1700000020), ALICE, 0x00200120, BYTES("see files"),
	BYTES("0:a::b.txt:5:65535500:1:\a1:docs:0:65535500:2:\a\0")},
    {"G18a", BYTES(G18a), V1, NUMBER(1700000103), BOB, 0x60, BYTES("6553f114:0:0:"), NONE},
    {"G18b", BYTES(G18b), V1, NUMBER(1700000104), BOB, 0x62, BYTES("6553f114:1:"), NONE},
    {"G19", BYTES(G19), PACKET_VERSION},
    {"G19r", BYTES(G19r), V1, NUMBER(1700000105), BOB, 0x61, BYTES("1700000020"), NONE},
    {"G20", BYTES(G20), PACKET_DICTIONARY},
    {"G21a", BYTES(G21a), V1, NUMBER(1700000106), "gw", "GW1", 0x80, NONE, NONE},
    {"G21b", BYTES(G21b), V1, NUMBER(1700000107), "rdv", "SRV", 0x81, NONE, NONE},
    {"G22a", BYTES(G22a), V1, NUMBER(1700000023), ALICE, 0x40, NONE, NONE},
    {"G22b", BYTES(G22b), V1, NUMBER(1700000108), BOB, 0x41, BYTES("ipmsgd 0.1"), NONE},
    {"G22c", BYTES(G22c), V1, NUMBER(1700000024), ALICE, 0x50, NONE, NONE},
    {"G22d", BYTES(G22d), V1, NUMBER(1700000109), BOB, 0x51, BYTES("Not absence mode"), NONE},

    {"nothing", BYTES(""), PACKET_SHORT},
    {"a NUL", BYTES("\0"), PACKET_SHORT},
    {"64 NULs", BYTES(NUL16 NUL16 NUL16 NUL16), PACKET_SHORT},
    {"one field", BYTES("1"), PACKET_SHORT},
    {"two fields", BYTES("1:2"), PACKET_SHORT},
    {"four fields", BYTES("1:2:u:h"), PACKET_SHORT},
    {"fields after the NUL", BYTES("1:2:u\0:h:32:x"), PACKET_SHORT},
    {"version 2", BYTES("2:1:u:h:32:x\0"), PACKET_VERSION},
    {"version 10", BYTES("10:1:u:h:32:x\0"), PACKET_VERSION},
    {"version 2^32 + 1", BYTES("4294967297:1:u:h:32:x\0"), PACKET_VERSION},
    {"version 2^64 + 1", BYTES("18446744073709551617:1:u:h:32:x\0"), PACKET_VERSION},
    {"version x", BYTES("x:1:u:h:32:x\0"), PACKET_VERSION},
    {"no version", BYTES(":1:u:h:32:x\0"), PACKET_VERSION},
    {"FeiQ's version", BYTES(FEIQ ":1:u:h:32:x\0"), PACKET_OK, FEIQ, NUMBER(1), UH, 32, BYTES("x"),
	NONE},
    {"no user", BYTES("1:1::h:32:x\0"), PACKET_NAME},
    {"no host", BYTES("1:1:u::32:x\0"), PACKET_NAME},
    {"no fifth colon", BYTES("1:1:u:h:32"), V1, NUMBER(1), UH, 32, NONE, NONE},
    {"no fifth colon, NUL", BYTES("1:1:u:h:32\0g"), V1, NUMBER(1), UH, 32, NONE, BYTES("g")},
    {"no NUL", BYTES("1:1:u:h:32:x"), V1, NUMBER(1), UH, 32, BYTES("x"), NONE},
    {"colons in the body", BYTES("1:1:u:h:32::x:y:\0"), V1, NUMBER(1), UH, 32, BYTES(":x:y:"),
	NONE},
    {"word of ones", BYTES("1:1:u:h:4294967295:x\0"), V1, NUMBER(1), UH, 0xffffffff, BYTES("x"),
	NONE},
    {"word too large", BYTES("1:1:u:h:4294967296:x\0"), V1, NUMBER(1), UH, 0xffffffff, BYTES("x"),
	NONE},
    {"number too large", BYTES("1:99999999999999999999:u:h:32:x\0"), V1, UINT32_MAX,
	"999999999999999", UH, 32, BYTES("x"), NONE},
    {"word of letters", BYTES("1:1:u:h:abc:x\0"), V1, NUMBER(1), UH, 0, BYTES("x"), NONE},
    {"no number", BYTES("1::u:h:32:x\0"), V1, 0, "", UH, 32, BYTES("x"), NONE},
    {"negative", BYTES("1:-5:u:h:-3:x\0"), V1, 0, "-5", UH, 0, BYTES("x"), NONE},
    {"number with a suffix", BYTES("1:77x8:u:h:32x:\0"), V1, 77, "77x8", UH, 32, NONE, NONE},
    {"long user", BYTES("1:1:" X200 ":h:32:x\0"), V1, NUMBER(1), X79, "h", 32, BYTES("x"), NONE},
    {"long host", BYTES("1:1:u:" X200 ":32:x\0"), V1, NUMBER(1), "u", X79, 32, BYTES("x"), NONE},
    {"lines in the block", BYTES("1:1:u:h:16777217:n\0g\0\nUN:a:b\nXX\nNN\n"), V1, NUMBER(1), UH,
	0x01000001, BYTES("n"), BYTES("g\0\nUN:a:b\nXX\nNN\n")},
    {"bad dictionary", BYTES(G01 "\nIP:!!!!"), V1, NUMBER(1700000001), ALICE, 0x01000001,
	BYTES("\203A\x83\x8a\x83X"),
	BYTES("\x8aJ\x94\xad\0\nUN:alice\nHN:ALPHA\nNN:\xe3\x82\xa2\xe3\x83\xaa\xe3\x82\xb9\nGN:"
	      "\xe9\x96\x8b\xe7\x99\xba\nVS:00010002:4:99:103\nIP:!!!!")},
};

static void assert_span(struct span got, struct span want)
{
	ck_assert_uint_eq(got.len, want.len);
	if (want.len > 0)
		ck_assert_mem_eq(got.data, want.data, want.len);
}

START_TEST(frame)
{
	const struct frame_row *row = &frames[_i];
	struct packet packet;

	ck_assert_msg(packet_parse(&packet, row->bytes) == row->error, "%s", row->name);
	if (row->error != PACKET_OK)
		return;
	assert_span(packet.version, span_text(row->version));
	assert_span(packet.number_text, span_text(row->number_text));
	ck_assert_uint_eq(packet.number, row->number);
	assert_span(packet.user, span_text(row->user));
	assert_span(packet.host, span_text(row->host));
	ck_assert_uint_eq(packet.word, row->word);
	assert_span(packet.body, row->body);
	assert_span(packet.tail, row->tail);
	assert_span(packet.whole, row->bytes);
}
END_TEST

/* Those whose body is a blob: only that it is all there counts. */
START_TEST(long_frame)
{
	static const struct {
		struct span bytes;
		uint32_t word;
		size_t head;
	} rows[] = {
	    {BYTES(G14b), 0x73, sizeof "1:1700000102:bob:BETA:115:" - 1},
	    {BYTES(G15), 0x04c00120, sizeof "1:1700000017:alice:ALPHA:79692064:" - 1},
	    {BYTES(G16), 0x00400120, sizeof "1:1700000018:alice:ALPHA:4194592:" - 1},
	};
	struct packet packet;

	ck_assert(packet_parse(&packet, rows[_i].bytes) == PACKET_OK);
	ck_assert_uint_eq(packet.word, rows[_i].word);
	ck_assert_ptr_eq(packet.body.data, rows[_i].bytes.data + rows[_i].head);
	ck_assert_uint_eq(packet.body.len, rows[_i].bytes.len - rows[_i].head - 1);
	ck_assert_uint_eq(packet.tail.len, 0);
}
END_TEST

/* A stolen byte anywhere may change the outcome, never the bounds (a sanitizer watches). */
START_TEST(truncated_frames)
{
	for (size_t row = 0; row < sizeof frames / sizeof frames[0]; row++) {
		for (size_t len = 0; len < frames[row].bytes.len; len++) {
			unsigned char *copy = malloc(len > 0 ? len : 1);
			struct packet packet;

			ck_assert_ptr_nonnull(copy);
			memcpy(copy, frames[row].bytes.data, len);
			if (packet_parse(&packet, span_of(copy, len)) == PACKET_OK)
				ck_assert(packet.body.data + packet.body.len <= copy + len);
			free(copy);
		}
	}
}
END_TEST

START_TEST(no_buffer_at_all)
{
	struct packet packet;

	ck_assert(packet_parse(&packet, (struct span){NULL, 0}) == PACKET_SHORT);
}
END_TEST

START_TEST(error_names)
{
	for (unsigned i = 0; i < PACKET_ERRORS; i++) {
		ck_assert_ptr_nonnull(packet_error_name((enum packet_error)i));
		for (unsigned j = 0; j < i; j++)
			ck_assert_str_ne(packet_error_name((enum packet_error)i),
			    packet_error_name((enum packet_error)j));
	}
	ck_assert_str_eq(packet_error_name(PACKET_DICTIONARY), "dictionary");
	ck_assert_str_eq(packet_error_name((enum packet_error)99), "unknown");
}
END_TEST

START_TEST(fields_after_the_body)
{
	struct span tail = BYTES("Group\0\0icon\0");
	struct span field;

	ck_assert(packet_next_field(&tail, &field));
	assert_span(field, BYTES("Group"));
	ck_assert(packet_next_field(&tail, &field));
	assert_span(field, BYTES(""));
	ck_assert(packet_next_field(&tail, &field));
	assert_span(field, BYTES("icon"));
	ck_assert(!packet_next_field(&tail, &field));
	ck_assert(!packet_next_field(&tail, &field));
}
END_TEST

START_TEST(body_numbers)
{
	static const struct {
		struct span body;
		bool is_number;
		uint32_t number;
	} rows[] = {
	    {BYTES("1700000006"), true, 1700000006},
	    {BYTES("0"), true, 0},
	    {BYTES("4294967295"), true, UINT32_MAX},
	    {BYTES("4294967296"), true, UINT32_MAX},
	    {BYTES("99999999999999999999999999999"), true, UINT32_MAX},
	    {BYTES("12\r\n"), true, 12},
	    {BYTES(""), false, 0},
	    {BYTES("-1"), false, 0},
	    {BYTES(" 1"), false, 0},
	    {BYTES("x"), false, 0},
	};
	struct packet packet = {.body = rows[_i].body};
	uint32_t number;

	ck_assert(packet_body_number(&packet, &number) == rows[_i].is_number);
	if (rows[_i].is_number)
		ck_assert_uint_eq(number, rows[_i].number);
}
END_TEST

static const struct identity alice = {"alice", "ALPHA", "Alice", "Dev"};
static const struct identity bob = {"bob", "BETA", "Bob", ""};

START_TEST(emission)
{
	unsigned char buf[256];
	struct writer w = writer_on(buf, sizeof buf);

	packet_write(&w, 1700000006, &alice, CMD_SENDMSG | OPT_SENDCHECK, BYTES("Hello"));
	assert_span(span_of(buf, w.len), BYTES(G06));

	w = writer_on(buf, sizeof buf);
	packet_write_number(&w, 1700000100, &bob, CMD_RECVMSG, 1700000006);
	assert_span(span_of(buf, w.len), BYTES(G07));

	w = writer_on(buf, sizeof buf);
	packet_write_number(&w, 1700000101, &bob, CMD_READMSG | OPT_READCHECK, 1700000011);
	assert_span(span_of(buf, w.len), BYTES(G10b));

	w = writer_on(buf, sizeof buf);
	packet_write(&w, 1700000023, &alice, CMD_GETINFO, BYTES(""));
	assert_span(span_of(buf, w.len), BYTES(G22a));

	w = writer_on(buf, sizeof buf);
	packet_write(
	    &w, 100, &(struct identity){"alice", "alpha", "", ""}, CMD_BR_ENTRY, BYTES("alice"));
	assert_span(span_of(buf, w.len), BYTES(G02));
	ck_assert(!w.full);
}
END_TEST

/* What a supernode may send to an address that has only sent an entry of 26 bytes. */
START_TEST(shortest_proof)
{
	unsigned char buf[64];
	struct writer w = writer_on(buf, sizeof buf);

	packet_write(&w, 2147483647, &(struct identity){"s", "s", "s", ""},
	    CMD_READMSG | OPT_READCHECK, BYTES(""));
	assert_span(span_of(buf, w.len), BYTES("1:2147483647:s:s:1048624:\0"));
	ck_assert_uint_eq(w.len, 26);
}
END_TEST

START_TEST(names)
{
	static const struct {
		struct span name;
		struct span written;
	} rows[] = {
	    {BYTES("alice"), BYTES("alice")},
	    {BYTES(""), BYTES("_")},
	    {BYTES("a:b"), BYTES("a;b")},
	    {BYTES("\a\b\n\r\0\t\x7f"), BYTES("_______")},
	    {BYTES("\xe3\x82\xa2"), BYTES("\xe3\x82\xa2")},
	    {BYTES(X79), BYTES(X79)},
	    {BYTES(X79 "x"), BYTES(X79)},
	    /* The last character would end at byte 80, 81 or 82. */
	    {BYTES(X10 X10 X10 X10 X10 X10 X10 "xxxxxxxx\xc3\xa9"),
		BYTES(X10 X10 X10 X10 X10 X10 X10 "xxxxxxxx")},
	    {BYTES(X10 X10 X10 X10 X10 X10 X10 "xxxxxxxx\xe3\x82\xa2"),
		BYTES(X10 X10 X10 X10 X10 X10 X10 "xxxxxxxx")},
	    {BYTES(X10 X10 X10 X10 X10 X10 X10 "xxxxxx\xf0\x9f\x98\x80z"),
		BYTES(X10 X10 X10 X10 X10 X10 X10 "xxxxxx")},
	    {BYTES(X10 X10 X10 X10 X10 X10 X10 "xxxxxx\xe3\x82\xa2z"),
		BYTES(X10 X10 X10 X10 X10 X10 X10 "xxxxxx\xe3\x82\xa2")},
	    /* No text at all: cut where the limit is. */
	    {BYTES(X10 X10 X10 X10 X10 X10 X10 "xxxxx\x80\x80\x80\x80\x80\x80"),
		BYTES(X10 X10 X10 X10 X10 X10 X10 "xxxxx\x80\x80\x80\x80")},
	};
	unsigned char buf[128];
	struct writer w = writer_on(buf, sizeof buf);

	writer_name(&w, rows[_i].name);
	assert_span(span_of(buf, w.len), rows[_i].written);
}
END_TEST

/* A packet that is too long is not written in part, whatever the size of the buffer. */
START_TEST(full_writer)
{
	unsigned char whole[64], buf[64];
	struct writer w = writer_on(whole, sizeof whole);

	packet_write_number(&w, 7, &alice, CMD_RECVMSG, 42);
	ck_assert(!w.full);
	size_t need = w.len;

	for (size_t cap = 0; cap <= need; cap++) {
		memset(buf, 0xee, sizeof buf);
		w = writer_on(buf, cap);
		packet_write_number(&w, 7, &alice, CMD_RECVMSG, 42);
		ck_assert(w.full == (cap < need));
		ck_assert_uint_le(w.len, cap);
		ck_assert_mem_eq(buf, whole, w.len);
		for (size_t i = cap; i < sizeof buf; i++)
			ck_assert_uint_eq(buf[i], 0xee);
	}
	w = writer_on(buf, 2);
	writer_text(&w, "abc");
	writer_byte(&w, 'd');
	ck_assert(w.full);
	ck_assert_uint_eq(w.len, 0);
}
END_TEST

START_TEST(numbers_and_binary)
{
	unsigned char buf[160];
	uint8_t bytes[98];
	struct writer w = writer_on(buf, sizeof buf);

	writer_decimal(&w, 0);
	writer_byte(&w, ' ');
	writer_decimal(&w, UINT64_MAX);
	assert_span(span_of(buf, w.len), BYTES("0 18446744073709551615"));

	/* RFC 4648 §10, then an alphabet that differs from plain base64. */
	w = writer_on(buf, sizeof buf);
	writer_base64url(&w, "f", 1);
	writer_base64url(&w, "fo", 2);
	writer_base64url(&w, "foobar", 6);
	writer_base64url(&w, "\xff\xef", 2);
	assert_span(span_of(buf, w.len), BYTES("ZgZm8Zm9vYmFy_-8"));

	memset(bytes, 0, sizeof bytes);
	w = writer_on(buf, sizeof buf);
	writer_base64url(&w, bytes, sizeof bytes);
	ck_assert_uint_eq(w.len, 131);
	for (size_t i = 0; i < w.len; i++)
		ck_assert_uint_eq(buf[i], 'A');
}
END_TEST

START_TEST(commands)
{
	static const struct {
		uint32_t word;
		const char *text;
	} rows[] = {
	    {CMD_SENDMSG | OPT_SENDCHECK, "SENDMSG|SENDCHECKOPT"},
	    {CMD_SENDMSG, "SENDMSG"},
	    {CMD_BR_ENTRY | OPT_ABSENCE | OPT_CAPUTF8, "BR_ENTRY|ABSENCEOPT|CAPUTF8OPT"},
	    {CMD_READMSG | OPT_READCHECK, "READMSG|READCHECKOPT"},
	    {CMD_SENDMSG | OPT_SECRET | OPT_READCHECK | OPT_UTF8,
		"SENDMSG|SECRETOPT|READCHECKOPT|UTF8OPT"},
	    {CMD_ASKPUNCHING | OPT_CAPUTF8 | OPT_UTF8, "ASKPUNCHING|UTF8OPT|CAPUTF8OPT"},
	    {0x83, "0x83"},
	    {0x05, "0x05"},
	    {0x01 | 0x40000000u, "BR_ENTRY|0x40000000"},
	    {0x83 | 0xc0000000u, "0x83|0xc0000000"},
	    {CMD_BR_ENTRY | OPT_READCHECK, "BR_ENTRY|0x100000"},
	    {0, "NOOPERATION"},
	};
	char buf[COMMAND_TEXT_MAX];

	ck_assert_str_eq(command_format(rows[_i].word, buf, sizeof buf), rows[_i].text);
}
END_TEST

START_TEST(command_text_fits)
{
	char buf[2 * COMMAND_TEXT_MAX];

	for (uint32_t command = 0; command <= COMMAND_MASK; command++) {
		command_format(0xffffff00u | command, buf, sizeof buf);
		ck_assert_uint_lt(strlen(buf), COMMAND_TEXT_MAX);
	}
	ck_assert_str_eq(command_format(CMD_SENDMSG | OPT_SENDCHECK, buf, 20), "SENDMSG");
	ck_assert_str_eq(
	    command_format(CMD_SENDMSG | OPT_SENDCHECK, buf, 21), "SENDMSG|SENDCHECKOPT");
	ck_assert_str_eq(command_format(CMD_SENDMSG, buf, 1), "");
	ck_assert_str_eq(command_name(CMD_ANSPUNCHING | OPT_UTF8), "ANSPUNCHING");
	ck_assert_ptr_null(command_name(0xff));
}
END_TEST

#define ROWS(table) (int)(sizeof(table) / sizeof(table)[0])

static Suite *packet_suite(void)
{
	Suite *suite = suite_create("packet");
	TCase *parse = tcase_create("parse");
	TCase *write = tcase_create("write");
	TCase *command = tcase_create("command");

	tcase_add_loop_test(parse, frame, 0, ROWS(frames));
	tcase_add_loop_test(parse, long_frame, 0, 3);
	tcase_add_test(parse, truncated_frames);
	tcase_add_test(parse, no_buffer_at_all);
	tcase_add_test(parse, error_names);
	tcase_add_test(parse, fields_after_the_body);
	tcase_add_loop_test(parse, body_numbers, 0, 10);
	suite_add_tcase(suite, parse);
	tcase_add_test(write, emission);
	tcase_add_test(write, shortest_proof);
	tcase_add_loop_test(write, names, 0, 12);
	tcase_add_test(write, full_writer);
	tcase_add_test(write, numbers_and_binary);
	suite_add_tcase(suite, write);
	tcase_add_loop_test(command, commands, 0, 12);
	tcase_add_test(command, command_text_fits);
	suite_add_tcase(suite, command);
	return suite;
}

int main(void)
{
	return unit_run(packet_suite());
}
