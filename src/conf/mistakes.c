/* Collecting and reporting mistakes, and guessing what a misspelt name was meant to be. */
#include "conf/mistakes.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "conf/option.h"

#define NAME_MAX_BYTES 32 /* longer ones get no suggestion */

void mistakes_add(struct mistakes *mistakes, unsigned line, const char *format, ...)
{
	char text[sizeof mistakes->list[0].text];
	va_list args;
	size_t at;

	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	for (at = mistakes->count; at > 0 && mistakes->list[at - 1].line >= line; at--) {
		if (mistakes->list[at - 1].line == line &&
		    strcmp(mistakes->list[at - 1].text, text) == 0)
			return;
	}
	if (mistakes->count == MISTAKES_MAX) {
		mistakes->more = true;
		return;
	}
	while (at < mistakes->count && mistakes->list[at].line == line)
		at++;
	memmove(&mistakes->list[at + 1], &mistakes->list[at],
	    (mistakes->count - at) * sizeof mistakes->list[0]);
	mistakes->list[at].line = line;
	memcpy(mistakes->list[at].text, text, sizeof text);
	mistakes->count++;
}

void mistakes_add_unknown(struct mistakes *mistakes, unsigned line, const char *kind,
    const char *name, const char *const names[])
{
	const char *meant = suggest(name, names);
	char all[300] = "";
	size_t used = 0;

	if (meant != NULL) {
		mistakes_add(mistakes, line, "unknown %s %s; did you mean %s?", kind,
		    cite(name).text, meant);
		return;
	}
	for (size_t i = 0; names[i] != NULL && used < sizeof all; i++)
		used += (size_t)snprintf(
		    all + used, sizeof all - used, "%s%s", i > 0 ? ", " : "", names[i]);
	mistakes_add(mistakes, line, "unknown %s %s; there are: %s", kind, cite(name).text, all);
}

void mistakes_report(const struct mistakes *mistakes, conf_report_fn report, void *context)
{
	char text[4096 + sizeof mistakes->list[0].text];

	for (size_t i = 0; i < mistakes->count; i++) {
		if (mistakes->list[i].line > 0)
			snprintf(text, sizeof text, "%s:%u: %s", mistakes->path,
			    mistakes->list[i].line, mistakes->list[i].text);
		else
			snprintf(
			    text, sizeof text, "%s: %s", mistakes->path, mistakes->list[i].text);
		report(text, context);
	}
	if (mistakes->more) {
		snprintf(text, sizeof text, "%s: more mistakes follow; these come first",
		    mistakes->path);
		report(text, context);
	}
}

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* How many letters must be added, dropped or replaced. */
static unsigned distance(const char *a, size_t m, const char *b, size_t n)
{
	unsigned d[NAME_MAX_BYTES + 1][NAME_MAX_BYTES + 1];

	for (unsigned i = 0; i <= m; i++)
		d[i][0] = i;
	for (unsigned j = 0; j <= n; j++)
		d[0][j] = j;
	for (size_t i = 1; i <= m; i++) {
		for (size_t j = 1; j <= n; j++) {
			unsigned best = d[i - 1][j - 1] + (a[i - 1] != b[j - 1]);

			best = least(best, least(d[i - 1][j], d[i][j - 1]) + 1);
			d[i][j] = best;
		}
	}
	return d[m][n];
}

const char *suggest(const char *name, const char *const names[])
{
	size_t len = strlen(name);
	unsigned best = (unsigned)len / 3 + 1; /* of six letters two may be wrong */
	const char *found = NULL;

	if (len > NAME_MAX_BYTES)
		return NULL;
	for (; *names != NULL; names++) {
		size_t n = strlen(*names);
		unsigned d = n <= NAME_MAX_BYTES ? distance(name, len, *names, n) : best;

		if (d < best || (d == best && found == NULL && d < len)) {
			best = d;
			found = *names;
		}
	}
	return found;
}
