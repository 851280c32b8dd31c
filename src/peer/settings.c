/* The defaults of a peer. */
#include "peer/settings.h"

void peer_settings_init(struct peer_settings *settings)
{
	*settings = (struct peer_settings){
	    .legacy_charset = "CP932",
	    .refresh = 22,
	    .opener_ttl = 3,
	    .rest = 190000,
	    .max_paths = 1024,
	    .max_messages = 20000,
	    .message_lifetime = 7 * 86400,
	    .lan_port = 2425,
	    .list_answer = true,
	    .max_neighbours = 1024,
	};
}
