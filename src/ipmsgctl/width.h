/* How many columns a text takes on a terminal; East Asian characters take two. */
#ifndef IPMSG_IPMSGCTL_WIDTH_H
#define IPMSG_IPMSGCTL_WIDTH_H

#include <stddef.h>

/* Once at the start: takes the user's locale, or another with UTF-8 where it has none. */
void width_setup(void);

/* Of valid UTF-8. Without any UTF-8 locale it counts characters. */
size_t width_of(const char *text);

#endif
