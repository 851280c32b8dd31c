/* The ChaCha20 generator. */
#include "base/rng.h"

#include <sodium.h>
#include <string.h>

void rng_init(struct rng *rng, const uint8_t seed[RNG_SEED_BYTES])
{
	*rng = (struct rng){0};
	memcpy(rng->seed, seed, RNG_SEED_BYTES);
}

static void refill(struct rng *rng)
{
	uint8_t nonce[crypto_stream_chacha20_NONCEBYTES] = {0};

	memcpy(nonce, &rng->block, sizeof rng->block);
	rng->block++;
	crypto_stream_chacha20(rng->pool, sizeof rng->pool, nonce, rng->seed);
	rng->left = sizeof rng->pool;
}

void rng_bytes(struct rng *rng, void *out, size_t len)
{
	uint8_t *to = out;

	while (len > 0) {
		if (rng->left == 0)
			refill(rng);
		size_t n = len < rng->left ? len : rng->left;

		memcpy(to, rng->pool + sizeof rng->pool - rng->left, n);
		rng->left -= n;
		to += n;
		len -= n;
	}
}

uint32_t rng_below(struct rng *rng, uint32_t bound)
{
	uint32_t unfair = (uint32_t)-bound % bound;
	uint32_t value;

	do
		rng_bytes(rng, &value, sizeof value);
	while (value < unfair);
	return value % bound;
}
