/* Ed25519, X25519 and BLAKE2b of libsodium, over what a seal stands for. */
#include "auth/seal.h"

#include <sodium.h>
#include <string.h>

#include "base/base64url.h"

_Static_assert(KEYPAIR_SEED_BYTES == crypto_sign_SEEDBYTES, "seed size");
_Static_assert(IDENTITY_BYTES == crypto_sign_PUBLICKEYBYTES, "public key size");
_Static_assert(IDENTITY_BYTES == PUBLIC_KEY_BYTES, "public key size");
_Static_assert(sizeof((struct keypair *)NULL)->secret == crypto_sign_SECRETKEYBYTES,
    "secret key size");
_Static_assert(SIGNATURE_BYTES == crypto_sign_BYTES, "signature size");
_Static_assert(MAC_BYTES == crypto_generichash_BYTES_MIN, "MAC size");
_Static_assert(SHARED_KEY_BYTES >= crypto_generichash_KEYBYTES_MIN, "shared key size");

#define CONTEXT_BYTES 16
static const char signed_context[CONTEXT_BYTES] = "ipmsg-punch/1 SG";
static const char mac_context[CONTEXT_BYTES] = "ipmsg-punch/1 MA";
static const char shared_context[CONTEXT_BYTES] = "ipmsg-punch/1 DH";

void keypair_init(struct keypair *pair, const uint8_t seed[KEYPAIR_SEED_BYTES])
{
	crypto_sign_seed_keypair(pair->identity, pair->secret, seed);
}

void keypair_clear(struct keypair *pair)
{
	sodium_memzero(pair, sizeof *pair);
}

const char *identity_format(const uint8_t identity[IDENTITY_BYTES], char text[IDENTITY_TEXT_MAX])
{
	base64url_encode(identity, IDENTITY_BYTES, text);
	text[BASE64URL_LENGTH(IDENTITY_BYTES)] = '\0';
	return text;
}

bool identity_parse(uint8_t identity[IDENTITY_BYTES], struct span text)
{
	return base64url_decode_key(text, identity);
}

bool seal_shared_key(const struct keypair *pair, const uint8_t other[IDENTITY_BYTES],
    uint8_t shared[SHARED_KEY_BYTES])
{
	bool swap = memcmp(pair->identity, other, IDENTITY_BYTES) > 0;
	uint8_t scalar[crypto_scalarmult_curve25519_SCALARBYTES];
	uint8_t point[crypto_scalarmult_curve25519_BYTES];
	uint8_t secret[crypto_scalarmult_curve25519_BYTES];
	crypto_generichash_state state;
	bool good;

	good = crypto_sign_ed25519_pk_to_curve25519(point, other) == 0 &&
	    crypto_sign_ed25519_sk_to_curve25519(scalar, pair->secret) == 0 &&
	    crypto_scalarmult_curve25519(secret, scalar, point) == 0;
	if (good) {
		crypto_generichash_init(&state, NULL, 0, SHARED_KEY_BYTES);
		crypto_generichash_update(&state, (const uint8_t *)shared_context, CONTEXT_BYTES);
		crypto_generichash_update(&state, secret, sizeof secret);
		crypto_generichash_update(&state, swap ? other : pair->identity, IDENTITY_BYTES);
		crypto_generichash_update(&state, swap ? pair->identity : other, IDENTITY_BYTES);
		crypto_generichash_final(&state, shared, SHARED_KEY_BYTES);
	}
	sodium_memzero(scalar, sizeof scalar);
	sodium_memzero(secret, sizeof secret);
	return good;
}

/* Ed25519 has to read what it signs twice, so it has to lie in one piece. */
#define COVERED_MAX 1500
struct covered {
	uint8_t bytes[CONTEXT_BYTES + IDENTITY_BYTES + COVERED_MAX];
	size_t len;
};

static bool cover(struct covered *covered, const uint8_t reader[IDENTITY_BYTES],
    struct span packet)
{
	if (packet.len > COVERED_MAX)
		return false;
	memcpy(covered->bytes, signed_context, CONTEXT_BYTES);
	memcpy(covered->bytes + CONTEXT_BYTES, reader, IDENTITY_BYTES);
	memcpy(covered->bytes + CONTEXT_BYTES + IDENTITY_BYTES, packet.data, packet.len);
	covered->len = CONTEXT_BYTES + IDENTITY_BYTES + packet.len;
	return true;
}

static void compute_mac(uint8_t mac[MAC_BYTES], const uint8_t shared[SHARED_KEY_BYTES],
    const uint8_t reader[IDENTITY_BYTES], struct span packet)
{
	crypto_generichash_state state;

	crypto_generichash_init(&state, shared, SHARED_KEY_BYTES, MAC_BYTES);
	crypto_generichash_update(&state, (const uint8_t *)mac_context, CONTEXT_BYTES);
	crypto_generichash_update(&state, reader, IDENTITY_BYTES);
	crypto_generichash_update(&state, packet.data, packet.len);
	crypto_generichash_final(&state, mac, MAC_BYTES);
}

static void end_with(struct writer *w, enum block_key key, const void *bytes, size_t len)
{
	block_write(w, key, span_of("", 0));
	writer_base64url(w, bytes, len);
}

void seal_sign(struct writer *w, const struct keypair *pair, const uint8_t reader[IDENTITY_BYTES])
{
	uint8_t signature[SIGNATURE_BYTES];
	struct covered covered;

	if (w->full || !cover(&covered, reader, span_of(w->data, w->len))) {
		w->full = true;
		return;
	}
	crypto_sign_detached(signature, NULL, covered.bytes, covered.len, pair->secret);
	end_with(w, KEY_SG, signature, sizeof signature);
}

void seal_mac(struct writer *w, const uint8_t shared[SHARED_KEY_BYTES],
    const uint8_t reader[IDENTITY_BYTES])
{
	uint8_t mac[MAC_BYTES];

	compute_mac(mac, shared, reader, span_of(w->data, w->len));
	end_with(w, KEY_MA, mac, sizeof mac);
}

bool seal_signature_valid(struct span packet, const struct fields *fields,
    const uint8_t writer[IDENTITY_BYTES], const uint8_t reader[IDENTITY_BYTES])
{
	struct covered covered;

	return fields_has(fields, KEY_SG) &&
	    cover(&covered, reader, span_of(packet.data, fields->covered)) &&
	    crypto_sign_verify_detached(fields->signature, covered.bytes, covered.len, writer) == 0;
}

bool seal_mac_valid(struct span packet, const struct fields *fields,
    const uint8_t shared[SHARED_KEY_BYTES], const uint8_t reader[IDENTITY_BYTES])
{
	uint8_t mac[MAC_BYTES];

	if (!fields_has(fields, KEY_MA))
		return false;
	compute_mac(mac, shared, reader, span_of(packet.data, fields->covered));
	return crypto_verify_16(mac, fields->mac) == 0;
}
