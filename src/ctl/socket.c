/* Making the socket file without a moment in which a stranger could connect. */
#include "ctl/socket.h"

#include <errno.h>
#include <grp.h>
#include <libgen.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BACKLOG 128

static int new_socket(void)
{
	return socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

/* *gid is left alone when no group is asked for. */
static int find_group(const char *name, gid_t *gid, char *why, size_t cap)
{
	struct group group, *found = NULL;
	char *room = NULL;
	int error = ERANGE;

	if (name == NULL || *name == '\0')
		return 0;
	for (size_t size = 1024; error == ERANGE && size <= 1024 * 1024; size *= 4) {
		free(room);
		room = malloc(size);
		error = room != NULL ? getgrnam_r(name, &group, room, size, &found) : ENOMEM;
	}
	if (found != NULL)
		*gid = found->gr_gid;
	else if (error != 0)
		snprintf(why, cap, "cannot look up the group \"%s\": %s", name, strerror(error));
	else
		snprintf(why, cap,
		    "there is no group \"%s\" for the control socket: create it (groupadd "
		    "--system %s) or name another",
		    name, name);
	free(room);
	return found != NULL ? 0 : -1;
}

/* Makes way for bind(): nothing there, or only what a dead daemon left. */
static int clear_place(const struct sockaddr_un *address, char *why, size_t cap)
{
	const char *path = address->sun_path;
	struct stat st;

	if (lstat(path, &st) != 0) {
		if (errno == ENOENT) /* of the file or its directory; bind() will tell */
			return 0;
		snprintf(why, cap, "cannot make the control socket %s: %s", path, strerror(errno));
		return -1;
	}
	if (!S_ISSOCK(st.st_mode)) {
		snprintf(why, cap, "%s exists and is not a socket; it was left alone", path);
		return -1;
	}

	int fd = new_socket();
	int error = 0;

	if (fd < 0 || connect(fd, (const struct sockaddr *)address, sizeof *address) != 0)
		error = errno;
	if (fd >= 0)
		close(fd);
	if (error == ECONNREFUSED && (unlink(path) == 0 || errno == ENOENT))
		return 0;
	if (error == ECONNREFUSED)
		snprintf(why, cap, "cannot remove the stale socket %s: %s", path, strerror(errno));
	else if (error == 0 || error == EAGAIN) /* EAGAIN: it lives, its queue is full */
		snprintf(why, cap, "another daemon answers at %s; stop it or name another socket",
		    path);
	else
		snprintf(why, cap, "cannot tell whether a daemon answers at %s: %s", path,
		    strerror(error));
	return -1;
}

static void explain_bind(const char *path, int error, char *why, size_t cap)
{
	char copy[sizeof((struct sockaddr_un *)0)->sun_path];

	snprintf(copy, sizeof copy, "%s", path);
	const char *parent = dirname(copy);

	if (error == ENOENT)
		snprintf(why, cap,
		    "the directory %s of the control socket does not exist: create it (systemd "
		    "does, by RuntimeDirectory=) or name another socket",
		    parent);
	else if (error == EACCES || error == EROFS)
		snprintf(why, cap,
		    "cannot make the control socket %s: %s; the directory %s has to be writable "
		    "for the daemon's user",
		    path, strerror(error), parent);
	else
		snprintf(why, cap, "cannot make the control socket %s: %s", path, strerror(error));
}

/* The file is born for its owner alone, gets its group, and only then opens to it. */
static int bind_file(struct ctl_socket *sock, gid_t gid, char *why, size_t cap)
{
	const char *path = sock->address.sun_path;
	mode_t mask = umask(0177);
	int error = 0;
	struct stat st;

	if (bind(sock->fd, (struct sockaddr *)&sock->address, sizeof sock->address) != 0)
		error = errno;
	umask(mask);
	if (error != 0) {
		explain_bind(path, error, why, cap);
		return -1;
	}
	if (lstat(path, &st) == 0) {
		sock->dev = st.st_dev;
		sock->ino = st.st_ino;
	}
	if (gid != (gid_t)-1 && lchown(path, (uid_t)-1, gid) != 0) {
		/* EINVAL: the group has no number in the daemon's user namespace */
		snprintf(why, cap, "cannot give %s to the group for control: %s; %s", path,
		    strerror(errno),
		    errno == EINVAL
			? "with PrivateUsers= in the systemd unit it can only be the one that "
			  "Group= there names"
			: "the daemon's user has to be in it");
		return -1;
	}
	if (chmod(path, 0660) != 0 || listen(sock->fd, BACKLOG) != 0) {
		snprintf(why, cap, "cannot open the control socket %s: %s", path, strerror(errno));
		return -1;
	}
	return 0;
}

int ctl_socket_open(struct ctl_socket *sock, const char *path, const char *group, char *why,
    size_t cap)
{
	gid_t gid = (gid_t)-1;

	*sock = (struct ctl_socket){.fd = -1, .address = {.sun_family = AF_UNIX}};
	if (strlen(path) >= sizeof sock->address.sun_path || *path == '\0') {
		snprintf(why, cap, "the path of the control socket has to be 1 to %zu bytes: %s",
		    sizeof sock->address.sun_path - 1, path);
		return -1;
	}
	strcpy(sock->address.sun_path, path);
	if (find_group(group, &gid, why, cap) != 0 || clear_place(&sock->address, why, cap) != 0)
		return -1;
	sock->fd = new_socket();
	if (sock->fd < 0) {
		snprintf(why, cap, "cannot make a control socket: %s", strerror(errno));
		return -1;
	}
	if (bind_file(sock, gid, why, cap) != 0) {
		ctl_socket_close(sock);
		return -1;
	}
	return 0;
}

int ctl_socket_accept(const struct ctl_socket *sock, struct ctl_peer *peer)
{
	int fd = accept4(sock->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	struct ucred ucred = {0};
	socklen_t len = sizeof ucred;

	if (fd >= 0)
		getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &ucred, &len);
	*peer = (struct ctl_peer){.pid = ucred.pid, .uid = ucred.uid};
	return fd;
}

bool ctl_socket_is_hung_up(int fd)
{
	struct pollfd poller = {.fd = fd};

	return poll(&poller, 1, 0) == 1 && (poller.revents & (POLLHUP | POLLERR)) != 0;
}

bool ctl_socket_has_input(int fd)
{
	struct pollfd poller = {.fd = fd, .events = POLLIN};

	return poll(&poller, 1, 0) == 1 && (poller.revents & POLLIN) != 0;
}

void ctl_socket_close(struct ctl_socket *sock)
{
	struct stat st;

	if (sock->fd < 0)
		return;
	if (lstat(sock->address.sun_path, &st) == 0 && st.st_dev == sock->dev &&
	    st.st_ino == sock->ino)
		unlink(sock->address.sun_path);
	close(sock->fd);
	sock->fd = -1;
}
