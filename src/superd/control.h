/* The methods that ipmsg-superd offers on its control socket. */
#ifndef IPMSG_SUPERD_CONTROL_H
#define IPMSG_SUPERD_CONTROL_H

#include "ctl/server.h"

/* Ended by a NULL name; the handlers' context is the struct superd. */
extern const struct ctl_interface superd_interfaces[];

#endif
