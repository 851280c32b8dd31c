/* Lists of offered files, as their several writers form them, and those that are no such list. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "golden.h"
#include "unit.h"
#include "wire/attachment.h"
#include "wire/message.h"

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

/* Each item as "ID NAME SIZE TYPE;". */
static void list(struct span list, bool utf8, char *out, size_t cap)
{
	struct attachment attachment;
	char name[300];

	*out = '\0';
	while (attachment_next(&list, &attachment)) {
		size_t len = attachment_name(&attachment, utf8, cp932, name, sizeof name);

		ck_assert_uint_eq(len, strlen(name));
		size_t used = strlen(out);

		snprintf(out + used, cap - used, "%u %s %llu %x;", attachment.id, name,
		    (unsigned long long)attachment.size, attachment.type);
	}
	ck_assert_uint_eq(list.len, 0);
}

#define LONG16 "0123456789abcdef"
#define LONG256 LONG16 LONG16 LONG16 LONG16 LONG16 LONG16 LONG16 LONG16 LONG16 LONG16 LONG16 \
	LONG16 LONG16 LONG16 LONG16 LONG16

static const struct {
	struct span list;
	const char *items;
	bool utf8;
} lists[] = {
    /* how items end */
    {BYTES("0:a:5:65535500:1:\a1:b:6:65535500:1:\a"), "0 a 5 1;1 b 6 1;", false},
    {BYTES("0:a:5:65535500:1\a1:b:6:65535500:1\a"), "0 a 5 1;1 b 6 1;", false},
    {BYTES("0:a:5:65535500:1:\a:1:b:6:65535500:1:\a:"), "0 a 5 1;1 b 6 1;", false},
    {BYTES("0:a:5:65535500:1\a:1:b:6:65535500:1\a:"), "0 a 5 1;1 b 6 1;", false},
    {BYTES("0:a:5:65535500:1:\a\a\a1:b:6:65535500:1:\a"), "0 a 5 1;1 b 6 1;", false},
    {BYTES("0:a:5:65535500:1"), "0 a 5 1;", false},
    {BYTES("0:a:5:65535500:1:\atext behind"), "0 a 5 1;", false},
    {BYTES("0:a:5:65535500:1:\a1:b:6"), "0 a 5 1;1 b 6 1;", false},
    /* what may be missing */
    {BYTES("0:a:5:65535500:\a"), "0 a 5 1;", false},
    {BYTES("0:a:5:65535500\a"), "0 a 5 1;", false},
    {BYTES("0:a:5:\a"), "0 a 5 1;", false},
    {BYTES("0:a:5\a"), "0 a 5 1;", false},
    {BYTES("0:a:5::2:\a"), "0 a 5 2;", false},
    {BYTES("0:a:5:zz:yy:\a"), "0 a 5 1;", false},
    /* numbers: the id is decimal, the others are not */
    {BYTES("10:a:1F:65535500:1:\a11:b:1f:65535500:1:\a"), "10 a 31 1;11 b 31 1;", false},
    {BYTES("1:a:00000000ffffffffff:0:1:\a"), "1 a 1099511627775 1;", false},
    {BYTES("1:a:ffffffffffffffff:0:1:\a"), "1 a 18446744073709551615 1;", false},
    {BYTES("1:a:10000000000000000:0:1:\a"), "1 a 18446744073709551615 1;", false},
    {BYTES("99999999999:a:1:0:1:\a"), "4294967295 a 1 1;", false},
    {BYTES("1:a:1:0:2102:\a2:b:1:0:20:8=3:\a3:c:0:0:4:\a"), "1 a 1 2;2 b 1 20;3 c 0 4;", false},
    /* no offers */
    {BYTES(""), "", false},
    {BYTES("\a:\a::\a"), "", false},
    {BYTES("text"), "", false},
    {BYTES(":a:5:1:1:\a"), "", false},
    {BYTES("x:a:5:1:1:\a1:b:5:1:1:\a"), "1 b 5 1;", false},
    {BYTES("1x:a:5:1:1:\a-1:a:5:1:1:\a"), "", false},
    {BYTES("0:a\a0:a:\a0:a:x:1:1:\a0:a:-5:1:1:\a"), "", false},
    /* names: a ':' is doubled; directories are left out */
    {BYTES("0:a::b.txt:5:1:1:\a"), "0 a:b.txt 5 1;", false},
    {BYTES("0::5:1:1:\a"), "", false},
    /* an empty name ends in no other way than a colon begins */
    {BYTES("0:::5:1:1:\a"), "0 :5 1 1;", false},
    {BYTES("0::::5:1:1:\a"), "0 : 5 1;", false},
    {BYTES("0:a:::5:1:1:\a"), "0 a: 5 1;", false},
    {BYTES("0:/etc/passwd:5:1:1:\a1:..\\..\\boot.ini:5:1:1:\a2:c::\\x:5:1:1:\a"),
	"0 passwd 5 1;1 boot.ini 5 1;2 x 5 1;", false},
    {BYTES("0:..:5:1:1:\a1:.:5:1:1:\a2:a/:5:1:1:\a3:a/..:5:1:1:\a4:...:5:1:1:\a"),
	"0 _ 5 1;1 _ 5 1;2 _ 5 1;3 _ 5 1;4 ... 5 1;", false},
    {BYTES("0:a\nb\x1b[2J\x7f:5:1:1:\a"), "0 a_b_[2J_ 5 1;", false},
    /* the second byte of that character is a backslash in CP932 */
    {BYTES("0:\x95\x5c.txt:5:1:1:\a"), "0 \xe8\xa1\xa8.txt 5 1;", false},
    {BYTES("0:d\\\x95\x5c.txt:5:1:1:\a"), "0 \xe8\xa1\xa8.txt 5 1;", false},
    {BYTES("0:\xe8\xa1\xa8.txt:5:1:1:\a"), "0 \xe8\xa1\xa8.txt 5 1;", true},
    {BYTES("0:\xff\xfe:5:1:1:\a"), "0 \xef\xbf\xbd\xef\xbf\xbd 5 1;", true},
};

START_TEST(lists_read)
{
	char items[512];

	list(lists[_i].list, lists[_i].utf8, items, sizeof items);
	ck_assert_msg(strcmp(items, lists[_i].items) == 0, "list %d: %s", _i, items);
}
END_TEST

static void ck_golden(struct span bytes, const char *expected)
{
	struct packet packet;
	struct message message;
	char items[512];

	ck_assert(packet_parse(&packet, bytes) == PACKET_OK);
	message_parse(&message, &packet);
	list(message.attachments, message.utf8, items, sizeof items);
	ck_assert_str_eq(items, expected);
}

START_TEST(golden_lists)
{
	ck_golden(BYTES(G17), "0 a:b.txt 5 1;1 docs 0 2;");
	ck_golden(BYTES(G11b), "0 pub.txt 5 1;");
	ck_golden(BYTES(G06), "");
}
END_TEST

START_TEST(names_are_cut)
{
	struct attachment attachment = {.name = BYTES("\xe8\xa1\xa8\xe8\xa1\xa8")};
	char name[2000];

	ck_assert_uint_eq(attachment_name(&attachment, true, cp932, name, 7), 6);
	ck_assert_uint_eq(attachment_name(&attachment, true, cp932, name, 6), 3);
	ck_assert_str_eq(name, "\xe8\xa1\xa8");
	/* what the cut leaves of a name is a name */
	ck_assert_uint_eq(attachment_name(&attachment, true, cp932, name, 3), 1);
	ck_assert_str_eq(name, "_");
	attachment.name = BYTES("..x");
	ck_assert_uint_eq(attachment_name(&attachment, true, cp932, name, 3), 1);
	ck_assert_str_eq(name, "_");
	/* more than anybody calls a file */
	attachment.name = BYTES(LONG256 LONG256 LONG256 LONG256 LONG256 "tail");
	size_t len = attachment_name(&attachment, true, cp932, name, sizeof name);

	ck_assert_uint_ge(len, 255);
	ck_assert_uint_le(len, 1024);
	ck_assert_mem_eq(name, LONG256, 256);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("wire/attachment");
	TCase *tests = tcase_create("lists");

	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_loop_test(tests, lists_read, 0, sizeof lists / sizeof *lists);
	tcase_add_test(tests, golden_lists);
	tcase_add_test(tests, names_are_cut);
	suite_add_tcase(suite, tests);
	return unit_run(suite);
}
