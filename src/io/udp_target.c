/* Packet information, as of ip(7) and ipv6(7). */
#include "io/udp_target.h"

#include <string.h>

#include "io/locals.h"

struct udp_target udp_target4(const struct endpoint *bound, const struct in_pktinfo *info)
{
	struct udp_target target = {.at = *bound};

	memcpy(target.at.address, &info->ipi_spec_dst, 4);
	/* the kernel names one of our own addresses when that in the header is none */
	target.many = info->ipi_addr.s_addr != info->ipi_spec_dst.s_addr;
	return target;
}

struct udp_target udp_target6(const struct endpoint *bound, const struct in6_pktinfo *info)
{
	struct udp_target target = {.at = *bound, .interface = info->ipi6_ifindex};

	memcpy(target.at.address, &info->ipi6_addr, 16);
	target.many = locals_is_group(&target.at);
	if (target.many)
		memset(target.at.address, 0, 16);
	return target;
}
