/* Chains of changes, each with the newest first. */
#include "store/pending.h"

#include <stdlib.h>

static size_t bucket_of(uint64_t id)
{
	return (size_t)(id % PENDING_BUCKETS);
}

static size_t bytes_of(const struct change *change)
{
	return sizeof *change + (change->copy != NULL ? change->copy->bytes : 0);
}

void pending_insert(struct pending *pending, struct change *change)
{
	struct change **bucket = &pending->buckets[bucket_of(change->id)];

	change->older = *bucket;
	*bucket = change;
	pending->count++;
	pending->bytes += bytes_of(change);
}

void pending_remove(struct pending *pending, const struct change *change)
{
	struct change **at = &pending->buckets[bucket_of(change->id)];

	while (*at != change)
		at = &(*at)->older;
	*at = change->older;
	pending->count--;
	pending->bytes -= bytes_of(change);
}

struct change *pending_newest(const struct pending *pending, uint64_t id, enum change_kind kind)
{
	struct change *change = pending->buckets[bucket_of(id)];

	while (change != NULL && (change->id != id || change->kind != kind))
		change = change->older;
	return change;
}

void pending_overlay(const struct pending *pending, struct mail *mail)
{
	const struct change *state = pending_newest(pending, mail->id, CHANGE_STATE);
	const struct change *read = pending_newest(pending, mail->id, CHANGE_READ);
	const struct change *told = pending_newest(pending, mail->id, CHANGE_TOLD);
	const struct change *number = pending_newest(pending, mail->id, CHANGE_NUMBER);

	if (state != NULL && mail->direction == MAIL_SENT) {
		mail->state = state->state;
		mail->reason = state->reason;
		mail->changed = state->wall;
	}
	if (number != NULL && mail->direction == MAIL_SENT &&
	    !(number->finished && number->result == MAIL_LOST))
		mail->number = number->number;
	if (read != NULL && mail_unread(mail)) {
		mail->read = true;
		mail->changed = read->wall;
	}
	if (told != NULL && mail->direction == MAIL_RECEIVED)
		mail->told = true;
}

void change_free(struct change *change)
{
	free(change->copy);
	free(change);
}
