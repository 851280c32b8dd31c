/*
 * A library to preload: what a host does to a daemon that no namespace can do. It reads the file
 * that LAB_FAULTS names, ten times a second at most:
 *	clock SECONDS	the time of day is off by so much (what runs without interruption is not)
 *	readonly	files can no longer be written or made, as when a file system was remounted
 *	slow MS		each piece that a database writes takes so much longer
 * Anything else, or nothing: no fault.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define LOOK_NS 100000000LL

static _Atomic long long looked; /* ns */
static _Atomic long clock_off;	 /* s */
static _Atomic bool readonly;
static _Atomic long slow; /* ms */

static long long steady_ns(void)
{
	struct timespec now;

	syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static void look(void)
{
	const char *path = getenv("LAB_FAULTS");
	long long now = steady_ns();
	char text[64] = "";
	long fd;

	if (!path || (atomic_load(&looked) && now - atomic_load(&looked) < LOOK_NS))
		return;
	atomic_store(&looked, now);
	fd = syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		if (syscall(SYS_read, fd, text, sizeof(text) - 1) < 0)
			*text = '\0';
		syscall(SYS_close, fd);
	}
	atomic_store(&readonly, strncmp(text, "readonly", 8) == 0);
	atomic_store(&slow, strncmp(text, "slow ", 5) == 0 ? strtol(text + 5, NULL, 10) : 0);
	atomic_store(&clock_off, strncmp(text, "clock ", 6) == 0 ? strtol(text + 6, NULL, 10) : 0);
}

static bool is_readonly(void)
{
	look();
	if (!atomic_load(&readonly))
		return false;
	errno = EROFS;
	return true;
}

/* --- The time of day */

int clock_gettime(clockid_t clock, struct timespec *now)
{
	int status = (int)syscall(SYS_clock_gettime, clock, now);

	look();
	if (status == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
		now->tv_sec += atomic_load(&clock_off);
	return status;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
	struct timespec exact;

	(void)zone;
	clock_gettime(CLOCK_REALTIME, &exact);
	*now = (struct timeval){exact.tv_sec, exact.tv_nsec / 1000};
	return 0;
}

time_t time(time_t *seconds)
{
	struct timespec exact;

	clock_gettime(CLOCK_REALTIME, &exact);
	if (seconds)
		*seconds = exact.tv_sec;
	return exact.tv_sec;
}

/* --- Files */

static ssize_t write_at(int fd, const void *bytes, size_t len, off64_t at)
{
	struct timespec wait;

	if (is_readonly())
		return -1;
	wait = (struct timespec){atomic_load(&slow) / 1000, atomic_load(&slow) % 1000 * 1000000};
	if (atomic_load(&slow) > 0)
		nanosleep(&wait, NULL);
	return syscall(SYS_pwrite64, fd, bytes, len, at);
}

ssize_t pwrite(int fd, const void *bytes, size_t len, off_t at)
{
	return write_at(fd, bytes, len, at);
}

ssize_t pwrite64(int fd, const void *bytes, size_t len, off64_t at)
{
	return write_at(fd, bytes, len, at);
}

int ftruncate(int fd, off_t len)
{
	return is_readonly() ? -1 : (int)syscall(SYS_ftruncate, fd, len);
}

int ftruncate64(int fd, off64_t len)
{
	return is_readonly() ? -1 : (int)syscall(SYS_ftruncate, fd, len);
}

static int open_as(const char *path, int flags, mode_t mode)
{
	struct stat have;

	if ((flags & O_ACCMODE) != O_RDONLY && (stat(path, &have) != 0 || S_ISREG(have.st_mode)) &&
	    is_readonly())
		return -1;
	return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

static mode_t mode_of(int flags, va_list rest)
{
	return flags & O_CREAT ? va_arg(rest, mode_t) : 0;
}

int open(const char *path, int flags, ...)
{
	va_list rest;
	mode_t mode;

	va_start(rest, flags);
	mode = mode_of(flags, rest);
	va_end(rest);
	return open_as(path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
	va_list rest;
	mode_t mode;

	va_start(rest, flags);
	mode = mode_of(flags, rest);
	va_end(rest);
	return open_as(path, flags, mode);
}
