/* Exit statuses of ipmsgctl, as its manual page promises them. */
#ifndef IPMSG_IPMSGCTL_STATUS_H
#define IPMSG_IPMSGCTL_STATUS_H

enum status {
	STATUS_DONE = 0,
	STATUS_FAILED = 1,
	STATUS_USAGE = 2,
	STATUS_SILENT = 3,	  /* the daemon does not answer */
	STATUS_INTERRUPTED = 130, /* by Ctrl-C */
};

#endif
