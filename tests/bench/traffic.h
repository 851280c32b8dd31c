/*
 * A closed loop of many peers against one server: as many requests under way
 * as were wished for, each from an address of its peer's own, the next one
 * sent when one is answered.
 */
#ifndef IPMSG_BENCH_TRAFFIC_H
#define IPMSG_BENCH_TRAFFIC_H

#include <stdbool.h>
#include <stdint.h>

#include "crowd.h"
#include "request.h"
#include "wire/entry.h"

#define TRAFFIC_IN_FLIGHT_MAX 4096

/* A request and what came back to its sender, from the server, with its transaction. */
struct exchange {
	struct endpoint peer; /* where the request came from */
	struct span request;
	struct span answer;
	const struct packet *packet; /* the answer's */
	const struct entry *entry;   /* likewise */
	uint8_t *cookie;             /* the peer's, COOKIE_BYTES: to be taken from the answer */
	void *context;
};

struct traffic_server {
	const char *name;
	uint16_t port; /* on 127.0.0.1 */
	/* Whether the answer is the right one; the wrong ones are counted apart. */
	bool (*accept)(const struct exchange *exchange);
	void *context;
};

struct traffic_counts {
	uint64_t answered; /* rightly */
	uint64_t wrong;
	uint64_t lost;       /* not answered within a second, and sent again */
	uint64_t stray;      /* answers to nothing that is under way */
	size_t answer_bytes; /* of the last one */
};

struct traffic;

/* Ends the program with a message when it cannot; so do those below when nobody answers. */
struct traffic *traffic_new(uint32_t first_address, uint32_t peers, uint32_t in_flight);
void traffic_free(struct traffic *traffic);

/* That many exchanges, each of the next peer. Returns when all are answered. */
void traffic_exchange(struct traffic *traffic, const struct traffic_server *server,
    const struct request *request, uint64_t count);

/* The same for some time. */
void traffic_spend(struct traffic *traffic, const struct traffic_server *server,
    const struct request *request, int64_t milliseconds);

/* Since traffic_new(). */
struct traffic_counts traffic_count(const struct traffic *traffic);

/* For who speaks for the same peers in another way. */
struct crowd *traffic_crowd(const struct traffic *traffic);
const uint8_t *traffic_cookie(const struct traffic *traffic, uint32_t peer);

/* A step that visits every one of `peers` once a round, in no order that memory has. */
uint32_t traffic_stride(uint32_t peers);

#endif
