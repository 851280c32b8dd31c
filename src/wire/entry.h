/*
 * Entry packets: BR_ENTRY, BR_EXIT, BR_ABSENCE, ANSENTRY, NOOPERATION. Body
 * is the nick, the first extra field the group; the key block may override
 * all names (official clients put the UTF-8 form there).
 */
#ifndef IPMSG_WIRE_ENTRY_H
#define IPMSG_WIRE_ENTRY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/charset.h"
#include "wire/fields.h"

/* A name in valid UTF-8 has at most three bytes for each of its wire bytes. */
#define NAME_TEXT_MAX (3 * NAME_BYTES_MAX + 1)

/* Views of the packet; each name's bytes as they came, and whether they are said to be UTF-8. */
struct entry {
	struct span user;  /* header or UN */
	struct span host;  /* header or HN */
	struct span nick;  /* body or NN */
	struct span group; /* first extra field or GN; may be empty */
	bool user_utf8, host_utf8, nick_utf8, group_utf8;
	struct span version;   /* VS, may be empty */
	struct fields fields;
};

/* All names are cut to NAME_BYTES_MAX. False when the block voids the packet. */
bool entry_parse(struct entry *entry, const struct packet *packet);

/*
 * A name as valid UTF-8: repaired UTF-8 if `utf8`, else UTF-8 when it is valid
 * and not plain ASCII, else decoded from the legacy charset. Returns the length.
 */
size_t name_decode(struct span name, bool utf8, struct charset *legacy, char out[NAME_TEXT_MAX]);

/* The VS value that our packets carry. */
#define ENTRY_VERSION "00050000:0:1:0"

/*
 * How long an entry has to be (PD makes it so) for a supernode's challenge to hold OA, of either
 * family, besides ID, which goes before it unless the entry has AP: a challenge is never longer
 * than what it answers.
 */
#define TEST_BYTES 190

/* The version in words, for SENDINFO. */
#define PROGRAM_TEXT "ipmsgd 0.1.0"

/*
 * BR_ENTRY, BR_EXIT, BR_ABSENCE or NOOPERATION: legacy text, and with `block`
 * the key block with the UTF-8 names (adds CAPUTF8OPT), then `fields` (may be
 * NULL; needs `block`).
 */
void entry_write(struct writer *w, uint32_t number, const struct identity *from, uint32_t word,
    struct charset *legacy, bool block, const struct fields *fields);

/*
 * ANSENTRY. With `utf8` the text is UTF-8 and VS follows (UTF8OPT and
 * CAPUTF8OPT are added), then `fields` (may be NULL; needs `utf8`).
 */
void entry_write_answer(struct writer *w, uint32_t number, const struct identity *from,
    uint32_t word, struct charset *legacy, bool utf8, const struct fields *fields);

#endif
