/* Keys of supernodes at first sight, and of peers as supernodes tell them. */
#include "peer/keys.h"

#include <string.h>
#include <strings.h>

#include "peer/core.h"

#define STAMP_AHEAD_MS 3600000
#define STAMPS_AHEAD 65536
#define STAMPS_LATE_MS 5000 /* what went another way may be behind the last one by so much */

/* Far above any clock, and far below the largest number that TS can show. */
#define STAMP_MAX 9000000000000000U

void peer_use_key(struct peer *peer, const uint8_t seed[KEYPAIR_SEED_BYTES])
{
	keypair_init(&peer->keys, seed);
	peer->has_keys = true;
}

const uint8_t *peer_key(const struct peer *peer)
{
	return peer->has_keys ? peer->keys.identity : NULL;
}

void peer_stamp(struct peer *peer, uint64_t floor)
{
	if (floor > STAMP_MAX)
		floor = STAMP_MAX;
	if (floor > peer->stamp)
		peer->stamp = floor;
	if (floor > peer->reserved)
		peer->reserved = floor;
}

/*
 * Not told with each packet: an hour ahead of the clock, and where stamps are ahead of it
 * themselves, after it was set back, so many that they last.
 */
static void reserve_stamps(struct turn *turn, uint64_t clock)
{
	struct peer *peer = turn->peer;

	if (peer->stamp < peer->reserved)
		return;
	peer->reserved = peer->stamp + STAMPS_AHEAD;
	if (peer->reserved < clock + STAMP_AHEAD_MS)
		peer->reserved = clock + STAMP_AHEAD_MS;
	peer_tell(peer,
	    &(struct peer_event){
		.kind = EVENT_STAMP, .now = turn->now, .stamp = peer->reserved});
}

uint64_t turn_stamp(struct turn *turn)
{
	struct peer *peer = turn->peer;
	uint64_t clock = turn->wall > 0 ? (uint64_t)turn->wall * 1000 : 0;

	peer->stamp = clock > peer->stamp ? clock : peer->stamp + 1;
	reserve_stamps(turn, clock);
	return peer->stamp;
}

static bool same_key(const uint8_t a[IDENTITY_BYTES], const uint8_t b[IDENTITY_BYTES])
{
	return memcmp(a, b, IDENTITY_BYTES) == 0;
}

/* Host names know no case; `port` 0 is any. */
static bool is_named(const struct uplink *uplink, const char *host, uint16_t port)
{
	return strcasecmp(uplink->setting.host, host) == 0 &&
	    (port == 0 || uplink->setting.port == port);
}

const struct uplink *uplink_of_key(const struct peer *peer, const struct uplink *uplink)
{
	for (size_t i = 0; i < peer->uplink_count; i++) {
		const struct uplink *other = &peer->uplinks[i];

		if (other == uplink || is_named(uplink, other->setting.host, other->setting.port) ||
		    !other->has_known || !same_key(other->known, uplink->shown))
			continue;
		/* both are known by it: it is that of the first */
		if (!uplink->has_known || other < uplink)
			return other;
	}
	return NULL;
}

enum identity_state uplink_identity_state(const struct peer *peer, const struct uplink *uplink)
{
	if (!uplink->has_shown)
		return uplink->has_known ? IDENTITY_UNSEEN : IDENTITY_UNKNOWN;
	if (uplink->has_known && !same_key(uplink->known, uplink->shown))
		return IDENTITY_CHANGED;
	if (uplink_of_key(peer, uplink) != NULL)
		return IDENTITY_FOREIGN;
	return uplink->has_known ? IDENTITY_KNOWN : IDENTITY_UNKNOWN;
}

bool uplink_may_sign(const struct peer *peer, const struct uplink *uplink)
{
	enum identity_state state = uplink_identity_state(peer, uplink);

	return peer->has_keys && uplink->has_shown &&
	    (state == IDENTITY_KNOWN || state == IDENTITY_UNKNOWN);
}

static void tell_state(struct turn *turn, struct uplink *uplink, enum identity_state state)
{
	struct peer *peer = turn->peer;

	uplink->told = state;
	peer_tell(peer,
	    &(struct peer_event){
		.kind = EVENT_SUPERNODE_KEY,
		.now = turn->now,
		.index = (unsigned)(uplink - peer->uplinks),
		.host = uplink->setting.host,
		.port = uplink->setting.port,
		.identity_state = state,
		.identity = uplink->shown,
	    });
}

static void tell_key(struct turn *turn, struct uplink *uplink)
{
	enum identity_state state = uplink_identity_state(turn->peer, uplink);

	if (state != uplink->told)
		tell_state(turn, uplink, state);
}

void uplink_note_plain(struct turn *turn, struct uplink *uplink, const struct fields *fields)
{
	/* while it answers as one of ours too, others may have made this up */
	if (fields_has(fields, KEY_PX) || !uplink->has_known || uplink->plain_told ||
	    uplink->tries == 0 || uplink_usable(uplink, turn->now))
		return;
	uplink->plain_told = true;
	uplink->has_shown = false;
	tell_state(turn, uplink, IDENTITY_UNSEEN);
}

void uplink_note_key(struct turn *turn, struct uplink *uplink, const struct fields *fields)
{
	if (!turn->peer->has_keys)
		return;
	uplink->plain_told = false;
	if (fields_has(fields, KEY_ID)) {
		memcpy(uplink->shown, fields->identity, IDENTITY_BYTES);
		uplink->has_shown = true;
	} else if (uplink->blank || (uplink->signed_entry && fields_has(fields, KEY_LT))) {
		/* there was room for it, or it is what the entry was signed for */
		uplink->has_shown = false;
	}
	tell_key(turn, uplink);
}

void uplink_pin_key(struct turn *turn, struct uplink *uplink)
{
	if (!uplink_may_sign(turn->peer, uplink))
		return;
	memcpy(uplink->known, uplink->shown, IDENTITY_BYTES);
	uplink->has_known = true;
	struct uplink *twin = uplink_twin(turn->peer, uplink);

	if (!twin->has_known) {
		memcpy(twin->known, uplink->known, IDENTITY_BYTES);
		twin->has_known = true;
		/* one that has shown none yet is not missed */
		if (twin->has_shown)
			tell_key(turn, twin);
		else
			twin->told = uplink_identity_state(turn->peer, twin);
	}
	tell_key(turn, uplink);
}

void peer_know_supernode(struct peer *peer, const char *host, uint16_t port,
    const uint8_t identity[IDENTITY_BYTES])
{
	for (size_t i = 0; i < peer->uplink_count; i++) {
		struct uplink *uplink = &peer->uplinks[i];

		if (uplink->has_known || !is_named(uplink, host, port))
			continue;
		memcpy(uplink->known, identity, IDENTITY_BYTES);
		uplink->has_known = true;
		uplink->told = uplink_identity_state(peer, uplink);
		/* only one of ours has a key: it is never believed without PX again */
		uplink->extended = true;
	}
}

void peer_forget_supernode(struct peer *peer, const char *host, uint16_t port, int64_t now,
    int64_t wall, struct batch *out)
{
	struct turn turn = turn_at(peer, now, wall, out);

	for (size_t i = 0; i < peer->uplink_count; i++) {
		struct uplink *uplink = &peer->uplinks[i];

		if (is_named(uplink, host, port)) {
			uplink->has_known = false;
			uplink->extended = uplink->cookie_count > 0;
		}
		/* it may have been distrusted for showing the same */
		uplink->must_sign = true;
	}
	for (size_t i = 0; i < peer->uplink_count; i++) {
		struct uplink *uplink = &peer->uplinks[i];

		tell_key(&turn, uplink);
		uplink_refresh(&turn, uplink);
		if (uplink->state == SUPERNODE_REFUSED)
			uplink_start(&turn, uplink);
	}
}

/*
 * As a supernode told it: an address that a person gave, or a seed's, is tried without a session.
 */
static bool is_under_way(const struct path *path)
{
	if (path->state == PATH_OPEN && path->has_session)
		return true;
	for (size_t i = 0; i < path->candidate_count; i++) {
		if (path->candidates[i].tried && path->candidates[i].way.has_session)
			return true;
	}
	return false;
}

bool path_identify(struct path *path, const struct peer *peer, const struct fields *fields)
{
	bool keyed = peer->has_keys && fields_has(fields, KEY_ID);

	if (path->has_identity && keyed && same_key(path->identity, fields->identity))
		return true;
	/* the other end may have been told otherwise: what it sends would be void from now on */
	if (is_under_way(path))
		return !path->has_identity && !keyed;
	path->has_identity =
	    keyed && seal_shared_key(&peer->keys, fields->identity, path->shared);
	path->stamp = path->stamp_floor = 0;
	memset(path->stamps, 0, sizeof path->stamps);
	if (!path->has_identity)
		return !keyed;
	memcpy(path->identity, fields->identity, IDENTITY_BYTES);
	return true;
}

bool path_is_of_another(const struct path *path, const struct fields *fields)
{
	return path->has_identity && fields_has(fields, KEY_ID) &&
	    !same_key(path->identity, fields->identity);
}

bool path_same_identity(const struct path *a, const struct path *b)
{
	if (!a->has_identity || !b->has_identity)
		return a->has_identity == b->has_identity;
	return same_key(a->identity, b->identity);
}

void path_stamp(struct turn *turn, const struct path *path, struct fields *fields)
{
	if (!path->has_identity)
		return;
	fields_set(fields, KEY_TS);
	fields->stamp = turn_stamp(turn);
}

void path_seal(struct writer *w, const struct path *path)
{
	if (path->has_identity)
		seal_mac(w, path->shared, path->identity);
}

static bool is_late(const struct path *path, uint64_t stamp)
{
	if (stamp > path->stamp)
		return false;
	if (path->stamp - stamp > STAMPS_LATE_MS || stamp <= path->stamp_floor)
		return true;
	for (size_t i = 0; i < STAMPS_KEPT; i++) {
		if (path->stamps[i] == stamp)
			return true;
	}
	return false;
}

static void note_stamp(struct path *path, uint64_t stamp)
{
	size_t lowest = 0;

	for (size_t i = 1; i < STAMPS_KEPT; i++) {
		if (path->stamps[i] < path->stamps[lowest])
			lowest = i;
	}
	if (path->stamps[lowest] > path->stamp_floor)
		path->stamp_floor = path->stamps[lowest];
	path->stamps[lowest] = stamp;
	if (stamp > path->stamp)
		path->stamp = stamp;
}

void path_take_stamps(struct path *to, const struct path *from)
{
	if (from->stamp_floor > to->stamp_floor)
		to->stamp_floor = from->stamp_floor;
	for (size_t i = 0; i < STAMPS_KEPT; i++) {
		if (from->stamps[i] != 0 && !is_late(to, from->stamps[i]))
			note_stamp(to, from->stamps[i]);
	}
}

bool path_sealed(struct turn *turn, const struct path *path, struct span packet,
    const struct fields *fields)
{
	struct peer *peer = turn->peer;

	if (!path->has_identity ||
	    seal_mac_valid(packet, fields, path->shared, peer->keys.identity))
		return true;
	peer_bump(peer, PEER_DROPPED_FORGED);
	return false;
}

bool path_genuine(struct turn *turn, struct path *path, struct span packet,
    const struct fields *fields)
{
	if (!path->has_identity)
		return true;
	if (!fields_has(fields, KEY_TS)) {
		peer_bump(turn->peer, PEER_DROPPED_FORGED);
		return false;
	}
	if (!path_sealed(turn, path, packet, fields))
		return false;
	if (is_late(path, fields->stamp)) {
		peer_bump(turn->peer, PEER_DROPPED_LATE);
		return false;
	}
	note_stamp(path, fields->stamp);
	return true;
}
