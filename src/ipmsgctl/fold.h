/*
 * Lines with what strangers wrote in them, folded where the terminal's line ends: a terminal that
 * breaks them itself goes on in its first column, where only this program's own words stand.
 */
#ifndef IPMSG_IPMSGCTL_FOLD_H
#define IPMSG_IPMSGCTL_FOLD_H

#include <stddef.h>
#include <stdio.h>

#include "ipmsgctl/output.h"

/*
 * Prints a line that is escaped already, without a newline behind it, when `at` columns of the
 * terminal's line are taken; what follows where it is folded is indented by `indent`. Where
 * output goes elsewhere nothing is folded.
 */
void fold_text(FILE *stream, const char *line, size_t at, size_t indent);

/* The same with the line that `print` makes of an object. */
void fold_object(FILE *stream, output_text_fn print, const json_t *object, size_t at,
    size_t indent);

#endif
