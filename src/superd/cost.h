/* What a signature costs on this machine, for the part of a processor that all of them may take. */
#ifndef IPMSG_SUPERD_COST_H
#define IPMSG_SUPERD_COST_H

#include <stdint.h>

/*
 * Microseconds of processor time that a signed entry takes, its signature and
 * the key that is shared afterwards; at least 1. Takes some ms. 0 if it cannot
 * be measured. libsodium must have been started.
 */
uint32_t cost_of_signature(void);

#endif
