/* ipmsgctl version: of this tool and of every daemon that answers. */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "ctl/interface.h"
#include "ipmsgctl/command.h"

static void print_versions(FILE *stream, const json_t *object)
{
	char product[FIELD_MAX], version[FIELD_MAX], socket[FIELD_MAX];
	json_t *daemon;
	size_t i;

	fprintf(stream, "ipmsgctl %s\n", field_text(object, "version", version));
	json_array_foreach(json_object_get(object, "daemons"), i, daemon)
		fprintf(stream, "%s %s (%s)\n", field_text(daemon, "product", product),
		    field_text(daemon, "version", version), field_text(daemon, "socket", socket));
}

/* Appends what answers at `path`. Returns 0 or an errno. */
static int add_daemon(const struct session *session, const char *path, json_t *daemons)
{
	struct ctl_answer answer;
	int error = session_probe(session, path, CTL_SERVICE ".GetInfo", &answer);
	const char *product, *version;

	if (error != 0)
		return error;
	product = json_string_value(json_object_get(answer.parameters, "product"));
	version = json_string_value(json_object_get(answer.parameters, "version"));
	if (product == NULL || version == NULL) {
		error = EBADMSG;
	} else {
		json_array_append_new(daemons,
		    json_pack("{s:s, s:s, s:s}", "product", product, "version", version, "socket",
			path));
		if (strcmp(version, PACKAGE_VERSION) != 0)
			output_complain("warning: %s at %s is of version %s, this is %s", product,
			    path, version, PACKAGE_VERSION);
	}
	ctl_answer_clear(&answer);
	return error;
}

/* A daemon that is not there is nothing to mention; one that is there and does not answer is. */
static void try_daemon(const struct session *session, const char *path, json_t *daemons)
{
	int error = add_daemon(session, path, daemons);

	if (error != 0 && error != ENOENT && error != ENOTDIR && error != ECONNREFUSED)
		output_complain("warning: %s: %s", path, strerror(error));
}

enum status run_version(struct session *session, int argc, char **argv)
{
	char personal[sizeof session->personal];
	json_t *daemons = json_array();
	json_t *object = json_pack("{s:s, s:o}", "version", PACKAGE_VERSION, "daemons", daemons);
	int error = 0;

	if (session->socket != NULL) {
		error = add_daemon(session, session->socket, daemons);
	} else {
		try_daemon(session, daemon_super.socket, daemons);
		if (session_personal_socket(&daemon_peer, personal, sizeof personal))
			try_daemon(session, personal, daemons);
		try_daemon(session, daemon_peer.socket, daemons);
	}

	enum status status = STATUS_DONE;

	if (error != 0)
		status = session_unreachable(session, "a daemon", session->socket, error);
	else
		output_object(&session->out, object, print_versions);
	json_decref(object);
	return status;
}
