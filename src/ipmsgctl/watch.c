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

static void print_content(FILE *stream, const json_t *message)
{
	const json_t *text = json_object_get(message, "text");
	json_t *offer;
	size_t i;

	if (print_is_closed(message))
		print_closed(stream, message);
	else
		print_text(stream, span_of(json_string_value(text), json_string_length(text)));
	json_array_foreach(json_object_get(message, "offers"), i, offer) {
		fputs(", ", stream);
		print_offer(stream, offer);
	}
}

static void print_mail(FILE *stream, const json_t *message)
{
	char state[FIELD_MAX], reason[FIELD_MAX];

	print_correspondent(stream, message);
	fputs(": ", stream);
	if (field_is(message, "direction", "received"))
		print_content(stream, message);
	else
		fputs(field_text(message, "state", state), stream);
	if (*field_text(message, "reason", reason) != '\0')
		fprintf(stream, " (%s)", reason);
}

static void print_neighbour(FILE *stream, const json_t *neighbour)
{
	const json_t *peer = json_object_get(neighbour, "peer");
	char name[FIELD_MAX], change[FIELD_MAX], endpoint[FIELD_MAX];

	field_text(peer, "name", name);
	field_text(neighbour, "change", change);
	field_text(peer, "endpoint", endpoint);
	fprintf(stream, "%s: %s", name, change);
	if (*endpoint != '\0' && !field_is(neighbour, "change", "left"))
		fprintf(stream, ", at %s", endpoint);
	if (json_is_true(json_object_get(peer, "absent")))
		fputs(", away", stream);
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
    {"message", print_mail},
    {"step", print_step},
    {"neighbour", print_neighbour},
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
}

enum status run_watch(struct session *session, int argc, char **argv)
{
	return follow_events(session, &daemon_peer, CTL_PEER ".Watch", print_event);
}
