/* The methods that ipmsg-peerd offers on its control socket. */
#ifndef IPMSG_PEERD_CONTROL_H
#define IPMSG_PEERD_CONTROL_H

#include <stdbool.h>

#include "ctl/server.h"

struct peerd;

/* Ended by a NULL name; the handlers' context is the struct peerd. */
extern const struct ctl_interface peerd_interfaces[];

/* True, having ended the call with Stopping, when nothing may be begun any more. */
bool control_is_ending(struct ctl_call *call, const struct peerd *peerd);

/* orders.c: what a person begins, and may follow. */
void control_ask(struct ctl_call *call, json_t *parameters, void *peerd);
void control_send(struct ctl_call *call, json_t *parameters, void *peerd);
void control_broadcast(struct ctl_call *call, json_t *parameters, void *peerd);
void control_who(struct ctl_call *call, json_t *parameters, void *peerd); /* roster.c */
void control_watch(struct ctl_call *call, json_t *parameters, void *peerd);

/* messages.c: what the mailbox holds. */
void control_messages(struct ctl_call *call, json_t *parameters, void *peerd);
void control_read(struct ctl_call *call, json_t *parameters, void *peerd);
void control_unqueue(struct ctl_call *call, json_t *parameters, void *peerd);

/*
 * mailbox.c: the mailbox as a whole. The last ends the call with MailboxUnavailable, whose
 * parameters, the caller's, say what is wrong.
 */
void control_backup(struct ctl_call *call, json_t *parameters, void *peerd);
void control_check(struct ctl_call *call, json_t *parameters, void *peerd);
json_t *control_trouble(struct peerd *peerd);
void control_unavailable(struct ctl_call *call, struct peerd *peerd);

/* presence.c: how others on the LAN see this peer, and it them. */
void control_set_absence(struct ctl_call *call, json_t *parameters, void *peerd);
void control_refresh(struct ctl_call *call, json_t *parameters, void *peerd);

/* keys.c: who proves to be who. */
void control_keys(struct ctl_call *call, json_t *parameters, void *peerd);
void control_forget(struct ctl_call *call, json_t *parameters, void *peerd);

#endif
