/*
 * The rendezvous: its fields value by value, and the three packets toward
 * nodes that know the fields and nodes that only know the seed.
 */
#include <stdio.h>
#include <string.h>

#include "golden.h"
#include "random_wire.h"
#include "unit.h"
#include "wire/punch.h"

#define NUL "\0" /* before digits, which would continue the escape */
#define ASK "1:7:u:h:25165952:"
#define ORDER "1:7:u:h:25165953:"
#define ANSWER "1:7:u:h:25165954:"
#define CK16 "AAECAwQFBgcICQoLDA0ODw"
#define TK8 "AAECAwQFBgc"
#define ID32 "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
#define ZEROS32 "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define SG64                                                                                       \
	"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8" \
	"gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0-Pw"
#define OA6 "wAACAQl5"
#define ANY6 "AAAAAAl6"		   /* 0.0.0.0:2426 */
#define ANY18 "AAAAAAAAAAAAAAAAAAAAAAl6" /* [::]:2426 */
#define OA18 "IAENuAAAAAAAAAAAAAAAAQl5"

static const struct identity us = {"u", "h", "", ""};

static struct fields read_fields(struct span bytes, bool *ok)
{
	struct packet packet;
	struct block block;
	struct fields fields = {0};

	ck_assert(packet_parse(&packet, bytes) == PACKET_OK);
	*ok = block_parse(&block, &packet) && fields_read(&fields, &block);
	return fields;
}

static const struct {
	const char *lines;
	bool ok;
	uint32_t present; /* without PX */
} field_rows[] = {
    {"\nPX:1", true, 0},
    {"\nPX:2", true, 0},
    {"\nPX:0\nTK:!", true, UINT32_MAX},
    {"\nTK:!\nLT:x\nOA:", true, UINT32_MAX},
    {"\nPX:", false, 0},
    {"\nPX:x", false, 0},
    {"\nPX:1x", false, 0},
    {"\nPX:-1", false, 0},
    {"\nPX:1\nTK:" TK8, true, 1u << KEY_TK},
    {"\nPX:1\nTK:", false, 0},
    {"\nPX:1\nTK:AAECAwQFBg", false, 0},
    {"\nPX:1\nTK:AAECAwQFBgcI", false, 0},
    {"\nPX:1\nTK:" TK8 "=", false, 0},
    {"\nPX:1\nTK:AAECAwQFBgd", false, 0}, /* a bit left over */
    {"\nPX:1\nTK:AAECAwQF gc", false, 0},
    {"\nPX:1\nTK:////////////", false, 0},
    {"\nPX:1\nSI:" TK8, true, 1u << KEY_SI},
    {"\nPX:1\nSI:" TK8 "I", false, 0},
    {"\nPX:1\nCK:" CK16, true, 1u << KEY_CK},
    {"\nPX:1\nCK:" TK8, false, 0},
    {"\nPX:1\nOA:" OA6, true, 1u << KEY_OA},
    {"\nPX:1\nOA:" OA18, true, 1u << KEY_OA},
    {"\nPX:1\nOA:" TK8, false, 0},
    {"\nPX:1\nOA:" OA6 "," OA6, false, 0},
    {"\nPX:1\nOA:", false, 0},
    {"\nPX:1\nLT:75", true, 1u << KEY_LT},
    {"\nPX:1\nLT:0", true, 1u << KEY_LT},
    {"\nPX:1\nLT:4294967295", true, 1u << KEY_LT},
    {"\nPX:1\nLT:4294967296", false, 0},
    {"\nPX:1\nLT:00000000075", false, 0},
    {"\nPX:1\nLT:", false, 0},
    {"\nPX:1\nLT:75s", false, 0},
    {"\nPX:1\nLT:+75", false, 0},
    {"\nPX:1\nLC:" OA6, true, 1u << KEY_LC},
    {"\nPX:1\nLC:" OA6 "," OA18 "," OA6 "," OA6, true, 1u << KEY_LC},
    {"\nPX:1\nLC:" OA6 "," OA6 "," OA6 "," OA6 "," OA6, false, 0},
    {"\nPX:1\nLC:" OA6 ",", false, 0},
    {"\nPX:1\nLC:," OA6, false, 0},
    {"\nPX:1\nLC:", false, 0},
    {"\nPX:1\nLC:" TK8, false, 0},
    {"\nPX:1\nER:stale", true, 1u << KEY_ER},
    {"\nPX:1\nER:tomorrow", true, 1u << KEY_ER},
    {"\nPX:1\nER:", false, 0},
    {"\nPX:1\nER:Stale", false, 0},
    {"\nPX:1\nER:st\x1b", false, 0},
    {"\nPX:1\nPD:", true, 1u << KEY_PD},
    {"\nPX:1\nPD:\xff:anything", true, 1u << KEY_PD},
    {"\nCK:" CK16 "\nPX:1", true, 1u << KEY_CK},
    {"\nPX:1\nCK:" CK16 "\nCK:" CK16, false, 0},
    {"\nPX:1\nPX:1", false, 0},
    {"\nPX:1\nZZ:1\nZZ:1\nAN:alice", true, 1u << KEY_AN},
    {"\nPX:1\nAN:", false, 0},
    {"\nPX:1\nAN:al:ice", false, 0},
    {"\nPX:1\nAN:\xe3\x81", false, 0},
    {"\nPX:1\nCH:a@b,c@d", true, 1u << KEY_CH},
    {"\nPX:1\nCH:\xff", false, 0},
    {"\nPX:1\nNT:ei,keep,open", true, 1u << KEY_NT},
    {"\nPX:1\nNT:ei,keep,open,eif", true, 1u << KEY_NT},
    {"\nPX:1\nNT:later,words", true, 1u << KEY_NT},
    {"\nPX:1\nAP:" OA6, true, 1u << KEY_AP},
    {"\nPX:1\nAP:" ANY6 "," ANY18 "," OA6 "," OA18, true, 1u << KEY_AP},
    {"\nPX:1\nAP:" OA6 "," OA6 "," OA6 "," OA6 "," OA6, false, 0},
    {"\nPX:1\nAP:" OA6 ",", false, 0},
    {"\nPX:1\nAP:", false, 0},
    {"\nPX:1\nAP:" TK8, false, 0},
    {"\nPX:1\nAP:" OA6 "\nAP:" OA6, false, 0},
    {"\nPX:1\nAP:wAACAQAA", false, 0},		       /* 192.0.2.1, port 0 */
    {"\nPX:1\nAP:AAAAAAAA", false, 0},		       /* 0.0.0.0, port 0 */
    {"\nPX:1\nAP:AAAAAQl6", false, 0},		       /* 0.0.0.1 */
    {"\nPX:1\nAP:" OA6 ",4AAAAQl6", false, 0},	       /* 224.0.0.1 */
    {"\nPX:1\nAP:_wIAAAAAAAAAAAAAAAAAAQl6", false, 0}, /* ff02::1 */
    {"\nPX:1\nLM:1048576", true, 1u << KEY_LM},
    {"\nPX:1\nLM:4294967296", false, 0},
    {"\nPX:1\nLM:", false, 0},
    {"\nPX:1\nPT:0,2,1800,288", true, 1u << KEY_PT},
    {"\nPX:1\nPT:0,2,1800", false, 0},
    {"\nPX:1\nPT:0,2,1800,", false, 0},
    {"\nPX:1\nPT:0,2,1800,288,1", false, 0},
    {"\nPX:1\nPT:0,2,1800,-1", false, 0},
    {"\nPX:1\nPT:,2,1800,288", false, 0},
    {"\nPX:1\nPT:4294967296,2,1800,288", false, 0},
    {"\nPX:1\nPB:gA", true, 1u << KEY_PB},
    {"\nPX:1\nPB:", false, 0},
    {"\nPX:1\nPB:gB", false, 0}, /* bits left over */
    {"\nPX:1\nPB:gA==", false, 0},
    {"\nPX:1\nID:" ID32, true, 1u << KEY_ID},
    {"\nPX:1\nID:" CK16, false, 0},
    {"\nPX:1\nTS:1700000000000", true, 1u << KEY_TS},
    {"\nPX:1\nTS:9999999999999999", true, 1u << KEY_TS},
    {"\nPX:1\nTS:10000000000000000", false, 0},
    {"\nPX:1\nTS:", false, 0},
    {"\nPX:1\nTS:-1", false, 0},
    {"\nPX:1\nSG:" SG64, true, 1u << KEY_SG},
    {"\nPX:1\nSG:" ID32, false, 0},
    {"\nPX:1\nMA:" CK16, true, 1u << KEY_MA},
    {"\nPX:1\nMA:" CK16 "\n", false, 0}, /* nothing may follow these two */
    {"\nPX:1\nMA:" CK16 "\nZZ:1", false, 0},
    {"\nPX:1\nSG:" SG64 "\nMA:" CK16, false, 0},
};

START_TEST(field_values)
{
	unsigned char buf[256];
	struct writer w = writer_on(buf, sizeof buf);
	bool ok;

	writer_span(&w, BYTES(ANSWER "x\0"));
	writer_text(&w, field_rows[_i].lines);
	struct fields fields = read_fields(span_of(buf, w.len), &ok);

	ck_assert_msg(ok == field_rows[_i].ok, "%s", field_rows[_i].lines);
	if (!ok)
		return;
	uint32_t want = field_rows[_i].present;

	ck_assert_uint_eq(fields.present, want == UINT32_MAX ? 0 : want | 1u << KEY_PX);
}
END_TEST

START_TEST(field_contents)
{
	static const uint8_t counting[16] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
	char text[ENDPOINT_TEXT_MAX];
	bool ok;
	struct fields fields = read_fields(
	    BYTES(ANSWER "x\0\nVS:1\nPX:1\nTK:" TK8 "\nOA:" OA18 "\nLT:400\nSI:BwYFBAMCAQA\nLC:" OA6
			 "," OA18 "\nER:taken\nPD:12345\nCK:" CK16 "\nAP:" ANY6 "," OA18
			 "\nNT:ad,eif"),
	    &ok);

	ck_assert(ok);
	ck_assert_mem_eq(fields.transaction, counting, 8);
	ck_assert_mem_eq(fields.cookie, counting, 16);
	ck_assert_uint_eq(fields.session[0], 7);
	ck_assert_uint_eq(fields.session[7], 0);
	ck_assert_str_eq(endpoint_format(&fields.observed, text), "[2001:db8::1]:2425");
	ck_assert_uint_eq(fields.lifetime, 400);
	ck_assert_uint_eq(fields.candidate_count, 2);
	ck_assert_str_eq(endpoint_format(&fields.candidates[0], text), "192.0.2.1:2425");
	ck_assert_str_eq(endpoint_format(&fields.candidates[1], text), "[2001:db8::1]:2425");
	ck_assert_uint_eq(fields.error, PUNCH_TAKEN);
	ck_assert_uint_eq(fields.padding, 5);
	ck_assert_uint_eq(fields.alternate_count, 2);
	ck_assert_str_eq(endpoint_format(&fields.alternates[0], text), "0.0.0.0:2426");
	ck_assert_str_eq(endpoint_format(&fields.alternates[1], text), "[2001:db8::1]:2425");
	ck_assert(alternate_is_relative(&fields.alternates[0]));
	ck_assert(!alternate_is_relative(&fields.alternates[1]));
	ck_assert_uint_eq(fields.nat.mapping, NAT_MAPPING_AD);
	ck_assert(fields.nat.eif && !fields.nat.open);
}
END_TEST

START_TEST(error_words)
{
	char lines[64];
	unsigned char buf[128];
	bool ok;

	for (unsigned i = 0; i <= PUNCH_ERRORS; i++) {
		struct writer w = writer_on(buf, sizeof buf);
		bool known = i < PUNCH_ERRORS;

		snprintf(lines, sizeof lines, "\nPX:1\nER:%s",
		    known ? punch_error_name((enum punch_error)i) : "unheard");
		writer_span(&w, BYTES(ANSWER "x\0"));
		writer_text(&w, lines);
		struct fields fields = read_fields(span_of(buf, w.len), &ok);

		ck_assert(ok);
		ck_assert_uint_eq(fields.error, known ? i : (unsigned)PUNCH_REFUSED);
	}
	ck_assert_str_eq(punch_error_name(PUNCH_ERRORS), "refused");
	ck_assert_str_eq(block_key_name(KEY_CK), "CK");
}
END_TEST

START_TEST(fields_in_their_order)
{
	unsigned char buf[512];
	struct writer w = writer_on(buf, sizeof buf);
	struct fields fields = {
	    .lifetime = 75,
	    .error = PUNCH_BUSY,
	    .padding = 3,
	    .asker = span_text("a@b:c\n"),
	    .choices = span_text("x@y"),
	    .nat = {NAT_MAPPING_AP, NAT_PORTS_RND, true, true},
	    .text_max = 4096,
	    .part = {1, 2, 3, 4},
	    .bits = span_text("gA"),
	    .stamp = 42,
	};

	for (enum block_key key = KEY_PX; key < KEY_COUNT; key++)
		fields_set(&fields, key);
	fields.candidate_count = 2;
	fields.alternate_count = 2;
	ck_assert_ptr_null(endpoint_parse(&fields.alternates[0], "0.0.0.0:2426", 0));
	ck_assert_ptr_null(endpoint_parse(&fields.alternates[1], "[2001:db8::1]:2425", 0));
	ck_assert_ptr_null(endpoint_parse(&fields.observed, "192.0.2.1", 2425));
	fields.candidates[0] = fields.candidates[1] = fields.observed;
	fields_write(&w, &fields);
	struct span want =
	    BYTES("\nPX:1\nTK:AAAAAAAAAAA\nOA:" OA6 "\nLT:75\nSI:AAAAAAAAAAA\nLC:" OA6 "," OA6
		  "\nER:busy\nPD:...\nCK:AAAAAAAAAAAAAAAAAAAAAA\nAN:a@b;c_\nCH:x@y"
		  "\nAP:" ANY6 "," OA18 "\nNT:ap,rnd,open,eif\nLM:4096\nPT:1,2,3,4\nPB:gA\nID:" ZEROS32 "\nTS:42");

	ck_assert_uint_eq(w.len, want.len);
	ck_assert_mem_eq(buf, want.data, want.len);

	/* No candidates or alternates, no list; nothing, nothing. */
	w = writer_on(buf, sizeof buf);
	fields_write(&w,
	    &(struct fields){.present = 1u << KEY_PX | 1u << KEY_LC | 1u << KEY_AP});
	ck_assert(span_is(span_of(buf, w.len), "\nPX:1"));
	w = writer_on(buf, sizeof buf);
	fields_write(&w, &(struct fields){0});
	ck_assert_uint_eq(w.len, 0);
}
END_TEST

START_TEST(choices)
{
	char text[64], name[8];
	struct writer w = writer_on(text, 20);

	fields_add_choice(&w, span_text("a,b%c"));
	fields_add_choice(&w, span_text("longer than fits"));
	fields_add_choice(&w, span_text("d%2C"));
	struct span list = span_of(text, w.len);

	ck_assert(span_is(list, "a%2Cb%25c,d%252C"));
	ck_assert(fields_next_choice(&list, name, sizeof name));
	ck_assert_str_eq(name, "a,b%c");
	ck_assert(fields_next_choice(&list, name, sizeof name));
	ck_assert_str_eq(name, "d%2C");
	ck_assert(!fields_next_choice(&list, name, sizeof name));
	/* what is empty, or longer than there is room, is passed over */
	list = span_text(",toolong8,x,");
	ck_assert(fields_next_choice(&list, name, sizeof name));
	ck_assert_str_eq(name, "x");
	ck_assert(!fields_next_choice(&list, name, sizeof name));
}
END_TEST

static const struct {
	struct span bytes;
	const char *name; /* NULL: void */
	bool utf8;
	uint32_t present;
} asks[] = {
    {BYTES("1:7:u:h:128:alice@sales"), "alice@sales", false, 0},
    {BYTES("1:7:u:h:128:alice@sales\0"), "alice@sales", false, 0},
    {BYTES("1:7:u:h:128:\203A\x83\x8a\x83X@x"), "\203A\x83\x8a\x83X@x", false, 0},
    {BYTES(ASK "alice\0\nPX:1\nTK:" TK8), "alice", true, 1u << KEY_PX | 1u << KEY_TK},
    {BYTES("1:7:u:h:128:alice\0\nPX:1\nTK:" TK8), "alice", false, 0},
    {BYTES(G21a), NULL, false, 0},
    {BYTES("1:7:u:h:128"), NULL, false, 0},
    {BYTES(ASK "alice\0\nPX:1\nTK:AA"), NULL, false, 0},
    {BYTES(ASK "alice\0\nPX:1\nPX:1"), NULL, false, 0},
};

START_TEST(ask_read)
{
	struct packet packet;
	struct ask ask;

	ck_assert(packet_parse(&packet, asks[_i].bytes) == PACKET_OK);
	ck_assert(ask_parse(&ask, &packet) == (asks[_i].name != NULL));
	if (asks[_i].name == NULL)
		return;
	ck_assert(span_is(ask.name, asks[_i].name));
	ck_assert(ask.utf8 == asks[_i].utf8);
	ck_assert_uint_eq(ask.fields.present, asks[_i].present);
}
END_TEST

/* One byte more than nick, '@' and group can have is too long, in an ask and in its answer. */
START_TEST(long_names)
{
	for (size_t len = ASK_NAME_MAX; len <= ASK_NAME_MAX + 1; len++) {
		unsigned char buf[512], name[ASK_NAME_MAX + 1];
		struct packet packet;
		struct ask ask;
		struct answer answer;
		struct writer w = writer_on(buf, sizeof buf);

		memset(name, 'n', sizeof name);
		ask_write(&w, 1, &us, span_of(name, len), NULL);
		ck_assert(packet_parse(&packet, span_of(buf, w.len)) == PACKET_OK);
		ck_assert(ask_parse(&ask, &packet) == (len == ASK_NAME_MAX));
		ck_assert(answer_parse(&answer, &packet) == (len == ASK_NAME_MAX));
	}
}
END_TEST

static const struct {
	struct span bytes;
	const char *toward; /* NULL: void */
} orders[] = {
    {BYTES("1:7:u:h:129:192.0.2.1" NUL "2425"), "192.0.2.1:2425"},
    {BYTES("1:7:u:h:129:192.0.2.1" NUL "2425\0"), "192.0.2.1:2425"},
    {BYTES("1:7:u:h:129:192.0.2.1" NUL "65535\0more"), "192.0.2.1:65535"},
    {BYTES("1:7:u:h:129:192.0.2.1" NUL "1"), "192.0.2.1:1"},
    {BYTES(ORDER "192.0.2.1" NUL "2425\0\nPX:1\nSI:" TK8), "192.0.2.1:2425"},
    {BYTES(ORDER "2001:db8::1" NUL "2425\0\nPX:1"), "[2001:db8::1]:2425"},
    {BYTES(ORDER "::ffff:192.0.2.1" NUL "2425\0\nPX:1"), "192.0.2.1:2425"},
    {BYTES("1:7:u:h:129:2001:db8::1" NUL "2425"), NULL},
    {BYTES("1:7:u:h:129:::ffff:192.0.2.1" NUL "2425"), NULL},
    {BYTES("1:7:u:h:129:192.0.2.1" NUL "0"), NULL},
    {BYTES("1:7:u:h:129:192.0.2.1" NUL "65536"), NULL},
    {BYTES("1:7:u:h:129:192.0.2.1" NUL "4294969721"), NULL},
    {BYTES("1:7:u:h:129:192.0.2.1" NUL "2425x"), NULL},
    {BYTES("1:7:u:h:129:192.0.2.1\0 2425"), NULL},
    {BYTES("1:7:u:h:129:192.0.2.1\0+2425"), NULL},
    {BYTES("1:7:u:h:129:192.0.2.1" NUL "02425"), NULL},
    {BYTES("1:7:u:h:129:192.0.2.1\0" NUL "2425"), NULL},
    {BYTES("1:7:u:h:129:192.0.2.1\0"), NULL},
    {BYTES("1:7:u:h:129:192.0.2.1"), NULL},
    {BYTES("1:7:u:h:129:192.0.2.1:2425" NUL "2425"), NULL},
    {BYTES("1:7:u:h:129:192.0.2" NUL "2425"), NULL},
    {BYTES("1:7:u:h:129:192.0.2.256" NUL "2425"), NULL},
    {BYTES("1:7:u:h:129:3221225985" NUL "2425"), NULL},
    {BYTES("1:7:u:h:129:b.example.org" NUL "2425"), NULL},
    {BYTES("1:7:u:h:129: 192.0.2.1" NUL "2425"), NULL},
    {BYTES(ORDER "fe80::1%eth0" NUL "2425\0\nPX:1"), NULL},
    {BYTES(ORDER "192.0.2.1" NUL "2425\0\nPX:1\nSI:x"), NULL},
    {BYTES(ORDER "192.0.2.1\0\nPX:1"), NULL},
    {BYTES(G21b), NULL},
};

START_TEST(order_read)
{
	struct packet packet;
	struct order order;
	char text[ENDPOINT_TEXT_MAX];

	ck_assert(packet_parse(&packet, orders[_i].bytes) == PACKET_OK);
	ck_assert(order_parse(&order, &packet) == (orders[_i].toward != NULL));
	if (orders[_i].toward != NULL)
		ck_assert_str_eq(endpoint_format(&order.toward, text), orders[_i].toward);
}
END_TEST

static void assert_written(const struct writer *w, struct span want)
{
	ck_assert(!w->full);
	ck_assert_uint_eq(w->len, want.len);
	ck_assert_mem_eq(w->data, want.data, want.len);
}

/* Toward the seed to the last byte; a byte more and it finds nobody. */
START_TEST(seed_packets)
{
	static const struct fields none = {0};
	unsigned char buf[256];
	struct endpoint toward;
	struct writer w = writer_on(buf, sizeof buf);

	ask_write(&w, 7, &us, BYTES("alice@sales"), NULL);
	assert_written(&w, BYTES("1:7:u:h:128:alice@sales"));
	w = writer_on(buf, sizeof buf);
	ask_write(&w, 7, &us, BYTES("alice@sales"), &none);
	assert_written(&w, BYTES("1:7:u:h:128:alice@sales"));

	ck_assert_ptr_null(endpoint_parse(&toward, "192.0.2.1:40001", 0));
	w = writer_on(buf, sizeof buf);
	order_write(&w, 7, &us, &toward, NULL);
	assert_written(&w, BYTES("1:7:u:h:129:192.0.2.1" NUL "40001"));
}
END_TEST

START_TEST(our_packets)
{
	unsigned char buf[256];
	struct endpoint toward;
	struct fields fields = {.error = PUNCH_UNKNOWN};
	struct writer w = writer_on(buf, sizeof buf);

	fields_set(&fields, KEY_ER);
	ask_write(&w, 7, &us, BYTES("\xe3\x82\xa2"), &fields);
	assert_written(&w, BYTES(ASK "\xe3\x82\xa2\0\nPX:1\nER:unknown"));

	ck_assert_ptr_null(endpoint_parse(&toward, "[2001:db8::1]:40001", 0));
	w = writer_on(buf, sizeof buf);
	order_write(&w, 7, &us, &toward, &fields);
	assert_written(&w, BYTES(ORDER "2001:db8::1" NUL "40001\0\nPX:1\nER:unknown"));

	w = writer_on(buf, sizeof buf);
	answer_write(&w, 7, &us, BYTES("alice"), &fields);
	assert_written(&w, BYTES(ANSWER "alice\0\nPX:1\nER:unknown"));
	w = writer_on(buf, sizeof buf);
	answer_write(&w, 7, &us, BYTES(""), NULL);
	assert_written(&w, BYTES("1:7:u:h:130:\0"));
}
END_TEST

static void round_trip(struct rng *rng)
{
	unsigned char buf[2048];
	char name[3 * RANDOM_NAME_CHARACTERS + 1];
	struct random_names from;
	struct fields fields;
	struct packet packet;
	struct ask ask;
	struct order order;
	struct answer answer;
	struct endpoint toward;
	struct writer w = writer_on(buf, sizeof buf);

	random_identity(rng, &from);
	random_fields(rng, &fields);
	random_text(rng, name, RANDOM_NAME_CHARACTERS);
	random_endpoint(rng, &toward);

	ask_write(&w, 1, &from.identity, span_text(name), &fields);
	ck_assert(!w.full && packet_parse(&packet, span_of(buf, w.len)) == PACKET_OK);
	ck_assert(packet_command(&packet) == CMD_ASKPUNCHING && ask_parse(&ask, &packet));
	ck_assert(span_is(ask.name, name));
	ck_assert(ask.utf8 == (fields.present != 0));
	assert_same_fields(&ask.fields, &fields);

	w = writer_on(buf, sizeof buf);
	order_write(&w, 1, &from.identity, &toward, &fields);
	ck_assert(!w.full && packet_parse(&packet, span_of(buf, w.len)) == PACKET_OK);
	ck_assert(packet_command(&packet) == CMD_ORDERPUNCHING);
	bool fits = toward.family == FAMILY_IP4 || fields.present != 0;

	ck_assert(order_parse(&order, &packet) == fits);
	if (fits) {
		ck_assert(endpoint_equal(&order.toward, &toward));
		assert_same_fields(&order.fields, &fields);
	}

	w = writer_on(buf, sizeof buf);
	answer_write(&w, 1, &from.identity, span_text(name), &fields);
	ck_assert(!w.full && packet_parse(&packet, span_of(buf, w.len)) == PACKET_OK);
	ck_assert(packet_command(&packet) == CMD_ANSPUNCHING && answer_parse(&answer, &packet));
	ck_assert(span_is(answer.name, name));
	assert_same_fields(&answer.fields, &fields);
}

START_TEST(punch_round_trip)
{
	struct rng rng = random_seeded((uint8_t)_i);

	for (int i = 0; i < 200; i++)
		round_trip(&rng);
}
END_TEST

#define ROWS(table) (int)(sizeof(table) / sizeof(table)[0])

static Suite *punch_suite(void)
{
	Suite *suite = suite_create("punch");
	TCase *fields = tcase_create("fields");
	TCase *packets = tcase_create("packets");

	tcase_add_loop_test(fields, field_values, 0, ROWS(field_rows));
	tcase_add_test(fields, field_contents);
	tcase_add_test(fields, error_words);
	tcase_add_test(fields, fields_in_their_order);
	tcase_add_test(fields, choices);
	suite_add_tcase(suite, fields);
	tcase_add_loop_test(packets, ask_read, 0, ROWS(asks));
	tcase_add_test(packets, long_names);
	tcase_add_loop_test(packets, order_read, 0, ROWS(orders));
	tcase_add_test(packets, seed_packets);
	tcase_add_test(packets, our_packets);
	tcase_add_loop_test(packets, punch_round_trip, 0, 8);
	suite_add_tcase(suite, packets);
	return suite;
}

int main(void)
{
	return unit_run(punch_suite());
}
