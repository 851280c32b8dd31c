/* What the peer counts since its start, by the names that status shows. */
#include "peer/core.h"
#include "peer/peer.h"

const char *peer_counter_name(enum peer_counter counter)
{
	static const char *const names[PEER_COUNTERS] = {
	    [PEER_RECEIVED] = "received",
	    [PEER_DROPPED_MALFORMED] = "dropped_malformed",
	    [PEER_DROPPED_VOID] = "dropped_void",
	    [PEER_DROPPED_FORGED] = "dropped_forged",
	    [PEER_DROPPED_LATE] = "dropped_late",
	    [PEER_DROPPED_ADDRESS] = "dropped_address",
	    [PEER_DROPPED_ENCRYPTED] = "dropped_encrypted",
	    [PEER_SENT] = "sent",
	    [PEER_ORDERS] = "orders",
	    [PEER_ORDERS_REFUSED] = "orders_refused",
	    [PEER_PUNCHES] = "punches",
	    [PEER_MESSAGES_IN] = "messages_in",
	    [PEER_MESSAGES_DUPLICATE] = "messages_duplicate",
	    [PEER_MESSAGES_OUT] = "messages_out",
	};

	return names[counter];
}

uint64_t peer_count(const struct peer *peer, enum peer_counter counter)
{
	return peer->counters[counter];
}
