/* What the tests of the mailbox on disk share. */
#include "store_fixture.h"

#include <dirent.h>
#include <poll.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

struct mailbox *store_box;
struct told store_told;
char store_directory[64];
int64_t store_wall;
unsigned store_steady;

void store_setup(void)
{
	const char *tmp = getenv("TMPDIR");

	/* in memory if there is such a place: thousands of files are made and synced */
	if (tmp == NULL && access("/dev/shm", W_OK) == 0)
		tmp = "/dev/shm";
	memset(&store_told, 0, sizeof store_told);
	store_wall = STORE_WALL;
	store_steady = 1;
	snprintf(store_directory, sizeof store_directory, "%.32s/check-store-XXXXXX",
	    tmp != NULL ? tmp : "/tmp");
	ck_assert_ptr_nonnull(mkdtemp(store_directory));
}

static void remove_all(const char *directory)
{
	DIR *dir = opendir(directory);
	struct dirent *entry;
	char path[512];

	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		snprintf(path, sizeof path, "%.200s/%.250s", directory, entry->d_name);
		if (entry->d_type == DT_DIR && entry->d_name[0] != '.')
			remove_all(path);
		else
			unlink(path);
	}
	if (dir != NULL)
		closedir(dir);
	rmdir(directory);
}

void store_teardown(void)
{
	store_close();
	chmod(store_directory, 0700);
	remove_all(store_directory);
}

static void on_outcome(void *context, const struct mail_outcome *outcome)
{
	size_t len = strlen(store_told.text);

	snprintf(store_told.text + len, sizeof store_told.text - len, "%u%c ",
	    (unsigned)outcome->id, "knl"[outcome->result]);
	store_told.count++;
	if (store_told.outcome != NULL)
		store_told.outcome(outcome);
}

static void on_log(void *context, enum mailbox_log level, const char *text)
{
	size_t len = strlen(store_told.log);

	snprintf(store_told.log + len, sizeof store_told.log - len, "%c %s\n", "ewi"[level], text);
}

void store_open_with(const char *vfs, struct mailbox_limits limits)
{
	struct sqlite_options options = {
	    .directory = store_directory,
	    .limits = limits,
	    .vfs = vfs,
	    .retry = STORE_RETRY_MS,
	    .steady = store_steady,
	    .log = on_log,
	};

	store_box = sqlite_open(&options);
	ck_assert_ptr_nonnull(store_box);
	store_box->on_outcome = on_outcome;
}

void store_open(void)
{
	store_open_with(NULL, (struct mailbox_limits){0});
}

void store_close(void)
{
	if (store_box != NULL)
		store_box->methods->free(store_box);
	store_box = NULL;
}

const char *store_file(const char *suffix)
{
	static char names[4][256];
	static unsigned at;
	char *name = names[at++ % 4];

	snprintf(name, sizeof names[0], "%s/%s%s", store_directory, SQLITE_STORE_FILE, suffix);
	return name;
}

struct mail store_mail(uint64_t id, enum mail_direction direction, const char *text)
{
	return (struct mail){
	    .id = id,
	    .direction = direction,
	    .name = "alice@sales",
	    .user = "",
	    .host = "",
	    .text = text,
	    .wall = STORE_WALL + (int64_t)id,
	    .state = direction == MAIL_SENT ? MESSAGE_WAITING : MESSAGE_DELIVERED,
	};
}

bool store_add(uint64_t id, enum mail_direction direction, const char *text)
{
	struct mail mail = store_mail(id, direction, text);

	return store_box->methods->add(store_box, &mail, NULL);
}

void store_add_as(uint64_t id, enum mail_direction direction, enum message_state state,
    const char *text)
{
	struct mail mail = store_mail(id, direction, text);

	mail.state = state;
	ck_assert(store_box->methods->add(store_box, &mail, NULL));
}

bool store_add_marked(uint64_t id, uint8_t digest, uint8_t number, bool by_number, int64_t since)
{
	struct mail mail = store_mail(id, MAIL_RECEIVED, "marked");
	struct mail_mark mark = {{digest}, {number}, by_number, since};

	return store_box->methods->add(store_box, &mail, &mark);
}

void store_commit(void)
{
	store_box->methods->commit(store_box, store_wall);
}

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Collects when there is something, until `done`. */
static void wait_for(bool (*done)(const void *), const void *context, const char *what)
{
	int64_t end = now_ms() + STORE_WAIT_MS;

	sqlite_collect(store_box);
	while (!done(context)) {
		struct pollfd fd = {.fd = sqlite_fd(store_box), .events = POLLIN};

		ck_assert_msg(now_ms() < end, "%s: never; told: %s; log: %s", what, store_told.text,
		    store_told.log);
		poll(&fd, 1, 20);
		sqlite_collect(store_box);
	}
}

static bool count_reached(const void *context)
{
	return store_told.count >= *(const unsigned *)context;
}

void store_wait_count(unsigned count)
{
	wait_for(count_reached, &count, "outcomes");
}

void ck_told(const char *expected)
{
	unsigned count = 0;

	for (const char *c = expected; *c != '\0'; c++)
		count += *c == ' ';
	store_commit();
	store_wait_count(count);
	ck_assert_str_eq(store_told.text, expected);
	store_told.text[0] = '\0';
	store_told.count = 0;
}

static bool is_well(const void *context)
{
	struct mailbox_status status;

	store_box->methods->status(store_box, &status);
	return status.well == *(const bool *)context;
}

void store_wait_well(bool well)
{
	wait_for(is_well, &well, well ? "well again" : "not well");
}

static bool log_has(const void *context)
{
	return strstr(store_told.log, context) != NULL;
}

void store_wait_log(const char *part)
{
	wait_for(log_has, part, part);
}

static bool job_is_done(const void *context)
{
	return store_told.job_done;
}

void store_on_job(void *context, enum mailbox_job result, const char *error)
{
	store_told.job_done = true;
	store_told.job_result = result;
	snprintf(store_told.job_error, sizeof store_told.job_error, "%s",
	    error != NULL ? error : "");
}

void store_wait_job(void)
{
	wait_for(job_is_done, NULL, "the job");
}

void store_wait_states(void)
{
	struct mail_mark mark = {.digest = "states", .since = INT64_MAX};
	static uint64_t id = 1000000;
	struct mail mail = store_mail(++id, MAIL_SENT, "a state is written with what comes after");
	unsigned count = store_told.count;

	mail.state = MESSAGE_BROADCAST;
	ck_assert(store_box->methods->add(store_box, &mail, &mark));
	store_commit();
	store_wait_count(count + 1);
	store_told.count = count;
}

void ck_found(const struct mail_query *query, const char *expected)
{
	char found[2048] = "";
	uint64_t cursor = 0;
	struct mail mail;

	while (store_box->methods->next(store_box, query, &cursor, &mail) == MAIL_FOUND)
		snprintf(found + strlen(found), sizeof found - strlen(found), "%u ",
		    (unsigned)mail.id);
	ck_assert_str_eq(found, expected);
}

void ck_all(const char *expected)
{
	ck_found(&(struct mail_query){.which = MAIL_ALL}, expected);
}

int64_t store_sql(const char *path, const char *sql)
{
	sqlite3 *db;
	sqlite3_stmt *statement;
	int64_t number = -1;

	ck_assert_int_eq(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
	sqlite3_busy_timeout(db, 5000);
	ck_assert_msg(sqlite3_prepare_v2(db, sql, -1, &statement, NULL) == SQLITE_OK, "%s: %s", sql,
	    sqlite3_errmsg(db));
	if (sqlite3_step(statement) == SQLITE_ROW)
		number = sqlite3_column_int64(statement, 0);
	ck_assert_msg(sqlite3_finalize(statement) == SQLITE_OK, "%s: %s", sql, sqlite3_errmsg(db));
	sqlite3_close(db);
	return number;
}
