/*
 * From a method's full name to the handler that answers it, and the methods
 * that every service has itself (org.varlink.service).
 */
#ifndef IPMSG_CTL_DISPATCH_H
#define IPMSG_CTL_DISPATCH_H

#include "ctl/server.h"

/* Runs the handler of `method`, or ends the call with the error that is due. */
void ctl_dispatch(struct ctl_options *options, struct ctl_call *call, const char *method,
    json_t *parameters);

#endif
