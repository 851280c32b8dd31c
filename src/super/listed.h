/*
 * The names that an administrator has given to keys: a text of lines
 * "nick@group KEY". Several lines for one name give it to several keys; lines
 * that begin with '#' are comments.
 */
#ifndef IPMSG_SUPER_LISTED_H
#define IPMSG_SUPER_LISTED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"
#include "wire/fields.h"

struct listed_line {
	struct span name; /* inside the table's copy of the text */
	uint8_t identity[IDENTITY_BYTES];
};

struct listed {
	char *text;
	struct listed_line *lines;		/* in order of their names */
	const struct listed_line **by_identity; /* the same, in order of their keys */
	size_t count;
};

#define LISTED_WHY_MAX 200

/*
 * Reads the text into a table that was zero, or has been freed. False, with
 * nothing read, and which line is wrong and what would be right in `why`.
 */
bool listed_read(struct listed *listed, struct span text, char why[LISTED_WHY_MAX]);
void listed_free(struct listed *listed);

/* The lines of that name: `*count` of them, NULL and 0 if it is not listed. */
const struct listed_line *listed_of(const struct listed *listed, struct span name, size_t *count);

/* Whether any name is given to that key. */
bool listed_has(const struct listed *listed, const uint8_t identity[IDENTITY_BYTES]);

#endif
