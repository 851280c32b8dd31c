/*
 * Entries from the LAN: who is there, and our answers. Answers to what went
 * to everybody are spread over a second or more, so that not all speak at once.
 */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "peer/core.h"

/* One announcement comes several times to who is on several of a host's networks. */
#define SAME_ENTRY_MS 2000

#define FEW_NEIGHBOURS 50
#define SOME_NEIGHBOURS 300

static bool is_iptux(const struct packet *packet)
{
	return packet->version.len >= 7 && memcmp(packet->version.data, "1_iptux", 7) == 0;
}

/* iptux says behind nick, group and icon how it writes: names and messages alike. */
static bool is_iptux_utf8(const struct packet *packet)
{
	struct span tail = packet->tail, group, icon, codeset;
	char text[8] = "";

	if (!is_iptux(packet) || !packet_next_field(&tail, &group) ||
	    !packet_next_field(&tail, &icon) || !packet_next_field(&tail, &codeset) ||
	    codeset.len >= sizeof text)
		return false;
	memcpy(text, codeset.data, codeset.len);
	return names_equal(text, "utf-8");
}

/* Some write \b for a name that they have not got. */
static void decode(struct peer *peer, struct span name, bool utf8, char out[NAME_TEXT_MAX])
{
	if (span_is(name, "\b"))
		out[0] = '\0';
	else
		name_decode(name, utf8, peer->legacy, out);
}

/* What its program is called: of the key block, else what follows the "1_" up front. */
static void read_version(const struct packet *packet, const struct entry *entry,
    char out[VERSION_TEXT_MAX])
{
	struct span version = packet->version;

	if (entry->version.len > 0)
		utf8_repair(entry->version, out, VERSION_TEXT_MAX);
	else if (version.len > 2 && version.data[1] == '_')
		utf8_repair(span_of(version.data + 2, version.len - 2), out, VERSION_TEXT_MAX);
}

static void look(struct peer *peer, const struct arrival *in, const struct packet *packet,
    const struct entry *entry, struct sighting *seen)
{
	*seen = (struct sighting){
	    .at = in->remote,
	    .local = lan_local(peer, in),
	    .options = packet->word & ~COMMAND_MASK,
	    .utf8 = packet_has(packet, OPT_CAPUTF8 | OPT_UTF8) || is_iptux_utf8(packet),
	    .absent = packet_has(packet, OPT_ABSENCE) && !is_iptux(packet),
	    .iptux = is_iptux(packet),
	};
	name_decode(entry->user, entry->user_utf8, peer->legacy, seen->user);
	name_decode(entry->host, entry->host_utf8, peer->legacy, seen->host);
	decode(peer, entry->nick, entry->nick_utf8, seen->nick);
	decode(peer, entry->group, entry->group_utf8, seen->group);
	read_version(packet, entry, seen->version);
}

static bool is_us(const struct peer *peer, const struct sighting *seen)
{
	return names_equal(seen->user, peer->identity.user) &&
	    names_equal(seen->host, peer->identity.host);
}

static uint32_t longest_wait(const struct neighbours *neighbours)
{
	if (neighbours->count < FEW_NEIGHBOURS)
		return 1024;
	return neighbours->count < SOME_NEIGHBOURS ? 2048 : 4096;
}

/* A second copy of what was answered, or is about to be. */
static bool is_copy(const struct turn *turn, const struct neighbour *neighbour,
    const struct packet *packet)
{
	return neighbour->entry == packet->number && neighbour->entered != 0 &&
	    turn->now - neighbour->entered < SAME_ENTRY_MS;
}

static void answer(struct turn *turn, const struct arrival *in, const struct packet *packet,
    const struct sighting *seen, struct neighbour *neighbour)
{
	struct neighbours *neighbours = &turn->peer->lan.neighbours;
	bool waits = neighbour != NULL && neighbour->timer.place != 0;

	if (neighbour != NULL && is_copy(turn, neighbour, packet) && !(waits && !in->to_many))
		return;
	if (neighbour != NULL) {
		neighbour->entry = packet->number;
		neighbour->entered = turn->now;
	}
	if (!in->to_many) {
		if (waits)
			heap_remove(&neighbours->timers, &neighbour->timer);
		lan_answer_entry(turn, &in->remote, seen->local, seen->utf8 || seen->iptux, in);
	} else if (neighbour != NULL && !waits) {
		heap_put(&neighbours->timers, &neighbour->timer,
		    turn->now + rng_below(&turn->peer->rng, longest_wait(neighbours)));
	}
}

static void leave(struct turn *turn, const struct arrival *in)
{
	struct neighbour *neighbour = neighbour_at(turn->peer, &in->remote);

	if (neighbour != NULL)
		neighbour_leave(turn, neighbour);
}

/* Only BR_ENTRY makes a host one that wants our entries one by one, or ends that. */
static bool read_dialup(struct peer *peer, const struct packet *packet, const struct sighting *seen)
{
	const struct neighbour *known = neighbour_by_user(peer, seen->user, seen->host);

	if (packet_command(packet) == CMD_BR_ENTRY)
		return packet_has(packet, OPT_DIALUP);
	return known != NULL && known->dialup;
}

/* Takes in what an entry says, and whose it is. False: one of our own. */
static bool observe(struct turn *turn, const struct arrival *in, const struct packet *packet,
    const struct entry *entry, struct sighting *seen, struct neighbour **neighbour)
{
	look(turn->peer, in, packet, entry, seen);
	if (is_us(turn->peer, seen)) {
		lan_namesake(turn, in);
		return false;
	}
	seen->dialup = read_dialup(turn->peer, packet, seen);
	*neighbour = neighbour_learn(turn, seen);
	return true;
}

void lan_entry(struct turn *turn, const struct arrival *in, const struct packet *packet,
    const struct entry *entry)
{
	struct neighbour *neighbour;
	struct sighting seen;

	if (packet_command(packet) == CMD_BR_EXIT)
		leave(turn, in);
	else if (!observe(turn, in, packet, entry, &seen, &neighbour))
		return;
	else if (packet_command(packet) == CMD_BR_ENTRY)
		answer(turn, in, packet, &seen, neighbour);
	else if (neighbour != NULL)
		iptux_correct(turn, neighbour);
}

void lan_follow(struct turn *turn, const struct arrival *in, const struct packet *packet,
    const struct entry *entry)
{
	struct neighbour *neighbour;
	struct sighting seen;

	if (fields_has(&entry->fields, KEY_SI) || uplink_at(turn->peer, &in->remote) != NULL ||
	    neighbour_at(turn->peer, &in->remote) == NULL)
		return;
	if (packet_command(packet) == CMD_BR_EXIT)
		leave(turn, in);
	else
		observe(turn, in, packet, entry, &seen, &neighbour);
}
