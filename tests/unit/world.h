/*
 * A supernode without a network: packets are handed to it, what it sends is
 * kept to be looked at, and time passes when the test says so.
 */
#ifndef IPMSG_TESTS_WORLD_H
#define IPMSG_TESTS_WORLD_H

#include "auth/seal.h"
#include "base/datagram.h"
#include "super/super.h"
#include "wire/entry.h"
#include "wire/punch.h"

#define WORLD_SENT_MAX 4096

struct sent {
	struct endpoint to;
	uint16_t local;
	size_t len;
	unsigned char data[1500];
};

struct world {
	struct super_settings settings;
	struct super *super;
	const char *group; /* of peers of ours; NULL for "sales" */
	const char *host;  /* likewise; NULL for where they send from */
	struct batch batch;
	int64_t now;
	int64_t wall;
	struct {
		struct endpoint at;
		char user[64];
	} seeds[16]; /* the latest */
	size_t seed_count;
	unsigned char packet[1500]; /* the last one of a keyed peer */
	size_t packet_len;
	size_t sent_count;
	struct sent sent[WORLD_SENT_MAX];
};

/* Settings may be changed between the two. */
struct world *world_new(void);
void world_start(struct world *world);
void world_free(struct world *world);

uint64_t world_counted(const struct world *world, enum counter counter);

/* Takes over settings that were changed while it runs. */
void world_reconfigure(struct world *world);

struct endpoint at(const char *text);

/* Hands over a packet that came in at local address `local`. */
void world_receive(struct world *world, const char *from, uint16_t local, const void *bytes,
    size_t len);

/* Time passes; what becomes due on the way happens when it is due. */
void world_pass(struct world *world, int64_t ms);

/* Forgets what was sent. */
void world_clear(struct world *world);

/* The n-th packet sent to `to` with that command; NULL if there is none. */
const struct sent *world_find(const struct world *world, const char *to, enum command command,
    size_t n);
size_t world_count(const struct world *world, const char *to, enum command command);
size_t world_bytes(const struct world *world, const char *to);

/* Packets of a seed peer. `fields` NULL for none. */
void world_seed(struct world *world, const char *from, uint16_t local, uint32_t word,
    const char *name, const char *group);

/*
 * Answers the last READMSG that was sent to `from`, as the user of the last
 * world_seed() from there. False if there is none.
 */
bool world_prove(struct world *world, const char *from, uint16_t local);
bool world_prove_as(struct world *world, const char *from, uint16_t local, const char *user,
    const char *host);

/* A packet of a peer of ours. CK is taken from the last answer it got if `cookie`. */
void world_extended(struct world *world, const char *from, uint16_t local, enum command command,
    const char *nick, struct fields *fields, bool cookie);

/* Registers a peer of ours: entry, challenge, entry. */
void world_register(struct world *world, const char *from, uint16_t local, const char *nick);

/*
 * A peer of ours that has a key. What it says next may be changed in between:
 * its names, its stamp (each packet is one above it), and toward whom it signs.
 */
struct keyed_peer {
	const char *user, *host, *nick, *group;
	struct keypair pair;
	uint64_t stamp;
	uint8_t reader[IDENTITY_BYTES];
};
void world_keyed_init(const struct world *world, struct keyed_peer *peer, const char *nick,
    uint8_t seed);

/* Its entry, signed, with the cookie that was sent to `cookie_of` last; NULL for none. */
void world_sign(struct world *world, const char *from, struct keyed_peer *peer,
    const char *cookie_of);

/* The same without a signature. */
void world_say(struct world *world, const char *from, const struct keyed_peer *peer,
    enum command command);

/* BR_EXIT or BR_ABSENCE with the cookie, its stamp and its MAC. */
void world_seal(struct world *world, const char *from, struct keyed_peer *peer,
    enum command command);

/* The packet of one of the three again, byte for byte. */
void world_replay(struct world *world, const char *from);

/* Registers it: entry, challenge, signed entry. */
void world_register_keyed(struct world *world, const char *from, struct keyed_peer *peer);

/* The fields of the last ANSENTRY that was sent there; `present` is 0 if there was none. */
struct fields world_answer(const struct world *world, const char *to);

uint64_t world_counter(const struct world *world, enum counter counter);

/* Registers a seed: entry, probe, answer. */
void world_register_seed(struct world *world, const char *from, uint16_t local, const char *nick,
    const char *group);

/* The fields of a packet that was sent. */
struct fields sent_fields(const struct sent *sent);

#endif
