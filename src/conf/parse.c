/*
 * Parsing with libconfuse. Every option is declared to it as a list of texts,
 * so that the shape and the value of each assignment are ours to judge, with
 * the line at hand, and nothing but broken grammar ends the parse. Unknown
 * options do end it: each is reported, declared too, and the parse begun anew,
 * until the whole file was seen.
 */
#include "conf/parse.h"

#include <assert.h>
#include <confuse.h>
#include <stdio.h>
#include <string.h>

#include "conf/option.h"
#include "conf/scan.h"

#define SECTIONS_MAX 8
#define OPTIONS_MAX 64
#define UNKNOWN_MAX 32

/* An unknown option met in an earlier pass; `section` is libconfuse's name of the place. */
struct unknown {
	char section[32];
	char name[64];
};

struct assignment {
	unsigned line; /* of the first value; 0 when there was none */
	bool fresh;    /* a value came since the last closing brace */
	bool listed;   /* several values for one were already complained of */
};

struct parser {
	struct conf *conf;
	struct mistakes *mistakes;
	struct assignment assignments[SECTIONS_MAX][OPTIONS_MAX];
	struct unknown unknown[UNKNOWN_MAX];
	size_t unknown_count;
	bool again;
};

/* libconfuse's callbacks carry no pointer of ours; set only while it parses. */
static struct parser *current;

static struct assignment *assignment_of(const struct section *section, const struct option *option)
{
	size_t i = 0;

	while (conf_sections[i] != section)
		i++;
	assert(i < SECTIONS_MAX && section->count <= OPTIONS_MAX);
	return &current->assignments[i][option - section->options];
}

static const struct option *find(
    const cfg_t *cfg, const cfg_opt_t *opt, struct assignment **assignment)
{
	const struct section *section = section_find(cfg->name);
	const struct option *option = section != NULL ? section_option(section, opt->name) : NULL;

	if (option != NULL)
		*assignment = assignment_of(section, option);
	return option;
}

static const struct section *home_of(const char *name)
{
	for (size_t i = 0; conf_sections[i] != NULL; i++) {
		if (section_option(conf_sections[i], name) != NULL)
			return conf_sections[i];
	}
	return NULL;
}

static void complain_unknown(const cfg_t *cfg, const char *name)
{
	const struct section *section = section_find(cfg->name);
	const struct section *home = home_of(name);
	const char *names[OPTIONS_MAX + 1] = {0};

	if (home != NULL) {
		mistakes_add(current->mistakes, (unsigned)cfg->line,
		    "%s: it belongs into the section %s { }", name, home->name);
		return;
	}
	if (section == NULL) {
		mistakes_add(current->mistakes, (unsigned)cfg->line,
		    "unknown option %s; options stand within a section, as in superd { }",
		    cite(name).text);
		return;
	}
	for (size_t i = 0; i < section->count; i++)
		names[i] = section->options[i].name;
	mistakes_add_unknown(current->mistakes, (unsigned)cfg->line, "option", name, names);
}

/* What stands there was reported already; without any report it is a real control character. */
static bool is_masked(const char *value)
{
	return current->mistakes->count > 0 && strchr(value, SCAN_MASK) != NULL;
}

static void complain_listed(
    const cfg_t *cfg, const struct option *option, struct assignment *assignment)
{
	if (!assignment->listed)
		mistakes_add(current->mistakes, (unsigned)cfg->line,
		    "%s: it takes one value, no list; write it without braces", option->name);
	assignment->listed = true;
}

static int on_value(cfg_t *cfg, cfg_opt_t *opt, const char *value, void *result)
{
	unsigned line = (unsigned)cfg->line, index = opt->nvalues - 1;
	struct assignment *assignment;
	const struct option *option = find(cfg, opt, &assignment);
	struct complaint why;

	*(const char **)result = value;
	if (option == NULL) {
		/* Declared as unknown, or "superd|nick", which libconfuse knows to follow. */
		complain_unknown(cfg, opt->name);
		return 0;
	}
	if (index == 0 && assignment->line > 0)
		mistakes_add(current->mistakes, line,
		    "%s: it is set again, after line %u; keep one of them", option->name,
		    assignment->line);
	if (index == 0)
		*assignment = (struct assignment){.line = line};
	assignment->fresh = true;
	if (index > 0 && !option->list)
		complain_listed(cfg, option, assignment);
	else if (!is_masked(value) && !option->read(option, current->conf, value, index, &why))
		mistakes_add(current->mistakes, line, "%s: %s", option->name, why.text);
	return 0;
}

/* Called after each value, and once more at a list's closing brace. */
static int on_assigned(cfg_t *cfg, cfg_opt_t *opt)
{
	struct assignment *assignment;
	const struct option *option = find(cfg, opt, &assignment);

	if (option == NULL)
		return 0;
	if (!assignment->fresh && !option->list)
		complain_listed(cfg, option, assignment);
	assignment->fresh = false;
	return 0;
}

static void on_unknown(const cfg_t *cfg, const char *name)
{
	struct unknown *unknown = &current->unknown[current->unknown_count];

	complain_unknown(cfg, name);
	if (current->unknown_count == UNKNOWN_MAX || strlen(name) >= sizeof unknown->name ||
	    strlen(cfg->name) >= sizeof unknown->section)
		return;
	memcpy(unknown->name, name, strlen(name) + 1);
	memcpy(unknown->section, cfg->name, strlen(cfg->name) + 1);
	current->unknown_count++;
	current->again = true;
}

/* What would be right, by the beginning of libconfuse's message. */
static const char *hint_for(const char *message)
{
	static const struct {
		const char *message;
		const char *hint;
	} hints[] = {
	    {"missing equal sign", "; a value that holds spaces needs quotes"},
	    {"unexpected token", "; write OPTION = VALUE, or for a list OPTION = { VALUE, VALUE }"},
	    {"missing opening brace", "; write '{' behind its name"},
	    {"bad escape sequence", "; write \\\\ for a backslash"},
	    {"invalid octal number", "; write \\\\ for a backslash"},
	    {"premature end of file", "; an option or a section is incomplete"},
	};

	for (size_t i = 0; i < sizeof hints / sizeof *hints; i++) {
		if (strncmp(message, hints[i].message, strlen(hints[i].message)) == 0)
			return hints[i].hint;
	}
	return "";
}

static void __attribute__((format(printf, 2, 0)))
on_error(cfg_t *cfg, const char *format, va_list args)
{
	unsigned line = (unsigned)cfg->line;
	char text[128];

	/* Untranslated, since no daemon calls setlocale(). */
	if (strcmp(format, "no such option '%s'") == 0) {
		on_unknown(cfg, va_arg(args, const char *));
		return;
	}
	vsnprintf(text, sizeof text, format, args);
	mistakes_add(current->mistakes, line, "%s%s", text, hint_for(format));
}

static void declare(cfg_opt_t *opts, size_t *count, const char *name)
{
	opts[*count] = (cfg_opt_t)CFG_STR_LIST_CB(name, NULL, CFGF_NODEFAULT, on_value);
	opts[*count].validcb = on_assigned;
	(*count)++;
}

static void declare_unknown(cfg_opt_t *opts, size_t *count, const char *section)
{
	for (size_t i = 0; i < current->unknown_count; i++) {
		if (strcmp(current->unknown[i].section, section) == 0)
			declare(opts, count, current->unknown[i].name);
	}
	opts[*count] = (cfg_opt_t)CFG_END();
}

static bool parse_once(const char *text)
{
	cfg_opt_t inner[SECTIONS_MAX][OPTIONS_MAX + UNKNOWN_MAX + 1];
	cfg_opt_t outer[SECTIONS_MAX + UNKNOWN_MAX + 1];
	size_t sections = 0;

	for (; conf_sections[sections] != NULL; sections++) {
		const struct section *section = conf_sections[sections];
		size_t count = 0;

		assert(sections < SECTIONS_MAX && section->count <= OPTIONS_MAX);
		for (size_t i = 0; i < section->count; i++)
			declare(inner[sections], &count, section->options[i].name);
		declare_unknown(inner[sections], &count, section->name);
		outer[sections] =
		    (cfg_opt_t)CFG_SEC(section->name, inner[sections], CFGF_NODEFAULT);
	}
	declare_unknown(outer, &sections, "root");

	cfg_t *cfg = cfg_init(outer, CFGF_NONE);

	if (cfg == NULL)
		return false;
	cfg_set_error_function(cfg, on_error);
	bool parsed = cfg_parse_buf(cfg, text) == CFG_SUCCESS;

	cfg_free(cfg);
	return parsed;
}

void parse_text(struct conf *conf, const char *text, struct mistakes *mistakes)
{
	struct parser parser = {.conf = conf, .mistakes = mistakes};
	bool parsed;

	current = &parser;
	do {
		parser.again = false;
		memset(parser.assignments, 0, sizeof parser.assignments);
		parsed = parse_once(text);
	} while (parser.again);
	current = NULL;
	if (!parsed && mistakes->count == 0)
		mistakes_add(mistakes, 0, "cannot be parsed; is memory short?");
}
