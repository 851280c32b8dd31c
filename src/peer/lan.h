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
#include "peer/link.h"
#include "peer/neighbour.h"

struct peer;
struct turn;
struct packet;
struct entry;

/* Whether somebody is of our networks, or at one of the addresses that settings add to them. */
bool lan_covers(const struct peer *peer, const struct endpoint *at);

/* A datagram of our own that came back, or of another host under our user and host name. */
bool lan_is_echo(const struct peer *peer, const struct arrival *in, const struct packet *packet);

void lan_init(struct peer *peer);
void lan_free(struct peer *peer);
void lan_start(struct turn *turn);

/* BR_EXIT to all; called twice, 100 ms apart, since one may get lost. */
void lan_leave(struct turn *turn);

/* Names, absence or settings have changed: BR_ABSENCE to all. */
void lan_announce(struct turn *turn);

void lan_tick(struct turn *turn);
int64_t lan_deadline(const struct peer *peer);

/* Packets from there, by command. */
void lan_entry(struct turn *turn, const struct arrival *in, const struct packet *packet,
    const struct entry *entry);
void lan_list(struct turn *turn, const struct arrival *in, const struct packet *packet);

/* GETINFO and GETABSENCEINFO, from the LAN and over paths. */
void lan_question(struct turn *turn, const struct arrival *in, const struct packet *packet);

/* A message came from somebody on the LAN who is no neighbour yet: it is sent our entry. */
void lan_introduce(struct turn *turn, const struct arrival *in);

/*
 * Whether an answer of `len` bytes may go to somebody on the LAN now: there
 * the protocol itself makes answers longer than what they answer, so they are
 * counted by time instead, each address and all together.
 */
bool lan_may_answer(struct turn *turn, const struct endpoint *to, size_t len);

#endif
