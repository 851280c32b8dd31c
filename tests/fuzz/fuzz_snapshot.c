/*
 * A saved registry that anybody may have written: the input, as it is and with
 * a right checksum behind it. Either nothing comes of it, or a registry that
 * is the same after it was saved and loaded once more.
 */
#include "super/snapshot.h"

#include <sodium.h>

#include "fuzz.h"
#include "super/super.h"

#define NOW 5000000LL
#define WALL 1800000000LL
#define SUM_BYTES 32
#define INPUT_MAX (1u << 20)

struct bytes {
	unsigned char *data;
	size_t len;
};

static bool collect(void *context, const void *data, size_t len)
{
	struct bytes *bytes = context;

	bytes->data = realloc(bytes->data, bytes->len + len + 1);
	HOLDS(bytes->data != NULL);
	memcpy(bytes->data + bytes->len, data, len);
	bytes->len += len;
	return true;
}

#define IP6 0x8000u /* in a local number: of that family */

static void local_at(void *context, uint16_t local, struct endpoint *at)
{
	*at = (struct endpoint){.family = (local & IP6) != 0 ? FAMILY_IP6 : FAMILY_IP4,
	    .port = 2425,
	    .address = {10, (uint8_t)(local >> 8 & 0x7f), (uint8_t)local, 1}};
}

static bool number_of(void *context, const struct endpoint *at, uint16_t *local)
{
	*local = (uint16_t)((at->address[1] & 0x7f) << 8 | at->address[2]);
	if (at->family == FAMILY_IP6)
		*local |= IP6;
	return at->address[3] == 1;
}

static struct super *new_super(void)
{
	static const struct super_keys keys = {.secret = {1}, .has_key = true, .seed = {1}};
	struct super_settings settings;
	const char *error;

	super_settings_init(&settings);
	settings.max_registrations = 50;
	struct super *super = super_new(&settings, &keys, &error);

	HOLDS(super != NULL);
	return super;
}

static uint32_t count_all(const struct super *super)
{
	struct super_status status;

	super_status(super, &status);
	return status.registrations.fresh + status.registrations.stale;
}

/* NULL when it was refused. */
static struct super *load(struct span bytes)
{
	struct super *super = new_super();
	struct snapshot_counts counts;
	struct snapshot_source source = {bytes, number_of, NULL};

	if (snapshot_load(super, &source, NOW, WALL, &counts) == SNAPSHOT_LOADED) {
		HOLDS(count_all(super) == counts.loaded && counts.loaded <= 50);
		return super;
	}
	HOLDS(count_all(super) == 0);
	super_free(super);
	return NULL;
}

static struct bytes save(const struct super *super)
{
	struct bytes bytes = {0};
	struct snapshot_sink sink = {collect, local_at, &bytes};

	HOLDS(snapshot_save(super, &sink, NOW, WALL));
	return bytes;
}

static void check(struct span input)
{
	struct super *super = load(input);

	if (super == NULL)
		return;
	struct bytes once = save(super);
	struct super *again = load(span_of(once.data, once.len));

	HOLDS(again != NULL);
	struct bytes twice = save(again);

	HOLDS(span_equal(span_of(once.data, once.len), span_of(twice.data, twice.len)));
	free(once.data);
	free(twice.data);
	super_free(super);
	super_free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span copy;
	unsigned char *room;

	HOLDS(sodium_init() >= 0);
	if (size > INPUT_MAX)
		return 0;
	copy = fuzz_copy(data, size);
	check(copy);
	room = fuzz_room(size + SUM_BYTES);
	memcpy(room, copy.data, size);
	crypto_generichash(room + size, SUM_BYTES, room, size, NULL, 0);
	check(span_of(room, size + SUM_BYTES));
	fuzz_release(room, size + SUM_BYTES);
	fuzz_drop(copy);
	return 0;
}
