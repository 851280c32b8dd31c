/* States and reasons as the database has them: in words, which outlive the order of the enums. */
#ifndef IPMSG_STORE_WORDS_H
#define IPMSG_STORE_WORDS_H

#include "peer/mailbox.h"

const char *words_of_state(enum message_state state);
const char *words_of_reason(enum reason reason);

/* What is not known is "failed" and none. */
enum message_state words_to_state(const char *word);
enum reason words_to_reason(const char *word);

#endif
