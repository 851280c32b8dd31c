/* Which sockets there are, and which of them is used for what begins now. */
#include "peer/sockets.h"

#include "peer/core.h"
#include "peer/natview.h"

/* A pair of peers of which one is away must not make the other change its port all the time. */
#define RENEW_EVERY_MS 15000

/* What is being begun on a fresh socket ends there. */
#define BACK_LATER_MS 1000

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

	return socket != NULL ? socket->local : socket_main(peer, family);
}

uint16_t socket_main(const struct peer *peer, enum family family)
{
	return family == FAMILY_IP6 ? peer->sockets.main6 : peer->sockets.main4;
}

uint16_t socket_current_port(const struct peer *peer, enum family family)
{
	const struct wan_socket *socket = fresh(peer, family);

	return socket != NULL ? socket->port : 0;
}

static const struct wan_socket *by_local(const struct peer *peer, uint16_t local)
{
	for (size_t i = 0; i < WAN_SOCKETS_MAX; i++) {
		const struct wan_socket *socket = &peer->sockets.all[i];

		if (socket->open && socket->local == local)
			return socket;
	}
	return NULL;
}

uint16_t socket_port(const struct peer *peer, uint16_t local)
{
	const struct wan_socket *socket = by_local(peer, local);

	return socket != NULL ? socket->port : 0;
}

uint16_t socket_of(const struct peer *peer, const struct arrival *in)
{
	const struct wan_socket *socket = by_local(peer, in->local);

	return socket != NULL ? socket->local : socket_main(peer, in->remote.family);
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

/* Whether any supernode would tell others of another port. */
static bool is_told_on(const struct peer *peer)
{
	for (size_t i = 0; i < peer->uplink_count; i++) {
		const struct uplink *uplink = &peer->uplinks[i];

		if (uplink->family == FAMILY_IP4 && uplink->extended && !uplink->dormant)
			return true;
	}
	return false;
}

/* A port that everybody gets in by is not given up: it may well be the only one. */
static bool can_help(const struct peer *peer)
{
	struct peer_nat_status nat;

	if (peer_nat(peer, FAMILY_IP4, &nat) && (!nat.translated || nat.nat.eif))
		return false;
	return is_told_on(peer);
}

bool sockets_renew(struct turn *turn)
{
	struct sockets *sockets = &turn->peer->sockets;

	if (sockets_renewing(turn->peer))
		return true;
	if (sockets->renewed != 0 &&
	    (!sockets->proven || turn->now - sockets->renewed < RENEW_EVERY_MS))
		return false;
	if (!can_help(turn->peer))
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
static void use(struct turn *turn, unsigned id)
{
	struct peer *peer = turn->peer;

	peer->sockets.fresh = id;
	peer->sockets.proven = false;
	peer->sockets.back = turn->now + peer->settings.rest;
	peer_tell(peer,
	    &(struct peer_event){
		.kind = EVENT_SOCKET_USED,
		.now = turn->now,
		.port = socket_current_port(peer, FAMILY_IP4),
	    });
	for (size_t i = 0; i < peer->uplink_count; i++) {
		struct uplink *uplink = &peer->uplinks[i];

		if (uplink->family == FAMILY_IP4 && uplink->extended)
			uplink_move(turn, uplink);
	}
}

static bool is_beginning(const struct peer *peer)
{
	for (size_t i = 0; i < peer->path_count; i++) {
		enum path_state state = peer->paths[i]->state;

		if (state == PATH_ASKING || state == PATH_PUNCHING)
			return true;
	}
	return sockets_renewing(peer);
}

int64_t sockets_deadline(const struct peer *peer)
{
	return peer->sockets.fresh != 0 ? peer->sockets.back : DEADLINE_NEVER;
}

void sockets_tick(struct turn *turn)
{
	struct peer *peer = turn->peer;

	if (turn->now < sockets_deadline(peer))
		return;
	if (is_beginning(peer)) {
		peer->sockets.back = turn->now + BACK_LATER_MS;
		return;
	}
	use(turn, 0);
	sockets_tidy(turn);
}

void peer_socket(struct peer *peer, unsigned id, uint16_t local, uint16_t port, int64_t now,
    int64_t wall, struct batch *out)
{
	struct turn turn = turn_at(peer, now, wall, out);
	struct wan_socket *socket = find(peer, id);

	if (socket == NULL || socket->open || peer->leaving) {
		/* it was given up meanwhile */
		if (port != 0)
			tell_end(&turn, local);
		if (socket != NULL && !socket->open)
			*socket = (struct wan_socket){0};
		return;
	}
	socket->open = port != 0;
	socket->local = local;
	socket->port = port;
	if (socket->use != SOCKET_FRESH)
		natview_socket(&turn, socket);
	else if (socket->open)
		use(&turn, socket->id);
	if (!socket->open)
		*socket = (struct wan_socket){0};
}

void peer_use_ip6(struct peer *peer, uint16_t local)
{
	peer->sockets.has_ip6 = true;
	peer->sockets.main6 = local;
}
