/* Automatic answers while away. */
#include "peer/automatic.h"

#include "peer/core.h"
#include "peer/source.h"
#include "wire/message.h"

#define REST_MS 60000

/* Whether it has had none within the last minute; from now on it has. */
static bool is_due(struct automatic *automatic, const struct endpoint *at, int64_t now)
{
	struct answered *room = NULL;

	for (size_t i = 0; i < AUTOMATIC_MAX; i++) {
		struct answered *answered = &automatic->answered[i];

		if (now >= answered->until)
			room = answered;
		else if (endpoint_equal(&answered->at, at))
			return false;
	}
	if (room == NULL)
		return false;
	*room = (struct answered){*at, now + REST_MS};
	return true;
}

void automatic_answer(struct turn *turn, struct source *source)
{
	struct peer *peer = turn->peer;
	const struct absence *absence = peer_absence(peer);

	/* made-up addresses would use up the answers of all others */
	if (absence == NULL || absence->text[0] == '\0' || !source_receives(peer, source) ||
	    !is_due(&peer->automatic, &source->at, turn->now))
		return;
	struct writer w = turn_open(turn);

	peer->messages.passed = turn_number(turn);
	message_write(&w, peer->messages.passed, &peer->identity,
	    CMD_SENDMSG | OPT_AUTORET, span_text(absence->text), source->utf8, peer->legacy);
	source_answer(turn, &w, source);
}
