/* Cookies: what shows a supernode that it is us, and us that it is the supernode. */
#include <string.h>

#include "peer/core.h"

void uplink_learn_cookie(struct uplink *uplink, const struct fields *fields)
{
	if (!fields_has(fields, KEY_CK))
		return;
	if (uplink->cookie_count > 0 &&
	    memcmp(uplink->cookies[0], fields->cookie, COOKIE_BYTES) == 0)
		return;
	memcpy(uplink->cookies[1], uplink->cookies[0], COOKIE_BYTES);
	memcpy(uplink->cookies[0], fields->cookie, COOKIE_BYTES);
	if (uplink->cookie_count < UPLINK_COOKIES)
		uplink->cookie_count++;
}

void uplink_set_cookie(const struct uplink *uplink, struct fields *fields)
{
	fields_set(fields, KEY_CK);
	memcpy(fields->cookie, uplink->cookies[0], COOKIE_BYTES);
}

bool uplink_usable(const struct uplink *uplink, int64_t now)
{
	return uplink->state == SUPERNODE_REGISTERED || (uplink->extended && now < uplink->expires);
}

bool uplink_trusts(const struct uplink *uplink, const struct fields *fields, int64_t now)
{
	if (!uplink_usable(uplink, now))
		return false;
	if (!uplink->extended)
		return true;
	if (!fields_has(fields, KEY_CK))
		return false;
	for (unsigned i = 0; i < uplink->cookie_count; i++) {
		if (memcmp(uplink->cookies[i], fields->cookie, COOKIE_BYTES) == 0)
			return true;
	}
	return false;
}
