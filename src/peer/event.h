/*
 * What a peer tells the outside: each event is handed to one function as it
 * happens. Pointers in it are good during the call only.
 */
#ifndef IPMSG_PEER_EVENT_H
#define IPMSG_PEER_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/endpoint.h"

enum supernode_state {
	SUPERNODE_RESOLVING,   /* its name has no address yet */
	SUPERNODE_REGISTERING, /* entry sent, no answer yet */
	SUPERNODE_REGISTERED,
	SUPERNODE_LOST, /* did not answer; tried again later */
	SUPERNODE_REFUSED, /* it does not take us, see the reason; tried again later */
	SUPERNODE_STATES,
};

/* What a supernode shows of its key. */
enum identity_state {
	IDENTITY_UNKNOWN, /* it has shown none */
	IDENTITY_KNOWN,	  /* the one it is known by */
	IDENTITY_CHANGED, /* another one: it is not believed to be the same supernode */
	IDENTITY_FOREIGN, /* the one that another supernode of ours is known by */
	IDENTITY_UNSEEN,  /* it is known by one, and has not shown it (yet, or any more) */
	IDENTITY_STATES,
};

enum path_state {
	PATH_IDLE,     /* known, no path */
	PATH_ASKING,   /* supernodes are asked */
	PATH_PUNCHING, /* both sides send */
	PATH_OPEN,     /* answers come back */
	PATH_FAILED,   /* see the reason */
	PATH_STATES,
};

/* Why a path is not open, or a message was not delivered. */
enum reason {
	REASON_NONE,
	REASON_NO_SUPERNODE,	/* none is configured */
	REASON_SUPERNODE_LOST,	/* none answers */
	REASON_UNKNOWN_NAME,	/* nobody of that name is registered */
	REASON_AMBIGUOUS,	/* several are */
	REASON_BAD_NAME,	/* none that a supernode can be asked for */
	REASON_REFUSED,		/* by supernode or peer; or it is oneself */
	REASON_BUSY,		/* a limit of the supernode */
	REASON_BAD_ADDRESS,	/* the address told may not be used: loopback, our own, … */
	REASON_SEED_SUPERNODE,	/* it tells no addresses: an address has to be given */
	REASON_NEEDS_FULL_NAME, /* a seed supernode wants nick@group */
	REASON_NO_ANSWER,	/* punched, and heard nothing */
	REASON_SILENT,		/* was open, answers no more */
	REASON_NOT_CONFIRMED,	/* a message: no RECVMSG came */
	REASON_TOO_LONG,	/* a message: more than fits one datagram */
	REASON_LIMIT,		/* too much under way here */
	REASON_SHUTDOWN,
	REASON_TAKEN,		/* our own name belongs to somebody else at the supernode */
	REASON_KEY_CHANGED,	/* so it is, perhaps to us: but we do not sign for the key it shows */
	REASON_NAT,		/* not punched: the two NATs are known to leave no way */
	REASON_EXPIRED,		/* a message: it waited as long as it was to */
	REASON_REMOVED,		/* a message: taken out of the queue by a person */
	REASON_MAILBOX,		/* a message: it could not be kept, so it was not sent */
	REASONS,
};

enum message_state {
	MESSAGE_WAITING, /* in the queue: for a path, or until somebody is there; see the reason */
	MESSAGE_SENT,	 /* under way, not confirmed yet */
	MESSAGE_DELIVERED,
	MESSAGE_READ,	   /* a sealed one: the other has opened it */
	MESSAGE_BROADCAST, /* went to everybody; nobody confirms it */
	MESSAGE_FAILED,	   /* see the reason */
	MESSAGE_STATES,
};

/* The steps of an introduction, as they happen. */
enum step {
	STEP_ASKED,    /* ASKPUNCHING to `at`, a supernode */
	STEP_TOLD,     /* it told the other's address: `at` */
	STEP_ORDERED,  /* a supernode orders toward `at` */
	STEP_KNOCKED,  /* entry to the address given with the ask (step 2 of the seed's figure) */
	STEP_OPENER,   /* low-TTL opener toward `at` */
	STEP_PUNCHED,  /* first punch toward `at` */
	STEP_HEARD,    /* the other's punch from `at` */
	STEP_OPEN,     /* answer from `at`: open */
	STEP_FAILED,   /* see the reason */
	STEPS,
};

/* What became of a neighbour, somebody on the LAN. */
enum neighbour_change {
	NEIGHBOUR_CAME,
	NEIGHBOUR_CHANGED, /* name, group, absence or address */
	NEIGHBOUR_LEFT,
	NEIGHBOUR_CHANGES,
};

/* A file that somebody offers with a message. */
enum offer_kind { OFFER_FILE, OFFER_DIRECTORY, OFFER_IMAGE, OFFER_OTHER, OFFER_KINDS };
#define OFFERS_MAX 64
struct offer {
	const char *name; /* UTF-8, without directories */
	uint64_t size;	  /* bytes; 0 for a directory */
	enum offer_kind kind;
};

/* By which a received message is known again: a hash. */
#define MARK_BYTES 16

/* Somebody a supernode tells of. UTF-8; a group may be empty. */
#define LISTED_NAME_MAX 238 /* bytes with the NUL */
struct listed_peer {
	bool extended; /* a peer of ours */
	char nick[LISTED_NAME_MAX];
	char group[LISTED_NAME_MAX];
	char user[LISTED_NAME_MAX];
	char host[LISTED_NAME_MAX];
};

enum peer_event_kind {
	EVENT_RESOLVE,	 /* addresses of supernode `index` are wanted: peer_resolved() */
	EVENT_SUPERNODE, /* its state changed */
	EVENT_SUPERNODE_KEY, /* it has shown a key: `known` is to be remembered, all else is odd */
	EVENT_STEP,	 /* of an introduction */
	EVENT_PATH,	 /* its state changed */
	EVENT_RECEIVED,	 /* a message, to be stored: peer_stored(), peer_known(), peer_refused() */
	EVENT_MESSAGE,	 /* one of ours changed its state, or is to be kept: peer_kept() */
	EVENT_TEXT,	 /* the text of the message of ours is wanted: peer_text() */
	EVENT_TOLD,	 /* the sender of the message knows that it was opened, or need not */
	EVENT_NEIGHBOUR, /* somebody on the LAN came, changed or left */
	EVENT_NAMESAKE,	 /* a host on the LAN has our user and host name; once an hour */
	EVENT_ROSTER,	 /* of a listing: somebody, the end with one supernode, or of all */
	EVENT_STAMP,	 /* `stamp` is to be kept before anything else is sent: peer_stamp() */
	EVENT_SOCKET,	 /* one more socket of `family` is wanted: peer_socket() */
	EVENT_SOCKET_END, /* `local` is needed no more, once what was sent from there has left */
	EVENT_SOCKET_USED, /* supernodes are entered from `port` from now on; 0: the main one's */
	EVENT_CLOCK,	 /* the clock was set: what is queued expires later by `shift` */
};

struct peer_event {
	enum peer_event_kind kind;
	int64_t now; /* ms */

	/*
	 * EVENT_RESOLVE, EVENT_SUPERNODE (with a reason), EVENT_SUPERNODE_KEY. The index is that
	 * of the settings for the first, and for peer_supernode_at() for the others.
	 */
	unsigned index;
	enum family family; /* of that registration; EVENT_SOCKET: wanted */
	const char *host;
	uint16_t port;
	enum supernode_state supernode_state;
	enum identity_state identity_state;
	const uint8_t *identity; /* the key, if it has shown one */

	/* EVENT_STEP, EVENT_PATH, EVENT_RECEIVED */
	uint32_t path;	  /* id of a path or neighbour; 0 for a sender without one */
	uint32_t became;  /* EVENT_PATH: the path has turned out to be this one, and is gone */
	const char *name; /* nick@group of the other, or what was asked for */
	enum step step;
	enum path_state path_state;
	enum reason reason;
	struct endpoint at;
	bool incoming; /* the other asked */
	bool asked;    /* EVENT_PATH: a person here has asked for it, or something was sent there */

	/* EVENT_RECEIVED, EVENT_MESSAGE */
	uint64_t message; /* id */
	const char *text; /* UTF-8; of one of ours NULL where only its state changed */
	bool broadcast;
	bool sealed;	/* closed until peer_opened() */
	bool automatic; /* an absence answer */
	const struct offer *offers;
	size_t offer_count;
	enum message_state message_state;
	uint32_t number; /* of its packet */

	bool stranger; /* EVENT_RECEIVED: from nobody we knew: no path, no neighbour */

	/* EVENT_RECEIVED: what to know it by when it comes again, see struct mail_mark */
	const char *user; /* UTF-8, as its packet says; so is `host`, above */
	bool check; /* sealed, and its sender wants to be sure that he knows when it was read */
	uint8_t mark[MARK_BYTES];
	uint8_t number_mark[MARK_BYTES];
	bool by_number; /* the sender gives no number twice */
	int64_t again;	/* s: what had that mark longer ago was another message; 0: never */

	/*
	 * EVENT_MESSAGE of a peer with a mailbox. `keep`: it does not go on before peer_kept(),
	 * which says that it is kept with that number. `expires`: s since 1970; 0: never.
	 */
	bool keep;
	bool many; /* one of several to several people */
	int64_t expires;

	/*
	 * EVENT_CLOCK, in s: the mailbox is to do the same, which is not told message by message.
	 * The shift is 0 where the clock was set back: then only what expires after `latest`, s
	 * since 1970, expires by then.
	 */
	int64_t shift;
	int64_t latest;

	/* EVENT_NAMESAKE: `name` is user@host, `at` is where it is */

	/* EVENT_NEIGHBOUR, with path, name and at */
	enum neighbour_change change;

	/*
	 * EVENT_ROSTER, with index, host and port: `listed` is somebody, told of by that
	 * supernode. Without one it has no more to tell, for the reason (REASON_NONE: it has
	 * told all; REASON_REFUSED: it tells nobody). `roster_over`: so have all of them.
	 */
	uint32_t roster; /* id of the listing */
	bool roster_over;
	const struct listed_peer *listed;

	/* EVENT_SOCKET, EVENT_SOCKET_END */
	unsigned socket; /* by which it is known until it is there */
	uint16_t local;

	/* EVENT_STAMP: all below may have been used in packets that were signed or sealed */
	uint64_t stamp;
};

typedef void (*peer_event_fn)(const struct peer_event *event, void *context);

/* Words for JSON and logs: "registered", "open", "unknown-name", "punched", … */
const char *supernode_state_name(enum supernode_state state);
const char *identity_state_name(enum identity_state state);
const char *path_state_name(enum path_state state);
const char *reason_name(enum reason reason);
const char *message_state_name(enum message_state state);
const char *step_name(enum step step);
const char *neighbour_change_name(enum neighbour_change change);
const char *offer_kind_name(enum offer_kind kind);

#endif
