/*
 * The other end of the control socket, for programs that do one thing at a
 * time: blocking, with a deadline for every answer. No SIGPIPE comes from it.
 */
#ifndef IPMSG_CTL_CLIENT_H
#define IPMSG_CTL_CLIENT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "ctl/message.h"

struct ctl_client {
	int fd; /* -1: not connected */
	int timeout_ms;
	unsigned char *buffer;
	size_t used;
	size_t cap;
	size_t taken; /* bytes at the front that were handed out already */
};

/*
 * Connects to the socket at `path`. Every later step may take `timeout_ms`.
 * Returns 0 or an errno: ENAMETOOLONG, ENOENT, ECONNREFUSED, EACCES, ETIMEDOUT, …
 */
int ctl_client_open(struct ctl_client *client, const char *path, int timeout_ms);
void ctl_client_close(struct ctl_client *client);

/*
 * Sends a call; `parameters` is taken over (NULL: none). Returns 0 or an errno.
 * With `more` the answers have to be received until one does not continue.
 */
int ctl_client_call(struct ctl_client *client, const char *method, json_t *parameters, bool more);

/*
 * Waits for the next answer, which has to be cleared. Returns 0 or an errno:
 * ETIMEDOUT, ECONNRESET (closed before or within the answer), EMSGSIZE (longer
 * than CTL_ANSWER_MAX), EBADMSG (not an answer). After any of them the
 * connection is of no more use.
 */
int ctl_client_receive(struct ctl_client *client, struct ctl_answer *answer);

#endif
