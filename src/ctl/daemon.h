/*
 * The methods of net.ipmsg.daemon, which both daemons answer alike. Each has
 * its own reload; the log is the same for all.
 */
#ifndef IPMSG_CTL_DAEMON_H
#define IPMSG_CTL_DAEMON_H

#include "ctl/server.h"

/* Reads the configuration again; false if it has mistakes, having reported each. */
typedef void (*ctl_report_fn)(const char *text, void *context);
typedef bool (*ctl_reload_fn)(void *daemon, ctl_report_fn report, void *context);

/* Reload, for a handler of the daemon's own that knows how. */
void ctl_daemon_reload(struct ctl_call *call, json_t *parameters, ctl_reload_fn reload,
    void *daemon);

/* Handlers of GetLogLevel and SetLogLevel. */
void ctl_daemon_get_level(struct ctl_call *call, json_t *parameters, void *context);
void ctl_daemon_set_level(struct ctl_call *call, json_t *parameters, void *context);

#endif
