/* Choosing what the NAT is tested with. */
#include "peer/natdestinations.h"

#include "peer/core.h"

#define PORT_MIN 1024 /* of what a supernode has us test: no service that all have listens above */

static bool is_at(const struct endpoint *own, const struct endpoint *at, uint16_t port)
{
	return endpoint_same_address(own, at) && at->port == (port != 0 ? port : own->port);
}

bool nat_is_own(const struct peer *peer, const struct endpoint *at, uint16_t port)
{
	for (size_t i = 0; i < peer->address_count; i++) {
		if (is_at(&peer->addresses[i], at, port))
			return true;
	}
	for (size_t i = 0; i < peer->own_count; i++) {
		if (is_at(&peer->own[i], at, port))
			return true;
	}
	for (size_t i = 0; i < peer->lan.link_count; i++) {
		if (is_at(&peer->lan.links[i].own, at, port))
			return true;
	}
	return false;
}

/* Who may be tested with: whom we are registered with, and who knows of tests. */
static bool is_usable(const struct turn *turn, const struct uplink *uplink)
{
	return uplink->family == FAMILY_IP4 && uplink->extended && uplink->address_count > 0 &&
	    uplink_usable(uplink, turn->now);
}

/* A supernode inside our own network sees nothing of what stands at its edge. */
static enum scope widest(const struct turn *turn)
{
	enum scope scope = SCOPE_UNUSABLE;

	for (size_t i = 0; i < turn->peer->uplink_count; i++) {
		const struct uplink *uplink = &turn->peer->uplinks[i];

		if (is_usable(turn, uplink) && endpoint_scope(uplink_address(uplink)) > scope)
			scope = endpoint_scope(uplink_address(uplink));
	}
	return scope;
}

static void add_destination(struct natview *view, const struct nat_destination *destination)
{
	for (size_t i = 0; i < view->destination_count; i++) {
		if (endpoint_equal(&view->destinations[i].at, &destination->at))
			return;
	}
	if (view->destination_count < NAT_TESTS_MAX)
		view->destinations[view->destination_count++] = *destination;
}

/*
 * A supernode must not make us write into networks that it is not in, or to ourselves; nor, by
 * telling of ever more addresses that are not its own, to others all the time.
 */
static void add_alternate(struct turn *turn, const struct uplink *uplink, size_t k)
{
	struct peer *peer = turn->peer;
	struct nat_destination destination = {
	    .supernode = *uplink_address(uplink),
	    .told = uplink->alternates[k],
	};
	struct endpoint *at = &destination.at;

	*at = destination.told;
	if (alternate_is_relative(at)) {
		*at = destination.supernode;
		at->port = destination.told.port;
	}
	if (!endpoint_same_address(at, &destination.supernode) &&
	    turn->now < uplink->alternates_rest)
		return;
	if (at->family != uplink->family || at->port < PORT_MIN ||
	    endpoint_scope(at) != endpoint_scope(&destination.supernode) || nat_is_own(peer, at, 0) ||
	    endpoint_equal(at, &uplink->observed))
		return;
	add_destination(&peer->natview, &destination);
}

/* All supernodes first, then the first alternate of each, and so on until there are enough. */
void nat_find_destinations(struct turn *turn)
{
	struct peer *peer = turn->peer;
	enum scope scope = widest(turn);

	peer->natview.destination_count = 0;
	for (size_t k = 0; k <= ALTERNATES_MAX; k++) {
		for (size_t i = 0; i < peer->uplink_count; i++) {
			const struct uplink *uplink = &peer->uplinks[i];

			if (!is_usable(turn, uplink) ||
			    endpoint_scope(uplink_address(uplink)) != scope)
				continue;
			if (k == 0)
				add_destination(&peer->natview,
				    &(struct nat_destination){.at = *uplink_address(uplink),
					.supernode = *uplink_address(uplink)});
			else if (k <= uplink->alternate_count)
				add_alternate(turn, uplink, k - 1);
		}
	}
}
