/*
 * Asking supernodes, and what they answer. An
 * ask is repeated until the path is open, since order and answer get lost too.
 */
#include <string.h>

#include "peer/core.h"
#include "peer/hint.h"

#define ASKS_FAST 5
#define ASK_FAST_MS 200
#define ASK_SLOW_MS 500
#define ASK_FOR_MS 5000
#define ASK_LOST_MS 5500       /* after the first one that left */
#define NO_SUPERNODE_MS 7500   /* longer than an entry is tried */
#define REGISTERING_POLL_MS 50 /* while none is registered yet */
#define CHALLENGES_MAX 3       /* that lead to a refresh, of one ask */
#define FRESH_FOR_MS 1000      /* waits for a fresh socket */
#define SEED_ASK_EVERY 5       /* a seed supernode orders for each: every fifth is enough */

/* So that the supernode's challenge, longer by "\nER:unverified", is not longer than the ask. */
#define ASK_PADDING 12

static bool is_full_name(const char *name)
{
	return strchr(name, '@') != NULL;
}

/* What to call the other when it has to be asked for again. */
static const char *asked_name(const struct path *path)
{
	return path->wanted[0] != '\0' ? path->wanted : path->name;
}

static void ask_extended(struct turn *turn, struct path *path, struct uplink *uplink)
{
	struct peer *peer = turn->peer;
	struct fields fields = {0};
	struct writer w = turn_open(turn);

	fields_set(&fields, KEY_TK);
	memcpy(fields.transaction, path->transaction, TRANSACTION_BYTES);
	uplink_set_cookie(uplink, &fields);
	fields_set(&fields, KEY_PD);
	fields.padding = ASK_PADDING;
	ask_write(&w, peer_number(peer, turn->wall), &peer->identity,
	    span_text(asked_name(path)), &fields);
	uplink_close(turn, uplink, &w);
}

static void ask_seed(struct turn *turn, struct path *path, struct uplink *uplink)
{
	struct peer *peer = turn->peer;
	struct writer w = turn_open(turn);
	char name[ASK_TEXT_MAX];
	size_t len =
	    charset_encode(peer->legacy, span_text(asked_name(path)), name, sizeof name);

	ask_write(&w, peer_number(peer, turn->wall), &peer->identity, span_of(name, len), NULL);
	uplink_close(turn, uplink, &w);
}

/* Why a seed supernode cannot be asked for this one; REASON_NONE when it can. */
static enum reason seed_objection(const struct path *path)
{
	if (!is_full_name(asked_name(path)))
		return REASON_NEEDS_FULL_NAME;
	if (!path->has_given)
		return REASON_SEED_SUPERNODE;
	return REASON_NONE;
}

static bool ask_one(struct turn *turn, struct path *path, size_t i)
{
	struct uplink *uplink = &turn->peer->uplinks[i];
	bool first = (path->asked_of & 1u << i) == 0;

	if (uplink->extended) {
		ask_extended(turn, path, uplink);
	} else {
		path->verdicts[i] = seed_objection(path);
		if (path->verdicts[i] != REASON_NONE)
			return false;
		if (!first && path->asks % SEED_ASK_EVERY != 0)
			return true;
		if (first)
			path_knock(turn, path);
		ask_seed(turn, path, uplink);
	}
	if (first)
		path_step(turn, path, STEP_ASKED, uplink_address(uplink));
	path->asked_of |= 1u << i;
	return true;
}

/* The verdict when every registered supernode has given one; REASON_NONE while one has not. */
static enum reason common_verdict(const struct turn *turn, const struct path *path)
{
	const struct peer *peer = turn->peer;
	enum reason verdict = REASON_NONE;

	for (size_t i = 0; i < peer->uplink_count; i++) {
		if (!uplink_usable(&peer->uplinks[i], turn->now))
			continue;
		if (path->verdicts[i] == REASON_NONE)
			return REASON_NONE;
		/* what one knows beats that another does not know the name */
		if (verdict == REASON_NONE || verdict == REASON_UNKNOWN_NAME)
			verdict = path->verdicts[i];
	}
	return verdict;
}

/* A fresh socket is there at once, or never. */
static bool waits_for_socket(const struct turn *turn, const struct path *path,
    const struct uplink *uplink)
{
	return path->renewing && uplink->family == FAMILY_IP4 && sockets_renewing(turn->peer) &&
	    turn->now - path->ask_started < FRESH_FOR_MS;
}

static bool ask_all(struct turn *turn, struct path *path)
{
	struct peer *peer = turn->peer;
	bool asked = false;

	for (size_t i = 0; i < peer->uplink_count; i++) {
		if (uplink_ready(peer, &peer->uplinks[i], turn->now) &&
		    !waits_for_socket(turn, path, &peer->uplinks[i]) &&
		    (path->verdicts[i] == REASON_NONE || path->verdicts[i] == REASON_BUSY) &&
		    ask_one(turn, path, i))
			asked = true;
	}
	return asked;
}

static bool told_nothing(const struct path *path)
{
	return path->state == PATH_ASKING || (path->reasked && !path_is_tried(path));
}

static void after_asks(struct turn *turn, struct path *path)
{
	enum reason verdict = common_verdict(turn, path);

	if (!told_nothing(path)) {
		path->ask_due = DEADLINE_NEVER;
	} else if (turn->now - path->ask_first >= ASK_LOST_MS) {
		path_ask_over(turn, path,
		    verdict != REASON_NONE ? verdict : REASON_SUPERNODE_LOST);
	} else {
		path->ask_due = path->ask_first + ASK_LOST_MS;
	}
}

/* With a seed supernode nothing is told: the address that was given is punched. */
static void punch_given(struct turn *turn, struct path *path)
{
	struct way way = {.at = path->given,
	    .local = socket_main(turn->peer, path->given.family)};

	if (!path->has_given || path->state != PATH_ASKING)
		return;
	path_try(turn, path, &way, CANDIDATE_GIVEN);
	path_punch(turn, path, false);
}

/* Without any supernode there is only the address that was given. */
static void knock_only(struct turn *turn, struct path *path)
{
	path->ask_due = DEADLINE_NEVER;
	if (path->has_given) {
		path_knock(turn, path);
		punch_given(turn, path);
	} else {
		path_ask_over(turn, path, REASON_NO_SUPERNODE);
	}
}

/* Why none of the supernodes takes us, when none does; REASON_NONE otherwise. */
static enum reason common_refusal(const struct peer *peer)
{
	enum reason reason = REASON_NONE;

	for (size_t i = 0; i < peer->uplink_count; i++) {
		const struct uplink *uplink = &peer->uplinks[i];

		if (uplink->dormant)
			continue;
		if (uplink->state != SUPERNODE_REFUSED)
			return REASON_NONE;
		if (reason == REASON_NONE)
			reason = uplink->reason;
	}
	return reason;
}

static void wait_for_supernode(struct turn *turn, struct path *path)
{
	/* an address that was given need not wait for one */
	if (path->has_given && path->state == PATH_ASKING) {
		path_knock(turn, path);
		punch_given(turn, path);
	}
	enum reason refusal = common_refusal(turn->peer);

	if (refusal != REASON_NONE)
		path_ask_over(turn, path, refusal);
	else if (turn->now - path->ask_started >= NO_SUPERNODE_MS)
		path_ask_over(turn, path, REASON_SUPERNODE_LOST);
	else
		path->ask_due = turn->now + REGISTERING_POLL_MS;
}

void path_ask_tick(struct turn *turn, struct path *path)
{
	if (turn->peer->uplink_count == 0) {
		knock_only(turn, path);
		return;
	}
	if (path->ask_first != 0 && turn->now - path->ask_first >= ASK_FOR_MS) {
		after_asks(turn, path);
		return;
	}
	if (!ask_all(turn, path)) {
		enum reason verdict = common_verdict(turn, path);

		if (verdict != REASON_NONE && told_nothing(path))
			path_ask_over(turn, path, verdict);
		else if (path->ask_first == 0)
			wait_for_supernode(turn, path);
		else
			path->ask_due = turn->now + ASK_SLOW_MS;
		return;
	}
	if (path->ask_first == 0)
		path->ask_first = turn->now;
	path->asks++;
	path->ask_due = turn->now + (path->asks < ASKS_FAST ? ASK_FAST_MS : ASK_SLOW_MS);
	punch_given(turn, path);
}

/* The path may be open before all have answered; what they tell may be better. */
static bool is_answerable(const struct turn *turn, const struct path *path)
{
	return path->ask_due != DEADLINE_NEVER ||
	    (path->state == PATH_OPEN && path->ask_first != 0 &&
		turn->now - path->ask_first < ASK_LOST_MS);
}

static struct path *path_by_transaction(const struct turn *turn, const uint8_t *transaction)
{
	const struct peer *peer = turn->peer;

	for (size_t i = 0; i < peer->path_count; i++) {
		struct path *path = peer->paths[i];

		if (is_answerable(turn, path) &&
		    memcmp(path->transaction, transaction, TRANSACTION_BYTES) == 0)
			return path;
	}
	return NULL;
}

static enum reason reason_of(enum punch_error error)
{
	switch (error) {
	case PUNCH_UNKNOWN:
		return REASON_UNKNOWN_NAME;
	case PUNCH_AMBIGUOUS:
		return REASON_AMBIGUOUS;
	case PUNCH_BUSY:
		return REASON_BUSY;
	default:
		return REASON_REFUSED;
	}
}

static void judge(struct turn *turn, struct uplink *uplink, struct path *path, enum reason reason)
{
	path->verdicts[uplink - turn->peer->uplinks] = reason;
	enum reason verdict = common_verdict(turn, path);

	/* who is busy may not be so in a moment: the ask goes on, and fails for it when it is over */
	if (verdict == REASON_NONE || verdict == REASON_BUSY)
		return;
	/* that the other refuses us is told behind its address, if it comes from the other */
	if (told_nothing(path) || (path->state == PATH_PUNCHING && verdict == REASON_REFUSED))
		path_ask_over(turn, path, verdict);
}

/* No way over this family; over the other there may be one yet. */
static void give_up(struct turn *turn, struct uplink *uplink, struct path *path,
    const struct fields *fields)
{
	candidates_forgo(path, fields_has(fields, KEY_SI) ? fields->session : NULL);
	judge(turn, uplink, path, REASON_NAT);
}

static void told(struct turn *turn, uint16_t local, struct uplink *uplink, struct path *path,
    const struct fields *fields)
{
	const struct hint hint = {uplink, local, &fields->observed, fields};
	struct path *ordered;

	if (!hint_may_lead(turn->peer, &hint)) {
		peer_bump(turn->peer, PEER_DROPPED_ADDRESS);
		judge(turn, uplink, path, REASON_BAD_ADDRESS);
		return;
	}
	/* what leads to the owner of a key is not handed to somebody else, or to nobody known */
	if (!path_identify(path, turn->peer, fields)) {
		if (path_is_of_another(path, fields))
			peer_bump(turn->peer, PEER_DROPPED_FORGED);
		return;
	}
	/* it says so in place of what it said before */
	path->verdicts[uplink - turn->peer->uplinks] = REASON_NONE;
	if (told_nothing(path))
		path_step(turn, path, STEP_TOLD, &fields->observed);
	/* the other may have asked for us meanwhile: its order came first and made a path */
	ordered = path_by_endpoint(turn->peer, &fields->observed);
	if (ordered != NULL && ordered != path && ordered->wanted[0] == '\0' &&
	    path_same_identity(path, ordered) && path_may_be(ordered, span_text(asked_name(path))))
		path_unite(turn, path, ordered);
	if (hint_try(turn, path, &hint, false))
		path_punch(turn, path, false);
	else
		give_up(turn, uplink, path, fields);
}

/*
 * A supernode that was restarted, so our registration there is gone too. The cookie is taken from
 * the answer to our entry only: all supernodes that were asked know the transaction of the ask.
 */
static void ask_challenged(struct turn *turn, struct uplink *uplink, struct path *path)
{
	if (++path->challenges <= CHALLENGES_MAX)
		uplink_refresh(turn, uplink);
}

static bool has_choice(const struct path *path, const char *wanted)
{
	struct span choices = span_text(path->choices);
	char name[PATH_NAME_MAX];

	while (fields_next_choice(&choices, name, sizeof name)) {
		if (strcmp(name, wanted) == 0)
			return true;
	}
	return false;
}

/* Of all supernodes that name some. Those that do not fit are left out whole. */
static void keep_choices(struct path *path, struct span choices)
{
	char name[PATH_NAME_MAX];

	while (fields_next_choice(&choices, name, sizeof name)) {
		struct writer w = writer_on(path->choices, sizeof path->choices - 1);

		w.len = strlen(path->choices);
		if (!has_choice(path, name))
			fields_add_choice(&w, span_text(name));
		path->choices[w.len] = '\0';
	}
}

void path_answered(struct turn *turn, const struct arrival *in, struct uplink *uplink,
    const struct answer *answer)
{
	struct peer *peer = turn->peer;
	const struct fields *fields = &answer->fields;
	struct path *path;

	path = fields_has(fields, KEY_TK) ? path_by_transaction(turn, fields->transaction) : NULL;
	if (path != NULL && uplink->extended && fields_has(fields, KEY_ER) &&
	    fields->error == PUNCH_UNVERIFIED) {
		ask_challenged(turn, uplink, path);
		return;
	}
	/* a seed answers no ask */
	if (!uplink->extended || !uplink_trusts(uplink, fields, turn->now)) {
		peer_bump(peer, PEER_DROPPED_FORGED);
		return;
	}
	if (path == NULL)
		return;
	if (fields_has(fields, KEY_OA)) {
		told(turn, socket_of(peer, in), uplink, path, fields);
		return;
	}
	if (fields_has(fields, KEY_CH))
		keep_choices(path, fields->choices);
	if (fields_has(fields, KEY_ER))
		judge(turn, uplink, path, reason_of(fields->error));
}
