/* Events of the core into the mailbox, and outcomes back. */
#include "peerd/mail.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/heap.h"
#include "base/log.h"
#include "io/readable.h"
#include "peerd/parts.h"
#include "peerd/takeover.h"
#include "store/memory.h"
#include "store/sqlite.h"

#define DAY_S 86400
#define RETRY_MS 1000

static struct mailbox_limits limits_of(const struct peerd_settings *settings)
{
	return (struct mailbox_limits){
	    .age = (int64_t)settings->keep_messages * DAY_S,
	    .bytes = settings->mailbox_size,
	};
}

static void on_log(void *context, enum mailbox_log level, const char *text)
{
	if (level == MAILBOX_LOG_ERROR)
		log_error("mailbox: %s", text);
	else if (level == MAILBOX_LOG_WARNING)
		log_warn("mailbox: %s", text);
	else
		log_info("mailbox: %s", text);
}

/*
 * An event of that message, for followers: it is in the state that the mailbox has. Where that
 * cannot be read it is kept all the same, which somebody waits for.
 */
static void tell_kept(struct peerd *peerd, enum peer_event_kind kind, uint64_t id)
{
	struct mail mail = {.state = MESSAGE_WAITING};
	struct peer_event event = {.kind = kind, .now = loop_now(), .message = id, .keep = true};

	if (peerd->keeping.mailbox->methods->find(peerd->keeping.mailbox, id, &mail) == MAIL_NONE)
		return;
	event.message_state = mail.state;
	event.reason = mail.reason;
	followers_tell(&peerd->followers, &event, peerd->peer, peerd->keeping.mailbox);
}

static void received_outcome(struct peerd *peerd, const struct mail_outcome *outcome)
{
	int64_t now = loop_now(), wall = loop_wall();

	if (outcome->result == MAIL_LOST) {
		peer_refused(peerd->peer, outcome->id);
	} else if (outcome->result == MAIL_KNOWN) {
		peer_known(peerd->peer, outcome->id, now, wall, &peerd->batch);
	} else {
		peer_stored(peerd->peer, outcome->id, now, wall, &peerd->batch);
		tell_kept(peerd, EVENT_RECEIVED, outcome->id);
	}
}

/* A new number is an outcome too, and no news. */
static void sent_outcome(struct peerd *peerd, const struct mail_outcome *outcome)
{
	bool kept = outcome->result != MAIL_LOST;

	if (kept && outcome->id > peerd->keeping.told) {
		peerd->keeping.told = outcome->id;
		tell_kept(peerd, EVENT_MESSAGE, outcome->id);
	}
	peer_kept(peerd->peer, outcome->id, kept, loop_now(), loop_wall(), &peerd->batch);
}

static void on_outcome(void *context, const struct mail_outcome *outcome)
{
	struct peerd *peerd = context;

	if (peerd->peer == NULL)
		return;
	if (outcome->direction == MAIL_RECEIVED)
		received_outcome(peerd, outcome);
	else
		sent_outcome(peerd, outcome);
}

void mail_backup_path(const struct peerd *peerd, char path[MAIL_PATH_MAX])
{
	snprintf(path, MAIL_PATH_MAX, "%s/" MAIL_BACKUP_FILE, peerd->state_directory);
}

void mail_remove_backup(const struct peerd *peerd)
{
	static const char *const ends[] = {"", "-journal", "-wal", "-shm"};
	char path[MAIL_PATH_MAX], file[MAIL_PATH_MAX + 16];

	if (!peerd->keeping.on_disk)
		return;
	mail_backup_path(peerd, path);
	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
		snprintf(file, sizeof file, "%s%s", path, ends[i]);
		unlink(file);
	}
}

/* Two processes would give the same numbers to what they keep in one mailbox. */
static bool may_use_disk(const struct peerd *peerd)
{
	if (*peerd->conf.peerd.state_directory == '\0')
		return false;
	if (!peerd->keyring.in_use)
		return true;
	log_warn("messages are kept in memory only, and are gone when this peer ends: another one "
		 "uses %s; choose another directory with the option `state-directory' in %s",
	    peerd->conf.peerd.state_directory, peerd->options->config);
	return false;
}

bool mail_open(struct peerd *peerd)
{
	struct keeping *keeping = &peerd->keeping;

	TAILQ_INIT(&keeping->texts);
	TAILQ_INIT(&keeping->changes);
	keeping->due = DEADLINE_NEVER;
	snprintf(peerd->state_directory, sizeof peerd->state_directory, "%s",
	    peerd->conf.peerd.state_directory);
	keeping->on_disk = may_use_disk(peerd);
	mail_remove_backup(peerd);
	keeping->mailbox = keeping->on_disk
	    ? sqlite_open(&(struct sqlite_options){
		  .directory = peerd->state_directory,
		  .limits = limits_of(&peerd->conf.peerd),
		  .log = on_log,
	      })
	    : memory_new(MEMORY_MESSAGES, MEMORY_BYTES);
	if (keeping->mailbox == NULL) {
		log_error("out of memory");
		return false;
	}
	keeping->mailbox->on_outcome = on_outcome;
	keeping->mailbox->context = peerd;
	return true;
}

void mail_reload(struct peerd *peerd)
{
	const struct mailbox_limits limits = limits_of(&peerd->conf.peerd);

	if (peerd->keeping.on_disk)
		sqlite_set_limits(peerd->keeping.mailbox, &limits);
}

static bool keep_received(struct peerd *peerd, const struct peer_event *event)
{
	struct mailbox *mailbox = peerd->keeping.mailbox;
	const int64_t wall = loop_wall();
	const struct mail mail = {
	    .id = event->message,
	    .direction = MAIL_RECEIVED,
	    .name = event->name,
	    .user = event->user != NULL ? event->user : "",
	    .host = event->host != NULL ? event->host : "",
	    .text = event->text,
	    .at = event->at,
	    .wall = wall,
	    .changed = wall,
	    .number = event->number,
	    .state = MESSAGE_DELIVERED,
	    .sealed = event->sealed,
	    .check = event->check,
	    .stranger = event->stranger,
	    .broadcast = event->broadcast,
	    .automatic = event->automatic,
	    .offers = event->offers,
	    .offer_count = event->offer_count,
	};
	struct mail_mark mark = {.by_number = event->by_number, .since = event->again};

	memcpy(mark.digest, event->mark, sizeof mark.digest);
	memcpy(mark.number_digest, event->number_mark, sizeof mark.number_digest);
	return mailbox->methods->add(mailbox, &mail, &mark);
}

static bool keep_ours(struct peerd *peerd, const struct peer_event *event)
{
	struct mailbox *mailbox = peerd->keeping.mailbox;
	const int64_t wall = loop_wall();
	const struct mail mail = {
	    .id = event->message,
	    .direction = MAIL_SENT,
	    .name = event->name,
	    .user = "",
	    .host = "",
	    .text = event->text,
	    .wall = wall,
	    .changed = wall,
	    .expires = event->expires,
	    .number = event->number,
	    .state = event->message_state,
	    .reason = event->reason,
	    .sealed = event->sealed,
	    .automatic = event->automatic,
	    .many = event->many,
	};

	if (event->text == NULL)
		return mailbox->methods->set_number(mailbox, event->message, event->number);
	return mailbox->methods->add(mailbox, &mail, NULL);
}

/* What changes something that is kept; not lost: it is tried again until it is collected. */
static bool is_change(const struct peer_event *event)
{
	return event->kind == EVENT_TOLD || event->kind == EVENT_CLOCK ||
	    (event->kind == EVENT_MESSAGE && !event->keep);
}

static bool change(struct mailbox *mailbox, const struct peer_event *event)
{
	if (event->kind == EVENT_TOLD)
		return mailbox->methods->set_told(mailbox, event->message);
	if (event->kind == EVENT_CLOCK)
		return mailbox->methods->shift_expiry(mailbox, event->shift, event->latest);
	return mailbox->methods->set_state(mailbox, event->message, event->message_state,
	    event->reason, loop_wall());
}

/* One that overtook an earlier one would be undone by it. */
static bool collect_change(struct keeping *keeping, const struct peer_event *event)
{
	if (!keeping->behind)
		keeping->behind = !change(keeping->mailbox, event);
	return !keeping->behind;
}

/* Before the mailbox was opened, a message has no id that would be its own in there. */
bool mail_collect_event(struct peerd *peerd, const struct peer_event *event)
{
	if (is_change(event))
		return collect_change(&peerd->keeping, event);
	if (!peerd->keeping.takeover.opened)
		return false;
	return event->kind == EVENT_RECEIVED ? keep_received(peerd, event) : keep_ours(peerd, event);
}

static void try_later(struct keeping *keeping)
{
	if (keeping->due == DEADLINE_NEVER)
		keeping->due = loop_now() + RETRY_MS;
}

/* False for one that cannot be read now: it is not gone, and the core would forget it. */
static bool give_text(struct peerd *peerd, uint64_t id)
{
	struct mailbox *mailbox = peerd->keeping.mailbox;
	struct mail mail;
	enum mail_found found = mailbox->methods->find(mailbox, id, &mail);
	char *text = found == MAIL_FOUND ? strdup(mail.text) : NULL;

	if (text == NULL && found != MAIL_NONE)
		return false;
	peer_text(peerd->peer, id, text, loop_now(), loop_wall(), &peerd->batch);
	free(text);
	return true;
}

static bool put_aside(struct keeping *keeping, struct news_queue *queue, struct news *news)
{
	TAILQ_INSERT_TAIL(queue, news, next);
	try_later(keeping);
	return false;
}

bool mail_act(struct peerd *peerd, struct news *news)
{
	const struct peer_event *event = &news->event;
	struct keeping *keeping = &peerd->keeping;

	if (event->kind == EVENT_TEXT)
		return give_text(peerd, event->message) ||
		    put_aside(keeping, &keeping->texts, news);
	if (news->done)
		return true;
	if (is_change(event))
		return put_aside(keeping, &keeping->changes, news);
	if (event->kind == EVENT_RECEIVED)
		peer_refused(peerd->peer, event->message);
	else
		peer_kept(peerd->peer, event->message, false, loop_now(), loop_wall(),
		    &peerd->batch);
	return true;
}

bool mail_is_told_now(const struct news *news)
{
	return news->done && news->event.kind != EVENT_RECEIVED && !news->event.keep;
}

void mail_commit(struct peerd *peerd)
{
	struct mailbox *mailbox = peerd->keeping.mailbox;

	mailbox->methods->note_number(mailbox, peer_last_number(peerd->peer));
	mailbox->methods->commit(mailbox, loop_wall());
}

/* In their order: newer ones stand behind them, also in the news. */
static void make_changes(struct peerd *peerd)
{
	struct keeping *keeping = &peerd->keeping;
	bool newer = !TAILQ_EMPTY(&peerd->news);
	struct news *news;

	while ((news = TAILQ_FIRST(&keeping->changes)) != NULL &&
	    change(keeping->mailbox, &news->event)) {
		TAILQ_REMOVE(&keeping->changes, news, next);
		news->done = true;
		TAILQ_INSERT_TAIL(&peerd->news, news, next);
	}
	keeping->behind = keeping->behind && (newer || news != NULL);
	if (keeping->behind)
		try_later(keeping);
}

/* All that could not be done before. */
static void go_on(struct peerd *peerd)
{
	struct keeping *keeping = &peerd->keeping;

	keeping->due = DEADLINE_NEVER;
	if (!takeover_go_on(peerd))
		try_later(keeping);
	make_changes(peerd);
	TAILQ_CONCAT(&peerd->news, &keeping->texts, next);
}

void mail_equip(struct peerd *peerd)
{
	if (!takeover_begin(peerd))
		try_later(&peerd->keeping);
}

int64_t mail_deadline(const struct peerd *peerd)
{
	return peerd->keeping.due;
}

void mail_tick(struct peerd *peerd)
{
	if (peerd->keeping.due <= loop_now())
		go_on(peerd);
}

/* Something was written, or can be (again): that is also when reading may work again. */
static void on_readable(void *context)
{
	struct peerd *peerd = context;

	sqlite_collect(peerd->keeping.mailbox);
	if (peerd->peer == NULL)
		return;
	go_on(peerd);
	peerd_settle(peerd);
}

bool mail_watch(struct peerd *peerd)
{
	struct keeping *keeping = &peerd->keeping;

	if (!keeping->on_disk)
		return true;
	keeping->watch = readable_watch(loop_base(peerd->loop), sqlite_fd(keeping->mailbox),
	    on_readable, peerd);
	return keeping->watch != NULL;
}

void mail_unwatch(struct peerd *peerd)
{
	readable_free(peerd->keeping.watch);
	peerd->keeping.watch = NULL;
}

void mail_close(struct peerd *peerd)
{
	struct keeping *keeping = &peerd->keeping;

	if (keeping->mailbox == NULL)
		return;
	keeping->mailbox->methods->free(keeping->mailbox);
	mail_remove_backup(peerd);
	news_clear(&keeping->texts);
	news_clear(&keeping->changes);
}
