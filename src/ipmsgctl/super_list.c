/* ipmsgctl super list: who is registered, page after page as it comes. */
#include "ctl/interface.h"
#include "ipmsgctl/command.h"
#include "ipmsgctl/listing.h"

static void cell_name(const json_t *item, char out[FIELD_MAX])
{
	char nick[FIELD_MAX], group[FIELD_MAX];

	field_text(item, "nick", nick);
	field_text(item, "group", group);
	snprintf(out, FIELD_MAX, "%.255s%s%.255s", nick, *group != '\0' ? "@" : "", group);
}

static void cell_user(const json_t *item, char out[FIELD_MAX])
{
	field_text(item, "user", out);
}

static void cell_host(const json_t *item, char out[FIELD_MAX])
{
	field_text(item, "host", out);
}

static void cell_endpoint(const json_t *item, char out[FIELD_MAX])
{
	field_text(item, "endpoint", out);
}

static void cell_kind(const json_t *item, char out[FIELD_MAX])
{
	field_kind(item, "kind", out);
}

static void cell_state(const json_t *item, char out[FIELD_MAX])
{
	field_text(item, "state", out);
}

static void cell_age(const json_t *item, char out[FIELD_MAX])
{
	field_duration(field_int(item, "age_ms"), out);
}

static const struct column columns[] = {
    {"NICK@GROUP", cell_name, .cut = true},
    {"USER", cell_user, .cut = true, .spare = 3},
    {"HOST", cell_host, .cut = true, .spare = 2},
    {"ENDPOINT", cell_endpoint},
    {"KIND", cell_kind, .spare = 4},
    {"STATE", cell_state, .spare = 1},
    {"AGE", cell_age},
    {NULL, NULL},
};

enum status run_super_list(struct session *session, int argc, char **argv)
{
	static const struct listing listing = {&daemon_super, CTL_SUPER ".List", "registrations",
	    columns, NULL, NULL, "nobody is registered"};

	return listing_run(session, &listing, NULL);
}
