/*
 * What the files of the supernode share with each other and nobody else: its
 * state, the handling of one packet, and the ways of sending.
 */
#ifndef IPMSG_SUPER_CORE_H
#define IPMSG_SUPER_CORE_H

#include "auth/cookie.h"
#include "base/charset.h"
#include "super/administer.h"
#include "super/admission.h"
#include "super/claim.h"
#include "super/identity.h"
#include "super/orders.h"
#include "super/probation.h"
#include "super/repeat.h"
#include "super/sources.h"
#include "super/super.h"
#include "wire/entry.h"
#include "wire/punch.h"

#define ROSTER_SOURCES 1024

/* When those who list peers will have used up what they may: see roster.c. In ms. */
struct roster_limit {
	int64_t all;
	int64_t sources[ROSTER_SOURCES]; /* by a keyed hash: two that share one get less */
};

struct super {
	struct super_settings settings;
	struct identity identity;     /* toward those who are proven */
	struct identity short_identity; /* toward others: one-letter names */
	struct charset *legacy;
	struct cookie_key cookies;
	struct keypair pair; /* ours, if there is one */
	bool has_key;
	struct admission *admission;
	struct sources *sources; /* of the registry */
	struct registry registry;
	struct identities identities;
	struct probation probation;
	struct orders orders;
	struct repeats repeats;
	struct counters counters;
	struct roster_limit roster;
	uint64_t nat_pairs[NAT_MAPPINGS][NAT_MAPPINGS]; /* introductions: asker, target */
	struct bans bans;
	int64_t bans_due; /* ms: when to look which are over */
	bool draining;	  /* nobody new is let in */
	struct super_listener listener;
	struct {
		super_elsewhere_fn find; /* NULL: nothing is elsewhere */
		void *context;
	} elsewhere;
	uint8_t told; /* which alternates are in force, 1 to TOLD_LAST: see struct registration */
	uint32_t last_number;
};

/* The handling of one packet. */
struct turn {
	struct super *super;
	const struct arrival *in;
	struct batch *out;
	struct packet packet;
};

static inline void count(struct super *super, enum counter counter)
{
	super->counters.value[counter]++;
}

/* Whether to answer, or keep anything for, who has shown no cookie. */
static inline bool turn_admitted(const struct turn *turn)
{
	return admission_answer(turn->super->admission, &turn->in->remote, turn->in->now);
}

/* What counts an entry that the registry just refused. */
static inline enum counter super_refusal(const struct super *super)
{
	return super->registry.refusal == SUPER_SOURCE_FULL ? COUNT_LIMITED_REGISTRATIONS
							    : COUNT_DROPPED_FULL;
}

/* Whether a packet may have come from there, and its sender can be answered. */
bool super_answerable(const struct endpoint *remote);

/* Counts a packet of `from` that is refused, and tells of it. */
void super_refuse(struct super *super, const struct endpoint *from, enum counter counter,
    enum super_reason reason);

/* Sending, outside of a packet's handling too. */
struct send {
	struct super *super;
	struct batch *out;
	int64_t wall;
	struct endpoint to;
	uint16_t local;
};

#define SEND_BYTES_MAX 1200

uint32_t super_number(struct super *super, int64_t wall);
struct writer send_open(struct send *send);

/* Sends what was written if it is whole. */
void send_close(struct send *send, const struct writer *w);
struct send turn_reply(const struct turn *turn);

/*
 * administer.c: whether who is about to enter may; a reason otherwise, and then
 * it has been counted and told. Asked for whoever is not just refreshing.
 */
enum super_reason super_may_enter(struct super *super, const struct enter *enter);
void administer_tick(struct super *super, int64_t now, int64_t wall);

/* alternates.c: the other endpoints that hold for the sender go into a grant. */
void alternates_tell(const struct turn *turn, struct fields *fields);

/* From where to answer a test that has AP. False when that is not possible. */
bool alternates_find(const struct turn *turn, const struct fields *test, uint16_t *local);

/* extended.c: packets of peers of ours, which show PX. */
void extended_entry(struct turn *turn, const struct entry *entry);
void extended_notice(struct turn *turn, const struct entry *entry);
void extended_exit(struct turn *turn, const struct entry *entry);
void extended_ask(struct turn *turn, const struct ask *ask);
void extended_answer(struct turn *turn, const struct answer *answer);

/* legacy.c: packets of those that know only the seed, or less. */
void legacy_entry(struct turn *turn, const struct entry *entry);
void legacy_notice(struct turn *turn, const struct entry *entry);
void legacy_exit(struct turn *turn);
void legacy_ask(struct turn *turn, const struct ask *ask);
void legacy_proof(struct turn *turn);
void legacy_tick(struct super *super, int64_t now, int64_t wall, struct batch *out);

/* roster.c: GETLIST. */
void roster_asked(struct turn *turn);

/* introduce.c */
struct asking {
	struct endpoint from;
	uint16_t local;
	bool extended;
	struct span name;	   /* UTF-8 */
	struct span name_as_asked; /* for the answer */
	uint8_t transaction[TRANSACTION_BYTES];
	uint8_t cookie[COOKIE_BYTES]; /* that it showed, if extended */
	int64_t now;
	int64_t wall;
};
void introduce(struct super *super, const struct asking *asking, struct batch *out);

/* The target of that session refuses: its asker is told. False when there is no order of it. */
bool introduce_refused(struct super *super, const struct endpoint *from,
    const uint8_t session[SESSION_BYTES], int64_t now, int64_t wall, struct batch *out);
void introduce_tick(struct super *super, int64_t now, int64_t wall, struct batch *out);

#endif
