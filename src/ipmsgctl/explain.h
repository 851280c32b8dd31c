/* The errors of the daemons as sentences for a person. */
#ifndef IPMSG_IPMSGCTL_EXPLAIN_H
#define IPMSG_IPMSGCTL_EXPLAIN_H

#include <stddef.h>

#include "ctl/message.h"

/* What the error means and what to do about it, as far as it is known; not escaped. */
void explain_error(const struct ctl_answer *answer, const char *program, char *out, size_t cap);

/* "a, b, c" of the strings in an array; as many as fit. Not escaped either. */
void explain_list(const json_t *array, char *out, size_t cap);

#endif
