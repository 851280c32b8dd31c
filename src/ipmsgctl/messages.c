/* ipmsgctl messages: each with who and when, and its text indented below. */
#include <string.h>

#include "ctl/interface.h"
#include "ipmsgctl/command.h"
#include "ipmsgctl/listing.h"
#include "ipmsgctl/print.h"

/* Indented, so that no text can look like the head of another message. */
static void print_lines(FILE *stream, const char *text)
{
	while (*text != '\0') {
		size_t len = strcspn(text, "\n");
		size_t shown = len > 0 && text[len - 1] == '\r' ? len - 1 : len;

		fputs("    ", stream);
		print_text(stream, span_of(text, shown));
		putc('\n', stream);
		text += len + (text[len] == '\n');
	}
}

static void print_message(FILE *stream, const json_t *message)
{
	const char *text = json_string_value(json_object_get(message, "text"));
	bool received = field_is(message, "direction", "received");
	char time[FIELD_MAX], name[FIELD_MAX], state[FIELD_MAX], reason[FIELD_MAX];

	field_time(message, "time", time);
	field_text(message, "name", name);
	field_text(message, "reason", reason);
	fprintf(stream, "%s  %s %s", time, received ? "from" : "to", name);
	if (!received)
		fprintf(stream, ", %s", field_text(message, "state", state));
	if (*reason != '\0')
		fprintf(stream, " (%s)", reason);
	putc('\n', stream);
	print_lines(stream, text != NULL ? text : "");
}

enum status run_messages(struct session *session, int argc, char **argv)
{
	static const struct listing listing = {&daemon_peer, CTL_PEER ".Messages", "messages", NULL,
	    print_message, "there are no messages"};

	return listing_run(session, &listing, json_pack("{s:b}", "all", 1));
}
