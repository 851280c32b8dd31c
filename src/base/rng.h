/*
 * Random numbers for the pure layers: ChaCha20 over a seed from the caller, so
 * that a daemon's are unpredictable and a simulation's can be had again.
 */
#ifndef IPMSG_BASE_RNG_H
#define IPMSG_BASE_RNG_H

#include <stddef.h>
#include <stdint.h>

#define RNG_SEED_BYTES 32

struct rng {
	uint8_t seed[RNG_SEED_BYTES];
	uint64_t block;
	uint8_t pool[64];
	size_t left;
};

void rng_init(struct rng *rng, const uint8_t seed[RNG_SEED_BYTES]);
void rng_bytes(struct rng *rng, void *out, size_t len);

/* Uniform in 0 … bound - 1; bound > 0. */
uint32_t rng_below(struct rng *rng, uint32_t bound);

#endif
