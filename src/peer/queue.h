/*
 * The queue: messages of ours that cannot go out now wait here, by whom they
 * are for and in the order they were given. It asks for those that are absent,
 * seldom enough that a thousand of them cost nothing, and lets their messages go
 * as soon as somebody of that name can be reached.
 */
#ifndef IPMSG_PEER_QUEUE_H
#define IPMSG_PEER_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#include "peer/budget.h"
#include "peer/event.h"

struct destination;
struct neighbour;
struct outgoing;
struct path;
struct peer;
struct turn;

/* Somebody, as a person here calls him, for whom something waits or is under way. */
struct recipient {
	UT_hash_handle by_name;
	struct outgoing *first; /* those that wait, by their ids */
	struct outgoing *last;
	size_t waiting;
	size_t under_way; /* beside these; see struct messages */
	uint32_t contact; /* id of the path or neighbour that they go to; 0: none is known */
	bool held;	  /* something was not confirmed there, so the next waits, too */
	bool seen;	  /* somebody of that name may have come */
	bool sought;	  /* it was accepted before it was known who is meant */
	bool in_vain;	  /* asked for, and a neighbour that was silent is tried after all */
	int64_t due;	  /* ms: looked for again, or tried again where it is held */
	unsigned failures;
	char name[];
};

struct queue {
	struct recipient *recipients;
	size_t waiting;	   /* of them all */
	struct outgoing *sent; /* those that wait and were sent before, by their numbers */
	int64_t now;	   /* ms: when it was looked at last */
	int64_t due;	   /* ms: no recipient is earlier */
	int64_t next_ask;  /* ms: of whomever */
	int64_t expiry;	   /* s since 1970: none that waits expires earlier; INT64_MAX: none */
	int64_t check;	   /* ms: when that is looked at again, since the clock may be set */
	struct bucket asked; /* asks that did not wait for their turn */
	struct {
		bool known;
		int64_t wall; /* s since 1970, … */
		int64_t now;  /* … ms: of the last look */
	} clock;
};

void queue_init(struct queue *queue);

/* Before the messages in it are gone. */
void queue_free(struct queue *queue);

/* The one of that name, new if need be; NULL when memory is short. */
struct recipient *queue_recipient(struct queue *queue, const char *name);

/* It waits from now on; its `to` is 0. */
void queue_insert(struct queue *queue, struct outgoing *message);
void queue_remove(struct queue *queue, struct outgoing *message);

/*
 * The id of whom a name means and who can be reached now: an open path that a person asked for
 * by it, else a neighbour, else any open path, since whoever came to us by himself calls himself
 * what he likes, else a neighbour that was silent. 0 for nobody, or, with `*ambiguous` set, for
 * several.
 */
uint32_t queue_reachable(const struct peer *peer, const char *name, bool *ambiguous);

/* Whether there is a supernode that can be asked for that name. */
bool queue_can_ask_for(const struct peer *peer, const char *name);

/* Whether that is better than the one who can be reached by that name: a neighbour was silent. */
bool queue_rather_asks(const struct peer *peer, const char *name, uint32_t reachable);

/* A person wants somebody asked for: false where so many were that this waits for its turn. */
bool queue_may_ask_at_once(struct turn *turn);

/* Whether one more may be under way to there, and nothing that was not confirmed holds it up. */
bool queue_has_room(const struct turn *turn, const struct destination *to);

/* As many of those that wait as may be under way go to the recipient's contact. */
void queue_feed(struct turn *turn, struct recipient *recipient);

/* The same for all whose contact that is. */
void queue_feed_contact(struct turn *turn, uint32_t contact);

/* When somebody of its name is looked for. Who is due already keeps his turn. */
void queue_set_due(struct queue *queue, struct recipient *recipient, int64_t due);
void queue_set_due_now(struct queue *queue, struct recipient *recipient);

/* The same, unless it is held: then it is looked for when that is over. */
void queue_look(struct queue *queue, struct recipient *recipient);

/* One was not confirmed there: if it still goes there, it is held. */
void queue_unconfirmed(struct turn *turn, struct recipient *recipient, uint32_t contact);

/* The others wait for a while, unless he is heard of before. */
void queue_hold(struct turn *turn, struct recipient *recipient);

/* One was confirmed there: nothing holds the others up. */
void queue_heard(struct queue *queue, uint32_t contact);

/* What came of an attempt to reach that path or neighbour, or it is gone. */
void queue_contact_gone(struct turn *turn, uint32_t contact, enum reason reason);

/* Somebody came, or a path opened: whoever may be meant is looked for at once. */
void queue_neighbour_seen(struct turn *turn, const struct neighbour *neighbour);
void queue_path_open(struct turn *turn, const struct path *path);

void queue_move(struct queue *queue, uint32_t from, uint32_t to);
bool queue_waits_for(const struct queue *queue, uint32_t contact);

/* The one that waits, was sent before with that number, and is for that contact; or NULL. */
struct outgoing *queue_sent(const struct peer *peer, uint32_t contact, uint32_t number);

/* There are other supernodes than before: whoever is absent is looked for again. */
void queue_wake(struct peer *peer);

/* seeking.c: what was asked for, went by, or is due. */
void queue_tick(struct turn *turn);
int64_t queue_deadline(const struct queue *queue);

/* expiry.c: ends what has waited too long, and notices when the clock is set. */
void expiry_tick(struct turn *turn);

#endif
