/* Names and their owners as bytes, and back. */
#include "super/name_record.h"

#include <sodium.h>
#include <string.h>

#include "base/text.h"
#include "super/core.h"

#define MAGIC_BYTES 8
#define FIXED 51 /* bytes before the name */
#define SUM_BYTES 8

enum kind { KIND_OWNED = 1, KIND_FREED };

const unsigned char name_records_head[NAME_RECORDS_HEAD] = "ipmsgnam\0\0\0\1";

static void put_number(unsigned char *out, uint64_t value, size_t width)
{
	for (size_t i = width; i-- > 0; value >>= 8)
		out[i] = (unsigned char)value;
}

static uint64_t get_number(const unsigned char *in, size_t width)
{
	uint64_t value = 0;

	for (size_t i = 0; i < width; i++)
		value = value << 8 | in[i];
	return value;
}

/* Against tearing and decay, not against people: the key is no secret. */
static void sum_of(unsigned char sum[SUM_BYTES], const unsigned char *record, size_t len)
{
	static const unsigned char key[crypto_shorthash_KEYBYTES] = "ipmsg name file";

	crypto_shorthash(sum, record, len, key);
}

size_t name_record_write(unsigned char out[NAME_RECORD_MAX], enum name_change change,
    const struct owned_name *name)
{
	size_t len = FIXED + name->name.len;

	out[0] = change == NAME_FREED ? KIND_FREED : KIND_OWNED;
	put_number(out + 1, name->name.len, 2);
	memcpy(out + 3, name->identity, IDENTITY_BYTES);
	put_number(out + 35, name->stamp, 8);
	put_number(out + 43, (uint64_t)name->used, 8);
	memcpy(out + FIXED, name->name.data, name->name.len);
	sum_of(out + len, out, len);
	return len + SUM_BYTES;
}

/* The length of the record that the bytes begin with; 0 if none is there whole. */
static size_t read_record(struct span bytes, enum name_change *change, struct owned_name *name)
{
	unsigned char sum[SUM_BYTES];
	const unsigned char *at = bytes.data;

	if (bytes.len < FIXED + SUM_BYTES)
		return 0;
	size_t text = (size_t)get_number(at + 1, 2), len = FIXED + text;

	if (text > NAMES_FULL_MAX || bytes.len < len + SUM_BYTES)
		return 0;
	sum_of(sum, at, len);
	if (memcmp(sum, at + len, SUM_BYTES) != 0 || (at[0] != KIND_OWNED && at[0] != KIND_FREED))
		return 0;
	*change = at[0] == KIND_FREED ? NAME_FREED : NAME_BOUND;
	*name = (struct owned_name){
	    .name = span_of(at + FIXED, text),
	    .identity = at + 3,
	    .stamp = get_number(at + 35, 8),
	    .used = (int64_t)(get_number(at + 43, 8) & INT64_MAX),
	};
	return utf8_valid(name->name) ? len + SUM_BYTES : 0;
}

/* A time that has not come yet is a clock's that was wrong. */
static void load_record(struct super *super, enum name_change change, struct owned_name *name)
{
	if (name->used > super->identities.wall)
		name->used = super->identities.wall;
	identities_load(&super->identities, change, name);
}

enum name_records_result name_records_load(struct super *super, struct span bytes, int64_t wall,
    size_t *whole)
{
	struct span rest = bytes;
	struct owned_name name;
	enum name_change change;
	size_t len = NAME_RECORDS_HEAD;

	*whole = 0;
	if (bytes.len < NAME_RECORDS_HEAD ||
	    memcmp(bytes.data, name_records_head, MAGIC_BYTES) != 0)
		return bytes.len == 0 ? NAME_RECORDS_LOADED : NAME_RECORDS_FOREIGN;
	if (memcmp(bytes.data, name_records_head, NAME_RECORDS_HEAD) != 0)
		return NAME_RECORDS_NEWER;
	super->identities.wall = wall;
	for (;;) {
		*whole += len;
		rest = span_of(rest.data + len, rest.len - len);
		len = read_record(rest, &change, &name);
		if (len == 0)
			return NAME_RECORDS_LOADED;
		load_record(super, change, &name);
	}
}
