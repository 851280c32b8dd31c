/*
 * A first look at the text of the configuration, for what libconfuse lets
 * pass, miscounts or cannot give a line for. It blanks comments (which
 * libconfuse refuses inside a list, and whose lines it counts wrongly) and
 * whole unknown sections, masks ${…} (which libconfuse would expand), and
 * finds braces, quotes and comments without end, and sections given twice.
 */
#ifndef IPMSG_CONF_SCAN_H
#define IPMSG_CONF_SCAN_H

#include <stdbool.h>
#include <stddef.h>

#include "conf/mistakes.h"

/* Stands where ${…} stood: whoever meets it in a value knows that it is reported. */
#define SCAN_MASK '\x01'

/*
 * Changes `text` (NUL-terminated, `len` bytes) in place; lines keep their
 * numbers. False when the structure is broken, so that reading on would only
 * bring up mistakes that are none.
 */
bool scan_text(char *text, size_t len, struct mistakes *mistakes);

#endif
