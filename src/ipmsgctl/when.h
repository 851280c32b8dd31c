/* Times as people say them, in the local time zone. */
#ifndef IPMSG_IPMSGCTL_WHEN_H
#define IPMSG_IPMSGCTL_WHEN_H

#include <jansson.h>
#include <stdbool.h>
#include <time.h>

#include "ipmsgctl/field.h"

/*
 * "today 14:03 (5 min ago)", with how long ago for the last hour only, "yesterday 09:10",
 * "tomorrow 09:10", "Mon 14:03" for the last week, else "2026-11-22 14:03". Returns `out`.
 */
const char *when_format(time_t when, time_t now, char out[FIELD_MAX]);

/* That of a field with a time of RFC 3339 in UTC, seen from now; as text if it is none. */
const char *when_field(const json_t *object, const char *name, char out[FIELD_MAX]);

/* The same for a table, without how long ago. */
const char *when_brief(const json_t *object, const char *name, char out[FIELD_MAX]);

/* How long until then: "in 6d23h", or "now"; "" if it has no time. */
const char *when_until(const json_t *object, const char *name, char out[FIELD_MAX]);

/* Reads a time of RFC 3339 in UTC; false if there is none. */
bool when_read(const json_t *object, const char *name, time_t *when);

#endif
