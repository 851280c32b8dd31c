/* The owners of names: listed, registered, remembered. */
#include "super/identity.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define DAY_S 86400
#define SWEEP_PINS 64
#define STAMP_S (2 * COOKIE_EPOCH_SECONDS) /* how long a pin's stamp counts since it was used */

static struct pin *pin_at(const struct identities *ids, uint32_t id)
{
	return slab_at(&ids->pins, id);
}

static struct span pin_name(const struct pin *pin)
{
	return span_of(pin->name + 2, (size_t)(pin->name[0] << 8 | pin->name[1]));
}

static uint32_t hash_of(const struct identities *ids, struct span name)
{
	uint64_t hash;

	crypto_shorthash((unsigned char *)&hash, name.data, name.len, ids->key);
	return (uint32_t)hash;
}

/* What a clock wrote that had not been set says nothing of the age. */
static bool is_over(const struct identities *ids, uint32_t used)
{
	return used >= IDENTITY_FIRST_S && ids->wall - used > (int64_t)ids->pin_days * DAY_S;
}

static void drop_pin(struct identities *ids, uint32_t id)
{
	index_remove(&ids->pins_by_name, id);
	free(pin_at(ids, id)->name);
	slab_give(&ids->pins, id);
}

/* SLAB_NIL for none, or one that is too old. */
static uint32_t find_pin(const struct identities *ids, struct span name)
{
	uint32_t id = SLAB_NIL;

	if (ids->pins.count > 0)
		id = index_first(&ids->pins_by_name, hash_of(ids, name));
	while (id != SLAB_NIL && !span_equal(pin_name(pin_at(ids, id)), name))
		id = index_next(&ids->pins_by_name, id);
	return id != SLAB_NIL && !is_over(ids, pin_at(ids, id)->used) ? id : SLAB_NIL;
}

/* One that is there but too old is in the way of a new one. */
static void drop_named(struct identities *ids, struct span name)
{
	uint32_t id = ids->pins.count > 0 ? index_first(&ids->pins_by_name, hash_of(ids, name))
					  : SLAB_NIL;

	while (id != SLAB_NIL && !span_equal(pin_name(pin_at(ids, id)), name))
		id = index_next(&ids->pins_by_name, id);
	if (id != SLAB_NIL)
		drop_pin(ids, id);
}

static void put_pin(struct identities *ids, const struct owned_name *name)
{
	unsigned char *text = malloc(2 + name->name.len);
	uint32_t id = text != NULL ? slab_take(&ids->pins) : SLAB_NIL;

	if (id == SLAB_NIL || index_add(&ids->pins_by_name, id, hash_of(ids, name->name)) != 0) {
		if (id != SLAB_NIL)
			slab_give(&ids->pins, id);
		free(text);
		return;
	}
	struct pin *pin = pin_at(ids, id);

	text[0] = (unsigned char)(name->name.len >> 8);
	text[1] = (unsigned char)name->name.len;
	memcpy(text + 2, name->name.data, name->name.len);
	pin->name = text;
	pin->stamp = name->stamp;
	pin->used = (uint32_t)name->used;
	memcpy(pin->identity, name->identity, IDENTITY_BYTES);
}

/* In place of what was remembered of that name; of one owner the latest stamp stays. */
static void remember(struct identities *ids, struct owned_name name)
{
	uint32_t id = find_pin(ids, name.name);

	if (id != SLAB_NIL && pin_at(ids, id)->stamp > name.stamp &&
	    memcmp(pin_at(ids, id)->identity, name.identity, IDENTITY_BYTES) == 0)
		name.stamp = pin_at(ids, id)->stamp;
	drop_named(ids, name.name);
	if (ids->max_pins == 0 || ids->pins.count < ids->max_pins)
		put_pin(ids, &name);
}

static void on_left(const struct registration *reg, void *context)
{
	struct identities *ids = context;
	char text[NAMES_FULL_MAX];

	if (ids->pin_days > 0)
		remember(ids,
		    (struct owned_name){
			.name = span_of(text, names_full(reg->names, text)),
			.identity = reg->credentials.identity,
			.stamp = registration_stamp(reg, ids->wall),
			.used = ids->wall,
		    });
}

bool identities_init(struct identities *ids, struct registry *registry, const uint8_t key[16])
{
	*ids = (struct identities){.registry = registry};
	memcpy(ids->key, key, sizeof ids->key);
	slab_init(&ids->pins, sizeof(struct pin));
	index_init(&ids->pins_by_name, &ids->pins, offsetof(struct pin, by_name));
	ids->newcomers = sources_new(key);
	registry->leaver = (struct registry_leaver){on_left, ids};
	return ids->newcomers != NULL;
}

void identities_free(struct identities *ids)
{
	for (uint32_t id = 1; id <= ids->pins.used; id++)
		free(pin_at(ids, id)->name);
	index_free(&ids->pins_by_name);
	slab_free(&ids->pins);
	listed_free(&ids->listed);
	free(ids->newcomers);
}

void identities_limit(struct identities *ids, uint32_t max_pins, uint32_t pin_days,
    uint32_t new_per_source)
{
	ids->max_pins = max_pins;
	ids->pin_days = pin_days;
	ids->new_per_source = new_per_source;
}

/* Looking for somebody in the registry */

struct seeking {
	const struct identities *ids;
	struct span name;
	const uint8_t *owner; /* its key, where no list says who they are */
	struct registration *found;
};

typedef void (*seek_fn)(struct registration *reg, enum name_match match, void *seeking);

static struct registration *seek(const struct identities *ids, struct span name,
    const uint8_t *owner, seek_fn look)
{
	static const enum family families[] = {FAMILY_IP4, FAMILY_IP6};
	struct seeking seeking = {ids, name, owner, NULL};

	for (size_t i = 0; i < 2 && seeking.found == NULL; i++)
		registry_named(ids->registry, name, families[i], look, &seeking);
	return seeking.found;
}

static void look_for_owner(struct registration *reg, enum name_match match, void *context)
{
	struct seeking *seeking = context;

	if (reg->keyed && match == MATCH_FULL)
		seeking->found = reg;
}

static bool is_of(const struct listed_line *lines, size_t count, const uint8_t *identity)
{
	for (size_t i = 0; i < count && identity != NULL; i++) {
		if (memcmp(lines[i].identity, identity, IDENTITY_BYTES) == 0)
			return true;
	}
	return false;
}

/* Also who has the whole name for a nick, since an ask for the one finds the other. */
static void look_for_others(struct registration *reg, enum name_match match, void *context)
{
	struct seeking *seeking = context;
	const uint8_t *identity = reg->keyed ? reg->credentials.identity : NULL;
	size_t count;
	const struct listed_line *lines = listed_of(&seeking->ids->listed, seeking->name, &count);
	bool right = lines != NULL
	    ? is_of(lines, count, identity)
	    : identity != NULL && memcmp(identity, seeking->owner, IDENTITY_BYTES) == 0;

	if (!right)
		seeking->found = reg;
}

static void evict_others(struct identities *ids, struct span name, const uint8_t *owner)
{
	struct registration *reg;

	while ((reg = seek(ids, name, owner, look_for_others)) != NULL)
		registry_remove(ids->registry, reg, SUPER_TAKEN);
}

void identities_list(struct identities *ids, struct listed *listed)
{
	listed_free(&ids->listed);
	ids->listed = *listed;
	*listed = (struct listed){0};
	for (size_t i = 0; ids->in_force && i < ids->listed.count; i++)
		evict_others(ids, ids->listed.lines[i].name, NULL);
}

bool identity_is_listed(const struct identities *ids, const uint8_t identity[IDENTITY_BYTES])
{
	return listed_has(&ids->listed, identity);
}

static enum name_owner compare(const uint8_t *owner, const uint8_t *identity)
{
	return identity != NULL && memcmp(owner, identity, IDENTITY_BYTES) == 0 ? OWNER_SELF
										 : OWNER_OTHER;
}

static enum name_owner owner_of(const struct identities *ids, struct span name,
    const uint8_t *identity)
{
	size_t count;
	const struct listed_line *lines = listed_of(&ids->listed, name, &count);

	if (lines != NULL)
		return is_of(lines, count, identity) ? OWNER_SELF : OWNER_OTHER;
	const struct registration *reg = NULL;

	if (ids->registry->keyed > 0)
		reg = seek(ids, name, NULL, look_for_owner);
	if (reg != NULL)
		return compare(reg->credentials.identity, identity);
	uint32_t id = find_pin(ids, name);

	return id != SLAB_NIL ? compare(pin_at(ids, id)->identity, identity) : OWNER_NOBODY;
}

static bool has_at(struct span nick)
{
	return nick.len > 0 && memchr(nick.data, '@', nick.len) != NULL;
}

enum name_owner identities_owner(struct identities *ids, const struct names *names,
    const uint8_t *identity)
{
	struct span nick = names_part(names, NAME_NICK);
	char text[NAMES_FULL_MAX];
	enum name_owner owner;

	if (!ids->in_force)
		return OWNER_NOBODY;
	owner = owner_of(ids, span_of(text, names_full(names, text)), identity);
	/* a nick may look like another's whole name */
	if (owner != OWNER_OTHER && has_at(nick) && owner_of(ids, nick, identity) == OWNER_OTHER)
		return OWNER_OTHER;
	return owner;
}

uint64_t identities_stamp(struct identities *ids, const struct names *names,
    const uint8_t identity[IDENTITY_BYTES])
{
	char text[NAMES_FULL_MAX];
	uint32_t id = find_pin(ids, span_of(text, names_full(names, text)));

	if (id == SLAB_NIL || compare(pin_at(ids, id)->identity, identity) != OWNER_SELF ||
	    llabs(ids->wall - pin_at(ids, id)->used) > STAMP_S)
		return 0;
	return pin_at(ids, id)->stamp;
}

static void begin_day(struct identities *ids)
{
	int64_t today = ids->wall / DAY_S;

	if (today == ids->today)
		return;
	ids->today = today;
	memset(ids->newcomers->cells, 0, sizeof ids->newcomers->cells);
}

bool identities_admit(struct identities *ids, const struct names *names,
    const struct endpoint *from)
{
	begin_day(ids);
	if (has_at(names_part(names, NAME_NICK)))
		return false;
	if (ids->max_pins > 0 && ids->pins.count + ids->registry->keyed >= ids->max_pins)
		return false;
	if (ids->new_per_source > 0 && sources_count(ids->newcomers, from) >= ids->new_per_source)
		return false;
	return true;
}

static void tell(const struct identities *ids, enum name_change change,
    const struct owned_name *name)
{
	if (ids->changed != NULL)
		ids->changed(change, name, ids->context);
}

static struct owned_name registered_name(const struct identities *ids,
    const struct registration *reg, char text[NAMES_FULL_MAX])
{
	return (struct owned_name){
	    .name = span_of(text, names_full(reg->names, text)),
	    .identity = reg->credentials.identity,
	    .stamp = reg->credentials.stamp,
	    .used = ids->wall,
	    .state = NAME_REGISTERED,
	};
}

void identities_bound(struct identities *ids, const struct registration *reg, bool new)
{
	char text[NAMES_FULL_MAX];
	struct owned_name name = registered_name(ids, reg, text);
	uint32_t pins = ids->pins.count;

	if (new)
		sources_add(ids->newcomers, &reg->remote);
	drop_named(ids, name.name);
	evict_others(ids, name.name, reg->credentials.identity);
	if (ids->pin_days == 0)
		return;
	if (new)
		tell(ids, NAME_BOUND, &name);
	else if (ids->pins.count < pins)
		tell(ids, NAME_RETURNED, &name);
}

bool identities_load(struct identities *ids, enum name_change change,
    const struct owned_name *name)
{
	if (change == NAME_FREED) {
		drop_named(ids, name->name);
		return true;
	}
	if (ids->pin_days == 0 || is_over(ids, (uint32_t)name->used))
		return false;
	remember(ids, *name);
	return find_pin(ids, name->name) != SLAB_NIL;
}

bool identities_forget(struct identities *ids, struct span name)
{
	struct registration *reg;
	bool owned = find_pin(ids, name) != SLAB_NIL;

	while ((reg = seek(ids, name, NULL, look_for_owner)) != NULL) {
		registry_remove(ids->registry, reg, SUPER_FORGOTTEN);
		owned = true;
	}
	drop_named(ids, name);
	if (owned)
		tell(ids, NAME_FREED,
		    &(struct owned_name){.name = name, .identity = ids->no_identity,
			.used = ids->wall});
	return owned;
}

void identities_sweep(struct identities *ids)
{
	uint32_t used = ids->pins.used;

	for (uint32_t i = 0; i < SWEEP_PINS && i < used; i++) {
		ids->sweep = ids->sweep % used + 1;
		const struct pin *pin = pin_at(ids, ids->sweep);

		if (pin->name != NULL && is_over(ids, pin->used))
			drop_pin(ids, ids->sweep);
	}
}

/* Each looks at the next record; true if that is an owner. */

static bool walk_registered(const struct identities *ids, struct name_cursor *cursor,
    uint32_t *budget, struct owned_name *name)
{
	const struct registration *reg = registry_walk_some(ids->registry, &cursor->at, budget);

	if (reg == NULL && *budget > 0)
		*cursor = (struct name_cursor){.phase = WALK_REMEMBERED};
	if (reg == NULL || !reg->keyed)
		return false;
	*name = registered_name(ids, reg, cursor->room);
	return true;
}

static bool walk_remembered(const struct identities *ids, struct name_cursor *cursor,
    uint32_t *budget, struct owned_name *name)
{
	--*budget;
	if (cursor->at >= ids->pins.used) {
		*cursor = (struct name_cursor){.phase = WALK_LISTED};
		return false;
	}
	const struct pin *pin = pin_at(ids, ++cursor->at);

	if (pin->name == NULL || is_over(ids, pin->used))
		return false;
	*name = (struct owned_name){pin_name(pin), pin->identity, pin->stamp, pin->used,
	    NAME_REMEMBERED};
	return true;
}

static bool walk_listed(const struct identities *ids, struct name_cursor *cursor,
    uint32_t *budget, struct owned_name *name)
{
	--*budget;
	if (cursor->at >= ids->listed.count) {
		*cursor = (struct name_cursor){.phase = WALK_DONE};
		return false;
	}
	const struct listed_line *line = &ids->listed.lines[cursor->at++];

	*name = (struct owned_name){line->name, line->identity, 0, 0, NAME_LISTED};
	return true;
}

bool identities_walk(const struct identities *ids, struct name_cursor *cursor, uint32_t *budget,
    struct owned_name *name)
{
	static bool (*const phases[])(const struct identities *, struct name_cursor *, uint32_t *,
	    struct owned_name *) = {walk_registered, walk_remembered, walk_listed};

	while (cursor->phase != WALK_DONE && *budget > 0) {
		if (phases[cursor->phase](ids, cursor, budget, name))
			return true;
	}
	return false;
}
