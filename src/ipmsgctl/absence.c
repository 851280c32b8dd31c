/* ipmsgctl absence: away or not, and what others are answered. */
#include <stdlib.h>

#include "base/text.h"
#include "ctl/interface.h"
#include "ipmsgctl/command.h"
#include "ipmsgctl/letter.h"
#include "ipmsgctl/print.h"

const struct command_option absence_options[] = {
    [ABSENCE_TITLE] = {"title", 0, "TITLE", "shown behind the nick on the local network"},
    {NULL},
};

static void print_absence(FILE *stream, const json_t *answer)
{
	const json_t *absence = json_object_get(answer, "absence");
	const char *text = json_string_value(json_object_get(absence, "text"));
	char title[FIELD_MAX];

	if (!json_is_object(absence)) {
		fputs("not away\n", stream);
		return;
	}
	field_text(absence, "title", title);
	fprintf(stream, "away%s%s%s\n", *title != '\0' ? " [" : "", title,
	    *title != '\0' ? "]" : "");
	print_lines(stream, text != NULL ? text : "");
}

/* Shows only the absence of what is answered. */
static enum status show(struct session *session, const json_t *parameters)
{
	json_t *absence = json_object_get(parameters, "absence");
	json_t *answer;

	if (absence != NULL && !json_is_object(absence) && !json_is_null(absence))
		return session_reject_answer(session);
	answer = json_pack("{s:o}", "absence",
	    absence != NULL ? json_incref(absence) : json_null());
	output_object(&session->out, answer, print_absence);
	json_decref(answer);
	return STATUS_DONE;
}

/* `away`: that is what the answer has to say. */
static enum status ask(struct session *session, const char *method, json_t *parameters, bool away)
{
	struct ctl_answer answer;
	enum status status = session_call(session, &daemon_peer, method, parameters, false,
	    &answer);

	if (status != STATUS_DONE)
		return status;
	if (away && !json_is_object(json_object_get(answer.parameters, "absence")))
		status = session_reject_answer(session);
	else
		status = show(session, answer.parameters);
	ctl_answer_clear(&answer);
	return status;
}

enum status run_absence(struct session *session, int argc, char **argv)
{
	return ask(session, CTL_PEER ".Status", NULL, false);
}

enum status run_absence_on(struct session *session, int argc, char **argv)
{
	const char *title = session->given[ABSENCE_TITLE];
	enum status status;
	char *text;

	if (title != NULL && !utf8_valid(span_text(title))) {
		output_complain("--title: the title is not valid UTF-8");
		return STATUS_USAGE;
	}
	text = letter_text(argc, argv);
	if (text == NULL)
		return STATUS_USAGE;
	status = ask(session, CTL_PEER ".SetAbsence",
	    json_pack("{s:s*, s:s}", "title", title, "text", text), true);
	free(text);
	return status;
}

enum status run_absence_off(struct session *session, int argc, char **argv)
{
	return ask(session, CTL_PEER ".SetAbsence", NULL, false);
}
