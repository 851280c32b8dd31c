/* What ipmsg-peerd keeps: its key, and the keys of supernodes, whatever happens to the files. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "peer_fixture.h"
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
	static const char *const names[] = {
	    "key", "key.kept", "key.damaged", "key.damaged.2", "supernodes",
	    "supernodes.kept", "stamp", ""};

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
}
END_TEST

static off_t size_of(const char *name)
{
	struct stat st;

	ck_assert_int_eq(stat(in(name), &st), 0);
	return st.st_size;
}

/* Cut off: another one is made, and what is left of this one and of an earlier one is not lost. */
START_TEST(a_damaged_key_is_kept)
{
	uint8_t seed[KEYPAIR_SEED_BYTES];

	for (off_t size = 31; size > 29; size--) {
		memcpy(seed, ring.seed, sizeof seed);
		ck_assert_int_eq(truncate(in("key"), size), 0);
		again();
		ck_assert(ring.has_seed);
		ck_assert_mem_ne(ring.seed, seed, sizeof seed);
	}
	ck_assert_int_eq(size_of("key.damaged"), 31);
	ck_assert_int_eq(size_of("key.damaged.2"), 30);
}
END_TEST

/* A link is not followed: as good as a file that may not be read, also for root. */
static void hide(const char *name)
{
	char kept[140];

	snprintf(kept, sizeof kept, "%s.kept", in(name));
	ck_assert_int_eq(rename(file, kept), 0);
	ck_assert_int_eq(symlink(kept, file), 0);
}

/* Nothing has taken its place: readable again. */
static void show(const char *name)
{
	char kept[140];
	struct stat st;

	ck_assert_int_eq(lstat(in(name), &st), 0);
	ck_assert(S_ISLNK(st.st_mode));
	snprintf(kept, sizeof kept, "%s.kept", in(name));
	ck_assert_int_eq(rename(kept, file), 0);
}

START_TEST(a_key_that_cannot_be_read_stays)
{
	uint8_t seed[KEYPAIR_SEED_BYTES];

	memcpy(seed, ring.seed, sizeof seed);
	hide("key");
	again();
	ck_assert(!ring.has_seed);
	ck_assert_int_eq(access(in("key.damaged"), F_OK), -1);
	show("key");
	again();
	ck_assert(ring.has_seed);
	ck_assert_mem_eq(ring.seed, seed, sizeof seed);
}
END_TEST

START_TEST(stamps_are_kept)
{
	static const char *const odd[] = {"", "12", "1x\n", "-1\n", "1 2\n", "\n",
	    "100000000000000000000\n"};

	ck_assert_uint_eq(ring.stamp, 0);
	keyring_reserve(&ring, 9000000000000000001u);
	again();
	ck_assert_uint_eq(ring.stamp, 9000000000000000001u);
	for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
		write_text("stamp", odd[i]);
		again();
		ck_assert_uint_eq(ring.stamp, 0);
	}
	keyring_reserve(&ring, 7);
	again();
	ck_assert_uint_eq(ring.stamp, 7);
}
END_TEST

/* Bob starts with what is kept, and is registered under his key. */
static void start_bob(void)
{
	peer_free(B->peer);
	make_keyed_peer(1, "198.51.100.11:2425", "bob", 0);
	keyring_equip(&ring, B->peer, wall());
	start(1);
	pass(2000);
	ck_assert_int_eq(uplink_state(B), SUPERNODE_REGISTERED);
	ck_assert_uint_eq(B->stamp_events, 1);
}

/* Above what was kept; and where there is nothing but a key, above what may have been. */
START_TEST(a_peer_counts_on)
{
	uint64_t kept = ((uint64_t)wall() + 864000) * 1000;

	setup();
	if (_i == 0)
		keyring_reserve(&ring, kept);
	else
		kept = ((uint64_t)wall() + 7200) * 1000;
	start_bob();
	ck_assert_uint_gt(B->stamp, kept);
	ck_assert_uint_lt(B->stamp, kept + 86400000);
	teardown();
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
	ck_assert(other.in_use);
	/* and nothing goes wrong without one */
	keyring_learn(&other, "a", 1, ring.seed);
	ck_assert(keyring_forget(&other, "a", 1));
	keyring_close(&other);
}
END_TEST

/* Nobody has what cannot be had. */
START_TEST(a_directory_that_cannot_be_used)
{
	struct keyring other;

	write_text("taken", "");
	keyring_open(&other, in("taken"), "ipmsg.conf");
	ck_assert(!other.has_seed);
	ck_assert(!other.in_use);
	keyring_close(&other);
	unlink(in("taken"));
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

/* Their file cannot be read: nothing takes its place. */
START_TEST(supernodes_that_cannot_be_read_stay)
{
	uint8_t identity[IDENTITY_BYTES];

	learn("a.example", 2425, 1, identity);
	hide("supernodes");
	again();
	ck_assert(ring.has_seed);
	ck_assert_uint_eq(ring.count, 0);
	learn("b.example", 2425, 2, identity);
	show("supernodes");
	again();
	ck_assert_uint_eq(ring.count, 1);
	ck_assert_str_eq(ring.supernodes[0].at.host, "a.example");
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
	tcase_add_test(tcase, a_damaged_key_is_kept);
	tcase_add_test(tcase, a_key_that_cannot_be_read_stays);
	tcase_add_test(tcase, stamps_are_kept);
	tcase_add_loop_test(tcase, a_peer_counts_on, 0, 2);
	tcase_add_test(tcase, a_directory_in_use);
	tcase_add_test(tcase, a_directory_that_cannot_be_used);
	tcase_add_test(tcase, supernodes_that_cannot_be_read_stay);
	tcase_add_test(tcase, supernodes_are_kept);
	tcase_add_test(tcase, supernodes_are_bounded);
	tcase_add_test(tcase, odd_lines);
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
