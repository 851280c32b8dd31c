/* What goes on inside a peer, for the control socket. */
#include "peer/core.h"

bool peer_supernode(const struct peer *peer, unsigned index, struct peer_supernode_status *status)
{
	if (index >= peer->uplink_count)
		return false;
	const struct uplink *uplink = &peer->uplinks[index];

	*status = (struct peer_supernode_status){
	    .host = uplink->setting.host,
	    .port = uplink->setting.port,
	    .state = uplink->state,
	    .extended = uplink->extended,
	    .seed = uplink->seed,
	    .observed = uplink->observed,
	    .since = uplink->since,
	    .lifetime = uplink->lifetime,
	};
	if (uplink->address_count > 0)
		status->at = *uplink_address(uplink);
	return true;
}

static const struct path *next_path(const struct peer *peer, uint32_t after)
{
	for (size_t i = 0; i < peer->path_count; i++) {
		if (peer->paths[i]->id > after)
			return peer->paths[i];
	}
	return NULL;
}

static bool has_open_path(const struct peer *peer, const struct neighbour *neighbour)
{
	const struct path *path = path_by_endpoint(peer, &neighbour->at);

	return path != NULL && path->state == PATH_OPEN;
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
	    .absent = neighbour->absent,
	    .at = neighbour->at,
	    .since = neighbour->since,
	    .heard = neighbour->heard,
	};
}

static void describe_path(const struct path *path, struct peer_contact_status *status)
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
	    .absent = path->absent,
	    .at = path->remote.family != FAMILY_NONE ? path->remote : path->tried,
	    .since = path->since,
	    .heard = path->heard,
	};
}

bool peer_contact(const struct peer *peer, uint32_t *cursor, struct peer_contact_status *status)
{
	const struct path *path = next_path(peer, *cursor);
	const struct neighbour *neighbour = next_neighbour(peer, *cursor);

	if (neighbour != NULL && (path == NULL || neighbour->id < path->id))
		describe_neighbour(neighbour, status);
	else if (path != NULL)
		describe_path(path, status);
	else
		return false;
	*cursor = status->id;
	return true;
}
