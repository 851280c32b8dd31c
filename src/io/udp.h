/*
 * UDP sockets, read and written in batches. Each datagram comes with the
 * number of the local address it was sent to, or that is to answer what was
 * sent to many; one that leaves under the same number leaves from there, also
 * when the socket is bound to all addresses. To a link-local IPv6 address
 * it leaves by the interface behind which the number was met.
 */
#ifndef IPMSG_IO_UDP_H
#define IPMSG_IO_UDP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/datagram.h"

struct event_base;
struct udp;

#define UDP_WHY_MAX 256

struct udp_options {
	size_t datagram_max;   /* longer ones are dropped and counted */
	size_t receive_buffer; /* bytes asked of the kernel, for each socket */
	/* One datagram; `now` and `wall` are read once a batch. */
	void (*receive)(void *context, const struct arrival *arrival);
	/* After each batch. */
	void (*idle)(void *context);
	void *context;
	/* A batch that comes next, one by one; NULL for nobody who wants to know. */
	void (*expect)(void *context, const struct arrival *arrivals, size_t count);
	/*
	 * All that leaves is short (1200 bytes): it may go in one piece or not at
	 * all, whatever a path's ICMP says, and the kernel need not number fragments.
	 * Otherwise what is long is cut up, here or by routers, as it needs to be.
	 */
	bool whole;
};

struct udp_counts {
	uint64_t received;
	uint64_t too_long;
	uint64_t sent;
	uint64_t unsent; /* refused by the kernel: buffer full, no route, …; or its socket was closed */
	uint64_t kernel_dropped; /* no room in a socket's buffer, since it was bound or adopted */
};

/* NULL when memory is short. */
struct udp *udp_new(const struct udp_options *options);
void udp_free(struct udp *udp);

/* Binds one more socket. -1 with errno and the reason in `why`. An IPv6 one takes no IPv4. */
int udp_bind(struct udp *udp, const struct endpoint *at, char why[UDP_WHY_MAX]);

/*
 * Takes over a bound UDP socket that another process made, as systemd does. -1
 * with the reason, and what to do about it, in `why`; the caller keeps it then.
 * Its receive buffer never becomes smaller; that it stays too small is logged.
 */
int udp_adopt(struct udp *udp, int fd, char why[UDP_WHY_MAX]);

/*
 * Opens one more socket for all addresses of a family, at a port of the
 * system's choice. All that comes in there has the number `*local`, whatever
 * address it was sent to; what leaves under that number leaves from there. It is
 * read at once if the others are. These sockets are not among those that the
 * functions below count from 0. -1 with errno: EMFILE when UDP_OPEN_MAX are open.
 */
#define UDP_OPEN_MAX 16
int udp_open(struct udp *udp, enum family family, uint16_t *local, uint16_t *port);

/*
 * Closes it; also from within `receive`. Nothing that came in there is delivered
 * any more, what is still to leave from there is dropped and counted. The number
 * is given to another only after all others were.
 */
void udp_close(struct udp *udp, uint16_t local);

/* Where socket `i` is bound; false beyond the last. */
bool udp_bound(const struct udp *udp, size_t i, struct endpoint *at);

/* Starts reading from the sockets that are not read yet. -1 when the loop refuses. */
int udp_start(struct udp *udp, struct event_base *base);

/* Sends the batch; what the kernel refuses is counted and forgotten. A batch_flush_fn. */
void udp_send(struct batch *batch, void *udp);

/* The local endpoint behind a number. */
void udp_local(const struct udp *udp, uint16_t local, struct endpoint *at);

/*
 * The other way round: the number of a local endpoint, for one that was noted
 * down by an earlier process. False when no socket serves it any more, or the
 * host has not got that address now: nothing could leave from there.
 */
bool udp_number(struct udp *udp, const struct endpoint *at, uint16_t *local);

/*
 * The number of the same address at another port, for a number that something
 * came in under. False when no socket serves it there, or it is the same number.
 */
bool udp_number_beside(struct udp *udp, uint16_t local, uint16_t port, uint16_t *other);

/*
 * The number of our address on a link, behind that interface (an index). What
 * leaves under it for a group, 255.255.255.255 or the link's `broadcast`
 * (family NONE for IPv6) leaves by the interface; what comes to a group by it
 * comes in under the number that was asked for first. Nothing else can leave
 * for a broadcast address, but for 255.255.255.255. False as udp_number().
 */
bool udp_number_link(struct udp *udp, const struct endpoint *at, unsigned interface,
    const struct endpoint *broadcast, uint16_t *local);

/*
 * Socket `i`, an IPv6 one, takes what comes to a group by an interface. To be
 * a member already is fine. Leave also groups on interfaces that are gone: the
 * kernel counts the memberships of a socket.
 */
bool udp_join(struct udp *udp, size_t i, const struct endpoint *group, unsigned interface);
void udp_leave(struct udp *udp, size_t i, const struct endpoint *group, unsigned interface);

void udp_count(const struct udp *udp, struct udp_counts *counts);

/* What the kernel says of socket `i`; false beyond the last. */
struct udp_socket_state {
	size_t receive_buffer;	 /* bytes, as it is asked for; the kernel takes the double */
	uint64_t kernel_dropped; /* see struct udp_counts */
};
bool udp_socket_state(const struct udp *udp, size_t i, struct udp_socket_state *state);

#endif
