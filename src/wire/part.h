/*
 * SENDPART and ACKPART: a message whose text fits no single datagram, between
 * two peers that share a session (ipmsg-punch(7), LARGE MESSAGES). The packet
 * number of all its parts is that of the message.
 */
#ifndef IPMSG_WIRE_PART_H
#define IPMSG_WIRE_PART_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/fields.h"

struct part_packet {
	struct span chunk; /* of the text */
	size_t size;	   /* of each chunk of that message but the last */
	size_t offset;	   /* of this one in the text */
	struct fields fields;
};

struct part_ack {
	uint32_t message; /* its number */
	uint8_t bits[PART_BITS_BYTES]; /* part i came: bit i % 8 of byte i / 8, counted from the lowest */
	size_t bits_len;
	struct fields fields;
};

/*
 * False when the packet is void: no PT or SI, numbers that contradict each other or the chunk, or
 * a word that is not of a SENDMSG.
 */
bool part_parse(struct part_packet *part, const struct packet *packet);

/* False when the packet is void: no number, PB or SI. */
bool part_ack_parse(struct part_ack *ack, const struct packet *packet);

static inline bool part_is_there(const uint8_t *bits, uint32_t index)
{
	return (bits[index / 8] & 1u << index % 8) != 0;
}

static inline void part_note(uint8_t *bits, uint32_t index)
{
	bits[index / 8] |= (uint8_t)(1u << index % 8);
}

/* Bytes of such a table of `total` parts. */
static inline size_t part_bits_bytes(uint32_t total)
{
	return (total + 7) / 8;
}

/* Both without the MA that may follow. `fields` has SI and, of a part, PT. */
void part_write(struct writer *w, uint32_t number, const struct identity *from,
    const struct fields *fields, struct span chunk);
void part_ack_write(struct writer *w, uint32_t number, const struct identity *from,
    const struct fields *fields, uint32_t message, const uint8_t *bits, size_t bits_len);

#endif
