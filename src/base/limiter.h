/*
 * Keeps strangers from filling a log. Of each source (the /24 of an IPv4
 * address, the /56 of an IPv6 one) a line may pass in a window of time; the
 * others are counted, and told together when the window ends. The memory is
 * fixed: when many sources come in one window, those beyond are held back whole.
 */
#ifndef IPMSG_BASE_LIMITER_H
#define IPMSG_BASE_LIMITER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/endpoint.h"

#define LIMITER_WINDOW_MS 60000LL
#define LIMITER_SOURCES 64 /* in a window: so many lines of strangers are the most it lets pass */

struct limiter {
	int64_t ends; /* ms: of the window under way; DEADLINE_NEVER: none is */
	uint64_t held;
	uint64_t held_ever;
	unsigned count;
	struct limiter_source {
		struct endpoint prefix;
		uint64_t held;
	} sources[LIMITER_SOURCES];
};

void limiter_init(struct limiter *limiter);

/*
 * Whether a line that `source` causes may pass; counts it as held back if not.
 * The first one begins a window. limiter_close() comes before, in each call's turn.
 */
bool limiter_pass(struct limiter *limiter, const struct endpoint *source, int64_t now);

/* What a window held back. */
struct limiter_report {
	uint64_t held;
	uint64_t held_of_most; /* of the source with the most */
	struct endpoint most;  /* of FAMILY_NONE if all were of sources without a place */
};

/* Ends the window if it is over. True when it held something back: that is to be told. */
bool limiter_close(struct limiter *limiter, int64_t now, struct limiter_report *report);

/* When to close it; DEADLINE_NEVER while there is none. */
int64_t limiter_deadline(const struct limiter *limiter);

#endif
