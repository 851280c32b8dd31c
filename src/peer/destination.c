/* Where messages go: one answer for paths and neighbours. */
#include "peer/destination.h"

#include "peer/core.h"

static void set_path(struct peer *peer, struct path *path, struct destination *to)
{
	*to = (struct destination){
	    .id = path->id,
	    .name = path->name[0] != '\0' ? path->name : path->wanted,
	    .open = path->state == PATH_OPEN,
	    .extended = path->extended,
	    .utf8 = path->utf8,
	    .at = path->remote,
	    .local = path->local,
	    .path = path,
	};
}

static void set_neighbour(struct neighbour *neighbour, struct destination *to)
{
	*to = (struct destination){
	    .id = neighbour->id,
	    .name = neighbour->name,
	    .open = true,
	    .utf8 = neighbour->utf8,
	    .at = neighbour->at,
	    .local = neighbour->local,
	    .neighbour = neighbour,
	};
}

bool destination_find(struct peer *peer, uint32_t id, struct destination *to)
{
	struct path *path = path_by_id(peer, id);
	struct neighbour *neighbour = path == NULL ? neighbour_by_id(peer, id) : NULL;

	if (path != NULL)
		set_path(peer, path, to);
	else if (neighbour != NULL)
		set_neighbour(neighbour, to);
	return path != NULL || neighbour != NULL;
}

bool destination_at(struct peer *peer, const struct endpoint *at, struct destination *to)
{
	struct path *path = path_by_endpoint(peer, at);
	struct neighbour *neighbour = neighbour_at(peer, at);

	/* where a path once was, somebody on the LAN may be now */
	if (path != NULL && (neighbour == NULL || path->state == PATH_OPEN || path_is_tried(path)))
		set_path(peer, path, to);
	else if (neighbour != NULL)
		set_neighbour(neighbour, to);
	return path != NULL || neighbour != NULL;
}
