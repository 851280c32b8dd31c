/* recvmmsg and sendmmsg around the sockets, and the numbering of local addresses. */
#include "io/udp.h"

#include <errno.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "io/loop.h"

#define SOCKETS_MAX 32
#define LOCALS_MAX 1024
#define READ_BATCH 32
#define BATCHES_PER_TURN 8 /* then other events get their turn */

/* Room for the local address and the TTL of one datagram. */
#define CONTROL_BYTES (CMSG_SPACE(sizeof(struct in6_pktinfo)) + CMSG_SPACE(sizeof(int)))

struct udp_socket {
	struct udp *udp;
	int fd;
	bool wildcard;
	struct endpoint at;
	struct event *event;
};

/* A local address that something was sent to; its place in the table is its number. */
struct local {
	uint8_t socket;
	struct endpoint at;
};

struct udp {
	struct udp_options options;
	struct udp_counts counts;
	struct udp_socket sockets[SOCKETS_MAX];
	size_t socket_count;
	struct local locals[LOCALS_MAX];
	size_t local_count;
	size_t last_local; /* the one met last, most likely the next too */
	unsigned char *room;
};

struct udp *udp_new(const struct udp_options *options)
{
	struct udp *udp = calloc(1, sizeof *udp);

	if (udp == NULL)
		return NULL;
	udp->options = *options;
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

static bool is_wildcard(const struct endpoint *at)
{
	static const uint8_t zero[16];

	return memcmp(at->address, zero, sizeof zero) == 0;
}

static int set(int fd, int level, int name, int value)
{
	return setsockopt(fd, level, name, &value, sizeof value);
}

static void set_receive_buffer(int fd, size_t bytes)
{
	int size = (int)bytes;

	/* beyond net.core.rmem_max only with CAP_NET_ADMIN */
	if (set(fd, SOL_SOCKET, SO_RCVBUFFORCE, size) != 0)
		set(fd, SOL_SOCKET, SO_RCVBUF, size);
}

static int open_socket(const struct endpoint *at, size_t receive_buffer)
{
	struct sockaddr_storage ss;
	socklen_t len = endpoint_to_sockaddr(at, &ss);
	int fd = socket(ss.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_UDP);
	int failed;

	if (fd < 0)
		return -1;
	if (at->family == FAMILY_IP4)
		failed = set(fd, IPPROTO_IP, IP_PKTINFO, 1);
	else
		failed = set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1) |
		    set(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
	set_receive_buffer(fd, receive_buffer);
	if (failed == 0 && bind(fd, (struct sockaddr *)&ss, len) == 0)
		return fd;
	int error = errno;

	close(fd);
	errno = error;
	return -1;
}

static uint16_t number_local(struct udp *udp, size_t socket, const struct endpoint *at)
{
	const struct local *last = &udp->locals[udp->last_local];

	if (udp->local_count > 0 && last->socket == socket && endpoint_equal(&last->at, at))
		return (uint16_t)udp->last_local;
	for (size_t i = 0; i < udp->local_count; i++) {
		if (udp->locals[i].socket == socket && endpoint_equal(&udp->locals[i].at, at)) {
			udp->last_local = i;
			return (uint16_t)i;
		}
	}
	/* a full table gives the socket's own number: the kernel chooses the address then */
	if (udp->local_count == LOCALS_MAX)
		return (uint16_t)socket;
	udp->locals[udp->local_count] = (struct local){(uint8_t)socket, *at};
	udp->last_local = udp->local_count;
	return (uint16_t)udp->local_count++;
}

int udp_bind(struct udp *udp, const struct endpoint *at, char why[UDP_WHY_MAX])
{
	struct udp_socket *s = &udp->sockets[udp->socket_count];
	char text[ENDPOINT_TEXT_MAX];
	struct sockaddr_storage ss;
	socklen_t len = sizeof ss;

	if (udp->socket_count == SOCKETS_MAX) {
		snprintf(why, UDP_WHY_MAX, "more than %d sockets", SOCKETS_MAX);
		return -1;
	}
	s->fd = open_socket(at, udp->options.receive_buffer);
	if (s->fd < 0) {
		snprintf(why, UDP_WHY_MAX, "%s: %s", endpoint_format(at, text), strerror(errno));
		return -1;
	}
	s->udp = udp;
	s->wildcard = is_wildcard(at);
	s->at = *at;
	if (getsockname(s->fd, (struct sockaddr *)&ss, &len) == 0)
		endpoint_from_sockaddr(&s->at, (struct sockaddr *)&ss, len);
	/* so that the number of a socket is that of its bound address too */
	udp->locals[udp->local_count++] = (struct local){(uint8_t)udp->socket_count, s->at};
	udp->socket_count++;
	return 0;
}

bool udp_bound(const struct udp *udp, size_t i, struct endpoint *at)
{
	if (i >= udp->socket_count)
		return false;
	*at = udp->sockets[i].at;
	return true;
}

/* The address the datagram was sent to, with the socket's port. */
static struct endpoint destination(const struct udp_socket *s, struct msghdr *msg)
{
	struct endpoint at = s->at;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c != NULL; c = CMSG_NXTHDR(msg, c)) {
		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
			struct in_pktinfo info;

			memcpy(&info, CMSG_DATA(c), sizeof info);
			memcpy(at.address, &info.ipi_spec_dst, 4);
		} else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
			struct in6_pktinfo info;

			memcpy(&info, CMSG_DATA(c), sizeof info);
			memcpy(at.address, &info.ipi6_addr, 16);
		}
	}
	return at;
}

struct read_batch {
	struct mmsghdr msgs[READ_BATCH];
	struct iovec iov[READ_BATCH];
	struct sockaddr_storage from[READ_BATCH];
	_Alignas(struct cmsghdr) unsigned char control[READ_BATCH][CONTROL_BYTES];
};

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
		struct endpoint at = destination(s, msg);

		arrival.local = number_local(udp, socket, &at);
	}
	udp->options.receive(udp->options.context, &arrival);
}

static void on_readable(evutil_socket_t fd, short what, void *context)
{
	struct udp_socket *s = context;
	struct read_batch batch;
	int n = READ_BATCH;

	for (int turn = 0; turn < BATCHES_PER_TURN && n == READ_BATCH; turn++) {
		prepare(s->udp, &batch, s->wildcard);
		n = recvmmsg(fd, batch.msgs, READ_BATCH, MSG_DONTWAIT, NULL);
		if (n < 0) {
			/* an ICMP error of an earlier datagram, or nothing there: not ours to end for */
			if (errno != EAGAIN && errno != EINTR)
				log_debug("recvmmsg: %s", strerror(errno));
			break;
		}
		int64_t now = loop_now(), wall = loop_wall();

		for (int i = 0; i < n; i++)
			deliver(s, &batch.msgs[i], now, wall);
		s->udp->options.idle(s->udp->options.context);
	}
}

int udp_start(struct udp *udp, struct event_base *base)
{
	for (size_t i = 0; i < udp->socket_count; i++) {
		struct udp_socket *s = &udp->sockets[i];

		s->event = event_new(base, s->fd, EV_READ | EV_PERSIST, on_readable, s);
		if (s->event == NULL || event_add(s->event, NULL) != 0)
			return -1;
	}
	return 0;
}

struct send_batch {
	struct mmsghdr msgs[BATCH_ITEMS];
	struct iovec iov[BATCH_ITEMS];
	struct sockaddr_storage to[BATCH_ITEMS];
	_Alignas(struct cmsghdr) unsigned char control[BATCH_ITEMS][CONTROL_BYTES];
};

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

static void add_source(struct msghdr *msg, const struct endpoint *from)
{
	if (from->family == FAMILY_IP4) {
		struct in_pktinfo info = {0};

		memcpy(&info.ipi_spec_dst, from->address, 4);
		add_control(msg, IPPROTO_IP, IP_PKTINFO, &info, sizeof info);
	} else {
		struct in6_pktinfo info = {0};

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

static void fill(const struct udp *udp, struct send_batch *batch, size_t i,
    const struct datagram *item)
{
	const struct local *local = &udp->locals[item->local];
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
	if (udp->sockets[local->socket].wildcard && !is_wildcard(&local->at))
		add_source(msg, &local->at);
	if (item->ttl != 0)
		add_ttl(msg, item->remote.family, item->ttl);
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

void udp_send(struct batch *out, void *context)
{
	struct udp *udp = context;
	struct send_batch batch;
	size_t start = 0;

	for (size_t i = 0; i < out->count; i++)
		fill(udp, &batch, i, &out->items[i]);
	for (size_t i = 1; i <= out->count; i++) {
		uint8_t socket = udp->locals[out->items[start].local].socket;

		if (i < out->count && udp->locals[out->items[i].local].socket == socket)
			continue;
		send_run(udp, udp->sockets[socket].fd, batch.msgs + start, i - start);
		start = i;
	}
}

void udp_local(const struct udp *udp, uint16_t local, struct endpoint *at)
{
	*at = udp->locals[local].at;
}

void udp_count(const struct udp *udp, struct udp_counts *counts)
{
	*counts = udp->counts;
}
