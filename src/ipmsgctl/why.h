/* Why a message waits or failed, in so few words that they fit a line of a list. */
#ifndef IPMSG_IPMSGCTL_WHY_H
#define IPMSG_IPMSGCTL_WHY_H

#include "ipmsgctl/field.h"

/*
 * Of a message's `reason`, escaped; "" when it has none, and the reason itself when it is one
 * that a later daemon has. The whole sentence is the message's `explanation`. Returns `out`.
 */
const char *why_words(const json_t *message, char out[FIELD_MAX]);

#endif
