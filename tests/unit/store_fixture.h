/* A mailbox on disk in a directory of its own, and what it tells. */
#ifndef IPMSG_TESTS_STORE_FIXTURE_H
#define IPMSG_TESTS_STORE_FIXTURE_H

#include "unit.h"

#include "store/sqlite.h"

#define STORE_WALL 1700000000
#define STORE_WAIT_MS 20000 /* as long as anything may take */
#define STORE_RETRY_MS 5

struct told {
	char text[4096]; /* outcomes, as in "7k 8l " */
	unsigned count;	 /* of them */
	char log[8192];	 /* lines, each with 'e', 'w' or 'i' before it */
	bool job_done;
	enum mailbox_job job_result;
	char job_error[MAILBOX_TROUBLE_MAX];
	void (*outcome)(const struct mail_outcome *outcome); /* may be NULL */
};

extern struct mailbox *store_box;
extern struct told store_told;
extern char store_directory[64];
extern int64_t store_wall;    /* when it is committed; STORE_WALL at first */
extern unsigned store_steady; /* ms that the clock has to go evenly; 1 at first */

/* The directory is made anew, and removed at the end. */
void store_setup(void);
void store_teardown(void);

/* With that VFS (may be NULL) and limits. */
void store_open_with(const char *vfs, struct mailbox_limits limits);
void store_open(void);
void store_close(void);

/* "DIRECTORY/mailbox.db" and the suffix; good until it is called four times more. */
const char *store_file(const char *suffix);

struct mail store_mail(uint64_t id, enum mail_direction direction, const char *text);
bool store_add(uint64_t id, enum mail_direction direction, const char *text);
void store_add_as(uint64_t id, enum mail_direction direction, enum message_state state,
    const char *text);

/* Marked with those two bytes. */
bool store_add_marked(uint64_t id, uint8_t digest, uint8_t number, bool by_number, int64_t since);

void store_commit(void);

/* Collects until so many outcomes were told since the last ck_told(). */
void store_wait_count(unsigned count);

/* Commits, and waits for exactly those outcomes. */
void ck_told(const char *expected);

/* Collects until what was asked for is so. */
void store_wait_well(bool well);
void store_wait_log(const char *part);
void store_wait_job(void);
void store_on_job(void *context, enum mailbox_job result, const char *error);
void store_wait_states(void); /* all that was committed is written */

/* The ids of a query, as in "3 4 ". */
void ck_found(const struct mail_query *query, const char *expected);
void ck_all(const char *expected);

/* One statement by another connection, its first number; the file must be sound. */
int64_t store_sql(const char *path, const char *sql);

#endif
