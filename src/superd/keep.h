/*
 * What ipmsg-superd keeps over its end: the secret, so that cookies stay good,
 * its key, so that peers know it again, and the registry, as it was when the
 * daemon was told to end.
 */
#ifndef IPMSG_SUPERD_KEEP_H
#define IPMSG_SUPERD_KEEP_H

#include <stdint.h>

#include "conf/conf.h"
#include "super/super.h"

struct state;
struct udp;

/*
 * The state directory: `configured`, or where that is only `usual`, the
 * default, the one that the service manager names. NULL when it is "", and,
 * having warned, when it cannot be used. NULL is good for all below.
 */
struct state *keep_open(const char *configured, const char *usual, const char *config);

/*
 * The secret and the key that are kept; new ones, kept from now on, where there
 * is none that is right. A key that cannot be kept is none. Both are made from
 * `secret_file` if that is not "", so that all who have it are one supernode to
 * the peers: false, having said why, if it is none.
 */
bool keep_keys(struct state *state, const char *secret_file, const char *config,
    struct super_keys *keys);

/*
 * Reads the file with the names that keys are given; "" for none. False, having
 * handed why to `report`, with nothing read.
 */
bool keep_listed(const char *path, struct listed *listed, conf_report_fn report, void *context);

/* Loads the registry, or says why not and sets the file aside. */
void keep_load(struct state *state, struct super *super, struct udp *udp);

/* Saves it in place of the one before, or says why not. */
void keep_save(struct state *state, const struct super *super, struct udp *udp);

#endif
