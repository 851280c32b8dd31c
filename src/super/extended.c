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

static void answer_entry(struct turn *turn, const struct entry *entry, uint32_t lifetime)
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
	set_cookie(turn, &fields);
	entry_write_answer(&w, super_number(super, send.wall), &super->identity, CMD_ANSENTRY,
	    super->legacy, true, &fields);
	send_close(&send, &w);
}

/* Enters the sender. Returns the lifetime granted, in s; 0 when there is no room. */
static uint32_t enter(struct turn *turn, const struct entry *entry, uint32_t wish, uint32_t epoch)
{
	struct super *super = turn->super;
	const struct arrival *in = turn->in;
	struct names *names = names_new(entry, super->legacy);
	struct probationer *slot = probation_at(&super->probation, &in->remote);

	if (names == NULL)
		return 0;
	/* what a seed wanted from here is overtaken */
	if (slot != NULL)
		probation_close(&super->probation, slot);
	struct registration *reg = registry_enter(&super->registry,
	    &(struct enter){
		.remote = in->remote,
		.local = in->local,
		.kind = PEER_EXTENDED,
		.lifetime = wish,
		.epoch = epoch,
		.names = names,
		.now = in->now,
	    });

	return reg == NULL ? 0 : registration_lifetime(reg);
}

void extended_entry(struct turn *turn, const struct entry *entry)
{
	struct super *super = turn->super;
	const struct fields *fields = &entry->fields;

	if (!has_cookie(turn, fields)) {
		challenge_entry(turn, entry);
		return;
	}
	bool known = registry_at(&super->registry, &turn->in->remote) != NULL;
	uint32_t lifetime = enter(turn, entry, fields_has(fields, KEY_LT) ? fields->lifetime : 0,
	    cookie_epoch(turn->in->wall));

	if (lifetime == 0)
		count(super, COUNT_DROPPED_FULL);
	else
		count(super, known ? COUNT_ENTRIES_REFRESHED : COUNT_ENTRIES_NEW);
	answer_entry(turn, entry, lifetime);
}

/* The sender's registration, if it is one of a peer of ours and the packet has its cookie. */
static struct registration *own_registration(struct turn *turn, const struct fields *fields)
{
	struct registration *reg = registry_at(&turn->super->registry, &turn->in->remote);

	if (has_cookie(turn, fields) && reg != NULL && reg->kind == PEER_EXTENDED)
		return reg;
	count(turn->super, COUNT_DROPPED_FORGED);
	return NULL;
}

void extended_notice(struct turn *turn, const struct entry *entry)
{
	struct registration *reg = own_registration(turn, &entry->fields);

	if (reg == NULL)
		return;
	/* it is not answered, so the cookie that the peer knows stays that of its last entry */
	if (enter(turn, entry, registration_lifetime(reg), reg->epoch) == 0)
		count(turn->super, COUNT_DROPPED_FULL);
	else
		count(turn->super, COUNT_NOTICES);
}

void extended_exit(struct turn *turn, const struct entry *entry)
{
	struct registration *reg = own_registration(turn, &entry->fields);

	if (reg == NULL)
		return;
	registry_remove(&turn->super->registry, reg);
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
