/* Reading and formatting the fields of an answer. */
#include "ipmsgctl/field.h"

#include <inttypes.h>
#include <stdio.h>

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
