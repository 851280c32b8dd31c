/*
 * The sockets of a peer. The outside opens and closes them: a main one for each
 * address family, which stays, and those that are wanted besides: to look at the
 * NAT from, and to begin anew where a router keeps a wrong mapping for the old one.
 */
#ifndef IPMSG_PEER_SOCKETS_H
#define IPMSG_PEER_SOCKETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/datagram.h"

struct peer;
struct turn;

#define WAN_SOCKETS_MAX 8

enum socket_use {
	SOCKET_FRESH,	  /* takes the place of the main one for what begins from now on */
	SOCKET_MAPPING,	  /* natview.h: what our NAT maps to what */
	SOCKET_FILTERING, /* natview.h: what it lets in */
};

struct wan_socket {
	unsigned id; /* 0: none */
	enum socket_use use;
	enum family family;
	bool open;
	uint16_t local; /* what leaves under it leaves from there */
	uint16_t port;
};

struct sockets {
	struct wan_socket all[WAN_SOCKETS_MAX];
	unsigned last_id;
	uint16_t main4;
	uint16_t main6;
	bool has_ip6;	 /* there is a main one of IPv6 */
	unsigned fresh;	 /* the one in use instead of main4; 0: none */
	int64_t renewed; /* ms: when the last fresh one was wanted; 0: never */
	int64_t back;	 /* ms: when main4 is used again instead of `fresh` */
	bool proven;	 /* a supernode has answered at the one in use */
};

/* Wants one more. Its id, 0 when there are too many; see peer_socket(). */
unsigned socket_want(struct turn *turn, enum socket_use use, enum family family);

/* Ends one that is open, or not wanted any more. An id of 0 or of none is nothing to do. */
void socket_end(struct turn *turn, unsigned id);

/* NULL for none of that id. */
const struct wan_socket *socket_by_id(const struct peer *peer, unsigned id);

/* Whence what begins now leaves: registrations, asks, introductions. */
uint16_t socket_current(const struct peer *peer, enum family family);

/* Whence seeds hear us, and what a person names: they know of one port for each of us. */
uint16_t socket_main(const struct peer *peer, enum family family);

/* Its port; 0 for that of the main one, which only the outside knows. */
uint16_t socket_current_port(const struct peer *peer, enum family family);

/* The same of the one with that number. */
uint16_t socket_port(const struct peer *peer, uint16_t local);

/* Whence an answer leaves to what came in: a socket, never one of its addresses. */
uint16_t socket_of(const struct peer *peer, const struct arrival *in);

/*
 * Wants a fresh socket of IPv4 for what begins next; the supernodes that are no seeds are entered
 * from it then, and those that it replaces are ended when no path needs them. False when there was
 * one a moment ago, when no supernode has answered at the last one yet (the line may be dead), when
 * none can be had, and where no NAT stands that could keep a wrong mapping: then the one in use has
 * to do. After the rest of a failed pair it is the main one again, which others may know the port
 * of.
 */
bool sockets_renew(struct turn *turn);
void sockets_tick(struct turn *turn);
int64_t sockets_deadline(const struct peer *peer);

/* Whether one is wanted and not there yet. */
bool sockets_renewing(const struct peer *peer);

/* Ends those that nothing needs any more. */
void sockets_tidy(struct turn *turn);

#endif
