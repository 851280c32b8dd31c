/* SENDPART and ACKPART: golden packets, and every way in which their numbers can contradict. */
#include <stdio.h>
#include <string.h>

#include "golden.h"
#include "unit.h"
#include "wire/part.h"

#define NUL "\0" /* before digits, which would continue the escape */
#define PART "1:7:u:h:25165956:"
#define ACK "1:9:d:k:25165957:"
#define SI8 "AAECAwQFBgc"
#define BLOCK "\0\nPX:1\nSI:" SI8

static const struct identity us = {"u", "h", "", ""};
static const uint8_t session[SESSION_BYTES] = {0, 1, 2, 3, 4, 5, 6, 7};

static const struct {
	struct span bytes;
	bool ok;
	size_t size, offset;
} part_rows[] = {
    {BYTES(PART "abcde" BLOCK "\nPT:0,3,12,288"), true, 5, 0},
    {BYTES(PART "fghij" BLOCK "\nPT:1,3,12,288"), true, 5, 5},
    {BYTES(PART "kl" BLOCK "\nPT:2,3,12,288"), true, 5, 10},
    {BYTES(PART "fghij" BLOCK "\nPT:2,3,15,288"), true, 5, 10},
    {BYTES(PART "a:\nb" BLOCK "\nPT:0,2,5,8388896"), true, 4, 0},
    /* more than its chunks can hold, or fewer than they are */
    {BYTES(PART "abcde" BLOCK "\nPT:0,3,16,288"), false, 0, 0},
    {BYTES(PART "abcde" BLOCK "\nPT:0,3,10,288"), false, 0, 0},
    {BYTES(PART "abcde" BLOCK "\nPT:0,3,5,288"), false, 0, 0},
    {BYTES(PART "abcde" BLOCK "\nPT:0,3,0,288"), false, 0, 0},
    /* the last one: the others have no whole size, or a smaller one */
    {BYTES(PART "kl" BLOCK "\nPT:2,3,13,288"), false, 0, 0},
    {BYTES(PART "klm" BLOCK "\nPT:2,3,7,288"), false, 0, 0},
    {BYTES(PART "kl" BLOCK "\nPT:2,3,2,288"), false, 0, 0},
    {BYTES(PART "" BLOCK "\nPT:0,3,12,288"), false, 0, 0},
    {BYTES(PART "abcde" BLOCK "\nPT:3,3,12,288"), false, 0, 0},
    {BYTES(PART "abcde" BLOCK "\nPT:0,1,5,288"), false, 0, 0},
    {BYTES(PART "abcde" BLOCK "\nPT:0,0,5,288"), false, 0, 0},
    {BYTES(PART "a" BLOCK "\nPT:0,1280,1280,288"), true, 1, 0},
    {BYTES(PART "a" BLOCK "\nPT:0,1281,1281,288"), false, 0, 0},
    {BYTES(PART "a" BLOCK "\nPT:4294967295,4294967295,4294967295,288"), false, 0, 0},
    /* the word of something else than SENDMSG */
    {BYTES(PART "abcde" BLOCK "\nPT:0,3,12,1"), false, 0, 0},
    {BYTES(PART "abcde" BLOCK), false, 0, 0},
    {BYTES(PART "abcde\0\nPX:1\nPT:0,3,12,288"), false, 0, 0},
    {BYTES(PART "abcde\0\nSI:" SI8 "\nPT:0,3,12,288"), false, 0, 0},
    {BYTES(PART "abcde" BLOCK "\nPT:0,3,12,288\nPT:0,3,12,288"), false, 0, 0},
    {BYTES(PART "abcde"), false, 0, 0},
};

START_TEST(parts_read)
{
	struct packet packet;
	struct part_packet part;

	ck_assert(packet_parse(&packet, part_rows[_i].bytes) == PACKET_OK);
	ck_assert(part_parse(&part, &packet) == part_rows[_i].ok);
	if (!part_rows[_i].ok)
		return;
	ck_assert_uint_eq(part.size, part_rows[_i].size);
	ck_assert_uint_eq(part.offset, part_rows[_i].offset);
	ck_assert(span_equal(part.chunk, packet.body));
	ck_assert_mem_eq(part.fields.session, session, SESSION_BYTES);
}
END_TEST

static const struct {
	struct span bytes;
	bool ok;
	size_t bits_len;
} ack_rows[] = {
    {BYTES(ACK "7" BLOCK "\nPB:AQ"), true, 1},
    {BYTES(ACK "7" BLOCK "\nPB:__8"), true, 2},
    {BYTES(ACK "" BLOCK "\nPB:AQ"), false, 0},
    {BYTES(ACK "x" BLOCK "\nPB:AQ"), false, 0},
    {BYTES(ACK "7" BLOCK "\nPB:"), false, 0},
    {BYTES(ACK "7" BLOCK "\nPB:A"), false, 0},
    {BYTES(ACK "7" BLOCK), false, 0},
    {BYTES(ACK "7\0\nPX:1\nPB:AQ"), false, 0},
};

START_TEST(acks_read)
{
	struct packet packet;
	struct part_ack ack;

	ck_assert(packet_parse(&packet, ack_rows[_i].bytes) == PACKET_OK);
	ck_assert(part_ack_parse(&ack, &packet) == ack_rows[_i].ok);
	if (!ack_rows[_i].ok)
		return;
	ck_assert_uint_eq(ack.message, 7);
	ck_assert_uint_eq(ack.bits_len, ack_rows[_i].bits_len);
	ck_assert(part_is_there(ack.bits, 0));
}
END_TEST

/* A table of as many bits as there may be parts, and one of a byte more. */
START_TEST(most_bits)
{
	for (int more = 0; more < 2; more++) {
		unsigned char buf[512];
		struct writer w = writer_on(buf, sizeof buf);
		uint8_t bits[PART_BITS_BYTES + 1] = {0};
		struct packet packet;
		struct part_ack ack;

		part_note(bits, PARTS_MAX - 1);
		writer_span(&w, BYTES(ACK "7" BLOCK "\nPB:"));
		writer_base64url(&w, bits, PART_BITS_BYTES + (size_t)more);
		ck_assert(packet_parse(&packet, span_of(buf, w.len)) == PACKET_OK);
		ck_assert(part_ack_parse(&ack, &packet) == (more == 0));
		if (more == 0)
			ck_assert(part_is_there(ack.bits, PARTS_MAX - 1));
	}
}
END_TEST

START_TEST(written)
{
	unsigned char buf[256];
	struct writer w = writer_on(buf, sizeof buf);
	struct fields fields = {.part = {2, 3, 12, 288}};
	struct span want = BYTES(PART "kl" BLOCK "\nPT:2,3,12,288");
	uint8_t bits[2] = {0};

	fields_set(&fields, KEY_SI);
	memcpy(fields.session, session, SESSION_BYTES);
	fields_set(&fields, KEY_PT);
	part_write(&w, 7, &us, &fields, span_text("kl"));
	ck_assert(span_equal(span_of(buf, w.len), want));

	part_note(bits, 0);
	part_note(bits, 9);
	fields = (struct fields){0};
	fields_set(&fields, KEY_SI);
	memcpy(fields.session, session, SESSION_BYTES);
	w = writer_on(buf, sizeof buf);
	part_ack_write(&w, 9, &(struct identity){"d", "k", "", ""}, &fields, 7, bits,
	    part_bits_bytes(10));
	want = BYTES(ACK "7" BLOCK "\nPB:AQI");
	ck_assert(span_equal(span_of(buf, w.len), want));
}
END_TEST

#define ROWS(table) ((int)(sizeof table / sizeof *table))

int main(void)
{
	Suite *suite = suite_create("wire_part");
	TCase *tcase = tcase_create("parts");

	tcase_add_loop_test(tcase, parts_read, 0, ROWS(part_rows));
	tcase_add_loop_test(tcase, acks_read, 0, ROWS(ack_rows));
	tcase_add_test(tcase, most_bits);
	tcase_add_test(tcase, written);
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
