/*
 * How long a message may be, and how it goes: that depends on the program of
 * who gets it, and on what lies in between.
 */
#ifndef IPMSG_PEER_TEXT_MAX_H
#define IPMSG_PEER_TEXT_MAX_H

#include <stddef.h>

struct peer;
struct destination;

enum text_way {
	TEXT_WHOLE,    /* in one datagram */
	TEXT_IN_PARTS, /* parts.h */
	TEXT_LATER,    /* what the other takes is not known before it has answered */
	TEXT_TOO_LONG,
};

/* For a text of that many bytes of UTF-8. */
enum text_way text_way(const struct peer *peer, const struct destination *to, size_t len);

/* The longest datagram that a message to there may make. */
size_t text_datagram_max(const struct destination *to);

/* Bytes of a text as it is sent: CR is left out. */
size_t text_length(const char *text);

#endif
