/*
 * Host lists: asked for when the settings say so, and answered. Who answers
 * first is believed, page by page, as far as it says nothing against what the
 * hosts say themselves.
 */
#include <string.h>

#include "peer/core.h"
#include "wire/hostlist.h"
#include "wire/message.h"

#define HOLDERS_MS 3000	/* until it is asked again who has a list; and until nobody has */
#define PAGE_MS 1000	/* until a page is asked for again */
#define PAGE_TRIES 3
#define PAGES_MAX 64
#define LIST_MS 60000	 /* for all pages */
#define UP_MS 3000	 /* who is up for less has no list yet */
#define LIST_BYTES 1100	 /* of the hosts in one datagram */

static void say_query(struct turn *turn, uint32_t options)
{
	struct saying saying;

	lan_compose(turn, &saying, lan_word(turn->peer, CMD_BR_ISGETLIST2 | options));
	lan_say_all(turn, &saying, false);
}

void lan_query_start(struct turn *turn)
{
	struct list_query *query = &turn->peer->lan.query;

	if (!turn->peer->settings.list_ask)
		return;
	*query = (struct list_query){
	    .state = QUERY_HOLDERS,
	    .due = turn->now + HOLDERS_MS,
	};
	say_query(turn, 0);
}

void lan_query_stop(struct peer *peer)
{
	peer->lan.query = (struct list_query){.due = DEADLINE_NEVER};
}

static void send_getlist(struct turn *turn)
{
	struct peer *peer = turn->peer;
	struct list_query *query = &peer->lan.query;
	unsigned char digits[12];
	struct writer index = writer_on(digits, sizeof digits);
	struct writer w = turn_open(turn);

	writer_decimal(&index, query->next);
	message_write(&w, turn_number(turn), &peer->identity,
	    CMD_GETLIST | OPT_CAPUTF8, span_of(digits, index.len), false, peer->legacy);
	turn_close_from(turn, &w, &query->holder, query->local, 0);
	query->tries++;
	query->due = turn->now + PAGE_MS;
}

void lan_query_tick(struct turn *turn)
{
	struct list_query *query = &turn->peer->lan.query;

	if (query->state == QUERY_HOLDERS) {
		query->state = QUERY_AGAIN;
		query->due = turn->now + HOLDERS_MS;
		say_query(turn, OPT_RETRY);
	} else if (query->state == QUERY_LIST && query->tries < PAGE_TRIES &&
	    turn->now - query->started < LIST_MS) {
		send_getlist(turn);
	} else {
		lan_query_stop(turn->peer);
	}
}

/* OKGETLIST: the first to say so is asked. */
static void on_holder(struct turn *turn, const struct arrival *in)
{
	struct list_query *query = &turn->peer->lan.query;

	if (query->state != QUERY_HOLDERS && query->state != QUERY_AGAIN)
		return;
	*query = (struct list_query){
	    .state = QUERY_LIST,
	    .holder = in->remote,
	    .local = lan_local(turn->peer, in),
	    .started = turn->now,
	};
	send_getlist(turn);
}

/* To where we announce ourselves there is no host, but many. */
static bool is_announce_address(const struct lan *lan, const struct endpoint *at)
{
	for (size_t i = 0; i < lan->link_count; i++) {
		for (size_t k = 0; k < lan->links[i].announce_count; k++) {
			if (endpoint_same_address(&lan->links[i].announce[k], at))
				return true;
		}
	}
	return false;
}

/* Beyond our networks only where a router may lead, and that over IPv4. */
static bool may_be_neighbour(struct peer *peer, const struct endpoint *at)
{
	enum scope scope = endpoint_scope(at);

	if (is_announce_address(&peer->lan, at) || uplink_at(peer, at) != NULL ||
	    (at->family == FAMILY_IP6 && scope == SCOPE_LINK))
		return false;
	for (size_t i = 0; i < peer->lan.link_count; i++) {
		if (endpoint_equal(&peer->lan.links[i].own, at))
			return false;
	}
	return lan_covers(peer, at) || (at->family == FAMILY_IP4 &&
		(scope == SCOPE_PRIVATE || scope == SCOPE_GLOBAL));
}

static void look(struct turn *turn, const struct listed_host *host, bool utf8,
    struct sighting *seen)
{
	struct peer *peer = turn->peer;
	const struct lan_link *link = lan_link_to(peer, &host->at);

	*seen = (struct sighting){
	    .at = host->at,
	    .local = link != NULL ? link->local : peer->sockets.main4,
	    .options = host->status & ~COMMAND_MASK,
	    .utf8 = (host->status & OPT_CAPUTF8) != 0,
	    .absent = (host->status & OPT_ABSENCE) != 0,
	    /* what others say makes us send nothing beyond the LAN */
	    .dialup = (host->status & OPT_DIALUP) != 0 && lan_covers(peer, &host->at),
	    .listed = true,
	};
	name_decode(host->user, utf8, peer->legacy, seen->user);
	name_decode(host->host, utf8, peer->legacy, seen->host);
	name_decode(host->nick, utf8, peer->legacy, seen->nick);
	name_decode(host->group, utf8, peer->legacy, seen->group);
}

static void on_host(struct turn *turn, const struct listed_host *host, bool utf8)
{
	struct peer *peer = turn->peer;
	struct neighbour *known;
	struct sighting seen;

	look(turn, host, utf8, &seen);
	if (names_equal(seen.user, peer->identity.user) &&
	    names_equal(seen.host, peer->identity.host))
		return;
	if (!host->left) {
		if (may_be_neighbour(peer, &host->at))
			neighbour_learn(turn, &seen);
		return;
	}
	known = neighbour_by_user(peer, seen.user, seen.host);
	if (known != NULL && (known->listed || endpoint_equal(&known->at, &host->at)))
		neighbour_leave(turn, known);
}

/*
 * What follows a page: the index to ask for next has to grow, and to be at least the number of
 * hosts that came, as other clients want it.
 */
static void on_page_end(struct turn *turn, const struct hostlist *list)
{
	struct list_query *query = &turn->peer->lan.query;

	if (list->next == 0 || list->next < list->count || ++query->pages >= PAGES_MAX ||
	    turn->now - query->started >= LIST_MS) {
		lan_query_stop(turn->peer);
		return;
	}
	query->next = list->next;
	query->tries = 0;
	send_getlist(turn);
}

static void on_list(struct turn *turn, const struct arrival *in, const struct packet *packet)
{
	struct list_query *query = &turn->peer->lan.query;
	struct listed_host host;
	struct hostlist list;

	if (query->state != QUERY_LIST || !endpoint_equal(&query->holder, &in->remote) ||
	    !hostlist_parse(&list, packet))
		return;
	/* a second copy of the page before */
	if (list.next != 0 && list.next <= query->next)
		return;
	while (hostlist_next(&list, &host))
		on_host(turn, &host, packet_has(packet, OPT_UTF8));
	on_page_end(turn, &list);
}

/* Who asks for lists himself has none yet, unless nobody else has. */
static bool has_list(const struct turn *turn, const struct packet *packet)
{
	const struct peer *peer = turn->peer;

	return peer->settings.list_answer && peer->lan.running &&
	    turn->now - peer->lan.started > UP_MS &&
	    (!peer->settings.list_ask || packet_has(packet, OPT_RETRY));
}

static void answer_query(struct turn *turn, const struct arrival *in, const struct packet *packet)
{
	struct peer *peer = turn->peer;
	struct writer w = turn_open(turn);

	if (!has_list(turn, packet))
		return;
	message_write(&w, turn_number(turn), &peer->identity, CMD_OKGETLIST,
	    span_of("", 0), false, peer->legacy);
	if (lan_may_answer(turn, &in->remote, w.len))
		turn_close_from(turn, &w, &in->remote, lan_local(peer, in), 0);
}

/* Ourselves, at our address on the asker's network. */
static void write_us(struct writer *w, const struct peer *peer, const struct endpoint *asker)
{
	const struct lan_link *link = lan_link_to(peer, asker);
	char nick[SHOWN_NICK_MAX];
	struct identity us = lan_identity(peer, nick);

	hostlist_write_host(w,
	    &(struct listed_host){
		.user = span_text(us.user),
		.host = span_text(us.host),
		.status = lan_word(peer, OPT_CAPUTF8),
		.at = link != NULL ? link->own : peer->lan.links[0].own,
		.nick = span_text(us.nick),
		.group = span_text(us.group),
	    });
}

static void write_neighbour(struct writer *w, const struct neighbour *neighbour)
{
	hostlist_write_host(w,
	    &(struct listed_host){
		.user = span_text(neighbour->user),
		.host = span_text(neighbour->host),
		/* the packet's own charset is no ability of the host, and nobody reads bit 31 */
		.status = neighbour->options & ~OPT_UTF8 & 0x7fffffff,
		.at = neighbour->at,
		.nick = span_text(neighbour->nick),
		.group = span_text(neighbour->group),
	    });
}

/* Hearsay from beyond is not passed on, and a link-local address means nothing to others. */
static bool is_listable(const struct peer *peer, const struct neighbour *neighbour)
{
	return lan_covers(peer, &neighbour->at) &&
	    (neighbour->at.family == FAMILY_IP4 || endpoint_scope(&neighbour->at) != SCOPE_LINK);
}

/*
 * Hosts from index `start` on, as many as fit: 0 is ourselves, the others are neighbours.
 * Returns the index of the first that did not fit, 0 when all did.
 */
static uint32_t write_hosts(struct writer *w, const struct peer *peer,
    const struct endpoint *asker, uint32_t start, uint32_t *count)
{
	const struct neighbours *neighbours = &peer->lan.neighbours;

	*count = 0;
	for (uint32_t i = start; i <= neighbours->count; i++) {
		size_t before = w->len;

		if (i > 0 && !is_listable(peer, neighbours->all[i - 1]))
			continue;
		if (i == 0)
			write_us(w, peer, asker);
		else
			write_neighbour(w, neighbours->all[i - 1]);
		if (w->full) {
			w->len = before;
			return i;
		}
		++*count;
	}
	return 0;
}

static void answer_getlist(struct turn *turn, const struct arrival *in,
    const struct packet *packet)
{
	struct peer *peer = turn->peer;
	unsigned char room[LIST_BYTES], body[LIST_BYTES + 32];
	struct writer hosts = writer_on(room, sizeof room);
	struct writer list = writer_on(body, sizeof body);
	uint32_t start = 0, count, next;

	if (!peer->settings.list_answer || !peer->lan.running)
		return;
	packet_body_number(packet, &start);
	next = write_hosts(&hosts, peer, &in->remote, start, &count);
	hostlist_write_head(&list, next, count);
	writer_span(&list, span_of(room, hosts.len));
	struct writer w = turn_open(turn);

	message_write(&w, turn_number(turn), &peer->identity, CMD_ANSLIST,
	    span_of(body, list.len), packet_has(packet, OPT_CAPUTF8 | OPT_UTF8), peer->legacy);
	if (lan_may_answer(turn, &in->remote, w.len))
		turn_close_from(turn, &w, &in->remote, lan_local(peer, in), 0);
}

void lan_list(struct turn *turn, const struct arrival *in, const struct packet *packet)
{
	if (!lan_covers(turn->peer, &in->remote))
		return;
	switch (packet_command(packet)) {
	case CMD_BR_ISGETLIST:
	case CMD_BR_ISGETLIST2:
		answer_query(turn, in, packet);
		break;
	case CMD_OKGETLIST:
		on_holder(turn, in);
		break;
	case CMD_GETLIST:
		answer_getlist(turn, in, packet);
		break;
	default:
		on_list(turn, in, packet);
		break;
	}
}
