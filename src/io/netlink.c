/* The kernel's notices, of which only the kind counts: see rtnetlink(7). */
#include "io/netlink.h"

#include <errno.h>
#include <event2/event.h>
#include <linux/rtnetlink.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io/loop.h"
#include "io/rtnetlink.h"

#define SETTLE_MS 200
#define REST_MS 1000
#define REST_TIMES 10 /* as long as the look took, besides: many routes take long */
#define READS_MAX 1000 /* in one turn of the loop */
#define NOTICE_BYTES 32768

struct netlink {
	int fd;
	struct event *notice;
	struct event *timer; /* waits for things to settle, or rests */
	bool wanted;	     /* something of interest has changed since the last look */
	netlink_changed_fn changed;
	void *context;
};

/* Routes to single networks come and go by the thousand where a routing daemon runs. */
static bool is_of_interest(const struct nlmsghdr *message)
{
	const struct rtmsg *route = NLMSG_DATA(message);

	if (message->nlmsg_type != RTM_NEWROUTE && message->nlmsg_type != RTM_DELROUTE)
		return true;
	return message->nlmsg_len < NLMSG_LENGTH(sizeof *route) ||
	    route->rtm_dst_len <= RTNETLINK_WAY_BITS;
}

/* Of one datagram. */
static bool has_interest(const unsigned char *notice, ssize_t bytes)
{
	int left = (int)bytes;

	for (const struct nlmsghdr *m = (const void *)notice; NLMSG_OK(m, left);
	     m = NLMSG_NEXT(m, left)) {
		if (is_of_interest(m))
			return true;
	}
	return false;
}

/* Takes the notices away, and says whether any is of interest; lost ones (ENOBUFS) may be. */
static bool read_notices(int fd)
{
	_Alignas(struct nlmsghdr) unsigned char notice[NOTICE_BYTES];
	bool interest = false;

	for (unsigned i = 0; i < READS_MAX; i++) {
		ssize_t n = recv(fd, notice, sizeof notice, MSG_DONTWAIT);

		if (n >= 0)
			interest = interest || has_interest(notice, n);
		else if (errno == ENOBUFS)
			interest = true;
		else if (errno != EINTR)
			break;
	}
	return interest;
}

static void wait_for(const struct netlink *netlink, int64_t ms)
{
	const struct timeval tv = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};

	evtimer_add(netlink->timer, &tv);
}

static void on_notice(evutil_socket_t fd, short what, void *context)
{
	struct netlink *netlink = context;

	if (!read_notices(netlink->fd))
		return;
	netlink->wanted = true;
	if (!evtimer_pending(netlink->timer, NULL))
		wait_for(netlink, SETTLE_MS);
}

/* Taken away before anybody looks: what changes after the look is a notice again. */
static void on_timer(evutil_socket_t fd, short what, void *context)
{
	struct netlink *netlink = context;
	int64_t began = loop_now();

	if (!read_notices(netlink->fd) && !netlink->wanted)
		return;
	netlink->wanted = false;
	netlink->changed(netlink->context);
	wait_for(netlink, REST_MS + REST_TIMES * (loop_now() - began));
}

static int open_socket(void)
{
	const struct sockaddr_nl groups = {
	    .nl_family = AF_NETLINK,
	    .nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR |
		RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE,
	};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	if (fd >= 0 && bind(fd, (const struct sockaddr *)&groups, sizeof groups) != 0) {
		int error = errno;

		close(fd);
		errno = error;
		return -1;
	}
	return fd;
}

struct netlink *netlink_watch(struct event_base *base, netlink_changed_fn changed, void *context)
{
	struct netlink *netlink = calloc(1, sizeof *netlink);

	if (netlink == NULL)
		return NULL;
	*netlink = (struct netlink){.fd = open_socket(), .changed = changed, .context = context};
	if (netlink->fd >= 0) {
		netlink->notice =
		    event_new(base, netlink->fd, EV_READ | EV_PERSIST, on_notice, netlink);
		netlink->timer = evtimer_new(base, on_timer, netlink);
	}
	if (netlink->notice != NULL && netlink->timer != NULL &&
	    event_add(netlink->notice, NULL) == 0)
		return netlink;
	int error = netlink->fd < 0 ? errno : ENOMEM;

	netlink_free(netlink);
	errno = error;
	return NULL;
}

void netlink_free(struct netlink *netlink)
{
	if (netlink == NULL)
		return;
	if (netlink->notice != NULL)
		event_free(netlink->notice);
	if (netlink->timer != NULL)
		event_free(netlink->timer);
	if (netlink->fd >= 0)
		close(netlink->fd);
	free(netlink);
}
