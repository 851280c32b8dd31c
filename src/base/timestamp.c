/* Moments into text. */
#include "base/timestamp.h"

#include <stdio.h>

const char *timestamp_format(const struct timespec *when, bool with_ms, char buf[TIMESTAMP_MAX])
{
	struct tm tm = {0};
	size_t len;

	gmtime_r(&when->tv_sec, &tm);
	len = strftime(buf, TIMESTAMP_MAX, "%Y-%m-%dT%H:%M:%S", &tm);
	if (with_ms)
		len += (size_t)snprintf(buf + len, TIMESTAMP_MAX - len, ".%03ld",
		    when->tv_nsec / 1000000);
	snprintf(buf + len, TIMESTAMP_MAX - len, "Z");
	return buf;
}
