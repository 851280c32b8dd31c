/* ipmsgctl super watch: what happens at the supernode, a line each. */
#include <inttypes.h>
#include <string.h>

#include "ctl/interface.h"
#include "ipmsgctl/command.h"
#include "ipmsgctl/follow.h"

/* "nick@group at ADDRESS", or as much of it as is known. */
static void print_who(FILE *stream, const json_t *names, const char *at)
{
	char nick[FIELD_MAX], group[FIELD_MAX];
	bool named = json_is_object(names);

	if (named) {
		field_text(names, "nick", nick);
		field_text(names, "group", group);
		fprintf(stream, "%s%s%s", nick, *group != '\0' ? "@" : "", group);
	}
	if (*at != '\0')
		fprintf(stream, "%s%s", named ? " at " : "", at);
}

/* Somebody who is, or was, registered. */
static void print_peer(FILE *stream, const json_t *event)
{
	char at[FIELD_MAX], from[FIELD_MAX], kind[FIELD_MAX];

	field_text(event, "endpoint", at);
	field_text(event, "from", from);
	print_who(stream, json_object_get(event, "peer"), at);
	if (*from != '\0')
		fprintf(stream, ", was at %s", from);
	if (field_is(event, "kind", "seed"))
		fprintf(stream, ", %s", field_kind(event, "kind", kind));
}

/* Somebody who asked for somebody. */
static void print_ask(FILE *stream, const json_t *event)
{
	char at[FIELD_MAX], from[FIELD_MAX], name[FIELD_MAX];

	field_text(event, "from", from);
	print_who(stream, json_object_get(event, "asker"), from);
	fprintf(stream, " asked for %s", field_text(event, "name", name));
	if (!json_is_object(json_object_get(event, "peer")))
		return;
	fputs(": ", stream);
	print_who(stream, json_object_get(event, "peer"), field_text(event, "endpoint", at));
	if (json_is_true(json_object_get(event, "stale")))
		fputs(", stale", stream);
}

static void print_refused(FILE *stream, const json_t *event)
{
	char from[FIELD_MAX];

	fputs("a packet of ", stream);
	print_who(stream, json_object_get(event, "peer"), field_text(event, "from", from));
}

static void print_suppressed(FILE *stream, const json_t *event)
{
	int64_t strangers = field_int(event, "strangers");

	fprintf(stream, "%" PRId64 " more events in the last second", field_int(event, "count"));
	if (strangers > 0)
		fprintf(stream, ", %" PRId64 " of them declined or refused", strangers);
}

static const struct {
	const char *type;
	output_text_fn print;
} kinds[] = {
    {"entered", print_peer},
    {"moved", print_peer},
    {"returned", print_peer},
    {"stale", print_peer},
    {"left", print_peer},
    {"introduced", print_ask},
    {"declined", print_ask},
    {"refused", print_refused},
    {"suppressed", print_suppressed},
};

#define TYPE_WIDTH 12

static void print_event(FILE *stream, const json_t *parameters)
{
	const json_t *event = json_object_get(parameters, "event");
	char time[FIELD_MAX], type[FIELD_MAX], reason[FIELD_MAX];

	field_text(event, "type", type);
	fprintf(stream, "%s  %s", field_time(event, "time", time), type);
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		if (strcmp(kinds[i].type, type) != 0)
			continue;
		fprintf(stream, "%*s", TYPE_WIDTH - (int)strlen(type), "");
		kinds[i].print(stream, event);
	}
	if (*field_text(event, "reason", reason) != '\0')
		fprintf(stream, " (%s)", reason);
}

enum status run_super_watch(struct session *session, int argc, char **argv)
{
	return follow_events(session, &daemon_super, CTL_SUPER ".Watch", print_event);
}
