/*
 * A message of ours on its way: listed by its id, and either under way to
 * somebody or in the queue. What is told of it outside is told here.
 */
#ifndef IPMSG_PEER_OUTGOING_H
#define IPMSG_PEER_OUTGOING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "peer/queue.h"

struct letter;
struct messages;
struct peer;
struct turn;

/* One of ours, until it is delivered or has failed. */
struct outgoing {
	struct outgoing *next; /* under way, or in the queue of its recipient */
	UT_hash_handle by_id;
	UT_hash_handle by_number; /* in the queue, where it was sent before */
	uint64_t id;
	uint32_t to; /* id of a path or neighbour; 0: it is in the queue */
	struct recipient *recipient; /* NULL: it does not wait until somebody is there */
	uint32_t number; /* packet number, of the first try and all others; 0: it has none yet */
	uint32_t noted;	 /* its number, as the mailbox was told last */
	uint32_t word;	 /* command and options */
	enum message_state state;
	enum reason reason; /* why it waits, as was told */
	int64_t expires;    /* s since 1970; 0: never */
	bool stored;	    /* the mailbox has it, … */
	bool kept;	    /* … with that number: it may leave */
	bool wanted;	    /* its text was asked for */
	unsigned tries;
	int64_t first; /* try at this destination */
	int64_t due;
	char *text;	      /* NULL: the mailbox has it */
	unsigned char *bytes; /* the datagram, from the first try on */
	size_t len;
};

/* NULL when there is none (any more). */
struct outgoing *outgoing_find(const struct messages *messages, uint64_t id);

/* False when memory is short. */
bool outgoing_enlist(struct messages *messages, struct outgoing *message);
void outgoing_free(struct outgoing *message);

/* Its state. */
void outgoing_tell(struct turn *turn, const struct outgoing *message, const char *text);

/* It goes on when the mailbox has it with its number. `letter` NULL: only that is new. */
void outgoing_tell_to_keep(struct turn *turn, struct outgoing *message,
    const struct letter *letter);

/* The same if its number is another than the mailbox was told. */
void outgoing_note_number(struct turn *turn, struct outgoing *message);

/* Into the list of those under way, and out of it. */
void outgoing_append(struct messages *messages, struct outgoing *message);
void outgoing_take_out(struct messages *messages, struct outgoing *message);

/* Forgets it, without a word. */
void outgoing_drop(struct peer *peer, struct outgoing *message);

/* Ends it: it is told, and gone after this. */
void outgoing_end(struct turn *turn, struct outgoing *message, enum message_state state,
    enum reason reason);

/* What the mailbox has need not be here, too. */
void outgoing_unload(struct messages *messages, struct outgoing *message);

/* From under way back into the queue. */
void outgoing_wait_again(struct turn *turn, struct outgoing *message, enum reason reason);

#endif
