/* Packets that show who wrote them: what is sealed, and all that voids it. */
#include <sodium.h>

#include "auth/seal.h"
#include "unit.h"
#include "wire/entry.h"

static struct keypair alice, bob, eve;

static void make_keys(void)
{
	uint8_t seed[KEYPAIR_SEED_BYTES];

	ck_assert_int_ge(sodium_init(), 0);
	memset(seed, 'a', sizeof seed);
	keypair_init(&alice, seed);
	memset(seed, 'b', sizeof seed);
	keypair_init(&bob, seed);
	memset(seed, 'e', sizeof seed);
	keypair_init(&eve, seed);
}

struct sample {
	unsigned char bytes[1500];
	struct writer w;
};

/* An entry, without its last line. */
static void begin(struct sample *sample)
{
	static const struct identity identity = {"alice", "pc1", "Alice", "sales"};
	struct charset *legacy = charset_open("CP932");
	struct fields fields = {.stamp = 1700000000000};

	fields_set(&fields, KEY_ID);
	memcpy(fields.identity, alice.identity, IDENTITY_BYTES);
	fields_set(&fields, KEY_TS);
	sample->w = writer_on(sample->bytes, sizeof sample->bytes);
	entry_write(&sample->w, 1, &identity, CMD_BR_ENTRY, legacy, true, &fields);
	charset_close(legacy);
}

static bool read_back(const struct sample *sample, struct fields *fields)
{
	struct packet packet;
	struct entry entry;

	if (packet_parse(&packet, span_of(sample->bytes, sample->w.len)) != PACKET_OK ||
	    !entry_parse(&entry, &packet))
		return false;
	*fields = entry.fields;
	return true;
}

static bool signature_good(const struct sample *sample, const struct keypair *writer,
    const struct keypair *reader)
{
	struct fields fields;

	return read_back(sample, &fields) &&
	    seal_signature_valid(span_of(sample->bytes, sample->w.len), &fields, writer->identity,
		reader->identity);
}

static bool mac_good(const struct sample *sample, const uint8_t *shared,
    const struct keypair *reader)
{
	struct fields fields;

	return read_back(sample, &fields) &&
	    seal_mac_valid(span_of(sample->bytes, sample->w.len), &fields, shared,
		reader->identity);
}

START_TEST(signed_for_one_reader)
{
	struct sample sample;

	begin(&sample);
	size_t before = sample.w.len;

	seal_sign(&sample.w, &alice, bob.identity);
	ck_assert(!sample.w.full);
	ck_assert_uint_eq(sample.w.len - before, 90);
	ck_assert(signature_good(&sample, &alice, &bob));
	ck_assert_msg(!signature_good(&sample, &alice, &eve), "handed on to another reader");
	ck_assert_msg(!signature_good(&sample, &eve, &bob), "of another writer");
}
END_TEST

START_TEST(no_byte_may_change)
{
	struct sample sample, turned;
	uint8_t shared[SHARED_KEY_BYTES];

	ck_assert(seal_shared_key(&alice, bob.identity, shared));
	for (int sealed = 0; sealed < 2; sealed++) {
		begin(&sample);
		if (sealed == 0)
			seal_sign(&sample.w, &alice, bob.identity);
		else
			seal_mac(&sample.w, shared, bob.identity);
		for (size_t i = 0; i < sample.w.len; i++) {
			turned = sample;
			turned.bytes[i] ^= 1;
			ck_assert_msg(sealed == 0 ? !signature_good(&turned, &alice, &bob)
						  : !mac_good(&turned, shared, &bob),
			    "byte %zu of %zu", i, sample.w.len);
		}
	}
}
END_TEST

START_TEST(the_same_key_on_both_sides)
{
	uint8_t ours[SHARED_KEY_BYTES], theirs[SHARED_KEY_BYTES], others[SHARED_KEY_BYTES];
	uint8_t nobody[IDENTITY_BYTES] = {1};

	ck_assert(seal_shared_key(&alice, bob.identity, ours));
	ck_assert(seal_shared_key(&bob, alice.identity, theirs));
	ck_assert(seal_shared_key(&eve, bob.identity, others));
	ck_assert_mem_eq(ours, theirs, SHARED_KEY_BYTES);
	ck_assert_mem_ne(ours, others, SHARED_KEY_BYTES);
	ck_assert_msg(!seal_shared_key(&alice, nobody, ours), "a point of small order");
}
END_TEST

START_TEST(macs)
{
	struct sample sample;
	uint8_t shared[SHARED_KEY_BYTES], others[SHARED_KEY_BYTES];

	ck_assert(seal_shared_key(&alice, bob.identity, shared));
	ck_assert(seal_shared_key(&eve, bob.identity, others));
	begin(&sample);
	size_t before = sample.w.len;

	ck_assert_msg(!mac_good(&sample, shared, &bob), "without one");
	seal_mac(&sample.w, shared, bob.identity);
	ck_assert_uint_eq(sample.w.len - before, 26);
	ck_assert(mac_good(&sample, shared, &bob));
	ck_assert_msg(!mac_good(&sample, others, &bob), "another key");
	ck_assert_msg(!mac_good(&sample, shared, &alice), "sent back to its writer");
	ck_assert_msg(!signature_good(&sample, &alice, &bob), "a MAC is no signature");
}
END_TEST

START_TEST(what_does_not_fit_is_not_sent)
{
	static unsigned char room[2000];
	struct writer w = writer_on(room, 1600);

	while (w.len < 1501)
		writer_byte(&w, 'x');
	seal_sign(&w, &alice, bob.identity);
	ck_assert(w.full);
	w = writer_on(room, 95);
	writer_text(&w, "1:1:u:h:1:");
	seal_sign(&w, &alice, bob.identity);
	ck_assert(w.full);
}
END_TEST

START_TEST(keys_as_text)
{
	char text[IDENTITY_TEXT_MAX];
	uint8_t back[IDENTITY_BYTES];

	ck_assert_uint_eq(strlen(identity_format(alice.identity, text)), 43);
	ck_assert(identity_parse(back, span_text(text)));
	ck_assert_mem_eq(back, alice.identity, IDENTITY_BYTES);
	text[42] = '\0';
	ck_assert(!identity_parse(back, span_text(text)));
	ck_assert_msg(!identity_parse(back, span_text("AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")),
	    "a point of small order");
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("seal");
	Suite *suite = suite_create("seal");

	tcase_add_checked_fixture(tc, make_keys, NULL);
	tcase_add_test(tc, signed_for_one_reader);
	tcase_add_test(tc, no_byte_may_change);
	tcase_add_test(tc, the_same_key_on_both_sides);
	tcase_add_test(tc, macs);
	tcase_add_test(tc, what_does_not_fit_is_not_sent);
	tcase_add_test(tc, keys_as_text);
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
