/*
 * Names into addresses without waiting: /etc/hosts, then the name servers of
 * /etc/resolv.conf. A numeric address needs neither.
 */
#ifndef IPMSG_IO_RESOLVER_H
#define IPMSG_IO_RESOLVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/endpoint.h"

struct event_base;
struct resolver;

#define RESOLVER_FAMILY_MAX 4 /* addresses of each family */
#define RESOLVER_ADDRESSES_MAX (2 * RESOLVER_FAMILY_MAX)

/*
 * The answer: with `count` 0, `why` says what is wrong, as a phrase. The
 * pointers are good during the call only.
 */
struct resolver_answer {
	const char *host;
	uint16_t port;
	const struct endpoint *addresses;
	size_t count;
	const char *why;
};
typedef void (*resolver_fn)(const struct resolver_answer *answer, void *context);

/*
 * Looks for addresses of one family, or (FAMILY_NONE) of both. NULL when memory
 * is short; a resolv.conf that is missing or empty is no failure.
 */
struct resolver *resolver_new(struct event_base *base, enum family family, resolver_fn answer,
    void *context);

/*
 * Calls off what is under way; no answer comes any more. NULL is fine. Turns
 * the loop once, since libevent hands back its requests only there: to be freed
 * last of what hangs on the loop.
 */
void resolver_free(struct resolver *resolver);

/*
 * Asks for a name or numeric address. The answer comes from the loop, never
 * from within this call. A question already under way is not asked twice.
 * False when memory is short.
 */
bool resolver_ask(struct resolver *resolver, const char *host, uint16_t port);

/* Reads /etc/resolv.conf and /etc/hosts again. Questions under way are asked anew. */
void resolver_reload(struct resolver *resolver);

#endif
