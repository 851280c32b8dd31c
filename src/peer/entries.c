/*
 * Entries of remote peers. With a session of ours they belong to its path,
 * from wherever they come; without one they are a seed's or a stock client's,
 * known by their address alone.
 */
#include <string.h>

#include "peer/core.h"
#include "peer/hint.h"

/* To a peer of ours, whether we are away; to others nothing but what the seed knows. */
static uint32_t word_of(const struct peer *peer, enum command command, bool extended)
{
	return command | (extended && peer_absence(peer) != NULL ? OPT_ABSENCE : 0);
}

/* `fields`: what it says besides its session. */
static void send_entry(struct turn *turn, const struct path *path, const struct way *way,
    enum command command, struct fields *fields, uint8_t ttl)
{
	const uint8_t *session = way->has_session ? way->session : NULL;
	struct peer *peer = turn->peer;
	struct writer w = turn_open(turn);

	if (session != NULL) {
		fields_set(fields, KEY_SI);
		memcpy(fields->session, session, SESSION_BYTES);
		path_stamp(turn, path, fields);
	}
	/* to a seed no key block either */
	entry_write(&w, turn_number(turn), &peer->identity,
	    word_of(peer, command, session != NULL), peer->legacy, session != NULL,
	    session != NULL ? fields : NULL);
	if (session != NULL)
		path_seal(&w, path);
	turn_close_from(turn, &w, &way->at, way->local, ttl);
}

static void set_transaction(struct fields *fields, const uint8_t *transaction)
{
	fields_set(fields, KEY_TK);
	memcpy(fields->transaction, transaction, TRANSACTION_BYTES);
}

/* What it takes in parts: told where an answer is wanted, and in answers; a bare punch is short. */
static void set_text_max(struct fields *fields)
{
	fields_set(fields, KEY_LM);
	fields->text_max = TEXT_MAX;
}

void path_send_entry(struct turn *turn, const struct path *path, const struct way *way,
    enum command command, const uint8_t *transaction, uint8_t ttl)
{
	struct fields fields = {0};

	if (transaction != NULL) {
		set_transaction(&fields, transaction);
		set_text_max(&fields);
	}
	send_entry(turn, path, way, command, &fields, ttl);
}

void path_send_check(struct turn *turn, const struct path *path,
    const struct candidate *candidate)
{
	struct fields fields = {0};

	if (candidate->kind == CANDIDATE_REFLEXIVE) {
		set_transaction(&fields, candidate->transaction);
		/* by which it is told from a keepalive */
		fields_set(&fields, KEY_PD);
		fields.padding = 1;
	}
	send_entry(turn, path, &candidate->way, CMD_BR_ENTRY, &fields, 0);
}

/* `path`: whose session the entry bears; of no matter if it bears none. */
static void send_answer(struct turn *turn, const struct path *path, const struct arrival *in,
    const struct entry *entry)
{
	struct peer *peer = turn->peer;
	struct fields fields = {0};
	struct writer w = turn_open(turn);
	bool extended = fields_has(&entry->fields, KEY_SI);

	if (extended) {
		fields_set(&fields, KEY_SI);
		memcpy(fields.session, entry->fields.session, SESSION_BYTES);
		if (fields_has(&entry->fields, KEY_TK))
			set_transaction(&fields, entry->fields.transaction);
		set_text_max(&fields);
		path_stamp(turn, path, &fields);
	}
	entry_write_answer(&w, turn_number(turn), &peer->identity,
	    word_of(peer, CMD_ANSENTRY, extended), peer->legacy, extended,
	    extended ? &fields : NULL);
	if (extended)
		path_seal(&w, path);
	/* whoever shows a session of ours was told it by our supernode */
	if (extended)
		turn_close_from(turn, &w, &in->remote, socket_of(peer, in), 0);
	else
		turn_close_answer(turn, &w, in);
}

/* What the options of an entry say, besides its names. */
static void note_options(struct path *path, const struct arrival *in)
{
	struct packet packet;

	if (packet_parse(&packet, in->bytes) != PACKET_OK)
		return;
	path->utf8 = packet_has(&packet, OPT_CAPUTF8);
	path->absent = path->extended && packet_has(&packet, OPT_ABSENCE);
}

/* Once told it holds, as what is short does not repeat it. */
static void note_text_max(struct path *path, const struct fields *fields)
{
	if (fields_has(fields, KEY_LM))
		path->text_max = fields->text_max;
}

/*
 * Something of the path came from there; `session` NULL for none. NULL if there is no place for
 * it.
 */
static struct candidate *heard_from(struct turn *turn, struct path *path, const struct arrival *in,
    const uint8_t *session)
{
	struct way way = {.at = in->remote, .local = socket_of(turn->peer, in),
	    .has_session = session != NULL};
	struct candidate *candidate;

	if (session != NULL)
		memcpy(way.session, session, SESSION_BYTES);
	path->heard = turn->now;
	candidate = candidate_note(turn, path, &way, CANDIDATE_REFLEXIVE);
	if (candidate == NULL)
		return NULL;
	if (!candidate_lives(candidate))
		candidate->state = CANDIDATE_UNHEARD;
	candidate->heard = turn->now;
	candidate->kept = true;
	candidate->inside = hint_is_inside(turn->peer, path, &in->remote);
	return candidate;
}

/* That we hear it does not say that it hears us. `keeps`: the other has chosen that way. */
static void heard(struct turn *turn, struct path *path, struct candidate *candidate, bool keeps)
{
	if (candidate->state == CANDIDATE_UNHEARD) {
		candidate->state = CANDIDATE_HEARD;
		path_step(turn, path, STEP_HEARD, &candidate->way.at);
	}
	if (path_heard(turn, path, candidate, keeps))
		path_unite_same(turn, path);
}

/*
 * With a session of ours: the other's punch, or its keepalive, which has a transaction. Its NAT
 * has let it out toward us, so what goes back to where it came from gets in: the path is open.
 */
static void session_entry(struct turn *turn, const struct arrival *in, const struct entry *entry,
    struct path *path)
{
	struct candidate *candidate = heard_from(turn, path, in, entry->fields.session);

	path_learn(turn, path, entry);
	note_options(path, in);
	note_text_max(path, &entry->fields);
	send_answer(turn, path, in, entry);
	if (candidate != NULL)
		heard(turn, path, candidate,
		    fields_has(&entry->fields, KEY_TK) && !fields_has(&entry->fields, KEY_PD));
}

static struct path *stranger(struct turn *turn, const struct arrival *in)
{
	struct path *path = path_new(turn);

	if (path != NULL) {
		path->incoming = true;
		path->remote = in->remote;
		path->local = socket_of(turn->peer, in);
		path->credit = in->bytes.len;
	}
	return path;
}

/* A plain entry from where we were told a seed is, or of somebody unknown. */
static void plain_entry(struct turn *turn, const struct arrival *in, const struct entry *entry)
{
	struct path *path = path_by_endpoint(turn->peer, &in->remote);
	bool expected = path != NULL && (path->state != PATH_IDLE || path_is_tried(path));

	/* "PX is sticky": who showed sessions is not believed without */
	if (path != NULL && path->extended)
		return;
	if (path == NULL)
		path = stranger(turn, in);
	send_answer(turn, path, in, entry);
	if (path == NULL)
		return;
	path_learn(turn, path, entry);
	note_options(path, in);
	path->heard = turn->now;
	if (!expected)
		return;
	struct candidate *candidate = heard_from(turn, path, in, NULL);

	if (candidate == NULL)
		return;
	path_open(turn, path, candidate, true);
	path_unite_same(turn, path);
}

static bool is_named(const struct peer *peer, struct span name, bool utf8, const char *own)
{
	char text[NAME_TEXT_MAX];

	name_decode(name, utf8, peer->legacy, text);
	return strcmp(text, own) == 0;
}

/*
 * Our own words, sent back to us: from an endpoint of ours, or, where we have just moved to
 * and do not know it yet, under our own names. A key would show it anyway.
 */
static bool is_echo(const struct peer *peer, const struct arrival *in, const struct entry *entry,
    const struct path *path)
{
	if (hint_is_own(peer, &in->remote))
		return true;
	return path != NULL && !path->has_identity && fields_has(&entry->fields, KEY_SI) &&
	    is_named(peer, entry->user, entry->user_utf8, peer->settings.user) &&
	    is_named(peer, entry->host, entry->host_utf8, peer->settings.host) &&
	    is_named(peer, entry->nick, entry->nick_utf8, peer->settings.nick) &&
	    is_named(peer, entry->group, entry->group_utf8, peer->settings.group);
}

void path_entry(struct turn *turn, const struct arrival *in, const struct entry *entry)
{
	struct path *path;

	if (!fields_has(&entry->fields, KEY_SI)) {
		plain_entry(turn, in, entry);
		return;
	}
	path = path_by_session(turn->peer, entry->fields.session);
	if (is_echo(turn->peer, in, entry, path))
		return;
	/* a session of nobody: its order has not come yet, and will be followed by more punches */
	if (path != NULL && path_genuine(turn, path, in->bytes, &entry->fields))
		session_entry(turn, in, entry, path);
}

/* Whether a plain answer from there can be one to us. */
static struct path *expecting_plain(struct peer *peer, const struct endpoint *from)
{
	struct path *path = path_by_endpoint(peer, from);

	if (path == NULL || path->extended)
		return NULL;
	if (path->state == PATH_OPEN || path_is_tried(path) ||
	    (path->has_given && endpoint_equal(&path->given, from)))
		return path;
	return NULL;
}

static bool bears(const struct fields *fields, const uint8_t *transaction)
{
	return fields_has(fields, KEY_TK) &&
	    memcmp(fields->transaction, transaction, TRANSACTION_BYTES) == 0;
}

/* Whether it bears the transaction of the keepalive that is under way on the way in use. */
static bool bears_keepalive(const struct path *path, const struct fields *fields)
{
	return path->keep_tries > 0 && bears(fields, path->keep_transaction);
}

/* The answer to the keepalive that is under way; the others get its repeats, a better one all. */
static bool is_kept(const struct path *path, const struct candidate *candidate,
    const struct fields *fields)
{
	if (path->keep_tries == 0 || !path->has_session)
		return path->keep_tries > 0;
	if (candidate_is_used(path, candidate))
		return bears_keepalive(path, fields);
	return bears(fields, candidate->transaction) &&
	    (path->keep_tries > 1 || candidate_rank(candidate) < path_rank(path));
}

/*
 * Whether somebody there has received what we sent. Who merely bears our session may say that he is
 * anywhere: where nobody else told us of he has to know what was sent there.
 */
static bool is_answer(const struct path *path, const struct candidate *candidate,
    const struct fields *fields)
{
	if (!candidate->way.has_session)
		return true;
	if (candidate->sent == 0)
		return false;
	return candidate->kind != CANDIDATE_REFLEXIVE || bears(fields, candidate->transaction) ||
	    (candidate_is_used(path, candidate) && bears_keepalive(path, fields));
}

/* Of several that are on their way it is taken for that of the last. */
static void answered_from(struct turn *turn, struct candidate *candidate)
{
	candidate->state = CANDIDATE_ANSWERED;
	candidate->due = DEADLINE_NEVER;
	if (candidate->last != 0) {
		candidate->rtt = turn->now - candidate->last;
		candidate->last = 0;
	}
}

void path_answer_entry(struct turn *turn, const struct arrival *in, const struct entry *entry)
{
	const struct fields *fields = &entry->fields;
	const uint8_t *session = fields_has(fields, KEY_SI) ? fields->session : NULL;
	struct path *path = session != NULL ? path_by_session(turn->peer, session)
					    : expecting_plain(turn->peer, &in->remote);
	struct candidate *candidate;

	if (path == NULL || is_echo(turn->peer, in, entry, path) ||
	    !path_genuine(turn, path, in->bytes, fields))
		return;
	path_learn(turn, path, entry);
	note_options(path, in);
	note_text_max(path, fields);
	candidate = heard_from(turn, path, in, session);
	if (candidate == NULL)
		return;
	if (!is_answer(path, candidate, fields)) {
		heard(turn, path, candidate, bears_keepalive(path, fields));
		return;
	}
	answered_from(turn, candidate);
	if (path->state == PATH_OPEN && is_kept(path, candidate, fields))
		path_kept(turn, path, candidate);
	else if (path_confirmed(turn, path, candidate))
		path_unite_same(turn, path);
}

/* The path a packet belongs to: by its session, or, of a seed, by its address. */
static struct path *speaker(struct peer *peer, const struct arrival *in,
    const struct entry *entry)
{
	if (fields_has(&entry->fields, KEY_SI))
		return path_by_session(peer, entry->fields.session);
	struct path *path = path_by_endpoint(peer, &in->remote);

	return path != NULL && !path->extended ? path : NULL;
}

void path_notice(struct turn *turn, const struct arrival *in, const struct entry *entry)
{
	struct path *path = speaker(turn->peer, in, entry);

	if (path == NULL || !path_genuine(turn, path, in->bytes, &entry->fields))
		return;
	path_learn(turn, path, entry);
	note_options(path, in);
}

void path_exit(struct turn *turn, const struct arrival *in, const struct entry *entry)
{
	struct path *path = speaker(turn->peer, in, entry);

	if (path == NULL || path->state != PATH_OPEN ||
	    !path_genuine(turn, path, in->bytes, &entry->fields))
		return;
	if (path->has_session) {
		path_close(turn, path);
		return;
	}
	/* a plain exit anybody can forge: it counts if the other is silent then */
	path->leaving = true;
	path_check(turn, path);
}
