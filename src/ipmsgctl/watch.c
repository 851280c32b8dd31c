/* ipmsgctl watch: events as they happen, a line each. */
#include <string.h>

#include "ctl/interface.h"
#include "ipmsgctl/command.h"
#include "ipmsgctl/follow.h"
#include "ipmsgctl/print.h"

static void print_path(FILE *stream, const json_t *path)
{
	char name[FIELD_MAX], state[FIELD_MAX], reason[FIELD_MAX], endpoint[FIELD_MAX];

	field_text(path, "name", name);
	field_text(path, "state", state);
	field_text(path, "reason", reason);
	field_text(path, "endpoint", endpoint);
	fprintf(stream, "%s: %s", name, state);
	if (*endpoint != '\0' && !field_is(path, "state", "idle"))
		fprintf(stream, " at %s", endpoint);
	if (*reason != '\0')
		fprintf(stream, " (%s)", reason);
}

static void print_message(FILE *stream, const json_t *message)
{
	const json_t *text = json_object_get(message, "text");
	bool received = field_is(message, "direction", "received");
	char name[FIELD_MAX], state[FIELD_MAX], reason[FIELD_MAX];

	field_text(message, "name", name);
	field_text(message, "reason", reason);
	fprintf(stream, "%s %s: ", received ? "from" : "to", name);
	if (received)
		print_text(stream,
		    span_of(json_string_value(text), json_string_length(text)));
	else
		fputs(field_text(message, "state", state), stream);
	if (*reason != '\0')
		fprintf(stream, " (%s)", reason);
}

static void print_step(FILE *stream, const json_t *step)
{
	char name[FIELD_MAX], word[FIELD_MAX], at[FIELD_MAX], reason[FIELD_MAX];

	field_text(step, "name", name);
	field_text(step, "step", word);
	field_text(step, "at", at);
	field_text(step, "reason", reason);
	fprintf(stream, "%s: %s%s%s", name, word, *at != '\0' ? " " : "", at);
	if (*reason != '\0')
		fprintf(stream, " (%s)", reason);
	if (json_is_true(json_object_get(step, "incoming")))
		fputs(" (the other asked)", stream);
}

static const struct {
	const char *type;
	output_text_fn print;
} kinds[] = {
    {"supernode", print_supernode},
    {"path", print_path},
    {"message", print_message},
    {"step", print_step},
};

static void print_event(FILE *stream, const json_t *parameters)
{
	const json_t *event = json_object_get(parameters, "event");
	char time[FIELD_MAX], type[FIELD_MAX];

	field_text(event, "type", type);
	fprintf(stream, "%s  %s", field_time(event, "time", time), type);
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		if (strcmp(kinds[i].type, type) != 0)
			continue;
		fprintf(stream, "%*s", 11 - (int)strlen(type), "");
		kinds[i].print(stream, json_object_get(event, type));
	}
	putc('\n', stream);
}

enum status run_watch(struct session *session, int argc, char **argv)
{
	struct ctl_answer answer;
	enum status status = follow_call(session, &daemon_peer, CTL_PEER ".Watch", NULL, &answer);

	while (status == STATUS_DONE) {
		bool good = json_is_object(json_object_get(answer.parameters, "event"));
		bool last = !answer.continues;

		if (good)
			output_object(&session->out, answer.parameters, print_event);
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
