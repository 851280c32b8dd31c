/*
 * The two things every parser here does to bytes: cut them at a mark and read
 * a decimal number. Private to wire.
 */
#ifndef IPMSG_WIRE_SCAN_H
#define IPMSG_WIRE_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"

/*
 * Cuts `rest` at the first `mark`: what precedes it is the piece, what follows
 * remains. False when there is no mark: all of it is the piece, nothing remains.
 */
bool scan_cut(struct span *rest, unsigned char mark, struct span *piece);

/* Takes decimal digits off the front; the value saturates. Returns how many there were. */
size_t scan_decimal(struct span *rest, uint32_t *value);

/* The whole text as a number: 1 to `digits` digits, nothing else, no more than UINT32_MAX. */
bool scan_number(struct span text, size_t digits, uint32_t *value);

/* Takes the first `count` bytes off. */
void scan_skip(struct span *rest, size_t count);

#endif
