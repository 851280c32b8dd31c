/* recvmmsg and sendmmsg around the sockets, and the numbering of local addresses. */
#include "io/udp.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "io/locals.h"
#include "io/loop.h"
#include "io/udp_fd.h"

#define SOCKETS_MAX 32
#define READ_BATCH 32
#define BATCHES_PER_TURN 8 /* then other events get their turn */
#define GROUP_HOPS 4	   /* routers that may pass on what goes to a group of a whole site */

/* Room for the local address and the TTL of one datagram. */
#define CONTROL_BYTES (CMSG_SPACE(sizeof(struct in6_pktinfo)) + CMSG_SPACE(sizeof(int)))

struct udp_socket {
	struct udp *udp;
	int fd;
	bool wildcard;
	uint32_t dropped_before; /* of udp_fd_dropped(): when it was not ours yet */
	struct endpoint at;
	struct event *event;
};

struct read_batch {
	struct mmsghdr msgs[READ_BATCH];
	struct iovec iov[READ_BATCH];
	struct sockaddr_storage from[READ_BATCH];
	_Alignas(struct cmsghdr) unsigned char control[READ_BATCH][CONTROL_BYTES];
};

struct send_batch {
	struct mmsghdr msgs[BATCH_ITEMS];
	struct iovec iov[BATCH_ITEMS];
	struct sockaddr_storage to[BATCH_ITEMS];
	_Alignas(struct cmsghdr) unsigned char control[BATCH_ITEMS][CONTROL_BYTES];
};

struct udp {
	struct udp_options options;
	struct udp_counts counts;
	struct udp_socket sockets[SOCKETS_MAX];
	size_t socket_count;
	struct locals locals;
	unsigned char *room;
	/* here, since a stack that is cleared for them would cost more than a small batch */
	struct read_batch reading;
	struct send_batch sending;
};

struct udp *udp_new(const struct udp_options *options)
{
	struct udp *udp = calloc(1, sizeof *udp);

	if (udp == NULL)
		return NULL;
	udp->options = *options;
	udp->locals.count = SOCKETS_MAX; /* kept for those, whenever they are opened */
	udp->room = malloc(READ_BATCH * options->datagram_max);
	if (udp->room == NULL) {
		free(udp);
		return NULL;
	}
	return udp;
}

void udp_free(struct udp *udp)
{
	if (udp == NULL)
		return;
	for (size_t i = 0; i < udp->socket_count; i++) {
		if (udp->sockets[i].event != NULL)
			event_free(udp->sockets[i].event);
		close(udp->sockets[i].fd);
	}
	free(udp->room);
	free(udp);
}

/* Takes the open socket into the table; `at` is where it is bound. */
static void add_socket(struct udp *udp, int fd, const struct endpoint *at)
{
	/* the number of a socket is that of its bound address too */
	udp->locals.all[udp->socket_count] =
	    (struct local){.socket = (uint8_t)udp->socket_count, .at = *at};
	udp->sockets[udp->socket_count++] = (struct udp_socket){
	    .udp = udp,
	    .fd = fd,
	    .wildcard = udp_fd_wildcard(at),
	    .dropped_before = udp_fd_dropped(fd),
	    .at = *at,
	};
}

static bool has_room(const struct udp *udp, char why[UDP_WHY_MAX])
{
	if (udp->socket_count < SOCKETS_MAX)
		return true;
	snprintf(why, UDP_WHY_MAX, "more than %d sockets", SOCKETS_MAX);
	return false;
}

int udp_bind(struct udp *udp, const struct endpoint *at, char why[UDP_WHY_MAX])
{
	struct endpoint bound = *at;
	char text[ENDPOINT_TEXT_MAX];
	int fd;

	if (!has_room(udp, why))
		return -1;
	fd = udp_fd_open(at, udp->options.receive_buffer);
	if (fd < 0) {
		int error = errno;

		snprintf(why, UDP_WHY_MAX, "%s: %s", endpoint_format(at, text), strerror(error));
		errno = error;
		return -1;
	}
	udp_fd_bound(fd, &bound);
	add_socket(udp, fd, &bound);
	return 0;
}

int udp_adopt(struct udp *udp, int fd, char why[UDP_WHY_MAX])
{
	struct endpoint at = {0};
	const char *wrong;
	int flags;

	if (!has_room(udp, why))
		return -1;
	wrong = udp_fd_unfit(fd, &at);
	if (wrong != NULL) {
		snprintf(why, UDP_WHY_MAX, "%s", wrong);
		return -1;
	}
	flags = fcntl(fd, F_GETFL);
	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0 ||
	    fcntl(fd, F_SETFD, FD_CLOEXEC) != 0 || udp_fd_packet_info(fd, at.family) != 0) {
		snprintf(why, UDP_WHY_MAX, "%s", strerror(errno));
		return -1;
	}
	udp_fd_raise_buffer(fd, &at, udp->options.receive_buffer);
	add_socket(udp, fd, &at);
	return 0;
}

bool udp_bound(const struct udp *udp, size_t i, struct endpoint *at)
{
	if (i >= udp->socket_count)
		return false;
	*at = udp->sockets[i].at;
	return true;
}

/* Where a datagram arrived. */
struct target {
	struct endpoint at; /* the address to answer from, with the socket's port */
	unsigned interface; /* IPv6: by which it came */
	bool many;	    /* it was sent to a broadcast address or a group */
};

static void read_target4(struct target *target, const struct cmsghdr *c)
{
	struct in_pktinfo info;

	memcpy(&info, CMSG_DATA(c), sizeof info);
	memcpy(target->at.address, &info.ipi_spec_dst, 4);
	/* the kernel names one of our own addresses when that in the header is none */
	target->many = info.ipi_addr.s_addr != info.ipi_spec_dst.s_addr;
}

static void read_target6(struct target *target, const struct cmsghdr *c)
{
	struct in6_pktinfo info;

	memcpy(&info, CMSG_DATA(c), sizeof info);
	memcpy(target->at.address, &info.ipi6_addr, 16);
	target->interface = info.ipi6_ifindex;
	target->many = locals_is_group(&target->at);
	if (target->many)
		memset(target->at.address, 0, 16);
}

static struct target read_target(const struct udp_socket *s, struct msghdr *msg)
{
	struct target target = {.at = s->at};

	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c != NULL; c = CMSG_NXTHDR(msg, c)) {
		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO)
			read_target4(&target, c);
		else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO)
			read_target6(&target, c);
	}
	return target;
}

/* Answers to a group leave from our address on that link, or one that the kernel chooses there. */
static uint16_t number_target(struct udp *udp, size_t socket, const struct target *target,
    const struct endpoint *remote)
{
	bool zoned = locals_needs_zone(remote) || locals_needs_zone(&target->at);
	uint16_t number;

	if (target->many && target->interface != 0) {
		if (locals_find_link(&udp->locals, socket, target->interface, &number))
			return number;
		zoned = true;
	}
	return locals_number(&udp->locals, socket, &target->at, zoned ? target->interface : 0);
}

static void prepare(struct udp *udp, struct read_batch *batch, bool control)
{
	size_t max = udp->options.datagram_max;

	for (size_t i = 0; i < READ_BATCH; i++) {
		batch->iov[i] = (struct iovec){udp->room + i * max, max};
		batch->msgs[i].msg_hdr = (struct msghdr){
		    .msg_name = &batch->from[i],
		    .msg_namelen = sizeof batch->from[i],
		    .msg_iov = &batch->iov[i],
		    .msg_iovlen = 1,
		    .msg_control = control ? batch->control[i] : NULL,
		    .msg_controllen = control ? CONTROL_BYTES : 0,
		};
	}
}

static void deliver(struct udp_socket *s, struct mmsghdr *m, int64_t now, int64_t wall)
{
	struct udp *udp = s->udp;
	struct msghdr *msg = &m->msg_hdr;
	size_t socket = (size_t)(s - udp->sockets);
	struct arrival arrival = {
	    .bytes = span_of(msg->msg_iov->iov_base, m->msg_len),
	    .local = (uint16_t)socket,
	    .now = now,
	    .wall = wall,
	};

	udp->counts.received++;
	if ((msg->msg_flags & MSG_TRUNC) != 0) {
		udp->counts.too_long++;
		return;
	}
	if (!endpoint_from_sockaddr(&arrival.remote, msg->msg_name, msg->msg_namelen))
		return;
	if (s->wildcard) {
		struct target target = read_target(s, msg);

		arrival.to_many = target.many;
		arrival.local = number_target(udp, socket, &target, &arrival.remote);
	}
	udp->options.receive(udp->options.context, &arrival);
}

static void on_readable(evutil_socket_t fd, short what, void *context)
{
	struct udp_socket *s = context;
	struct read_batch *batch = &s->udp->reading;
	int n = READ_BATCH;

	for (int turn = 0; turn < BATCHES_PER_TURN && n == READ_BATCH; turn++) {
		prepare(s->udp, batch, s->wildcard);
		n = recvmmsg(fd, batch->msgs, READ_BATCH, MSG_DONTWAIT, NULL);
		if (n < 0) {
			/* an ICMP error of an earlier datagram, or nothing there: not ours to end for */
			if (errno != EAGAIN && errno != EINTR)
				log_debug("recvmmsg: %s", strerror(errno));
			break;
		}
		int64_t now = loop_now(), wall = loop_wall();

		for (int i = 0; i < n; i++)
			deliver(s, &batch->msgs[i], now, wall);
		s->udp->options.idle(s->udp->options.context);
	}
}

int udp_start(struct udp *udp, struct event_base *base)
{
	for (size_t i = 0; i < udp->socket_count; i++) {
		struct udp_socket *s = &udp->sockets[i];

		if (s->event != NULL)
			continue;
		s->event = event_new(base, s->fd, EV_READ | EV_PERSIST, on_readable, s);
		if (s->event == NULL || event_add(s->event, NULL) != 0)
			return -1;
	}
	return 0;
}

static struct cmsghdr *add_control(struct msghdr *msg, int level, int type, const void *data,
    size_t len)
{
	struct cmsghdr *c = (struct cmsghdr *)((unsigned char *)msg->msg_control + msg->msg_controllen);

	c->cmsg_level = level;
	c->cmsg_type = type;
	c->cmsg_len = CMSG_LEN(len);
	memcpy(CMSG_DATA(c), data, len);
	msg->msg_controllen += CMSG_SPACE(len);
	return c;
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

static void fill(const struct udp *udp, struct send_batch *batch, size_t i,
    const struct datagram *item)
{
	const struct local *local = &udp->locals.all[item->local];
	unsigned interface = locals_leaves_by(local, &item->remote);
	struct msghdr *msg = &batch->msgs[i].msg_hdr;

	batch->iov[i] = (struct iovec){(void *)(uintptr_t)item->data, item->len};
	memset(batch->control[i], 0, CONTROL_BYTES);
	*msg = (struct msghdr){
	    .msg_name = &batch->to[i],
	    .msg_namelen = endpoint_to_sockaddr(&item->remote, &batch->to[i]),
	    .msg_iov = &batch->iov[i],
	    .msg_iovlen = 1,
	    .msg_control = batch->control[i],
	};
	if (udp->sockets[local->socket].wildcard && (interface != 0 || !udp_fd_wildcard(&local->at)))
		add_source(msg, &local->at, interface);
	if (hops(item) != 0)
		add_ttl(msg, item->remote.family, hops(item));
	if (msg->msg_controllen == 0)
		msg->msg_control = NULL;
}

/* Sends a run of datagrams that leave from one socket. */
static void send_run(struct udp *udp, int fd, struct mmsghdr *msgs, size_t count)
{
	while (count > 0) {
		int n = sendmmsg(fd, msgs, (unsigned)count, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			log_debug("sendmmsg: %s", strerror(errno));
			udp->counts.unsent++;
			n = 1;
		} else {
			udp->counts.sent += (uint64_t)n;
		}
		msgs += n;
		count -= (size_t)n;
	}
}

static bool is_broadcast(const struct udp *udp, const struct datagram *item)
{
	return locals_is_broadcast(&udp->locals.all[item->local], &item->remote);
}

/* Nobody else shall lead us into it: the kernel lets us only for as long as this. */
static void send_broadcasts(struct udp *udp, int fd, struct mmsghdr *msgs, size_t count)
{
	udp_fd_set(fd, SOL_SOCKET, SO_BROADCAST, 1);
	send_run(udp, fd, msgs, count);
	udp_fd_set(fd, SOL_SOCKET, SO_BROADCAST, 0);
}

void udp_send(struct batch *out, void *context)
{
	struct udp *udp = context;
	struct send_batch *batch = &udp->sending;
	size_t start = 0;

	for (size_t i = 0; i < out->count; i++)
		fill(udp, batch, i, &out->items[i]);
	for (size_t i = 1; i <= out->count; i++) {
		uint8_t socket = udp->locals.all[out->items[start].local].socket;
		bool broadcast = is_broadcast(udp, &out->items[start]);

		if (i < out->count && udp->locals.all[out->items[i].local].socket == socket &&
		    is_broadcast(udp, &out->items[i]) == broadcast)
			continue;
		(broadcast ? send_broadcasts : send_run)(udp, udp->sockets[socket].fd,
		    batch->msgs + start, i - start);
		start = i;
	}
}

void udp_local(const struct udp *udp, uint16_t local, struct endpoint *at)
{
	*at = udp->locals.all[local].at;
}

/* The one bound to that very address, else one that takes all of the family at that port. */
static bool find_serving(const struct udp *udp, const struct endpoint *at, size_t *socket)
{
	for (size_t i = 0; i < udp->socket_count; i++) {
		if (endpoint_equal(&udp->sockets[i].at, at)) {
			*socket = i;
			return true;
		}
	}
	for (size_t i = 0; i < udp->socket_count; i++) {
		const struct udp_socket *s = &udp->sockets[i];

		if (s->wildcard && s->at.family == at->family && s->at.port == at->port) {
			*socket = i;
			return true;
		}
	}
	return false;
}

bool udp_number(struct udp *udp, const struct endpoint *at, uint16_t *local)
{
	size_t socket;

	if (!find_serving(udp, at, &socket) || !udp_fd_host_has(at))
		return false;
	*local = locals_number(&udp->locals, socket, at, 0);
	return true;
}

bool udp_number_link(struct udp *udp, const struct endpoint *at, unsigned interface,
    const struct endpoint *broadcast, uint16_t *local)
{
	size_t socket;

	if (!find_serving(udp, at, &socket))
		return false;
	*local = locals_number_link(&udp->locals, socket, at, interface, broadcast);
	return true;
}

static int set_membership(const struct udp *udp, size_t i, int option,
    const struct endpoint *group, unsigned interface)
{
	struct ipv6_mreq request = {.ipv6mr_interface = interface};

	if (i >= udp->socket_count || udp->sockets[i].at.family != FAMILY_IP6)
		return -1;
	memcpy(&request.ipv6mr_multiaddr, group->address, 16);
	return setsockopt(udp->sockets[i].fd, IPPROTO_IPV6, option, &request, sizeof request);
}

bool udp_join(struct udp *udp, size_t i, const struct endpoint *group, unsigned interface)
{
	return set_membership(udp, i, IPV6_JOIN_GROUP, group, interface) == 0 ||
	    errno == EADDRINUSE;
}

void udp_leave(struct udp *udp, size_t i, const struct endpoint *group, unsigned interface)
{
	set_membership(udp, i, IPV6_LEAVE_GROUP, group, interface);
}

void udp_count(const struct udp *udp, struct udp_counts *counts)
{
	*counts = udp->counts;
	for (size_t i = 0; i < udp->socket_count; i++) {
		const struct udp_socket *s = &udp->sockets[i];

		counts->kernel_dropped += (uint32_t)(udp_fd_dropped(s->fd) - s->dropped_before);
	}
}
