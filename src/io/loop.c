/* libevent's loop, signals and timer; libevent's own messages go to our log. */
#include "io/loop.h"

#include <event2/event.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/heap.h"
#include "base/log.h"
#include "io/notify.h"

#define STATUS_EVERY_S 5
#define WATCHDOG_RETRY_US 1000000u

struct loop {
	struct event_base *base;
	struct event *timer;
	struct event *hangup;
	struct event *terminate;
	struct event *interrupt;
	struct event *watchdog; /* both of these only if somebody is told */
	struct event *status;
	struct loop_handlers handlers;
	int64_t deadline;
	uint64_t watchdog_every; /* µs */
	int signal;
	char told[128]; /* the status as the service manager has it */
};

static void on_libevent_log(int severity, const char *message)
{
	if (severity == EVENT_LOG_ERR)
		log_error("libevent: %s", message);
	else if (severity == EVENT_LOG_WARN)
		log_warn("libevent: %s", message);
	else
		log_debug("libevent: %s", message);
}

static void on_timer(evutil_socket_t fd, short what, void *context)
{
	struct loop *loop = context;

	loop->deadline = DEADLINE_NEVER;
	loop->handlers.due(loop->handlers.context);
}

static void on_hangup(evutil_socket_t fd, short what, void *context)
{
	struct loop *loop = context;

	notify_reloading();
	loop->handlers.reload(loop->handlers.context);
	notify_send("READY=1");
}

static void on_end(evutil_socket_t number, short what, void *context)
{
	struct loop *loop = context;

	loop->signal = (int)number;
	notify_send("STOPPING=1");
	event_base_loopbreak(loop->base);
}

static bool start_watchdog(struct loop *loop, uint64_t usec)
{
	struct timeval tv = {(time_t)(usec / 1000000), (suseconds_t)(usec % 1000000)};

	return evtimer_add(loop->watchdog, &tv) == 0;
}

/* A manager that is busy for a moment must not take us for dead half a period later. */
static void on_watchdog(evutil_socket_t fd, short what, void *context)
{
	struct loop *loop = context;
	uint64_t next = loop->watchdog_every;

	if (!notify_try("WATCHDOG=1") && next > WATCHDOG_RETRY_US)
		next = WATCHDOG_RETRY_US;
	start_watchdog(loop, next);
}

static void on_status(evutil_socket_t fd, short what, void *context)
{
	struct loop *loop = context;
	char text[sizeof loop->told] = "";

	loop->handlers.describe(loop->handlers.context, text, sizeof text);
	if (strcmp(text, loop->told) == 0)
		return;
	if (notify_try("STATUS=%s", text))
		memcpy(loop->told, text, sizeof text);
	else
		loop_changed(loop);
}

/* False when memory is short. */
static bool add_notices(struct loop *loop)
{
	loop->watchdog_every = notify_watchdog() / 2;
	if (notify_wanted() && loop->handlers.describe != NULL) {
		loop->status = evtimer_new(loop->base, on_status, loop);
		if (loop->status == NULL)
			return false;
	}
	if (loop->watchdog_every == 0)
		return true;
	loop->watchdog = evtimer_new(loop->base, on_watchdog, loop);
	return loop->watchdog != NULL && start_watchdog(loop, loop->watchdog_every);
}

static void block_hangup(bool block)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	sigprocmask(block ? SIG_BLOCK : SIG_UNBLOCK, &set, NULL);
}

void loop_hold_hangup(void)
{
	block_hangup(true);
}

struct loop *loop_new(const struct loop_handlers *handlers)
{
	struct loop *loop = calloc(1, sizeof *loop);

	if (loop == NULL)
		return NULL;
	signal(SIGPIPE, SIG_IGN);
	event_set_log_callback(on_libevent_log);
	loop->handlers = *handlers;
	loop->deadline = DEADLINE_NEVER;
	loop->base = event_base_new();
	if (loop->base == NULL) {
		free(loop);
		return NULL;
	}
	loop->timer = evtimer_new(loop->base, on_timer, loop);
	loop->hangup = evsignal_new(loop->base, SIGHUP, on_hangup, loop);
	loop->terminate = evsignal_new(loop->base, SIGTERM, on_end, loop);
	loop->interrupt = evsignal_new(loop->base, SIGINT, on_end, loop);
	if (loop->timer == NULL || loop->hangup == NULL || loop->terminate == NULL ||
	    loop->interrupt == NULL || evsignal_add(loop->hangup, NULL) != 0 ||
	    evsignal_add(loop->terminate, NULL) != 0 ||
	    evsignal_add(loop->interrupt, NULL) != 0 || !add_notices(loop)) {
		loop_free(loop);
		return NULL;
	}
	block_hangup(false);
	return loop;
}

static void free_event(struct event *event)
{
	if (event != NULL)
		event_free(event);
}

void loop_free(struct loop *loop)
{
	if (loop == NULL)
		return;
	free_event(loop->timer);
	free_event(loop->hangup);
	free_event(loop->terminate);
	free_event(loop->interrupt);
	free_event(loop->watchdog);
	free_event(loop->status);
	event_base_free(loop->base);
	free(loop);
}

struct event_base *loop_base(struct loop *loop)
{
	return loop->base;
}

int64_t loop_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

int64_t loop_wall(void)
{
	return time(NULL);
}

void loop_set_deadline(struct loop *loop, int64_t deadline)
{
	struct timeval tv = {0};
	int64_t wait;

	/* setting the same timer anew for every datagram would cost more than it brings */
	if (deadline == loop->deadline)
		return;
	loop->deadline = deadline;
	if (deadline == DEADLINE_NEVER) {
		evtimer_del(loop->timer);
		return;
	}
	wait = deadline - loop_now();
	if (wait > 0) {
		tv.tv_sec = wait / 1000;
		tv.tv_usec = wait % 1000 * 1000;
	}
	evtimer_add(loop->timer, &tv);
}

void loop_changed(struct loop *loop)
{
	const struct timeval tv = {.tv_sec = STATUS_EVERY_S};

	if (loop->status != NULL && !evtimer_pending(loop->status, NULL))
		evtimer_add(loop->status, &tv);
}

int loop_run(struct loop *loop)
{
	notify_send("READY=1");
	if (loop->status != NULL)
		on_status(-1, 0, loop);
	event_base_dispatch(loop->base);
	return loop->signal;
}

void loop_stop(struct loop *loop)
{
	event_base_loopbreak(loop->base);
}

void loop_linger(struct loop *loop, int ms)
{
	const struct timeval tv = {ms / 1000, ms % 1000 * 1000};

	event_base_loopexit(loop->base, &tv);
	event_base_dispatch(loop->base);
}
