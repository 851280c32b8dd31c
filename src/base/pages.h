/*
 * Memory for tables that may get large: taken from the system piece by piece as it is touched, and
 * never cleared all at once. In small pages: to clear a large one, or to make room for it first,
 * takes the kernel milliseconds, for which everybody waits. Look-ups at random are hardly faster
 * with them.
 */
#ifndef IPMSG_BASE_PAGES_H
#define IPMSG_BASE_PAGES_H

#include <stddef.h>

/* Zeros; NULL when memory is short. */
void *pages_take(size_t bytes);
void pages_give(void *pages, size_t bytes);

#endif
