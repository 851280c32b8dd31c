/* Orders that answer nothing: ipmsgctl [super] reload, and refresh. */
#include "ctl/interface.h"
#include "ipmsgctl/command.h"

static void print_nothing(FILE *stream, const json_t *object)
{
	(void)stream;
	(void)object;
}

static enum status order(struct session *session, const struct daemon *daemon,
    const char *method)
{
	struct ctl_answer answer;
	enum status status = session_call(session, daemon, method, NULL, false, &answer);

	if (status != STATUS_DONE)
		return status;
	output_object(&session->out, answer.parameters, print_nothing);
	ctl_answer_clear(&answer);
	return STATUS_DONE;
}

enum status run_reload(struct session *session, int argc, char **argv)
{
	return order(session, &daemon_peer, CTL_DAEMON ".Reload");
}

enum status run_super_reload(struct session *session, int argc, char **argv)
{
	return order(session, &daemon_super, CTL_DAEMON ".Reload");
}

enum status run_refresh(struct session *session, int argc, char **argv)
{
	return order(session, &daemon_peer, CTL_PEER ".Refresh");
}
