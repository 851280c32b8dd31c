/*
 * The mistakes found in one file, kept in the order of their lines until the
 * end, since several passes find them.
 */
#ifndef IPMSG_CONF_MISTAKES_H
#define IPMSG_CONF_MISTAKES_H

#include <stdbool.h>
#include <stddef.h>

#include "conf/conf.h"

#define MISTAKES_MAX 64

struct mistakes {
	const char *path;
	size_t count;
	bool more; /* than fit */
	struct {
		unsigned line;
		char text[400];
	} list[MISTAKES_MAX];
};

/* Line 0: the mistake has none. The same text at the same line is kept once. */
void mistakes_add(struct mistakes *mistakes, unsigned line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void mistakes_report(const struct mistakes *mistakes, conf_report_fn report, void *context);

/*
 * An unknown option or section (`kind`) `name`, with the one of `names` that
 * was probably meant, or else all of them. The last of `names` is NULL.
 */
void mistakes_add_unknown(struct mistakes *mistakes, unsigned line, const char *kind,
    const char *name, const char *const names[]);

/* The name in `names` (the last is NULL) that was probably meant, or NULL. */
const char *suggest(const char *name, const char *const names[]);

#endif
