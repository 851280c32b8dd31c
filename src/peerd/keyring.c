/* The files of a peer's state directory, and what is said about them. */
#include "peerd/keyring.h"

#include <errno.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/log.h"
#include "io/state.h"
#include "peerd/defaults.h"

#define KEY "key"
#define STAMP "stamp"
#define SUPERNODES "supernodes"
#define DAMAGED "damaged"

/* Above what was reserved by a life of which only the key is left, unless its clock was ahead. */
#define STAMP_UNKNOWN_AHEAD_S 7200

static const char headline[] =
    "# The keys that supernodes have shown: HOST:PORT KEY. Written by ipmsg-peerd;\n"
    "# ipmsgctl keys forget HOST takes one out.\n";

/*
 * NULL with errno: ENOENT, and nothing said, when there is no such file. One that cannot be read
 * now may be whole: it stays where it is. `meaning` is what comes of that.
 */
static unsigned char *read_file(struct state *state, const char *name, size_t *len,
    const char *meaning)
{
	unsigned char *bytes = state_read(state, name, len);
	int error = errno;

	if (bytes == NULL && error != ENOENT)
		log_error("%s/%s cannot be read: %s; it is left as it is, and %s",
		    state_path(state), name, strerror(error), meaning);
	errno = error;
	return bytes;
}

static bool write_file(struct state *state, const char *name, const void *bytes, size_t len)
{
	struct state_file *file = state_begin(state, name);

	return file != NULL && state_commit(file, state_write(file, bytes, len));
}

/* One that cannot be kept is none: the names that it is given would be lost with it. */
static bool make_seed(struct keyring *keyring)
{
	randombytes_buf(keyring->seed, sizeof keyring->seed);
	if (write_file(keyring->state, KEY, keyring->seed, sizeof keyring->seed))
		return true;
	log_error("cannot keep a key in %s/" KEY ": %s; without one this peer signs nothing, and "
		  "others can take its name", state_path(keyring->state), strerror(errno));
	return false;
}

/* A key of the wrong size gives way to a new one, but never to nothing. */
static bool replace_seed(struct keyring *keyring)
{
	const char *path = state_path(keyring->state);
	char aside[STATE_ASIDE_MAX];

	if (!state_keep_aside(keyring->state, KEY, DAMAGED, aside)) {
		log_error("%s/" KEY " has not the size of a key, and cannot be set aside: %s; this "
			  "peer has no key, and others can take its name", path, strerror(errno));
		return false;
	}
	log_error("%s/" KEY " has not the size of a key: it is set aside as %s, and a new one is "
		  "made; the names that supernodes hold for the old one are out of reach, unless "
		  "it is put back from a copy", path, aside);
	return make_seed(keyring);
}

/* The one that is kept, or a new one where there is none. */
static bool have_seed(struct keyring *keyring)
{
	size_t len;
	unsigned char *bytes = read_file(keyring->state, KEY, &len,
	    "this peer runs without a key: it signs nothing, and others can take its name; once the "
	    "file can be read, start again");
	bool right;

	if (bytes == NULL)
		return errno == ENOENT && make_seed(keyring);
	right = len == sizeof keyring->seed;
	if (right)
		memcpy(keyring->seed, bytes, len);
	sodium_memzero(bytes, len);
	free(bytes);
	return right || replace_seed(keyring);
}

/* A number and the end of its line; 0 for anything else. */
static uint64_t parse_stamp(const unsigned char *bytes, size_t len)
{
	uint64_t stamp = 0;

	if (len < 2 || len > 20 || bytes[len - 1] != '\n')
		return 0;
	for (size_t i = 0; i + 1 < len; i++) {
		if (bytes[i] < '0' || bytes[i] > '9')
			return 0;
		stamp = stamp * 10 + (uint64_t)(bytes[i] - '0');
	}
	return stamp;
}

static void read_stamp(struct keyring *keyring)
{
	size_t len;
	unsigned char *bytes = read_file(keyring->state, STAMP, &len,
	    "what this peer signs counts from the clock");

	if (bytes == NULL)
		return;
	keyring->stamp = parse_stamp(bytes, len);
	if (keyring->stamp == 0)
		log_warn("%s/" STAMP " is passed over, since there is no number in it: what this "
			 "peer signs counts from the clock", state_path(keyring->state));
	free(bytes);
}

static bool same_host(const struct supernode_setting *at, const char *host, uint16_t port)
{
	return strcasecmp(at->host, host) == 0 && (port == 0 || at->port == port);
}

static void take_out(struct keyring *keyring, size_t i)
{
	keyring->count--;
	memmove(&keyring->supernodes[i], &keyring->supernodes[i + 1],
	    (keyring->count - i) * sizeof *keyring->supernodes);
}

static bool forget(struct keyring *keyring, const char *host, uint16_t port)
{
	size_t before = keyring->count;

	for (size_t i = before; i > 0; i--) {
		if (same_host(&keyring->supernodes[i - 1].at, host, port))
			take_out(keyring, i - 1);
	}
	return keyring->count < before;
}

static void add(struct keyring *keyring, const struct supernode_key *key)
{
	forget(keyring, key->at.host, key->at.port);
	if (keyring->count == KEYRING_SUPERNODES_MAX)
		take_out(keyring, 0);
	keyring->supernodes[keyring->count++] = *key;
}

/* HOST:PORT KEY, an IPv6 address in brackets. */
static bool read_line(struct span line, struct supernode_key *key)
{
	char text[HOST_TEXT_MAX + IDENTITY_TEXT_MAX + 1], *space, *colon, *host = text;
	char *end;

	if (line.len >= sizeof text)
		return false;
	memcpy(text, line.data, line.len);
	text[line.len] = '\0';
	space = strchr(text, ' ');
	if (space == NULL || !identity_parse(key->identity, span_text(space + 1)))
		return false;
	*space = '\0';
	colon = strrchr(text, ':');
	if (colon == NULL)
		return false;
	*colon = '\0';
	unsigned long port = strtoul(colon + 1, &end, 10);

	if (*text == '[' && colon > text + 1 && colon[-1] == ']') {
		host = text + 1;
		colon[-1] = '\0';
	}
	size_t len = strlen(host);

	if (*end != '\0' || port < 1 || port > 65535 || len == 0 || len >= sizeof key->at.host)
		return false;
	memcpy(key->at.host, host, len + 1);
	key->at.port = (uint16_t)port;
	return true;
}

static void read_supernodes(struct keyring *keyring)
{
	size_t len, number = 0;
	unsigned char *bytes = read_file(keyring->state, SUPERNODES, &len,
	    "the keys in it are not known, nor new ones kept, until the next start");
	struct span rest = span_of(bytes, bytes != NULL ? len : 0);

	keyring->fixed = bytes == NULL && errno != ENOENT;
	while (rest.len > 0) {
		const unsigned char *end = memchr(rest.data, '\n', rest.len);
		size_t length = end != NULL ? (size_t)(end - rest.data) : rest.len;
		struct span line = span_of(rest.data, length);
		struct supernode_key key = {0};

		number++;
		if (read_line(line, &key))
			add(keyring, &key);
		else if (line.len > 0 && line.data[0] != '#')
			log_warn("%s/" SUPERNODES ":%zu: passed over, since it is not HOST:PORT KEY",
			    state_path(keyring->state), number);
		length += end != NULL;
		rest = span_of(rest.data + length, rest.len - length);
	}
	free(bytes);
}

static void save_supernodes(const struct keyring *keyring)
{
	char line[HOST_TEXT_MAX + IDENTITY_TEXT_MAX + 1], at[HOST_TEXT_MAX];
	char text[IDENTITY_TEXT_MAX];
	struct state_file *file;
	bool whole;

	if (keyring->state == NULL || keyring->fixed)
		return;
	file = state_begin(keyring->state, SUPERNODES);
	whole = file != NULL && state_write(file, headline, strlen(headline));
	for (size_t i = 0; whole && i < keyring->count; i++) {
		const struct supernode_key *key = &keyring->supernodes[i];

		snprintf(line, sizeof line, "%s %s\n",
		    endpoint_format_host(key->at.host, key->at.port, at),
		    identity_format(key->identity, text));
		whole = state_write(file, line, strlen(line));
	}
	if (file == NULL || !state_commit(file, whole))
		log_warn("cannot keep the keys of supernodes in %s/" SUPERNODES ": %s",
		    state_path(keyring->state), strerror(errno));
}

void keyring_open(struct keyring *keyring, const char *directory, const char *config)
{
	char why[STATE_WHY_MAX];

	defaults_make_above(directory);
	*keyring = (struct keyring){0};
	keyring->state = state_open(directory, &keyring->in_use, why);
	if (keyring->state == NULL) {
		log_warn("this peer has no key, signs nothing, and others can take its name: %s; or "
			 "choose another one with the option `state-directory' in %s", why, config);
		return;
	}
	keyring->has_seed = have_seed(keyring);
	read_stamp(keyring);
	read_supernodes(keyring);
}

void keyring_close(struct keyring *keyring)
{
	state_close(keyring->state);
	sodium_memzero(keyring, sizeof *keyring);
}

void keyring_equip(const struct keyring *keyring, struct peer *peer, int64_t wall)
{
	char text[IDENTITY_TEXT_MAX];
	int64_t unknown = wall > 0 ? wall + STAMP_UNKNOWN_AHEAD_S : STAMP_UNKNOWN_AHEAD_S;

	if (!keyring->has_seed)
		return;
	peer_use_key(peer, keyring->seed);
	peer_stamp(peer, keyring->stamp > 0 ? keyring->stamp : (uint64_t)unknown * 1000);
	keyring_introduce(keyring, peer);
	log_info("the key of this peer is %s", identity_format(peer_key(peer), text));
}

void keyring_reserve(struct keyring *keyring, uint64_t stamp)
{
	char text[24];
	int len = snprintf(text, sizeof text, "%" PRIu64 "\n", stamp);

	if (keyring->state == NULL)
		return;
	keyring->stamp = stamp;
	if (!write_file(keyring->state, STAMP, text, (size_t)len))
		log_warn("cannot keep in %s/" STAMP " how far this peer has counted what it signs: "
			 "%s; if its clock is set back, supernodes and peers do not believe it",
		    state_path(keyring->state), strerror(errno));
}

void keyring_introduce(const struct keyring *keyring, struct peer *peer)
{
	for (size_t i = 0; keyring->has_seed && i < keyring->count; i++) {
		const struct supernode_key *key = &keyring->supernodes[i];

		peer_know_supernode(peer, key->at.host, key->at.port, key->identity);
	}
}

void keyring_learn(struct keyring *keyring, const char *host, uint16_t port,
    const uint8_t identity[IDENTITY_BYTES])
{
	struct supernode_key key = {.at.port = port};
	char text[IDENTITY_TEXT_MAX];

	snprintf(key.at.host, sizeof key.at.host, "%s", host);
	memcpy(key.identity, identity, IDENTITY_BYTES);
	for (size_t i = 0; i < keyring->count; i++) {
		const struct supernode_key *known = &keyring->supernodes[i];

		if (same_host(&known->at, host, port) &&
		    memcmp(known->identity, identity, IDENTITY_BYTES) == 0)
			return;
	}
	log_info("supernode %s:%u is known by the key %s from now on", host, port,
	    identity_format(identity, text));
	add(keyring, &key);
	save_supernodes(keyring);
}

bool keyring_forget(struct keyring *keyring, const char *host, uint16_t port)
{
	bool had = forget(keyring, host, port);

	if (had)
		save_supernodes(keyring);
	return had;
}
