/*
 * What has become of names, as bytes that are put one behind the other: whoever
 * reads all of it in order knows whose each name is. It begins with
 *
 *	8	"ipmsgnam"
 *	4	version, 1
 *	32	the key of the supernode that the names were signed toward; else zeros
 *
 * and each record, its numbers big-endian, is
 *
 *	1	1: has this owner; 2: has none
 *	2	length of the name
 *	32	the owner's key
 *	8	its last stamp
 *	8	when it was used last, s since 1970
 *		the name
 *	8	SipHash of all of that: whether it is whole
 */
#ifndef IPMSG_SUPER_NAME_RECORD_H
#define IPMSG_SUPER_NAME_RECORD_H

#include <stddef.h>
#include <stdint.h>

#include "super/identity.h"

struct super;

#define NAME_RECORDS_HEAD 44

/* What stands before the records of that supernode. */
void name_records_begin(const struct super *super, unsigned char out[NAME_RECORDS_HEAD]);

#define NAME_RECORD_MAX (59 + NAMES_FULL_MAX)

/* Returns the length. */
size_t name_record_write(unsigned char out[NAME_RECORD_MAX], enum name_change change,
    const struct owned_name *name);

enum name_records_result {
	NAME_RECORDS_LOADED,
	NAME_RECORDS_FOREIGN, /* something else altogether */
	NAME_RECORDS_NEWER,   /* of a version that is not known yet */
	NAME_RECORDS_OTHERS,  /* of a supernode with another key */
};

struct name_records_read {
	size_t whole;	   /* bytes up to the first record that is not, the head among them */
	uint32_t left_out; /* records of no effect: too old by the clock, or too many */
};

/*
 * Does what the records say, up to the first one that is not whole. They may be
 * anybody's. `wall` is s since 1970, and may be wrong: a name that was used in
 * the future is kept as it is, and one that was used before there were such
 * records, by a clock that had not been set, as if it were used now.
 */
enum name_records_result name_records_load(struct super *super, struct span bytes, int64_t wall,
    struct name_records_read *read);

#endif
