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

/* What an entry or a host list says of somebody, as valid UTF-8. */
struct sighting {
	struct endpoint at;
	uint16_t local; /* what goes there leaves from here */
	char user[NAME_TEXT_MAX];
	char host[NAME_TEXT_MAX];
	char nick[NAME_TEXT_MAX]; /* as it came: with an absence title perhaps; may be "" */
	char group[NAME_TEXT_MAX];
	char version[VERSION_TEXT_MAX]; /* of its program, as it says; may be "" */
	uint32_t options; /* of the command word */
	bool utf8;   /* takes UTF-8 in messages */
	bool absent;
	bool dialup; /* wants our entries one by one */
	bool listed; /* a host list says so, not the neighbour itself */
	bool iptux;  /* its program; see lan_iptux.c */
};

struct neighbour {
	struct heap_node timer; /* first: an ANSENTRY to it waits */
	uint32_t id;		/* of one number space with paths */
	struct endpoint at;
	uint16_t local; /* what goes there leaves from here */
	char user[NAME_TEXT_MAX];
	char host[NAME_TEXT_MAX];
	char nick[NAME_TEXT_MAX]; /* as it is shown: with the title of who is away */
	char group[NAME_TEXT_MAX];
	char name[PATH_NAME_MAX]; /* nick@group, without a group nick@host; without the title */
	char version[VERSION_TEXT_MAX];
	uint32_t options; /* of the last entry's command word */
	bool utf8;
	bool absent;
	bool dialup;
	bool listed; /* known by host lists only */
	bool doubtful; /* not heard since the last refresh */
	bool silent; /* it confirmed no message, and was not heard since */
	bool iptux;
	uint32_t corrected; /* of our announcements, the last that was corrected for it */
	uint32_t entry; /* number of the last BR_ENTRY that was answered … */
	int64_t entered; /* … and when it came, ms */
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

/* The one of that user and host, compared as ASCII without case, as other clients do. */
struct neighbour *neighbour_by_user(const struct peer *peer, const char *user, const char *host);

/*
 * Who is called so: nick, nick@group, nick@host or user@host. A full name counts before a bare
 * nick. Titles of those away and key fingerprints of users may be left out. NULL when nobody
 * is, and, with `*ambiguous` set, when several are.
 */
struct neighbour *neighbour_by_name(const struct peer *peer, const char *name, bool *ambiguous);

/* Whether both are the same text but for the case of ASCII letters. */
bool names_equal(const char *a, const char *b);

/*
 * Takes in what was seen, and tells what changed by it: somebody came, changed, or made another
 * one leave whose address this is now. NULL when there is no room for one more.
 */
struct neighbour *neighbour_learn(struct turn *turn, const struct sighting *seen);

/* Somebody is gone; told. */
void neighbour_leave(struct turn *turn, struct neighbour *neighbour);

/* All are doubted, until they are heard of again. */
void neighbours_doubt(struct peer *peer);

/* It did not confirm a message. No neighbour need have that id. */
void neighbour_unheard(struct peer *peer, uint32_t id);

/* Those doubted still leave, but for those that a message is under way to. */
void neighbours_forget(struct turn *turn);
void neighbours_free(struct peer *peer);

/* Something came from where it is. */
static inline void neighbour_heard(struct neighbour *neighbour, int64_t now)
{
	neighbour->heard = now;
	neighbour->doubtful = false;
	neighbour->silent = false;
}

static inline struct neighbour *neighbour_of_timer(struct heap_node *timer)
{
	return (struct neighbour *)timer;
}

#endif
