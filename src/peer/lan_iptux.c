/*
 * iptux takes all text of a packet for one charset, and guesses which: UTF-8, GB18030, UTF-16. Our
 * entries have names in the legacy code page and in UTF-8 side by side, and mislead it: it shows
 * other names, writes to us in what it guessed, and in UTF-16 not even its header can be read. So
 * it is told once more, by a packet that is UTF-8 throughout. That comes a second later: 0.8.3
 * takes packets in one thread while another still draws what came before, and crashes at times.
 */
#include <string.h>

#include "base/text.h"
#include "peer/core.h"

#define LATER_MS 1000

static bool misleads(struct turn *turn)
{
	struct saying saying;

	lan_compose(turn, &saying, CMD_BR_ENTRY);
	return !utf8_valid(span_of(saying.bytes, saying.len));
}

void iptux_correct(struct turn *turn, struct neighbour *neighbour)
{
	struct lan *lan = &turn->peer->lan;

	/* it may answer that by an entry, which must not be answered again */
	if (!neighbour->iptux || neighbour->corrected == lan->announced || !misleads(turn))
		return;
	neighbour->corrected = lan->announced;
	heap_put(&lan->neighbours.timers, &neighbour->timer, turn->now + LATER_MS);
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
	struct lan *lan = &turn->peer->lan;

	if (in->bytes.len < sizeof mark || memcmp(in->bytes.data, mark, sizeof mark) != 0 ||
	    !lan->running || lan->garbled_count == GARBLED_MAX || !misleads(turn) ||
	    !lan_may_introduce(turn, &in->remote))
		return;
	lan->garbled[lan->garbled_count++] = (struct garbled){
	    .at = in->remote,
	    .local = lan_local(turn->peer, in),
	    .due = turn->now + LATER_MS,
	};
}

void iptux_tick(struct turn *turn)
{
	struct lan *lan = &turn->peer->lan;
	struct saying saying;

	while (turn->now >= iptux_deadline(lan)) {
		const struct garbled first = lan->garbled[0];

		memmove(lan->garbled, lan->garbled + 1, --lan->garbled_count * sizeof first);
		lan_compose_in(turn, &saying, lan_word(turn->peer, CMD_BR_ENTRY), turn->peer->utf8);
		if (lan_may_answer(turn, &first.at, saying.len))
			lan_say(turn, &saying, &first.at, first.local);
	}
}

int64_t iptux_deadline(const struct lan *lan)
{
	return lan->garbled_count > 0 ? lan->garbled[0].due : DEADLINE_NEVER;
}
