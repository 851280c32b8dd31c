/* Endpoints: conversions, text, comparison and scope. */
#include "base/endpoint.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sodium.h>
#include <stdio.h>

static void set_ip6(struct endpoint *ep, const struct in6_addr *in6)
{
	if (IN6_IS_ADDR_V4MAPPED(in6)) {
		ep->family = FAMILY_IP4;
		memcpy(ep->address, in6->s6_addr + 12, 4);
	} else {
		ep->family = FAMILY_IP6;
		memcpy(ep->address, in6->s6_addr, 16);
	}
}

bool endpoint_from_sockaddr(struct endpoint *ep, const struct sockaddr *sa, socklen_t len)
{
	*ep = (struct endpoint){0};
	if (len >= sizeof(struct sockaddr_in) && sa->sa_family == AF_INET) {
		struct sockaddr_in sin;

		memcpy(&sin, sa, sizeof sin);
		ep->family = FAMILY_IP4;
		ep->port = ntohs(sin.sin_port);
		memcpy(ep->address, &sin.sin_addr, 4);
		return true;
	}
	if (len >= sizeof(struct sockaddr_in6) && sa->sa_family == AF_INET6) {
		struct sockaddr_in6 sin6;

		memcpy(&sin6, sa, sizeof sin6);
		ep->port = ntohs(sin6.sin6_port);
		set_ip6(ep, &sin6.sin6_addr);
		return true;
	}
	return false;
}

socklen_t endpoint_to_sockaddr(const struct endpoint *ep, struct sockaddr_storage *ss)
{
	if (ep->family == FAMILY_IP4) {
		struct sockaddr_in sin = {.sin_family = AF_INET, .sin_port = htons(ep->port)};

		memcpy(&sin.sin_addr, ep->address, 4);
		memcpy(ss, &sin, sizeof sin);
		return sizeof sin;
	}
	struct sockaddr_in6 sin6 = {.sin6_family = AF_INET6, .sin6_port = htons(ep->port)};

	memcpy(&sin6.sin6_addr, ep->address, 16);
	memcpy(ss, &sin6, sizeof sin6);
	return sizeof sin6;
}

bool endpoint_parse_address(struct endpoint *ep, struct span text)
{
	char buf[INET6_ADDRSTRLEN];
	struct in_addr in;
	struct in6_addr in6;

	*ep = (struct endpoint){0};
	if (text.len >= sizeof buf || memchr(text.data, 0, text.len) != NULL)
		return false;
	memcpy(buf, text.data, text.len);
	buf[text.len] = '\0';
	if (inet_pton(AF_INET, buf, &in) == 1) {
		ep->family = FAMILY_IP4;
		memcpy(ep->address, &in, 4);
		return true;
	}
	if (inet_pton(AF_INET6, buf, &in6) == 1) {
		set_ip6(ep, &in6);
		return true;
	}
	return false;
}

static bool parse_port(const char *text, uint16_t *port)
{
	unsigned long value = 0;

	if (*text == '\0' || strlen(text) > 5)
		return false;
	for (; *text != '\0'; text++) {
		if (*text < '0' || *text > '9')
			return false;
		value = value * 10 + (unsigned long)(*text - '0');
	}
	*port = (uint16_t)value;
	return value >= 1 && value <= 65535;
}

const char *endpoint_parse(struct endpoint *ep, const char *text, uint16_t port)
{
	const char *colon = strchr(text, ':');
	const char *rest = NULL;
	struct span address = span_text(text);

	if (text[0] == '[') {
		const char *end = strchr(text, ']');

		if (end == NULL)
			return "']' is missing";
		address = span_of(text + 1, (size_t)(end - text - 1));
		rest = end + 1;
		if (*rest != '\0' && *rest != ':')
			return "only ':PORT' may follow ']'";
	} else if (colon != NULL && strchr(colon + 1, ':') == NULL) {
		address.len = (size_t)(colon - text);
		rest = colon;
	}
	if (rest != NULL && *rest == ':' && !parse_port(rest + 1, &port))
		return "the port must be a number from 1 to 65535";
	if (!endpoint_parse_address(ep, address))
		return "not a numeric IPv4 or IPv6 address";
	if (text[0] == '[' && memchr(address.data, ':', address.len) == NULL)
		return "brackets are for IPv6 addresses";
	ep->port = port;
	return NULL;
}

const char *endpoint_format_address(const struct endpoint *ep, char buf[ENDPOINT_TEXT_MAX])
{
	if (ep->family == FAMILY_NONE)
		return strcpy(buf, "-");
	inet_ntop(ep->family == FAMILY_IP4 ? AF_INET : AF_INET6, ep->address, buf,
	    ENDPOINT_TEXT_MAX);
	return buf;
}

const char *endpoint_format(const struct endpoint *ep, char buf[ENDPOINT_TEXT_MAX])
{
	char address[ENDPOINT_TEXT_MAX];

	if (ep->family == FAMILY_NONE)
		return strcpy(buf, "-");
	endpoint_format_address(ep, address);
	snprintf(buf, ENDPOINT_TEXT_MAX, ep->family == FAMILY_IP4 ? "%.45s:%u" : "[%.45s]:%u", address,
	    ep->port);
	return buf;
}

const char *endpoint_format_host(const char *host, uint16_t port, char buf[HOST_TEXT_MAX])
{
	bool brackets = port != 0 && strchr(host, ':') != NULL;
	int len = snprintf(buf, HOST_TEXT_MAX, "%s%.255s%s", brackets ? "[" : "", host,
	    brackets ? "]" : "");

	if (port != 0)
		snprintf(buf + len, HOST_TEXT_MAX - (size_t)len, ":%u", port);
	return buf;
}

static size_t address_length(const struct endpoint *ep)
{
	return ep->family == FAMILY_IP4 ? 4 : 16;
}

size_t endpoint_pack(const struct endpoint *ep, uint8_t buf[ENDPOINT_PACKED_MAX])
{
	size_t n = address_length(ep);

	memcpy(buf, ep->address, n);
	buf[n] = (uint8_t)(ep->port >> 8);
	buf[n + 1] = (uint8_t)ep->port;
	return n + 2;
}

bool endpoint_unpack(struct endpoint *ep, struct span packed)
{
	*ep = (struct endpoint){0};
	if (packed.len == 6) {
		ep->family = FAMILY_IP4;
		memcpy(ep->address, packed.data, 4);
	} else if (packed.len == 18) {
		struct in6_addr in6;

		memcpy(&in6, packed.data, 16);
		set_ip6(ep, &in6);
	} else {
		return false;
	}
	ep->port = (uint16_t)(packed.data[packed.len - 2] << 8 | packed.data[packed.len - 1]);
	return true;
}

bool endpoint_same_address(const struct endpoint *a, const struct endpoint *b)
{
	return a->family == b->family && memcmp(a->address, b->address, 16) == 0;
}

bool endpoint_equal(const struct endpoint *a, const struct endpoint *b)
{
	return a->port == b->port && endpoint_same_address(a, b);
}

struct endpoint endpoint_prefix(const struct endpoint *ep, unsigned bits4, unsigned bits6)
{
	unsigned bits = ep->family == FAMILY_IP4 ? bits4 : bits6;
	struct endpoint prefix = {.family = ep->family};

	memcpy(prefix.address, ep->address, bits / 8);
	if (bits % 8 != 0)
		prefix.address[bits / 8] = (uint8_t)(ep->address[bits / 8] & 0xff00u >> bits % 8);
	return prefix;
}

bool endpoint_within(const struct endpoint *network, unsigned bits, const struct endpoint *ep)
{
	struct endpoint theirs = endpoint_prefix(network, bits, bits);
	struct endpoint own = endpoint_prefix(ep, bits, bits);

	return endpoint_same_address(&theirs, &own);
}

uint64_t endpoint_hash(const struct endpoint *ep, const uint8_t key[16])
{
	uint8_t bytes[19] = {ep->family, (uint8_t)(ep->port >> 8), (uint8_t)ep->port};
	uint64_t hash;

	memcpy(bytes + 3, ep->address, 16);
	crypto_shorthash((uint8_t *)&hash, bytes, 3 + address_length(ep), key);
	return hash;
}

static enum scope scope_ip4(const uint8_t *a)
{
	if (a[0] == 0 || a[0] >= 224)
		return SCOPE_UNUSABLE;
	if (a[0] == 127)
		return SCOPE_LOOPBACK;
	if (a[0] == 169 && a[1] == 254)
		return SCOPE_LINK;
	if (a[0] == 10 || (a[0] == 172 && (a[1] & 0xf0) == 16) || (a[0] == 192 && a[1] == 168) ||
	    (a[0] == 100 && (a[1] & 0xc0) == 64))
		return SCOPE_PRIVATE;
	return SCOPE_GLOBAL;
}

static enum scope scope_ip6(const uint8_t *a)
{
	static const uint8_t zero[16];

	if (a[0] == 0xff || memcmp(a, zero, 16) == 0)
		return SCOPE_UNUSABLE;
	if (memcmp(a, zero, 15) == 0 && a[15] == 1)
		return SCOPE_LOOPBACK;
	if (a[0] == 0xfe && (a[1] & 0xc0) == 0x80)
		return SCOPE_LINK;
	if ((a[0] & 0xfe) == 0xfc)
		return SCOPE_PRIVATE;
	return SCOPE_GLOBAL;
}

enum scope endpoint_scope(const struct endpoint *ep)
{
	if (ep->port == 0)
		return SCOPE_UNUSABLE;
	if (ep->family == FAMILY_IP4)
		return scope_ip4(ep->address);
	if (ep->family == FAMILY_IP6)
		return scope_ip6(ep->address);
	return SCOPE_UNUSABLE;
}
