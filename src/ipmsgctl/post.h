/* Sending one message to one person, and the options that say how. */
#ifndef IPMSG_IPMSGCTL_POST_H
#define IPMSG_IPMSGCTL_POST_H

#include "ipmsgctl/letter.h"
#include "ipmsgctl/session.h"

/* Reads the options of send and reply into `letter`. Returns what is wrong with them, or NULL. */
const char *post_options(const char *const *given, struct letter *letter);

/* Sends it and shows what becomes of it, as far as the letter is followed. */
enum status post(struct session *session, const char *name, const struct letter *letter);

#endif
