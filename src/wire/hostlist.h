/*
 * ANSLIST: a host list, seven fields a host, each ended by \a. The port is
 * written byte-swapped, as little-endian clients print htons() of it.
 */
#ifndef IPMSG_WIRE_HOSTLIST_H
#define IPMSG_WIRE_HOSTLIST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/endpoint.h"
#include "wire/fields.h"

struct listed_host {
	struct span user;
	struct span host;
	uint32_t status; /* option bits; 0 or a low byte of BR_EXIT: the host left */
	struct endpoint at;
	struct span nick;  /* empty for "\b" */
	struct span group; /* likewise */
	bool left;
};

struct hostlist {
	uint32_t next;	/* the index to ask for next; 0 ends the list */
	uint32_t count; /* as claimed */
	uint32_t seen;	/* of these, gone through */
	struct span rest;
	bool placeless; /* set by who reads a supernode's list: no address is needed */
};

/* Reads NEXT and COUNT. False when the body does not begin with them. */
bool hostlist_parse(struct hostlist *list, const struct packet *packet);

/*
 * The next host; hosts without a user or host name, or with an address or port
 * that cannot be, are passed over. False when COUNT is reached or what is there ends.
 */
bool hostlist_next(struct hostlist *list, struct listed_host *host);

/*
 * "NEXT \a COUNT \a", after packet_begin(); then each host; then the caller's
 * NUL. A host is written as left or as present by `left`, whatever its status says.
 */
void hostlist_write_head(struct writer *w, uint32_t next, uint32_t count);
void hostlist_write_host(struct writer *w, const struct listed_host *host);

/* In place of that NUL: it and the fields behind it, toward who has shown PX. */
void hostlist_write_fields(struct writer *w, const struct fields *fields);

#endif
