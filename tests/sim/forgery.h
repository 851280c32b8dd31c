/*
 * What somebody who cannot see the traffic sends in the names of others: every
 * command, with and without fields of ours, values guessed, orders toward a
 * victim, now and then cut short.
 */
#ifndef IPMSG_TESTS_SIM_FORGERY_H
#define IPMSG_TESTS_SIM_FORGERY_H

#include "sim.h"

struct forgery {
	char bytes[1024];
	size_t len;
};

void forgery_compose(struct forgery *text, struct sim *sim, const struct endpoint *victim);

#endif
