/* mmap for what is large, the heap for the rest. */
#include "base/pages.h"

#include <stdlib.h>
#include <sys/mman.h>

#define LARGE ((size_t)128 << 10)

void *pages_take(size_t bytes)
{
	if (bytes < LARGE)
		return calloc(1, bytes);
	void *pages = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (pages == MAP_FAILED)
		return NULL;
	/* it is as good without */
	madvise(pages, bytes, MADV_NOHUGEPAGE);
	return pages;
}

void pages_give(void *pages, size_t bytes)
{
	if (bytes < LARGE || pages == NULL)
		free(pages);
	else
		munmap(pages, bytes);
}
