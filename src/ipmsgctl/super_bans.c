/* ipmsgctl super bans: who is not served, until when, and why. */
#include "ctl/interface.h"
#include "ipmsgctl/command.h"
#include "ipmsgctl/listing.h"

static void cell_what(const json_t *item, char out[FIELD_MAX])
{
	field_text(item, "what", out);
}

static void cell_until(const json_t *item, char out[FIELD_MAX])
{
	if (*field_time(item, "until", out) == '\0')
		snprintf(out, FIELD_MAX, "for good");
}

static void cell_reason(const json_t *item, char out[FIELD_MAX])
{
	field_text(item, "reason", out);
}

static const struct column columns[] = {
    {"WHAT", cell_what},
    {"UNTIL", cell_until},
    {"REASON", cell_reason, .cut = true},
    {NULL, NULL},
};

enum status run_super_bans(struct session *session, int argc, char **argv)
{
	static const struct listing listing = {&daemon_super, CTL_SUPER ".Bans", "bans", columns,
	    NULL, NULL, "nobody is banned"};

	return listing_run(session, &listing, NULL);
}
