/* Who: the call, and what is told of a listing. */
#include "peerd/roster.h"

#include <stdio.h>
#include <string.h>

#include "ctl/interface.h"
#include "io/loop.h"
#include "peerd/control.h"
#include "peerd/followers.h"
#include "peerd/peerd.h"

#define DEFAULT_PORT 2425

/* As in `supernodes': without the usual port. */
static const char *supernode_text(const struct peer_supernode_status *status,
    char out[HOST_TEXT_MAX])
{
	return endpoint_format_host(status->host,
	    status->port == DEFAULT_PORT ? 0 : status->port, out);
}

/* What stands behind the supernode's name in a sentence. */
static const char *explain(enum reason reason)
{
	switch (reason) {
	case REASON_REFUSED:
		return "tells nobody who else is there (option roster)";
	case REASON_NO_ANSWER:
		return "does not answer; it may be of a version that has no list";
	case REASON_SEED_SUPERNODE:
		return "knows only the first protocol, which has no list of those who are there";
	case REASON_BUSY:
		return "was asked too often; try again in a minute";
	case REASON_LIMIT:
		return "tells of more than are taken here, so some are missing";
	default:
		return "could not be asked, since this peer is not registered with it";
	}
}

json_t *roster_listed(const struct peer_event *event, const struct peer *peer)
{
	const struct listed_peer *listed = event->listed;
	const char *place = *listed->group != '\0' ? listed->group : listed->host;
	struct peer_supernode_status status;
	char text[HOST_TEXT_MAX], name[2 * LISTED_NAME_MAX];

	if (!peer_supernode_at(peer, event->index, &status))
		return NULL;
	snprintf(name, sizeof name, "%s@%s", listed->nick, place);
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "name", name, "nick", listed->nick,
	    "group", listed->group, "user", listed->user, "host", listed->host, "kind",
	    listed->extended ? "extended" : "seed", "supernode", supernode_text(&status, text));
}

json_t *roster_supernode(const struct peer_event *event, const struct peer *peer)
{
	struct peer_supernode_status status;
	char text[HOST_TEXT_MAX], sentence[HOST_TEXT_MAX + 128] = "";

	if (!peer_supernode_at(peer, event->index, &status))
		return NULL;
	supernode_text(&status, text);
	if (event->reason != REASON_NONE)
		snprintf(sentence, sizeof sentence, "%s %s", text, explain(event->reason));
	return json_pack("{s:s, s:s, s:s}", "supernode", text, "reason",
	    reason_name(event->reason), "explanation", sentence);
}

void control_who(struct ctl_call *call, json_t *parameters, void *context)
{
	struct peerd *peerd = context;
	struct follower *follower;
	enum reason reason = REASON_NONE;
	uint32_t listing;

	if (!ctl_check_parameters(call, parameters, NULL) || control_is_ending(call, peerd))
		return;
	follower = follower_add(peerd_followers(peerd), call, FOLLOW_ROSTER,
	    "the list of those who are there", loop_now());
	if (follower == NULL)
		return;
	listing = peerd_roster(peerd, &reason);
	if (listing == 0)
		follower_fail(follower, peerd_peer(peerd), reason);
	else
		follower_set(follower, listing);
	peerd_settle(peerd);
}
