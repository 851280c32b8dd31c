/* What the program ipmsg-peerd itself is told: its port, and whom to let control it. */
#ifndef IPMSG_PEERD_SETTINGS_H
#define IPMSG_PEERD_SETTINGS_H

#include <stddef.h>
#include <stdint.h>

#include "peer/settings.h"

struct peerd_settings {
	uint32_t wan_port;	/* 1 to 65535 */
	char control[108];	/* path of the control socket; "" for the usual place */
	char control_group[64]; /* group that may use it; "" leaves the process's own */
	size_t receive_buffer;	/* bytes asked of the kernel */
	struct peer_settings peer; /* user, host and nick may be empty: see peerd/defaults.h */
};

#endif
