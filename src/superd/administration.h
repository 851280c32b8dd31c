/* The methods of the control socket by which an administrator takes action. */
#ifndef IPMSG_SUPERD_ADMINISTRATION_H
#define IPMSG_SUPERD_ADMINISTRATION_H

#include "ctl/server.h"

/* Handlers of Kick, Ban, Unban, Bans and Drain; `context` is the struct superd. */
void administration_kick(struct ctl_call *call, json_t *parameters, void *context);
void administration_ban(struct ctl_call *call, json_t *parameters, void *context);
void administration_unban(struct ctl_call *call, json_t *parameters, void *context);
void administration_bans(struct ctl_call *call, json_t *parameters, void *context);
void administration_drain(struct ctl_call *call, json_t *parameters, void *context);

#endif
