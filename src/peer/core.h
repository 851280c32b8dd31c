/*
 * What the files of a peer share with each other and nobody else: its state
 * and the ways of sending and telling.
 */
#ifndef IPMSG_PEER_CORE_H
#define IPMSG_PEER_CORE_H

#include "auth/seal.h"
#include "base/charset.h"
#include "base/heap.h"
#include "peer/automatic.h"
#include "peer/destination.h"
#include "peer/keys.h"
#include "peer/lan.h"
#include "peer/messages.h"
#include "peer/natview.h"
#include "peer/neighbour.h"
#include "peer/parts.h"
#include "peer/path.h"
#include "peer/roster.h"
#include "peer/peer.h"
#include "peer/rules.h"
#include "peer/seals.h"
#include "peer/sockets.h"
#include "peer/text_max.h"
#include "peer/uplink.h"
#include "wire/entry.h"
#include "wire/punch.h"

struct peer {
	struct peer_settings settings;
	struct identity identity;
	struct charset *legacy;
	struct charset *utf8; /* for whom a legacy code page misleads */
	struct rng rng;
	bool has_keys;
	struct keypair keys;
	uint64_t stamp; /* the last one given out */
	uint64_t reserved; /* all stamps below are kept as used; EVENT_STAMP */
	struct sockets sockets;
	struct natview natview;
	/* those that the host has itself, with the port of the main socket */
	struct endpoint own[OWN_ADDRESSES_MAX];
	size_t own_count;
	bool ip4, ip6; /* the host has an address of that family that leads out */
	unsigned private_hops; /* routers with private addresses in front of us */
	uint32_t last_number;
	peer_event_fn on_event;
	void *context;
	struct endpoint addresses[CANDIDATES_MAX];
	size_t address_count;
	/* of IPv4 in the order of the settings, then those of IPv6 in the same */
	struct uplink uplinks[UPLINKS_MAX];
	size_t uplink_count;
	struct path **paths; /* in the order of their ids */
	size_t path_count;
	size_t path_cap;
	uint32_t last_id; /* of paths and neighbours */
	struct heap timers; /* of paths and messages */
	struct lan lan;
	bool leaving; /* nothing is taken in and nothing begun any more */
	struct messages messages;
	struct parts parts;
	struct seals seals;
	struct automatic automatic;
	struct roster roster;
	uint64_t counters[PEER_COUNTERS];
};

/* One call from outside: the time, and where datagrams go. */
struct turn {
	struct peer *peer;
	struct batch *out;
	int64_t now;
	int64_t wall;
	uint32_t number; /* of the packet being written, not used up until it is sent */
};

static inline struct turn turn_at(struct peer *peer, int64_t now, int64_t wall, struct batch *out)
{
	return (struct turn){.peer = peer, .out = out, .now = now, .wall = wall};
}

static inline void peer_bump(struct peer *peer, enum peer_counter counter)
{
	peer->counters[counter]++;
}

/* The path by that name, new if there is none; NULL when there is no room for one more. */
struct path *peer_path_for(struct turn *turn, const char *name);

#define SEND_BYTES_MAX 1400

/* The number of a packet, used up from now on: 1 to 2^31 - 1, rising until it begins anew. */
uint32_t peer_number(struct peer *peer, int64_t wall);

/* The same for a packet that is sent next, or not at all: then the number is not used up. */
uint32_t turn_number(struct turn *turn);
struct writer turn_open(struct turn *turn);

/* The same for one of up to so many bytes (at most BATCH_ROOM), which IP may have to cut up. */
struct writer turn_open_long(struct turn *turn, size_t bytes);

/* Sends what was written, if it is whole, from that local address; `ttl` 0 for the system's. */
void turn_close_from(struct turn *turn, const struct writer *w, const struct endpoint *to,
    uint16_t local, uint8_t ttl);

/*
 * The same, as an answer to `in`: to an address that has not proven to receive
 * it is sent only if all that went there stays within what came from there.
 */
void turn_close_answer(struct turn *turn, const struct writer *w, const struct arrival *in);

/* Whatever was registered or open may be so no more: all of it is begun anew. */
void roam(struct turn *turn);

/* Interval of `ms`, give or take `percent`. */
int64_t peer_jitter(struct peer *peer, int64_t ms, unsigned percent);

static inline void peer_tell(struct peer *peer, const struct peer_event *event)
{
	peer->on_event(event, peer->context);
}

#endif
