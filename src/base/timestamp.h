/* A moment as text, the way it is written on the control socket. */
#ifndef IPMSG_BASE_TIMESTAMP_H
#define IPMSG_BASE_TIMESTAMP_H

#include <stdbool.h>
#include <time.h>

/* "2026-11-22T14:03:07.250Z" and the final NUL, with room for years to come */
#define TIMESTAMP_MAX 40

/* RFC 3339, in UTC, to the second or the millisecond. Returns `buf`. */
const char *timestamp_format(const struct timespec *when, bool with_ms, char buf[TIMESTAMP_MAX]);

#endif
