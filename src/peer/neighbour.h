/*
 * The neighbours: who is on our LAN, by the rules of IP Messenger. One user
 * has one address and port, one address and port have one user; nobody
 * expires, who leaves says so (BR_EXIT).
 */
#ifndef IPMSG_PEER_NEIGHBOUR_H
#define IPMSG_PEER_NEIGHBOUR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/endpoint.h"
#include "base/heap.h"
#include "peer/path.h"
#include "wire/entry.h"

#define VERSION_TEXT_MAX 48

struct neighbour {
	struct heap_node timer; /* first: an ANSENTRY to it waits */
	uint32_t id;		/* of one number space with paths */
	struct endpoint at;
	uint16_t local; /* what goes there leaves from here */
	char user[NAME_TEXT_MAX];
	char host[NAME_TEXT_MAX];
	char nick[NAME_TEXT_MAX];
	char group[NAME_TEXT_MAX];
	char name[PATH_NAME_MAX]; /* nick@group, without a group nick@host */
	char version[VERSION_TEXT_MAX]; /* of its program, as it says */
	bool utf8;   /* takes UTF-8 in messages */
	bool absent;
	bool dialup; /* wants our entries one by one */
	int64_t since; /* ms: known since */
	int64_t heard; /* ms */
};

struct neighbours {
	struct neighbour **all; /* in the order of their ids */
	size_t count;
	size_t cap;
	struct heap timers;
};

struct neighbour *neighbour_by_id(const struct peer *peer, uint32_t id);
struct neighbour *neighbour_at(const struct peer *peer, const struct endpoint *at);

/* The one of that user and host, compared as ASCII without case (ipmsg-punch(7)). */
struct neighbour *neighbour_by_user(const struct peer *peer, const char *user, const char *host);

/*
 * Who is called so: nick, nick@group, nick@host or user@host. A full name counts before a bare
 * nick. NULL when nobody is, and, with `*ambiguous` set, when several are.
 */
struct neighbour *neighbour_by_name(const struct peer *peer, const char *name, bool *ambiguous);

#endif
