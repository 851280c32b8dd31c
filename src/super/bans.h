/*
 * Who is not served: networks, whose packets are dropped unread, and names and
 * keys, which are not registered. A look-up costs nothing where there is no
 * ban of its kind, and a binary search otherwise.
 */
#ifndef IPMSG_SUPER_BANS_H
#define IPMSG_SUPER_BANS_H

#include "super/whom.h"

#define BANS_MAX 4096
#define BAN_REASON_MAX 160 /* with the final NUL */

struct ban {
	struct whom whom; /* not of WHOM_ENDPOINT */
	int64_t until;	  /* s since 1970 from which on it is over; 0: it is for good */
	char reason[BAN_REASON_MAX]; /* for the administrator; UTF-8, may be "" */
};

/* The addresses from `first` to `last`, as numbers with the high half in front. */
struct ban_range {
	uint64_t first[2], last[2];
};

struct ban_ranges {
	struct ban_range *all; /* in order, and apart from each other */
	size_t count;
};

struct bans {
	struct ban **all; /* in the order of whom_compare() */
	size_t count;
	size_t kinds[WHOM_ENDPOINT];
	struct ban_ranges ip4, ip6; /* made from the networks */
};

void bans_init(struct bans *bans);
void bans_free(struct bans *bans);

/* In place of an earlier one of the same. */
enum bans_result { BANS_PUT, BANS_FULL, BANS_NO_MEMORY };
enum bans_result bans_put(struct bans *bans, const struct ban *ban);

/* False when there is none of just that. */
bool bans_remove(struct bans *bans, const struct whom *whom);

/* The ban of just that, and that of a network which contains that one; or NULL. */
const struct ban *bans_find(const struct bans *bans, const struct whom *whom);
const struct ban *bans_around(const struct bans *bans, const struct whom *whom);

/* One after another from 0 on, in an order that stays; NULL behind the last. */
const struct ban *bans_at(const struct bans *bans, size_t i);

/* Ends those that are over at `wall` (s since 1970). Returns how many. */
size_t bans_expire(struct bans *bans, int64_t wall);

/* When the next one is over; INT64_MAX for never. */
int64_t bans_next_end(const struct bans *bans);

bool bans_has_address(const struct bans *bans, const struct endpoint *from);
bool bans_has_names(const struct bans *bans, const struct names *names);
bool bans_has_key(const struct bans *bans, const uint8_t identity[IDENTITY_BYTES]);

/* Asked for each packet that comes. */
static inline bool bans_cover(const struct bans *bans, const struct endpoint *from)
{
	return bans->kinds[WHOM_NETWORK] > 0 && bans_has_address(bans, from);
}

/* For any of the three. */
bool bans_mean(const struct bans *bans, const struct registration *reg);

/*
 * A ban as a line of a file: the end in s since 1970 or "-", whom, and the
 * reason, with tabs in between; without the newline.
 */
#define BAN_LINE_MAX (24 + WHOM_TEXT_MAX + BAN_REASON_MAX)
size_t ban_format(const struct ban *ban, char line[BAN_LINE_MAX]);

/* Reads one; on failure returns what is wrong with it, as a phrase, else NULL. */
const char *ban_parse(struct ban *ban, struct span line);

/* Whether it can be a reason: in its length, and of characters that do nothing to a terminal. */
bool ban_reason_fits(struct span reason);

#endif
