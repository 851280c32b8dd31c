/* What the program ipmsg-superd itself is told: where to listen, whom to let control it. */
#ifndef IPMSG_SUPERD_SETTINGS_H
#define IPMSG_SUPERD_SETTINGS_H

#include <stddef.h>

#include "base/endpoint.h"
#include "super/settings.h"

#define LISTEN_MAX 16

struct superd_settings {
	struct endpoint listen[LISTEN_MAX];
	size_t listen_count;
	char control[108];	 /* path of the control socket; fits sun_path */
	char control_group[64];	 /* group that may use it; "" leaves the process's own */
	char state_directory[256]; /* for what outlives the process; "" for nothing */
	char secret_file[256];	 /* the secret that a fleet shares; "": one of our own */
	char names_file[256];	 /* the names that keys are given; "" for none */
	char run_as[64];	 /* account that root becomes; "" for none */
	struct endpoint metrics; /* where they are served; of FAMILY_NONE: nowhere */
	size_t receive_buffer;	 /* bytes asked of the kernel for each socket */
	struct super_settings super;
};

#endif
