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
	const char *socket;   /* the system's */
	const char *personal; /* a person's, under $XDG_RUNTIME_DIR; NULL: there is none */
};

extern const struct daemon daemon_super;
extern const struct daemon daemon_peer;

#define SESSION_OPTIONS_MAX 8
#define SESSION_MANY_MAX 256

struct session {
	const char *socket; /* -s, else $IPMSG_SOCKET, else NULL */
	int timeout_ms;
	const char *given[SESSION_OPTIONS_MAX]; /* the command's own options; "" for a switch */
	const char *many[SESSION_MANY_MAX]; /* of the option that may be repeated, all of them */
	size_t many_count;
	struct output out;
	struct ctl_client client;
	const struct daemon *daemon;
	const char *path;   /* connected to */
	char personal[256]; /* where that may be kept */
	int signals;	    /* see follow.h; -1: none */
	/* What it means that the connection closes while something is followed; NULL: nothing is. */
	const char *lost;
	/* Before the sentence of a daemon's error; NULL: nothing. Not for JSON. */
	void (*before_failure)(struct output *out, const json_t *parameters);
};

void session_init(struct session *session);
void session_free(struct session *session);

/* Where the daemon is to be found, for who makes connections of his own; calls do it too. */
void session_choose(struct session *session, const struct daemon *daemon);

/*
 * Connects to the daemon and calls; `parameters` is taken over. `answer` gets
 * the first reply and has to be cleared. Whatever goes wrong has been reported
 * when the status returned is not STATUS_DONE; `answer` is then empty.
 */
enum status session_call(struct session *session, const struct daemon *daemon,
    const char *method, json_t *parameters, bool more, struct ctl_answer *answer);

/* The same without waiting for the reply: session_next() does. */
enum status session_begin(struct session *session, const struct daemon *daemon,
    const char *method, json_t *parameters, bool more);

/* The next reply of a call, likewise. */
enum status session_next(struct session *session, struct ctl_answer *answer);

/* The daemon answered something that it never should. */
enum status session_reject_answer(struct session *session);

/*
 * Asks whoever is at `path`, on a connection of its own and without a word of
 * failure. Returns 0 with the answer, to be cleared, or an errno.
 */
int session_probe(const struct session *session, const char *path, const char *method,
    struct ctl_answer *answer);

/* Where the daemon of this person has its socket; false if there is none. */
bool session_personal_socket(const struct daemon *daemon, char *path, size_t cap);

/* Reports that nobody could be talked to at `path`, from an errno. */
enum status session_unreachable(struct session *session, const char *program, const char *path,
    int error);

#endif
