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
#include "io/udp_fill.h"
#include "io/udp_target.h"

#define SOCKETS_MAX 32
#define SLOTS (SOCKETS_MAX + UDP_OPEN_MAX) /* first those that stay, then those that come and go */
#define READ_BATCH 32
#define IP6_LEAST_MTU 1280 /* of any link (RFC 8200) */
#define BATCHES_PER_TURN 8 /* then other events get their turn */

struct udp_socket {
	struct udp *udp;
	int fd; /* -1: none */
	uint64_t serial; /* tells it from another in the same place */
	bool wildcard;
	uint32_t dropped_before; /* of udp_fd_dropped(): when it was not ours yet */
	struct endpoint at;
	struct event *event;
	/* what the last IPv4 datagram was sent to, most likely where the next one comes too */
	struct in_pktinfo met;
	uint16_t met_local;
	bool met_many;
	bool has_met;
};

struct read_batch {
	size_t written; /* the headers at the front that the kernel has written to */
	bool control;	/* the others are set up to take where a datagram was sent to */
	struct mmsghdr msgs[READ_BATCH];
	struct iovec iov[READ_BATCH];
	struct sockaddr_storage from[READ_BATCH];
	_Alignas(struct cmsghdr) unsigned char control_room[READ_BATCH][UDP_CONTROL_BYTES];
};

struct udp {
	struct udp_options options;
	struct udp_counts counts;
	struct event_base *base; /* NULL: none is read yet */
	struct udp_socket sockets[SLOTS];
	size_t socket_count; /* of those that stay */
	size_t last_opened;
	uint64_t serial;
	struct locals locals;
	unsigned char *room;
	/* here, since a stack that is cleared for them would cost more than a small batch */
	struct read_batch reading;
	struct arrival arrivals[READ_BATCH];
	struct udp_out sending;
};

static void set_up_reading(struct udp *udp)
{
	struct read_batch *batch = &udp->reading;
	size_t max = udp->options.datagram_max;

	for (size_t i = 0; i < READ_BATCH; i++) {
		batch->iov[i] = (struct iovec){udp->room + i * max, max};
		batch->msgs[i].msg_hdr = (struct msghdr){
		    .msg_name = &batch->from[i],
		    .msg_iov = &batch->iov[i],
		    .msg_iovlen = 1,
		};
	}
	batch->written = READ_BATCH;
}

struct udp *udp_new(const struct udp_options *options)
{
	struct udp *udp = calloc(1, sizeof *udp);

	if (udp == NULL)
		return NULL;
	udp->options = *options;
	udp->locals.count = SLOTS; /* kept for those, whenever they are opened */
	udp->last_opened = SLOTS - 1;
	for (size_t i = 0; i < SLOTS; i++)
		udp->sockets[i].fd = -1;
	udp->room = malloc(READ_BATCH * options->datagram_max);
	if (udp->room == NULL) {
		free(udp);
		return NULL;
	}
	set_up_reading(udp);
	udp_fill_init(&udp->sending);
	return udp;
}

static void close_socket(struct udp *udp, size_t i)
{
	struct udp_socket *s = &udp->sockets[i];

	if (s->event != NULL)
		event_free(s->event);
	if (s->fd >= 0)
		close(s->fd);
	*s = (struct udp_socket){.fd = -1};
}

void udp_free(struct udp *udp)
{
	if (udp == NULL)
		return;
	for (size_t i = 0; i < SLOTS; i++)
		close_socket(udp, i);
	free(udp->room);
	free(udp);
}

/*
 * What is long is cut up, in IPv4 also by routers: a message that has to be found too long for
 * some link first would come late, or never where nobody tells.
 */
static void set_cutting(const struct udp *udp, int fd, enum family family)
{
	if (family == FAMILY_IP6 && !udp->options.whole)
		udp_fd_set(fd, IPPROTO_IPV6, IPV6_MTU, IP6_LEAST_MTU);
	else if (family == FAMILY_IP4)
		udp_fd_set(fd, IPPROTO_IP, IP_MTU_DISCOVER,
		    udp->options.whole ? IP_PMTUDISC_PROBE : IP_PMTUDISC_DONT);
}

/* Takes the open socket into the table; `at` is where it is bound. */
static void set_socket(struct udp *udp, size_t i, int fd, const struct endpoint *at)
{
	set_cutting(udp, fd, at->family);
	/* the number of a socket is that of its bound address too */
	udp->locals.all[i] = (struct local){.socket = (uint8_t)i, .at = *at};
	udp->sockets[i] = (struct udp_socket){
	    .udp = udp,
	    .fd = fd,
	    .serial = ++udp->serial,
	    .wildcard = udp_fd_wildcard(at),
	    .dropped_before = udp_fd_dropped(fd),
	    .at = *at,
	};
}

static void add_socket(struct udp *udp, int fd, const struct endpoint *at)
{
	set_socket(udp, udp->socket_count++, fd, at);
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

static uint32_t dropped(const struct udp_socket *s)
{
	return udp_fd_dropped(s->fd) - s->dropped_before;
}

/* In turn, so that what is still about under the number of a closed one finds none for a while. */
static bool find_slot(const struct udp *udp, size_t *slot)
{
	for (size_t i = 1; i <= UDP_OPEN_MAX; i++) {
		*slot = SOCKETS_MAX + (udp->last_opened - SOCKETS_MAX + i) % UDP_OPEN_MAX;
		if (udp->sockets[*slot].fd < 0)
			return true;
	}
	return false;
}

static int start_reading(struct udp *udp, struct udp_socket *s);

int udp_open(struct udp *udp, enum family family, uint16_t *local, uint16_t *port)
{
	struct endpoint at = {.family = (uint8_t)family};
	size_t slot;
	int fd;

	if (!find_slot(udp, &slot)) {
		errno = EMFILE;
		return -1;
	}
	fd = udp_fd_open(&at, udp->options.receive_buffer);
	if (fd < 0)
		return -1;
	udp_fd_bound(fd, &at);
	set_socket(udp, slot, fd, &at);
	if (udp->base != NULL && start_reading(udp, &udp->sockets[slot]) != 0) {
		close_socket(udp, slot);
		errno = ENOMEM;
		return -1;
	}
	udp->last_opened = slot;
	*local = (uint16_t)slot;
	*port = at.port;
	return 0;
}

void udp_close(struct udp *udp, uint16_t local)
{
	if (local < SOCKETS_MAX || local >= SLOTS || udp->sockets[local].fd < 0)
		return;
	udp->counts.kernel_dropped += dropped(&udp->sockets[local]);
	close_socket(udp, local);
}

bool udp_bound(const struct udp *udp, size_t i, struct endpoint *at)
{
	if (i >= udp->socket_count)
		return false;
	*at = udp->sockets[i].at;
	return true;
}

/* Answers to a group leave from our address on that link, or one that the kernel chooses there. */
static uint16_t number_target(struct udp *udp, size_t socket, const struct udp_target *target,
    const struct endpoint *remote)
{
	bool zoned = locals_needs_zone(remote) || locals_needs_zone(&target->at);
	uint16_t number;

	if (socket >= SOCKETS_MAX)
		return (uint16_t)socket;
	if (target->many && target->interface != 0) {
		if (locals_find_link(&udp->locals, socket, target->interface, &number))
			return number;
		zoned = true;
	}
	return locals_number(&udp->locals, socket, &target->at, zoned ? target->interface : 0);
}

/* Makes the headers what they were before the kernel wrote to them. */
static void prepare(struct read_batch *batch, bool control)
{
	size_t count = control == batch->control ? batch->written : READ_BATCH;

	for (size_t i = 0; i < count; i++) {
		struct msghdr *msg = &batch->msgs[i].msg_hdr;

		msg->msg_namelen = sizeof batch->from[i];
		msg->msg_control = control ? batch->control_room[i] : NULL;
		msg->msg_controllen = control ? UDP_CONTROL_BYTES : 0;
	}
	batch->control = control;
}

/* To find the number of an address again costs more than to see that it is the last one's. */
static void find_local4(struct udp_socket *s, const struct in_pktinfo *info,
    struct arrival *arrival)
{
	if (!s->has_met || memcmp(info, &s->met, sizeof *info) != 0) {
		struct udp_target target = udp_target4(&s->at, info);

		s->met = *info;
		s->met_many = target.many;
		s->met_local = number_target(s->udp, (size_t)(s - s->udp->sockets), &target,
		    &arrival->remote);
		s->has_met = true;
	}
	arrival->to_many = s->met_many;
	arrival->local = s->met_local;
}

static void find_local6(struct udp_socket *s, const struct in6_pktinfo *info,
    struct arrival *arrival)
{
	struct udp_target target = udp_target6(&s->at, info);

	arrival->to_many = target.many;
	arrival->local = number_target(s->udp, (size_t)(s - s->udp->sockets), &target,
	    &arrival->remote);
}

static void find_local(struct udp_socket *s, struct msghdr *msg, struct arrival *arrival)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c != NULL; c = CMSG_NXTHDR(msg, c)) {
		struct in_pktinfo info;
		struct in6_pktinfo info6;

		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
			memcpy(&info, CMSG_DATA(c), sizeof info);
			find_local4(s, &info, arrival);
			return;
		}
		if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
			memcpy(&info6, CMSG_DATA(c), sizeof info6);
			find_local6(s, &info6, arrival);
			return;
		}
	}
}

/* False, having counted it, for one that is not to be delivered. */
static bool read_arrival(struct udp_socket *s, struct mmsghdr *m, struct arrival *arrival)
{
	struct udp *udp = s->udp;
	struct msghdr *msg = &m->msg_hdr;

	udp->counts.received++;
	if ((msg->msg_flags & MSG_TRUNC) != 0) {
		udp->counts.too_long++;
		return false;
	}
	if (!endpoint_from_sockaddr(&arrival->remote, msg->msg_name, msg->msg_namelen))
		return false;
	arrival->bytes = span_of(msg->msg_iov->iov_base, m->msg_len);
	arrival->local = (uint16_t)(s - udp->sockets);
	arrival->to_many = false;
	if (s->wildcard)
		find_local(s, msg, arrival);
	return true;
}

static void deliver(struct udp_socket *s, size_t n)
{
	struct udp *udp = s->udp;
	const struct udp_options *options = &udp->options;
	int64_t now = loop_now(), wall = loop_wall();
	uint64_t serial = s->serial;
	size_t count = 0;

	for (size_t i = 0; i < n; i++) {
		struct arrival *arrival = &udp->arrivals[count];

		if (!read_arrival(s, &udp->reading.msgs[i], arrival))
			continue;
		arrival->now = now;
		arrival->wall = wall;
		count++;
	}
	if (options->expect != NULL)
		options->expect(options->context, udp->arrivals, count);
	for (size_t i = 0; i < count && s->serial == serial; i++)
		options->receive(options->context, &udp->arrivals[i]);
	options->idle(options->context);
}

static void on_readable(evutil_socket_t fd, short what, void *context)
{
	struct udp_socket *s = context;
	struct read_batch *batch = &s->udp->reading;
	uint64_t serial = s->serial;
	int n = READ_BATCH;

	for (int turn = 0; turn < BATCHES_PER_TURN && n == READ_BATCH && s->serial == serial;
	     turn++) {
		prepare(batch, s->wildcard);
		n = recvmmsg(fd, batch->msgs, READ_BATCH, MSG_DONTWAIT, NULL);
		/* and perhaps to one that it could not finish */
		batch->written = n < 0 ? 1 : n < READ_BATCH ? (size_t)n + 1 : READ_BATCH;
		if (n < 0) {
			/* an ICMP error of an earlier datagram, or nothing there: not ours to end for */
			if (errno != EAGAIN && errno != EINTR)
				log_debug("recvmmsg: %s", strerror(errno));
			break;
		}
		deliver(s, (size_t)n);
	}
}

static int start_reading(struct udp *udp, struct udp_socket *s)
{
	s->event = event_new(udp->base, s->fd, EV_READ | EV_PERSIST, on_readable, s);
	return s->event != NULL && event_add(s->event, NULL) == 0 ? 0 : -1;
}

int udp_start(struct udp *udp, struct event_base *base)
{
	udp->base = base;
	for (size_t i = 0; i < SLOTS; i++) {
		struct udp_socket *s = &udp->sockets[i];

		if (s->fd >= 0 && s->event == NULL && start_reading(udp, s) != 0)
			return -1;
	}
	return 0;
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

/* What can go out in one run: by one socket, and either to many or not. */
static bool same_way(const struct udp *udp, const struct datagram *a, const struct datagram *b)
{
	return (a->local == b->local ||
		   udp->locals.all[a->local].socket == udp->locals.all[b->local].socket) &&
	    is_broadcast(udp, a) == is_broadcast(udp, b);
}

static void send_same(struct udp *udp, const struct datagram *first, struct mmsghdr *msgs,
    size_t count)
{
	int fd = udp->sockets[udp->locals.all[first->local].socket].fd;

	if (fd < 0) {
		udp->counts.unsent += count;
		return;
	}
	(is_broadcast(udp, first) ? send_broadcasts : send_run)(udp, fd, msgs, count);
}

void udp_send(struct batch *out, void *context)
{
	struct udp *udp = context;
	struct udp_out *batch = &udp->sending;
	size_t start = 0;

	for (size_t i = 0; i < out->count; i++) {
		const struct local *local = &udp->locals.all[out->items[i].local];

		udp_fill(batch, i, &out->items[i], local, udp->sockets[local->socket].wildcard);
		if (i > start && !same_way(udp, &out->items[start], &out->items[i])) {
			send_same(udp, &out->items[start], batch->msgs + start, i - start);
			start = i;
		}
	}
	if (out->count > start)
		send_same(udp, &out->items[start], batch->msgs + start, out->count - start);
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

bool udp_number_beside(struct udp *udp, uint16_t local, uint16_t port, uint16_t *other)
{
	const struct local *known = &udp->locals.all[local];
	struct endpoint at = known->at;
	size_t socket;

	at.port = port;
	if (!find_serving(udp, &at, &socket))
		return false;
	*other = locals_number(&udp->locals, socket, &at, known->zone);
	return *other != local;
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

static bool set_member(const struct udp *udp, size_t i, int option, const struct endpoint *group,
    unsigned interface)
{
	return i < udp->socket_count && udp->sockets[i].at.family == FAMILY_IP6 &&
	    udp_fd_set_member(udp->sockets[i].fd, option, group, interface) == 0;
}

bool udp_join(struct udp *udp, size_t i, const struct endpoint *group, unsigned interface)
{
	return set_member(udp, i, IPV6_JOIN_GROUP, group, interface) || errno == EADDRINUSE;
}

void udp_leave(struct udp *udp, size_t i, const struct endpoint *group, unsigned interface)
{
	set_member(udp, i, IPV6_LEAVE_GROUP, group, interface);
}

bool udp_socket_state(const struct udp *udp, size_t i, struct udp_socket_state *state)
{
	if (i >= udp->socket_count)
		return false;
	state->receive_buffer = udp_fd_receive_buffer(udp->sockets[i].fd);
	state->kernel_dropped = dropped(&udp->sockets[i]);
	return true;
}

void udp_count(const struct udp *udp, struct udp_counts *counts)
{
	*counts = udp->counts;
	for (size_t i = 0; i < SLOTS; i++) {
		if (udp->sockets[i].fd >= 0)
			counts->kernel_dropped += dropped(&udp->sockets[i]);
	}
}
