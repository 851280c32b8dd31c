/* The buckets and their limits. */
#include "super/admission.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"

#define TOKEN 1000u /* thousandths, of which each ms gives back as many as the rate says */

#define SIGNATURE_COST_US 100 /* where nobody measured it */

/* What has been taken, so that a bucket never used, all zeros, is full under any limit. */
struct bucket {
	uint32_t used; /* thousandths of a token */
	uint32_t at;   /* ms: when that was right; may wrap, and then gives back too little once */
};

enum table {
	ANSWERS_OF_SOURCE,
	ASKS_OF_SOURCE,
	ORDERS_OF_ASKER, /* one source's, for one target */
	ORDERS_OF_TARGET,
	SIGNATURES_OF_ADDRESS,
	SIGNATURES_OF_SOURCE,
	TABLES,
};

struct admission {
	struct limits limits;
	struct limit answers_in_all;
	struct limit signatures_in_all;
	struct counters *counters;
	struct rng rng;
	uint8_t key[16];
	struct bucket all_answers;
	struct bucket all_signatures;
	struct bucket tables[TABLES][ADMISSION_BUCKETS];
};

struct admission *admission_new(const uint8_t secret[ADMISSION_SECRET_BYTES],
    struct counters *counters)
{
	struct admission *admission = calloc(1, sizeof *admission);
	uint8_t seed[RNG_SEED_BYTES];

	if (admission == NULL)
		return NULL;
	admission->counters = counters;
	crypto_kdf_derive_from_key(admission->key, sizeof admission->key, 1, "admissn ", secret);
	crypto_kdf_derive_from_key(seed, sizeof seed, 2, "admissn ", secret);
	rng_init(&admission->rng, seed);
	return admission;
}

void admission_free(struct admission *admission)
{
	if (admission != NULL)
		sodium_memzero(&admission->rng, sizeof admission->rng);
	free(admission);
}

/* So many that they cost a part of a second; at once, what a tenth of that costs. */
static struct limit signatures_in_all(const struct limits *limits)
{
	uint32_t cost = limits->signature_cost_us > 0 ? limits->signature_cost_us
						      : SIGNATURE_COST_US;
	uint32_t rate = limits->signature_cpu * 10000 / cost;

	if (limits->signature_cpu == 0)
		return (struct limit){0};
	if (rate == 0)
		rate = 1;
	return (struct limit){rate, rate >= 10 ? rate / 10 : 1};
}

void admission_limit(struct admission *admission, const struct limits *limits)
{
	admission->limits = *limits;
	admission->answers_in_all = (struct limit){limits->answers_in_all, limits->answers_in_all};
	admission->signatures_in_all = signatures_in_all(limits);
}

/* Thousandths of a token that are left; UINT32_MAX where there is no limit. */
static uint32_t left(struct bucket *bucket, const struct limit *limit, int64_t now)
{
	uint32_t passed = (uint32_t)now - bucket->at;
	uint64_t back = (uint64_t)passed * limit->rate;
	uint32_t room = limit->burst * TOKEN;

	if (limit->rate == 0)
		return UINT32_MAX;
	bucket->used = back < bucket->used ? bucket->used - (uint32_t)back : 0;
	bucket->at = (uint32_t)now;
	return bucket->used < room ? room - bucket->used : 0;
}

static void take(struct bucket *bucket, const struct limit *limit)
{
	if (limit->rate > 0)
		bucket->used += TOKEN;
}

static bool leaks(struct admission *admission)
{
	return admission->limits.leak > 0 && rng_below(&admission->rng, admission->limits.leak) == 0;
}

/* Takes one, or passes by luck. */
static bool passes(struct admission *admission, struct bucket *bucket, const struct limit *limit,
    int64_t now)
{
	if (left(bucket, limit, now) < TOKEN)
		return leaks(admission);
	take(bucket, limit);
	return true;
}

static bool has(struct bucket *bucket, const struct limit *limit, int64_t now)
{
	return left(bucket, limit, now) >= TOKEN;
}

static bool takes(struct bucket *bucket, const struct limit *limit, int64_t now)
{
	if (!has(bucket, limit, now))
		return false;
	take(bucket, limit);
	return true;
}

/*
 * The lower the level is below the half, the fewer pass: so a flood does not
 * find each token the moment it is there, and who tries once has the same
 * chance as each single try of the flood.
 */
static bool draws(struct admission *admission, struct bucket *bucket, const struct limit *limit,
    int64_t now)
{
	uint32_t level = left(bucket, limit, now);
	uint32_t half = limit->burst * TOKEN / 2;

	if (level < TOKEN || (level < half && rng_below(&admission->rng, half) >= level))
		return false;
	take(bucket, limit);
	return true;
}

static bool refuse(struct admission *admission, enum counter counter)
{
	admission->counters->value[counter]++;
	return false;
}

static uint64_t hash_of_source(const struct admission *admission, const struct endpoint *from)
{
	struct endpoint source = endpoint_prefix(from, SOURCE_BITS_IP4, SOURCE_BITS_IP6);

	return endpoint_hash(&source, admission->key);
}

static uint64_t hash_of_pair(const struct admission *admission, uint64_t a, uint64_t b)
{
	uint64_t both[2] = {a, b}, hash;

	crypto_shorthash((uint8_t *)&hash, (const uint8_t *)both, sizeof both, admission->key);
	return hash;
}

static struct bucket *find(struct admission *admission, enum table table, uint64_t hash)
{
	return &admission->tables[table][hash % ADMISSION_BUCKETS];
}

bool admission_answer(struct admission *admission, const struct endpoint *from, int64_t now)
{
	const struct limits *limits = &admission->limits;
	struct bucket *of_source =
	    find(admission, ANSWERS_OF_SOURCE, hash_of_source(admission, from));

	if (!passes(admission, of_source, &limits->answers_per_source, now))
		return refuse(admission, COUNT_LIMITED_SOURCE);
	if (!takes(&admission->all_answers, &admission->answers_in_all, now))
		return refuse(admission, COUNT_LIMITED_ALL);
	return true;
}

bool admission_ask(struct admission *admission, const struct endpoint *from,
    const struct endpoint *target, int64_t now)
{
	const struct limits *limits = &admission->limits;
	uint64_t source = hash_of_source(admission, from), whom;

	if (!passes(admission, find(admission, ASKS_OF_SOURCE, source), &limits->asks_per_source,
		now))
		return refuse(admission, COUNT_LIMITED_ASKS);
	if (target == NULL)
		return true;
	whom = endpoint_hash(target, admission->key);
	if (!takes(find(admission, ORDERS_OF_ASKER, hash_of_pair(admission, whom, source)),
		&limits->orders_per_asker, now))
		return refuse(admission, COUNT_LIMITED_ASKER);
	if (!draws(admission, find(admission, ORDERS_OF_TARGET, whom), &limits->orders_per_target,
		now))
		return refuse(admission, COUNT_LIMITED_TARGET);
	return true;
}

/* Who is refused takes nothing: the addresses share buckets with those of others. */
bool admission_signature(struct admission *admission, const struct endpoint *from, int64_t now)
{
	const struct limits *limits = &admission->limits;
	uint64_t source = hash_of_source(admission, from);
	const struct {
		struct bucket *bucket;
		const struct limit *limit;
	} asked[] = {
	    {find(admission, SIGNATURES_OF_SOURCE, source), &limits->signatures_per_source},
	    {find(admission, SIGNATURES_OF_ADDRESS, endpoint_hash(from, admission->key)),
		&limits->signatures_per_address},
	    {&admission->all_signatures, &admission->signatures_in_all},
	};
	const size_t count = sizeof asked / sizeof *asked;

	for (size_t i = 0; i < count; i++) {
		if (!has(asked[i].bucket, asked[i].limit, now))
			return refuse(admission, COUNT_LIMITED_SIGNATURES);
	}
	for (size_t i = 0; i < count; i++)
		take(asked[i].bucket, asked[i].limit);
	return true;
}
