/*
 * Shows the UDP frames that cross a namespace, one line each: what the tests prove about the wire
 * (a packet reached a router and died there, an order left from port 2425) they prove from here
 * and not from what a program says of itself. Nothing but AF_PACKET, so that the tests need no
 * tcpdump.
 *
 *	SECONDS.mmm FROM > TO ttl TTL len LENGTH COMMAND NAME [PAYLOAD]
 *
 * LENGTH is that of the UDP payload, COMMAND the decimal number with its options, NAME that of
 * its low byte; "- -" stands where the payload is no IP Messenger packet.
 */
#include "commands.h"
#include "escape.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/ethtool.h>
#include <linux/if_packet.h>
#include <linux/sockios.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/udp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define FRAME_MAX 65536
#define RECEIVE_BUFFER (4 << 20)

struct capture {
	int fd;
	bool payload;
	const char *interface; /* NULL: all of them */
	const char *ready_file;
	struct timespec start;
};

struct view {
	int family;
	const unsigned char *from, *to; /* addresses, in the frame */
	unsigned ttl;
	const unsigned char *udp;
	size_t udp_len;
};

static volatile sig_atomic_t stopping;

static void on_signal(int number)
{
	(void)number;
	stopping = 1;
}

static bool view_ipv4(struct view *view, const unsigned char *frame, size_t len)
{
	size_t head, total;

	if (len < sizeof(struct iphdr) || frame[0] >> 4 != 4)
		return false;
	head = (frame[0] & 15u) * 4u;
	total = (size_t)frame[2] << 8 | frame[3];
	/* A later fragment has no UDP header. */
	if (frame[9] != IPPROTO_UDP || (frame[6] & 0x1f) || frame[7])
		return false;
	if (head < sizeof(struct iphdr) || total < head || total > len)
		return false;
	*view =
	    (struct view){AF_INET, frame + 12, frame + 16, frame[8], frame + head, total - head};
	return true;
}

static bool view_ipv6(struct view *view, const unsigned char *frame, size_t len)
{
	size_t total;

	if (len < sizeof(struct ip6_hdr) || frame[0] >> 4 != 6 || frame[6] != IPPROTO_UDP)
		return false;
	total = (size_t)frame[4] << 8 | frame[5];
	if (total > len - sizeof(struct ip6_hdr))
		return false;
	*view = (struct view){
	    AF_INET6, frame + 8, frame + 24, frame[7], frame + sizeof(struct ip6_hdr), total};
	return true;
}

/* The fifth field of 1:NUMBER:USER:HOST:COMMAND:REST. */
static bool find_command(const unsigned char *bytes, size_t len, unsigned long *command)
{
	const unsigned char *end = bytes + len;

	for (int i = 0; i < 4; i++) {
		const unsigned char *colon = memchr(bytes, ':', (size_t)(end - bytes));

		if (!colon)
			return false;
		bytes = colon + 1;
	}
	*command = 0;
	for (size_t digits = 0; bytes < end && digits <= 10; bytes++, digits++) {
		if (*bytes == ':')
			return digits > 0;
		if (*bytes < '0' || *bytes > '9')
			return false;
		*command = *command * 10 + (*bytes - '0');
	}
	return false;
}

static void print_endpoint(int family, const unsigned char *address, const unsigned char *port)
{
	char text[INET6_ADDRSTRLEN];
	unsigned number = (unsigned)port[0] << 8 | port[1];

	inet_ntop(family, address, text, sizeof(text));
	printf(family == AF_INET6 ? "[%s]:%u" : "%s:%u", text, number);
}

static void print_frame(
    const struct capture *capture, const struct view *view, const struct timespec *when)
{
	static char escaped[4 * FRAME_MAX];
	const unsigned char *payload = view->udp + sizeof(struct udphdr);
	size_t len = view->udp_len - sizeof(struct udphdr);
	int64_t ms = (when->tv_sec - capture->start.tv_sec) * (int64_t)1000 +
		     (when->tv_nsec - capture->start.tv_nsec) / 1000000;
	unsigned long command;
	const char *name;

	if (ms < 0)
		ms = 0;
	printf("%lld.%03d ", (long long)(ms / 1000), (int)(ms % 1000));
	print_endpoint(view->family, view->from, view->udp);
	printf(" > ");
	print_endpoint(view->family, view->to, view->udp + 2);
	printf(" ttl %u len %zu ", view->ttl, len);
	if (find_command(payload, len, &command)) {
		name = command_name(command);
		printf("%lu %s", command, name ? name : "-");
	} else {
		printf("- -");
	}
	if (capture->payload)
		printf(" %s", escape(escaped, sizeof(escaped), payload, len, false));
	printf("\n");
}

static bool is_bridge(int fd, const char *name)
{
	struct ethtool_drvinfo info = {.cmd = ETHTOOL_GDRVINFO};
	struct ifreq request;

	memset(&request, 0, sizeof(request));
	memcpy(request.ifr_name, name, strnlen(name, IFNAMSIZ - 1));
	request.ifr_data = (char *)&info;
	return ioctl(fd, SIOCETHTOOL, &request) == 0 && strcmp(info.driver, "bridge") == 0;
}

/* A frame counts where it comes in; at the bridge itself a flooded one would show again. */
static bool is_wanted(const struct capture *capture, const struct sockaddr_ll *where)
{
	char name[IF_NAMESIZE];

	if (where->sll_pkttype == PACKET_OUTGOING)
		return false;
	if (!if_indextoname((unsigned)where->sll_ifindex, name))
		return false;
	if (capture->interface)
		return strcmp(name, capture->interface) == 0;
	return !is_bridge(capture->fd, name);
}

static void arrival(struct msghdr *message, struct timespec *when)
{
	clock_gettime(CLOCK_REALTIME, when);
	for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c))
		if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPNS)
			memcpy(when, CMSG_DATA(c), sizeof(*when));
}

/* Returns false when nothing is left to read. */
static bool read_frame(const struct capture *capture)
{
	static unsigned char frame[FRAME_MAX];
	char control[CMSG_SPACE(sizeof(struct timespec))] __attribute__((aligned(8)));
	struct sockaddr_ll where;
	struct iovec bytes = {frame, sizeof(frame)};
	struct msghdr message = {.msg_name = &where,
	    .msg_namelen = sizeof(where),
	    .msg_iov = &bytes,
	    .msg_iovlen = 1,
	    .msg_control = control,
	    .msg_controllen = sizeof(control)};
	struct timespec when;
	struct view view;
	ssize_t len = recvmsg(capture->fd, &message, MSG_DONTWAIT);

	if (len < 0)
		return errno == EINTR;
	if (!is_wanted(capture, &where))
		return true;
	if (where.sll_protocol == htons(ETHERTYPE_IP) && !view_ipv4(&view, frame, (size_t)len))
		return true;
	if (where.sll_protocol == htons(ETHERTYPE_IPV6) && !view_ipv6(&view, frame, (size_t)len))
		return true;
	if (where.sll_protocol != htons(ETHERTYPE_IP) &&
	    where.sll_protocol != htons(ETHERTYPE_IPV6))
		return true;
	if (view.udp_len < sizeof(struct udphdr))
		return true;
	arrival(&message, &when);
	print_frame(capture, &view, &when);
	return true;
}

static bool open_socket(struct capture *capture)
{
	struct sockaddr_ll all = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL)};
	int size = RECEIVE_BUFFER, on = 1;

	capture->fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (capture->fd < 0)
		return false;
	if (capture->interface && !(all.sll_ifindex = (int)if_nametoindex(capture->interface)))
		return false;
	/* As much as is allowed: an unprivileged capture has the default limit. */
	if (setsockopt(capture->fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0)
		setsockopt(capture->fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	return setsockopt(capture->fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on)) == 0 &&
	       bind(capture->fd, (struct sockaddr *)&all, sizeof(all)) == 0;
}

static bool tell_ready(const struct capture *capture)
{
	int fd;

	fputs("ready\n", stderr);
	if (!capture->ready_file)
		return true;
	fd = open(capture->ready_file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	return fd >= 0 && close(fd) == 0;
}

/* A capture that lost frames proves nothing, so it ends as a failure. */
static int finish(const struct capture *capture)
{
	struct tpacket_stats stats;
	socklen_t len = sizeof(stats);

	if (fflush(stdout) != 0)
		return EXIT_FAILURE;
	if (getsockopt(capture->fd, SOL_PACKET, PACKET_STATISTICS, &stats, &len) < 0)
		return EXIT_FAILURE;
	if (stats.tp_drops == 0)
		return EXIT_SUCCESS;
	fprintf(stderr, "capture: %u frames lost\n", stats.tp_drops);
	return EXIT_FAILURE;
}

/* The signals are open only while we wait, so none comes between a look and the wait. */
static int run(const struct capture *capture, const sigset_t *open_mask)
{
	fd_set readable;

	FD_ZERO(&readable);
	while (!stopping) {
		FD_SET(capture->fd, &readable);
		if (pselect(capture->fd + 1, &readable, NULL, NULL, NULL, open_mask) < 0 &&
		    errno != EINTR) {
			perror("capture: pselect");
			return EXIT_FAILURE;
		}
		while (read_frame(capture))
			;
		fflush(stdout);
	}
	return finish(capture);
}

int main(int argc, char **argv)
{
	struct capture capture = {.fd = -1};
	struct sigaction action = {.sa_handler = on_signal};
	sigset_t blocked, before;
	int option;

	while ((option = getopt(argc, argv, "xi:r:")) != -1) {
		if (option == 'x') {
			capture.payload = true;
		} else if (option == 'i') {
			capture.interface = optarg;
		} else if (option == 'r') {
			capture.ready_file = optarg;
		} else {
			fputs("usage: capture [-x] [-i INTERFACE] [-r READYFILE]\n", stderr);
			return 2;
		}
	}
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGTERM);
	sigaddset(&blocked, SIGINT);
	sigprocmask(SIG_BLOCK, &blocked, &before);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	clock_gettime(CLOCK_REALTIME, &capture.start);
	if (!open_socket(&capture) || !tell_ready(&capture)) {
		perror("capture");
		return EXIT_FAILURE;
	}
	return run(&capture, &before);
}
