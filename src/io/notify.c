/* Datagrams to a UNIX socket, which a path or an abstract name (@…) stands for. */
#include "io/notify.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"

static const char *socket_name(void)
{
	const char *name = getenv("NOTIFY_SOCKET");

	return name != NULL && (*name == '/' || *name == '@') ? name : NULL;
}

bool notify_wanted(void)
{
	return socket_name() != NULL;
}

static bool send_to(const char *name, const char *text, size_t len, int flags)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	size_t name_len = strlen(name);
	socklen_t to_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + name_len);
	const struct timeval patience = {.tv_sec = 1};
	int fd;

	if (name_len > sizeof to.sun_path) {
		errno = ENAMETOOLONG;
		return false;
	}
	memcpy(to.sun_path, name, name_len);
	if (*name == '@')
		to.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return false;
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
	bool sent = sendto(fd, text, len, flags | MSG_NOSIGNAL, (struct sockaddr *)&to,
			 to_len) >= 0;
	int error = errno;

	close(fd);
	errno = error;
	return sent;
}

static bool __attribute__((format(printf, 2, 0)))
send_message(int flags, const char *format, va_list args)
{
	const char *name = socket_name();
	char text[512];

	if (name == NULL)
		return true;
	vsnprintf(text, sizeof text, format, args);
	if (send_to(name, text, strlen(text), flags))
		return true;
	log_debug("the service manager cannot be told: %s", strerror(errno));
	return false;
}

bool notify_send(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	bool sent = send_message(0, format, args);

	va_end(args);
	return sent;
}

bool notify_try(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	bool sent = send_message(MSG_DONTWAIT, format, args);

	va_end(args);
	return sent;
}

void notify_reloading(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	notify_send("RELOADING=1\nMONOTONIC_USEC=%" PRIu64,
	    (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000);
}

uint64_t notify_watchdog(void)
{
	const char *every = getenv("WATCHDOG_USEC");
	const char *pid = getenv("WATCHDOG_PID");
	char *end;

	if (!notify_wanted() || every == NULL || *every < '0' || *every > '9' ||
	    (pid != NULL && atol(pid) != getpid()))
		return 0;
	errno = 0;
	uint64_t usec = strtoull(every, &end, 10);

	return *end == '\0' && errno == 0 ? usec : 0;
}
