/* The first look at the configuration's text; see scan.h for what it is for. */
#include "conf/scan.h"

#include <string.h>

#include "conf/option.h"

#define DEPTH_MAX 8
#define SECTIONS_MAX 8

struct token {
	size_t at;
	size_t len;
	unsigned line;
};

struct brace {
	unsigned line;
	bool list;            /* after '=', so a list and no section */
	bool unknown;         /* a section that nobody knows */
	struct token section; /* the word before a section's brace */
};

struct scanner {
	char *text;
	size_t len;
	size_t at;
	unsigned line;
	struct mistakes *mistakes;
	char last;           /* the last character outside comments and space, 'w' for a word */
	struct token word;   /* the last bare word */
	struct token option; /* the word before the last '=' */
	struct brace open[DEPTH_MAX];
	size_t depth;
	struct token sections[SECTIONS_MAX]; /* the known ones, as met */
	size_t section_count;
};

static void blank(struct scanner *s, size_t from, size_t to)
{
	for (; from < to; from++) {
		if (s->text[from] != '\n')
			s->text[from] = ' ';
	}
}

static unsigned lines_within(const struct scanner *s, size_t from, size_t to)
{
	unsigned lines = 0;

	for (; from < to; from++)
		lines += s->text[from] == '\n';
	return lines;
}

/* The blanked or skipped stretch from s->at ends before `to`. */
static void advance(struct scanner *s, size_t to)
{
	s->line += lines_within(s, s->at, to);
	s->at = to;
}

static void skip_line_comment(struct scanner *s)
{
	const char *end = strchr(s->text + s->at, '\n');
	size_t to = end != NULL ? (size_t)(end - s->text) : s->len;

	blank(s, s->at, to);
	s->at = to;
}

static bool skip_comment(struct scanner *s)
{
	const char *end = strstr(s->text + s->at + 2, "*/");

	if (end == NULL) {
		mistakes_add(s->mistakes, s->line, "this comment has no end; close it with */");
		return false;
	}
	size_t to = (size_t)(end - s->text) + 2;

	blank(s, s->at, to);
	advance(s, to);
	return true;
}

/*
 * Masked up to its closing brace when that stands on the same line: unmasked
 * it would be taken for the end of a section.
 */
static void mask_variable(struct scanner *s)
{
	size_t len = strcspn(s->text + s->at, "}\n");

	mistakes_add(s->mistakes, s->line,
	    "${ } would be replaced from the environment, which a daemon has no business with; "
	    "write the value itself");
	if (s->text[s->at + len] == '}')
		len++;
	else
		len = 2;
	memset(s->text + s->at, SCAN_MASK, len);
	s->at += len;
	s->last = 'w';
}

static bool skip_string(struct scanner *s)
{
	char quote = s->text[s->at++];
	unsigned line = s->line;

	while (s->at < s->len) {
		char c = s->text[s->at];

		if (c == '$' && s->text[s->at + 1] == '{') {
			mask_variable(s);
			continue;
		}
		if (c == '\\' && s->at + 1 < s->len)
			c = s->text[++s->at];
		else if (c == quote)
			break;
		s->line += c == '\n';
		s->at++;
	}
	if (s->at >= s->len) {
		mistakes_add(s->mistakes, line, "this text has no end; close it with %c", quote);
		return false;
	}
	s->at++;
	s->last = 'w';
	s->word = (struct token){0};
	return true;
}

static void skip_word(struct scanner *s)
{
	size_t len = strcspn(s->text + s->at, " \t\r\n#\"'={}()+,*");
	const char *variable = strstr(s->text + s->at, "${");

	if (variable != NULL && (size_t)(variable - s->text) < s->at + len)
		len = (size_t)(variable - s->text) - s->at;
	s->last = 'w';
	s->word = (struct token){s->at, len > 0 ? len : 1, s->line};
	s->at += s->word.len;
}

static bool token_is(const struct scanner *s, struct token token, const char *name)
{
	return token.len == strlen(name) && memcmp(s->text + token.at, name, token.len) == 0;
}

static const struct section *known(const struct scanner *s, struct token token)
{
	for (size_t i = 0; conf_sections[i] != NULL; i++) {
		if (token_is(s, token, conf_sections[i]->name))
			return conf_sections[i];
	}
	return NULL;
}

static void complain_unknown(struct scanner *s, struct token token)
{
	const char *names[SECTIONS_MAX + 1] = {0};
	char name[64];
	size_t len = token.len < sizeof name ? token.len : sizeof name - 1;

	for (size_t i = 0; i < SECTIONS_MAX && conf_sections[i] != NULL; i++)
		names[i] = conf_sections[i]->name;
	memcpy(name, s->text + token.at, len);
	name[len] = '\0';
	mistakes_add_unknown(s->mistakes, token.line, "section", name, names);
}

/* A section begins: is it known, and the first of its name? */
static void enter_section(struct scanner *s, struct brace *brace)
{
	const struct section *section = known(s, s->word);

	brace->section = s->word;
	brace->unknown = section == NULL;
	if (section == NULL) {
		complain_unknown(s, s->word);
		return;
	}
	for (size_t i = 0; i < s->section_count; i++) {
		if (token_is(s, s->sections[i], section->name)) {
			mistakes_add(s->mistakes, s->word.line,
			    "section %s stands here again, after line %u; put both into one",
			    section->name, s->sections[i].line);
			return;
		}
	}
	if (s->section_count < SECTIONS_MAX)
		s->sections[s->section_count++] = s->word;
}

static bool open_brace(struct scanner *s)
{
	struct brace *brace = &s->open[s->depth];
	const struct brace *outer = s->depth > 0 ? brace - 1 : NULL;

	if (s->depth == DEPTH_MAX) {
		mistakes_add(s->mistakes, s->line, "too many '{' within each other");
		return false;
	}
	*brace = (struct brace){.line = s->line, .list = s->last == '='};
	if (!brace->list && s->last == 'w' && s->word.len > 0) {
		if (outer == NULL) {
			enter_section(s, brace);
		} else if (!outer->unknown && known(s, s->word) != NULL) {
			mistakes_add(s->mistakes, outer->line,
			    "this '{' has no end; write '}' before line %u", s->word.line);
			return false;
		}
	}
	s->depth++;
	s->at++;
	s->last = '{';
	return true;
}

static bool close_brace(struct scanner *s)
{
	const struct brace *brace;

	if (s->depth == 0) {
		mistakes_add(s->mistakes, s->line, "this '}' closes nothing; take it out");
		return false;
	}
	brace = &s->open[--s->depth];
	if (brace->list && s->last == '{' && s->option.len > 0)
		mistakes_add(s->mistakes, s->line,
		    "%.*s: there is nothing between the braces; write a value, or leave the option "
		    "out to have its default",
		    (int)s->option.len, s->text + s->option.at);
	s->at++;
	s->last = '}';
	if (brace->unknown)
		blank(s, brace->section.at, s->at);
	return true;
}

static bool assign(struct scanner *s)
{
	if (s->depth > 0 && s->open[s->depth - 1].list) {
		mistakes_add(s->mistakes, s->open[s->depth - 1].line,
		    "this '{' opens a list that has no end; write '}' before line %u",
		    s->word.len > 0 ? s->word.line : s->line);
		return false;
	}
	s->option = s->word;
	s->at++;
	s->last = '=';
	return true;
}

/* One token. */
static bool step(struct scanner *s)
{
	char c = s->text[s->at];
	char next = s->text[s->at + 1];

	switch (c) {
	case '\n':
		s->line++;
		s->at++;
		return true;
	case '"':
	case '\'':
		return skip_string(s);
	case '{':
		return open_brace(s);
	case '}':
		return close_brace(s);
	case '=':
		return assign(s);
	case ' ':
	case '\t':
	case '\r':
	case '+':
		s->at++;
		return true;
	case ',':
		s->last = c;
		s->at++;
		return true;
	case '\0':
		mistakes_add(s->mistakes, s->line, "a NUL byte; save the file as UTF-8 text");
		return false;
	default:
		break;
	}
	if (c == '/' && next == '*')
		return skip_comment(s);
	if (c == '#' || (c == '/' && next == '/'))
		skip_line_comment(s);
	else if (c == '$' && next == '{')
		mask_variable(s);
	else
		skip_word(s);
	return true;
}

bool scan_text(char *text, size_t len, struct mistakes *mistakes)
{
	struct scanner s = {.text = text, .len = len, .line = 1, .mistakes = mistakes};

	if (strncmp(text, "\xef\xbb\xbf", 3) == 0)
		blank(&s, 0, 3); /* a byte order mark, as some editors write it */
	while (s.at < len) {
		if (!step(&s))
			return false;
	}
	if (s.depth > 0) {
		mistakes_add(mistakes, s.open[s.depth - 1].line,
		    "this '{' has no end; write '}' where it ends");
		return false;
	}
	return true;
}
