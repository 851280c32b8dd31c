/* Who sent a packet, and answers to it. */
#include "peer/source.h"

#include "peer/core.h"

static struct neighbour *named_neighbour(struct peer *peer, const struct packet *packet)
{
	bool utf8 = packet_has(packet, OPT_UTF8);
	char user[NAME_TEXT_MAX], host[NAME_TEXT_MAX];

	name_decode(packet->user, utf8, peer->legacy, user);
	name_decode(packet->host, utf8, peer->legacy, host);
	return neighbour_by_user(peer, user, host);
}

struct source source_of(struct peer *peer, const struct arrival *in, const struct packet *packet)
{
	struct source source = {
	    .at = in->remote,
	    .local = lan_local(peer, in),
	    .credit = in->bytes.len,
	};
	const struct neighbour *neighbour;
	struct destination to;

	if (destination_at(peer, &in->remote, &to)) {
		source.id = to.id;
		source.utf8 = to.utf8;
	} else if (lan_covers(peer, &in->remote) &&
	    (neighbour = named_neighbour(peer, packet)) != NULL) {
		source.id = neighbour->id;
		source.utf8 = neighbour->utf8;
	}
	return source;
}

bool source_is(struct peer *peer, const struct arrival *in, const struct packet *packet,
    uint32_t id)
{
	const struct neighbour *neighbour;
	struct destination to;

	if (destination_at(peer, &in->remote, &to) && to.id == id)
		return true;
	if (!lan_covers(peer, &in->remote))
		return false;
	neighbour = named_neighbour(peer, packet);
	return neighbour != NULL && neighbour->id == id;
}

/* Of somebody whom a host list names, nothing is known but that list. */
static bool is_hearsay(const struct destination *to)
{
	return to->neighbour != NULL && to->neighbour->listed;
}

bool source_receives(struct peer *peer, const struct source *source)
{
	struct destination to;

	if (lan_covers(peer, &source->at))
		return true;
	return destination_at(peer, &source->at, &to) && to.open && !is_hearsay(&to);
}

static void answer_stranger(struct turn *turn, const struct writer *w, struct source *source)
{
	turn_close_answer(turn, w,
	    &(struct arrival){
		.bytes = span_of(NULL, source->credit),
		.remote = source->at,
		.local = source->local,
	    });
	if (w->len <= source->credit)
		source->credit -= w->len;
}

void source_answer(struct turn *turn, const struct writer *w, struct source *source)
{
	struct peer *peer = turn->peer;
	struct destination to;
	bool is_path = destination_at(peer, &source->at, &to) && to.path != NULL;

	/* a neighbour that a host list led to, and that is not on the LAN, has proven nothing */
	if (is_path || !lan_covers(peer, &source->at))
		answer_stranger(turn, w, source);
	else if (lan_may_answer(turn, &source->at, w->len))
		turn_close_from(turn, w, &source->at, source->local, 0);
}

void source_follow(struct turn *turn, const struct writer *w, struct source *source)
{
	struct destination to;

	if (source->id != 0 && destination_find(turn->peer, source->id, &to) && to.open &&
	    !is_hearsay(&to))
		turn_close_from(turn, w, &to.at, to.local, 0);
	else
		source_answer(turn, w, source);
}
