/*
 * What a NAT does with the source of packets from one socket to several destinations, judged by
 * how these see it (RFC 4787 §4).
 */
#ifndef IPMSG_PEER_NATMAPPING_H
#define IPMSG_PEER_NATMAPPING_H

#include <stddef.h>
#include <stdint.h>

#include "wire/fields.h"

#define NAT_SAMPLES_MAX 8

/* One destination, and the endpoint that it saw. */
struct nat_sample {
	struct endpoint to;
	struct endpoint seen;
	unsigned place; /* in the order of sending; those that were not answered count too */
};

struct nat_mapping_found {
	uint8_t mapping; /* enum nat_mapping */
	uint8_t ports;	 /* enum nat_ports */
	int step;	 /* from one port to the next, of NAT_PORTS_SEQ; else 0 */
	unsigned addresses;
};

/*
 * Of samples in the order of sending, from a socket with that port. What they do not show is
 * unknown: an equal mapping at one address only may be another one at the next address.
 */
struct nat_mapping_found natmapping_of(const struct nat_sample *samples, size_t count,
    uint16_t port);

#endif
