/*
 * The file `names`: whose each name is (super/name_record.h). What changes is
 * put behind what is there, and once a day the whole is written anew beside it,
 * a little at a time, so that it does not grow for ever. Names are never lost
 * by that: where it would have left out those of the old file, because the clock
 * or the settings say so, that one is kept beside it as `names.old`.
 */
#ifndef IPMSG_SUPERD_JOURNAL_H
#define IPMSG_SUPERD_JOURNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "super/super.h"

struct state;
struct state_file;
struct state_log;

struct journal {
	struct state *state; /* NULL: nothing is kept */
	struct super *super;
	struct state_log *log;
	struct state_file *anew; /* what is being written in its place; NULL: nothing is */
	struct name_cursor cursor;
	uint32_t names;	   /* that have an owner in the file, about */
	uint32_t written;  /* the same of the new one */
	uint32_t left_out; /* in the file, and not loaded */
	int64_t sync_due, anew_due; /* ms */
	bool failed;		    /* and that has been said */
};

/*
 * Loads what is kept, or says why not and sets it aside; and keeps what changes
 * from now on. A supernode without a key leaves the file as it is.
 */
void journal_open(struct journal *journal, struct state *state, struct super *super);

void journal_tick(struct journal *journal, int64_t now);
int64_t journal_deadline(const struct journal *journal);

/* Writes the whole anew, unless nothing is kept. Good for one that is zero, too. */
void journal_close(struct journal *journal);

#endif
