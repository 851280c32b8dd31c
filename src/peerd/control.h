/* The methods that ipmsg-peerd offers on its control socket. */
#ifndef IPMSG_PEERD_CONTROL_H
#define IPMSG_PEERD_CONTROL_H

#include "ctl/server.h"

/* Ended by a NULL name; the handlers' context is the struct peerd. */
extern const struct ctl_interface peerd_interfaces[];

/* The methods that take time: Ask, Send and Watch. */
void control_ask(struct ctl_call *call, json_t *parameters, void *peerd);
void control_send(struct ctl_call *call, json_t *parameters, void *peerd);
void control_watch(struct ctl_call *call, json_t *parameters, void *peerd);

#endif
