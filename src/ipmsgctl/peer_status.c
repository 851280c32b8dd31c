/* ipmsgctl status: this peer at a glance. */
#include <inttypes.h>

#include "ctl/interface.h"
#include "ipmsgctl/command.h"
#include "ipmsgctl/nat.h"
#include "ipmsgctl/print.h"

static void print_self(FILE *stream, const json_t *status)
{
	char user[FIELD_MAX], host[FIELD_MAX], nick[FIELD_MAX], group[FIELD_MAX];

	field_text(status, "user", user);
	field_text(status, "host", host);
	field_text(status, "nick", nick);
	field_text(status, "group", group);
	fprintf(stream, "%-15s%s@%s (user %s on host %s)\n", "known as", nick,
	    *group != '\0' ? group : host, user, host);
}

static void print_addresses(FILE *stream, const json_t *status)
{
	const json_t *addresses = json_object_get(status, "addresses");
	char text[FIELD_MAX];
	json_t *item;
	size_t i;

	json_array_foreach(addresses, i, item)
		fprintf(stream, "%-15s%s\n", i == 0 ? "addresses" : "", field_escape(item, text));
	if (json_array_size(addresses) == 0)
		fprintf(stream, "%-15s%" PRId64 "\n", "port", field_int(status, "port"));
}

/* "192.168.1.20/24, entries to 192.168.1.255:2425" */
static void print_links(FILE *stream, const json_t *links)
{
	char text[FIELD_MAX];
	json_t *link, *to;
	size_t i, j;

	json_array_foreach(links, i, link) {
		fprintf(stream, "%-15s%s", i == 0 ? "networks" : "",
		    field_text(link, "address", text));
		json_array_foreach(json_object_get(link, "announce"), j, to)
			fprintf(stream, "%s%s", j == 0 ? ", entries to " : ", ",
			    field_escape(to, text));
		putc('\n', stream);
	}
	if (json_array_size(links) == 0)
		fprintf(stream, "%-15s%s\n", "networks", "none is used as local");
}

static void print_absence(FILE *stream, const json_t *absence)
{
	const json_t *text = json_object_get(absence, "text");
	char title[FIELD_MAX];

	if (!json_is_object(absence))
		return;
	fprintf(stream, "%-15s", "away");
	if (*field_text(absence, "title", title) != '\0')
		fprintf(stream, "[%s] ", title);
	print_text(stream, span_of(json_string_value(text), json_string_length(text)));
	putc('\n', stream);
}

static void print_supernodes(FILE *stream, const json_t *supernodes)
{
	json_t *item;
	size_t i;

	json_array_foreach(supernodes, i, item) {
		fprintf(stream, "%-15s", i == 0 ? "supernodes" : "");
		print_supernode(stream, item);
		putc('\n', stream);
	}
	if (json_array_size(supernodes) == 0)
		fprintf(stream, "%-15s%s\n", "supernodes", "none is configured");
}

/* Where messages are kept, and whether that goes well. */
static void print_mailbox(FILE *stream, const json_t *mailbox)
{
	char text[FIELD_MAX], size[FIELD_MAX];

	if (json_is_false(json_object_get(mailbox, "persistent")))
		fprintf(stream, "%-15sin memory: messages do not survive a restart\n", "mailbox");
	else if (json_is_object(mailbox))
		fprintf(stream, "%-15s%s, %s\n", "mailbox", field_text(mailbox, "path", text),
		    field_size(field_int(mailbox, "bytes"), size));
	if (field_is(mailbox, "state", "failing"))
		fprintf(stream, "%-15scannot be used, no message is taken or sent: %s\n", "",
		    field_text(mailbox, "explanation", text));
	if (json_is_true(json_object_get(mailbox, "full")))
		fprintf(stream, "%-15sfull of what nobody has read, so messages are refused: read "
				"some (ipmsgctl read), or raise mailbox-size\n", "");
	if (*field_text(mailbox, "set_aside", text) != '\0')
		fprintf(stream, "%-15sa damaged one was set aside as %s\n", "", text);
}

static void print_status(FILE *stream, const json_t *status)
{
	const json_t *peers = json_object_get(status, "peers");
	const json_t *messages = json_object_get(status, "messages");
	char version[FIELD_MAX], uptime[FIELD_MAX];

	fprintf(stream, "%-15sipmsg-peerd %s, process %" PRId64 ", up %s\n", "peer",
	    field_text(status, "version", version), field_int(status, "pid"),
	    field_duration(field_int(status, "uptime_ms"), uptime));
	print_self(stream, status);
	print_absence(stream, json_object_get(status, "absence"));
	print_addresses(stream, status);
	print_links(stream, json_object_get(status, "links"));
	print_supernodes(stream, json_object_get(status, "supernodes"));
	if (json_object_get(status, "nat") != NULL)
		nat_print_summaries(stream, "NAT", json_object_get(status, "nat"));
	fprintf(stream, "%-15s%" PRId64 " known, %" PRId64 " with an open path; %" PRId64
			" on the local network\n",
	    "peers", field_int(peers, "known"), field_int(peers, "open"),
	    field_int(peers, "neighbours"));
	fprintf(stream, "%-15s%" PRId64 " stored, %" PRId64 " unread, %" PRId64 " queued\n",
	    "messages", field_int(messages, "stored"), field_int(messages, "unread"),
	    field_int(messages, "queued"));
	print_mailbox(stream, json_object_get(status, "mailbox"));
	print_counters(stream, json_object_get(status, "counters"));
}

enum status run_status(struct session *session, int argc, char **argv)
{
	struct ctl_answer answer;
	enum status status = session_call(session, &daemon_peer, CTL_PEER ".Status", NULL, false,
	    &answer);

	if (status != STATUS_DONE)
		return status;
	output_object(&session->out, answer.parameters, print_status);
	ctl_answer_clear(&answer);
	return STATUS_DONE;
}
