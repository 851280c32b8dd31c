/* Tests on their way. */
#include "peer/nattest.h"

#include <string.h>

#include "base/base64url.h"
#include "peer/core.h"

#define SPACING_MS 5
#define TEST_FOR_MS 1500

/* The answer has room for how we are seen, and for the supernode's key before that. */
#define OBSERVED_LINE (BLOCK_LINE_HEAD + BASE64URL_LENGTH(ENDPOINT_PACKED_MAX))
#define TEST_PADDING (CHALLENGE_PADDING + CHALLENGE_KEY_PADDING + OBSERVED_LINE)

static const int64_t try_at[] = {0, 300, 900};
#define TRIES (sizeof try_at / sizeof *try_at)

void nattests_begin(struct nat_tests *tests, int64_t now)
{
	*tests = (struct nat_tests){.started = now};
}

struct nat_test *nattests_add(struct peer *peer, struct nat_tests *tests,
    const struct endpoint *to, const struct endpoint *from, const struct endpoint *alternate)
{
	struct nat_test *test = &tests->all[tests->count];

	if (tests->count == NAT_TESTS_MAX)
		return NULL;
	*test = (struct nat_test){
	    .to = *to,
	    .from = *from,
	    .due = tests->started + (int64_t)tests->count * SPACING_MS,
	};
	if (alternate != NULL)
		test->alternate = *alternate;
	rng_bytes(&peer->rng, test->transaction, TRANSACTION_BYTES);
	tests->count++;
	return test;
}

static void send_test(struct turn *turn, const struct nat_test *test, uint16_t local)
{
	struct peer *peer = turn->peer;
	struct fields fields = {0};
	struct writer w = turn_open(turn);

	fields_set(&fields, KEY_TK);
	memcpy(fields.transaction, test->transaction, TRANSACTION_BYTES);
	fields_set(&fields, KEY_PD);
	fields.padding = TEST_PADDING;
	if (test->alternate.family != FAMILY_NONE) {
		fields_set(&fields, KEY_AP);
		fields.alternates[0] = test->alternate;
		fields.alternate_count = 1;
	}
	entry_write(&w, peer_number(peer, turn->wall), &peer->identity, CMD_BR_ENTRY, peer->legacy,
	    true, &fields);
	turn_close_from(turn, &w, &test->to, local, 0);
}

void nattests_send(struct turn *turn, struct nat_tests *tests, uint16_t local)
{
	for (size_t i = 0; i < tests->count; i++) {
		struct nat_test *test = &tests->all[i];

		if (test->answered || test->tries == TRIES || turn->now < test->due)
			continue;
		send_test(turn, test, local);
		test->tries++;
		test->due = test->tries < TRIES
		    ? tests->started + (int64_t)i * SPACING_MS + try_at[test->tries]
		    : DEADLINE_NEVER;
	}
}

bool nattests_over(const struct nat_tests *tests, int64_t now)
{
	size_t i = 0;

	while (i < tests->count && tests->all[i].answered)
		i++;
	return i == tests->count || now - tests->started >= TEST_FOR_MS;
}

int64_t nattests_deadline(const struct nat_tests *tests)
{
	int64_t due = tests->started + TEST_FOR_MS;

	for (size_t i = 0; i < tests->count; i++) {
		if (!tests->all[i].answered && tests->all[i].due < due)
			due = tests->all[i].due;
	}
	return due;
}

static struct nat_test *find(struct nat_tests *tests, const struct fields *fields)
{
	for (size_t i = 0; i < tests->count && fields_has(fields, KEY_TK); i++) {
		if (memcmp(tests->all[i].transaction, fields->transaction, TRANSACTION_BYTES) == 0)
			return &tests->all[i];
	}
	return NULL;
}

/* It has our transaction, so it is not made up. */
static bool is_refusal(const struct nat_test *test, const struct endpoint *from)
{
	return test->alternate.family != FAMILY_NONE && endpoint_equal(&test->to, from);
}

void nattests_answer(struct peer *peer, struct nat_tests *tests, const struct endpoint *from,
    const struct fields *fields)
{
	struct nat_test *test = find(tests, fields);
	bool tells = fields_has(fields, KEY_OA);

	if (test == NULL || (!endpoint_equal(&test->from, from) && !is_refusal(test, from))) {
		peer_bump(peer, PEER_DROPPED_FORGED);
	} else if (test->answered) {
		peer_bump(peer, PEER_DROPPED_LATE);
	} else if (is_refusal(test, from)) {
		test->answered = test->refused = true;
	} else if (tells &&
	    (fields->observed.family != from->family ||
		endpoint_scope(&fields->observed) == SCOPE_UNUSABLE)) {
		peer_bump(peer, PEER_DROPPED_ADDRESS);
	} else {
		test->answered = true;
		if (tells)
			test->seen = fields->observed;
	}
}
