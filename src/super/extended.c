/*
 * Peers of ours: whatever they want done needs a cookie, which shows that they
 * receive where they send from. Nothing is stored for who has none yet.
 */
#include <string.h>

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
static void send_challenge(struct turn *turn, struct send *send, const struct writer *w)
{
	if (w->full || w->len > turn->in->bytes.len) {
		count(turn->super, COUNT_UNSENT_CREDIT);
		return;
	}
	send_close(send, w);
	count(turn->super, COUNT_CHALLENGED);
}

static void challenge_entry(struct turn *turn, const struct entry *entry)
{
	struct super *super = turn->super;
	struct fields fields = answer_to(&entry->fields);
	struct send send = turn_reply(turn);
	struct writer w = send_open(&send);

	set_error(&fields, PUNCH_UNVERIFIED);
	set_cookie(turn, &fields);
	entry_write_answer(&w, super_number(super, send.wall), &super->short_identity, CMD_ANSENTRY,
	    super->legacy, true, &fields);
	send_challenge(turn, &send, &w);
}

static void answer_entry(struct turn *turn, const struct entry *entry, uint32_t lifetime,
    const uint8_t cookie[COOKIE_BYTES])
{
	struct super *super = turn->super;
	struct fields fields = answer_to(&entry->fields);
	struct send send = turn_reply(turn);
	struct writer w = send_open(&send);

	if (lifetime > 0) {
		fields_set(&fields, KEY_OA);
		fields.observed = turn->in->remote;
		fields_set(&fields, KEY_LT);
		fields.lifetime = lifetime;
	} else {
		set_error(&fields, PUNCH_BUSY);
	}
	fields_set(&fields, KEY_CK);
	memcpy(fields.cookie, cookie, COOKIE_BYTES);
	entry_write_answer(&w, super_number(super, send.wall), &super->identity, CMD_ANSENTRY,
	    super->legacy, true, &fields);
	send_close(&send, &w);
}

/*
 * Enters the sender. Returns the lifetime granted, in s; 0, having counted it, without room.
 * `*known` says whether somebody was registered there.
 */
static uint32_t enter(struct turn *turn, const struct entry *entry, uint32_t wish, uint32_t epoch,
    bool *known)
{
	struct super *super = turn->super;
	const struct arrival *in = turn->in;
	struct names_room room;
	const struct names *names = names_read(&room, entry, super->legacy);
	struct probationer *slot = probation_at(&super->probation, &in->remote);
	struct enter enter = {
	    .remote = in->remote,
	    .local = in->local,
	    .kind = PEER_EXTENDED,
	    .lifetime = wish,
	    .epoch = epoch,
	    .now = in->now,
	};

	/* what a seed wanted from here is overtaken */
	if (slot != NULL)
		probation_close(&super->probation, slot);
	struct registration *reg = registry_refresh(&super->registry, &enter, names);

	*known = reg != NULL || registry_at(&super->registry, &in->remote) != NULL;
	if (reg != NULL)
		return registration_lifetime(reg);
	enter.names = names_copy(names_bytes(names));
	if (enter.names == NULL) {
		super_refuse(super, &in->remote, COUNT_DROPPED_FULL, SUPER_NO_MEMORY);
		return 0;
	}
	reg = registry_enter(&super->registry, &enter);
	if (reg == NULL) {
		count(super, COUNT_DROPPED_FULL);
		return 0;
	}
	return registration_lifetime(reg);
}

void extended_entry(struct turn *turn, const struct entry *entry)
{
	struct super *super = turn->super;
	const struct fields *fields = &entry->fields;
	uint8_t cookie[COOKIE_BYTES];
	bool known;

	if (!renew_cookie(turn, fields, cookie)) {
		challenge_entry(turn, entry);
		return;
	}
	uint32_t lifetime = enter(turn, entry, fields_has(fields, KEY_LT) ? fields->lifetime : 0,
	    cookie_epoch(turn->in->wall), &known);

	if (lifetime > 0)
		count(super, known ? COUNT_ENTRIES_REFRESHED : COUNT_ENTRIES_NEW);
	answer_entry(turn, entry, lifetime, cookie);
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
	bool known;

	if (reg == NULL)
		return;
	/* it is not answered, so the cookie that the peer knows stays that of its last entry */
	if (enter(turn, entry, registration_lifetime(reg), reg->epoch, &known) > 0)
		count(turn->super, COUNT_NOTICES);
}

void extended_exit(struct turn *turn, const struct entry *entry)
{
	struct registration *reg = own_registration(turn, &entry->fields);

	if (reg == NULL)
		return;
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

void extended_answer(struct turn *turn, const struct answer *answer)
{
	const struct fields *fields = &answer->fields;

	if (fields_has(fields, KEY_SI) && !fields_has(fields, KEY_ER) &&
	    orders_acknowledge(&turn->super->orders, &turn->in->remote, fields->session))
		count(turn->super, COUNT_ACKNOWLEDGED);
	else
		count(turn->super, COUNT_STRAY);
}
