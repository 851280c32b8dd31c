/* The table of local addresses. */
#include "io/locals.h"

#include <string.h>

bool locals_needs_zone(const struct endpoint *at)
{
	return at->family == FAMILY_IP6 && at->address[0] == 0xfe &&
	    (at->address[1] & 0xc0) == 0x80;
}

bool locals_is_group(const struct endpoint *at)
{
	return at->family == FAMILY_IP6 ? at->address[0] == 0xff : (at->address[0] & 0xf0) == 0xe0;
}

/* A link's own address is one and the same, whether its partner needs the zone or not. */
static bool is_same(const struct local *local, size_t socket, const struct endpoint *at,
    unsigned zone)
{
	return local->socket == socket && endpoint_equal(&local->at, at) &&
	    (local->zone == zone || (zone != 0 && local->interface == zone));
}

uint16_t locals_number(struct locals *locals, size_t socket, const struct endpoint *at,
    unsigned zone)
{
	if (locals->count > 0 && is_same(&locals->all[locals->last], socket, at, zone))
		return (uint16_t)locals->last;
	for (size_t i = 0; i < locals->count; i++) {
		if (is_same(&locals->all[i], socket, at, zone)) {
			locals->last = i;
			return (uint16_t)i;
		}
	}
	if (locals->count == LOCALS_MAX)
		return (uint16_t)socket;
	locals->all[locals->count] =
	    (struct local){.socket = (uint8_t)socket, .at = *at, .zone = zone};
	locals->last = locals->count;
	return (uint16_t)locals->count++;
}

uint16_t locals_number_link(struct locals *locals, size_t socket, const struct endpoint *at,
    unsigned interface, const struct endpoint *broadcast)
{
	uint16_t number =
	    locals_number(locals, socket, at, locals_needs_zone(at) ? interface : 0);

	if (number != socket) {
		locals->all[number].interface = interface;
		locals->all[number].broadcast = *broadcast;
	}
	return number;
}

bool locals_find_link(const struct locals *locals, size_t socket, unsigned interface,
    uint16_t *number)
{
	for (size_t i = 0; i < locals->count; i++) {
		if (locals->all[i].socket == socket && locals->all[i].interface == interface) {
			*number = (uint16_t)i;
			return true;
		}
	}
	return false;
}

bool locals_is_broadcast(const struct local *local, const struct endpoint *to)
{
	static const uint8_t all[4] = {255, 255, 255, 255};

	return to->family == FAMILY_IP4 &&
	    (memcmp(to->address, all, sizeof all) == 0 ||
		(local->interface != 0 && endpoint_same_address(to, &local->broadcast)));
}

unsigned locals_leaves_by(const struct local *local, const struct endpoint *to)
{
	if (!locals_is_link(local))
		return 0;
	if (locals_needs_zone(to) || locals_needs_zone(&local->at))
		return local->zone != 0 ? local->zone : local->interface;
	if (locals_is_group(to) || locals_is_broadcast(local, to))
		return local->interface != 0 ? local->interface : local->zone;
	return 0;
}
