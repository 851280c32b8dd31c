/*
 * The key block: lines "LF KEY ':' value" at the end of a packet. Official
 * clients put their UTF-8 names there; the rendezvous protocol its fields.
 */
#ifndef IPMSG_WIRE_BLOCK_H
#define IPMSG_WIRE_BLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"
#include "wire/packet.h"

enum block_key {
	/* official clients' */
	KEY_UN,
	KEY_HN,
	KEY_NN,
	KEY_GN,
	KEY_VS,
	KEY_IP,
	/* the rendezvous protocol's */
	KEY_PX,
	KEY_TK,
	KEY_OA,
	KEY_LT,
	KEY_SI,
	KEY_LC,
	KEY_ER,
	KEY_PD,
	KEY_CK,
	KEY_AN,
	KEY_CH,
	KEY_AP,
	KEY_NT,
	KEY_LM,
	KEY_PT,
	KEY_PB,
	KEY_ID,
	KEY_TS,
	KEY_SG,
	KEY_MA,
	KEY_COUNT,
};

#define BLOCK_LINE_HEAD 4 /* bytes of a line before its value, the LF among them */

struct block {
	uint32_t present; /* bit 1u << key */
	const unsigned char *packet; /* where it begins */
	struct span value[KEY_COUNT];
};

static inline bool block_has(const struct block *block, enum block_key key)
{
	return (block->present & 1u << key) != 0;
}

/*
 * Reads the block of a packet that has one (CAPUTF8OPT set, a field after a
 * NUL that begins with LF); `present` is 0 otherwise. Unknown keys and lines
 * without ':' are passed over, of an official key the last one counts. False
 * when the packet is void: a rendezvous key twice, an IP: that is not base64, or
 * anything at all behind SG or MA, which stand for all that is before them.
 */
bool block_parse(struct block *block, const struct packet *packet);

/* LF KEY ':' value. */
void block_write(struct writer *w, enum block_key key, struct span value);

/* The two letters. */
const char *block_key_name(enum block_key key);

#endif
