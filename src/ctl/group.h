/* Which group a daemon can give its control socket to. */
#ifndef IPMSG_CTL_GROUP_H
#define IPMSG_CTL_GROUP_H

/*
 * The group for the control socket: the configured one, or "" where that is
 * only `usual`, the default, and cannot be given away by this process.
 */
const char *ctl_group(const char *configured, const char *usual);

#endif
