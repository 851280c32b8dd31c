/* What is asked of the kernel about a single socket. */
#include "io/udp_fd.h"

#include <errno.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"

bool udp_fd_wildcard(const struct endpoint *at)
{
	static const uint8_t zero[16];

	return memcmp(at->address, zero, sizeof zero) == 0;
}

int udp_fd_set(int fd, int level, int name, int value)
{
	return setsockopt(fd, level, name, &value, sizeof value);
}

int udp_fd_set_member(int fd, int option, const struct endpoint *group, unsigned interface)
{
	struct ipv6_mreq request = {.ipv6mr_interface = interface};

	memcpy(&request.ipv6mr_multiaddr, group->address, 16);
	return setsockopt(fd, IPPROTO_IPV6, option, &request, sizeof request);
}

static void set_receive_buffer(int fd, size_t bytes)
{
	int size = (int)bytes;

	/* beyond net.core.rmem_max only with CAP_NET_ADMIN */
	if (udp_fd_set(fd, SOL_SOCKET, SO_RCVBUFFORCE, size) != 0)
		udp_fd_set(fd, SOL_SOCKET, SO_RCVBUF, size);
}

int udp_fd_packet_info(int fd, enum family family)
{
	return family == FAMILY_IP4 ? udp_fd_set(fd, IPPROTO_IP, IP_PKTINFO, 1)
				    : udp_fd_set(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
}

int udp_fd_open(const struct endpoint *at, size_t receive_buffer)
{
	struct sockaddr_storage ss;
	socklen_t len = endpoint_to_sockaddr(at, &ss);
	int fd = socket(ss.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_UDP);
	int failed;

	if (fd < 0)
		return -1;
	failed = udp_fd_packet_info(fd, at->family);
	if (at->family == FAMILY_IP6)
		failed |= udp_fd_set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
	set_receive_buffer(fd, receive_buffer);
	if (failed == 0 && bind(fd, (struct sockaddr *)&ss, len) == 0)
		return fd;
	int error = errno;

	close(fd);
	errno = error;
	return -1;
}

uint32_t udp_fd_dropped(int fd)
{
	uint32_t info[SK_MEMINFO_VARS] = {0};
	socklen_t len = sizeof info;

	if (getsockopt(fd, SOL_SOCKET, SO_MEMINFO, info, &len) != 0)
		return 0;
	return info[SK_MEMINFO_DROPS];
}

bool udp_fd_bound(int fd, struct endpoint *at)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof ss;

	return getsockname(fd, (struct sockaddr *)&ss, &len) == 0 &&
	    endpoint_from_sockaddr(at, (struct sockaddr *)&ss, len);
}

static int option_of(int fd, int level, int name)
{
	int value = -1;
	socklen_t len = sizeof value;

	return getsockopt(fd, level, name, &value, &len) == 0 ? value : -1;
}

/* The kernel tells the double of what it was asked for. */
size_t udp_fd_receive_buffer(int fd)
{
	int bytes = option_of(fd, SOL_SOCKET, SO_RCVBUF);

	return bytes > 0 ? (size_t)bytes / 2 : 0;
}

const char *udp_fd_unfit(int fd, struct endpoint *at)
{
	if (option_of(fd, SOL_SOCKET, SO_TYPE) != SOCK_DGRAM ||
	    option_of(fd, SOL_SOCKET, SO_PROTOCOL) != IPPROTO_UDP || !udp_fd_bound(fd, at))
		return "it is no UDP socket; hand over such ones only (ListenDatagram= in systemd)";
	if (at->port == 0)
		return "it is not bound to a port";
	/* an address that is IPv4 in IPv6 reads as IPv4 */
	if (option_of(fd, SOL_SOCKET, SO_DOMAIN) == AF_INET6 &&
	    (at->family == FAMILY_IP4 ||
		(udp_fd_wildcard(at) && option_of(fd, IPPROTO_IPV6, IPV6_V6ONLY) != 1)))
		return "it takes IPv4 too; hand over one socket for each family "
		       "(BindIPv6Only=ipv6-only in systemd)";
	return NULL;
}

/*
 * Whoever made the socket may have had the right to go beyond net.core.rmem_max;
 * SO_RCVBUF would cut it down to that.
 */
void udp_fd_raise_buffer(int fd, const struct endpoint *at, size_t bytes)
{
	int has = (int)udp_fd_receive_buffer(fd);
	char text[ENDPOINT_TEXT_MAX];

	if (has < (int)bytes && udp_fd_set(fd, SOL_SOCKET, SO_RCVBUFFORCE, (int)bytes) != 0)
		log_warn("the socket for %s keeps its receive buffer of %d bytes, less than "
			 "`receive-buffer' asks for; set ReceiveBuffer= in ipmsg-superd.socket",
		    endpoint_format(at, text), has);
}

bool udp_fd_host_has(const struct endpoint *at)
{
	struct endpoint any_port = *at;
	struct sockaddr_storage ss;
	int fd;

	any_port.port = 0;
	socklen_t len = endpoint_to_sockaddr(&any_port, &ss);

	fd = socket(ss.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, IPPROTO_UDP);
	if (fd < 0)
		return true;
	bool missing = bind(fd, (struct sockaddr *)&ss, len) != 0 && errno == EADDRNOTAVAIL;

	close(fd);
	return !missing;
}
