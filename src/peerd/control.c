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

#define PAGE 64 /* items in a reply of a stream */

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
	struct mailbox *kept = peerd_mailbox(peerd);
	const struct network *network = peerd_network(peerd);
	const struct peer_settings *self = &peerd_settings(peerd)->peer;
	struct mailbox_status mailbox;

	if (!ctl_check_parameters(call, parameters, NULL))
		return;
	kept->methods->status(kept, &mailbox);
	ctl_reply(call,
	    json_pack("{s:s, s:i, s:I, s:s, s:s, s:s, s:s, s:i, s:o, s:o, s:o, s:o, s:o, s:o, s:o, "
		      "s:o, s:o}",
		"version", PACKAGE_VERSION, "pid", (int)getpid(), "uptime_ms",
		(json_int_t)peerd_uptime(peerd), "user", self->user, "host", self->host, "nick",
		self->nick, "group", self->group, "port", (int)peerd_port(peerd), "addresses",
		addresses(network), "links", links(network), "absence",
		describe_absence(peer_absence(peer)), "supernodes", supernodes(peer), "nat",
		describe_nats(peer, loop_now()), "peers",
		count_peers(peer), "mailbox", describe_mailbox(&mailbox), "messages",
		describe_counts(&mailbox.counts), "counters",
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
    {"Messages", control_messages},
    {"Read", control_read},
    {"Unqueue", control_unqueue},
    {"MailboxBackup", control_backup},
    {"MailboxCheck", control_check},
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
