/*
 * How an attempt to make a path went, beyond its steps: what stands on both sides, where the other
 * was tried and what was heard from there, what that means and what may be done.
 */
#ifndef IPMSG_IPMSGCTL_ATTEMPT_H
#define IPMSG_IPMSGCTL_ATTEMPT_H

#include <jansson.h>

#include "ipmsgctl/output.h"

/*
 * From the last reply to an Ask, or the parameters of its error; nothing of a neighbour, and of a
 * daemon that tells nothing of it. Not for JSON.
 */
void attempt_print(struct output *out, const json_t *reply);

/* What it means, as the last line. Nothing where there is nothing to say. */
void attempt_print_diagnosis(struct output *out, const json_t *reply);

#endif
