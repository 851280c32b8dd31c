/* What the parts of the stock client's double share; what it does is told in stock.c. */
#ifndef IPMSG_TEST_STOCK_H
#define IPMSG_TEST_STOCK_H

#include "commands.h"
#include "endpoint.h"
#include "text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PACKET_MAX 32768
#define USERS_MAX 128
#define SEEN_MAX 32
#define REPEATS_MAX 32
#define LETTERS_MAX 32
#define TIMERS_MAX 64
#define LINKS_MAX 16
#define CHARSET_ABSURD "UTF-16" /* for iptux, text that is none in any other */

struct stock;

/* --- Habits */

enum numbers {
	NUMBERS_RISING,   /* the time, and one more than the last where that is as large */
	NUMBERS_FROM_ONE, /* in each run */
	NUMBERS_TIME      /* two packets of one second share theirs */
};

enum keys { /* what follows nick and group in an entry packet */
	KEYS_NONE,
	KEYS_WINDOWS,
	KEYS_MAC,
	KEYS_IPTUX /* icon and codeset */
};

enum identity {            /* what tells one user from another */
	BY_NAME_OR_PLACE,  /* user and host, or address and port: both are unique */
	BY_USER_AND_PLACE, /* user, address and port together */
	BY_ADDRESS
};

enum greeting { /* what a message of somebody who never entered brings about */
	GREETS_NOBODY,
	GREETS_BY_ENTRY,
	GREETS_IN_LIST /* it is listed without a nick, and told nothing */
};

struct habits {
	const char *name;
	const char *version; /* the first field of a packet */
	const char *charset; /* of all text without UTF8OPT */
	const char *about;   /* answers GETINFO; NULL for a client that does not */
	enum numbers numbers;
	enum keys keys;
	enum identity identity;
	enum greeting greeting;
	/* Options of BR_ENTRY, ANSENTRY, BR_ABSENCE, BR_EXIT, RECVMSG, and of sealed messages. */
	unsigned long entry, answer, absence, leave, receipt, sealed; /* sealed 0: cannot */
	bool utf8;        /* knows UTF8OPT and CAPUTF8OPT */
	bool ends_bodies; /* with a NUL */
	bool own_port;    /* answers to the port that it has itself, not to the sender's */
	bool directed;    /* broadcasts to each interface's address, not only 255.255.255.255 */
	bool one_number;  /* for all the copies of a broadcast entry */
	bool knocks;      /* NOOPERATION before it broadcasts */
	bool one_by_one;  /* tells leaving and absence to each user, not by broadcast */
	bool leaves_twice;
	bool can_be_absent;
	bool stays_absent;   /* ABSENCEOPT and DIALUPOPT go into every packet while they hold */
	bool lists;          /* host lists, asked and answered */
	bool refuses;        /* only entry packets; otherwise whatever the refused sends */
	bool asks_info;      /* of each that enters */
	bool answers_all;    /* confirms automatic and broadcast messages too */
	bool answers_any;    /* confirms whatever has that bit, but entries and exits */
	bool exact_receipts; /* a RECVMSG counts only from where the message went */
	bool reads_check;    /* READMSG|READCHECK, repeated until it is answered */
	bool answers_reads;  /* ANSREADMSG */
	bool keeps;          /* an unconfirmed message is sent again when its receiver appears */
	bool drops_old;      /* confirms, but does not show, a number not above the last */
	bool knows_seen;     /* a packet seen already is confirmed, not shown */
	int answer_random;   /* ANSENTRY after up to so many ms, 0 at once */
	int entry_delay;     /* ms from NOOPERATION to BR_ENTRY */
	int entry_again;     /* ms to the second BR_ENTRY; 0: none */
	int tries, tries_ms; /* of a message, the first included */
	int padded;          /* so many last tries have 64 more NULs */
};

/* NULL for a name that is none. */
const struct habits *habits_find(const char *name);

/* --- State */

struct bytes {
	size_t len;
	char s[PACKET_MAX];
};

struct packet {
	union endpoint from;
	struct text number, user, host; /* names in UTF-8 */
	struct text nick, group;        /* of entry packets */
	unsigned long command;
	const char *body, *ext; /* in the receive buffer */
	size_t body_len, ext_len;
	const char *keys; /* the key block without its first LF; NULL for none */
	size_t keys_len;
	const char *charset; /* of the body */
	const char *codeset; /* the fourth field of an entry packet, terminated; NULL for none */
};

struct user {
	union endpoint at;
	struct text user, host, nick, group;
	unsigned long status;      /* options of its last entry packet */
	unsigned long last_number; /* of its messages */
	int64_t updated;           /* ms */
	bool dialup;               /* gets BR_* one by one */
	char codeset[24];          /* "" before anything told */
};

struct seen {
	struct text number, user, host;
};

/* A packet that is sent again until it is confirmed. */
struct repeat {
	unsigned long number; /* 0 in a free place */
	unsigned long command;
	union endpoint to;
	struct text user, host; /* whom it is for */
	int left;               /* tries to come; -1 for one that waits for its receiver */
	int64_t due;            /* ms */
	struct bytes packet;
};

/* A sealed message, or one's own whose READMSG may come. */
struct letter {
	struct text number, who;
	union endpoint from;
	unsigned long command;
	char text[PACKET_MAX];
};

struct timer {
	void (*run)(struct stock *stock, const union endpoint *to); /* NULL in a free place */
	union endpoint to;
	unsigned long command; /* of the entry packet that it answers */
	int64_t due;           /* ms */
};

struct link {
	unsigned index;
	union endpoint address, broadcast; /* without ports; family 0 for none */
};

enum list_mode { LIST_OFF, LIST_ANSWER, LIST_ASK };

struct stock {
	const struct habits *habits;
	const char *charset;
	int fd, fd6; /* fd6 -1 without IPv6 */
	in_port_t port;
	struct text user, host, nick, group;
	bool dialup, mute_readmsg;
	unsigned long extra; /* options advertised on top */
	enum list_mode list;
	unsigned long last_number;
	bool absent;
	struct text title;
	char words[1024];           /* the absence text */
	int64_t entered, refreshed; /* ms; 0 for never */
	bool list_open;             /* the next ANSLIST is taken */
	bool list_asking;           /* nobody has offered one yet */
	struct user users[USERS_MAX];
	size_t user_count;
	struct text refused[8]; /* user names */
	size_t refused_count;
	struct seen seen[SEEN_MAX];
	size_t seen_next;
	struct repeat repeats[REPEATS_MAX];
	struct letter letters[LETTERS_MAX];
	size_t letter_next;
	struct timer timers[TIMERS_MAX];
	struct link links[LINKS_MAX];
	size_t link_count;
};

/* --- stock_wire.c: bytes and text */

int64_t now_ms(void);
void bytes_add(struct bytes *bytes, const void *more, size_t len);
void bytes_add_text(struct bytes *bytes, const char *charset, const char *utf8);
void utf8_from(char *out, size_t size, const char *charset, const char *bytes, size_t len);
unsigned long number_next(struct stock *stock);

/* Why these bytes, which a NUL follows, are no packet; NULL if they are. */
const char *packet_parse(
    const struct stock *stock, struct packet *packet, const char *bytes, size_t len);

/* The header of a packet, ready for its body. */
void packet_begin(
    const struct stock *stock, struct bytes *out, unsigned long number, unsigned long command);

/* The packet's body as UTF-8. */
void packet_text(const struct stock *stock, const struct packet *packet, char *out, size_t size);

/* Prints what happened to a packet: "sent" or "recv". */
void packet_tell(const struct stock *stock, const char *verb, const struct packet *packet);

void packet_send(struct stock *stock, const union endpoint *to, const struct bytes *packet);

/* A packet of one text; NULL for an empty body. Returns its number. */
unsigned long packet_send_text(struct stock *stock, const union endpoint *to, unsigned long command,
    const char *charset, const char *utf8);

/* --- stock_users.c: who is there */

struct user *user_at(struct stock *stock, const union endpoint *at);
struct user *user_of(struct stock *stock, const struct packet *packet);

/* By nick, user or ADDRESS:PORT; NULL for nobody, with `to` set for any ADDRESS:PORT. */
struct user *user_called(struct stock *stock, const char *who, union endpoint *to);

/* Takes an entry packet's sender in; NULL when it is not taken. */
struct user *user_enter(struct stock *stock, const struct packet *packet);
void user_remove(struct stock *stock, struct user *user);
bool user_refused(const struct stock *stock, const struct packet *packet);
void users_print(const struct stock *stock);

/* The name of a packet's sender on our lines. */
const char *user_name(struct stock *stock, const struct packet *packet);

/* The charset for text to this user, who may be NULL; sets UTF8OPT in *command where it belongs. */
const char *user_charset(
    const struct stock *stock, const struct user *user, unsigned long *command);

bool seen_already(const struct stock *stock, const struct packet *packet);
void seen_remember(struct stock *stock, const struct packet *packet);

/* --- stock_presence.c: entering, leaving, being away, host lists */

void links_find(struct stock *stock);
bool is_own(const struct stock *stock, const union endpoint *from);
void presence_enter(struct stock *stock);
void presence_leave(struct stock *stock);
void presence_changed(struct stock *stock);
void presence_broadcast(struct stock *stock, unsigned long command);
void packet_broadcast(struct stock *stock, const struct bytes *packet);
void presence_tell(struct stock *stock, const union endpoint *to, unsigned long command);
void presence_answer(struct stock *stock, const struct packet *packet);
void presence_ask_list(struct stock *stock, unsigned long options);
void list_send(struct stock *stock, const struct packet *packet);
void list_take(struct stock *stock, const struct packet *packet);
void list_offered(struct stock *stock, const struct packet *packet);
void list_wanted(struct stock *stock, const struct packet *packet);

void timer_set(struct stock *stock, int ms,
    void (*run)(struct stock *stock, const union endpoint *to), const union endpoint *to);
void timers_clear(struct stock *stock);
void timers_run(struct stock *stock, int64_t now);
int64_t timers_due(const struct stock *stock); /* ms; INT64_MAX for never */

/* --- stock_messages.c: messages, their confirmation, seals */

void message_send(struct stock *stock, const union endpoint *to, struct user *user,
    unsigned long options, const char *text, const char *attachment);
void message_broadcast(struct stock *stock, const char *text);
/* RECVMSG, if the packet wants it and this client gives it. */
void message_confirm(struct stock *stock, const struct packet *packet);
void message_open(struct stock *stock, const char *number);
void messages_resume(struct stock *stock, const struct user *user);
void messages_run(struct stock *stock, int64_t now);
int64_t messages_due(const struct stock *stock);
void on_message(struct stock *stock, const struct packet *packet);
void on_recvmsg(struct stock *stock, const struct packet *packet);
void on_readmsg(struct stock *stock, const struct packet *packet);
void on_ansreadmsg(struct stock *stock, const struct packet *packet);

#endif
