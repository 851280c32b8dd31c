/*
 * The way of a datagram: out through the NATs in front of its sender, over
 * two lines with their delays and losses, in through the NATs in front of its
 * receiver. Each router takes one from its TTL, and so does the access router
 * of a public node; the middle of the network takes `hops` more.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core.h"

#define LAN_DELAY_MS 1
#define USUAL_TTL 64

struct flight {
	struct event event;
	struct endpoint from, to;
	struct nat_site *realm; /* where it is; NULL: the middle */
	int ttl;
	struct trail *trail;
	size_t len;
	unsigned char data[];
};

/* Who has that address in that realm: a node, or a site whose outer address it is. */
struct owner {
	struct node *node;
	struct nat_site *site;
};

static struct owner owner_of(const struct sim *sim, const struct nat_site *realm,
    const struct endpoint *at)
{
	for (struct node *node = sim->nodes; node != NULL; node = node->next) {
		if (node->site == realm && node_has(node, at))
			return (struct owner){.node = node};
	}
	for (struct nat_site *site = sim->sites; site != NULL; site = site->next) {
		if (site->uplink == realm && endpoint_same_address(&site->nat.outer, at))
			return (struct owner){.site = site};
	}
	return (struct owner){0};
}

void network_drop(struct sim *sim, struct event *event)
{
	struct flight *flight = (struct flight *)event;

	trail_end(sim, flight->trail, NULL, "under way");
	free(flight);
}

static void end(struct sim *sim, struct flight *flight, const struct node *to, const char *fate)
{
	trail_end(sim, flight->trail, to, fate);
	free(flight);
}

static struct flight *copy(const struct flight *flight)
{
	struct flight *twin = malloc(sizeof *twin + flight->len);

	if (twin == NULL)
		abort();
	memcpy(twin, flight, sizeof *twin + flight->len);
	twin->event.node.place = 0;
	twin->trail = trail_copy(flight->trail);
	return twin;
}

static uint32_t leg(struct sim *sim, const struct link *link)
{
	return link->delay + (link->jitter > 0 ? sim_chance(sim, link->jitter + 1) : 0);
}

static bool happens(struct sim *sim, uint32_t percent)
{
	return percent > 0 && sim_chance(sim, 100) < percent;
}

static void see(struct sim *sim, const struct flight *flight)
{
	struct sim_seen *seen = &sim->seen[sim->seen_count++ % SIM_SEEN_MAX];

	seen->from = flight->from;
	seen->to = flight->to;
	seen->len = flight->len < sizeof seen->bytes ? flight->len : sizeof seen->bytes;
	memcpy(seen->bytes, flight->data, seen->len);
}

void sim_tap(struct sim *sim)
{
	sim->tapped = true;
}

const struct sim_seen *sim_seen(const struct sim *sim, size_t which)
{
	return which < sim->seen_count && which < SIM_SEEN_MAX ? &sim->seen[which] : NULL;
}

/* Over the middle, to the line of whoever has the address. */
static void cross(struct sim *sim, struct flight *flight, const struct link *first)
{
	struct owner owner = owner_of(sim, NULL, &flight->to);
	const struct link *last = owner.site != NULL ? &owner.site->link :
	    owner.node != NULL			     ? &owner.node->link :
						       NULL;

	trail_to(flight->trail, &flight->to);
	if (sim->tapped)
		see(sim, flight);
	if (first->cut || (last != NULL && last->cut)) {
		end(sim, flight, NULL, "cut");
		return;
	}
	if (happens(sim, first->loss)) {
		end(sim, flight, NULL, "lost");
		return;
	}
	flight->ttl -= sim->hops;
	if (flight->ttl <= 0 || last == NULL) {
		end(sim, flight, NULL, last == NULL ? "nowhere" : "died on the way");
		return;
	}
	if (happens(sim, first->duplicate)) {
		struct flight *twin = copy(flight);

		sim_schedule(sim, &twin->event, sim->now + leg(sim, first) + leg(sim, last));
	}
	sim_schedule(sim, &flight->event, sim->now + leg(sim, first) + leg(sim, last));
}

/* To the router's own outer address, from inside: back in, if the router does that. */
static bool turns_round(struct sim *sim, struct flight *flight, struct nat_site *site)
{
	if (!endpoint_same_address(&site->nat.outer, &flight->to))
		return false;
	trail_to(flight->trail, &flight->to);
	if (!nat_hairpin(&site->nat, &flight->from, &flight->to, sim->now)) {
		end(sim, flight, NULL, "no hairpin");
		return true;
	}
	trail_via(flight->trail, site, &flight->to);
	sim_schedule(sim, &flight->event, sim->now + LAN_DELAY_MS);
	return true;
}

/* Up from the sender's realm, as far as it has to go. */
static void climb(struct sim *sim, struct flight *flight, const struct link *link)
{
	while (flight->realm != NULL) {
		struct nat_site *site = flight->realm;
		struct owner owner = owner_of(sim, site, &flight->to);

		if (owner.node != NULL || owner.site != NULL) {
			trail_to(flight->trail, &flight->to);
			sim_schedule(sim, &flight->event, sim->now + LAN_DELAY_MS);
			return;
		}
		if (turns_round(sim, flight, site))
			return;
		if (--flight->ttl <= 0 ||
		    !nat_out(&site->nat, &flight->from, &flight->to, sim->now)) {
			trail_to(flight->trail, &flight->to);
			end(sim, flight, NULL, flight->ttl <= 0 ? "died on the way" :
								  "filtered going out");
			return;
		}
		trail_via(flight->trail, site, &flight->from);
		flight->realm = site->uplink;
		link = &site->link;
	}
	cross(sim, flight, link);
}

static struct flight *flight_new(const struct endpoint *from, const struct endpoint *to,
    const void *bytes, size_t len)
{
	struct flight *flight = calloc(1, sizeof *flight + len);

	if (flight == NULL)
		abort();
	flight->event.kind = DUE_FLIGHT;
	flight->from = *from;
	flight->to = *to;
	flight->len = len;
	flight->ttl = USUAL_TTL;
	memcpy(flight->data, bytes, len);
	return flight;
}

void network_send(struct node *node, const struct datagram *datagram)
{
	const struct socket_at *from =
	    node_socket_of(node, datagram->local, datagram->remote.family);
	struct flight *flight;

	if (from == NULL) {
		sim_violate(node->sim, "%s sends from a socket that it does not have", node->name);
		return;
	}
	flight = flight_new(&from->at, &datagram->remote, datagram->data, datagram->len);
	flight->realm = node->site;
	if (datagram->ttl != 0)
		flight->ttl = datagram->ttl;
	if (node->site == NULL)
		flight->ttl--;
	flight->trail = trail_new(node->sim, node->name, &from->at, datagram);
	climb(node->sim, flight, &node->link);
}

void sim_cast(struct node *node, const struct endpoint *to, uint8_t ttl, const void *bytes,
    size_t len)
{
	network_send(node, &(struct datagram){*to, 0, ttl, (uint16_t)len, bytes});
}

void sim_forge(struct sim *sim, const struct endpoint *from, const struct endpoint *to,
    const void *bytes, size_t len)
{
	static const struct link link = {.delay = 1};
	struct flight *flight = flight_new(from, to, bytes, len);
	struct datagram datagram = {*to, 0, 0, (uint16_t)len, bytes};

	flight->trail = trail_new(sim, "(forged)", from, &datagram);
	cross(sim, flight, &link);
}

static void hand_over(struct sim *sim, struct flight *flight, struct node *node)
{
	const struct socket_at *socket = node_socket(node, &flight->to);
	bool heard = node->up && !node->asleep && socket != NULL;

	/* told before what it causes */
	trail_end(sim, flight->trail, node, heard ? "delivered" : "nobody there");
	if (heard) {
		struct arrival in = {
		    .bytes = span_of(flight->data, flight->len),
		    .remote = flight->from,
		    .local = socket->local,
		    .now = sim->now,
		    .wall = sim_wall(sim),
		};

		node_receive(node, &in);
	}
	free(flight);
}

void network_land(struct sim *sim, struct event *event)
{
	struct flight *flight = (struct flight *)event;

	for (;;) {
		struct owner owner = owner_of(sim, flight->realm, &flight->to);

		if (owner.node != NULL) {
			hand_over(sim, flight, owner.node);
			return;
		}
		if (owner.site == NULL) {
			end(sim, flight, NULL, "nowhere");
			return;
		}
		/* the router looks at it, and remembers it, before its TTL ends */
		if (!nat_in(&owner.site->nat, &flight->from, &flight->to, sim->now)) {
			end(sim, flight, NULL, "filtered coming in");
			return;
		}
		trail_via(flight->trail, owner.site, &flight->to);
		if (--flight->ttl <= 0) {
			end(sim, flight, NULL, "died at the NAT");
			return;
		}
		flight->realm = owner.site;
	}
}
