/*
 * Who is of the LAN: by its address, and not one of ourselves, a path or a
 * supernode.
 */
#include <stdio.h>
#include <string.h>

#include "peer/core.h"

#define NAMESAKE_EVERY_MS 3600000

const struct lan_link *lan_link_to(const struct peer *peer, const struct endpoint *at)
{
	const struct lan *lan = &peer->lan;

	for (size_t i = 0; i < lan->link_count; i++) {
		if (endpoint_within(&lan->links[i].own, lan->links[i].prefix, at))
			return &lan->links[i];
	}
	return NULL;
}

static bool is_added(const struct peer *peer, const struct endpoint *at)
{
	const struct peer_settings *settings = &peer->settings;

	for (size_t i = 0; i < settings->lan_address_count; i++) {
		unsigned bits = settings->lan_prefixes[i] != 0 ? settings->lan_prefixes[i] : 128;

		if (endpoint_within(&settings->lan_addresses[i], bits, at))
			return true;
	}
	return false;
}

bool lan_covers(const struct peer *peer, const struct endpoint *at)
{
	return peer->lan.link_count > 0 && (lan_link_to(peer, at) != NULL || is_added(peer, at));
}

bool lan_has_local(const struct lan *lan, uint16_t local)
{
	for (size_t i = 0; i < lan->link_count; i++) {
		if (lan->links[i].local == local)
			return true;
	}
	return false;
}

/*
 * What went to everybody did not name an address of ours. Where it came in by a
 * link, that is the one, although others may have the same prefix (fe80::/64).
 */
uint16_t lan_local(const struct peer *peer, const struct arrival *in)
{
	const struct lan_link *link = in->to_many ? lan_link_to(peer, &in->remote) : NULL;

	return link == NULL || lan_has_local(&peer->lan, in->local) ? in->local : link->local;
}

static bool is_own(const struct peer *peer, const struct endpoint *at)
{
	const struct lan *lan = &peer->lan;

	for (size_t i = 0; i < lan->link_count; i++) {
		if (endpoint_equal(&lan->links[i].own, at))
			return true;
	}
	return false;
}

static bool has_our_names(const struct peer *peer, const struct packet *packet)
{
	bool utf8 = packet_has(packet, OPT_UTF8);
	char name[NAME_TEXT_MAX];

	name_decode(packet->user, utf8, peer->legacy, name);
	if (!names_equal(name, peer->identity.user))
		return false;
	name_decode(packet->host, utf8, peer->legacy, name);
	return names_equal(name, peer->identity.host);
}

/* Entries have names behind the header, and may be of a path: lan_entry() looks at them. */
static bool is_stock_talk(const struct packet *packet)
{
	switch (packet_command(packet)) {
	case CMD_BR_ENTRY:
	case CMD_BR_EXIT:
	case CMD_ANSENTRY:
	case CMD_BR_ABSENCE:
	case CMD_ASKPUNCHING:
	case CMD_ORDERPUNCHING:
	case CMD_ANSPUNCHING:
	case CMD_SENDPART:
	case CMD_ACKPART:
		return false;
	default:
		return true;
	}
}

bool lan_is_echo(struct peer *peer, const struct arrival *in, const struct packet *packet)
{
	if (is_own(peer, &in->remote))
		return true;
	return is_stock_talk(packet) && lan_covers(peer, &in->remote) &&
	    has_our_names(peer, packet) && path_by_endpoint(peer, &in->remote) == NULL;
}

/* Whichever of our addresses, and whichever port. */
static bool is_this_host(const struct peer *peer, const struct endpoint *at)
{
	for (size_t i = 0; i < peer->address_count; i++) {
		if (endpoint_same_address(&peer->addresses[i], at))
			return true;
	}
	for (size_t i = 0; i < peer->lan.link_count; i++) {
		if (endpoint_same_address(&peer->lan.links[i].own, at))
			return true;
	}
	return false;
}

void lan_namesake(struct turn *turn, const struct arrival *in)
{
	struct peer *peer = turn->peer;
	struct lan *lan = &peer->lan;
	char name[2 * NAME_TEXT_MAX];

	if (is_this_host(peer, &in->remote) ||
	    (lan->has_namesake && turn->now - lan->namesake_told < NAMESAKE_EVERY_MS))
		return;
	lan->has_namesake = true;
	lan->namesake_told = turn->now;
	snprintf(name, sizeof name, "%s@%s", peer->identity.user, peer->identity.host);
	peer_tell(peer,
	    &(struct peer_event){
		.kind = EVENT_NAMESAKE,
		.now = turn->now,
		.name = name,
		.at = in->remote,
	    });
}

/* Whether a path wants plain entries from there; one with a session does not. */
static bool is_of_path(const struct peer *peer, const struct endpoint *at)
{
	const struct path *path = path_by_endpoint(peer, at);

	return path != NULL && !path->extended &&
	    (path_is_tried(path) || path->state == PATH_OPEN || path->state == PATH_ASKING);
}

bool lan_takes(struct peer *peer, const struct arrival *in, const struct entry *entry)
{
	const struct endpoint *from = &in->remote;

	return peer->lan.link_count > 0 && !fields_has(&entry->fields, KEY_SI) &&
	    uplink_at(peer, from) == NULL &&
	    (lan_covers(peer, from) || neighbour_at(peer, from) != NULL) && !is_of_path(peer, from);
}

bool lan_ignores(const struct peer *peer, const struct arrival *in)
{
	return in->to_many && !is_of_path(peer, &in->remote);
}
