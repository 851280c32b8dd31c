/* Which sockets there are, and which of them is used for what begins now. */
#include "peer/sockets.h"

#include "peer/core.h"
#include "peer/natview.h"

/* A pair of peers of which one is away must not make the other change its port all the time. */
#define RENEW_EVERY_MS 15000

/* WAN_SOCKETS_MAX for none. */
static size_t place_of(const struct peer *peer, unsigned id)
{
	size_t i = 0;

	while (i < WAN_SOCKETS_MAX && (id == 0 || peer->sockets.all[i].id != id))
		i++;
	return i;
}

static struct wan_socket *find(struct peer *peer, unsigned id)
{
	size_t i = place_of(peer, id);

	return i < WAN_SOCKETS_MAX ? &peer->sockets.all[i] : NULL;
}

const struct wan_socket *socket_by_id(const struct peer *peer, unsigned id)
{
	size_t i = place_of(peer, id);

	return i < WAN_SOCKETS_MAX ? &peer->sockets.all[i] : NULL;
}

static struct wan_socket *free_place(struct peer *peer)
{
	for (size_t i = 0; i < WAN_SOCKETS_MAX; i++) {
		if (peer->sockets.all[i].id == 0)
			return &peer->sockets.all[i];
	}
	return NULL;
}

unsigned socket_want(struct turn *turn, enum socket_use use, enum family family)
{
	struct peer *peer = turn->peer;
	struct wan_socket *socket = free_place(peer);

	if (socket == NULL)
		return 0;
	*socket = (struct wan_socket){
	    .id = ++peer->sockets.last_id,
	    .use = use,
	    .family = family,
	};
	peer_tell(peer,
	    &(struct peer_event){
		.kind = EVENT_SOCKET,
		.now = turn->now,
		.socket = socket->id,
		.family = family,
	    });
	return socket->id;
}

static void tell_end(struct turn *turn, uint16_t local)
{
	peer_tell(turn->peer,
	    &(struct peer_event){.kind = EVENT_SOCKET_END, .now = turn->now, .local = local});
}

void socket_end(struct turn *turn, unsigned id)
{
	struct wan_socket *socket = find(turn->peer, id);

	if (socket == NULL)
		return;
	if (socket->open)
		tell_end(turn, socket->local);
	if (turn->peer->sockets.fresh == id)
		turn->peer->sockets.fresh = 0;
	*socket = (struct wan_socket){0};
}

static const struct wan_socket *fresh(const struct peer *peer, enum family family)
{
	const struct wan_socket *socket = socket_by_id(peer, peer->sockets.fresh);

	return socket != NULL && socket->family == family ? socket : NULL;
}

uint16_t socket_current(const struct peer *peer, enum family family)
{
	const struct wan_socket *socket = fresh(peer, family);

	if (socket != NULL)
		return socket->local;
	return family == FAMILY_IP6 ? peer->sockets.main6 : peer->sockets.main4;
}

uint16_t socket_current_port(const struct peer *peer, enum family family)
{
	const struct wan_socket *socket = fresh(peer, family);

	return socket != NULL ? socket->port : 0;
}

uint16_t socket_of(const struct peer *peer, const struct arrival *in)
{
	for (size_t i = 0; i < WAN_SOCKETS_MAX; i++) {
		const struct wan_socket *socket = &peer->sockets.all[i];

		if (socket->open && socket->local == in->local)
			return socket->local;
	}
	return in->remote.family == FAMILY_IP6 ? peer->sockets.main6 : peer->sockets.main4;
}

bool sockets_renewing(const struct peer *peer)
{
	for (size_t i = 0; i < WAN_SOCKETS_MAX; i++) {
		const struct wan_socket *socket = &peer->sockets.all[i];

		if (socket->id != 0 && socket->use == SOCKET_FRESH && !socket->open)
			return true;
	}
	return false;
}

bool sockets_renew(struct turn *turn)
{
	struct sockets *sockets = &turn->peer->sockets;

	if (sockets_renewing(turn->peer))
		return true;
	if (sockets->renewed != 0 && turn->now - sockets->renewed < RENEW_EVERY_MS)
		return false;
	sockets_tidy(turn);
	sockets->renewed = turn->now;
	return socket_want(turn, SOCKET_FRESH, FAMILY_IP4) != 0;
}

void sockets_tidy(struct turn *turn)
{
	struct sockets *sockets = &turn->peer->sockets;

	for (size_t i = 0; i < WAN_SOCKETS_MAX; i++) {
		const struct wan_socket *socket = &sockets->all[i];

		if (socket->id != 0 && socket->use == SOCKET_FRESH && socket->open &&
		    socket->id != sockets->fresh && !paths_use(turn->peer, socket->local))
			socket_end(turn, socket->id);
	}
}

/* From now on; what is registered at the one before is not told to anybody any more then. */
static void use_fresh(struct turn *turn, const struct wan_socket *socket)
{
	struct peer *peer = turn->peer;

	peer->sockets.fresh = socket->id;
	for (size_t i = 0; i < peer->uplink_count; i++) {
		if (peer->uplinks[i].family == socket->family)
			uplink_move(turn, &peer->uplinks[i]);
	}
}

void peer_socket(struct peer *peer, unsigned id, uint16_t local, uint16_t port, int64_t now,
    int64_t wall, struct batch *out)
{
	struct turn turn = turn_at(peer, now, wall, out);
	struct wan_socket *socket = find(peer, id);

	if (socket == NULL || socket->open) {
		/* it was given up meanwhile */
		if (port != 0)
			tell_end(&turn, local);
		return;
	}
	socket->open = port != 0;
	socket->local = local;
	socket->port = port;
	if (socket->use != SOCKET_FRESH)
		natview_socket(&turn, socket);
	else if (socket->open)
		use_fresh(&turn, socket);
	if (!socket->open)
		*socket = (struct wan_socket){0};
}

void peer_use_ip6(struct peer *peer, uint16_t local)
{
	peer->sockets.has_ip6 = true;
	peer->sockets.main6 = local;
}
