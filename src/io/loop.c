/*
 * libevent's loop, signals and a timer; libevent's own messages go to our log. The timer is not
 * libevent's, whose clock stands still in suspend: what is due when the machine wakes is due at
 * once.
 */
#include "io/loop.h"

#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "base/heap.h"
#include "base/log.h"
#include "io/notify.h"

#define STATUS_EVERY_S 5
#define WATCHDOG_RETRY_US 1000000u

struct loop {
	struct event_base *base;
	int timer_fd;
	struct event *timer;
	struct event *hangup;
	struct event *terminate;
	struct event *interrupt;
	struct event *watchdog; /* both of these only if somebody is told */
	struct event *status;
	struct loop_handlers handlers;
	int64_t deadline;
	int64_t armed; /* when the kernel wakes us, never later than that */
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

/* An absolute time of 0 would take the alarm off. */
static void arm(struct loop *loop, int64_t at)
{
	struct itimerspec spec = {.it_value = {.tv_nsec = 1}};

	loop->armed = at;
	if (at > 0)
		spec.it_value = (struct timespec){at / 1000, at % 1000 * 1000000};
	if (timerfd_settime(loop->timer_fd, TFD_TIMER_ABSTIME, &spec, NULL) != 0)
		log_error("timerfd_settime: %s", strerror(errno));
}

static void on_timer(evutil_socket_t fd, short what, void *context)
{
	struct loop *loop = context;
	uint64_t times;

	/* set anew since it went off: then it goes off again */
	if (read(fd, &times, sizeof times) != sizeof times)
		return;
	loop->armed = DEADLINE_NEVER;
	if (loop_now() < loop->deadline) {
		if (loop->deadline != DEADLINE_NEVER)
			arm(loop, loop->deadline);
		return;
	}
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
	loop->deadline = loop->armed = DEADLINE_NEVER;
	loop->timer_fd = timerfd_create(CLOCK_BOOTTIME, TFD_NONBLOCK | TFD_CLOEXEC);
	loop->base = event_base_new();
	if (loop->base == NULL || loop->timer_fd < 0) {
		loop_free(loop);
		return NULL;
	}
	loop->timer = event_new(loop->base, loop->timer_fd, EV_READ | EV_PERSIST, on_timer, loop);
	loop->hangup = evsignal_new(loop->base, SIGHUP, on_hangup, loop);
	loop->terminate = evsignal_new(loop->base, SIGTERM, on_end, loop);
	loop->interrupt = evsignal_new(loop->base, SIGINT, on_end, loop);
	if (loop->timer == NULL || loop->hangup == NULL || loop->terminate == NULL ||
	    loop->interrupt == NULL || event_add(loop->timer, NULL) != 0 ||
	    evsignal_add(loop->hangup, NULL) != 0 ||
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
	if (loop->base != NULL)
		event_base_free(loop->base);
	if (loop->timer_fd >= 0)
		close(loop->timer_fd);
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

/*
 * A deadline that only moves away, as it does with every datagram, costs no call of the kernel: we
 * are woken once for nothing instead.
 */
void loop_set_deadline(struct loop *loop, int64_t deadline)
{
	loop->deadline = deadline;
	if (deadline < loop->armed)
		arm(loop, deadline);
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
