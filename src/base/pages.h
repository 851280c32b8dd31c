/*
 * Memory for tables that may get large: it is taken from the system only as it
 * is touched, and where there is much of it in large pages, since a table that
 * is looked up at random misses the processor's few entries for small ones.
 */
#ifndef IPMSG_BASE_PAGES_H
#define IPMSG_BASE_PAGES_H

#include <stddef.h>

/* Zeros; NULL when memory is short. */
void *pages_take(size_t bytes);
void pages_give(void *pages, size_t bytes);

#endif
