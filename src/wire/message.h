/*
 * Messages: SENDMSG with its options and text; what confirms it is a packet
 * whose body is a number (packet_body_number(), packet_write_number()).
 */
#ifndef IPMSG_WIRE_MESSAGE_H
#define IPMSG_WIRE_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/charset.h"
#include "wire/packet.h"

struct message {
	struct span text;	 /* as it came */
	bool utf8;		 /* said to be */
	struct span attachments; /* list of offers; empty without FILEATTACHOPT */
	bool wants_receipt;	 /* RECVMSG is due: SENDCHECKOPT and neither of the next two */
	bool broadcast;
	bool automatic;
	bool sealed;
	bool wants_read_receipt; /* sealed and READCHECKOPT */
};

void message_parse(struct message *message, const struct packet *packet);

/*
 * The text as valid UTF-8 with LF line ends (CR LF and CR become LF); as
 * name_decode() otherwise. Returns the length; `cap` of 3 * text.len + 1
 * never cuts.
 */
size_t message_decode(const struct message *message, struct charset *legacy, char *out, size_t cap);

/*
 * SENDMSG. With `utf8` (the peer showed CAPUTF8OPT) the text goes out as UTF-8
 * and UTF8OPT is added, else in the legacy charset. CR is left out.
 */
void message_write(struct writer *w, uint32_t number, const struct identity *from, uint32_t word,
    struct span text, bool utf8, struct charset *legacy);

#endif
