/* Notice of a file descriptor of somebody else's that can be read. */
#ifndef IPMSG_IO_READABLE_H
#define IPMSG_IO_READABLE_H

struct event_base;
struct readable;

typedef void (*readable_fn)(void *context);

/* Calls `notice` whenever `fd`, which stays its owner's, can be read. NULL when memory is short. */
struct readable *readable_watch(struct event_base *base, int fd, readable_fn notice, void *context);
void readable_free(struct readable *readable);

#endif
