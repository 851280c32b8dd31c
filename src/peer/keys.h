/*
 * The peer's key, and those of others: what supernodes show is believed at
 * first sight and held against them later, what a supernode tells of a peer
 * decides what counts on the path to it.
 */
#ifndef IPMSG_PEER_KEYS_H
#define IPMSG_PEER_KEYS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"
#include "peer/event.h"
#include "wire/fields.h"
#include "wire/writer.h"

struct path;
struct peer;
struct turn;
struct uplink;

/* The stamp of the next packet that is signed or has a MAC: above all before it. */
uint64_t turn_stamp(struct turn *turn);

/* The other one of our supernodes that is known by the key that this one shows; NULL: none is. */
const struct uplink *uplink_of_key(const struct peer *peer, const struct uplink *uplink);

enum identity_state uplink_identity_state(const struct peer *peer, const struct uplink *uplink);

/*
 * Whether entries to this supernode may be signed: not toward one that shows another key than
 * it did, nor one that shows the key of another, who could have it from there and hand our entry
 * on.
 */
bool uplink_may_sign(const struct peer *peer, const struct uplink *uplink);

/* An answer of the supernode to an entry of ours; what is wrong with its key is told. */
void uplink_note_key(struct turn *turn, struct uplink *uplink, const struct fields *fields);

/*
 * An answer as of a supernode of the first protocol, which is dropped. If a key was known of this
 * one, and it does not answer otherwise, it may have been replaced: told once.
 */
void uplink_note_plain(struct turn *turn, struct uplink *uplink, const struct fields *fields);

/* It has granted a registration: the key that it shows is its own from now on, if it had none. */
void uplink_pin_key(struct turn *turn, struct uplink *uplink);

/*
 * A supernode introduces the other end of this path in these words. False when that
 * is not how the path is under way already: somebody else's key, no key where one is known, or a
 * key where none is, since the other end may not have been told ours.
 */
bool path_identify(struct path *path, const struct peer *peer, const struct fields *fields);

/* Whether it leads to the owner of another key than these words tell of. */
bool path_is_of_another(const struct path *path, const struct fields *fields);

/* Whether both lead to owners of the same key, or neither to one whose key is known. */
/* `to` takes over which stamps came: two paths to one peer become one. */
void path_take_stamps(struct path *to, const struct path *from);

bool path_same_identity(const struct path *a, const struct path *b);

/* Adds what a packet of ours over this path needs, before it is written and behind it. */
void path_stamp(struct turn *turn, const struct path *path, struct fields *fields);
void path_seal(struct writer *w, const struct path *path);

/* Whether a packet is of the path's other end; always where its key is not known. */
bool path_sealed(struct turn *turn, const struct path *path, struct span packet,
    const struct fields *fields);

/* Whether a packet is of the path's other end, and new; always where its key is not known. */
bool path_genuine(struct turn *turn, struct path *path, struct span packet,
    const struct fields *fields);

#endif
