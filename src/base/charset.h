/*
 * The legacy code page of IP Messenger text (CP932 unless configured
 * otherwise), to and from UTF-8.
 */
#ifndef IPMSG_BASE_CHARSET_H
#define IPMSG_BASE_CHARSET_H

#include <stdbool.h>
#include <stddef.h>

#include "base/span.h"

struct charset;

/* NULL with errno when iconv does not know the name (EINVAL) or memory is short. */
struct charset *charset_open(const char *name);
void charset_close(struct charset *charset);

/*
 * Both cut at a character's boundary to fit `cap` bytes with the final NUL
 * (cap >= 1), and return the length. What cannot be decoded becomes U+FFFD a
 * byte, what cannot be encoded '?' a character.
 */
size_t charset_decode(struct charset *charset, struct span legacy, char *utf8, size_t cap);
size_t charset_encode(struct charset *charset, struct span utf8, char *legacy, size_t cap);

/*
 * Text of a packet, as valid UTF-8: repaired if it is said to be UTF-8
 * (`said_utf8`); else taken for UTF-8 when it is valid and not plain ASCII,
 * since some clients send it without saying so; else decoded. Cuts as above.
 */
size_t charset_read(struct charset *charset, struct span text, bool said_utf8, char *utf8,
    size_t cap);

#endif
