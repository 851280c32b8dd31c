/* The choice among namesakes. */
#include "super/choose.h"

#include <string.h>

#include "super/core.h"

struct choosing {
	const struct super *super;
	const struct registration *asker;
	struct registration *full; /* the best by its full name */
	struct registration *near; /* by its nick, in the asker's group */
	struct registration *far;  /* by its nick, elsewhere */
	bool fresh;		   /* one of those elsewhere is: then stale ones do not count */
	struct choice *choice;	   /* the full names of those */
};

/* Keys that the administrator lists are known to it, wherever they are. */
static bool is_listed(const struct super *super, const struct registration *reg)
{
	return reg->keyed && identity_is_listed(&super->identities, reg->credentials.identity);
}

static bool same_group(const struct registration *a, const struct registration *b)
{
	struct span group = names_part(a->names, NAME_GROUP);

	return group.len > 0 && span_equal(group, names_part(b->names, NAME_GROUP));
}

bool choose_visible(const struct super *super, const struct registration *asker,
    const struct registration *other)
{
	if (super->settings.directory == DIRECTORY_OPEN)
		return true;
	/* one that never answered a probe may be anybody who forges that address */
	if (asker == NULL || asker->unproven)
		return false;
	return same_group(asker, other) || is_listed(super, asker);
}

static struct registration *better(struct registration *a, struct registration *b)
{
	if (a == NULL)
		return b;
	if (a->keyed != b->keyed)
		return a->keyed ? a : b;
	if (registration_stale(a) != registration_stale(b))
		return registration_stale(a) ? b : a;
	return b->heard > a->heard ? b : a;
}

static bool same_full_name(const struct registration *a, const struct registration *b)
{
	return span_equal(names_part(a->names, NAME_NICK), names_part(b->names, NAME_NICK)) &&
	    span_equal(names_place(a->names), names_place(b->names));
}

static void add_choice(struct choice *choice, const struct registration *reg)
{
	for (size_t i = 0; i < choice->count; i++) {
		if (same_full_name(choice->some[i], reg))
			return;
	}
	if (choice->count < CHOICES_MAX)
		choice->some[choice->count++] = reg;
}

/* Elsewhere the stale ones count only while there are no others. */
static void look_far(struct choosing *choosing, struct registration *reg)
{
	if (choosing->fresh && registration_stale(reg))
		return;
	if (!choosing->fresh && !registration_stale(reg)) {
		choosing->fresh = true;
		choosing->far = NULL;
		choosing->choice->count = 0;
	}
	choosing->far = better(choosing->far, reg);
	add_choice(choosing->choice, reg);
}

static void look_at(struct registration *reg, enum name_match match, void *context)
{
	struct choosing *choosing = context;

	if (!choose_visible(choosing->super, choosing->asker, reg))
		return;
	if (match == MATCH_FULL)
		choosing->full = better(choosing->full, reg);
	else if (choosing->asker != NULL && same_group(choosing->asker, reg))
		choosing->near = better(choosing->near, reg);
	else
		look_far(choosing, reg);
}

/* Of the asker's own group it may know that there is nobody of that name. */
static bool is_of_group(struct span name, struct span group)
{
	return group.len > 0 && name.len > group.len &&
	    name.data[name.len - group.len - 1] == '@' &&
	    span_equal(span_of(name.data + name.len - group.len, group.len), group);
}

static bool has_place(struct span name)
{
	return name.len > 0 && memchr(name.data, '@', name.len) != NULL;
}

/* The same whether there is somebody whom it may not know of or nobody at all. */
static enum choice_kind nobody(const struct choosing *choosing, struct span name)
{
	const struct super *super = choosing->super;
	const struct registration *asker = choosing->asker;

	if (super->settings.directory == DIRECTORY_OPEN)
		return CHOICE_UNKNOWN;
	if (asker == NULL || asker->unproven)
		return CHOICE_HIDDEN;
	if (is_listed(super, asker) || !has_place(name) ||
	    is_of_group(name, names_part(asker->names, NAME_GROUP)))
		return CHOICE_UNKNOWN;
	return CHOICE_HIDDEN;
}

void choose(const struct super *super, const struct asking *asking, struct choice *choice)
{
	struct choosing choosing = {
	    .super = super,
	    .asker = registry_at(&super->registry, &asking->from),
	    .choice = choice,
	};

	*choice = (struct choice){.kind = CHOICE_ONE};
	registry_named(&super->registry, asking->name, asking->from.family, look_at, &choosing);
	if (choosing.full != NULL)
		choice->target = choosing.full;
	else if (choosing.near != NULL)
		choice->target = choosing.near;
	else if (choosing.far == NULL)
		choice->kind = nobody(&choosing, asking->name);
	else if (choice->count > 1 && asking->extended)
		choice->kind = CHOICE_AMBIGUOUS;
	else
		choice->target = choosing.far;
}

size_t choice_names(const struct choice *choice, char out[CHOICES_BYTES_MAX])
{
	struct writer w = writer_on(out, CHOICES_BYTES_MAX);
	char name[NAMES_FULL_MAX];

	for (size_t i = 0; i < choice->count; i++)
		fields_add_choice(&w, span_of(name, names_full(choice->some[i]->names, name)));
	return w.len;
}
