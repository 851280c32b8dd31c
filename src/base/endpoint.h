/*
 * An endpoint: IP address and UDP port, the unit in which everything here
 * thinks of other hosts. IPv4-mapped IPv6 addresses become IPv4, so that one
 * host has one endpoint whatever socket it was heard on.
 */
#ifndef IPMSG_BASE_ENDPOINT_H
#define IPMSG_BASE_ENDPOINT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/span.h"

enum family { FAMILY_NONE = 0, FAMILY_IP4 = 4, FAMILY_IP6 = 6 };

struct endpoint {
	uint8_t family;	     /* enum family */
	uint16_t port;	     /* host order */
	uint8_t address[16]; /* network order; IPv4 fills the first four, the rest is 0 */
};

/* "[ffff:…:ffff%…]:65535" and the final NUL */
#define ENDPOINT_TEXT_MAX 56

/* Bytes of the packed form (address, then port, network order): 6 or 18. */
#define ENDPOINT_PACKED_MAX 18

/* False for a family that is neither IPv4 nor IPv6 or a length too small for it. */
bool endpoint_from_sockaddr(struct endpoint *ep, const struct sockaddr *sa, socklen_t len);
socklen_t endpoint_to_sockaddr(const struct endpoint *ep, struct sockaddr_storage *ss);

/*
 * Reads "ADDRESS", "ADDRESS:PORT", "[ADDRESS6]", "[ADDRESS6]:PORT" or a bare
 * IPv6 address; numeric only. Without a port it takes `port`. On failure
 * returns what is wrong with it, as a phrase for an error message, else NULL.
 */
const char *endpoint_parse(struct endpoint *ep, const char *text, uint16_t port);

/* The address alone, dotted or RFC 5952, from bytes that need no NUL at their end. */
bool endpoint_parse_address(struct endpoint *ep, struct span text);

/* Both write a NUL-terminated text and return `buf`; the second leaves out the port. */
const char *endpoint_format(const struct endpoint *ep, char buf[ENDPOINT_TEXT_MAX]);
const char *endpoint_format_address(const struct endpoint *ep, char buf[ENDPOINT_TEXT_MAX]);

/*
 * "HOST:PORT" of a host by name or numeric address, an IPv6 one in brackets; a port of 0 is left
 * out. Of a name no more than 255 bytes are written. Returns `buf`.
 */
#define HOST_TEXT_MAX 272
const char *endpoint_format_host(const char *host, uint16_t port, char buf[HOST_TEXT_MAX]);

/* Packed form, as in the fields OA and LC. Pack returns the length, unpack false if it is off. */
size_t endpoint_pack(const struct endpoint *ep, uint8_t buf[ENDPOINT_PACKED_MAX]);
bool endpoint_unpack(struct endpoint *ep, struct span packed);

bool endpoint_equal(const struct endpoint *a, const struct endpoint *b);
bool endpoint_same_address(const struct endpoint *a, const struct endpoint *b);

/* The address cut to its first bits, so many for each family; the port is 0. */
struct endpoint endpoint_prefix(const struct endpoint *ep, unsigned bits4, unsigned bits6);

/* Whether an address is in the network of that many bits around another. */
bool endpoint_within(const struct endpoint *network, unsigned bits, const struct endpoint *ep);

/* SipHash-2-4 of family, address and port under a 16-byte key. */
uint64_t endpoint_hash(const struct endpoint *ep, const uint8_t key[16]);

/*
 * Where an address can lead. UNUSABLE: unspecified, multicast, broadcast,
 * 0/8, 240/4, port 0. LINK: 169.254/16, fe80::/10. PRIVATE: RFC 1918,
 * 100.64/10 (RFC 6598), ULA (RFC 4193).
 */
enum scope { SCOPE_UNUSABLE, SCOPE_LOOPBACK, SCOPE_LINK, SCOPE_PRIVATE, SCOPE_GLOBAL };
enum scope endpoint_scope(const struct endpoint *ep);

#endif
