/*
 * The event loop of a daemon: clocks, signals, and the one timer that the pure
 * core behind it needs.
 */
#ifndef IPMSG_IO_LOOP_H
#define IPMSG_IO_LOOP_H

#include <stdint.h>

struct event_base;
struct loop;

struct loop_handlers {
	void (*due)(void *context); /* the deadline of loop_set_deadline() is reached */
	void (*reload)(void *context); /* SIGHUP */
	void *context;
};

/* NULL, with errno, when the loop cannot be made. Ignores SIGPIPE for the process. */
struct loop *loop_new(const struct loop_handlers *handlers);
void loop_free(struct loop *loop);

struct event_base *loop_base(struct loop *loop);

/* ms of CLOCK_BOOTTIME: goes on in suspend, never jumps. */
int64_t loop_now(void);

/* s since 1970. */
int64_t loop_wall(void);

/* At which loop_now() to call `due`; DEADLINE_NEVER for not at all. */
void loop_set_deadline(struct loop *loop, int64_t deadline);

/* Returns at loop_stop(), SIGTERM or SIGINT; the signal's number or 0. */
int loop_run(struct loop *loop);
void loop_stop(struct loop *loop);

#endif
