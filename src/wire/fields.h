/*
 * The rendezvous protocol's fields, as values (ipmsg-punch(7), FIELDS).
 * Binary values travel as base64url without padding.
 */
#ifndef IPMSG_WIRE_FIELDS_H
#define IPMSG_WIRE_FIELDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/endpoint.h"
#include "wire/block.h"

#define TRANSACTION_BYTES 8
#define SESSION_BYTES 8
#define COOKIE_BYTES 16
#define CANDIDATES_MAX 4

enum punch_error {
	PUNCH_UNKNOWN,	  /* nobody of that name */
	PUNCH_STALE,	  /* found, but not heard of for long */
	PUNCH_AMBIGUOUS,  /* several of that name */
	PUNCH_TAKEN,	  /* the name belongs to somebody else */
	PUNCH_REFUSED,	  /* the target or the supernode does not want to */
	PUNCH_BUSY,	  /* a limit was reached; later */
	PUNCH_UNVERIFIED, /* cookie missing, foreign or expired: take this one */
	PUNCH_ERRORS,
};

/* The value of ER; an unknown word reads as PUNCH_REFUSED. */
const char *punch_error_name(enum punch_error error);

struct fields {
	uint32_t present; /* bit 1u << KEY_PX … KEY_CK; 0: the sender knows only the seed */
	uint8_t transaction[TRANSACTION_BYTES];
	uint8_t session[SESSION_BYTES];
	uint8_t cookie[COOKIE_BYTES];
	struct endpoint observed;
	uint32_t lifetime; /* s */
	enum punch_error error;
	struct endpoint candidates[CANDIDATES_MAX];
	size_t candidate_count;
	size_t padding; /* bytes of PD's value */
};

static inline bool fields_has(const struct fields *fields, enum block_key key)
{
	return (fields->present & 1u << key) != 0;
}

static inline void fields_set(struct fields *fields, enum block_key key)
{
	fields->present |= 1u << key | 1u << KEY_PX;
}

/*
 * Without PX of at least 1 nothing is read. False when a value is malformed
 * (length, alphabet, number), which voids the packet. More than CANDIDATES_MAX
 * candidates are malformed too.
 */
bool fields_read(struct fields *fields, const struct block *block);

/* Writes those in `present`, PX first. */
void fields_write(struct writer *w, const struct fields *fields);

#endif
