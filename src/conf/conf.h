/*
 * Reads /etc/ipmsg.conf (libconfuse) into the settings of the parts. Every
 * mistake is reported with file, line, option and what would be right.
 */
#ifndef IPMSG_CONF_CONF_H
#define IPMSG_CONF_CONF_H

#include <stdbool.h>

#include "base/settings.h"
#include "peerd/settings.h"
#include "superd/settings.h"

struct conf {
	struct log_settings log;
	struct superd_settings superd;
	struct peerd_settings peerd;
};

/* One mistake; `text` is a whole message "FILE:LINE: …" without a line end. */
typedef void (*conf_report_fn)(const char *text, void *context);

/* The defaults, as without any file. */
void conf_init(struct conf *conf);

/*
 * Reads the file over the defaults. On any mistake returns false, having
 * reported as many as it could find, and leaves `*conf` as it was. A missing
 * file is a mistake unless `optional`.
 */
bool conf_read(
    struct conf *conf, const char *path, bool optional, conf_report_fn report, void *context);

/*
 * For --check-config: tells each mistake on standard error. True when there is
 * none.
 */
bool conf_check(const char *path);

#endif
