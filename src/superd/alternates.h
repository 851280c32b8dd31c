/*
 * The supernode's other endpoints as the program has them: the port of its own
 * for tests (option test-port), and what the option alternates names.
 */
#ifndef IPMSG_SUPERD_ALTERNATES_H
#define IPMSG_SUPERD_ALTERNATES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "superd/settings.h"

struct super;
struct udp;

struct alternates {
	struct udp *udp;
	uint16_t test_port; /* that sockets are open at besides; 0: none */
	/* what the core is told, and from where on this host it can answer as such */
	struct endpoint told[SUPER_ALTERNATES_MAX];
	bool ours[SUPER_ALTERNATES_MAX];
	uint16_t local[SUPER_ALTERNATES_MAX];
	size_t count;
};

/*
 * Opens the port besides at each address that is listened on, but for what
 * listens at that port itself. One that cannot be had is warned of, and done without.
 */
void alternates_bind(struct alternates *alternates, struct udp *udp,
    const struct superd_settings *settings, const char *config);

/* The same with sockets that somebody else has opened: some of them may have that port. */
void alternates_adopt(struct alternates *alternates, struct udp *udp,
    const struct superd_settings *settings);

/* Puts those that hold with these settings into them, for the core. */
void alternates_apply(struct alternates *alternates, struct superd_settings *settings);

/* Tells of those that do not do what somebody who names them wants; `config` is the file. */
void alternates_warn(const struct alternates *alternates, const char *config);

/* One info line each of those that are at another address. */
void alternates_log(const struct alternates *alternates);

/* Whether the socket bound there is open for tests, beside another at that address. */
bool alternates_is_for_tests(const struct alternates *alternates, const struct endpoint *bound);

/* Has the core ask here from where to answer. */
void alternates_serve(struct alternates *alternates, struct super *super);

#endif
