/* Days are those of the calendar, not 24 hours: yesterday may be a minute ago. */
#include "ipmsgctl/when.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define HOUR 3600
#define DAY 86400

static int64_t day_number(const struct tm *local)
{
	struct tm noon = {.tm_year = local->tm_year, .tm_mon = local->tm_mon,
	    .tm_mday = local->tm_mday, .tm_hour = 12};

	return timegm(&noon) / DAY;
}

static size_t format_day(const struct tm *then, int64_t days_ago, char out[FIELD_MAX])
{
	if (days_ago == 0)
		return strftime(out, FIELD_MAX, "today %H:%M", then);
	if (days_ago == 1)
		return strftime(out, FIELD_MAX, "yesterday %H:%M", then);
	if (days_ago == -1)
		return strftime(out, FIELD_MAX, "tomorrow %H:%M", then);
	if (days_ago > 0 && days_ago < 7)
		return strftime(out, FIELD_MAX, "%a %H:%M", then);
	return strftime(out, FIELD_MAX, "%Y-%m-%d %H:%M", then);
}

const char *when_format(time_t when, time_t now, char out[FIELD_MAX])
{
	struct tm then, today;
	int64_t age = (int64_t)now - when;
	size_t used;

	*out = '\0';
	if (localtime_r(&when, &then) == NULL || localtime_r(&now, &today) == NULL)
		return out;
	used = format_day(&then, day_number(&today) - day_number(&then), out);
	if (age >= 0 && age < 60)
		snprintf(out + used, FIELD_MAX - used, " (just now)");
	else if (age >= 60 && age < HOUR)
		snprintf(out + used, FIELD_MAX - used, " (%" PRId64 " min ago)", age / 60);
	return out;
}

bool when_read(const json_t *object, const char *name, time_t *when)
{
	const char *text = json_string_value(json_object_get(object, name));
	struct tm utc = {0};

	if (text == NULL || strptime(text, "%Y-%m-%dT%H:%M:%S", &utc) == NULL)
		return false;
	*when = timegm(&utc);
	return true;
}

const char *when_field(const json_t *object, const char *name, char out[FIELD_MAX])
{
	time_t when;

	if (!when_read(object, name, &when) || *when_format(when, time(NULL), out) == '\0')
		return field_text(object, name, out);
	return out;
}

const char *when_brief(const json_t *object, const char *name, char out[FIELD_MAX])
{
	char *ago = strstr(when_field(object, name, out), " (");

	if (ago != NULL)
		*ago = '\0';
	return out;
}

const char *when_until(const json_t *object, const char *name, char out[FIELD_MAX])
{
	char left[FIELD_MAX];
	time_t when, now = time(NULL);

	*out = '\0';
	if (!when_read(object, name, &when))
		return out;
	if (when <= now)
		snprintf(out, FIELD_MAX, "now");
	else
		snprintf(out, FIELD_MAX, "in %.40s",
		    field_duration(((int64_t)when - now) * 1000, left));
	return out;
}
