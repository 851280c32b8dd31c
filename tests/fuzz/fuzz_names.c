/*
 * Whose names are whose, from disk: the records that a supernode keeps, also
 * with their sums made right, and the list that an administrator writes.
 */
#include <sodium.h>

#include "fuzz.h"
#include "super/name_record.h"
#include "super/super.h"

#define WALL 1700000000LL

static struct super *new_super(void)
{
	static const struct super_keys keys = {.secret = {1}};
	struct super_settings settings;
	const char *error;

	super_settings_init(&settings);
	settings.max_pins = 20;
	struct super *super = super_new(&settings, &keys, &error);

	HOLDS(super != NULL);
	return super;
}

/* What is remembered can be written, and reads as the same. */
static void write_again(const struct super *super)
{
	unsigned char bytes[NAME_RECORDS_HEAD + NAME_RECORD_MAX];
	struct name_cursor cursor = {0};
	uint32_t budget = 1000;
	struct owned_name name;
	struct name_records_read read;

	name_records_begin(super, bytes);
	while (super_walk_names(super, &cursor, &budget, &name)) {
		struct super *other = new_super();
		size_t len = NAME_RECORDS_HEAD +
		    name_record_write(bytes + NAME_RECORDS_HEAD, NAME_BOUND, &name);

		HOLDS(name_records_load(other, span_of(bytes, len), WALL, &read) ==
		    NAME_RECORDS_LOADED);
		HOLDS(read.whole == len);
		super_free(other);
	}
}

static void read_records(struct span bytes)
{
	struct super *super = new_super();
	struct super_status status;
	struct name_records_read read;

	HOLDS(name_records_load(super, bytes, WALL, &read) >= NAME_RECORDS_LOADED);
	HOLDS(read.whole <= bytes.len);
	super_status(super, &status);
	HOLDS(status.names_remembered <= 20);
	write_again(super);
	super_free(super);
}

static void read_list(struct span text)
{
	struct listed listed = {0};
	char why[LISTED_WHY_MAX] = "";
	size_t count;

	if (!listed_read(&listed, text, why)) {
		HOLDS(*why != '\0' && listed.count == 0);
		return;
	}
	for (size_t i = 0; i < listed.count; i++) {
		HOLDS(listed_of(&listed, listed.lines[i].name, &count) != NULL && count > 0);
		HOLDS(listed_has(&listed, listed.lines[i].identity));
	}
	listed_free(&listed);
}

/* A record of the input's bytes, behind a head and with a sum that is right. */
static void read_signed(struct span bytes)
{
	unsigned char room[NAME_RECORDS_HEAD + NAME_RECORD_MAX];
	static const unsigned char key[crypto_shorthash_KEYBYTES] = "ipmsg name file";
	size_t len = bytes.len < NAME_RECORD_MAX - 8 ? bytes.len : NAME_RECORD_MAX - 8;

	struct super *super = new_super();

	name_records_begin(super, room);
	super_free(super);
	memcpy(room + NAME_RECORDS_HEAD, bytes.data, len);
	crypto_shorthash(room + NAME_RECORDS_HEAD + len, room + NAME_RECORDS_HEAD, len, key);
	read_records(span_of(room, NAME_RECORDS_HEAD + len + 8));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span copy = fuzz_copy(data, size);

	HOLDS(sodium_init() >= 0);
	read_records(copy);
	read_signed(copy);
	read_list(copy);
	fuzz_drop(copy);
	return 0;
}
