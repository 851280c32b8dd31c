/* What the program ipmsg-superd itself is told: where to listen, whom to let control it. */
#ifndef IPMSG_SUPERD_SETTINGS_H
#define IPMSG_SUPERD_SETTINGS_H

#include <stddef.h>

#include "base/endpoint.h"
#include "super/settings.h"

#define LISTEN_MAX 16
#define OTHER_ENDPOINTS_MAX (SUPER_ALTERNATES_MAX - 2)

struct superd_settings {
	struct endpoint listen[LISTEN_MAX];
	size_t listen_count;
	uint32_t test_port;	 /* a further one at each of these addresses; 0 for none */
	struct endpoint alternates[OTHER_ENDPOINTS_MAX]; /* of this supernode, as peers see them */
	size_t alternate_count;
	char control[108];	 /* path of the control socket; fits sun_path */
	char control_group[64];	 /* group that may use it; "" leaves the process's own */
	char state_directory[256]; /* for what outlives the process; "" for nothing */
	char secret_file[256];	 /* the secret that a fleet shares; "": one of our own */
	char names_file[256];	 /* the names that keys are given; "" for none */
	char run_as[64];	 /* account that root becomes; "" for none */
	struct endpoint metrics; /* where they are served; of FAMILY_NONE: nowhere */
	size_t receive_buffer;	 /* bytes asked of the kernel for each socket */
	struct super_settings super; /* its alternates are those in force: see alternates_apply() */
};

#endif
