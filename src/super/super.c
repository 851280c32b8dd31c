/* The supernode's life, and which file handles which packet. */
#include "super/super.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "super/core.h"

/* One tick's worth of expiry: some tens of microseconds. */
#define EXPIRE_BUDGET 256

/* One-letter names: an ANSENTRY under them is 22 bytes, less than any entry with a name. */
#define SHORT_NAME "s"

/* Everybody is told of other ones, also who would only hear that it is still registered. */
static void apply_alternates(struct super *super, const struct super_settings *new)
{
	const struct super_settings *old = &super->settings;
	bool same = old->alternate_count == new->alternate_count;

	for (size_t i = 0; same && i < new->alternate_count; i++)
		same = endpoint_equal(&old->alternates[i], &new->alternates[i]);
	if (!same || super->told == 0)
		super->told = (uint8_t)(super->told % TOLD_LAST + 1);
}

static void apply(struct super *super, const struct super_settings *settings)
{
	apply_alternates(super, settings);
	super->settings = *settings;
	super->identity = (struct identity){SHORT_NAME, SHORT_NAME, super->settings.nick,
	    super->settings.group};
	super->short_identity = (struct identity){SHORT_NAME, SHORT_NAME, SHORT_NAME, ""};
	registry_limit(&super->registry, settings->max_registrations, settings->max_same_nick);
	super->registry.per_source = settings->max_per_source;
	admission_limit(super->admission, &settings->limits);
	identities_limit(&super->identities, settings->max_pins, settings->pin_days,
	    settings->new_names_per_source);
	super->probation.capacity = settings->max_unproven;
	super->orders.capacity = settings->max_introductions;
	repeats_forget(&super->repeats);
}

/* Independent keys from one secret, so that what one shows says nothing of another. */
static void derive(uint8_t out[16], const uint8_t secret[SUPER_SECRET_BYTES], uint64_t id)
{
	crypto_kdf_derive_from_key(out, 16, id, "ipmsgsup", secret);
}

static bool open_admission(struct super *super, const uint8_t secret[SUPER_SECRET_BYTES])
{
	uint8_t own[ADMISSION_SECRET_BYTES], key[16];

	crypto_kdf_derive_from_key(own, sizeof own, 10, "ipmsgsup", secret);
	super->admission = admission_new(own, &super->counters);
	sodium_memzero(own, sizeof own);
	derive(key, secret, 11);
	super->sources = sources_new(key);
	super->registry.sources = super->sources;
	return super->admission != NULL && super->sources != NULL;
}

struct super *super_new(const struct super_settings *settings, const struct super_keys *keys,
    const char **error)
{
	uint8_t key[16];
	struct super *super = calloc(1, sizeof *super);

	if (super == NULL) {
		*error = "out of memory";
		return NULL;
	}
	super->legacy = charset_open(settings->legacy_charset);
	if (super->legacy == NULL) {
		*error = "legacy-charset is not known to iconv";
		free(super);
		return NULL;
	}
	super->has_key = keys->has_key;
	if (keys->has_key)
		keypair_init(&super->pair, keys->seed);
	derive(super->cookies.bytes, keys->secret, 1);
	derive(key, keys->secret, 2);
	registry_init(&super->registry, key);
	derive(key, keys->secret, 3);
	probation_init(&super->probation, key);
	derive(key, keys->secret, 4);
	orders_init(&super->orders, key);
	bans_init(&super->bans);
	super->bans_due = DEADLINE_NEVER;
	derive(key, keys->secret, 12);
	if (!identities_init(&super->identities, &super->registry, key) ||
	    !open_admission(super, keys->secret)) {
		*error = "out of memory";
		super_free(super);
		return NULL;
	}
	super->identities.in_force = super->has_key;
	apply(super, settings);
	return super;
}

void super_free(struct super *super)
{
	if (super == NULL)
		return;
	registry_free(&super->registry);
	identities_free(&super->identities);
	probation_free(&super->probation);
	orders_free(&super->orders);
	bans_free(&super->bans);
	admission_free(super->admission);
	free(super->sources);
	charset_close(super->legacy);
	sodium_memzero(&super->cookies, sizeof super->cookies);
	keypair_clear(&super->pair);
	free(super);
}

bool super_reconfigure(struct super *super, const struct super_settings *settings,
    const char **error)
{
	struct charset *legacy = charset_open(settings->legacy_charset);

	if (legacy == NULL) {
		*error = "legacy-charset is not known to iconv";
		return false;
	}
	charset_close(super->legacy);
	super->legacy = legacy;
	apply(super, settings);
	return true;
}

const uint8_t *super_identity(const struct super *super)
{
	return super->has_key ? super->pair.identity : NULL;
}

void super_listen(struct super *super, super_event_fn tell, void *context)
{
	super->listener = (struct super_listener){tell, context};
	super->registry.listener = super->listener;
}

void super_use_alternates(struct super *super, super_elsewhere_fn find, void *context)
{
	super->elsewhere.find = find;
	super->elsewhere.context = context;
}

void super_keep_names(struct super *super, name_change_fn changed, void *context)
{
	super->identities.changed = changed;
	super->identities.context = context;
}

void super_list_names(struct super *super, struct listed *listed)
{
	identities_list(&super->identities, listed);
}

bool super_forget_name(struct super *super, struct span name)
{
	return identities_forget(&super->identities, name);
}

bool super_walk_names(const struct super *super, struct name_cursor *cursor, uint32_t *budget,
    struct owned_name *name)
{
	return identities_walk(&super->identities, cursor, budget, name);
}

void super_refuse(struct super *super, const struct endpoint *from, enum counter counter,
    enum super_reason reason)
{
	count(super, counter);
	super_tell(&super->listener,
	    &(struct super_event){.kind = SUPER_REFUSED, .reason = reason, .from = from});
}

uint32_t super_number(struct super *super, int64_t wall)
{
	uint32_t clock = (uint32_t)wall & 0x7fffffff;

	super->last_number =
	    clock > super->last_number ? clock : (super->last_number + 1) & 0x7fffffff;
	return super->last_number;
}

struct writer send_open(struct send *send)
{
	return writer_on(batch_open(send->out, SEND_BYTES_MAX), SEND_BYTES_MAX);
}

void send_close(struct send *send, const struct writer *w)
{
	if (w->full)
		return;
	batch_commit(send->out, w->len, send->local, &send->to, 0);
	count(send->super, COUNT_SENT);
}

struct send turn_reply(const struct turn *turn)
{
	return (struct send){turn->super, turn->out, turn->in->wall, turn->in->remote,
	    turn->in->local};
}

static void on_entry(struct turn *turn)
{
	enum command command = packet_command(&turn->packet);
	struct entry entry;

	if (!entry_parse(&entry, &turn->packet)) {
		count(turn->super, COUNT_DROPPED_VOID);
		return;
	}
	bool extended = fields_has(&entry.fields, KEY_PX);

	if (command == CMD_BR_ENTRY)
		(extended ? extended_entry : legacy_entry)(turn, &entry);
	else if (command == CMD_BR_ABSENCE)
		(extended ? extended_notice : legacy_notice)(turn, &entry);
	else if (extended)
		extended_exit(turn, &entry);
	else
		legacy_exit(turn);
}

static void on_ask(struct turn *turn)
{
	struct ask ask;

	if (!ask_parse(&ask, &turn->packet))
		count(turn->super, COUNT_DROPPED_VOID);
	else
		(fields_has(&ask.fields, KEY_PX) ? extended_ask : legacy_ask)(turn, &ask);
}

static void on_answer(struct turn *turn)
{
	struct answer answer;

	if (!answer_parse(&answer, &turn->packet))
		count(turn->super, COUNT_DROPPED_VOID);
	else
		extended_answer(turn, &answer);
}

/* A peer that counts the routers on its way here sends it: nothing is to be done about it. */
static void on_nothing(struct turn *turn)
{
}

static void on_packet(struct turn *turn)
{
	static const struct {
		enum command command;
		void (*handle)(struct turn *turn);
	} handlers[] = {
	    {CMD_BR_ENTRY, on_entry},
	    {CMD_BR_ABSENCE, on_entry},
	    {CMD_BR_EXIT, on_entry},
	    {CMD_ASKPUNCHING, on_ask},
	    {CMD_ANSPUNCHING, on_answer},
	    {CMD_ANSREADMSG, legacy_proof},
	    {CMD_GETLIST, roster_asked},
	    {CMD_NOOPERATION, on_nothing},
	};
	enum command command = packet_command(&turn->packet);

	for (size_t i = 0; i < sizeof handlers / sizeof *handlers; i++) {
		if (handlers[i].command == command) {
			handlers[i].handle(turn);
			return;
		}
	}
	count(turn->super, COUNT_DROPPED_COMMAND);
}

/* A link-local source cannot be answered without its interface. */
bool super_answerable(const struct endpoint *remote)
{
	enum scope scope = endpoint_scope(remote);

	return scope != SCOPE_UNUSABLE && (remote->family != FAMILY_IP6 || scope != SCOPE_LINK);
}

void super_receive(struct super *super, const struct arrival *in, struct batch *out)
{
	struct turn turn = {.super = super, .in = in, .out = out};

	count(super, COUNT_RECEIVED);
	if (!super_answerable(&in->remote)) {
		count(super, COUNT_DROPPED_SOURCE);
		return;
	}
	if (repeat_handle(&turn))
		return;
	if (packet_parse(&turn.packet, in->bytes) != PACKET_OK) {
		count(super, COUNT_DROPPED_MALFORMED);
		return;
	}
	if (bans_cover(&super->bans, &in->remote)) {
		count(super, COUNT_DROPPED_BANNED);
		return;
	}
	on_packet(&turn);
}

void super_expect(const struct super *super, const struct arrival *arrivals, size_t count)
{
	registry_expect(&super->registry, arrivals, count);
}

void super_tick(struct super *super, int64_t now, int64_t wall, struct batch *out)
{
	super->identities.wall = wall;
	introduce_tick(super, now, wall, out);
	legacy_tick(super, now, wall, out);
	registry_expire(&super->registry, now, EXPIRE_BUDGET);
	identities_sweep(&super->identities);
	administer_tick(super, now, wall);
}

static bool has_seeds(const struct super *super)
{
	return probation_any(&super->probation) != NULL || registry_count(&super->registry).seeds > 0;
}

int64_t super_deadline(const struct super *super)
{
	/* switched off while running: what is left of them goes now */
	if (super->settings.legacy == LEGACY_OFF && has_seeds(super))
		return 0;
	int64_t due = registry_deadline(&super->registry, super->settings.legacy_keepalive * 1000LL);

	if (probation_deadline(&super->probation) < due)
		due = probation_deadline(&super->probation);
	if (orders_deadline(&super->orders) < due)
		due = orders_deadline(&super->orders);
	if (super->bans_due < due)
		due = super->bans_due;
	return due;
}

void super_status(const struct super *super, struct super_status *status)
{
	*status = (struct super_status){
	    .registrations = registry_count(&super->registry),
	    .capacity = super->settings.max_registrations,
	    .unproven = super->probation.slab.count,
	    .unproven_max = super->settings.max_unproven,
	    .introductions = super->orders.slab.count,
	    .introductions_max = super->settings.max_introductions,
	    .names_registered = super->registry.keyed,
	    .names_remembered = super->identities.pins.count,
	    .names_listed = (uint32_t)super->identities.listed.count,
	    .names_max = super->settings.max_pins,
	    .bans = (uint32_t)super->bans.count,
	    .draining = super->draining,
	    .counters = super->counters,
	};
	memcpy(status->nat_pairs, super->nat_pairs, sizeof status->nat_pairs);
}

const struct registration *super_walk(const struct super *super, uint32_t *cursor)
{
	return registry_walk(&super->registry, cursor);
}

const struct registration *super_walk_some(const struct super *super, uint32_t *cursor,
    uint32_t *budget)
{
	return registry_walk_some(&super->registry, cursor, budget);
}
