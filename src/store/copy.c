/* Copies of messages, and what a query asks of one. */
#include "store/copy.h"

#include <stdlib.h>
#include <string.h>

#define ROW_BYTES 512 /* numbers, its part of the indexes, and its mark */

static size_t text_bytes(const struct mail *mail)
{
	size_t bytes = strlen(mail->name) + strlen(mail->user) + strlen(mail->host) +
	    strlen(mail->text) + 4;

	for (size_t i = 0; i < mail->offer_count; i++)
		bytes += strlen(mail->offers[i].name) + 1;
	return bytes;
}

/* Copies a text to `*room`, which moves on behind it. */
static const char *keep(char **room, const char *text)
{
	size_t len = strlen(text) + 1;
	char *copy = memcpy(*room, text, len);

	*room += len;
	return copy;
}

struct copy *copy_new(const struct mail *mail)
{
	size_t bytes = sizeof(struct copy) + mail->offer_count * sizeof *mail->offers +
	    text_bytes(mail);
	struct copy *copy = malloc(bytes);

	if (copy == NULL)
		return NULL;
	char *room = (char *)&copy->offers[mail->offer_count];

	copy->mail = *mail;
	copy->bytes = bytes;
	copy->mail.name = keep(&room, mail->name);
	copy->mail.user = keep(&room, mail->user);
	copy->mail.host = keep(&room, mail->host);
	copy->mail.text = keep(&room, mail->text);
	copy->mail.offers = copy->offers;
	for (size_t i = 0; i < mail->offer_count; i++) {
		copy->offers[i] = mail->offers[i];
		copy->offers[i].name = keep(&room, mail->offers[i].name);
	}
	return copy;
}

size_t mail_bytes(const struct mail *mail)
{
	return ROW_BYTES + text_bytes(mail) + mail->offer_count * sizeof *mail->offers;
}

bool mail_unread(const struct mail *mail)
{
	return mail->direction == MAIL_RECEIVED && !mail->read;
}

bool mail_queued(const struct mail *mail)
{
	return mail->direction == MAIL_SENT &&
	    (mail->state == MESSAGE_WAITING || mail->state == MESSAGE_SENT);
}

/* Its opening is still to be told: to us, or by us. */
static bool mail_sealed(const struct mail *mail)
{
	if (!mail->sealed)
		return false;
	return mail->direction == MAIL_SENT ? mail->state == MESSAGE_DELIVERED
					    : !mail->read || !mail->told;
}

static bool which_matches(const struct mail *mail, enum mail_which which)
{
	switch (which) {
	case MAIL_ALL:
		return true;
	case MAIL_ONLY_RECEIVED:
		return mail->direction == MAIL_RECEIVED;
	case MAIL_ONLY_UNREAD:
		return mail_unread(mail);
	case MAIL_ONLY_SENT:
		return mail->direction == MAIL_SENT;
	case MAIL_ONLY_QUEUED:
		return mail_queued(mail);
	case MAIL_ONLY_SEALED:
		return mail_sealed(mail);
	}
	return false;
}

/* The whole name, or all of it before its first '@'. */
static bool name_matches(const char *name, const char *with)
{
	size_t len = strlen(with);

	return strcmp(name, with) == 0 ||
	    (strcspn(name, "@") == len && strncmp(name, with, len) == 0);
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* Not strcasestr(): what it takes for one letter depends on the locale. */
static bool contains(const char *text, const char *part)
{
	size_t i = 0;

	for (size_t at = 0;; at++) {
		for (i = 0; part[i] != '\0' && lower(text[at + i]) == lower(part[i]);)
			i++;
		if (part[i] == '\0')
			return true;
		if (text[at + i] == '\0')
			return false;
	}
}

bool copy_matches(const struct mail *mail, const struct mail_query *query)
{
	if (!which_matches(mail, query->which))
		return false;
	if (query->with != NULL && !name_matches(mail->name, query->with))
		return false;
	if (query->search == NULL)
		return true;
	if (mail->sealed && mail_unread(mail))
		return false;
	return contains(mail->text, query->search);
}
