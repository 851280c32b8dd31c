/*
 * What a test says when it is killed in the middle of a world: how to have that
 * world again.
 */
#ifndef IPMSG_TESTS_SIM_LAST_WORDS_H
#define IPMSG_TESTS_SIM_LAST_WORDS_H

#include "sim.h"

/* From now on it is this world, of the running program's `test`. */
void last_words_prepare(const struct sim *sim, const char *test);

#endif
