/* Endpoints, text, character sets, the heap, the generator, the log's escaping. */
#include "unit.h"

#include <sodium.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/base64url.h"
#include "base/charset.h"
#include "base/datagram.h"
#include "base/endpoint.h"
#include "base/heap.h"
#include "base/log.h"
#include "base/rng.h"
#include "base/text.h"

static const struct {
	const char *text;
	const char *formatted; /* NULL: refused */
} endpoints[] = {
    {"192.0.2.1", "192.0.2.1:2425"},
    {"192.0.2.1:40001", "192.0.2.1:40001"},
    {"::1", "[::1]:2425"},
    {"[2001:db8::1]", "[2001:db8::1]:2425"},
    {"[2001:DB8:0:0::1]:65535", "[2001:db8::1]:65535"},
    {"::ffff:192.0.2.1", "192.0.2.1:2425"},
    {"192.0.2.1:0", NULL},
    {"192.0.2.1:65536", NULL},
    {"192.0.2.1:", NULL},
    {"192.0.2.1:2425x", NULL},
    {"192.0.2.1:+80", NULL},
    {"192.0.2", NULL},
    {"[::1", NULL},
    {"[::1]2425", NULL},
    {"[192.0.2.1]:2425", NULL},
    {"host.example", NULL},
    {"", NULL},
};

START_TEST(endpoint_text)
{
	char buf[ENDPOINT_TEXT_MAX];
	struct endpoint ep;
	const char *wrong = endpoint_parse(&ep, endpoints[_i].text, 2425);

	ck_assert_int_eq(wrong == NULL, endpoints[_i].formatted != NULL);
	if (wrong == NULL)
		ck_assert_str_eq(endpoint_format(&ep, buf), endpoints[_i].formatted);
}
END_TEST

START_TEST(endpoint_host_text)
{
	char buf[HOST_TEXT_MAX], host[301];

	ck_assert_str_eq(endpoint_format_host("a.example", 2425, buf), "a.example:2425");
	ck_assert_str_eq(endpoint_format_host("a.example", 0, buf), "a.example");
	ck_assert_str_eq(endpoint_format_host("2001:db8::1", 65535, buf), "[2001:db8::1]:65535");
	ck_assert_str_eq(endpoint_format_host("2001:db8::1", 0, buf), "2001:db8::1");
	memset(host, ':', sizeof host);
	host[sizeof host - 1] = '\0';
	ck_assert_uint_eq(strlen(endpoint_format_host(host, 65535, buf)), 255 + 2 + 6);
}
END_TEST

START_TEST(endpoint_packing)
{
	static const char *const texts[] = {"192.0.2.1:40001", "[2001:db8::7]:1"};
	uint8_t packed[ENDPOINT_PACKED_MAX];
	struct endpoint ep, again;

	for (size_t i = 0; i < 2; i++) {
		ck_assert_ptr_null(endpoint_parse(&ep, texts[i], 0));
		size_t n = endpoint_pack(&ep, packed);

		ck_assert_uint_eq(n, i == 0 ? 6 : 18);
		ck_assert(endpoint_unpack(&again, span_of(packed, n)));
		ck_assert(endpoint_equal(&ep, &again));
		ck_assert(!endpoint_unpack(&again, span_of(packed, n - 1)));
	}
}
END_TEST

START_TEST(endpoint_sockaddr)
{
	struct sockaddr_storage ss;
	struct endpoint ep, again;

	ck_assert_ptr_null(endpoint_parse(&ep, "[2001:db8::7]:9", 0));
	socklen_t len = endpoint_to_sockaddr(&ep, &ss);

	ck_assert(endpoint_from_sockaddr(&again, (struct sockaddr *)&ss, len));
	ck_assert(endpoint_equal(&ep, &again));
	ck_assert(!endpoint_from_sockaddr(&again, (struct sockaddr *)&ss, 4));
}
END_TEST

START_TEST(endpoint_hashing)
{
	uint8_t one[16] = {1}, two[16] = {2};
	struct endpoint a, b;

	endpoint_parse(&a, "192.0.2.1:1", 0);
	endpoint_parse(&b, "192.0.2.1:2", 0);
	ck_assert(endpoint_hash(&a, one) == endpoint_hash(&a, one));
	ck_assert(endpoint_hash(&a, one) != endpoint_hash(&a, two));
	ck_assert(endpoint_hash(&a, one) != endpoint_hash(&b, one));
	ck_assert(endpoint_same_address(&a, &b));
}
END_TEST

static const struct {
	const char *text;
	enum scope scope;
} scopes[] = {
    {"8.8.8.8", SCOPE_GLOBAL},	    {"10.1.2.3", SCOPE_PRIVATE},
    {"172.16.0.1", SCOPE_PRIVATE},  {"172.32.0.1", SCOPE_GLOBAL},
    {"192.168.1.1", SCOPE_PRIVATE}, {"100.64.0.1", SCOPE_PRIVATE},
    {"100.128.0.1", SCOPE_GLOBAL},  {"169.254.1.1", SCOPE_LINK},
    {"127.0.0.1", SCOPE_LOOPBACK},  {"0.0.0.0", SCOPE_UNUSABLE},
    {"224.0.0.1", SCOPE_UNUSABLE},  {"255.255.255.255", SCOPE_UNUSABLE},
    {"::", SCOPE_UNUSABLE},	    {"::1", SCOPE_LOOPBACK},
    {"ff15::979", SCOPE_UNUSABLE},  {"fe80::1", SCOPE_LINK},
    {"fd00::1", SCOPE_PRIVATE},	    {"2001:db8::1", SCOPE_GLOBAL},
};

START_TEST(endpoint_scopes)
{
	struct endpoint ep;

	ck_assert_ptr_null(endpoint_parse(&ep, scopes[_i].text, 2425));
	ck_assert_int_eq(endpoint_scope(&ep), scopes[_i].scope);
	ep.port = 0;
	ck_assert_int_eq(endpoint_scope(&ep), SCOPE_UNUSABLE);
}
END_TEST

static const struct {
	const char *bytes;
	bool valid;
	const char *repaired;
	const char *escaped;
} texts[] = {
    {"plain", true, "plain", "plain"},
    {"\xe3\x82\xa2", true, "\xe3\x82\xa2", "\xe3\x82\xa2"},
    {"a\nb\tc\rd", true, "a\nb\tc\rd", "a\\nb\\tc\\rd"},
    {"\x1b[2J", true, "\x1b[2J", "\\x1b[2J"},
    {"a\\n", true, "a\\n", "a\\\\n"},
    {"\xc0\xaf", false, "\xef\xbf\xbd\xef\xbf\xbd", "\\xc0\\xaf"},
    {"\xed\xa0\x80", false, "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd", "\\xed\\xa0\\x80"},
    {"\xf4\x90\x80\x80", false, "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd",
	"\\xf4\\x90\\x80\\x80"},
    {"x\xe3\x82", false, "x\xef\xbf\xbd\xef\xbf\xbd", "x\\xe3\\x82"},
    {"\xc2\x9b", true, "\xc2\x9b", "\\x9b"},
    {"\xe2\x80\xae", true, "\xe2\x80\xae", "\\u{202e}"},
    {"\xf0\x9f\x98\x80", true, "\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80"},
};

START_TEST(text_forms)
{
	struct span text = span_text(texts[_i].bytes);
	char out[64];

	ck_assert_int_eq(utf8_valid(text), texts[_i].valid);
	utf8_repair(text, out, sizeof out);
	ck_assert_str_eq(out, texts[_i].repaired);
	ck_assert_str_eq(text_escape(text, out, sizeof out), texts[_i].escaped);
}
END_TEST

START_TEST(text_cut_at_boundary)
{
	char out[6];

	ck_assert_uint_eq(utf8_repair(span_text("\xe3\x82\xa2\xe3\x82\xa2"), out, sizeof out), 3);
	ck_assert_str_eq(out, "\xe3\x82\xa2");
	ck_assert_str_eq(text_escape(span_text("ab\x1b"), out, sizeof out), "ab");
}
END_TEST

START_TEST(charset_both_ways)
{
	struct charset *cs = charset_open("CP932");
	char out[64];

	ck_assert_ptr_nonnull(cs);
	charset_decode(cs, span_text("\x83\x41\x83\x8a\x83\x58"), out, sizeof out);
	ck_assert_str_eq(out, "\xe3\x82\xa2\xe3\x83\xaa\xe3\x82\xb9");
	charset_encode(cs, span_text("\xe3\x82\xa2\xe3\x83\xaa\xe3\x82\xb9"), out, sizeof out);
	ck_assert_str_eq(out, "\x83\x41\x83\x8a\x83\x58");
	charset_decode(cs, span_text("a\xff z"), out, sizeof out);
	ck_assert_str_eq(out, "a\xef\xbf\xbd z");
	charset_encode(cs, span_text("a\xf0\x9f\x98\x80z"), out, sizeof out);
	ck_assert_str_eq(out, "a?z");
	/* a pair is not torn: the second does not fit */
	ck_assert_uint_eq(charset_encode(cs, span_text("\xe3\x82\xa2\xe3\x83\xaa"), out, 4), 2);
	charset_close(cs);
	ck_assert_ptr_null(charset_open("NO-SUCH-CHARSET"));
}
END_TEST

static const struct {
	const char *bytes;
	bool said_utf8;
	const char *read;
} packet_texts[] = {
    {"plain", false, "plain"},
    {"\x83\x41", false, "\xe3\x82\xa2"},	     /* CP932, as it is not valid UTF-8 */
    {"\xe3\x82\xa2", false, "\xe3\x82\xa2"},     /* UTF-8, though nobody said so */
    {"\xe3\x82\xa2", true, "\xe3\x82\xa2"},
    {"\x83\x41", true, "\xef\xbf\xbd\x41"},	     /* said to be, and is not */
    {"a\\b~", false, "a\\b~"},
    {"", false, ""},
};

START_TEST(charset_reads_packets)
{
	struct charset *cs = charset_open("CP932");
	char out[64];

	charset_read(cs, span_text(packet_texts[_i].bytes), packet_texts[_i].said_utf8, out,
	    sizeof out);
	ck_assert_str_eq(out, packet_texts[_i].read);
	charset_close(cs);
}
END_TEST

START_TEST(utf8_cuts)
{
	struct span text = span_text("a\xe3\x82\xa2z");

	ck_assert_uint_eq(utf8_cut(text, 9).len, 5);
	ck_assert_uint_eq(utf8_cut(text, 4).len, 4);
	ck_assert_uint_eq(utf8_cut(text, 3).len, 1);
	ck_assert_uint_eq(utf8_cut(text, 0).len, 0);
	/* no text: cut where it must be */
	ck_assert_uint_eq(utf8_cut(span_text("\x80\x80\x80\x80\x80\x80\x80"), 5).len, 5);
}
END_TEST

START_TEST(heap_sorts)
{
	enum { N = 500 };
	static struct heap_node nodes[N];
	uint8_t seed[RNG_SEED_BYTES] = {7};
	struct heap heap;
	struct rng rng;
	int64_t last = -1;
	size_t left = N;

	rng_init(&rng, seed);
	heap_init(&heap);
	for (size_t i = 0; i < N; i++)
		ck_assert(heap_put(&heap, &nodes[i], rng_below(&rng, 100)));
	for (size_t i = 0; i < N; i += 3)
		ck_assert(heap_put(&heap, &nodes[i], rng_below(&rng, 100)));
	for (size_t i = 1; i < N; i += 7, left--)
		heap_remove(&heap, &nodes[i]);
	heap_remove(&heap, &nodes[1]);
	ck_assert_uint_eq(heap.count, left);
	for (; left > 0; left--) {
		struct heap_node *first = heap_first(&heap);

		ck_assert_int_ge(first->due, last);
		last = first->due;
		heap_remove(&heap, first);
	}
	ck_assert_int_eq(heap_deadline(&heap), DEADLINE_NEVER);
	heap_free(&heap);
}
END_TEST

START_TEST(rng_repeats)
{
	uint8_t seed[RNG_SEED_BYTES] = {1};
	unsigned seen[10] = {0};
	struct rng a, b;
	uint8_t x[100], y[100];

	rng_init(&a, seed);
	rng_init(&b, seed);
	rng_bytes(&a, x, sizeof x);
	rng_bytes(&b, y, 30);
	rng_bytes(&b, y + 30, 70);
	ck_assert_mem_eq(x, y, sizeof x);
	for (int i = 0; i < 10000; i++)
		seen[rng_below(&a, 10)]++;
	for (int i = 0; i < 10; i++)
		ck_assert_uint_gt(seen[i], 800);
}
END_TEST

static size_t flushes;

static void on_flush(struct batch *batch, void *context)
{
	flushes++;
	*(size_t *)context += batch->count;
}

START_TEST(batch_flushes_when_full)
{
	static struct batch batch;
	struct endpoint to = {.family = FAMILY_IP4, .port = 1};
	size_t sent = 0;

	batch_init(&batch, on_flush, &sent);
	for (int i = 0; i < BATCH_ITEMS + 1; i++) {
		memset(batch_open(&batch, 1000), i, 1000);
		batch_commit(&batch, 1000, 3, &to, 0);
	}
	ck_assert_uint_eq(flushes, 1);
	ck_assert_uint_eq(sent, BATCH_ITEMS);
	ck_assert_uint_eq(batch.count, 1);
	ck_assert_uint_eq(batch.items[0].data[999], BATCH_ITEMS);
	batch_flush(&batch);
	ck_assert_uint_eq(sent, BATCH_ITEMS + 1);
}
END_TEST

static char logged[1024];

static void sink(enum log_level level, const char *text)
{
	snprintf(logged, sizeof logged, "%s:%s", log_level_name(level), text);
}

START_TEST(log_escapes)
{
	log_capture(sink);
	log_set_level(LOG_LEVEL_INFO);
	log_info("nick %s", "eve\n\x1b[31mroot logged in");
	ck_assert_str_eq(logged, "info:nick eve\\n\\x1b[31mroot logged in");
	log_debug("not shown");
	ck_assert_str_eq(logged, "info:nick eve\\n\\x1b[31mroot logged in");
	log_capture(NULL);
}
END_TEST

/* What a line looks like on a standard error that JOURNAL_STREAM says so much of. */
static const char *line_under(const char *stream)
{
	static char line[64];
	int ends[2];

	ck_assert_int_eq(pipe(ends), 0);
	int before = dup(STDERR_FILENO);
	struct stat st;
	char right[64];

	ck_assert_int_eq(dup2(ends[1], STDERR_FILENO), STDERR_FILENO);
	ck_assert_int_eq(fstat(ends[1], &st), 0);
	snprintf(right, sizeof right, "%ju:%ju", (uintmax_t)st.st_dev, (uintmax_t)st.st_ino);
	setenv("JOURNAL_STREAM", stream != NULL ? stream : right, 1);
	log_open("test", LOG_TARGET_STDERR, LOG_LEVEL_INFO);
	log_info("hello");
	dup2(before, STDERR_FILENO);
	ssize_t n = read(ends[0], line, sizeof line - 1);

	line[n > 0 ? n : 0] = '\0';
	close(before);
	close(ends[0]);
	close(ends[1]);
	return line;
}

START_TEST(log_knows_the_journal)
{
	ck_assert_str_eq(line_under(NULL), "<6>hello\n");
	/* inherited by somebody whose standard error leads elsewhere */
	ck_assert_str_eq(line_under("8:12345"), "test: hello\n");
	ck_assert_str_eq(line_under(""), "test: hello\n");
	ck_assert_str_eq(line_under("x"), "test: hello\n");
	unsetenv("JOURNAL_STREAM");
}
END_TEST

/* It has to agree with libsodium, on good text and on bad, but for bytes that some versions take. */
START_TEST(base64url_agrees)
{
	enum { VARIANT = sodium_base64_VARIANT_URLSAFE_NO_PADDING };
	unsigned char bytes[40], back[40], expected[40];
	char text[64], reference[64];
	size_t len, reference_len;

	for (int i = 0; i < 20000; i++) {
		size_t n = randombytes_uniform(sizeof bytes + 1);

		randombytes_buf(bytes, n);
		sodium_bin2base64(reference, sizeof reference, bytes, n, VARIANT);
		ck_assert_uint_eq(BASE64URL_LENGTH(n), strlen(reference));
		base64url_encode(bytes, n, text);
		ck_assert_mem_eq(text, reference, BASE64URL_LENGTH(n));

		size_t cut = randombytes_uniform((uint32_t)strlen(reference) + 1);

		if (cut > 0 && i % 2 == 0)
			reference[randombytes_uniform((uint32_t)cut)] =
			    "A-_+/= \n\x80z"[randombytes_uniform(10)];
		bool good = text_is_ascii(span_of(reference, cut)) &&
		    sodium_base642bin(expected, sizeof expected, reference, cut, NULL,
			&reference_len, NULL, VARIANT) == 0;

		ck_assert_int_eq(base64url_decode(span_of(reference, cut), back, sizeof back, &len),
		    good);
		if (good) {
			ck_assert_uint_eq(len, reference_len);
			ck_assert_mem_eq(back, expected, len);
		}
	}
	ck_assert(!base64url_decode(span_text("AAAA"), back, 2, &len));
	ck_assert(base64url_decode(span_text("AAAA"), back, 3, &len) && len == 3);
	ck_assert(base64url_decode(span_text(""), back, 0, &len) && len == 0);
}
END_TEST

#define COUNT(table) (int)(sizeof(table) / sizeof *(table))

int main(void)
{
	Suite *suite = suite_create("base");
	TCase *tcase = tcase_create("base");

	if (sodium_init() < 0)
		return EXIT_FAILURE;
	tcase_add_loop_test(tcase, endpoint_text, 0, COUNT(endpoints));
	tcase_add_test(tcase, endpoint_host_text);
	tcase_add_test(tcase, endpoint_packing);
	tcase_add_test(tcase, endpoint_sockaddr);
	tcase_add_test(tcase, endpoint_hashing);
	tcase_add_loop_test(tcase, endpoint_scopes, 0, COUNT(scopes));
	tcase_add_loop_test(tcase, text_forms, 0, COUNT(texts));
	tcase_add_test(tcase, text_cut_at_boundary);
	tcase_add_test(tcase, charset_both_ways);
	tcase_add_loop_test(tcase, charset_reads_packets, 0, COUNT(packet_texts));
	tcase_add_test(tcase, utf8_cuts);
	tcase_add_test(tcase, base64url_agrees);
	tcase_add_test(tcase, heap_sorts);
	tcase_add_test(tcase, rng_repeats);
	tcase_add_test(tcase, batch_flushes_when_full);
	tcase_add_test(tcase, log_escapes);
	tcase_add_test(tcase, log_knows_the_journal);
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
