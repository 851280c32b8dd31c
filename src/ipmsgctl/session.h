/*
 * One run of ipmsgctl: what its options say, the daemon it talks to, and the
 * one place where a failure to do so becomes a sentence and an exit status.
 */
#ifndef IPMSG_IPMSGCTL_SESSION_H
#define IPMSG_IPMSGCTL_SESSION_H

#include <stdbool.h>

#include "ctl/client.h"
#include "ipmsgctl/output.h"
#include "ipmsgctl/status.h"

struct daemon {
	const char *program;
	const char *socket; /* the system's */
};

extern const struct daemon daemon_super;
extern const struct daemon daemon_peer;

struct session {
	const char *socket; /* -s, else $IPMSG_SOCKET, else NULL */
	int timeout_ms;
	struct output out;
	struct ctl_client client;
	const struct daemon *daemon;
	const char *path; /* connected to */
};

void session_init(struct session *session);
void session_free(struct session *session);

/*
 * Connects to the daemon and calls; `parameters` is taken over. `answer` gets
 * the first reply and has to be cleared. Whatever goes wrong has been reported
 * when the status returned is not STATUS_DONE; `answer` is then empty.
 */
enum status session_call(struct session *session, const struct daemon *daemon,
    const char *method, json_t *parameters, bool more, struct ctl_answer *answer);

/* The next reply of a call that continues, likewise. */
enum status session_next(struct session *session, struct ctl_answer *answer);

/* The daemon answered something that it never should. */
enum status session_reject_answer(struct session *session);

/*
 * Asks whoever is at `path` for product and version, without a word of failure.
 * Returns 0 with the answer, to be cleared, or an errno.
 */
int session_probe(const char *path, int timeout_ms, struct ctl_answer *answer);

/* Reports that nobody could be talked to at `path`, from an errno. */
enum status session_unreachable(struct session *session, const char *program, const char *path,
    int error);

#endif
