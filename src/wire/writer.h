/*
 * Writing packets: a bounded writer whose error sticks, so that a packet is
 * put together without checks in between and asked once at its end.
 */
#ifndef IPMSG_WIRE_WRITER_H
#define IPMSG_WIRE_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"

struct writer {
	unsigned char *data;
	size_t len;
	size_t cap;
	bool full; /* something did not fit; nothing is written after that */
};

struct writer writer_on(void *data, size_t cap);
void writer_byte(struct writer *w, unsigned char byte);
void writer_span(struct writer *w, struct span bytes);
void writer_text(struct writer *w, const char *text);
void writer_decimal(struct writer *w, uint64_t value);
void writer_base64url(struct writer *w, const void *bytes, size_t len);

/*
 * A name for a header field or the key block: ':' becomes ';', control
 * characters (NUL, LF, \a, \b and the like) '_', an empty name '_'; cut at a
 * character's boundary to NAME_BYTES_MAX. Legacy bytes within that length pass as well.
 */
void writer_name(struct writer *w, struct span name);

#endif
