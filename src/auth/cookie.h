/*
 * Cookies: proof, without state, that somebody receives at the address and
 * port it sends from. A keyed hash over endpoint and epoch; this epoch's and
 * the last one's are accepted, so a cookie is good for 300 to 600 s.
 */
#ifndef IPMSG_AUTH_COOKIE_H
#define IPMSG_AUTH_COOKIE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/endpoint.h"

#define COOKIE_KEY_BYTES 16
#define COOKIE_VALUE_BYTES 16
#define COOKIE_EPOCH_SECONDS 300
#define SESSION_VALUE_BYTES 8

struct cookie_key {
	uint8_t bytes[COOKIE_KEY_BYTES];
};

/* `wall` is s since 1970, so that supernodes that share a key agree. */
void cookie_make(const struct cookie_key *key, const struct endpoint *ep, int64_t wall,
    uint8_t cookie[COOKIE_VALUE_BYTES]);

/* The epoch of a time; cookie_make() gives the same cookie for each time in it. */
uint32_t cookie_epoch(int64_t wall);
void cookie_make_for(const struct cookie_key *key, const struct endpoint *ep, uint32_t epoch,
    uint8_t cookie[COOKIE_VALUE_BYTES]);

/* In constant time. */
bool cookie_valid(const struct cookie_key *key, const struct endpoint *ep, int64_t wall,
    const uint8_t cookie[COOKIE_VALUE_BYTES]);

/* The same; `fresh` becomes, in any case, what cookie_make() would make. */
bool cookie_renew(const struct cookie_key *key, const struct endpoint *ep, int64_t wall,
    const uint8_t cookie[COOKIE_VALUE_BYTES], uint8_t fresh[COOKIE_VALUE_BYTES]);

/*
 * For peers that know no cookies: 31 bits of it, never 0, as the packet number
 * of a READMSG that they send back in ANSREADMSG.
 */
uint32_t cookie_number(const struct cookie_key *key, const struct endpoint *ep, int64_t wall);
bool cookie_number_valid(const struct cookie_key *key, const struct endpoint *ep, int64_t wall,
    uint32_t number);

/* The session of one introduction: the same for each repeat of one ask, by its transaction. */
void cookie_session(const struct cookie_key *key, const struct endpoint *asker,
    const struct endpoint *target, const uint8_t transaction[8],
    uint8_t session[SESSION_VALUE_BYTES]);

#endif
