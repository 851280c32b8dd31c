/*
 * What a section of the configuration is made of: a table of options, each
 * with a function that reads one value. A further section is one more file
 * with such a table and one more line in sections.c.
 */
#ifndef IPMSG_CONF_OPTION_H
#define IPMSG_CONF_OPTION_H

#include <stdbool.h>
#include <stddef.h>

#include "conf/conf.h"

/* Why a value was refused, and what would be right; completes "OPTION: …". */
struct complaint {
	char text[256];
};

/* Always false, so that a reader can end with it. */
bool complain(struct complaint *why, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The value in double quotes, escaped and cut, as complaints cite it. */
struct citation {
	char text[64];
};
struct citation cite(const char *value);

struct option;

/* Reads one value; `index` counts the values of a list from 0. */
typedef bool (*option_read_fn)(const struct option *option, struct conf *conf, const char *value,
    unsigned index, struct complaint *why);

/* One word of an enumeration, and the enumerator it stands for. */
struct word {
	const char *name;
	unsigned value;
};

/* `offset` is that of the setting in struct conf; the rest is the reader's business. */
struct option {
	const char *name;
	option_read_fn read;
	bool list;
	size_t offset;
	size_t size;              /* of the field, for text */
	unsigned long min, max;   /* for numbers */
	const char *unit;         /* for numbers: "seconds", or NULL */
	const struct word *words; /* for enumerations; the last one has no name */
};

bool option_read_u32(const struct option *option, struct conf *conf, const char *value,
    unsigned index, struct complaint *why);
bool option_read_u16(const struct option *option, struct conf *conf, const char *value,
    unsigned index, struct complaint *why);
bool option_read_size(const struct option *option, struct conf *conf, const char *value,
    unsigned index, struct complaint *why);
/* The field must have the size of an unsigned int, as every enum here has. */
bool option_read_word(const struct option *option, struct conf *conf, const char *value,
    unsigned index, struct complaint *why);
/* "yes" or "no", also "true" or "false", into a bool. */
bool option_read_bool(const struct option *option, struct conf *conf, const char *value,
    unsigned index, struct complaint *why);
/* A name that is shown to others: UTF-8, no ':', no control characters. */
bool option_read_name(const struct option *option, struct conf *conf, const char *value,
    unsigned index, struct complaint *why);
bool option_read_path(const struct option *option, struct conf *conf, const char *value,
    unsigned index, struct complaint *why);
/* "" stands for none, or for the usual one. */
bool option_read_path_or_none(const struct option *option, struct conf *conf, const char *value,
    unsigned index, struct complaint *why);
/* One that iconv knows. */
bool option_read_charset(const struct option *option, struct conf *conf, const char *value,
    unsigned index, struct complaint *why);
/* The name of a user or a group. */
bool option_read_account(const struct option *option, struct conf *conf, const char *value,
    unsigned index, struct complaint *why);

/* Copies a text that fits, else complains. For readers of other files. */
bool option_store_text(
    const struct option *option, struct conf *conf, const char *value, struct complaint *why);

struct section {
	const char *name;
	void (*init)(struct conf *conf); /* the defaults */
	const struct option *options;
	size_t count;
};

extern const struct section conf_section_log;
extern const struct section conf_section_peerd;
extern const struct section conf_section_superd;

/* All of them; the last is NULL. */
extern const struct section *const conf_sections[];

/* NULL when there is none of that name. */
const struct section *section_find(const char *name);
const struct option *section_option(const struct section *section, const char *name);

#endif
