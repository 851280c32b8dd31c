/* ipmsgctl super status: the supernode at a glance. */
#include <inttypes.h>
#include <string.h>

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

/* Where peers test their NATs besides. */
static void print_tests(FILE *stream, const json_t *status)
{
	json_int_t port = field_int(status, "test_port");
	char text[FIELD_MAX];
	json_t *item;
	size_t i;

	if (port > 0)
		fprintf(stream, "%-15sport %" PRId64 "\n", "NAT tests", (int64_t)port);
	json_array_foreach(json_object_get(status, "alternates"), i, item)
		fprintf(stream, "%-15s%s\n", i == 0 && port == 0 ? "NAT tests" : "",
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

static void print_sockets(FILE *stream, const json_t *sockets)
{
	char at[FIELD_MAX], room[FIELD_MAX];
	json_t *item;
	size_t i;

	json_array_foreach(sockets, i, item)
		fprintf(stream, "%-15s%s: room for %s, %" PRId64 " dropped by the kernel\n",
		    i == 0 ? "sockets" : "", field_text(item, "at", at),
		    field_size(field_int(item, "receive_buffer"), room),
		    field_int(item, "kernel_dropped"));
}

static void print_rate(FILE *stream, const json_t *rate)
{
	double value = json_number_value(rate);

	fprintf(stream, " %10.*f", value > 0 && value < 10 ? 1 : 0, value);
}

static void print_rate_row(FILE *stream, const char *indent, const char *title, const json_t *row)
{
	fprintf(stream, "%s%-*s", indent, 22 - (int)strlen(indent), title);
	print_rate(stream, json_object_get(row, "s1"));
	print_rate(stream, json_object_get(row, "s10"));
	print_rate(stream, json_object_get(row, "s60"));
	putc('\n', stream);
}

static bool begins(const char *name, const char *prefix)
{
	return strncmp(name, prefix, strlen(prefix)) == 0;
}

/* "dropped_forged" below "dropped", as "forged"; those that were none for a minute are left out. */
static void print_reasons(FILE *stream, json_t *rates, const char *prefix)
{
	char title[FIELD_MAX];
	const char *name;
	json_t *row;

	json_object_foreach(rates, name, row) {
		json_t *short_name;

		if (!begins(name, prefix) ||
		    json_number_value(json_object_get(row, "s60")) <= 0)
			continue;
		short_name = json_string(name + strlen(prefix));
		print_rate_row(stream, "    ", field_escape(short_name, title), row);
		json_decref(short_name);
	}
}

static void print_rates(FILE *stream, json_t *rates)
{
	static const struct {
		const char *name, *title, *parts;
	} rows[] = {
	    {"received", "received", NULL},
	    {"answered", "answered", NULL},
	    {"dropped", "dropped", "dropped_"},
	    {"limited", "beyond a limit", NULL},
	    {"asks", "asks", NULL},
	    {"introductions", "introductions", NULL},
	    {"kernel_dropped", "lost by the kernel", NULL},
	};

	if (!json_is_object(rates))
		return;
	fprintf(stream, "%-22s %10s %10s %10s\n", "a second, in the last", "1 s", "10 s", "60 s");
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		print_rate_row(stream, "  ", rows[i].title, json_object_get(rates, rows[i].name));
		if (rows[i].parts != NULL)
			print_reasons(stream, rates, rows[i].parts);
	}
}

/* The counters that begin so, under a headline and without it; nothing if all are 0. */
static void print_group(FILE *stream, json_t *counters, const char *prefix, const char *headline)
{
	json_t *group = json_object(), *value;
	const char *name;

	json_object_foreach(counters, name, value) {
		if (begins(name, prefix) && json_integer_value(value) != 0)
			json_object_set(group, name + strlen(prefix), value);
	}
	if (json_object_size(group) > 0)
		print_numbers(stream, headline, group);
	json_decref(group);
}

static const struct {
	const char *prefix, *headline;
} groups[] = {
    {"dropped_", "dropped since the start, by reason"},
    {"limited_", "beyond a limit"},
    {"asks_", "asks, by outcome"},
};

static bool is_grouped(const char *name)
{
	for (size_t i = 0; i < sizeof groups / sizeof *groups; i++) {
		if (begins(name, groups[i].prefix))
			return true;
	}
	return false;
}

static void print_counts(FILE *stream, const json_t *status)
{
	json_t *counters = json_object_get(status, "counters"), *rest = json_object(), *value;
	const char *name;

	for (size_t i = 0; i < sizeof groups / sizeof *groups; i++)
		print_group(stream, counters, groups[i].prefix, groups[i].headline);
	print_group(stream, json_object_get(status, "nat_pairs"), "",
	    "introductions, by the NATs of asker and target");
	json_object_foreach(counters, name, value) {
		if (!is_grouped(name))
			json_object_set(rest, name, value);
	}
	print_counters(stream, rest);
	json_decref(rest);
}

static void print_names(FILE *stream, const json_t *names)
{
	if (names == NULL)
		return;
	fprintf(stream, "%-15s%" PRId64 " registered, %" PRId64 " remembered, %" PRId64 " listed\n",
	    "names", field_int(names, "registered"), field_int(names, "remembered"),
	    field_int(names, "listed"));
}

static void print_status(FILE *stream, const json_t *status)
{
	const json_t *registrations = json_object_get(status, "registrations");
	char version[FIELD_MAX], uptime[FIELD_MAX];

	fprintf(stream, "%-15sipmsg-superd %s, process %" PRId64 ", up %s\n", "supernode",
	    field_text(status, "version", version), field_int(status, "pid"),
	    field_duration(field_int(status, "uptime_ms"), uptime));
	if (*field_text(status, "identity", version) != '\0')
		fprintf(stream, "%-15s%s\n", "key", version);
	print_listen(stream, json_object_get(status, "listen"));
	print_tests(stream, status);
	fprintf(stream, "%-15s%" PRId64 " fresh, %" PRId64 " stale", "registrations",
	    field_int(registrations, "fresh"), field_int(registrations, "stale"));
	fprintf(stream, " (%" PRId64 " of them legacy), room for %" PRId64 "\n",
	    field_int(registrations, "legacy"), field_int(registrations, "capacity"));
	print_names(stream, json_object_get(status, "names"));
	fprintf(stream, "%-15s%" PRId64 "\n", "unproven", field_int(status, "unproven"));
	fprintf(stream, "%-15s%" PRId64 " under way\n", "introductions",
	    field_int(status, "introductions"));
	if (json_is_true(json_object_get(status, "draining")))
		fprintf(stream, "%-15snobody new is let in\n", "draining");
	if (field_int(status, "bans") > 0)
		fprintf(stream, "%-15s%" PRId64 "\n", "bans", field_int(status, "bans"));
	print_datagrams(stream, json_object_get(status, "datagrams"));
	print_sockets(stream, json_object_get(status, "sockets"));
	print_rates(stream, json_object_get(status, "rates"));
	print_counts(stream, status);
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
