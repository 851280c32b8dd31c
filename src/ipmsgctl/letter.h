/* A message as a person asks for it: its text, and how far it is followed. */
#ifndef IPMSG_IPMSGCTL_LETTER_H
#define IPMSG_IPMSGCTL_LETTER_H

#include <jansson.h>
#include <stdbool.h>

/* UNTIL_SETTLED: until it is delivered, or known to have to wait. */
enum until { UNTIL_KEPT, UNTIL_SETTLED, UNTIL_DELIVERED, UNTIL_READ };

struct letter {
	const char *text;
	bool sealed;
	bool many; /* one of several to several people */
	bool now;  /* it is not to wait in the queue */
	enum until until;
};

/*
 * The words joined by blanks, or standard input without its last newline when
 * there are none or only "-". To be freed; NULL when it is no text for a
 * message, having said why.
 */
char *letter_text(int argc, char **argv);

/* Parameters of Send. */
json_t *letter_parameters(const struct letter *letter, const char *name);

/* Whether a reply says that it has come as far as it is followed. */
bool letter_arrived(const struct letter *letter, const json_t *reply);

/* The state in a reply, in words. */
void letter_print_state(const struct letter *letter, FILE *stream, const json_t *reply);

#endif
