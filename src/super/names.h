/*
 * Who somebody says to be: user, host, nick and group as valid UTF-8, packed
 * into one allocation, since there may be millions of them.
 */
#ifndef IPMSG_SUPER_NAMES_H
#define IPMSG_SUPER_NAMES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/charset.h"
#include "wire/entry.h"

enum name_part { NAME_USER, NAME_HOST, NAME_NICK, NAME_GROUP, NAME_PARTS };

struct names {
	uint8_t len[NAME_PARTS];
	uint8_t candidate_bytes; /* packed candidates, behind the text */
	unsigned char bytes[];
};

/*
 * From an entry packet. A nick that is empty becomes the user's name, as seeds
 * take it. NULL when memory is short. To be freed with free().
 */
struct names *names_new(const struct entry *entry, struct charset *legacy);

struct span names_part(const struct names *names, enum name_part part);

/* The local candidates (LC) that came with the entry. Returns how many. */
size_t names_candidates(const struct names *names, struct endpoint out[CANDIDATES_MAX]);

/* User, host and nick are equal: one and the same registration. */
bool names_same_peer(const struct names *a, const struct names *b);

/*
 * Whether `wanted` is NICK, NICK@GROUP, or, without a group, NICK@HOST. The
 * second form is what seeds ask for.
 */
enum name_match { MATCH_NONE, MATCH_NICK, MATCH_FULL };
enum name_match names_match(const struct names *names, struct span wanted);

#endif
