/*
 * What the supernode measures, as Prometheus reads it (text format 0.0.4). No
 * label holds a nick, a name or an address: a scraper keeps what it is given,
 * and strangers could make as many series as they like.
 */
#ifndef IPMSG_SUPERD_METRICS_H
#define IPMSG_SUPERD_METRICS_H

#include <stddef.h>
#include <stdio.h>

#include "io/udp.h"
#include "super/super.h"

/* All that is measured at one moment. */
struct metrics {
	struct super_status super;
	struct udp_counts udp;
	int64_t uptime_ms;
	size_t connections; /* on the control socket */
	size_t watchers;
	uint64_t held_back; /* log lines */
	double cpu_s;
	uint64_t resident; /* bytes */
};

/* Fills in what the kernel knows of this process. */
void metrics_measure_process(struct metrics *metrics);

void metrics_write(FILE *stream, const struct metrics *metrics);

#endif
