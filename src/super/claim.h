/*
 * Whether somebody may have the name that its entry says, and the place in the
 * registry that goes with it: what its signature proves, who owns the name, and
 * whom it would displace. Asked of entries that come from a proven address.
 */
#ifndef IPMSG_SUPER_CLAIM_H
#define IPMSG_SUPER_CLAIM_H

#include <stdbool.h>

#include "base/datagram.h"
#include "super/registry.h"

struct super;

struct claim {
	struct endpoint remote;
	const struct names *names;
	struct span packet;
	const struct fields *fields; /* NULL: a seed's, which has none */
	int64_t now;
	int64_t wall;

	/* what comes of it */
	struct credentials credentials;
	bool keyed; /* the credentials count */
	bool new;   /* the name was nobody's */
};

enum verdict {
	VERDICT_ENTER,
	VERDICT_TAKEN, /* another's: to be told so */
	VERDICT_BUSY,  /* a limit: to be told so */
	VERDICT_DROP,  /* void, forged or replayed */
};

/*
 * What is refused has been counted and told. VERDICT_ENTER: enter it, with the
 * credentials if `keyed`, and then call claim_settle(). May end registrations of
 * the same owner.
 */
enum verdict claim_judge(struct super *super, struct claim *claim);

/*
 * The same for a notice of who is registered with a key, which carries a MAC in
 * place of a signature.
 */
enum verdict claim_judge_notice(struct super *super, struct claim *claim,
    const struct registration *reg);

/* Whether a packet carries a MAC of that registration, which has a key, that is new. Counted. */
bool claim_sealed(struct super *super, const struct registration *reg, struct span packet,
    const struct fields *fields);

/* It is registered. */
void claim_settle(struct super *super, const struct claim *claim, const struct registration *reg);

#endif
