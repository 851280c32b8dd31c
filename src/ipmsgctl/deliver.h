/*
 * One message to several people, each of whom confirms it: several calls at a
 * time, each on a connection of its own.
 */
#ifndef IPMSG_IPMSGCTL_DELIVER_H
#define IPMSG_IPMSGCTL_DELIVER_H

#include "ipmsgctl/letter.h"
#include "ipmsgctl/session.h"

/*
 * Sends it to everybody in `names`, and shows a line for each. STATUS_DONE only
 * if it came as far with all of them as the letter is followed. The session has
 * talked to the daemon before.
 */
enum status deliver(struct session *session, const struct letter *letter, const json_t *names);

#endif
