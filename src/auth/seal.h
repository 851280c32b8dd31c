/*
 * Packets that show who wrote them: a last line SG, an Ed25519 signature, or
 * MA, a keyed BLAKE2b under what the two of them alone can compute. Either
 * stands for a context, the key of whom it is meant for, and all bytes of the
 * packet before that line: so nobody can change it, turn it around, or hand it
 * on to somebody else as meant for him.
 */
#ifndef IPMSG_AUTH_SEAL_H
#define IPMSG_AUTH_SEAL_H

#include <stdbool.h>
#include <stdint.h>

#include "wire/fields.h"
#include "wire/writer.h"

#define KEYPAIR_SEED_BYTES 32
#define SHARED_KEY_BYTES 16

struct keypair {
	uint8_t identity[IDENTITY_BYTES]; /* the public half */
	uint8_t secret[64];
};

/* The same seed gives the same keys. */
void keypair_init(struct keypair *pair, const uint8_t seed[KEYPAIR_SEED_BYTES]);
void keypair_clear(struct keypair *pair);

/*
 * A key as people write it: base64url, 43 characters. Reading checks that it is
 * a point that keys may be (none of small order); false otherwise.
 */
#define IDENTITY_TEXT_MAX 44
const char *identity_format(const uint8_t identity[IDENTITY_BYTES], char text[IDENTITY_TEXT_MAX]);
bool identity_parse(uint8_t identity[IDENTITY_BYTES], struct span text);

/*
 * What `pair` and the owner of `other` have in common: X25519 of the two, hashed
 * with both public halves. Some 40 µs. False when `other` is no such key.
 */
bool seal_shared_key(const struct keypair *pair, const uint8_t other[IDENTITY_BYTES],
    uint8_t shared[SHARED_KEY_BYTES]);

/* Ends a packet with SG (90 bytes), or MA (26 bytes). `reader`: the key of whom it is meant for. */
void seal_sign(struct writer *w, const struct keypair *pair, const uint8_t reader[IDENTITY_BYTES]);
void seal_mac(struct writer *w, const uint8_t shared[SHARED_KEY_BYTES],
    const uint8_t reader[IDENTITY_BYTES]);

/*
 * Whether a packet that was read with SG, or MA, is of the owner of `writer`, or
 * of whom that shared key is with. `reader` is the key of the one that reads. The
 * first takes some 60 µs, the second 1 µs.
 */
bool seal_signature_valid(struct span packet, const struct fields *fields,
    const uint8_t writer[IDENTITY_BYTES], const uint8_t reader[IDENTITY_BYTES]);
bool seal_mac_valid(struct span packet, const struct fields *fields,
    const uint8_t shared[SHARED_KEY_BYTES], const uint8_t reader[IDENTITY_BYTES]);

#endif
