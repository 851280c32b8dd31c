/* The one place that talks to libconfuse: from scanned text to settings. */
#ifndef IPMSG_CONF_PARSE_H
#define IPMSG_CONF_PARSE_H

#include "conf/mistakes.h"

/* `conf` holds the defaults before, and means nothing if mistakes were added. */
void parse_text(struct conf *conf, const char *text, struct mistakes *mistakes);

#endif
