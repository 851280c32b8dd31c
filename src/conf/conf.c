/* Reading the configuration: the file, the two passes over it, the report. */
#include "conf/conf.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/mistakes.h"
#include "conf/parse.h"
#include "conf/scan.h"

#define FILE_BYTES_MAX (1UL << 20)

/* The whole file with a NUL behind it, or NULL with errno (EFBIG over a mebibyte). */
static char *read_file(const char *path, size_t *len)
{
	FILE *file = fopen(path, "re");
	char *text = file != NULL ? malloc(FILE_BYTES_MAX + 1) : NULL;
	int error = errno;

	if (text != NULL) {
		errno = 0;
		*len = fread(text, 1, FILE_BYTES_MAX + 1, file);
		error = ferror(file) ? errno : *len > FILE_BYTES_MAX ? EFBIG : 0;
		if (error == 0) {
			text[*len] = '\0';
		} else {
			free(text);
			text = NULL;
		}
	}
	if (file != NULL)
		fclose(file);
	errno = error;
	return text;
}

static bool read_into(struct conf *conf, bool optional, struct mistakes *mistakes)
{
	size_t len;
	char *text = read_file(mistakes->path, &len);

	if (text == NULL) {
		if (optional && errno == ENOENT)
			return true;
		mistakes_add(mistakes, 0, "cannot be read: %s", strerror(errno));
		return false;
	}
	if (scan_text(text, len, mistakes))
		parse_text(conf, text, mistakes);
	free(text);
	return mistakes->count == 0;
}

bool conf_read(
    struct conf *conf, const char *path, bool optional, conf_report_fn report, void *context)
{
	struct conf next;
	struct mistakes *mistakes = calloc(1, sizeof *mistakes);

	if (mistakes == NULL) {
		report("no memory to read the configuration", context);
		return false;
	}
	mistakes->path = path;
	conf_init(&next);
	bool good = read_into(&next, optional, mistakes);

	if (good)
		*conf = next;
	mistakes_report(mistakes, report, context);
	free(mistakes);
	return good;
}

static void print_mistake(const char *text, void *context)
{
	fprintf(stderr, "%s\n", text);
}

bool conf_check(const char *path)
{
	struct conf conf;

	conf_init(&conf);
	return conf_read(&conf, path, false, print_mistake, NULL);
}
