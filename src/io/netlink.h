/*
 * Notice of changes to this host's networks: an interface, an address or a
 * way out came, went, or is another. What it is now is to be looked up. Other
 * routes do not count.
 */
#ifndef IPMSG_IO_NETLINK_H
#define IPMSG_IO_NETLINK_H

struct event_base;
struct netlink;

typedef void (*netlink_changed_fn)(void *context);

/*
 * Calls `changed` a moment after something has, once for all that comes with
 * it, and then not again for a second or so; the longer `changed` takes the longer, since a look
 * at many routes is slow. It must not free the struct. NULL, with errno, when that cannot be had.
 */
struct netlink *netlink_watch(struct event_base *base, netlink_changed_fn changed, void *context);
void netlink_free(struct netlink *netlink);

#endif
