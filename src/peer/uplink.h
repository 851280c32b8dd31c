/*
 * The registration of a peer with one supernode over one address family:
 * entered, challenged, refreshed, lost, found again.
 */
#ifndef IPMSG_PEER_UPLINK_H
#define IPMSG_PEER_UPLINK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/base64url.h"
#include "base/datagram.h"
#include "peer/event.h"
#include "peer/settings.h"
#include "wire/entry.h"
#include "wire/punch.h"

struct peer;
struct turn;

#define UPLINKS_MAX (2 * SUPERNODES_MAX)
#define UPLINK_ADDRESSES_MAX 4
#define UPLINK_COOKIES 2

/*
 * PD of an entry without a cookie: so long that a challenge under one-letter names (111 bytes) is
 * never longer than the entry, and the room that one with the supernode's key needs besides.
 */
#define CHALLENGE_PADDING 48
#define CHALLENGE_KEY_PADDING (BLOCK_LINE_HEAD + BASE64URL_LENGTH(IDENTITY_BYTES))

struct uplink {
	struct supernode_setting setting;
	enum family family;
	bool dormant; /* the supernode or this host has no address of that family */
	enum supernode_state state;
	struct endpoint addresses[UPLINK_ADDRESSES_MAX];
	size_t address_count;
	size_t address; /* the one in use */
	bool extended;	/* has shown PX: not believed without it any more */
	bool seed;
	uint8_t cookies[UPLINK_COOKIES][COOKIE_BYTES]; /* the latest first */
	unsigned cookie_count;
	struct endpoint observed;
	struct endpoint alternates[ALTERNATES_MAX]; /* its other endpoints, as it told them */
	size_t alternate_count;
	int64_t alternates_rest; /* ms: until then those at other addresses are not tested with */
	bool moved; /* entered anew from another place, and nothing granted there yet */
	uint16_t entered; /* the socket that the entry under way leaves from */
	uint16_t local; /* what it was granted to: the socket that `observed` is of */
	uint8_t granted[COOKIE_BYTES]; /* the cookie that belongs to that */
	int64_t placed; /* ms: when it was first granted there */
	uint32_t lifetime; /* s */
	uint8_t transaction[TRANSACTION_BYTES];
	uint8_t last_transaction[TRANSACTION_BYTES]; /* the one before: its answers may be late */
	bool plain_told; /* that it answers as a seed does, which is not believed */
	unsigned tries;	     /* of the entry under way; 0: none is */
	unsigned challenges; /* in a row */
	unsigned failures;   /* in a row */
	enum reason reason;  /* of SUPERNODE_REFUSED */

	/* its key: the one it is known by, and the one it has shown; keys.c */
	bool has_known;
	bool has_shown;
	uint8_t known[IDENTITY_BYTES];
	uint8_t shown[IDENTITY_BYTES];
	enum identity_state told;
	bool again;	   /* the one under way does not say all that it should */
	bool blank;	   /* the next entry begins anew, with room for a challenge with its key */
	bool must_sign;	   /* what the next entry says was not signed yet */
	bool signed_entry; /* the one under way is */
	bool keyed;	   /* registered under our key, as long as that lasts */
	int64_t sign_due;  /* ms: signed anew then, without a need */

	int64_t expires;     /* ms: end of the lifetime that was granted last */
	int64_t tried;	     /* first try of the entry under way */
	int64_t since;
	int64_t due;
};

/* Those of all the settings, in the order of struct peer. Returns their number. */
size_t uplinks_init(struct uplink uplinks[UPLINKS_MAX], const struct peer_settings *settings);

/* Steps of one registration, for those who look at both of a supernode. */
void uplink_set_state(struct turn *turn, struct uplink *uplink, enum supernode_state state);
void uplink_enter(struct turn *turn, struct uplink *uplink);
void uplink_lose(struct turn *turn, struct uplink *uplink);

/* Asks for its address and enters. */
void uplink_start(struct turn *turn, struct uplink *uplink);

/* Addresses of both families, for those that wait for them; none when the lookup failed. */
void uplinks_resolved(struct turn *turn, unsigned setting, const struct endpoint *addresses,
    size_t count);

/* The addresses of a supernode are asked for, for the family that has none. */
void uplink_look(struct turn *turn, struct uplink *uplink);

/* The other family of the same supernode. */
struct uplink *uplink_twin(struct peer *peer, const struct uplink *uplink);

/* Whence what is for it leaves: what may be a seed hears us from one socket only. */
uint16_t uplink_socket(const struct peer *peer, const struct uplink *uplink);

/* Sends what was written, if it is whole. */
void uplink_close(struct turn *turn, const struct uplink *uplink, const struct writer *w);

/* Another socket is in use: it is entered anew from there. */
void uplink_move(struct turn *turn, struct uplink *uplink);

/* The host has moved or slept: whatever is waited for, it is entered now. */
void uplink_wake(struct turn *turn, struct uplink *uplink);
void uplink_tick(struct turn *turn, struct uplink *uplink);

/* Somebody waits for it: tried at once if it rests after a failure. */
void uplink_hurry(struct turn *turn, struct uplink *uplink);

/* Refreshes now, because something told there has changed. */
void uplink_refresh(struct turn *turn, struct uplink *uplink);

/* The same, also if one is under way: that one does not say it yet. */
void uplink_tell(struct turn *turn, struct uplink *uplink);
void uplink_leave(struct turn *turn, struct uplink *uplink);

/* An ANSENTRY from its address. */
void uplink_answer(struct turn *turn, struct uplink *uplink, const struct entry *entry);

/* Whose current address this is; NULL for nobody's. */
struct uplink *uplink_at(struct peer *peer, const struct endpoint *from);

/* The same for an answer to an entry: two may be one supernode, by two names. */
struct uplink *uplink_of_answer(struct peer *peer, const struct endpoint *from,
    const struct fields *fields);

/*
 * Whether we are registered there, as far as we know: a refresh that got lost
 * ends nothing while the lifetime runs.
 */
bool uplink_usable(const struct uplink *uplink, int64_t now);

/* The same, at the socket in use: what is asked for now is answered, and told where we are. */
bool uplink_ready(const struct peer *peer, const struct uplink *uplink, int64_t now);

/*
 * Whether a packet from its address may order or answer: with a cookie of ours, unless it is a
 * seed.
 */
bool uplink_trusts(const struct uplink *uplink, const struct fields *fields, int64_t now);

void uplink_learn_cookie(struct uplink *uplink, const struct fields *fields);
void uplink_set_cookie(const struct uplink *uplink, struct fields *fields);

static inline const struct endpoint *uplink_address(const struct uplink *uplink)
{
	return &uplink->addresses[uplink->address];
}

#endif
