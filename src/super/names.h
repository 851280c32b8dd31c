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

#define NAMES_BYTES_MAX                                                                            \
	(sizeof(struct names) + NAME_PARTS * NAME_TEXT_MAX +                                       \
	    CANDIDATES_MAX * (ENDPOINT_PACKED_MAX + 1))

/* Room for any, to look at them before they are kept. */
struct names_room {
	unsigned char bytes[NAMES_BYTES_MAX];
};

/*
 * From an entry packet; they lie in the room. A nick that is empty becomes the
 * user's name, as seeds take it.
 */
const struct names *names_read(struct names_room *room, const struct entry *entry,
    struct charset *legacy);

/* The same, kept. NULL when memory is short. To be freed with free(). */
struct names *names_new(const struct entry *entry, struct charset *legacy);

/* All of it, as bytes that names_scan() knows again in another process. */
struct span names_bytes(const struct names *names);

/*
 * Whether `bytes` begin with such ones, and sound: lengths in bounds, valid
 * UTF-8, whole candidates. `*found` are these alone, for names_copy().
 */
bool names_scan(struct span bytes, struct span *found);

/* NULL when memory is short. To be freed with free(). */
struct names *names_copy(struct span found);

struct span names_part(const struct names *names, enum name_part part);

/* What stands behind the '@' of a full name: the group, or the host of who has none. */
struct span names_place(const struct names *names);

/* "nick@place", the whole name, without a NUL. Returns the length. */
#define NAMES_FULL_MAX (2 * NAME_TEXT_MAX)
size_t names_full(const struct names *names, char out[NAMES_FULL_MAX]);

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
