/*
 * What stands between this host and its supernodes, in the terms of RFC 4787: found
 * out by tests from sockets of their own, the mapping first and apart from what is let
 * in, since a router with open input changes its mappings for those who were written
 * to unasked.
 */
#ifndef IPMSG_PEER_NATVIEW_H
#define IPMSG_PEER_NATVIEW_H

#include "peer/nattest.h"
#include "peer/peer.h"
#include "peer/sockets.h"
#include "wire/fields.h"
#include "wire/packet.h"

struct peer;
struct turn;
struct uplink;
struct arrival;

enum natview_phase {
	NATVIEW_IDLE,
	NATVIEW_MAPPING,
	NATVIEW_FILTERING, /* whether another endpoint than the one written to gets in */
	NATVIEW_COMPARING, /* whether its packet made the router change the port */
};

/* An endpoint of a supernode that can be tested with. */
struct nat_destination {
	struct endpoint at;
	struct endpoint supernode; /* the one we are registered at: it answers from `at` if asked */
	struct endpoint told;	   /* `at`, as in AP; family NONE: it is that one */
};

/* Of IPv4; of IPv6 it is only seen whether anything translates it. */
struct natview {
	enum natview_phase phase;
	bool waiting;	 /* for the socket of this phase, `until` then */
	int64_t until;
	unsigned socket; /* 0: none */
	uint16_t local;
	uint16_t port;
	bool confirming; /* the mapping, since it seemed to depend on the destination */
	struct nat_tests tests;
	struct nat_destination destinations[NAT_TESTS_MAX];
	size_t destination_count;
	unsigned answering; /* bit for each destination that a filtering test may be answered from */
	struct nat_destination elsewhere; /* of the filtering test */
	unsigned poorer; /* tests in a row that showed less than the one before */

	int64_t began;	/* ms: the last time; 0: never */
	int64_t wanted; /* ms: the next time; DEADLINE_NEVER: when something changes */
	bool due;	/* and that is soon, for something new */
	/* those of the last time, to see what is new */
	struct endpoint tested[NAT_TESTS_MAX];
	size_t tested_count;

	struct peer_nat_status next;  /* what this time shows so far */
	struct peer_nat_status found; /* what the last one showed; `since` 0: nothing */
};

void natview_init(struct natview *view);
void natview_tick(struct turn *turn);
int64_t natview_deadline(const struct natview *view);

/* The answer to one of its wishes; `socket->open` false: there is none. */
void natview_socket(struct turn *turn, const struct wan_socket *socket);

/* Whether what came in there is for it, and nobody else. */
bool natview_is_at(const struct peer *peer, uint16_t local);
void natview_receive(struct turn *turn, const struct arrival *in, const struct packet *packet);

/* A supernode took us. `elsewhere`: it sees us at another address than before. */
void natview_granted(struct turn *turn, const struct uplink *uplink, bool elsewhere);

/* The host is in another network, perhaps: what was found holds no more. */
void natview_roamed(struct turn *turn);

/* An introduction failed: what was found may hold no more. */
void natview_doubt(struct turn *turn);

/*
 * Whether nothing need be tried that cannot work if what was found is right: it is of late. Tested
 * anew, too, unless that was a moment ago.
 */
bool natview_is_sure(struct turn *turn);

/* Ends what is under way. */
void natview_stop(struct turn *turn);

/* What supernodes are told, and tactics go by; all 0: nothing is known. */
struct nat_class natview_class(const struct peer *peer, enum family family);

#endif
