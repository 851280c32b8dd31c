/* What we say on the LAN, and to whom: entry packets of one number to everybody. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "peer/core.h"

struct identity lan_identity(const struct peer *peer, char nick[SHOWN_NICK_MAX])
{
	const struct lan *lan = &peer->lan;
	struct identity identity = peer->identity;

	size_t used = strlen(identity.nick) + 2;
	size_t room = used < NAME_BYTES_MAX ? NAME_BYTES_MAX - used : 0;
	struct span title = utf8_cut(span_text(lan->absence.title), room);

	if (!lan->away || title.len == 0)
		return identity;
	snprintf(nick, SHOWN_NICK_MAX, "%s[%.*s]", identity.nick, (int)title.len,
	    (const char *)title.data);
	identity.nick = nick;
	return identity;
}

/* Who listens at another port than the others hears no broadcast of theirs. */
static bool is_dialup(const struct peer *peer)
{
	return peer->lan.link_count > 0 &&
	    peer->lan.links[0].own.port != peer->settings.lan_port;
}

uint32_t lan_word(const struct peer *peer, uint32_t word)
{
	if (peer->lan.away)
		word |= OPT_ABSENCE;
	if (is_dialup(peer))
		word |= OPT_DIALUP;
	return word;
}

void lan_compose(struct turn *turn, struct saying *saying, uint32_t word)
{
	lan_compose_in(turn, saying, word, turn->peer->legacy);
}

void lan_compose_in(struct turn *turn, struct saying *saying, uint32_t word,
    struct charset *charset)
{
	struct peer *peer = turn->peer;
	struct writer w = writer_on(saying->bytes, sizeof saying->bytes);
	char nick[SHOWN_NICK_MAX];
	struct identity identity = lan_identity(peer, nick);

	entry_write(&w, turn_number(turn), &identity, word, charset, true, NULL);
	saying->len = w.full ? 0 : w.len;
}

void lan_say(struct turn *turn, const struct saying *saying, const struct endpoint *to,
    uint16_t local)
{
	struct writer w = turn_open(turn);

	if (saying->len == 0)
		return;
	writer_span(&w, span_of(saying->bytes, saying->len));
	turn_close_from(turn, &w, to, local, 0);
}

static void say_to_addresses(struct turn *turn, const struct saying *saying)
{
	const struct peer_settings *settings = &turn->peer->settings;

	for (size_t i = 0; i < settings->lan_address_count; i++) {
		const struct endpoint *to = &settings->lan_addresses[i];
		const struct lan_link *link = lan_link_to(turn->peer, to);

		lan_say(turn, saying, to, link != NULL ? link->local : turn->peer->sockets.main4);
	}
}

void lan_say_on(struct turn *turn, const struct saying *saying, const struct lan_link *link)
{
	for (size_t i = 0; i < link->announce_count; i++)
		lan_say(turn, saying, &link->announce[i], link->local);
}

void lan_say_all(struct turn *turn, const struct saying *saying, bool fresh)
{
	const struct lan *lan = &turn->peer->lan;

	for (size_t i = 0; i < lan->link_count; i++) {
		if (lan->fresh[i] || !fresh)
			lan_say_on(turn, saying, &lan->links[i]);
	}
	if (lan->link_count > 0 && (lan->fresh_others || !fresh))
		say_to_addresses(turn, saying);
}

void lan_say_dialup(struct turn *turn, const struct saying *saying)
{
	const struct neighbours *neighbours = &turn->peer->lan.neighbours;

	for (size_t i = 0; i < neighbours->count; i++) {
		const struct neighbour *neighbour = neighbours->all[i];

		if (neighbour->dialup && !neighbour->doubtful)
			lan_say(turn, saying, &neighbour->at, neighbour->local);
	}
}

void lan_answer_entry(struct turn *turn, const struct endpoint *to, uint16_t local, bool utf8,
    const struct arrival *in)
{
	struct peer *peer = turn->peer;
	struct writer w = turn_open(turn);
	char nick[SHOWN_NICK_MAX];
	struct identity identity = lan_identity(peer, nick);

	entry_write_answer(&w, turn_number(turn), &identity,
	    lan_word(peer, CMD_ANSENTRY), peer->legacy, utf8, NULL);
	if (lan_may_answer(turn, to, w.len))
		turn_close_from(turn, &w, to, local, 0);
	else if (in != NULL && !lan_covers(peer, to))
		turn_close_answer(turn, &w, in);
}
