/* Events to the log and to the watchers, figures to whoever fetches them. */
#include "superd/sight.h"

#include "base/log.h"
#include "io/loop.h"
#include "io/metrics.h"
#include "superd/metrics.h"
#include "superd/superd.h"

void sight_init(struct sight *sight)
{
	*sight = (struct sight){0};
	eventlog_init(&sight->log);
	watchers_init(&sight->watchers);
}

static void write_metrics(FILE *stream, void *context)
{
	struct metrics metrics;

	superd_measure(context, &metrics);
	metrics_measure_process(&metrics);
	metrics_write(stream, &metrics);
}

bool sight_serve(struct sight *sight, struct event_base *base, const struct endpoint *at,
    struct superd *superd)
{
	char why[METRICS_WHY_MAX];

	if (at->family == FAMILY_NONE)
		return true;
	sight->metrics = metrics_server_open(base, at, write_metrics, superd, why);
	if (sight->metrics == NULL)
		log_error("cannot serve metrics on %s (option `metrics')", why);
	return sight->metrics != NULL;
}

static void on_event(const struct super_event *event, void *context)
{
	struct sight *sight = context;
	int64_t now = loop_now();

	eventlog_write(&sight->log, event, now);
	watchers_tell(&sight->watchers, event, now);
}

void sight_follow(struct sight *sight, struct super *super)
{
	super_listen(super, on_event, sight);
}

void sight_close(struct sight *sight)
{
	eventlog_end(&sight->log);
	metrics_server_close(sight->metrics);
	sight->metrics = NULL;
}

void sight_tick(struct sight *sight, int64_t now)
{
	eventlog_tick(&sight->log, now);
	watchers_tick(&sight->watchers, now);
}

int64_t sight_deadline(const struct sight *sight)
{
	int64_t log = eventlog_deadline(&sight->log);
	int64_t watchers = watchers_deadline(&sight->watchers);

	return log < watchers ? log : watchers;
}
