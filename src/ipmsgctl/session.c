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

#define TIMEOUT_MS 5000

const struct daemon daemon_super = {"ipmsg-superd", RUNSTATEDIR "/ipmsg-superd/control"};
const struct daemon daemon_peer = {"ipmsg-peerd", RUNSTATEDIR "/ipmsg-peerd/control"};

void session_init(struct session *session)
{
	const char *socket = getenv("IPMSG_SOCKET");

	*session = (struct session){.socket = socket != NULL && *socket != '\0' ? socket : NULL,
	    .timeout_ms = TIMEOUT_MS,
	    .out = {.stream = stdout},
	    .client = {.fd = -1}};
}

void session_free(struct session *session)
{
	ctl_client_close(&session->client);
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

/* "a, b, c" of the strings in an array. */
static void join(const json_t *array, char *out, size_t cap)
{
	size_t used = 0, i;
	json_t *item;

	*out = '\0';
	json_array_foreach(array, i, item) {
		const char *text = json_string_value(item);
		int n = snprintf(out + used, cap - used, "%s%s", i > 0 ? ", " : "",
		    text != NULL ? text : "?");

		if (n < 0 || (size_t)n >= cap - used)
			return;
		used += (size_t)n;
	}
}

/* What the error means, as far as it is known here. */
static void explain(const struct ctl_answer *answer, const char *program, char *out, size_t cap)
{
	const char *error = answer->error;
	char list[2048];

	if (strcmp(error, CTL_DAEMON ".ConfigurationInvalid") == 0) {
		snprintf(out, cap, "the configuration is not valid; %s keeps the one it has",
		    program);
	} else if (strcmp(error, CTL_DAEMON ".UnknownLevel") == 0) {
		join(json_object_get(answer->parameters, "known"), list, sizeof list);
		snprintf(out, cap, "there is no such level; there are %s", list);
	} else if (strcmp(error, CTL_SERVICE ".InterfaceNotFound") == 0 ||
	    strcmp(error, CTL_SERVICE ".MethodNotFound") == 0 ||
	    strcmp(error, CTL_SERVICE ".MethodNotImplemented") == 0) {
		snprintf(out, cap,
		    "what answers does not know this command (%s): not %s, or of another version "
		    "(see ipmsgctl version)",
		    error, program);
	} else {
		char *text = json_dumps(answer->parameters, JSON_COMPACT);

		snprintf(out, cap, "%s refused: %s %s", program, error, text != NULL ? text : "");
		free(text);
	}
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
	explain(answer, session->daemon->program, sentence, sizeof sentence);
	output_failure(&session->out, answer->error, json_incref(answer->parameters), "%s",
	    sentence);
	if (strcmp(answer->error, CTL_DAEMON ".ConfigurationInvalid") == 0)
		complain_each(json_object_get(answer->parameters, "messages"));
	ctl_answer_clear(answer);
	return STATUS_FAILED;
}

enum status session_call(struct session *session, const struct daemon *daemon,
    const char *method, json_t *parameters, bool more, struct ctl_answer *answer)
{
	int error;

	session->daemon = daemon;
	session->path = session->socket != NULL ? session->socket : daemon->socket;
	error = ctl_client_open(&session->client, session->path, session->timeout_ms);
	if (error == 0)
		error = ctl_client_call(&session->client, method, parameters, more);
	else
		json_decref(parameters);
	if (error == 0)
		error = ctl_client_receive(&session->client, answer);
	return check_answer(session, error, answer);
}

enum status session_next(struct session *session, struct ctl_answer *answer)
{
	return check_answer(session, ctl_client_receive(&session->client, answer), answer);
}

int session_probe(const char *path, int timeout_ms, struct ctl_answer *answer)
{
	struct ctl_client client;
	int error = ctl_client_open(&client, path, timeout_ms);

	if (error == 0)
		error = ctl_client_call(&client, CTL_SERVICE ".GetInfo", NULL, false);
	if (error == 0)
		error = ctl_client_receive(&client, answer);
	if (error == 0 && answer->error != NULL) {
		ctl_answer_clear(answer);
		error = EBADMSG;
	}
	ctl_client_close(&client);
	return error;
}
