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
#define OLD "old"
#define DAMAGED "damaged"
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
	if (change == NAME_BOUND)
		journal->names++;
	else if (change == NAME_FREED && journal->names > 0)
		journal->names--;
}

/* Behind what is there; behind a head, if that is nothing. */
static void open_log(struct journal *journal)
{
	unsigned char head[NAME_RECORDS_HEAD];

	state_log_close(journal->log);
	journal->log = state_log_open(journal->state, NAMES);
	if (journal->log == NULL) {
		fail(journal, "open");
	} else if (state_log_length(journal->log) == 0) {
		name_records_begin(journal->super, head);
		note(journal, head, sizeof head);
	}
}

/* Writing anew */

static bool begin_anew(struct journal *journal)
{
	unsigned char head[NAME_RECORDS_HEAD];

	journal->anew = state_begin(journal->state, NAMES);
	journal->cursor = (struct name_cursor){0};
	journal->written = 0;
	if (journal->anew == NULL) {
		fail(journal, "write");
		return false;
	}
	name_records_begin(journal->super, head);
	return state_write(journal->anew, head, sizeof head);
}

/* False when it cannot be written. The cursor tells whether it is all. */
static bool write_some(struct journal *journal, uint32_t budget)
{
	unsigned char room[65536];
	struct owned_name name;
	size_t used = 0;
	bool good = true;

	while (super_walk_names(journal->super, &journal->cursor, &budget, &name)) {
		if (name.state == NAME_LISTED)
			continue;
		journal->written++;
		used += name_record_write(room + used, NAME_BOUND, &name);
		if (used + NAME_RECORD_MAX > sizeof room) {
			good = state_write(journal->anew, room, used);
			used = 0;
		}
	}
	return state_write(journal->anew, room, used) && good;
}

/*
 * Names become too old one by one. If many are at once, or some were at the
 * start already, that may be the clock's fault, or a mistake in the settings.
 */
static bool keep_old(struct journal *journal)
{
	if (journal->left_out == 0 && journal->written * 2ULL >= journal->names)
		return true;
	if (!state_link_aside(journal->state, NAMES, OLD)) {
		if (errno == ENOENT)
			return true; /* it has been set aside as damaged */
		fail(journal, "keep the old");
		return false;
	}
	log_info("%s/%s is written anew without names that are too old by the clock (pin-days), or "
		 "too many (max-pins); as it was it is kept as %s." OLD, state_path(journal->state),
	    NAMES, NAMES);
	return true;
}

/* The new one takes the old one's place, or is thrown away; it may have done so in any case. */
static void end_anew(struct journal *journal)
{
	struct state_file *file = journal->anew;

	journal->anew = NULL;
	if (state_commit(file, keep_old(journal))) {
		journal->failed = false;
		journal->names = journal->written;
		journal->left_out = 0;
		journal->sync_due = DEADLINE_NEVER;
	} else {
		fail(journal, "write");
	}
	open_log(journal);
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

/* In place of none that was set aside before. False when it has to stay where it is. */
static bool set_others_aside(const struct journal *journal)
{
	const char *path = state_path(journal->state);
	char aside[STATE_ASIDE_MAX];

	if (state_keep_aside(journal->state, NAMES, "otherkey", aside)) {
		log_warn("%s/%s was kept under another key of this supernode; set aside as %s. All "
			 "names are free now, for the first who signs; if that was not meant, put "
			 "the old key back (%s/key, or secret-file), and that file as %s",
		    path, NAMES, aside, path, NAMES);
		return true;
	}
	log_warn("%s/%s was kept under another key of this supernode, and cannot be set aside: %s; "
		 "whose a name is will not be kept", path, NAMES, strerror(errno));
	return false;
}

/* False when it has to stay where it is. */
static bool set_aside(const struct journal *journal, const char *suffix, const char *why)
{
	bool done = state_set_aside(journal->state, NAMES, suffix);

	if (done)
		log_warn("%s/%s %s; set aside as %s.%s", state_path(journal->state), NAMES, why,
		    NAMES, suffix);
	else
		log_warn("%s/%s %s, and cannot be set aside: %s; whose a name is will not be kept",
		    state_path(journal->state), NAMES, why, strerror(errno));
	return done;
}

static bool set_foreign_aside(const struct journal *journal, enum name_records_result result)
{
	if (result == NAME_RECORDS_NEWER)
		return set_aside(journal, "newer", "was written by a newer version than this");
	if (result == NAME_RECORDS_OTHERS)
		return set_others_aside(journal);
	return set_aside(journal, DAMAGED, "is no list of names");
}

static void tell_loaded(const struct journal *journal, int64_t start)
{
	log_info("%" PRIu32 " names have an owner who is not here (%" PRId64 " ms)",
	    journal->names - journal->left_out, loop_now() - start);
	if (journal->left_out > 0)
		log_info("%" PRIu32 " have not been used for too long by the clock (pin-days), or "
			 "are too many (max-pins): they have none any more", journal->left_out);
}

/* What a sudden end cuts is one record at most; more than that is damage. */
static bool cut_off(struct journal *journal, size_t len, size_t whole)
{
	if (len - whole > NAME_RECORD_MAX) {
		if (set_aside(journal, DAMAGED, "is damaged; what stands before that is used"))
			write_whole(journal);
		return journal->log != NULL;
	}
	log_warn("%s/%s was being written when the machine died: its last %zu bytes are cut off",
	    state_path(journal->state), NAMES, len - whole);
	open_log(journal);
	return journal->log != NULL && state_log_cut(journal->log, whole);
}

/* False when nothing may be put behind what is there. */
static bool load_bytes(struct journal *journal, struct span bytes)
{
	int64_t start = loop_now();
	struct name_records_read read;
	struct super_status status;
	enum name_records_result result =
	    name_records_load(journal->super, bytes, loop_wall(), &read);

	if (result != NAME_RECORDS_LOADED)
		return set_foreign_aside(journal, result);
	super_status(journal->super, &status);
	journal->left_out = read.left_out;
	journal->names = status.names_remembered + read.left_out;
	tell_loaded(journal, start);
	if (bytes.len == read.whole || cut_off(journal, bytes.len, read.whole))
		return true;
	fail(journal, "cut off the end of");
	return false;
}

static bool load(struct journal *journal)
{
	size_t len;
	unsigned char *bytes = state_read(journal->state, NAMES, &len);
	char why[128];
	bool good = true;

	if (bytes != NULL) {
		good = load_bytes(journal, span_of(bytes, len));
	} else if (errno != ENOENT) {
		snprintf(why, sizeof why, "cannot be read: %s", strerror(errno));
		good = set_aside(journal, DAMAGED, why);
	}
	free(bytes);
	return good;
}

void journal_open(struct journal *journal, struct state *state, struct super *super)
{
	*journal = (struct journal){.sync_due = DEADLINE_NEVER, .anew_due = DEADLINE_NEVER};
	if (state == NULL || super_identity(super) == NULL)
		return;
	journal->state = state;
	journal->super = super;
	if (!load(journal)) {
		state_log_close(journal->log);
		*journal = (struct journal){.sync_due = DEADLINE_NEVER, .anew_due = DEADLINE_NEVER};
		return;
	}
	if (journal->log == NULL)
		open_log(journal);
	super_keep_names(super, on_change, journal);
	journal->anew_due = loop_now() + ANEW_MS;
}

static void sync_log(struct journal *journal)
{
	journal->sync_due = DEADLINE_NEVER;
	if (journal->log != NULL && !state_log_sync(journal->log))
		fail(journal, "write");
}

/* The last of it is on its way to the disk for a step, too, before it is waited for. */
static void step_anew(struct journal *journal, int64_t now)
{
	journal->anew_due = now + STEP_MS;
	if (journal->anew == NULL && !begin_anew(journal)) {
		journal->anew_due = now + ANEW_MS;
	} else if (journal->cursor.phase == WALK_DONE || !write_some(journal, STEP_RECORDS)) {
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
	if (journal->state != NULL) {
		super_keep_names(journal->super, NULL, NULL);
		write_whole(journal);
	}
	state_log_close(journal->log);
	*journal = (struct journal){.sync_due = DEADLINE_NEVER, .anew_due = DEADLINE_NEVER};
}
