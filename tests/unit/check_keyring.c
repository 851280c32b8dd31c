/* What ipmsg-peerd keeps: its key, and the keys of supernodes, whatever happens to the files. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "peerd/keyring.h"
#include "unit.h"

static char place[64], file[128];
static struct keyring ring;

static const char *in(const char *name)
{
	snprintf(file, sizeof file, "%s/state/%s", place, name);
	return file;
}

static void again(void)
{
	char directory[80];

	keyring_close(&ring);
	snprintf(directory, sizeof directory, "%s/state", place);
	keyring_open(&ring, directory, "ipmsg.conf");
}

static void set_up(void)
{
	strcpy(place, "/tmp/check_keyring.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(place));
	ring = (struct keyring){0};
	again();
}

static void tear_down(void)
{
	static const char *const names[] = {"key", "key.damaged", "supernodes", ""};

	keyring_close(&ring);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		unlink(in(names[i]));
	rmdir(in(""));
	rmdir(place);
}

static void write_text(const char *name, const char *text)
{
	FILE *out = fopen(in(name), "w");

	ck_assert_ptr_nonnull(out);
	fputs(text, out);
	fclose(out);
}

static mode_t mode_of(const char *name)
{
	struct stat st;

	ck_assert_int_eq(stat(in(name), &st), 0);
	return st.st_mode & 07777;
}

START_TEST(a_key_is_made_and_kept)
{
	uint8_t seed[KEYPAIR_SEED_BYTES];

	ck_assert(ring.has_seed);
	ck_assert_uint_eq(mode_of("key"), 0600);
	ck_assert_uint_eq(mode_of(""), 0700);
	memcpy(seed, ring.seed, sizeof seed);
	again();
	ck_assert_mem_eq(ring.seed, seed, sizeof seed);
	/* cut off: another one, and the rest of the old one is not lost */
	ck_assert_int_eq(truncate(in("key"), 31), 0);
	again();
	ck_assert(ring.has_seed);
	ck_assert_mem_ne(ring.seed, seed, sizeof seed);
	ck_assert_int_eq(access(in("key.damaged"), F_OK), 0);
}
END_TEST

/* Somebody else has the directory: no key, rather than the same one in two places. */
START_TEST(a_directory_in_use)
{
	struct keyring other;
	char directory[80];

	snprintf(directory, sizeof directory, "%s/state", place);
	keyring_open(&other, directory, "ipmsg.conf");
	ck_assert(!other.has_seed);
	/* and nothing goes wrong without one */
	keyring_learn(&other, "a", 1, ring.seed);
	ck_assert(keyring_forget(&other, "a", 1));
	keyring_close(&other);
}
END_TEST

static void learn(const char *host, uint16_t port, uint8_t seed, uint8_t identity[IDENTITY_BYTES])
{
	struct keypair pair;

	keypair_init(&pair, (uint8_t[KEYPAIR_SEED_BYTES]){seed});
	memcpy(identity, pair.identity, IDENTITY_BYTES);
	keyring_learn(&ring, host, port, identity);
}

START_TEST(supernodes_are_kept)
{
	uint8_t one[IDENTITY_BYTES], two[IDENTITY_BYTES], three[IDENTITY_BYTES];

	learn("a.example", 2425, 1, one);
	learn("2001:db8::1", 99, 2, two);
	learn("a.example", 2426, 3, three);
	learn("A.example", 2425, 3, three);
	again();
	ck_assert_uint_eq(ring.count, 3);
	ck_assert_str_eq(ring.supernodes[0].at.host, "2001:db8::1");
	ck_assert_uint_eq(ring.supernodes[0].at.port, 99);
	ck_assert_mem_eq(ring.supernodes[0].identity, two, IDENTITY_BYTES);
	ck_assert_mem_eq(ring.supernodes[2].identity, three, IDENTITY_BYTES);
	ck_assert(!keyring_forget(&ring, "a.example", 1));
	ck_assert(keyring_forget(&ring, "a.EXAMPLE", 0));
	again();
	ck_assert_uint_eq(ring.count, 1);
	ck_assert(!keyring_forget(&ring, "a.example", 0));
}
END_TEST

START_TEST(supernodes_are_bounded)
{
	uint8_t identity[IDENTITY_BYTES];
	char host[32];

	for (int i = 0; i < KEYRING_SUPERNODES_MAX + 3; i++) {
		snprintf(host, sizeof host, "h%d", i);
		learn(host, 1, 1, identity);
	}
	ck_assert_uint_eq(ring.count, KEYRING_SUPERNODES_MAX);
	ck_assert_str_eq(ring.supernodes[0].at.host, "h3");
}
END_TEST

/* What somebody has written there by hand. */
START_TEST(odd_lines)
{
	uint8_t identity[IDENTITY_BYTES];
	char text[IDENTITY_TEXT_MAX], lines[600];

	learn("good.example", 7, 1, identity);
	identity_format(identity, text);
	snprintf(lines, sizeof lines,
	    "# a comment\n\nnothing\na.example:1 short\na.example:0 %s\na.example %s\n"
	    ":5 %s\na.example:1x %s\n[]:1 %s\nb.example:65536 %s\nlast.example:8 %s",
	    text, text, text, text, text, text, text);
	write_text("supernodes", lines);
	again();
	ck_assert_uint_eq(ring.count, 1);
	ck_assert_str_eq(ring.supernodes[0].at.host, "last.example");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("keyring");
	TCase *tcase = tcase_create("keyring");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, a_key_is_made_and_kept);
	tcase_add_test(tcase, a_directory_in_use);
	tcase_add_test(tcase, supernodes_are_kept);
	tcase_add_test(tcase, supernodes_are_bounded);
	tcase_add_test(tcase, odd_lines);
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
