/*
 * The registrations of a peer together: one for each supernode and address family, of
 * which those sleep that have no address to go to, or none to come from.
 */
#include "peer/core.h"

size_t uplinks_init(struct uplink uplinks[UPLINKS_MAX], const struct peer_settings *settings)
{
	size_t n = settings->supernode_count;

	for (size_t i = 0; i < 2 * n; i++)
		uplinks[i] = (struct uplink){
		    .setting = settings->supernodes[i % n],
		    .family = i < n ? FAMILY_IP4 : FAMILY_IP6,
		    /* until there is an address of that family */
		    .dormant = i >= n,
		    .state = SUPERNODE_RESOLVING,
		    .due = DEADLINE_NEVER,
		    .blank = true,
		    .must_sign = true,
		};
	return 2 * n;
}

struct uplink *uplink_twin(struct peer *peer, const struct uplink *uplink)
{
	size_t n = peer->uplink_count / 2, i = (size_t)(uplink - peer->uplinks);

	return &peer->uplinks[i < n ? i + n : i - n];
}

/* The addresses are tried in turn, one for each time it was lost. */
static void take_addresses(struct uplink *uplink, const struct endpoint *addresses, size_t count)
{
	uplink->address_count = 0;
	for (size_t i = 0; i < count && uplink->address_count < UPLINK_ADDRESSES_MAX; i++) {
		if (addresses[i].family == uplink->family)
			uplink->addresses[uplink->address_count++] = addresses[i];
	}
	uplink->address = uplink->address_count > 0 ? uplink->failures % uplink->address_count : 0;
}

static bool is_reachable(const struct peer *peer, const struct uplink *uplink)
{
	if (uplink->address_count == 0)
		return false;
	if (endpoint_scope(uplink_address(uplink)) == SCOPE_LOOPBACK)
		return uplink->family == FAMILY_IP4 || peer->sockets.has_ip6;
	return uplink->family == FAMILY_IP4 ? peer->ip4 : peer->ip6 && peer->sockets.has_ip6;
}

static void sleep_until_wanted(struct turn *turn, struct uplink *uplink)
{
	uplink->dormant = true;
	uplink->expires = 0;
	uplink->tries = 0;
	uplink->due = DEADLINE_NEVER;
	uplink->observed = (struct endpoint){0};
	uplink_set_state(turn, uplink, SUPERNODE_RESOLVING);
}

/* Who knew of addresses goes on with them some time: a lookup that failed says nothing of them. */
static void unresolved(struct turn *turn, struct uplink *uplink)
{
	if (!uplink->dormant && uplink->state == SUPERNODE_RESOLVING)
		uplink_lose(turn, uplink);
}

/* One family at least goes on, so that it can be said what is wrong. */
static void resolved(struct turn *turn, struct uplink *both[2], const struct endpoint *addresses,
    size_t count)
{
	bool waits[2], reachable[2];

	for (size_t i = 0; i < 2; i++) {
		waits[i] = both[i]->dormant || both[i]->state == SUPERNODE_RESOLVING;
		if (waits[i])
			take_addresses(both[i], addresses, count);
		reachable[i] = is_reachable(turn->peer, both[i]);
	}
	for (size_t i = 0; i < 2; i++) {
		const struct uplink *twin = both[1 - i];
		bool spare = reachable[1 - i] ||
		    (i == 0 ? both[i]->address_count == 0 && twin->address_count > 0
			    : both[i]->address_count == 0 || twin->address_count > 0);

		if (!waits[i])
			continue;
		both[i]->dormant = !reachable[i] && spare;
		if (both[i]->dormant)
			sleep_until_wanted(turn, both[i]);
		else if (both[i]->address_count == 0)
			uplink_lose(turn, both[i]);
		else
			uplink_enter(turn, both[i]);
	}
}

void uplinks_resolved(struct turn *turn, unsigned setting, const struct endpoint *addresses,
    size_t count)
{
	struct uplink *first = &turn->peer->uplinks[setting];
	struct uplink *both[2] = {first, uplink_twin(turn->peer, first)};

	if (count > 0) {
		resolved(turn, both, addresses, count);
		return;
	}
	for (size_t i = 0; i < 2; i++)
		unresolved(turn, both[i]);
}

struct uplink *uplink_at(struct peer *peer, const struct endpoint *from)
{
	for (size_t i = 0; i < peer->uplink_count; i++) {
		struct uplink *uplink = &peer->uplinks[i];

		if (uplink->address_count > 0 && endpoint_equal(uplink_address(uplink), from))
			return uplink;
	}
	return NULL;
}
