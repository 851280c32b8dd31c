/*
 * What is made of two NATs: what their mappings are called, how a pair is punched, and what is said
 * when it fails.
 */
#include "unit.h"

#include <sodium.h>
#include <string.h>

#include "nat_fixture.h"
#include "peer/natmapping.h"
#include "peer/tactic.h"

#define EI NAT_MAPPING_EI
#define AD NAT_MAPPING_AD
#define AP NAT_MAPPING_AP
#define NO NAT_MAPPING_UNKNOWN

/* To 198.51.100.(to / 10), port 2425 + to % 10; a port of 0 was not answered. */
static const struct {
	struct {
		unsigned to;
		uint16_t port;
	} samples[NAT_SAMPLES_MAX];
	uint16_t port; /* of the socket */
	enum nat_mapping mapping;
	enum nat_ports ports;
	int step;
} mappings[] = {
    {{{10, 0}, {11, 0}, {20, 0}}, 7, NO, NAT_PORTS_UNKNOWN, 0},
    {{{10, 7}, {11, 0}, {20, 0}}, 7, NO, NAT_PORTS_KEEP, 0},
    {{{10, 7}, {11, 7}, {20, 0}}, 7, NO, NAT_PORTS_KEEP, 0},
    {{{10, 9}, {11, 9}, {20, 9}}, 7, EI, NAT_PORTS_UNKNOWN, 0},
    {{{10, 7}, {11, 7}, {20, 7}}, 7, EI, NAT_PORTS_KEEP, 0},
    {{{10, 7}, {20, 7}}, 7, EI, NAT_PORTS_KEEP, 0},
    {{{10, 9}, {20, 8}}, 7, AD, NAT_PORTS_UNKNOWN, 0},
    {{{10, 9}, {11, 9}, {20, 8}, {21, 8}}, 7, AD, NAT_PORTS_UNKNOWN, 0},
    {{{10, 90}, {11, 90}, {20, 91}, {21, 91}, {30, 92}}, 7, AD, NAT_PORTS_SEQ, 1},
    {{{10, 90}, {11, 90}, {20, 77}, {21, 77}, {30, 512}}, 7, AD, NAT_PORTS_RND, 0},
    /* what comes back to one port of an address says nothing of the other */
    {{{10, 9}, {11, 8}, {20, 9}, {21, 8}}, 7, AP, NAT_PORTS_RND, 0},
    {{{10, 9}, {11, 8}}, 7, AP, NAT_PORTS_UNKNOWN, 0},
    {{{10, 9}, {11, 10}, {20, 11}, {21, 12}}, 7, AP, NAT_PORTS_SEQ, 1},
    {{{10, 40}, {11, 38}, {20, 36}}, 7, AP, NAT_PORTS_SEQ, -2},
    {{{10, 100}, {11, 116}, {20, 132}}, 7, AP, NAT_PORTS_SEQ, 16},
    {{{10, 100}, {11, 117}, {20, 134}}, 7, AP, NAT_PORTS_RND, 0},
    {{{10, 100}, {11, 102}, {20, 103}}, 7, AP, NAT_PORTS_RND, 0},
    /* one in between was not answered */
    {{{10, 100}, {11, 0}, {20, 102}, {21, 103}}, 7, AP, NAT_PORTS_SEQ, 1},
    {{{10, 100}, {11, 0}, {12, 0}, {20, 103}, {21, 104}, {22, 105}}, 7, AP, NAT_PORTS_SEQ, 1},
    {{{10, 100}, {11, 101}, {20, 103}, {21, 104}, {22, 106}}, 7, AP, NAT_PORTS_RND, 0},
    /* they begin anew once */
    {{{10, 62}, {11, 63}, {20, 0}, {21, 1}}, 7, AP, NAT_PORTS_RND, 0},
    {{{10, 62}, {11, 63}, {20, 10}, {21, 11}}, 7, AP, NAT_PORTS_SEQ, 1},
    {{{10, 63}, {11, 10}, {20, 11}}, 7, AP, NAT_PORTS_RND, 0},
};

START_TEST(mappings_are_judged)
{
	struct nat_sample samples[NAT_SAMPLES_MAX] = {0};
	struct nat_mapping_found found;
	size_t n = 0;

	for (unsigned i = 0; i < NAT_SAMPLES_MAX && mappings[_i].samples[i].to != 0; i++) {
		struct nat_sample *sample = &samples[n];
		unsigned to = mappings[_i].samples[i].to;

		ck_assert_ptr_null(endpoint_parse(&sample->to, "198.51.100.0", 0));
		ck_assert_ptr_null(endpoint_parse(&sample->seen, "203.0.113.7", 0));
		sample->to.address[3] = (uint8_t)(to / 10);
		sample->to.port = (uint16_t)(2425 + to % 10);
		sample->seen.port = mappings[_i].samples[i].port;
		sample->place = i;
		n += sample->seen.port != 0;
	}
	found = natmapping_of(samples, n, mappings[_i].port);
	ck_assert_int_eq(found.mapping, mappings[_i].mapping);
	ck_assert_int_eq(found.ports, mappings[_i].ports);
	ck_assert_int_eq(found.step, mappings[_i].step);
}
END_TEST

/* A carrier that gives other addresses, the ports being the same. */
START_TEST(another_outer_address_is_another_mapping)
{
	struct nat_sample samples[2] = {{.place = 0}, {.place = 1}};

	for (int i = 0; i < 2; i++) {
		ck_assert_ptr_null(endpoint_parse(&samples[i].to, "198.51.100.0:2425", 0));
		ck_assert_ptr_null(endpoint_parse(&samples[i].seen, "203.0.113.7:7", 0));
		samples[i].to.address[3] = (uint8_t)i;
	}
	ck_assert_int_eq(natmapping_of(samples, 2, 7).mapping, EI);
	samples[1].seen.address[3]++;
	ck_assert_int_eq(natmapping_of(samples, 2, 7).mapping, AD);
}
END_TEST

#define OPENS {EI, NAT_PORTS_KEEP, true, false}
#define CLASS(mapping) {mapping, NAT_PORTS_UNKNOWN, false, false}

static const struct {
	struct pair pair;
	bool hopeless, hold;
	uint8_t opener_ttl;
} tactics[] = {
    {{.opener_ttl = 3}, false, false, 3},
    {{.own = CLASS(EI), .other = CLASS(EI), .opener_ttl = 3}, false, false, 3},
    /* who is known to leave no way */
    {{.own = CLASS(AD), .other = CLASS(AP), .opener_ttl = 3}, true, false, 3},
    {{.own = CLASS(AP), .other = CLASS(AP), .opener_ttl = 3}, true, false, 3},
    {{.own = CLASS(AP), .other = CLASS(EI), .opener_ttl = 3}, false, false, 3},
    {{.own = CLASS(AP), .other = CLASS(NO), .opener_ttl = 3}, false, false, 3},
    {{.own = CLASS(NO), .other = CLASS(AP), .opener_ttl = 3}, false, false, 3},
    {{.own = CLASS(EI), .other = CLASS(AP), .opener_ttl = 3}, false, false, 3},
    {{.own = {AP, NAT_PORTS_RND, false, true}, .other = CLASS(AP)}, false, false, 0},
    {{.own = CLASS(AP), .other = {AP, NAT_PORTS_RND, false, true}}, false, false, 0},
    {{.own = CLASS(AP), .other = CLASS(AP), .other_way = true}, false, false, 0},
    /* who sends first */
    {{.own = CLASS(EI), .other = OPENS}, false, true, 0},
    {{.own = CLASS(EI), .other = OPENS, .incoming = true}, false, true, 0},
    {{.own = OPENS, .other = CLASS(EI)}, false, false, 0},
    {{.own = OPENS, .other = CLASS(EI), .incoming = true}, false, false, 0},
    {{.own = OPENS, .other = OPENS}, false, true, 0},
    {{.own = OPENS, .other = OPENS, .incoming = true}, false, false, 0},
    {{.own = CLASS(NO), .other = OPENS}, false, true, 0},
    /* how far openers go */
    {{.opener_ttl = 0, .private_hops = 4}, false, false, 0},
    {{.opener_ttl = 3, .private_hops = 1}, false, false, 3},
    {{.opener_ttl = 3, .private_hops = 2}, false, false, 4},
    {{.opener_ttl = 6, .private_hops = 3}, false, false, 6},
    {{.opener_ttl = 2, .private_hops = 6}, false, false, 8},
    {{.opener_ttl = 2, .private_hops = 4000000000}, false, false, 8},
    /* the last router of ours is the other's, too: no further than that */
    {{.same_router = true, .opener_ttl = 0, .private_hops = 4}, false, false, 0},
    {{.same_router = true, .opener_ttl = 3}, false, false, 2},
    {{.same_router = true, .opener_ttl = 3, .private_hops = 1}, false, false, 2},
    {{.same_router = true, .opener_ttl = 8, .private_hops = 2}, false, false, 2},
    {{.same_router = true, .opener_ttl = 3, .private_hops = 3}, false, false, 3},
    {{.same_router = true, .opener_ttl = 3, .private_hops = 4000000000}, false, false, 8},
};

START_TEST(tactics_are_chosen)
{
	struct tactic tactic = tactic_for(&tactics[_i].pair);

	ck_assert_int_eq(tactic.hopeless, tactics[_i].hopeless);
	ck_assert_int_eq(tactic.hold, tactics[_i].hold);
	ck_assert_uint_eq(tactic.opener_ttl, tactics[_i].opener_ttl);
}
END_TEST

/* As tests find the kinds of the matrix, in its order. */
static const struct nat_class kinds[] = {
    {EI, NAT_PORTS_KEEP, false, true},  /* public */
    {EI, NAT_PORTS_KEEP, false, true},  /* full cone */
    {EI, NAT_PORTS_KEEP, false, false}, /* address-restricted */
    {EI, NAT_PORTS_KEEP, false, false}, /* port-restricted */
    {EI, NAT_PORTS_KEEP, true, false},  /* open input */
    {AD, NAT_PORTS_UNKNOWN, false, false},
    {AP, NAT_PORTS_SEQ, false, false},
    {AP, NAT_PORTS_RND, false, false},
};
#define KINDS (sizeof kinds / sizeof *kinds)

static enum diagnosis diagnosis_for(const struct nat_class *own, const struct nat_class *other,
    enum reason reason)
{
	struct peer_nat_status found = {.mapping_tested = true, .translated = true, .since = 1};
	struct path path = {.state = PATH_FAILED, .reason = reason, .extended = true};

	if (own != NULL) {
		found.nat = *own;
		world.peer->natview.found = found;
	}
	path.has_nat = other != NULL;
	if (other != NULL)
		path.nat = *other;
	ck_assert_ptr_null(endpoint_parse(&path.tried, "203.0.113.9:2425", 0));
	return diagnosis_of(world.peer, &path);
}

START_TEST(each_failing_pair_is_diagnosed)
{
	/* the first that depends on the destination, and the first of those that filter by port */
	const size_t dependent = 5, port = 3;

	nat_begin(NAT_PORT_RESTRICTED, false);
	for (size_t own = port; own < KINDS; own++) {
		for (size_t other = port; other < KINDS; other++) {
			enum diagnosis expected = own < dependent && other < dependent
			    ? DIAGNOSIS_SILENT
			    : own < dependent ? DIAGNOSIS_THEIR_DEPENDENT
			    : other < dependent ? DIAGNOSIS_OWN_DEPENDENT
						: DIAGNOSIS_BOTH_DEPENDENT;

			ck_assert_int_eq(diagnosis_for(&kinds[own], &kinds[other],
					     REASON_NO_ANSWER),
			    expected);
		}
	}
	ck_assert_int_eq(diagnosis_for(&kinds[7], &kinds[7], REASON_NAT),
	    DIAGNOSIS_BOTH_DEPENDENT);
	/* nothing is in the way of these */
	ck_assert_int_eq(diagnosis_for(&kinds[0], &kinds[7], REASON_NO_ANSWER), DIAGNOSIS_SILENT);
	ck_assert_int_eq(diagnosis_for(&kinds[7], &kinds[1], REASON_NO_ANSWER), DIAGNOSIS_SILENT);
}
END_TEST

START_TEST(what_is_not_known_is_not_claimed)
{
	static const struct nat_class nothing;
	struct path path = {.state = PATH_FAILED, .reason = REASON_NO_ANSWER};

	nat_begin(NAT_PORT_RESTRICTED, false);
	ck_assert_int_eq(diagnosis_for(NULL, &kinds[7], REASON_NO_ANSWER), DIAGNOSIS_UNKNOWN_NAT);
	ck_assert_int_eq(diagnosis_for(&kinds[7], NULL, REASON_NO_ANSWER), DIAGNOSIS_UNKNOWN_NAT);
	ck_assert_int_eq(diagnosis_for(&kinds[7], &nothing, REASON_NO_ANSWER),
	    DIAGNOSIS_UNKNOWN_NAT);
	ck_assert_int_eq(diagnosis_for(&kinds[3], &kinds[3], REASON_SILENT), DIAGNOSIS_SILENT);
	/* where the reason says it all */
	ck_assert_int_eq(diagnosis_for(&kinds[7], &kinds[7], REASON_UNKNOWN_NAME), DIAGNOSIS_NONE);
	ck_assert_int_eq(diagnosis_of(world.peer, &path), DIAGNOSIS_OLD_CLIENT);
	path.state = PATH_PUNCHING;
	ck_assert_int_eq(diagnosis_of(world.peer, &path), DIAGNOSIS_NONE);
}
END_TEST

START_TEST(open_paths_are_explained)
{
	struct path path = {.state = PATH_OPEN, .extended = true};

	nat_begin(NAT_PORT_RESTRICTED, false);
	ck_assert_ptr_null(endpoint_parse(&path.remote, "203.0.113.9:2425", 0));
	ck_assert_int_eq(diagnosis_of(world.peer, &path), DIAGNOSIS_PUNCHED);
	path.has_nat = true;
	path.nat = kinds[1];
	ck_assert_int_eq(diagnosis_of(world.peer, &path), DIAGNOSIS_DIRECT);
	path.has_nat = path.extended = false;
	path.nat = (struct nat_class){0};
	ck_assert_int_eq(diagnosis_of(world.peer, &path), DIAGNOSIS_NONE);
}
END_TEST

/* Nobody has opened two NATs where there is one. */
START_TEST(one_nat_is_not_two)
{
	struct path path = {.state = PATH_OPEN, .extended = true};
	struct peer_nat_status *found;

	nat_begin(NAT_PORT_RESTRICTED, false);
	found = &world.peer->natview.found;
	*found = (struct peer_nat_status){.mapping_tested = true, .translated = true, .since = 1};
	ck_assert_ptr_null(endpoint_parse(&found->observed, "203.0.113.9:40000", 0));
	ck_assert_ptr_null(endpoint_parse(&path.remote, "203.0.113.9:2425", 0));
	ck_assert_int_eq(diagnosis_of(world.peer, &path), DIAGNOSIS_HAIRPIN);
	ck_assert_ptr_null(endpoint_parse(&path.remote, "203.0.113.8:2425", 0));
	ck_assert_int_eq(diagnosis_of(world.peer, &path), DIAGNOSIS_PUNCHED);
}
END_TEST

/* Whole sentences, and something to do wherever something failed. */
START_TEST(diagnoses_are_sentences)
{
	for (int i = 0; i < DIAGNOSES; i++) {
		const char *texts[] = {diagnosis_sentence((enum diagnosis)i),
		    diagnosis_advice((enum diagnosis)i)};

		ck_assert_ptr_nonnull(diagnosis_name((enum diagnosis)i));
		for (int k = 0; k < 2; k++) {
			size_t len = strlen(texts[k]);

			ck_assert(len > 0 || i == DIAGNOSIS_NONE || (k == 1 && i <= DIAGNOSIS_PUNCHED));
			ck_assert(len == 0 || (texts[k][len - 1] == '.' && len < 200));
			ck_assert_ptr_null(strstr(texts[k], "  "));
		}
	}
}
END_TEST

static void clean_up(void)
{
	if (world.peer != NULL)
		nat_teardown();
}

int main(void)
{
	Suite *suite = suite_create("tactics");
	TCase *pure = tcase_create("pure"), *diagnoses = tcase_create("diagnoses");

	if (sodium_init() < 0)
		return EXIT_FAILURE;
	tcase_add_loop_test(pure, mappings_are_judged, 0, sizeof mappings / sizeof *mappings);
	tcase_add_test(pure, another_outer_address_is_another_mapping);
	tcase_add_loop_test(pure, tactics_are_chosen, 0, sizeof tactics / sizeof *tactics);
	tcase_add_test(pure, diagnoses_are_sentences);
	suite_add_tcase(suite, pure);
	tcase_add_checked_fixture(diagnoses, nat_setup, clean_up);
	tcase_add_test(diagnoses, each_failing_pair_is_diagnosed);
	tcase_add_test(diagnoses, what_is_not_known_is_not_claimed);
	tcase_add_test(diagnoses, open_paths_are_explained);
	tcase_add_test(diagnoses, one_nat_is_not_two);
	suite_add_tcase(suite, diagnoses);
	return unit_run(suite);
}
