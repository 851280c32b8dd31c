/*
 * Messages: those of ours until they are confirmed, those of others until
 * they are stored, and a memory of what came, so that a message sent again is
 * confirmed again and delivered once.
 */
#ifndef IPMSG_PEER_MESSAGES_H
#define IPMSG_PEER_MESSAGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/datagram.h"
#include "peer/event.h"
#include "peer/queue.h"
#include "peer/source.h"

struct peer;
struct turn;
struct path;
struct packet;
struct letter;
struct queued_message;
struct destination;

#define MESSAGE_BYTES_MAX 1200	/* of a datagram of ours: fits every path unfragmented */
#define MESSAGE_MEMORY 4096	/* messages remembered */
#define MESSAGE_STORING_MAX 256 /* messages of others not stored yet */

struct storing {
	uint64_t id;
	uint64_t digest;
	struct source from;
	uint32_t number;
	bool receipt;
	bool sealed;
	bool read_receipt;
	bool release; /* it offers files, which nobody here fetches */
	bool answer;  /* an automatic answer is due, should we be away */
};

struct remembered {
	uint64_t digest; /* 0: free */
	bool stored;
	int64_t at; /* ms: when it came first */
};

struct messages {
	bool durable; /* there is a mailbox: see peer_use_mailbox() */
	struct outgoing *all; /* by their ids */
	struct outgoing *first; /* those under way, in the order they were taken up */
	struct outgoing *last;
	struct outgoing *cursor; /* of those that is looked at next, while all are */
	struct queue queue;
	size_t count; /* of all */
	uint64_t last_id;
	uint32_t passed; /* number of the last message that neither waited nor was confirmed */
	struct storing storing[MESSAGE_STORING_MAX];
	size_t storing_count;
	struct remembered *memory; /* a ring of MESSAGE_MEMORY */
	size_t memory_next;
	uint8_t key[16];
};

bool messages_init(struct messages *messages, const uint8_t key[16]);
void messages_free(struct peer *peer);

/*
 * Takes a message; it leaves when it is kept, the destination is open and, to a neighbour, the one
 * before it is done. `to` NULL: it waits in the queue. Returns its id, 0 when memory is short.
 */
uint64_t messages_give(struct turn *turn, const struct destination *to,
    const struct letter *letter);

/* One of an earlier life: see peer_requeue(). */
bool messages_requeue(struct peer *peer, const struct queued_message *queued);

/* See peer_kept(), peer_text() and peer_unqueue(). */
void messages_kept(struct turn *turn, uint64_t id, bool kept);
void messages_text(struct turn *turn, uint64_t id, const char *text);
bool messages_unqueue(struct turn *turn, uint64_t id);

/* For the queue: so many are under way to there, and one more from now on. */
size_t messages_under_way(const struct messages *messages, uint32_t to);
void messages_take_up(struct turn *turn, struct outgoing *message, const struct destination *to);

/* Ends one that is under way; who waited for that is next. */
void messages_finish(struct turn *turn, struct outgoing *message, enum message_state state,
    enum reason reason);

/* Whatever waits for its turn there goes on. */
void messages_start_next(struct turn *turn, uint32_t id);

/* For the queue: one that waits ends, or waits for another reason than before. */
void messages_fail(struct turn *turn, struct outgoing *message, enum reason reason);
void messages_explain(struct turn *turn, struct outgoing *message, enum reason reason);

/* To all that can be reached now, and have not come to us unasked: to how many. Returns the id. */
uint64_t messages_broadcast(struct turn *turn, const char *text, uint32_t *count);

void messages_path_open(struct turn *turn, const struct path *path);

/*
 * The path or neighbour of that id is not to be reached any more: what is under way goes back to
 * the queue, or fails.
 */
void messages_contact_gone(struct turn *turn, uint32_t id, enum reason reason);

/* All of it fails, but for what a mailbox has for another life. */
void messages_end_all(struct turn *turn, enum reason reason);

/* What is for the path `from` is for `to` now. */
void messages_move(struct messages *messages, uint32_t from, uint32_t to);

/* Whether something is under way to the path or neighbour of that id. */
bool messages_wait_for(const struct messages *messages, uint32_t id);
void messages_tick(struct turn *turn);
int64_t messages_deadline(const struct messages *messages);

/* What was sent in parts came to nothing for now: it waits, as what was not confirmed does. */
void messages_unconfirmed(struct turn *turn, uint64_t id);

/* SENDMSG, RECVMSG, READMSG of others. */
void messages_received(struct turn *turn, const struct arrival *in, const struct packet *packet);
void messages_confirmed(struct turn *turn, const struct arrival *in, const struct packet *packet);
void messages_read(struct turn *turn, const struct arrival *in, const struct packet *packet);
void messages_stored(struct turn *turn, uint64_t id);

/* It was stored before: confirmed again, and nothing else. */
void messages_known(struct turn *turn, uint64_t id);

/* It could not be kept: forgotten, so that the sender's next try is taken. */
void messages_refused(struct peer *peer, uint64_t id);

#endif
