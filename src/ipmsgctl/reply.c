/* ipmsgctl reply: an answer to whoever sent a message. */
#include <stdlib.h>

#include "ctl/interface.h"
#include "ipmsgctl/command.h"
#include "ipmsgctl/mail.h"
#include "ipmsgctl/post.h"
#include "ipmsgctl/print.h"

const struct command_option reply_options[] = {
    POST_OPTIONS,
    {NULL},
};

static enum status unknown(struct session *session, json_int_t id)
{
	output_failure(&session->out, CTL_PEER ".UnknownMessage",
	    json_pack("{s:I}", "message", id),
	    "reply: no message %" JSON_INTEGER_FORMAT " was received", id);
	return STATUS_FAILED;
}

static enum status closed(struct session *session, json_int_t id)
{
	output_failure(&session->out, "net.ipmsg.ctl.Sealed", json_pack("{s:I}", "message", id),
	    "message %" JSON_INTEGER_FORMAT
	    " is sealed: read it before you answer, ipmsgctl read %" JSON_INTEGER_FORMAT,
	    id, id);
	return STATUS_FAILED;
}

/* The message, without reading it: the next one received after the number before. */
static enum status find(struct session *session, json_int_t id, json_t **message)
{
	struct ctl_answer answer;
	enum status status = session_call(session, &daemon_peer, CTL_PEER ".Messages",
	    json_pack("{s:s, s:I}", "which", "received", "after", id - 1), true, &answer);
	json_t *first, *page;

	if (status != STATUS_DONE)
		return status;
	page = json_object_get(answer.parameters, "messages");
	first = json_array_get(page, 0);
	if (!json_is_array(page))
		status = session_reject_answer(session);
	else if (first == NULL || field_int(first, "id") != id)
		status = unknown(session, id);
	else if (print_is_closed(first))
		status = closed(session, id);
	else
		*message = json_incref(first);
	ctl_answer_clear(&answer);
	return status;
}

static enum status answer_it(struct session *session, const json_t *message,
    const struct letter *letter)
{
	const char *name = json_string_value(json_object_get(message, "name"));
	enum status status;

	if (name == NULL)
		return session_reject_answer(session);
	status = post(session, name, letter);
	if (status == STATUS_DONE && field_is(message, "state", "unread"))
		status = mail_read(session, field_int(message, "id"), false);
	return status;
}

enum status run_reply(struct session *session, int argc, char **argv)
{
	struct letter letter = {0};
	const char *mistake = post_options(session->given, &letter);
	json_int_t id;
	json_t *message = NULL;
	enum status status;
	char *text;

	if (mistake != NULL) {
		output_complain("%s", mistake);
		return STATUS_USAGE;
	}
	id = mail_id("reply", argv[0]);
	text = id != 0 ? letter_text(argc - 1, argv + 1) : NULL;
	if (text == NULL)
		return STATUS_USAGE;
	letter.text = text;
	status = find(session, id, &message);
	if (status == STATUS_DONE)
		status = answer_it(session, message, &letter);
	json_decref(message);
	free(text);
	return status;
}
