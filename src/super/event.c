/* The events' names, as they are on the control socket. */
#include "super/event.h"

static const char *const kinds[SUPER_EVENT_KINDS] = {
    [SUPER_ENTERED] = "entered",
    [SUPER_MOVED] = "moved",
    [SUPER_RETURNED] = "returned",
    [SUPER_STALE] = "stale",
    [SUPER_LEFT] = "left",
    [SUPER_INTRODUCED] = "introduced",
    [SUPER_DECLINED] = "declined",
    [SUPER_REFUSED] = "refused",
};

static const char *const reasons[SUPER_REASONS] = {
    [SUPER_NO_REASON] = "",
    [SUPER_EXIT] = "exit",
    [SUPER_EXPIRED] = "expired",
    [SUPER_REPLACED] = "replaced",
    [SUPER_EVICTED] = "evicted",
    [SUPER_UNSERVED] = "unserved",
    [SUPER_KICKED] = "kicked",
    [SUPER_BANNED] = "banned",
    [SUPER_UNKNOWN] = "unknown",
    [SUPER_AMBIGUOUS] = "ambiguous",
    [SUPER_DIRECTORY] = "directory",
    [SUPER_TARGET] = "target-refused",
    [SUPER_SELF] = "self",
    [SUPER_LIMITED] = "limited",
    [SUPER_BUSY] = "busy",
    [SUPER_FORGED] = "forged",
    [SUPER_GUESSED] = "guessed",
    [SUPER_FULL] = "full",
    [SUPER_SAME_NICK] = "same-nick",
    [SUPER_SOURCE_FULL] = "source-full",
    [SUPER_NO_MEMORY] = "no-memory",
    [SUPER_FORGOTTEN] = "forgotten",
    [SUPER_TAKEN] = "taken",
    [SUPER_REPLAYED] = "replayed",
    [SUPER_NEW_NAMES] = "new-names",
    [SUPER_DRAINING] = "draining",
};

const char *super_event_name(enum super_event_kind kind)
{
	return kinds[kind];
}

const char *super_reason_name(enum super_reason reason)
{
	return reasons[reason];
}
