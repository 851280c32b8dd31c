/*
 * Registration (ipmsg-punch(7), REGISTRATION): an entry is sent at 0, 1 and
 * 3 s, given up at 7 s; a challenge is answered at once; a second exchange
 * follows 2.1 s after the first, since Linux keeps a mapping 30 s after one
 * exchange and 120 s after a second that is at least 2 s later.
 */
#include <sodium.h>
#include <string.h>

#include "base/base64url.h"
#include "peer/core.h"

#define SECOND_EXCHANGE_MS 2100
#define CHALLENGES_MAX 3
#define BACKOFF_MAX_S 60
#define JITTER_PERCENT 15

/* So long that a challenge under one-letter names (111 bytes) is never longer than the entry. */
#define PADDING 48
#define KEY_PADDING (BLOCK_LINE_HEAD + BASE64URL_LENGTH(IDENTITY_BYTES))

#define TAKEN_WAIT_S 60

/* Signed anew so often, for a supernode that has lost what it knew of our key. */
#define SIGN_EVERY_MS 3600000LL

static const int64_t try_at[] = {0, 1000, 3000};
#define TRIES (sizeof try_at / sizeof *try_at)
#define GIVE_UP_MS 7000

void uplink_init(struct uplink *uplink, const struct supernode_setting *setting)
{
	*uplink = (struct uplink){.setting = *setting, .state = SUPERNODE_RESOLVING,
	    .due = DEADLINE_NEVER, .blank = true, .must_sign = true};
}

static void set_state(struct turn *turn, struct uplink *uplink, enum supernode_state state)
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
		.supernode_state = state,
		.reason = state == SUPERNODE_REFUSED ? uplink->reason : REASON_NONE,
		.at = uplink->observed,
	    });
}

void uplink_start(struct turn *turn, struct uplink *uplink)
{
	struct peer *peer = turn->peer;

	uplink->due = DEADLINE_NEVER;
	uplink->tries = 0;
	set_state(turn, uplink, SUPERNODE_RESOLVING);
	peer_tell(peer,
	    &(struct peer_event){
		.kind = EVENT_RESOLVE,
		.now = turn->now,
		.index = (unsigned)(uplink - peer->uplinks),
		.host = uplink->setting.host,
		.port = uplink->setting.port,
	    });
}

static uint32_t lifetime_wish(const struct peer *peer)
{
	return (peer->settings.refresh * 34 + 9) / 10;
}

static void set_own_candidates(const struct peer *peer, struct fields *fields)
{
	if (peer->address_count == 0)
		return;
	fields_set(fields, KEY_LC);
	fields->candidate_count = peer->address_count;
	memcpy(fields->candidates, peer->addresses, sizeof fields->candidates);
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

static void set_request(struct turn *turn, struct uplink *uplink, struct fields *fields)
{
	struct peer *peer = turn->peer;

	uplink->signed_entry = false;
	/* who has not shown PX gets PX, TK and PD only */
	if (uplink->blank || uplink->cookie_count == 0) {
		fields_set(fields, KEY_PD);
		fields->padding = PADDING + (peer->has_keys ? KEY_PADDING : 0);
		return;
	}
	uplink_set_cookie(uplink, fields);
	fields_set(fields, KEY_LT);
	fields->lifetime = lifetime_wish(peer);
	set_own_candidates(peer, fields);
	if (!is_to_sign(turn, uplink))
		return;
	uplink->signed_entry = true;
	fields_set(fields, KEY_ID);
	memcpy(fields->identity, peer->keys.identity, IDENTITY_BYTES);
	set_stamp(turn, fields);
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
	turn_close(turn, &w, uplink_address(uplink), 0);
}

static void enter(struct turn *turn, struct uplink *uplink)
{
	memcpy(uplink->last_transaction, uplink->transaction, TRANSACTION_BYTES);
	rng_bytes(&turn->peer->rng, uplink->transaction, TRANSACTION_BYTES);
	uplink->tries = 1;
	uplink->tried = turn->now;
	uplink->due = turn->now + try_at[1];
	if (uplink->state != SUPERNODE_REGISTERED)
		set_state(turn, uplink, SUPERNODE_REGISTERING);
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

static void lose(struct turn *turn, struct uplink *uplink)
{
	rest(turn, uplink, backoff(uplink));
	set_state(turn, uplink, SUPERNODE_LOST);
}

static void refused(struct turn *turn, struct uplink *uplink, enum reason reason)
{
	bool owned = reason == REASON_TAKEN || reason == REASON_KEY_CHANGED;

	rest(turn, uplink, owned ? TAKEN_WAIT_S * 1000LL : backoff(uplink));
	uplink->reason = reason;
	set_state(turn, uplink, SUPERNODE_REFUSED);
}

void uplink_resolved(struct turn *turn, struct uplink *uplink, const struct endpoint *addresses,
    size_t count)
{
	if (uplink->state != SUPERNODE_RESOLVING)
		return;
	if (count == 0) {
		lose(turn, uplink);
		return;
	}
	if (count > UPLINK_ADDRESSES_MAX)
		count = UPLINK_ADDRESSES_MAX;
	/* the addresses are tried in turn, one for each time it was lost */
	memcpy(uplink->addresses, addresses, count * sizeof *addresses);
	uplink->address_count = count;
	uplink->address = uplink->failures % count;
	enter(turn, uplink);
}

void uplink_tick(struct turn *turn, struct uplink *uplink)
{
	if (turn->now < uplink->due)
		return;
	if (uplink->state == SUPERNODE_LOST || uplink->state == SUPERNODE_REFUSED) {
		uplink_start(turn, uplink);
	} else if (uplink->tries == 0) {
		enter(turn, uplink);
	} else if (turn->now - uplink->tried >= GIVE_UP_MS) {
		lose(turn, uplink);
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
	if (uplink->state == SUPERNODE_REGISTERED && uplink->tries == 0)
		enter(turn, uplink);
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
	if (sealed)
		set_stamp(turn, &fields);
	entry_write(&w, peer_number(peer, turn->wall), &peer->identity, CMD_BR_EXIT, peer->legacy,
	    true, fields.present != 0 ? &fields : NULL);
	if (sealed)
		seal_mac(&w, shared, uplink->shown);
	sodium_memzero(shared, sizeof shared);
	turn_close(turn, &w, uplink_address(uplink), 0);
}

void uplink_learn_cookie(struct uplink *uplink, const struct fields *fields)
{
	if (!fields_has(fields, KEY_CK))
		return;
	if (uplink->cookie_count > 0 &&
	    memcmp(uplink->cookies[0], fields->cookie, COOKIE_BYTES) == 0)
		return;
	memcpy(uplink->cookies[1], uplink->cookies[0], COOKIE_BYTES);
	memcpy(uplink->cookies[0], fields->cookie, COOKIE_BYTES);
	if (uplink->cookie_count < UPLINK_COOKIES)
		uplink->cookie_count++;
}

void uplink_set_cookie(const struct uplink *uplink, struct fields *fields)
{
	fields_set(fields, KEY_CK);
	memcpy(fields->cookie, uplink->cookies[0], COOKIE_BYTES);
}

bool uplink_usable(const struct uplink *uplink, int64_t now)
{
	return uplink->state == SUPERNODE_REGISTERED || (uplink->extended && now < uplink->expires);
}

bool uplink_trusts(const struct uplink *uplink, const struct fields *fields, int64_t now)
{
	if (!uplink_usable(uplink, now))
		return false;
	if (!uplink->extended)
		return true;
	if (!fields_has(fields, KEY_CK))
		return false;
	for (unsigned i = 0; i < uplink->cookie_count; i++) {
		if (memcmp(uplink->cookies[i], fields->cookie, COOKIE_BYTES) == 0)
			return true;
	}
	return false;
}

static void registered(struct turn *turn, struct uplink *uplink)
{
	struct peer *peer = turn->peer;
	bool fresh = uplink->state != SUPERNODE_REGISTERED;

	uplink->tries = 0;
	uplink->challenges = 0;
	uplink->failures = 0;
	uplink->blank = false;
	int64_t wait = peer_jitter(peer, peer->settings.refresh * 1000LL, JITTER_PERCENT);

	uplink->due = turn->now + (fresh && wait > SECOND_EXCHANGE_MS ? SECOND_EXCHANGE_MS : wait);
	/* its key is known only now, or something changed meanwhile */
	if (!fresh && uplink->must_sign && uplink_may_sign(peer, uplink))
		uplink->due = turn->now;
	set_state(turn, uplink, SUPERNODE_REGISTERED);
	if (fresh)
		paths_registered(turn);
}

/* What was registered at another endpoint, or in another life of it, is so no more. */
static void challenged(struct turn *turn, struct uplink *uplink)
{
	uplink->must_sign = true;
	if (++uplink->challenges > CHALLENGES_MAX)
		lose(turn, uplink);
	else
		enter(turn, uplink);
}

static void sign_later(struct turn *turn, struct uplink *uplink)
{
	uplink->sign_due = turn->now + peer_jitter(turn->peer, SIGN_EVERY_MS, JITTER_PERCENT);
}

static void accept_registration(struct turn *turn, struct uplink *uplink,
    const struct fields *fields)
{
	bool moved = uplink->observed.family != FAMILY_NONE && fields_has(fields, KEY_OA) &&
	    !endpoint_equal(&uplink->observed, &fields->observed);

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
	registered(turn, uplink);
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
		enter(turn, uplink);
	} else if (error == PUNCH_TAKEN) {
		refused(turn, uplink, why_taken(turn->peer, uplink));
	} else {
		refused(turn, uplink, error == PUNCH_BUSY ? REASON_BUSY : REASON_REFUSED);
	}
}

static void extended_answer(struct turn *turn, struct uplink *uplink, const struct fields *fields)
{
	uplink->extended = true;
	uplink->seed = false;
	uplink_learn_cookie(uplink, fields);
	uplink_note_key(turn, uplink, fields);
	uplink->blank = false;
	if (fields_has(fields, KEY_LT))
		accept_registration(turn, uplink, fields);
	else if (!fields_has(fields, KEY_ER))
		lose(turn, uplink);
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

struct uplink *uplink_at(struct peer *peer, const struct endpoint *from)
{
	for (size_t i = 0; i < peer->uplink_count; i++) {
		struct uplink *uplink = &peer->uplinks[i];

		if (uplink->address_count > 0 && endpoint_equal(uplink_address(uplink), from))
			return uplink;
	}
	return NULL;
}
