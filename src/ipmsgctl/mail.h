/* Messages by their numbers, as several commands take them. */
#ifndef IPMSG_IPMSGCTL_MAIL_H
#define IPMSG_IPMSGCTL_MAIL_H

#include "ipmsgctl/session.h"

/* The number of a message; 0, having said what is wrong, when the word is none. */
json_int_t mail_id(const char *command, const char *word);

/* All of these words, as for mail_id(): a new array, or NULL. */
json_t *mail_ids(const char *command, int count, char **words);

/* Reads the message, which is read from then on; `shown`: and shows it. */
enum status mail_read(struct session *session, json_int_t id, bool shown);

#endif
