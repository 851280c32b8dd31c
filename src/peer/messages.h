/*
 * Messages over paths: those of ours until they are confirmed, those of
 * others until they are stored, and a memory of what came, so that a message
 * sent again is confirmed again and delivered once.
 */
#ifndef IPMSG_PEER_MESSAGES_H
#define IPMSG_PEER_MESSAGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/datagram.h"
#include "base/heap.h"
#include "peer/event.h"

struct peer;
struct turn;
struct path;
struct packet;

#define MESSAGE_BYTES_MAX 1200	/* of a datagram of ours: fits every path unfragmented */
#define MESSAGE_MEMORY 4096	/* messages remembered */
#define MESSAGE_STORING_MAX 256 /* messages of others not stored yet */

struct outgoing {
	struct heap_node timer;
	struct outgoing *next;
	uint64_t id;
	uint32_t path;
	uint32_t number; /* packet number, the same for each try */
	enum message_state state;
	unsigned tries;
	int64_t first; /* try on this path */
	int64_t due;
	char *text;
	unsigned char *bytes; /* the datagram, from the first try on */
	size_t len;
};

struct storing {
	uint64_t id;
	uint64_t digest;
	struct endpoint from;
	uint32_t number;
	size_t bytes; /* of its datagram */
	bool receipt;
};

struct remembered {
	uint64_t digest; /* 0: free */
	bool stored;
};

struct messages {
	struct outgoing *first; /* in the order they were given */
	struct outgoing *last;
	size_t count;
	uint64_t last_id;
	struct storing storing[MESSAGE_STORING_MAX];
	size_t storing_count;
	struct remembered *memory; /* a ring of MESSAGE_MEMORY */
	size_t memory_next;
	uint8_t key[16];
};

bool messages_init(struct messages *messages, const uint8_t key[16]);
void messages_free(struct peer *peer);

/* Takes a message for a path; it leaves when the path is open. NULL when memory is short. */
struct outgoing *messages_give(struct turn *turn, struct path *path, const char *text);

void messages_path_open(struct turn *turn, const struct path *path);
void messages_path_failed(struct turn *turn, const struct path *path, enum reason reason);
void messages_move(struct messages *messages, uint32_t from_path, uint32_t to_path);
bool messages_wait_for(const struct messages *messages, uint32_t path);
void messages_tick(struct turn *turn);
int64_t messages_deadline(const struct messages *messages);

/* SENDMSG, RECVMSG, READMSG of others. */
void messages_received(struct turn *turn, const struct arrival *in, const struct packet *packet);
void messages_confirmed(struct turn *turn, const struct arrival *in, const struct packet *packet);
void messages_read(struct turn *turn, const struct arrival *in, const struct packet *packet);
void messages_stored(struct turn *turn, uint64_t id);

/* It could not be kept: forgotten, so that the sender's next try is taken. */
void messages_refused(struct peer *peer, uint64_t id);

#endif
