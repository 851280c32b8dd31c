/*
 * How many there are of each source, about, in fixed
 * memory: two rows of counters, each by a keyed hash of its own, of which the
 * smaller one counts. Sources that share one are counted too high, never too
 * low; on average by no more than there are of all sources for each counter of
 * a row, which is 15 for a million.
 */
#ifndef IPMSG_SUPER_SOURCES_H
#define IPMSG_SUPER_SOURCES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/endpoint.h"

/* The networks that count as one source: a customer's, as providers hand them out. */
#define SOURCE_BITS_IP4 32
#define SOURCE_BITS_IP6 56

#define SOURCES_ROWS 2
#define SOURCES_CELLS 65536

struct sources {
	uint8_t key[16];
	uint32_t cells[SOURCES_ROWS][SOURCES_CELLS];
};

bool source_same(const struct endpoint *a, const struct endpoint *b);

/*
 * Half a megabyte; NULL when memory is short, which is good for the functions
 * below: nothing is counted. free() is enough to end it.
 */
struct sources *sources_new(const uint8_t key[16]);

uint32_t sources_count(const struct sources *sources, const struct endpoint *of);

/* Each addition is to be taken back once, with the same address. */
void sources_add(struct sources *sources, const struct endpoint *of);
void sources_remove(struct sources *sources, const struct endpoint *of);

#endif
