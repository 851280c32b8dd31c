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
#define ALTERNATES_MAX 4
#define IDENTITY_BYTES 32  /* an Ed25519 public key */
#define SIGNATURE_BYTES 64 /* Ed25519 */
#define MAC_BYTES 16
#define STAMP_DIGITS_MAX 16

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

/* How a NAT maps and allots ports (RFC 4787 §4); NT. */
enum nat_mapping {
	NAT_MAPPING_UNKNOWN,
	NAT_MAPPING_EI,
	NAT_MAPPING_AD,
	NAT_MAPPING_AP,
	NAT_MAPPINGS,
};
enum nat_ports { NAT_PORTS_UNKNOWN, NAT_PORTS_KEEP, NAT_PORTS_SEQ, NAT_PORTS_RND };
struct nat_class {
	uint8_t mapping; /* enum nat_mapping */
	uint8_t ports;	 /* enum nat_ports */
	bool open;	 /* lets in what nobody asked for, and then changes the port */
	bool eif;	 /* lets everybody in where it has let one out */
};

/* One part of a message that is too long for a datagram (PT); wire/part.h. */
struct part {
	uint32_t index; /* from 0 */
	uint32_t total; /* parts of that message, 2 to PARTS_MAX */
	uint32_t bytes; /* of its whole text */
	uint32_t word;	/* command and options of the message */
};
#define PARTS_MAX 1280
#define PART_BITS_BYTES (PARTS_MAX / 8)

struct fields {
	uint32_t present; /* bit 1u << KEY_PX … KEY_MA; 0: the sender knows only the seed */
	uint8_t transaction[TRANSACTION_BYTES];
	uint8_t session[SESSION_BYTES];
	uint8_t cookie[COOKIE_BYTES];
	struct endpoint observed;
	uint32_t lifetime; /* s */
	enum punch_error error;
	struct endpoint candidates[CANDIDATES_MAX];
	size_t candidate_count;
	size_t padding; /* bytes of PD's value */
	struct span asker;   /* AN: nick@group, valid UTF-8; a view of the packet that was read */
	struct span choices; /* CH: likewise; see fields_next_choice() */
	/* AP; with the unspecified address: "at the address where you reached me, at this port" */
	struct endpoint alternates[ALTERNATES_MAX];
	size_t alternate_count;
	struct nat_class nat;
	uint32_t text_max; /* LM: bytes of a message that the sender takes in parts */
	struct part part;  /* PT */
	struct span bits;  /* PB, as it is written: which parts came */
	uint8_t identity[IDENTITY_BYTES];
	uint64_t stamp; /* TS: ms since 1970, rising with each packet of its sender */
	uint8_t signature[SIGNATURE_BYTES]; /* SG */
	uint8_t mac[MAC_BYTES];		    /* MA */
	size_t covered; /* bytes of the packet before the line SG or MA: what it stands for */
};

/* Whether that one of AP has the unspecified address: only its port says something. */
bool alternate_is_relative(const struct endpoint *alternate);

/* "unknown", "ei", "ad", "ap" */
const char *nat_mapping_name(enum nat_mapping mapping);

/*
 * CH is a list of names, in which ',' and '%' of a name are written %2C and
 * %25. Cuts the next one off, decoded, into `name` of `cap` bytes with its NUL;
 * false at the end. Names that do not fit are passed over.
 */
bool fields_next_choice(struct span *choices, char *name, size_t cap);

/* Adds one to a text that becomes `choices`; nothing when it does not fit whole. */
void fields_add_choice(struct writer *choices, struct span name);

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
 * candidates or ALTERNATES_MAX alternates are malformed too, and so is an
 * alternate that nothing could be sent to.
 */
bool fields_read(struct fields *fields, const struct block *block);

/*
 * Writes those in `present`, PX first; but SG and MA, which stand for the bytes
 * before them, are put behind the packet by auth/seal.h.
 */
void fields_write(struct writer *w, const struct fields *fields);

#endif
