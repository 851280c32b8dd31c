/*
 * What the end of an introduction says about the two networks, in a word for programs and
 * sentences for people: what is the matter, and what may be done.
 */
#ifndef IPMSG_PEER_DIAGNOSIS_H
#define IPMSG_PEER_DIAGNOSIS_H

struct peer;
struct path;

enum diagnosis {
	DIAGNOSIS_NONE, /* nothing to say beyond the reason, or not over yet */

	/* open */
	DIAGNOSIS_LOCAL,   /* on the same local network */
	DIAGNOSIS_DIRECT,  /* no NAT had to be opened */
	DIAGNOSIS_HAIRPIN, /* both behind one address, and the NAT there leads back */
	DIAGNOSIS_PUNCHED, /* both sides opened theirs */

	/* not open */
	DIAGNOSIS_BOTH_DEPENDENT,  /* both NATs map by the destination */
	DIAGNOSIS_OWN_DEPENDENT,   /* ours does, and theirs filters */
	DIAGNOSIS_THEIR_DEPENDENT, /* theirs does, and ours filters */
	DIAGNOSIS_NO_HAIRPIN,	   /* both behind one address, and nothing came: the NAT may not lead back */
	DIAGNOSIS_ONE_WAY,	   /* it was heard, and does not hear us */
	DIAGNOSIS_SILENT,	   /* nothing came, though the NATs would let it: away, or blocked */
	DIAGNOSIS_UNKNOWN_NAT,	   /* nothing came, and of the NATs too little is known */
	DIAGNOSIS_OLD_CLIENT,	   /* nothing came from a client that tells nothing of itself */
	DIAGNOSES,
};

/* "both-dependent", … ; "none" */
const char *diagnosis_name(enum diagnosis diagnosis);

/* A whole sentence about it, and one of advice; "" where there is nothing to say. */
const char *diagnosis_sentence(enum diagnosis diagnosis);
const char *diagnosis_advice(enum diagnosis diagnosis);

/* Of a path as it is now. */
enum diagnosis diagnosis_of(const struct peer *peer, const struct path *path);

#endif
