/* The peer's life, what is done with which packet, and what the outside asks for. */
#include "peer/peer.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "peer/core.h"

/* What an address that is not proven may save up. */
#define CREDIT_MAX 65536

/* Of packets: some clients read them as signed. */
#define NUMBER_MAX 0x7fffffff

/* A tick that late was not held up by a busy machine. */
#define SLEPT_MS 5000

static void take_settings(struct peer *peer, const struct peer_settings *settings)
{
	peer->settings = *settings;
	peer->identity = (struct identity){peer->settings.user, peer->settings.host,
	    peer->settings.nick, peer->settings.group};
}

struct peer *peer_new(const struct peer_settings *settings, const uint8_t seed[RNG_SEED_BYTES],
    uint16_t local, peer_event_fn on_event, void *context, const char **error)
{
	struct peer *peer = calloc(1, sizeof *peer);
	uint8_t key[16];

	*error = "out of memory";
	if (peer == NULL)
		return NULL;
	rng_init(&peer->rng, seed);
	rng_bytes(&peer->rng, key, sizeof key);
	heap_init(&peer->timers);
	lan_init(peer, key);
	roster_init(peer);
	if (!messages_init(&peer->messages, key)) {
		free(peer);
		return NULL;
	}
	peer->utf8 = charset_open("UTF-8");
	peer->legacy = charset_open(settings->legacy_charset);
	if (peer->legacy == NULL || peer->utf8 == NULL) {
		*error = "legacy-charset is not known to iconv";
		peer_free(peer);
		return NULL;
	}
	take_settings(peer, settings);
	peer->sockets.main4 = local;
	peer->ip4 = true;
	peer->on_event = on_event;
	peer->context = context;
	peer->uplink_count = uplinks_init(peer->uplinks, settings);
	natview_init(&peer->natview);
	return peer;
}

void peer_free(struct peer *peer)
{
	if (peer == NULL)
		return;
	for (size_t i = 0; i < peer->path_count; i++)
		free(peer->paths[i]);
	free(peer->paths);
	lan_free(peer);
	messages_free(peer);
	parts_free(peer);
	seals_free(&peer->seals);
	roster_free(peer);
	heap_free(&peer->timers);
	charset_close(peer->legacy);
	charset_close(peer->utf8);
	keypair_clear(&peer->keys);
	free(peer);
}

static bool same_supernode(const struct supernode_setting *a, const struct supernode_setting *b)
{
	return a->port == b->port && strcmp(a->host, b->host) == 0;
}

static bool same_names(const struct peer_settings *a, const struct peer_settings *b)
{
	return strcmp(a->user, b->user) == 0 && strcmp(a->host, b->host) == 0 &&
	    strcmp(a->nick, b->nick) == 0 && strcmp(a->group, b->group) == 0;
}

/* Those that stay keep their registration; the others start from nothing. */
static void take_supernodes(struct peer *peer, const struct peer_settings *settings, int64_t now)
{
	struct uplink uplinks[UPLINKS_MAX] = {0};
	size_t count = uplinks_init(uplinks, settings);

	roster_end(peer, now, REASON_SUPERNODE_LOST);

	/* what one of them said of a name stands under its old place */
	for (size_t i = 0; i < peer->path_count; i++) {
		memset(peer->paths[i]->verdicts, 0, sizeof peer->paths[i]->verdicts);
		peer->paths[i]->asked_of = 0;
	}
	for (size_t i = 0; i < count; i++) {
		if (!uplinks[i].dormant) {
			uplinks[i].state = SUPERNODE_LOST;
			uplinks[i].due = now;
		}
		for (size_t k = 0; k < peer->uplink_count; k++) {
			if (peer->uplinks[k].family == uplinks[i].family &&
			    same_supernode(&peer->uplinks[k].setting, &uplinks[i].setting))
				uplinks[i] = peer->uplinks[k];
		}
	}
	memcpy(peer->uplinks, uplinks, sizeof uplinks);
	peer->uplink_count = count;
}

bool peer_reconfigure(struct peer *peer, const struct peer_settings *settings, int64_t now,
    const char **error)
{
	struct charset *legacy = charset_open(settings->legacy_charset);
	bool renamed = !same_names(&peer->settings, settings);
	struct peer_settings old = peer->settings;

	if (legacy == NULL) {
		*error = "legacy-charset is not known to iconv";
		return false;
	}
	charset_close(peer->legacy);
	peer->legacy = legacy;
	take_supernodes(peer, settings, now);
	take_settings(peer, settings);
	queue_wake(peer);
	lan_reconfigure(peer, &old, renamed, now);
	for (size_t i = 0; renamed && i < peer->uplink_count; i++) {
		struct uplink *uplink = &peer->uplinks[i];

		uplink->must_sign = true;
		if (uplink->state == SUPERNODE_REGISTERED || uplink->state == SUPERNODE_REFUSED)
			uplink->due = now;
	}
	return true;
}

static uint32_t next_number(const struct peer *peer, int64_t wall)
{
	uint32_t clock = (uint32_t)wall & NUMBER_MAX;

	if (peer->last_number >= NUMBER_MAX)
		return clock % NUMBER_MAX + 1;
	return clock > peer->last_number ? clock : peer->last_number + 1;
}

uint32_t peer_number(struct peer *peer, int64_t wall)
{
	peer->last_number = next_number(peer, wall);
	return peer->last_number;
}

uint32_t turn_number(struct turn *turn)
{
	turn->number = next_number(turn->peer, turn->wall);
	return turn->number;
}

/* What was written leaves: its number is used up, unless that one was not of turn_number(). */
static void on_sent(struct turn *turn)
{
	if (turn->number == next_number(turn->peer, turn->wall))
		turn->peer->last_number = turn->number;
	peer_bump(turn->peer, PEER_SENT);
}

int64_t peer_jitter(struct peer *peer, int64_t ms, unsigned percent)
{
	int64_t range = ms * percent / 100;

	return ms - range + rng_below(&peer->rng, (uint32_t)(2 * range + 1));
}

struct writer turn_open(struct turn *turn)
{
	return writer_on(batch_open(turn->out, SEND_BYTES_MAX), SEND_BYTES_MAX);
}

struct writer turn_open_long(struct turn *turn, size_t bytes)
{
	return writer_on(batch_open(turn->out, bytes), bytes);
}

void turn_close_from(struct turn *turn, const struct writer *w, const struct endpoint *to,
    uint16_t local, uint8_t ttl)
{
	if (w->full)
		return;
	batch_commit(turn->out, w->len, local, to, ttl);
	on_sent(turn);
}

void turn_close_answer(struct turn *turn, const struct writer *w, const struct arrival *in)
{
	struct path *path = path_by_endpoint(turn->peer, &in->remote);
	uint16_t local = socket_of(turn->peer, in);

	if (path != NULL && path_is_proven(path)) {
		turn_close_from(turn, w, &in->remote, local, 0);
	} else if (path != NULL && w->len <= path->credit) {
		path->credit -= w->len;
		turn_close_from(turn, w, &in->remote, local, 0);
	} else if (path == NULL && w->len <= in->bytes.len) {
		turn_close_from(turn, w, &in->remote, local, 0);
	}
}

void peer_start(struct peer *peer, int64_t now, int64_t wall, struct batch *out)
{
	struct turn turn = turn_at(peer, now, wall, out);

	peer->leaving = false;
	/* the addresses of both families are asked for with the first */
	for (size_t i = 0; i < peer->uplink_count / 2; i++)
		uplink_start(&turn, &peer->uplinks[i]);
	lan_start(&turn);
}

/* Whoever waits for something learns that nothing comes of it any more. */
static void end_waiting(struct turn *turn)
{
	struct peer *peer = turn->peer;

	messages_end_all(turn, REASON_SHUTDOWN);
	roster_end(peer, turn->now, REASON_SHUTDOWN);
	for (size_t i = 0; i < peer->path_count; i++) {
		struct path *path = peer->paths[i];

		if (path->state == PATH_ASKING || path->state == PATH_PUNCHING)
			path_fail(turn, path, REASON_SHUTDOWN);
	}
}

void peer_stop(struct peer *peer, int64_t now, int64_t wall, struct batch *out)
{
	struct turn turn = turn_at(peer, now, wall, out);

	peer->leaving = true;
	end_waiting(&turn);
	for (size_t i = 0; i < peer->path_count; i++) {
		const struct path *path = peer->paths[i];
		const struct way way = path_way(path);

		if (path->state == PATH_OPEN)
			path_send_entry(&turn, path, &way, CMD_BR_EXIT, NULL, 0);
	}
	for (size_t i = 0; i < peer->uplink_count; i++)
		uplink_leave(&turn, &peer->uplinks[i]);
	lan_leave(&turn);
	natview_stop(&turn);
}

static void on_path_entry(struct turn *turn, const struct arrival *in, const struct entry *entry,
    enum command command)
{
	if (command == CMD_ANSENTRY)
		path_answer_entry(turn, in, entry);
	else if (command == CMD_BR_ENTRY)
		path_entry(turn, in, entry);
	else if (command == CMD_BR_ABSENCE)
		path_notice(turn, in, entry);
	else
		path_exit(turn, in, entry);
}

static void on_entry(struct turn *turn, const struct arrival *in, const struct packet *packet)
{
	enum command command = packet_command(packet);
	struct uplink *uplink;
	struct entry entry;

	if (!entry_parse(&entry, packet)) {
		peer_bump(turn->peer, PEER_DROPPED_VOID);
		return;
	}
	uplink = uplink_of_answer(turn->peer, &in->remote, &entry.fields);
	if (command == CMD_ANSENTRY && uplink != NULL && !fields_has(&entry.fields, KEY_SI)) {
		uplink_answer(turn, uplink, &entry);
	} else if (lan_takes(turn->peer, in, &entry)) {
		lan_entry(turn, in, packet, &entry);
	} else if (lan_ignores(turn->peer, in)) {
		peer_bump(turn->peer, PEER_DROPPED_ADDRESS);
	} else {
		lan_follow(turn, in, packet, &entry);
		on_path_entry(turn, in, &entry, command);
	}
}

/* Orders and answers count from our supernodes only. */
static void on_order(struct turn *turn, const struct arrival *in, const struct packet *packet)
{
	struct uplink *uplink = uplink_at(turn->peer, &in->remote);
	struct order order;

	if (uplink == NULL)
		peer_bump(turn->peer, PEER_DROPPED_FORGED);
	else if (!order_parse(&order, packet))
		peer_bump(turn->peer, PEER_DROPPED_VOID);
	else
		path_ordered(turn, in, uplink, &order);
}

static void on_answer(struct turn *turn, const struct arrival *in, const struct packet *packet)
{
	struct uplink *uplink = uplink_at(turn->peer, &in->remote);
	struct answer answer;

	if (uplink == NULL)
		peer_bump(turn->peer, PEER_DROPPED_FORGED);
	else if (!answer_parse(&answer, packet))
		peer_bump(turn->peer, PEER_DROPPED_VOID);
	else
		path_answered(turn, in, uplink, &answer);
}

/* A supernode may be a neighbour besides, whose lists bear no fields. */
static void on_list(struct turn *turn, const struct arrival *in, const struct packet *packet)
{
	struct uplink *uplink = uplink_at(turn->peer, &in->remote);

	if (uplink == NULL || !roster_answered(turn, uplink, packet))
		lan_list(turn, in, packet);
}

static void on_packet(struct turn *turn, const struct arrival *in, const struct packet *packet)
{
	static const struct {
		enum command command;
		void (*handle)(struct turn *, const struct arrival *, const struct packet *);
	} handlers[] = {
	    {CMD_BR_ENTRY, on_entry},
	    {CMD_ANSENTRY, on_entry},
	    {CMD_BR_ABSENCE, on_entry},
	    {CMD_BR_EXIT, on_entry},
	    {CMD_BR_ISGETLIST, lan_list},
	    {CMD_OKGETLIST, lan_list},
	    {CMD_GETLIST, lan_list},
	    {CMD_ANSLIST, on_list},
	    {CMD_BR_ISGETLIST2, lan_list},
	    {CMD_GETINFO, lan_question},
	    {CMD_GETABSENCEINFO, lan_question},
	    {CMD_ORDERPUNCHING, on_order},
	    {CMD_ANSPUNCHING, on_answer},
	    {CMD_SENDMSG, messages_received},
	    {CMD_RECVMSG, messages_confirmed},
	    {CMD_READMSG, messages_read},
	    {CMD_ANSREADMSG, seals_confirmed},
	    {CMD_SENDPART, parts_received},
	    {CMD_ACKPART, parts_acked},
	};
	enum command command = packet_command(packet);

	for (size_t i = 0; i < sizeof handlers / sizeof *handlers; i++) {
		if (handlers[i].command == command) {
			handlers[i].handle(turn, in, packet);
			return;
		}
	}
}

static void give_credit(struct peer *peer, const struct arrival *in)
{
	struct path *path = path_by_endpoint(peer, &in->remote);

	if (path != NULL && path->credit < CREDIT_MAX)
		path->credit += in->bytes.len;
}

void peer_receive(struct peer *peer, const struct arrival *in, struct batch *out)
{
	struct turn turn = turn_at(peer, in->now, in->wall, out);
	struct packet packet;

	peer_bump(peer, PEER_RECEIVED);
	if (peer->leaving)
		return;
	if (endpoint_scope(&in->remote) == SCOPE_UNUSABLE) {
		peer_bump(peer, PEER_DROPPED_MALFORMED);
		return;
	}
	if (packet_parse(&packet, in->bytes) != PACKET_OK) {
		peer_bump(peer, PEER_DROPPED_MALFORMED);
		iptux_garbled(&turn, in);
		return;
	}
	if (natview_is_at(peer, in->local)) {
		natview_receive(&turn, in, &packet);
		return;
	}
	if (in->remote.family == FAMILY_IP6 && !peer->sockets.has_ip6 &&
	    !lan_covers(peer, &in->remote)) {
		peer_bump(peer, PEER_DROPPED_ADDRESS);
		return;
	}
	if (lan_is_echo(peer, in, &packet)) {
		lan_namesake(&turn, in);
		return;
	}
	give_credit(peer, in);
	on_packet(&turn, in, &packet);
}

/* Nobody comes that late to what was due, but who slept. */
static void notice_sleep(struct turn *turn)
{
	int64_t due = peer_deadline(turn->peer);

	/* 0: at once, whenever that is */
	if (due > 0 && due < turn->now - SLEPT_MS)
		roam(turn);
}

void peer_tick(struct peer *peer, int64_t now, int64_t wall, struct batch *out)
{
	struct turn turn = turn_at(peer, now, wall, out);
	struct heap_node *first;

	if (peer->leaving)
		return;
	notice_sleep(&turn);
	sockets_tick(&turn);
	for (size_t i = 0; i < peer->uplink_count; i++)
		uplink_tick(&turn, &peer->uplinks[i]);
	while ((first = heap_first(&peer->timers)) != NULL && first->due <= now)
		path_tick(&turn, path_of_timer(first));
	lan_tick(&turn);
	roster_tick(&turn);
	messages_tick(&turn);
	parts_tick(&turn);
	seals_tick(&turn);
	natview_tick(&turn);
}

int64_t peer_deadline(const struct peer *peer)
{
	int64_t due = heap_deadline(&peer->timers);
	int64_t message = messages_deadline(&peer->messages);
	int64_t seal = seals_deadline(&peer->seals);
	int64_t part = parts_deadline(&peer->parts);
	int64_t lan = lan_deadline(peer);
	int64_t roster = roster_deadline(peer);
	int64_t natview = natview_deadline(&peer->natview);
	int64_t socket = sockets_deadline(peer);

	if (peer->leaving)
		return DEADLINE_NEVER;
	if (socket < due)
		due = socket;
	if (lan < due)
		due = lan;
	if (roster < due)
		due = roster;
	if (natview < due)
		due = natview;
	if (message < due)
		due = message;
	if (seal < due)
		due = seal;
	if (part < due)
		due = part;
	for (size_t i = 0; i < peer->uplink_count; i++) {
		if (!peer->uplinks[i].dormant && peer->uplinks[i].due < due)
			due = peer->uplinks[i].due;
	}
	return due;
}

uint32_t peer_roster(struct peer *peer, int64_t now, int64_t wall, struct batch *out,
    enum reason *reason)
{
	struct turn turn = turn_at(peer, now, wall, out);

	*reason = peer->leaving ? REASON_SHUTDOWN : REASON_NO_SUPERNODE;
	return peer->leaving || peer->uplink_count == 0 ? 0 : roster_begin(&turn);
}

void peer_resolved(struct peer *peer, unsigned index, const struct endpoint *addresses,
    size_t count, int64_t now, int64_t wall, struct batch *out)
{
	struct turn turn = turn_at(peer, now, wall, out);

	if (!peer->leaving && index < peer->uplink_count / 2)
		uplinks_resolved(&turn, index, addresses, count);
}

static bool same_addresses(const struct peer *peer, const struct endpoint *addresses, size_t count)
{
	for (size_t i = 0; i < count && count == peer->address_count; i++) {
		if (!endpoint_equal(&peer->addresses[i], &addresses[i]))
			return false;
	}
	return count == peer->address_count;
}

void peer_addresses(struct peer *peer, const struct endpoint *addresses, size_t count)
{
	if (count > CANDIDATES_MAX)
		count = CANDIDATES_MAX;
	for (size_t i = 0; !same_addresses(peer, addresses, count) && i < peer->uplink_count; i++)
		peer->uplinks[i].must_sign = true;
	memcpy(peer->addresses, addresses, count * sizeof *addresses);
	peer->address_count = count;
}

void peer_own_addresses(struct peer *peer, const struct endpoint *addresses, size_t count)
{
	if (count > OWN_ADDRESSES_MAX)
		count = OWN_ADDRESSES_MAX;
	memcpy(peer->own, addresses, count * sizeof *addresses);
	peer->own_count = count;
}
