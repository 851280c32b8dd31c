/* Routers with address translation. */
#include "nat.h"

#include <stdlib.h>
#include <string.h>

#define STREAM_AFTER_MS 2000

void nat_init(struct nat *nat, const struct nat_spec *spec, const struct endpoint *outer,
    uint64_t seed)
{
	uint8_t bytes[RNG_SEED_BYTES] = {'n', 'a', 't'};

	*nat = (struct nat){.spec = *spec, .outer = *outer};
	memcpy(bytes + 8, &seed, sizeof seed);
	rng_init(&nat->rng, bytes);
}

void nat_flush(struct nat *nat)
{
	nat->flow_count = 0;
	nat->hole_count = 0;
}

void nat_free(struct nat *nat)
{
	free(nat->flows);
	free(nat->holes);
	*nat = (struct nat){0};
}

void nat_move(struct nat *nat, const struct endpoint *outer)
{
	nat->outer = *outer;
	nat_flush(nat);
}

static int64_t due(struct nat *nat, int64_t expires)
{
	if (expires < nat->oldest)
		nat->oldest = expires;
	return expires;
}

/*
 * The others keep their order, oldest first: of two flows with the same ends (a loose filter let
 * the second in at another port) the older one is used as long as it lives, whatever else expires.
 */
static void expire(struct nat *nat, int64_t now)
{
	size_t flows = 0, holes = 0;

	if (now < nat->oldest)
		return;
	nat->oldest = INT64_MAX;
	for (size_t i = 0; i < nat->flow_count; i++) {
		if (nat->flows[i].expires <= now)
			continue;
		due(nat, nat->flows[i].expires);
		nat->flows[flows++] = nat->flows[i];
	}
	for (size_t i = 0; i < nat->hole_count; i++) {
		if (nat->holes[i].expires <= now)
			continue;
		due(nat, nat->holes[i].expires);
		nat->holes[holes++] = nat->holes[i];
	}
	nat->flow_count = flows;
	nat->hole_count = holes;
}

/* A packet belongs to the flow: it lives on, longer once it has gone both ways for 2 s. */
static void touch(struct nat *nat, struct nat_flow *flow, bool from_outside, int64_t now)
{
	if (from_outside != flow->from_outside)
		flow->replied = true;
	bool stream = flow->replied && now > flow->created + STREAM_AFTER_MS;

	if (from_outside && nat->spec.outgoing_only && flow->inside.family != FAMILY_NONE)
		return;
	flow->expires = due(nat, now + (stream ? nat->spec.stream : nat->spec.one_way));
}

static struct nat_flow *add_flow(struct nat *nat, const struct endpoint *inside,
    const struct endpoint *remote, uint16_t outer, int64_t now)
{
	if (nat->flow_count == nat->flow_cap) {
		nat->flow_cap = nat->flow_cap == 0 ? 8 : 2 * nat->flow_cap;
		nat->flows = reallocarray(nat->flows, nat->flow_cap, sizeof *nat->flows);
		if (nat->flows == NULL)
			abort();
	}
	struct nat_flow *flow = &nat->flows[nat->flow_count++];

	*flow = (struct nat_flow){
	    .remote = *remote,
	    .outer = outer,
	    .created = now,
	    .expires = due(nat, now + nat->spec.one_way),
	};
	if (inside != NULL)
		flow->inside = *inside;
	return flow;
}

/* The flow of what comes from `remote` to the outer port. */
static struct nat_flow *flow_in(const struct nat *nat, const struct endpoint *remote,
    uint16_t outer)
{
	for (size_t i = 0; i < nat->flow_count; i++) {
		if (nat->flows[i].outer == outer && endpoint_equal(&nat->flows[i].remote, remote))
			return &nat->flows[i];
	}
	return NULL;
}

static struct nat_flow *flow_out(const struct nat *nat, const struct endpoint *inside,
    const struct endpoint *remote)
{
	for (size_t i = 0; i < nat->flow_count; i++) {
		if (endpoint_equal(&nat->flows[i].inside, inside) &&
		    endpoint_equal(&nat->flows[i].remote, remote))
			return &nat->flows[i];
	}
	return NULL;
}

/* Whether `inside` may have the outer port toward `to`: nobody else's flow is in the way. */
static bool port_free(const struct nat *nat, const struct endpoint *inside,
    const struct endpoint *to, uint16_t port)
{
	if (flow_in(nat, to, port) != NULL)
		return false;
	for (size_t i = 0; i < nat->hole_count; i++) {
		if (nat->holes[i].outer == port && !endpoint_equal(&nat->holes[i].inside, inside))
			return false;
	}
	return true;
}

static uint16_t any_port(struct nat *nat)
{
	const struct nat_spec *spec = &nat->spec;

	if (spec->ports == PORTS_SEQUENTIAL)
		return (uint16_t)(spec->first + nat->next++ % spec->count);
	if (spec->ports == PORTS_BLOCK)
		return (uint16_t)(spec->first + rng_below(&nat->rng, spec->count));
	return (uint16_t)(1024 + rng_below(&nat->rng, 65536 - 1024));
}

/* Whether a flow to `old` lends its port to one to `to`. */
static bool maps_alike(const struct nat *nat, const struct endpoint *old,
    const struct endpoint *to)
{
	return nat->spec.mapping == DEPENDS_NOT ||
	    (nat->spec.mapping == DEPENDS_ADDRESS && endpoint_same_address(old, to));
}

static uint16_t choose_port(struct nat *nat, const struct endpoint *inside,
    const struct endpoint *to)
{
	uint16_t port;

	/* what the same source has already, then its own port */
	for (size_t i = 0; nat->spec.mapping != DEPENDS_PORT && i < nat->flow_count; i++) {
		const struct nat_flow *flow = &nat->flows[i];

		if (!flow->from_outside && endpoint_equal(&flow->inside, inside) &&
		    maps_alike(nat, &flow->remote, to) && port_free(nat, inside, to, flow->outer))
			return flow->outer;
	}
	if (nat->spec.ports == PORTS_KEEP && port_free(nat, inside, to, inside->port))
		return inside->port;
	for (int tries = 0; tries < 1000; tries++) {
		port = any_port(nat);
		if (port_free(nat, inside, to, port))
			return port;
	}
	return 0;
}

static bool hole_fits(const struct nat *nat, const struct nat_hole *hole, uint16_t outer,
    const struct endpoint *remote)
{
	return hole->outer == outer &&
	    (nat->spec.filtering == DEPENDS_NOT || endpoint_same_address(&hole->remote, remote));
}

static struct nat_hole *find_hole(const struct nat *nat, uint16_t outer,
    const struct endpoint *remote)
{
	for (size_t i = 0; i < nat->hole_count; i++) {
		if (hole_fits(nat, &nat->holes[i], outer, remote))
			return &nat->holes[i];
	}
	return NULL;
}

static void keep_hole(struct nat *nat, const struct nat_flow *flow, int64_t now)
{
	struct nat_hole *hole = find_hole(nat, flow->outer, &flow->remote);

	if (hole == NULL) {
		if (nat->hole_count == nat->hole_cap) {
			nat->hole_cap = nat->hole_cap == 0 ? 8 : 2 * nat->hole_cap;
			nat->holes = reallocarray(nat->holes, nat->hole_cap, sizeof *nat->holes);
			if (nat->holes == NULL)
				abort();
		}
		hole = &nat->holes[nat->hole_count++];
		*hole = (struct nat_hole){flow->inside, flow->remote, flow->outer, 0};
	}
	hole->expires = due(nat, now + nat->spec.one_way);
}

bool nat_out(struct nat *nat, struct endpoint *from, const struct endpoint *to, int64_t now)
{
	if (nat->spec.blocked)
		return false;
	expire(nat, now);
	struct nat_flow *flow = flow_out(nat, from, to);

	if (flow == NULL) {
		uint16_t port = choose_port(nat, from, to);

		if (port == 0)
			return false;
		flow = add_flow(nat, from, to, port, now);
	}
	touch(nat, flow, false, now);
	if (nat->spec.filtering != DEPENDS_PORT)
		keep_hole(nat, flow, now);
	from->port = flow->outer;
	memcpy(from->address, nat->outer.address, sizeof from->address);
	return true;
}

bool nat_in(struct nat *nat, const struct endpoint *from, struct endpoint *to, int64_t now)
{
	if (nat->spec.blocked)
		return false;
	expire(nat, now);
	struct nat_flow *flow = flow_in(nat, from, to->port);
	const struct nat_hole *hole = NULL;

	if (flow == NULL && nat->spec.filtering != DEPENDS_PORT)
		hole = find_hole(nat, to->port, from);
	if (flow == NULL && hole == NULL && !nat->spec.open)
		return false;
	if (flow == NULL) {
		/* without a hole it is for the router, which takes it and remembers */
		flow = add_flow(nat, hole != NULL ? &hole->inside : NULL, from, to->port, now);
		flow->from_outside = true;
	}
	touch(nat, flow, true, now);
	*to = flow->inside;
	return flow->inside.family != FAMILY_NONE;
}

bool nat_hairpin(struct nat *nat, struct endpoint *from, struct endpoint *to, int64_t now)
{
	return nat->spec.hairpin && nat_out(nat, from, to, now) && nat_in(nat, from, to, now);
}

uint16_t nat_outer_port(const struct nat *nat, const struct endpoint *inside,
    const struct endpoint *remote)
{
	const struct nat_flow *flow = flow_out(nat, inside, remote);

	return flow != NULL ? flow->outer : 0;
}
