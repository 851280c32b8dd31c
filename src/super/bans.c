/* The table of bans, and what is made from it to be searched. */
#include "super/bans.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

void bans_init(struct bans *bans)
{
	*bans = (struct bans){0};
}

void bans_free(struct bans *bans)
{
	for (size_t i = 0; i < bans->count; i++)
		free(bans->all[i]);
	free(bans->all);
	free(bans->ip4.all);
	free(bans->ip6.all);
	bans_init(bans);
}

static uint64_t half(const uint8_t bytes[8])
{
	uint64_t value = 0;

	for (int i = 0; i < 8; i++)
		value = value << 8 | bytes[i];
	return value;
}

/* IPv4 fills the front: what is behind it is 0 in all of them. */
static void number_of(const struct endpoint *at, uint64_t number[2])
{
	number[0] = half(at->address);
	number[1] = half(at->address + 8);
}

static bool below(const uint64_t a[2], const uint64_t b[2])
{
	return (a[0] < b[0]) | ((a[0] == b[0]) & (a[1] < b[1]));
}

static struct ban_range range_of(const struct whom *whom)
{
	struct ban_range range;
	unsigned bits = whom->bits;

	number_of(&whom->at, range.first);
	range.last[0] = range.first[0] | (bits < 64 ? UINT64_MAX >> bits : 0);
	range.last[1] =
	    range.first[1] | (bits <= 64 ? UINT64_MAX : bits < 128 ? UINT64_MAX >> (bits - 64) : 0);
	return range;
}

/* Without a branch that would be taken at random: each of those costs as much as ten steps. */
static bool ranges_have(const struct ban_ranges *ranges, const uint64_t number[2])
{
	const struct ban_range *at = ranges->all;

	if (ranges->count == 0)
		return false;
	for (size_t left = ranges->count; left > 1;) {
		size_t middle = left / 2;

		at += below(number, at[middle].first) ? 0 : middle;
		left -= middle;
	}
	return !below(number, at->first) && !below(at->last, number);
}

/* Networks come in order, and each before those that it contains: those add nothing. */
static void build_ranges(struct bans *bans)
{
	bans->ip4.count = bans->ip6.count = 0;
	for (size_t i = 0; i < bans->count; i++) {
		const struct whom *whom = &bans->all[i]->whom;
		struct ban_ranges *ranges = whom->at.family == FAMILY_IP4 ? &bans->ip4 : &bans->ip6;

		if (whom->kind != WHOM_NETWORK)
			continue;
		struct ban_range range = range_of(whom);

		if (ranges->count == 0 || below(ranges->all[ranges->count - 1].last, range.first))
			ranges->all[ranges->count++] = range;
	}
}

/* Where it stands, or would have to; `*there` says which. */
static size_t place_of(const struct bans *bans, const struct whom *whom, bool *there)
{
	size_t low = 0, high = bans->count;

	*there = false;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = whom_compare(whom, &bans->all[middle]->whom);

		if (order == 0) {
			*there = true;
			return middle;
		}
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

/*
 * Doubles with the powers of two, so that `count` alone says how much room there
 * is. The array, moved perhaps; NULL, with nothing changed, when memory is short.
 */
static void *room_for_one(void *array, size_t item, size_t count)
{
	if (count > 0 && (count & (count - 1)) != 0)
		return array;
	return realloc(array, (count > 0 ? 2 * count : 1) * item);
}

static bool grow_ranges(struct ban_ranges *ranges, size_t networks)
{
	struct ban_range *more = room_for_one(ranges->all, sizeof *more, networks);

	if (more != NULL)
		ranges->all = more;
	return more != NULL;
}

static bool make_room(struct bans *bans, const struct ban *ban)
{
	struct ban **more = room_for_one(bans->all, sizeof *more, bans->count);

	if (more == NULL)
		return false;
	bans->all = more;
	/* all of the networks may be of one family */
	return ban->whom.kind != WHOM_NETWORK ||
	    (grow_ranges(&bans->ip4, bans->kinds[WHOM_NETWORK]) &&
		grow_ranges(&bans->ip6, bans->kinds[WHOM_NETWORK]));
}

enum bans_result bans_put(struct bans *bans, const struct ban *ban)
{
	bool there;
	size_t place = place_of(bans, &ban->whom, &there);
	struct ban *kept;

	if (there) {
		*bans->all[place] = *ban;
		return BANS_PUT;
	}
	if (bans->count >= BANS_MAX)
		return BANS_FULL;
	kept = malloc(sizeof *kept);
	if (kept == NULL || !make_room(bans, ban)) {
		free(kept);
		return BANS_NO_MEMORY;
	}
	*kept = *ban;
	memmove(bans->all + place + 1, bans->all + place,
	    (bans->count - place) * sizeof *bans->all);
	bans->all[place] = kept;
	bans->count++;
	bans->kinds[ban->whom.kind]++;
	if (ban->whom.kind == WHOM_NETWORK)
		build_ranges(bans);
	return BANS_PUT;
}

static void take_out(struct bans *bans, size_t place)
{
	bans->kinds[bans->all[place]->whom.kind]--;
	free(bans->all[place]);
	bans->count--;
	memmove(bans->all + place, bans->all + place + 1,
	    (bans->count - place) * sizeof *bans->all);
}

bool bans_remove(struct bans *bans, const struct whom *whom)
{
	bool there;
	size_t place = place_of(bans, whom, &there);

	if (!there)
		return false;
	take_out(bans, place);
	build_ranges(bans);
	return true;
}

const struct ban *bans_find(const struct bans *bans, const struct whom *whom)
{
	bool there;
	size_t place = place_of(bans, whom, &there);

	return there ? bans->all[place] : NULL;
}

const struct ban *bans_around(const struct bans *bans, const struct whom *whom)
{
	if (whom->kind != WHOM_NETWORK)
		return NULL;
	for (size_t i = 0; i < bans->count; i++) {
		const struct whom *other = &bans->all[i]->whom;

		if (other->kind == WHOM_NETWORK && other->at.family == whom->at.family &&
		    other->bits < whom->bits &&
		    endpoint_within(&other->at, other->bits, &whom->at))
			return bans->all[i];
	}
	return NULL;
}

const struct ban *bans_at(const struct bans *bans, size_t i)
{
	return i < bans->count ? bans->all[i] : NULL;
}

static bool is_over(const struct ban *ban, int64_t wall)
{
	return ban->until != 0 && ban->until <= wall;
}

size_t bans_expire(struct bans *bans, int64_t wall)
{
	size_t before = bans->count;

	for (size_t i = bans->count; i > 0; i--) {
		if (is_over(bans->all[i - 1], wall))
			take_out(bans, i - 1);
	}
	if (bans->count != before)
		build_ranges(bans);
	return before - bans->count;
}

int64_t bans_next_end(const struct bans *bans)
{
	int64_t next = INT64_MAX;

	for (size_t i = 0; i < bans->count; i++) {
		if (bans->all[i]->until != 0 && bans->all[i]->until < next)
			next = bans->all[i]->until;
	}
	return next;
}

bool bans_has_address(const struct bans *bans, const struct endpoint *from)
{
	uint64_t number[2];

	number_of(from, number);
	return ranges_have(from->family == FAMILY_IP4 ? &bans->ip4 : &bans->ip6, number);
}

bool bans_has_names(const struct bans *bans, const struct names *names)
{
	struct whom whom;

	if (bans->kinds[WHOM_NAME] == 0)
		return false;
	whom_of_names(&whom, names);
	return bans_find(bans, &whom) != NULL;
}

bool bans_has_key(const struct bans *bans, const uint8_t identity[IDENTITY_BYTES])
{
	struct whom whom;

	if (bans->kinds[WHOM_KEY] == 0)
		return false;
	whom_of_key(&whom, identity);
	return bans_find(bans, &whom) != NULL;
}

bool bans_mean(const struct bans *bans, const struct registration *reg)
{
	return bans_cover(bans, &reg->remote) || bans_has_names(bans, reg->names) ||
	    (reg->keyed && bans_has_key(bans, reg->credentials.identity));
}

size_t ban_format(const struct ban *ban, char line[BAN_LINE_MAX])
{
	char whom[WHOM_TEXT_MAX], until[24] = "-";

	if (ban->until != 0)
		snprintf(until, sizeof until, "%" PRId64, ban->until);
	whom_format(&ban->whom, whom);
	return (size_t)snprintf(line, BAN_LINE_MAX, "%s\t%s\t%s", until, whom, ban->reason);
}

bool ban_reason_fits(struct span reason)
{
	for (size_t i = 0; i < reason.len; i++) {
		if (reason.data[i] < ' ' || reason.data[i] == 0x7f)
			return false;
	}
	return reason.len < BAN_REASON_MAX && utf8_valid(reason);
}

/* Up to the next tab, as a text; false when it does not fit, or there is a NUL in it. */
static bool take_field(struct span *rest, char *out, size_t cap)
{
	const unsigned char *tab = memchr(rest->data, '\t', rest->len);
	size_t len = tab != NULL ? (size_t)(tab - rest->data) : rest->len;
	size_t taken = tab != NULL ? len + 1 : len;

	if (len >= cap || memchr(rest->data, '\0', len) != NULL)
		return false;
	memcpy(out, rest->data, len);
	out[len] = '\0';
	*rest = span_of(rest->data + taken, rest->len - taken);
	return true;
}

static bool parse_until(const char *text, int64_t *until)
{
	char *end;

	*until = 0;
	if (strcmp(text, "-") == 0)
		return true;
	if (*text < '1' || *text > '9' || strlen(text) > 18)
		return false;
	*until = (int64_t)strtoll(text, &end, 10);
	return *end == '\0';
}

const char *ban_parse(struct ban *ban, struct span line)
{
	char until[24], whom[WHOM_TEXT_MAX];
	const char *wrong;

	*ban = (struct ban){0};
	if (!take_field(&line, until, sizeof until) || !parse_until(until, &ban->until))
		return "does not begin with its end, in seconds since 1970 or -";
	if (!take_field(&line, whom, sizeof whom))
		return "does not say whom behind a tab";
	wrong = whom_parse(&ban->whom, whom);
	if (wrong == NULL && ban->whom.kind == WHOM_ENDPOINT)
		wrong = "is of a port: there are bans of addresses only";
	if (wrong != NULL)
		return wrong;
	if (!ban_reason_fits(line))
		return "has a reason that is too long or not plain text";
	memcpy(ban->reason, line.data, line.len);
	return NULL;
}
