/* Events into log lines. */
#include "superd/eventlog.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/heap.h"
#include "base/log.h"

#define WHO_MAX 512

void eventlog_init(struct eventlog *log)
{
	limiter_init(&log->limiter);
	log->own = (struct eventlog_own){.ends = DEADLINE_NEVER};
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

static const struct {
	const char *what, *why;
	bool own; /* one of our own limits is reached */
	enum log_level level;
} words[SUPER_REASONS] = {
    [SUPER_FORGED] = {"a packet", "refused: it does not prove its sender", false,
	LOG_LEVEL_INFO},
    [SUPER_GUESSED] = {"a packet", "refused: it answers a probe that was not sent", false,
	LOG_LEVEL_INFO},
    [SUPER_FULL] = {"an entry", "refused: the registry is full (max-registrations)", true,
	LOG_LEVEL_WARN},
    [SUPER_SAME_NICK] = {"an entry", "refused: too many have that nick (max-same-nick)", true,
	LOG_LEVEL_INFO},
    [SUPER_NO_MEMORY] = {"a packet", "refused: memory is short", true, LOG_LEVEL_WARN},
    [SUPER_LIMITED] = {"an ask", "declined: there were too many (asks-per-source, "
				 "orders-per-asker, orders-per-target)", true, LOG_LEVEL_INFO},
    [SUPER_SOURCE_FULL] = {"an entry", "refused: too many are registered from its network "
				       "(max-per-source)", true, LOG_LEVEL_INFO},
    [SUPER_BANNED] = {"an entry", "refused: its name or key is banned", true, LOG_LEVEL_INFO},
    [SUPER_DRAINING] = {"an entry", "refused: nobody new is let in while draining", true,
	LOG_LEVEL_INFO},
    [SUPER_TAKEN] = {"an entry", "refused: the name belongs to another's key", false,
	LOG_LEVEL_INFO},
    [SUPER_REPLAYED] = {"a packet", "refused: it is older than what is known of its sender", false,
	LOG_LEVEL_INFO},
    [SUPER_NEW_NAMES] = {"an entry",
	"served, but its name is not kept for its key: its nick has an "
	"'@', or too many are new (new-names-per-source, max-pins)", true,
	LOG_LEVEL_INFO},
    [SUPER_BUSY] = {"an ask", "declined: too many introductions are under way", true,
	LOG_LEVEL_INFO},
};

/* What has words of its own is for everybody who reads the log. */
static enum log_level level_of(const struct super_event *event)
{
	if (super_event_of_strangers(event) && words[event->reason].what != NULL)
		return words[event->reason].level;
	return LOG_LEVEL_DEBUG;
}

static bool own_pass(struct eventlog_own *own, enum super_reason reason, int64_t now)
{
	if (own->ends == DEADLINE_NEVER)
		own->ends = now + LIMITER_WINDOW_MS;
	if (own->seen[reason]++ == 0)
		return true;
	own->held_ever++;
	return false;
}

static void own_close(struct eventlog_own *own, int64_t now)
{
	if (now < own->ends)
		return;
	for (size_t i = 0; i < SUPER_REASONS; i++) {
		if (own->seen[i] > 1)
			(words[i].level == LOG_LEVEL_WARN ? log_warn : log_info)(
			    "%" PRIu64 " times more in the last minute: %s %s", own->seen[i] - 1,
			    words[i].what, words[i].why);
		own->seen[i] = 0;
	}
	own->ends = DEADLINE_NEVER;
}

static void write_limited(struct eventlog *log, const struct super_event *event, int64_t now)
{
	char from[ENDPOINT_TEXT_MAX];
	bool passes;

	eventlog_tick(log, now);
	if (words[event->reason].own)
		passes = own_pass(&log->own, event->reason, now);
	else
		passes = limiter_pass(&log->limiter, event->from, now);
	if (!passes)
		return;
	log_endpoint(event->from, from);
	(level_of(event) == LOG_LEVEL_WARN ? log_warn : log_info)("%s from %s %s",
	    words[event->reason].what, from, words[event->reason].why);
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
	enum log_level level = level_of(event);

	/* first of all: a flood must not cost more than its packets */
	if (log_get_level() < level)
		return;
	if (level < LOG_LEVEL_DEBUG)
		write_limited(log, event, now);
	else if (event->kind == SUPER_DECLINED || event->kind == SUPER_INTRODUCED)
		write_asked(event);
	else
		write_registration(event);
}

static void close_limiter(struct limiter *limiter, int64_t now)
{
	struct limiter_report report;
	char most[ENDPOINT_TEXT_MAX];

	if (!limiter_close(limiter, now, &report))
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

void eventlog_tick(struct eventlog *log, int64_t now)
{
	close_limiter(&log->limiter, now);
	own_close(&log->own, now);
}

int64_t eventlog_deadline(const struct eventlog *log)
{
	int64_t strangers = limiter_deadline(&log->limiter);

	return strangers < log->own.ends ? strangers : log->own.ends;
}

void eventlog_end(struct eventlog *log)
{
	eventlog_tick(log, DEADLINE_NEVER);
}

uint64_t eventlog_held(const struct eventlog *log)
{
	return log->limiter.held_ever + log->own.held_ever;
}
