/*
 * Random but repeatable identities and fields for round trips: names of ASCII,
 * kana and kanji that CP932 knows, endpoints of both families, every field
 * there or not.
 */
#ifndef IPMSG_TESTS_RANDOM_WIRE_H
#define IPMSG_TESTS_RANDOM_WIRE_H

#include <check.h>
#include <string.h>

#include "base/rng.h"
#include "wire/fields.h"

static inline struct rng random_seeded(uint8_t seed)
{
	struct rng rng;

	rng_init(&rng, (uint8_t[RNG_SEED_BYTES]){seed, 'w'});
	return rng;
}

/* Of 1 to `most` characters, each of at most three bytes; `out` holds 3 * most + 1. */
static inline void random_text(struct rng *rng, char *out, uint32_t most)
{
	static const char *const pieces[] = {"a", "Z", "0", " ", "-", "[", "]", "@", "\\", "~",
	    "\xe3\x82\xa2", "\xe3\x83\xbd", "\xe3\x82\xbd", "\xe3\x83\x9f", "\xe8\xa1\xa8",
	    "\xe8\x83\xbd", "\xe4\xba\x88", "\xef\xbd\xb1", "\xd0\x96", "\xce\xa9"};
	uint32_t count = 1 + rng_below(rng, most);

	*out = '\0';
	while (count-- > 0)
		strcat(out, pieces[rng_below(rng, sizeof pieces / sizeof pieces[0])]);
}

#define RANDOM_NAME_CHARACTERS 26

struct random_names {
	struct identity identity;
	char text[4][3 * RANDOM_NAME_CHARACTERS + 1];
};

static inline void random_identity(struct rng *rng, struct random_names *names)
{
	for (int i = 0; i < 4; i++)
		random_text(rng, names->text[i], RANDOM_NAME_CHARACTERS);
	if (rng_below(rng, 4) == 0)
		names->text[3][0] = '\0';
	names->identity =
	    (struct identity){names->text[0], names->text[1], names->text[2], names->text[3]};
}

static inline void random_endpoint(struct rng *rng, struct endpoint *ep)
{
	*ep = (struct endpoint){.port = (uint16_t)(1 + rng_below(rng, UINT16_MAX))};
	if (rng_below(rng, 2) == 0) {
		ep->family = FAMILY_IP4;
		rng_bytes(rng, ep->address, 4);
		ep->address[0] = (uint8_t)(1 + rng_below(rng, 223));
	} else {
		ep->family = FAMILY_IP6;
		rng_bytes(rng, ep->address, 16);
		ep->address[0] = 0x20;
		/* Runs of zeros, so that "::" comes up. */
		memset(ep->address + 2, 0, rng_below(rng, 14));
	}
}

/* A third have none; one that is not present is zero. */
static inline void random_fields(struct rng *rng, struct fields *fields)
{
	*fields = (struct fields){0};
	if (rng_below(rng, 3) == 0)
		return;
	for (enum block_key key = KEY_PX; key < KEY_COUNT; key++) {
		if (key < KEY_SG && rng_below(rng, 2) == 0)
			fields_set(fields, key);
	}
	fields_set(fields, KEY_PX);
	if (fields_has(fields, KEY_TK))
		rng_bytes(rng, fields->transaction, TRANSACTION_BYTES);
	if (fields_has(fields, KEY_OA))
		random_endpoint(rng, &fields->observed);
	if (fields_has(fields, KEY_LT))
		rng_bytes(rng, &fields->lifetime, sizeof fields->lifetime);
	if (fields_has(fields, KEY_SI))
		rng_bytes(rng, fields->session, SESSION_BYTES);
	if (fields_has(fields, KEY_LC)) {
		fields->candidate_count = 1 + rng_below(rng, CANDIDATES_MAX);
		for (size_t i = 0; i < fields->candidate_count; i++)
			random_endpoint(rng, &fields->candidates[i]);
	}
	if (fields_has(fields, KEY_ER))
		fields->error = (enum punch_error)rng_below(rng, PUNCH_ERRORS);
	if (fields_has(fields, KEY_PD))
		fields->padding = rng_below(rng, 200);
	if (fields_has(fields, KEY_CK))
		rng_bytes(rng, fields->cookie, COOKIE_BYTES);
	if (fields_has(fields, KEY_AN))
		fields->asker = span_text("alice@sales");
	if (fields_has(fields, KEY_CH))
		fields->choices = span_text("a@b,c%2Cd@e");
	if (fields_has(fields, KEY_AP)) {
		fields->alternate_count = 1 + rng_below(rng, ALTERNATES_MAX);
		for (size_t i = 0; i < fields->alternate_count; i++)
			random_endpoint(rng, &fields->alternates[i]);
		if (rng_below(rng, 2) == 0)
			memset(fields->alternates[0].address, 0, sizeof fields->alternates[0].address);
	}
	if (fields_has(fields, KEY_NT))
		fields->nat = (struct nat_class){(uint8_t)rng_below(rng, 4),
		    (uint8_t)(1 + rng_below(rng, 3)), rng_below(rng, 2) == 0, rng_below(rng, 2) == 0};
	if (fields_has(fields, KEY_LM))
		rng_bytes(rng, &fields->text_max, sizeof fields->text_max);
	if (fields_has(fields, KEY_PT))
		rng_bytes(rng, &fields->part, sizeof fields->part);
	if (fields_has(fields, KEY_PB))
		fields->bits = span_text("AAECAwQFBgcICQ");
	if (fields_has(fields, KEY_ID))
		rng_bytes(rng, fields->identity, IDENTITY_BYTES);
	if (fields_has(fields, KEY_TS))
		fields->stamp = rng_below(rng, UINT32_MAX) * 1000ULL;
}

static inline void assert_same_fields(const struct fields *got, const struct fields *want)
{
	ck_assert_uint_eq(got->present, want->present);
	ck_assert_mem_eq(got->transaction, want->transaction, TRANSACTION_BYTES);
	ck_assert_mem_eq(got->session, want->session, SESSION_BYTES);
	ck_assert_mem_eq(got->cookie, want->cookie, COOKIE_BYTES);
	ck_assert(endpoint_equal(&got->observed, &want->observed));
	ck_assert_uint_eq(got->lifetime, want->lifetime);
	ck_assert_uint_eq(got->error, want->error);
	ck_assert_uint_eq(got->candidate_count, want->candidate_count);
	for (size_t i = 0; i < want->candidate_count; i++)
		ck_assert(endpoint_equal(&got->candidates[i], &want->candidates[i]));
	ck_assert_uint_eq(got->padding, want->padding);
	ck_assert(span_equal(got->asker, want->asker));
	ck_assert(span_equal(got->choices, want->choices));
	ck_assert_uint_eq(got->nat.mapping, want->nat.mapping);
	ck_assert_uint_eq(got->nat.ports, want->nat.ports);
	ck_assert_int_eq(got->nat.open, want->nat.open);
	ck_assert_int_eq(got->nat.eif, want->nat.eif);
	ck_assert_uint_eq(got->text_max, want->text_max);
	ck_assert_mem_eq(&got->part, &want->part, sizeof want->part);
	ck_assert(span_equal(got->bits, want->bits));
	ck_assert_uint_eq(got->alternate_count, want->alternate_count);
	for (size_t i = 0; i < want->alternate_count; i++)
		ck_assert(endpoint_equal(&got->alternates[i], &want->alternates[i]));
	ck_assert_mem_eq(got->identity, want->identity, IDENTITY_BYTES);
	ck_assert_uint_eq(got->stamp, want->stamp);
}

#endif
