/* The files of the state directory, and what is said about them. */
#include "superd/keep.h"

#include <errno.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "io/loop.h"
#include "io/state.h"
#include "io/udp.h"
#include "super/snapshot.h"

#define SECRET "secret"
#define KEY "key"
#define REGISTRY "registry"
#define DAMAGED "damaged"

/* Of a secret, and of a key's seed. */
#define KEPT_BYTES 32
_Static_assert(KEPT_BYTES == SUPER_SECRET_BYTES && KEPT_BYTES == KEYPAIR_SEED_BYTES, "sizes");

static const char *place(const char *configured, const char *usual)
{
	const char *given = getenv("STATE_DIRECTORY");

	return strcmp(configured, usual) == 0 && given != NULL && *given == '/' ? given
										: configured;
}

struct state *keep_open(const char *configured, const char *usual, const char *config)
{
	const char *directory = place(configured, usual);
	char why[STATE_WHY_MAX];
	struct state *state;

	if (*directory == '\0')
		return NULL;
	state = state_open(directory, NULL, why);
	if (state == NULL)
		log_warn("registrations will not outlive this process: %s; or choose another one "
			 "with the option `state-directory' in %s, \"\" for none", why, config);
	return state;
}

static void set_aside(struct state *state, const char *name, const char *suffix, const char *why)
{
	const char *path = state_path(state);

	if (state_set_aside(state, name, suffix))
		log_warn("%s/%s %s; set aside as %s.%s", path, name, why, name, suffix);
	else
		log_warn("%s/%s %s, and cannot be set aside: %s", path, name, why, strerror(errno));
}

/* False, with nothing said, when there is no such file. */
static bool read_file(struct state *state, const char *name, unsigned char **bytes, size_t *len)
{
	char why[128];

	*bytes = state_read(state, name, len);
	if (*bytes == NULL && errno != ENOENT) {
		snprintf(why, sizeof why, "cannot be read: %s", strerror(errno));
		set_aside(state, name, DAMAGED, why);
	}
	return *bytes != NULL;
}

/* What is kept under a name and must not be seen. `lost`: what it means if it is damaged. */
struct kept {
	const char *name;
	const char *lost;
};

static const struct kept kept_secret = {SECRET,
    "has not the size of a secret; a new one is made, and peers that have proof under the old one "
    "prove themselves again"};
static const struct kept kept_key = {KEY,
    "has not the size of a key; a new one is made, and peers that know the old one take this "
    "supernode for another and will not sign toward it until they are told to (ipmsgctl keys "
    "forget)"};

static void keep_aside(struct state *state, const struct kept *kept)
{
	char aside[STATE_ASIDE_MAX];

	if (state_keep_aside(state, kept->name, DAMAGED, aside))
		log_warn("%s/%s %s; set aside as %s", state_path(state), kept->name, kept->lost,
		    aside);
	else
		log_warn("%s/%s %s, and cannot be set aside: %s", state_path(state), kept->name,
		    kept->lost, strerror(errno));
}

/* False with errno: 0 when it is damaged. */
static bool read_kept(struct state *state, const struct kept *kept, uint8_t value[KEPT_BYTES])
{
	size_t len;
	unsigned char *bytes = state_read(state, kept->name, &len);
	bool right;

	if (bytes == NULL)
		return false;
	right = len == KEPT_BYTES;
	if (right)
		memcpy(value, bytes, len);
	else
		keep_aside(state, kept);
	sodium_memzero(bytes, len);
	free(bytes);
	errno = 0;
	return right;
}

/*
 * The one that is kept, or a new one. False with errno when that cannot be kept; one that is
 * there, and only cannot be read now, is left as it is.
 */
static bool keep_value(struct state *state, const struct kept *kept, uint8_t value[KEPT_BYTES])
{
	struct state_file *file;

	if (read_kept(state, kept, value))
		return true;
	randombytes_buf(value, KEPT_BYTES);
	if (errno != 0 && errno != ENOENT)
		return false;
	file = state_begin(state, kept->name);
	return file != NULL && state_commit(file, state_write(file, value, KEPT_BYTES));
}

/* Two values that tell nothing of each other, nor of the file. */
static void derive(struct super_keys *keys, const unsigned char *bytes, size_t len)
{
	static const unsigned char use[] = "the key of an ipmsg supernode";

	crypto_generichash(keys->secret, sizeof keys->secret, bytes, len, NULL, 0);
	crypto_generichash(keys->seed, sizeof keys->seed, bytes, len, use, sizeof use - 1);
	keys->has_key = true;
}

static bool read_secret_file(const char *path, const char *config, struct super_keys *keys)
{
	size_t len = 0;
	unsigned char *bytes = state_read_other(path, &len);
	bool right = bytes != NULL && len >= SUPER_SECRET_BYTES;

	if (bytes == NULL)
		log_error("cannot read %s (option `secret-file' in %s): %s; it has to be a file that "
			  "the daemon's user can read", path, config, strerror(errno));
	else if (!right)
		log_error("%s (option `secret-file' in %s) has %zu bytes, and needs %d; make one with "
			  "head -c 32 /dev/urandom", path, config, len, SUPER_SECRET_BYTES);
	else
		derive(keys, bytes, len);
	if (bytes != NULL)
		sodium_memzero(bytes, len);
	free(bytes);
	return right;
}

static void keep_secret(struct state *state, uint8_t secret[SUPER_SECRET_BYTES])
{
	if (state == NULL)
		randombytes_buf(secret, SUPER_SECRET_BYTES);
	else if (!keep_value(state, &kept_secret, secret))
		log_warn("cannot read or keep %s/%s: %s; at the next start peers have to prove themselves "
			 "again", state_path(state), SECRET, strerror(errno));
}

bool keep_keys(struct state *state, const char *secret_file, const char *config,
    struct super_keys *keys)
{
	if (*secret_file != '\0')
		return read_secret_file(secret_file, config, keys);
	keep_secret(state, keys->secret);
	if (state == NULL)
		return true;
	keys->has_key = keep_value(state, &kept_key, keys->seed);
	if (!keys->has_key)
		log_warn("cannot read or keep %s/%s: %s; without a key nobody signs, and names have no owner",
		    state_path(state), KEY, strerror(errno));
	return true;
}

bool keep_listed(const char *path, struct listed *listed, conf_report_fn report, void *context)
{
	char why[LISTED_WHY_MAX], text[LISTED_WHY_MAX + 512];
	size_t len = 0;
	unsigned char *bytes = *path != '\0' ? state_read_other(path, &len) : NULL;
	bool good = *path == '\0';

	*listed = (struct listed){0};
	if (bytes != NULL)
		good = listed_read(listed, span_of(bytes, len), why);
	else if (!good)
		snprintf(why, sizeof why, "cannot be read: %s", strerror(errno));
	free(bytes);
	if (!good) {
		snprintf(text, sizeof text, "%s (option `names-file'): %s", path, why);
		report(text, context);
	}
	return good;
}

static bool number(void *udp, const struct endpoint *at, uint16_t *local)
{
	return udp_number(udp, at, local);
}

static void tell_loaded(const struct snapshot_counts *counts, int64_t took)
{
	log_info("%" PRIu32 " registrations are back, saved %" PRId64 " s ago (%" PRId64 " ms)",
	    counts->loaded, counts->age, took);
	if (counts->expired > 0)
		log_info("%" PRIu32 " were too old by now", counts->expired);
	if (counts->homeless > 0)
		log_warn("%" PRIu32 " had come to an address that is not listened on any more, or "
			 "that the host has not got now", counts->homeless);
	if (counts->refused > 0)
		log_warn("%" PRIu32 " did not fit any more", counts->refused);
}

static void load(struct state *state, struct super *super, const struct snapshot_source *source)
{
	static const char *const reasons[] = {
	    [SNAPSHOT_EMPTY] = "is empty",
	    [SNAPSHOT_FOREIGN] = "is no registry",
	    [SNAPSHOT_DAMAGED] = "is cut off or damaged",
	};
	struct snapshot_counts counts;
	int64_t start = loop_now();
	enum snapshot_result result = snapshot_load(super, source, start, loop_wall(), &counts);

	if (result == SNAPSHOT_LOADED)
		tell_loaded(&counts, loop_now() - start);
	else if (result == SNAPSHOT_NEWER)
		set_aside(state, REGISTRY, "newer", "was saved by a newer version than this");
	else
		set_aside(state, REGISTRY, DAMAGED, reasons[result]);
}

void keep_load(struct state *state, struct super *super, struct udp *udp)
{
	unsigned char *bytes;
	size_t len;

	if (state == NULL || !read_file(state, REGISTRY, &bytes, &len))
		return;
	load(state, super, &(struct snapshot_source){span_of(bytes, len), number, udp});
	free(bytes);
}

struct saving {
	struct state_file *file;
	const struct udp *udp;
};

static bool write_bytes(void *context, const void *bytes, size_t len)
{
	const struct saving *saving = context;

	return state_write(saving->file, bytes, len);
}

static void find_local(void *context, uint16_t local, struct endpoint *at)
{
	const struct saving *saving = context;

	udp_local(saving->udp, local, at);
}

void keep_save(struct state *state, const struct super *super, struct udp *udp)
{
	struct saving saving = {NULL, udp};
	struct snapshot_sink sink = {write_bytes, find_local, &saving};
	struct super_status status;

	if (state == NULL)
		return;
	saving.file = state_begin(state, REGISTRY);
	if (saving.file == NULL ||
	    !state_commit(saving.file, snapshot_save(super, &sink, loop_now(), loop_wall()))) {
		log_error("cannot save the registrations in %s/%s: %s", state_path(state), REGISTRY,
		    strerror(errno));
		return;
	}
	super_status(super, &status);
	log_info("%" PRIu32 " registrations saved",
	    status.registrations.fresh + status.registrations.stale);
}
