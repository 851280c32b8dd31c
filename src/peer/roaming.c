/* The host's networks change under it, or it sleeps: nobody waits for a timer then. */
#include "peer/core.h"

void peer_hops(struct peer *peer, unsigned hops)
{
	peer->private_hops = hops;
}

void peer_moved(struct peer *peer, int64_t now, int64_t wall, struct batch *out)
{
	struct turn turn = turn_at(peer, now, wall, out);

	if (!peer->leaving)
		roam(&turn);
}

void roam(struct turn *turn)
{
	struct peer *peer = turn->peer;

	natview_roamed(turn);
	for (size_t i = 0; i < peer->uplink_count; i++)
		uplink_wake(turn, &peer->uplinks[i]);
	paths_moved(turn);
}

void peer_families(struct peer *peer, bool ip4, bool ip6, int64_t now, int64_t wall,
    struct batch *out)
{
	struct turn turn = turn_at(peer, now, wall, out);
	bool other = peer->ip4 != ip4 || peer->ip6 != ip6;

	peer->ip4 = ip4;
	peer->ip6 = ip6;
	/* those that slept may be of use now; which, their addresses decide */
	for (size_t i = 0; other && !peer->leaving && i < peer->uplink_count / 2; i++) {
		struct uplink *uplink = &peer->uplinks[i];

		if (uplink->dormant || uplink_twin(peer, uplink)->dormant)
			uplink_look(&turn, uplink);
	}
}
