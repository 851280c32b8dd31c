/*
 * The legacy code page of IP Messenger text (CP932 unless configured
 * otherwise), to and from UTF-8.
 */
#ifndef IPMSG_BASE_CHARSET_H
#define IPMSG_BASE_CHARSET_H

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

#endif
