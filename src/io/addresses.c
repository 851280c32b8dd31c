/*
 * Interfaces, default routes and addresses, from the kernel's tables; files in /proc and /sys tell
 * the same, but of another network namespace where they were mounted in another.
 */
#include "io/addresses.h"

#include <fnmatch.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include "io/interface.h"
#include "io/rtnetlink.h"

#define INTERFACES_MAX 1024
#define CANDIDATES_MAX 128

/* Addresses not to be used: not yet, no more, or not for long. */
#define AVOIDED_FLAGS (IFA_F_TENTATIVE | IFA_F_DADFAILED | IFA_F_DEPRECATED)

struct interface {
	unsigned index;
	unsigned flags;
	unsigned master; /* of which it is a part; 0: none */
	char name[IF_NAMESIZE];
	char kind[16]; /* "" for hardware */
	bool way_out;
};

struct candidate {
	struct endpoint at;
	const struct interface *interface;
};

struct search {
	struct interface interfaces[INTERFACES_MAX];
	size_t interface_count;
	struct candidate candidates[CANDIDATES_MAX];
	size_t candidate_count;
	struct addresses *found;
	uint16_t port;
	const char *const *patterns;
};

static void copy_text(char *to, size_t size, const struct rtattr *from)
{
	size_t len = from == NULL ? 0 : strnlen(RTA_DATA(from), RTA_PAYLOAD(from));

	if (len >= size)
		len = size - 1;
	if (len > 0)
		memcpy(to, RTA_DATA(from), len);
	to[len] = '\0';
}

static unsigned read_index(const struct rtattr *from)
{
	unsigned index = 0;

	if (from != NULL)
		memcpy(&index, RTA_DATA(from), sizeof index);
	return index;
}

static bool on_interface(const struct nlmsghdr *message, void *context)
{
	const struct ifinfomsg *info = NLMSG_DATA(message);
	struct search *search = context;
	struct interface *interface = &search->interfaces[search->interface_count];
	const struct rtattr *more;

	if (message->nlmsg_type != RTM_NEWLINK || message->nlmsg_len < NLMSG_SPACE(sizeof *info))
		return true;
	more = rtnetlink_find(message, sizeof *info, IFLA_LINKINFO, 0);
	*interface = (struct interface){
	    .index = (unsigned)info->ifi_index,
	    .flags = info->ifi_flags,
	    .master = read_index(
		rtnetlink_find(message, sizeof *info, IFLA_MASTER, sizeof(unsigned))),
	};
	copy_text(interface->name, sizeof interface->name,
	    rtnetlink_find(message, sizeof *info, IFLA_IFNAME, 1));
	if (more != NULL)
		copy_text(interface->kind, sizeof interface->kind,
		    rtnetlink_find_in(more, IFLA_INFO_KIND, 1));
	return ++search->interface_count < INTERFACES_MAX;
}

static struct interface *find_interface(struct search *search, unsigned index)
{
	for (size_t i = 0; i < search->interface_count; i++) {
		if (search->interfaces[i].index == index)
			return &search->interfaces[i];
	}
	return NULL;
}

/* False for families and lengths that are none of ours. */
static bool read_address(struct endpoint *at, unsigned family, const struct rtattr *from)
{
	*at = (struct endpoint){
	    .family = family == AF_INET	   ? FAMILY_IP4
		: family == AF_INET6	   ? FAMILY_IP6
					   : FAMILY_NONE,
	};
	if (at->family == FAMILY_NONE)
		return false;
	size_t len = at->family == FAMILY_IP4 ? 4 : 16;

	if (from == NULL || RTA_PAYLOAD(from) != len)
		return false;
	memcpy(at->address, RTA_DATA(from), len);
	return true;
}

static void add_way(struct search *search, unsigned family, unsigned index,
    const struct rtattr *router)
{
	struct interface *interface = find_interface(search, index);
	struct addresses *found = search->found;
	struct address_way way = {.interface = index};

	read_address(&way.router, family, router);
	if (interface == NULL || (interface->flags & IFF_LOOPBACK) != 0 ||
	    way.router.family == FAMILY_NONE)
		return;
	interface->way_out = true;
	if (found->way_count < ADDRESSES_WAYS_MAX)
		found->ways[found->way_count++] = way;
}

/* One that is shared among several interfaces leads out by each. */
static void add_ways(struct search *search, unsigned family, const struct rtattr *several)
{
	const struct rtnexthop *next = RTA_DATA(several);
	int left = (int)RTA_PAYLOAD(several);

	while (left >= (int)sizeof *next && RTNH_OK(next, left)) {
		add_way(search, family, (unsigned)next->rtnh_ifindex, NULL);
		left -= RTNH_ALIGN(next->rtnh_len);
		next = RTNH_NEXT(next);
	}
}

static bool on_route(const struct nlmsghdr *message, void *context)
{
	const struct rtmsg *route = NLMSG_DATA(message);
	struct search *search = context;
	const struct rtattr *index, *several;

	if (message->nlmsg_type != RTM_NEWROUTE || message->nlmsg_len < NLMSG_SPACE(sizeof *route) ||
	    route->rtm_dst_len > RTNETLINK_WAY_BITS || route->rtm_type != RTN_UNICAST ||
	    (route->rtm_flags & RTM_F_CLONED) != 0)
		return true;
	index = rtnetlink_find(message, sizeof *route, RTA_OIF, sizeof(unsigned));
	several = rtnetlink_find(message, sizeof *route, RTA_MULTIPATH, sizeof(struct rtnexthop));
	if (index != NULL)
		add_way(search, route->rtm_family, read_index(index),
		    rtnetlink_find(message, sizeof *route, RTA_GATEWAY, 4));
	else if (several != NULL)
		add_ways(search, route->rtm_family, several);
	return true;
}

static bool is_inner_kind(const struct interface *interface)
{
	return strcmp(interface->kind, "veth") == 0 || strcmp(interface->kind, "dummy") == 0;
}

/* Virtual machines are in it by a tap ("tun"), containers by a veth. */
static bool has_outer_port(const struct search *search, const struct interface *bridge)
{
	for (size_t i = 0; i < search->interface_count; i++) {
		const struct interface *port = &search->interfaces[i];

		if (port->master == bridge->index && !is_inner_kind(port) &&
		    strcmp(port->kind, "tun") != 0 && !interface_is_internal(port->name))
			return true;
	}
	return false;
}

static bool leads_out(const struct search *search, const struct interface *interface)
{
	if (interface->way_out)
		return true;
	if (interface_is_internal(interface->name))
		return false;
	if (search->found->way_count == 0)
		return true;
	if (strcmp(interface->kind, "bridge") == 0)
		return has_outer_port(search, interface);
	return !is_inner_kind(interface);
}

static bool is_taken(const struct search *search, const struct interface *interface)
{
	const char *const *pattern = search->patterns;
	bool taken = false, others = true;

	if ((interface->flags & (IFF_UP | IFF_RUNNING)) != (IFF_UP | IFF_RUNNING) ||
	    (interface->flags & IFF_LOOPBACK) != 0)
		return false;
	for (; pattern != NULL && *pattern != NULL; pattern++) {
		bool is_out = **pattern == '!';

		if (fnmatch(*pattern + is_out, interface->name, 0) == 0) {
			if (is_out)
				return false;
			taken = true;
		}
		others = others && is_out;
	}
	return taken || (others && leads_out(search, interface));
}

static bool is_known(const struct search *search, const struct endpoint *at)
{
	for (size_t i = 0; i < search->candidate_count; i++) {
		if (endpoint_equal(&search->candidates[i].at, at))
			return true;
	}
	return false;
}

static void add_candidate(struct search *search, const struct endpoint *at, unsigned index)
{
	const struct interface *interface = find_interface(search, index);
	enum scope scope = endpoint_scope(at);

	if (interface == NULL || (scope != SCOPE_PRIVATE && scope != SCOPE_GLOBAL) ||
	    is_known(search, at) || !is_taken(search, interface))
		return;
	search->candidates[search->candidate_count++] = (struct candidate){*at, interface};
}

/* Where both ends of a link have an address IFA_LOCAL is ours; IPv6 mostly has no IFA_LOCAL. */
static bool on_address(const struct nlmsghdr *message, void *context)
{
	const struct ifaddrmsg *info = NLMSG_DATA(message);
	struct search *search = context;
	const struct rtattr *own, *flags;
	struct endpoint at;

	if (message->nlmsg_type != RTM_NEWADDR || message->nlmsg_len < NLMSG_SPACE(sizeof *info))
		return true;
	own = rtnetlink_find(message, sizeof *info, IFA_LOCAL, 4);
	if (own == NULL)
		own = rtnetlink_find(message, sizeof *info, IFA_ADDRESS, 4);
	flags = rtnetlink_find(message, sizeof *info, IFA_FLAGS, sizeof(unsigned));
	if (((flags != NULL ? read_index(flags) : info->ifa_flags) & AVOIDED_FLAGS) != 0 ||
	    !read_address(&at, info->ifa_family, own))
		return true;
	at.port = search->port;
	add_candidate(search, &at, info->ifa_index);
	return search->candidate_count < CANDIDATES_MAX;
}

static int compare(const void *one, const void *other)
{
	const struct candidate *a = one, *b = other;

	if (a->interface->way_out != b->interface->way_out)
		return a->interface->way_out ? -1 : 1;
	if (a->at.family != b->at.family)
		return a->at.family < b->at.family ? -1 : 1;
	if (a->interface->index != b->interface->index)
		return a->interface->index < b->interface->index ? -1 : 1;
	return memcmp(a->at.address, b->at.address, sizeof a->at.address);
}

void addresses_find(struct addresses *found, uint16_t port, const char *const *patterns)
{
	struct search *search = calloc(1, sizeof *search);

	*found = (struct addresses){0};
	if (search == NULL)
		return;
	search->found = found;
	search->port = port;
	search->patterns = patterns;
	if (rtnetlink_dump(RTM_GETLINK, on_interface, search)) {
		rtnetlink_dump(RTM_GETROUTE, on_route, search);
		rtnetlink_dump(RTM_GETADDR, on_address, search);
	}
	qsort(search->candidates, search->candidate_count, sizeof *search->candidates, compare);
	while (found->count < search->candidate_count && found->count < ADDRESSES_MAX) {
		found->all[found->count] = search->candidates[found->count].at;
		found->count++;
	}
	free(search);
}

bool addresses_same(const struct addresses *a, const struct addresses *b)
{
	if (a->count != b->count || a->way_count != b->way_count)
		return false;
	for (size_t i = 0; i < a->count; i++) {
		if (!endpoint_equal(&a->all[i], &b->all[i]))
			return false;
	}
	for (size_t i = 0; i < a->way_count; i++) {
		if (a->ways[i].interface != b->ways[i].interface ||
		    !endpoint_equal(&a->ways[i].router, &b->ways[i].router))
			return false;
	}
	return true;
}
