/* Status, lists and reload over the control socket. */
#include "peerd/control.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config.h"
#include "ctl/daemon.h"
#include "ctl/interface.h"
#include "io/loop.h"
#include "peerd/describe.h"
#include "peerd/introduction.h"
#include "peerd/network.h"
#include "peerd/peerd.h"

#define PAGE 64			  /* items in a reply of a stream */
#define PAGE_BYTES (64 * 1024)	  /* of text in such a reply, or one message */
#define REPLY_BYTES (1024 * 1024) /* of text in an only reply */

static json_t *addresses(const struct network *network)
{
	json_t *list = json_array();
	char text[ENDPOINT_TEXT_MAX];

	for (size_t i = 0; i < network->address_count; i++)
		json_array_append_new(list,
		    json_string(endpoint_format(&network->addresses[i], text)));
	return list;
}

/* Those on which we enter; others only add to who counts as a neighbour there. */
static json_t *links(const struct network *network)
{
	json_t *list = json_array();

	for (size_t i = 0; i < network->link_count; i++) {
		if (network->links[i].announce_count > 0)
			json_array_append_new(list, describe_link(&network->links[i]));
	}
	return list;
}

static json_t *supernodes(const struct peer *peer)
{
	json_t *list = json_array();
	struct peer_supernode_status status;

	for (unsigned i = 0; peer_supernode(peer, i, &status); i++)
		json_array_append_new(list, describe_supernode(&status, loop_now()));
	return list;
}

static json_t *count_peers(const struct peer *peer)
{
	struct peer_contact_status status;
	uint32_t cursor = 0;
	int known = 0, open = 0, neighbours = 0;

	while (peer_contact(peer, &cursor, &status)) {
		neighbours += status.lan;
		known += !status.lan;
		open += !status.lan && status.state == PATH_OPEN;
	}
	return json_pack("{s:i, s:i, s:i}", "known", known, "open", open, "neighbours", neighbours);
}

static json_t *count_messages(const struct mailbox *mailbox)
{
	struct mail mail;
	uint64_t cursor = 0;
	json_int_t stored = 0, waiting = 0;

	while (mailbox->methods->next(mailbox, &cursor, &mail)) {
		stored++;
		waiting += mail.direction == MAIL_SENT &&
		    (mail.state == MESSAGE_WAITING || mail.state == MESSAGE_SENT);
	}
	return json_pack("{s:I, s:I}", "stored", stored, "waiting", waiting);
}

static json_t *counters(const struct peer *peer)
{
	json_t *object = json_object();

	for (int i = 0; i < PEER_COUNTERS; i++)
		json_object_set_new(object, peer_counter_name((enum peer_counter)i),
		    json_integer((json_int_t)peer_count(peer, (enum peer_counter)i)));
	return object;
}

static void on_status(struct ctl_call *call, json_t *parameters, void *context)
{
	const struct peerd *peerd = context;
	const struct peer *peer = peerd_peer(peerd);
	const struct mailbox *mailbox = peerd_mailbox(peerd);
	const struct network *network = peerd_network(peerd);
	const struct peer_settings *self = &peerd_settings(peerd)->peer;

	if (!ctl_check_parameters(call, parameters, NULL))
		return;
	ctl_reply(call,
	    json_pack("{s:s, s:i, s:I, s:s, s:s, s:s, s:s, s:i, s:o, s:o, s:o, s:b, s:o, s:o, s:o, "
		      "s:o, s:o}",
		"version", PACKAGE_VERSION, "pid", (int)getpid(), "uptime_ms",
		(json_int_t)peerd_uptime(peerd), "user", self->user, "host", self->host, "nick",
		self->nick, "group", self->group, "port", (int)peerd_port(peerd), "addresses",
		addresses(network), "links", links(network), "absence",
		describe_absence(peer_absence(peer)), "persistent",
		(int)mailbox->methods->persistent, "supernodes", supernodes(peer), "nat",
		describe_nats(peer, loop_now()), "peers",
		count_peers(peer), "messages", count_messages(mailbox), "counters",
		counters(peer)));
}

struct listing {
	const struct peer *peer;
	uint32_t cursor;
	size_t page;
};

static json_t *next_peers(void *state, bool *last)
{
	struct listing *listing = state;
	json_t *page = json_array();
	struct peer_contact_status status;

	while (!*last && json_array_size(page) < listing->page) {
		*last = !peer_contact(listing->peer, &listing->cursor, &status);
		if (!*last)
			json_array_append_new(page, describe_contact(&status, loop_now()));
	}
	return json_pack("{s:o, s:b}", "peers", page, "complete", (int)*last);
}

static void on_list(struct ctl_call *call, json_t *parameters, void *context)
{
	struct listing *listing;

	if (!ctl_check_parameters(call, parameters, NULL))
		return;
	listing = calloc(1, sizeof *listing);
	if (listing == NULL)
		return;
	listing->peer = peerd_peer(context);
	listing->page = ctl_wants_more(call) ? PAGE : CTL_LIST_PAGE;
	ctl_stream(call, next_peers, listing, free);
}

struct reading {
	const struct mailbox *mailbox;
	uint64_t cursor;
	bool all;
	bool skipped; /* older ones, for want of room */
	size_t page;
	size_t bytes;
};

/* The next one that was asked for. */
static bool read_on(const struct reading *reading, uint64_t *cursor, struct mail *mail)
{
	const struct mailbox *mailbox = reading->mailbox;

	while (mailbox->methods->next(mailbox, cursor, mail)) {
		if (reading->all || mail->direction == MAIL_RECEIVED)
			return true;
	}
	return false;
}

static json_t *next_messages(void *state, bool *last)
{
	struct reading *reading = state;
	json_t *page = json_array();
	struct mail mail;
	size_t bytes = 0;

	while (!*last && json_array_size(page) < reading->page && bytes < reading->bytes) {
		*last = !read_on(reading, &reading->cursor, &mail);
		if (!*last) {
			json_array_append_new(page, describe_message(&mail));
			bytes += strlen(mail.text);
		}
	}
	return json_pack("{s:o, s:b}", "messages", page, "complete",
	    (int)(*last && !reading->skipped));
}

/* For an only reply: goes to where no more than a page and its bytes are left. */
static void skip_older(struct reading *reading)
{
	struct mail mail;
	uint64_t cursor = 0;
	size_t count = 0, bytes = 0;

	while (read_on(reading, &cursor, &mail)) {
		count++;
		bytes += strlen(mail.text);
	}
	while ((count > reading->page - 1 || bytes > reading->bytes) &&
	    read_on(reading, &reading->cursor, &mail)) {
		count--;
		bytes -= strlen(mail.text);
		reading->skipped = true;
	}
}

static void on_messages(struct ctl_call *call, json_t *parameters, void *context)
{
	static const struct ctl_parameter table[] = {{"all", CTL_BOOL, true}, {0}};
	bool more = ctl_wants_more(call);
	struct reading *reading;

	if (!ctl_check_parameters(call, parameters, table))
		return;
	reading = calloc(1, sizeof *reading);
	if (reading == NULL)
		return;
	reading->mailbox = peerd_mailbox(context);
	reading->all = json_is_true(json_object_get(parameters, "all"));
	reading->page = more ? PAGE : CTL_LIST_PAGE + 1; /* one more than fit shows the end */
	reading->bytes = more ? PAGE_BYTES : REPLY_BYTES;
	if (!more)
		skip_older(reading);
	ctl_stream(call, next_messages, reading, free);
}

/* Reading opens: it is told, and cannot be taken back. */
static void on_read(struct ctl_call *call, json_t *parameters, void *context)
{
	static const struct ctl_parameter table[] = {{"message", CTL_INT, false}, {0}};
	struct peerd *peerd = context;
	const struct mailbox *mailbox = peerd_mailbox(peerd);
	json_int_t id;
	struct mail mail;

	if (!ctl_check_parameters(call, parameters, table))
		return;
	id = json_integer_value(json_object_get(parameters, "message"));
	if (id <= 0 ||
	    !mailbox->methods->find(mailbox, MAIL_RECEIVED, (uint64_t)id, &mail)) {
		ctl_error(call, CTL_PEER ".UnknownMessage",
		    json_pack("{s:I, s:s}", "message", id, "explanation",
			"no received message has this number, or it is no longer kept; the list of "
			"messages shows those that are"));
		return;
	}
	if (mail.sealed && !mail.opened) {
		if (control_is_ending(call, peerd))
			return;
		peerd_opened(peerd, mail.id);
		mailbox->methods->find(mailbox, MAIL_RECEIVED, (uint64_t)id, &mail);
	}
	ctl_reply(call, json_pack("{s:o}", "message", describe_message(&mail)));
	peerd_settle(peerd);
}

static bool reload(void *peerd, ctl_report_fn report, void *context)
{
	return peerd_reload(peerd, report, context);
}

static void on_reload(struct ctl_call *call, json_t *parameters, void *context)
{
	if (!control_is_ending(call, context))
		ctl_daemon_reload(call, parameters, reload, context);
}

static const struct ctl_method peer_methods[] = {
    {"Status", on_status},
    {"List", on_list},
    {"Ask", control_ask},
    {"Send", control_send},
    {"Broadcast", control_broadcast},
    {"Messages", on_messages},
    {"Read", on_read},
    {"SetAbsence", control_set_absence},
    {"Refresh", control_refresh},
    {"Who", control_who},
    {"Watch", control_watch},
    {"Keys", control_keys},
    {"ForgetSupernodeKey", control_forget},
    {0},
};

static const struct ctl_method daemon_methods[] = {
    {"Reload", on_reload},
    {"GetLogLevel", ctl_daemon_get_level},
    {"SetLogLevel", ctl_daemon_set_level},
    {0},
};

const struct ctl_interface peerd_interfaces[] = {
    {CTL_PEER, ctl_peer_description, peer_methods},
    {CTL_DAEMON, ctl_daemon_description, daemon_methods},
    {0},
};
