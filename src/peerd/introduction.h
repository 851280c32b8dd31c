/*
 * Why an introduction went as it did, as the JSON that net.ipmsg.peer promises: the NATs on both
 * sides, where the other was tried, and what follows.
 */
#ifndef IPMSG_PEERD_INTRODUCTION_H
#define IPMSG_PEERD_INTRODUCTION_H

#include <jansson.h>

#include "peer/peer.h"

/* Each is the caller's; NULL when memory is short. `now` as loop_now(). */

/* A Nat, of this side. */
json_t *describe_nat(enum family family, const struct peer_nat_status *status, int64_t now);

/* All that there are. */
json_t *describe_nats(const struct peer *peer, int64_t now);

/* A NatClass, of the other side. */
json_t *describe_nat_class(const struct nat_class *nat);

json_t *describe_candidate(const struct peer_candidate_status *status);
json_t *describe_diagnosis(enum diagnosis diagnosis);

/*
 * Adds `peer`, `nat`, `candidates` and `diagnosis` of that contact to an object; of a neighbour, to
 * whom nobody is introduced, the first alone, and nothing when it is not known (any more).
 */
void describe_introduction(json_t *object, const struct peer *peer, uint32_t id, int64_t now);

#endif
