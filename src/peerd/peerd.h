/*
 * The program ipmsg-peerd: owns the peer, its socket, the mailbox and the
 * control server, and wires them together.
 */
#ifndef IPMSG_PEERD_PEERD_H
#define IPMSG_PEERD_PEERD_H

#include <stdbool.h>

#include "conf/conf.h"
#include "io/program.h"
#include "peer/mailbox.h"
#include "peer/peer.h"

struct followers;
struct keyring;
struct network;
struct peerd;

/*
 * Reads the configuration, opens everything and begins to register. NULL,
 * having logged why, when it cannot.
 */
struct peerd *peerd_open(const struct program_options *options);

/* Runs until SIGTERM or SIGINT, then takes leave of everybody. */
void peerd_run(struct peerd *peerd);

void peerd_close(struct peerd *peerd);

/* What the control methods need. */
const struct peer *peerd_peer(const struct peerd *peerd);
struct mailbox *peerd_mailbox(const struct peerd *peerd);
const struct peerd_settings *peerd_settings(const struct peerd *peerd);
struct followers *peerd_followers(struct peerd *peerd);
int64_t peerd_uptime(const struct peerd *peerd); /* ms */
uint16_t peerd_port(const struct peerd *peerd);

const struct network *peerd_network(const struct peerd *peerd);

const struct keyring *peerd_keyring(const struct peerd *peerd);

/* Forgets the keys of that supernode, at any port if `port` is 0. Whether one was known. */
bool peerd_forget(struct peerd *peerd, const char *host, uint16_t port);

/* It takes leave: nothing can be begun any more. */
bool peerd_ending(const struct peerd *peerd);

/*
 * As the functions of the peer of that name; what
 * is to be kept is collected by the mailbox. What happened in them is told, and packets
 * leave, in the peerd_settle() that has to follow.
 */
uint32_t peerd_ask(struct peerd *peerd, const char *name, const struct endpoint *at,
    enum reason *reason);
uint64_t peerd_send(struct peerd *peerd, const struct letter *letter, enum reason *reason);
uint64_t peerd_broadcast(struct peerd *peerd, const char *text, uint32_t *count,
    enum reason *reason);
bool peerd_unqueue(struct peerd *peerd, uint64_t message);
bool peerd_unqueue_all(struct peerd *peerd, const char *name, size_t *removed);

/* Whether the queue of an earlier life is in the core: else what is not found there may be. */
bool peerd_has_queue(const struct peerd *peerd);

/* A received message was read; false when that cannot be kept. */
bool peerd_read(struct peerd *peerd, const struct mail *mail);
void peerd_set_absence(struct peerd *peerd, const struct absence *absence);
uint32_t peerd_roster(struct peerd *peerd, enum reason *reason);
bool peerd_refresh(struct peerd *peerd);
void peerd_settle(struct peerd *peerd);

/* Reads the configuration again. On a mistake nothing changes and `report` gets each. */
bool peerd_reload(struct peerd *peerd, conf_report_fn report, void *context);

#endif
