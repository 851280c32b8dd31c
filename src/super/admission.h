/*
 * Who is served how often: token buckets in tables of fixed size, so that no
 * flood makes them grow. A bucket is found by a keyed hash alone. Two that
 * share one share its tokens: a collision can make less be sent, never more.
 *
 * What comes with a valid cookie and only refreshes asks nothing here.
 */
#ifndef IPMSG_SUPER_ADMISSION_H
#define IPMSG_SUPER_ADMISSION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/endpoint.h"
#include "super/counters.h"
#include "super/settings.h"
#include "super/sources.h"

#define ADMISSION_BUCKETS 65536 /* of each kind that has one for each source, target, … */
#define ADMISSION_SECRET_BYTES 32

struct admission;

/*
 * `secret` keys the hashes and the lots that are drawn. What is refused is
 * counted in `counters`. All memory is taken here; NULL when there is none.
 */
struct admission *admission_new(const uint8_t secret[ADMISSION_SECRET_BYTES],
    struct counters *counters);
void admission_free(struct admission *admission);

/* New limits; what has been taken from each bucket stays taken. */
void admission_limit(struct admission *admission, const struct limits *limits);

/*
 * Whether to answer a packet that has no valid cookie: limited by source and in
 * all. One in `limits.leak` passes its source's empty bucket, so that who forges
 * packets in a source's name cannot shut it out; nothing passes that of all.
 */
bool admission_answer(struct admission *admission, const struct endpoint *from, int64_t now);

/*
 * Whether to introduce, or look up for, an asker: limited by its source, with
 * the same leak. `target` is who would be ordered, NULL for nobody: limited by
 * asking source, and in all. Of these buckets nothing leaks. To be called once
 * for an introduction, not for its repeats; a try that is refused costs too, but
 * for the tokens of what it did not get to.
 */
bool admission_ask(struct admission *admission, const struct endpoint *from,
    const struct endpoint *target, int64_t now);

/*
 * Whether to check a signature of an address that showed its cookie: limited by
 * address and port, by source, and by the part of a processor that all of them
 * may take. Nothing leaks.
 */
bool admission_signature(struct admission *admission, const struct endpoint *from, int64_t now);

#endif
