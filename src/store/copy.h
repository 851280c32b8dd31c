/* A message that is held in memory: one allocation, its texts and offers behind it. */
#ifndef IPMSG_STORE_COPY_H
#define IPMSG_STORE_COPY_H

#include "peer/mailbox.h"

struct copy {
	struct mail mail;
	size_t bytes; /* of all of it */
	struct offer offers[];
};

/* To be freed with free(). NULL when memory is short. */
struct copy *copy_new(const struct mail *mail);

/* Whether a query asks for it, its `after` apart. */
bool copy_matches(const struct mail *mail, const struct mail_query *query);

/* That it takes on disk, roughly. */
size_t mail_bytes(const struct mail *mail);

/* Received and not read; sent and on its way. */
bool mail_unread(const struct mail *mail);
bool mail_queued(const struct mail *mail);

#endif
