/* Hints of supernodes: which may be followed, and the candidates that they make. */
#include "peer/hint.h"

#include <string.h>

#include "peer/core.h"
#include "peer/tactic.h"

#define LOCAL_PORT_MIN 1024 /* of local candidates: no service that all have listens above */

bool hint_is_own(const struct peer *peer, const struct endpoint *at)
{
	for (size_t i = 0; i < peer->address_count; i++) {
		if (endpoint_equal(&peer->addresses[i], at))
			return true;
	}
	for (size_t i = 0; i < peer->own_count; i++) {
		if (endpoint_equal(&peer->own[i], at))
			return true;
	}
	/* that of the other family is ours too, as long as we are there */
	for (size_t i = 0; i < peer->uplink_count; i++) {
		const struct uplink *uplink = &peer->uplinks[i];

		if (uplink->state == SUPERNODE_REGISTERED && !uplink->moved &&
		    endpoint_equal(&uplink->observed, at))
			return true;
	}
	return false;
}

/*
 * Where an address told by a supernode may lead: not to ourselves, nor
 * loopback, link or worse; to a private address only if the supernode is at
 * one itself, or as a local candidate of the other.
 */
static bool may_lead(const struct peer *peer, const struct uplink *uplink,
    const struct endpoint *toward, bool candidate)
{
	enum scope scope = endpoint_scope(toward);

	if (scope != SCOPE_PRIVATE && (candidate || scope != SCOPE_GLOBAL))
		return false;
	/* the socket that the other is told of is of that family */
	if (!candidate && toward->family != uplink->family)
		return false;
	if (scope == SCOPE_PRIVATE && !candidate &&
	    endpoint_scope(uplink_address(uplink)) != SCOPE_PRIVATE)
		return false;
	return !hint_is_own(peer, toward);
}

bool hint_may_lead(const struct peer *peer, const struct hint *hint)
{
	return may_lead(peer, hint->uplink, hint->observed, false);
}

static bool is_our_address(const struct peer *peer, const struct endpoint *at)
{
	for (size_t i = 0; i < peer->uplink_count; i++) {
		if (endpoint_same_address(&peer->uplinks[i].observed, at))
			return true;
	}
	return false;
}

bool hint_is_inside(const struct peer *peer, const struct path *path, const struct endpoint *at)
{
	if (endpoint_scope(at) != SCOPE_PRIVATE || at->port < LOCAL_PORT_MIN)
		return false;
	for (size_t i = 0; i < path->candidate_count; i++) {
		const struct candidate *candidate = &path->candidates[i];

		if (candidate->kind == CANDIDATE_OBSERVED &&
		    is_our_address(peer, &candidate->way.at))
			return true;
	}
	return false;
}

/* Local candidates are those of somebody behind our own NAT, nobody else's. */
static void try_local(struct turn *turn, struct path *path, const struct hint *hint,
    const struct way *observed)
{
	const struct fields *fields = hint->fields;
	struct peer *peer = turn->peer;

	if (!fields_has(fields, KEY_LC) ||
	    !endpoint_same_address(hint->observed, &hint->uplink->observed))
		return;
	for (size_t i = 0; i < fields->candidate_count; i++) {
		const struct endpoint *at = &fields->candidates[i];
		struct way way = *observed;

		if (at->port < LOCAL_PORT_MIN || !may_lead(peer, hint->uplink, at, true) ||
		    (at->family == FAMILY_IP6 && !peer->sockets.has_ip6))
			continue;
		way.at = *at;
		if (at->family != observed->at.family)
			way.local = socket_current(peer, at->family);
		path_try(turn, path, &way, CANDIDATE_LOCAL);
	}
}

bool hint_try(struct turn *turn, struct path *path, const struct hint *hint, bool incoming)
{
	const struct fields *fields = hint->fields;
	struct way way = {.at = *hint->observed, .local = hint->local,
	    .has_session = fields_has(fields, KEY_SI)};

	if (way.has_session)
		memcpy(way.session, fields->session, SESSION_BYTES);
	/* who says nothing of it now may be behind another one than before */
	if (way.at.family == FAMILY_IP4) {
		path->has_nat = fields_has(fields, KEY_NT);
		path->nat = fields->nat;
	}
	/* from here on nothing counts without a session */
	if (way.has_session)
		path->extended = true;
	path_try(turn, path, &way, CANDIDATE_OBSERVED);
	try_local(turn, path, hint, &way);
	return !path_tactic(turn->peer, path, incoming).hopeless || !natview_is_sure(turn);
}
