/* ipmsgctl send: a message, followed until the other side has confirmed it; or several. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "ctl/interface.h"
#include "ipmsgctl/command.h"
#include "ipmsgctl/deliver.h"
#include "ipmsgctl/follow.h"
#include "ipmsgctl/letter.h"
#include "ipmsgctl/recipients.h"

/* A message that waits for a path longer than this gets a word about it. */
#define PATIENCE_MS 300

const struct command_option send_options[] = {
    [SEND_SEALED] = {"sealed", 0, NULL, "closed until the other opens it"},
    [SEND_GROUP] = {"group", 0, "GROUP", "to those of a group, in place of NAME"},
    [SEND_ALL] = {"all", 0, NULL, "to everybody, confirmed by nobody, in place of NAME"},
    [SEND_WAIT] = {"wait", 0, NULL, "wait until the sealed message is opened"},
    [SEND_NO_WAIT] = {"no-wait", 0, NULL, "do not wait until it is confirmed"},
    {NULL},
};

/* Whether messages are lost when the daemon ends; false also when it does not say. */
static bool is_fleeting(const struct session *session)
{
	struct ctl_answer answer;
	bool fleeting;

	if (session_probe(session, session->path, CTL_PEER ".Status", &answer) != 0)
		return false;
	fleeting = json_is_false(json_object_get(answer.parameters, "persistent"));
	ctl_answer_clear(&answer);
	return fleeting;
}

static void tell_waiting(const struct session *session, const char *name)
{
	output_complain("waiting for a path to %s%s", name,
	    is_fleeting(session) ? "; messages do not survive a restart of ipmsg-peerd yet" : "");
}

/* `*last` when nothing comes after this. */
static enum status show_answer(struct session *session, const char *name,
    const struct letter *letter, const struct ctl_answer *answer, bool *last)
{
	const json_t *reply = answer->parameters;
	char state[FIELD_MAX];

	*last = !answer->continues || letter->until == UNTIL_TAKEN;
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

static enum status send_one(struct session *session, const char *name,
    const struct letter *letter)
{
	struct ctl_answer answer;
	bool last;
	enum status status = follow_call(session, &daemon_peer, CTL_PEER ".Send",
	    letter_parameters(letter, name), &answer);

	while (status == STATUS_DONE) {
		status = show_answer(session, name, letter, &answer, &last);
		ctl_answer_clear(&answer);
		if (last || status != STATUS_DONE)
			return status;
		status = follow_next(session, &answer);
	}
	if (status == STATUS_INTERRUPTED)
		return follow_interrupted(session,
		    "the message stays on its way, and ipmsgctl messages shows what comes of it");
	return status;
}

static enum status send_group(struct session *session, const char *group,
    const struct letter *letter)
{
	json_t *names = NULL;
	enum status status = recipients_of_group(session, group, &names);

	if (status == STATUS_DONE)
		status = deliver(session, letter, names);
	json_decref(names);
	return status;
}

static void print_count(FILE *stream, const json_t *reply)
{
	fprintf(stream, "sent to %" PRId64 "\n", field_int(reply, "count"));
}

static enum status send_all(struct session *session, const struct letter *letter)
{
	struct ctl_answer answer;
	enum status status = session_call(session, &daemon_peer, CTL_PEER ".Broadcast",
	    json_pack("{s:s}", "text", letter->text), false, &answer);
	const json_t *count;

	if (status != STATUS_DONE)
		return status;
	count = json_object_get(answer.parameters, "count");
	if (!json_is_integer(count)) {
		status = session_reject_answer(session);
	} else {
		output_object(&session->out, answer.parameters, print_count);
		if (json_integer_value(count) <= 0) {
			output_complain("there is nobody it could go to");
			status = STATUS_FAILED;
		}
	}
	ctl_answer_clear(&answer);
	return status;
}

/* Why the options do not go together; NULL if they do. */
static const char *find_clash(const char *const *given)
{
	if (given[SEND_GROUP] != NULL && given[SEND_ALL] != NULL)
		return "--group and --all exclude each other";
	if (given[SEND_ALL] != NULL && given[SEND_SEALED] != NULL)
		return "--sealed: a message to everybody cannot be sealed; --group sends one to "
		       "each of a group";
	if (given[SEND_ALL] != NULL && (given[SEND_WAIT] != NULL || given[SEND_NO_WAIT] != NULL))
		return "a message to everybody is confirmed by nobody: there is no --wait and no "
		       "--no-wait with --all";
	if (given[SEND_WAIT] != NULL && given[SEND_NO_WAIT] != NULL)
		return "--wait and --no-wait exclude each other";
	if (given[SEND_WAIT] != NULL && given[SEND_SEALED] == NULL)
		return "--wait: only who opens a sealed message tells so; add --sealed";
	if (given[SEND_GROUP] != NULL && *given[SEND_GROUP] == '\0')
		return "--group: the name of the group is empty";
	if (given[SEND_GROUP] != NULL && !utf8_valid(span_text(given[SEND_GROUP])))
		return "--group: the name of the group is not valid UTF-8";
	return NULL;
}

/* `*name` is taken from the arguments, unless an option says who gets the message. */
static const char *take_name(const char *const *given, int *argc, char ***argv,
    const char **name)
{
	*name = NULL;
	if (given[SEND_GROUP] != NULL || given[SEND_ALL] != NULL)
		return NULL;
	if (*argc == 0)
		return "send: an argument is missing; see ipmsgctl help send";
	*name = **argv;
	++*argv;
	--*argc;
	return utf8_valid(span_text(*name)) ? NULL : "the name is not valid UTF-8";
}

static enum status send_letter(struct session *session, const char *name,
    const struct letter *letter)
{
	if (session->given[SEND_ALL] != NULL)
		return send_all(session, letter);
	if (session->given[SEND_GROUP] != NULL)
		return send_group(session, session->given[SEND_GROUP], letter);
	return send_one(session, name, letter);
}

enum status run_send(struct session *session, int argc, char **argv)
{
	const char *const *given = session->given;
	const char *name, *mistake = find_clash(given);
	struct letter letter = {
	    .sealed = given[SEND_SEALED] != NULL,
	    .many = given[SEND_GROUP] != NULL,
	    .until = given[SEND_WAIT] != NULL	 ? UNTIL_READ
		: given[SEND_NO_WAIT] != NULL ? UNTIL_TAKEN
					      : UNTIL_DELIVERED,
	};
	enum status status;
	char *text;

	if (mistake == NULL)
		mistake = take_name(given, &argc, &argv, &name);
	if (mistake != NULL) {
		output_complain("%s", mistake);
		return STATUS_USAGE;
	}
	text = letter_text(argc, argv);
	if (text == NULL)
		return STATUS_USAGE;
	letter.text = text;
	status = send_letter(session, name, &letter);
	free(text);
	return status;
}
