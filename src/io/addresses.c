/* getifaddrs(3), and which of what it gives is of use to another host. */
#include "io/addresses.h"

#include <ifaddrs.h>
#include <net/if.h>

#include "io/interface.h"

static bool is_useful(const struct ifaddrs *item, enum family family, uint16_t port,
    struct endpoint *at)
{
	if (item->ifa_addr == NULL || (item->ifa_flags & IFF_UP) == 0 ||
	    (item->ifa_flags & IFF_LOOPBACK) != 0 || interface_is_internal(item->ifa_name) ||
	    !endpoint_from_sockaddr(at, item->ifa_addr, sizeof(struct sockaddr_storage)))
		return false;
	at->port = port;
	return endpoint_scope(at) == SCOPE_PRIVATE &&
	    (family == FAMILY_NONE || family == at->family);
}

static bool is_among(const struct endpoint *list, size_t count, const struct endpoint *at)
{
	for (size_t i = 0; i < count; i++) {
		if (endpoint_equal(&list[i], at))
			return true;
	}
	return false;
}

size_t addresses_own(struct endpoint *out, size_t max, enum family family, uint16_t port)
{
	struct ifaddrs *all;
	size_t count = 0;
	struct endpoint at;

	if (getifaddrs(&all) != 0)
		return 0;
	for (const struct ifaddrs *item = all; item != NULL && count < max; item = item->ifa_next) {
		if (is_useful(item, family, port, &at) && !is_among(out, count, &at))
			out[count++] = at;
	}
	freeifaddrs(all);
	return count;
}
