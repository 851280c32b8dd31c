/* Readers of the kinds of values that several options share: numbers, words, names, paths. */
#include "conf/option.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/charset.h"
#include "base/text.h"

bool complain(struct complaint *why, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(why->text, sizeof why->text, format, args);
	va_end(args);
	return false;
}

struct citation cite(const char *value)
{
	struct citation citation;
	char escaped[sizeof citation.text - 6];
	char longer[2 * sizeof escaped];

	text_escape(span_text(value), escaped, sizeof escaped);
	text_escape(span_text(value), longer, sizeof longer);
	snprintf(citation.text, sizeof citation.text, "\"%s%s\"", escaped,
	    strlen(longer) > strlen(escaped) ? "..." : "");
	return citation;
}

static void *field(const struct option *option, struct conf *conf)
{
	return (char *)conf + option->offset;
}

static bool all_digits(const char *text)
{
	return *text != '\0' && text[strspn(text, "0123456789")] == '\0';
}

/* Decimal only: nobody means 20 octal by 020, and no number here is written in hexadecimal. */
static bool read_number(
    const struct option *option, const char *value, unsigned long *number, struct complaint *why)
{
	const char *digits = *value == '-' || *value == '+' ? value + 1 : value;
	const char *unit = option->unit != NULL ? option->unit : "";
	const char *of = option->unit != NULL ? " of " : "";

	if (!all_digits(digits))
		return complain(why, "%s is not a number; write a whole number%s%s from %lu to %lu",
		    cite(value).text, of, unit, option->min, option->max);
	*number = 0;
	for (const char *p = digits; *p != '\0' && *number <= option->max; p++)
		*number = *number * 10 + (unsigned long)(*p - '0');
	if (*value == '-' || *number < option->min || *number > option->max)
		return complain(why, "%s is out of range; write a whole number%s%s from %lu to %lu",
		    cite(value).text, of, unit, option->min, option->max);
	return true;
}

bool option_read_u32(const struct option *option, struct conf *conf, const char *value,
    unsigned index, struct complaint *why)
{
	unsigned long number;

	if (!read_number(option, value, &number, why))
		return false;
	*(uint32_t *)field(option, conf) = (uint32_t)number;
	return true;
}

bool option_read_u16(const struct option *option, struct conf *conf, const char *value,
    unsigned index, struct complaint *why)
{
	unsigned long number;

	if (!read_number(option, value, &number, why))
		return false;
	*(uint16_t *)field(option, conf) = (uint16_t)number;
	return true;
}

bool option_read_size(const struct option *option, struct conf *conf, const char *value,
    unsigned index, struct complaint *why)
{
	unsigned long number;

	if (!read_number(option, value, &number, why))
		return false;
	*(size_t *)field(option, conf) = number;
	return true;
}

bool option_read_word(const struct option *option, struct conf *conf, const char *value,
    unsigned index, struct complaint *why)
{
	char known[128] = "";

	for (const struct word *word = option->words; word->name != NULL; word++) {
		size_t used = strlen(known);

		if (strcmp(word->name, value) == 0) {
			memcpy(field(option, conf), &word->value, sizeof word->value);
			return true;
		}
		snprintf(known + used, sizeof known - used, "%s\"%s\"",
		    used == 0              ? ""
		    : word[1].name == NULL ? " or "
					   : ", ",
		    word->name);
	}
	return complain(why, "%s is unknown; write %s", cite(value).text, known);
}

/* Both ways of writing it that files of this kind know. */
bool option_read_bool(const struct option *option, struct conf *conf, const char *value,
    unsigned index, struct complaint *why)
{
	bool yes = strcmp(value, "yes") == 0 || strcmp(value, "true") == 0;

	if (!yes && strcmp(value, "no") != 0 && strcmp(value, "false") != 0)
		return complain(why, "%s is unknown; write \"yes\" or \"no\"", cite(value).text);
	*(bool *)field(option, conf) = yes;
	return true;
}

bool option_store_text(
    const struct option *option, struct conf *conf, const char *value, struct complaint *why)
{
	size_t len = strlen(value);

	if (len >= option->size)
		return complain(why, "%s is too long: %zu bytes; at most %zu fit", cite(value).text,
		    len, option->size - 1);
	memcpy(field(option, conf), value, len + 1);
	return true;
}

/* C0, DEL, and C1, which in valid UTF-8 is 0xc2 and a byte below 0xa0. */
static bool has_control(const char *text)
{
	for (const unsigned char *p = (const unsigned char *)text; *p != '\0'; p++) {
		if (*p < 0x20 || *p == 0x7f || (*p == 0xc2 && p[1] < 0xa0))
			return true;
	}
	return false;
}

bool option_read_name(const struct option *option, struct conf *conf, const char *value,
    unsigned index, struct complaint *why)
{
	if (!utf8_valid(span_text(value)))
		return complain(
		    why, "%s is not valid UTF-8; save the file in UTF-8", cite(value).text);
	if (has_control(value))
		return complain(
		    why, "%s holds a control character; write printable text", cite(value).text);
	if (strchr(value, ':') != NULL)
		return complain(why,
		    "%s holds ':', which separates the fields of a packet; leave it out",
		    cite(value).text);
	return option_store_text(option, conf, value, why);
}

bool option_read_path(const struct option *option, struct conf *conf, const char *value,
    unsigned index, struct complaint *why)
{
	if (value[0] != '/')
		return complain(
		    why, "%s is not an absolute path; begin it with '/'", cite(value).text);
	return option_store_text(option, conf, value, why);
}

bool option_read_path_or_none(const struct option *option, struct conf *conf, const char *value,
    unsigned index, struct complaint *why)
{
	if (*value == '\0')
		return option_store_text(option, conf, value, why);
	return option_read_path(option, conf, value, index, why);
}

bool option_read_charset(const struct option *option, struct conf *conf, const char *value,
    unsigned index, struct complaint *why)
{
	struct charset *charset = *value != '\0' ? charset_open(value) : NULL;

	if (charset == NULL)
		return complain(why,
		    "%s is no character set of iconv; `iconv -l` lists them, CP932 is usual",
		    cite(value).text);
	charset_close(charset);
	return option_store_text(option, conf, value, why);
}

/* Whether it exists is for the daemon to see: the file may be checked elsewhere. */
bool option_read_account(const struct option *option, struct conf *conf, const char *value,
    unsigned index, struct complaint *why)
{
	return option_store_text(option, conf, value, why);
}
