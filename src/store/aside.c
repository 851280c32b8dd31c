/*
 * A damaged database gets another name, and is never changed any more. What is read in it goes
 * into a new one; until that is done the file `mailbox.db.rescue` holds its name, so that a
 * process that ends on the way leaves the rest to the next one. It is there before anything is
 * moved: without it, what is left of a database would look like a whole one.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "store/schema.h"
#include "store/store.h"

#define SUFFIX_MAX 99 /* names of one second */
#define NOTE ".rescue"
#define ASIDE ".damaged-"

static const char *const companions[] = {"-wal", "-shm", ""};

/* Whether nothing has that name, nor would once it is used. */
static bool is_free(const char *path)
{
	char name[MAILBOX_TROUBLE_MAX];
	struct stat st;

	for (unsigned i = 0; i < 3; i++) {
		snprintf(name, sizeof name, "%s%s", path, companions[i]);
		if (lstat(name, &st) == 0 || errno != ENOENT)
			return false;
	}
	return true;
}

static bool choose_name(const struct store *store, char path[MAILBOX_TROUBLE_MAX])
{
	char stamp[32] = "";
	time_t now = time(NULL);
	struct tm tm;

	if (gmtime_r(&now, &tm) != NULL)
		strftime(stamp, sizeof stamp, "%Y%m%d-%H%M%S", &tm);
	snprintf(path, MAILBOX_TROUBLE_MAX, "%s" ASIDE "%s", store->path, stamp);
	for (unsigned i = 2; !is_free(path) && i <= SUFFIX_MAX; i++)
		snprintf(path, MAILBOX_TROUBLE_MAX, "%s" ASIDE "%s.%u", store->path, stamp, i);
	return is_free(path);
}

/* The log of changes first: a new database must never be found beside the old one's. */
static bool move(const struct store *store, const char *path)
{
	char from[MAILBOX_TROUBLE_MAX], to[MAILBOX_TROUBLE_MAX + 8];

	for (unsigned i = 0; i < 3; i++) {
		snprintf(from, sizeof from, "%s%s", store->path, companions[i]);
		snprintf(to, sizeof to, "%s%s", path, companions[i]);
		if (rename(from, to) != 0 && errno != ENOENT)
			return false;
	}
	store_sync_directory(store);
	return true;
}

static void note_path(const struct store *store, char path[MAILBOX_TROUBLE_MAX])
{
	snprintf(path, MAILBOX_TROUBLE_MAX, "%s" NOTE, store->path);
}

/* With the error in errno. One that was cut off is overwritten: nothing was moved then. */
static bool write_note(const struct store *store, const char *name)
{
	char path[MAILBOX_TROUBLE_MAX];
	size_t len = strlen(name);
	bool well;
	int fd, error;

	note_path(store, path);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return false;
	well = write(fd, name, len) == (ssize_t)len && fsync(fd) == 0;
	error = errno;
	close(fd);
	if (well)
		store_sync_directory(store);
	errno = error;
	return well;
}

/* "" when there is none, or it was cut off. False when that cannot be known. */
static bool read_note(const struct store *store, char name[MAILBOX_TROUBLE_MAX])
{
	char path[MAILBOX_TROUBLE_MAX];
	ssize_t len;
	int fd;

	name[0] = '\0';
	note_path(store, path);
	fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT || errno == ENOTDIR;
	len = read(fd, name, MAILBOX_TROUBLE_MAX - 1);
	close(fd);
	name[len > 0 ? len : 0] = '\0';
	if (strncmp(name, SQLITE_STORE_FILE ASIDE, sizeof SQLITE_STORE_FILE ASIDE - 1) != 0 ||
	    strchr(name, '/') != NULL)
		name[0] = '\0';
	return len >= 0;
}

/* From now on what is not found may be there: what is read is not all there is. */
static void begin_rescue(struct store *store, const char *path)
{
	memcpy(store->rescue, path, sizeof store->rescue);
	pthread_mutex_lock(&store->lock);
	store->rescuing = true;
	memcpy(store->set_aside, path, sizeof store->set_aside);
	pthread_mutex_unlock(&store->lock);
}

/* One that is not read to its end yet has all that is in the one that followed it, and more. */
int damage_set_aside(struct store *store)
{
	char path[MAILBOX_TROUBLE_MAX] = "";

	store_close_database(store, true);
	store->error = 0;
	if (!choose_name(store, path))
		return SQLITE_CORRUPT;
	if (store->rescue[0] == '\0') {
		if (!write_note(store, strrchr(path, '/') + 1)) {
			store->error = errno;
			return SQLITE_IOERR;
		}
		begin_rescue(store, path);
	}
	store_close_reader(store);
	if (!move(store, path))
		return SQLITE_CORRUPT;
	store_note(store, MAILBOX_LOG_ERROR,
	    "the mailbox %s is damaged; it is kept as %s, and a new one is begun", store->path, path);
	return SQLITE_OK;
}

/* The path of what has that name in the directory of the database. False when it is too long. */
static bool beside(const struct store *store, const char *name, char path[MAILBOX_TROUBLE_MAX])
{
	int directory = (int)(strrchr(store->path, '/') + 1 - store->path);

	return snprintf(path, MAILBOX_TROUBLE_MAX, "%.*s%s", directory, store->path, name) <
	    MAILBOX_TROUBLE_MAX;
}

int damage_find(struct store *store)
{
	char name[MAILBOX_TROUBLE_MAX], path[MAILBOX_TROUBLE_MAX] = "";
	struct stat st;

	if (store->rescue[0] == '\0') {
		if (!read_note(store, name)) {
			store->error = errno;
			return SQLITE_CANTOPEN;
		}
		if (name[0] == '\0')
			return SQLITE_OK;
		if (!beside(store, name, path))
			return SQLITE_CANTOPEN;
		begin_rescue(store, path);
		store_note(store, MAILBOX_LOG_WARNING,
		    "the damaged mailbox %s was not read to its end; this goes on", store->rescue);
	}
	if (lstat(store->rescue, &st) == 0 || errno != ENOENT)
		return SQLITE_OK;
	if (move(store, store->rescue))
		return SQLITE_OK;
	store->error = errno;
	return SQLITE_IOERR;
}

int damage_over(struct store *store)
{
	char path[MAILBOX_TROUBLE_MAX];

	note_path(store, path);
	if (unlink(path) != 0 && errno != ENOENT) {
		store->error = errno;
		return SQLITE_IOERR;
	}
	store_sync_directory(store);
	store->rescue[0] = '\0';
	return SQLITE_OK;
}
