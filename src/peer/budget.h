/*
 * How much may go out in answer to strangers: buckets that fill with time and
 * are taken from. In fixed memory: addresses share by a keyed hash, so nobody
 * can choose whose bucket is emptied with his own.
 */
#ifndef IPMSG_PEER_BUDGET_H
#define IPMSG_PEER_BUDGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/endpoint.h"

#define BUDGET_ADDRESSES 1024

/* Units are the caller's: bytes, or times. */
struct bucket_size {
	int64_t full;
	int64_t per_second;
};

/* What has been taken out and is not yet filled in again; all zero is a full one. */
struct bucket {
	int64_t missing; /* thousandths */
	int64_t at;	 /* ms */
};

/* False, and nothing taken, when less than `cost` is in. */
bool bucket_take(struct bucket *bucket, const struct bucket_size *size, int64_t cost, int64_t now);

struct budget {
	uint8_t key[16];
	struct bucket all;
	struct bucket addresses[BUDGET_ADDRESSES];
};

/* Out of the bucket of that address (whatever its port), and out of that of all. */
bool budget_take(struct budget *budget, const struct endpoint *to, const struct bucket_size *each,
    const struct bucket_size *all, int64_t cost, int64_t now);

#endif
