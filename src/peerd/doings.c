/* What a person or program wants of the peer: handed to the core, and kept in the mailbox. */
#include "base/log.h"
#include "peerd/parts.h"

uint32_t peerd_ask(struct peerd *peerd, const char *name, const struct endpoint *at,
    enum reason *reason)
{
	return peer_ask(peerd->peer, name, at, loop_now(), loop_wall(), &peerd->batch, reason);
}

uint64_t peerd_send(struct peerd *peerd, const struct letter *letter, enum reason *reason)
{
	return peer_send(peerd->peer, letter, loop_now(), loop_wall(), &peerd->batch, reason);
}

bool peerd_unqueue(struct peerd *peerd, uint64_t message)
{
	return peer_unqueue(peerd->peer, message, loop_now(), loop_wall(), &peerd->batch);
}

bool peerd_unqueue_all(struct peerd *peerd, const char *name, size_t *removed)
{
	return peer_unqueue_all(peerd->peer, name, removed, loop_now(), loop_wall(), &peerd->batch);
}

/* The core tells nothing of it any more: those who watch are told once it is kept. */
uint64_t peerd_broadcast(struct peerd *peerd, const char *text, uint32_t *count,
    enum reason *reason)
{
	struct mailbox *mailbox = peerd->keeping.mailbox;
	struct mail mail = {
	    .direction = MAIL_SENT,
	    .name = "*",
	    .user = "",
	    .host = "",
	    .text = text,
	    .wall = loop_wall(),
	    .changed = loop_wall(),
	    .state = MESSAGE_BROADCAST,
	    .broadcast = true,
	};

	mail.id = peer_broadcast(peerd->peer, text, loop_now(), mail.wall, &peerd->batch, count,
	    reason);
	if (mail.id != 0 &&
	    (!peerd->keeping.takeover.opened || !mailbox->methods->add(mailbox, &mail, NULL)))
		log_warn("a message to everybody has left, and could not be kept");
	return mail.id;
}

bool peerd_read(struct peerd *peerd, const struct mail *mail)
{
	struct mailbox *mailbox = peerd->keeping.mailbox;
	const uint64_t id = mail->id;
	const bool sealed = mail->sealed;

	if (mail->read)
		return true;
	if (!mailbox->methods->set_read(mailbox, id, loop_wall()))
		return false;
	if (sealed)
		peer_opened(peerd->peer, id, loop_now(), loop_wall(), &peerd->batch);
	return true;
}

void peerd_set_absence(struct peerd *peerd, const struct absence *absence)
{
	peer_set_absence(peerd->peer, absence, loop_now(), loop_wall(), &peerd->batch);
}

uint32_t peerd_roster(struct peerd *peerd, enum reason *reason)
{
	return peer_roster(peerd->peer, loop_now(), loop_wall(), &peerd->batch, reason);
}

bool peerd_refresh(struct peerd *peerd)
{
	return peer_refresh(peerd->peer, loop_now(), loop_wall(), &peerd->batch);
}

bool peerd_forget(struct peerd *peerd, const char *host, uint16_t port)
{
	bool had = keyring_forget(&peerd->keyring, host, port);

	peer_forget_supernode(peerd->peer, host, port, loop_now(), loop_wall(), &peerd->batch);
	return had;
}
