/* ipmsgctl [super] reload: the configuration, read again. */
#include "ctl/interface.h"
#include "ipmsgctl/command.h"

static void print_nothing(FILE *stream, const json_t *object)
{
	(void)stream;
	(void)object;
}

static enum status reload(struct session *session, const struct daemon *daemon)
{
	struct ctl_answer answer;
	enum status status = session_call(session, daemon, CTL_DAEMON ".Reload", NULL, false,
	    &answer);

	if (status != STATUS_DONE)
		return status;
	output_object(&session->out, answer.parameters, print_nothing);
	ctl_answer_clear(&answer);
	return STATUS_DONE;
}

enum status run_reload(struct session *session, int argc, char **argv)
{
	return reload(session, &daemon_peer);
}

enum status run_super_reload(struct session *session, int argc, char **argv)
{
	return reload(session, &daemon_super);
}
