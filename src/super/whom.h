/*
 * Whom an administrator means: everybody of a name, whoever holds a key, all
 * of a network, or who is at one endpoint; and the text for it.
 */
#ifndef IPMSG_SUPER_WHOM_H
#define IPMSG_SUPER_WHOM_H

#include "auth/seal.h"
#include "super/names.h"
#include "super/registry.h"

enum whom_kind { WHOM_NAME, WHOM_KEY, WHOM_NETWORK, WHOM_ENDPOINT };

/* NICK@GROUP, or NICK@HOST for who has no group, and the final NUL */
#define WHOM_NAME_MAX NAMES_FULL_MAX
#define WHOM_TEXT_MAX WHOM_NAME_MAX

struct whom {
	enum whom_kind kind;
	unsigned bits;			  /* of a network: 32 or 128 for a single address */
	struct endpoint at;		  /* a network's first address, port 0; or the endpoint */
	uint8_t identity[IDENTITY_BYTES]; /* a key */
	char name[WHOM_NAME_MAX];	  /* UTF-8 */
};

/*
 * Reads "NICK@GROUP", a key (43 characters, also behind "key:"), "ADDRESS",
 * "ADDRESS/BITS" or "ADDRESS:PORT" ("[ADDRESS6]:PORT"). Bits behind a
 * network's prefix become 0. On failure returns what is wrong with it, as a
 * phrase for an error message, else NULL.
 */
const char *whom_parse(struct whom *whom, const char *text);

/* Such a text again, always the same for the same. Returns `buf`. */
const char *whom_format(const struct whom *whom, char buf[WHOM_TEXT_MAX]);

/* Those of that name, with that key. */
void whom_of_names(struct whom *whom, const struct names *names);
void whom_of_key(struct whom *whom, const uint8_t identity[IDENTITY_BYTES]);

/* Whether it means this one. */
bool whom_means(const struct whom *whom, const struct registration *reg);

/* An order of them all, in which a network comes before those that it contains. */
int whom_compare(const struct whom *a, const struct whom *b);

#endif
