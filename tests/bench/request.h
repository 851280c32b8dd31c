/*
 * What the bench's peers send, as ipmsg-peerd and others write it. It is
 * written once; for each peer only its serial number in the names, the
 * transaction and the like are put in, so that sending costs next to nothing.
 * User, host and nick are of 12 bytes, the group of 8.
 */
#ifndef IPMSG_BENCH_REQUEST_H
#define IPMSG_BENCH_REQUEST_H

#include <stddef.h>
#include <stdint.h>

#include "wire/fields.h"

#define REQUEST_MAX 512
#define REQUEST_SERIALS 8
#define REQUEST_SERIAL_MAX 9999999

enum request_kind {
	REQUEST_FIRST,          /* an entry that shows no cookie yet */
	REQUEST_FIRST_OF_KEYED, /* the same with room in its answer for the supernode's key */
	REQUEST_REFRESH,        /* one with it, that wishes the longest lifetime */
	REQUEST_SIGNED,         /* the same with a key, a stamp, and a signature */
	REQUEST_ASK,            /* for another peer */
	REQUEST_BARE_ASK,       /* without a cookie */
	REQUEST_CONFIRM,        /* of an order */
	REQUEST_SEED_ENTRY,     /* of a peer that knows the seed only */
	REQUEST_SEED_ASK,
	REQUEST_KINDS,
};

struct request {
	unsigned char bytes[REQUEST_MAX];
	size_t len;
	size_t serials[REQUEST_SERIALS]; /* places; 0 in those below: there is none */
	size_t serial_count;
	size_t other;
	size_t transaction;
	size_t session;
	size_t cookie;
	size_t identity;
	const uint8_t *reader; /* whom a signature is for: to be set where there is one */
};

/* What is put in; what the request has no place for may be left out. */
struct request_values {
	uint32_t serial;
	uint32_t other; /* whom it is about */
	const uint8_t *transaction;
	const uint8_t *session;
	const uint8_t *cookie;
};

void request_init(struct request *request, enum request_kind kind);

/* Into REQUEST_MAX bytes; returns how many it took. */
size_t request_fill(
    const struct request *request, unsigned char *out, const struct request_values *values);

#endif
