/*
 * When the NAT is tested and what the tests mean (ipmsg-punch(7), NAT TESTS). Each phase has a
 * socket of its own, but for the last, which looks at what the one before it has done.
 */
#include "peer/natview.h"

#include "peer/core.h"
#include "peer/natmapping.h"

#define SETTLE_MS 300 /* supernodes that answer one after another are tested together */
#define SOCKET_WAIT_MS 5000
#define BETWEEN_MS 15000     /* whatever changes */
#define DOUBT_MS 600000	     /* when nothing has changed that could be seen */
#define AGAIN_MS (6 * 3600000LL)
#define JITTER_PERCENT 15

void natview_init(struct natview *view)
{
	*view = (struct natview){.wanted = DEADLINE_NEVER};
}

static bool is_one_of(const struct endpoint *endpoints, size_t count, const struct endpoint *at)
{
	for (size_t i = 0; i < count; i++) {
		if (endpoint_equal(&endpoints[i], at))
			return true;
	}
	return false;
}

/* Whether it is this host: with `port` 0 at the main socket, else at the one with that port. */
static bool is_own(const struct peer *peer, const struct endpoint *at, uint16_t port)
{
	const struct lan *lan = &peer->lan;

	for (size_t i = 0; i < peer->address_count + lan->link_count; i++) {
		const struct endpoint *own = i < peer->address_count
		    ? &peer->addresses[i]
		    : &lan->links[i - peer->address_count].own;

		if (endpoint_same_address(own, at) && at->port == (port != 0 ? port : own->port))
			return true;
	}
	return false;
}

/* Who may be tested with: whom we are registered with, and who knows of tests. */
static bool is_usable(const struct turn *turn, const struct uplink *uplink)
{
	return uplink->family == FAMILY_IP4 && uplink->extended && uplink->address_count > 0 &&
	    uplink_usable(uplink, turn->now);
}

/* A supernode inside our own network sees nothing of what stands at its edge. */
static enum scope widest(const struct turn *turn)
{
	enum scope scope = SCOPE_UNUSABLE;

	for (size_t i = 0; i < turn->peer->uplink_count; i++) {
		const struct uplink *uplink = &turn->peer->uplinks[i];

		if (is_usable(turn, uplink) && endpoint_scope(uplink_address(uplink)) > scope)
			scope = endpoint_scope(uplink_address(uplink));
	}
	return scope;
}

static void add_destination(struct natview *view, const struct nat_destination *destination)
{
	for (size_t i = 0; i < view->destination_count; i++) {
		if (endpoint_equal(&view->destinations[i].at, &destination->at))
			return;
	}
	if (view->destination_count < NAT_TESTS_MAX)
		view->destinations[view->destination_count++] = *destination;
}

/* A supernode must not make us write into networks that it is not in, or to ourselves. */
static void add_alternate(struct turn *turn, const struct uplink *uplink, size_t k)
{
	struct peer *peer = turn->peer;
	struct nat_destination destination = {
	    .supernode = *uplink_address(uplink),
	    .told = uplink->alternates[k],
	};
	struct endpoint *at = &destination.at;

	*at = destination.told;
	if (alternate_is_relative(at)) {
		*at = destination.supernode;
		at->port = destination.told.port;
	}
	if (at->family != uplink->family ||
	    endpoint_scope(at) != endpoint_scope(&destination.supernode) || is_own(peer, at, 0) ||
	    endpoint_equal(at, &uplink->observed))
		return;
	add_destination(&peer->natview, &destination);
}

/* All supernodes first, then the first alternate of each, and so on until there are enough. */
static void find_destinations(struct turn *turn)
{
	struct peer *peer = turn->peer;
	enum scope scope = widest(turn);

	peer->natview.destination_count = 0;
	for (size_t k = 0; k <= ALTERNATES_MAX; k++) {
		for (size_t i = 0; i < peer->uplink_count; i++) {
			const struct uplink *uplink = &peer->uplinks[i];

			if (!is_usable(turn, uplink) ||
			    endpoint_scope(uplink_address(uplink)) != scope)
				continue;
			if (k == 0)
				add_destination(&peer->natview,
				    &(struct nat_destination){.at = *uplink_address(uplink),
					.supernode = *uplink_address(uplink)});
			else if (k <= uplink->alternate_count)
				add_alternate(turn, uplink, k - 1);
		}
	}
}

static void want_at(struct natview *view, int64_t due, int64_t pause)
{
	if (view->began != 0 && due < view->began + pause)
		due = view->began + pause;
	if (due < view->wanted)
		view->wanted = due;
}

static void end_socket(struct turn *turn)
{
	struct natview *view = &turn->peer->natview;
	unsigned id = view->socket;

	view->socket = 0;
	view->waiting = false;
	socket_end(turn, id);
}

static bool same_class(struct nat_class a, struct nat_class b)
{
	return a.mapping == b.mapping && a.ports == b.ports && a.open == b.open && a.eif == b.eif;
}

/*
 * What the tests showed takes the place of what was found before. A supernode takes another class
 * without a new signature, so it costs none.
 */
static void publish(struct turn *turn)
{
	struct peer *peer = turn->peer;
	struct natview *view = &peer->natview;
	struct nat_class before = natview_class(peer, FAMILY_IP4);

	view->found = view->next;
	view->found.since = turn->now;
	for (size_t i = 0; i < peer->uplink_count; i++) {
		if (peer->uplinks[i].family == FAMILY_IP4 &&
		    !same_class(before, view->found.nat))
			uplink_tell(turn, &peer->uplinks[i]);
	}
}

static void finish(struct turn *turn)
{
	struct natview *view = &turn->peer->natview;

	end_socket(turn);
	view->phase = NATVIEW_IDLE;
	if (view->next.destinations > 0)
		publish(turn);
	else
		want_at(view, turn->now, DOUBT_MS);
}

static void want_socket(struct turn *turn, enum natview_phase phase, enum socket_use use)
{
	struct natview *view = &turn->peer->natview;
	unsigned id;

	view->phase = phase;
	view->waiting = true;
	view->until = turn->now + SOCKET_WAIT_MS;
	id = socket_want(turn, use, FAMILY_IP4);
	/* the answer may have come before the id */
	if (!view->waiting)
		return;
	view->socket = id;
	if (id == 0)
		finish(turn);
}

static void begin(struct turn *turn)
{
	struct natview *view = &turn->peer->natview;

	view->wanted = DEADLINE_NEVER;
	find_destinations(turn);
	/* one alone says no more than its grants do */
	if (view->destination_count < 2)
		return;
	view->began = turn->now;
	view->wanted = turn->now + peer_jitter(turn->peer, AGAIN_MS, JITTER_PERCENT);
	view->next = (struct peer_nat_status){0};
	view->tested_count = view->destination_count;
	for (size_t i = 0; i < view->destination_count; i++)
		view->tested[i] = view->destinations[i].at;
	want_socket(turn, NATVIEW_MAPPING, SOCKET_MAPPING);
}

/* The samples of the mapping tests. Returns their number. */
static size_t collect(const struct nat_tests *tests, struct nat_sample samples[NAT_SAMPLES_MAX])
{
	size_t n = 0;

	for (size_t i = 0; i < tests->count && n < NAT_SAMPLES_MAX; i++) {
		const struct nat_test *test = &tests->all[i];

		if (test->seen.family != FAMILY_NONE)
			samples[n++] = (struct nat_sample){test->to, test->seen, (unsigned)i};
	}
	return n;
}

static bool all_own(const struct peer *peer, const struct nat_sample *samples, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (!is_own(peer, &samples[i].seen, peer->natview.port))
			return false;
	}
	return count > 0;
}

static void judge_mapping(struct turn *turn)
{
	struct natview *view = &turn->peer->natview;
	struct peer_nat_status *next = &view->next;
	struct nat_sample samples[NAT_SAMPLES_MAX] = {0};
	size_t n = collect(&view->tests, samples);
	struct nat_mapping_found found = natmapping_of(samples, n, view->port);

	next->mapping_tested = n > 0;
	next->translated = !all_own(turn->peer, samples, n);
	next->nat.mapping = next->translated ? found.mapping : NAT_MAPPING_EI;
	next->nat.ports = found.ports;
	next->step = found.step;
	next->destinations = (unsigned)n;
	next->addresses = found.addresses;
	if (n > 0)
		next->observed = samples[n - 1].seen;
}

static bool has_answered(const struct natview *view, const struct endpoint *at)
{
	for (size_t i = 0; i < view->tests.count; i++) {
		if (view->tests.all[i].seen.family != FAMILY_NONE &&
		    endpoint_equal(&view->tests.all[i].to, at))
			return true;
	}
	return false;
}

/*
 * A supernode that can answer from elsewhere, best from another address: an answer from another
 * port of the same may well pass a filter.
 */
static const struct nat_destination *choose_elsewhere(const struct natview *view)
{
	const struct nat_destination *chosen = NULL;

	for (size_t i = 0; i < view->destination_count; i++) {
		const struct nat_destination *destination = &view->destinations[i];

		if (destination->told.family == FAMILY_NONE ||
		    !has_answered(view, &destination->at) ||
		    !has_answered(view, &destination->supernode))
			continue;
		if (!endpoint_same_address(&destination->at, &destination->supernode))
			return destination;
		if (chosen == NULL)
			chosen = destination;
	}
	return chosen;
}

static void start_mapping(struct turn *turn)
{
	struct natview *view = &turn->peer->natview;

	nattests_begin(&view->tests, turn->now);
	for (size_t i = 0; i < view->destination_count; i++) {
		const struct endpoint *at = &view->destinations[i].at;

		nattests_add(turn->peer, &view->tests, at, at, NULL);
	}
}

/* One that is answered from where it goes, and one that is not. */
static void start_filtering(struct turn *turn)
{
	struct natview *view = &turn->peer->natview;
	const struct nat_destination *elsewhere = &view->elsewhere;

	nattests_begin(&view->tests, turn->now);
	nattests_add(turn->peer, &view->tests, &elsewhere->supernode, &elsewhere->supernode, NULL);
	nattests_add(turn->peer, &view->tests, &elsewhere->supernode, &elsewhere->at,
	    &elsewhere->told);
}

static void end_mapping(struct turn *turn)
{
	struct natview *view = &turn->peer->natview;
	const struct nat_destination *elsewhere;

	judge_mapping(turn);
	elsewhere = choose_elsewhere(view);
	if (view->next.nat.mapping != NAT_MAPPING_EI || elsewhere == NULL) {
		finish(turn);
		return;
	}
	view->elsewhere = *elsewhere;
	end_socket(turn);
	want_socket(turn, NATVIEW_FILTERING, SOCKET_FILTERING);
}

static void end_filtering(struct turn *turn)
{
	struct natview *view = &turn->peer->natview;
	const struct nat_test *plain = &view->tests.all[0], *elsewhere = &view->tests.all[1];

	if (elsewhere->answered) {
		view->next.filtering_tested = true;
		view->next.nat.eif = !endpoint_same_address(&elsewhere->from, &elsewhere->to);
		finish(turn);
	} else if (plain->seen.family == FAMILY_NONE) {
		finish(turn);
	} else {
		view->phase = NATVIEW_COMPARING;
		view->next.observed = plain->seen;
		nattests_begin(&view->tests, turn->now);
		nattests_add(turn->peer, &view->tests, &view->elsewhere.at, &view->elsewhere.at,
		    NULL);
		nattests_send(turn, &view->tests, view->local);
	}
}

static void end_comparing(struct turn *turn)
{
	struct natview *view = &turn->peer->natview;
	const struct endpoint *seen = &view->tests.all[0].seen;

	if (seen->family != FAMILY_NONE) {
		view->next.filtering_tested = true;
		view->next.nat.open = !endpoint_equal(seen, &view->next.observed);
	}
	finish(turn);
}

static void end_phase(struct turn *turn)
{
	switch (turn->peer->natview.phase) {
	case NATVIEW_MAPPING:
		end_mapping(turn);
		break;
	case NATVIEW_FILTERING:
		end_filtering(turn);
		break;
	default:
		end_comparing(turn);
		break;
	}
}

void natview_socket(struct turn *turn, const struct wan_socket *socket)
{
	struct natview *view = &turn->peer->natview;
	enum socket_use use =
	    view->phase == NATVIEW_MAPPING ? SOCKET_MAPPING : SOCKET_FILTERING;

	if (!view->waiting || socket->use != use) {
		socket_end(turn, socket->id);
		return;
	}
	view->waiting = false;
	view->socket = socket->id;
	view->local = socket->local;
	view->port = socket->port;
	if (!socket->open) {
		finish(turn);
		return;
	}
	if (view->phase == NATVIEW_MAPPING)
		start_mapping(turn);
	else
		start_filtering(turn);
	nattests_send(turn, &view->tests, view->local);
}

bool natview_is_at(const struct peer *peer, uint16_t local)
{
	const struct natview *view = &peer->natview;

	return view->phase != NATVIEW_IDLE && !view->waiting && view->local == local;
}

void natview_receive(struct turn *turn, const struct arrival *in, const struct packet *packet)
{
	struct natview *view = &turn->peer->natview;
	struct entry entry;

	/* a stranger may have found the port */
	if (packet_command(packet) != CMD_ANSENTRY) {
		peer_bump(turn->peer, PEER_DROPPED_FORGED);
	} else if (!entry_parse(&entry, packet)) {
		peer_bump(turn->peer, PEER_DROPPED_VOID);
	} else {
		nattests_answer(turn->peer, &view->tests, &in->remote, &entry.fields);
		if (nattests_over(&view->tests, turn->now))
			end_phase(turn);
	}
}

void natview_tick(struct turn *turn)
{
	struct natview *view = &turn->peer->natview;

	if (view->phase == NATVIEW_IDLE) {
		if (turn->now >= view->wanted)
			begin(turn);
	} else if (view->waiting) {
		if (turn->now >= view->until)
			finish(turn);
	} else if (nattests_over(&view->tests, turn->now)) {
		end_phase(turn);
	} else {
		nattests_send(turn, &view->tests, view->local);
	}
}

int64_t natview_deadline(const struct natview *view)
{
	if (view->phase == NATVIEW_IDLE)
		return view->wanted;
	return view->waiting ? view->until : nattests_deadline(&view->tests);
}

/* One that vanishes makes no new test: there would be less to learn from it. */
static bool has_new_destination(const struct natview *view)
{
	for (size_t i = 0; i < view->destination_count; i++) {
		if (!is_one_of(view->tested, view->tested_count, &view->destinations[i].at))
			return true;
	}
	return false;
}

static void forget(struct natview *view)
{
	view->found = (struct peer_nat_status){0};
	view->tested_count = 0;
}

void natview_granted(struct turn *turn, const struct uplink *uplink, bool elsewhere)
{
	struct natview *view = &turn->peer->natview;

	if (uplink->family != FAMILY_IP4)
		return;
	if (elsewhere) {
		natview_stop(turn);
		forget(view);
	}
	/* one that is under way needs its own, and is followed by the next */
	if (view->phase != NATVIEW_IDLE)
		return;
	find_destinations(turn);
	if (view->destination_count >= 2 && has_new_destination(view))
		want_at(view, turn->now + SETTLE_MS, BETWEEN_MS);
}

void natview_roamed(struct turn *turn)
{
	natview_stop(turn);
	forget(&turn->peer->natview);
}

void natview_doubt(struct turn *turn)
{
	struct natview *view = &turn->peer->natview;

	if (view->began != 0)
		want_at(view, turn->now, DOUBT_MS);
}

void natview_stop(struct turn *turn)
{
	struct natview *view = &turn->peer->natview;

	if (view->phase == NATVIEW_IDLE)
		return;
	end_socket(turn);
	view->phase = NATVIEW_IDLE;
	view->tested_count = 0;
}

/* What the registrations alone show. False when there is none of that family. */
static bool look_at_grants(const struct peer *peer, enum family family,
    struct peer_nat_status *status)
{
	bool any = false;

	for (size_t i = 0; i < peer->uplink_count; i++) {
		const struct uplink *uplink = &peer->uplinks[i];

		if (uplink->family != family || uplink->dormant ||
		    uplink->observed.family != family)
			continue;
		any = true;
		status->observed = uplink->observed;
		status->translated = status->translated ||
		    !is_own(peer, &uplink->observed, socket_current_port(peer, family));
	}
	if (any && !status->translated)
		status->nat = (struct nat_class){NAT_MAPPING_EI, NAT_PORTS_KEEP, false, false};
	return any;
}

bool peer_nat(const struct peer *peer, enum family family, struct peer_nat_status *status)
{
	const struct peer_nat_status *found = &peer->natview.found;
	bool tested = family == FAMILY_IP4 && found->since != 0;

	*status = (struct peer_nat_status){0};
	if (tested)
		*status = *found;
	else if (!look_at_grants(peer, family, status))
		return false;
	if (family == FAMILY_IP4)
		status->private_hops = peer->private_hops;
	return true;
}

struct nat_class natview_class(const struct peer *peer, enum family family)
{
	struct peer_nat_status status;

	return peer_nat(peer, family, &status) ? status.nat : (struct nat_class){0};
}
