/* ipmsgctl messages: each with who and when, and its text indented below. */
#include "ctl/interface.h"
#include "ipmsgctl/command.h"
#include "ipmsgctl/listing.h"
#include "ipmsgctl/print.h"

enum status run_messages(struct session *session, int argc, char **argv)
{
	static const struct listing listing = {&daemon_peer, CTL_PEER ".Messages", "messages", NULL,
	    NULL, print_message, "there are no messages"};

	return listing_run(session, &listing, json_pack("{s:b}", "all", 1));
}
