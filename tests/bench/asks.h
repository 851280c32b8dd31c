/*
 * Introductions among registered peers: an ask, its answer, the order to the
 * one asked for, and his acknowledgement, which makes four packets. Each is of
 * a pair that has not met before, so that none counts as a repeat and no limit
 * for one peer is reached.
 */
#ifndef IPMSG_BENCH_ASKS_H
#define IPMSG_BENCH_ASKS_H

#include "measure.h"
#include "traffic.h"

#define ASKS_TIMES_MAX 100000

struct asks_counts {
	uint64_t packets; /* of all four kinds, both ways */
	uint64_t done;    /* answered, ordered and acknowledged */
	uint64_t refused; /* answered by an error */
	uint64_t wrong;
	uint64_t lost; /* not done within a second */
};

struct asks;

/* Of the peers that `traffic` has entered. */
struct asks *asks_new(
    struct traffic *traffic, const struct server *superd, uint32_t peers, uint32_t in_flight);
void asks_free(struct asks *asks);

/* Sends the next one, if not too many are under way. */
void asks_start(struct asks *asks);

/* Whether that arrival is of an introduction; what is due upon it is sent with the next flush. */
bool asks_take(struct asks *asks, const struct packet *packet, const struct crowd_arrival *arrival);

/* A closed loop of them for some time; returns when none is under way. */
void asks_spend(struct asks *asks, int64_t milliseconds);

struct asks_counts asks_count(const struct asks *asks);

/* The ns from ask to order of up to ASKS_TIMES_MAX since the last call; to be freed. */
double *asks_times(struct asks *asks, size_t *count);

#endif
