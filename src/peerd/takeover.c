/* From the mailbox to the core, in steps that may fail and are taken again. */
#include "peerd/takeover.h"

#include "peerd/parts.h"

/* Above what a life that ended without a word may have used and not noted. */
#define NUMBERS_AHEAD 1000

static bool is_well(const struct peerd *peerd)
{
	struct mailbox_status status;

	peerd->keeping.mailbox->methods->status(peerd->keeping.mailbox, &status);
	return status.well;
}

static void count_on(struct peerd *peerd)
{
	const struct mailbox *mailbox = peerd->keeping.mailbox;

	peer_use_mailbox(peerd->peer, mailbox->last_id,
	    mailbox->last_number > 0 ? mailbox->last_number + NUMBERS_AHEAD : 0);
}

/* Its ids were made up until now, since those in it were not known. */
static void opened(struct peerd *peerd)
{
	struct takeover *takeover = &peerd->keeping.takeover;

	count_on(peerd);
	takeover->opened = true;
	takeover->last_id = peerd->keeping.mailbox->last_id;
	peerd->keeping.told = takeover->last_id;
}

static bool reseal(struct peerd *peerd, const struct mail *mail)
{
	peer_reseal(peerd->peer,
	    &(struct kept_seal_message){
		.id = mail->id,
		.sent = mail->direction == MAIL_SENT,
		.name = mail->name,
		.number = mail->number,
		.check = mail->check,
		.read = mail->read,
		.at = mail->at,
	    });
	return true;
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

/*
 * False where it cannot go on now, with the cursor before what was not taken over. What came in
 * this life is in the core already.
 */
static bool take_those(struct peerd *peerd, enum mail_which which,
    bool (*take)(struct peerd *, const struct mail *))
{
	struct mailbox *mailbox = peerd->keeping.mailbox;
	struct takeover *takeover = &peerd->keeping.takeover;
	const struct mail_query query = {.which = which};
	uint64_t cursor = takeover->cursor;
	enum mail_found found;
	struct mail mail;

	while ((found = mailbox->methods->next(mailbox, &query, &cursor, &mail)) == MAIL_FOUND &&
	    mail.id <= takeover->last_id) {
		if (!take(peerd, &mail))
			return false;
		takeover->cursor = cursor;
	}
	return found != MAIL_UNREADABLE;
}

bool takeover_go_on(struct peerd *peerd)
{
	struct takeover *takeover = &peerd->keeping.takeover;

	if (takeover->stage == TAKEOVER_OVER || !is_well(peerd))
		return true;
	if (!takeover->opened)
		opened(peerd);
	if (takeover->stage == TAKEOVER_QUEUE) {
		if (!take_those(peerd, MAIL_ONLY_QUEUED, requeue))
			return false;
		takeover->stage = TAKEOVER_SEALS;
		takeover->cursor = 0;
	}
	if (!take_those(peerd, MAIL_ONLY_SEALED, reseal))
		return false;
	takeover->stage = TAKEOVER_OVER;
	return true;
}

bool takeover_begin(struct peerd *peerd)
{
	count_on(peerd);
	return takeover_go_on(peerd);
}
