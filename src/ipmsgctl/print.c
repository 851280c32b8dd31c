/* Counters, supernodes and texts, as people read them. */
#include "ipmsgctl/print.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/endpoint.h"
#include "base/text.h"
#include "ipmsgctl/field.h"
#include "ipmsgctl/fold.h"
#include "ipmsgctl/terminal.h"
#include "ipmsgctl/when.h"
#include "ipmsgctl/why.h"

/* The longest that an escape makes of one byte. */
#define ESCAPE_BYTES 4
/* Of a text, and of what has no room on its line; two blanks are of what is said about it. */
#define INDENT 4

/* To be freed; NULL when memory is short. */
static char *escape(struct span text)
{
	size_t cap = text.len * ESCAPE_BYTES + 1;
	char *escaped = malloc(cap);

	if (escaped != NULL)
		text_escape(text, escaped, cap);
	return escaped;
}

void print_text(FILE *stream, struct span text)
{
	char *escaped = escape(text);

	if (escaped != NULL)
		fputs(escaped, stream);
	free(escaped);
}

static void print_line(FILE *stream, struct span text)
{
	char *escaped = escape(text);

	fprintf(stream, "%*s", INDENT, "");
	if (escaped != NULL)
		fold_text(stream, escaped, INDENT, INDENT);
	putc('\n', stream);
	free(escaped);
}

void print_lines(FILE *stream, const char *text)
{
	while (*text != '\0') {
		size_t len = strcspn(text, "\n");
		size_t shown = len > 0 && text[len - 1] == '\r' ? len - 1 : len;

		print_line(stream, span_of(text, shown));
		text += len + (text[len] == '\n');
	}
}

bool print_is_closed(const json_t *message)
{
	return field_is(message, "state", "sealed");
}

void print_correspondent(FILE *stream, const json_t *message)
{
	bool received = field_is(message, "direction", "received");
	bool broadcast = json_is_true(json_object_get(message, "broadcast"));
	char name[FIELD_MAX];

	field_text(message, "name", name);
	if (!received && broadcast)
		fputs("to everybody", stream);
	else
		fprintf(stream, "%s %s%s", received ? "from" : "to", name,
		    broadcast ? ", to everybody" : "");
	if (json_is_true(json_object_get(message, "automatic")))
		fputs(", automatic answer", stream);
	if (json_is_true(json_object_get(message, "sealed")) && !print_is_closed(message))
		fputs(", sealed", stream);
}

void print_closed(FILE *stream, const json_t *message)
{
	fprintf(stream, "[sealed: ipmsgctl read %" PRId64 "]", field_int(message, "id"));
}

void print_offer(FILE *stream, const json_t *offer)
{
	char kind[FIELD_MAX], name[FIELD_MAX], size[FIELD_MAX];

	if (*field_text(offer, "kind", kind) == '\0' || strcmp(kind, "other") == 0)
		snprintf(kind, sizeof kind, "attachment");
	fprintf(stream, "%s %s", kind, field_text(offer, "name", name));
	if (!field_is(offer, "kind", "directory"))
		fprintf(stream, " (%s)", field_size(field_int(offer, "size"), size));
}

/* Begins what is to be noticed; NULL for what is not. */
static const char *choose_colour(const json_t *message)
{
	if (field_is(message, "state", "failed"))
		return "\033[31m";
	if (field_is(message, "state", "unread") || print_is_closed(message))
		return "\033[1m";
	return NULL;
}

/* The state, and why: in a list, so in a few words. */
static void print_state(FILE *stream, const json_t *message)
{
	char text[FIELD_MAX];

	if (*field_text(message, "state", text) != '\0')
		fprintf(stream, ", %s", text);
	if (*why_words(message, text) != '\0')
		fprintf(stream, ": %s", text);
}

static void print_summary(FILE *stream, const json_t *message)
{
	char time[FIELD_MAX];

	fprintf(stream, "%" PRId64 "  %s  ", field_int(message, "id"),
	    when_field(message, "time", time));
	print_correspondent(stream, message);
	print_state(stream, message);
}

static void print_head(FILE *stream, const json_t *message)
{
	const char *colour = terminal_has_colours(stream) ? choose_colour(message) : NULL;

	if (colour != NULL)
		fputs(colour, stream);
	fold_object(stream, print_summary, message, 0, INDENT);
	fputs(colour != NULL ? "\033[0m\n" : "\n", stream);
}

/* What is indented by two blanks is not of the text. */
void print_message(FILE *stream, const json_t *message)
{
	const char *text = json_string_value(json_object_get(message, "text"));
	json_t *offer;
	size_t i;

	print_head(stream, message);
	if (print_is_closed(message)) {
		fputs("  ", stream);
		print_closed(stream, message);
		putc('\n', stream);
	} else {
		print_lines(stream, text != NULL ? text : "");
	}
	json_array_foreach(json_object_get(message, "offers"), i, offer) {
		fputs("  ", stream);
		fold_object(stream, print_offer, offer, 2, INDENT);
		putc('\n', stream);
	}
}

void print_numbers(FILE *stream, const char *headline, json_t *numbers)
{
	char text[FIELD_MAX];
	const char *name;
	json_t *value;

	fprintf(stream, "%s\n", headline);
	json_object_foreach(numbers, name, value) {
		json_t *escaped = json_string(name);

		fprintf(stream, "  %-30s %" JSON_INTEGER_FORMAT "\n", field_escape(escaped, text),
		    json_integer_value(value));
		json_decref(escaped);
	}
}

void print_counters(FILE *stream, json_t *counters)
{
	if (json_object_size(counters) > 0)
		print_numbers(stream, "counters", counters);
}

static void print_where(FILE *stream, const json_t *supernode)
{
	char host[FIELD_MAX], address[FIELD_MAX], where[HOST_TEXT_MAX];

	field_text(supernode, "address", address);
	endpoint_format_host(field_text(supernode, "host", host),
	    (uint16_t)field_int(supernode, "port"), where);
	fputs(where, stream);
	if (*address != '\0' && strcmp(address, where) != 0)
		fprintf(stream, " (%s)", address);
}

static void print_registered(FILE *stream, const json_t *supernode)
{
	char text[FIELD_MAX];

	fprintf(stream, "registered for %s",
	    field_duration(field_int(supernode, "since_ms"), text));
	if (field_int(supernode, "local_port") != 0)
		fprintf(stream, ", now from port %" PRId64, field_int(supernode, "local_port"));
	if (*field_text(supernode, "observed", text) != '\0')
		fprintf(stream, ", sees this peer at %s", text);
	else if (field_is(supernode, "kind", "seed"))
		fputs(", legacy: does not say where it sees this peer", stream);
}

static void print_refused(FILE *stream, const json_t *supernode)
{
	if (field_is(supernode, "reason", "taken"))
		fputs("refused, the name of this peer belongs to somebody else there", stream);
	else if (field_is(supernode, "reason", "key-changed"))
		fputs("refused, the name of this peer has an owner there, and nothing shows that "
		      "this peer is it", stream);
	else if (field_is(supernode, "reason", "busy"))
		fputs("refused for now, it is at one of its limits", stream);
	else
		fputs("refused, it does not want this peer", stream);
}

/* A key that is not its own. */
static void print_oddity(FILE *stream, const json_t *supernode)
{
	char host[FIELD_MAX];

	if (field_is(supernode, "key", "changed"))
		fprintf(stream, "; its key has changed, so nothing is signed toward it: if that is "
				"right, ipmsgctl keys forget %s",
		    field_text(supernode, "host", host));
	else if (field_is(supernode, "key", "foreign"))
		fputs("; it shows the key of another supernode, so nothing is signed toward it",
		    stream);
}

void print_supernode(FILE *stream, const json_t *supernode)
{
	char text[FIELD_MAX];

	print_where(stream, supernode);
	fputs(": ", stream);
	if (field_is(supernode, "state", "registered"))
		print_registered(stream, supernode);
	else if (field_is(supernode, "state", "resolving"))
		fputs("resolving, its name has no address yet", stream);
	else if (field_is(supernode, "state", "registering"))
		fputs("registering, it has not answered yet", stream);
	else if (field_is(supernode, "state", "lost"))
		fputs("lost, it does not answer", stream);
	else if (field_is(supernode, "state", "refused"))
		print_refused(stream, supernode);
	else
		fputs(field_text(supernode, "state", text), stream);
	print_oddity(stream, supernode);
}
