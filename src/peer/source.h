/*
 * Who sent a packet, and what may go back to there: whoever has not proven to
 * receive there gets no more than came from there.
 */
#ifndef IPMSG_PEER_SOURCE_H
#define IPMSG_PEER_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/endpoint.h"

struct peer;
struct turn;
struct arrival;
struct packet;
struct writer;

struct source {
	uint32_t id;   /* of a path or neighbour; 0: a stranger */
	bool utf8;     /* takes UTF-8 in messages */
	struct endpoint at;
	uint16_t local;
	size_t credit; /* bytes that may still go to a stranger */
};

/* Whoever is at that endpoint, else on the LAN the neighbour of that user and host. */
struct source source_of(struct peer *peer, const struct arrival *in, const struct packet *packet);

/*
 * Whether a packet comes from the path or neighbour `id`. A neighbour may speak from
 * any address of the LAN: hosts with several answer from another one at times.
 */
bool source_is(struct peer *peer, const struct arrival *in, const struct packet *packet,
    uint32_t id);

/* Whether it is on the LAN, or at the end of an open path: no address that somebody made up. */
bool source_receives(struct peer *peer, const struct source *source);

/* An answer, to exactly where the packet came from; not sent if it may not be. */
void source_answer(struct turn *turn, const struct writer *w, struct source *source);

/* An answer that comes late: to where whoever sent the packet is by now, if that is known. */
void source_follow(struct turn *turn, const struct writer *w, struct source *source);

#endif
