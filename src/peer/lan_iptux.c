/*
 * iptux takes all text of a packet for one charset, and guesses which: UTF-8, GB18030, UTF-16. Our
 * entries have names in the legacy code page and in UTF-8 side by side, and mislead it: it shows
 * other names, writes to us in what it guessed, and in UTF-16 not even its header can be read. So
 * it is told once more, by a packet that is UTF-8 throughout.
 */
#include <string.h>

#include "base/text.h"
#include "peer/core.h"

/* Each identity is in each entry: with plain ASCII there is nothing to guess. */
static bool misleads(const struct peer *peer)
{
	char nick[SHOWN_NICK_MAX];
	struct identity identity = lan_identity(peer, nick);

	return !text_is_ascii(span_text(identity.nick)) ||
	    !text_is_ascii(span_text(identity.group)) ||
	    !text_is_ascii(span_text(identity.user)) || !text_is_ascii(span_text(identity.host));
}

void iptux_correct(struct turn *turn, struct neighbour *neighbour)
{
	const struct lan *lan = &turn->peer->lan;

	/* it may answer that by an entry, which must not be answered again */
	if (!neighbour->iptux || neighbour->corrected == lan->announced || !misleads(turn->peer))
		return;
	neighbour->corrected = lan->announced;
	lan_answer_entry(turn, &neighbour->at, neighbour->local, true, NULL);
}

void iptux_correct_all(struct turn *turn)
{
	struct lan *lan = &turn->peer->lan;

	lan->announced++;
	for (size_t i = 0; i < lan->neighbours.count; i++)
		iptux_correct(turn, lan->neighbours.all[i]);
}

void iptux_garbled(struct turn *turn, const struct arrival *in)
{
	static const unsigned char mark[] = {0xff, 0xfe, '1', '\0'}; /* "1" in UTF-16 */
	struct peer *peer = turn->peer;
	struct saying saying;

	if (in->bytes.len < sizeof mark || memcmp(in->bytes.data, mark, sizeof mark) != 0 ||
	    !peer->lan.running || !misleads(peer) || !lan_may_introduce(turn, &in->remote))
		return;
	lan_compose_in(turn, &saying, lan_word(peer, CMD_BR_ENTRY), peer->utf8);
	if (lan_may_answer(turn, &in->remote, saying.len))
		lan_say(turn, &saying, &in->remote, lan_local(peer, in));
}
