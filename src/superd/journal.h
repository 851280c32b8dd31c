/*
 * The file `names`: whose each name is (super/name_record.h). What changes is
 * put behind what is there, and once a day the whole is written anew beside it,
 * a little at a time, so that it does not grow for ever.
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
	int64_t sync_due, anew_due; /* ms */
	bool failed;		    /* and that has been said */
};

/* Loads what is kept, or says why not and sets it aside; and keeps what changes from now on. */
void journal_open(struct journal *journal, struct state *state, struct super *super);

void journal_tick(struct journal *journal, int64_t now);
int64_t journal_deadline(const struct journal *journal);

/* Writes the whole anew. Good for one that is zero, too. */
void journal_close(struct journal *journal);

#endif
