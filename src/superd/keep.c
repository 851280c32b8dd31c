/* The files of the state directory, and what is said about them. */
#include "superd/keep.h"

#include <errno.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "io/loop.h"
#include "io/state.h"
#include "io/udp.h"
#include "super/snapshot.h"

#define SECRET "secret"
#define REGISTRY "registry"
#define DAMAGED "damaged"

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
	state = state_open(directory, why);
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

static bool read_secret(struct state *state, uint8_t secret[SUPER_SECRET_BYTES])
{
	unsigned char *bytes;
	size_t len;
	bool right;

	if (!read_file(state, SECRET, &bytes, &len))
		return false;
	right = len == SUPER_SECRET_BYTES;
	if (right)
		memcpy(secret, bytes, len);
	else
		set_aside(state, SECRET, DAMAGED,
		    "has not the size of a secret; a new one is made, and peers that have proof "
		    "under the old one prove themselves again");
	sodium_memzero(bytes, len);
	free(bytes);
	return right;
}

void keep_secret(struct state *state, uint8_t secret[SUPER_SECRET_BYTES])
{
	struct state_file *file;

	if (state != NULL && read_secret(state, secret))
		return;
	randombytes_buf(secret, SUPER_SECRET_BYTES);
	if (state == NULL)
		return;
	file = state_begin(state, SECRET);
	if (file == NULL || !state_commit(file, state_write(file, secret, SUPER_SECRET_BYTES)))
		log_warn("cannot keep %s/%s: %s; at the next start peers have to prove themselves "
			 "again", state_path(state), SECRET, strerror(errno));
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
