/* libevent's loop, signals and timer; libevent's own messages go to our log. */
#include "io/loop.h"

#include <event2/event.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

#include "base/heap.h"
#include "base/log.h"

struct loop {
	struct event_base *base;
	struct event *timer;
	struct event *hangup;
	struct event *terminate;
	struct event *interrupt;
	struct loop_handlers handlers;
	int64_t deadline;
	int signal;
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

	loop->handlers.reload(loop->handlers.context);
}

static void on_end(evutil_socket_t number, short what, void *context)
{
	struct loop *loop = context;

	loop->signal = (int)number;
	event_base_loopbreak(loop->base);
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
	    evsignal_add(loop->terminate, NULL) != 0 || evsignal_add(loop->interrupt, NULL) != 0) {
		loop_free(loop);
		return NULL;
	}
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

int loop_run(struct loop *loop)
{
	event_base_dispatch(loop->base);
	return loop->signal;
}

void loop_stop(struct loop *loop)
{
	event_base_loopbreak(loop->base);
}
