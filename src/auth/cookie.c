/* SipHash-2-4 with 128 bits of output over what a cookie stands for. */
#include "auth/cookie.h"

#include <sodium.h>
#include <string.h>

_Static_assert(COOKIE_KEY_BYTES == crypto_shorthash_siphashx24_KEYBYTES, "key size");
_Static_assert(COOKIE_VALUE_BYTES == crypto_shorthash_siphashx24_BYTES, "cookie size");
_Static_assert(COOKIE_VALUE_BYTES == crypto_verify_16_BYTES, "what is compared");

/* The first byte of what is hashed keeps the uses of one key apart. */
enum use { USE_COOKIE = 'c', USE_NUMBER = 'n', USE_SESSION = 's' };

#define ENDPOINT_BYTES 19

static void put_endpoint(uint8_t out[ENDPOINT_BYTES], const struct endpoint *ep)
{
	out[0] = ep->family;
	out[1] = (uint8_t)(ep->port >> 8);
	out[2] = (uint8_t)ep->port;
	memcpy(out + 3, ep->address, 16);
}

static void hash_epoch(const struct cookie_key *key, enum use use, const struct endpoint *ep,
    int64_t epoch, uint8_t out[COOKIE_VALUE_BYTES])
{
	uint8_t bytes[1 + ENDPOINT_BYTES + 4];

	bytes[0] = (uint8_t)use;
	put_endpoint(bytes + 1, ep);
	for (int i = 0; i < 4; i++)
		bytes[1 + ENDPOINT_BYTES + i] = (uint8_t)(epoch >> (24 - 8 * i));
	crypto_shorthash_siphashx24(out, bytes, sizeof bytes, key->bytes);
}

uint32_t cookie_epoch(int64_t wall)
{
	return (uint32_t)(wall / COOKIE_EPOCH_SECONDS);
}

void cookie_make_for(const struct cookie_key *key, const struct endpoint *ep, uint32_t epoch,
    uint8_t cookie[COOKIE_VALUE_BYTES])
{
	hash_epoch(key, USE_COOKIE, ep, epoch, cookie);
}

void cookie_make(const struct cookie_key *key, const struct endpoint *ep, int64_t wall,
    uint8_t cookie[COOKIE_VALUE_BYTES])
{
	cookie_make_for(key, ep, cookie_epoch(wall), cookie);
}

bool cookie_renew(const struct cookie_key *key, const struct endpoint *ep, int64_t wall,
    const uint8_t cookie[COOKIE_VALUE_BYTES], uint8_t fresh[COOKIE_VALUE_BYTES])
{
	uint8_t former[COOKIE_VALUE_BYTES];

	cookie_make(key, ep, wall, fresh);
	if (crypto_verify_16(fresh, cookie) == 0)
		return true;
	cookie_make_for(key, ep, cookie_epoch(wall) - 1, former);
	return crypto_verify_16(former, cookie) == 0;
}

bool cookie_valid(const struct cookie_key *key, const struct endpoint *ep, int64_t wall,
    const uint8_t cookie[COOKIE_VALUE_BYTES])
{
	uint8_t fresh[COOKIE_VALUE_BYTES];

	return cookie_renew(key, ep, wall, cookie, fresh);
}

static uint32_t number_of(const struct cookie_key *key, const struct endpoint *ep, uint32_t epoch)
{
	uint8_t hash[COOKIE_VALUE_BYTES];
	uint32_t number;

	hash_epoch(key, USE_NUMBER, ep, epoch, hash);
	memcpy(&number, hash, sizeof number);
	number &= 0x7fffffff;
	return number != 0 ? number : 1;
}

uint32_t cookie_number(const struct cookie_key *key, const struct endpoint *ep, int64_t wall)
{
	return number_of(key, ep, cookie_epoch(wall));
}

bool cookie_number_valid(const struct cookie_key *key, const struct endpoint *ep, int64_t wall,
    uint32_t number)
{
	uint32_t epoch = cookie_epoch(wall);

	return number == number_of(key, ep, epoch) || number == number_of(key, ep, epoch - 1);
}

void cookie_session(const struct cookie_key *key, const struct endpoint *asker,
    const struct endpoint *target, const uint8_t transaction[8],
    uint8_t session[SESSION_VALUE_BYTES])
{
	uint8_t bytes[1 + 2 * ENDPOINT_BYTES + 8];
	uint8_t hash[COOKIE_VALUE_BYTES];

	bytes[0] = USE_SESSION;
	put_endpoint(bytes + 1, asker);
	put_endpoint(bytes + 1 + ENDPOINT_BYTES, target);
	memcpy(bytes + 1 + 2 * ENDPOINT_BYTES, transaction, 8);
	crypto_shorthash_siphashx24(hash, bytes, sizeof bytes, key->bytes);
	memcpy(session, hash, SESSION_VALUE_BYTES);
}
