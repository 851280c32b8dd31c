/*
 * What ipmsg-superd keeps over its end: the secret, so that cookies stay good,
 * and the registry, as it was when the daemon was told to end.
 */
#ifndef IPMSG_SUPERD_KEEP_H
#define IPMSG_SUPERD_KEEP_H

#include <stdint.h>

#include "super/super.h"

struct state;
struct udp;

/*
 * The state directory: `configured`, or where that is only `usual`, the
 * default, the one that the service manager names. NULL when it is "", and,
 * having warned, when it cannot be used. NULL is good for all below.
 */
struct state *keep_open(const char *configured, const char *usual, const char *config);

/* The secret kept; a new one, kept from now on, where there is none that is right. */
void keep_secret(struct state *state, uint8_t secret[SUPER_SECRET_BYTES]);

/* Loads the registry, or says why not and sets the file aside. */
void keep_load(struct state *state, struct super *super, struct udp *udp);

/* Saves it in place of the one before, or says why not. */
void keep_save(struct state *state, const struct super *super, struct udp *udp);

#endif
