/* ipmsgctl super loglevel [LEVEL]: how much the supernode says. */
#include "ctl/interface.h"
#include "ipmsgctl/command.h"

static void print_level(FILE *stream, const json_t *object)
{
	char text[FIELD_MAX];

	fprintf(stream, "%s\n", field_text(object, "level", text));
}

enum status run_super_loglevel(struct session *session, int argc, char **argv)
{
	struct ctl_answer answer;
	json_t *parameters = NULL;
	enum status status;

	if (argc > 0) {
		parameters = json_pack("{s:s}", "level", argv[0]);
		if (parameters == NULL) {
			output_complain("the level is not valid UTF-8");
			return STATUS_USAGE;
		}
	}
	status = session_call(session, &daemon_super,
	    argc > 0 ? CTL_DAEMON ".SetLogLevel" : CTL_DAEMON ".GetLogLevel", parameters, false,
	    &answer);
	if (status != STATUS_DONE)
		return status;
	output_object(&session->out, answer.parameters, print_level);
	ctl_answer_clear(&answer);
	return STATUS_DONE;
}
