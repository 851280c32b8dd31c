/* Names and their owners as bytes, and back. */
#include "super/name_record.h"

#include <sodium.h>
#include <string.h>

#include "base/text.h"
#include "super/core.h"

#define MAGIC_BYTES 8
#define VERSION_END 12
#define FIXED 51 /* bytes before the name */
#define SUM_BYTES 8

enum kind { KIND_OWNED = 1, KIND_FREED };

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

void name_records_begin(const struct super *super, unsigned char out[NAME_RECORDS_HEAD])
{
	static const unsigned char start[VERSION_END] = "ipmsgnam\0\0\0\1";

	memcpy(out, start, sizeof start);
	memcpy(out + VERSION_END, super->pair.identity, IDENTITY_BYTES);
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

/* Of a clock that is wrong nothing is to be lost: see is_over() in identity.c. */
static bool load_record(struct super *super, enum name_change change, struct owned_name *name)
{
	if (name->used < IDENTITY_FIRST_S)
		name->used = super->identities.wall;
	if (name->used > UINT32_MAX)
		name->used = UINT32_MAX;
	return identities_load(&super->identities, change, name);
}

static enum name_records_result check_head(const struct super *super, struct span bytes)
{
	unsigned char head[NAME_RECORDS_HEAD];

	name_records_begin(super, head);
	if (bytes.len < VERSION_END || memcmp(bytes.data, head, MAGIC_BYTES) != 0)
		return NAME_RECORDS_FOREIGN;
	if (memcmp(bytes.data, head, VERSION_END) != 0)
		return NAME_RECORDS_NEWER;
	if (bytes.len < NAME_RECORDS_HEAD)
		return NAME_RECORDS_FOREIGN;
	return memcmp(bytes.data, head, NAME_RECORDS_HEAD) == 0 ? NAME_RECORDS_LOADED
								: NAME_RECORDS_OTHERS;
}

enum name_records_result name_records_load(struct super *super, struct span bytes, int64_t wall,
    struct name_records_read *read)
{
	enum name_records_result result = check_head(super, bytes);
	struct span rest = bytes;
	struct owned_name name;
	enum name_change change;
	size_t len = NAME_RECORDS_HEAD;

	*read = (struct name_records_read){0};
	if (bytes.len == 0 || result != NAME_RECORDS_LOADED)
		return bytes.len == 0 ? NAME_RECORDS_LOADED : result;
	super->identities.wall = wall;
	for (;;) {
		read->whole += len;
		rest = span_of(rest.data + len, rest.len - len);
		len = read_record(rest, &change, &name);
		if (len == 0)
			return NAME_RECORDS_LOADED;
		read->left_out += !load_record(super, change, &name);
	}
}
