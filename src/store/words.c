/* The words of the database. One that was ever written must stay. */
#include "store/words.h"

#include <string.h>

static const char *const states[MESSAGE_STATES] = {
    [MESSAGE_WAITING] = "waiting",
    [MESSAGE_SENT] = "sent",
    [MESSAGE_DELIVERED] = "delivered",
    [MESSAGE_READ] = "read",
    [MESSAGE_BROADCAST] = "broadcast",
    [MESSAGE_FAILED] = "failed",
};

static const char *const reasons[REASONS] = {
    [REASON_NONE] = "",
    [REASON_NO_SUPERNODE] = "no-supernode",
    [REASON_SUPERNODE_LOST] = "supernode-lost",
    [REASON_UNKNOWN_NAME] = "unknown-name",
    [REASON_AMBIGUOUS] = "ambiguous",
    [REASON_BAD_NAME] = "bad-name",
    [REASON_REFUSED] = "refused",
    [REASON_BUSY] = "busy",
    [REASON_BAD_ADDRESS] = "bad-address",
    [REASON_SEED_SUPERNODE] = "seed-supernode",
    [REASON_NEEDS_FULL_NAME] = "needs-full-name",
    [REASON_NO_ANSWER] = "no-answer",
    [REASON_SILENT] = "silent",
    [REASON_NOT_CONFIRMED] = "not-confirmed",
    [REASON_TOO_LONG] = "too-long",
    [REASON_LIMIT] = "limit",
    [REASON_SHUTDOWN] = "shutdown",
    [REASON_TAKEN] = "taken",
    [REASON_KEY_CHANGED] = "key-changed",
    [REASON_NAT] = "nat",
    [REASON_EXPIRED] = "expired",
    [REASON_REMOVED] = "removed",
    [REASON_MAILBOX] = "mailbox",
};

static const char *word_at(const char *const *words, unsigned count, unsigned i)
{
	return i < count && words[i] != NULL ? words[i] : "";
}

static unsigned place_of(const char *const *words, unsigned count, const char *word,
    unsigned otherwise)
{
	for (unsigned i = 0; i < count; i++) {
		if (words[i] != NULL && strcmp(words[i], word) == 0)
			return i;
	}
	return otherwise;
}

const char *words_of_state(enum message_state state)
{
	return word_at(states, MESSAGE_STATES, state);
}

const char *words_of_reason(enum reason reason)
{
	return word_at(reasons, REASONS, reason);
}

enum message_state words_to_state(const char *word)
{
	return (enum message_state)place_of(states, MESSAGE_STATES, word, MESSAGE_FAILED);
}

enum reason words_to_reason(const char *word)
{
	return (enum reason)place_of(reasons, REASONS, word, REASON_NONE);
}
