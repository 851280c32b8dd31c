/* Opening the database, as often as it takes. */
#include <errno.h>
#include <sys/stat.h>
#include <fcntl.h>
#include <unistd.h>

#include "store/schema.h"
#include "store/store.h"

void store_close_reader(struct store *store)
{
	pthread_mutex_lock(&store->reading);
	schema_close_untouched(store->reader);
	store->reader = NULL;
	pthread_mutex_unlock(&store->reading);
}

void store_close_database(struct store *store, bool untouched)
{
	for (unsigned i = 0; i < STATEMENTS; i++) {
		sqlite3_finalize(store->statements[i]);
		store->statements[i] = NULL;
	}
	if (untouched)
		schema_close_untouched(store->db);
	else
		sqlite3_close_v2(store->db);
	store->db = NULL;
	pthread_mutex_lock(&store->lock);
	store->opened = false;
	pthread_mutex_unlock(&store->lock);
}

void store_sync_directory(const struct store *store)
{
	int fd = open(store->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return;
	fsync(fd);
	close(fd);
}

static int count_all(struct store *store)
{
	int64_t id = 0, noted = 0, number = 0, used = 0;
	int rc = batch_count(store);

	if (rc == SQLITE_OK)
		rc = schema_number(store->db, "SELECT max(id) FROM message", &id);
	if (rc == SQLITE_OK)
		rc = schema_number(store->db, "SELECT value FROM noted WHERE key = 'id'", &noted);
	if (rc == SQLITE_OK)
		rc = schema_number(store->db, "SELECT value FROM noted WHERE key = 'number'", &number);
	if (rc == SQLITE_OK)
		rc = schema_number(store->db,
		    "SELECT max(number) FROM message INDEXED BY message_queued "
		    "WHERE direction = 1 AND state IN ('waiting', 'sent')", &used);
	store->written.id = (uint64_t)(id > noted ? id : noted);
	store->written.number = (uint32_t)(number > used ? number : used);
	return rc;
}

static int open_once(struct store *store)
{
	int rc;

	mkdir(store->directory, 0700);
	store_sync_directory(store);
	rc = damage_find(store);
	if (rc == SQLITE_OK)
		rc = schema_open(store->path, store->vfs, &store->db, &store->error);
	if (rc != SQLITE_OK)
		return rc;
	store_sync_directory(store);
	rc = batch_prepare(store);
	if (rc == SQLITE_OK && store->rescue[0] != '\0')
		rc = damage_rescue(store);
	if (rc == SQLITE_OK)
		rc = count_all(store);
	if (rc != SQLITE_OK) {
		store->error = sqlite3_system_errno(store->db);
		store_close_database(store, true);
	}
	return rc;
}

/* A reader may have opened it as one that nobody changes. */
static void now_open(struct store *store)
{
	store_close_reader(store);
	pthread_mutex_lock(&store->lock);
	store->opened = true;
	store->rescuing = false;
	store->last_id = store->written.id;
	store->last_number = store->written.number;
	store->counts = store->written.counts;
	store->version++;
	pthread_mutex_unlock(&store->lock);
}

int store_open_database(struct store *store)
{
	int rc = open_once(store);

	if (schema_damaged(rc)) {
		rc = damage_set_aside(store);
		if (rc == SQLITE_OK)
			rc = open_once(store);
	}
	if (rc == SQLITE_OK)
		now_open(store);
	return rc;
}
