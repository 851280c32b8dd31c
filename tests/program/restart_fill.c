/*
 * Writes a saved registry of COUNT made-up registrations to standard output,
 * as a daemon that ends now would, each from an address of its own; LOCAL is
 * where they came in.
 *
 *     restart_fill COUNT LOCAL >registry
 */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "super/core.h"
#include "super/snapshot.h"

#define PER_NICK 3

static bool enter(struct super *super, uint32_t i, int64_t now)
{
	char user[32], nick[32];
	struct entry entry = {.user = span_text(user), .host = span_text("pc"),
	    .nick = span_text(nick), .group = span_text("sales")};

	snprintf(user, sizeof user, "user-%u", i);
	snprintf(nick, sizeof nick, "nick-%u", i / PER_NICK);
	entry.user = span_text(user);
	entry.nick = span_text(nick);
	struct enter e = {
	    .remote = {.family = FAMILY_IP4, .port = 2425,
		.address = {10, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i}},
	    .kind = PEER_EXTENDED,
	    .lifetime = LIFETIME_MAX_S,
	    .names = names_new(&entry, super->legacy),
	    .now = now,
	};

	return e.names != NULL && registry_enter(&super->registry, &e) != NULL;
}

static bool write_out(void *context, const void *bytes, size_t len)
{
	return fwrite(bytes, 1, len, stdout) == len;
}

static void local_at(void *context, uint16_t local, struct endpoint *at)
{
	*at = *(const struct endpoint *)context;
}

int main(int argc, char **argv)
{
	static const struct super_keys keys;
	struct snapshot_sink sink = {write_out, local_at, &(struct endpoint){0}};
	struct super_settings settings;
	const char *error;
	struct super *super;

	if (argc != 3 || endpoint_parse(sink.context, argv[2], 2425) != NULL || sodium_init() < 0) {
		fprintf(stderr, "restart_fill COUNT LOCAL\n");
		return 2;
	}
	uint32_t count = (uint32_t)atol(argv[1]);

	super_settings_init(&settings);
	super = super_new(&settings, &keys, &error);
	for (uint32_t i = 0; i < count; i++) {
		if (super == NULL || !enter(super, i, i / 1000))
			return 1;
	}
	bool saved = snapshot_save(super, &sink, count / 1000, time(NULL));

	super_free(super);
	return saved && fflush(stdout) == 0 ? 0 : 1;
}
