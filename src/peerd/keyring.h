/*
 * What ipmsg-peerd keeps over its end: its key, by which it owns its name, how far it
 * has counted the stamps of what it signs, and the keys that supernodes have shown.
 */
#ifndef IPMSG_PEERD_KEYRING_H
#define IPMSG_PEERD_KEYRING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "auth/seal.h"
#include "peer/peer.h"

#define KEYRING_SUPERNODES_MAX 64

struct state;

struct supernode_key {
	struct supernode_setting at;
	uint8_t identity[IDENTITY_BYTES];
};

/* All zero: nothing is kept, and there is no key. */
struct keyring {
	struct state *state;
	bool in_use; /* another process has the directory */
	bool has_seed;
	uint8_t seed[KEYPAIR_SEED_BYTES];
	struct supernode_key supernodes[KEYRING_SUPERNODES_MAX]; /* the one learnt last is last */
	size_t count;
	bool fixed;	/* their file cannot be read, and stays as it is */
	uint64_t stamp; /* from there on none was used; 0: not known */
};

/*
 * Reads all from the directory. A key is made where there is none; a damaged one is set aside
 * before, and one that cannot be read stays, so that there is no key. Nor is there one when the
 * directory cannot be used; `config` is where to choose another. Each is said.
 */
void keyring_open(struct keyring *keyring, const char *directory, const char *config);
void keyring_close(struct keyring *keyring);

/*
 * Tells the peer its key, above what to count its stamps, and all it knows of its supernodes, the
 * first time and later. `wall`: s since 1970.
 */
void keyring_equip(const struct keyring *keyring, struct peer *peer, int64_t wall);
void keyring_introduce(const struct keyring *keyring, struct peer *peer);

/* Keeps what EVENT_STAMP tells, on the disk when this returns. */
void keyring_reserve(struct keyring *keyring, uint64_t stamp);

/* Keeps the key of a supernode in place of one that it had. */
void keyring_learn(struct keyring *keyring, const char *host, uint16_t port,
    const uint8_t identity[IDENTITY_BYTES]);

/* Forgets those of that host, at any port if `port` is 0. Whether there were some. */
bool keyring_forget(struct keyring *keyring, const char *host, uint16_t port);

#endif
