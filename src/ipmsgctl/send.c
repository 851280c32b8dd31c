/* ipmsgctl send: a message, followed until the other side has confirmed it; or several. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "ctl/interface.h"
#include "ipmsgctl/command.h"
#include "ipmsgctl/deliver.h"
#include "ipmsgctl/letter.h"
#include "ipmsgctl/post.h"
#include "ipmsgctl/recipients.h"

const struct command_option send_options[] = {
    POST_OPTIONS,
    [SEND_TO] = {"to", 0, "NAME", "to that one, in place of NAME; several times for several",
	.many = true},
    [SEND_GROUP] = {"group", 0, "GROUP", "to those of a group, in place of NAME"},
    [SEND_ALL] = {"all", 0, NULL, "to everybody, confirmed by nobody, in place of NAME"},
    {NULL},
};

static bool has_name(const json_t *names, const char *name)
{
	json_t *item;
	size_t i;

	json_array_foreach(names, i, item) {
		if (strcmp(json_string_value(item), name) == 0)
			return true;
	}
	return false;
}

/* Who is named twice gets it once. */
static enum status send_several(struct session *session, const struct letter *letter)
{
	struct letter one = *letter;
	json_t *names = json_array();
	enum status status;

	for (size_t i = 0; i < session->many_count; i++) {
		if (!has_name(names, session->many[i]))
			json_array_append_new(names, json_string(session->many[i]));
	}
	one.many = json_array_size(names) > 1;
	if (one.many) {
		session_choose(session, &daemon_peer);
		status = deliver(session, &one, names);
	} else {
		status = post(session, session->many[0], &one);
	}
	json_decref(names);
	return status;
}

static enum status send_group(struct session *session, const char *group,
    const struct letter *letter)
{
	json_t *names = NULL;
	enum status status = recipients_of_group(session, group, &names);

	if (status == STATUS_DONE)
		status = deliver(session, letter, names);
	json_decref(names);
	return status;
}

static void print_count(FILE *stream, const json_t *reply)
{
	fprintf(stream, "sent to %" PRId64 "\n", field_int(reply, "count"));
}

static enum status send_all(struct session *session, const struct letter *letter)
{
	struct ctl_answer answer;
	enum status status = session_call(session, &daemon_peer, CTL_PEER ".Broadcast",
	    json_pack("{s:s}", "text", letter->text), false, &answer);
	const json_t *count;

	if (status != STATUS_DONE)
		return status;
	count = json_object_get(answer.parameters, "count");
	if (!json_is_integer(count)) {
		status = session_reject_answer(session);
	} else {
		output_object(&session->out, answer.parameters, print_count);
		if (json_integer_value(count) <= 0) {
			output_complain("there is nobody it could go to");
			status = STATUS_FAILED;
		}
	}
	ctl_answer_clear(&answer);
	return status;
}

/* Why the options do not go together; NULL if they do. */
static const char *find_clash(const char *const *given)
{
	int ways = (given[SEND_TO] != NULL) + (given[SEND_GROUP] != NULL) +
	    (given[SEND_ALL] != NULL);

	if (ways > 1)
		return "--to, --group and --all exclude each other";
	if (given[SEND_ALL] != NULL && given[SEND_SEALED] != NULL)
		return "--sealed: a message to everybody cannot be sealed; --group sends one to "
		       "each of a group";
	if (given[SEND_ALL] != NULL &&
	    (given[SEND_WAIT] != NULL || given[SEND_NO_WAIT] != NULL || given[SEND_NOW] != NULL))
		return "a message to everybody is confirmed by nobody: there is no --wait, no "
		       "--no-wait and no --now with --all";
	if (given[SEND_GROUP] != NULL && *given[SEND_GROUP] == '\0')
		return "--group: the name of the group is empty";
	if (given[SEND_GROUP] != NULL && !utf8_valid(span_text(given[SEND_GROUP])))
		return "--group: the name of the group is not valid UTF-8";
	return NULL;
}

static const char *check_many(const struct session *session)
{
	for (size_t i = 0; i < session->many_count; i++) {
		if (!utf8_valid(span_text(session->many[i])))
			return "--to: the name is not valid UTF-8";
	}
	return NULL;
}

/* `*name` is taken from the arguments, unless an option says who gets the message. */
static const char *take_name(const struct session *session, int *argc, char ***argv,
    const char **name)
{
	const char *const *given = session->given;

	*name = NULL;
	if (given[SEND_TO] != NULL)
		return check_many(session);
	if (given[SEND_GROUP] != NULL || given[SEND_ALL] != NULL)
		return NULL;
	if (*argc == 0)
		return "send: an argument is missing; see ipmsgctl help send";
	*name = **argv;
	++*argv;
	--*argc;
	return utf8_valid(span_text(*name)) ? NULL : "the name is not valid UTF-8";
}

static enum status send_letter(struct session *session, const char *name,
    const struct letter *letter)
{
	if (session->given[SEND_ALL] != NULL)
		return send_all(session, letter);
	if (session->given[SEND_GROUP] != NULL)
		return send_group(session, session->given[SEND_GROUP], letter);
	if (session->given[SEND_TO] != NULL)
		return send_several(session, letter);
	return post(session, name, letter);
}

enum status run_send(struct session *session, int argc, char **argv)
{
	const char *name, *mistake = find_clash(session->given);
	struct letter letter = {.many = session->given[SEND_GROUP] != NULL};
	enum status status;
	char *text;

	if (mistake == NULL)
		mistake = post_options(session->given, &letter);
	if (mistake == NULL)
		mistake = take_name(session, &argc, &argv, &name);
	if (mistake != NULL) {
		output_complain("%s", mistake);
		return STATUS_USAGE;
	}
	text = letter_text(argc, argv);
	if (text == NULL)
		return STATUS_USAGE;
	letter.text = text;
	status = send_letter(session, name, &letter);
	free(text);
	return status;
}
