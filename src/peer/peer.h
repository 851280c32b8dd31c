/*
 * A peer, pure: one local user of IP Messenger, on the wide area and on its
 * LAN. It registers with supernodes, asks, punches, keeps paths open, knows
 * its neighbours and carries messages to all of these. It opens no socket,
 * reads no clock, draws no random number of its own; what happens is told as
 * events.
 */
#ifndef IPMSG_PEER_PEER_H
#define IPMSG_PEER_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "auth/seal.h"
#include "base/datagram.h"
#include "base/rng.h"
#include "peer/diagnosis.h"
#include "peer/event.h"
#include "peer/link.h"
#include "peer/settings.h"
#include "wire/fields.h"

struct peer;

/*
 * `seed` is for its random numbers. Packets leave by local number `local`.
 * NULL with `*error` naming the setting that is wrong, or memory that is short.
 */
struct peer *peer_new(const struct peer_settings *settings, const uint8_t seed[RNG_SEED_BYTES],
    uint16_t local, peer_event_fn on_event, void *context, const char **error);
void peer_free(struct peer *peer);

/*
 * Its key, by which it owns its name: to be given before peer_start(). Without one the peer
 * signs nothing, and whoever enters with its name is taken for it.
 */
void peer_use_key(struct peer *peer, const uint8_t seed[KEYPAIR_SEED_BYTES]);

/*
 * The stamp of the last EVENT_STAMP of an earlier life with that key, to be told before
 * peer_start(): what is signed or sealed is above it, wherever the clock stands. Who has seen a
 * higher one from us believes nothing with a lower one.
 */
void peer_stamp(struct peer *peer, uint64_t floor);

/* The public half; NULL when there is none. */
const uint8_t *peer_key(const struct peer *peer);

/*
 * The key by which a supernode of the settings is known, from EVENT_SUPERNODE_KEY in an earlier
 * life: to be told before peer_start(), and after peer_reconfigure().
 */
void peer_know_supernode(struct peer *peer, const char *host, uint16_t port,
    const uint8_t identity[IDENTITY_BYTES]);

/* Forgets it, at any port if that is 0: the next key that this supernode shows is its own. */
void peer_forget_supernode(struct peer *peer, const char *host, uint16_t port, int64_t now,
    int64_t wall, struct batch *out);

/* Takes new settings over while running; supernodes that stay keep their registration. */
bool peer_reconfigure(struct peer *peer, const struct peer_settings *settings, int64_t now,
    const char **error);

/* Registers with the supernodes (asks for their addresses first), and enters on the LAN. */
void peer_start(struct peer *peer, int64_t now, int64_t wall, struct batch *out);

/*
 * Leaves: BR_EXIT to the supernodes, over open paths, and to all on the LAN. What is under way
 * ends with REASON_SHUTDOWN. To be called twice, 100 ms apart, since an exit may get lost;
 * nothing else happens in between and after, until peer_start().
 */
void peer_stop(struct peer *peer, int64_t now, int64_t wall, struct batch *out);

void peer_receive(struct peer *peer, const struct arrival *in, struct batch *out);
void peer_tick(struct peer *peer, int64_t now, int64_t wall, struct batch *out);

/* When to call peer_tick() next; DEADLINE_NEVER for never. */
int64_t peer_deadline(const struct peer *peer);

/* The answer to EVENT_RESOLVE; `count` 0 when the name cannot be resolved. */
void peer_resolved(struct peer *peer, unsigned index, const struct endpoint *addresses,
    size_t count, int64_t now, int64_t wall, struct batch *out);

/*
 * The host's own addresses of private scope, with the port we listen at: what others behind our
 * NAT may try.
 */
void peer_addresses(struct peer *peer, const struct endpoint *addresses, size_t count);

/*
 * All addresses of the host itself, of public scope too, with the same port: whom a supernode sees
 * there is translated by nobody. At most OWN_ADDRESSES_MAX.
 */
#define OWN_ADDRESSES_MAX 16
void peer_own_addresses(struct peer *peer, const struct endpoint *addresses, size_t count);

/* The main socket of IPv6, in place of none: to be told before peer_start(). */
void peer_use_ip6(struct peer *peer, uint16_t local);

/*
 * Of which families the host has an address that leads out of it; at first of IPv4. A supernode
 * that has addresses of both is entered by the families that there are.
 */
void peer_families(struct peer *peer, bool ip4, bool ip6, int64_t now, int64_t wall,
    struct batch *out);

/*
 * The host has another address, way out or network than before, or slept (a tick that comes far too
 * late says that by itself): all supernodes are entered at once, and paths looked after.
 */
void peer_moved(struct peer *peer, int64_t now, int64_t wall, struct batch *out);

/*
 * So many routers with private addresses stand before the first one with a public address: an
 * opener has to live longer than those. 0 when it is not known.
 */
void peer_hops(struct peer *peer, unsigned hops);

/*
 * The answer to EVENT_SOCKET `id`: it is open at `port`, and what leaves under `local` leaves from
 * there; what comes in there has that number, whatever address it came to. Port 0: none can be had.
 */
void peer_socket(struct peer *peer, unsigned id, uint16_t local, uint16_t port, int64_t now,
    int64_t wall, struct batch *out);

/* The answer to EVENT_RECEIVED: it is kept, so RECVMSG may leave. */
void peer_stored(struct peer *peer, uint64_t message, int64_t now, int64_t wall,
    struct batch *out);

/* Another answer to it: it was kept before, so RECVMSG leaves and nothing else happens. */
void peer_known(struct peer *peer, uint64_t message, int64_t now, int64_t wall,
    struct batch *out);

/* The third: it could not be kept, and is taken when it is sent again. */
void peer_refused(struct peer *peer, uint64_t message);

/*
 * There is a mailbox, which keeps what peer_send() takes: such a message does not go on before
 * peer_kept(), and its text is not held here while it waits (EVENT_TEXT). Messages have ids above
 * `last_id`, and packets numbers above `last_number`. To be called before peer_start(), and again
 * when a mailbox that could not be opened then tells of them: by then it has kept none.
 */
void peer_use_mailbox(struct peer *peer, uint64_t last_id, uint32_t last_number);

/* The highest packet number that was used. */
uint32_t peer_last_number(const struct peer *peer);

/* The answer to an EVENT_MESSAGE that was to be kept: `kept`, or it ends with REASON_MAILBOX. */
void peer_kept(struct peer *peer, uint64_t message, bool kept, int64_t now, int64_t wall,
    struct batch *out);

/* The answer to EVENT_TEXT; NULL: the message is not there (any more), and is forgotten here. */
void peer_text(struct peer *peer, uint64_t message, const char *text, int64_t now, int64_t wall,
    struct batch *out);

/* A message of an earlier life, that a mailbox has kept. */
struct queued_message {
	uint64_t id;
	const char *name; /* of who is to get it */
	uint32_t number;
	bool sealed;
	bool many;
	int64_t expires; /* s since 1970; 0: never */
	enum reason reason; /* why it waits, as was told */
};

/* Of those to one name the oldest first. False when memory is short, or it is here already. */
bool peer_requeue(struct peer *peer, const struct queued_message *message);

/*
 * Takes a message of ours out of the queue: it ends with REASON_REMOVED, delivered or not. False
 * when it is not in there (any more).
 */
bool peer_unqueue(struct peer *peer, uint64_t message, int64_t now, int64_t wall,
    struct batch *out);

/*
 * The same of all, or of those that were given for exactly that name; how many in `*removed`.
 * False, and nothing done, when memory is short.
 */
bool peer_unqueue_all(struct peer *peer, const char *name, size_t *removed, int64_t now,
    int64_t wall, struct batch *out);

/*
 * A sealed message of an earlier life whose opening is still to be told: received, or sent and not
 * known to be opened.
 */
struct kept_seal_message {
	uint64_t id;
	bool sent;
	const char *name; /* of the other */
	uint32_t number;
	bool check;
	bool read; /* received: it was opened, which its sender is still to be told */
	struct endpoint at; /* where it came from; of one that was sent of family NONE */
};

/* The oldest first, before there is one of this life: at most the newest SEALS_MAX are held. */
void peer_reseal(struct peer *peer, const struct kept_seal_message *seal);

/*
 * A person asks for a path to `name` (UTF-8). `at` (may be NULL) is where it
 * is said to be: with a supernode that tells no addresses, the entry goes
 * there first. Returns the path's id; it ends in EVENT_PATH with PATH_OPEN or
 * PATH_FAILED, at once if the path is open already. Of a neighbour, who needs no
 * path, it returns the id, and no event follows; an `at` asks for a path to him too.
 * 0 with `*reason` when nothing could be started.
 */
uint32_t peer_ask(struct peer *peer, const char *name, const struct endpoint *at, int64_t now,
    int64_t wall, struct batch *out, enum reason *reason);

/*
 * Asks the supernodes who can be asked for. Returns the id of the listing, which is told by
 * EVENT_ROSTER; who asks while one is under way gets the next. 0 with `*reason` when there is no
 * supernode.
 */
uint32_t peer_roster(struct peer *peer, int64_t now, int64_t wall, struct batch *out,
    enum reason *reason);

/* A message as a person gives it. Texts are UTF-8. */
struct letter {
	const char *name; /* nick, nick@group, nick@host, user@host: a neighbour or remote peer */
	const char *text;
	bool sealed; /* closed until the other opens it, which is told (MESSAGE_READ) */
	bool many;   /* one of several that go to several people */
	/*
	 * It waits in the queue until who gets it is there, at most the `message-lifetime` of the
	 * settings. Without, it ends when no way to him is found now.
	 */
	bool queue;
};

/*
 * To whoever is called so: over an open path that was asked for by that name, else to a neighbour
 * on the LAN, else over any open path, else a path is asked for. Returns the message's id; what
 * becomes of it is told by EVENT_MESSAGE. 0 with `*reason` when it was not taken.
 */
uint64_t peer_send(struct peer *peer, const struct letter *letter, int64_t now, int64_t wall,
    struct batch *out, enum reason *reason);

/*
 * To every neighbour and over every open path that a person here asked for or has
 * sent something over; nobody confirms it. Returns the
 * message's id, with the number of those it went to in `*count`; no event
 * follows. 0 with `*reason` when it was not taken; to nobody is no failure.
 */
uint64_t peer_broadcast(struct peer *peer, const char *text, int64_t now, int64_t wall,
    struct batch *out, uint32_t *count, enum reason *reason);

/*
 * The person has opened a sealed message that was received: its sender is told,
 * repeatedly until it confirms that, if it wanted to know. False when the
 * message is not known (any more) or was opened before.
 */
bool peer_opened(struct peer *peer, uint64_t message, int64_t now, int64_t wall,
    struct batch *out);

/*
 * The networks this host is on. On those that are new we enter; those that are
 * gone are told that we leave, and lose their neighbours. At most LINKS_MAX;
 * without any there is no LAN side.
 */
void peer_links(struct peer *peer, const struct lan_link *links, size_t count, int64_t now,
    int64_t wall, struct batch *out);

/* Away: neighbours are told, and messages are answered with the text. */
#define ABSENCE_TITLE_MAX 40  /* bytes with the NUL */
#define ABSENCE_TEXT_MAX 512
struct absence {
	char title[ABSENCE_TITLE_MAX]; /* shown behind the nick on the LAN; may be "" */
	char text[ABSENCE_TEXT_MAX];
};

/* `absence` NULL: back again. */
void peer_set_absence(struct peer *peer, const struct absence *absence, int64_t now, int64_t wall,
    struct batch *out);

/* NULL when not away. */
const struct absence *peer_absence(const struct peer *peer);

/*
 * Enters anew, as the Refresh button of other clients does, and forgets the
 * neighbours that are not heard within 6 s. False, and nothing done, within 5 s of the last time.
 */
bool peer_refresh(struct peer *peer, int64_t now, int64_t wall, struct batch *out);

/*
 * Bytes of UTF-8 that a message to whoever is called so may have. It depends on his program, and
 * is that of a peer of ours, TEXT_MAX, where nothing is known of him; NULL: of one for everybody.
 */
#define TEXT_MAX (1UL << 20)
size_t peer_text_max(const struct peer *peer, const char *name);

struct peer_supernode_status {
	const char *host;
	uint16_t port;
	unsigned setting; /* its place in the settings: what peer_resolved() takes */
	enum family family; /* of this registration: a supernode may have one of each */
	enum supernode_state state;
	enum reason reason; /* of SUPERNODE_REFUSED */
	enum identity_state identity_state;
	const uint8_t *known; /* the key it is known by; NULL: none */
	const uint8_t *shown; /* the one it has shown; NULL: none */
	const char *shared_host; /* IDENTITY_FOREIGN: whom the one shown is known of; else NULL */
	uint16_t shared_port;
	bool keyed;    /* it has taken our name under our key */
	bool extended; /* it showed PX */
	bool seed;     /* it answered, and showed none */
	struct endpoint at;
	struct endpoint observed; /* our endpoint as it sees it; family NONE: it did not say */
	uint16_t local_port;	  /* of the socket that it is entered from; 0: the main one */
	int64_t since;		  /* ms: registered since, or when heard last */
	uint32_t lifetime;	  /* s */
};

/* That of an event's `index`; false beyond the last. */
bool peer_supernode_at(const struct peer *peer, unsigned place,
    struct peer_supernode_status *status);

/*
 * The registrations that there are: of both families only where supernode and host
 * have addresses of both. False beyond the last.
 */
bool peer_supernode(const struct peer *peer, unsigned index, struct peer_supernode_status *status);

/* Somebody we know: a neighbour on the LAN, or a remote peer and the path to it. */
struct peer_contact_status {
	uint32_t id;
	bool lan;	  /* a neighbour */
	const char *name; /* nick@group, or what was asked for */
	const char *user; /* "" if not known yet */
	const char *host;
	const char *nick;
	const char *group;
	const char *version; /* of its program, as it says; "" if it does not */
	enum path_state state; /* of a neighbour always PATH_OPEN */
	enum reason reason;
	bool extended; /* a peer of ours, over a path */
	const uint8_t *identity; /* its key, as a supernode told it; NULL if none did */
	bool asked;    /* by a person here, who asked or sent something; or a neighbour */
	bool absent;
	struct endpoint at;
	int64_t since; /* ms: in this state */
	int64_t heard; /* ms; 0: never */
	const char *choices; /* REASON_AMBIGUOUS: full names, see fields_next_choice(); or "" */
	bool has_nat; /* a supernode told of the NAT in front of it: */
	struct nat_class nat;
	enum diagnosis diagnosis; /* of the last attempt */
};

/*
 * Goes through them: start with *cursor = 0; false at the end. Who is a
 * neighbour and at the end of an open path is shown once, as the latter; but for
 * paths that nobody here asked for and that come from elsewhere.
 */
bool peer_contact(const struct peer *peer, uint32_t *cursor, struct peer_contact_status *status);

/* The one of that id; false when there is none (any more). */
bool peer_contact_by_id(const struct peer *peer, uint32_t id, struct peer_contact_status *status);

/* What stands between this host and its supernodes, for one family. */
struct peer_nat_status {
	bool mapping_tested;   /* `nat.mapping` and `nat.ports` are as good as they will get */
	bool filtering_tested; /* the same of `nat.open` and `nat.eif` */
	bool testing;	       /* tests run or are about to; all else is of before */
	bool translated;       /* a supernode sees another address or port than ours */
	struct nat_class nat;
	int step;	       /* from one port to the next, of NAT_PORTS_SEQ */
	unsigned destinations; /* endpoints of supernodes that answered the tests, … */
	unsigned addresses;    /* … at so many addresses; one does not show NAT_MAPPING_AD */
	unsigned private_hops; /* see peer_hops() */
	struct endpoint observed; /* where the tests were seen from last; untested: a registration */
	int64_t since;		  /* ms: when they were over; 0: never */
};

/* False when nothing is known: no supernode that can be tested with. */
bool peer_nat(const struct peer *peer, enum family family, struct peer_nat_status *status);

/* An endpoint at which the other end of a path is tried, or was at the last attempt. */
enum candidate_kind {
	CANDIDATE_OBSERVED,  /* as a supernode sees it */
	CANDIDATE_LOCAL,     /* its own address, behind the NAT that we are behind too */
	CANDIDATE_GIVEN,     /* by a person here */
	CANDIDATE_REFLEXIVE, /* it was heard from there, and nobody told us */
	CANDIDATE_KINDS,
};
enum candidate_state {
	CANDIDATE_UNHEARD,
	CANDIDATE_HEARD,    /* it came from there; whether ours gets there is not known */
	CANDIDATE_ANSWERED, /* what we sent there was answered from there */
	CANDIDATE_STATES,
};
const char *candidate_kind_name(enum candidate_kind kind);    /* "observed", … */
const char *candidate_state_name(enum candidate_state state); /* "unheard", … */

struct peer_candidate_status {
	struct endpoint at;
	enum candidate_kind kind;
	enum candidate_state state;
	unsigned sent; /* packets, openers among them */
	int64_t rtt;   /* ms; -1: not known */
	bool used;     /* the path leads there */
};

/* Of the path with that id; false beyond the last, and of neighbours. */
bool peer_candidate(const struct peer *peer, uint32_t id, unsigned index,
    struct peer_candidate_status *status);

/*
 * Whether it is known for now where that path leads: what was sent there was answered, and nothing
 * better is tried any more. True of what is no path.
 */
bool peer_is_settled(const struct peer *peer, uint32_t id);

enum peer_counter {
	PEER_RECEIVED,
	PEER_DROPPED_MALFORMED,
	PEER_DROPPED_VOID,
	/* an order or answer not of a supernode of ours, or a packet not of a path's other end */
	PEER_DROPPED_FORGED,
	PEER_DROPPED_LATE, /* what is real, but older than what came before, or sent again */
	PEER_DROPPED_ADDRESS, /* from where none may come, or an order to where none may lead */
	PEER_DROPPED_ENCRYPTED, /* a message that only who announces encryption is sent */
	PEER_SENT,
	PEER_ORDERS,
	PEER_ORDERS_REFUSED, /* by our own rules */
	PEER_PUNCHES,
	PEER_MESSAGES_IN,
	PEER_MESSAGES_DUPLICATE,
	PEER_MESSAGES_OUT,
	PEER_COUNTERS,
};
const char *peer_counter_name(enum peer_counter counter);
uint64_t peer_count(const struct peer *peer, enum peer_counter counter);

#endif
