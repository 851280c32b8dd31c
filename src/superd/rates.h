/*
 * How much is going on: what the counters grew by in the last second, ten
 * seconds and minute. Samples are taken once a second while something happens,
 * and none while nothing does, so that an idle daemon sleeps.
 */
#ifndef IPMSG_SUPERD_RATES_H
#define IPMSG_SUPERD_RATES_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "super/counters.h"

#define RATES_SECOND_MS 1000LL

/* Two minutes of work in every other second leave a minute of samples. */
#define RATES_SAMPLES 128

struct rates_sample {
	int64_t at; /* ms, as loop_now() */
	uint64_t kernel_dropped;
	struct counters counters;
};

struct rates {
	struct rates_sample samples[RATES_SAMPLES]; /* a ring */
	size_t count;				    /* ever taken */
	int64_t due;				    /* of the next; DEADLINE_NEVER: nothing happens */
};

/* `now`: from which on is counted. */
void rates_init(struct rates *rates, int64_t now);

/* Something happened: samples are taken from now on. Cheap while they are. */
void rates_wake(struct rates *rates, int64_t now);

static inline bool rates_sleep(const struct rates *rates)
{
	return rates->due == INT64_MAX;
}

/* Takes a sample: what is counted at its time. To be called when `due` is reached. */
void rates_take(struct rates *rates, const struct rates_sample *sample);

/*
 * How much of `of` there was a second in the last `window` ms before `current`;
 * since rates_init() if that is not so long ago. `of` reads a figure of a sample.
 */
typedef uint64_t (*rates_figure_fn)(const struct rates_sample *sample, const void *context);
double rates_over(const struct rates *rates, const struct rates_sample *current, int64_t window,
    rates_figure_fn of, const void *context);

/*
 * {"received":{"s1":…,"s10":…,"s60":…},…}: packets that came in, answers,
 * packets dropped, held by a limit, asks, introductions, datagrams the kernel
 * dropped, and each reason for dropping by its counter's name.
 */
json_t *rates_describe(const struct rates *rates, const struct rates_sample *current);

#endif
