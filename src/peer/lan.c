/*
 * The LAN side's life: the networks we are on, entering and leaving them, and
 * who may be answered there.
 */
#include "peer/lan.h"

#include <string.h>

#include "peer/core.h"

#define WAKE_MS 250	     /* from NOOPERATION to BR_ENTRY */
#define ENTER_AGAIN_MS 5000  /* and to the second one */
#define REFRESH_EVERY_MS 5000
#define FORGET_AFTER_MS 6000 /* the last answers to an entry come after 4 s and more */
#define INTRODUCE_EVERY_MS 60000

/* See lan_may_answer(). */
static const struct bucket_size answers_to_each = {32 << 10, 4 << 10};
static const struct bucket_size answers_to_all = {1 << 20, 400 << 10};

/* All of a large network at once, and a forger for ten years without ids running out. */
static const struct bucket_size newcomers = {4096, 10};

void lan_init(struct peer *peer, const uint8_t key[16])
{
	struct lan *lan = &peer->lan;

	*lan = (struct lan){
	    .entering_due = DEADLINE_NEVER,
	    .settings_due = DEADLINE_NEVER,
	    .forget_due = DEADLINE_NEVER,
	    .query.due = DEADLINE_NEVER,
	};
	heap_init(&lan->neighbours.timers);
	memcpy(lan->answers.key, key, sizeof lan->answers.key);
}

void lan_free(struct peer *peer)
{
	neighbours_free(peer);
}

bool lan_may_answer(struct turn *turn, const struct endpoint *to, size_t len)
{
	struct peer *peer = turn->peer;

	return lan_covers(peer, to) &&
	    budget_take(&peer->lan.answers, to, &answers_to_each, &answers_to_all, (int64_t)len,
		turn->now);
}

bool lan_may_come(struct turn *turn)
{
	return bucket_take(&turn->peer->lan.newcomers, &newcomers, 1, turn->now);
}

/* Begins the entry sequence toward all that is marked fresh. */
static void enter(struct turn *turn)
{
	struct lan *lan = &turn->peer->lan;

	lan->entering = ENTERING_WAKE;
	lan->entering_due = turn->now;
}

static void enter_everywhere(struct turn *turn)
{
	struct lan *lan = &turn->peer->lan;

	memset(lan->fresh, true, sizeof lan->fresh);
	lan->fresh_others = true;
	lan_query_stop(turn->peer);
	enter(turn);
}

static void entered(struct lan *lan)
{
	memset(lan->fresh, false, sizeof lan->fresh);
	lan->fresh_others = false;
	lan->entering = ENTERING_NOT;
	lan->entering_due = DEADLINE_NEVER;
}

static void say_entry(struct turn *turn)
{
	struct saying saying;

	lan_compose(turn, &saying, lan_word(turn->peer, CMD_BR_ENTRY));
	lan_say_all(turn, &saying, true);
	if (turn->peer->lan.fresh_others)
		lan_say_dialup(turn, &saying);
	iptux_correct_all(turn);
}

static void enter_tick(struct turn *turn)
{
	struct lan *lan = &turn->peer->lan;
	struct saying saying;

	switch (lan->entering) {
	case ENTERING_WAKE:
		lan_compose(turn, &saying, CMD_NOOPERATION);
		lan_say_all(turn, &saying, true);
		lan->entering = ENTERING_FIRST;
		lan->entering_due = turn->now + WAKE_MS;
		break;
	case ENTERING_FIRST:
		say_entry(turn);
		if (lan->fresh_others)
			lan_query_start(turn);
		lan->entering = ENTERING_SECOND;
		lan->entering_due = turn->now + ENTER_AGAIN_MS;
		break;
	default:
		say_entry(turn);
		entered(lan);
		break;
	}
}

void lan_start(struct turn *turn)
{
	struct lan *lan = &turn->peer->lan;

	lan->running = true;
	lan->started = turn->now;
	if (lan->link_count > 0)
		enter_everywhere(turn);
	lan_tick(turn);
}

/* NOOPERATION, then the packet, to everybody. */
static void say_to_everybody(struct turn *turn, uint32_t word)
{
	struct saying wake, saying;

	lan_compose(turn, &wake, CMD_NOOPERATION);
	lan_say_all(turn, &wake, false);
	lan_compose(turn, &saying, word);
	lan_say_all(turn, &saying, false);
	lan_say_dialup(turn, &saying);
}

void lan_leave(struct turn *turn)
{
	struct peer *peer = turn->peer;
	struct lan *lan = &peer->lan;

	lan->running = false;
	lan->settings_due = DEADLINE_NEVER;
	lan->forget_due = DEADLINE_NEVER;
	lan->garbled_count = 0;
	entered(lan);
	lan_query_stop(peer);
	for (size_t i = 0; i < lan->neighbours.count; i++)
		heap_remove(&lan->neighbours.timers, &lan->neighbours.all[i]->timer);
	if (lan->link_count > 0)
		say_to_everybody(turn, CMD_BR_EXIT);
}

void lan_announce(struct turn *turn)
{
	const struct lan *lan = &turn->peer->lan;

	if (!lan->running || lan->link_count == 0)
		return;
	say_to_everybody(turn, lan_word(turn->peer, CMD_BR_ABSENCE));
	iptux_correct_all(turn);
}

static bool same_link(const struct lan_link *a, const struct lan_link *b)
{
	if (!endpoint_equal(&a->own, &b->own) || a->prefix != b->prefix || a->local != b->local ||
	    a->announce_count != b->announce_count)
		return false;
	for (size_t i = 0; i < a->announce_count; i++) {
		if (!endpoint_equal(&a->announce[i], &b->announce[i]))
			return false;
	}
	return true;
}

static int find_link(const struct lan *lan, const struct lan_link *link)
{
	for (size_t i = 0; i < lan->link_count; i++) {
		if (same_link(&lan->links[i], link))
			return (int)i;
	}
	return -1;
}

/* True when something is different; which of them are new is in `fresh`. */
static bool take_links(struct lan *lan, const struct lan_link *links, size_t count)
{
	bool fresh[LINKS_MAX] = {0};
	size_t stayed = 0;

	for (size_t i = 0; i < count; i++) {
		int old = find_link(lan, &links[i]);

		fresh[i] = old < 0 || lan->fresh[old];
		if (old >= 0)
			stayed++;
	}
	if (stayed == count && count == lan->link_count)
		return false;
	/* the first ones of all: it is a start */
	if (lan->link_count == 0)
		lan->fresh_others = true;
	for (size_t i = 0; i < count; i++)
		lan->links[i] = links[i];
	memcpy(lan->fresh, fresh, sizeof fresh);
	lan->link_count = count;
	return true;
}

/* fe80::/10 means nothing but on its own network, and is on each. */
static bool is_zoned(const struct endpoint *at)
{
	return at->family == FAMILY_IP6 && endpoint_scope(at) == SCOPE_LINK;
}

/* Whether one of these leads to the network of `old`, be it with another address. */
static bool stays_on(const struct lan_link *links, size_t count, const struct lan_link *old)
{
	for (size_t i = 0; i < count; i++) {
		if (endpoint_within(&links[i].own, links[i].prefix, &old->own) &&
		    (links[i].local == old->local || !is_zoned(&old->own)))
			return true;
	}
	return false;
}

/* Whom we leave behind is told: nobody would miss us otherwise. */
static void leave_links(struct turn *turn, const struct lan_link *links, size_t count)
{
	const struct lan *lan = &turn->peer->lan;
	struct saying wake, saying;

	if (!lan->running)
		return;
	if (count == 0 && lan->link_count > 0)
		say_to_everybody(turn, CMD_BR_EXIT);
	for (size_t i = 0; count > 0 && i < lan->link_count; i++) {
		if (stays_on(links, count, &lan->links[i]))
			continue;
		lan_compose(turn, &wake, CMD_NOOPERATION);
		lan_say_on(turn, &wake, &lan->links[i]);
		lan_compose(turn, &saying, CMD_BR_EXIT);
		lan_say_on(turn, &saying, &lan->links[i]);
	}
}

static bool has_fresh(const struct lan *lan)
{
	for (size_t i = 0; i < lan->link_count; i++) {
		if (lan->fresh[i])
			return true;
	}
	return false;
}

/* Who cannot be reached any more leaves; the others are spoken to from where we are now. */
static void review_neighbours(struct turn *turn)
{
	struct peer *peer = turn->peer;
	struct neighbours *neighbours = &peer->lan.neighbours;

	for (size_t i = neighbours->count; i > 0; i--) {
		struct neighbour *neighbour = neighbours->all[i - 1];
		const struct lan_link *link = lan_link_to(peer, &neighbour->at);

		bool cut_off = !lan_has_local(&peer->lan, neighbour->local);

		if (peer->lan.link_count == 0 ||
		    (!neighbour->listed && !lan_covers(peer, &neighbour->at)) ||
		    (cut_off && is_zoned(&neighbour->at)))
			neighbour_leave(turn, neighbour);
		else if (link != NULL && cut_off)
			neighbour->local = link->local;
	}
}

void peer_links(struct peer *peer, const struct lan_link *links, size_t count, int64_t now,
    int64_t wall, struct batch *out)
{
	struct turn turn = turn_at(peer, now, wall, out);
	struct lan *lan = &peer->lan;

	count = count < LINKS_MAX ? count : LINKS_MAX;
	leave_links(&turn, links, count);
	if (!take_links(lan, links, count))
		return;
	review_neighbours(&turn);
	if (lan->link_count == 0) {
		entered(lan);
		lan_query_stop(peer);
	} else if (lan->running && has_fresh(lan)) {
		enter(&turn);
	}
	lan_tick(&turn);
}

bool peer_refresh(struct peer *peer, int64_t now, int64_t wall, struct batch *out)
{
	struct turn turn = turn_at(peer, now, wall, out);
	struct lan *lan = &peer->lan;

	if (lan->has_refreshed && now - lan->refreshed < REFRESH_EVERY_MS)
		return false;
	lan->has_refreshed = true;
	lan->refreshed = now;
	/* who did not answer the last one is not doubted for ever */
	if (lan->forget_due != DEADLINE_NEVER)
		neighbours_forget(&turn);
	neighbours_doubt(peer);
	lan->forget_due = now + FORGET_AFTER_MS;
	if (lan->running && lan->link_count > 0)
		enter_everywhere(&turn);
	lan_tick(&turn);
	return true;
}

static bool same_addresses(const struct peer_settings *a, const struct peer_settings *b)
{
	if (a->lan_address_count != b->lan_address_count)
		return false;
	for (size_t i = 0; i < a->lan_address_count; i++) {
		if (!endpoint_equal(&a->lan_addresses[i], &b->lan_addresses[i]) ||
		    a->lan_prefixes[i] != b->lan_prefixes[i])
			return false;
	}
	return true;
}

void lan_reconfigure(struct peer *peer, const struct peer_settings *old, bool renamed, int64_t now)
{
	const struct peer_settings *settings = &peer->settings;
	struct lan *lan = &peer->lan;

	if (!lan->running || lan->link_count == 0)
		return;
	if (!same_addresses(old, settings) || (settings->list_ask && !old->list_ask)) {
		lan->fresh_others = true;
		lan->entering = ENTERING_WAKE;
		lan->entering_due = now;
		lan->settings_due = now;
	}
	if (!settings->list_ask)
		lan_query_stop(peer);
	if (renamed) {
		lan->renamed = true;
		lan->settings_due = now;
	}
}

static void settings_tick(struct turn *turn)
{
	struct lan *lan = &turn->peer->lan;

	lan->settings_due = DEADLINE_NEVER;
	review_neighbours(turn);
	if (lan->renamed)
		lan_announce(turn);
	lan->renamed = false;
}

void lan_tick(struct turn *turn)
{
	struct lan *lan = &turn->peer->lan;
	struct heap *timers = &lan->neighbours.timers;
	struct heap_node *first;

	if (turn->now >= lan->settings_due)
		settings_tick(turn);
	if (turn->now >= lan->forget_due) {
		lan->forget_due = DEADLINE_NEVER;
		neighbours_forget(turn);
	}
	while (turn->now >= lan->entering_due)
		enter_tick(turn);
	if (turn->now >= lan->query.due)
		lan_query_tick(turn);
	while ((first = heap_first(timers)) != NULL && first->due <= turn->now) {
		const struct neighbour *neighbour = neighbour_of_timer(first);

		heap_remove(timers, first);
		lan_answer_entry(turn, &neighbour->at, neighbour->local,
		    neighbour->utf8 || neighbour->iptux, NULL);
	}
	iptux_tick(turn);
}

int64_t lan_deadline(const struct peer *peer)
{
	const struct lan *lan = &peer->lan;
	int64_t due = heap_deadline(&lan->neighbours.timers);

	if (lan->settings_due < due)
		due = lan->settings_due;
	if (lan->entering_due < due)
		due = lan->entering_due;
	if (lan->forget_due < due)
		due = lan->forget_due;
	if (iptux_deadline(lan) < due)
		due = iptux_deadline(lan);
	return lan->query.due < due ? lan->query.due : due;
}

bool lan_may_introduce(struct turn *turn, const struct endpoint *to)
{
	struct lan *lan = &turn->peer->lan;
	struct introduced *introduced = &lan->introduced[lan->introduced_next];

	if (!lan_covers(turn->peer, to))
		return false;
	for (size_t i = 0; i < INTRODUCED_MAX; i++) {
		const struct introduced *known = &lan->introduced[i];

		if (known->to.family != FAMILY_NONE && endpoint_same_address(&known->to, to) &&
		    turn->now - known->at < INTRODUCE_EVERY_MS)
			return false;
	}
	lan->introduced_next = (lan->introduced_next + 1) % INTRODUCED_MAX;
	*introduced = (struct introduced){.to = *to, .at = turn->now};
	return true;
}

void lan_introduce(struct turn *turn, const struct arrival *in)
{
	struct peer *peer = turn->peer;
	struct saying saying;

	if (!lan_may_introduce(turn, &in->remote))
		return;
	lan_compose(turn, &saying, lan_word(peer, CMD_BR_ENTRY));
	if (lan_may_answer(turn, &in->remote, saying.len))
		lan_say(turn, &saying, &in->remote, lan_local(peer, in));
}
