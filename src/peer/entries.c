/*
 * Entries of remote peers. With a session of ours they belong to its path,
 * from wherever they come; without one they are a seed's or a stock client's,
 * known by their address alone.
 */
#include <string.h>

#include "peer/core.h"

/* To a peer of ours, whether we are away; to others nothing but what the seed knows. */
static uint32_t word_of(const struct peer *peer, enum command command, bool extended)
{
	return command | (extended && peer_absence(peer) != NULL ? OPT_ABSENCE : 0);
}

void path_send_entry(struct turn *turn, const struct path *path, const struct endpoint *to,
    enum command command, const uint8_t *session, const uint8_t *transaction, uint8_t ttl)
{
	struct peer *peer = turn->peer;
	struct fields fields = {0};
	struct writer w = turn_open(turn);

	if (session != NULL) {
		fields_set(&fields, KEY_SI);
		memcpy(fields.session, session, SESSION_BYTES);
		path_stamp(turn, path, &fields);
	}
	if (transaction != NULL) {
		fields_set(&fields, KEY_TK);
		memcpy(fields.transaction, transaction, TRANSACTION_BYTES);
	}
	/* to a seed no key block either */
	entry_write(&w, turn_number(turn), &peer->identity,
	    word_of(peer, command, session != NULL), peer->legacy, session != NULL,
	    session != NULL ? &fields : NULL);
	if (session != NULL)
		path_seal(&w, path);
	turn_close(turn, &w, to, ttl);
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
		if (fields_has(&entry->fields, KEY_TK)) {
			fields_set(&fields, KEY_TK);
			memcpy(fields.transaction, entry->fields.transaction, TRANSACTION_BYTES);
		}
		path_stamp(turn, path, &fields);
	}
	entry_write_answer(&w, turn_number(turn), &peer->identity,
	    word_of(peer, CMD_ANSENTRY, extended), peer->legacy, extended,
	    extended ? &fields : NULL);
	if (extended)
		path_seal(&w, path);
	/* whoever shows a session of ours was told it by our supernode */
	if (extended)
		turn_close(turn, &w, &in->remote, 0);
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

static bool is_session_of(const struct path *path, const uint8_t *session)
{
	return path->has_session && memcmp(path->session, session, SESSION_BYTES) == 0;
}

static bool is_of_this_introduction(const struct path *path, const uint8_t *session)
{
	for (size_t i = 0; i < path->attempt_count; i++) {
		if (path->attempts[i].has_session &&
		    memcmp(path->attempts[i].session, session, SESSION_BYTES) == 0)
			return true;
	}
	return false;
}

/*
 * Whether a path goes over to another session. A new introduction's comes after
 * the old one's; of two that cross, or of two supernodes, the smaller one is
 * taken, so that both sides end with the same.
 */
static bool is_better(const struct path *path, const uint8_t *session)
{
	if (!path->has_session)
		return true;
	if (is_of_this_introduction(path, path->session))
		return memcmp(session, path->session, SESSION_BYTES) < 0;
	return memcmp(session, path->session, SESSION_BYTES) != 0;
}

/*
 * With a session of ours: the other's punch, or its keepalive. Its NAT has let
 * it out toward us, so what goes back to where it came from gets in: the path
 * is open. Once it is, only a keepalive (it has a transaction) moves it: punches
 * at the other's further endpoints are still on their way.
 */
static void session_entry(struct turn *turn, const struct arrival *in, const struct entry *entry,
    struct path *path)
{
	const uint8_t *session = entry->fields.session;

	path_learn(turn, path, entry);
	note_options(path, in);
	path->heard = turn->now;
	send_answer(turn, path, in, entry);
	if (path->state != PATH_OPEN || is_better(path, session)) {
		if (path->state != PATH_OPEN)
			path_step(turn, path, STEP_HEARD, &in->remote);
		path_open(turn, path, &in->remote, session, false);
		path_unite_same(turn, path);
	} else if (is_session_of(path, session) && fields_has(&entry->fields, KEY_TK)) {
		path->remote = in->remote;
	}
}

static struct path *stranger(struct turn *turn, const struct arrival *in)
{
	struct path *path = path_new(turn);

	if (path != NULL) {
		path->incoming = true;
		path->remote = in->remote;
		path->credit = in->bytes.len;
	}
	return path;
}

/* A plain entry from where we were told a seed is, or of somebody unknown. */
static void plain_entry(struct turn *turn, const struct arrival *in, const struct entry *entry)
{
	struct path *path = path_by_endpoint(turn->peer, &in->remote);
	bool expected = path != NULL && (path->state != PATH_IDLE || path->attempt_count > 0);

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
	path_open(turn, path, &in->remote, NULL, true);
	path_unite_same(turn, path);
}

void path_entry(struct turn *turn, const struct arrival *in, const struct entry *entry)
{
	struct path *path;

	if (!fields_has(&entry->fields, KEY_SI)) {
		plain_entry(turn, in, entry);
		return;
	}
	path = path_by_session(turn->peer, entry->fields.session);
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
	if (path->state == PATH_OPEN || path->attempt_count > 0 ||
	    (path->has_given && endpoint_equal(&path->given, from)))
		return path;
	return NULL;
}

/* The answer to the keepalive that is under way. */
static bool is_kept(const struct path *path, const struct fields *fields)
{
	if (path->keep_tries == 0)
		return false;
	return !path->has_session ||
	    (fields_has(fields, KEY_TK) &&
		memcmp(fields->transaction, path->keep_transaction, TRANSACTION_BYTES) == 0);
}

void path_answer_entry(struct turn *turn, const struct arrival *in, const struct entry *entry)
{
	const struct fields *fields = &entry->fields;
	const uint8_t *session = fields_has(fields, KEY_SI) ? fields->session : NULL;
	struct path *path = session != NULL ? path_by_session(turn->peer, session)
					    : expecting_plain(turn->peer, &in->remote);

	if (path == NULL || !path_genuine(turn, path, in->bytes, fields))
		return;
	path_learn(turn, path, entry);
	note_options(path, in);
	path->heard = turn->now;
	if (path->state != PATH_OPEN || (session != NULL && is_better(path, session))) {
		path_open(turn, path, &in->remote, session, true);
		path_unite_same(turn, path);
	} else if (is_kept(path, fields)) {
		path_kept(turn, path, &in->remote);
	} else if (!path->answered && endpoint_equal(&path->remote, &in->remote)) {
		path->answered = true;
	}
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
