/*
 * A node that knows the seed's three packets and what plain IP Messenger does
 * with entries and messages, and nothing of ours: one entry and no refresh,
 * one packet and no repeat, the time in seconds as packet number, names
 * compared byte for byte, an ask that goes to the port heard last. The same
 * node is a peer and a supernode.
 */
#ifndef IPMSG_TESTS_SIM_SEED_H
#define IPMSG_TESTS_SIM_SEED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/datagram.h"

#define SEED_USERS_MAX 64
#define SEED_TEXT_MAX 256

struct seed_user {
	struct endpoint at;
	char user[80];
	char name[162]; /* (nick or user)@(group or host) */
};

struct seed_node {
	char nick[80];	/* user name too */
	char group[80]; /* may be empty */
	struct endpoint supernode;
	uint16_t last_port; /* of the datagram that came last */
	struct seed_user users[SEED_USERS_MAX];
	size_t user_count;
	unsigned orders;    /* obeyed */
	unsigned received;  /* messages shown */
	unsigned confirmed; /* RECVMSGs */
	char text[SEED_TEXT_MAX]; /* of the message that came last */
};

void seed_receive(struct seed_node *seed, const struct arrival *in, struct batch *out);

/* Enters at `to`; a person may do that with any address, as in step 2 of the figure. */
void seed_enter(struct seed_node *seed, const struct endpoint *to, int64_t wall,
    struct batch *out);

void seed_ask(struct seed_node *seed, const char *name, int64_t wall, struct batch *out);

/* A message that wants confirmation. False when nobody of that name is known. */
bool seed_send(struct seed_node *seed, const char *name, const char *text, int64_t wall,
    struct batch *out);

/* Whom it knows by that name (nick@group); NULL for nobody. */
const struct seed_user *seed_find(const struct seed_node *seed, const char *name, size_t len);

bool seed_knows(const struct seed_node *seed, const struct endpoint *at);

#endif
