/*
 * Registration (ipmsg-punch(7), REGISTRATION): an entry is sent at 0, 1 and
 * 3 s, given up at 7 s; a challenge is answered at once; a second exchange
 * follows 2.1 s after the first, since Linux keeps a mapping 30 s after one
 * exchange and 120 s after a second that is at least 2 s later.
 */
#include <sodium.h>
#include <string.h>

#include "peer/core.h"

#define SECOND_EXCHANGE_MS 2100
#define CHALLENGES_MAX 3
#define BACKOFF_MAX_S 60
#define JITTER_PERCENT 15

#define TAKEN_WAIT_S 60

/* Signed anew so often, for a supernode that has lost what it knew of our key. */
#define SIGN_EVERY_MS 3600000LL

static const int64_t try_at[] = {0, 1000, 3000};
#define TRIES (sizeof try_at / sizeof *try_at)
#define GIVE_UP_MS 7000

void uplink_set_state(struct turn *turn, struct uplink *uplink, enum supernode_state state)
{
	struct peer *peer = turn->peer;

	if (uplink->state == state)
		return;
	uplink->state = state;
	uplink->since = turn->now;
	peer_tell(peer,
	    &(struct peer_event){
		.kind = EVENT_SUPERNODE,
		.now = turn->now,
		.index = (unsigned)(uplink - peer->uplinks),
		.host = uplink->setting.host,
		.port = uplink->setting.port,
		.family = uplink->family,
		.supernode_state = state,
		.reason = state == SUPERNODE_REFUSED ? uplink->reason : REASON_NONE,
		.at = uplink->observed,
	    });
}

void uplink_look(struct turn *turn, struct uplink *uplink)
{
	struct peer *peer = turn->peer;

	peer_tell(peer,
	    &(struct peer_event){
		.kind = EVENT_RESOLVE,
		.now = turn->now,
		.index = (unsigned)((size_t)(uplink - peer->uplinks) % (peer->uplink_count / 2)),
		.host = uplink->setting.host,
		.port = uplink->setting.port,
	    });
}

void uplink_start(struct turn *turn, struct uplink *uplink)
{
	if (uplink->dormant)
		return;
	uplink->due = DEADLINE_NEVER;
	uplink->tries = 0;
	uplink_set_state(turn, uplink, SUPERNODE_RESOLVING);
	uplink_look(turn, uplink);
}

static uint32_t lifetime_wish(const struct peer *peer)
{
	return (peer->settings.refresh * 34 + 9) / 10;
}

static void set_own_candidates(const struct peer *peer, struct fields *fields)
{
	size_t n = 0;

	for (size_t i = 0; i < peer->address_count; i++) {
		uint16_t port = socket_current_port(peer, peer->addresses[i].family);

		fields->candidates[n] = peer->addresses[i];
		if (port != 0)
			fields->candidates[n].port = port;
		n++;
	}
	fields->candidate_count = n;
	if (n > 0)
		fields_set(fields, KEY_LC);
}

/* A refresh that changes nothing bears the cookie alone. */
static bool is_to_sign(const struct turn *turn, const struct uplink *uplink)
{
	return (uplink->must_sign || turn->now >= uplink->sign_due) &&
	    uplink_may_sign(turn->peer, uplink);
}

static void set_stamp(struct turn *turn, struct fields *fields)
{
	fields_set(fields, KEY_TS);
	fields->stamp = turn_stamp(turn);
}

static void set_nat(const struct peer *peer, const struct uplink *uplink, struct fields *fields)
{
	fields->nat = natview_class(peer, uplink->family);
	if (fields->nat.mapping != NAT_MAPPING_UNKNOWN || fields->nat.ports != NAT_PORTS_UNKNOWN ||
	    fields->nat.open || fields->nat.eif)
		fields_set(fields, KEY_NT);
}

static void set_request(struct turn *turn, struct uplink *uplink, struct fields *fields)
{
	struct peer *peer = turn->peer;

	uplink->signed_entry = false;
	/* who has not shown PX gets PX, TK and PD only */
	if (uplink->blank || uplink->cookie_count == 0) {
		fields_set(fields, KEY_PD);
		fields->padding =
		    CHALLENGE_PADDING + (peer->has_keys ? CHALLENGE_KEY_PADDING : 0);
		return;
	}
	uplink_set_cookie(uplink, fields);
	fields_set(fields, KEY_LT);
	fields->lifetime = lifetime_wish(peer);
	set_own_candidates(peer, fields);
	set_nat(peer, uplink, fields);
	if (!is_to_sign(turn, uplink))
		return;
	uplink->signed_entry = true;
	fields_set(fields, KEY_ID);
	memcpy(fields->identity, peer->keys.identity, IDENTITY_BYTES);
	set_stamp(turn, fields);
}

uint16_t uplink_socket(const struct peer *peer, const struct uplink *uplink)
{
	return uplink->extended ? socket_current(peer, uplink->family)
				: socket_main(peer, uplink->family);
}

void uplink_close(struct turn *turn, const struct uplink *uplink, const struct writer *w)
{
	turn_close_from(turn, w, uplink_address(uplink), uplink_socket(turn->peer, uplink), 0);
}

static void send_entry(struct turn *turn, struct uplink *uplink)
{
	struct peer *peer = turn->peer;
	struct fields fields = {0};
	struct writer w = turn_open(turn);

	fields_set(&fields, KEY_TK);
	memcpy(fields.transaction, uplink->transaction, TRANSACTION_BYTES);
	set_request(turn, uplink, &fields);
	entry_write(&w, peer_number(peer, turn->wall), &peer->identity, CMD_BR_ENTRY, peer->legacy,
	    true, &fields);
	if (uplink->signed_entry)
		seal_sign(&w, &peer->keys, uplink->shown);
	turn_close_from(turn, &w, uplink_address(uplink), uplink->entered, 0);
}

void uplink_enter(struct turn *turn, struct uplink *uplink)
{
	memcpy(uplink->last_transaction, uplink->transaction, TRANSACTION_BYTES);
	rng_bytes(&turn->peer->rng, uplink->transaction, TRANSACTION_BYTES);
	uplink->entered = uplink_socket(turn->peer, uplink);
	uplink->tries = 1;
	uplink->again = false;
	uplink->tried = turn->now;
	uplink->due = turn->now + try_at[1];
	if (uplink->state != SUPERNODE_REGISTERED)
		uplink_set_state(turn, uplink, SUPERNODE_REGISTERING);
	send_entry(turn, uplink);
}

static void rest(struct turn *turn, struct uplink *uplink, int64_t wait)
{
	uplink->failures++;
	uplink->tries = 0;
	uplink->challenges = 0;
	uplink->must_sign = true;
	/* it may be another one there by then, with a key of its own */
	uplink->blank = turn->peer->has_keys;
	uplink->due = turn->now + peer_jitter(turn->peer, wait, 25);
}

static int64_t backoff(const struct uplink *uplink)
{
	int64_t wait = 1000LL << (uplink->failures < 6 ? uplink->failures : 6);

	return wait < BACKOFF_MAX_S * 1000LL ? wait : BACKOFF_MAX_S * 1000LL;
}

void uplink_lose(struct turn *turn, struct uplink *uplink)
{
	rest(turn, uplink, backoff(uplink));
	uplink_set_state(turn, uplink, SUPERNODE_LOST);
}

static void refused(struct turn *turn, struct uplink *uplink, enum reason reason)
{
	bool owned = reason == REASON_TAKEN || reason == REASON_KEY_CHANGED;

	rest(turn, uplink, owned ? TAKEN_WAIT_S * 1000LL : backoff(uplink));
	uplink->reason = reason;
	uplink_set_state(turn, uplink, SUPERNODE_REFUSED);
}

void uplink_tick(struct turn *turn, struct uplink *uplink)
{
	if (uplink->dormant || turn->now < uplink->due)
		return;
	if (uplink->state == SUPERNODE_LOST || uplink->state == SUPERNODE_REFUSED) {
		uplink_start(turn, uplink);
	} else if (uplink->tries == 0) {
		uplink_enter(turn, uplink);
	} else if (turn->now - uplink->tried >= GIVE_UP_MS) {
		uplink_lose(turn, uplink);
	} else {
		send_entry(turn, uplink);
		uplink->tries++;
		uplink->due =
		    uplink->tried + (uplink->tries < TRIES ? try_at[uplink->tries] : GIVE_UP_MS);
	}
}

void uplink_hurry(struct turn *turn, struct uplink *uplink)
{
	if (uplink->state != SUPERNODE_LOST)
		return;
	uplink->due = turn->now;
	uplink_tick(turn, uplink);
}

void uplink_refresh(struct turn *turn, struct uplink *uplink)
{
	if (!uplink->dormant && uplink->state == SUPERNODE_REGISTERED && uplink->tries == 0)
		uplink_enter(turn, uplink);
}

void uplink_tell(struct turn *turn, struct uplink *uplink)
{
	uplink->again = uplink->tries > 0;
	uplink_refresh(turn, uplink);
}

void uplink_move(struct turn *turn, struct uplink *uplink)
{
	if (uplink->dormant || uplink->address_count == 0)
		return;
	/* its cookie is of the other address */
	uplink->blank = true;
	uplink->must_sign = true;
	uplink->moved = true;
	uplink->challenges = 0;
	uplink_enter(turn, uplink);
}

void uplink_wake(struct turn *turn, struct uplink *uplink)
{
	uplink->failures = 0;
	if (uplink->state == SUPERNODE_REGISTERED || uplink->state == SUPERNODE_REGISTERING) {
		uplink_move(turn, uplink);
	} else {
		/* its name may have other addresses here */
		uplink_start(turn, uplink);
	}
}

void uplink_leave(struct turn *turn, struct uplink *uplink)
{
	struct peer *peer = turn->peer;
	struct fields fields = {0};

	if (!uplink_usable(uplink, turn->now))
		return;
	struct writer w = turn_open(turn);

	uint8_t shared[SHARED_KEY_BYTES];
	bool sealed = uplink->keyed && seal_shared_key(&peer->keys, uplink->shown, shared);

	if (uplink->cookie_count > 0)
		uplink_set_cookie(uplink, &fields);
	/* at the place that it moves to it is not registered yet */
	if (uplink->moved)
		memcpy(fields.cookie, uplink->granted, COOKIE_BYTES);
	if (sealed)
		set_stamp(turn, &fields);
	entry_write(&w, peer_number(peer, turn->wall), &peer->identity, CMD_BR_EXIT, peer->legacy,
	    true, fields.present != 0 ? &fields : NULL);
	if (sealed)
		seal_mac(&w, shared, uplink->shown);
	sodium_memzero(shared, sizeof shared);
	turn_close_from(turn, &w, uplink_address(uplink), uplink->local, 0);
}

static void registered(struct turn *turn, struct uplink *uplink)
{
	struct peer *peer = turn->peer;
	bool fresh = uplink->state != SUPERNODE_REGISTERED;

	uplink->tries = 0;
	uplink->challenges = 0;
	uplink->failures = 0;
	uplink->blank = false;
	if (fresh || uplink->moved)
		uplink->placed = turn->now;
	uplink->moved = false;
	if (uplink->family == FAMILY_IP4 && uplink->local == socket_current(peer, FAMILY_IP4))
		peer->sockets.proven = true;
	int64_t wait = peer_jitter(peer, peer->settings.refresh * 1000LL, JITTER_PERCENT);

	uplink->due = turn->now + wait;
	/* also if there was another one meanwhile, for what is told besides */
	int64_t second = uplink->placed + SECOND_EXCHANGE_MS;

	if (turn->now < second && second < uplink->due)
		uplink->due = second;
	/* its key is known only now, or something changed meanwhile */
	if (!fresh && (uplink->again || (uplink->must_sign && uplink_may_sign(peer, uplink))))
		uplink->due = turn->now;
	uplink_set_state(turn, uplink, SUPERNODE_REGISTERED);
	if (fresh)
		paths_registered(turn);
}

/* What was registered at another endpoint, or in another life of it, is so no more. */
static void challenged(struct turn *turn, struct uplink *uplink)
{
	uplink->must_sign = true;
	if (++uplink->challenges > CHALLENGES_MAX)
		uplink_lose(turn, uplink);
	else
		uplink_enter(turn, uplink);
}

static void sign_later(struct turn *turn, struct uplink *uplink)
{
	uplink->sign_due = turn->now + peer_jitter(turn->peer, SIGN_EVERY_MS, JITTER_PERCENT);
}

/* What it tells once is true until it tells all anew, which it does with its key. */
static void take_alternates(struct uplink *uplink, const struct fields *fields)
{
	if (!fields_has(fields, KEY_AP) && !fields_has(fields, KEY_ID))
		return;
	uplink->alternate_count = fields_has(fields, KEY_AP) ? fields->alternate_count : 0;
	memcpy(uplink->alternates, fields->alternates, sizeof uplink->alternates);
}

static void accept_registration(struct turn *turn, struct uplink *uplink,
    const struct fields *fields)
{
	uint16_t local = uplink->entered;
	bool moved = uplink->observed.family != FAMILY_NONE && fields_has(fields, KEY_OA) &&
	    uplink->local == local && !endpoint_equal(&uplink->observed, &fields->observed);
	bool elsewhere = uplink->observed.family != FAMILY_NONE && fields_has(fields, KEY_OA) &&
	    !endpoint_same_address(&uplink->observed, &fields->observed);

	uplink_pin_key(turn, uplink);
	if (uplink->signed_entry && uplink_may_sign(turn->peer, uplink)) {
		uplink->must_sign = false;
		uplink->keyed = true;
		sign_later(turn, uplink);
	} else if (!uplink_may_sign(turn->peer, uplink)) {
		uplink->keyed = false;
	}
	uplink->lifetime = fields->lifetime;
	uplink->expires = turn->now + fields->lifetime * 1000LL;
	if (fields_has(fields, KEY_OA))
		uplink->observed = fields->observed;
	uplink->local = local;
	memcpy(uplink->granted, uplink->cookies[0], COOKIE_BYTES);
	take_alternates(uplink, fields);
	registered(turn, uplink);
	natview_granted(turn, uplink, elsewhere);
	if (moved)
		paths_moved(turn);
}

/* Too busy for a signature that need not be: what is registered is refreshed without. */
static bool is_signed_early(const struct uplink *uplink)
{
	return uplink->signed_entry && !uplink->must_sign &&
	    uplink->state == SUPERNODE_REGISTERED;
}

/* Whose the name is cannot be shown to a key that is not believed: it may well be our own. */
static enum reason why_taken(const struct peer *peer, const struct uplink *uplink)
{
	enum identity_state state = uplink_identity_state(peer, uplink);

	return state == IDENTITY_CHANGED || state == IDENTITY_FOREIGN ? REASON_KEY_CHANGED
								      : REASON_TAKEN;
}

/* That others own our name it says also of an entry that did not show that we are these others. */
static void not_taken(struct turn *turn, struct uplink *uplink, enum punch_error error)
{
	if (error == PUNCH_TAKEN && !uplink->signed_entry &&
	    uplink_may_sign(turn->peer, uplink)) {
		challenged(turn, uplink);
	} else if (error == PUNCH_BUSY && is_signed_early(uplink)) {
		sign_later(turn, uplink);
		uplink_enter(turn, uplink);
	} else if (error == PUNCH_TAKEN) {
		refused(turn, uplink, why_taken(turn->peer, uplink));
	} else {
		refused(turn, uplink, error == PUNCH_BUSY ? REASON_BUSY : REASON_REFUSED);
	}
}

bool uplink_ready(const struct peer *peer, const struct uplink *uplink, int64_t now)
{
	return uplink_usable(uplink, now) && !uplink->moved &&
	    uplink->local == uplink_socket(peer, uplink);
}

/* One that shows PX over one family is not believed without it over the other. */
static void learn_extended(struct turn *turn, struct uplink *uplink)
{
	struct uplink *twin = uplink_twin(turn->peer, uplink);

	uplink->extended = true;
	uplink->seed = false;
	twin->extended = true;
	if (!twin->seed)
		return;
	/* somebody else answered there */
	twin->seed = false;
	uplink_lose(turn, twin);
}

static void extended_answer(struct turn *turn, struct uplink *uplink, const struct fields *fields)
{
	learn_extended(turn, uplink);
	uplink_learn_cookie(uplink, fields);
	uplink_note_key(turn, uplink, fields);
	uplink->blank = false;
	if (fields_has(fields, KEY_LT))
		accept_registration(turn, uplink, fields);
	else if (!fields_has(fields, KEY_ER))
		uplink_lose(turn, uplink);
	else if (fields->error == PUNCH_UNVERIFIED)
		challenged(turn, uplink);
	else
		not_taken(turn, uplink, fields->error);
}

static void plain_answer(struct turn *turn, struct uplink *uplink)
{
	if (uplink->tries == 0)
		return;
	uplink->seed = true;
	uplink->local = uplink->entered;
	registered(turn, uplink);
}

static bool bears(const struct fields *fields, const uint8_t transaction[TRANSACTION_BYTES])
{
	return fields_has(fields, KEY_TK) &&
	    memcmp(fields->transaction, transaction, TRANSACTION_BYTES) == 0;
}

/* Our transaction shows that it comes from whom the entry reached, be it a challenge or a grant. */
static bool is_forged(const struct uplink *uplink, const struct fields *fields)
{
	if (!fields_has(fields, KEY_PX))
		return uplink->extended;
	return !bears(fields, uplink->transaction);
}

static void count_forged(struct peer *peer, const struct uplink *uplink,
    const struct fields *fields)
{
	bool late = fields_has(fields, KEY_PX) && bears(fields, uplink->last_transaction);

	peer_bump(peer, late ? PEER_DROPPED_LATE : PEER_DROPPED_FORGED);
}

void uplink_answer(struct turn *turn, struct uplink *uplink, const struct entry *entry)
{
	const struct fields *fields = &entry->fields;

	if (is_forged(uplink, fields)) {
		count_forged(turn->peer, uplink, fields);
		uplink_note_plain(turn, uplink, fields);
	} else if (!fields_has(fields, KEY_PX)) {
		plain_answer(turn, uplink);
	} else if (uplink->tries > 0) {
		extended_answer(turn, uplink, fields);
	}
}

struct uplink *uplink_of_answer(struct peer *peer, const struct endpoint *from,
    const struct fields *fields)
{
	for (size_t i = 0; i < peer->uplink_count; i++) {
		struct uplink *uplink = &peer->uplinks[i];

		if (uplink->address_count > 0 && bears(fields, uplink->transaction) &&
		    endpoint_equal(uplink_address(uplink), from))
			return uplink;
	}
	return uplink_at(peer, from);
}
