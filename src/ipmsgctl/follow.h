/*
 * Calls that last as long as something takes. They have no timeout, but a
 * daemon that shows no life at all within the session's is given up; Ctrl-C
 * ends the waiting, and with it only that.
 */
#ifndef IPMSG_IPMSGCTL_FOLLOW_H
#define IPMSG_IPMSGCTL_FOLLOW_H

#include "ipmsgctl/session.h"

/*
 * As session_call() with `more`, and as session_next(). STATUS_INTERRUPTED has
 * not been reported: the command knows what goes on without its caller.
 */
enum status follow_call(struct session *session, const struct daemon *daemon, const char *method,
    json_t *parameters, struct ctl_answer *answer);
enum status follow_next(struct session *session, struct ctl_answer *answer);

/*
 * All of a command that shows events as they come, until Ctrl-C: calls a method
 * whose replies have an object `event` each; `print` gets the whole reply, and makes a line of it
 * without its newline.
 */
enum status follow_events(struct session *session, const struct daemon *daemon,
    const char *method, output_text_fn print);

/*
 * From here on Ctrl-C is something to read from session->signals, which
 * follow_call() sees to itself. One that is ignored stays ignored.
 */
void follow_interrupts(struct session *session);

/* Some calls have nothing to say for a while; whether the daemon lives, another one tells. */
bool follow_alive(const struct session *session);

/* Whether nothing comes for so long. */
bool follow_idle(const struct session *session, int for_ms);

/* Says that the waiting was interrupted, and what that means. */
enum status follow_interrupted(struct session *session, const char *meaning);

#endif
