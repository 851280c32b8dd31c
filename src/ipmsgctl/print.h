/* Parts of what several commands print; each escapes what it prints. */
#ifndef IPMSG_IPMSGCTL_PRINT_H
#define IPMSG_IPMSGCTL_PRINT_H

#include <jansson.h>
#include <stdio.h>

#include "base/span.h"

/* A text of any length. */
void print_text(FILE *stream, struct span text);

/* One counter a line, under a headline; nothing if there are none. */
void print_counters(FILE *stream, json_t *counters);

/* "HOST:PORT (ADDRESS): registered for 4m05s, sees this peer at ADDRESS", without a newline. */
void print_supernode(FILE *stream, const json_t *supernode);

#endif
