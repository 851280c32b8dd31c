/* Looking up by name, and the hashes behind it. */
#include <sodium.h>
#include <string.h>

#include "super/registry_key.h"

uint32_t registry_peer_key(const struct registry *registry, const struct names *names,
    uint8_t family)
{
	/* user, host and nick stand together; their lengths keep "ab","c" from "a","bc" */
	unsigned char bytes[4 + 3 * NAME_TEXT_MAX];
	size_t len = (size_t)names->len[NAME_USER] + names->len[NAME_HOST] + names->len[NAME_NICK];
	uint64_t hash;

	bytes[0] = family;
	memcpy(bytes + 1, names->len, 3);
	memcpy(bytes + 4, names->bytes, len);
	crypto_shorthash((unsigned char *)&hash, bytes, 4 + len, registry->key);
	return (uint32_t)hash;
}

uint32_t registry_endpoint_key(const struct registry *registry, const struct endpoint *ep)
{
	return (uint32_t)endpoint_hash(ep, registry->key);
}

uint32_t registry_nick_key(const struct registry *registry, struct span nick)
{
	uint64_t hash;

	crypto_shorthash((unsigned char *)&hash, nick.data, nick.len, registry->key);
	return (uint32_t)hash;
}

struct visiting {
	const struct registry *registry;
	struct span wanted;
	enum family family;
	registry_visit_fn visit;
	void *context;
};

static void visit_nick(const struct visiting *visiting, struct span nick)
{
	const struct registry *registry = visiting->registry;
	uint32_t id = index_first(&registry->by_nick, registry_nick_key(registry, nick));

	for (; id != SLAB_NIL; id = index_next(&registry->by_nick, id)) {
		struct registration *reg = slab_at(&registry->slab, id);
		enum name_match match = MATCH_NONE;

		if (reg->remote.family == visiting->family)
			match = names_match(reg->names, visiting->wanted);
		if (match != MATCH_NONE)
			visiting->visit(reg, match, visiting->context);
	}
}

#define SPLITS_MAX 4 /* '@'s in a name that are tried as the one between nick and group */

void registry_named(const struct registry *registry, struct span wanted, enum family family,
    registry_visit_fn visit, void *context)
{
	struct visiting visiting = {registry, wanted, family, visit, context};
	unsigned splits = 0;

	for (size_t i = 0; i < wanted.len && splits < SPLITS_MAX; i++) {
		if (wanted.data[i] == '@') {
			visit_nick(&visiting, span_of(wanted.data, i));
			splits++;
		}
	}
	visit_nick(&visiting, wanted);
}
