/*
 * Messages in parts: those of ours that fit no single datagram, to peers of
 * ours that take them so, and those of others until they are whole. Both are
 * bounded, in number and in bytes.
 */
#ifndef IPMSG_PEER_PARTS_H
#define IPMSG_PEER_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/datagram.h"
#include "wire/part.h"

struct path;
struct peer;
struct turn;
struct packet;

#define PART_SENDINGS_MAX 16
#define PART_SENDINGS_BYTES (16UL << 20)
#define PART_ASSEMBLIES_MAX 16
#define PART_ASSEMBLIES_BYTES (8UL << 20)
#define PART_ASSEMBLIES_OF_PATH 2 /* that are not whole yet */

struct sent_part {
	int64_t at;	/* ms: last sent */
	uint32_t order; /* of all that were sent, so that one passed by others is known */
	bool again;	/* sent more than once */
	bool under_way;
};

/* One of ours. */
struct part_sending {
	uint64_t message;
	uint32_t path; /* id */
	uint32_t number;
	uint32_t word;
	char *text;
	size_t len;
	size_t size; /* of a chunk */
	uint32_t total;
	uint32_t first_new; /* none from here on was sent yet */
	uint32_t there;	    /* at the other side, with `bits` */
	uint8_t bits[PART_BITS_BYTES];
	struct sent_part *parts;
	uint32_t under_way;
	uint32_t window; /* most that may be under way */
	uint32_t threshold;
	uint32_t grown; /* confirmed since it grew last */
	uint32_t order;
	uint32_t recovered; /* losses of what was sent before that one have halved the window */
	bool has_ack;
	uint32_t last_ack; /* number of the newest packet that confirmed something */
	int64_t rtt;	   /* ms, smoothed; 0: not known yet */
	int64_t variance;
	unsigned timeouts; /* in a row */
	unsigned forgotten; /* times that the other had lost what it had */
	int64_t progress;  /* ms: when something new was there */
	int64_t due;
};

/* One of another. */
struct part_assembly {
	uint32_t path; /* id; 0: free */
	uint32_t number;
	uint32_t total;
	uint32_t bytes;
	size_t size;
	uint32_t there;
	uint32_t after; /* the highest that came, and one */
	uint8_t bits[PART_BITS_BYTES];
	unsigned char *room; /* the SENDMSG that it becomes: `head` bytes, the text, NUL */
	size_t head;
	int64_t heard;
	int64_t progress; /* ms: when a new part came */
	int64_t handed; /* ms: when it was taken for a message last */
	unsigned unacknowledged;
	int64_t ack_due;
};

enum parts_begun { PARTS_BEGUN, PARTS_LATER, PARTS_NO_MEMORY };

struct parts {
	bool freed; /* a place is: it goes to whoever waits longest, with the next tick */
	struct part_sending *sendings[PART_SENDINGS_MAX]; /* NULL: free */
	struct part_assembly assemblies[PART_ASSEMBLIES_MAX];
};

void parts_free(struct peer *peer);

/*
 * Begins to send a message of ours, too long for one datagram, over an open path; its text is
 * copied. PARTS_LATER when one is under way there already, or there is no room for one more: then
 * parts_take_freed() says when. If nothing comes of it messages_unconfirmed() is called; a RECVMSG
 * is the messages' own matter.
 */
enum parts_begun parts_begin(struct turn *turn, const struct path *path, uint64_t message,
    uint32_t number, uint32_t word, const char *text);

/* It is over, whatever came of it. Nothing happens for one that is not sent in parts. */
void parts_end(struct peer *peer, uint64_t message);

/* Whether a place got free since it was asked last. Until it is asked, nobody gets it. */
bool parts_take_freed(struct parts *parts);

/* The path leads to the other no more: what came of messages over it is dropped. */
void parts_path_gone(struct peer *peer, uint32_t path);

/* What was of the path `from` is of `to` now. */
void parts_move(struct parts *parts, uint32_t from, uint32_t to);

void parts_tick(struct turn *turn);
int64_t parts_deadline(const struct parts *parts);

/* SENDPART, ACKPART of others. */
void parts_received(struct turn *turn, const struct arrival *in, const struct packet *packet);
void parts_acked(struct turn *turn, const struct arrival *in, const struct packet *packet);

/* The open path whose other end wrote such a packet; NULL, counted, if it is not to be believed. */
struct path *parts_speaker(struct turn *turn, const struct arrival *in,
    const struct fields *fields);

/* parts_in.c */
void parts_in_tick(struct turn *turn);
int64_t parts_in_deadline(const struct parts *parts);

#endif
