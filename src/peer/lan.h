/*
 * The LAN side: an IP Messenger among others on its networks. Enters, answers
 * who enters, keeps the neighbours, tells absence, asks and answers host lists
 * and questions about itself. ipmsg-punch(7), LOCAL NETWORK.
 */
#ifndef IPMSG_PEER_LAN_H
#define IPMSG_PEER_LAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/datagram.h"
#include "peer/budget.h"
#include "peer/link.h"
#include "peer/neighbour.h"
#include "peer/peer.h"
#include "wire/packet.h"

struct turn;
struct entry;

/* Entering: NOOPERATION wakes ARP and firewalls, BR_ENTRY follows twice. */
enum entering {
	ENTERING_NOT,
	ENTERING_WAKE,
	ENTERING_FIRST,
	ENTERING_SECOND,
};

/* Asking others for the hosts they know. */
enum querying {
	QUERY_NONE,
	QUERY_HOLDERS, /* asked for who has a list */
	QUERY_AGAIN,   /* asked once more */
	QUERY_LIST,    /* one of them is asked for its list */
};

struct list_query {
	enum querying state;
	int64_t due; /* DEADLINE_NEVER: nothing is */
	struct endpoint holder;
	uint16_t local;
	uint32_t next; /* index asked for */
	unsigned tries; /* of that */
	unsigned pages; /* that came */
	int64_t started; /* ms */
};

/* To whom our entry was sent because of a message. */
struct introduced {
	struct endpoint to; /* without its port */
	int64_t at;
};

#define INTRODUCED_MAX 64

/* An iptux that cannot be read: our entry goes there. */
struct garbled {
	struct endpoint at;
	uint16_t local;
	int64_t due;
};

#define GARBLED_MAX 16

struct lan {
	struct lan_link links[LINKS_MAX];
	size_t link_count;
	bool fresh[LINKS_MAX]; /* links that are being entered */
	bool fresh_others;     /* the addresses of the settings, and who is dialled up, are as well */
	enum entering entering;
	int64_t entering_due;
	int64_t settings_due; /* settings are new; DEADLINE_NEVER: they are not */
	bool renamed;	      /* by these */
	bool running;
	int64_t started;   /* ms */
	int64_t refreshed; /* ms; only if has_refreshed */
	bool has_refreshed;
	int64_t forget_due; /* who is doubted still leaves; DEADLINE_NEVER: nobody is */
	bool away;
	struct absence absence;
	struct neighbours neighbours;
	struct list_query query;
	struct budget answers;
	struct bucket newcomers;
	uint32_t announced; /* BR_ENTRY and BR_ABSENCE to everybody, counted */
	struct garbled garbled[GARBLED_MAX]; /* in the order they are due */
	unsigned garbled_count;
	struct introduced introduced[INTRODUCED_MAX];
	unsigned introduced_next;
	int64_t namesake_told; /* ms; only if has_namesake */
	bool has_namesake;
};

/* Whether somebody is of our networks, or at one of the addresses that settings add to them. */
bool lan_covers(const struct peer *peer, const struct endpoint *at);

/* The network somebody is of; NULL for none. */
const struct lan_link *lan_link_to(const struct peer *peer, const struct endpoint *at);

/* Whether that is the local number of one of our networks. */
bool lan_has_local(const struct lan *lan, uint16_t local);

/* The local number to answer an arrival from. */
uint16_t lan_local(const struct peer *peer, const struct arrival *in);

/*
 * A datagram of our own that came back, or a packet of another host under our user and host
 * name that no path and no supernode can have sent.
 */
bool lan_is_echo(struct peer *peer, const struct arrival *in, const struct packet *packet);

/*
 * A packet under our names came in: unless it comes from an address of ours, the outside is told,
 * once an hour. Neither host sees the other, since a user and host name is one neighbour.
 */
void lan_namesake(struct turn *turn, const struct arrival *in);

/* Whether an entry is one of the LAN, and not of a path or supernode. */
bool lan_takes(struct peer *peer, const struct arrival *in, const struct entry *entry);

/*
 * Whether an entry that lan_takes() does not take went to everybody on a network where we are
 * nobody's neighbour: it was not meant for us, and an answer would show us there.
 */
bool lan_ignores(const struct peer *peer, const struct arrival *in);

/* `key` is for the hash of addresses. */
void lan_init(struct peer *peer, const uint8_t key[16]);
void lan_free(struct peer *peer);
void lan_start(struct turn *turn);

/* NOOPERATION and BR_EXIT to all; called twice, 100 ms apart, since one may get lost. */
void lan_leave(struct turn *turn);

/* Names or absence have changed: BR_ABSENCE to all. */
void lan_announce(struct turn *turn);

/* Settings have changed from `old`: others are told at the next tick, which is due then. */
void lan_reconfigure(struct peer *peer, const struct peer_settings *old, bool renamed, int64_t now);

void lan_tick(struct turn *turn);
int64_t lan_deadline(const struct peer *peer);

/*
 * Packets from there, by command; lists and questions with a signature for on_packet().
 * lan_entry() only of what lan_takes().
 */
void lan_entry(struct turn *turn, const struct arrival *in, const struct packet *packet,
    const struct entry *entry);
void lan_list(struct turn *turn, const struct arrival *in, const struct packet *packet);

/* An entry that a path takes: who is a neighbour there too is kept up to date, and not answered. */
void lan_follow(struct turn *turn, const struct arrival *in, const struct packet *packet,
    const struct entry *entry);

/* GETINFO and GETABSENCEINFO, from the LAN and over paths. */
void lan_question(struct turn *turn, const struct arrival *in, const struct packet *packet);

/*
 * Whoever sent that seems not to know us, or not as we are: if it is on the LAN it is sent our
 * entry, at most once a minute to an address.
 */
void lan_introduce(struct turn *turn, const struct arrival *in);

/*
 * Whether our entry may go to that address, that nobody asked for: once a minute. It counts as
 * sent.
 */
bool lan_may_introduce(struct turn *turn, const struct endpoint *to);

/*
 * Whether an answer of `len` bytes may go to somebody on the LAN now; it counts as sent then.
 * There the protocol itself makes answers longer than what they answer, so they are counted
 * by time instead: 32 KiB at once and 4 KiB/s to an address, 1 MiB and 400 KiB/s to all
 * together. So one host that floods us, under its own address, takes no more than a hundredth
 * from the others. False for who is not on the LAN.
 */
bool lan_may_answer(struct turn *turn, const struct endpoint *to, size_t len);

/* Whether one more neighbour may come: an invented one a packet must not wear out their ids. */
bool lan_may_come(struct turn *turn);

/* lan_words.c: what we say. */
/* One packet, written once: the same bytes and number to everybody. */
struct saying {
	unsigned char bytes[1024];
	size_t len;
};

/* Who we are there: nick[title] when away, as far as that fits a name. `nick` is room for it. */
#define SHOWN_NICK_MAX (NAME_BYTES_MAX + 1)
struct identity lan_identity(const struct peer *peer, char nick[SHOWN_NICK_MAX]);

/* The word of an entry packet of ours: command, or options of a host list, with our state. */
uint32_t lan_word(const struct peer *peer, uint32_t word);
void lan_compose(struct turn *turn, struct saying *saying, uint32_t word);

/* The same, with the names before the key block in that charset. */
void lan_compose_in(struct turn *turn, struct saying *saying, uint32_t word,
    struct charset *charset);
void lan_say(struct turn *turn, const struct saying *saying, const struct endpoint *to,
    uint16_t local);

/* To all on that link. */
void lan_say_on(struct turn *turn, const struct saying *saying, const struct lan_link *link);

/* To each link (only the fresh ones if `fresh`), and to the addresses of the settings. */
void lan_say_all(struct turn *turn, const struct saying *saying, bool fresh);

/* Whom a refresh has made doubtful is left out, as if forgotten already. */
void lan_say_dialup(struct turn *turn, const struct saying *saying);

/*
 * ANSENTRY, from there, if the budget allows it. To who is not on the LAN, but known by a host
 * list, as an answer to `in` (may be NULL) and no longer than that.
 */
void lan_answer_entry(struct turn *turn, const struct endpoint *to, uint16_t local, bool utf8,
    const struct arrival *in);

/* lan_iptux.c */
/* Something of ours went to everybody: those that it misled are told again. */
void iptux_correct_all(struct turn *turn);

/* An entry of `neighbour` came: if what we announced last misled it, it is told again. */
void iptux_correct(struct turn *turn, struct neighbour *neighbour);

/* A datagram that is no packet came: if it is one of a misled iptux, our entry goes there. */
void iptux_garbled(struct turn *turn, const struct arrival *in);
void iptux_tick(struct turn *turn);
int64_t iptux_deadline(const struct lan *lan);

/* lan_lists.c */
/* Asks everybody on links being entered for who has a list. */
void lan_query_start(struct turn *turn);
void lan_query_stop(struct peer *peer);
void lan_query_tick(struct turn *turn);

#endif
