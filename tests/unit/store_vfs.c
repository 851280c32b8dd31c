/* A layer over SQLite's own file system. One lock holds it all, so that a moment is one. */
#include "store_vfs.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FILES_MAX 16
#define SECTOR 512

struct unsynced {
	struct unsynced *next;
	int64_t offset;
	int len; /* -1: cut at `offset` */
	unsigned char bytes[];
};

/* By name: what the disk holds for sure, and what may come to it. */
struct image {
	char name[256];
	unsigned char *bytes;
	int64_t len, cap;
	struct unsynced *first, **last;
};

struct falling_file {
	sqlite3_file base;
	struct image *image; /* NULL: of no interest */
	sqlite3_file *real;
};

static struct {
	pthread_mutex_t lock;
	sqlite3_vfs *real;
	struct image images[FILES_MAX];
	unsigned count, wal_syncs;
	unsigned fail_at, fail_times;
	int fail_error;
	unsigned read_at, read_times;
	const char *open_part;
	unsigned open_times;
	unsigned lose_at;
	char lose_directory[256];
	uint64_t seed;
	void (*at_loss)(void);
	bool lost;
} disk = {.lock = PTHREAD_MUTEX_INITIALIZER};

static uint64_t chance(void)
{
	disk.seed ^= disk.seed << 13;
	disk.seed ^= disk.seed >> 7;
	disk.seed ^= disk.seed << 17;
	return disk.seed;
}

static void *must(void *memory)
{
	if (memory == NULL)
		abort();
	return memory;
}

static void resize(struct image *image, int64_t len)
{
	if (len >= image->cap) {
		image->cap = 2 * len + 1;
		image->bytes = must(realloc(image->bytes, (size_t)image->cap));
	}
	if (len > image->len)
		memset(image->bytes + image->len, 0, (size_t)(len - image->len));
	image->len = len;
}

static void apply(struct image *image, const struct unsynced *write, int from, int to)
{
	if (write->len < 0) {
		if (write->offset < image->len)
			resize(image, write->offset);
		return;
	}
	if (write->offset + to > image->len)
		resize(image, write->offset + to);
	memcpy(image->bytes + write->offset + from, write->bytes + from, (size_t)(to - from));
}

/* Empties the list of what was not synced; `kept`: it is on the disk now. */
static void settle(struct image *image, bool kept)
{
	struct unsynced *write;

	while ((write = image->first) != NULL) {
		if (kept)
			apply(image, write, 0, write->len);
		image->first = write->next;
		free(write);
	}
	image->last = &image->first;
}

static struct image *image_of(const char *name)
{
	for (unsigned i = 0; i < FILES_MAX; i++) {
		struct image *image = &disk.images[i];

		if (image->name[0] == '\0') {
			snprintf(image->name, sizeof image->name, "%s", name);
			image->last = &image->first;
			return image;
		}
		if (strcmp(image->name, name) == 0)
			return image;
	}
	abort();
}

static void note_write(struct image *image, const void *bytes, int len, int64_t offset)
{
	struct unsynced *write = must(malloc(sizeof *write + (len > 0 ? (size_t)len : 0)));

	write->next = NULL;
	write->offset = offset;
	write->len = len;
	if (len > 0)
		memcpy(write->bytes, bytes, (size_t)len);
	*image->last = write;
	image->last = &write->next;
}

static void put(const struct image *image)
{
	char path[600];
	const char *base = strrchr(image->name, '/');
	int fd;

	snprintf(path, sizeof path, "%s%s", disk.lose_directory, base);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, image->bytes, (size_t)image->len) != image->len || close(fd) != 0)
		abort();
}

/* A third of the writes comes to the disk, a third does not, of the others some sectors do. */
static void lose_some(struct image *image)
{
	for (const struct unsynced *write = image->first; write != NULL; write = write->next) {
		unsigned way = chance() % 3;

		if (way == 0 || (way == 2 && write->len < 0))
			apply(image, write, 0, write->len);
		for (int at = 0; way == 2 && at < write->len; at += SECTOR) {
			int end = at + SECTOR < write->len ? at + SECTOR : write->len;

			if (chance() % 2 == 0)
				apply(image, write, at, end);
		}
	}
}

static void lose_power(void)
{
	if (disk.at_loss != NULL)
		disk.at_loss();
	for (unsigned i = 0; i < FILES_MAX && disk.images[i].name[0] != '\0'; i++) {
		struct image copy = disk.images[i];

		copy.cap = copy.len + 1;
		copy.bytes = must(malloc((size_t)copy.cap));
		if (copy.len > 0)
			memcpy(copy.bytes, disk.images[i].bytes, (size_t)copy.len);
		lose_some(&copy);
		put(&copy);
		free(copy.bytes);
	}
	disk.lost = true;
}

/* Whether this one fails, of `times` that begin `at` from now; with the lock. */
static bool is_due(unsigned *at, unsigned *times)
{
	if (*times == 0)
		return false;
	if (*at > 1) {
		--*at;
		return false;
	}
	--*times;
	return true;
}

/* With the lock. Counts, and says whether this one fails. */
static bool fails(void)
{
	disk.count++;
	if (disk.lose_at != 0 && --disk.lose_at == 0)
		lose_power();
	return is_due(&disk.fail_at, &disk.fail_times);
}

static int error_or(int other)
{
	return disk.fail_error == ENOSPC ? SQLITE_FULL : other;
}

static sqlite3_file *real(sqlite3_file *file)
{
	return ((struct falling_file *)file)->real;
}

static int f_close(sqlite3_file *file)
{
	int rc = real(file)->pMethods->xClose(real(file));

	sqlite3_free(real(file));
	return rc;
}

static int f_read(sqlite3_file *file, void *bytes, int len, sqlite3_int64 offset)
{
	bool fails;

	pthread_mutex_lock(&disk.lock);
	fails = ((struct falling_file *)file)->image != NULL &&
	    is_due(&disk.read_at, &disk.read_times);
	pthread_mutex_unlock(&disk.lock);
	if (fails)
		return SQLITE_IOERR_READ;
	return real(file)->pMethods->xRead(real(file), bytes, len, offset);
}

static int f_write(sqlite3_file *file, const void *bytes, int len, sqlite3_int64 offset)
{
	struct image *image = ((struct falling_file *)file)->image;
	int rc;

	pthread_mutex_lock(&disk.lock);
	if (image != NULL && fails()) {
		rc = error_or(SQLITE_IOERR_WRITE);
	} else {
		rc = real(file)->pMethods->xWrite(real(file), bytes, len, offset);
		if (image != NULL && rc == SQLITE_OK)
			note_write(image, bytes, len, offset);
	}
	pthread_mutex_unlock(&disk.lock);
	return rc;
}

static int f_truncate(sqlite3_file *file, sqlite3_int64 size)
{
	struct image *image = ((struct falling_file *)file)->image;
	int rc;

	pthread_mutex_lock(&disk.lock);
	if (image != NULL && fails()) {
		rc = SQLITE_IOERR_TRUNCATE;
	} else {
		rc = real(file)->pMethods->xTruncate(real(file), size);
		if (image != NULL && rc == SQLITE_OK)
			note_write(image, NULL, -1, size);
	}
	pthread_mutex_unlock(&disk.lock);
	return rc;
}

/* The usual one is not asked to: nothing here depends on the machine's own power. */
static int f_sync(sqlite3_file *file, int flags)
{
	struct image *image = ((struct falling_file *)file)->image;
	int rc = SQLITE_OK;

	if (image == NULL)
		return rc;
	pthread_mutex_lock(&disk.lock);
	if (fails())
		rc = SQLITE_IOERR_FSYNC;
	else
		settle(image, true);
	if (strstr(image->name, "-wal") != NULL)
		disk.wal_syncs++;
	pthread_mutex_unlock(&disk.lock);
	return rc;
}

static int f_size(sqlite3_file *file, sqlite3_int64 *size)
{
	return real(file)->pMethods->xFileSize(real(file), size);
}

static int f_lock(sqlite3_file *file, int level)
{
	return real(file)->pMethods->xLock(real(file), level);
}

static int f_unlock(sqlite3_file *file, int level)
{
	return real(file)->pMethods->xUnlock(real(file), level);
}

static int f_reserved(sqlite3_file *file, int *reserved)
{
	return real(file)->pMethods->xCheckReservedLock(real(file), reserved);
}

static int f_control(sqlite3_file *file, int what, void *argument)
{
	if (what == SQLITE_FCNTL_SIZE_HINT) /* it would write */
		return SQLITE_NOTFOUND;
	return real(file)->pMethods->xFileControl(real(file), what, argument);
}

static int f_sector(sqlite3_file *file)
{
	return SECTOR;
}

/* Not the usual one's: those of a disk that may write half a page. */
static int f_characteristics(sqlite3_file *file)
{
	return 0;
}

static int f_map(sqlite3_file *file, int region, int size, int extend, void volatile **memory)
{
	return real(file)->pMethods->xShmMap(real(file), region, size, extend, memory);
}

static int f_shm_lock(sqlite3_file *file, int offset, int n, int flags)
{
	return real(file)->pMethods->xShmLock(real(file), offset, n, flags);
}

static void f_barrier(sqlite3_file *file)
{
	real(file)->pMethods->xShmBarrier(real(file));
}

static int f_unmap(sqlite3_file *file, int delete)
{
	return real(file)->pMethods->xShmUnmap(real(file), delete);
}

static const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = f_close,
    .xRead = f_read,
    .xWrite = f_write,
    .xTruncate = f_truncate,
    .xSync = f_sync,
    .xFileSize = f_size,
    .xLock = f_lock,
    .xUnlock = f_unlock,
    .xCheckReservedLock = f_reserved,
    .xFileControl = f_control,
    .xSectorSize = f_sector,
    .xDeviceCharacteristics = f_characteristics,
    .xShmMap = f_map,
    .xShmLock = f_shm_lock,
    .xShmBarrier = f_barrier,
    .xShmUnmap = f_unmap,
};

static int v_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out)
{
	struct falling_file *falling = (struct falling_file *)file;
	bool fails = false;
	int rc;

	file->pMethods = NULL;
	falling->image = NULL;
	pthread_mutex_lock(&disk.lock);
	if (name != NULL && disk.open_times > 0 && strstr(name, disk.open_part) != NULL) {
		disk.open_times--;
		fails = true;
	}
	pthread_mutex_unlock(&disk.lock);
	if (fails)
		return SQLITE_CANTOPEN;
	falling->real = sqlite3_malloc(disk.real->szOsFile);
	if (falling->real == NULL)
		return SQLITE_NOMEM;
	rc = disk.real->xOpen(disk.real, name, falling->real, flags, out);
	if (rc != SQLITE_OK) {
		sqlite3_free(falling->real);
		return rc;
	}
	if (name != NULL && (flags & (SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL |
				 SQLITE_OPEN_MAIN_JOURNAL)) != 0) {
		pthread_mutex_lock(&disk.lock);
		falling->image = image_of(name);
		pthread_mutex_unlock(&disk.lock);
	}
	file->pMethods = &methods;
	return SQLITE_OK;
}

/* What is deleted is gone for good. */
static int v_delete(sqlite3_vfs *vfs, const char *name, int sync)
{
	struct image *image;

	pthread_mutex_lock(&disk.lock);
	image = image_of(name);
	settle(image, false);
	resize(image, 0);
	pthread_mutex_unlock(&disk.lock);
	return disk.real->xDelete(disk.real, name, sync);
}

void vfs_register(void)
{
	static sqlite3_vfs vfs;

	disk.real = sqlite3_vfs_find(NULL);
	vfs = *disk.real;
	vfs.zName = STORE_VFS;
	vfs.szOsFile = sizeof(struct falling_file);
	vfs.xOpen = v_open;
	vfs.xDelete = v_delete;
	if (sqlite3_vfs_register(&vfs, 0) != SQLITE_OK)
		abort();
}

void vfs_forget(void)
{
	pthread_mutex_lock(&disk.lock);
	for (unsigned i = 0; i < FILES_MAX && disk.images[i].name[0] != '\0'; i++) {
		settle(&disk.images[i], false);
		free(disk.images[i].bytes);
		disk.images[i] = (struct image){0};
	}
	pthread_mutex_unlock(&disk.lock);
}

unsigned vfs_count(void)
{
	unsigned count;

	pthread_mutex_lock(&disk.lock);
	count = disk.count;
	pthread_mutex_unlock(&disk.lock);
	return count;
}

unsigned vfs_wal_syncs(void)
{
	unsigned count;

	pthread_mutex_lock(&disk.lock);
	count = disk.wal_syncs;
	pthread_mutex_unlock(&disk.lock);
	return count;
}

void vfs_fail(unsigned at, unsigned times, int error)
{
	pthread_mutex_lock(&disk.lock);
	disk.fail_at = at;
	disk.fail_times = times;
	disk.fail_error = error;
	pthread_mutex_unlock(&disk.lock);
}

void vfs_fail_reads(unsigned at, unsigned times)
{
	pthread_mutex_lock(&disk.lock);
	disk.read_at = at;
	disk.read_times = times;
	pthread_mutex_unlock(&disk.lock);
}

void vfs_fail_opens(const char *part, unsigned times)
{
	pthread_mutex_lock(&disk.lock);
	disk.open_part = part;
	disk.open_times = times;
	pthread_mutex_unlock(&disk.lock);
}

void vfs_lose_power(unsigned at, const char *directory, uint64_t seed, void (*at_loss)(void))
{
	pthread_mutex_lock(&disk.lock);
	disk.lose_at = at;
	snprintf(disk.lose_directory, sizeof disk.lose_directory, "%s", directory);
	disk.seed = seed * 0x9e3779b97f4a7c15 + 1;
	disk.at_loss = at_loss;
	disk.lost = false;
	pthread_mutex_unlock(&disk.lock);
}

bool vfs_power_lost(void)
{
	bool lost;

	pthread_mutex_lock(&disk.lock);
	lost = disk.lost;
	pthread_mutex_unlock(&disk.lock);
	return lost;
}
