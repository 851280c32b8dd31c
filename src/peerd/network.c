/* Looking for addresses and links, and numbering them. */
#include "peerd/network.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/heap.h"
#include "base/log.h"
#include "io/links.h"
#include "io/udp.h"

#define LOOK_EVERY_MS 60000
#define LIST_TEXT_MAX 512

static const char *const groups[ANNOUNCE_MAX] = {LINKS_GROUP_SITE, LINKS_GROUP_LINK};

static uint16_t port_of(const struct udp *udp)
{
	struct endpoint at = {0};

	udp_bound(udp, WAN_SOCKET, &at);
	return at.port;
}

void network_open(struct network *network, struct udp *udp)
{
	struct endpoint at = {.family = FAMILY_IP6, .port = port_of(udp)};
	char why[UDP_WHY_MAX];

	if (network->has_ip6)
		return;
	if (udp_bind(udp, &at, why) == 0)
		network->has_ip6 = true;
	else if (errno == EAFNOSUPPORT)
		log_info("this host has no IPv6");
	else
		log_warn("cannot listen on %s: nobody is met over IPv6; if another program has the "
			 "port, end it, or choose another port with the option `wan-port'", why);
}

/* IPv4 has one address for all on a link, IPv6 the two groups. */
static void set_announce(struct lan_link *link, const struct io_link *found, uint16_t port)
{
	if (found->quiet)
		return;
	if (found->own.family == FAMILY_IP4) {
		link->announce[0] = found->broadcast;
		link->announce[0].port = port;
		link->announce_count = 1;
		return;
	}
	for (size_t i = 0; i < ANNOUNCE_MAX; i++)
		endpoint_parse(&link->announce[i], groups[i], port);
	link->announce_count = ANNOUNCE_MAX;
}

static void set_groups(const struct network *network, struct udp *udp, unsigned interface,
    bool member)
{
	struct endpoint group;

	for (size_t i = 0; i < ANNOUNCE_MAX && network->has_ip6; i++) {
		endpoint_parse(&group, groups[i], 0);
		if (!member)
			udp_leave(udp, LAN_SOCKET, &group, interface);
		else if (!udp_join(udp, LAN_SOCKET, &group, interface))
			log_debug("cannot join %s: %s", groups[i], strerror(errno));
	}
}

static bool is_among(const unsigned *list, size_t count, unsigned item)
{
	for (size_t i = 0; i < count; i++) {
		if (list[i] == item)
			return true;
	}
	return false;
}

/* Joins on new interfaces, and leaves on those that are no link (any more). */
static void join(struct network *network, struct udp *udp, const struct io_link *found,
    size_t count)
{
	unsigned joined[LINKS_MAX];
	size_t joined_count = 0;

	for (size_t i = 0; i < count; i++) {
		if (found[i].own.family == FAMILY_IP6 && !found[i].quiet)
			joined[joined_count++] = found[i].interface;
	}
	for (size_t i = 0; i < network->joined_count; i++) {
		if (!is_among(joined, joined_count, network->joined[i]))
			set_groups(network, udp, network->joined[i], false);
	}
	/* also where we are in already: the interface may be another of the same index */
	for (size_t i = 0; i < joined_count; i++)
		set_groups(network, udp, joined[i], true);
	memcpy(network->joined, joined, joined_count * sizeof *joined);
	network->joined_count = joined_count;
}

/* False when no socket of ours serves it. */
static bool number(struct udp *udp, const struct io_link *found, uint16_t port,
    struct lan_link *link)
{
	*link = (struct lan_link){.own = found->own, .prefix = found->prefix};
	link->own.port = port_of(udp);
	set_announce(link, found, port);
	return udp_number_link(udp, &link->own, found->interface, &found->broadcast,
	    &link->local);
}

/* "192.168.1.20/24, fd00::1/64" */
static const char *list_links(const struct network *network, char out[LIST_TEXT_MAX])
{
	char address[ENDPOINT_TEXT_MAX];
	size_t used = 0;

	*out = '\0';
	for (size_t i = 0; i < network->link_count && used < LIST_TEXT_MAX; i++) {
		const struct lan_link *link = &network->links[i];

		if (link->announce_count > 0)
			used += (size_t)snprintf(out + used, LIST_TEXT_MAX - used, "%s%s/%u",
			    used > 0 ? ", " : "", endpoint_format_address(&link->own, address),
			    link->prefix);
	}
	return out;
}

static void look_for_links(struct network *network, struct udp *udp,
    const struct peerd_settings *settings)
{
	struct io_link found[LINKS_MAX];
	char before[LIST_TEXT_MAX], after[LIST_TEXT_MAX];
	size_t count = 0;

	list_links(network, before);
	if (settings->lan != LAN_OFF)
		count = links_find(found, LINKS_MAX,
		    settings->lan == LAN_ALL ? LINKS_ALL : LINKS_PRIVATE);
	join(network, udp, found, count);
	network->link_count = 0;
	for (size_t i = 0; i < count; i++)
		network->link_count += number(udp, &found[i], settings->peer.lan_port,
		    &network->links[network->link_count]);
	if (strcmp(before, list_links(network, after)) != 0)
		log_info("on the LAN as %s", *after != '\0' ? after : "nobody");
}

static bool has_address(const struct addresses *found, enum family family, enum scope scope)
{
	for (size_t i = 0; i < found->count; i++) {
		if (found->all[i].family == family && endpoint_scope(&found->all[i]) == scope)
			return true;
	}
	return false;
}

static bool has_way(const struct addresses *found, enum family family)
{
	for (size_t i = 0; i < found->way_count; i++) {
		if (found->ways[i].router.family == family)
			return true;
	}
	return false;
}

/*
 * Many a LAN has unique local IPv6 addresses and no IPv6 beyond. A host of which the kernel tells
 * nothing at all is tried over IPv4.
 */
static void find_families(struct network *network)
{
	const struct addresses *found = &network->found;
	bool ip4 = has_way(found, FAMILY_IP4) || has_address(found, FAMILY_IP4, SCOPE_PRIVATE) ||
	    has_address(found, FAMILY_IP4, SCOPE_GLOBAL);

	network->ip6 = has_way(found, FAMILY_IP6) || has_address(found, FAMILY_IP6, SCOPE_GLOBAL) ||
	    (!ip4 && has_address(found, FAMILY_IP6, SCOPE_PRIVATE));
	network->ip4 = ip4 || !network->ip6;
}

/* What a supernode tells others of; a pattern may well choose what leads nowhere by itself. */
static void choose_addresses(struct network *network, struct udp *udp,
    const struct peerd_settings *settings)
{
	const char *patterns[CANDIDATE_INTERFACES_MAX + 1] = {NULL};
	struct addresses chosen = network->found;

	for (size_t i = 0; i < settings->candidate_interface_count; i++)
		patterns[i] = settings->candidate_interfaces[i];
	if (settings->candidate_interface_count > 0)
		addresses_find(&chosen, port_of(udp), patterns);
	network->address_count = 0;
	for (size_t i = 0; i < chosen.count; i++) {
		if (endpoint_scope(&chosen.all[i]) == SCOPE_PRIVATE)
			network->addresses[network->address_count++] = chosen.all[i];
	}
}

/* Whether the host has moved, and what it can reach, does not depend on what it tells of itself. */
static bool look_for_addresses(struct network *network, struct udp *udp,
    const struct peerd_settings *settings)
{
	struct addresses before = network->found;

	addresses_find(&network->found, port_of(udp), NULL);
	find_families(network);
	choose_addresses(network, udp, settings);
	return !addresses_same(&before, &network->found);
}

bool network_look(struct network *network, struct udp *udp, const struct peerd_settings *settings,
    int64_t now)
{
	bool other = look_for_addresses(network, udp, settings);
	bool moved = other && network->looked;

	look_for_links(network, udp, settings);
	network->looked = true;
	network->due = network->watched ? DEADLINE_NEVER : now + LOOK_EVERY_MS;
	return moved;
}
