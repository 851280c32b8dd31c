/* Going to the background in a way that the starter learns whether it worked. */
#ifndef IPMSG_IO_BACKGROUND_H
#define IPMSG_IO_BACKGROUND_H

/*
 * Forks. The parent does not return: it exits with 0 once the child calls
 * background_ready(), with 1 if the child ends before. Returns the child's
 * handle for that call, or -1 with errno.
 */
int background_start(void);

/* Lets go of terminal and standard streams. */
void background_ready(int handle);

#endif
