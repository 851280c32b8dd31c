/*
 * Automatic answers: who writes to somebody away is told so. Never in answer
 * to another automatic answer, and to one endpoint once a minute, so that not
 * even a program that answers everything can be led into an endless exchange.
 */
#ifndef IPMSG_PEER_AUTOMATIC_H
#define IPMSG_PEER_AUTOMATIC_H

#include <stdint.h>

#include "base/endpoint.h"

struct turn;
struct source;

#define AUTOMATIC_MAX 64 /* answers a minute, to all together */

struct automatic {
	struct answered {
		struct endpoint at;
		int64_t until; /* ms: has had its answer */
	} answered[AUTOMATIC_MAX];
};

/*
 * A message came from there, and was shown: if we are away, it is answered.
 * Not to an address elsewhere that no path leads to.
 */
void automatic_answer(struct turn *turn, struct source *source);

#endif
