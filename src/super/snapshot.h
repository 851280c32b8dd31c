/*
 * The registry as bytes, so that a supernode that starts again knows everybody
 * whom it knew. Times are saved as ages, since the clock that the registry
 * lives by begins anew with the machine, and local numbers as the addresses
 * behind them, since sockets are numbered anew with the process.
 *
 * All numbers are big-endian:
 *
 *	8	"ipmsgreg"
 *	4	version, 2
 *	8	wall clock at saving, s since 1970
 *	4	the last packet number used
 *	32	the key that credentials are with, or zeros (since version 2)
 *	4, 4	how many local addresses follow, and registrations
 *	each local address: 2 its number, 1 length, packed endpoint
 *	each registration:
 *		1	state: 0 extended, 1 seed, 2 and 3 these when stale
 *		1	probes since a seed was heard
 *		2	lifetime granted, s
 *		4	epoch of its last cookie
 *		8, 8	ms since it was heard, and since it entered its state
 *		2	number of the local address
 *		1	length, packed endpoint
 *		1	whether it has a key, and then (since version 2)
 *		32, 16, 8	that key, the shared one, the last stamp
 *		5	lengths of user, host, nick, group and candidates, then these
 *	32	BLAKE2b of all before
 *
 * Whoever had a key is not loaded by a supernode that has another one than it
 * had: the two share nothing any more.
 *
 * The first two and the last one stay where they are in every version.
 */
#ifndef IPMSG_SUPER_SNAPSHOT_H
#define IPMSG_SUPER_SNAPSHOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/endpoint.h"
#include "base/span.h"

struct super;

struct snapshot_sink {
	/* Takes the next bytes. False ends the saving. */
	bool (*write)(void *context, const void *bytes, size_t len);

	/* The local endpoint behind a number. */
	void (*local)(void *context, uint16_t local, struct endpoint *at);
	void *context;
};

/*
 * Takes a few kilobytes of memory, whatever the number of registrations. False when it ended
 * early.
 */
bool snapshot_save(const struct super *super, const struct snapshot_sink *sink, int64_t now,
    int64_t wall);

enum snapshot_result {
	SNAPSHOT_LOADED,
	SNAPSHOT_EMPTY,	  /* no bytes at all */
	SNAPSHOT_FOREIGN, /* something else altogether */
	SNAPSHOT_DAMAGED, /* cut off, or not as it was written */
	SNAPSHOT_NEWER,	  /* of a version that is not known yet */
};

struct snapshot_source {
	struct span bytes;

	/* The number of a local endpoint now; false if nothing serves it any more. Once for each. */
	bool (*number)(void *context, const struct endpoint *at, uint16_t *local);
	void *context;
};

struct snapshot_counts {
	uint32_t loaded;
	uint32_t expired;  /* stale for so long that they would have left meanwhile */
	uint32_t homeless; /* their local address is not served any more */
	uint32_t refused;  /* over a limit, or memory was short */
	int64_t age;	   /* s since the saving; 0 if the clock went back */
};

/*
 * Loads into a registry that is empty. Only SNAPSHOT_LOADED changes anything;
 * the bytes may be anybody's.
 */
enum snapshot_result snapshot_load(struct super *super, const struct snapshot_source *source,
    int64_t now, int64_t wall, struct snapshot_counts *counts);

#endif
