/*
 * The path to one remote peer: asked for, punched, open, silent. What arrives
 * with one of its sessions belongs to it, from whatever address it comes.
 */
#ifndef IPMSG_PEER_PATH_H
#define IPMSG_PEER_PATH_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "auth/seal.h"
#include "base/datagram.h"
#include "base/heap.h"
#include "peer/candidates.h"
#include "peer/event.h"
#include "peer/settings.h"
#include "peer/uplink.h"
#include "wire/entry.h"
#include "wire/punch.h"

struct peer;
struct tactic;
struct turn;
struct uplink;

#define STAMPS_KEPT 64 /* packets that go several ways may overtake each other by so many */
#define PATH_NAME_MAX (2 * NAME_TEXT_MAX)
#define CHOICES_TEXT_MAX 1024 /* of the names a supernode lets us choose from */

struct path {
	struct heap_node timer; /* first: see path_of_timer() */
	uint32_t id;
	enum path_state state;
	enum reason reason;
	int64_t since; /* in this state */
	int64_t heard;
	bool incoming; /* the other asked */
	bool opened;   /* has been open: worth another attempt */
	bool answered; /* has answered us since it was opened */
	bool leaving;  /* a seed said so; it may not have been the seed */
	bool extended; /* a peer of ours: it has shown a session */
	bool utf8;     /* takes UTF-8 in messages */
	uint32_t text_max; /* of a message in parts that it takes, bytes; 0: it told none */
	bool absent;   /* a peer of ours only: other clients mean nothing by it */
	bool asked;    /* a person here has asked for it, or sent something there */
	bool queued;   /* begun for what waits in the queue: nobody's wish if it comes to nothing */
	char wanted[ASK_TEXT_MAX]; /* as a person asked; "" if none did */
	char user[NAME_TEXT_MAX];
	char host[NAME_TEXT_MAX];
	char nick[NAME_TEXT_MAX];
	char group[NAME_TEXT_MAX];
	char name[PATH_NAME_MAX]; /* nick@group, or what is known of it */
	/* the other's name as a supernode told it with an order; "" if none did */
	char introduced[PATH_NAME_MAX];
	const struct uplink *introducer; /* by which one; only compared */

	/* the other end's key, as a supernode told it; what comes without its MAC is void then */
	bool has_identity;
	uint8_t identity[IDENTITY_BYTES];
	uint8_t shared[SHARED_KEY_BYTES];
	uint64_t stamp; /* the highest that came */
	uint64_t stamps[STAMPS_KEPT]; /* the highest ones, in no order; 0: none yet */
	uint64_t stamp_floor;	      /* the highest that is not among them any more */

	/* what stands in front of the other, as it told a supernode */
	bool has_nat;
	struct nat_class nat;

	size_t credit; /* bytes that may go to `remote` before it has proven to receive */

	/* where it is open, or was heard of */
	struct endpoint remote;
	uint16_t local; /* our socket that leads there */
	bool has_session;
	uint8_t session[SESSION_BYTES];
	int64_t began; /* ms: its introduction */

	/* asking; ask_due is DEADLINE_NEVER when it is over */
	uint8_t transaction[TRANSACTION_BYTES];
	bool has_given;
	struct endpoint given; /* address that came with the ask */
	int64_t ask_started;
	int64_t ask_first; /* first ask that left; 0: none yet */
	int64_t ask_due;
	unsigned asks;
	unsigned asked_of;   /* bit for each supernode that was */
	bool reasked;	     /* while it is open: not given up for that */
	bool renewing;	     /* a fresh socket is waited for */
	unsigned challenges; /* by supernodes, of this ask */
	enum reason verdicts[UPLINKS_MAX]; /* of each supernode */

	char choices[CHOICES_TEXT_MAX]; /* CH, when it is ambiguous */

	/* punching */
	struct endpoint tried; /* the first endpoint of the last attempt */
	struct candidate candidates[PATH_CANDIDATES_MAX]; /* of the last attempt, too */
	size_t candidate_count;
	int64_t punch_due;
	int64_t hearsay; /* ms: the last check of what only the other's packets led to */

	/* keeping it open */
	uint8_t keep_transaction[TRANSACTION_BYTES];
	int64_t keep_started;
	int64_t keep_due;
	unsigned keep_tries;

	/* automatic attempts rest until then */
	int64_t retry_due;
	unsigned retries;
	uint16_t failed_local; /* our socket of the last one that failed */
	int64_t failed_at;     /* ms; 0: none */
};

/* paths.c: the table. */
struct path *path_by_id(const struct peer *peer, uint32_t id);
struct path *path_by_name(const struct peer *peer, const char *name);
struct path *path_by_session(const struct peer *peer, const uint8_t session[SESSION_BYTES]);
struct path *path_by_endpoint(const struct peer *peer, const struct endpoint *at);

/* The one under way to whom a supernode tells to be there, too, in these words; NULL for none. */
struct path *path_by_introduction(const struct turn *turn, const struct uplink *uplink,
    const struct endpoint *at, const struct fields *fields);

/*
 * One of whom an order with a session tells, by the key or in these words, that has come to nothing
 * so far, and began with such an order: who comes from ever other endpoints is not one more each
 * time. NULL for none.
 */
struct path *path_in_vain(const struct peer *peer, const struct uplink *uplink,
    const struct fields *fields);

/*
 * A new one, idle. When the table is full the one that is not open and was
 * heard of longest ago gives way. NULL when all are open, or memory is short.
 */
struct path *path_new(struct turn *turn);
void path_delete(struct peer *peer, struct path *path);

/* Takes over the names that an entry brings. */
void path_learn(struct turn *turn, struct path *path, const struct entry *entry);

/* A supernode told the other's name: what he calls himself counts no more where it differs. */
void path_introduce(struct path *path, struct span name);

/*
 * What is under way on `from`, or its being open, goes over to `to`; `from` is
 * gone after this. Whoever waits for `from` is told that it is open, if it is.
 */
void path_unite(struct turn *turn, struct path *to, struct path *from);

/*
 * After it was opened: if another path is to the same peer (user, host and
 * nick, both ours or both seeds), the two become one. Returns the one that stays.
 */
struct path *path_unite_same(struct turn *turn, struct path *opened);

/* path.c: the state machine. */
/*
 * Starts an introduction, anew if one is under way. `given` is an address to
 * try besides (may be NULL): a seed supernode tells none.
 */
void path_ask(struct turn *turn, struct path *path, const struct endpoint *given);

/*
 * The same for a person, or of a path that was open: from a fresh socket if the last attempt failed
 * at the one in use a short while ago, since a router may keep a wrong mapping for that.
 */
void path_ask_anew(struct turn *turn, struct path *path, const struct endpoint *given);

/*
 * The same of one that failed, before its rest is over: it rests on if the last attempt failed at
 * the socket in use, and no fresh one is to be had.
 */
void path_ask_early(struct turn *turn, struct path *path);

/* An open one may lead there no more: checked, and asked for besides, without being given up. */
void path_doubt(struct turn *turn, struct path *path);

/*
 * The other asks for it anew. If nothing has come from there for a while either, it is asked for
 * from a fresh socket besides, where our router may let nothing out by the right port any more.
 */
void path_redoubt(struct turn *turn, struct path *path);

/* An ask comes to nothing: the path fails, unless it is open all the same. */
void path_ask_over(struct turn *turn, struct path *path, enum reason reason);

void path_tell(struct turn *turn, const struct path *path);
void path_set_state(struct turn *turn, struct path *path, enum path_state state,
    enum reason reason);

/*
 * Open toward that candidate, from now on or instead of another. Unless it was an answer to us that
 * showed it, a keepalive follows at once: it finds out if the way there is not open after all.
 */
void path_open(struct turn *turn, struct path *path, struct candidate *candidate, bool answered);

/* A keepalive now. */
void path_check(struct turn *turn, struct path *path);

void path_fail(struct turn *turn, struct path *path, enum reason reason);
void path_close(struct turn *turn, struct path *path);
void path_knock(struct turn *turn, struct path *path);
void path_tick(struct turn *turn, struct path *path);
void path_schedule(struct peer *peer, struct path *path);
void path_step(struct turn *turn, struct path *path, enum step step, const struct endpoint *at);

/* The keepalive was answered from there. */
void path_kept(struct turn *turn, struct path *path, struct candidate *candidate);

/* Where it leads. */
struct way path_way(const struct path *path);

/* punching.c: the checks of its candidates. */
/* One more to be checked, from path_punch() on. */
void path_try(struct turn *turn, struct path *path, const struct way *way,
    enum candidate_kind kind);

/* Begins the checks of those that are new; `incoming`: the other asked. */
void path_punch(struct turn *turn, struct path *path, bool incoming);
void path_punch_tick(struct turn *turn, struct path *path);

/* How those would be done, by what is known of both NATs. */
struct tactic path_tactic(const struct peer *peer, const struct path *path, bool incoming);

/* Sets when path_punch_tick() is due. */
void path_plan_checks(struct turn *turn, struct path *path);

/* It is open: only better candidates than the one in use are checked for a moment more. */
void path_opened(struct turn *turn, struct path *path);

/*
 * The other's punch came from there, or (`keeps`) its keepalive; or what was sent there was
 * answered. Whether the path is open from now on, or leads elsewhere than before.
 */
bool path_heard(struct turn *turn, struct path *path, struct candidate *candidate, bool keeps);

bool path_confirmed(struct turn *turn, struct path *path, struct candidate *candidate);

/*
 * Whether a repeat of a keepalive may go there besides: who bears our session may lie about where
 * it is, so little goes where nobody has shown that he receives.
 */
bool path_may_repeat(const struct turn *turn, struct path *path,
    const struct candidate *candidate);

/* Whether an introduction is under way, or was a moment ago. */
bool path_is_tried(const struct path *path);

/* The same, of checks that go on: what a seed sends after its one entry is only waited for. */
bool path_is_checked(const struct path *path);

/* asking.c: asks, and the answers of supernodes; ordered.c: their orders. */
void path_ask_tick(struct turn *turn, struct path *path);
void path_answered(struct turn *turn, const struct arrival *in, struct uplink *uplink,
    const struct answer *answer);
void path_ordered(struct turn *turn, const struct arrival *in, struct uplink *uplink,
    const struct order *received);

/* entries.c: entries of remote peers, and ours to them. */
void path_send_entry(struct turn *turn, const struct path *path, const struct way *way,
    enum command command, const uint8_t *transaction, uint8_t ttl);

/* A punch. Where only what came from there led to us its transaction asks for a proof. */
void path_send_check(struct turn *turn, const struct path *path,
    const struct candidate *candidate);
void path_entry(struct turn *turn, const struct arrival *in, const struct entry *entry);
void path_answer_entry(struct turn *turn, const struct arrival *in, const struct entry *entry);
void path_notice(struct turn *turn, const struct arrival *in, const struct entry *entry);
void path_exit(struct turn *turn, const struct arrival *in, const struct entry *entry);

/* It was open, or a supernode vouches for where it is tried. */
static inline bool path_is_proven(const struct path *path)
{
	return path->opened || path_is_tried(path);
}

/* A person asked for it, by exactly that name; what the other calls himself is his own choice. */
static inline bool path_is_wanted(const struct path *path, const char *name)
{
	return path->wanted[0] != '\0' && strcmp(path->wanted, name) == 0;
}

/*
 * Whether the other end may have that name, as a supernode tells it: false only where it is known
 * by another one. An endpoint is somebody else's when its router gives it to the next.
 */
bool path_may_be(const struct path *path, struct span name);

/* Whether one is open, or tried, over that socket of ours. */
bool paths_use(const struct peer *peer, uint16_t local);

/*
 * A supernode took us again, or sees us at another address: paths that were open are looked after.
 */
void paths_registered(struct turn *turn);
void paths_moved(struct turn *turn);

static inline struct path *path_of_timer(struct heap_node *timer)
{
	return (struct path *)timer;
}

#endif
