/* $LISTEN_FDS, if $LISTEN_PID says that it is for us. */
#include "io/activation.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#define SOCKETS_MAX 1024

static int read_count(void)
{
	const char *pid = getenv("LISTEN_PID");
	const char *count = getenv("LISTEN_FDS");
	char *end;
	long n;

	if (pid == NULL || count == NULL || atol(pid) != getpid())
		return 0;
	n = strtol(count, &end, 10);
	if (*end == '\0' && n >= 0 && n <= SOCKETS_MAX)
		return (int)n;
	errno = EINVAL;
	return -1;
}

int activation_take(void)
{
	int count = read_count();
	int error = errno;

	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
	for (int i = 0; i < count; i++) {
		if (fcntl(ACTIVATION_FIRST + i, F_SETFD, FD_CLOEXEC) != 0)
			return -1;
	}
	errno = error;
	return count;
}
