/*
 * Listing (ipmsg-punch(7), ROSTER): GETLIST with the index of the page, at 0, 1
 * and 3 s, given up at 7 s; its answer says which page comes next. A supernode
 * lets a source have a number of pages at once, and two in a second from then on.
 */
#include "peer/roster.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "peer/core.h"
#include "wire/hostlist.h"

#define PAGES_AT_ONCE 10
#define PAGE_MS 550
#define PAGES_MAX 4096
#define SEEN_MIN 64

static const int64_t try_at[] = {0, 1000, 3000};
#define TRIES (sizeof try_at / sizeof *try_at)
#define GIVE_UP_MS 7000

void roster_init(struct peer *peer)
{
	rng_bytes(&peer->rng, peer->roster.key, sizeof peer->roster.key);
}

static void forget_seen(struct roster *roster)
{
	free(roster->seen);
	roster->seen = NULL;
	roster->cap = roster->count = 0;
}

void roster_free(struct peer *peer)
{
	forget_seen(&peer->roster);
}

/* The place of a hash, or the empty one where it belongs. */
static uint64_t *place_of(const struct roster *roster, uint64_t hash)
{
	uint32_t i = (uint32_t)hash & (roster->cap - 1);

	while (roster->seen[i] != 0 && roster->seen[i] != hash)
		i = (i + 1) & (roster->cap - 1);
	return &roster->seen[i];
}

static bool grow(struct roster *roster)
{
	struct roster larger = {.cap = roster->cap > 0 ? roster->cap * 2 : SEEN_MIN};

	if (2 * roster->count < roster->cap)
		return true;
	larger.seen = calloc(larger.cap, sizeof *larger.seen);
	if (larger.seen == NULL)
		return false;
	for (uint32_t i = 0; i < roster->cap; i++) {
		if (roster->seen[i] != 0)
			*place_of(&larger, roster->seen[i]) = roster->seen[i];
	}
	free(roster->seen);
	roster->seen = larger.seen;
	roster->cap = larger.cap;
	return true;
}

/* The names, each with its NUL, so that those of two people are never the same bytes. */
static uint64_t hash_of(const struct roster *roster, const struct listed_peer *listed)
{
	char bytes[4 * NAME_TEXT_MAX];
	const char *const names[] = {listed->nick, listed->group, listed->user, listed->host};
	size_t used = 0;
	uint64_t hash;

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		size_t len = strlen(names[i]) + 1;

		memcpy(bytes + used, names[i], len);
		used += len;
	}
	crypto_shorthash((unsigned char *)&hash, (const unsigned char *)bytes, used, roster->key);
	return hash != 0 ? hash : 1;
}

/* False when another supernode has told of it, or there is no more room. */
static bool is_new(struct roster *roster, const struct listed_peer *listed)
{
	uint64_t hash = hash_of(roster, listed), *place;

	if (roster->count >= ROSTER_NAMES_MAX || !grow(roster))
		return false;
	place = place_of(roster, hash);
	if (*place != 0)
		return false;
	*place = hash;
	roster->count++;
	return true;
}

static void tell(struct peer *peer, int64_t now, const struct uplink *uplink,
    const struct listed_peer *listed, enum reason reason)
{
	struct peer_event event = {
	    .kind = EVENT_ROSTER,
	    .now = now,
	    .roster = peer->roster.id,
	    .roster_over = uplink == NULL,
	    .listed = listed,
	    .reason = reason,
	};

	if (uplink != NULL) {
		event.index = (unsigned)(uplink - peer->uplinks);
		event.host = uplink->setting.host;
		event.port = uplink->setting.port;
	}
	peer_tell(peer, &event);
}

static void send_ask(struct turn *turn, const struct uplink *uplink, const struct roster_line *line)
{
	struct peer *peer = turn->peer;
	struct fields fields = {0};
	struct writer w = turn_open(turn);

	fields_set(&fields, KEY_TK);
	memcpy(fields.transaction, line->transaction, TRANSACTION_BYTES);
	uplink_set_cookie(uplink, &fields);
	packet_begin(&w, peer_number(peer, turn->wall), &peer->identity,
	    CMD_GETLIST | OPT_UTF8 | OPT_CAPUTF8);
	writer_decimal(&w, line->next);
	hostlist_write_fields(&w, &fields);
	uplink_close(turn, uplink, &w);
}

/* Asks for the page `next`, a little later if many were asked for already. */
static void ask_page(struct turn *turn, struct roster_line *line, uint32_t next)
{
	line->next = next;
	line->busy = false;
	rng_bytes(&turn->peer->rng, line->transaction, TRANSACTION_BYTES);
	line->tries = 0;
	line->due = turn->now + (line->pages < PAGES_AT_ONCE ? 0 : PAGE_MS);
	line->tried = line->due;
	line->pages++;
}

static bool is_asking(const struct peer *peer)
{
	for (size_t i = 0; i < peer->uplink_count; i++) {
		if (peer->roster.lines[i].asking)
			return true;
	}
	return false;
}

/* Why a supernode is not asked at all. */
static enum reason objection(const struct uplink *uplink, int64_t now)
{
	if (!uplink_usable(uplink, now))
		return REASON_SUPERNODE_LOST;
	return uplink->extended ? REASON_NONE : REASON_SEED_SUPERNODE;
}

/* Whether the supernode is asked over the other address family. */
static bool is_spare(struct peer *peer, const struct uplink *uplink, int64_t now)
{
	const struct uplink *twin = uplink_twin(peer, uplink);

	if (uplink->dormant || twin->dormant)
		return uplink->dormant;
	return uplink->family == FAMILY_IP6 ? uplink_usable(twin, now) || !uplink_usable(uplink, now)
					    : !uplink_usable(uplink, now) && uplink_usable(twin, now);
}

static void start(struct turn *turn)
{
	struct peer *peer = turn->peer;
	struct roster *roster = &peer->roster;

	roster->going = true;
	roster->again = false;
	roster->id++;
	forget_seen(roster);
	memset(roster->lines, 0, sizeof roster->lines);
	for (size_t i = 0; i < peer->uplink_count; i++) {
		enum reason reason = objection(&peer->uplinks[i], turn->now);

		if (is_spare(peer, &peer->uplinks[i], turn->now))
			continue;
		roster->lines[i].asking = reason == REASON_NONE;
		if (reason == REASON_NONE)
			ask_page(turn, &roster->lines[i], 0);
		else
			tell(peer, turn->now, &peer->uplinks[i], NULL, reason);
	}
}

static void finish(struct peer *peer, int64_t now)
{
	peer->roster.going = false;
	forget_seen(&peer->roster);
	tell(peer, now, NULL, NULL, REASON_NONE);
}

uint32_t roster_begin(struct turn *turn)
{
	struct roster *roster = &turn->peer->roster;

	if (roster->going) {
		roster->again = true;
		return roster->id + 1;
	}
	start(turn);
	roster_tick(turn);
	return roster->id;
}

static void end_line(struct peer *peer, size_t i, int64_t now, enum reason reason)
{
	peer->roster.lines[i].asking = false;
	tell(peer, now, &peer->uplinks[i], NULL, reason);
}

void roster_end(struct peer *peer, int64_t now, enum reason reason)
{
	struct roster *roster = &peer->roster;

	if (!roster->going)
		return;
	for (size_t i = 0; i < peer->uplink_count; i++) {
		if (roster->lines[i].asking)
			end_line(peer, i, now, reason);
	}
}

static void line_tick(struct turn *turn, size_t i)
{
	struct uplink *uplink = &turn->peer->uplinks[i];
	struct roster_line *line = &turn->peer->roster.lines[i];

	if (!line->asking || turn->now < line->due)
		return;
	if (turn->now - line->tried >= GIVE_UP_MS) {
		end_line(turn->peer, i, turn->now, line->busy ? REASON_BUSY : REASON_NO_ANSWER);
		return;
	}
	if (!uplink_usable(uplink, turn->now)) {
		end_line(turn->peer, i, turn->now, REASON_SUPERNODE_LOST);
		return;
	}
	send_ask(turn, uplink, line);
	line->tries++;
	line->due = line->tried + (line->tries < TRIES ? try_at[line->tries] : GIVE_UP_MS);
}

void roster_tick(struct turn *turn)
{
	struct peer *peer = turn->peer;
	struct roster *roster = &peer->roster;

	for (size_t i = 0; roster->going && i < peer->uplink_count; i++)
		line_tick(turn, i);
	if (roster->going && !is_asking(peer)) {
		finish(peer, turn->now);
		if (roster->again)
			start(turn);
	}
}

int64_t roster_deadline(const struct peer *peer)
{
	const struct roster *roster = &peer->roster;
	int64_t due = DEADLINE_NEVER;

	if (roster->going && !is_asking(peer))
		return 0;
	for (size_t i = 0; roster->going && i < peer->uplink_count; i++) {
		if (roster->lines[i].asking && roster->lines[i].due < due)
			due = roster->lines[i].due;
	}
	return due;
}

static void decode(struct span name, const struct peer *peer, char out[NAME_TEXT_MAX])
{
	out[name_decode(name, true, peer->legacy, out)] = '\0';
}

static void take_hosts(struct turn *turn, const struct uplink *uplink, struct hostlist *list)
{
	struct peer *peer = turn->peer;
	struct listed_host host;
	struct listed_peer listed;

	list->placeless = true;
	while (hostlist_next(list, &host)) {
		decode(host.user, peer, listed.user);
		decode(host.host, peer, listed.host);
		decode(host.nick.len > 0 ? host.nick : host.user, peer, listed.nick);
		decode(host.group, peer, listed.group);
		listed.extended = (host.status & OPT_CAPUTF8) != 0;
		if (!host.left && is_new(&peer->roster, &listed))
			tell(peer, turn->now, uplink, &listed, REASON_NONE);
	}
}

static void take_page(struct turn *turn, struct uplink *uplink, struct hostlist *list)
{
	struct peer *peer = turn->peer;
	size_t i = (size_t)(uplink - peer->uplinks);
	struct roster_line *line = &peer->roster.lines[i];

	take_hosts(turn, uplink, list);
	/* a list goes forward, so it ends */
	if (list->next <= line->next)
		end_line(peer, i, turn->now, REASON_NONE);
	else if (line->pages >= PAGES_MAX || peer->roster.count >= ROSTER_NAMES_MAX)
		end_line(peer, i, turn->now, REASON_LIMIT);
	else
		ask_page(turn, line, list->next);
}

bool roster_answered(struct turn *turn, struct uplink *uplink, const struct packet *packet)
{
	struct peer *peer = turn->peer;
	size_t i = (size_t)(uplink - peer->uplinks);
	struct roster_line *line = &peer->roster.lines[i];
	struct hostlist list;
	struct block block;
	struct fields fields;

	if (!block_parse(&block, packet) || !fields_read(&fields, &block)) {
		peer_bump(peer, PEER_DROPPED_VOID);
		return true;
	}
	if (!fields_has(&fields, KEY_PX))
		return false;
	if (!uplink->extended || !uplink_trusts(uplink, &fields, turn->now)) {
		peer_bump(peer, PEER_DROPPED_FORGED);
		return true;
	}
	if (!peer->roster.going || !line->asking || !fields_has(&fields, KEY_TK) ||
	    memcmp(fields.transaction, line->transaction, TRANSACTION_BYTES) != 0)
		return true;
	if (fields_has(&fields, KEY_ER) && fields.error == PUNCH_BUSY)
		line->busy = true; /* asked again when that is due */
	else if (fields_has(&fields, KEY_ER))
		end_line(peer, i, turn->now, REASON_REFUSED);
	else if (hostlist_parse(&list, packet))
		take_page(turn, uplink, &list);
	else
		peer_bump(peer, PEER_DROPPED_VOID);
	roster_tick(turn);
	return true;
}
