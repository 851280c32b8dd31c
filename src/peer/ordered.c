/* Orders of supernodes: to punch toward somebody who has asked for us. */
#include <string.h>

#include "peer/core.h"
#include "peer/hint.h"

#define ORDERED_FOR_MS 5500 /* as long as an ask may be repeated */

/*
 * Acknowledges an order, or refuses it: then the supernode tells the asker so. It goes by the
 * socket and with the cookie of the order: we may be registered from another one by now.
 */
static void answer_order(struct turn *turn, const struct hint *hint, bool refuse)
{
	struct peer *peer = turn->peer;
	struct fields fields = {0};
	struct writer w = turn_open(turn);

	if (refuse) {
		fields_set(&fields, KEY_ER);
		fields.error = PUNCH_REFUSED;
	}
	fields_set(&fields, KEY_SI);
	memcpy(fields.session, hint->fields->session, SESSION_BYTES);
	fields_set(&fields, KEY_CK);
	memcpy(fields.cookie, hint->fields->cookie, COOKIE_BYTES);
	answer_write(&w, peer_number(peer, turn->wall), &peer->identity, span_of("", 0), &fields);
	turn_close_from(turn, &w, uplink_address(hint->uplink), hint->local, 0);
}

/*
 * Whether the path to where an order leads makes it needless, though one of the two is without
 * keys: the asker goes the way that was told it first, over whichever of its supernodes.
 */
static bool is_needless(const struct turn *turn, const struct order *order)
{
	const struct path *path = path_by_endpoint(turn->peer, &order->toward);
	bool keyed = turn->peer->has_keys && fields_has(&order->fields, KEY_ID);

	if (path == NULL || path->state != PATH_OPEN || !path->has_session ||
	    path->has_identity == keyed)
		return false;
	/* who has a key now, and had none, gets a path of its own once that introduction is over */
	return path->has_identity || turn->now - path->since < ORDERED_FOR_MS;
}

/* The path that an order is about: of its session, or of that endpoint, or a new one. */
static struct path *ordered_path(struct turn *turn, const struct uplink *uplink,
    const struct order *order)
{
	struct peer *peer = turn->peer;
	struct path *path = NULL;

	if (fields_has(&order->fields, KEY_SI))
		path = path_by_session(peer, order->fields.session);
	if (path == NULL) {
		path = path_by_endpoint(peer, &order->toward);
		if (path != NULL && fields_has(&order->fields, KEY_AN) &&
		    !path_may_be(path, order->fields.asker))
			path = NULL;
	}
	if (path == NULL)
		path = path_by_introduction(turn, uplink, &order->toward, &order->fields);
	/* somebody else who is said to be there is another one */
	if (path != NULL && path_identify(path, peer, &order->fields))
		return path;
	path = path_in_vain(peer, uplink, &order->fields);
	if (path != NULL)
		candidates_clear(path);
	else
		path = path_new(turn);
	if (path == NULL)
		return NULL;
	path->incoming = true;
	endpoint_format(&order->toward, path->name);
	path_identify(path, peer, &order->fields);
	return path;
}

/* One that was found hopeless is so when it is repeated. */
static bool is_given_up(const struct path *path, const uint8_t *session)
{
	for (size_t i = 0; i < path->candidate_count; i++) {
		const struct candidate *candidate = &path->candidates[i];

		if (!candidate->begun && candidate->way.has_session &&
		    memcmp(candidate->way.session, session, SESSION_BYTES) == 0)
			return true;
	}
	return false;
}

static bool is_repeat(const struct peer *peer, const struct order *order)
{
	const uint8_t *session = order->fields.session;

	if (!fields_has(&order->fields, KEY_SI))
		return false;
	for (size_t i = 0; i < peer->path_count; i++) {
		if (is_given_up(peer->paths[i], session))
			return true;
	}
	return path_by_session(peer, session) != NULL;
}

static void follow(struct turn *turn, struct path *path, const struct hint *hint)
{
	struct way way = {.at = *hint->observed, .local = hint->local};
	bool hopeful = hint_try(turn, path, hint, true);

	if (!fields_has(hint->fields, KEY_SI)) {
		/* one plain entry, no more (the other knows only the seed) */
		path_send_entry(turn, path, &way, CMD_BR_ENTRY, NULL, 0);
		path_step(turn, path, STEP_PUNCHED, hint->observed);
		path_plan_checks(turn, path);
		path_schedule(turn->peer, path);
	} else if (hopeful) {
		path_punch(turn, path, true);
	} else if (path->state == PATH_IDLE || path->state == PATH_FAILED) {
		path_fail(turn, path, REASON_NAT);
	} else {
		/* what is under way here, over the other family maybe, goes on */
		candidates_forgo(path, hint->fields->session);
	}
}

void path_ordered(struct turn *turn, const struct arrival *in, struct uplink *uplink,
    const struct order *received)
{
	struct peer *peer = turn->peer;
	struct order plain = {.toward = received->toward};
	/* a seed supernode knows no fields: whoever forges its address may not use them */
	const struct order *order = uplink->extended ? received : &plain;
	const struct hint hint = {uplink, socket_of(peer, in), &order->toward, &order->fields};
	struct path *path;

	if (!uplink_trusts(uplink, &order->fields, turn->now)) {
		peer_bump(peer, PEER_DROPPED_FORGED);
		return;
	}
	if (!hint_may_lead(peer, &hint)) {
		peer_bump(peer, PEER_DROPPED_ADDRESS);
		return;
	}
	peer_bump(peer, PEER_ORDERS);
	bool refuse = !rules_admit(&peer->settings, &order->fields);

	if (fields_has(&order->fields, KEY_SI))
		answer_order(turn, &hint, refuse);
	if (refuse) {
		peer_bump(peer, PEER_ORDERS_REFUSED);
		return;
	}
	if (is_repeat(peer, order) || is_needless(turn, order))
		return;
	path = ordered_path(turn, uplink, order);
	if (path == NULL)
		return;
	if (fields_has(&order->fields, KEY_AN)) {
		path_introduce(path, order->fields.asker);
		path->introducer = uplink;
	}
	path_step(turn, path, STEP_ORDERED, &order->toward);
	path_redoubt(turn, path);
	follow(turn, path, &hint);
}
