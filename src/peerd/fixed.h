/* What a process keeps from its start to its end: its account, its sockets and directories. */
#ifndef IPMSG_PEERD_FIXED_H
#define IPMSG_PEERD_FIXED_H

#include <stdbool.h>

#include "io/program.h"
#include "peerd/settings.h"

/* Whether both ask for the same of these. */
bool fixed_same(const struct peerd_settings *a, const struct peerd_settings *b);

/*
 * Makes the directories, and becomes the account that the daemon is to run as: from here on
 * everything is done, and owned, by that. False, having logged why, when it cannot.
 */
bool fixed_drop_privileges(const struct program_options *options,
    const struct peerd_settings *settings);

#endif
