/* Events of the core into the mailbox, and outcomes back. */
#include "peerd/mail.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "io/readable.h"
#include "peerd/parts.h"
#include "store/memory.h"
#include "store/sqlite.h"

#define DAY_S 86400

/* Above what a life that ended without a word may have used and not noted. */
#define NUMBERS_AHEAD 1000

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

/* An event of that message, for followers: it is in the state that the mailbox has. */
static void tell_kept(struct peerd *peerd, enum peer_event_kind kind, uint64_t id)
{
	struct mail mail;
	struct peer_event event = {.kind = kind, .now = loop_now(), .message = id, .keep = true};

	if (peerd->keeping.mailbox->methods->find(peerd->keeping.mailbox, id, &mail) != MAIL_FOUND)
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
	keeping->told = keeping->mailbox->last_id;
	return true;
}

static bool is_well(const struct peerd *peerd)
{
	struct mailbox_status status;

	peerd->keeping.mailbox->methods->status(peerd->keeping.mailbox, &status);
	return status.well;
}

static void reseal(struct peerd *peerd, const struct mail *mail)
{
	peer_reseal(peerd->peer,
	    &(struct kept_seal_message){
		.id = mail->id,
		.sent = mail->direction == MAIL_SENT,
		.name = mail->name,
		.number = mail->number,
		.check = mail->check,
		.at = mail->at,
	    });
}

/* False when memory is short. */
static bool requeue(struct peerd *peerd, const struct mail *mail)
{
	return peer_requeue(peerd->peer,
	    &(struct queued_message){
		.id = mail->id,
		.name = mail->name,
		.number = mail->number,
		.sealed = mail->sealed,
		.many = mail->many,
		.expires = mail->expires,
		.reason = mail->reason,
	    });
}

/* Sealed, and its opening is still to be told, by us or to us. */
static bool awaits_opening(const struct mail *mail)
{
	if (!mail->sealed)
		return false;
	return mail->direction == MAIL_SENT ? mail->state == MESSAGE_DELIVERED : !mail->read;
}

static void reseal_those(struct peerd *peerd, enum mail_which which)
{
	struct mailbox *mailbox = peerd->keeping.mailbox;
	const struct mail_query query = {.which = which};
	uint64_t cursor = 0;
	struct mail mail;

	while (mailbox->methods->next(mailbox, &query, &cursor, &mail) == MAIL_FOUND) {
		if (awaits_opening(&mail))
			reseal(peerd, &mail);
	}
}

static void take_over(struct peerd *peerd)
{
	struct mailbox *mailbox = peerd->keeping.mailbox;
	const struct mail_query query = {.which = MAIL_ONLY_QUEUED};
	uint64_t cursor = 0;
	size_t lost = 0;
	struct mail mail;

	while (mailbox->methods->next(mailbox, &query, &cursor, &mail) == MAIL_FOUND)
		lost += !requeue(peerd, &mail);
	if (lost > 0)
		log_error("memory is short: %zu messages stay in the queue until the next start",
		    lost);
	reseal_those(peerd, MAIL_ONLY_UNREAD);
	reseal_those(peerd, MAIL_ONLY_SENT);
	peerd->keeping.requeued = true;
}

void mail_equip(struct peerd *peerd)
{
	const struct mailbox *mailbox = peerd->keeping.mailbox;

	peer_use_mailbox(peerd->peer, mailbox->last_id,
	    mailbox->last_number > 0 ? mailbox->last_number + NUMBERS_AHEAD : 0);
	if (is_well(peerd))
		take_over(peerd);
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

bool mail_collect_event(struct peerd *peerd, const struct peer_event *event)
{
	if (event->kind == EVENT_RECEIVED)
		return keep_received(peerd, event);
	return event->kind != EVENT_MESSAGE || !event->keep || keep_ours(peerd, event);
}

/* One that cannot be read now is not gone: the core would forget it. */
static void give_text(struct peerd *peerd, const struct news *news)
{
	struct mailbox *mailbox = peerd->keeping.mailbox;
	struct mail mail;
	bool found =
	    mailbox->methods->find(mailbox, news->event.message, &mail) == MAIL_FOUND;
	char *text = found ? strdup(mail.text) : NULL;

	if (text == NULL && (found || !is_well(peerd)))
		news_add(&peerd->keeping.texts, &news->event, true);
	else
		peer_text(peerd->peer, news->event.message, text, loop_now(), loop_wall(),
		    &peerd->batch);
	free(text);
}

void mail_act(struct peerd *peerd, const struct news *news)
{
	const struct peer_event *event = &news->event;
	struct mailbox *mailbox = peerd->keeping.mailbox;

	if (event->kind == EVENT_TEXT)
		give_text(peerd, news);
	else if (event->kind == EVENT_RECEIVED && !news->done)
		peer_refused(peerd->peer, event->message);
	else if (event->kind == EVENT_MESSAGE && !news->done)
		peer_kept(peerd->peer, event->message, false, loop_now(), loop_wall(),
		    &peerd->batch);
	else if (event->kind == EVENT_MESSAGE && !event->keep)
		mailbox->methods->set_state(mailbox, event->message, event->message_state,
		    event->reason, loop_wall());
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

/* What could not be read is tried again, once it is well. */
static void on_readable(void *context)
{
	struct peerd *peerd = context;
	struct keeping *keeping = &peerd->keeping;

	sqlite_collect(keeping->mailbox);
	if (peerd->peer != NULL && is_well(peerd)) {
		if (!keeping->requeued)
			take_over(peerd);
		TAILQ_CONCAT(&peerd->news, &keeping->texts, next);
	}
	if (peerd->peer != NULL)
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
	struct news *news;

	if (keeping->mailbox == NULL)
		return;
	keeping->mailbox->methods->free(keeping->mailbox);
	mail_remove_backup(peerd);
	while ((news = news_take(&keeping->texts)) != NULL)
		free(news);
}
