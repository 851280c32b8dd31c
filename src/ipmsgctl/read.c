/* ipmsgctl read: one message, which opens it if it is sealed. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

#include "ctl/interface.h"
#include "ipmsgctl/command.h"
#include "ipmsgctl/print.h"

static void print_answer(FILE *stream, const json_t *answer)
{
	print_message(stream, json_object_get(answer, "message"));
}

/* 0 for what is no number of a message. */
static json_int_t read_id(const char *text)
{
	char *end;
	json_int_t id;

	errno = 0;
	id = strtoll(text, &end, 10);
	return isdigit((unsigned char)*text) && *end == '\0' && errno == 0 ? id : 0;
}

enum status run_read(struct session *session, int argc, char **argv)
{
	json_int_t id = read_id(argv[0]);
	struct ctl_answer answer;
	enum status status;

	if (id == 0) {
		output_complain("read: \"%s\" is not the number of a message; ipmsgctl messages "
				"shows that of each sealed one",
		    argv[0]);
		return STATUS_USAGE;
	}
	status = session_call(session, &daemon_peer, CTL_PEER ".Read",
	    json_pack("{s:I}", "message", id), false, &answer);
	if (status != STATUS_DONE)
		return status;
	if (json_is_object(json_object_get(answer.parameters, "message")))
		output_object(&session->out, answer.parameters, print_answer);
	else
		status = session_reject_answer(session);
	ctl_answer_clear(&answer);
	return status;
}
