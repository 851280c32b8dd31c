/* Headers and control messages; what is there already from the last batch stays. */
#include "io/udp_fill.h"

#include <string.h>

#include "io/udp_fd.h"

#define GROUP_HOPS 4 /* routers that may pass on what goes to a group of a whole site */

void udp_fill_init(struct udp_out *out)
{
	for (size_t i = 0; i < BATCH_ITEMS; i++) {
		out->source[i] = -1;
		out->msgs[i].msg_hdr = (struct msghdr){
		    .msg_name = &out->to[i],
		    .msg_iov = &out->iov[i],
		    .msg_iovlen = 1,
		};
	}
}

static void add_control(struct msghdr *msg, int level, int type, const void *data, size_t len)
{
	struct cmsghdr *c = (struct cmsghdr *)((unsigned char *)msg->msg_control + msg->msg_controllen);

	memset(c, 0, CMSG_SPACE(len));
	c->cmsg_level = level;
	c->cmsg_type = type;
	c->cmsg_len = CMSG_LEN(len);
	memcpy(CMSG_DATA(c), data, len);
	msg->msg_controllen += CMSG_SPACE(len);
}

/* From which address, and by which interface; 0 leaves that to the routes. */
static void add_source(struct msghdr *msg, const struct endpoint *from, unsigned interface)
{
	if (from->family == FAMILY_IP4) {
		struct in_pktinfo info = {.ipi_ifindex = (int)interface};

		memcpy(&info.ipi_spec_dst, from->address, 4);
		add_control(msg, IPPROTO_IP, IP_PKTINFO, &info, sizeof info);
	} else {
		struct in6_pktinfo info = {.ipi6_ifindex = interface};

		memcpy(&info.ipi6_addr, from->address, 16);
		add_control(msg, IPPROTO_IPV6, IPV6_PKTINFO, &info, sizeof info);
	}
}

static void add_ttl(struct msghdr *msg, enum family family, uint8_t ttl)
{
	int value = ttl;

	if (family == FAMILY_IP4)
		add_control(msg, IPPROTO_IP, IP_TTL, &value, sizeof value);
	else
		add_control(msg, IPPROTO_IPV6, IPV6_HOPLIMIT, &value, sizeof value);
}

/* Groups wider than a link (RFC 4291): the kernel's own limit would keep it on ours. */
static uint8_t hops(const struct datagram *item)
{
	const struct endpoint *to = &item->remote;

	if (item->ttl == 0 && to->family == FAMILY_IP6 && locals_is_group(to) &&
	    (to->address[1] & 0x0f) > 2)
		return GROUP_HOPS;
	return item->ttl;
}

/* True when the next datagram that leaves under that number needs the very same. */
static bool fill_control(struct msghdr *msg, unsigned char *room, const struct datagram *item,
    const struct local *local, bool wildcard)
{
	unsigned interface = locals_leaves_by(local, &item->remote);

	msg->msg_control = room;
	msg->msg_controllen = 0;
	if (wildcard && (interface != 0 || !udp_fd_wildcard(&local->at)))
		add_source(msg, &local->at, interface);
	if (hops(item) != 0)
		add_ttl(msg, item->remote.family, hops(item));
	if (msg->msg_controllen == 0)
		msg->msg_control = NULL;
	return hops(item) == 0 && !locals_is_link(local);
}

void udp_fill(struct udp_out *out, size_t i, const struct datagram *item,
    const struct local *local, bool wildcard)
{
	struct msghdr *msg = &out->msgs[i].msg_hdr;

	out->iov[i] = (struct iovec){(void *)(uintptr_t)item->data, item->len};
	msg->msg_namelen = endpoint_to_sockaddr(&item->remote, &out->to[i]);
	if (out->source[i] == item->local && hops(item) == 0 && !locals_is_link(local))
		return;
	out->source[i] =
	    fill_control(msg, out->control[i], item, local, wildcard) ? item->local : -1;
}
