/*
 * The socket file of a control server: who may open it, whether another daemon
 * has it, and taking it away again.
 */
#ifndef IPMSG_CTL_SOCKET_H
#define IPMSG_CTL_SOCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/un.h>

struct ctl_socket {
	int fd; /* non-blocking, listening; -1 after a failure */
	dev_t dev;
	ino_t ino;
	struct sockaddr_un address;
};

struct ctl_peer {
	pid_t pid;
	uid_t uid;
};

/*
 * Binds `path` with mode 0660 and the group (NULL or "": the process's own)
 * and listens. Returns 0, or -1 with a whole sentence in `why`.
 */
int ctl_socket_open(struct ctl_socket *socket, const char *path, const char *group, char *why,
    size_t cap);

/* The next connection, non-blocking, and who made it; -1 with errno. */
int ctl_socket_accept(const struct ctl_socket *socket, struct ctl_peer *peer);

/* Whether the other side has closed, not merely finished sending. */
bool ctl_socket_is_hung_up(int fd);

/* Whether there is something to read, be it the end. */
bool ctl_socket_has_input(int fd);

/* Closes it and removes the file, unless another one has taken its place. */
void ctl_socket_close(struct ctl_socket *socket);

#endif
