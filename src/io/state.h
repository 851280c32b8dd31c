/*
 * A directory for what has to outlive the process. A file there is either the
 * old one or the new one, whenever the machine or the process dies: it is
 * written beside its place, and takes it once it is on the disk.
 */
#ifndef IPMSG_IO_STATE_H
#define IPMSG_IO_STATE_H

#include <stdbool.h>
#include <stddef.h>

struct state;

#define STATE_WHY_MAX 512

/*
 * Makes the directory if it is missing (for its owner alone), and takes it for
 * this process. NULL with the reason, and what to do about it, in `why`; `*in_use` (may be NULL) is
 * set when that is another process which has taken it.
 */
struct state *state_open(const char *directory, bool *in_use, char why[STATE_WHY_MAX]);
void state_close(struct state *state);

/* The directory's path, for messages. */
const char *state_path(const struct state *state);

/*
 * The whole file, to be freed with free(). NULL with errno: ENOENT when there
 * is none. Not one that is no plain file. Removes what an interrupted
 * state_begin() left of the same name.
 */
void *state_read(struct state *state, const char *name, size_t *len);

/*
 * The same of a file anywhere else, which somebody has named. It may be a link,
 * but has to be a plain file in the end.
 */
void *state_read_other(const char *path, size_t *len);

/* Renames the file to NAME.SUFFIX, in place of an earlier one. False with errno. */
bool state_set_aside(struct state *state, const char *name, const char *suffix);

/*
 * The same for what must not be lost: to the first of NAME.SUFFIX, NAME.SUFFIX.2, … that there is
 * not yet, which is left in `aside`. False with errno, EEXIST when they are too many.
 */
#define STATE_ASIDE_MAX 80
bool state_keep_aside(struct state *state, const char *name, const char *suffix,
    char aside[STATE_ASIDE_MAX]);

/* Gives the file the name NAME.SUFFIX as well, in place of an earlier one. False with errno. */
bool state_link_aside(struct state *state, const char *name, const char *suffix);

/* Writing. Whatever fails on the way shows in what state_commit() returns. */
struct state_file;

/* NULL with errno. */
struct state_file *state_begin(struct state *state, const char *name);
bool state_write(struct state_file *file, const void *bytes, size_t len);

/*
 * Puts the file in its place if `whole`, else throws it away. False with
 * errno when it is not there for good: the earlier one is there, then, or, if
 * all that failed was to put the directory on the disk, the new one.
 */
bool state_commit(struct state_file *file, bool whole);

/*
 * Has the kernel begin to put on the disk what was written, and waits for what
 * it had been told so before. Called every now and then, so that the end is quick.
 */
void state_hasten(struct state_file *file);

/* A file that grows; made if there is none. NULL with errno. */
struct state_log;
struct state_log *state_log_open(struct state *state, const char *name);
void state_log_close(struct state_log *log);

/* All of the bytes, or false with errno and none of them. */
bool state_log_write(struct state_log *log, const void *bytes, size_t len);

/* Cuts off all that stands behind so many bytes. False with errno. */
bool state_log_cut(struct state_log *log, size_t len);
size_t state_log_length(const struct state_log *log);

/* Waits until what was written is on the disk. False with errno. */
bool state_log_sync(struct state_log *log);

#endif
