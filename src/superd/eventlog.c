/* Events into log lines. */
#include "superd/eventlog.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/log.h"

#define WHO_MAX 512

void eventlog_init(struct eventlog *log)
{
	limiter_init(&log->limiter);
}

/* nick@group, as the peer gave it; the log escapes it. */
static const char *who(const struct names *names, char out[WHO_MAX])
{
	struct span nick, group;

	if (names == NULL)
		return "somebody who is not registered";
	nick = names_part(names, NAME_NICK);
	group = names_part(names, NAME_GROUP);
	snprintf(out, WHO_MAX, "%.*s%s%.*s", (int)nick.len, (const char *)nick.data,
	    group.len > 0 ? "@" : "", (int)group.len, (const char *)group.data);
	return out;
}

static void write_refused(const struct super_event *event, const char *from)
{
	switch (event->reason) {
	case SUPER_GUESSED:
		log_info("a packet from %s refused: it answers a probe that was not sent", from);
		break;
	case SUPER_FULL:
		log_warn("an entry from %s refused: the registry is full (max-registrations)",
		    from);
		break;
	case SUPER_SAME_NICK:
		log_info("an entry from %s refused: too many have that nick (max-same-nick)", from);
		break;
	case SUPER_NO_MEMORY:
		log_warn("a packet from %s refused: memory is short", from);
		break;
	default:
		log_info("a packet from %s refused: it does not prove its sender", from);
		break;
	}
}

/* True if strangers can bring it about as often as they like. */
static bool is_limited(const struct super_event *event)
{
	return event->kind == SUPER_REFUSED ||
	    (event->kind == SUPER_DECLINED && event->reason == SUPER_BUSY);
}

static void write_limited(struct eventlog *log, const struct super_event *event, int64_t now)
{
	char from[ENDPOINT_TEXT_MAX];

	eventlog_tick(log, now);
	if (!limiter_pass(&log->limiter, event->from, now))
		return;
	log_endpoint(event->from, from);
	if (event->kind == SUPER_REFUSED)
		write_refused(event, from);
	else
		log_info("an ask from %s declined: too many introductions are under way", from);
}

static void write_asked(const struct super_event *event)
{
	char asker[WHO_MAX], from[ENDPOINT_TEXT_MAX], at[ENDPOINT_TEXT_MAX], target[WHO_MAX];

	log_endpoint(event->from, from);
	if (event->kind == SUPER_DECLINED)
		log_debug("%s at %s asked for %.*s: %s", who(event->asker, asker), from,
		    (int)event->wanted.len, (const char *)event->wanted.data,
		    super_reason_name(event->reason));
	else
		log_debug("%s at %s introduced to %s at %s%s", who(event->asker, asker), from,
		    who(event->names, target), log_endpoint(event->at, at),
		    event->stale ? ", which is stale" : "");
}

static void write_registration(const struct super_event *event)
{
	char name[WHO_MAX], at[ENDPOINT_TEXT_MAX], former[ENDPOINT_TEXT_MAX];

	who(event->names, name);
	log_endpoint(event->at, at);
	if (event->kind == SUPER_MOVED)
		log_debug("%s moved from %s to %s", name, log_endpoint(event->from, former), at);
	else if (event->kind == SUPER_LEFT)
		log_debug("%s at %s left: %s", name, at, super_reason_name(event->reason));
	else
		log_debug("%s at %s: %s", name, at, super_event_name(event->kind));
}

void eventlog_write(struct eventlog *log, const struct super_event *event, int64_t now)
{
	if (is_limited(event))
		write_limited(log, event, now);
	else if (log_get_level() < LOG_LEVEL_DEBUG)
		return;
	else if (event->kind == SUPER_DECLINED || event->kind == SUPER_INTRODUCED)
		write_asked(event);
	else
		write_registration(event);
}

void eventlog_tick(struct eventlog *log, int64_t now)
{
	struct limiter_report report;
	char most[ENDPOINT_TEXT_MAX];

	if (!limiter_close(&log->limiter, now, &report))
		return;
	if (report.held_of_most > 0)
		log_info("held back %" PRIu64 " more lines about packets of strangers in the last "
			 "minute, %" PRIu64 " of them from %s",
		    report.held, report.held_of_most, log_endpoint(&report.most, most));
	else
		log_info("held back %" PRIu64 " more lines about packets of strangers in the last "
			 "minute",
		    report.held);
}

int64_t eventlog_deadline(const struct eventlog *log)
{
	return limiter_deadline(&log->limiter);
}
