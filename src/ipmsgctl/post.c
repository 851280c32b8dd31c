/* One Send, followed. */
#include "ipmsgctl/post.h"

#include <string.h>

#include "ctl/interface.h"
#include "ipmsgctl/command.h"
#include "ipmsgctl/follow.h"

/* A message that waits for a path longer than this gets a word about it. */
#define PATIENCE_MS 300

const char *post_options(const char *const *given, struct letter *letter)
{
	const char *wait = given[SEND_WAIT];

	letter->sealed = given[SEND_SEALED] != NULL;
	letter->now = given[SEND_NOW] != NULL;
	letter->until = given[SEND_NO_WAIT] != NULL ? UNTIL_KEPT : UNTIL_SETTLED;
	if (wait == NULL)
		return NULL;
	if (given[SEND_NO_WAIT] != NULL)
		return "--wait and --no-wait exclude each other";
	if (strcmp(wait, "delivered") != 0 && strcmp(wait, "read") != 0)
		return "--wait: until it is what? \"delivered\", or, of a sealed one, \"read\"";
	letter->until = strcmp(wait, "read") == 0 ? UNTIL_READ : UNTIL_DELIVERED;
	if (letter->until == UNTIL_READ && !letter->sealed)
		return "--wait read: only who opens a sealed message tells so; add --sealed";
	return NULL;
}

/* Whether messages are lost when the daemon ends; false also when it does not say. */
static bool is_fleeting(const struct session *session)
{
	struct ctl_answer answer;
	bool fleeting;

	if (session_probe(session, session->path, CTL_PEER ".Status", &answer) != 0)
		return false;
	fleeting = json_is_false(
	    json_object_get(json_object_get(answer.parameters, "mailbox"), "persistent"));
	ctl_answer_clear(&answer);
	return fleeting;
}

static void tell_waiting(const struct session *session, const char *name)
{
	output_complain("waiting for a path to %s%s", name,
	    is_fleeting(session) ? "; messages do not survive a restart of this ipmsg-peerd" : "");
}

/* `*last` when nothing comes after this. */
static enum status show_answer(struct session *session, const char *name,
    const struct letter *letter, const struct ctl_answer *answer, bool *last)
{
	const json_t *reply = answer->parameters;
	char state[FIELD_MAX];

	*last = !answer->continues;
	if (*field_text(reply, "state", state) == '\0')
		return session_reject_answer(session);
	if (!output_json_line(&session->out, reply) &&
	    (*last || strcmp(state, "delivered") == 0)) {
		letter_print_state(letter, session->out.stream, reply);
		putc('\n', session->out.stream);
	}
	if (!output_flush(&session->out))
		return STATUS_FAILED;
	if (*last)
		return letter_arrived(letter, reply) ? STATUS_DONE : STATUS_FAILED;
	if (!session->out.json && strcmp(state, "waiting") == 0 &&
	    follow_idle(session, PATIENCE_MS))
		tell_waiting(session, name);
	return STATUS_DONE;
}

enum status post(struct session *session, const char *name, const struct letter *letter)
{
	struct ctl_answer answer;
	bool last;
	enum status status = follow_call(session, &daemon_peer, CTL_PEER ".Send",
	    letter_parameters(letter, name), &answer);

	session->lost = "once it runs, ipmsgctl messages --sent shows what came of the message";
	while (status == STATUS_DONE) {
		status = show_answer(session, name, letter, &answer, &last);
		ctl_answer_clear(&answer);
		if (last || status != STATUS_DONE)
			return status;
		status = follow_next(session, &answer);
	}
	if (status == STATUS_INTERRUPTED)
		return follow_interrupted(session,
		    "the message stays on its way, and ipmsgctl messages --sent shows what comes "
		    "of it");
	return status;
}
