/*
 * The frame of every IP Messenger datagram:
 *
 *     Version ':' Number ':' User ':' Host ':' Command ':' Body [NUL Extra]…
 *
 * Tolerant in what it takes, strict in what it emits (ipmsg-punch(7)).
 */
#ifndef IPMSG_WIRE_PACKET_H
#define IPMSG_WIRE_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"
#include "wire/command.h"
#include "wire/writer.h"

#define NAME_BYTES_MAX 79   /* of user, host, nick and group on the wire */
#define NUMBER_TEXT_MAX 15  /* of a packet number's text that is kept */
#define PACKET_BYTES_MAX 32767

/* Views of the datagram; nothing is copied. */
struct packet {
	struct span version;	 /* "1", "1_iptux 0.9.4" */
	struct span number_text; /* at most NUMBER_TEXT_MAX bytes */
	uint32_t number;	 /* saturates */
	struct span user;	 /* 1 to NAME_BYTES_MAX bytes, cut */
	struct span host;	 /* likewise */
	uint32_t word;		 /* command and options; saturates */
	struct span body;	 /* up to the first NUL or the end */
	struct span tail;	 /* what follows that NUL */
	struct span whole;
};

enum packet_error {
	PACKET_OK,
	PACKET_SHORT,	   /* fewer than five fields */
	PACKET_VERSION,	   /* not version 1 */
	PACKET_NAME,	   /* empty user or host */
	PACKET_DICTIONARY, /* an IPDict ("IP2:"), which has no such frame */
	PACKET_ERRORS,
};

enum packet_error packet_parse(struct packet *packet, struct span datagram);

/* A word for counters and logs: "short", "version", … */
const char *packet_error_name(enum packet_error error);

static inline enum command packet_command(const struct packet *packet)
{
	return (enum command)(packet->word & COMMAND_MASK);
}

static inline bool packet_has(const struct packet *packet, uint32_t option)
{
	return (packet->word & option) != 0;
}

/*
 * Goes through the NUL-separated fields of `tail`: start with *tail =
 * packet->tail, each call cuts the next field off. False at the end.
 */
bool packet_next_field(struct span *tail, struct span *field);

/*
 * The decimal number that the body begins with (RECVMSG, READMSG, ANSREADMSG, …); saturates.
 * False when there is none.
 */
bool packet_body_number(const struct packet *packet, uint32_t *number);

/* Who a packet of ours comes from. Strings are UTF-8, owned by the caller. */
struct identity {
	const char *user;
	const char *host;
	const char *nick;
	const char *group; /* "" for none */
};

/* "1:NUMBER:USER:HOST:WORD:"; the body comes next. User and host pass writer_name(). */
void packet_begin(struct writer *w, uint32_t number, const struct identity *from, uint32_t word);

/* A whole packet with a body that may be empty, and the NUL that always ends it. */
void packet_write(struct writer *w, uint32_t number, const struct identity *from, uint32_t word,
    struct span body);

/* A whole packet whose body is a decimal number. */
void packet_write_number(struct writer *w, uint32_t number, const struct identity *from,
    uint32_t word, uint32_t body);

#endif
