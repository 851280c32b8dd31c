/*
 * As traceroute does it, without privileges: low TTLs one after the other, and the ICMP errors that
 * the kernel hands to the socket they belong to (IP_RECVERR). It ends at the first public router,
 * so in most places two packets do, and none gets far.
 */
#include "io/hops.h"

#include <errno.h>
#include <event2/event.h>
#include <linux/errqueue.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io/udp_fd.h"

#define WAIT_MS 200 /* for one router */
#define READS_PER_TURN 16

/*
 * BR_NOP, the packet number being the TTL: where one arrives after all, every IP Messenger takes it
 * and does nothing.
 */
#define PACKET_FORMAT "1:%1d:-:-:0:"
#define PACKET_MAX 16

enum found { FOUND_NOTHING, FOUND_PRIVATE, FOUND_END };

struct hops {
	int fd; /* -1: none */
	struct event *event;
	struct event *timeout;
	int ttl; /* of the last one sent */
	enum found found[HOPS_MAX]; /* the first by a TTL of 1 */
	hops_fn done;
	void *context;
};

static int result(const struct hops *hops)
{
	int count = HOPS_UNKNOWN;

	for (int i = 0; i < HOPS_MAX; i++) {
		if (hops->found[i] == FOUND_PRIVATE)
			count = i + 1;
		else if (hops->found[i] == FOUND_END)
			return count == HOPS_UNKNOWN ? 0 : count;
	}
	return count;
}

static void finish(struct hops *hops)
{
	hops_fn done = hops->done;
	void *context = hops->context;
	int count = result(hops);

	hops_cancel(hops);
	done(count, context);
}

/* What the kernel does not want to send does not come back either, and is waited for as long. */
static void send_next(struct hops *hops)
{
	const struct timeval wait = {.tv_usec = WAIT_MS * 1000};
	char packet[PACKET_MAX];
	int len = snprintf(packet, sizeof packet, PACKET_FORMAT, ++hops->ttl);

	evtimer_add(hops->timeout, &wait);
	if (udp_fd_set(hops->fd, IPPROTO_IP, IP_TTL, hops->ttl) == 0)
		(void)!send(hops->fd, packet, (size_t)len, MSG_NOSIGNAL);
}

static void go_on(struct hops *hops)
{
	if (hops->ttl == HOPS_MAX || hops->found[hops->ttl - 1] == FOUND_END)
		finish(hops);
	else
		send_next(hops);
}

/* One that keeps silent behind a private one may be the last: what follows would arrive. */
static void on_timeout(evutil_socket_t fd, short what, void *context)
{
	struct hops *hops = context;

	if (result(hops) > 0)
		finish(hops);
	else
		go_on(hops);
}

/* Whoever else wants to say something about the packet is no router on its way. */
static enum found judge(const struct sock_extended_err *error)
{
	const struct sockaddr *offender = SO_EE_OFFENDER(error);
	struct endpoint router;

	if (error->ee_origin != SO_EE_ORIGIN_ICMP)
		return FOUND_NOTHING;
	if (error->ee_type == ICMP_DEST_UNREACH)
		return FOUND_END;
	if (error->ee_type != ICMP_TIME_EXCEEDED ||
	    !endpoint_from_sockaddr(&router, offender, sizeof(struct sockaddr_in)))
		return FOUND_NOTHING;
	router.port = 1; /* a scope is that of an endpoint */
	return endpoint_scope(&router) == SCOPE_PRIVATE ? FOUND_PRIVATE : FOUND_END;
}

/* Of which packet it is. Many a router quotes too little to tell: then of the last one. */
static int find_ttl(const struct hops *hops, const char *quoted)
{
	int ttl;

	return sscanf(quoted, PACKET_FORMAT, &ttl) == 1 && ttl >= 1 && ttl <= hops->ttl ? ttl
											 : hops->ttl;
}

/* False when there is no error (any more). */
static bool read_error(struct hops *hops)
{
	_Alignas(struct cmsghdr) unsigned char control[256];
	char quoted[PACKET_MAX] = "";
	struct iovec iov = {quoted, sizeof quoted - 1};
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control,
	    .msg_controllen = sizeof control};

	if (recvmsg(hops->fd, &msg, MSG_ERRQUEUE | MSG_DONTWAIT) < 0)
		return false;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&msg); c != NULL; c = CMSG_NXTHDR(&msg, c)) {
		enum found *found = &hops->found[find_ttl(hops, quoted) - 1];

		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_RECVERR &&
		    c->cmsg_len >= CMSG_LEN(sizeof(struct sock_extended_err) +
				       sizeof(struct sockaddr_in)) &&
		    *found == FOUND_NOTHING)
			*found = judge((const struct sock_extended_err *)CMSG_DATA(c));
	}
	return true;
}

/* An error makes the socket readable; so does a datagram, which is not for us. */
static void on_readable(evutil_socket_t fd, short what, void *context)
{
	struct hops *hops = context;
	char byte;

	for (int i = 0; i < READS_PER_TURN && read_error(hops); i++)
		;
	for (int i = 0; i < READS_PER_TURN && recv(fd, &byte, 1, MSG_DONTWAIT) >= 0; i++)
		;
	if (hops->found[hops->ttl - 1] != FOUND_NOTHING)
		go_on(hops);
}

/* Connected: what others say of other packets the kernel does not hand to it. */
static bool open_socket(struct hops *hops, const struct endpoint *to)
{
	struct sockaddr_storage ss;
	socklen_t len = endpoint_to_sockaddr(to, &ss);

	hops->fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_UDP);
	return hops->fd >= 0 && udp_fd_set(hops->fd, IPPROTO_IP, IP_RECVERR, 1) == 0 &&
	    connect(hops->fd, (struct sockaddr *)&ss, len) == 0;
}

static bool open_events(struct hops *hops, struct event_base *base)
{
	hops->event = event_new(base, hops->fd, EV_READ | EV_PERSIST, on_readable, hops);
	hops->timeout = evtimer_new(base, on_timeout, hops);
	if (hops->event != NULL && hops->timeout != NULL && event_add(hops->event, NULL) == 0)
		return true;
	errno = ENOMEM;
	return false;
}

struct hops *hops_search(struct event_base *base, const struct endpoint *to, hops_fn done,
    void *context)
{
	struct hops *hops;

	if (to->family != FAMILY_IP4) {
		errno = EAFNOSUPPORT;
		return NULL;
	}
	hops = calloc(1, sizeof *hops);
	if (hops == NULL)
		return NULL;
	hops->done = done;
	hops->context = context;
	if (!open_socket(hops, to) || !open_events(hops, base)) {
		int error = errno;

		hops_cancel(hops);
		errno = error;
		return NULL;
	}
	send_next(hops);
	return hops;
}

void hops_cancel(struct hops *hops)
{
	if (hops == NULL)
		return;
	if (hops->event != NULL)
		event_free(hops->event);
	if (hops->timeout != NULL)
		event_free(hops->timeout);
	if (hops->fd >= 0)
		close(hops->fd);
	free(hops);
}
