/* Talking to a daemon, and saying what went wrong and what to do about it. */
#include "ipmsgctl/session.h"

#include <errno.h>
#include <grp.h>
#include <libgen.h>
#include <limits.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ctl/interface.h"
#include "ipmsgctl/explain.h"

#define TIMEOUT_MS 5000

const struct daemon daemon_super = {"ipmsg-superd", RUNSTATEDIR "/ipmsg-superd/control", NULL};
const struct daemon daemon_peer = {"ipmsg-peerd", RUNSTATEDIR "/ipmsg-peerd/control",
    "ipmsg-peerd/control"};

void session_init(struct session *session)
{
	const char *socket = getenv("IPMSG_SOCKET");

	*session = (struct session){.socket = socket != NULL && *socket != '\0' ? socket : NULL,
	    .timeout_ms = TIMEOUT_MS,
	    .out = {.stream = stdout},
	    .client = {.fd = -1},
	    .signals = -1};
}

void session_free(struct session *session)
{
	ctl_client_close(&session->client);
	if (session->signals >= 0)
		close(session->signals);
}

bool session_personal_socket(const struct daemon *daemon, char *path, size_t cap)
{
	const char *dir = getenv("XDG_RUNTIME_DIR");

	if (daemon->personal == NULL || dir == NULL || *dir == '\0')
		return false;
	int n = snprintf(path, cap, "%s/%s", dir, daemon->personal);

	return n > 0 && (size_t)n < cap && access(path, F_OK) == 0;
}

static const char *choose_socket(struct session *session, const struct daemon *daemon)
{
	if (session->socket != NULL)
		return session->socket;
	if (session_personal_socket(daemon, session->personal, sizeof session->personal))
		return session->personal;
	return daemon->socket;
}

/* The group that may use the socket: the socket's, or that of a directory it hides in. */
static void find_group(const char *path, char *name, size_t cap)
{
	char parent[PATH_MAX];
	struct stat st = {0};
	const struct group *group;

	if (stat(path, &st) != 0) {
		snprintf(parent, sizeof parent, "%s", path);
		if (stat(dirname(parent), &st) != 0)
			st.st_gid = 0;
	}
	group = getgrgid(st.st_gid);
	if (group != NULL)
		snprintf(name, cap, "%s", group->gr_name);
	else
		snprintf(name, cap, "%u", (unsigned)st.st_gid);
}

static enum status denied(struct session *session, const char *path)
{
	const struct passwd *user = getpwuid(geteuid());
	char group[64];

	find_group(path, group, sizeof group);
	output_failure(&session->out, "net.ipmsg.ctl.PermissionDenied",
	    json_pack("{s:s, s:s}", "socket", path, "group", group),
	    "permission denied: %s is for the group %s; join it (usermod -aG %s %s) and log in "
	    "again",
	    path, group, group, user != NULL ? user->pw_name : "USER");
	return STATUS_FAILED;
}

static enum status silent(struct session *session, const char *path, const char *reason,
    const char *program)
{
	output_failure(&session->out, "net.ipmsg.ctl.Unreachable",
	    json_pack("{s:s, s:s}", "socket", path, "reason", reason),
	    "no answer from %s at %s: %s", program, path, reason);
	return STATUS_SILENT;
}

/* It was there a moment ago. */
static enum status ended(struct session *session, const char *path, const char *program)
{
	output_failure(&session->out, "net.ipmsg.ctl.Unreachable",
	    json_pack("{s:s, s:s}", "socket", path, "reason", "it closed the connection"),
	    "%s at %s closed the connection, as it does when it ends; %s", program, path, session->lost);
	return STATUS_SILENT;
}

enum status session_unreachable(struct session *session, const char *program, const char *path,
    int error)
{
	char reason[80];

	if (error == EACCES || error == EPERM)
		return denied(session, path);
	if (error == EBADMSG || error == EMSGSIZE) {
		output_failure(&session->out, "net.ipmsg.ctl.InvalidAnswer",
		    json_pack("{s:s}", "socket", path), "what answers at %s is not %s", path,
		    program);
		return STATUS_FAILED;
	}
	if (error == ENOENT || error == ENOTDIR)
		return silent(session, path, "there is no such socket; is it running?", program);
	if (error == ECONNREFUSED)
		return silent(session, path, "nobody listens there; it is not running", program);
	if (error == ECONNRESET && session->lost != NULL)
		return ended(session, path, program);
	if (error == ECONNRESET)
		return silent(session, path, "it closed the connection", program);
	if (error != ETIMEDOUT)
		return silent(session, path, strerror(error), program);
	snprintf(reason, sizeof reason, "it was silent for %g s", session->timeout_ms / 1000.0);
	return silent(session, path, reason, program);
}

enum status session_reject_answer(struct session *session)
{
	return session_unreachable(session, session->daemon->program, session->path, EBADMSG);
}

static void complain_each(const json_t *messages)
{
	json_t *message;
	size_t i;

	json_array_foreach(messages, i, message)
		output_complain("%s", json_is_string(message) ? json_string_value(message) : "?");
}

static enum status check_answer(struct session *session, int error, struct ctl_answer *answer)
{
	char sentence[3072];

	if (error != 0) {
		*answer = (struct ctl_answer){0};
		return session_unreachable(session, session->daemon->program, session->path, error);
	}
	if (answer->error == NULL)
		return STATUS_DONE;
	explain_error(answer, session->daemon->program, sentence, sizeof sentence);
	if (session->before_failure != NULL && !session->out.json)
		session->before_failure(&session->out, answer->parameters);
	output_failure(&session->out, answer->error, json_incref(answer->parameters), "%s",
	    sentence);
	if (strcmp(answer->error, CTL_DAEMON ".ConfigurationInvalid") == 0)
		complain_each(json_object_get(answer->parameters, "messages"));
	ctl_answer_clear(answer);
	return STATUS_FAILED;
}

void session_choose(struct session *session, const struct daemon *daemon)
{
	session->daemon = daemon;
	session->path = choose_socket(session, daemon);
}

enum status session_begin(struct session *session, const struct daemon *daemon,
    const char *method, json_t *parameters, bool more)
{
	int error;

	ctl_client_close(&session->client); /* of a call before */
	session_choose(session, daemon);
	error = ctl_client_open(&session->client, session->path, session->timeout_ms);
	if (error == 0)
		error = ctl_client_call(&session->client, method, parameters, more);
	else
		json_decref(parameters);
	if (error != 0)
		return session_unreachable(session, daemon->program, session->path, error);
	return STATUS_DONE;
}

enum status session_next(struct session *session, struct ctl_answer *answer)
{
	return check_answer(session, ctl_client_receive(&session->client, answer), answer);
}

enum status session_call(struct session *session, const struct daemon *daemon,
    const char *method, json_t *parameters, bool more, struct ctl_answer *answer)
{
	enum status status = session_begin(session, daemon, method, parameters, more);

	*answer = (struct ctl_answer){0};
	return status == STATUS_DONE ? session_next(session, answer) : status;
}

int session_probe(const struct session *session, const char *path, const char *method,
    struct ctl_answer *answer)
{
	struct ctl_client client;
	int error = ctl_client_open(&client, path, session->timeout_ms);

	if (error == 0)
		error = ctl_client_call(&client, method, NULL, false);
	if (error == 0)
		error = ctl_client_receive(&client, answer);
	if (error == 0 && answer->error != NULL) {
		ctl_answer_clear(answer);
		error = EBADMSG;
	}
	ctl_client_close(&client);
	return error;
}
