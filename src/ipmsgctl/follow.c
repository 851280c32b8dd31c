/* Waiting for answers without a limit, and for Ctrl-C beside them. */
#include "ipmsgctl/follow.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>

#include "ctl/interface.h"
#include "ipmsgctl/fold.h"

/* "2026-11-22 14:03:07  " */
#define TIME_WIDTH 21

enum awaited { AWAITED_ANSWER, AWAITED_INTERRUPT, AWAITED_NOTHING };

void follow_interrupts(struct session *session)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	session->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (session->signals >= 0)
		sigprocmask(SIG_BLOCK, &set, NULL);
}

/* `for_ms` below 0 is for ever. What was read before comes before an interrupt. */
static enum awaited await(const struct session *session, int for_ms)
{
	struct pollfd pollers[] = {
	    {.fd = session->client.fd, .events = POLLIN},
	    {.fd = session->signals, .events = POLLIN},
	};
	int ready;

	if (session->client.used > session->client.taken)
		return AWAITED_ANSWER;
	do
		ready = poll(pollers, 2, for_ms);
	while (ready < 0 && errno == EINTR);
	if (ready <= 0)
		return AWAITED_NOTHING;
	return pollers[1].revents != 0 ? AWAITED_INTERRUPT : AWAITED_ANSWER;
}

bool follow_alive(const struct session *session)
{
	struct ctl_answer answer;

	if (session_probe(session, session->path, CTL_SERVICE ".GetInfo", &answer) != 0)
		return false;
	ctl_answer_clear(&answer);
	return true;
}

static enum status receive(struct session *session, int for_ms, struct ctl_answer *answer)
{
	enum awaited awaited;

	*answer = (struct ctl_answer){0};
	do
		awaited = await(session, for_ms);
	while (awaited == AWAITED_NOTHING && follow_alive(session));
	if (awaited == AWAITED_NOTHING)
		return session_unreachable(session, session->daemon->program, session->path,
		    ETIMEDOUT);
	return awaited == AWAITED_INTERRUPT ? STATUS_INTERRUPTED : session_next(session, answer);
}

enum status follow_call(struct session *session, const struct daemon *daemon, const char *method,
    json_t *parameters, struct ctl_answer *answer)
{
	enum status status;

	*answer = (struct ctl_answer){0};
	follow_interrupts(session);
	status = session_begin(session, daemon, method, parameters, true);
	return status == STATUS_DONE ? receive(session, session->timeout_ms, answer) : status;
}

enum status follow_next(struct session *session, struct ctl_answer *answer)
{
	return receive(session, -1, answer);
}

/* What does not fit its line stands behind the time. */
static void show_event(FILE *stream, output_text_fn print, const json_t *parameters)
{
	fold_object(stream, print, parameters, 0, TIME_WIDTH);
	putc('\n', stream);
}

enum status follow_events(struct session *session, const struct daemon *daemon,
    const char *method, output_text_fn print)
{
	struct ctl_answer answer;
	enum status status = follow_call(session, daemon, method, NULL, &answer);

	session->lost = "begin again to see what happens from then on";
	while (status == STATUS_DONE) {
		bool good = json_is_object(json_object_get(answer.parameters, "event"));
		bool last = !answer.continues;

		if (good && !output_json_line(&session->out, answer.parameters))
			show_event(session->out.stream, print, answer.parameters);
		ctl_answer_clear(&answer);
		if (!good)
			return session_reject_answer(session);
		if (!output_flush(&session->out))
			return STATUS_FAILED;
		if (last)
			return STATUS_DONE;
		status = follow_next(session, &answer);
	}
	return status; /* an interrupt is how this is ended */
}

bool follow_idle(const struct session *session, int for_ms)
{
	return await(session, for_ms) == AWAITED_NOTHING;
}

enum status follow_interrupted(struct session *session, const char *meaning)
{
	output_failure(&session->out, "net.ipmsg.ctl.Interrupted", NULL, "interrupted; %s",
	    meaning);
	return STATUS_INTERRUPTED;
}
