/* Packing and comparing names. */
#include "super/names.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

/* Puts a part behind `used` bytes of text; the length is known only then. */
static size_t put_part(struct names *names, size_t used, enum name_part part, struct span name,
    bool utf8, struct charset *legacy)
{
	size_t len = name_decode(name, utf8, legacy, (char *)names->bytes + used);

	names->len[part] = (uint8_t)len;
	return used + len;
}

static size_t put_candidates(const struct fields *fields, unsigned char *out)
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

const struct names *names_read(struct names_room *room, const struct entry *entry,
    struct charset *legacy)
{
	struct names *names = (void *)room->bytes;
	size_t used = put_part(names, 0, NAME_USER, entry->user, entry->user_utf8, legacy);

	used = put_part(names, used, NAME_HOST, entry->host, entry->host_utf8, legacy);
	used = put_part(names, used, NAME_NICK, entry->nick, entry->nick_utf8, legacy);
	if (names->len[NAME_NICK] == 0) {
		names->len[NAME_NICK] = names->len[NAME_USER];
		memcpy(names->bytes + used, names->bytes, names->len[NAME_USER]);
		used += names->len[NAME_USER];
	}
	used = put_part(names, used, NAME_GROUP, entry->group, entry->group_utf8, legacy);
	names->candidate_bytes = (uint8_t)put_candidates(&entry->fields, names->bytes + used);
	return names;
}

struct names *names_new(const struct entry *entry, struct charset *legacy)
{
	struct names_room room;

	return names_copy(names_bytes(names_read(&room, entry, legacy)));
}

static size_t whole_size(const struct names *names)
{
	size_t size = sizeof *names + names->candidate_bytes;

	for (int i = 0; i < NAME_PARTS; i++)
		size += names->len[i];
	return size;
}

struct span names_bytes(const struct names *names)
{
	return span_of(names, whole_size(names));
}

static bool candidates_sound(struct span packed)
{
	struct endpoint ep;
	size_t n = 0;

	while (packed.len > 0) {
		size_t len = packed.data[0];

		if (n++ == CANDIDATES_MAX || packed.len <= len ||
		    !endpoint_unpack(&ep, span_of(packed.data + 1, len)))
			return false;
		packed = span_of(packed.data + 1 + len, packed.len - 1 - len);
	}
	return true;
}

/* A struct names holds bytes alone, so it may be looked at wherever it lies. */
bool names_scan(struct span bytes, struct span *found)
{
	const struct names *names = (const void *)bytes.data;
	struct span part;

	if (bytes.len < sizeof *names || bytes.len < whole_size(names))
		return false;
	for (int i = 0; i < NAME_PARTS; i++) {
		part = names_part(names, (enum name_part)i);
		if (part.len >= NAME_TEXT_MAX || !utf8_valid(part))
			return false;
	}
	if (!candidates_sound(span_of(part.data + part.len, names->candidate_bytes)))
		return false;
	*found = span_of(bytes.data, whole_size(names));
	return true;
}

struct names *names_copy(struct span found)
{
	struct names *names = malloc(found.len);

	if (names != NULL)
		memcpy(names, found.data, found.len);
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

struct span names_place(const struct names *names)
{
	struct span group = names_part(names, NAME_GROUP);

	return group.len > 0 ? group : names_part(names, NAME_HOST);
}

size_t names_full(const struct names *names, char out[NAMES_FULL_MAX])
{
	struct span nick = names_part(names, NAME_NICK);
	struct span place = names_place(names);

	memcpy(out, nick.data, nick.len);
	out[nick.len] = '@';
	memcpy(out + nick.len + 1, place.data, place.len);
	return nick.len + 1 + place.len;
}

enum name_match names_match(const struct names *names, struct span wanted)
{
	struct span nick = names_part(names, NAME_NICK);
	struct span place = names_place(names);

	if (span_equal(wanted, nick))
		return MATCH_NICK;
	if (wanted.len == nick.len + 1 + place.len && wanted.data[nick.len] == '@' &&
	    span_equal(span_of(wanted.data, nick.len), nick) &&
	    span_equal(span_of(wanted.data + nick.len + 1, place.len), place))
		return MATCH_FULL;
	return MATCH_NONE;
}
