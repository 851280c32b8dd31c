/* getifaddrs(3), and which of what it gives is a network of neighbours. */
#include "io/links.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "io/interface.h"

#define AVOIDED_MAX 64

/*
 * Flags of an IPv6 address, as in if_addr.h: temporary, failed as a duplicate, deprecated,
 * tentative. From one of the last kind nothing can leave; that it is none any more is a notice.
 */
#define AVOIDED_FLAGS (0x01U | 0x08U | 0x20U | 0x40U)

struct search {
	const struct ifaddrs *all;
	enum links_wanted wanted;
	struct endpoint avoided[AVOIDED_MAX]; /* IPv6: not to be used, not yet, or not for long */
	size_t avoided_count;
	struct io_link *out;
	size_t max;
	size_t count;
};

static enum scope scope_of(const struct endpoint *at)
{
	struct endpoint with_port = *at;

	with_port.port = 1;
	return endpoint_scope(&with_port);
}

static bool read_address(struct endpoint *at, const struct sockaddr *sa)
{
	bool known = sa != NULL && endpoint_from_sockaddr(at, sa, sizeof(struct sockaddr_storage));

	at->port = 0;
	return known;
}

static uint8_t count_bits(const struct endpoint *mask)
{
	uint8_t bits = 0;

	for (size_t i = 0; i < sizeof mask->address; i++)
		bits = (uint8_t)(bits + __builtin_popcount(mask->address[i]));
	return bits;
}

/*
 * The kernel knows the usual broadcast address also where none was given to
 * it; the C library then tells our own.
 */
static void read_broadcast(const struct ifaddrs *item, const struct endpoint *mask,
    struct io_link *link)
{
	if (read_address(&link->broadcast, item->ifa_broadaddr) &&
	    !endpoint_same_address(&link->broadcast, &link->own))
		return;
	link->broadcast = link->own;
	for (size_t i = 0; i < 4; i++)
		link->broadcast.address[i] |= (uint8_t)~mask->address[i];
}

static bool read_item(const struct ifaddrs *item, enum family family, struct io_link *link)
{
	unsigned wanted = family == FAMILY_IP4 ? IFF_BROADCAST : IFF_MULTICAST;
	unsigned flags = item->ifa_flags;
	struct endpoint mask;

	*link = (struct io_link){0};
	if (!read_address(&link->own, item->ifa_addr) || link->own.family != family ||
	    !read_address(&mask, item->ifa_netmask) ||
	    (flags & (IFF_UP | IFF_RUNNING | wanted)) != (IFF_UP | IFF_RUNNING | wanted) ||
	    (flags & (IFF_LOOPBACK | IFF_POINTOPOINT)) != 0 ||
	    interface_is_internal(item->ifa_name))
		return false;
	link->prefix = count_bits(&mask);
	link->interface = if_nametoindex(item->ifa_name);
	if (family == FAMILY_IP4)
		read_broadcast(item, &mask, link);
	return link->interface != 0;
}

static bool same_network(const struct io_link *a, const struct io_link *b)
{
	if (a->interface != b->interface || a->own.family != b->own.family ||
	    a->prefix != b->prefix)
		return false;
	for (size_t i = 0; i < a->prefix; i++) {
		if (((a->own.address[i / 8] ^ b->own.address[i / 8]) & (0x80 >> i % 8)) != 0)
			return false;
	}
	return true;
}

static void add(struct search *search, const struct io_link *link)
{
	for (size_t i = 0; i < search->count; i++) {
		if (same_network(&search->out[i], link))
			return;
	}
	if (search->count < search->max)
		search->out[search->count++] = *link;
}

static bool is_wanted(const struct search *search, enum scope scope)
{
	return scope == SCOPE_PRIVATE || scope == SCOPE_LINK ||
	    (scope == SCOPE_GLOBAL && search->wanted == LINKS_ALL);
}

/* A network of one or two addresses has no broadcast. */
static void find4(struct search *search)
{
	struct io_link link;

	for (const struct ifaddrs *item = search->all; item != NULL; item = item->ifa_next) {
		if (read_item(item, FAMILY_IP4, &link) && link.prefix <= 30 &&
		    is_wanted(search, scope_of(&link.own)))
			add(search, &link);
	}
}

static bool is_public(const struct search *search, unsigned interface)
{
	bool is_global = false;
	struct io_link link;

	for (const struct ifaddrs *item = search->all; item != NULL; item = item->ifa_next) {
		if (!read_item(item, FAMILY_IP4, &link) || link.interface != interface)
			continue;
		if (scope_of(&link.own) != SCOPE_GLOBAL)
			return false;
		is_global = true;
	}
	return is_global;
}

static bool is_avoided(const struct search *search, const struct endpoint *at)
{
	for (size_t i = 0; i < search->avoided_count; i++) {
		if (endpoint_same_address(&search->avoided[i], at))
			return true;
	}
	return false;
}

/* How good an address is to announce oneself from; 0 for not at all. */
static int rank(const struct search *search, const struct endpoint *at)
{
	enum scope scope = scope_of(at);

	if (!is_wanted(search, scope) || is_avoided(search, at))
		return 0;
	return scope == SCOPE_PRIVATE ? 3 : scope == SCOPE_GLOBAL ? 2 : 1;
}

/* The best of an interface; of equal ones the first in the order of bytes, so that it stays. */
static bool find_best(const struct search *search, unsigned interface, struct io_link *best)
{
	struct io_link link;
	int best_rank = 0;

	for (const struct ifaddrs *item = search->all; item != NULL; item = item->ifa_next) {
		if (!read_item(item, FAMILY_IP6, &link) || link.interface != interface)
			continue;
		int is = rank(search, &link.own);

		if (is > best_rank ||
		    (is > 0 && is == best_rank &&
			memcmp(link.own.address, best->own.address, 16) < 0)) {
			*best = link;
			best_rank = is;
		}
	}
	return best_rank > 0;
}

static bool has_interface(const struct search *search, unsigned interface)
{
	for (size_t i = 0; i < search->count; i++) {
		if (search->out[i].own.family == FAMILY_IP6 &&
		    search->out[i].interface == interface)
			return true;
	}
	return false;
}

static void find6(struct search *search)
{
	struct io_link link, best = {0};

	for (const struct ifaddrs *item = search->all; item != NULL; item = item->ifa_next) {
		if (!read_item(item, FAMILY_IP6, &link) || has_interface(search, link.interface) ||
		    (search->wanted == LINKS_PRIVATE && is_public(search, link.interface)))
			continue;
		if (find_best(search, link.interface, &best))
			add(search, &best);
	}
}

/* Who writes to a group does so from whichever address its system takes, of any scope. */
static void find_quiet(struct search *search)
{
	struct io_link link;

	for (const struct ifaddrs *item = search->all; item != NULL; item = item->ifa_next) {
		if (!read_item(item, FAMILY_IP6, &link) || link.prefix > 126 ||
		    !has_interface(search, link.interface))
			continue;
		link.quiet = true;
		add(search, &link);
	}
}

/* getifaddrs(3) does not tell flags of addresses. Without this file all are taken. */
static void read_avoided(struct search *search)
{
	FILE *file = fopen("/proc/self/net/if_inet6", "re");
	char line[128], text[33];
	unsigned flags;

	while (file != NULL && search->avoided_count < AVOIDED_MAX &&
	    fgets(line, sizeof line, file) != NULL) {
		struct endpoint *at = &search->avoided[search->avoided_count];

		if (sscanf(line, "%32s %*x %*x %*x %x", text, &flags) != 2 ||
		    (flags & AVOIDED_FLAGS) == 0)
			continue;
		*at = (struct endpoint){.family = FAMILY_IP6};
		for (size_t i = 0; i < 16; i++) {
			char byte[3] = {text[2 * i], text[2 * i + 1], '\0'};
			unsigned value = 0;

			sscanf(byte, "%x", &value);
			at->address[i] = (uint8_t)value;
		}
		search->avoided_count++;
	}
	if (file != NULL)
		fclose(file);
}

size_t links_find(struct io_link *out, size_t max, enum links_wanted wanted)
{
	struct search search = {.wanted = wanted, .out = out, .max = max};
	struct ifaddrs *all;

	if (getifaddrs(&all) != 0)
		return 0;
	search.all = all;
	read_avoided(&search);
	find4(&search);
	find6(&search);
	find_quiet(&search);
	freeifaddrs(all);
	return search.count;
}
