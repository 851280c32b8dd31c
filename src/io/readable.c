/* One event of the loop, for those above who do not know libevent. */
#include "io/readable.h"

#include <event2/event.h>
#include <stdlib.h>

struct readable {
	struct event *event;
	readable_fn notice;
	void *context;
};

static void on_readable(evutil_socket_t fd, short what, void *context)
{
	const struct readable *readable = context;

	readable->notice(readable->context);
}

struct readable *readable_watch(struct event_base *base, int fd, readable_fn notice, void *context)
{
	struct readable *readable = calloc(1, sizeof *readable);

	if (readable == NULL)
		return NULL;
	*readable = (struct readable){.notice = notice, .context = context};
	readable->event = event_new(base, fd, EV_READ | EV_PERSIST, on_readable, readable);
	if (readable->event != NULL && event_add(readable->event, NULL) == 0)
		return readable;
	readable_free(readable);
	return NULL;
}

void readable_free(struct readable *readable)
{
	if (readable == NULL)
		return;
	if (readable->event != NULL)
		event_free(readable->event);
	free(readable);
}
