/* What others may know about us: whether we are away and why, and which program this is. */
#include <string.h>

#include "base/text.h"
#include "peer/core.h"
#include "peer/source.h"
#include "wire/message.h"

/* The words of other clients, which some of them look for. */
#define NOT_AWAY "Not absence mode"

static void announce_to_paths(struct turn *turn)
{
	struct peer *peer = turn->peer;

	for (size_t i = 0; i < peer->path_count; i++) {
		const struct path *path = peer->paths[i];
		const struct way way = path_way(path);

		/* to a seed nothing but what the seed knows */
		if (path->state == PATH_OPEN && path->has_session)
			path_send_entry(turn, path, &way, CMD_BR_ABSENCE, NULL, 0);
	}
}

static bool same_absence(const struct lan *lan, const struct absence *absence)
{
	if (absence == NULL)
		return !lan->away;
	return lan->away && strcmp(lan->absence.title, absence->title) == 0 &&
	    strcmp(lan->absence.text, absence->text) == 0;
}

void peer_set_absence(struct peer *peer, const struct absence *absence, int64_t now, int64_t wall,
    struct batch *out)
{
	struct turn turn = turn_at(peer, now, wall, out);
	struct lan *lan = &peer->lan;

	if (same_absence(lan, absence))
		return;
	lan->away = absence != NULL;
	if (absence != NULL) {
		utf8_repair(span_text(absence->title), lan->absence.title,
		    sizeof lan->absence.title);
		utf8_repair(span_text(absence->text), lan->absence.text, sizeof lan->absence.text);
	}
	lan_announce(&turn);
	if (lan->running)
		announce_to_paths(&turn);
}

const struct absence *peer_absence(const struct peer *peer)
{
	return peer->lan.away ? &peer->lan.absence : NULL;
}

/* Whether who asks reads UTF-8: it says so, or has said so before. */
static bool takes_utf8(struct peer *peer, const struct arrival *in, const struct packet *packet)
{
	struct destination asker;

	return packet_has(packet, OPT_CAPUTF8 | OPT_UTF8) ||
	    (destination_at(peer, &in->remote, &asker) && asker.utf8);
}

void lan_question(struct turn *turn, const struct arrival *in, const struct packet *packet)
{
	struct peer *peer = turn->peer;
	bool about_absence = packet_command(packet) == CMD_GETABSENCEINFO;
	const struct absence *absence = peer_absence(peer);
	const char *text = !about_absence ? PROGRAM_TEXT
	    : absence != NULL		  ? absence->text
					  : NOT_AWAY;
	struct source asker = source_of(peer, in, packet);

	/* that a house is empty is no matter of strangers */
	if (about_absence && !source_receives(peer, &asker))
		return;
	struct writer w = turn_open(turn);

	message_write(&w, turn_number(turn), &peer->identity,
	    about_absence ? CMD_SENDABSENCEINFO : CMD_SENDINFO, span_text(text),
	    takes_utf8(peer, in, packet), peer->legacy);
	if (!lan_covers(peer, &in->remote))
		turn_close_answer(turn, &w, in);
	else if (lan_may_answer(turn, &in->remote, w.len))
		turn_close_from(turn, &w, &in->remote, lan_local(peer, in), 0);
}
