/* ipmsgctl list: the other peers that are known. */
#include "ctl/interface.h"
#include "ipmsgctl/command.h"
#include "ipmsgctl/listing.h"

static void cell_name(const json_t *item, char out[FIELD_MAX])
{
	field_text(item, "name", out);
}

static void cell_state(const json_t *item, char out[FIELD_MAX])
{
	char state[FIELD_MAX], reason[FIELD_MAX];

	field_text(item, "state", state);
	field_text(item, "reason", reason);
	snprintf(out, FIELD_MAX, "%.200s%s%.200s%s", state, *reason != '\0' ? " (" : "", reason,
	    *reason != '\0' ? ")" : "");
}

static void cell_kind(const json_t *item, char out[FIELD_MAX])
{
	field_kind(item, "kind", out);
}

static void cell_endpoint(const json_t *item, char out[FIELD_MAX])
{
	field_text(item, "endpoint", out);
}

static void cell_heard(const json_t *item, char out[FIELD_MAX])
{
	if (json_is_integer(json_object_get(item, "heard_ms")))
		field_duration(field_int(item, "heard_ms"), out);
	else
		*out = '\0';
}

static const struct column columns[] = {
    {"NAME", cell_name},
    {"STATE", cell_state},
    {"KIND", cell_kind},
    {"ENDPOINT", cell_endpoint},
    {"HEARD", cell_heard},
    {NULL, NULL},
};

enum status run_list(struct session *session, int argc, char **argv)
{
	static const struct listing listing = {&daemon_peer, CTL_PEER ".List", "peers", columns,
	    NULL, "nobody is known yet; ipmsgctl ask NAME makes a path to a peer"};

	return listing_run(session, &listing, NULL);
}
