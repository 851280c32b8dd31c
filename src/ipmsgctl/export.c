/* ipmsgctl export: every message as a line of JSON, written as it comes. */
#include "base/text.h"
#include "ctl/interface.h"
#include "ipmsgctl/command.h"
#include "ipmsgctl/listing.h"

const struct command_option export_options[] = {
    [EXPORT_WITH] = {"with", 'w', "NAME", "only from or to that name or nick"},
    {NULL},
};

static void write_line(json_t *message, void *out)
{
	output_line(out, message);
}

enum status run_export(struct session *session, int argc, char **argv)
{
	static const struct listing listing = {.daemon = &daemon_peer,
	    .method = CTL_PEER ".Messages",
	    .name = "messages"};
	const char *with = session->given[EXPORT_WITH];

	if (with != NULL && !utf8_valid(span_text(with))) {
		output_complain("--with: the name is not valid UTF-8");
		return STATUS_USAGE;
	}
	return listing_each(session, &listing,
	    json_pack("{s:s, s:s*}", "which", "all", "with", with), write_line, &session->out);
}
