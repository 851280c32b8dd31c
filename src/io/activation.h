/*
 * Sockets that were opened before the daemon was started and stay open when it
 * ends, so that nothing sent meanwhile is lost: sd_listen_fds(3), as systemd
 * and others hand them over.
 */
#ifndef IPMSG_IO_ACTIVATION_H
#define IPMSG_IO_ACTIVATION_H

/* The first of the descriptors; the others follow. */
#define ACTIVATION_FIRST 3

/*
 * How many there are for this process; from now on none of its children gets
 * them. -1 with errno when the environment speaks of descriptors that cannot be.
 */
int activation_take(void);

#endif
