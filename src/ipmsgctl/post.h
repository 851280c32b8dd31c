/* Sending one message to one person, and the options that say how. */
#ifndef IPMSG_IPMSGCTL_POST_H
#define IPMSG_IPMSGCTL_POST_H

#include "ipmsgctl/letter.h"
#include "ipmsgctl/session.h"

/* Those that send and reply have in common, in their tables of options. */
#define POST_OPTIONS                                                                             \
	[SEND_SEALED] = {"sealed", 0, NULL, "closed until the other opens it"},                  \
	[SEND_WAIT] = {"wait", 0, "STATE", "until \"delivered\" or, if sealed, \"read\", however long"}, \
	[SEND_NO_WAIT] = {"no-wait", 0, NULL, "do not wait until it is confirmed"},              \
	[SEND_NOW] = {"now", 0, NULL, "fail if it cannot be delivered now"}

/* Reads these into `letter`. Returns what is wrong with them, or NULL. */
const char *post_options(const char *const *given, struct letter *letter);

/* Sends it and shows what becomes of it, as far as the letter is followed. */
enum status post(struct session *session, const char *name, const struct letter *letter);

#endif
