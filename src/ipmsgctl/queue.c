/* ipmsgctl queue: what waits, for whom, why and how long; and taking it out. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "ctl/interface.h"
#include "ipmsgctl/command.h"
#include "ipmsgctl/listing.h"
#include "ipmsgctl/mail.h"
#include "ipmsgctl/when.h"
#include "ipmsgctl/why.h"

const struct command_option unqueue_options[] = {
    [UNQUEUE_TO] = {"to", 0, "NAME", "all that wait for that name, in place of IDs"},
    [UNQUEUE_ALL] = {"all", 0, NULL, "all that wait, in place of IDs"},
    {NULL},
};

static void cell_id(const json_t *item, char out[FIELD_MAX])
{
	snprintf(out, FIELD_MAX, "%" PRId64, field_int(item, "id"));
}

static void cell_to(const json_t *item, char out[FIELD_MAX])
{
	field_text(item, "name", out);
}

static void cell_since(const json_t *item, char out[FIELD_MAX])
{
	when_brief(item, "time", out);
}

static void cell_expires(const json_t *item, char out[FIELD_MAX])
{
	when_until(item, "expires", out);
}

static void cell_why(const json_t *item, char out[FIELD_MAX])
{
	if (*why_words(item, out) == '\0')
		snprintf(out, FIELD_MAX, "on its way");
}

/* The first line; that there are more is shown. */
static void cell_text(const json_t *item, char out[FIELD_MAX])
{
	const char *text = json_string_value(json_object_get(item, "text"));
	size_t len = text != NULL ? strcspn(text, "\r\n") : 0;
	char line[FIELD_MAX - 4];

	text_escape(span_of(text, len), line, sizeof line);
	snprintf(out, FIELD_MAX, "%s%s", line, text != NULL && text[len] != '\0' ? " …" : "");
}

static const struct column columns[] = {
    {"ID", cell_id},
    {"TO", cell_to, .cut = true},
    {"SINCE", cell_since, .spare = 1},
    {"EXPIRES", cell_expires, .spare = 2},
    {"WHY", cell_why, .cut = true},
    {"TEXT", cell_text, .cut = true},
    {NULL, NULL},
};

enum status run_queue(struct session *session, int argc, char **argv)
{
	static const struct listing listing = {&daemon_peer, CTL_PEER ".Messages", "messages",
	    columns, NULL, NULL, "nothing waits to be delivered"};

	return listing_run(session, &listing, json_pack("{s:s}", "which", "queued"));
}

/* Adds how many were taken out to `*removed`. */
static enum status unqueue(struct session *session, json_t *which, json_int_t *removed)
{
	struct ctl_answer answer;
	enum status status =
	    session_call(session, &daemon_peer, CTL_PEER ".Unqueue", which, false, &answer);
	const json_t *count;

	if (status != STATUS_DONE)
		return status;
	count = json_object_get(answer.parameters, "removed");
	if (json_is_integer(count))
		*removed += json_integer_value(count);
	else
		status = session_reject_answer(session);
	ctl_answer_clear(&answer);
	return status;
}

static void print_removed(FILE *stream, const json_t *answer)
{
	fprintf(stream, "removed %" PRId64 "\n", field_int(answer, "removed"));
}

/* One that is not there does not keep the others. */
static enum status unqueue_each(struct session *session, const json_t *ids, json_int_t *removed)
{
	enum status worst = STATUS_DONE;
	json_t *id;
	size_t i;

	json_array_foreach(ids, i, id) {
		enum status status = unqueue(session,
		    json_pack("{s:O}", "message", id), removed);

		if (status != STATUS_DONE)
			worst = status;
		if (worst == STATUS_SILENT)
			break;
	}
	return worst;
}

static enum status remove_queued(struct session *session, const json_t *ids)
{
	const char *to = session->given[UNQUEUE_TO];
	json_int_t removed = 0;
	enum status status;
	json_t *answer;

	if (to != NULL)
		status = unqueue(session, json_pack("{s:s}", "name", to), &removed);
	else if (session->given[UNQUEUE_ALL] != NULL)
		status = unqueue(session, json_pack("{s:b}", "all", 1), &removed);
	else
		status = unqueue_each(session, ids, &removed);
	if (status == STATUS_SILENT || (status != STATUS_DONE && removed == 0))
		return status;
	answer = json_pack("{s:I}", "removed", removed);
	output_object(&session->out, answer, print_removed);
	json_decref(answer);
	return status;
}

static const char *find_mistake(const char *const *given, int argc)
{
	int ways = (argc > 0) + (given[UNQUEUE_TO] != NULL) + (given[UNQUEUE_ALL] != NULL);

	if (ways == 0)
		return "queue rm: which? Give IDs, --to NAME or --all";
	if (ways > 1)
		return "queue rm: IDs, --to and --all exclude each other";
	if (given[UNQUEUE_TO] != NULL && !utf8_valid(span_text(given[UNQUEUE_TO])))
		return "--to: the name is not valid UTF-8";
	return NULL;
}

enum status run_queue_rm(struct session *session, int argc, char **argv)
{
	const char *mistake = find_mistake(session->given, argc);
	enum status status;
	json_t *ids;

	if (mistake != NULL) {
		output_complain("%s", mistake);
		return STATUS_USAGE;
	}
	ids = mail_ids("queue rm", argc, argv);
	if (ids == NULL)
		return STATUS_USAGE;
	status = remove_queued(session, ids);
	json_decref(ids);
	return status;
}
