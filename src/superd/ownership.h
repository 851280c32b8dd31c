/* The methods of the control socket about who owns which name. */
#ifndef IPMSG_SUPERD_OWNERSHIP_H
#define IPMSG_SUPERD_OWNERSHIP_H

#include "ctl/server.h"

/* Handlers of Names and ForgetName; `context` is the struct superd. */
void ownership_names(struct ctl_call *call, json_t *parameters, void *context);
void ownership_forget(struct ctl_call *call, json_t *parameters, void *context);

#endif
