/*
 * A mailbox that lives in memory: messages are gone with the process. When it is full, the oldest
 * make way, but none that is in the queue. on_outcome is called by commit(), never by another
 * function, and may change the mailbox: the commit() that it was called by tells of that too.
 */
#ifndef IPMSG_STORE_MEMORY_H
#define IPMSG_STORE_MEMORY_H

#include "peer/mailbox.h"

#define MEMORY_MESSAGES 10000
#define MEMORY_BYTES (16UL << 20)

/*
 * Holds at most so many messages (>= 1), and so many bytes of them all in all.
 * A message that is larger alone is lost. NULL when memory is short.
 */
struct mailbox *memory_new(size_t messages, size_t bytes);

#endif
