/*
 * The rest of a pair that could not be joined: who has failed to reach an
 * endpoint sends no punch there from the same socket until the rest is over,
 * unless a person asks, a supernode orders, something is heard from there, or
 * one of the two has another endpoint by then.
 */
#ifndef IPMSG_TESTS_SIM_RESTS_H
#define IPMSG_TESTS_SIM_RESTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/endpoint.h"

#define RESTS_MAX 32

/* An endpoint that is punched, or was. */
struct rest {
	struct endpoint at;
	uint16_t local; /* whence */
	uint32_t path;
	uint64_t look; /* what we looked like from outside when it failed */
	int64_t until; /* 0: it does not rest */
};

struct rests {
	struct rest all[RESTS_MAX];
	size_t count;
};

/* A path tries that endpoint. */
void rests_try(struct rests *rests, uint32_t path, const struct endpoint *at);

/* It has failed to reach all that it tried. */
void rests_fail(struct rests *rests, uint32_t path, uint64_t look, int64_t until);

/* That endpoint, or all of them, may be tried again. */
void rests_allow(struct rests *rests, const struct endpoint *at);
void rests_allow_all(struct rests *rests);

/* A punch leaves: whether it is allowed. */
bool rests_punch(struct rests *rests, const struct endpoint *at, uint16_t local,
    uint64_t look, int64_t now);

#endif
