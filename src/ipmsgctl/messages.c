/*
 * ipmsgctl messages: each with who and when, and its text indented below; and, when followed, the
 * new ones as they come. Following begins with the events and then lists, so that nothing falls
 * between; an event only says when to list again what is newer than the last one that was seen,
 * so that the daemon alone decides what is meant, and nothing comes twice.
 */

#include "base/text.h"
#include "ctl/interface.h"
#include "ipmsgctl/command.h"
#include "ipmsgctl/follow.h"
#include "ipmsgctl/listing.h"
#include "ipmsgctl/print.h"

const struct command_option messages_options[] = {
    [MESSAGES_ALL] = {"all", 'a', NULL, "those that are read, and those sent, too"},
    [MESSAGES_SENT] = {"sent", 0, NULL, "those sent, in place of those received"},
    [MESSAGES_WITH] = {"with", 'w', "NAME", "only from or to that name or nick"},
    [MESSAGES_SEARCH] = {"search", 0, "TEXT", "only those with this in their text"},
    [MESSAGES_FOLLOW] = {"follow", 'f', NULL, "and new ones as they come, until Ctrl-C"},
    {NULL},
};

/* What is shown, and what was seen of it. */
struct showing {
	struct session *session;
	json_int_t last; /* the highest number */
	json_int_t sealed;
};

static const char *choose(const char *const *given)
{
	if (given[MESSAGES_ALL] != NULL)
		return "all";
	return given[MESSAGES_SENT] != NULL ? "sent" : "unread";
}

static json_t *make_query(const char *const *given, json_int_t after)
{
	json_t *query = json_pack("{s:s, s:s*, s:s*}", "which", choose(given), "with",
	    given[MESSAGES_WITH], "search", given[MESSAGES_SEARCH]);

	if (after > 0)
		json_object_set_new(query, "after", json_integer(after));
	return query;
}

static const char *say_none(const char *const *given)
{
	if (given[MESSAGES_WITH] != NULL || given[MESSAGES_SEARCH] != NULL)
		return given[MESSAGES_ALL] != NULL || given[MESSAGES_SENT] != NULL
		    ? "there are no such messages"
		    : "there are no such unread messages; --all looks at all of them";
	if (given[MESSAGES_ALL] != NULL)
		return "there are no messages";
	return given[MESSAGES_SENT] != NULL
	    ? "nothing was sent"
	    : "nothing is unread; ipmsgctl messages --all shows what was";
}

static struct listing make_listing(const char *const *given)
{
	return (struct listing){.daemon = &daemon_peer,
	    .method = CTL_PEER ".Messages",
	    .name = "messages",
	    .none = say_none(given)};
}

static void note_message(struct showing *showing, const json_t *message)
{
	json_int_t id = field_int(message, "id");

	if (id > showing->last)
		showing->last = id;
	showing->sealed += print_is_closed(message);
}

/* With the first answer: a call that fails at once has begun no list. */
static void begin_list(struct showing *showing)
{
	struct output *out = &showing->session->out;

	if (out->list == NULL)
		output_blocks_begin(out, "messages", print_message);
}

static void show_listed(json_t *message, void *context)
{
	struct showing *showing = context;

	begin_list(showing);
	note_message(showing, message);
	output_list_item(&showing->session->out, message);
}

/* How many wait; 0 also when the daemon does not say. */
static json_int_t count_queued(const struct session *session)
{
	struct ctl_answer answer;
	json_int_t count;

	if (session_probe(session, session->path, CTL_PEER ".Status", &answer) != 0)
		return 0;
	count = field_int(json_object_get(answer.parameters, "messages"), "queued");
	ctl_answer_clear(&answer);
	return count;
}

static void print_note(const struct showing *showing)
{
	FILE *stream = showing->session->out.stream;
	json_int_t queued = count_queued(showing->session);

	if (showing->sealed > 0)
		fprintf(stream, "%" JSON_INTEGER_FORMAT " sealed: ipmsgctl read ID opens one\n",
		    showing->sealed);
	if (queued > 0)
		fprintf(stream, "%" JSON_INTEGER_FORMAT
				" waiting to be delivered: ipmsgctl queue shows why\n",
		    queued);
}

static enum status list(struct session *session)
{
	struct listing listing = make_listing(session->given);
	struct showing showing = {.session = session};
	enum status status;

	status = listing_each(session, &listing, make_query(session->given, 0), show_listed,
	    &showing);
	if (status != STATUS_DONE)
		return status;
	begin_list(&showing);
	output_list_end(&session->out, listing.none);
	if (!session->out.json)
		print_note(&showing);
	return STATUS_DONE;
}

static void show_followed(json_t *message, void *context)
{
	struct showing *showing = context;

	note_message(showing, message);
	output_object(&showing->session->out, message, print_message);
}

/* Those that are newer than what was shown; over another connection than the events. */
static enum status list_newer(const struct session *session, struct showing *showing)
{
	struct session other = *session;
	struct listing listing = make_listing(session->given);
	enum status status;

	other.client = (struct ctl_client){.fd = -1};
	showing->session = &other;
	status = listing_each(&other, &listing, make_query(session->given, showing->last),
	    show_followed, showing);
	ctl_client_close(&other.client);
	if (status == STATUS_DONE && !output_flush(&other.out))
		return STATUS_FAILED;
	return status;
}

/* The first event says that it is watched: what comes from then on is told. */
static enum status take_event(struct session *session, struct showing *showing,
    const json_t *parameters)
{
	const json_t *event = json_object_get(parameters, "event");
	json_int_t id = field_int(json_object_get(event, "message"), "id");
	enum status status;

	if (!json_is_object(event))
		return session_reject_answer(session);
	if (!field_is(event, "type", "watching") && id <= showing->last)
		return STATUS_DONE;
	status = list_newer(session, showing);
	if (id > showing->last) /* it was none of those that are shown */
		showing->last = id;
	return status;
}

static enum status follow(struct session *session)
{
	struct showing showing = {0};
	struct ctl_answer answer;
	enum status status = follow_call(session, &daemon_peer, CTL_PEER ".Watch", NULL, &answer);

	session->lost = "begin again, and what came meanwhile is shown too";
	while (status == STATUS_DONE) {
		bool last = !answer.continues;

		status = take_event(session, &showing, answer.parameters);
		ctl_answer_clear(&answer);
		if (status == STATUS_DONE && last)
			return session_reject_answer(session); /* it never ends by itself */
		if (status == STATUS_DONE)
			status = follow_next(session, &answer);
	}
	return status; /* an interrupt is how this is ended */
}

static const char *find_mistake(const char *const *given)
{
	if (given[MESSAGES_ALL] != NULL && given[MESSAGES_SENT] != NULL)
		return "--all and --sent exclude each other";
	if (given[MESSAGES_WITH] != NULL && !utf8_valid(span_text(given[MESSAGES_WITH])))
		return "--with: the name is not valid UTF-8";
	if (given[MESSAGES_SEARCH] != NULL && !utf8_valid(span_text(given[MESSAGES_SEARCH])))
		return "--search: the text is not valid UTF-8";
	return NULL;
}

enum status run_messages(struct session *session, int argc, char **argv)
{
	const char *mistake = find_mistake(session->given);

	if (mistake != NULL) {
		output_complain("%s", mistake);
		return STATUS_USAGE;
	}
	return session->given[MESSAGES_FOLLOW] != NULL ? follow(session) : list(session);
}
