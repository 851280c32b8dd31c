/* How many columns a text takes on a terminal; East Asian characters and emoji take two. */
#ifndef IPMSG_IPMSGCTL_WIDTH_H
#define IPMSG_IPMSGCTL_WIDTH_H

#include <stddef.h>

/* Once at the start: takes the user's locale, or another with UTF-8 where it has none. */
void width_setup(void);

/*
 * Of valid UTF-8. Without any UTF-8 locale it counts characters. A joined emoji counts as its
 * parts, as many terminals show it: never too few.
 */
size_t width_of(const char *text);

/* The same of its first bytes, which end with a character. */
size_t width_within(const char *text, size_t bytes);

/* How many bytes of it fit so many columns, with the combining marks of the last character. */
size_t width_cut(const char *text, size_t columns);

#endif
