/* Numbers of messages, and reading one. */
#include "ipmsgctl/mail.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

#include "ctl/interface.h"
#include "ipmsgctl/print.h"

json_int_t mail_id(const char *command, const char *word)
{
	char *end;
	json_int_t id;

	errno = 0;
	id = strtoll(word, &end, 10);
	if (isdigit((unsigned char)*word) && *end == '\0' && errno == 0 && id > 0)
		return id;
	output_complain("%s: \"%s\" is not the number of a message; ipmsgctl messages --all shows "
			"the number of each",
	    command, word);
	return 0;
}

json_t *mail_ids(const char *command, int count, char **words)
{
	json_t *ids = json_array();

	for (int i = 0; i < count; i++) {
		json_int_t id = mail_id(command, words[i]);

		if (id == 0) {
			json_decref(ids);
			return NULL;
		}
		json_array_append_new(ids, json_integer(id));
	}
	return ids;
}

static void print_answer(FILE *stream, const json_t *answer)
{
	print_message(stream, json_object_get(answer, "message"));
}

enum status mail_read(struct session *session, json_int_t id, bool shown)
{
	struct ctl_answer answer;
	enum status status = session_call(session, &daemon_peer, CTL_PEER ".Read",
	    json_pack("{s:I}", "message", id), false, &answer);

	if (status != STATUS_DONE)
		return status;
	if (!json_is_object(json_object_get(answer.parameters, "message")))
		status = session_reject_answer(session);
	else if (shown)
		output_object(&session->out, answer.parameters, print_answer);
	ctl_answer_clear(&answer);
	return status;
}
