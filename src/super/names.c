/* Packing and comparing names. */
#include "super/names.h"

#include <stdlib.h>
#include <string.h>

struct decoded {
	char text[NAME_PARTS][NAME_TEXT_MAX];
	size_t len[NAME_PARTS];
};

static void decode_all(struct decoded *d, const struct entry *entry, struct charset *legacy)
{
	d->len[NAME_USER] = name_decode(entry->user, entry->user_utf8, legacy, d->text[NAME_USER]);
	d->len[NAME_HOST] = name_decode(entry->host, entry->host_utf8, legacy, d->text[NAME_HOST]);
	d->len[NAME_NICK] = name_decode(entry->nick, entry->nick_utf8, legacy, d->text[NAME_NICK]);
	d->len[NAME_GROUP] =
	    name_decode(entry->group, entry->group_utf8, legacy, d->text[NAME_GROUP]);
	if (d->len[NAME_NICK] == 0) {
		memcpy(d->text[NAME_NICK], d->text[NAME_USER], d->len[NAME_USER]);
		d->len[NAME_NICK] = d->len[NAME_USER];
	}
}

static size_t pack_candidates(const struct fields *fields,
    unsigned char out[CANDIDATES_MAX * (ENDPOINT_PACKED_MAX + 1)])
{
	size_t used = 0;

	if (!fields_has(fields, KEY_LC))
		return 0;
	for (size_t i = 0; i < fields->candidate_count; i++) {
		size_t n = endpoint_pack(&fields->candidates[i], out + used + 1);

		out[used] = (unsigned char)n;
		used += n + 1;
	}
	return used;
}

struct names *names_new(const struct entry *entry, struct charset *legacy)
{
	unsigned char candidates[CANDIDATES_MAX * (ENDPOINT_PACKED_MAX + 1)];
	size_t candidate_bytes = pack_candidates(&entry->fields, candidates);
	struct decoded d;
	size_t total = 0;

	decode_all(&d, entry, legacy);
	for (int i = 0; i < NAME_PARTS; i++)
		total += d.len[i];
	struct names *names = malloc(sizeof *names + total + candidate_bytes);

	if (names == NULL)
		return NULL;
	unsigned char *to = names->bytes;

	for (int i = 0; i < NAME_PARTS; i++) {
		names->len[i] = (uint8_t)d.len[i];
		memcpy(to, d.text[i], d.len[i]);
		to += d.len[i];
	}
	names->candidate_bytes = (uint8_t)candidate_bytes;
	memcpy(to, candidates, candidate_bytes);
	return names;
}

struct span names_part(const struct names *names, enum name_part part)
{
	const unsigned char *at = names->bytes;

	for (int i = 0; i < (int)part; i++)
		at += names->len[i];
	return span_of(at, names->len[part]);
}

size_t names_candidates(const struct names *names, struct endpoint out[CANDIDATES_MAX])
{
	struct span group = names_part(names, NAME_GROUP);
	const unsigned char *at = group.data + group.len;
	const unsigned char *end = at + names->candidate_bytes;
	size_t n = 0;

	while (at < end && n < CANDIDATES_MAX) {
		if (endpoint_unpack(&out[n], span_of(at + 1, *at)))
			n++;
		at += *at + 1;
	}
	return n;
}

static bool part_equal(const struct names *a, const struct names *b, enum name_part part)
{
	return span_equal(names_part(a, part), names_part(b, part));
}

bool names_same_peer(const struct names *a, const struct names *b)
{
	return part_equal(a, b, NAME_NICK) && part_equal(a, b, NAME_USER) &&
	    part_equal(a, b, NAME_HOST);
}

enum name_match names_match(const struct names *names, struct span wanted)
{
	struct span nick = names_part(names, NAME_NICK);
	struct span place = names_part(names, NAME_GROUP);

	if (place.len == 0)
		place = names_part(names, NAME_HOST);
	if (span_equal(wanted, nick))
		return MATCH_NICK;
	if (wanted.len == nick.len + 1 + place.len && wanted.data[nick.len] == '@' &&
	    span_equal(span_of(wanted.data, nick.len), nick) &&
	    span_equal(span_of(wanted.data + nick.len + 1, place.len), place))
		return MATCH_FULL;
	return MATCH_NONE;
}
