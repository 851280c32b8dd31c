/* A list that the daemon hands over page by page, shown as it comes. */
#ifndef IPMSG_IPMSGCTL_LISTING_H
#define IPMSG_IPMSGCTL_LISTING_H

#include "ipmsgctl/session.h"

struct listing {
	const struct daemon *daemon;
	const char *method;
	const char *name; /* the array in each reply, and in the JSON that is written */
	const struct column *columns;
	output_compare_fn compare; /* NULL: in the daemon's order, as JSON always is */
	output_text_fn block;	   /* in place of columns */
	const char *none;     /* said when there is nothing */
};

/* `parameters` is taken over (NULL: none). */
enum status listing_run(struct session *session, const struct listing *listing,
    json_t *parameters);

/* Hands each item to `take` in place of showing it. */
typedef void (*listing_take_fn)(json_t *item, void *context);
enum status listing_each(struct session *session, const struct listing *listing,
    json_t *parameters, listing_take_fn take, void *context);

#endif
