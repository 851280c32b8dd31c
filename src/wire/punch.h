/*
 * The three packets of the rendezvous: ASKPUNCHING and ORDERPUNCHING as the
 * seed document defines them, ANSPUNCHING of ours. Each may carry fields, but
 * only toward a node that has shown PX.
 */
#ifndef IPMSG_WIRE_PUNCH_H
#define IPMSG_WIRE_PUNCH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/charset.h"
#include "wire/fields.h"

struct ask {
	struct span name; /* the wanted name; 1 to ASK_NAME_MAX bytes */
	bool utf8;
	struct fields fields;
};

struct order {
	struct endpoint toward;
	struct fields fields;
};

struct answer {
	struct span name; /* the name asked for, as it was asked; may be empty (to an order) */
	struct fields fields;
};

#define ASK_NAME_MAX (2 * NAME_BYTES_MAX + 1) /* nick '@' group */

/* False when the packet is void: no name or too long a one, no endpoint, a bad block. */
bool ask_parse(struct ask *ask, const struct packet *packet);
bool order_parse(struct order *order, const struct packet *packet);
bool answer_parse(struct answer *answer, const struct packet *packet);

/* The name asked for as valid UTF-8; see name_decode(). Returns the length. */
#define ASK_TEXT_MAX (3 * ASK_NAME_MAX + 1)
size_t ask_decode(const struct ask *ask, struct charset *legacy, char out[ASK_TEXT_MAX]);

/*
 * `name` goes out as it is: legacy bytes without `fields` (then nothing
 * follows it, not even a NUL: seeds compare the rest of the packet), UTF-8 with them.
 */
void ask_write(struct writer *w, uint32_t number, const struct identity *from, struct span name,
    const struct fields *fields);
void order_write(struct writer *w, uint32_t number, const struct identity *from,
    const struct endpoint *toward, const struct fields *fields);
void answer_write(struct writer *w, uint32_t number, const struct identity *from, struct span name,
    const struct fields *fields);

#endif
