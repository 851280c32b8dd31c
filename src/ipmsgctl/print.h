/* Parts of what several commands print; each escapes what it prints. */
#ifndef IPMSG_IPMSGCTL_PRINT_H
#define IPMSG_IPMSGCTL_PRINT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "base/span.h"

/* A text of any length. */
void print_text(FILE *stream, struct span text);

/*
 * The same line by line, each indented, and folded on a terminal: so none can look like what this
 * program says itself.
 */
void print_lines(FILE *stream, const char *text);

/* A received message that nobody has opened yet: its text is not here. */
bool print_is_closed(const json_t *message);

/* "from alice@sales, automatic answer", "to everybody"; and what opens it if it is closed. */
void print_correspondent(FILE *stream, const json_t *message);
void print_closed(FILE *stream, const json_t *message);

/* "file report.pdf (1.2 MB)" */
void print_offer(FILE *stream, const json_t *offer);

/* A message with its number, time and state, its text indented below, and what was offered. */
void print_message(FILE *stream, const json_t *message);

/* A headline, and below it one number a line with its name. */
void print_numbers(FILE *stream, const char *headline, json_t *numbers);

/* One counter a line, under a headline; nothing if there are none. */
void print_counters(FILE *stream, json_t *counters);

/* "HOST:PORT (ADDRESS): registered for 4m05s, sees this peer at ADDRESS", without a newline. */
void print_supernode(FILE *stream, const json_t *supernode);

#endif
