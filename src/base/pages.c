/* mmap for what fills large pages, the heap for the rest. */
#include "base/pages.h"

#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

#define LARGE ((size_t)2 << 20) /* of x86-64 and most others; elsewhere it does no harm */

/* The kernel gives large pages only where they are aligned. */
static void *trim(unsigned char *all, size_t bytes)
{
	size_t before = (LARGE - (uintptr_t)all % LARGE) % LARGE;

	if (before > 0)
		munmap(all, before);
	if (before < LARGE)
		munmap(all + before + bytes, LARGE - before);
	madvise(all + before, bytes, MADV_HUGEPAGE);
	return all + before;
}

static size_t rounded(size_t bytes)
{
	return (bytes + LARGE - 1) / LARGE * LARGE;
}

void *pages_take(size_t bytes)
{
	if (bytes < LARGE)
		return calloc(1, bytes);
	void *all = mmap(NULL, rounded(bytes) + LARGE, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return all == MAP_FAILED ? NULL : trim(all, rounded(bytes));
}

void pages_give(void *pages, size_t bytes)
{
	if (bytes < LARGE || pages == NULL)
		free(pages);
	else
		munmap(pages, rounded(bytes));
}
