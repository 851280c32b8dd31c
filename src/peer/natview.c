/*
 * When the NAT is tested and what the tests mean (ipmsg-punch(7), NAT TESTS). Each phase has a
 * socket of its own, but for the last, which looks at what the one before it has done.
 */
#include "peer/natview.h"

#include "peer/core.h"
#include "peer/natdestinations.h"
#include "peer/natmapping.h"
#include "peer/tactic.h"

#define SETTLE_MS 300 /* supernodes that answer one after another are tested together */
#define SOCKET_WAIT_MS 5000
#define BETWEEN_MS 15000     /* whatever changes */
#define DOUBT_MS 600000	     /* when nothing has changed that could be seen */
#define SURE_MS 600000
#define SURE_BETWEEN_MS 60000
#define POORER_MAX 3 /* times that what was found is kept although a test shows less */
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

/* Packets that were lost hide what was seen before; if it stays hidden, it is not so any more. */
static bool is_poorer(const struct natview *view)
{
	const struct peer_nat_status *next = &view->next, *found = &view->found;

	if (found->since == 0 || found->nat.mapping == NAT_MAPPING_UNKNOWN ||
	    view->poorer == POORER_MAX)
		return false;
	return next->nat.mapping == NAT_MAPPING_UNKNOWN ||
	    (next->nat.mapping == found->nat.mapping && found->filtering_tested &&
		!next->filtering_tested);
}

static void finish(struct turn *turn)
{
	struct natview *view = &turn->peer->natview;

	end_socket(turn);
	view->phase = NATVIEW_IDLE;
	if (view->next.destinations == 0) {
		want_at(view, turn->now, DOUBT_MS);
	} else if (is_poorer(view)) {
		view->poorer++;
		want_at(view, turn->now, DOUBT_MS);
	} else {
		view->poorer = 0;
		publish(turn);
	}
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
	view->due = false;
	nat_find_destinations(turn);
	/* one alone says no more than its grants do */
	if (view->destination_count < 2)
		return;
	view->began = turn->now;
	view->wanted = turn->now + peer_jitter(turn->peer, AGAIN_MS, JITTER_PERCENT);
	view->next = (struct peer_nat_status){0};
	view->confirming = false;
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

/* So many that saw the socket itself. */
static size_t count_own(const struct peer *peer, const struct nat_sample *samples, size_t count)
{
	size_t n = 0;

	for (size_t i = 0; i < count; i++)
		n += nat_is_own(peer, &samples[i].seen, peer->natview.port);
	return n;
}

static void judge_mapping(struct turn *turn)
{
	struct natview *view = &turn->peer->natview;
	struct peer_nat_status *next = &view->next;
	struct nat_sample samples[NAT_SAMPLES_MAX] = {0};
	size_t n = collect(&view->tests, samples);
	size_t own = count_own(turn->peer, samples, n);
	struct nat_mapping_found found = natmapping_of(samples, n, view->port);

	/* no NAT of ours translates for some: who sees another port is behind a router of its own */
	if (own > 0)
		found = (struct nat_mapping_found){
		    .mapping = own == n ? NAT_MAPPING_EI : NAT_MAPPING_UNKNOWN,
		    .ports = own == n ? NAT_PORTS_KEEP : NAT_PORTS_UNKNOWN,
		    .addresses = found.addresses,
		};
	next->mapping_tested = n > 0;
	next->translated = own == 0;
	next->nat.mapping = found.mapping;
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

/* Which of the alternates are there; one at a stranger's address is left alone for a while. */
static void note_answering(struct turn *turn)
{
	struct natview *view = &turn->peer->natview;

	view->answering = 0;
	for (size_t i = 0; i < view->destination_count; i++) {
		const struct nat_destination *destination = &view->destinations[i];
		struct uplink *uplink = uplink_at(turn->peer, &destination->supernode);

		if (destination->told.family == FAMILY_NONE ||
		    !has_answered(view, &destination->supernode))
			continue;
		if (has_answered(view, &destination->at))
			view->answering |= 1u << i;
		else if (uplink != NULL &&
		    !endpoint_same_address(&destination->at, &destination->supernode))
			uplink->alternates_rest = view->began + DOUBT_MS;
	}
}

/*
 * Where a supernode may be able to answer from, each once, best another address: an answer from
 * another port of the same may well pass a filter. False when there is none left.
 */
static bool choose_elsewhere(struct natview *view)
{
	size_t chosen = view->destination_count;

	for (size_t i = 0; i < view->destination_count; i++) {
		const struct nat_destination *destination = &view->destinations[i];
		bool apart = !endpoint_same_address(&destination->at, &destination->supernode);

		if ((view->answering & 1u << i) == 0 ||
		    (chosen < view->destination_count && !apart))
			continue;
		chosen = i;
		if (apart)
			break;
	}
	if (chosen == view->destination_count)
		return false;
	view->answering &= ~(1u << chosen);
	view->elsewhere = view->destinations[chosen];
	return true;
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

/*
 * A router that forgets or moves in the middle of a test looks like one that maps by destination.
 */
static void confirm_mapping(struct turn *turn)
{
	struct natview *view = &turn->peer->natview;

	end_socket(turn);
	view->confirming = true;
	view->next = (struct peer_nat_status){0};
	want_socket(turn, NATVIEW_MAPPING, SOCKET_MAPPING);
}

static void end_mapping(struct turn *turn)
{
	struct natview *view = &turn->peer->natview;

	judge_mapping(turn);
	note_answering(turn);
	if (nat_is_dependent(view->next.nat) && !view->confirming) {
		confirm_mapping(turn);
		return;
	}
	if (view->next.nat.mapping != NAT_MAPPING_EI || !choose_elsewhere(view)) {
		finish(turn);
		return;
	}
	end_socket(turn);
	want_socket(turn, NATVIEW_FILTERING, SOCKET_FILTERING);
}

/* From the same socket: to none of them anything has left from there. */
static void filter_from_next(struct turn *turn)
{
	struct natview *view = &turn->peer->natview;

	if (!choose_elsewhere(view)) {
		finish(turn);
		return;
	}
	start_filtering(turn);
	nattests_send(turn, &view->tests, view->local);
}

static void end_filtering(struct turn *turn)
{
	struct natview *view = &turn->peer->natview;
	const struct nat_test *plain = &view->tests.all[0], *elsewhere = &view->tests.all[1];

	if (elsewhere->refused) {
		filter_from_next(turn);
	} else if (elsewhere->answered) {
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
	nat_find_destinations(turn);
	if (view->destination_count >= 2 && has_new_destination(view)) {
		want_at(view, turn->now + SETTLE_MS, BETWEEN_MS);
		view->due = true;
	}
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

bool natview_is_sure(struct turn *turn)
{
	struct natview *view = &turn->peer->natview;
	int64_t age = turn->now - view->found.since;

	if (view->began != 0 && age >= SURE_BETWEEN_MS)
		want_at(view, turn->now, SURE_BETWEEN_MS);
	return view->found.since != 0 && age < SURE_MS;
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
		    !nat_is_own(peer, &uplink->observed, socket_port(peer, uplink->local));
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
	if (family == FAMILY_IP4) {
		status->private_hops = peer->private_hops;
		status->testing = peer->natview.due || peer->natview.phase != NATVIEW_IDLE;
	}
	return true;
}

struct nat_class natview_class(const struct peer *peer, enum family family)
{
	struct peer_nat_status status;

	return peer_nat(peer, family, &status) ? status.nat : (struct nat_class){0};
}
