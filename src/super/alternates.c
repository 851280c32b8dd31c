/*
 * The supernode's other endpoints (AP): who registers is told them, so that it
 * can see whether its NAT gives it one port toward all of them, and, by an
 * answer that comes from one it did not ask, whom its NAT lets in.
 */
#include "super/core.h"

static bool find_local(const struct super *super, uint16_t local,
    const struct endpoint *alternate, uint16_t *other)
{
	return super->elsewhere.find != NULL &&
	    super->elsewhere.find(super->elsewhere.context, local, alternate, other);
}

/* Another address is the administrator's word; another port has to be open where it came in. */
static bool is_there(const struct super *super, uint16_t local, const struct endpoint *alternate)
{
	uint16_t other;

	return !alternate_is_relative(alternate) || find_local(super, local, alternate, &other);
}

void alternates_tell(const struct turn *turn, struct fields *fields)
{
	const struct super_settings *settings = &turn->super->settings;
	size_t n = 0;

	for (size_t i = 0; i < settings->alternate_count && n < ALTERNATES_MAX; i++) {
		const struct endpoint *alternate = &settings->alternates[i];

		if (alternate->family == turn->in->remote.family &&
		    is_there(turn->super, turn->in->local, alternate))
			fields->alternates[n++] = *alternate;
	}
	fields->alternate_count = n;
	if (n > 0)
		fields_set(fields, KEY_AP);
}

/* Or else anybody could find out which addresses the host has besides. */
static bool is_told(const struct super_settings *settings, const struct endpoint *alternate)
{
	for (size_t i = 0; i < settings->alternate_count; i++) {
		if (endpoint_equal(&settings->alternates[i], alternate))
			return true;
	}
	return false;
}

bool alternates_find(const struct turn *turn, const struct fields *test, uint16_t *local)
{
	const struct super *super = turn->super;
	const struct endpoint *from = &test->alternates[0];
	uint16_t other;

	if (test->alternate_count != 1 || from->family != turn->in->remote.family ||
	    !is_told(&super->settings, from) || !find_local(super, turn->in->local, from, &other))
		return false;
	*local = other;
	return true;
}
