/* What goes on inside a peer, for the control socket. */
#include <string.h>

#include "peer/core.h"

/* 0: that of the main socket. */
static uint16_t local_port(const struct peer *peer, uint16_t local)
{
	for (size_t i = 0; i < WAN_SOCKETS_MAX; i++) {
		const struct wan_socket *socket = &peer->sockets.all[i];

		if (socket->open && socket->local == local)
			return socket->port;
	}
	return 0;
}

static void describe_supernode(const struct peer *peer, const struct uplink *uplink,
    struct peer_supernode_status *status)
{
	*status = (struct peer_supernode_status){
	    .host = uplink->setting.host,
	    .port = uplink->setting.port,
	    .setting = (unsigned)((size_t)(uplink - peer->uplinks) % (peer->uplink_count / 2)),
	    .family = uplink->family,
	    .state = uplink->state,
	    .reason = uplink->state == SUPERNODE_REFUSED ? uplink->reason : REASON_NONE,
	    .identity_state = uplink_identity_state(peer, uplink),
	    .known = uplink->has_known ? uplink->known : NULL,
	    .shown = uplink->has_shown ? uplink->shown : NULL,
	    .keyed = uplink->keyed && uplink->state == SUPERNODE_REGISTERED,
	    .extended = uplink->extended,
	    .seed = uplink->seed,
	    .observed = uplink->observed,
	    .local_port = local_port(peer, uplink->local),
	    .since = uplink->since,
	    .lifetime = uplink->lifetime,
	};
	if (uplink->address_count > 0)
		status->at = *uplink_address(uplink);
	if (status->identity_state == IDENTITY_FOREIGN) {
		const struct uplink *other = uplink_of_key(peer, uplink);

		status->shared_host = other->setting.host;
		status->shared_port = other->setting.port;
	}
}

bool peer_supernode_at(const struct peer *peer, unsigned place,
    struct peer_supernode_status *status)
{
	if (place >= peer->uplink_count)
		return false;
	describe_supernode(peer, &peer->uplinks[place], status);
	return true;
}

bool peer_supernode(const struct peer *peer, unsigned index, struct peer_supernode_status *status)
{
	/* both families of the first, then of the next */
	for (size_t i = 0; i < peer->uplink_count; i++) {
		size_t n = peer->uplink_count / 2, place = i / 2 + (i % 2 == 0 ? 0 : n);

		if (!peer->uplinks[place].dormant && index-- == 0)
			return peer_supernode_at(peer, (unsigned)place, status);
	}
	return false;
}

static const struct path *next_path(const struct peer *peer, uint32_t after)
{
	for (size_t i = 0; i < peer->path_count; i++) {
		if (peer->paths[i]->id > after)
			return peer->paths[i];
	}
	return NULL;
}

/* Names are what the other says: only where a person asked for him do they show who he is. */
static bool is_same_person(const struct path *path, const struct neighbour *neighbour)
{
	return path->asked && names_equal(path->user, neighbour->user) &&
	    names_equal(path->host, neighbour->host) && strcmp(path->name, neighbour->name) == 0;
}

/*
 * A neighbour is reached over a path, too: by the same endpoint, or by another of the same person.
 */
static bool has_open_path(const struct peer *peer, const struct neighbour *neighbour)
{
	const struct path *there = path_by_endpoint(peer, &neighbour->at);

	if (there != NULL && there->state == PATH_OPEN)
		return true;
	for (size_t i = 0; i < peer->path_count; i++) {
		if (peer->paths[i]->state == PATH_OPEN &&
		    is_same_person(peer->paths[i], neighbour))
			return true;
	}
	return false;
}

static const struct neighbour *next_neighbour(const struct peer *peer, uint32_t after)
{
	const struct neighbours *neighbours = &peer->lan.neighbours;

	for (size_t i = 0; i < neighbours->count; i++) {
		if (neighbours->all[i]->id > after && !has_open_path(peer, neighbours->all[i]))
			return neighbours->all[i];
	}
	return NULL;
}

static void describe_neighbour(const struct neighbour *neighbour,
    struct peer_contact_status *status)
{
	*status = (struct peer_contact_status){
	    .id = neighbour->id,
	    .lan = true,
	    .name = neighbour->name,
	    .user = neighbour->user,
	    .host = neighbour->host,
	    .nick = neighbour->nick,
	    .group = neighbour->group,
	    .version = neighbour->version,
	    .state = PATH_OPEN,
	    .asked = true,
	    .absent = neighbour->absent,
	    .at = neighbour->at,
	    .since = neighbour->since,
	    .heard = neighbour->heard,
	};
}

static void describe_path(const struct peer *peer, const struct path *path,
    struct peer_contact_status *status)
{
	*status = (struct peer_contact_status){
	    .id = path->id,
	    .name = path->name[0] != '\0' ? path->name : path->wanted,
	    .user = path->user,
	    .host = path->host,
	    .nick = path->nick,
	    .group = path->group,
	    .version = "",
	    .state = path->state,
	    .reason = path->reason,
	    .extended = path->extended,
	    .choices = path->choices,
	    .identity = path->has_identity ? path->identity : NULL,
	    .asked = path->asked || neighbour_at(peer, &path->remote) != NULL,
	    .absent = path->absent,
	    .at = path->remote.family != FAMILY_NONE ? path->remote : path->tried,
	    .since = path->since,
	    .heard = path->heard,
	    .has_nat = path->has_nat,
	    .nat = path->nat,
	    .diagnosis = diagnosis_of(peer, path),
	};
}

bool peer_contact(const struct peer *peer, uint32_t *cursor, struct peer_contact_status *status)
{
	const struct path *path = next_path(peer, *cursor);
	const struct neighbour *neighbour = next_neighbour(peer, *cursor);

	if (neighbour != NULL && (path == NULL || neighbour->id < path->id))
		describe_neighbour(neighbour, status);
	else if (path != NULL)
		describe_path(peer, path, status);
	else
		return false;
	*cursor = status->id;
	return true;
}

bool peer_contact_by_id(const struct peer *peer, uint32_t id, struct peer_contact_status *status)
{
	const struct path *path = path_by_id(peer, id);
	const struct neighbour *neighbour = path == NULL ? neighbour_by_id(peer, id) : NULL;

	if (path != NULL)
		describe_path(peer, path, status);
	else if (neighbour != NULL)
		describe_neighbour(neighbour, status);
	return path != NULL || neighbour != NULL;
}
