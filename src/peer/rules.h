/* Whom a peer lets itself be introduced to: its own allow and deny. */
#ifndef IPMSG_PEER_RULES_H
#define IPMSG_PEER_RULES_H

#include <stdbool.h>

#include "peer/settings.h"
#include "wire/fields.h"

/*
 * Whether the asker that an order tells of may be punched toward. `order` may name him and his key;
 * of nobody who is named only a rule for everybody ("*") says anything.
 */
bool rules_admit(const struct peer_settings *settings, const struct fields *order);

#endif
