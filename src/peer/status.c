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

bool peer_contact(const struct peer *peer, uint32_t *cursor, struct peer_contact_status *status)
{
	const struct path *path = NULL;

	for (size_t i = 0; i < peer->path_count && path == NULL; i++) {
		if (peer->paths[i]->id > *cursor)
			path = peer->paths[i];
	}
	if (path == NULL)
		return false;
	*cursor = path->id;
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
	    .at = path->remote.family != FAMILY_NONE ? path->remote : path->tried,
	    .since = path->since,
	    .heard = path->heard,
	};
	return true;
}
