/* ipmsgctl [super] loglevel [LEVEL]: how much a daemon says. */
#include "ctl/interface.h"
#include "ipmsgctl/command.h"

static void print_level(FILE *stream, const json_t *object)
{
	char text[FIELD_MAX];

	fprintf(stream, "%s\n", field_text(object, "level", text));
}

/* `level` is NULL to show it. */
static enum status loglevel(struct session *session, const struct daemon *daemon,
    const char *level)
{
	struct ctl_answer answer;
	json_t *parameters = NULL;
	enum status status;

	if (level != NULL) {
		parameters = json_pack("{s:s}", "level", level);
		if (parameters == NULL) {
			output_complain("the level is not valid UTF-8");
			return STATUS_USAGE;
		}
	}
	status = session_call(session, daemon,
	    level != NULL ? CTL_DAEMON ".SetLogLevel" : CTL_DAEMON ".GetLogLevel", parameters,
	    false, &answer);
	if (status != STATUS_DONE)
		return status;
	output_object(&session->out, answer.parameters, print_level);
	ctl_answer_clear(&answer);
	return STATUS_DONE;
}

enum status run_loglevel(struct session *session, int argc, char **argv)
{
	return loglevel(session, &daemon_peer, argc > 0 ? argv[0] : NULL);
}

enum status run_super_loglevel(struct session *session, int argc, char **argv)
{
	return loglevel(session, &daemon_super, argc > 0 ? argv[0] : NULL);
}
