/*
 * The event loop of a daemon: clocks, signals, and the one timer that the pure
 * core behind it needs. Where a service manager wants to know (io/notify.h) it
 * is told when the loop runs, reads the configuration again, or ends, and as
 * often as it likes that the loop still turns.
 */
#ifndef IPMSG_IO_LOOP_H
#define IPMSG_IO_LOOP_H

#include <stddef.h>
#include <stdint.h>

struct event_base;
struct loop;

struct loop_handlers {
	void (*due)(void *context); /* the deadline of loop_set_deadline() is reached */
	void (*reload)(void *context); /* SIGHUP */
	void *context;
	/* What the service manager shows: a line. NULL for nothing. See loop_changed(). */
	void (*describe)(void *context, char *text, size_t size);
};

/*
 * From here to loop_new() a SIGHUP waits, instead of ending the process: whoever
 * asks for the configuration to be read again cannot know how far it is.
 */
void loop_hold_hangup(void);

/* NULL, with errno, when the loop cannot be made. Ignores SIGPIPE for the process. */
struct loop *loop_new(const struct loop_handlers *handlers);
void loop_free(struct loop *loop);

struct event_base *loop_base(struct loop *loop);

/* ms of CLOCK_BOOTTIME: goes on in suspend, never jumps. */
int64_t loop_now(void);

/* s since 1970. */
int64_t loop_wall(void);

/*
 * At which loop_now() to call `due`; DEADLINE_NEVER for not at all. One that passed while the
 * machine was suspended is due as soon as it runs again.
 */
void loop_set_deadline(struct loop *loop, int64_t deadline);

/*
 * `describe` may say something else than before. It is asked within a few
 * seconds, once for many calls, and never when nobody wants to know.
 */
void loop_changed(struct loop *loop);

/* Returns at loop_stop(), SIGTERM or SIGINT; the signal's number or 0. */
int loop_run(struct loop *loop);
void loop_stop(struct loop *loop);

/*
 * After loop_run(): once more for so many ms, for what is still to be written
 * to clients. A signal ends it.
 */
void loop_linger(struct loop *loop, int ms);

#endif
