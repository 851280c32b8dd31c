/* Files that are replaced as a whole: write, fsync, rename, fsync of the directory. */
#include "io/state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"

#define NAME_BYTES 32
#define SUFFIXED_BYTES (2 * NAME_BYTES)
#define SUFFIX_NEW "new" /* while it is being written */
#define ASIDE_MAX 99	 /* of one name */

struct state {
	int fd;
	char *path;
};

struct state_file {
	struct state *state;
	int fd;
	int error; /* the first */
	off_t len, begun, done; /* bytes: written, on their way to the disk, and there */
	char name[NAME_BYTES];
};

static const char *with_suffix(char out[SUFFIXED_BYTES], const char *name, const char *suffix)
{
	snprintf(out, SUFFIXED_BYTES, "%s.%s", name, suffix);
	return out;
}

/* Makes it, opens it and looks whether it can be used. -1 with the reason. */
static int open_directory(const char *path, bool *in_use, char why[STATE_WHY_MAX])
{
	int fd;

	if (mkdir(path, 0700) != 0 && errno != EEXIST) {
		snprintf(why, STATE_WHY_MAX,
		    "cannot make the directory %s: %s; make it, and give it to the daemon's user",
		    path, strerror(errno));
		return -1;
	}
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || faccessat(fd, ".", R_OK | W_OK | X_OK, AT_EACCESS) != 0) {
		snprintf(why, STATE_WHY_MAX,
		    "cannot write in the directory %s: %s; give it to the daemon's user (chown -R)",
		    path, strerror(errno));
	} else if (flock(fd, LOCK_EX | LOCK_NB) == 0) {
		return fd;
	} else if (errno != EWOULDBLOCK) {
		snprintf(why, STATE_WHY_MAX,
		    "cannot lock the directory %s: %s; name one on a file system that has locks",
		    path, strerror(errno));
	} else {
		if (in_use != NULL)
			*in_use = true;
		snprintf(why, STATE_WHY_MAX,
		    "cannot have the directory %s: another daemon keeps its state there; name "
		    "another one",
		    path);
	}
	if (fd >= 0)
		close(fd);
	return -1;
}

struct state *state_open(const char *directory, bool *in_use, char why[STATE_WHY_MAX])
{
	struct state *state = calloc(1, sizeof *state);

	snprintf(why, STATE_WHY_MAX, "out of memory");
	if (state == NULL)
		return NULL;
	state->path = strdup(directory);
	state->fd = state->path != NULL ? open_directory(directory, in_use, why) : -1;
	if (state->fd >= 0)
		return state;
	free(state->path);
	free(state);
	return NULL;
}

void state_close(struct state *state)
{
	if (state == NULL)
		return;
	close(state->fd);
	free(state->path);
	free(state);
}

const char *state_path(const struct state *state)
{
	return state->path;
}

static ssize_t read_all(int fd, unsigned char *bytes, size_t len)
{
	size_t done = 0;

	while (done < len) {
		ssize_t n = read(fd, bytes + done, len - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (n == 0)
			break;
		done += (size_t)n;
	}
	return (ssize_t)done;
}

static void *read_plain(int fd, size_t *len)
{
	unsigned char *bytes;
	struct stat st;
	ssize_t n = -1;

	if (fstat(fd, &st) != 0)
		return NULL;
	if (!S_ISREG(st.st_mode)) {
		errno = EINVAL;
		return NULL;
	}
	bytes = malloc((size_t)st.st_size + 1); /* never of nothing */
	if (bytes != NULL)
		n = read_all(fd, bytes, (size_t)st.st_size);
	if (n < 0) {
		free(bytes);
		return NULL;
	}
	*len = (size_t)n;
	return bytes;
}

static void *read_and_close(int fd, size_t *len)
{
	void *bytes = read_plain(fd, len);
	int error = errno;

	close(fd);
	errno = error;
	return bytes;
}

void *state_read(struct state *state, const char *name, size_t *len)
{
	char left[SUFFIXED_BYTES];
	int fd;

	if (unlinkat(state->fd, with_suffix(left, name, SUFFIX_NEW), 0) == 0)
		log_info("%s/%s was being written when the daemon died; removed", state->path, left);
	fd = openat(state->fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	return fd >= 0 ? read_and_close(fd, len) : NULL;
}

void *state_read_other(const char *path, size_t *len)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	return fd >= 0 ? read_and_close(fd, len) : NULL;
}

bool state_set_aside(struct state *state, const char *name, const char *suffix)
{
	char aside[SUFFIXED_BYTES];

	return renameat(state->fd, name, state->fd, with_suffix(aside, name, suffix)) == 0;
}

bool state_keep_aside(struct state *state, const char *name, const char *suffix,
    char aside[STATE_ASIDE_MAX])
{
	struct stat st;

	snprintf(aside, STATE_ASIDE_MAX, "%s.%s", name, suffix);
	for (unsigned i = 2; fstatat(state->fd, aside, &st, AT_SYMLINK_NOFOLLOW) == 0; i++) {
		if (i > ASIDE_MAX) {
			errno = EEXIST;
			return false;
		}
		snprintf(aside, STATE_ASIDE_MAX, "%s.%s.%u", name, suffix, i);
	}
	return errno == ENOENT && renameat(state->fd, name, state->fd, aside) == 0;
}

struct state_file *state_begin(struct state *state, const char *name)
{
	struct state_file *file = calloc(1, sizeof *file);
	char beside[SUFFIXED_BYTES];

	if (file == NULL)
		return NULL;
	file->state = state;
	snprintf(file->name, sizeof file->name, "%s", name);
	with_suffix(beside, name, SUFFIX_NEW);
	unlinkat(state->fd, beside, 0);
	file->fd = openat(state->fd, beside,
	    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (file->fd >= 0)
		return file;
	int error = errno;

	free(file);
	errno = error;
	return NULL;
}

/* False with errno. */
static bool write_all(int fd, const void *bytes, size_t len)
{
	const unsigned char *from = bytes;

	while (len > 0) {
		ssize_t n = write(fd, from, len);

		if (n < 0 && errno != EINTR)
			return false;
		if (n > 0) {
			from += n;
			len -= (size_t)n;
		}
	}
	return true;
}

bool state_write(struct state_file *file, const void *bytes, size_t len)
{
	if (file->error == 0 && !write_all(file->fd, bytes, len))
		file->error = errno;
	file->len += (off_t)len;
	return file->error == 0;
}

/* What it cannot do, on some file systems, fsync does at the end; but an error is told once. */
void state_hasten(struct state_file *file)
{
	if (file->begun > file->done &&
	    sync_file_range(file->fd, file->done, file->begun - file->done,
		SYNC_FILE_RANGE_WAIT_BEFORE) != 0 &&
	    (errno == EIO || errno == ENOSPC || errno == EDQUOT) && file->error == 0)
		file->error = errno;
	file->done = file->begun;
	if (file->len > file->begun)
		sync_file_range(file->fd, file->begun, file->len - file->begun,
		    SYNC_FILE_RANGE_WRITE);
	file->begun = file->len;
}

bool state_commit(struct state_file *file, bool whole)
{
	struct state *state = file->state;
	char beside[SUFFIXED_BYTES];
	int error = file->error;

	with_suffix(beside, file->name, SUFFIX_NEW);
	if (error == 0 && !whole)
		error = ECANCELED;
	if (error == 0 && fsync(file->fd) != 0)
		error = errno;
	if (close(file->fd) != 0 && error == 0)
		error = errno;
	if (error == 0 && renameat(state->fd, beside, state->fd, file->name) != 0)
		error = errno;
	if (error != 0)
		unlinkat(state->fd, beside, 0);
	else if (fsync(state->fd) != 0)
		error = errno;
	free(file);
	errno = error;
	return error == 0;
}

bool state_link_aside(struct state *state, const char *name, const char *suffix)
{
	char kept[SUFFIXED_BYTES];

	with_suffix(kept, name, suffix);
	if (unlinkat(state->fd, kept, 0) != 0 && errno != ENOENT)
		return false;
	return linkat(state->fd, name, state->fd, kept, 0) == 0;
}

struct state_log {
	int fd;
	off_t len;
};

struct state_log *state_log_open(struct state *state, const char *name)
{
	struct state_log *log = calloc(1, sizeof *log);
	struct stat st = {0};
	int error;

	if (log == NULL)
		return NULL;
	log->fd = openat(state->fd, name,
	    O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
	if (log->fd >= 0 && fstat(log->fd, &st) == 0) {
		log->len = st.st_size;
		return log;
	}
	error = errno;
	if (log->fd >= 0)
		close(log->fd);
	free(log);
	errno = error;
	return NULL;
}

void state_log_close(struct state_log *log)
{
	if (log == NULL)
		return;
	close(log->fd);
	free(log);
}

/* Part of a record would hide those that come after it. */
bool state_log_write(struct state_log *log, const void *bytes, size_t len)
{
	if (write_all(log->fd, bytes, len)) {
		log->len += (off_t)len;
		return true;
	}
	int error = errno;

	if (ftruncate(log->fd, log->len) != 0)
		log_debug("cannot cut off what was written in part: %s", strerror(errno));
	errno = error;
	return false;
}

bool state_log_cut(struct state_log *log, size_t len)
{
	if (ftruncate(log->fd, (off_t)len) != 0)
		return false;
	log->len = (off_t)len;
	return true;
}

size_t state_log_length(const struct state_log *log)
{
	return (size_t)log->len;
}

bool state_log_sync(struct state_log *log)
{
	return fdatasync(log->fd) == 0;
}
