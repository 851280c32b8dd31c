/*
 * Peers that know only the seed, and stock clients. They have no cookies; what
 * proves their address is that they answer READMSG|READCHECKOPT with the
 * number it carried. Until then they wait in a slot of super/probation.h, and
 * are sent no more bytes than they sent.
 */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "super/core.h"

#define SLOTS_PER_TICK 256
#define PROBES_PER_TICK 256

static void send_probe_packet(struct send *send)
{
	struct super *super = send->super;
	struct writer w = send_open(send);

	packet_write(&w, cookie_number(&super->cookies, &send->to, send->wall),
	    &super->short_identity, CMD_READMSG | OPT_READCHECK, span_of("", 0));
	send_close(send, &w);
	count(super, COUNT_SENT_PROBES);
}

/* "1:" number ":s:s:" word ":" NUL, the number at its longest */
#define PROBE_BYTES 26u

/* Takes the bytes off the slot's credit, if it has them or needs none. */
static bool spend(struct super *super, struct probationer *slot, size_t bytes)
{
	if (slot->trusted)
		return true;
	if (slot->credit < bytes) {
		count(super, COUNT_UNSENT_CREDIT);
		return false;
	}
	slot->credit -= (uint32_t)bytes;
	return true;
}

static struct send send_to_slot(struct super *super, const struct probationer *slot, int64_t wall,
    struct batch *out)
{
	return (struct send){super, out, wall, slot->remote, slot->local};
}

static void send_probe(struct super *super, struct probationer *slot, int64_t wall,
    struct batch *out)
{
	struct send send = send_to_slot(super, slot, wall, out);

	if (slot->probes < UINT8_MAX)
		slot->probes++;
	if (spend(super, slot, PROBE_BYTES))
		send_probe_packet(&send);
}

static void write_answer(struct super *super, struct writer *w, int64_t wall,
    const struct identity *identity)
{
	entry_write_answer(w, super_number(super, wall), identity, CMD_ANSENTRY, super->legacy, false,
	    NULL);
}

/* The ANSENTRY in its shortest form, for an address that is not proven. */
static void send_short_answer(struct super *super, struct probationer *slot, int64_t wall,
    struct batch *out)
{
	struct send send = send_to_slot(super, slot, wall, out);
	struct writer w = send_open(&send);

	write_answer(super, &w, wall, &super->short_identity);
	if (slot->credit < w.len) {
		count(super, COUNT_UNSENT_CREDIT);
		return;
	}
	slot->credit -= (uint32_t)w.len;
	slot->answered = true;
	send_close(&send, &w);
}

static void send_full_answer(struct send *send)
{
	struct writer w = send_open(send);

	write_answer(send->super, &w, send->wall, &send->super->identity);
	send_close(send, &w);
}

/* A seed may not speak for an address where a peer of ours is registered. */
static bool may_come_from(struct turn *turn)
{
	const struct registration *reg = registry_at(&turn->super->registry, &turn->in->remote);

	if (turn->super->settings.legacy != LEGACY_OFF &&
	    (reg == NULL || reg->kind == PEER_SEED || registration_stale(reg)))
		return true;
	count(turn->super, COUNT_DROPPED_LEGACY);
	return false;
}

/*
 * A seed that is registered has shown that it receives, and shows it again and
 * again; but for one that was kept while nobody was there to ask it.
 */
static bool is_proven(const struct super *super, const struct registration *reg, int64_t now)
{
	int64_t patience = (SEED_SILENT_PROBES + 2) * 1000LL * super->settings.legacy_keepalive;

	return reg != NULL && !registration_stale(reg) && !reg->unproven &&
	    now - reg->heard <= patience;
}

static struct probationer *open_slot(struct turn *turn)
{
	struct super *super = turn->super;
	const struct registration *reg = registry_at(&super->registry, &turn->in->remote);
	struct probationer *slot =
	    probation_open(&super->probation, &turn->in->remote, turn->in->local, turn->in->now);

	if (slot == NULL) {
		super_refuse(super, &turn->in->remote, COUNT_DROPPED_FULL, SUPER_NO_MEMORY);
		return NULL;
	}
	slot->trusted = is_proven(super, reg, turn->in->now);
	slot->credit += (uint32_t)turn->in->bytes.len;
	return slot;
}

/*
 * Who a packet's header says it is from. A seed answers every READMSG, also
 * after an entry that somebody else sent in its address's name; but it says its
 * user and host in doing so, and another's are not its.
 */
static uint64_t sender_of(const struct turn *turn)
{
	const struct packet *packet = &turn->packet;
	unsigned char bytes[2 * NAME_BYTES_MAX + 1];
	uint64_t hash;

	memcpy(bytes, packet->user.data, packet->user.len);
	bytes[packet->user.len] = ':';
	memcpy(bytes + packet->user.len + 1, packet->host.data, packet->host.len);
	crypto_shorthash((unsigned char *)&hash, bytes, packet->user.len + 1 + packet->host.len,
	    turn->super->probation.key);
	return hash;
}

static bool hold_names(struct turn *turn, struct probationer *slot, enum pending pending,
    const struct entry *entry)
{
	struct names *names = names_new(entry, turn->super->legacy);

	if (names == NULL) {
		super_refuse(turn->super, &slot->remote, COUNT_DROPPED_FULL, SUPER_NO_MEMORY);
		probation_close(&turn->super->probation, slot);
		return false;
	}
	probationer_want(slot, pending, names, turn->in->now);
	slot->sender = sender_of(turn);
	count(turn->super, COUNT_HELD);
	return true;
}

static struct registration *enter(struct super *super, const struct endpoint *remote,
    uint16_t local, struct names *names, bool proven, int64_t now)
{
	bool known = registry_at(&super->registry, remote) != NULL;
	struct enter enter = {
	    .remote = *remote,
	    .local = local,
	    .kind = PEER_SEED,
	    .names = names,
	    .unproven = !proven,
	    .now = now,
	};

	struct claim claim = {
	    .remote = *remote,
	    .names = names,
	    .now = now,
	    .wall = super->identities.wall,
	};

	if (claim_judge(super, &claim) != VERDICT_ENTER ||
	    super_may_enter(super, &enter) != SUPER_NO_REASON) {
		free(names);
		return NULL;
	}
	struct registration *reg = registry_enter(&super->registry, &enter);

	count(super, reg == NULL ? super_refusal(super)
		: known		 ? COUNT_ENTRIES_REFRESHED
				 : COUNT_ENTRIES_NEW);
	return reg;
}

/* Without any proof, as legacy = open has it. */
static void enter_open(struct turn *turn, const struct entry *entry, bool answer)
{
	struct names *names = names_new(entry, turn->super->legacy);
	struct send send = turn_reply(turn);

	if (names == NULL) {
		super_refuse(turn->super, &turn->in->remote, COUNT_DROPPED_FULL, SUPER_NO_MEMORY);
		return;
	}
	if (enter(turn->super, &turn->in->remote, turn->in->local, names, false, turn->in->now) !=
		NULL &&
	    answer)
		send_full_answer(&send);
}

/*
 * The probe goes first: without it nothing comes of the entry. A second entry
 * is answered first: its sender knows no READMSG, or was not reached.
 */
void legacy_entry(struct turn *turn, const struct entry *entry)
{
	struct super *super = turn->super;

	if (!may_come_from(turn) || !turn_admitted(turn))
		return;
	if (super->settings.legacy == LEGACY_OPEN) {
		enter_open(turn, entry, true);
		return;
	}
	bool again = probation_at(&super->probation, &turn->in->remote) != NULL;
	struct probationer *slot = open_slot(turn);

	if (slot == NULL || !hold_names(turn, slot, PENDING_ENTRY, entry))
		return;
	if (again && !slot->answered)
		send_short_answer(super, slot, turn->in->wall, turn->out);
	send_probe(super, slot, turn->in->wall, turn->out);
	if (!slot->answered)
		send_short_answer(super, slot, turn->in->wall, turn->out);
	probation_schedule(&super->probation, slot);
}

void legacy_notice(struct turn *turn, const struct entry *entry)
{
	struct super *super = turn->super;

	if (!may_come_from(turn))
		return;
	if (registry_at(&super->registry, &turn->in->remote) == NULL) {
		count(super, COUNT_STRAY);
		return;
	}
	if (!turn_admitted(turn))
		return;
	if (super->settings.legacy == LEGACY_OPEN) {
		enter_open(turn, entry, false);
		return;
	}
	struct probationer *slot = open_slot(turn);

	if (slot == NULL || !hold_names(turn, slot, PENDING_ABSENCE, entry))
		return;
	send_probe(super, slot, turn->in->wall, turn->out);
	probation_schedule(&super->probation, slot);
}

void legacy_exit(struct turn *turn)
{
	struct super *super = turn->super;

	if (!may_come_from(turn))
		return;
	if (registry_at(&super->registry, &turn->in->remote) == NULL) {
		count(super, COUNT_STRAY);
		return;
	}
	if (!turn_admitted(turn))
		return;
	struct probationer *slot = open_slot(turn);

	if (slot == NULL)
		return;
	count(super, COUNT_HELD);
	/* sent twice by stock clients: the second starts nothing anew */
	if (slot->pending == PENDING_EXIT)
		return;
	probationer_want(slot, PENDING_EXIT, NULL, turn->in->now);
	send_probe(super, slot, turn->in->wall, turn->out);
	probation_schedule(&super->probation, slot);
}

static void introduce_for(struct super *super, const struct endpoint *from, uint16_t local,
    struct span name, int64_t now, int64_t wall, struct batch *out)
{
	struct asking asking = {
	    .from = *from,
	    .local = local,
	    .name = name,
	    .now = now,
	    .wall = wall,
	};

	introduce(super, &asking, out);
}

void legacy_ask(struct turn *turn, const struct ask *ask)
{
	struct super *super = turn->super;
	const struct arrival *in = turn->in;
	char text[ASK_TEXT_MAX];
	struct span name = span_of(text, ask_decode(ask, super->legacy, text));
	const struct registration *reg = registry_at(&super->registry, &in->remote);

	if (!may_come_from(turn))
		return;
	if (super->settings.legacy == LEGACY_OPEN || is_proven(super, reg, in->now)) {
		introduce_for(super, &in->remote, in->local, name, in->now, in->wall, turn->out);
		return;
	}
	if (!turn_admitted(turn))
		return;
	struct probationer *slot = open_slot(turn);

	if (slot == NULL)
		return;
	count(super, COUNT_HELD);
	if (probationer_ask(slot, name, in->now))
		send_probe(super, slot, in->wall, turn->out);
	probation_schedule(&super->probation, slot);
}

/* The address receives: what it wanted takes effect. */
static void grant(struct turn *turn, struct probationer *slot)
{
	struct super *super = turn->super;
	const struct arrival *in = turn->in;
	struct send send = {super, turn->out, in->wall, slot->remote, slot->local};
	struct names *names = slot->names;

	if (names != NULL && slot->sender != sender_of(turn)) {
		super_refuse(super, &in->remote, COUNT_DROPPED_FORGED, SUPER_FORGED);
		slot->pending = PENDING_NOTHING;
	} else {
		slot->names = NULL;
	}
	if (slot->pending == PENDING_ENTRY) {
		if (enter(super, &slot->remote, slot->local, names, true, in->now) != NULL)
			send_full_answer(&send);
	} else if (slot->pending == PENDING_ABSENCE) {
		if (enter(super, &slot->remote, slot->local, names, true, in->now) != NULL)
			count(super, COUNT_NOTICES);
	}
	if (slot->ask != NULL && in->now <= slot->ask_until)
		introduce_for(super, &slot->remote, slot->local, span_text(slot->ask), in->now,
		    in->wall, turn->out);
	probation_close(&super->probation, slot);
}

void legacy_proof(struct turn *turn)
{
	struct super *super = turn->super;
	const struct endpoint *remote = &turn->in->remote;
	struct registration *reg = registry_at(&super->registry, remote);
	struct probationer *slot = probation_at(&super->probation, remote);
	bool seed = reg != NULL && reg->kind == PEER_SEED;
	uint32_t number;

	if (super->settings.legacy == LEGACY_OFF || (!seed && slot == NULL)) {
		count(super, COUNT_STRAY);
		return;
	}
	if (!packet_body_number(&turn->packet, &number) ||
	    !cookie_number_valid(&super->cookies, remote, turn->in->wall, number)) {
		super_refuse(super, remote, COUNT_PROOFS_WRONG, SUPER_GUESSED);
		if (slot != NULL && slot->wrong < UINT8_MAX)
			slot->wrong++;
		return;
	}
	/* the registration gains nothing by it but to stay what it is */
	if (seed)
		registry_heard(&super->registry, reg, turn->in->now);
	if (slot != NULL && slot->wrong >= WRONG_ANSWERS_MAX) {
		super_refuse(super, remote, COUNT_DROPPED_FORGED, SUPER_FORGED);
		return;
	}
	count(super, COUNT_PROOFS);
	if (slot != NULL)
		grant(turn, slot);
}

static void end_slot(struct super *super, struct probationer *slot)
{
	struct registration *reg = registry_at(&super->registry, &slot->remote);

	/* where somebody guesses, silence says nothing: the true answer may not have counted */
	if (slot->pending == PENDING_EXIT && slot->wrong < WRONG_ANSWERS_MAX && reg != NULL &&
	    reg->kind == PEER_SEED) {
		registry_remove(&super->registry, reg, SUPER_EXIT);
		count(super, COUNT_EXITS);
	}
	probation_close(&super->probation, slot);
}

void legacy_tick(struct super *super, int64_t now, int64_t wall, struct batch *out)
{
	int64_t interval = super->settings.legacy_keepalive * 1000LL;
	struct probationer *slot;
	struct registration *reg;

	if (super->settings.legacy == LEGACY_OFF) {
		registry_remove_seeds(&super->registry, PROBES_PER_TICK);
		for (int i = 0; i < SLOTS_PER_TICK && probation_any(&super->probation); i++)
			probation_close(&super->probation, probation_any(&super->probation));
		return;
	}
	for (int i = 0; i < SLOTS_PER_TICK; i++) {
		slot = probation_due(&super->probation, now);
		if (slot == NULL)
			break;
		if (now >= probationer_expiry(slot)) {
			end_slot(super, slot);
			continue;
		}
		send_probe(super, slot, wall, out);
		probation_schedule(&super->probation, slot);
	}
	for (int i = 0; i < PROBES_PER_TICK; i++) {
		reg = registry_probe(&super->registry, now, interval,
		    super->settings.legacy != LEGACY_OPEN);
		if (reg == NULL)
			break;
		struct send send = {super, out, wall, reg->remote, reg->local};

		send_probe_packet(&send);
	}
}
