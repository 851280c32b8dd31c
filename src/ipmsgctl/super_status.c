/* ipmsgctl super status: the supernode at a glance. */
#include <inttypes.h>

#include "ctl/interface.h"
#include "ipmsgctl/command.h"
#include "ipmsgctl/print.h"

static void print_listen(FILE *stream, const json_t *listen)
{
	char text[FIELD_MAX];
	json_t *item;
	size_t i;

	json_array_foreach(listen, i, item)
		fprintf(stream, "%-15s%s\n", i == 0 ? "listening on" : "",
		    field_escape(item, text));
}

static void print_datagrams(FILE *stream, const json_t *datagrams)
{
	if (datagrams == NULL)
		return;
	fprintf(stream, "%-15s%" PRId64 " received, %" PRId64 " sent\n", "datagrams",
	    field_int(datagrams, "received"), field_int(datagrams, "sent"));
	fprintf(stream,
	    "%-15s%" PRId64 " dropped by the kernel, %" PRId64 " too long, %" PRId64 " not sent\n",
	    "", field_int(datagrams, "kernel_dropped"), field_int(datagrams, "too_long"),
	    field_int(datagrams, "unsent"));
}

static void print_status(FILE *stream, const json_t *status)
{
	const json_t *registrations = json_object_get(status, "registrations");
	char version[FIELD_MAX], uptime[FIELD_MAX];

	fprintf(stream, "%-15sipmsg-superd %s, process %" PRId64 ", up %s\n", "supernode",
	    field_text(status, "version", version), field_int(status, "pid"),
	    field_duration(field_int(status, "uptime_ms"), uptime));
	print_listen(stream, json_object_get(status, "listen"));
	fprintf(stream, "%-15s%" PRId64 " fresh, %" PRId64 " stale", "registrations",
	    field_int(registrations, "fresh"), field_int(registrations, "stale"));
	fprintf(stream, " (%" PRId64 " of them legacy), room for %" PRId64 "\n",
	    field_int(registrations, "legacy"), field_int(registrations, "capacity"));
	fprintf(stream, "%-15s%" PRId64 "\n", "unproven", field_int(status, "unproven"));
	fprintf(stream, "%-15s%" PRId64 " under way\n", "introductions",
	    field_int(status, "introductions"));
	print_datagrams(stream, json_object_get(status, "datagrams"));
	print_counters(stream, json_object_get(status, "counters"));
}

enum status run_super_status(struct session *session, int argc, char **argv)
{
	struct ctl_answer answer;
	enum status status = session_call(session, &daemon_super, CTL_SUPER ".Status", NULL, false,
	    &answer);

	if (status != STATUS_DONE)
		return status;
	output_object(&session->out, answer.parameters, print_status);
	ctl_answer_clear(&answer);
	return STATUS_DONE;
}
