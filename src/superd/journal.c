/*
 * While the file is written anew, what changes goes into both. One that returns
 * goes into the new one alone: it may have gone past where the writing was.
 */
#include "superd/journal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/heap.h"
#include "base/log.h"
#include "io/loop.h"
#include "io/state.h"
#include "super/name_record.h"

#define NAMES "names"
#define SYNC_MS 1000
#define ANEW_MS (24 * 3600 * 1000LL)
#define STEP_MS 20	  /* between two steps of writing anew */
#define STEP_RECORDS 2048 /* that are looked at in one: well below a millisecond */

static void fail(struct journal *journal, const char *what)
{
	if (!journal->failed)
		log_error("cannot %s %s/%s: %s; names that find an owner now may have none after "
			  "the next start", what, state_path(journal->state), NAMES,
		    strerror(errno));
	journal->failed = true;
}

static void note(struct journal *journal, const void *bytes, size_t len)
{
	if (journal->log == NULL)
		return;
	if (!state_log_write(journal->log, bytes, len)) {
		fail(journal, "write");
		return;
	}
	if (journal->sync_due == DEADLINE_NEVER)
		journal->sync_due = loop_now() + SYNC_MS;
}

static void on_change(enum name_change change, const struct owned_name *name, void *context)
{
	struct journal *journal = context;
	unsigned char record[NAME_RECORD_MAX];
	size_t len = name_record_write(record, change, name);

	if (change != NAME_RETURNED)
		note(journal, record, len);
	if (journal->anew != NULL)
		state_write(journal->anew, record, len);
}

/* Writing anew */

static bool begin_anew(struct journal *journal)
{
	journal->anew = state_begin(journal->state, NAMES);
	journal->cursor = (struct name_cursor){0};
	if (journal->anew == NULL) {
		fail(journal, "write");
		return false;
	}
	return state_write(journal->anew, name_records_head, NAME_RECORDS_HEAD);
}

/* True when all has been written, or cannot be. */
static bool write_some(struct journal *journal, uint32_t budget)
{
	unsigned char room[65536];
	struct owned_name name;
	size_t used = 0;
	bool good = true;

	while (super_walk_names(journal->super, &journal->cursor, &budget, &name)) {
		if (name.state == NAME_LISTED)
			continue;
		used += name_record_write(room + used, NAME_BOUND, &name);
		if (used + NAME_RECORD_MAX > sizeof room) {
			good = state_write(journal->anew, room, used);
			used = 0;
		}
	}
	good = state_write(journal->anew, room, used) && good;
	return !good || journal->cursor.phase == WALK_DONE;
}

/* The new one takes the old one's place, or is thrown away. */
static void end_anew(struct journal *journal)
{
	struct state_file *file = journal->anew;

	journal->anew = NULL;
	if (!state_commit(file, true)) {
		fail(journal, "write");
		return;
	}
	journal->failed = false;
	state_log_close(journal->log);
	journal->log = state_log_open(journal->state, NAMES);
	if (journal->log == NULL)
		fail(journal, "open");
	journal->sync_due = DEADLINE_NEVER;
}

static void write_whole(struct journal *journal)
{
	if (journal->anew != NULL)
		state_commit(journal->anew, false);
	if (!begin_anew(journal))
		return;
	write_some(journal, UINT32_MAX);
	end_anew(journal);
}

/* Loading */

static void set_aside(struct journal *journal, const char *suffix, const char *why)
{
	if (state_set_aside(journal->state, NAMES, suffix))
		log_warn("%s/%s %s; set aside as %s.%s", state_path(journal->state), NAMES, why,
		    NAMES, suffix);
	else
		log_warn("%s/%s %s, and cannot be set aside: %s", state_path(journal->state), NAMES,
		    why, strerror(errno));
}

/* What a sudden end cuts is one record at most; more than that is damage. */
static void load_bytes(struct journal *journal, struct span bytes)
{
	int64_t start = loop_now();
	struct super_status status;
	size_t whole;

	switch (name_records_load(journal->super, bytes, loop_wall(), &whole)) {
	case NAME_RECORDS_FOREIGN:
		set_aside(journal, "damaged", "is no list of names");
		return;
	case NAME_RECORDS_NEWER:
		set_aside(journal, "newer", "was written by a newer version than this");
		return;
	default:
		break;
	}
	super_status(journal->super, &status);
	log_info("%" PRIu32 " names have an owner who is not here (%" PRId64 " ms)",
	    status.names_remembered, loop_now() - start);
	if (bytes.len - whole > NAME_RECORD_MAX)
		set_aside(journal, "damaged", "is damaged; what stands before that is used");
	else if (bytes.len > whole)
		log_warn("%s/%s was being written when the machine died: its last %zu bytes are "
			 "cut off", state_path(journal->state), NAMES, bytes.len - whole);
}

static void load(struct journal *journal)
{
	size_t len;
	unsigned char *bytes = state_read(journal->state, NAMES, &len);
	char why[128];

	if (bytes != NULL) {
		load_bytes(journal, span_of(bytes, len));
	} else if (errno != ENOENT) {
		snprintf(why, sizeof why, "cannot be read: %s", strerror(errno));
		set_aside(journal, "damaged", why);
	}
	free(bytes);
}

void journal_open(struct journal *journal, struct state *state, struct super *super)
{
	*journal = (struct journal){.state = state, .super = super, .sync_due = DEADLINE_NEVER,
	    .anew_due = DEADLINE_NEVER};
	if (state == NULL)
		return;
	load(journal);
	/* whole, and without what was cut off, before anything is put behind it */
	write_whole(journal);
	super_keep_names(super, on_change, journal);
	journal->anew_due = loop_now() + ANEW_MS;
}

static void sync_log(struct journal *journal)
{
	journal->sync_due = DEADLINE_NEVER;
	if (journal->log != NULL && !state_log_sync(journal->log))
		fail(journal, "write");
}

static void step_anew(struct journal *journal, int64_t now)
{
	journal->anew_due = now + STEP_MS;
	if (journal->anew == NULL && !begin_anew(journal)) {
		journal->anew_due = now + ANEW_MS;
	} else if (write_some(journal, STEP_RECORDS)) {
		end_anew(journal);
		journal->anew_due = now + ANEW_MS;
	} else {
		state_hasten(journal->anew);
	}
}

void journal_tick(struct journal *journal, int64_t now)
{
	if (now >= journal->sync_due)
		sync_log(journal);
	if (now >= journal->anew_due)
		step_anew(journal, now);
}

int64_t journal_deadline(const struct journal *journal)
{
	return journal->sync_due < journal->anew_due ? journal->sync_due : journal->anew_due;
}

void journal_close(struct journal *journal)
{
	if (journal->super != NULL)
		super_keep_names(journal->super, NULL, NULL);
	if (journal->state != NULL && journal->super != NULL)
		write_whole(journal);
	state_log_close(journal->log);
	*journal = (struct journal){.sync_due = DEADLINE_NEVER, .anew_due = DEADLINE_NEVER};
}
