/*
 * The way of nearly every packet that a supernode gets: the entry of a peer
 * that is registered at that endpoint, with this epoch's cookie, the same to the
 * byte as the one before but for its number, transaction and cookie. It needs
 * no parsing, since what it says is known; and its answer differs from others
 * in as few places.
 */
#ifndef IPMSG_SUPER_REPEAT_H
#define IPMSG_SUPER_REPEAT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"
#include "super/registry.h"

#define REPEAT_ANSWER_MAX 512 /* longer ones are written anew each time */

/* An answer behind its number; in the places are texts of the same lengths. */
struct repeat_answer {
	uint16_t len; /* 0: none yet */
	uint16_t transaction, observed, cookie;
	unsigned char bytes[REPEAT_ANSWER_MAX];
};

struct repeats {
	uint64_t generation; /* of what is remembered: see repeats_forget() */
	struct repeat_answer answers[2][LIFETIME_STEPS]; /* by family and lifetime */
};

/* What entries mean has changed, or what their answers say: each is read in full once more. */
void repeats_forget(struct repeats *repeats);

struct turn;
struct entry;

/* False, with nothing done, for any other packet. */
bool repeat_handle(struct turn *turn);

/*
 * Remembers an entry that was granted. Its answer too, unless that is empty: it
 * has to be one to an entry that changed nothing but the time, give back the
 * cookie that was shown, and hold nothing that is different for others but TK,
 * OA, LT and CK.
 */
void repeat_learn(struct turn *turn, const struct entry *entry, struct span answer);

#endif
