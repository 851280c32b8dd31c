/*
 * UDP sockets, read and written in batches. Each datagram comes with the
 * number of the local address it was sent to; one that leaves under the same
 * number leaves from there, also when the socket is bound to all addresses.
 */
#ifndef IPMSG_IO_UDP_H
#define IPMSG_IO_UDP_H

#include <stddef.h>
#include <stdint.h>

#include "base/datagram.h"

struct event_base;
struct udp;

#define UDP_WHY_MAX 256

struct udp_options {
	size_t datagram_max;   /* longer ones are dropped and counted */
	size_t receive_buffer; /* bytes asked of the kernel, for each socket */
	/* One datagram; `now` and `wall` are read once a batch. */
	void (*receive)(void *context, const struct arrival *arrival);
	/* After each batch. */
	void (*idle)(void *context);
	void *context;
};

struct udp_counts {
	uint64_t received;
	uint64_t too_long;
	uint64_t sent;
	uint64_t unsent; /* refused by the kernel: buffer full, no route, … */
};

/* NULL when memory is short. */
struct udp *udp_new(const struct udp_options *options);
void udp_free(struct udp *udp);

/* Binds one more socket. -1 with the reason in `why`. An IPv6 one takes no IPv4. */
int udp_bind(struct udp *udp, const struct endpoint *at, char why[UDP_WHY_MAX]);

/* Where socket `i` is bound; false beyond the last. */
bool udp_bound(const struct udp *udp, size_t i, struct endpoint *at);

/* Starts reading. -1 when the loop refuses. */
int udp_start(struct udp *udp, struct event_base *base);

/* Sends the batch; what the kernel refuses is counted and forgotten. A batch_flush_fn. */
void udp_send(struct batch *batch, void *udp);

/* The local endpoint behind a number. */
void udp_local(const struct udp *udp, uint16_t local, struct endpoint *at);

void udp_count(const struct udp *udp, struct udp_counts *counts);

#endif
