/*
 * Peers of ours: whatever they want done needs a cookie, which shows that they
 * receive where they send from. Nothing is stored for who has none yet.
 */
#include <stdlib.h>
#include <string.h>

#include "base/base64url.h"
#include "super/core.h"

static bool has_cookie(const struct turn *turn, const struct fields *fields)
{
	return fields_has(fields, KEY_CK) &&
	    cookie_valid(&turn->super->cookies, &turn->in->remote, turn->in->wall, fields->cookie);
}

/* The same; `fresh` becomes the cookie to go on with, if the packet has any. */
static bool renew_cookie(const struct turn *turn, const struct fields *fields,
    uint8_t fresh[COOKIE_BYTES])
{
	return fields_has(fields, KEY_CK) &&
	    cookie_renew(&turn->super->cookies, &turn->in->remote, turn->in->wall, fields->cookie,
		fresh);
}

static void set_cookie(const struct turn *turn, struct fields *fields)
{
	fields_set(fields, KEY_CK);
	cookie_make(&turn->super->cookies, &turn->in->remote, turn->in->wall, fields->cookie);
}

static struct fields answer_to(const struct fields *request)
{
	struct fields fields = {0};

	fields_set(&fields, KEY_PX);
	if (fields_has(request, KEY_TK)) {
		fields_set(&fields, KEY_TK);
		memcpy(fields.transaction, request->transaction, TRANSACTION_BYTES);
	}
	return fields;
}

static void set_error(struct fields *fields, enum punch_error error)
{
	fields_set(fields, KEY_ER);
	fields->error = error;
}

/* Sends it only if it is no longer than what it answers: the address is not proven. */
static bool send_challenge(struct turn *turn, struct send *send, const struct writer *w)
{
	if (w->full || w->len > turn->in->bytes.len) {
		count(turn->super, COUNT_UNSENT_CREDIT);
		return false;
	}
	send_close(send, w);
	count(turn->super, COUNT_CHALLENGED);
	return true;
}

static void set_identity(const struct super *super, struct fields *fields)
{
	if (!super->has_key)
		return;
	fields_set(fields, KEY_ID);
	memcpy(fields->identity, super->pair.identity, IDENTITY_BYTES);
}

static void write_challenge(struct turn *turn, struct writer *w, uint32_t number,
    const struct fields *fields)
{
	struct super *super = turn->super;

	entry_write_answer(w, number, &super->short_identity, CMD_ANSENTRY, super->legacy, true,
	    fields);
}

/* A test wants to be answered from elsewhere; it has no cookie, or else it would be an entry. */
static bool is_test(const struct fields *fields)
{
	return fields_has(fields, KEY_AP) && !fields_has(fields, KEY_CK);
}

/* The line that a key would take more of a challenge. */
static size_t line_length(const struct turn *turn, enum block_key key)
{
	uint8_t packed[ENDPOINT_PACKED_MAX];
	size_t bytes =
	    key == KEY_ID ? IDENTITY_BYTES : endpoint_pack(&turn->in->remote, packed);

	return BLOCK_LINE_HEAD + BASE64URL_LENGTH(bytes);
}

/*
 * What a challenge holds besides, as far as there is room within the length of the request.
 * Who wants to sign makes room for our key, who only wants to know how it is seen, for that;
 * the others get on without.
 */
static bool add_optional(const struct turn *turn, const struct fields *request, size_t len,
    struct fields *fields)
{
	static const enum block_key orders[2][2] = {{KEY_ID, KEY_OA}, {KEY_OA, KEY_ID}};
	const enum block_key *order = orders[is_test(request)];
	uint32_t before = fields->present;

	for (int i = 0; i < 2; i++) {
		size_t more = line_length(turn, order[i]);

		if (len + more > turn->in->bytes.len)
			continue;
		if (order[i] == KEY_ID) {
			set_identity(turn->super, fields);
		} else {
			fields_set(fields, KEY_OA);
			fields->observed = turn->in->remote;
		}
		if (fields_has(fields, order[i]))
			len += more;
	}
	return fields->present != before;
}

static void challenge_entry(struct turn *turn, const struct entry *entry)
{
	struct fields fields = answer_to(&entry->fields);
	struct send send = turn_reply(turn);
	bool test = is_test(&entry->fields);
	/* else the answer comes from here, which says that this cannot be tested */
	bool elsewhere = test && alternates_find(turn, &entry->fields, &send.local);
	uint32_t number = super_number(turn->super, turn->in->wall);
	struct writer w = send_open(&send);

	set_error(&fields, PUNCH_UNVERIFIED);
	set_cookie(turn, &fields);
	write_challenge(turn, &w, number, &fields);
	if (add_optional(turn, &entry->fields, w.len, &fields)) {
		w = send_open(&send);
		write_challenge(turn, &w, number, &fields);
	}
	if (send_challenge(turn, &send, &w) && test)
		count(turn->super, elsewhere ? COUNT_TESTED : COUNT_TESTED_HERE);
}

/* What became of an entry. */
struct outcome {
	uint32_t lifetime;	/* s, as granted; 0: it is not registered */
	enum punch_error error; /* for the answer, then */
	bool dropped;		/* and no answer */
	bool known;		/* somebody was registered there */
	bool plain;		/* nothing changed but the time */
	struct registration *reg; /* NULL: it is not registered */
};

/*
 * Whether it is told again what it was told before: once in a cookie's life is enough for those
 * who only refresh, unless the settings have changed since.
 */
static bool knows_all(const struct super *super, const struct outcome *outcome,
    const struct fields *request, const uint8_t cookie[COOKIE_BYTES])
{
	return outcome->plain && outcome->reg->told == super->told &&
	    memcmp(cookie, request->cookie, COOKIE_BYTES) == 0;
}

static void set_granted(const struct turn *turn, const struct outcome *outcome, bool knows,
    struct fields *fields)
{
	if (!knows) {
		alternates_tell(turn, fields);
		outcome->reg->told = turn->super->told;
	}
	fields_set(fields, KEY_OA);
	fields->observed = turn->in->remote;
	fields_set(fields, KEY_LT);
	fields->lifetime = outcome->lifetime;
}

static void answer_entry(struct turn *turn, const struct entry *entry,
    const struct outcome *outcome, const uint8_t cookie[COOKIE_BYTES])
{
	struct super *super = turn->super;
	struct fields fields = answer_to(&entry->fields);
	struct send send = turn_reply(turn);
	struct writer w = send_open(&send);
	bool knows = knows_all(super, outcome, &entry->fields, cookie);

	if (!knows)
		set_identity(super, &fields);
	if (outcome->lifetime > 0)
		set_granted(turn, outcome, knows, &fields);
	else
		set_error(&fields, outcome->error);
	fields_set(&fields, KEY_CK);
	memcpy(fields.cookie, cookie, COOKIE_BYTES);
	entry_write_answer(&w, super_number(super, send.wall), &super->identity, CMD_ANSENTRY,
	    super->legacy, true, &fields);
	send_close(&send, &w);
	if (outcome->lifetime > 0)
		repeat_learn(turn, entry, span_of(w.data, knows && !w.full ? w.len : 0));
}

static struct outcome refused(enum punch_error error)
{
	return (struct outcome){.error = error};
}

/* Somebody who may have the name. Takes the names of the claim over into the registry. */
static struct outcome enter_claim(struct turn *turn, struct enter *enter,
    const struct claim *claim)
{
	struct super *super = turn->super;
	struct outcome outcome = {
	    .known = registry_at(&super->registry, &enter->remote) != NULL,
	};

	enter->names = names_copy(names_bytes(claim->names));
	if (enter->names == NULL) {
		super_refuse(super, &enter->remote, COUNT_DROPPED_FULL, SUPER_NO_MEMORY);
		return refused(PUNCH_BUSY);
	}
	enter->credentials = claim->keyed ? &claim->credentials : NULL;
	enter->owner = claim->keyed && !claim->new;
	enum super_reason reason = super_may_enter(super, enter);

	if (reason != SUPER_NO_REASON) {
		free(enter->names);
		return refused(reason == SUPER_BANNED ? PUNCH_REFUSED : PUNCH_BUSY);
	}
	struct registration *reg = registry_enter(&super->registry, enter);

	if (reg == NULL) {
		count(super, super_refusal(super));
		return refused(PUNCH_BUSY);
	}
	claim_settle(super, claim, reg);
	outcome.reg = reg;
	outcome.lifetime = registration_lifetime(reg);
	return outcome;
}

static struct outcome judge(struct turn *turn, struct enter *enter, struct claim *claim,
    const struct registration *noticed)
{
	struct super *super = turn->super;
	enum verdict verdict = noticed != NULL && noticed->keyed
	    ? claim_judge_notice(super, claim, noticed)
	    : claim_judge(super, claim);

	switch (verdict) {
	case VERDICT_ENTER:
		return enter_claim(turn, enter, claim);
	case VERDICT_TAKEN:
		return refused(PUNCH_TAKEN);
	case VERDICT_BUSY:
		return refused(PUNCH_BUSY);
	default:
		return (struct outcome){.dropped = true};
	}
}

/*
 * Enters the sender. `noticed`: its registration, if the packet is no entry but
 * a notice, which nobody answers.
 */
static struct outcome enter(struct turn *turn, const struct entry *entry,
    const struct registration *noticed)
{
	struct super *super = turn->super;
	const struct arrival *in = turn->in;
	const struct fields *fields = &entry->fields;
	struct names_room room;
	const struct names *names = names_read(&room, entry, super->legacy);
	struct enter enter = {
	    .remote = in->remote,
	    .local = in->local,
	    .kind = PEER_EXTENDED,
	    .lifetime = fields_has(fields, KEY_LT) ? fields->lifetime : 0,
	    .epoch = cookie_epoch(in->wall),
	    .nat = fields->nat,
	    .now = in->now,
	};
	bool sealed = super->has_key &&
	    (fields_has(fields, KEY_SG) || (noticed != NULL && noticed->keyed));

	probation_overtaken(&super->probation, &in->remote);
	/* without an answer the cookie that the peer knows stays that of its last entry */
	if (noticed != NULL) {
		enter.lifetime = registration_lifetime(noticed);
		enter.epoch = noticed->epoch;
	}
	struct registration *reg =
	    sealed ? NULL : registry_refresh(&super->registry, &enter, names);

	if (reg != NULL)
		return (struct outcome){registration_lifetime(reg), .known = true, .plain = true,
		    .reg = reg};
	return judge(turn, &enter,
	    &(struct claim){
		.remote = in->remote,
		.names = names,
		.packet = in->bytes,
		.fields = fields,
		.now = in->now,
		.wall = in->wall,
	    },
	    noticed);
}

void extended_entry(struct turn *turn, const struct entry *entry)
{
	struct super *super = turn->super;
	const struct fields *fields = &entry->fields;
	uint8_t cookie[COOKIE_BYTES];

	if (!renew_cookie(turn, fields, cookie)) {
		if (turn_admitted(turn))
			challenge_entry(turn, entry);
		return;
	}
	struct outcome outcome = enter(turn, entry, NULL);

	if (outcome.dropped)
		return;
	if (outcome.lifetime > 0)
		count(super, outcome.known ? COUNT_ENTRIES_REFRESHED : COUNT_ENTRIES_NEW);
	answer_entry(turn, entry, &outcome, cookie);
}

/* The sender's registration, if it is one of a peer of ours and the packet has its cookie. */
static struct registration *own_registration(struct turn *turn, const struct fields *fields)
{
	struct registration *reg = registry_at(&turn->super->registry, &turn->in->remote);

	if (!has_cookie(turn, fields)) {
		super_refuse(turn->super, &turn->in->remote, COUNT_DROPPED_FORGED, SUPER_FORGED);
		return NULL;
	}
	if (reg != NULL && reg->kind == PEER_EXTENDED)
		return reg;
	/* as of somebody who leaves twice, or has been forgotten */
	count(turn->super, COUNT_STRAY);
	return NULL;
}

void extended_notice(struct turn *turn, const struct entry *entry)
{
	struct registration *reg = own_registration(turn, &entry->fields);

	if (reg != NULL && enter(turn, entry, reg).lifetime > 0)
		count(turn->super, COUNT_NOTICES);
}

void extended_exit(struct turn *turn, const struct entry *entry)
{
	struct registration *reg = own_registration(turn, &entry->fields);

	if (reg == NULL ||
	    (reg->keyed &&
		!claim_sealed(turn->super, reg, turn->in->bytes, &entry->fields)))
		return;
	/* its exit is not to be good again for the next registration of that key */
	if (reg->keyed)
		reg->credentials.stamp = entry->fields.stamp;
	turn->super->identities.wall = turn->in->wall;
	registry_remove(&turn->super->registry, reg, SUPER_EXIT);
	count(turn->super, COUNT_EXITS);
}

static void challenge_ask(struct turn *turn, const struct ask *ask)
{
	struct super *super = turn->super;
	struct fields fields = answer_to(&ask->fields);
	struct send send = turn_reply(turn);
	struct writer w = send_open(&send);

	set_error(&fields, PUNCH_UNVERIFIED);
	set_cookie(turn, &fields);
	answer_write(&w, super_number(super, send.wall), &super->short_identity, ask->name, &fields);
	send_challenge(turn, &send, &w);
}

void extended_ask(struct turn *turn, const struct ask *ask)
{
	struct asking asking = {
	    .from = turn->in->remote,
	    .local = turn->in->local,
	    .extended = true,
	    .name_as_asked = ask->name,
	    .now = turn->in->now,
	    .wall = turn->in->wall,
	};
	char name[ASK_TEXT_MAX];

	if (!has_cookie(turn, &ask->fields)) {
		if (turn_admitted(turn))
			challenge_ask(turn, ask);
		return;
	}
	if (!fields_has(&ask->fields, KEY_TK)) {
		count(turn->super, COUNT_DROPPED_VOID);
		return;
	}
	memcpy(asking.transaction, ask->fields.transaction, TRANSACTION_BYTES);
	memcpy(asking.cookie, ask->fields.cookie, COOKIE_BYTES);
	asking.name = span_of(name, ask_decode(ask, turn->super->legacy, name));
	introduce(turn->super, &asking, turn->out);
}

/* Who refuses ends an introduction for both: so it has to show its cookie, besides the session. */
static void refused_answer(struct turn *turn, const struct fields *fields)
{
	struct super *super = turn->super;
	const struct arrival *in = turn->in;

	if (!has_cookie(turn, fields))
		super_refuse(super, &in->remote, COUNT_DROPPED_FORGED, SUPER_FORGED);
	else if (!fields_has(fields, KEY_SI) ||
	    !introduce_refused(super, &in->remote, fields->session, in->now, in->wall, turn->out))
		count(super, COUNT_STRAY);
}

void extended_answer(struct turn *turn, const struct answer *answer)
{
	const struct fields *fields = &answer->fields;

	if (fields_has(fields, KEY_ER) && fields->error == PUNCH_REFUSED) {
		refused_answer(turn, fields);
		return;
	}
	if (fields_has(fields, KEY_SI) && !fields_has(fields, KEY_ER) &&
	    orders_acknowledge(&turn->super->orders, &turn->in->remote, fields->session))
		count(turn->super, COUNT_ACKNOWLEDGED);
	else
		count(turn->super, COUNT_STRAY);
}
