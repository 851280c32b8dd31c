/* What a person or program wants of the peer: handed to the core, and kept in the mailbox. */
#include "peerd/parts.h"

uint32_t peerd_ask(struct peerd *peerd, const char *name, const struct endpoint *at,
    enum reason *reason)
{
	return peer_ask(peerd->peer, name, at, loop_now(), loop_wall(), &peerd->batch, reason);
}

uint64_t peerd_send(struct peerd *peerd, const struct letter *letter, enum reason *reason)
{
	struct mail mail = {
	    .direction = MAIL_SENT,
	    .name = letter->name,
	    .text = letter->text,
	    .wall = loop_wall(),
	    .state = MESSAGE_WAITING,
	    .sealed = letter->sealed,
	};

	mail.id = peer_send(peerd->peer, letter, loop_now(), mail.wall, &peerd->batch, reason);
	if (mail.id != 0)
		peerd->mailbox->methods->add(peerd->mailbox, &mail);
	return mail.id;
}

/* The core tells nothing of it any more, so those who watch are told from here. */
uint64_t peerd_broadcast(struct peerd *peerd, const char *text, uint32_t *count,
    enum reason *reason)
{
	struct mail mail = {
	    .direction = MAIL_SENT,
	    .name = "*",
	    .text = text,
	    .wall = loop_wall(),
	    .state = MESSAGE_BROADCAST,
	    .broadcast = true,
	};

	mail.id = peer_broadcast(peerd->peer, text, loop_now(), mail.wall, &peerd->batch, count,
	    reason);
	if (mail.id != 0 && peerd->mailbox->methods->add(peerd->mailbox, &mail))
		news_add(&peerd->news,
		    &(struct peer_event){
			.kind = EVENT_MESSAGE, .now = loop_now(),
			.message = mail.id, .message_state = mail.state,
		    },
		    true);
	return mail.id;
}

void peerd_opened(struct peerd *peerd, uint64_t message)
{
	peerd->mailbox->methods->set_opened(peerd->mailbox, message);
	peer_opened(peerd->peer, message, loop_now(), loop_wall(), &peerd->batch);
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
