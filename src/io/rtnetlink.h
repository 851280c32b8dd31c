/* What the kernel knows of interfaces, addresses and routes, asked for as a whole: rtnetlink(7). */
#ifndef IPMSG_IO_RTNETLINK_H
#define IPMSG_IO_RTNETLINK_H

#include <linux/rtnetlink.h>
#include <stdbool.h>
#include <stddef.h>

/* A route out is one to everywhere, or to a half of it: some VPNs set two in place of the one. */
#define RTNETLINK_WAY_BITS 1

/* One message of it; false for enough. */
typedef bool (*rtnetlink_fn)(const struct nlmsghdr *message, void *context);

/*
 * Hands over all messages of a kind, RTM_GETLINK, RTM_GETADDR or RTM_GETROUTE, as they are now. The
 * kernel answers at once. False, perhaps after some, when it does not.
 */
bool rtnetlink_dump(int type, rtnetlink_fn each, void *context);

/*
 * The attribute of that type behind the `header` bytes that a message of this kind begins with,
 * when it holds at least `least` bytes; else NULL.
 */
const struct rtattr *rtnetlink_find(const struct nlmsghdr *message, size_t header,
    unsigned type, size_t least);

/* The same within an attribute that holds others. */
const struct rtattr *rtnetlink_find_in(const struct rtattr *outer, unsigned type, size_t least);

#endif
