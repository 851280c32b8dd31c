/* Encoding chain by chain through a small buffer; decoding after checking the whole. */
#include "super/snapshot.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "super/core.h"

#define VERSION 2u /* 1 knew no keys */
#define HEAD_BYTES 32u
#define SUM_BYTES 32u
#define LOCALS (UINT16_MAX + 1)
#define AGE_MAX_MS (100 * 366 * 86400000LL) /* more is nonsense, and could overflow */

static const unsigned char magic[8] = {'i', 'p', 'm', 's', 'g', 'r', 'e', 'g'};

enum saved_state { SAVED_EXTENDED, SAVED_SEED, SAVED_STALE_EXTENDED, SAVED_STALE_SEED };

/* Writing */

struct saver {
	const struct super *super;
	const struct snapshot_sink *sink;
	crypto_generichash_state sum;
	int64_t now;
	bool failed; /* sticks */
	size_t used;
	unsigned char room[8192];
};

static void flush(struct saver *saver)
{
	if (!saver->failed)
		saver->failed = !saver->sink->write(saver->sink->context, saver->room, saver->used);
	crypto_generichash_update(&saver->sum, saver->room, saver->used);
	saver->used = 0;
}

static void put_bytes(struct saver *saver, struct span bytes)
{
	if (saver->used + bytes.len > sizeof saver->room)
		flush(saver);
	memcpy(saver->room + saver->used, bytes.data, bytes.len);
	saver->used += bytes.len;
}

static void put_number(struct saver *saver, uint64_t value, size_t width)
{
	unsigned char bytes[8];

	for (size_t i = width; i-- > 0; value >>= 8)
		bytes[i] = (unsigned char)value;
	put_bytes(saver, span_of(bytes, width));
}

static void put_endpoint(struct saver *saver, const struct endpoint *ep)
{
	uint8_t packed[ENDPOINT_PACKED_MAX];
	size_t len = endpoint_pack(ep, packed);

	put_number(saver, len, 1);
	put_bytes(saver, span_of(packed, len));
}

static enum saved_state state_of(enum registry_chain chain)
{
	return chain == CHAIN_SEED	      ? SAVED_SEED
	    : chain == CHAIN_STALE_EXTENDED ? SAVED_STALE_EXTENDED
	    : chain == CHAIN_STALE_SEED     ? SAVED_STALE_SEED
					    : SAVED_EXTENDED;
}

/* Among fresh ones of ours only when they were heard counts. */
static int64_t since_of(const struct registration *reg)
{
	return reg->chain == CHAIN_FRESH ? reg->heard : reg->since;
}

static void put_registration(struct saver *saver, const struct registration *reg)
{
	put_number(saver, state_of(reg->chain), 1);
	put_number(saver, reg->silent, 1);
	put_number(saver, registration_lifetime(reg), 2);
	put_number(saver, reg->epoch, 4);
	put_number(saver, (uint64_t)(saver->now - reg->heard), 8);
	put_number(saver, (uint64_t)(saver->now - since_of(reg)), 8);
	put_number(saver, reg->local, 2);
	put_endpoint(saver, &reg->remote);
	put_number(saver, reg->keyed, 1);
	if (reg->keyed) {
		put_bytes(saver, span_of(reg->credentials.identity, IDENTITY_BYTES));
		put_bytes(saver, span_of(reg->credentials.shared, SHARED_KEY_BYTES));
		put_number(saver, reg->credentials.stamp, 8);
	}
	put_bytes(saver, names_bytes(reg->names));
}

static void put_chains(struct saver *saver)
{
	const struct registry *registry = &saver->super->registry;

	for (int chain = 0; chain < CHAIN_COUNT && !saver->failed; chain++) {
		const struct registration *reg = registry_oldest(registry, chain);

		for (; reg != NULL && !saver->failed; reg = registry_newer(registry, reg))
			put_registration(saver, reg);
	}
}

struct locals {
	uint8_t used[LOCALS / 8]; /* a bit for each number */
	uint32_t count;
};

static bool is_used(const struct locals *locals, uint32_t local)
{
	return (locals->used[local / 8] & 1u << local % 8) != 0;
}

static void find_locals(const struct registry *registry, struct locals *locals)
{
	const struct registration *reg;
	uint32_t cursor = 0;

	*locals = (struct locals){.count = 0};
	while ((reg = registry_walk(registry, &cursor)) != NULL) {
		locals->count += !is_used(locals, reg->local);
		locals->used[reg->local / 8] |= (uint8_t)(1u << reg->local % 8);
	}
}

static void put_locals(struct saver *saver, const struct locals *locals)
{
	struct endpoint at;

	for (uint32_t local = 0; local < LOCALS; local++) {
		if (!is_used(locals, local))
			continue;
		saver->sink->local(saver->sink->context, (uint16_t)local, &at);
		put_number(saver, local, 2);
		put_endpoint(saver, &at);
	}
}

bool snapshot_save(const struct super *super, const struct snapshot_sink *sink, int64_t now,
    int64_t wall)
{
	struct saver saver = {.super = super, .sink = sink, .now = now};
	unsigned char sum[SUM_BYTES];
	struct locals locals;

	crypto_generichash_init(&saver.sum, NULL, 0, sizeof sum);
	find_locals(&super->registry, &locals);
	put_bytes(&saver, span_of(magic, sizeof magic));
	put_number(&saver, VERSION, 4);
	put_number(&saver, (uint64_t)wall, 8);
	put_number(&saver, super->last_number, 4);
	put_bytes(&saver, span_of(super->pair.identity, IDENTITY_BYTES));
	put_number(&saver, locals.count, 4);
	put_number(&saver, super->registry.slab.count, 4);
	put_locals(&saver, &locals);
	put_chains(&saver);
	flush(&saver);
	crypto_generichash_final(&saver.sum, sum, sizeof sum);
	return !saver.failed && sink->write(sink->context, sum, sizeof sum);
}

/* Reading */

struct loader {
	struct super *super;
	const struct snapshot_source *source;
	struct snapshot_counts *counts;
	int64_t now;
	struct span rest;
	bool bad; /* sticks */
	uint64_t version;
	bool other_key; /* than the one that the credentials are with */
	bool apply; /* the first time through, everything is looked at only */
	uint32_t local_count, count;
	uint16_t numbers[LOCALS]; /* now, by the number at saving */
	uint8_t state[LOCALS];
	uint8_t family[LOCALS]; /* enum family */
};

enum local_state { LOCAL_ABSENT, LOCAL_SERVED, LOCAL_HOMELESS };

static struct span get_bytes(struct loader *loader, size_t len)
{
	struct span bytes = span_of(loader->rest.data, len);

	if (loader->bad || len > loader->rest.len) {
		loader->bad = true;
		return span_of(loader->rest.data, 0);
	}
	loader->rest = span_of(loader->rest.data + len, loader->rest.len - len);
	return bytes;
}

static uint64_t get_number(struct loader *loader, size_t width)
{
	struct span bytes = get_bytes(loader, width);
	uint64_t value = 0;

	for (size_t i = 0; i < bytes.len; i++)
		value = value << 8 | bytes.data[i];
	return value;
}

static struct endpoint get_endpoint(struct loader *loader)
{
	struct endpoint ep = {0};
	struct span packed = get_bytes(loader, get_number(loader, 1));

	if (!loader->bad && !endpoint_unpack(&ep, packed))
		loader->bad = true;
	return ep;
}

static void read_locals(struct loader *loader)
{
	for (uint32_t i = 0; i < loader->local_count && !loader->bad; i++) {
		uint16_t local = (uint16_t)get_number(loader, 2);
		struct endpoint at = get_endpoint(loader);

		if (!loader->apply) {
			loader->bad |= loader->state[local] != LOCAL_ABSENT;
			loader->state[local] = LOCAL_HOMELESS;
			loader->family[local] = (uint8_t)at.family;
		} else if (loader->source->number(loader->source->context, &at,
			       &loader->numbers[local])) {
			loader->state[local] = LOCAL_SERVED;
		}
	}
}

/* A time of now's clock that lies so long back, never in the future. */
static int64_t get_time(struct loader *loader)
{
	uint64_t age = get_number(loader, 8);

	if (age > AGE_MAX_MS)
		age = AGE_MAX_MS;
	return loader->now - loader->counts->age * 1000 - (int64_t)age;
}

static void read_state(struct loader *loader, struct registration *reg)
{
	uint64_t state = get_number(loader, 1);

	reg->silent = (uint8_t)get_number(loader, 1);
	reg->kind = state == SAVED_SEED || state == SAVED_STALE_SEED ? PEER_SEED : PEER_EXTENDED;
	uint32_t lifetime = (uint32_t)get_number(loader, 2);

	reg->step = registry_step(lifetime);
	reg->chain = state == SAVED_SEED	   ? CHAIN_SEED
	    : state == SAVED_STALE_EXTENDED ? CHAIN_STALE_EXTENDED
	    : state == SAVED_STALE_SEED	   ? CHAIN_STALE_SEED
					   : CHAIN_FRESH;
	loader->bad |= state > SAVED_STALE_SEED;
}

/* What no clock would have left in the registry until now. */
static bool is_over(const struct registration *reg, int64_t now)
{
	int64_t stay = reg->kind == PEER_SEED ? STALE_SEED_MS : STALE_EXTENDED_MS;

	return now - reg->since > stay + registration_lifetime(reg) * 1000LL;
}

static void read_credentials(struct loader *loader, struct registration *reg)
{
	uint64_t keyed = loader->version > 1 ? get_number(loader, 1) : 0;

	loader->bad |= keyed > 1;
	reg->keyed = keyed == 1;
	if (!reg->keyed)
		return;
	struct span identity = get_bytes(loader, IDENTITY_BYTES);
	struct span shared = get_bytes(loader, SHARED_KEY_BYTES);

	reg->credentials.stamp = get_number(loader, 8);
	if (loader->bad)
		return;
	memcpy(reg->credentials.identity, identity.data, IDENTITY_BYTES);
	memcpy(reg->credentials.shared, shared.data, SHARED_KEY_BYTES);
}

/* Names may have found another owner while nobody was here. */
static bool may_have_name(struct loader *loader, const struct registration *reg)
{
	const uint8_t *identity = reg->keyed ? reg->credentials.identity : NULL;

	return !(reg->keyed && loader->other_key) &&
	    identities_owner(&loader->super->identities, reg->names, identity) != OWNER_OTHER;
}

static void restore_registration(struct loader *loader, struct registration *saved)
{
	struct super *super = loader->super;
	struct registration *reg = NULL;

	if (may_have_name(loader, saved))
		reg = registry_restore(&super->registry, saved);
	else
		free(saved->names);
	if (reg != NULL && reg->keyed)
		identities_bound(&super->identities, reg, false);
}

static void restore(struct loader *loader, struct registration *reg, struct span names)
{
	struct snapshot_counts *counts = loader->counts;

	if (is_over(reg, loader->now)) {
		counts->expired++;
		return;
	}
	if (loader->state[reg->local] != LOCAL_SERVED) {
		counts->homeless++;
		return;
	}
	reg->local = loader->numbers[reg->local];
	reg->names = names_copy(names);
	if (reg->names != NULL)
		restore_registration(loader, reg);
}

static void read_registration(struct loader *loader)
{
	struct registration reg = {0};
	struct span names;

	read_state(loader, &reg);
	reg.epoch = (uint32_t)get_number(loader, 4);
	reg.heard = get_time(loader);
	reg.since = get_time(loader);
	reg.local = (uint16_t)get_number(loader, 2);
	reg.remote = get_endpoint(loader);
	read_credentials(loader, &reg);
	/* as no packet could have entered it */
	if (loader->bad || loader->state[reg.local] == LOCAL_ABSENT ||
	    reg.remote.family != loader->family[reg.local] || !super_answerable(&reg.remote) ||
	    !names_scan(loader->rest, &names)) {
		loader->bad = true;
		return;
	}
	get_bytes(loader, names.len);
	if (loader->apply)
		restore(loader, &reg, names);
}

static void read_all(struct loader *loader, struct span body, bool apply)
{
	loader->rest = body;
	loader->apply = apply;
	read_locals(loader);
	for (uint32_t i = 0; i < loader->count && !loader->bad; i++)
		read_registration(loader);
	loader->bad |= loader->rest.len > 0;
}

/* Who comes back is no news. */
static void apply_all(struct loader *loader, struct span body)
{
	int64_t interval = loader->super->settings.legacy_keepalive * 1000LL;
	struct registry *registry = &loader->super->registry;
	struct super_listener listener = registry->listener;

	registry->listener = (struct super_listener){0};
	read_all(loader, body, true);
	registry->listener = listener;
	registry_spread_probes(registry, loader->now, interval);
	if (loader->super->settings.legacy == LEGACY_OPEN)
		registry_doubt_seeds(registry);
}

static enum snapshot_result check_whole(struct span bytes)
{
	unsigned char sum[SUM_BYTES];
	size_t body = bytes.len - sizeof sum;

	if (bytes.len == 0)
		return SNAPSHOT_EMPTY;
	if (bytes.len < sizeof magic || memcmp(bytes.data, magic, sizeof magic) != 0)
		return SNAPSHOT_FOREIGN;
	if (bytes.len < HEAD_BYTES + sizeof sum)
		return SNAPSHOT_DAMAGED;
	crypto_generichash(sum, sizeof sum, bytes.data, body, NULL, 0);
	return sodium_memcmp(sum, bytes.data + body, sizeof sum) == 0 ? SNAPSHOT_LOADED
								      : SNAPSHOT_DAMAGED;
}

static enum snapshot_result load(struct loader *loader, int64_t wall)
{
	loader->rest = span_of(loader->source->bytes.data, loader->source->bytes.len - SUM_BYTES);
	get_bytes(loader, sizeof magic);
	loader->version = get_number(loader, 4);
	if (loader->version == 0 || loader->version > VERSION)
		return loader->version > VERSION ? SNAPSHOT_NEWER : SNAPSHOT_DAMAGED;
	int64_t saved = (int64_t)get_number(loader, 8);
	uint32_t number = (uint32_t)get_number(loader, 4);

	if (loader->version > 1) {
		struct span identity = get_bytes(loader, IDENTITY_BYTES);

		loader->other_key =
		    !span_equal(identity, span_of(loader->super->pair.identity, IDENTITY_BYTES));
	}
	loader->local_count = (uint32_t)get_number(loader, 4);
	loader->count = (uint32_t)get_number(loader, 4);
	if (saved > 0 && wall > saved)
		loader->counts->age = wall - saved;
	if (loader->counts->age > AGE_MAX_MS / 1000)
		loader->counts->age = AGE_MAX_MS / 1000;
	struct span body = loader->rest;

	read_all(loader, body, false);
	if (loader->bad)
		return SNAPSHOT_DAMAGED;
	apply_all(loader, body);
	loader->super->last_number = number & 0x7fffffff;
	return SNAPSHOT_LOADED;
}

enum snapshot_result snapshot_load(struct super *super, const struct snapshot_source *source,
    int64_t now, int64_t wall, struct snapshot_counts *counts)
{
	enum snapshot_result result = check_whole(source->bytes);
	struct loader loader = {.super = super, .source = source, .counts = counts, .now = now};

	*counts = (struct snapshot_counts){0};
	super->identities.wall = wall;
	if (result == SNAPSHOT_LOADED)
		result = load(&loader, wall);
	if (result != SNAPSHOT_LOADED)
		return result;
	counts->loaded = super->registry.slab.count;
	counts->refused = loader.count - counts->loaded - counts->expired - counts->homeless;
	return SNAPSHOT_LOADED;
}
