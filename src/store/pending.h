/* What was collected and is not written yet, to be found by the message's id. */
#ifndef IPMSG_STORE_PENDING_H
#define IPMSG_STORE_PENDING_H

#include <sys/queue.h>

#include "store/copy.h"

enum change_kind {
	CHANGE_ADD, CHANGE_NUMBER, CHANGE_STATE, CHANGE_READ, CHANGE_TOLD, CHANGE_SHIFT,
};

struct change {
	enum change_kind kind;
	uint64_t id;
	struct copy *copy; /* CHANGE_ADD */
	struct mail_mark mark;
	bool marked;
	uint32_t number;
	enum message_state state;
	enum reason reason;
	int64_t wall;
	int64_t by, latest; /* CHANGE_SHIFT */
	bool taken;    /* the writer has it: it must not be changed */
	bool finished; /* written or not, see the result */
	enum mail_result result;
	STAILQ_ENTRY(change) next;
	struct change *older; /* of those whose ids share a bucket */
};
STAILQ_HEAD(change_list, change);

#define PENDING_BUCKETS 4096
struct pending {
	struct change *buckets[PENDING_BUCKETS];
	size_t count;
	size_t bytes;
};

void pending_insert(struct pending *pending, struct change *change);
void pending_remove(struct pending *pending, const struct change *change);

/* The newest change of that kind to that message, or NULL. */
struct change *pending_newest(const struct pending *pending, uint64_t id, enum change_kind kind);

/* Brings a message to its newest state. */
void pending_overlay(const struct pending *pending, struct mail *mail);

void change_free(struct change *change);

#endif
