/*
 * What the commands say, as text for people or as one JSON document. A command
 * hands over what the daemon answered; only the text form needs to know more:
 * a function for an object, columns for a list.
 */
#ifndef IPMSG_IPMSGCTL_OUTPUT_H
#define IPMSG_IPMSGCTL_OUTPUT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "ipmsgctl/field.h"

struct column {
	const char *title; /* NULL ends the columns */
	/* Writes the cell for an item, escaped. */
	void (*cell)(const json_t *item, char out[FIELD_MAX]);
	bool cut;	/* to what fits the terminal's line, if that is too short */
	unsigned spare; /* above 0: left out where that is not enough; the highest first */
};

#define COLUMNS_MAX 12

/* Below, at or above 0: whether `a` stands before `b`. */
typedef int (*output_compare_fn)(const json_t *a, const json_t *b);

typedef void (*output_text_fn)(FILE *stream, const json_t *object);

struct output {
	bool json;
	FILE *stream;
	/* The list under way. */
	const char *list;
	const struct column *columns;
	output_compare_fn compare; /* NULL: as they come */
	output_text_fn block;	   /* in place of columns */
	size_t items;
	size_t widths[COLUMNS_MAX];
	bool hidden[COLUMNS_MAX]; /* since the line is too short */
	size_t line; /* columns of a terminal's line, 0: no terminal */
	size_t at;   /* columns of the row under way */
	bool cuts;   /* rows are cut to fit it */
	json_t *waiting; /* items whose widths the table is made from */
};

/* As JSON the object itself, else whatever `text` prints of it. */
void output_object(struct output *out, const json_t *object, output_text_fn text);

/* As JSON writes the object on a line of its own and returns true; for text does nothing. */
bool output_json_line(struct output *out, const json_t *object);

/* The same for what is lines of JSON in any case. */
void output_line(struct output *out, const json_t *object);

/* Shows a stream's reader what there is; false when nobody can read it any more. */
bool output_flush(struct output *out);

/*
 * A list: JSON {"NAME":[…]}, written item by item, or a table. The columns are as wide as the
 * first OUTPUT_SAMPLE items need, so that a list of any length takes no memory. On a terminal
 * those that may be cut or left out are, so that a row takes one line, unless it cannot even so.
 * With `compare` (NULL: as they come) all are kept to the end and sorted, but not for JSON.
 * `none` is said in place of an empty table.
 */
#define OUTPUT_SAMPLE 1000
void output_list_begin(struct output *out, const char *name, const struct column *columns,
    output_compare_fn compare);

/* The same without a table: `block` prints each item as it comes. */
void output_blocks_begin(struct output *out, const char *name, output_text_fn block);

void output_list_item(struct output *out, json_t *item);
void output_list_end(struct output *out, const char *none);

/* The same; JSON has another member beside the list. */
void output_list_end_with(struct output *out, const char *name, const json_t *value,
    const char *none);

/*
 * A failure: the sentence on standard error (escaped, with the program's name)
 * and, as JSON, {"error":…,"parameters":…}; an unfinished list is closed with
 * these two in it. Takes `parameters` over (NULL: none).
 */
void output_failure(struct output *out, const char *error, json_t *parameters,
    const char *format, ...) __attribute__((format(printf, 4, 5)));

/* One line on standard error, escaped, with the program's name. */
void output_complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
