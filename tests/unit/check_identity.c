/* Whose names are whose, as tables and as bytes: the list, and the records. */
#include "unit.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "super/core.h"
#include "super/name_record.h"

#define WALL 1700000000LL
#define DAY_S 86400

static char keys[3][IDENTITY_TEXT_MAX];
static uint8_t identities[3][IDENTITY_BYTES];

static void setup(void)
{
	for (size_t i = 0; i < 3; i++) {
		uint8_t seed[KEYPAIR_SEED_BYTES] = {(uint8_t)(i + 1)};
		struct keypair pair;

		keypair_init(&pair, seed);
		memcpy(identities[i], pair.identity, IDENTITY_BYTES);
		identity_format(pair.identity, keys[i]);
	}
}

static struct super *new_super(void)
{
	static const struct super_keys super_keys = {.secret = {1}, .has_key = true};
	struct super_settings settings;
	const char *error;

	super_settings_init(&settings);
	return super_new(&settings, &super_keys, &error);
}

START_TEST(a_list_is_read)
{
	struct listed listed = {0};
	char text[1000], why[LISTED_WHY_MAX];
	size_t count;

	snprintf(text, sizeof text,
	    "# who is who\r\n\n  bob@lab \t %s  \r\nalice smith@sales %s\nbob@lab %s", keys[0], keys[1],
	    keys[2]);
	ck_assert_msg(listed_read(&listed, span_text(text), why), "%s", why);
	ck_assert_uint_eq(listed.count, 3);
	ck_assert_ptr_nonnull(listed_of(&listed, span_text("bob@lab"), &count));
	ck_assert_uint_eq(count, 2);
	const struct listed_line *line = listed_of(&listed, span_text("alice smith@sales"), &count);

	ck_assert_uint_eq(count, 1);
	ck_assert_mem_eq(line->identity, identities[1], IDENTITY_BYTES);
	ck_assert_ptr_null(listed_of(&listed, span_text("bob@la"), &count));
	ck_assert_ptr_null(listed_of(&listed, span_text("bob@labs"), &count));
	ck_assert_uint_eq(count, 0);
	for (size_t i = 0; i < 3; i++)
		ck_assert(listed_has(&listed, identities[i]));
	ck_assert(!listed_has(&listed, (const uint8_t[IDENTITY_BYTES]){1}));
	listed_free(&listed);
}
END_TEST

/* `key`: a good one stands behind the text. */
static const struct {
	const char *text;
	bool key;
	const char *says;
} wrong[] = {
    {"\n# x\nalice@sales KEY", false, "line 3: that is no key"},
    {"alice@sales", false, "line 1: a name or a key is missing"},
    {"alice ", true, "line 1: the name is not one of the form nick@group"},
    {"@sales ", true, "line 1: the name is not one of the form nick@group"},
    {"alice@ ", true, "line 1: the name is not one of the form nick@group"},
    {"a\x01@b ", true, "line 1: the name is not one of the form nick@group"},
    {"a\xff@b ", true, "line 1: the name is not one of the form nick@group"},
    {"alice@sales A", true, "line 1: that is no key"},
    {"alice@sales AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", false, "line 1: that is no key"},
};

START_TEST(a_mistake_is_told)
{
	char text[200], why[LISTED_WHY_MAX];
	struct listed listed = {0};

	snprintf(text, sizeof text, "%s%s", wrong[_i].text, wrong[_i].key ? keys[0] : "");
	ck_assert(!listed_read(&listed, span_text(text), why));
	ck_assert_msg(strncmp(why, wrong[_i].says, strlen(wrong[_i].says)) == 0, "%s", why);
	ck_assert_ptr_nonnull(strstr(why, "write nick@group"));
	ck_assert_uint_eq(listed.count, 0);
}
END_TEST

START_TEST(an_empty_list_is_one)
{
	struct listed listed = {0};
	char why[LISTED_WHY_MAX];
	size_t count;

	ck_assert(listed_read(&listed, span_text(""), why));
	ck_assert_ptr_null(listed_of(&listed, span_text("a@b"), &count));
	ck_assert(!listed_has(&listed, identities[0]));
	listed_free(&listed);
}
END_TEST

struct records {
	unsigned char bytes[4096];
	size_t len;
};

static void begin(struct records *records)
{
	struct super *super = new_super();

	name_records_begin(super, records->bytes);
	super_free(super);
	records->len = NAME_RECORDS_HEAD;
}

static void add(struct records *records, enum name_change change, const char *name, size_t key,
    uint64_t stamp, int64_t used)
{
	struct owned_name owned = {.name = span_text(name), .identity = identities[key],
	    .stamp = stamp, .used = used};

	records->len += name_record_write(records->bytes + records->len, change, &owned);
}

static size_t load(struct super *super, const struct records *records)
{
	struct name_records_read read;

	ck_assert_int_eq(name_records_load(super, span_of(records->bytes, records->len), WALL, &read),
	    NAME_RECORDS_LOADED);
	return read.whole;
}

/* The only one that is remembered. */
static struct owned_name only(const struct super *super)
{
	static struct name_cursor cursor;
	struct owned_name name = {0}, other;
	uint32_t budget = 1000;

	cursor = (struct name_cursor){0};
	ck_assert(super_walk_names(super, &cursor, &budget, &name));
	ck_assert(!super_walk_names(super, &cursor, &budget, &other));
	ck_assert_int_eq(cursor.phase, WALK_DONE);
	return name;
}

START_TEST(records_are_read_in_order)
{
	struct super *super = new_super();
	struct records records;

	begin(&records);
	add(&records, NAME_BOUND, "alice@sales", 0, 7, WALL - 20);
	add(&records, NAME_BOUND, "bob@sales", 1, 8, WALL - 10);
	add(&records, NAME_FREED, "alice@sales", 0, 0, WALL - 5);
	add(&records, NAME_BOUND, "bob@sales", 1, 5, WALL + 10);
	ck_assert_uint_eq(load(super, &records), records.len);
	struct owned_name name = only(super);

	ck_assert(span_equal(name.name, span_text("bob@sales")));
	ck_assert_mem_eq(name.identity, identities[1], IDENTITY_BYTES);
	ck_assert_int_eq(name.state, NAME_REMEMBERED);
	/* the latest stamp stays; what is used tomorrow tells that a clock was wrong, or is */
	ck_assert_uint_eq(name.stamp, 8);
	ck_assert_int_eq(name.used, WALL + 10);
	super_free(super);
}
END_TEST

START_TEST(old_ones_are_left_out)
{
	struct super *super = new_super();
	struct records records;

	begin(&records);
	add(&records, NAME_BOUND, "alice@sales", 0, 7, WALL - 31 * DAY_S);
	add(&records, NAME_BOUND, "bob@sales", 0, 7, WALL - 29 * DAY_S);
	load(super, &records);
	ck_assert(span_equal(only(super).name, span_text("bob@sales")));
	super_free(super);
}
END_TEST

/* Wherever it is cut, what stands before is read; and wherever a byte is another, too. */
START_TEST(torn_records_end_it)
{
	struct records records;
	size_t first;

	begin(&records);
	add(&records, NAME_BOUND, "alice@sales", 0, 7, WALL - 20);
	first = records.len;
	add(&records, NAME_BOUND, "bob@sales", 1, 8, WALL - 10);
	const struct records whole = records;

	for (size_t i = first; i < whole.len; i++) {
		struct super *super = new_super();

		records = whole;
		records.bytes[i] ^= 0x20;
		ck_assert_uint_eq(load(super, &records), first);
		records = whole;
		records.len = i;
		ck_assert_uint_eq(load(super, &records), first);
		ck_assert(span_equal(only(super).name, span_text("alice@sales")));
		super_free(super);
	}
}
END_TEST

START_TEST(other_files_are_known)
{
	struct super *super = new_super();
	struct name_records_read read;

	ck_assert_int_eq(name_records_load(super, span_text("ipmsgreg...."), WALL, &read),
	    NAME_RECORDS_FOREIGN);
	ck_assert_int_eq(name_records_load(super, span_text("ipm"), WALL, &read),
	    NAME_RECORDS_FOREIGN);
	ck_assert_int_eq(
	    name_records_load(super, span_of("ipmsgnam\0\0\0\2", 12), WALL, &read),
	    NAME_RECORDS_NEWER);
	ck_assert_int_eq(name_records_load(super, span_text(""), WALL, &read), NAME_RECORDS_LOADED);
	super_free(super);
}
END_TEST

/* However little is looked at in a step, each is seen once. */
START_TEST(a_walk_in_small_steps_sees_all)
{
	struct super *super = new_super();
	struct name_cursor cursor = {0};
	struct records records;
	struct owned_name name;
	unsigned seen = 0, steps = 0;
	char text[16];

	for (int i = 0; i < 300; i++) {
		begin(&records);
		snprintf(text, sizeof text, "n%d@g", i);
		add(&records, NAME_BOUND, text, 0, 1, WALL);
		load(super, &records);
	}
	while (cursor.phase != WALK_DONE) {
		uint32_t budget = 7;

		while (super_walk_names(super, &cursor, &budget, &name))
			seen++;
		ck_assert_uint_eq(budget == 0 || cursor.phase == WALK_DONE, 1);
		ck_assert_uint_lt(steps++, 100);
	}
	ck_assert_uint_eq(seen, 300);
	super_free(super);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("identity");
	TCase *tcase = tcase_create("identity");

	if (sodium_init() < 0)
		return EXIT_FAILURE;
	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_add_test(tcase, a_list_is_read);
	tcase_add_loop_test(tcase, a_mistake_is_told, 0, sizeof wrong / sizeof *wrong);
	tcase_add_test(tcase, an_empty_list_is_one);
	tcase_add_test(tcase, records_are_read_in_order);
	tcase_add_test(tcase, old_ones_are_left_out);
	tcase_add_test(tcase, torn_records_end_it);
	tcase_add_test(tcase, other_files_are_known);
	tcase_add_test(tcase, a_walk_in_small_steps_sees_all);
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
