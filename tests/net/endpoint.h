/*
 * An address and port as the test programs read and print them: 192.0.2.1:2425, [2001:db8::1]:2425.
 */
#ifndef IPMSG_TEST_ENDPOINT_H
#define IPMSG_TEST_ENDPOINT_H

#include "commands.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define ENDPOINT_SIZE (INET6_ADDRSTRLEN + sizeof("[]:65535"))

union endpoint {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

/* Writes it into out, which holds ENDPOINT_SIZE bytes. Returns out. */
static inline const char *endpoint(char *out, const union endpoint *at)
{
	char address[INET6_ADDRSTRLEN];

	if (at->any.sa_family == AF_INET6) {
		inet_ntop(AF_INET6, &at->v6.sin6_addr, address, sizeof(address));
		snprintf(out, ENDPOINT_SIZE, "[%s]:%u", address, ntohs(at->v6.sin6_port));
	} else {
		inet_ntop(AF_INET, &at->v4.sin_addr, address, sizeof(address));
		snprintf(out, ENDPOINT_SIZE, "%s:%u", address, ntohs(at->v4.sin_port));
	}
	return out;
}

static inline socklen_t endpoint_size(const union endpoint *at)
{
	return at->any.sa_family == AF_INET6 ? sizeof(at->v6) : sizeof(at->v4);
}

/* The port, in network order, has the same place in both families. */
static inline in_port_t *endpoint_port(union endpoint *at)
{
	return at->any.sa_family == AF_INET6 ? &at->v6.sin6_port : &at->v4.sin_port;
}

static inline bool same_address(const union endpoint *a, const union endpoint *b)
{
	if (a->any.sa_family != b->any.sa_family)
		return false;
	if (a->any.sa_family == AF_INET6)
		return IN6_ARE_ADDR_EQUAL(&a->v6.sin6_addr, &b->v6.sin6_addr);
	return a->v4.sin_addr.s_addr == b->v4.sin_addr.s_addr;
}

static inline bool same_endpoint(const union endpoint *a, const union endpoint *b)
{
	return same_address(a, b) &&
	       (a->any.sa_family == AF_INET6 ? a->v6.sin6_port == b->v6.sin6_port
					     : a->v4.sin_port == b->v4.sin_port);
}

static inline bool parse_port(const char *s, in_port_t *port)
{
	unsigned long value;

	if (*s == '\0' || strlen(s) > 5 || strspn(s, "0123456789") != strlen(s))
		return false;
	value = strtoul(s, NULL, 10);
	if (value == 0 || value > 65535)
		return false;
	*port = htons((uint16_t)value);
	return true;
}

/* ADDRESS[:PORT] or [ADDRESS][:PORT]; without a port it is the default one. */
static inline bool parse_endpoint(const char *s, union endpoint *at)
{
	bool brackets = *s == '[';
	char address[INET6_ADDRSTRLEN];
	size_t len = strcspn(s += brackets, brackets ? "]" : ":");

	if (len >= sizeof(address) || (brackets && s[len] != ']'))
		return false;
	memcpy(address, s, len);
	address[len] = '\0';
	s += len + brackets;
	memset(at, 0, sizeof(*at));
	at->any.sa_family = brackets ? AF_INET6 : AF_INET;
	if (brackets ? inet_pton(AF_INET6, address, &at->v6.sin6_addr) != 1
		     : inet_pton(AF_INET, address, &at->v4.sin_addr) != 1)
		return false;
	*endpoint_port(at) = htons(IPMSG_PORT);
	return *s == '\0' || (*s == ':' && parse_port(s + 1, endpoint_port(at)));
}

#endif
