/*
 * The mailbox in memory: messages in the order of their ids, each one allocation,
 * and a ring of marks. What changes it takes effect at once; what is left for
 * commit() is to tell of it.
 */
#include "store/memory.h"

#include <stdlib.h>
#include <string.h>

#include "store/copy.h"

#define MARKS 4096 /* the oldest makes way */
#define LOOKS 64 /* at messages, for a bounded query */
#define PART_STRANGERS 8 /* of the room, for what strangers sent and nobody has read */

struct memory_mark {
	struct mail_mark mark;
	int64_t wall;
};

struct memory {
	struct mailbox mailbox;
	size_t messages_max;
	size_t bytes_max;
	size_t bytes;
	size_t strangers, strangers_bytes; /* of strangers, and unread */
	bool full;			   /* the last received one was lost for want of room */
	struct mail_outcome *outcomes; /* not told yet */
	size_t outcome_count;
	size_t outcome_room;
	struct memory_mark *marks;
	uint64_t mark_count; /* ever: the place of the next, modulo MARKS */
	size_t count;
	struct copy *copies[]; /* by id */
};

static struct memory *memory_of(struct mailbox *mailbox)
{
	return (struct memory *)mailbox;
}

/* The place of the first whose id is above that one. */
static size_t place_above(const struct memory *memory, uint64_t id)
{
	size_t low = 0, high = memory->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (memory->copies[middle]->mail.id > id)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

static struct copy *look_up(const struct memory *memory, uint64_t id)
{
	size_t place = place_above(memory, id);

	return place > 0 && memory->copies[place - 1]->mail.id == id ? memory->copies[place - 1]
								       : NULL;
}

static bool is_strangers(const struct mail *mail)
{
	return mail->stranger && mail_unread(mail);
}

/* Of a stranger's that is there no more, or was read. */
static void give_back(struct memory *memory, const struct copy *copy)
{
	memory->strangers--;
	memory->strangers_bytes -= copy->bytes;
}

static void drop(struct memory *memory, size_t place)
{
	memory->bytes -= memory->copies[place]->bytes;
	if (is_strangers(&memory->copies[place]->mail))
		give_back(memory, memory->copies[place]);
	free(memory->copies[place]);
	memory->count--;
	memmove(&memory->copies[place], &memory->copies[place + 1],
	    (memory->count - place) * sizeof(struct copy *));
}

/* The oldest that is not on its way any more makes way. False when there is none. */
static bool drop_one(struct memory *memory)
{
	for (size_t i = 0; i < memory->count; i++) {
		if (mail_queued(&memory->copies[i]->mail))
			continue;
		drop(memory, i);
		return true;
	}
	return false;
}

/* True with room for that one. */
static bool make_room(struct memory *memory, const struct copy *copy)
{
	size_t bytes = copy->bytes;

	if (bytes > memory->bytes_max)
		return false;
	if (is_strangers(&copy->mail) &&
	    (memory->strangers >= (memory->messages_max + PART_STRANGERS - 1) / PART_STRANGERS ||
		memory->strangers_bytes + bytes > memory->bytes_max / PART_STRANGERS))
		return false;
	while (memory->count == memory->messages_max || memory->bytes > memory->bytes_max - bytes) {
		if (!drop_one(memory))
			return false;
	}
	return true;
}

static void insert(struct memory *memory, struct copy *copy)
{
	size_t place = place_above(memory, copy->mail.id);

	memmove(&memory->copies[place + 1], &memory->copies[place],
	    (memory->count - place) * sizeof(struct copy *));
	memory->copies[place] = copy;
	memory->count++;
	memory->bytes += copy->bytes;
	if (is_strangers(&copy->mail)) {
		memory->strangers++;
		memory->strangers_bytes += copy->bytes;
	}
}

static bool is_known(const struct memory *memory, const struct mail_mark *mark)
{
	size_t count = memory->mark_count < MARKS ? (size_t)memory->mark_count : MARKS;

	for (size_t i = 0; i < count; i++) {
		const struct memory_mark *old = &memory->marks[i];

		if (old->wall < mark->since)
			continue;
		if (memcmp(old->mark.digest, mark->digest, MARK_BYTES) == 0)
			return true;
		if (mark->by_number && old->mark.by_number &&
		    memcmp(old->mark.number_digest, mark->number_digest, MARK_BYTES) == 0)
			return true;
	}
	return false;
}

static bool has_marks(struct memory *memory)
{
	if (memory->marks == NULL)
		memory->marks = malloc(MARKS * sizeof *memory->marks);
	return memory->marks != NULL;
}

static bool has_outcome_room(struct memory *memory)
{
	if (memory->outcome_count < memory->outcome_room)
		return true;
	size_t room = memory->outcome_room > 0 ? 2 * memory->outcome_room : 16;
	struct mail_outcome *outcomes = realloc(memory->outcomes, room * sizeof *outcomes);

	if (outcomes == NULL)
		return false;
	memory->outcomes = outcomes;
	memory->outcome_room = room;
	return true;
}

/* There is room for it. */
static void tell_later(struct memory *memory, uint64_t id, enum mail_direction direction,
    enum mail_result result)
{
	memory->outcomes[memory->outcome_count++] = (struct mail_outcome){id, direction, result};
}

static enum mail_result take(struct memory *memory, struct copy *copy, const struct mail_mark *mark)
{
	if (mark != NULL && is_known(memory, mark))
		return MAIL_KNOWN;
	if (look_up(memory, copy->mail.id) != NULL)
		return MAIL_LOST;
	if (!make_room(memory, copy)) {
		memory->full = memory->full || mail_unread(&copy->mail);
		return MAIL_LOST;
	}
	memory->full = memory->full && !mail_unread(&copy->mail);
	insert(memory, copy);
	if (mark != NULL)
		memory->marks[memory->mark_count++ % MARKS] =
		    (struct memory_mark){*mark, copy->mail.wall};
	return MAIL_KEPT;
}

static bool memory_add(struct mailbox *mailbox, const struct mail *mail,
    const struct mail_mark *mark)
{
	struct memory *memory = memory_of(mailbox);
	enum mail_result result;

	if (!has_outcome_room(memory) || (mark != NULL && !has_marks(memory)))
		return false;
	struct copy *copy = copy_new(mail);

	if (copy == NULL)
		return false;
	result = take(memory, copy, mark);
	if (result != MAIL_KEPT)
		free(copy);
	tell_later(memory, mail->id, mail->direction, result);
	return true;
}

static bool memory_set_number(struct mailbox *mailbox, uint64_t id, uint32_t number)
{
	struct memory *memory = memory_of(mailbox);
	struct copy *copy = look_up(memory, id);
	bool there = copy != NULL && copy->mail.direction == MAIL_SENT;

	if (!has_outcome_room(memory))
		return false;
	if (there)
		copy->mail.number = number;
	tell_later(memory, id, MAIL_SENT, there ? MAIL_KEPT : MAIL_LOST);
	return true;
}

static bool memory_set_state(struct mailbox *mailbox, uint64_t id, enum message_state state,
    enum reason reason, int64_t wall)
{
	struct copy *copy = look_up(memory_of(mailbox), id);

	if (copy == NULL || copy->mail.direction != MAIL_SENT)
		return true;
	copy->mail.state = state;
	copy->mail.reason = reason;
	copy->mail.changed = wall;
	return true;
}

static bool memory_set_read(struct mailbox *mailbox, uint64_t id, int64_t wall)
{
	struct copy *copy = look_up(memory_of(mailbox), id);

	if (copy == NULL || !mail_unread(&copy->mail))
		return true;
	if (is_strangers(&copy->mail))
		give_back(memory_of(mailbox), copy);
	memory_of(mailbox)->full = false;
	copy->mail.read = true;
	copy->mail.changed = wall;
	return true;
}

static bool memory_set_told(struct mailbox *mailbox, uint64_t id)
{
	struct copy *copy = look_up(memory_of(mailbox), id);

	if (copy != NULL && copy->mail.direction == MAIL_RECEIVED)
		copy->mail.told = true;
	return true;
}

static bool memory_shift_expiry(struct mailbox *mailbox, int64_t by, int64_t latest)
{
	const struct memory *memory = memory_of(mailbox);

	for (size_t i = 0; i < memory->count; i++) {
		struct mail *mail = &memory->copies[i]->mail;

		if (mail_queued(mail) && mail->expires > 0)
			mail->expires = mail->expires < latest - by ? mail->expires + by : latest;
	}
	return true;
}

/* Another life has nothing to go on with. */
static void memory_note_number(struct mailbox *mailbox, uint32_t number)
{
}

/* What is added from within is told of too: it may be that nobody calls again soon. */
static void memory_commit(struct mailbox *mailbox, int64_t wall)
{
	struct memory *memory = memory_of(mailbox);

	while (memory->outcome_count > 0) {
		struct mail_outcome *outcomes = memory->outcomes;
		size_t count = memory->outcome_count;

		memory->outcomes = NULL;
		memory->outcome_count = memory->outcome_room = 0;
		for (size_t i = 0; i < count && mailbox->on_outcome != NULL; i++)
			mailbox->on_outcome(mailbox->context, &outcomes[i]);
		free(outcomes);
	}
}

static enum mail_found memory_find(struct mailbox *mailbox, uint64_t id, struct mail *mail)
{
	const struct copy *copy = look_up(memory_of(mailbox), id);

	if (copy != NULL)
		*mail = copy->mail;
	return copy != NULL ? MAIL_FOUND : MAIL_NONE;
}

static enum mail_found memory_next(struct mailbox *mailbox, const struct mail_query *query,
    uint64_t *cursor, struct mail *mail)
{
	const struct memory *memory = memory_of(mailbox);
	uint64_t above = *cursor > query->after ? *cursor : query->after;
	size_t first = place_above(memory, above);

	for (size_t i = first; i < memory->count; i++) {
		if (query->bounded && i - first == LOOKS) {
			*cursor = memory->copies[i - 1]->mail.id;
			return MAIL_MORE;
		}
		if (!copy_matches(&memory->copies[i]->mail, query))
			continue;
		*mail = memory->copies[i]->mail;
		*cursor = mail->id;
		return MAIL_FOUND;
	}
	return MAIL_NONE;
}

static void memory_status(struct mailbox *mailbox, struct mailbox_status *status)
{
	const struct memory *memory = memory_of(mailbox);

	*status = (struct mailbox_status){
	    .well = true,
	    .full = memory->full,
	    .path = "",
	    .bytes = memory->bytes,
	    .counts.stored = memory->count,
	};
	for (size_t i = 0; i < memory->count; i++) {
		status->counts.unread += mail_unread(&memory->copies[i]->mail);
		status->counts.queued += mail_queued(&memory->copies[i]->mail);
	}
}

static void memory_free(struct mailbox *mailbox)
{
	struct memory *memory = memory_of(mailbox);

	for (size_t i = 0; i < memory->count; i++)
		free(memory->copies[i]);
	free(memory->outcomes);
	free(memory->marks);
	free(memory);
}

struct mailbox *memory_new(size_t messages, size_t bytes)
{
	static const struct mailbox_methods methods = {
	    .add = memory_add,
	    .set_number = memory_set_number,
	    .set_state = memory_set_state,
	    .set_read = memory_set_read,
	    .set_told = memory_set_told,
	    .shift_expiry = memory_shift_expiry,
	    .note_number = memory_note_number,
	    .commit = memory_commit,
	    .find = memory_find,
	    .next = memory_next,
	    .status = memory_status,
	    .free = memory_free,
	};
	struct memory *memory = calloc(1, sizeof *memory + messages * sizeof memory->copies[0]);

	if (memory == NULL)
		return NULL;
	memory->mailbox.methods = &methods;
	memory->messages_max = messages;
	memory->bytes_max = bytes;
	return &memory->mailbox;
}
