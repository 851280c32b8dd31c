/*
 * base64url (RFC 4648 §5) without padding. libsodium's takes the same time for
 * any input, which secrets need; what passes here stands in a datagram for
 * everybody to read, several times in each, and may take the shortest.
 */
#ifndef IPMSG_BASE_BASE64URL_H
#define IPMSG_BASE_BASE64URL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"

/* Characters for so many bytes. */
#define BASE64URL_LENGTH(bytes) (((bytes) * 4 + 2) / 3)

/* Writes BASE64URL_LENGTH(len) characters, and no NUL. */
void base64url_encode(const void *bytes, size_t len, char *text);

/*
 * Takes the one spelling that encoding gives, so no padding and no bits behind
 * the last byte. False for any other, or when it is more than `cap` bytes.
 */
bool base64url_decode(struct span text, void *bytes, size_t cap, size_t *len);

/*
 * A public key of Ed25519, as people write it: 43 characters. False unless it is
 * a point that keys may be (none of small order).
 */
#define PUBLIC_KEY_BYTES 32
bool base64url_decode_key(struct span text, uint8_t key[PUBLIC_KEY_BYTES]);

#endif
