/*
 * One UDP socket that speaks for many peers, each at an address of 127/8 of
 * its own. What is sent and what is received goes in batches.
 */
#ifndef IPMSG_BENCH_CROWD_H
#define IPMSG_BENCH_CROWD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/endpoint.h"

#define CROWD_PEERS 0x7f010000u     /* 127.1.0.0: the first of those that register */
#define CROWD_STRANGERS 0x7fa00000u /* 127.160.0.0: the first of those that never do */
#define CROWD_PROBES 0x7f000100u    /* 127.0.1.0: of those that watch */

struct crowd;

/* The socket is bound to a port of its own. Ends the program if it cannot; so do the others. */
struct crowd *crowd_new(uint32_t first_address);
void crowd_free(struct crowd *crowd);

/* Answers need not be kept: the least receive buffer that there is. */
void crowd_ignore_answers(struct crowd *crowd);

/* Each datagram gets the time of its arrival from the kernel. */
void crowd_want_times(struct crowd *crowd);

struct endpoint crowd_endpoint(const struct crowd *crowd, uint32_t peer);

/* Copies. To that port of 127.0.0.1, with the next crowd_flush(), or sooner when many wait. */
void crowd_send(
    struct crowd *crowd, uint32_t peer, uint16_t port, const unsigned char *bytes, size_t len);
void crowd_flush(struct crowd *crowd);

struct crowd_arrival {
	uint32_t peer; /* whom it came to */
	uint16_t port; /* of 127.0.0.1, where it is from */
	struct span bytes;
	int64_t time; /* ns of CLOCK_REALTIME, if wanted */
};
typedef void (*crowd_take_fn)(void *context, const struct crowd_arrival *arrival);

/* Hands on what is there; if nothing is and `wait`, what comes within some 200 ms. */
void crowd_receive(struct crowd *crowd, bool wait, crowd_take_fn take, void *context);

/* CLOCK_REALTIME, to compare with the time of an arrival. */
int64_t crowd_time(void);

#endif
