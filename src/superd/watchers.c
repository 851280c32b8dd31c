/* Events as JSON, to everybody who watches. */
#include "superd/watchers.h"

#include <stdlib.h>
#include <time.h>

#include "base/heap.h"
#include "base/timestamp.h"
#include "ctl/interface.h"

struct watcher {
	TAILQ_ENTRY(watcher) next;
	struct watchers *all;
	struct ctl_call *call;
	struct watchers_tally missed; /* of what is suppressed in this second: before it came */
};

void watchers_init(struct watchers *watchers)
{
	*watchers = (struct watchers){.ends = DEADLINE_NEVER};
	TAILQ_INIT(&watchers->list);
}

static void watcher_free(struct watcher *watcher)
{
	TAILQ_REMOVE(&watcher->all->list, watcher, next);
	watcher->all->count--;
	free(watcher);
}

static void on_cancel(struct ctl_call *call, void *state)
{
	watcher_free(state);
}

static json_t *typed(const char *type)
{
	char text[TIMESTAMP_MAX];
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return json_pack("{s:s, s:s}", "type", type, "time", timestamp_format(&now, true, text));
}

/* One that reads too slowly is let go, rather than left without some of the events. */
static void tell(struct watcher *watcher, json_t *event)
{
	struct ctl_call *call = watcher->call;

	if (!ctl_wants_more(call)) {
		watcher_free(watcher);
		ctl_reply(call, json_pack("{s:O}", "event", event));
	} else if (!ctl_continue(call, json_pack("{s:O}", "event", event))) {
		watcher_free(watcher);
		ctl_error(call, CTL_SUPER ".TooSlow",
		    json_pack("{s:s}", "explanation",
			"events came faster than they were read, and some were lost"));
	}
}

void watchers_add(struct watchers *watchers, struct ctl_call *call)
{
	struct watcher *watcher = calloc(1, sizeof *watcher);
	json_t *event;

	if (watcher == NULL) {
		ctl_error(call, CTL_SUPER ".Limit",
		    json_pack("{s:s}", "explanation", "memory is short; try again later"));
		return;
	}
	watcher->all = watchers;
	watcher->call = call;
	watcher->missed = watchers->suppressed;
	TAILQ_INSERT_TAIL(&watchers->list, watcher, next);
	watchers->count++;
	ctl_keep(call, on_cancel, watcher);
	/* one that wants a single reply waits for the first thing that happens */
	if (!ctl_wants_more(call))
		return;
	event = typed("watching");
	tell(watcher, event);
	json_decref(event);
}

static json_t *part(const struct names *names, enum name_part which)
{
	struct span text = names_part(names, which);

	return json_stringn((const char *)text.data, text.len);
}

static json_t *endpoint(const struct endpoint *at)
{
	char text[ENDPOINT_TEXT_MAX];

	return at != NULL ? json_string(endpoint_format(at, text)) : NULL;
}

static json_t *person(const struct names *names)
{
	if (names == NULL)
		return NULL;
	return json_pack("{s:o, s:o, s:o, s:o}", "user", part(names, NAME_USER), "host",
	    part(names, NAME_HOST), "nick", part(names, NAME_NICK), "group",
	    part(names, NAME_GROUP));
}

static json_t *reason(const struct super_event *event)
{
	if (event->reason == SUPER_NO_REASON)
		return NULL;
	return json_string(super_reason_name(event->reason));
}

static json_t *describe(const struct super_event *event)
{
	json_t *object = typed(super_event_name(event->kind));
	bool asked = event->kind == SUPER_INTRODUCED || event->kind == SUPER_DECLINED;
	json_t *what = json_pack("{s:o*, s:o*, s:o*, s:o*, s:o*, s:o*}", "peer",
	    person(event->names), "endpoint", endpoint(event->at), "from", endpoint(event->from),
	    "asker", person(event->asker), "name",
	    asked ? json_stringn((const char *)event->wanted.data, event->wanted.len) : NULL,
	    "reason", reason(event));

	if (event->names != NULL)
		json_object_set_new(what, "kind",
		    json_string(event->extended ? "extended" : "seed"));
	if (event->kind == SUPER_INTRODUCED)
		json_object_set_new(what, "stale", json_boolean(event->stale));
	json_object_update(object, what);
	json_decref(what);
	return object;
}

static void tally_add(struct watchers_tally *tally, bool of_strangers)
{
	tally->all++;
	tally->strangers += of_strangers;
}

/* Whether one more may be told in the second that `now` belongs to. */
static bool may_tell(struct watchers *watchers, bool of_strangers, int64_t now)
{
	const struct watchers_tally *told = &watchers->told;
	bool may;

	watchers_tick(watchers, now);
	if (watchers->ends == DEADLINE_NEVER)
		watchers->ends = now + WATCHERS_SECOND_MS;
	may = told->all < WATCHERS_EVENTS &&
	    (!of_strangers || told->strangers < WATCHERS_STRANGERS);
	tally_add(may ? &watchers->told : &watchers->suppressed, of_strangers);
	return may;
}

void watchers_tell(struct watchers *watchers, const struct super_event *event, int64_t now)
{
	struct watcher *watcher, *next;
	json_t *described;

	if (watchers->count == 0 ||
	    !may_tell(watchers, super_event_of_strangers(event), now))
		return;
	described = describe(event);
	for (watcher = TAILQ_FIRST(&watchers->list); watcher != NULL; watcher = next) {
		next = TAILQ_NEXT(watcher, next);
		tell(watcher, described);
	}
	json_decref(described);
}

static void tell_suppressed(struct watcher *watcher, const struct watchers_tally *suppressed)
{
	const struct watchers_tally *missed = &watcher->missed;
	json_t *event;

	if (suppressed->all <= missed->all)
		return;
	event = typed("suppressed");
	json_object_set_new(event, "count",
	    json_integer((json_int_t)(suppressed->all - missed->all)));
	json_object_set_new(event, "strangers",
	    json_integer((json_int_t)(suppressed->strangers - missed->strangers)));
	tell(watcher, event);
	json_decref(event);
}

void watchers_tick(struct watchers *watchers, int64_t now)
{
	struct watcher *watcher, *next;
	struct watchers_tally suppressed = watchers->suppressed;

	if (now < watchers->ends)
		return;
	watchers->ends = DEADLINE_NEVER;
	watchers->told = watchers->suppressed = (struct watchers_tally){0};
	for (watcher = TAILQ_FIRST(&watchers->list); watcher != NULL; watcher = next) {
		next = TAILQ_NEXT(watcher, next);
		tell_suppressed(watcher, &suppressed);
	}
	TAILQ_FOREACH(watcher, &watchers->list, next)
		watcher->missed = (struct watchers_tally){0};
}

int64_t watchers_deadline(const struct watchers *watchers)
{
	return watchers->ends;
}
