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

uint32_t registry_nick_key(const struct registry *registry, struct span nick)
{
	uint64_t hash;

	crypto_shorthash((unsigned char *)&hash, nick.data, nick.len, registry->key);
	return (uint32_t)hash;
}

struct search {
	const struct registry *registry;
	struct span wanted;
	enum family family;
	struct span near;
	struct registration *best;
	unsigned best_rank;
};

/* Higher is better; 0 is no match. */
static unsigned rank(const struct search *search, const struct registration *reg)
{
	if (reg->remote.family != search->family)
		return 0;
	enum name_match match = names_match(reg->names, search->wanted);

	if (match == MATCH_NONE)
		return 0;
	unsigned value = 1;

	if (match == MATCH_FULL)
		value += 4;
	if (!registration_stale(reg))
		value += 2;
	if (search->near.len > 0 && span_equal(names_part(reg->names, NAME_GROUP), search->near))
		value += 1;
	return value;
}

static void search_nick(struct search *search, struct span nick)
{
	const struct index *index = &search->registry->by_nick;
	uint32_t id = index_first(index, registry_nick_key(search->registry, nick));

	for (; id != SLAB_NIL; id = index_next(index, id)) {
		struct registration *reg = slab_at(&search->registry->slab, id);
		unsigned value = rank(search, reg);

		if (value > search->best_rank ||
		    (value > 0 && value == search->best_rank && reg->heard > search->best->heard)) {
			search->best = reg;
			search->best_rank = value;
		}
	}
}

#define SPLITS_MAX 4 /* '@'s in a name that are tried as the one between nick and group */

struct registration *registry_find(const struct registry *registry, struct span wanted,
    enum family family, struct span near)
{
	struct search search = {registry, wanted, family, near, NULL, 0};
	unsigned splits = 0;

	for (size_t i = 0; i < wanted.len && splits < SPLITS_MAX; i++) {
		if (wanted.data[i] == '@') {
			search_nick(&search, span_of(wanted.data, i));
			splits++;
		}
	}
	search_nick(&search, wanted);
	return search.best;
}
