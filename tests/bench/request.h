/*
 * What the bench's peers send: an entry as ipmsg-peerd writes it. It is
 * written once; for each peer only its serial number in the names, the
 * transaction and the cookie are put in, so that sending costs next to nothing.
 */
#ifndef IPMSG_BENCH_REQUEST_H
#define IPMSG_BENCH_REQUEST_H

#include <stddef.h>
#include <stdint.h>

#include "wire/fields.h"

#define REQUEST_MAX 512
#define REQUEST_SERIALS 8
#define REQUEST_SERIAL_MAX 9999999

struct request {
	unsigned char bytes[REQUEST_MAX];
	size_t len;
	size_t serials[REQUEST_SERIALS]; /* places, as the two below */
	size_t serial_count;
	size_t transaction;
	size_t cookie; /* 0: it shows none */
};

/* The first entry of a peer, or with `cookie` a refresh that wishes the longest lifetime. */
void request_init(struct request *request, bool cookie);

/* For one peer, into REQUEST_MAX bytes. `cookie` may be NULL if the request shows none. */
size_t request_fill(const struct request *request, unsigned char *out, uint32_t serial,
    const uint8_t transaction[TRANSACTION_BYTES], const uint8_t *cookie);

#endif
