/* Status, list, reload and log level over the control socket. */
#include "superd/control.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "config.h"
#include "ctl/daemon.h"
#include "ctl/interface.h"
#include "io/loop.h"
#include "superd/administration.h"
#include "superd/alternates.h"
#include "superd/metrics.h"
#include "superd/ownership.h"
#include "superd/rates.h"
#include "superd/sight.h"
#include "superd/superd.h"

#define PAGE 64		 /* registrations in a reply of a stream */
#define LOOKED_MAX 4096u /* places that a reply costs, most of which may be empty */

static json_t *listening(const struct superd *superd)
{
	json_t *list = json_array();
	char text[ENDPOINT_TEXT_MAX];
	struct endpoint at;

	for (size_t i = 0; superd_bound(superd, i, &at); i++)
		json_array_append_new(list, json_string(endpoint_format(&at, text)));
	return list;
}

/* Where peers can test their NATs besides. */
static json_t *elsewhere(const struct superd *superd)
{
	const struct alternates *alternates = superd_alternates(superd);
	json_t *list = json_array();
	char text[ENDPOINT_TEXT_MAX];

	for (size_t i = 0; i < alternates->count; i++) {
		if (!alternate_is_relative(&alternates->told[i]))
			json_array_append_new(list,
			    json_string(endpoint_format(&alternates->told[i], text)));
	}
	return json_pack("{s:i, s:o}", "test_port", (int)alternates->test_port, "alternates", list);
}

static json_t *sockets(const struct superd *superd)
{
	json_t *list = json_array();
	struct udp_socket_state state;
	char text[ENDPOINT_TEXT_MAX];
	struct endpoint at;

	for (size_t i = 0; superd_socket_state(superd, i, &state); i++) {
		superd_bound(superd, i, &at);
		json_array_append_new(list,
		    json_pack("{s:s, s:I, s:I}", "at", endpoint_format(&at, text),
			"receive_buffer", (json_int_t)state.receive_buffer, "kernel_dropped",
			(json_int_t)state.kernel_dropped));
	}
	return list;
}

static json_t *rates(const struct superd *superd)
{
	struct rates_sample current;
	const struct rates *kept = superd_rates(superd, &current);

	return rates_describe(kept, &current);
}

static json_t *counters(const struct counters *counters)
{
	json_t *object = json_object();

	for (int i = 0; i < COUNTERS; i++)
		json_object_set_new(object, counter_name((enum counter)i),
		    json_integer((json_int_t)counters->value[i]));
	return object;
}

/* "ei-ap": how often somebody behind the one kind of NAT was introduced to one behind the other. */
static json_t *nat_pairs(const struct super_status *status)
{
	json_t *object = json_object();
	char pair[32];

	for (int i = 0; i < NAT_MAPPINGS; i++) {
		for (int k = 0; k < NAT_MAPPINGS; k++) {
			snprintf(pair, sizeof pair, "%s-%s", nat_mapping_name((enum nat_mapping)i),
			    nat_mapping_name((enum nat_mapping)k));
			if (status->nat_pairs[i][k] > 0)
				json_object_set_new(object, pair,
				    json_integer((json_int_t)status->nat_pairs[i][k]));
		}
	}
	return object;
}

/* How many names have an owner, and the key that peers sign toward, if there is one. */
static json_t *names(const struct superd *superd, const struct super_status *status)
{
	const uint8_t *identity = super_identity(superd_super(superd));
	char text[IDENTITY_TEXT_MAX];
	json_t *object = json_pack("{s:{s:I, s:I, s:I, s:I}}", "names", "registered",
	    (json_int_t)status->names_registered, "remembered",
	    (json_int_t)status->names_remembered, "listed", (json_int_t)status->names_listed,
	    "capacity", (json_int_t)status->names_max);

	if (identity != NULL)
		json_object_set_new(object, "identity",
		    json_string(identity_format(identity, text)));
	return object;
}

static json_t *datagrams(const struct udp_counts *udp)
{
	return json_pack("{s:I, s:I, s:I, s:I, s:I}", "received", (json_int_t)udp->received,
	    "too_long", (json_int_t)udp->too_long, "kernel_dropped",
	    (json_int_t)udp->kernel_dropped, "sent", (json_int_t)udp->sent, "unsent",
	    (json_int_t)udp->unsent);
}

static void on_status(struct ctl_call *call, json_t *parameters, void *context)
{
	const struct superd *superd = context;
	struct metrics measured;
	const struct super_status *status = &measured.super;
	json_t *reply;

	if (!ctl_check_parameters(call, parameters, NULL))
		return;
	superd_measure(superd, &measured);
	reply = json_pack("{s:s, s:i, s:I, s:o, s:{s:i, s:i, s:i, s:I}, s:i, s:i, s:o, s:o, s:o}",
		"version",
		PACKAGE_VERSION, "pid", (int)getpid(), "uptime_ms", (json_int_t)measured.uptime_ms,
		"listen", listening(superd), "registrations", "fresh",
		(int)status->registrations.fresh, "stale", (int)status->registrations.stale,
		"legacy", (int)status->registrations.seeds, "capacity",
		(json_int_t)status->capacity, "unproven", (int)status->unproven, "introductions",
		(int)status->introductions, "datagrams", datagrams(&measured.udp), "counters",
		counters(&status->counters), "nat_pairs",
		nat_pairs(status));
	json_object_update_new(reply, elsewhere(superd));
	json_object_update_new(reply, names(superd, status));
	json_object_update_new(reply,
	    json_pack("{s:b, s:i, s:o, s:o}", "draining", (int)status->draining, "bans",
		(int)status->bans, "sockets", sockets(superd), "rates", rates(superd)));
	ctl_reply(call, reply);
}

static void on_watch(struct ctl_call *call, json_t *parameters, void *context)
{
	if (ctl_check_parameters(call, parameters, NULL))
		watchers_add(&superd_sight(context)->watchers, call);
}

static json_t *name(const struct registration *reg, enum name_part part)
{
	struct span text = names_part(reg->names, part);

	return json_stringn((const char *)text.data, text.len);
}

static json_t *describe(const struct superd *superd, const struct registration *reg)
{
	char remote[ENDPOINT_TEXT_MAX], local[ENDPOINT_TEXT_MAX];
	struct endpoint at;

	superd_local(superd, reg->local, &at);
	return json_pack("{s:o, s:o, s:o, s:o, s:s, s:s, s:s, s:s, s:I, s:I}", "user",
	    name(reg, NAME_USER), "host", name(reg, NAME_HOST), "nick", name(reg, NAME_NICK),
	    "group", name(reg, NAME_GROUP), "endpoint", endpoint_format(&reg->remote, remote),
	    "local", endpoint_format(&at, local), "kind",
	    reg->kind == PEER_EXTENDED ? "extended" : "seed", "state",
	    registration_stale(reg) ? "stale" : "fresh", "age_ms",
	    (json_int_t)(loop_now() - reg->heard), "lifetime_ms",
	    (json_int_t)registration_lifetime(reg) * 1000);
}

struct listing {
	const struct superd *superd;
	uint32_t cursor;
	json_int_t left;
	size_t page;
};

static json_t *next_page(void *state, bool *last)
{
	struct listing *listing = state;
	json_t *page = json_array();
	const struct registration *reg = NULL;
	uint32_t budget = LOOKED_MAX;

	while (json_array_size(page) < listing->page && listing->left > 0) {
		reg = super_walk_some(superd_super(listing->superd), &listing->cursor, &budget);
		if (reg == NULL)
			break;
		json_array_append_new(page, describe(listing->superd, reg));
		listing->left--;
	}
	*last = (reg == NULL && budget > 0) || listing->left == 0;
	return json_pack("{s:o, s:b}", "registrations", page, "complete", (int)*last);
}

static void on_list(struct ctl_call *call, json_t *parameters, void *context)
{
	static const struct ctl_parameter table[] = {{"limit", CTL_INT, true}, {0}};
	struct listing *listing;
	json_t *limit;

	if (!ctl_check_parameters(call, parameters, table))
		return;
	limit = json_object_get(parameters, "limit");
	if (json_is_integer(limit) && json_integer_value(limit) < 0) {
		ctl_invalid_parameter(call, "limit");
		return;
	}
	listing = malloc(sizeof *listing);
	if (listing == NULL)
		return;
	*listing = (struct listing){
	    .superd = context,
	    .left = json_is_integer(limit) ? json_integer_value(limit) : INT64_MAX,
	    .page = ctl_wants_more(call) ? PAGE : CTL_LIST_PAGE,
	};
	ctl_stream(call, next_page, listing, free);
}

static bool reload(void *superd, ctl_report_fn report, void *context)
{
	return superd_reload(superd, report, context);
}

static void on_reload(struct ctl_call *call, json_t *parameters, void *context)
{
	ctl_daemon_reload(call, parameters, reload, context);
}

static const struct ctl_method super_methods[] = {
    {"Status", on_status},
    {"List", on_list},
    {"Watch", on_watch},
    {"Names", ownership_names},
    {"ForgetName", ownership_forget},
    {"Kick", administration_kick},
    {"Ban", administration_ban},
    {"Unban", administration_unban},
    {"Bans", administration_bans},
    {"Drain", administration_drain},
    {0},
};

static const struct ctl_method daemon_methods[] = {
    {"Reload", on_reload},
    {"GetLogLevel", ctl_daemon_get_level},
    {"SetLogLevel", ctl_daemon_set_level},
    {0},
};

const struct ctl_interface superd_interfaces[] = {
    {CTL_SUPER, ctl_super_description, super_methods},
    {CTL_DAEMON, ctl_daemon_description, daemon_methods},
    {0},
};
