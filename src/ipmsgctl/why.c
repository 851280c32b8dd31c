/* Short words for reasons. */
#include "ipmsgctl/why.h"

#include <stdio.h>

static const struct {
	const char *reason;
	const char *words;
} whys[] = {
    {"no-supernode", "not on the local network"},
    {"supernode-lost", "no supernode answers"},
    {"unknown-name", "nobody is called so"},
    {"ambiguous", "several are called so"},
    {"bad-name", "nobody can be called so"},
    {"refused", "was refused"},
    {"busy", "the supernode is busy"},
    {"bad-address", "told at no usable address"},
    {"needs-address", "its address is not told"},
    {"needs-full-name", "nick@group is wanted"},
    {"no-answer", "does not answer"},
    {"silent", "answers no more"},
    {"not-confirmed", "not confirmed"},
    {"too-long", "too long"},
    {"limit", "too much is under way"},
    {"shutdown", "ipmsg-peerd ended"},
    {"taken", "own name is taken"},
    {"key-changed", "supernode's key changed"},
    {"nat", "no way through the NATs"},
    {"expired", "waited too long"},
    {"removed", "taken out of the queue"},
    {"mailbox", "could not be kept"},
};

const char *why_words(const json_t *message, char out[FIELD_MAX])
{
	for (size_t i = 0; i < sizeof whys / sizeof *whys; i++) {
		if (field_is(message, "reason", whys[i].reason)) {
			snprintf(out, FIELD_MAX, "%s", whys[i].words);
			return out;
		}
	}
	return field_text(message, "reason", out);
}
