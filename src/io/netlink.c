/* The kernel's notices, which are not read but only taken away: see rtnetlink(7). */
#include "io/netlink.h"

#include <errno.h>
#include <event2/event.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define SETTLE_MS 200
#define DRAIN_MAX 1000

struct netlink {
	int fd;
	struct event *notice;
	struct event *settled;
	netlink_changed_fn changed;
	void *context;
};

/* Some were lost (ENOBUFS): no matter, the rest says as much. */
static void drain(int fd)
{
	char byte;

	for (unsigned i = 0; i < DRAIN_MAX; i++) {
		if (recv(fd, &byte, sizeof byte, MSG_DONTWAIT) < 0 && errno != ENOBUFS &&
		    errno != EINTR)
			return;
	}
}

/* The notice stays until then, and with it all that follow within the time. */
static void on_notice(evutil_socket_t fd, short what, void *context)
{
	const struct timeval tv = {.tv_usec = SETTLE_MS * 1000};
	const struct netlink *netlink = context;

	evtimer_add(netlink->settled, &tv);
}

/* Taken away before anybody looks: what changes after the look is a notice again. */
static void on_settled(evutil_socket_t fd, short what, void *context)
{
	const struct netlink *netlink = context;

	drain(netlink->fd);
	event_add(netlink->notice, NULL);
	netlink->changed(netlink->context);
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
		netlink->notice = event_new(base, netlink->fd, EV_READ, on_notice, netlink);
		netlink->settled = evtimer_new(base, on_settled, netlink);
	}
	if (netlink->notice != NULL && netlink->settled != NULL &&
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
	if (netlink->settled != NULL)
		event_free(netlink->settled);
	if (netlink->fd >= 0)
		close(netlink->fd);
	free(netlink);
}
