/* What the log is told by the configuration's section `log`. */
#ifndef IPMSG_BASE_SETTINGS_H
#define IPMSG_BASE_SETTINGS_H

#include "base/log.h"

struct log_settings {
	enum log_level level;
	enum log_target target;
	enum log_addresses addresses; /* of others */
};

#endif
