/*
 * Which of several registrations an ask means, and whether its asker may know:
 * whom it cannot have must not be told from whom there is not.
 */
#ifndef IPMSG_SUPER_CHOOSE_H
#define IPMSG_SUPER_CHOOSE_H

#include <stdbool.h>
#include <stddef.h>

#include "super/registry.h"

struct super;
struct asking;

#define CHOICES_MAX 8
#define CHOICES_BYTES_MAX 800 /* of CH: with the rest an answer has at most SEND_BYTES_MAX */

enum choice_kind {
	CHOICE_ONE,
	CHOICE_UNKNOWN,
	CHOICE_AMBIGUOUS,
	CHOICE_HIDDEN, /* the option `directory` keeps from the asker whether there is somebody */
};

struct choice {
	enum choice_kind kind;
	struct registration *target;		      /* CHOICE_ONE */
	const struct registration *some[CHOICES_MAX]; /* CHOICE_AMBIGUOUS: one of each full name */
	size_t count;
};

/*
 * A full name means whoever has it; a bare nick somebody in the asker's group
 * first, then whoever is the only one. Among registrations under one full name:
 * keyed before unkeyed, fresh before stale, then the one heard last. Seeds,
 * which cannot be told of a choice, get the best.
 */
void choose(const struct super *super, const struct asking *asking, struct choice *choice);

/* The text of CH. Those that do not fit are left out. Returns its length. */
size_t choice_names(const struct choice *choice, char out[CHOICES_BYTES_MAX]);

/* Whether the option `directory` lets `asker` (NULL: who is not registered) ask for `other`. */
bool choose_visible(const struct super *super, const struct registration *asker,
    const struct registration *other);

#endif
