/*
 * What every fuzz target needs. A target defines LLVMFuzzerTestOneInput();
 * libFuzzer drives it, or replay.c where there is no fuzzer.
 */
#ifndef IPMSG_TESTS_FUZZ_H
#define IPMSG_TESTS_FUZZ_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/span.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A property that must hold whatever the input. */
#define HOLDS(condition)                                                                           \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			fprintf(                                                                   \
			    stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #condition); \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

/*
 * Memory of exactly `size` bytes, so that AddressSanitizer sees one byte over;
 * never NULL. Goes back by fuzz_release() with the same size.
 */
static inline unsigned char *fuzz_room(size_t size)
{
	unsigned char *room = malloc(size > 0 ? size : 1);

	if (room == NULL)
		abort();
	/* malloc() gives one byte when asked for none: point behind it. */
	return size > 0 ? room : room + 1;
}

static inline void fuzz_release(unsigned char *room, size_t size)
{
	free(size > 0 ? room : room - 1);
}

static inline struct span fuzz_copy(const uint8_t *data, size_t size)
{
	unsigned char *room = fuzz_room(size);

	if (size > 0)
		memcpy(room, data, size);
	return span_of(room, size);
}

/* Cuts up to `n` bytes off the front, for targets whose input is a list of steps. */
static inline struct span fuzz_take(struct span *rest, size_t n)
{
	struct span piece;

	if (n > rest->len)
		n = rest->len;
	piece = span_of(rest->data, n);
	*rest = span_of(rest->data + n, rest->len - n);
	return piece;
}

static inline void fuzz_drop(struct span copy)
{
	fuzz_release((unsigned char *)(uintptr_t)copy.data, copy.len);
}

#endif
