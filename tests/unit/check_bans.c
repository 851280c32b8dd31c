/* Whom an administrator means, and the table of those who are not served. */
#include "unit.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "base/rng.h"
#include "super/bans.h"

static struct endpoint at(const char *text)
{
	struct endpoint ep;

	ck_assert_ptr_null(endpoint_parse(&ep, text, 2425));
	return ep;
}

static struct whom whom(const char *text)
{
	struct whom read;
	const char *wrong = whom_parse(&read, text);

	ck_assert_msg(wrong == NULL, "%s: %s", text, wrong);
	return read;
}

static struct ban ban(const char *text, int64_t until)
{
	return (struct ban){.whom = whom(text), .until = until};
}

static void put(struct bans *bans, const char *text, int64_t until)
{
	struct ban one = ban(text, until);

	ck_assert_int_eq(bans_put(bans, &one), BANS_PUT);
}

static bool has(const struct bans *bans, const char *address)
{
	struct endpoint from = at(address);

	return bans_cover(bans, &from);
}

static void key_text(uint8_t seed, char text[IDENTITY_TEXT_MAX])
{
	uint8_t bytes[KEYPAIR_SEED_BYTES] = {seed};
	struct keypair pair;

	keypair_init(&pair, bytes);
	identity_format(pair.identity, text);
}

static const struct {
	const char *text, *again;
	enum whom_kind kind;
} forms[] = {
    {"bob@sales", "bob@sales", WHOM_NAME},
    {"b@ob@10.0.0.1/8", "b@ob@10.0.0.1/8", WHOM_NAME},
    {"192.0.2.1", "192.0.2.1", WHOM_NETWORK},
    {"192.0.2.77/24", "192.0.2.0/24", WHOM_NETWORK},
    {"192.0.2.1/32", "192.0.2.1", WHOM_NETWORK},
    {"0.0.0.0/0", "0.0.0.0/0", WHOM_NETWORK},
    {"2001:db8::1", "2001:db8::1", WHOM_NETWORK},
    {"[2001:db8::1]", "2001:db8::1", WHOM_NETWORK},
    {"2001:db8:0:ff::/56", "2001:db8::/56", WHOM_NETWORK},
    {"192.0.2.1:2425", "192.0.2.1:2425", WHOM_ENDPOINT},
    {"[2001:db8::1]:7", "[2001:db8::1]:7", WHOM_ENDPOINT},
};

START_TEST(what_is_understood)
{
	struct whom read = whom(forms[_i].text);
	char text[WHOM_TEXT_MAX];

	ck_assert_int_eq(read.kind, forms[_i].kind);
	ck_assert_str_eq(whom_format(&read, text), forms[_i].again);
}
END_TEST

static const char *const nonsense[] = {"", "bob", "@", "@sales", "bob@", "192.0.2.0/33", "192.0.2.0/",
    "192.0.2.0/-1", "192.0.2.0/2x", "2001:db8::/129", "bob/24", "192.0.2.256", "192.0.2.1:0x",
    "bob@sa\nles", "bob@\xff", "key:", "key:bob", "192.0.2.1:65536"};

START_TEST(what_is_not)
{
	struct whom read;
	const char *wrong = whom_parse(&read, nonsense[_i]);

	ck_assert_msg(wrong != NULL, "\"%s\" was taken", nonsense[_i]);
	ck_assert_ptr_nonnull(strstr(wrong, "is "));
}
END_TEST

START_TEST(a_key_is_understood)
{
	char text[IDENTITY_TEXT_MAX], prefixed[64], again[WHOM_TEXT_MAX];
	struct whom read, other;

	key_text(7, text);
	read = whom(text);
	ck_assert_int_eq(read.kind, WHOM_KEY);
	snprintf(prefixed, sizeof prefixed, "key:%s", text);
	ck_assert_str_eq(whom_format(&read, again), prefixed);
	other = whom(prefixed);
	ck_assert_int_eq(whom_compare(&read, &other), 0);
}
END_TEST

START_TEST(networks)
{
	struct bans bans;
	struct whom inner = whom("192.0.2.128/25"), outer = whom("192.0.2.0/24");

	bans_init(&bans);
	ck_assert(!has(&bans, "192.0.2.1"));
	put(&bans, "192.0.2.128/25", 0);
	ck_assert(!has(&bans, "192.0.2.127"));
	ck_assert(has(&bans, "192.0.2.128") && has(&bans, "192.0.2.255"));
	ck_assert(!has(&bans, "192.0.3.0"));
	put(&bans, "192.0.2.0/24", 0);
	put(&bans, "198.51.100.7", 0);
	ck_assert(has(&bans, "192.0.2.0") && has(&bans, "192.0.2.200"));
	ck_assert(!has(&bans, "192.0.1.255"));
	ck_assert(has(&bans, "198.51.100.7") && !has(&bans, "198.51.100.8"));
	ck_assert_ptr_eq(bans_around(&bans, &inner), bans_find(&bans, &outer));
	ck_assert_ptr_null(bans_around(&bans, &outer));
	/* lifting the wider one leaves the narrower */
	ck_assert(bans_remove(&bans, &outer) && !bans_remove(&bans, &outer));
	ck_assert(!has(&bans, "192.0.2.127") && has(&bans, "192.0.2.128"));
	/* the families are apart: 0 is in front of both */
	put(&bans, "::/1", 0);
	ck_assert(has(&bans, "[2001:db8::1]:1") && !has(&bans, "1.2.3.4"));
	ck_assert(!has(&bans, "[8000::1]:1"));
	put(&bans, "2001:db8::8000:0:0:0/65", 0);
	ck_assert(has(&bans, "[7fff:ffff::]:1"));
	bans_free(&bans);
}
END_TEST

/* Against a look at each of them. */
START_TEST(any_networks)
{
	struct rng rng;
	struct bans bans;

	rng_init(&rng, (const uint8_t[RNG_SEED_BYTES]){47, 11});
	bans_init(&bans);
	for (int i = 0; i < 4000; i++) {
		/* few addresses, so that they meet, contain and lift each other */
		struct ban one = {.whom = {.kind = WHOM_NETWORK}};
		bool six = rng_below(&rng, 2) == 1, expected = false;
		struct endpoint from = {.family = six ? FAMILY_IP6 : FAMILY_IP4};
		unsigned bits = six ? 128 : 32;

		for (unsigned k = 0; k < bits / 8; k++)
			from.address[k] = (uint8_t)(rng_below(&rng, 4) == 0 ? rng_below(&rng, 4) : 0);
		one.whom.bits = (unsigned)rng_below(&rng, bits / 2) + bits / 2 + 1;
		one.whom.at = endpoint_prefix(&from, one.whom.bits, one.whom.bits);
		if (rng_below(&rng, 3) == 0)
			bans_remove(&bans, &one.whom);
		else
			ck_assert_int_eq(bans_put(&bans, &one), BANS_PUT);
		from.address[bits / 8 - 1] ^= (uint8_t)rng_below(&rng, 4);
		for (size_t k = 0; bans_at(&bans, k) != NULL; k++) {
			const struct whom *other = &bans_at(&bans, k)->whom;

			expected = expected || (other->at.family == from.family &&
			    endpoint_within(&other->at, other->bits, &from));
		}
		ck_assert_int_eq(bans_cover(&bans, &from), expected);
	}
	ck_assert_uint_gt(bans.count, 100);
	bans_free(&bans);
}
END_TEST

static const struct names *names(const char *nick, const char *host, const char *group)
{
	static struct {
		struct names names;
		unsigned char bytes[64];
	} storage;
	const char *parts[NAME_PARTS] = {"u", host, nick, group};
	size_t used = 0;

	for (int i = 0; i < NAME_PARTS; i++) {
		storage.names.len[i] = (uint8_t)strlen(parts[i]);
		memcpy(storage.names.bytes + used, parts[i], strlen(parts[i]));
		used += strlen(parts[i]);
	}
	return &storage.names;
}

START_TEST(names_and_keys)
{
	char text[IDENTITY_TEXT_MAX];
	struct bans bans;
	struct whom key;

	key_text(9, text);
	key = whom(text);
	bans_init(&bans);
	ck_assert(!bans_has_names(&bans, names("bob", "pc", "sales")));
	ck_assert(!bans_has_key(&bans, key.identity));
	put(&bans, "bob@sales", 0);
	put(&bans, "eve@pc", 0);
	put(&bans, text, 0);
	ck_assert(bans_has_names(&bans, names("bob", "pc", "sales")));
	ck_assert(!bans_has_names(&bans, names("bob", "pc", "")));
	ck_assert(!bans_has_names(&bans, names("bob", "pc", "sale")));
	/* who has no group is known by the host, and who has one is not */
	ck_assert(bans_has_names(&bans, names("eve", "pc", "")));
	ck_assert(!bans_has_names(&bans, names("eve", "pc", "lab")));
	ck_assert(bans_has_key(&bans, key.identity));
	key.identity[3] ^= 1;
	ck_assert(!bans_has_key(&bans, key.identity));
	ck_assert(!has(&bans, "192.0.2.1"));
	bans_free(&bans);
}
END_TEST

START_TEST(they_end)
{
	struct bans bans;

	bans_init(&bans);
	ck_assert_int_eq(bans_next_end(&bans), INT64_MAX);
	put(&bans, "192.0.2.0/24", 1000);
	put(&bans, "192.0.2.1", 2000);
	put(&bans, "bob@sales", 1500);
	put(&bans, "198.51.100.0/24", 0);
	ck_assert_int_eq(bans_next_end(&bans), 1000);
	ck_assert_uint_eq(bans_expire(&bans, 999), 0);
	ck_assert_uint_eq(bans_expire(&bans, 1000), 1);
	ck_assert(!has(&bans, "192.0.2.2") && has(&bans, "192.0.2.1"));
	ck_assert_int_eq(bans_next_end(&bans), 1500);
	/* a new one in place of the same */
	put(&bans, "192.0.2.1", 3000);
	ck_assert_uint_eq(bans_expire(&bans, 2000), 1);
	ck_assert(has(&bans, "192.0.2.1"));
	ck_assert_uint_eq(bans_expire(&bans, 3000), 1);
	ck_assert_int_eq(bans_next_end(&bans), INT64_MAX);
	ck_assert(!has(&bans, "192.0.2.1") && has(&bans, "198.51.100.9"));
	ck_assert_uint_eq(bans.count, 1);
	bans_free(&bans);
}
END_TEST

START_TEST(there_is_a_limit)
{
	struct bans bans;
	char text[32];
	struct ban more;

	bans_init(&bans);
	for (int i = 0; i < BANS_MAX; i++) {
		snprintf(text, sizeof text, "10.%d.%d.0/24", i / 256, i % 256);
		put(&bans, text, 0);
	}
	more = ban("192.0.2.1", 0);
	ck_assert_int_eq(bans_put(&bans, &more), BANS_FULL);
	/* one that is there can be changed all the same */
	put(&bans, "10.0.0.0/24", 5);
	ck_assert(has(&bans, "10.15.255.9") && !has(&bans, "10.16.0.9") && !has(&bans, "192.0.2.1"));
	ck_assert_uint_eq(bans_expire(&bans, 5), 1);
	put(&bans, "192.0.2.1", 0);
	ck_assert(has(&bans, "192.0.2.1") && !has(&bans, "10.0.0.9"));
	bans_free(&bans);
}
END_TEST

static void same(const struct ban *a, const struct ban *b)
{
	ck_assert_int_eq(whom_compare(&a->whom, &b->whom), 0);
	ck_assert_int_eq(a->until, b->until);
	ck_assert_str_eq(a->reason, b->reason);
}

static const char *read_line(struct ban *read, const char *text)
{
	return ban_parse(read, span_text(text));
}

START_TEST(lines_of_a_file)
{
	struct ban one = ban("192.0.2.77/24", 1700000000), read;
	char line[BAN_LINE_MAX];
	size_t len;

	snprintf(one.reason, sizeof one.reason, "flood, see \xc3\xa9\t");
	one.reason[strlen(one.reason) - 1] = '\0';
	len = ban_format(&one, line);
	ck_assert_str_eq(line, "1700000000\t192.0.2.0/24\tflood, see \xc3\xa9");
	ck_assert_uint_eq(len, strlen(line));
	ck_assert_ptr_null(read_line(&read, line));
	same(&read, &one);
	ck_assert_ptr_null(read_line(&read, "-\tbob@sales"));
	ck_assert_int_eq(read.until, 0);
	ck_assert_str_eq(read.reason, "");
	ck_assert_ptr_nonnull(read_line(&read, ""));
	ck_assert_ptr_nonnull(read_line(&read, "0\tbob@sales\t"));
	ck_assert_ptr_nonnull(read_line(&read, "12x\tbob@sales\t"));
	ck_assert_ptr_nonnull(read_line(&read, "-"));
	ck_assert_ptr_nonnull(read_line(&read, "-\tbob\t"));
	ck_assert_ptr_nonnull(read_line(&read, "-\t192.0.2.1:5\t"));
	ck_assert_ptr_nonnull(read_line(&read, "-\tbob@sales\tone\ttwo"));
	ck_assert_ptr_nonnull(read_line(&read, "-\tbob@sales\t\x1b[2J"));
	ck_assert_ptr_nonnull(read_line(&read, "99999999999999999999\tbob@sales\t"));
	ck_assert_ptr_nonnull(ban_parse(&read, span_of("-\tbob@s\0ales\t", 13)));
}
END_TEST

START_TEST(the_longest_line)
{
	char text[WHOM_TEXT_MAX], line[BAN_LINE_MAX];
	struct ban one = {.until = INT64_MAX / 100}, read;

	memset(text, 'a', sizeof text - 1);
	text[10] = '@';
	text[sizeof text - 1] = '\0';
	one.whom = whom(text);
	memset(one.reason, 'r', sizeof one.reason - 1);
	ck_assert_uint_lt(ban_format(&one, line), BAN_LINE_MAX);
	ck_assert_ptr_null(read_line(&read, line));
	same(&read, &one);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("bans");
	TCase *tcase = tcase_create("bans");

	if (sodium_init() < 0)
		return EXIT_FAILURE;
	tcase_add_loop_test(tcase, what_is_understood, 0, sizeof forms / sizeof *forms);
	tcase_add_loop_test(tcase, what_is_not, 0, sizeof nonsense / sizeof *nonsense);
	tcase_add_test(tcase, a_key_is_understood);
	tcase_add_test(tcase, networks);
	tcase_add_test(tcase, any_networks);
	tcase_add_test(tcase, names_and_keys);
	tcase_add_test(tcase, they_end);
	tcase_add_test(tcase, there_is_a_limit);
	tcase_add_test(tcase, lines_of_a_file);
	tcase_add_test(tcase, the_longest_line);
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
