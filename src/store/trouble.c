/* Words for what can be wrong with the database. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "store/schema.h"
#include "store/store.h"

static const char *advice(int rc, int error)
{
	if ((rc & 0xff) == SQLITE_FULL || error == ENOSPC || error == EDQUOT)
		return "the disk is full; make room on it";
	if (error == EROFS)
		return "the file system is read-only; mount it for writing";
	if (error == EACCES || error == EPERM || (rc & 0xff) == SQLITE_READONLY)
		return "no permission; give the file and its directory to the daemon's user (chown -R)";
	if (error == ENOENT || error == ENOTDIR)
		return "its directory is missing and cannot be made; make it";
	if ((rc & 0xff) == SQLITE_BUSY || (rc & 0xff) == SQLITE_LOCKED)
		return "another program has locked it; end that one";
	if ((rc & 0xff) == SQLITE_NOMEM)
		return "memory is short";
	if (schema_damaged(rc))
		return "it is damaged, and cannot be set aside; move it away";
	return NULL;
}

/*
 * What SQLite remembers of errno is often that of what it did afterwards. So the file system is
 * asked once more: the first error of making a file beside the database, or 0.
 */
static int ask_file_system(const struct store *store)
{
	char path[PATH_BYTES + 8];
	int fd, error = 0;

	snprintf(path, sizeof path, "%s.probe", store->path);
	unlink(path);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return errno;
	if (write(fd, "", 1) != 1 || fsync(fd) != 0)
		error = errno;
	close(fd);
	unlink(path);
	return error;
}

void trouble_describe(const struct store *store, int rc, int error,
    char text[MAILBOX_TROUBLE_MAX])
{
	int asked = (rc & 0xff) == SQLITE_IOERR || (rc & 0xff) == SQLITE_CANTOPEN ||
		(rc & 0xff) == SQLITE_READONLY ? ask_file_system(store) : 0;

	if (asked != 0)
		error = asked;
	const char *said = advice(rc, error);

	if (rc == SCHEMA_NEWER)
		snprintf(text, MAILBOX_TROUBLE_MAX,
		    "%.380s was written by a newer version of this program, and is left as it is; "
		    "install that version, or move the file away",
		    store->path);
	else if (said != NULL)
		snprintf(text, MAILBOX_TROUBLE_MAX, "cannot write %.400s: %s", store->path, said);
	else
		snprintf(text, MAILBOX_TROUBLE_MAX, "cannot write %.400s: %s%s%s", store->path,
		    sqlite3_errstr(rc & 0xff), error != 0 ? ": " : "",
		    error != 0 ? strerrordesc_np(error) : "");
}
