/*
 * The mailbox in memory: a ring of messages, each one allocation. A message's
 * number in order of arrival is its cursor, and names its place in the ring.
 */
#include "store/memory.h"

#include <stdlib.h>
#include <string.h>

struct entry {
	struct mail mail; /* its texts and offers lie behind it */
	size_t bytes;	  /* of the whole entry */
	struct offer offers[];
};

struct memory {
	struct mailbox mailbox;
	size_t messages_max;
	size_t bytes_max;
	size_t bytes;
	uint64_t first; /* number of the oldest; numbers begin at 1 */
	uint64_t end;	/* one behind the newest */
	struct entry *ring[];
};

static struct memory *memory_of(struct mailbox *mailbox)
{
	return (struct memory *)mailbox;
}

static const struct memory *memory_in(const struct mailbox *mailbox)
{
	return (const struct memory *)mailbox;
}

static struct entry *entry_at(const struct memory *memory, uint64_t number)
{
	return memory->ring[number % memory->messages_max];
}

static size_t text_bytes(const struct mail *mail)
{
	size_t bytes = strlen(mail->name) + 1 + strlen(mail->text) + 1;

	for (size_t i = 0; i < mail->offer_count; i++)
		bytes += strlen(mail->offers[i].name) + 1;
	return bytes;
}

/* Copies a text to `*room`, which moves on behind it. */
static const char *keep(char **room, const char *text)
{
	size_t len = strlen(text) + 1;
	char *copy = memcpy(*room, text, len);

	*room += len;
	return copy;
}

static struct entry *entry_new(const struct mail *mail)
{
	size_t bytes = sizeof(struct entry) + mail->offer_count * sizeof *mail->offers +
	    text_bytes(mail);
	struct entry *entry = malloc(bytes);

	if (entry == NULL)
		return NULL;
	char *room = (char *)&entry->offers[mail->offer_count];

	entry->mail = *mail;
	entry->bytes = bytes;
	entry->mail.name = keep(&room, mail->name);
	entry->mail.text = keep(&room, mail->text);
	entry->mail.offers = entry->offers;
	for (size_t i = 0; i < mail->offer_count; i++) {
		entry->offers[i] = mail->offers[i];
		entry->offers[i].name = keep(&room, mail->offers[i].name);
	}
	return entry;
}

static void drop_oldest(struct memory *memory)
{
	struct entry *entry = entry_at(memory, memory->first++);

	memory->bytes -= entry->bytes;
	free(entry);
}

static bool memory_add(struct mailbox *mailbox, const struct mail *mail)
{
	struct memory *memory = memory_of(mailbox);
	struct entry *entry = entry_new(mail);

	if (entry == NULL || entry->bytes > memory->bytes_max) {
		free(entry);
		return false;
	}
	while (memory->end - memory->first == memory->messages_max ||
	    memory->bytes > memory->bytes_max - entry->bytes)
		drop_oldest(memory);
	memory->ring[memory->end++ % memory->messages_max] = entry;
	memory->bytes += entry->bytes;
	return true;
}

/* From the newest back: it is the young ones that are looked for. */
static struct entry *look_up(const struct memory *memory, enum mail_direction direction,
    uint64_t id)
{
	for (uint64_t number = memory->end; number > memory->first; number--) {
		struct entry *entry = entry_at(memory, number - 1);

		if (entry->mail.id == id && entry->mail.direction == direction)
			return entry;
	}
	return NULL;
}

static bool memory_set_state(struct mailbox *mailbox, uint64_t id, enum message_state state,
    enum reason reason)
{
	struct entry *entry = look_up(memory_of(mailbox), MAIL_SENT, id);

	if (entry == NULL)
		return false;
	entry->mail.state = state;
	entry->mail.reason = reason;
	return true;
}

static bool memory_set_opened(struct mailbox *mailbox, uint64_t id)
{
	struct entry *entry = look_up(memory_of(mailbox), MAIL_RECEIVED, id);

	if (entry == NULL)
		return false;
	entry->mail.opened = true;
	return true;
}

static bool memory_find(const struct mailbox *mailbox, enum mail_direction direction, uint64_t id,
    struct mail *mail)
{
	const struct entry *entry = look_up(memory_in(mailbox), direction, id);

	if (entry == NULL)
		return false;
	*mail = entry->mail;
	return true;
}

static bool memory_next(const struct mailbox *mailbox, uint64_t *cursor, struct mail *mail)
{
	const struct memory *memory = memory_in(mailbox);

	if (*cursor < memory->first)
		*cursor = memory->first;
	if (*cursor >= memory->end)
		return false;
	*mail = entry_at(memory, (*cursor)++)->mail;
	return true;
}

static void memory_free(struct mailbox *mailbox)
{
	struct memory *memory = memory_of(mailbox);

	while (memory->first < memory->end)
		drop_oldest(memory);
	free(memory);
}

struct mailbox *memory_new(size_t messages, size_t bytes)
{
	static const struct mailbox_methods methods = {
	    .persistent = false,
	    .add = memory_add,
	    .set_state = memory_set_state,
	    .set_opened = memory_set_opened,
	    .find = memory_find,
	    .next = memory_next,
	    .free = memory_free,
	};
	struct memory *memory = calloc(1, sizeof *memory + messages * sizeof memory->ring[0]);

	if (memory == NULL)
		return NULL;
	memory->mailbox.methods = &methods;
	memory->messages_max = messages;
	memory->bytes_max = bytes;
	memory->first = memory->end = 1;
	return &memory->mailbox;
}
