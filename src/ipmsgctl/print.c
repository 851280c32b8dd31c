/* Counters, supernodes and texts, as people read them. */
#include "ipmsgctl/print.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "ipmsgctl/field.h"

/* The longest that an escape makes of one byte. */
#define ESCAPE_BYTES 4

void print_text(FILE *stream, struct span text)
{
	size_t cap = text.len * ESCAPE_BYTES + 1;
	char *escaped = malloc(cap);

	if (escaped != NULL)
		fputs(text_escape(text, escaped, cap), stream);
	free(escaped);
}

void print_counters(FILE *stream, json_t *counters)
{
	char text[FIELD_MAX];
	const char *name;
	json_t *value;

	if (json_object_size(counters) > 0)
		fputs("counters\n", stream);
	json_object_foreach(counters, name, value) {
		json_t *escaped = json_string(name);

		fprintf(stream, "  %-30s %" JSON_INTEGER_FORMAT "\n", field_escape(escaped, text),
		    json_integer_value(value));
		json_decref(escaped);
	}
}

static void print_where(FILE *stream, const json_t *supernode)
{
	char host[FIELD_MAX], address[FIELD_MAX], where[FIELD_MAX + 32];
	bool brackets;

	field_text(supernode, "host", host);
	field_text(supernode, "address", address);
	brackets = strchr(host, ':') != NULL;
	snprintf(where, sizeof where, "%s%s%s:%" PRId64, brackets ? "[" : "", host,
	    brackets ? "]" : "", field_int(supernode, "port"));
	fputs(where, stream);
	if (*address != '\0' && strcmp(address, where) != 0)
		fprintf(stream, " (%s)", address);
}

static void print_registered(FILE *stream, const json_t *supernode)
{
	char text[FIELD_MAX];

	fprintf(stream, "registered for %s",
	    field_duration(field_int(supernode, "since_ms"), text));
	if (*field_text(supernode, "observed", text) != '\0')
		fprintf(stream, ", sees this peer at %s", text);
	else if (field_is(supernode, "kind", "seed"))
		fputs(", legacy: does not say where it sees this peer", stream);
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
	else
		fputs(field_text(supernode, "state", text), stream);
}
