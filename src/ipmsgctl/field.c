/* Reading and formatting the fields of an answer. */
#include "ipmsgctl/field.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/text.h"

const char *field_escape(const json_t *value, char out[FIELD_MAX])
{
	struct span text = span_of(json_string_value(value), json_string_length(value));

	return text_escape(text, out, FIELD_MAX);
}

const char *field_text(const json_t *object, const char *name, char out[FIELD_MAX])
{
	return field_escape(json_object_get(object, name), out);
}

bool field_is(const json_t *object, const char *name, const char *word)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text != NULL && strcmp(text, word) == 0;
}

const char *field_kind(const json_t *object, const char *name, char out[FIELD_MAX])
{
	if (field_is(object, name, "extended"))
		snprintf(out, FIELD_MAX, "ours");
	else if (field_is(object, name, "seed"))
		snprintf(out, FIELD_MAX, "legacy");
	else if (field_is(object, name, "unknown"))
		*out = '\0';
	else
		field_text(object, name, out);
	return out;
}

const char *field_time(const json_t *object, const char *name, char out[FIELD_MAX])
{
	const char *text = json_string_value(json_object_get(object, name));
	struct tm utc = {0}, local;
	time_t when;

	if (text == NULL || strptime(text, "%Y-%m-%dT%H:%M:%S", &utc) == NULL)
		return field_text(object, name, out);
	when = timegm(&utc);
	if (localtime_r(&when, &local) == NULL ||
	    strftime(out, FIELD_MAX, "%Y-%m-%d %H:%M:%S", &local) == 0)
		return field_text(object, name, out);
	return out;
}

int64_t field_int(const json_t *object, const char *name)
{
	return json_integer_value(json_object_get(object, name));
}

const char *field_duration(int64_t ms, char out[FIELD_MAX])
{
	int64_t s = ms > 0 ? ms / 1000 : 0;

	if (s < 60)
		snprintf(out, FIELD_MAX, "%" PRId64 "s", s);
	else if (s < 3600)
		snprintf(out, FIELD_MAX, "%" PRId64 "m%02ds", s / 60, (int)(s % 60));
	else if (s < 86400)
		snprintf(out, FIELD_MAX, "%" PRId64 "h%02dm", s / 3600, (int)(s / 60 % 60));
	else
		snprintf(out, FIELD_MAX, "%" PRId64 "d%02dh", s / 86400, (int)(s / 3600 % 24));
	return out;
}

const char *field_size(int64_t bytes, char out[FIELD_MAX])
{
	static const char *const units[] = {"kB", "MB", "GB", "TB", "PB", "EB"};
	double size = (double)bytes / 1000;
	size_t unit = 0;

	if (bytes < 1000) {
		snprintf(out, FIELD_MAX, "%" PRId64 " B", bytes > 0 ? bytes : 0);
		return out;
	}
	for (; size >= 999.95; size /= 1000)
		unit++;
	snprintf(out, FIELD_MAX, "%.1f %s", size, units[unit]);
	return out;
}
