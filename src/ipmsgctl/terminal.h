/* What the terminal can show, where there is one. */
#ifndef IPMSG_IPMSGCTL_TERMINAL_H
#define IPMSG_IPMSGCTL_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Columns of a line; 0 when it is no terminal: then nothing has to fit. */
size_t terminal_width(FILE *stream);

/* Whether colours are wanted: on a terminal, unless NO_COLOR is set to something. */
bool terminal_has_colours(FILE *stream);

#endif
