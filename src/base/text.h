/*
 * Text from strangers: UTF-8 that is known to be valid, and a form of it that
 * can stand in a log line or on a terminal without doing anything there.
 */
#ifndef IPMSG_BASE_TEXT_H
#define IPMSG_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/span.h"

/* RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF. */
bool utf8_valid(struct span text);
bool text_is_ascii(struct span text);

/*
 * Copies with each invalid byte replaced by U+FFFD, cut at a character's
 * boundary to fit `cap` bytes with the final NUL (cap >= 1). Returns the length.
 */
size_t utf8_repair(struct span text, char *out, size_t cap);

/*
 * The text cut to at most `max` bytes, at a character's boundary if it is UTF-8.
 */
struct span utf8_cut(struct span text, size_t max);

/*
 * Copies with backslash, control characters (C0, DEL, C1), line separators and
 * bidirectional overrides written as \n, \t, \xNN or \u{NNNN}, invalid bytes as
 * \xNN; cut to fit `cap` bytes with the final NUL (cap >= 1). Returns `out`.
 */
const char *text_escape(struct span text, char *out, size_t cap);

#endif
