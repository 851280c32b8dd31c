/*
 * In the order of what it costs: whose the name is, then whether the packet is
 * new, then its signature, which is the one dear thing and has a limit.
 */
#include "super/claim.h"

#include <string.h>

#include "super/core.h"

static enum verdict refuse(struct super *super, const struct claim *claim, enum counter counter,
    enum super_reason reason, enum verdict verdict)
{
	count(super, counter);
	super_tell(&super->listener,
	    &(struct super_event){
		.kind = SUPER_REFUSED,
		.reason = reason,
		.names = claim->names,
		.from = &claim->remote,
		.extended = claim->fields != NULL,
	    });
	return verdict;
}

static enum verdict taken(struct super *super, const struct claim *claim)
{
	return refuse(super, claim, COUNT_ENTRIES_TAKEN, SUPER_TAKEN, VERDICT_TAKEN);
}

/* Whom it would displace: who is registered where it comes from, and whom it is already. */
struct place {
	struct registration *here, *same;
};

/* `credentials`: that it says are its own; NULL for none. */
static struct place place_of(const struct super *super, const struct claim *claim,
    const struct credentials *credentials)
{
	return (struct place){
	    registry_at(&super->registry, &claim->remote),
	    registry_peer(&super->registry, claim->names, claim->remote.family, credentials),
	};
}

/* Without a signature that counts. */
static enum verdict judge_unsigned(struct super *super, const struct claim *claim)
{
	const struct registration *here = registry_at(&super->registry, &claim->remote);

	if ((here != NULL && here->keyed && !registration_stale(here)) ||
	    identities_owner(&super->identities, claim->names, NULL) == OWNER_OTHER)
		return taken(super, claim);
	return VERDICT_ENTER;
}

static uint64_t stamp_of(const struct registration *reg, const struct claim *claim)
{
	return reg != NULL && registration_is_of(reg, &claim->credentials)
	    ? registration_stamp(reg, claim->wall)
	    : 0;
}

/* The latest stamp that is known of who says to be the sender. */
static uint64_t last_stamp(struct super *super, const struct claim *claim,
    const struct place *place)
{
	uint64_t here = stamp_of(place->here, claim);
	uint64_t same = stamp_of(place->same, claim);
	uint64_t pin = identities_stamp(&super->identities, claim->names,
	    claim->credentials.identity);
	uint64_t last = here > same ? here : same;

	return pin > last ? pin : last;
}

/* Our answer to that very entry got lost: nothing is new, so nothing is to be proven. */
static bool is_repeat(const struct claim *claim, const struct place *place)
{
	const struct registration *here = place->here;

	return here != NULL && registration_is_of(here, &claim->credentials) &&
	    here->credentials.stamp == claim->credentials.stamp &&
	    span_equal(names_bytes(here->names), names_bytes(claim->names));
}

/* The key shared with it, which takes a while to compute, and is known of who is registered. */
static bool share(struct super *super, struct claim *claim, const struct place *place)
{
	const struct registration *known = NULL;

	if (place->here != NULL && registration_is_of(place->here, &claim->credentials))
		known = place->here;
	else if (place->same != NULL && registration_is_of(place->same, &claim->credentials))
		known = place->same;
	if (known == NULL)
		return seal_shared_key(&super->pair, claim->credentials.identity,
		    claim->credentials.shared);
	memcpy(claim->credentials.shared, known->credentials.shared, SHARED_KEY_BYTES);
	return true;
}

/* Its name stays nobody's, so it is served as one without a key, in place of what it was. */
static enum verdict enter_without(struct super *super, struct claim *claim)
{
	struct place place = place_of(super, claim, &claim->credentials);
	struct registration *own[] = {place.here, place.same != place.here ? place.same : NULL};

	refuse(super, claim, COUNT_NAMES_REFUSED, SUPER_NEW_NAMES, VERDICT_ENTER);
	for (size_t i = 0; i < 2; i++) {
		if (own[i] != NULL && registration_is_of(own[i], &claim->credentials))
			registry_remove(&super->registry, own[i], SUPER_REPLACED);
	}
	claim->keyed = false;
	return judge_unsigned(super, claim);
}

/* The key is the sender's: may it have the name? */
static enum verdict admit_name(struct super *super, struct claim *claim, enum name_owner owner)
{
	claim->keyed = true;
	claim->new = owner == OWNER_NOBODY;
	if (!claim->new || identities_admit(&super->identities, claim->names, &claim->remote))
		return VERDICT_ENTER;
	claim->new = false;
	return enter_without(super, claim);
}

static enum verdict judge_signed(struct super *super, struct claim *claim)
{
	const struct fields *fields = claim->fields;
	struct place place;
	enum name_owner owner;

	memcpy(claim->credentials.identity, fields->identity, IDENTITY_BYTES);
	claim->credentials.stamp = fields->stamp;
	place = place_of(super, claim, &claim->credentials);
	if (is_repeat(claim, &place)) {
		claim->credentials = place.here->credentials;
		claim->keyed = true;
		return VERDICT_ENTER;
	}
	owner = identities_owner(&super->identities, claim->names, claim->credentials.identity);
	if (owner == OWNER_OTHER)
		return taken(super, claim);
	if (fields->stamp <= last_stamp(super, claim, &place))
		return refuse(super, claim, COUNT_DROPPED_REPLAYED, SUPER_REPLAYED, VERDICT_DROP);
	if (!admission_signature(super->admission, &claim->remote, claim->now))
		return VERDICT_BUSY;
	if (!seal_signature_valid(claim->packet, fields, fields->identity,
		super->pair.identity) ||
	    !share(super, claim, &place))
		return refuse(super, claim, COUNT_DROPPED_SIGNATURE, SUPER_FORGED, VERDICT_DROP);
	return admit_name(super, claim, owner);
}

enum verdict claim_judge(struct super *super, struct claim *claim)
{
	const struct fields *fields = claim->fields;

	super->identities.wall = claim->wall;
	if (!super->has_key || fields == NULL || !fields_has(fields, KEY_SG))
		return judge_unsigned(super, claim);
	if (!fields_has(fields, KEY_ID) || !fields_has(fields, KEY_TS)) {
		count(super, COUNT_DROPPED_VOID);
		return VERDICT_DROP;
	}
	return judge_signed(super, claim);
}

bool claim_sealed(struct super *super, const struct registration *reg, struct span packet,
    const struct fields *fields)
{
	if (!fields_has(fields, KEY_TS) ||
	    !seal_mac_valid(packet, fields, reg->credentials.shared, super->pair.identity)) {
		super_refuse(super, &reg->remote, COUNT_DROPPED_SIGNATURE, SUPER_FORGED);
		return false;
	}
	if (fields->stamp <= reg->credentials.stamp) {
		super_refuse(super, &reg->remote, COUNT_DROPPED_REPLAYED, SUPER_REPLAYED);
		return false;
	}
	return true;
}

enum verdict claim_judge_notice(struct super *super, struct claim *claim,
    const struct registration *reg)
{
	enum name_owner owner;

	super->identities.wall = claim->wall;
	if (!claim_sealed(super, reg, claim->packet, claim->fields))
		return VERDICT_DROP;
	claim->credentials = reg->credentials;
	claim->credentials.stamp = claim->fields->stamp;
	owner = identities_owner(&super->identities, claim->names, claim->credentials.identity);
	return owner == OWNER_OTHER ? taken(super, claim) : admit_name(super, claim, owner);
}

void claim_settle(struct super *super, const struct claim *claim, const struct registration *reg)
{
	if (!claim->keyed)
		return;
	identities_bound(&super->identities, reg, claim->new);
	if (claim->new)
		count(super, COUNT_NAMES_NEW);
}
